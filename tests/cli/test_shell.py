"""The shell: splitting of statements, one-shot, standard input, errors, and a conversation."""

import argparse
import io
import signal
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import Neo4jError

from memgraph_py.cli import shell
from memgraph_py.cli.shell import HELP, Shell, is_complete, split_complete, split_statements
from memgraph_py.server.app import EmbeddedServer


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("RETURN 1", ["RETURN 1"]),
        ("RETURN 1;", ["RETURN 1"]),
        (" a ;; b; ", ["a", "b"]),
        ("RETURN ';' ; RETURN \";\"", ["RETURN ';'", 'RETURN ";"']),
        (r"RETURN 'it\'s;'; x", [r"RETURN 'it\'s;'", "x"]),
        ("MATCH (n:`a;b`) RETURN n; x", ["MATCH (n:`a;b`) RETURN n", "x"]),
        ("RETURN 1 // one; two\n; x", ["RETURN 1 // one; two", "x"]),
        ("/* a; b */ RETURN 1; /* c */", ["/* a; b */ RETURN 1"]),
        ("RETURN 'a // b'; x", ["RETURN 'a // b'", "x"]),
        ("RETURN 'open; x", ["RETURN 'open; x"]),
        ("", []),
        ("// nothing", []),
    ],
)
def test_statements_end_where_a_semicolon_is_none_of_a_text(text: str, statements: list[str]) -> None:
    assert list(split_statements([text])) == statements
    assert list(split_statements(text.splitlines(keepends=True))) == statements


def test_a_statement_is_given_as_soon_as_it_is_complete() -> None:
    pieces = iter(["RETURN\n", "1; RETURN 2\n", ";\n"])
    statements = split_statements(pieces)
    assert next(statements) == "RETURN\n1"
    assert next(pieces) == ";\n"


def test_what_enter_sends() -> None:
    assert is_complete("")
    assert is_complete(":help")
    assert is_complete("RETURN 1; RETURN 2;")
    assert not is_complete("RETURN 1")
    assert not is_complete("RETURN ';")
    assert split_complete("a; b") == (["a"], " b")


def run_shell(
    server: EmbeddedServer, *words: str, text: str | None = None, monkeypatch: pytest.MonkeyPatch | None = None
) -> int:
    """The exit status of a shell with these words, and this standard input."""
    parser = argparse.ArgumentParser()
    shell.add_arguments(parser)
    if text is not None and monkeypatch is not None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return shell.run(parser.parse_args(["-a", server.bolt_uri, *words]))


def test_one_statement(server: EmbeddedServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_shell(server, "CREATE (n:Person {name: 'Ada'}) RETURN n, {id: '1'} AS m, null AS z") == 0
    captured = capsys.readouterr()
    assert captured.out == (
        "+-------------------------+----------+------+\n"
        "| n                       | m        | z    |\n"
        "+-------------------------+----------+------+\n"
        '| (:Person {name: "Ada"}) | {id:"1"} | Null |\n'
        "+-------------------------+----------+------+\n"
    )
    assert captured.err == ""


def test_statements_on_standard_input_end_at_the_first_error(
    server: EmbeddedServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "CREATE (:A);\nMATCH (n:A)\nRETURN count(n) AS c;\nRETRUN 1;\nCREATE (:B);\n"
    assert run_shell(server, text=text, monkeypatch=monkeypatch) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines()[3] == "| 1 |"
    assert captured.err.startswith("Client received exception: ")
    assert run_shell(server, "MATCH (n:B) RETURN n") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_no_server_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    shell.add_arguments(parser)
    assert shell.run(parser.parse_args(["-a", "bolt://127.0.0.1:1", "RETURN 1"])) == 1
    assert capsys.readouterr().err.startswith("Client received exception: ")
    assert shell.run(parser.parse_args(["-a", "gopher://x", "RETURN 1"])) == 1


def test_the_command_itself(server: EmbeddedServer) -> None:
    command = [sys.executable, "-m", "memgraph_py", "shell", "-a", server.bolt_uri]
    one = subprocess.run([*command, "RETURN 'x' AS x"], capture_output=True, text=True, timeout=60)
    assert (one.returncode, one.stderr) == (0, "")
    assert '| "x" |' in one.stdout
    piped = subprocess.run(command, input="RETURN 1 AS a; RETURN 2 AS b", capture_output=True, text=True, timeout=60)
    assert [line for line in piped.stdout.splitlines() if line.startswith("| ")] == ["| a |", "| 1 |", "| b |", "| 2 |"]


def test_a_conversation(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines as a user types them; an error is told, and the conversation goes on."""
    missing = "MATCH (n:`no\tsuch`) RETURN 1;"
    typed = iter([":help", ":nonsense", "", "CREATE (:A {x: 1});", "RETRUN 1;", "RETURN 1 AS one;", missing, ":quit"])

    class Prompt:
        def prompt(self, text: str) -> str:
            return next(typed)

    monkeypatch.setattr(shell, "_prompt_session", Prompt)
    lines: list[str] = []
    with GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session:
        assert Shell(session, (Neo4jError,), lines.append).converse(server.bolt_uri, driver.session) == 0
    assert lines[0].startswith("Connected to bolt://")
    assert lines[1] == HELP
    assert ":nonsense" in lines[2]
    assert lines[3].startswith("no rows (")
    assert "nodes created: 1" in lines[3]
    assert lines[4].splitlines()[3] == "| 1   |"
    assert lines[5].startswith("1 row (")
    assert lines[7] == "warn: no element has the label `no\\tsuch`: look at its spelling (line 1, column 10)"
    assert lines[8].startswith("no rows (")
    assert next(typed, None) is None


def test_interrupt_ends_the_statement_and_not_the_conversation(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    endless = "UNWIND range(1, 100000000000) AS x WITH x WHERE x % 7 = 9 RETURN count(x);"
    typed = iter([endless, "SHOW TRANSACTIONS YIELD currentQuery;", ":quit"])

    class Prompt:
        def prompt(self, text: str) -> str:
            statement = next(typed)
            if statement == endless:
                main_thread = threading.main_thread().ident
                assert main_thread is not None
                threading.Timer(0.5, signal.pthread_kill, (main_thread, signal.SIGINT)).start()
            else:
                time.sleep(0.3)  # the server sees the connection's end
            return statement

    monkeypatch.setattr(shell, "_prompt_session", Prompt)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(isatty=lambda: True))
    assert run_shell(server) == 0
    captured = capsys.readouterr()
    assert "interrupted" in captured.out
    assert "UNWIND" not in captured.out
    assert "SHOW TRANSACTIONS" in captured.out
    assert captured.err == ""


def test_a_home_that_cannot_be_written_keeps_no_history(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    history = shell._history()
    history.append_string("RETURN 1;")
    assert history.get_strings() == ["RETURN 1;"]
    assert "the history is not kept" in capsys.readouterr().err
    monkeypatch.setenv("HOME", str(tmp_path))
    shell._history().append_string("RETURN 1;")
    assert [*shell._history().load_history_strings()] == ["RETURN 1;"]


def test_a_reader_that_leaves_is_no_error(server: EmbeddedServer) -> None:
    command = [sys.executable, "-m", "memgraph_py", "shell", "-a", server.bolt_uri]
    for rows in (1, 100_000):
        asked = [*command, f"UNWIND range(1, {rows}) AS x RETURN x"]
        with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == ""
        assert process.returncode == 141


def test_input_that_is_no_text_is_told(server: EmbeddedServer) -> None:
    command = [sys.executable, "-m", "memgraph_py", "shell", "-a", server.bolt_uri]
    done = subprocess.run(command, input=b'RETURN "\xff"', capture_output=True, timeout=60)
    assert done.returncode == 1
    assert b"'utf-8' codec can't" in done.stderr


def test_explain_shows_the_plan(server: EmbeddedServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_shell(server, "EXPLAIN MATCH (n:A) RETURN n.x") == 0
    assert "LabelScan" in capsys.readouterr().out


def test_temporal_values(server: EmbeddedServer, capsys: pytest.CaptureFixture[str]) -> None:
    query = "RETURN date('2015-W30') AS d, datetime('2015-07-21T21:40[Europe/Berlin]') AS z, [duration('P1.5M')] AS l"
    assert run_shell(server, query) == 0
    row = capsys.readouterr().out.splitlines()[3]
    assert row == "| 2015-07-20 | 2015-07-21T21:40:00+02:00[Europe/Berlin] | [P1M15DT5H14M33S] |"
    assert run_shell(server, "RETURN date('+12345-01-01') AS beyond") == 1  # the driver's calendar ends at 9999
    assert "('beyond')" in capsys.readouterr().err

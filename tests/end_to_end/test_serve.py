"""`memgraph-py serve` as its users meet it: a process, signals, files, and the official driver."""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError, TransientError

from tests.conftest import REPOSITORY, START_SECONDS

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

Start = Callable[..., "ServerProcess"]


def query(uri: str, text: str, **parameters: object) -> list[list[object]]:
    """Rows of an auto-commit statement on a fresh connection."""
    with GraphDatabase.driver(uri) as driver, driver.session() as session:
        return session.run(text, parameters).values()


def test_one_line_on_stdout_and_status_0_at_sigterm(start_process: Start) -> None:
    server = start_process()
    assert re.fullmatch(r"bolt://127\.0\.0\.1:\d+", server.bolt_uri)
    assert query(server.bolt_uri, "RETURN 1 AS one") == [[1]]
    assert server.terminate() == 0
    assert len(server.output) == 1
    assert "Traceback" not in server.stderr()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_are_clean_as_well_and_the_graph_is_there_again(
    start_process: Start, number: signal.Signals
) -> None:
    server = start_process()
    query(server.bolt_uri, "CREATE (:Person {name: 'Ada'})-[:KNOWS {since: 1833}]->(:Person {name: 'Charles'})")
    query(server.bolt_uri, "CREATE INDEX ON :Person(name)")
    assert server.terminate(number) == 0
    assert [path.name[:10] for path in server.data_directory.glob("checkpoint-*")] == ["checkpoint"]
    again = start_process()
    rows = query(again.bolt_uri, "MATCH (a:Person {name: 'Ada'})-[r:KNOWS]->(b) RETURN a.name, r.since, b.name")
    assert rows == [["Ada", 1833, "Charles"]]
    query(again.bolt_uri, "MATCH (a {name: 'Ada'}) SET a.age = 36")
    assert again.terminate() == 0
    third = start_process()
    assert query(third.bolt_uri, "MATCH (n:Person) RETURN n.name, n.age ORDER BY n.name") == [
        ["Ada", 36],
        ["Charles", None],
    ]


def test_what_nohup_started_minds_no_hangup(tmp_path: Path) -> None:
    with serving(tmp_path, ("nohup",)) as (process, uri):
        process.send_signal(signal.SIGHUP)
        assert query(uri, "RETURN 1") == [[1]]


def test_a_signal_that_comes_twice_is_as_good_as_one(start_process: Start) -> None:
    server = start_process()
    query(server.bolt_uri, "CREATE (:Kept)")
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGINT)
    assert server.terminate() == 0
    assert "Traceback" not in server.stderr()
    assert len(list(server.data_directory.glob("checkpoint-*"))) == 1


def test_sigterm_rolls_back_what_is_open(start_process: Start) -> None:
    server = start_process()
    driver = GraphDatabase.driver(server.bolt_uri)
    session = driver.session()
    transaction = session.begin_transaction()
    transaction.run("CREATE (:Lost)").consume()
    query(server.bolt_uri, "CREATE (:Kept)")
    started = time.monotonic()
    assert server.terminate() == 0
    assert time.monotonic() - started < 10
    for connected in (transaction, session, driver):
        with contextlib.suppress(DriverError, Neo4jError, OSError):
            connected.close()
    again = start_process()
    assert query(again.bolt_uri, "MATCH (n) RETURN labels(n)") == [[["Kept"]]]


def test_a_second_server_on_the_folder_is_refused(start_process: Start) -> None:
    first = start_process()
    assert first.bolt_uri
    second = start_process()
    assert second.wait() == 1
    assert second.output == []
    line = second.stderr().splitlines()[-1]
    assert f"the data directory '{first.data_directory}' is in use by another server" in line
    assert str(first.process.pid) in line
    assert query(first.bolt_uri, "RETURN 1") == [[1]]


def test_a_second_server_is_refused_also_where_the_lock_file_was_deleted(start_process: Start) -> None:
    first = start_process()
    assert first.bolt_uri
    (first.data_directory / "lock").unlink()
    second = start_process()
    assert second.wait() == 1
    assert "is in use by another server (" in second.stderr().splitlines()[-1]


def test_a_folder_that_is_removed_takes_no_commits(start_process: Start) -> None:
    server = start_process()
    query(server.bolt_uri, "CREATE (:Kept)")
    shutil.rmtree(server.data_directory)
    with pytest.raises(TransientError, match="the log could not be written: its file was deleted"):
        query(server.bolt_uri, "CREATE (:Lost)")
    assert query(server.bolt_uri, "MATCH (n) RETURN labels(n)") == [[["Kept"]]]
    told = query(server.bolt_uri, "SHOW STORAGE INFO YIELD * WHERE `storage info` = 'disk_usage' RETURN value")
    assert told == [[None]]
    assert server.terminate() == 0
    assert "no checkpoint, and the log is deleted" in server.stderr() and "Traceback" not in server.stderr()


@pytest.mark.parametrize("mode", [0o333, 0o555])
def test_a_folder_that_may_not_be_used_is_one_line(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode)
    folder.chmod(mode)
    command = [sys.executable, "-m", "memgraph_py", "serve", "--http-port", "none", "--data-directory", str(folder)]
    if os.geteuid() == 0:  # who may do anything anywhere, unless that is taken away
        if shutil.which("setpriv") is None:
            pytest.skip("root, and no setpriv")
        command = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", *command]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    doing = "read" if mode == 0o333 else "write to"
    assert ended.stderr == f"memgraph-py: cannot {doing} the data directory '{folder}': Permission denied\n"
    assert (ended.returncode, ended.stdout) == (1, "")


def test_a_taken_port_is_one_line(start_process: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start_process("--bolt-port", str(port))
        assert server.wait() == 1
    assert "Traceback" not in server.stderr()
    assert f"cannot listen for Bolt on 127.0.0.1 port {port}: " in server.stderr().splitlines()[-1]
    assert server.output == []


def test_a_folder_that_cannot_be_written_is_one_line(start_process: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server = start_process("--data-directory", str(tmp_path / "file" / "data"))
    assert server.wait() == 1
    assert server.stderr().endswith(f"cannot write to the data directory '{tmp_path}/file/data': Not a directory\n")
    assert "Traceback" not in server.stderr() and server.output == []


def test_environment_and_http(start_process: Start, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    server = start_process(
        "--data-directory",
        str(folder),
        environment={"MEMGRAPH_HTTP_PORT": "0", "MEMGRAPH_BOLT_ADDRESS": "localhost", "MEMGRAPH_LOG_LEVEL": "debug"},
    )
    assert server.bolt_uri.startswith("bolt://localhost:")
    assert (folder / "lock").exists()
    found = re.search(r"http=(http://\S+)", server.stderr())
    assert found is not None
    with urllib.request.urlopen(f"{found.group(1)}/health", timeout=10) as answer:
        assert json.load(answer) == {"status": "ready"}
    query(server.bolt_uri, "CREATE (), ()")
    with urllib.request.urlopen(f"{found.group(1)}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert "\nmemgraph_nodes 2.0\n" in text
    assert "\nmemgraph_commits_total 1.0\n" in text
    assert server.terminate() == 0


def test_ipv6_addresses_stand_in_brackets(start_process: Start) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = start_process("--bolt-address", "::1")
    assert re.fullmatch(r"bolt://\[::1\]:\d+", server.bolt_uri)
    assert query(server.bolt_uri, "RETURN 1") == [[1]]


def test_kill_9_loses_no_acknowledged_commit(start_process: Start) -> None:
    for round in range(2):
        server = start_process()
        acknowledged = round * 1000
        with GraphDatabase.driver(server.bolt_uri) as driver:
            session = driver.session()
            deadline = time.monotonic() + 1.5
            while time.monotonic() < deadline:
                session.run(
                    "CREATE (:Commit {number: $number, round: $round})", number=acknowledged, round=round
                ).consume()
                acknowledged += 1
            server.kill()
            with contextlib.suppress(DriverError, Neo4jError, OSError):
                session.close()
        assert acknowledged > round * 1000 + 10
        again = start_process()
        rows = query(again.bolt_uri, "MATCH (n:Commit {round: $round}) RETURN n.number ORDER BY n.number", round=round)
        assert [number for (number,) in rows] == list(range(round * 1000, acknowledged))
        again.kill()


def test_a_torn_tail_is_cut_and_told(start_process: Start) -> None:
    server = start_process()
    for number in range(3):
        query(server.bolt_uri, "CREATE ({number: $number})", number=number)
    server.kill()
    (log,) = server.data_directory.glob("log-*")
    whole = log.read_bytes().rstrip(b"\0")
    log.write_bytes(whole[:-5])
    again = start_process()
    assert query(again.bolt_uri, "MATCH (n) RETURN n.number ORDER BY n.number") == [[0], [1]]
    (line,) = [line for line in again.stderr().splitlines() if "WARNING" in line]
    assert str(log) in line and "byte=" in line and "bytes=" in line
    assert again.terminate() == 0


def test_damage_refuses_to_start_and_names_the_place(start_process: Start) -> None:
    server = start_process()
    for number in range(3):
        query(server.bolt_uri, "CREATE ({number: $number})", number=number)
    server.kill()
    (log,) = server.data_directory.glob("log-*")
    data = bytearray(log.read_bytes())
    data[80] ^= 1
    log.write_bytes(data)
    again = start_process()
    assert again.wait() == 1
    assert again.output == []
    assert f"the log file '{log}' is damaged at byte 64: good records follow at byte" in again.stderr().splitlines()[-1]
    assert "Traceback" not in again.stderr()


def test_a_long_statement_does_not_hold_up_the_end(start_process: Start) -> None:
    server = start_process()
    query(server.bolt_uri, "UNWIND range(1, 3000) AS number CREATE (:N {number: number})")
    running = threading.Thread(target=_run_until_cut_off, args=(server.bolt_uri,))
    running.start()
    time.sleep(1.0)
    assert query(server.bolt_uri, "RETURN 1") == [[1]], "it stops no other connection"
    assert server.terminate(seconds=10) == 0
    running.join(10)


def _run_until_cut_off(uri: str) -> None:
    with pytest.raises((DriverError, Neo4jError)):
        query(uri, "MATCH (a:N), (b:N), (c:N) WHERE a.number * b.number * c.number = 7.5 RETURN count(*)")


def test_on_a_full_disk_writes_fail_and_reads_go_on(start_process: Start) -> None:
    server = start_process()
    query(server.bolt_uri, "CREATE (:Kept)")
    pid = server.process.pid
    unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))
    with GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session:
        with pytest.raises(TransientError, match="the log could not be written: File too large") as raised:
            session.run("CREATE (:Lost {text: $text})", text="x" * 5_000_000).consume()
        assert raised.value.code == "Neo.TransientError.Transaction.LogWriteFailed"
        assert session.run("MATCH (n) RETURN labels(n)").values() == [[["Kept"]]]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        session.run("CREATE (:Later)").consume()
    server.kill()
    again = start_process()
    assert query(again.bolt_uri, "MATCH (n) RETURN labels(n)[0] AS label ORDER BY label") == [["Kept"], ["Later"]]


def test_sigterm_while_it_starts_is_clean_as_well(start_process: Start) -> None:
    for seconds in (0.7, 1.5):
        server = start_process()
        time.sleep(seconds)
        assert server.terminate() == 0
        assert "Traceback" not in server.stderr()


@pytest.mark.parametrize("files", [10, 14, 20, 22, 32, 63])
def test_too_few_open_files_are_one_line(tmp_path: Path, files: int) -> None:
    folder = tmp_path / "data"
    command = f'ulimit -n {files}; exec "$@"'
    words = (sys.executable, "-m", "memgraph_py", "serve", "--bolt-port", "0", "--data-directory", str(folder))
    ended = subprocess.run(["sh", "-c", command, "sh", *words], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"memgraph-py: only {files} files may be open at once, which is too little to start "
        "(allow at least 64 and one more for each connection, for example with `ulimit -n`)\n"
    )
    assert not folder.exists()


def test_more_files_may_be_open_than_a_program_gets_that_does_not_ask(tmp_path: Path) -> None:
    with serving(tmp_path, ("sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh")) as (process, uri):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        (soft, hard) = next(line.split()[3:5] for line in limits.splitlines() if line.startswith("Max open files"))
        assert soft == hard != "64"
        with contextlib.ExitStack() as stack:
            port = int(uri.rpartition(":")[2])
            for _ in range(100):
                stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            assert query(uri, "RETURN 1") == [[1]]


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_it_may_be_started_without_input_and_output(tmp_path: Path, closed: str) -> None:
    """A socket in their place would end the process, and a file there be written to by others."""
    with serving(tmp_path, ("sh", "-c", f'exec "$@" {closed}', "sh")) as (process, uri):
        assert query(uri, "CREATE (n) RETURN count(n)") == [[1]]
        for number in range(3):
            assert Path(f"/proc/{process.pid}/fd/{number}").readlink().as_posix().startswith(("pipe:", "/dev/null"))
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors


@pytest.mark.parametrize("output", ["nobody reads", "no room"])
def test_where_its_address_cannot_be_written_it_serves_all_the_same(tmp_path: Path, output: str) -> None:
    whole = {"nobody reads": '{ sleep 3; exec "$@" ; } | true', "no room": 'exec "$@" >/dev/full'}[output]
    with serving(tmp_path, ("bash", "-c", f"set -o pipefail; {whole}", "bash")) as (process, uri):
        assert query(uri, "CREATE (n) RETURN count(n)") == [[1]]
        os.kill(int((tmp_path / "data" / "lock").read_text()), signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        assert "the address could not be written to the output" in errors and "Traceback" not in errors


@contextlib.contextmanager
def serving(tmp_path: Path, command: tuple[str, ...]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that the command starts, whose address need not be told."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    flags = ("--bolt-port", str(port), "--http-port", "none", "--data-directory", str(tmp_path / "data"))
    process = subprocess.Popen(
        [*command, sys.executable, "-m", "memgraph_py", "serve", *flags],
        cwd=REPOSITORY,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process, f"bolt://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def test_a_wrong_flag_is_status_2() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "memgraph_py", "serve", "--port", "1"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2
    assert "--port" in ended.stderr and ended.stdout == ""

"""The command line: help, errors, and which command runs."""

import logging
import sys

import pytest

from memgraph_py.cli.main import COMMANDS, main
from memgraph_py.cli.serve import CompileProgress, StructuredFormatter


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out and purpose in out for name, purpose in COMMANDS.items())


@pytest.mark.parametrize("words", [["nothing"], ["--nothing"], ["serve", "--nothing"]])
def test_a_wrong_command_line_is_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: memgraph-py" in capsys.readouterr().err


def test_serve_shows_each_flag_with_its_variable_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])
    assert ended.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "--bolt-port PORT 0 picks a free one (MEMGRAPH_BOLT_PORT, default 7687)" in out
    for name in ("bolt-address", "http-address", "http-port", "data-directory", "log-level", "transform-hosts"):
        assert f"--{name} " in out
    assert "--allow-unsandboxed-transforms" in out and "--transform-directory" in out


def test_a_command_may_be_without_an_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memgraph_py.cli.shell.run", lambda arguments: 0)
    monkeypatch.setattr(sys, "stdout", None)  # so it is where the descriptor was closed
    assert main(["shell"]) == 0


def test_an_error_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMGRAPH_BOLT_PORT", "many")
    assert main(["serve"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "memgraph-py: invalid value 'many' for MEMGRAPH_BOLT_PORT (it takes a port from 0 (any free one) to 65535)\n"
    )


def test_a_log_line_carries_its_fields() -> None:
    record = logging.LogRecord("a.b", logging.INFO, "", 1, "started", None, None)
    record.path = "/a folder"
    record.version = 7
    assert StructuredFormatter("%(levelname)s %(name)s: %(message)s").format(record) == (
        "INFO a.b: started path='/a folder' version=7"
    )


def test_progress_is_told_only_when_kernels_take_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("memgraph_py.cli.serve.time.monotonic", lambda: now)
    progress = CompileProgress()
    for _ in range(50):
        now += 0.1
        progress("fast")
    assert capsys.readouterr().err == ""
    for _ in range(4):
        now += 0.9
        progress("slow")
    err = capsys.readouterr().err
    assert err.startswith("memgraph-py: compiling kernels") and "kernel 53: slow" in err
    assert len(err.splitlines()) == 2
    now += 1.5
    progress = CompileProgress(total=lambda: 81)
    for _ in range(4):
        now += 0.9
        progress("slow")
    assert "kernel 4 of 81: slow" in capsys.readouterr().err

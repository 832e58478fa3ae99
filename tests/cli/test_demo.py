"""`memgraph-py demo` as a process: it ends with the right status, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from memgraph_py.cli import demo

COMMAND = [sys.executable, "-m", "memgraph_py", "demo"]
SECONDS = 240.0  # with no kernel compiled yet


def run(*flags: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *flags], capture_output=True, text=True, timeout=SECONDS, check=False)


def test_it_imports_checks_and_ends_with_status_0() -> None:
    shown = run("--messages", "20000", "--bolt-port", "0", "--exit")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert '│ CREATE (:Node {id: $id}) │ {id:"0"} │' in shown.stdout
    assert "20,000 nodes" in shown.stdout and "2,000 relationships" in shown.stdout
    assert shown.stdout.count("✓") == 4 and "✗" not in shown.stdout
    assert "22,000 messages in" in shown.stdout
    assert "Traceback" not in shown.stderr


def test_it_serves_until_ctrl_c(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [*COMMAND, "--messages", "100", "--bolt-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        serving = next(line for line in process.stdout if "until Ctrl-C" in line)
        found = re.search(r"bolt://\S+", serving)
        assert found is not None
        with GraphDatabase.driver(found.group()) as driver:
            assert driver.execute_query("MATCH (n:Node) RETURN count(n)").records[0][0] == 100
            assert driver.execute_query("SHOW STREAMS").records[0]["status"] == "running"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the server's process as well
        output, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, errors
    assert "stopping" in output
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = run("--messages", "100", "--bolt-port", str(taken.getsockname()[1]), "--exit")
    assert refused.returncode == 1
    assert "cannot listen for Bolt" in refused.stderr
    assert "did not start" in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.parametrize("count", ["0", "-1", "4", "1000001", "many"])
def test_a_wrong_number_of_messages_is_told(count: str) -> None:
    refused = run(f"--messages={count}")
    assert refused.returncode == 2
    assert "takes an integer from 5 to 1,000,000" in refused.stderr


@pytest.mark.quick
def test_a_system_that_cannot_confine_a_script_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "PROBE", "print('seccomp (Function not implemented)')")
    assert demo._why_unconfined() == "transform scripts cannot be confined here: seccomp (Function not implemented)"
    monkeypatch.setattr(demo, "PROBE", "raise SystemExit(3)")
    assert demo._why_unconfined() == "transform scripts cannot be confined here (status 3)"
    monkeypatch.setattr(demo, "PROBE", "pass")
    assert demo._why_unconfined() is None

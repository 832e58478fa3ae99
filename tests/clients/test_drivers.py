"""The official drivers, unchanged, each with a script in its own language: see README.md."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memgraph_py.bolt.handshake import MANIFEST, VERSIONS
from tests.clients import toolchains
from tests.clients.relay import TelemetryRelay
from tests.conftest import ServerProcess

RUN_SECONDS = 200.0
CHECKS = re.findall(r"^\| ([a-z_]+) \| ", (toolchains.HERE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)[1:]
INTERFACES = {0, 1, 2, 3}
"""Those that tell of themselves: managed, explicit, auto-commit, the driver's own."""


@pytest.fixture
def converse(server_process: ServerProcess) -> Iterator[Callable[[list[str]], None]]:
    """Runs a script against a new server; fails unless it makes every check of README.md."""
    with TelemetryRelay(server_process.bolt_uri) as relay:

        def converse(command: list[str]) -> None:
            newest = f"{VERSIONS[0].major}.{VERSIONS[0].minor}"
            words = [*command, server_process.bolt_uri, relay.uri, newest]
            ended = subprocess.run(words, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
            told = f"{ended.stdout}\n{ended.stderr}\nserver: {server_process.stderr()[-4_000:]}"
            assert ended.returncode == 0, told
            assert [line[3:] for line in ended.stdout.splitlines() if line.startswith("ok ")] == CHECKS, told
            assert relay.interfaces() == INTERFACES, told
            assert relay.handshakes() == {MANIFEST}, told

        yield converse


def available(prepare: Callable[..., list[str]], *arguments: object) -> list[str]:
    """The command of a script; the test is skipped where it cannot be made ready, with the reason."""
    try:
        return prepare(*arguments)
    except toolchains.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.slow
def test_the_installed_python_driver(converse: Callable[[list[str]], None]) -> None:
    converse([sys.executable, str(toolchains.HERE / "python" / "main.py")])


@pytest.mark.slow
@pytest.mark.parametrize("requirement", ["neo4j>=5.28,<6", "neo4j>=6"])
def test_python(converse: Callable[[list[str]], None], requirement: str) -> None:
    converse(available(toolchains.python_script, requirement))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requirement", "version"),
    [("neo4j>=4.4,<5", "4.4"), ("neo4j>=5.0,<5.1", "5.0"), ("neo4j>=5.20,<5.21", "5.4")],
)
def test_older_python(server_process: ServerProcess, requirement: str, version: str) -> None:
    command = available(toolchains.python_script, requirement, "older.py")
    words = [*command, server_process.bolt_uri, version]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}\nserver: {server_process.stderr()[-4_000:]}"
    assert ended.stdout.splitlines()[-1] == "done"


@pytest.mark.slow
def test_javascript(converse: Callable[[list[str]], None], tmp_path: Path) -> None:
    converse(available(toolchains.javascript_script, tmp_path))


@pytest.mark.slow
def test_java(converse: Callable[[list[str]], None], tmp_path: Path) -> None:
    converse(available(toolchains.java_script, tmp_path))


@pytest.mark.slow
def test_go(converse: Callable[[list[str]], None], tmp_path: Path) -> None:
    converse(available(toolchains.go_script, tmp_path))

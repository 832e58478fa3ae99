"""Fixtures that every test may use.

- ``server``: a server in a thread of this process, on free ports, with a data directory of its own.
  ``server.bolt_uri``, ``server.http_uri``, ``server.database`` (``.session()``), ``server.bolt_port``.
- ``make_server``: call it for more of them, or for settings of your own: ``make_server(http_port=None)``; again with
  the same ``data_directory`` after ``.stop()`` for a restart. All are stopped at the end.
- ``driver``: the official neo4j driver, connected to ``server``.
- ``start_process``: ``start_process()`` gives a ``ServerProcess``, a real ``python -m memgraph_py serve``;
  ``.bolt_uri``, ``.kill()`` (SIGKILL), ``.terminate()`` (SIGTERM, gives the status), ``.stderr()``. All end with it.
- ``server_process``: one of those.
- ``apache_kafka``: a real broker, one for the whole run; tests that use it carry the mark ``real_kafka``.

With MEMGRAPH_TESTS_REQUIRE="kafka,tck,clients,neo4j" a test that is skipped for want of a real broker, of the
openCypher TCK, of a driver with its language, or of a Neo4j to compare with, fails.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from neo4j import Driver

    from memgraph_py.server.app import EmbeddedServer
    from tests.end_to_end.kafka_broker import RealBroker

pytest_plugins = ["tests.golden"]  # scripts are tests

settings.register_profile("untimed", deadline=None)  # a busy machine fails no test
settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS = 180.0  # with no kernel compiled yet

REQUIRED = {name.strip() for name in os.environ.get("MEMGRAPH_TESTS_REQUIRE", "").split(",") if name.strip()}
"""What must not be missing: `kafka` (a real broker), `tck` (the openCypher scenarios), `clients` (drivers), `neo4j`."""


# --- what takes long ---


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--endurance` runs tests/endurance as well."""
    parser.addoption("--endurance", action="store_true", help="run tests/endurance, which takes an hour or more")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is in tests/endurance is skipped without the option."""
    for item in items:
        if is_left_out(item):
            item.add_marker(pytest.mark.skip("takes long; to run it: pytest --endurance tests/endurance"))


def is_left_out(item: pytest.Item) -> bool:
    """True for what runs only when it is asked for."""
    return item.path.is_relative_to(REPOSITORY / "tests" / "endurance") and not item.config.getoption("--endurance")


# --- what CI requires ---


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Iterator[None]:
    """A skip for want of something that must be there is a failure."""
    outcome = yield
    report = outcome.get_result()
    missing = required_of(item) & REQUIRED
    if report.skipped and missing and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"required by MEMGRAPH_TESTS_REQUIRE and missing: {', '.join(missing)}: {report.longrepr}"


def required_of(item: pytest.Item) -> set[str]:
    """What of the outside world a test needs; nothing where it is not to run at all."""
    needs: set[str] = set()
    if is_left_out(item):
        return needs
    if item.get_closest_marker("real_kafka") is not None:
        needs.add("kafka")
    if "tck" in item.path.parts:
        needs.add("tck")
    if item.path.is_relative_to(REPOSITORY / "tests" / "clients"):
        needs.add("clients")
    if item.path.is_relative_to(REPOSITORY / "tests" / "differences"):
        needs.add("neo4j")
    return needs


# --- a broker ---


@pytest.fixture(scope="session")
def apache_kafka() -> "Iterator[RealBroker]":
    """Apache Kafka; the tests are skipped where there is none, with the reason."""
    from tests.end_to_end.kafka_broker import real_broker
    from tests.maven import Unavailable

    with contextlib.ExitStack() as stack:
        try:
            broker = stack.enter_context(real_broker())
        except Unavailable as reason:
            pytest.skip(str(reason))
        yield broker


# --- servers in this process ---


@pytest.fixture
def make_server(tmp_path: Path) -> "Iterator[Callable[..., EmbeddedServer]]":
    """Starts servers; its arguments are fields of ``Settings``."""
    from memgraph_py.config import Settings
    from memgraph_py.server.app import EmbeddedServer

    servers: list[EmbeddedServer] = []

    def make(**settings: object) -> EmbeddedServer:
        given = {"bolt_port": 0, "http_port": 0, "data_directory": tmp_path / f"data-{len(servers)}", **settings}
        server = EmbeddedServer(Settings(**given))
        server.start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def server(make_server: "Callable[..., EmbeddedServer]") -> "EmbeddedServer":
    """A running server with an empty graph."""
    return make_server()


@pytest.fixture
def driver(server: "EmbeddedServer") -> "Iterator[Driver]":
    """The official driver, connected to ``server``."""
    from neo4j import GraphDatabase

    with GraphDatabase.driver(server.bolt_uri) as driver:
        yield driver


# --- server processes ---


class ServerProcess:
    """`python -m memgraph_py serve` on a free port, with its data in ``data_directory``."""

    program: ClassVar[tuple[str, ...]] = ("-m", "memgraph_py")

    def __init__(self, data_directory: Path, *flags: str, environment: dict[str, str] | None = None) -> None:
        self.data_directory = data_directory
        command = [sys.executable, *self.program, "serve", *flags]
        if "--data-directory" not in flags:
            command += ["--data-directory", str(data_directory)]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MEMGRAPH_BOLT")}
        self.process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**inherited, "MEMGRAPH_BOLT_PORT": "0", "MEMGRAPH_HTTP_PORT": "none", **(environment or {})},
        )
        self.output: list[str] = []
        self._errors: list[str] = []
        self._line = threading.Event()
        self._readers = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def bolt_uri(self) -> str:
        """The address that it prints; waits for it."""
        if not self._line.wait(START_SECONDS) or not self.output:
            raise AssertionError(f"the server did not start: {self.stderr()}")
        found = re.fullmatch(r"Bolt listening on (bolt://\S+)\n", self.output[0])
        assert found is not None, self.output
        return found.group(1)

    def kill(self) -> None:
        """SIGKILL: a crash."""
        self.process.kill()
        self._finish(10)

    def terminate(self, number: int = signal.SIGTERM, seconds: float = 10) -> int:
        """A signal to stop; gives the exit status. Fails when it takes longer than the seconds."""
        self.process.send_signal(number)
        return self._finish(seconds)

    def wait(self, seconds: float = START_SECONDS) -> int:
        """The exit status of a server that ends by itself."""
        return self._finish(seconds)

    def stderr(self) -> str:
        """What it wrote to stderr so far."""
        return "".join(self._errors)

    def wait_for_stderr(self, text: str, seconds: float = 10) -> None:
        """Returns when the text has been written there."""
        deadline = time.monotonic() + seconds
        while text not in self.stderr():
            assert time.monotonic() < deadline, self.stderr()
            time.sleep(0.02)

    def _finish(self, seconds: float) -> int:
        status = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return status

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            self._line.set()
        self._line.set()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._errors.append(line)


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts server processes; ``start_process(*flags, environment={…})``, all on one data directory unless told."""
    processes: list[ServerProcess] = []

    def start(
        *flags: str, data_directory: Path | None = None, environment: dict[str, str] | None = None
    ) -> ServerProcess:
        process = ServerProcess(data_directory or tmp_path / "data", *flags, environment=environment)
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.process.poll() is None:
            process.kill()


@pytest.fixture
def server_process(start_process: Callable[..., ServerProcess]) -> ServerProcess:
    """A server process that accepts connections."""
    process = start_process()
    assert process.bolt_uri
    return process

"""Fixtures of the contract's tests: all of them run on Apache Kafka."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from memgraph_py.config import Settings
from memgraph_py.server.app import EmbeddedServer
from tests.contract.room import Room
from tests.end_to_end.kafka_broker import RealBroker
from tests.streams.conftest import ScriptServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the broker says so."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "apache_kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_kafka)


@pytest.fixture(scope="module")
def scripts() -> Iterator[ScriptServer]:
    """A web server for transform scripts."""
    server = ScriptServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def data_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the server in ``room``."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def room(apache_kafka: RealBroker, scripts: ScriptServer, data_directory: Path) -> Iterator[Room]:
    """One server for the tests of a module: each makes topics and streams of its own."""
    settings = Settings(bolt_port=0, http_port=None, data_directory=data_directory)
    with EmbeddedServer(settings) as server:
        room = Room(apache_kafka, scripts)
        room.connect(server.bolt_uri)
        yield room
        room.close()


@pytest.fixture
def restored_broker(apache_kafka: RealBroker) -> Iterator[RealBroker]:
    """The broker that all share, for a test that takes it down; it runs again afterwards."""
    yield apache_kafka
    apache_kafka.resume()
    apache_kafka.start()

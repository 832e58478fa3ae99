"""Fixtures: a broker in this process, a web server with scripts, and a stream manager over a fake ingestion."""

import threading
import time
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from memgraph_py.config import Limits, Settings
from memgraph_py.streams.kafka import KafkaSource
from memgraph_py.streams.manager import StreamManager
from memgraph_py.streams.transform import TransformStarter
from tests.streams.fakes import ECHO, MANUAL, FakeIngestion


class ScriptServer:
    """Serves ``pages``: path → content, or (status, headers, content). ``requests``: the headers of each."""

    def __init__(self) -> None:
        self.requests: list[Message] = []
        requests = self.requests
        self.pages: dict[str, bytes | tuple[int, dict[str, str], bytes]] = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.headers)
                page = pages.get(self.path, (404, {}, b""))
                status, headers, content = (200, {}, page) if isinstance(page, bytes) else page
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def scripts() -> Iterator[ScriptServer]:
    server = ScriptServer()
    server.pages["/transform.py"] = MANUAL.encode()
    server.pages["/echo.py"] = ECHO.encode()
    yield server
    server.close()


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def starter() -> Iterator[TransformStarter]:
    starter = TransformStarter(Limits(transform_batch_seconds=2.0), allow_unsandboxed=False)
    yield starter
    starter.close()


@pytest.fixture
def ingestion() -> FakeIngestion:
    return FakeIngestion()


@pytest.fixture
def new_manager(tmp_path: Path, ingestion: FakeIngestion) -> Iterator[Callable[[], StreamManager]]:
    """Makes managers over one data directory, as restarts do; all are closed at the end."""
    made: list[StreamManager] = []

    def make() -> StreamManager:
        limits = Limits(kafka_answer_seconds=3.0, transform_batch_seconds=1.0)
        settings = Settings(data_directory=tmp_path, limits=limits)
        made.append(StreamManager(ingestion, settings, KafkaSource))  # type: ignore[arg-type]  # a fake
        return made[-1]

    yield make
    for manager in made:
        manager.close()


@pytest.fixture
def manager(new_manager: Callable[[], StreamManager]) -> StreamManager:
    return new_manager()


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until the condition holds; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)

"""The composition root: starting, failing to start, stopping, starting again."""

import asyncio
import json
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memgraph_py.config import Limits, Settings
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.errors import StartupError
from memgraph_py.server import app
from memgraph_py.server.app import App, EmbeddedServer
from memgraph_py.server.front import Front, run_in_loop, stop_signals


def fetch(uri: str) -> tuple[int, bytes]:
    """Status and body."""
    try:
        with urllib.request.urlopen(uri, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def rows(server: EmbeddedServer, text: str) -> list[list[object]]:
    """Rows of a statement, without a driver."""
    session = server.database.session()
    result = session.run(text, {})
    values = result.values()
    if result.committed is not None:
        result.committed.result(10)
    session.close()
    return values


def test_a_server_is_ready_and_comes_back_with_its_graph(
    make_server: Callable[..., EmbeddedServer], tmp_path: Path
) -> None:
    first = make_server(data_directory=tmp_path / "graph")
    assert fetch(f"{first.http_uri}/health") == (200, b'{"status":"ready"}')
    found = json.loads(fetch(f"{first.http_uri}/")[1])
    assert found["bolt_direct"] == first.bolt_uri
    rows(first, "CREATE (:A {x: 1})-[:R]->(:B)")
    assert b"\nmemgraph_relationships 1.0\n" in fetch(f"{first.http_uri}/metrics")[1]
    first.stop()
    first.stop()
    with pytest.raises(urllib.error.URLError):
        fetch(f"{first.http_uri}/health")
    second = make_server(data_directory=tmp_path / "graph", http_port=None)
    assert second.http_uri is None
    assert rows(second, "MATCH (a:A)-[:R]->(:B) RETURN a.x") == [[1]]


def test_two_servers_live_side_by_side(make_server: Callable[..., EmbeddedServer]) -> None:
    one, two = make_server(), make_server()
    rows(one, "CREATE (:Mine)")
    assert rows(two, "MATCH (n) RETURN count(n)") == [[0]]
    assert one.bolt_port != two.bolt_port


def test_a_start_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(bolt_port=port, http_port=0, data_directory=tmp_path)
        server = EmbeddedServer(settings)
        with pytest.raises(StartupError, match=f"cannot listen for Bolt on 127.0.0.1 port {port}: "):
            server.start()
    folder = DataDirectory(tmp_path)
    folder.acquire()
    folder.release()
    assert {thread.name for thread in set(threading.enumerate()) - before} == set()


def test_a_folder_in_use_is_refused(make_server: Callable[..., EmbeddedServer], tmp_path: Path) -> None:
    make_server(data_directory=tmp_path)
    with pytest.raises(StartupError, match="is in use by another server"):
        EmbeddedServer(Settings(bolt_port=0, http_port=None, data_directory=tmp_path)).start()


def test_health_is_503_while_the_graph_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loading, go_on = threading.Event(), threading.Event()
    recover = app.recover

    def slow(*arguments: object, **named: object) -> object:
        loading.set()
        go_on.wait(20)
        return recover(*arguments, **named)

    monkeypatch.setattr(app, "recover", slow)
    server = EmbeddedServer(Settings(bolt_port=0, http_port=0, data_directory=tmp_path))
    starting = threading.Thread(target=server.start)
    starting.start()
    assert loading.wait(20)
    assert fetch(f"{server.http_uri}/health") == (503, b'{"status":"starting"}')
    go_on.set()
    starting.join(20)
    assert fetch(f"{server.http_uri}/health")[0] == 200
    server.stop()


def test_a_checkpoint_that_takes_too_long_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    finish = threading.Event()

    def slow(snapshot: object) -> object:
        finish.wait(30)
        raise OSError("too late")

    settings = Settings(bolt_port=0, http_port=None, data_directory=tmp_path, limits=Limits(stop_seconds=0.2))
    server = EmbeddedServer(settings).start()
    rows(server, "CREATE (:Kept)")
    monkeypatch.setattr("memgraph_py.durability.checkpoint.export_snapshot", slow)
    server.stop()
    finish.set()
    for thread in threading.enumerate():
        if thread.name == "last-checkpoint":
            thread.join(10)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "no time for the checkpoint at shutdown; the log holds everything"
    ]


@pytest.fixture
def handlers_of_signals() -> Iterator[None]:
    """Put back afterwards: a loop of the main thread takes those that stop a server, whose process ends with it."""
    before = {number: signal.getsignal(number) for number in stop_signals()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers_of_signals")
def test_health_is_told_while_the_server_is_loaded(tmp_path: Path) -> None:
    """As `memgraph-py serve` starts: the front first, on what is installed; the rest on a thread."""
    go_on = threading.Event()
    seen: list[object] = []

    async def start() -> None:
        front = Front(Settings(bolt_port=0, http_port=0, data_directory=tmp_path))
        await front.open()
        front.progress = "compiling kernel 3: expand"
        loading = asyncio.create_task(front.load(go_on.wait))
        seen.append(await asyncio.to_thread(fetch, f"http://127.0.0.1:{front.http_port}/health"))
        go_on.set()
        await loading
        server = App(front.settings, front)
        await server.start()
        seen.append(await asyncio.to_thread(fetch, f"{server.http_uri}/health"))
        await server.stop()

    run_in_loop(start())
    assert seen == [
        (503, b'{"status":"starting","progress":"compiling kernel 3: expand"}'),
        (200, b'{"status":"ready"}'),
    ]

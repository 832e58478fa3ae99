"""The stream commands when the disk, the graph or a script fails in the middle of them."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from memgraph_py.errors import CommitFailed, CypherError, StreamError
from memgraph_py.storage.changes import StreamPosition
from memgraph_py.streams.definitions import Definitions
from memgraph_py.streams.manager import StreamManager
from memgraph_py.streams.transform import Script, Transform
from tests.streams.conftest import ScriptServer, wait_until
from tests.streams.fakes import FakeIngestion

NewManager = Callable[[], StreamManager]


@contextmanager
def a_disk_that_is_full(tmp_path: Path) -> Iterator[None]:
    """The streams' file cannot be written."""
    in_the_way = tmp_path / "streams.json.new"
    in_the_way.mkdir()
    yield
    in_the_way.rmdir()


def create(manager: StreamManager, broker: EmbeddedBroker, transform: str, name: str = "mystream") -> None:
    manager.create(name, uri=broker.address, topic="test", transform=transform, batch_interval=5, batch_size=2)


def statuses(manager: StreamManager) -> dict[str, str]:
    return {stream.name: stream.status for stream in manager.show()}


def in_file(tmp_path: Path) -> dict[str, str]:
    """What a restart would find."""
    return {definition.name: definition.state for definition in Definitions(tmp_path).all()}


@pytest.fixture
def echo(broker: EmbeddedBroker, scripts: ScriptServer) -> str:
    """The address of a script, for a topic with messages."""
    broker.produce("test", [b"1", b"2", b"3"])
    return f"{scripts.uri}/echo.py"


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[Transform]:
    """All that are started."""
    from memgraph_py.streams.transform import TransformStarter

    started: list[Transform] = []
    start = TransformStarter.start

    def remember(self: TransformStarter, script: Script) -> Transform:
        started.append(start(self, script))
        return started[-1]

    monkeypatch.setattr(TransformStarter, "start", remember)
    return started


def lives(child: Transform) -> bool:
    return Path(f"/proc/{child.process_id}/exe").exists()


def threads_of_streams() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("stream-mystream")]


def test_a_create_that_cannot_be_written_leaves_nothing(
    manager: StreamManager, broker: EmbeddedBroker, echo: str, tmp_path: Path
) -> None:
    with a_disk_that_is_full(tmp_path), pytest.raises(CommitFailed, match="the file of the streams cannot be written"):
        create(manager, broker, echo)
    assert statuses(manager) == in_file(tmp_path) == {}
    create(manager, broker, echo)
    assert statuses(manager) == in_file(tmp_path) == {"mystream": "stopped"}


def test_a_start_that_cannot_be_written_starts_nothing(
    manager: StreamManager,
    broker: EmbeddedBroker,
    echo: str,
    tmp_path: Path,
    children: list[Transform],
    ingestion: FakeIngestion,
) -> None:
    create(manager, broker, echo)
    with a_disk_that_is_full(tmp_path), pytest.raises(CommitFailed):
        manager.start("mystream", None)
    assert statuses(manager) == in_file(tmp_path) == {"mystream": "stopped"}
    assert [lives(child) for child in children] == [False]
    assert threads_of_streams() == [] and ingestion.batches == []
    manager.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "3"])


def test_a_stop_that_cannot_be_written_stops_and_says_so(
    manager: StreamManager, broker: EmbeddedBroker, echo: str, tmp_path: Path, children: list[Transform]
) -> None:
    """The stream is stopped; only a restart would start it again, until STOP is told once more."""
    create(manager, broker, echo)
    manager.start("mystream", None)
    with a_disk_that_is_full(tmp_path), pytest.raises(CommitFailed):
        manager.stop("mystream")
    assert statuses(manager) == {"mystream": "stopped"}
    assert in_file(tmp_path) == {"mystream": "running"}
    assert threads_of_streams() == [] and not lives(children[0])
    manager.stop("mystream")
    assert in_file(tmp_path) == {"mystream": "stopped"}


def test_a_drop_that_cannot_be_written_stops_and_says_so(
    manager: StreamManager, broker: EmbeddedBroker, echo: str, tmp_path: Path
) -> None:
    create(manager, broker, echo)
    manager.start("mystream", None)
    with a_disk_that_is_full(tmp_path), pytest.raises(CommitFailed):
        manager.drop("mystream")
    assert statuses(manager) == {"mystream": "stopped"}
    assert threads_of_streams() == []
    manager.drop("mystream")
    assert statuses(manager) == in_file(tmp_path) == {}


def test_an_error_that_cannot_be_written_shows_all_the_same(
    manager: StreamManager, broker: EmbeddedBroker, scripts: ScriptServer, echo: str, tmp_path: Path
) -> None:
    scripts.pages["/raise.py"] = b"def stream(batch): raise ValueError('no')\n"
    create(manager, broker, f"{scripts.uri}/raise.py")
    run = manager._run

    def run_on_a_full_disk(*arguments: object) -> None:
        (tmp_path / "streams.json.new").mkdir()
        run(*arguments)  # type: ignore[arg-type]  # passed on

    manager._run = run_on_a_full_disk  # type: ignore[method-assign,assignment]  # between the file and the thread
    manager.start("mystream", None)
    wait_until(lambda: statuses(manager) == {"mystream": "error"})
    assert "ValueError" in str(dict(manager.describe("mystream"))["reason"])
    (tmp_path / "streams.json.new").rmdir()
    manager.stop("mystream")
    assert statuses(manager) == in_file(tmp_path) == {"mystream": "stopped"}


def test_a_start_whose_limit_cannot_be_committed_leaves_the_stream_stopped(
    manager: StreamManager,
    broker: EmbeddedBroker,
    echo: str,
    ingestion: FakeIngestion,
    children: list[Transform],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*arguments: object) -> Future[int]:
        raise CommitFailed("the disk is full")

    create(manager, broker, echo)
    monkeypatch.setattr(ingestion, "apply", refuse)
    with pytest.raises(CommitFailed):
        manager.start("mystream", 3)
    assert statuses(manager) == {"mystream": "stopped"}
    assert not lives(children[0]) and threads_of_streams() == []


def test_a_drop_is_done_though_its_position_stays_and_a_restart_forgets_it(
    new_manager: NewManager,
    broker: EmbeddedBroker,
    echo: str,
    ingestion: FakeIngestion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after a crash between the file and the graph. A stream of the same name begins anew meanwhile."""

    def refuse(stream_id: UUID) -> Future[int]:
        done: Future[int] = Future()
        done.set_exception(CommitFailed("the disk is full"))
        return done

    first = new_manager()
    create(first, broker, echo)
    first.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "3"])
    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "forget", refuse)
        first.drop("mystream")
    assert len(ingestion.positions) == 1
    create(first, broker, echo)
    first.start("mystream", None)
    wait_until(lambda: ingestion.values() == ["1", "2", "3"] * 2)
    first.close()
    assert len(ingestion.positions) == 2
    second = new_manager()
    second.restore()
    assert len(ingestion.positions) == 1
    assert statuses(second) == {"mystream": "running"}


def test_without_any_definition_no_position_is_forgotten(manager: StreamManager, ingestion: FakeIngestion) -> None:
    """The file may have been moved away to repair it."""
    ingestion.positions[uuid4()] = StreamPosition({}, None)
    manager.restore()
    assert len(ingestion.positions) == 1


def test_commands_at_once_on_a_stream_that_fails_now_and_then(
    manager: StreamManager,
    broker: EmbeddedBroker,
    scripts: ScriptServer,
    ingestion: FakeIngestion,
    children: list[Transform],
) -> None:
    """Errors, LIMITs, STOP, START and DROP meet: no thread and no child is left, no message is lost or doubled."""
    scripts.pages["/moody.py"] = (
        b"import random\n"
        b"def stream(batch):\n"
        b"    if random.random() < 0.1: raise ValueError('a mood')\n"
        b"    return [('RETURN $value', {'value': m.decode()}) for m in batch]\n"
    )
    broker.produce("test", [str(i).encode() for i in range(300)])
    create(manager, broker, f"{scripts.uri}/moody.py")
    end = time.monotonic() + 4.0

    def act(seed: int) -> None:
        draw = random.Random(seed)
        while time.monotonic() < end:
            try:
                draw.choice(
                    [
                        lambda: manager.start("mystream", draw.choice([None, 3])),
                        lambda: manager.stop("mystream"),
                        lambda: manager.describe("mystream"),
                        manager.start_all,
                        manager.show,
                    ]
                )()
            except CypherError as error:
                assert "a mood" in error.text() or isinstance(error, StreamError)
            time.sleep(draw.random() * 0.2)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(act, range(5), timeout=60))
    manager.stop("mystream")
    assert statuses(manager) == {"mystream": "stopped"}
    wait_until(lambda: threads_of_streams() == [])
    assert not any(map(lives, children))
    values = ingestion.values()
    assert values == [str(i) for i in range(len(values))]
    manager.drop("mystream")
    assert ingestion.positions == {}

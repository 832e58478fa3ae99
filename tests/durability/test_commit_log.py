"""The log's thread: order, groups, a full disk, and going on in the same files."""

import resource
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4
from weakref import WeakKeyDictionary

import numpy as np
import pytest

from memgraph_py.columnar import Column
from memgraph_py.durability.commit_log import DiskCommitLog, LogState
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.encoding import Watermarks, encode
from memgraph_py.durability.log_file import read_log
from memgraph_py.errors import CommitFailed, DatabaseError, StartupError
from memgraph_py.metrics import Metrics
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships
from memgraph_py.storage.schema import Schema
from memgraph_py.values.types import NodeReference


def node(id: int, text: str = "a") -> ChangeSet:
    """A commit that creates one node."""
    return ChangeSet(created_nodes=[CreatedNodes(np.array([id]), 0, {0: Column.from_values([text])})])


def open_log(folder: Path, rotate_bytes: int = 1 << 30, metrics: Metrics | None = None) -> DiskCommitLog:
    schema = Schema()
    schema.keys.intern("name")
    log = DiskCommitLog(DataDirectory(folder), rotate_bytes, metrics)
    log.open(schema, LogState(uuid4(), 0, Watermarks()))
    return log


_Outcome: TypeAlias = "Future[BaseException | None]"
_untold: WeakKeyDictionary[DiskCommitLog, list[tuple[int, _Outcome]]] = WeakKeyDictionary()


def append(log: DiskCommitLog, version: int, changes: ChangeSet) -> _Outcome:
    """Who is told that a commit is on disk knows it of those before."""
    outcome: _Outcome = Future()
    untold = _untold.setdefault(log, [])

    def done(error: BaseException | None) -> None:
        known = [(version, outcome)] if error is not None else [one for one in untold if one[0] <= version]
        for one in known:
            untold.remove(one)
            one[1].set_result(error)

    untold.append((version, outcome))
    log.append(version, changes, done)
    return outcome


def versions(folder: Path, first_version: int = 1) -> list[int]:
    contents = read_log(DataDirectory(folder).log_path(first_version))
    found = [record.version for record in contents.records()]
    assert contents.torn_bytes == 0 and contents.damage is None
    return found


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file of this process can grow beyond the size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_commits_share_syncs_and_are_told_of_in_order(tmp_path: Path) -> None:
    metrics = Metrics()
    log = open_log(tmp_path, metrics=metrics)
    told: list[int] = []
    threads: set[str] = set()
    entered, blocker, last = threading.Event(), threading.Event(), threading.Event()

    def done(version: int, error: BaseException | None) -> None:
        assert error is None
        told.append(version)
        threads.add(threading.current_thread().name)
        if version == 1:
            entered.set()
            blocker.wait(10)
        elif version == 200:
            last.set()

    log.append(1, node(1), partial(done, 1))
    assert entered.wait(10)
    for version in range(2, 201):
        log.append(version, node(version), partial(done, version))
    blocker.set()
    assert last.wait(10)
    assert told == [1, 200], "of a group, the last one"
    assert threads == {"commit-log"}
    syncs = metrics.registry.get_sample_value("memgraph_log_sync_seconds_count")
    assert syncs == 2, "199 commits that waited for the first share one sync"
    assert metrics.registry.get_sample_value("memgraph_commits_total") == 200
    log.close()
    assert versions(tmp_path) == list(range(1, 201))


def test_a_full_disk_fails_what_is_queued_and_then_recovers(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    assert append(log, 1, node(1)).result(10) is None
    with disk_full_at(4096):  # the reservation lies beyond, so cut it off first
        entered, blocked = threading.Event(), threading.Event()
        log.append(2, node(2), lambda error: (entered.set(), blocked.wait(10)))
        assert entered.wait(10)
        large, behind = append(log, 3, node(3, "x" * (3 << 20))), append(log, 4, node(4))
        blocked.set()
        assert isinstance(large.result(10), CommitFailed)
        assert isinstance(behind.result(10), CommitFailed)
        stale = append(log, 4, node(4))
        assert isinstance(stale.result(10), CommitFailed), "made on top of what was lost"
    assert log.version == 2
    assert append(log, 3, node(5)).result(10) is None
    log.close()
    assert versions(tmp_path) == [1, 2, 3]


def test_a_value_that_cannot_be_stored_fails_its_commit_alone(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    bad = ChangeSet(created_nodes=[CreatedNodes(np.array([0]), 0, {0: Column.objects([NodeReference(1)])})])
    assert isinstance(append(log, 1, bad).result(10), DatabaseError)
    assert append(log, 1, node(1)).result(10) is None
    log.close()
    assert versions(tmp_path) == [1]


def test_a_large_file_is_announced_as_it_grows_and_rotated(tmp_path: Path) -> None:
    log = open_log(tmp_path, rotate_bytes=2000)
    calls: list[int] = []
    log.on_large = lambda: calls.append(log.version)
    for version in range(1, 6):
        assert append(log, version, node(version, "x" * 900)).result(10) is None
    assert log.rotate().result(10) == 5
    assert log.rotate().result(10) == 5, "an empty file is not rotated"
    assert calls == [3, 5]
    assert append(log, 6, node(6)).result(10) is None
    log.close()
    assert versions(tmp_path) == [1, 2, 3, 4, 5]
    assert versions(tmp_path, 6) == [6]


@pytest.mark.parametrize(
    ("checkpoint_bytes", "announced_bytes"), [(0, 32 << 20), (1 << 30, 512 << 20), (1 << 40, 1 << 30)]
)
def test_the_graphs_size_says_when_a_file_is_large(tmp_path: Path, checkpoint_bytes: int, announced_bytes: int) -> None:
    log = open_log(tmp_path, rotate_bytes=1 << 30)
    log.follow(checkpoint_bytes)
    assert log._announce_bytes == announced_bytes
    log.close()


def test_a_closed_log_refuses(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.close()
    log.close()
    with pytest.raises(CommitFailed):
        log.append(1, node(1), lambda error: None)
    with pytest.raises(CommitFailed):
        log.rotate().result(1)


def test_closing_writes_what_is_queued_and_gives_back_what_was_reserved(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    outcomes = [append(log, version, node(version)) for version in range(1, 50)]
    log.close()
    assert all(outcome.result(0) is None for outcome in outcomes)
    assert DataDirectory(tmp_path).log_path(1).stat().st_size < 5000
    assert versions(tmp_path) == list(range(1, 50))


def test_a_bug_in_a_callback_leaves_nobody_waiting(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    reached = threading.Event()
    hook, threading.excepthook = threading.excepthook, lambda arguments: reached.set()
    entered, blocker = threading.Event(), threading.Event()

    def fail(error: BaseException | None) -> None:
        entered.set()
        blocker.wait(10)
        raise AssertionError

    log.append(1, node(1), fail)
    assert entered.wait(10)
    behind = append(log, 2, node(2))
    blocker.set()
    assert isinstance(behind.result(10), CommitFailed)
    assert reached.wait(10)
    threading.excepthook = hook
    with pytest.raises(CommitFailed):
        log.append(3, node(3), lambda error: None)
    log.close()


def test_the_folder_takes_one_server(tmp_path: Path) -> None:
    first, second = DataDirectory(tmp_path / "new" / "folder"), DataDirectory(tmp_path / "new" / "folder")
    first.acquire()
    with pytest.raises(StartupError, match=r"data directory '.*folder' is in use by another server \(process \d+\)"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match=r"cannot write to the data directory '.*file/data': Not a directory"):
        DataDirectory(tmp_path / "file" / "data").acquire()


def test_a_record_of_a_thousand_relationships_is_small() -> None:
    schema = Schema()
    schema.types.intern("KNOWS")
    random = np.random.default_rng(1)
    ends = random.integers(0, 1 << 20, size=(2, 1000))
    block = CreatedRelationships(np.arange(7000, 8000), ends[0], ends[1], 0, {})
    payload, _ = encode(ChangeSet(created_relationships=[block]), schema, Watermarks())
    assert len(payload) < 8_200


def test_strings_are_cut_out_of_a_shared_heap() -> None:
    schema = Schema()
    schema.keys.intern("name")
    heap = Column.from_values([f"text {number:08}" for number in range(100_000)])
    block = CreatedNodes(np.arange(3), 0, {0: heap.take(np.array([99_999, 5, 50_000]))})
    payload, _ = encode(ChangeSet(created_nodes=[block]), schema, Watermarks())
    assert len(payload) < 100


def test_a_commit_that_comes_just_as_the_log_has_ended_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.close()
    log._closed = False  # as it was when the commit looked
    assert isinstance(append(log, 1, node(1)).result(10), CommitFailed)

"""Disks that fail at any call: what was acknowledged is there after a loss of power, what was refused is not."""

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from memgraph_py.durability import directory as directory_module
from memgraph_py.durability import log_writer
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.recovery import recover
from memgraph_py.errors import CommitFailed, CommitUnknown, StartupError
from memgraph_py.storage.store import GraphStore
from tests.durability.simulated_disk import SimulatedDisk
from tests.durability.test_recovery import Running


def numbers(store: GraphStore) -> set[object]:
    """The numbers of all nodes."""
    key = store.schema.keys.find("number")
    nodes = store.current.nodes(None)
    return set() if key is None else set(store.current.node_property(nodes, key).to_values())


def write(running: Running, number: int, texts: list[int]) -> str:
    """Commit a node; gives how that ended."""
    try:
        running.commit("N", number=number, text="x" * texts[number % len(texts)])
    except CommitUnknown:
        return "unknown"
    except CommitFailed:
        return "refused"
    return "acknowledged"


@pytest.mark.parametrize("seed", range(60))
def test_no_acknowledged_commit_is_lost_and_no_refused_one_comes_back(tmp_path: Path, seed: int) -> None:
    no_commit_is_lost_or_comes_back(tmp_path, seed)


def no_commit_is_lost_or_comes_back(tmp_path: Path, seed: int) -> None:
    """Commits on a disk that fails now and then, a loss of power, and a look at what is left."""
    folder, left = tmp_path / "data", tmp_path / "left"
    folder.mkdir()
    left.mkdir()
    disk = SimulatedDisk(folder, seed)
    outcomes: dict[str, set[object]] = {"acknowledged": set(), "refused": set(), "unknown": set()}
    with pytest.MonkeyPatch.context() as patch:
        for module in (log_writer, directory_module):
            patch.setattr(module, "os", disk)
        running = Running(folder)
        for number in range(40):
            disk.fault_rate = (0.0, 0.25, 0.7)[number // 5 % 3]
            outcomes[write(running, number, [3, 300, 3000])].add(number)
            if number % 11 == 10:
                running.log.rotate().exception(10)
        assert numbers(running.store) == outcomes["acknowledged"]
        disk.lose_power(left)
    running.crash()
    disk.close_all()
    store = GraphStore()
    try:
        recover(DataDirectory(left), store)
    except StartupError as error:
        pytest.fail(f"seed {seed}: {error.text()}")
    told = f"seed {seed}: {outcomes}, found {numbers(store)}"
    assert outcomes["acknowledged"] <= numbers(store), told
    assert not outcomes["refused"] & numbers(store), told
    assert len(numbers(store) & outcomes["unknown"]) <= 1, f"more than the last one; {told}"
    assert disk.faults > 10 and len(outcomes["acknowledged"]) > 5, told


def test_after_a_failed_sync_nothing_more_is_written_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(tmp_path)
    assert write(running, 1, [3]) == "acknowledged"
    first = running.directory.log_path(1)
    synced = first.read_bytes()
    failing = {first.stat().st_ino}
    real = os.fdatasync

    def fdatasync(descriptor: int) -> None:
        if os.fstat(descriptor).st_ino in failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    monkeypatch.setattr(log_writer.os, "fdatasync", fdatasync)
    assert write(running, 2, [3]) == "refused"
    failing.clear()
    assert write(running, 3, [3]) == "acknowledged"
    assert first.read_bytes().rstrip(b"\0") == synced.rstrip(b"\0")
    assert [version for version, _ in running.directory.logs()] == [1, 2]
    running.crash()
    again = Running(tmp_path)
    assert numbers(again.store) == {1, 3}
    again.crash()


def test_where_no_new_file_can_be_begun_the_outcome_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(tmp_path)
    assert write(running, 1, [3]) == "acknowledged"

    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(log_writer.os, "fdatasync", fail)
        patch.setattr(log_writer.os, "fsync", fail)
        with pytest.raises(CommitUnknown, match="the log could not be synced: Input/output error") as raised:
            running.commit("N", number=2)
        assert raised.value.code == "Neo.DatabaseError.Transaction.TransactionLogError"
        with pytest.raises(CommitFailed) as refused:
            running.commit("N", number=3)
        assert refused.value.code == "Neo.TransientError.Transaction.LogWriteFailed", "nothing of it was written"
    assert write(running, 4, [3]) == "acknowledged"
    running.crash()
    again = Running(tmp_path)
    assert numbers(again.store) == {1, 4}
    again.crash()


def test_a_rotation_that_fails_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running(tmp_path)
    assert write(running, 1, [3]) == "acknowledged"

    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for place, name in ((DataDirectory, "sync"), (log_writer.os, "fsync")):  # the new name stands, and does not
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            assert isinstance(running.log.rotate().exception(10), OSError)
        assert write(running, 2, [3]) == "acknowledged"
    with pytest.raises(OSError, match="No space left"), monkeypatch.context() as patch:
        patch.setattr(DataDirectory, "sync", fail)
        running.checkpointer.write()
    assert write(running, 3, [3]) == "acknowledged"
    running.checkpointer.write()
    running.crash()
    again = Running(tmp_path)
    assert numbers(again.store) == {1, 2, 3}
    again.crash()


@pytest.mark.parametrize("kept", [0, 1, 2], ids=["empty log", "one commit", "two commits"])
def test_a_log_that_is_deleted_takes_no_commit_and_a_checkpoint_mends_it(tmp_path: Path, kept: int) -> None:
    running = Running(tmp_path)
    running.checkpointer.start()
    assert write(running, 1, [3]) == "acknowledged"
    running.checkpointer.write()
    for number in range(2, 2 + kept):
        assert write(running, number, [3]) == "acknowledged"
    for path in tmp_path.iterdir():
        path.unlink()
    assert running.log.is_deleted
    with pytest.raises(CommitFailed, match="the log could not be written: its file was deleted"):
        running.commit("N", number=8)
    deadline = time.monotonic() + 10
    while write(running, 9, [3]) != "acknowledged":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.checkpointer.stop()
    assert not running.log.is_deleted
    running.crash()
    again = Running(tmp_path)
    assert numbers(again.store) == {*range(1, 2 + kept), 9}
    again.crash()


def test_where_no_new_file_can_be_begun_for_one_that_is_deleted_nothing_is_committed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    running = Running(folder)
    assert write(running, 1, [3]) == "acknowledged"
    shutil.rmtree(folder)
    for _ in range(2):
        assert write(running, 2, [3]) == "refused"
        with pytest.raises(FileNotFoundError):
            running.checkpointer.write()
    assert numbers(running.store) == {1}
    assert running.directory.size_bytes() is None
    folder.mkdir()
    running.checkpointer.write()
    assert write(running, 3, [3]) == "acknowledged"
    running.crash()
    again = Running(folder)
    assert numbers(again.store) == {1, 3}
    again.crash()

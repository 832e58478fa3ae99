"""Damage and loss of files: each is named, with what to do; nothing wrong is served, nothing dropped in silence."""

import errno
import os
import struct
import zlib
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from memgraph_py.durability.checkpoint_file import UPGRADES, Checkpoint, read_checkpoint, write_checkpoint
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.encoding import FORMAT
from memgraph_py.durability.log_file import FRAME, HEADER, HEADER_MAGIC, read_log
from memgraph_py.durability.recovery import recover
from memgraph_py.errors import StartupError
from memgraph_py.storage.rule_changes import creation_of
from memgraph_py.storage.schema_rules import IndexDefinition, on_nodes
from memgraph_py.storage.store import GraphStore
from tests.durability.test_recovery import Running, content

SECTOR = 512


def small(folder: Path) -> Running:
    """A closed folder with a checkpoint, a log that is complete and one that goes on after it."""
    running = Running(folder)
    running.commit("A", name="a", flags=[False] * 40)
    running.commit("A", name="b")
    running.store.change_rules(
        creation_of(IndexDefinition("names", on_nodes(running.store.schema.labels.intern("A"), 0)))
    ).result(10)
    running.checkpointer.write()
    running.commit("B", name="c")
    running.log.rotate().result(10)
    running.commit("B", text="last " * 4)
    return running


def starts(path: Path) -> list[int]:
    """Where the frames of a whole log begin, and where the last one ends."""
    contents = read_log(path)
    return sorted({contents.end for _ in contents.records()} | {contents.end})


def opened(folder: Path, *, accept_lost_commits: bool = False) -> dict[str, object]:
    """What a start would serve."""
    store = GraphStore()
    recover(DataDirectory(folder), store, accept_lost_commits=accept_lost_commits)
    return content(store)


def test_no_flipped_bit_in_any_file_is_served(tmp_path: Path) -> None:
    running = small(tmp_path)
    expected = content(running.store)
    running.crash()
    harmless = 0
    files = [path for path in sorted(tmp_path.iterdir()) if path.name.startswith(("log-", "checkpoint-"))]
    assert len(files) == 3
    for path in files:
        whole = path.read_bytes()
        for position in range(len(whole)):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << (position % 8)
            path.write_bytes(damaged)
            try:
                found = opened(tmp_path)
            except StartupError as error:
                assert str(path) in error.message or "belongs to another" in error.message, error.message
            else:
                assert found == expected, f"byte {position} of {path.name}"
                harmless += 1
        path.write_bytes(whole)
    assert harmless <= 64, "of the frame alone that says that another file follows"


def test_a_flipped_bit_in_the_last_record_is_named(tmp_path: Path) -> None:
    running = small(tmp_path)
    running.crash()
    *_, (first_version, path) = running.directory.logs()
    whole = path.read_bytes()
    begin, end = starts(path)
    for position in range(begin, end):
        for bit in range(8):
            damaged = bytearray(whole + bytes(1000))
            damaged[position] ^= 1 << bit
            path.write_bytes(damaged)
            with pytest.raises(StartupError) as raised:
                opened(tmp_path)
            assert f"the log file '{path}' is damaged at byte {begin}: the " in raised.value.message
            assert f"of version {first_version} is there and has a wrong checksum" in raised.value.message
            assert "--accept-lost-commits" in str(raised.value.hint)


def test_lost_commits_are_accepted_on_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    running = small(tmp_path)
    running.crash()
    *_, (first_version, path) = running.directory.logs()
    damaged = bytearray(path.read_bytes())
    damaged[-10] ^= 1
    path.write_bytes(damaged)
    found = opened(tmp_path, accept_lost_commits=True)
    assert found["version"] == first_version - 1
    (warning,) = [record for record in caplog.records if "commits are lost" in record.message]
    assert str(path) in warning.reason and warning.version == first_version - 1
    again = Running(tmp_path, accept_lost_commits=True)
    again.commit("C", x=1)
    again.commit("C", x=2)
    expected = content(again.store)
    again.crash()
    assert opened(tmp_path) == expected, "nothing has to be accepted twice"


@pytest.mark.parametrize("text", ["short", "x" * 700, "x" * 5000])
def test_a_record_is_torn_where_sectors_did_not_reach_the_disk(tmp_path: Path, text: str) -> None:
    running = Running(tmp_path)
    running.commit("A", name="a" * 300)
    before = content(running.store)
    running.commit("A", name=text)
    running.crash()
    path = running.directory.log_path(1)
    whole = path.read_bytes()
    *_, begin, end = starts(path)
    sectors = range(begin // SECTOR, -(-end // SECTOR))
    for sector in sectors:
        damaged = bytearray(whole)
        start, stop = max(begin, sector * SECTOR), min(end, (sector + 1) * SECTOR)
        damaged[start:stop] = bytes(stop - start)
        path.write_bytes(damaged)
        assert known(opened(tmp_path)) == known(before)
    for stop in range(begin, end, 1 + len(text) // 700):
        path.write_bytes(whole[:stop])
        assert known(opened(tmp_path)) == known(before)
        if stop >= begin + FRAME.size:
            path.write_bytes(whole[:stop].ljust(len(whole) + 5000, b"\0"))
            assert known(opened(tmp_path)) == known(before)


def known(state: dict[str, object]) -> list[object]:
    return [state["version"], state["nodes"], state["node properties"]]


def test_zeros_of_a_record_are_not_taken_for_missing_sectors(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.commit("A", data=b"\1" + bytes(3000) + b"\1" + bytes(3000) + b"\1")
    running.crash()
    path = running.directory.log_path(1)
    whole = path.read_bytes()
    begin, end = starts(path)
    for position in range(begin, end):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(StartupError, match=f"damaged at byte {begin}"):
            opened(tmp_path)


def test_a_bit_in_what_is_reserved_behind_the_end_is_no_commit(tmp_path: Path) -> None:
    running = small(tmp_path)
    expected = content(running.store)
    running.crash()
    *_, (_, path) = running.directory.logs()
    whole = path.read_bytes()
    for distance in range(200):
        tail = bytearray(500)
        tail[distance] = 4
        path.write_bytes(whole + tail)
        try:
            assert opened(tmp_path) == expected
        except StartupError as error:
            assert f"'{path}' is damaged at byte {len(whole)}" in error.message


def test_a_missing_last_file_is_noticed(tmp_path: Path) -> None:
    running = small(tmp_path)
    running.crash()
    *_, (version, last) = running.directory.logs()
    last.unlink()
    with pytest.raises(StartupError, match=f"the log file that begins with version {version} is missing"):
        opened(tmp_path)
    assert opened(tmp_path, accept_lost_commits=True)["version"] == version - 1
    for _, path in running.directory.logs():
        path.unlink()
    with pytest.raises(StartupError, match=f"the log after version 3 is missing in '{tmp_path}'"):
        opened(tmp_path)


def test_a_damaged_checkpoint_is_written_again_before_what_makes_up_for_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(tmp_path)
    running.commit("A", name="a")
    monkeypatch.setattr(running.checkpointer, "_remove_older", lambda version: None)
    running.checkpointer.write()
    expected = content(running.store)
    running.crash()
    ((_, path),) = running.directory.checkpoints()
    path.write_bytes(path.read_bytes()[:-1])
    again = Running(tmp_path)
    assert again.recovered.checkpoint_version == 0
    again.checkpointer.write()
    again.crash()
    assert opened(tmp_path) == expected
    assert read_checkpoint(path).version == expected["version"]


def test_a_log_that_ends_before_a_damaged_checkpoint_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(tmp_path)
    running.commit("A", name="a")
    running.commit("A", name="b")
    monkeypatch.setattr(running.checkpointer, "_remove_older", lambda version: None)
    running.checkpointer.write()
    running.crash()
    ((_, path),) = running.directory.checkpoints()
    path.write_bytes(path.read_bytes()[:-1])
    (_, first), (_, second) = running.directory.logs()
    second.unlink()
    first.write_bytes(first.read_bytes()[:-70])
    with pytest.raises(StartupError, match="the checkpoint of version 2 is damaged, and the log ends with 1"):
        opened(tmp_path)
    again = Running(tmp_path, accept_lost_commits=True)
    expected = content(again.store)
    assert expected["version"] == 1
    again.crash()
    assert opened(tmp_path) == expected, "nothing has to be accepted twice"


def test_a_log_of_another_database_or_a_newer_server_is_named(tmp_path: Path) -> None:
    running = small(tmp_path)
    running.crash()
    *_, (version, path) = running.directory.logs()
    whole = path.read_bytes()
    path.write_bytes(header_of(version, uuid4().bytes, FORMAT) + whole[HEADER.size :])
    with pytest.raises(StartupError, match=f"the log file '{path}' belongs to another database"):
        opened(tmp_path)
    path.write_bytes(header_of(version, bytes(16), FORMAT + 1) + whole[HEADER.size :])
    with pytest.raises(StartupError, match=f"'{path}' has format {FORMAT + 1}; this server reads up to {FORMAT}"):
        opened(tmp_path)


def header_of(version: int, database_id: bytes, format: int) -> bytes:
    fields = (format, version, database_id, b"saltsalt")
    checksum = zlib.crc32(HEADER.pack(HEADER_MAGIC, 0, *fields))
    return HEADER.pack(HEADER_MAGIC, checksum, *fields)


def with_indexes_of_format_2(payload: bytes) -> bytes:
    """Indexes were on one property of nodes, and there were no constraints."""
    *others, created, dropped, _, _ = msgspec.msgpack.decode(payload)
    created = [(name, label, key) for name, (_, label, (key,)) in created]
    return msgspec.msgpack.encode([*others, created, dropped])


def test_a_log_of_format_1_is_read_and_the_next_file_is_of_this_one(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.commit("A", name="a" * 600)
    by_name = IndexDefinition("names", on_nodes(0, 0))
    running.store.change_rules(creation_of(by_name)).result(10)
    expected = content(running.store)
    running.crash()
    path = running.directory.log_path(1)
    records = list(read_log(path).records())
    old = header_of(1, running.recovered.log.database_id.bytes, 1)
    for record in records:
        payload = with_indexes_of_format_2(record.payload)
        body = struct.pack("<I", len(payload)) + payload
        head = struct.pack("<IIQ", len(body), 1, record.version)
        old += b"\xf7FRM" + struct.pack("<I", zlib.crc32(head + body, zlib.crc32(b"saltsalt"))) + head + body
    path.write_bytes(old + bytes(5000))
    again = Running(tmp_path)
    assert content(again.store) == expected
    again.commit("A", name="c")
    expected = content(again.store)
    again.crash()
    assert [version for version, _ in again.directory.logs()] == [1, 3]
    assert opened(tmp_path) == expected
    (tmp_path / "alone").mkdir()
    DataDirectory(tmp_path / "alone").log_path(1).write_bytes(old[:-5])
    with pytest.raises(StartupError, match="is damaged at byte"):
        opened(tmp_path / "alone")


def test_a_checkpoint_of_an_older_format_is_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memgraph_py.durability.checkpoint_file.FORMAT", FORMAT - 1)
    write_checkpoint(tmp_path / "c", Checkpoint(uuid4(), 7, {"a": 1}, {}))
    monkeypatch.undo()
    assert read_checkpoint(tmp_path / "c").metadata == {"a": 1}, "format 1 is the same"
    monkeypatch.setitem(
        UPGRADES, FORMAT - 1, lambda old: Checkpoint(old.database_id, old.version, {**old.metadata, "b": 2}, old.arrays)
    )
    assert read_checkpoint(tmp_path / "c").metadata == {"a": 1, "b": 2}


@pytest.mark.parametrize(("method", "what"), [("read_bytes", "log file"), ("open", "checkpoint")])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, what: str
) -> None:
    running = small(tmp_path)
    running.crash()
    *_, (_, path) = running.directory.logs() if what == "log file" else running.directory.checkpoints()
    real = getattr(Path, method)

    def fail(self: Path, *arguments: object) -> object:
        if self == path:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(self, *arguments)

    monkeypatch.setattr(Path, method, fail)
    with pytest.raises(StartupError, match=f"cannot read the {what} '{path}': Input/output error"):
        opened(tmp_path)

"""Checkpoints as files: what is written is read, and no damage goes unseen."""

from io import FileIO
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from memgraph_py.durability.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint
from memgraph_py.durability.encoding import FORMAT
from memgraph_py.errors import StartupError
from memgraph_py.values.types import Point


def objects(*values: object) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def example() -> Checkpoint:
    return Checkpoint(
        uuid4(),
        7,
        {"labels": ["Ä" * 1000, "B"], "positions": [{"offset": (1 << 62), "topic": "t"}], "nothing": None},
        {
            "ids": np.arange(10_000, dtype=np.int64)[::2],
            "live": np.array([True, False, True]),
            "empty": np.zeros(0, dtype=np.float64),
            "matrix": np.arange(6, dtype=np.int32).reshape(2, 3),
            "values": objects([1, "two"], {"a": Point(7203, (1.0, 2.0))}, None, b"\0", 1.5),
            "last": np.zeros(0, dtype=np.int64),
        },
    )


def content(checkpoint: Checkpoint) -> list[object]:
    arrays = {name: (str(array.dtype), array.shape, array.tolist()) for name, array in checkpoint.arrays.items()}
    return [checkpoint.database_id, checkpoint.version, checkpoint.metadata, arrays]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = example()
    size = write_checkpoint(tmp_path / "c", written)
    assert size == (tmp_path / "c").stat().st_size
    read = read_checkpoint(tmp_path / "c")
    assert (read.database_id, read.version, read.metadata) == (written.database_id, 7, written.metadata)
    assert read.arrays.keys() == written.arrays.keys()
    for name, array in written.arrays.items():
        assert read.arrays[name].dtype == array.dtype and read.arrays[name].shape == array.shape
        assert read.arrays[name].tolist() == array.tolist()
        assert read.arrays[name].flags.writeable and read.arrays[name].flags.c_contiguous


def test_no_flipped_bit_goes_unseen(tmp_path: Path) -> None:
    path = tmp_path / "c"
    write_checkpoint(path, example())
    whole = path.read_bytes()
    expected = content(read_checkpoint(path))
    padding = 0
    for position in [*range(800), *range(800, len(whole), 97), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        path.write_bytes(damaged)
        try:
            assert content(read_checkpoint(path)) == expected, "only padding between the arrays has no meaning"
            padding += 1
        except StartupError as error:
            assert f"'{path}' is damaged at byte " in error.message or "has format" in error.message
    assert padding < 7 * 64


@pytest.mark.parametrize("left", [0, 1, 47, 48, 60, 300, 20_000, -1])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, left: int) -> None:
    path = tmp_path / "c"
    write_checkpoint(path, example())
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(StartupError, match="is damaged at byte"):
        read_checkpoint(path)


def test_a_newer_format_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memgraph_py.durability.checkpoint_file.FORMAT", FORMAT + 1)
    write_checkpoint(tmp_path / "c", example())
    monkeypatch.undo()
    with pytest.raises(StartupError, match=f"has format {FORMAT + 1}; this server reads up to {FORMAT}"):
        read_checkpoint(tmp_path / "c")


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_checkpoint(tmp_path / "missing" / "c", example())
    assert list(tmp_path.iterdir()) == []


class Sluggish(FileIO):
    """A file that takes a few bytes at a time."""

    def write(self, data: bytes | memoryview, /) -> int:
        return super().write(memoryview(data)[:1000])


def test_what_the_system_takes_in_parts_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = example()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode, buffering: Sluggish(path, "wb"))
        write_checkpoint(tmp_path / "c", written)
    assert content(read_checkpoint(tmp_path / "c")) == content(written)

"""Arrays that grow: what was written stays, and a large one does not move again."""

import mmap

import numpy as np
import pytest

from memgraph_py.storage import room
from memgraph_py.storage.room import grown, zeros


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.float64, np.bool_])
def test_what_was_written_stays(dtype: type[np.generic]) -> None:
    array = np.arange(300_000).astype(dtype)
    larger = grown(array, 250_000, 600_000)
    assert len(larger) >= 600_000
    assert larger.dtype == array.dtype
    assert np.array_equal(larger[:250_000], array[:250_000])
    larger[599_999] = 1


def test_a_large_array_has_room_for_all_that_can_come() -> None:
    large = grown(np.zeros(1 << 18, dtype=np.int64), 1 << 18, 1 << 19, rows_max=1 << 31)
    assert len(large) == 1 << 31
    large[-1] = 7
    assert large[-1] == 7


def test_objects_are_copied() -> None:
    array: np.ndarray[tuple[int], np.dtype[np.object_]] = np.full(1 << 18, "text", dtype=object)
    assert len(grown(array, len(array), len(array) + 1)) == 1 << 19


def test_without_address_space_arrays_double(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> mmap.mmap:
        raise OSError("cannot allocate memory")

    monkeypatch.setattr(room.mmap, "mmap", refuse)
    array = np.arange(1 << 18)
    larger = grown(array, len(array), len(array) + 1)
    assert len(larger) == 1 << 19
    assert np.array_equal(larger[: 1 << 18], array)
    assert not zeros((2, 1 << 18), np.int32).any()


def test_zeros() -> None:
    large = zeros((2, 1 << 20), np.int32)
    assert large.shape == (2, 1 << 20)
    assert large.flags.c_contiguous
    assert not large.any()
    large[1, -1] = 5
    assert large.sum() == 5

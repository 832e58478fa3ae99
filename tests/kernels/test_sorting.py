"""Numbers counted, and ids outside some chunks, against what NumPy says."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from memgraph_py.kernels.chunks import CHUNK_BITS
from memgraph_py.kernels.sorting import counted
from memgraph_py.storage.pages import outside_chunks

_NEAR, _FAR = st.integers(-3, 60), st.integers(-(1 << 62), 1 << 62)


@given(st.lists(st.one_of(_NEAR, _FAR)) | st.lists(_NEAR))
def test_numbers_are_counted(numbers: list[int]) -> None:
    array = np.array(numbers, dtype=np.int64)
    found, counts = counted(array)
    expected, expected_counts = np.unique(array, return_counts=True)
    assert found.tolist() == expected.tolist()
    assert counts.tolist() == expected_counts.tolist()


@given(st.lists(st.integers(0, 9 << CHUNK_BITS)), st.sets(st.integers(0, 9)))
def test_ids_outside_chunks(ids: list[int], chunks: set[int]) -> None:
    left = outside_chunks(np.array(ids, dtype=np.int64), np.array(sorted(chunks), dtype=np.int64))
    assert left.tolist() == [id for id in ids if id >> CHUNK_BITS not in chunks]

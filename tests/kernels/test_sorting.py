"""Numbers counted and in order, and ids outside some chunks, against what NumPy says."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from memgraph_py.kernels.chunks import CHUNK_BITS
from memgraph_py.kernels.sorting import counted, radix_order
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


@given(st.lists(st.one_of(_NEAR, _FAR, st.sampled_from([-(1 << 63), (1 << 63) - 1]))) | st.lists(_NEAR))
def test_rows_by_their_digits(numbers: list[int]) -> None:
    array = np.array(numbers, dtype=np.int64)
    assert radix_order(array, np.zeros(1, dtype=np.int64)).tolist() == np.argsort(array, kind="stable").tolist()


def test_rows_in_order_and_the_other_way_round() -> None:
    array = np.arange(-5_000, 5_000)
    flag = np.zeros(1, dtype=np.int64)
    assert radix_order(array, flag).tolist() == list(range(10_000))
    assert radix_order(array[::-1].copy(), flag).tolist() == list(range(9_999, -1, -1))
    equal = np.repeat(array[::-1], 2)
    assert radix_order(equal, flag).tolist() == np.argsort(equal, kind="stable").tolist()


def test_an_order_that_nobody_wants_any_more_is_not_made() -> None:
    array = np.arange(100_000) ^ 1
    order = radix_order(array, np.ones(1, dtype=np.int64))
    assert order.tolist() == list(range(100_000))

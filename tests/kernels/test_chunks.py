"""Rows of chunked arrays are read alike whether they follow each other or not."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_ROWS, count_present, read_values

CHUNKS = 3
PIECES = st.lists(
    st.one_of(
        st.tuples(st.integers(-5, CHUNKS * CHUNK_ROWS + 5), st.integers(0, 5_000)),
        st.tuples(st.integers(0, CHUNKS * CHUNK_ROWS), st.just(1)),
    ),
    max_size=6,
)


@given(PIECES, st.integers(0, CHUNKS * CHUNK_ROWS), st.integers(0, 9))
def test_values_are_those_of_each_row(pieces: list[tuple[int, int]], count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    table = np.array([2, -1, 0, 1], dtype=np.int32) if seed % 2 else np.array([1, 2, 0], dtype=np.int32)
    buffer = random.integers(-9, 9, CHUNKS * CHUNK_ROWS)
    validity = random.random(CHUNKS * CHUNK_ROWS) < 0.7
    ids = np.concatenate([np.arange(start, start + length) for start, length in pieces] or [np.arange(0)])
    values, valid, nulls = read_values(buffer, validity, table, ids, count)
    slots = np.where((ids >= 0) & (ids < count), table[np.clip(ids >> CHUNK_BITS, 0, len(table) - 1)], -1)
    places = np.where(slots >= 0, slots * CHUNK_ROWS + (ids & (CHUNK_ROWS - 1)), 0)
    expected = (slots >= 0) & validity[places]
    assert (valid == expected).all()
    assert (values == np.where(expected, buffer[places], 0)).all()
    assert nulls == (~expected).sum()


@settings(max_examples=20)
@given(st.integers(0, CHUNKS * CHUNK_ROWS), st.integers(0, 9))
def test_values_are_counted_where_rows_have_the_states(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    table = np.array([2, -1, 0], dtype=np.int32)
    states_table = np.array([0, 1, 2], dtype=np.int32) if seed % 2 else np.array([1, 0], dtype=np.int32)
    validity = random.random(CHUNKS * CHUNK_ROWS) < 0.7
    states = random.integers(-1, 3, CHUNKS * CHUNK_ROWS).astype(np.int32)
    members = np.array([True, False, True]) if seed % 3 else np.zeros(0, dtype=np.bool_)
    expected = 0
    for id in range(count):
        chunk, row = divmod(id, CHUNK_ROWS)
        if chunk < len(states_table) and table[chunk] >= 0:
            state = states[states_table[chunk] * CHUNK_ROWS + row]
            is_member = state >= 0 and (len(members) == 0 or members[state])
            expected += bool(is_member and validity[table[chunk] * CHUNK_ROWS + row])
    assert count_present(validity, table, states, states_table, members, count) == expected

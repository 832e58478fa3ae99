"""Ranges of rows without repetition, beside the definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.kernels.ranges import starts_of_ranges

numbers = st.integers(-1, 6)


@given(st.integers(1, 3).flatmap(lambda columns: st.lists(st.lists(numbers, min_size=columns, max_size=columns))))
def test_the_longest_ranges_in_which_no_number_stands_in_two_rows(rows: list[list[int]]) -> None:
    expected: list[int] = []
    for place, row in enumerate(rows):
        before = [number for earlier in rows[expected[-1] : place] for number in earlier] if expected else None
        if before is None or any(number >= 0 and number in before for number in row):
            expected.append(place)
    groups = np.array(rows, dtype=np.int64).T.reshape(-1).copy()
    assert starts_of_ranges(groups, len(rows), 7).tolist() == expected

"""Consecutive rows without repetition.

values  7 3    3 9    7 7        ranges  0 to 1, 1 to 3: the 3 of the second row was in the first
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel


@kernel("int64[::1](int64[::1], int64, int64)")
def starts_of_ranges(groups: NDArray[np.int64], rows: int, count: int) -> NDArray[np.int64]:
    """Where ranges of rows begin, such that no number stands in two rows of one: the longest from the first row on.
    ``groups``: (columns * rows,) numbers below ``count``, one column after another; what is below 0 does not count."""
    last = np.full(count, -1, dtype=np.int64)
    starts = np.empty(rows, dtype=np.int64)
    found = 0
    start = 0
    for row in range(rows):
        repeated = row == 0
        for place in range(row, len(groups), rows):
            group = groups[place]
            if group >= 0:
                repeated |= start <= last[group] < row
                last[group] = row
        if repeated:
            start = row
            starts[found] = row
            found += 1
    return starts[:found].copy()

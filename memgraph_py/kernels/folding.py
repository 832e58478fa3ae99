"""Columns of numbers folded to what count, min, max and sum of all rows need, in one pass."""

import math

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel

_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1


@kernel("UniTuple(int64, 4)(int64[::1], boolean[::1])")
def fold_integers(values: NDArray[np.int64], valid: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """How many are not NULL, the least, the greatest, and the sum, which wraps. An empty ``valid``: none is NULL."""
    least, greatest, total = np.int64(_GREATEST), np.int64(_LEAST), np.int64(0)
    if len(valid) == 0:
        for value in values:
            least, greatest = min(least, value), max(greatest, value)
            total += value
        return len(values), int(least), int(greatest), int(total)
    count = 0
    for row in range(len(values)):
        value, present = values[row], valid[row]
        # chosen without a branch, as no processor can guess which rows are NULL
        least = min(least, value if present else np.int64(_GREATEST))
        greatest = max(greatest, value if present else np.int64(_LEAST))
        total += value if present else np.int64(0)
        count += present
    return count, int(least), int(greatest), int(total)


@kernel("Tuple((int64, float64, float64, float64))(float64[::1], boolean[::1], float64)")
def fold_floats(values: NDArray[np.float64], valid: NDArray[np.bool_], total: float) -> tuple[int, float, float, float]:
    """As fold_integers, the sum added to ``total`` one by one. NaN is the greatest number."""
    count, nans = 0, 0
    least, greatest = math.inf, -math.inf
    for row in range(len(values)):
        if len(valid) > 0 and not valid[row]:
            continue
        value = values[row]
        count += 1
        total += value
        if math.isnan(value):
            nans += 1
        else:
            least = min(least, value)
            greatest = max(greatest, value)
    if nans > 0:
        greatest = math.nan
        least = math.nan if nans == count else least
    return count, least, greatest, total

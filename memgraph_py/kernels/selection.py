"""The rows of a column that a mask keeps.

mask  1 0 1 1        values  7 8 9 5        kept  7 9 5
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel


@kernel("int64[::1](Array(int64, 1, 'C', True), Array(boolean, 1, 'C', True), int64)")
def keep_rows(values: NDArray[np.int64], mask: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """(count,) the values where the mask is True, which it is so often."""
    kept = np.empty(count + 1, dtype=np.int64)
    found = 0
    for row in range(len(values)):
        # written without a branch, as no processor can guess the mask; what follows writes over what is not kept
        kept[np.uint64(found)] = values[row]
        found += mask[row]
    return kept[:count]

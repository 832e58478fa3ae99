"""Joining by hash: a table from the hashes of one side's rows, and the rows of the other side that find one in it.

    heads  [ 0, 3, 0, 1 ]   by the low bits of a hash: first row + 1, or 0     next  [ 2, 0, 0 ]   by row: the next one

Rows in a list ascend, so matches come in the order in which nested loops would give them.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel

_TABLE = "int32[::1], int32[::1], int64[::1]"


@kernel("Tuple((int32[::1], int32[::1]))(int64[::1], boolean[::1])")
def chain_rows(hashes: NDArray[np.int64], valid: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """heads (a power of two,) and next (rows,) of the rows that are valid; an empty ``valid``: all are."""
    size = 16
    while size < 2 * len(hashes):
        size *= 2
    heads, following = np.zeros(size, dtype=np.int32), np.zeros(len(hashes), dtype=np.int32)
    for row in range(len(hashes) - 1, -1, -1):
        if len(valid) > 0 and not valid[row]:
            continue
        place = hashes[row] & (size - 1)
        following[row] = heads[place]
        heads[place] = row + 1
    return heads, following


@kernel(f"int64[::1]({_TABLE}, int64[::1], boolean[::1])")
def count_matches(
    heads: NDArray[np.int32],
    following: NDArray[np.int32],
    chained: NDArray[np.int64],
    hashes: NDArray[np.int64],
    valid: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """(rows,) number of chained rows with the hash of each row."""
    counts = np.zeros(len(hashes), dtype=np.int64)
    for row in range(len(hashes)):
        if len(valid) > 0 and not valid[row]:
            continue
        match = heads[hashes[row] & (len(heads) - 1)]
        while match != 0:
            if chained[match - 1] == hashes[row]:
                counts[row] += 1
            match = following[match - 1]
    return counts


@kernel(f"UniTuple(int64[::1], 2)({_TABLE}, int64[::1], int64[::1])")
def list_matches(
    heads: NDArray[np.int32],
    following: NDArray[np.int32],
    chained: NDArray[np.int64],
    hashes: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and the chained rows of their hash, side by side, where ``count_matches`` counted any."""
    total = counts.sum()
    rows, matches = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    place = 0
    for row in range(len(hashes)):
        if counts[row] == 0:
            continue
        match = heads[hashes[row] & (len(heads) - 1)]
        while match != 0:
            if chained[match - 1] == hashes[row]:
                rows[place] = row
                matches[place] = match - 1
                place += 1
            match = following[match - 1]
    return rows, matches

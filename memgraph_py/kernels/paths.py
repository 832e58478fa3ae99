"""Paths, and searches for them.

Paths as a tree: one entry per path and length, which names the path that it extends and its own last relationship.

entry          0    1    2        path 0: r7
parent        -1   -1    0        path 1: r9
relationship   7    9    8        path 2: r7 r8
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel


@kernel("boolean[::1](int64[::1], int64[::1], int64[::1], int64[::1])")
def unused_relationships(
    parents: NDArray[np.int64],
    relationships: NDArray[np.int64],
    extended: NDArray[np.int64],
    candidates: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """True where candidates[i] is not a relationship of the path at entry extended[i] (-1: the path without any)."""
    answer = np.ones(len(candidates), dtype=np.bool_)
    for row in range(len(candidates)):
        relationship = candidates[row]
        entry = extended[row]
        while entry >= 0:
            if relationships[entry] == relationship:
                answer[row] = False
                break
            entry = parents[entry]
    return answer


@kernel("int64[::1](int64[::1], int32[::1], int64)")
def discover(targets: NDArray[np.int64], marks: NDArray[np.int32], known: int) -> NDArray[np.int64]:
    """Positions of targets that are met for the first time, ascending; they are marked known + 1, known + 2 …

    marks: by node, 0 where it was not met; it has a place for every target. Written.
    """
    found = np.empty(len(targets), dtype=np.int64)
    count = 0
    for position in range(len(targets)):
        node = targets[position]
        if marks[node] == 0:
            found[count] = position
            count += 1
            marks[node] = known + count
    return found[:count].copy()

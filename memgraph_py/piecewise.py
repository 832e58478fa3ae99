"""Python objects by the million, made, copied and let go a piece at a time.

A call that touches so many objects keeps the interpreter for a tenth of a second and more, and so does the end of
the list that holds them: nobody else is answered meanwhile. Between two pieces other threads have their turn.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import PIECE_VALUES

__all__ = ["joined_objects", "object_array", "taken_objects"]

Objects = NDArray[np.object_]

_OWNED_MIN = 1_024
"""Many arrays that go together are let go one by one, with others' turns between them, from so many objects on."""


class _Owner(np.ndarray[tuple[int], np.dtype[np.object_]]):
    """The memory of a long array of objects, which are let go piece by piece."""

    def __del__(self) -> None:
        if self.base is None:  # or else it is a part of one
            for start in range(0, len(self), PIECE_VALUES):
                self[start : start + PIECE_VALUES] = None


def object_array(count: int) -> Objects:
    """(count,) of None."""
    if count <= _OWNED_MIN:
        return np.empty(count, dtype=object)
    return _Owner(count, dtype=object).view(np.ndarray)


def taken_objects(values: Objects, rows: NDArray[Any]) -> Objects:
    """``values[rows]``; rows: positions, or a mask."""
    if len(rows) <= _OWNED_MIN:
        taken: Objects = values[rows]
        return taken
    positions = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
    taken = object_array(len(positions))
    for start in range(0, len(positions), PIECE_VALUES):
        taken[start : start + PIECE_VALUES] = values[positions[start : start + PIECE_VALUES]]
    return taken


def joined_objects(parts: list[Objects]) -> Objects:
    """The arrays one after another."""
    joined = object_array(sum(map(len, parts)))
    at = 0
    for part in parts:
        for start in range(0, len(part), PIECE_VALUES):
            piece = part[start : start + PIECE_VALUES]
            joined[at : at + len(piece)] = piece
            at += len(piece)
    return joined

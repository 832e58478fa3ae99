"""Which rows of two columns are equal, as openCypher has it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, Column, Kind
from memgraph_py.kernels.hashing import same_texts
from memgraph_py.values.comparison import equals

_COMPARED_IN_COLUMNS = frozenset((Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.STRING))


def same_values(left: Column, right: Column) -> NDArray[np.bool_]:
    """(rows,) True where both are equal (openCypher equality, so False where it is unknown)."""
    if left.kind is right.kind and left.kind in _COMPARED_IN_COLUMNS:
        if left.kind is Kind.STRING:
            left_texts, right_texts = (np.where(column.validity(), column.values, 0) for column in (left, right))
            same = same_texts(left_texts, _data(left), right_texts, _data(right))
        else:
            same = left.values == right.values
        for column in (left, right):
            if column.valid is not None:
                same &= column.valid
        return same
    pairs = zip(left.to_values(), right.to_values(), strict=True)
    return np.fromiter((equals(a, b) is True for a, b in pairs), dtype=np.bool_, count=len(left))


def same_rows(left: Sequence[Column], right: Sequence[Column]) -> NDArray[np.bool_]:
    """(rows,) True where all columns are equal."""
    same = same_values(left[0], right[0])
    for one, other in zip(left[1:], right[1:], strict=True):
        same &= same_values(one, other)
    return same


def _data(column: Column) -> NDArray[np.uint8]:
    return EMPTY_DATA if column.data is None else column.data

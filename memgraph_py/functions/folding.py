"""Aggregates of all rows, without groups: columns are folded one after another, and never joined."""

import math
from collections.abc import Sequence

import numpy as np

from memgraph_py.columnar import NO_MASK, Column, Kind
from memgraph_py.functions.arithmetic import checked_integer
from memgraph_py.kernels.folding import fold_floats, fold_integers
from memgraph_py.values.types import INT64_MAX, Value

NUMBERS = frozenset(("sum", "avg", "min", "max"))
"""Aggregates that are known of the numbers folded."""


class Folded:
    """What the rows of some columns, all integers or all floats, come to: what aggregates.py tells of them joined."""

    __slots__ = ("count", "greatest", "least", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total: float = 0
        self.least: float = math.inf
        self.greatest: float = -math.inf

    def result(self, aggregate: str) -> Value:
        """Of one of NUMBERS. Raises ArithmeticFailure when a sum of integers leaves 64 bits."""
        if aggregate == "sum":
            return checked_integer(self.total, "sum") if isinstance(self.total, int) else self.total
        if self.count == 0:
            return None
        if aggregate == "avg":
            return self.total / self.count
        return self.least if aggregate == "min" else self.greatest


def count_values(columns: Sequence[Column]) -> int:
    """How many rows are not NULL."""
    return sum(len(part) if part.valid is None else int(np.count_nonzero(part.valid)) for part in columns)


def folded(columns: Sequence[Column]) -> Folded | None:
    """The rows of all the columns; None where some are no numbers, or of both kinds, or all are NULL."""
    filled = [part for part in columns if not part.is_all_null()]
    kinds = {part.kind for part in filled}
    if kinds == {Kind.INT}:
        return _folded_integers(filled)
    if kinds == {Kind.FLOAT}:
        return _folded_floats(filled)
    return None


def _folded_integers(columns: Sequence[Column]) -> Folded:
    answer = Folded()
    for column in columns:
        values = np.ascontiguousarray(column.values)
        valid = NO_MASK if column.valid is None else np.ascontiguousarray(column.valid)
        count, least, greatest, total = map(int, fold_integers(values, valid))  # no numbers of NumPy's
        if max(greatest, -least) * count > INT64_MAX:
            total = sum(column.take(column.validity()).values.tolist())
        answer.count += count
        answer.total += total
        answer.least = min(answer.least, least)
        answer.greatest = max(answer.greatest, greatest)
    return answer


def _folded_floats(columns: Sequence[Column]) -> Folded:
    answer = Folded()
    answer.total = 0.0
    parts = []
    for column in columns:
        valid = NO_MASK if column.valid is None else np.ascontiguousarray(column.valid)
        values = np.ascontiguousarray(column.values)
        count, least, greatest, total = fold_floats(values, valid, answer.total)
        answer.count, answer.total = answer.count + int(count), float(total)
        parts.append((float(least), float(greatest)))
    numbers = [least for least, _ in parts if not math.isnan(least)]
    answer.least = min(numbers, default=math.nan)
    answer.greatest = math.nan if any(math.isnan(greatest) for _, greatest in parts) else max(g for _, g in parts)
    return answer

"""Aggregates of rows that come part by part, in constant memory a group: what aggregates.py makes of them together.

    part   n        groups    sum by group    the rows are let go
           5 7 1    0 1 0     6 7
           2 2      1 2       6 9 2

Numbers are added up in the order of the rows, so floats come to the same in any parts. What is folded can be told as
rows again, one a group, so that values that no fold takes may follow. Without groups, ``Folded`` knows all of a column
of numbers after one pass; its mean of integers is exact.
"""

import math
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import NO_MASK, Column, Kind, Mask, Rows
from memgraph_py.functions.aggregates import add_exactly, durations_and_numbers, has_durations, mask_of, present
from memgraph_py.functions.arithmetic import checked_integer
from memgraph_py.functions.numeric import number_column
from memgraph_py.functions.rows import floats
from memgraph_py.kernels.folding import fold_floats, fold_integers
from memgraph_py.values.types import INT64_MAX, INT64_MIN, Value

__all__ = ["FOLDS", "NUMBERS", "Folded", "fold_of"]

Number = TypeVar("Number", bound=np.generic)

NUMBERS = frozenset(("sum", "avg", "min", "max"))
"""Aggregates that are known of the numbers folded."""
FOLDS = NUMBERS | {"count"}
_NO_ROWS = Column.nulls(0), np.zeros(0, dtype=np.int64)


class Fold(Protocol):
    """One aggregate of one argument, by group."""

    def add(self, column: Column, groups: Rows, group_count: int) -> bool:
        """More rows, of any of so many groups. False where it does not take them: they are then not in it. Raises what
        the aggregate does."""
        ...

    def carried(self) -> tuple[Column, Rows]:
        """Rows that stand for those folded: values, and their groups."""
        ...

    def result(self, group_count: int) -> Column:
        """(group_count,) the aggregate. Raises ArithmeticFailure when a sum of integers leaves 64 bits."""
        ...


def fold_of(aggregate: str) -> Fold:
    """Nothing yet, of one of FOLDS."""
    match aggregate:
        case "count":
            return _Counts()
        case "sum":
            return _Sums()
        case "avg":
            return _Means()
        case _:
            return _Extremes(aggregate)


class _Counts:
    """How many values are not NULL."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Rows = np.zeros(0, dtype=np.int64)

    def add(self, column: Column, groups: Rows, group_count: int) -> bool:
        if group_count == 1:
            counted = np.array([len(column) if column.valid is None else np.count_nonzero(column.valid)])
        else:
            counted = np.bincount(groups if column.valid is None else groups[column.valid], minlength=group_count)
        self._counts = counted + _grown(self._counts, group_count, 0)
        return True

    def carried(self) -> tuple[Column, Rows]:
        raise AssertionError("it takes all rows")

    def result(self, group_count: int) -> Column:
        return Column(Kind.INT, _grown(self._counts, group_count, 0))


class _Sums:
    """Integers while their sums fit 64 bits, floats while all are; else Python's numbers."""

    __slots__ = ("_exact", "_filled", "_floats", "_integers", "_largest", "_rows")

    def __init__(self) -> None:
        self._integers: NDArray[np.int64] | None = None
        self._floats: NDArray[np.float64] | None = None
        self._exact: list[float] | None = None
        """One of the three, once there is a number."""
        self._filled: Mask = np.zeros(0, dtype=np.bool_)
        """Which groups have a float. The others' sum is an integer where integers follow."""
        self._largest = self._rows = 0

    @classmethod
    def of(cls, total: float) -> "_Sums":
        """Of one group. An integer may leave 64 bits, as floats may follow."""
        sums = cls()
        sums._exact = [total]
        return sums

    def add(self, column: Column, groups: Rows, group_count: int) -> bool:
        column, groups = present(column, groups)
        if len(column) == 0:
            return True
        if has_durations(column):
            return self._no_durations()
        if column.kind is Kind.INT and self._exact is None and self._floats is None and self._fits(column.values):
            none = np.zeros(0, dtype=np.int64)
            self._integers = _grown(none if self._integers is None else self._integers, group_count, 0)
            np.add.at(self._integers, groups, column.values)
        elif column.kind is Kind.FLOAT and self._exact is None and self._integers is None:
            self._floats = _grown(np.zeros(0) if self._floats is None else self._floats, group_count, 0)
            with np.errstate(all="ignore"):
                np.add.at(self._floats, groups, column.values)
            self._filled = _grown(self._filled, group_count, 0)
            self._filled[groups] = True
        else:
            totals = self._as_numbers()
            totals += [0] * (group_count - len(totals))
            add_exactly("sum", column, groups, totals)
            self._exact, self._integers, self._floats = totals, None, None
        return True

    def _no_durations(self) -> bool:
        """False where there were no numbers; else raises."""
        if self._as_numbers():
            raise durations_and_numbers("sum")
        return False

    def _fits(self, values: NDArray[np.int64]) -> bool:
        """True when no sum of these and of those before can leave 64 bits."""
        self._largest = max(self._largest, int(values.max()), -int(values.min()))
        self._rows += len(values)
        return self._largest * self._rows <= INT64_MAX

    def _as_numbers(self) -> list[float]:
        if self._exact is not None:
            return self._exact
        if self._integers is not None:
            return list(self._integers.tolist())
        if self._floats is None:
            return []
        filled = self._filled.tolist()
        return [total if is_filled else 0 for total, is_filled in zip(self._floats.tolist(), filled, strict=True)]

    def carried(self) -> tuple[Column, Rows]:
        return _NO_ROWS  # what follows numbers is taken, or raises

    def result(self, group_count: int) -> Column:
        if self._floats is not None:
            return Column(Kind.FLOAT, _grown(self._floats, group_count, 0))
        if self._exact is None:
            none = np.zeros(0, dtype=np.int64)
            return Column(Kind.INT, _grown(none if self._integers is None else self._integers, group_count, 0))
        totals = [checked_integer(total, "sum") if isinstance(total, int) else total for total in self._exact]
        return Column.from_values([*totals, *[0] * (group_count - len(totals))])


class _Means:
    """Sums of numbers as floats, and how many they are."""

    __slots__ = ("_counts", "_totals")

    def __init__(self) -> None:
        self._totals: NDArray[np.float64] = np.zeros(0)
        self._counts: Rows = np.zeros(0, dtype=np.int64)

    @classmethod
    def of(cls, total: float, count: int) -> "_Means":
        """Of one group."""
        means = cls()
        means._totals, means._counts = np.array([float(total)]), np.array([count])
        return means

    def add(self, column: Column, groups: Rows, group_count: int) -> bool:
        column, groups = present(column, groups)
        if len(column) == 0:
            return True
        if has_durations(column):
            if not self._counts.any():
                return False
            raise durations_and_numbers("avg")
        values = floats(number_column("avg", column))
        self._totals = _grown(self._totals, group_count, 0.0)
        with np.errstate(all="ignore"):
            np.add.at(self._totals, groups, values)
        self._counts = np.bincount(groups, minlength=group_count) + _grown(self._counts, group_count, 0)
        return True

    def carried(self) -> tuple[Column, Rows]:
        return _NO_ROWS  # what follows numbers is taken, or raises

    def result(self, group_count: int) -> Column:
        counts = _grown(self._counts, group_count, 0)
        with np.errstate(all="ignore"):
            quotients = _grown(self._totals, group_count, 0.0) / counts
        return Column(Kind.FLOAT, quotients, mask_of(counts))


_STARTS = {
    ("min", Kind.INT): (np.minimum, INT64_MAX),
    ("max", Kind.INT): (np.maximum, INT64_MIN),
    ("min", Kind.FLOAT): (np.fmin, np.nan),  # NaN is the greatest number: fmin passes it over
    ("max", Kind.FLOAT): (np.maximum, -np.inf),
}


class _Extremes:
    """The least or greatest of integers, or of floats."""

    __slots__ = ("_aggregate", "_counts", "_kind", "_values")

    def __init__(self, aggregate: str) -> None:
        self._aggregate = aggregate
        self._kind: Kind | None = None
        self._values: NDArray[np.generic] = np.zeros(0)
        self._counts: Rows = np.zeros(0, dtype=np.int64)

    def add(self, column: Column, groups: Rows, group_count: int) -> bool:
        column, groups = present(column, groups)
        if len(column) == 0:
            return True
        kind = column.kind
        if (self._aggregate, kind) not in _STARTS or self._kind not in (None, kind):
            return False
        operation, start = _STARTS[self._aggregate, kind]
        before = self._values if self._kind is not None else np.zeros(0, dtype=column.values.dtype)
        self._values = _grown(before, group_count, start)
        with np.errstate(invalid="ignore"):
            operation.at(self._values, groups, column.values)
        self._counts = np.bincount(groups, minlength=group_count) + _grown(self._counts, group_count, 0)
        self._kind = kind
        return True

    def carried(self) -> tuple[Column, Rows]:
        groups = np.flatnonzero(self._counts)
        if self._kind is None:
            return Column.nulls(0), groups
        return Column(self._kind, self._values[groups]), groups

    def result(self, group_count: int) -> Column:
        if self._kind is None:
            return Column.nulls(group_count)
        _, start = _STARTS[self._aggregate, self._kind]
        return Column(
            self._kind, _grown(self._values, group_count, start), mask_of(_grown(self._counts, group_count, 0))
        )


class Folded:
    """What rows without groups come to, all integers or all floats: count, sum, least and greatest, in one pass."""

    __slots__ = ("_kind", "count", "greatest", "least", "total")

    def __init__(self) -> None:
        self._kind: Kind | None = None
        self.count = 0
        self.total: float = 0
        self.least: float = math.nan
        self.greatest: float = math.nan

    def add(self, column: Column) -> bool:
        """More rows. False where some are no numbers, or of the other kind: they are then not in it."""
        if column.is_all_null():
            return True
        if column.kind not in (Kind.INT, Kind.FLOAT) or self._kind not in (None, column.kind):
            return False
        if self._kind is None:
            self._kind = column.kind
            self.total, self.least, self.greatest = (
                (0, INT64_MAX, INT64_MIN) if column.kind is Kind.INT else (0.0, math.nan, -math.inf)
            )
        values = np.ascontiguousarray(column.values)
        valid = NO_MASK if column.valid is None else np.ascontiguousarray(column.valid)
        if column.kind is Kind.INT:
            count, least, greatest, added = map(int, fold_integers(values, valid))  # no numbers of NumPy's
            if max(greatest, -least) * count > INT64_MAX:
                added = sum(column.take(column.validity()).values.tolist())
            self.total += added
            self.least, self.greatest = min(self.least, least), max(self.greatest, greatest)
        else:
            rows, low, high, total = fold_floats(values, valid, self.total)
            low, high, self.total = float(low), float(high), float(total)
            count = int(rows)
            if math.isnan(self.least) or low < self.least:
                self.least = low
            if math.isnan(high) or high > self.greatest:
                self.greatest = high
        self.count += count
        return True

    def as_fold(self, aggregate: str) -> Fold:
        """The same as one group, which takes other values too."""
        if self.count and aggregate == "sum":
            return _Sums.of(self.total)
        if self.count and aggregate == "avg":
            return _Means.of(self.total, self.count)
        fold = fold_of(aggregate)
        if self.count:
            fold.add(Column.from_values([self.result(aggregate)]), np.zeros(1, dtype=np.int64), 1)
        return fold

    def result(self, aggregate: str) -> Value:
        """Of one of NUMBERS. Raises ArithmeticFailure when a sum of integers leaves 64 bits."""
        if aggregate == "sum":
            return checked_integer(self.total, "sum") if isinstance(self.total, int) else self.total
        if self.count == 0:
            return None
        if aggregate == "avg":
            return self.total / self.count
        return self.least if aggregate == "min" else self.greatest


def _grown(values: NDArray[Number], group_count: int, start: float) -> NDArray[Number]:
    """The values of the groups there were, then of those that came since."""
    more = group_count - len(values)
    return values if more <= 0 else np.concatenate((values, np.full(more, start, dtype=values.dtype)))

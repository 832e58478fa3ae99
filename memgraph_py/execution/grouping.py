"""Columns to groups: which rows hold equivalent values (1 and 1.0, NULL and NULL, NaN and NaN are)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import PIECE_VALUES, Bounds
from memgraph_py.columnar import EMPTY_DATA, NO_MASK, STRING_LENGTH_BITS, Column, Kind, Rows
from memgraph_py.execution.memory import GROUPING_BYTES, Holding, column_bytes
from memgraph_py.kernels.grouping import group_integers, group_strings
from memgraph_py.values.comparison import grouping_key

__all__ = ["DistinctRows", "Groups", "group_rows"]

WAITING_MIN = 1 << 20
"""Rows that wait at least before groups are looked for among them: to do that takes some milliseconds then."""
ROWS_MIN = 1 << 17
"""So many where they are kept until then and groups are few, so that they stay in the processor's caches."""


def group_rows(columns: Sequence[Column], rows: int, bounds: Bounds) -> tuple[NDArray[np.int64], Rows]:
    """The group of each row by the columns together, and the first row of each group.

    Both int64; groups are numbered in order of first appearance. No column: all rows are one group. Raises what
    ``bounds`` do.
    """
    if rows <= 1 or not columns:
        return np.zeros(rows, dtype=np.int64), np.zeros(min(rows, 1), dtype=np.int64)
    groups, first_rows = _group_column(columns[0], bounds)
    for column in columns[1:]:
        if len(first_rows) == rows:
            break
        others, other_first_rows = _group_column(column, bounds)
        # both numbers are below 2^31, so their combination fits
        groups, first_rows = group_integers(groups * len(other_first_rows) + others, NO_MASK, bounds.flag)
    if bounds.ended:  # the groups mean nothing then
        bounds.check()
    return groups, first_rows


class DistinctRows:
    """Each combination of values once, in order of first appearance, of rows that come part by part: they wait, and are
    looked through together with what was found, which stays where it is."""

    __slots__ = ("_bounds", "_bytes", "_held", "_known", "_waiting", "found", "rows", "waiting_rows")

    def __init__(self, bounds: Bounds, held: Holding) -> None:
        """held: where what is kept is counted."""
        self._bounds = bounds
        self._held = held
        self.found: Sequence[Column] = ()
        """Without those of the rows that wait; ``rows``: how many."""
        self.rows = 0
        self._waiting: list[Sequence[Column]] = []
        self.waiting_rows = 0
        self._bytes = 0
        """Of ``found`` and ``_waiting``."""
        self._known: dict[int, int] = {}

    def add(self, columns: Sequence[Column], rows: int) -> None:
        """Rows that wait from now on, one at least. No column: all are alike. Raises MemoryLimitExceeded."""
        self._waiting.append(columns)
        self.waiting_rows += rows
        self._hold(columns)

    def _hold(self, columns: Sequence[Column]) -> None:
        count = sum([column_bytes(column, self._known) for column in columns])
        self._bytes += count
        self._held.add_bytes(count)

    def join(self) -> Rows:
        """Looks through what waits. For each row that was found, and then for each that waited, which of those found
        now it is. Raises what the bounds do."""
        rows = self.rows + self.waiting_rows
        self._bounds.memory.require(self._bytes + GROUPING_BYTES * rows)  # all of it joined
        parts = [self.found, *self._waiting] if self.rows else self._waiting
        keys = [Column.concatenate(list(columns)) for columns in zip(*parts, strict=True)]
        numbers, first = group_rows(keys, rows, self._bounds)
        self.found = keys if len(first) == rows else [column.take(first) for column in keys]
        self.rows = len(first)
        self._waiting, self.waiting_rows = [], 0
        self._held.add_bytes(-self._bytes)
        self._bytes = 0
        self._known.clear()
        self._hold(self.found)
        return numbers


class Groups:
    """The groups of rows that come part by part: found within each part while that is in the processor's caches, and
    then among what was found, once several times as many rows wait for that as there are groups. So few groups of many
    rows take little memory.

    part   7 3 7    local groups  0 1 0    of all  0 1
           3 5                    0 1              1 2

    keeps_rows: it will be asked which row is in which group, and not only how many rows each has. So rows wait for that
    too, no more than several times as many as there are groups.
    """

    __slots__ = (
        "_bounds",
        "_distinct",
        "_held",
        "_keeps_rows",
        "_local",
        "_local_sizes",
        "_numbers",
        "_rows",
        "_sizes",
    )

    def __init__(self, bounds: Bounds, held: Holding, *, keeps_rows: bool) -> None:
        """held: where what is kept is counted."""
        self._bounds = bounds
        self._held = held
        self._keeps_rows = keeps_rows
        self._distinct = DistinctRows(bounds, held)
        """A row for each group, and of parts that wait one for each of their groups; ``_local`` and ``_local_sizes``:
        these, and how large they are."""
        self._local: list[Rows] = []
        self._local_sizes: list[Rows] = []
        self._sizes: Rows = np.zeros(0, dtype=np.int64)
        self._numbers: list[Rows] = []
        """By part, the group of each row, until they are taken."""
        self._rows = 0
        """Of parts that wait."""

    def add(self, columns: Sequence[Column]) -> None:
        """The rows of the columns, one at least. Raises what the bounds do, MemoryLimitExceeded among it."""
        rows = len(columns[0])
        groups, first = group_rows(columns, rows, self._bounds)
        if 2 * len(first) > rows:  # as well kept as they are
            groups = np.arange(rows, dtype=np.int64)
            self._distinct.add(columns, rows)
        else:
            self._distinct.add([column.take(first) for column in columns], len(first))
        if self._keeps_rows:
            self._local.append(groups)
            self._held.add_bytes(groups.nbytes)
        self._local_sizes.append(np.bincount(groups))
        self._rows += rows
        if self._keeps_rows:
            waiting, least = self._rows, min(max(64 * self._distinct.rows, ROWS_MIN), WAITING_MIN)
        else:
            waiting, least = self._distinct.waiting_rows, WAITING_MIN
        if waiting >= max(3 * self._distinct.rows, least):
            self._join()

    def finish(self) -> list[Column]:
        """The columns with a row for each group, in order of first appearance; something was added."""
        if self._local_sizes:
            self._join()
        return list(self._distinct.found)

    def _join(self) -> None:
        """Finds the groups of what waits. They are numbered in order of first appearance, and so keep their numbers."""
        numbers = self._distinct.join()
        start = len(self._sizes)
        if self._keeps_rows:
            for groups, sizes in zip(self._local, self._local_sizes, strict=True):
                self._numbers.append(numbers[start : start + len(sizes)][groups])
                start += len(sizes)
                self._held.add_bytes(-groups.nbytes)
        sizes = np.zeros(self._distinct.rows, dtype=np.int64)
        np.add.at(sizes, numbers, np.concatenate((self._sizes, *self._local_sizes)))
        self._sizes = sizes
        self._local, self._local_sizes, self._rows = [], [], 0

    def taken(self) -> list[Rows]:
        """The group of each row, by part, of those parts of which they were found since this was asked before."""
        found, self._numbers = self._numbers, []
        return found

    @property
    def count(self) -> int:
        """Groups found so far."""
        return len(self._sizes)

    def sizes(self) -> Rows:
        """(groups,) the number of rows of each group."""
        assert not self._local_sizes, "finished"
        return self._sizes


def _group_column(column: Column, bounds: Bounds) -> tuple[NDArray[np.int64], Rows]:
    valid = NO_MASK if column.valid is None else np.ascontiguousarray(column.valid)
    match column.kind:
        case Kind.INT | Kind.NODE | Kind.RELATIONSHIP:
            return group_integers(_contiguous(column.values), valid, bounds.flag)
        case Kind.BOOL:
            return group_integers(column.values.astype(np.int64), valid, bounds.flag)
        case Kind.FLOAT:
            normal = column.values + 0.0
            normal[np.isnan(normal)] = np.nan
            return group_integers(normal.view(np.int64), valid, bounds.flag)
        case Kind.STRING:
            data = EMPTY_DATA if column.data is None else column.data
            return group_strings(_contiguous(column.values), writable(data), valid, STRING_LENGTH_BITS, bounds.flag)
        case _:
            return _group_objects(column, bounds)


def _contiguous(values: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.require(values, dtype=np.int64, requirements=("C", "W"))


def writable(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The heap as kernels take it: they have one signature, and a read-only array is of another type."""
    return data if data.flags.writeable else data.copy()


def _group_objects(column: Column, bounds: Bounds) -> tuple[NDArray[np.int64], Rows]:
    numbers: dict[object, int] = {}
    groups = np.empty(len(column), dtype=np.int64)
    first_rows: list[int] = []
    for row, value in enumerate(column.to_values()):
        if row % PIECE_VALUES == 0:
            bounds.check()
        key = grouping_key(value)
        group = numbers.get(key)
        if group is None:
            group = numbers[key] = len(first_rows)
            first_rows.append(row)
        groups[row] = group
    return groups, np.array(first_rows, dtype=np.int64)

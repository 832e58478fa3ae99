"""ListColumn: lists as ranges of one column of elements.

    starts  lengths      elements                       lists
    0       3            1  2  3  4  5  6  7            [1, 2, 3]
    5       2            ───────     ░░░░               [6, 7]
    0       3                                           [1, 2, 3]     the same elements stand in many lists

Elements of one kind are numbers in an array: a list of millions takes eight bytes an element, is cut without being
copied, and leaves nothing to be freed one by one. A list becomes a Python list where somebody asks for its value.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Column, Kind, Mask, Rows
from memgraph_py.piecewise import object_array
from memgraph_py.values.types import Value

__all__ = ["ListColumn", "is_long"]

ELEMENTS_MIN = 1_024
"""Lists of fewer elements altogether are made as Python lists, which is the shorter way then."""
_ROWS_AT_ONCE = 1_024
_SPARSE = 4
"""Elements of which less than this part stands in a list are copied, so that the others can go."""


def is_long(elements: int) -> bool:
    """True where lists of so many elements altogether are better kept in a ListColumn."""
    return elements >= ELEMENTS_MIN


class ListColumn(Column):
    """One list a row.

    elements: of any kind. starts, lengths: (rows,), where a list begins and how long it is; 0 long where NULL.
    """

    __slots__ = ("_values", "elements", "lengths", "starts")

    def __init__(self, elements: Column, starts: Rows, lengths: Rows, valid: Mask | None = None) -> None:
        self.kind = Kind.OBJECT
        self.data = None
        self.valid = valid
        self.elements = elements
        self.starts = starts
        self.lengths = lengths
        self._values: NDArray[np.object_] | None = None

    @staticmethod
    def one(elements: Column) -> "ListColumn":
        """A row, whose list has all the elements."""
        return ListColumn(elements, np.zeros(1, dtype=np.int64), np.array([len(elements)], dtype=np.int64))

    @staticmethod
    def by_rows(elements: Column, lengths: Rows, valid: Mask | None = None) -> "ListColumn":
        """The elements dealt out in order. lengths: (rows,)"""
        return ListColumn(elements, np.cumsum(lengths) - lengths, lengths, valid)

    @property
    def values(self) -> NDArray[np.object_]:  # type: ignore[override]  # what is made late is not assigned
        """As of any column of kind OBJECT."""
        if self._values is None:
            made = object_array(len(self))
            for row, value in enumerate(self.to_values()):
                made[row] = value
            self._values = made
        return self._values

    def __len__(self) -> int:
        return len(self.starts)

    def is_all_null(self) -> bool:
        """See Column."""
        return len(self.starts) == 0 or (self.valid is not None and not self.valid.any())

    def validity(self) -> Mask:
        """See Column."""
        return self.valid if self.valid is not None else np.ones(len(self.starts), dtype=np.bool_)

    def take(self, rows: Rows | Mask) -> "ListColumn":
        """See Column."""
        valid = None if self.valid is None else self.valid[rows]
        return ListColumn(self.elements, self.starts[rows], self.lengths[rows], valid)

    def slice(self, start: int, stop: int) -> "ListColumn":
        """See Column."""
        valid = None if self.valid is None else self.valid[start:stop]
        return ListColumn(self.elements, self.starts[start:stop], self.lengths[start:stop], valid)

    def masked(self, valid: Mask | None) -> "ListColumn":
        """See Column."""
        lengths = self.lengths if valid is None else np.where(valid, self.lengths, 0)
        return ListColumn(self.elements, self.starts, lengths, valid)

    def value(self, row: int) -> Value:
        """See Column."""
        if self.valid is not None and not self.valid[row]:
            return None
        start = int(self.starts[row])
        return self.elements.slice(start, start + int(self.lengths[row])).to_values()

    def to_values(self) -> list[Value]:
        """See Column. Rows whose list is the same share one."""
        if self._values is not None:
            return Column(Kind.OBJECT, self._values).to_values()
        values: list[Value] = []
        made: dict[tuple[int, int], list[Value]] = {}
        for start in range(0, len(self), _ROWS_AT_ONCE):
            starts, lengths = (part[start : start + _ROWS_AT_ONCE] for part in (self.starts, self.lengths))
            values += self._in_order(starts, lengths) or self._each(starts, lengths, made)
        if self.valid is None:
            return values
        return [value if there else None for value, there in zip(values, self.valid.tolist(), strict=True)]

    def positions(self) -> Rows:
        """Where the elements of all lists stand, row by row."""
        ends = np.cumsum(self.lengths)
        shifts = np.repeat(self.starts - (ends - self.lengths), self.lengths)
        return shifts + np.arange(len(shifts), dtype=np.int64)

    def packed(self) -> "ListColumn":
        """The same lists, their elements one after another and nothing else among them."""
        if len(self) == 1:
            start, length = int(self.starts[0]), int(self.lengths[0])
            return ListColumn.one(self.elements.slice(start, start + length)).masked(self.valid)
        if self._is_packed(self.starts, self.lengths) and int(self.lengths.sum()) == len(self.elements):
            return self
        return ListColumn.by_rows(self.elements.take(self.positions()), self.lengths, self.valid)

    def without_waste(self) -> "ListColumn":
        """The same lists: elements that stand in none of them are let go where they are most of them."""
        if int(self.lengths.sum()) * _SPARSE >= len(self.elements):
            return self
        packed = self.packed()
        if len(packed) == 1:  # its elements are a part of those
            packed.elements = Column.concatenate([packed.elements, packed.elements.slice(0, 0)])
        return packed

    def pieces(self, size: int, bounds: Bounds) -> Iterator[tuple[Rows, Column]]:
        """Elements in order, at most ``size`` at a time, with the row of each. Raises what ``bounds`` do."""
        ends = np.cumsum(self.lengths)
        for piece in bounds.pieces(int(ends[-1]) if len(ends) else 0, size):
            if len(ends) == 1:
                start = int(self.starts[0])
                rows = np.zeros(piece.stop - piece.start, dtype=np.int64)
                yield rows, self.elements.slice(start + piece.start, start + piece.stop)
                continue
            places = np.arange(piece.start, piece.stop, dtype=np.int64)
            rows = np.searchsorted(ends, places, side="right")
            yield rows, self.elements.take(self.starts[rows] + places - (ends - self.lengths)[rows])

    def joined(self, columns: Sequence[Column]) -> Column | None:
        """See Column."""
        parts: list[ListColumn] = []
        for column in columns:
            if not isinstance(column, ListColumn):
                if not column.is_all_null():
                    return None
                zeros = np.zeros(len(column), dtype=np.int64)
                column = ListColumn(self.elements, zeros, zeros, np.zeros(len(column), dtype=np.bool_))
            parts.append(column.without_waste())
        heaps = {id(part.elements): part.elements for part in parts}
        starts, at = {}, 0
        for key, heap in heaps.items():
            starts[key] = at
            at += len(heap)
        return ListColumn(
            Column.concatenate(list(heaps.values())),
            np.concatenate([part.starts + starts[id(part.elements)] for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            None if all(part.valid is None for part in parts) else np.concatenate([p.validity() for p in parts]),
        )

    @staticmethod
    def _is_packed(starts: Rows, lengths: Rows) -> bool:
        return bool((starts[1:] == (starts + lengths)[:-1]).all())

    def _in_order(self, starts: Rows, lengths: Rows) -> list[Value] | None:
        """Lists that stand one after another; None where they do not."""
        if len(starts) == 1 or not self._is_packed(starts, lengths):
            return None
        first, ends = int(starts[0]), np.cumsum(lengths).tolist()
        elements = self.elements.slice(first, first + ends[-1]).to_values()
        return [elements[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]

    def _each(self, starts: Rows, lengths: Rows, made: dict[tuple[int, int], list[Value]]) -> list[Value]:
        lists: list[Value] = []
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            found = made.get((start, length))
            if found is None:
                found = made[start, length] = self.elements.slice(start, start + length).to_values()
            lists.append(found)
        return lists

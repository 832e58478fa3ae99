"""RecordColumn: maps and lists by field, as the rows of a file are."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import PIECE_VALUES
from memgraph_py.columnar import Column, Kind, Mask, Rows
from memgraph_py.piecewise import object_array
from memgraph_py.values.types import Value

__all__ = ["RecordColumn"]


class RecordColumn(Column):
    """Maps of the same keys, or lists, kept by field: rows of a file. They become values when somebody asks for them.

    fields: a column by key, or by place in the list, each (rows,). lengths: (rows,) of the lists.
    """

    __slots__ = ("_values", "fields", "lengths", "rows")

    def __init__(self, fields: dict[str, Column] | list[Column], rows: int, lengths: Rows | None = None) -> None:
        self.kind = Kind.OBJECT
        self.valid = None
        self.data = None
        self.fields = fields
        self.rows = rows
        self.lengths = lengths
        self._values: NDArray[np.object_] | None = None

    @property
    def values(self) -> NDArray[np.object_]:  # type: ignore[override]  # what is made late is not assigned
        """As of any column of kind OBJECT."""
        if self._values is None:
            self._values = object_array(self.rows)
            for start in range(0, self.rows, PIECE_VALUES):
                for row, value in enumerate(self._made(start, min(start + PIECE_VALUES, self.rows)), start):
                    self._values[row] = value
        return self._values

    def __len__(self) -> int:
        return self.rows

    def field(self, key: Value) -> Column | None:
        """The values of a key, or at a place from 0 on; None where only the values can tell."""
        if isinstance(self.fields, dict):
            return self.fields.get(key, Column.nulls(self.rows)) if isinstance(key, str) else None
        if type(key) is not int or key < 0:
            return None
        return self.fields[key] if key < len(self.fields) else Column.nulls(self.rows)

    def is_all_null(self) -> bool:
        """See Column."""
        return self.rows == 0

    def validity(self) -> Mask:
        """See Column."""
        return np.ones(self.rows, dtype=np.bool_)

    def take(self, rows: Rows | Mask) -> "RecordColumn":
        """See Column."""
        count = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
        return self._each(count, lambda column: column.take(rows), None if self.lengths is None else self.lengths[rows])

    def keep(self, mask: Mask, count: int) -> "RecordColumn":
        """See Column."""
        return self._each(
            count, lambda column: column.keep(mask, count), None if self.lengths is None else self.lengths[mask]
        )

    def slice(self, start: int, stop: int) -> "RecordColumn":
        """See Column."""
        stop = min(stop, self.rows)
        lengths = None if self.lengths is None else self.lengths[start:stop]
        return self._each(stop - start, lambda column: column.slice(start, stop), lengths)

    def joined(self, columns: Sequence[Column]) -> "RecordColumn | None":
        """See Column: maps of the same keys are joined by key."""
        parts = [
            column.fields for column in columns if isinstance(column, RecordColumn) and isinstance(column.fields, dict)
        ]
        if len(parts) < len(columns) or any(fields.keys() != parts[0].keys() for fields in parts):
            return None
        by_key = {key: Column.concatenate([fields[key] for fields in parts]) for key in parts[0]}
        return RecordColumn(by_key, sum(map(len, columns)))

    def _each(self, rows: int, change: Callable[[Column], Column], lengths: Rows | None) -> "RecordColumn":
        if isinstance(self.fields, dict):
            return RecordColumn({key: change(column) for key, column in self.fields.items()}, rows)
        return RecordColumn([change(column) for column in self.fields], rows, lengths)

    def _made(self, start: int, stop: int) -> Iterator[Value]:
        columns = self.fields.values() if isinstance(self.fields, dict) else self.fields
        rows = zip(*(column.slice(start, stop).to_values() for column in columns), strict=True)
        if isinstance(self.fields, dict):
            keys = tuple(self.fields)
            return (dict(zip(keys, row, strict=True)) for row in rows)
        assert self.lengths is not None, "lists know their lengths"
        return (list(row[:length]) for row, length in zip(rows, self.lengths[start:stop].tolist(), strict=True))

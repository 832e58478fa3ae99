"""Values by the thousand: Kind, Column and Batch.

A column is one NumPy array plus a mask of what is not NULL. A STRING column is an array of *handles*: each int64
packs where the UTF-8 bytes of the value start and how many they are, ``start << 24 | length``, into ``data``, a byte
heap that many columns share. So taking, filtering and reordering strings moves eight bytes a row and never copies
text, and a stored property is read without making an object. A kind OBJECT holds Python values (lists, maps, mixed
kinds); it is the last resort.

    Column(kind=STRING, values=[0<<24|3, 3<<24|5], valid=None, data=b"AdaGrace")   ->  "Ada", "Grace"
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import PIECE_VALUES
from memgraph_py.kernels.chunks import copy_texts, text_bytes
from memgraph_py.kernels.selection import keep_rows
from memgraph_py.piecewise import joined_objects, object_array, taken_objects
from memgraph_py.values.text_heaps import (
    EMPTY_DATA,
    STRING_LENGTH_BITS,
    STRING_LENGTH_MASK,
    pack_texts,
    unpack_texts,
)
from memgraph_py.values.types import NodeReference, RelationshipReference, Value

__all__ = [
    "DTYPES",
    "EMPTY_DATA",
    "NO_MASK",
    "STRING_LENGTH_BITS",
    "STRING_LENGTH_MASK",
    "Batch",
    "Column",
    "Kind",
    "Mask",
    "Parameters",
    "Rows",
]

Mask: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.int64]

NO_MASK: Mask = np.zeros(0, dtype=np.bool_)
"""What kernels take for the mask of a column without NULLs."""


class Kind(IntEnum):
    """What a column holds. The numbers are part of the file format: never change one, only add."""

    BOOL = 0
    INT = 1
    FLOAT = 2
    STRING = 3
    NODE = 4
    RELATIONSHIP = 5
    OBJECT = 6


DTYPES: dict[Kind, np.dtype[np.generic]] = {
    Kind.BOOL: np.dtype(np.bool_),
    Kind.INT: np.dtype(np.int64),
    Kind.FLOAT: np.dtype(np.float64),
    Kind.STRING: np.dtype(np.int64),
    Kind.NODE: np.dtype(np.int64),
    Kind.RELATIONSHIP: np.dtype(np.int64),
    Kind.OBJECT: np.dtype(np.object_),
}


@dataclass(slots=True, eq=False)
class Column:
    """One value a row.

    values: (rows,), dtype DTYPES[kind], which the type checker does not know; no meaning where ``valid`` is False.
    valid: (rows,) bool, False where NULL, or None when no row is NULL.
    data: the byte heap of a STRING column (uint8), shared and append-only; None for other kinds.
    """

    kind: Kind
    values: NDArray[Any]
    valid: Mask | None = None
    data: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @staticmethod
    def nulls(rows: int) -> "Column":
        """A column of NULLs (kind OBJECT)."""
        return Column(Kind.OBJECT, np.full(rows, None, dtype=object), np.zeros(rows, dtype=np.bool_))

    @staticmethod
    def constant(value: Value, rows: int) -> "Column":
        """The same value in every row."""
        if value is None:
            return Column.nulls(rows)
        one = Column.from_values([value])
        if rows == 1:
            return one
        if one.kind is Kind.OBJECT:  # np.full would spread a list over the rows
            values = np.empty(rows, dtype=object)
            values.fill(value)
            return Column(Kind.OBJECT, values)
        return Column(one.kind, np.full(rows, one.values[0], dtype=one.values.dtype), None, one.data)

    @staticmethod
    def from_values(values: Sequence[Value]) -> "Column":
        """A column of the narrowest kind that holds all values; None becomes NULL.

        All bool, all int (64 bits), all float, all str, all NodeReference or all RelationshipReference give their kind;
        anything else, int beside float included, gives OBJECT. Raises LimitExceeded for a string of 16 MiB
        or more, which no handle can tell.
        """
        if len(values) > PIECE_VALUES:
            return _from_pieces(values)
        kinds = set(map(type, values))
        has_null = type(None) in kinds
        kinds.discard(type(None))
        if len(kinds) != 1:
            return Column.objects(values)
        kind = _KIND_OF_TYPE.get(kinds.pop())
        if kind is None:
            return Column.objects(values)
        valid: Mask | None = None
        if has_null:
            valid = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(values))
        if kind is Kind.STRING:
            return _string_column(values, valid)
        if kind is Kind.NODE or kind is Kind.RELATIONSHIP:
            ids = [-1 if value is None else value.id for value in values]  # type: ignore[union-attr]  # kind says so
            return Column(kind, np.array(ids, dtype=np.int64), valid)
        filled = values if not has_null else [0 if value is None else value for value in values]
        return Column(kind, np.array(filled, dtype=DTYPES[kind]), valid)

    @staticmethod
    def objects(values: Sequence[Value]) -> "Column":
        """A column of kind OBJECT; None becomes NULL."""
        array = object_array(len(values))
        has_null = False
        for row, value in enumerate(values):
            array[row] = value
            has_null = has_null or value is None
        valid = None
        if has_null:
            valid = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(values))
        return Column(Kind.OBJECT, array, valid)

    @staticmethod
    def concatenate(columns: Sequence["Column"]) -> "Column":
        """All rows of the columns, in order. Columns of different kinds join as OBJECT; columns of NULLs join any
        kind.
        """
        if len(columns) == 1:
            return columns[0]
        typed = [column for column in columns if not column.is_all_null()]
        rows = sum(map(len, columns))
        if not typed:
            return Column.nulls(rows)
        kind = typed[0].kind
        if kind is Kind.OBJECT and (joined := typed[0].joined(columns)) is not None:
            return joined
        if kind is Kind.OBJECT or any(column.kind is not kind for column in typed):
            return _concatenate_objects(columns)
        valid: Mask | None = None
        if len(typed) != len(columns) or any(column.valid is not None for column in columns):
            valid = np.concatenate([column.validity() for column in columns])
        parts = [
            column.values if column.kind is kind else np.zeros(len(column), dtype=DTYPES[kind]) for column in columns
        ]
        if kind is not Kind.STRING:
            return Column(kind, np.concatenate(parts), valid)
        data = typed[0].data
        if any(column.data is not data for column in typed):
            return _concatenate_strings(columns, valid)
        return Column(kind, np.concatenate(parts), valid, data)

    def is_all_null(self) -> bool:
        """True when every row is NULL; also for no rows."""
        return (self.valid is not None and not self.valid.any()) or len(self.values) == 0

    def validity(self) -> Mask:
        """(rows,) bool, False where NULL, made when there is none."""
        return self.valid if self.valid is not None else np.ones(len(self.values), dtype=np.bool_)

    def take(self, rows: Rows | Mask) -> "Column":
        """The rows at these positions (int64), or where the mask is True."""
        values = taken_objects(self.values, rows) if self.kind is Kind.OBJECT else self.values[rows]
        return Column(self.kind, values, None if self.valid is None else self.valid[rows], self.data)

    def masked(self, valid: Mask | None) -> "Column":
        """The same rows, NULL where ``valid`` is False and nowhere else."""
        return Column(self.kind, self.values, valid, self.data)

    def joined(self, columns: Sequence["Column"]) -> "Column | None":
        """All rows of the columns in this one's own form, where it has one and they all have: for ``concatenate``."""
        return None

    def keep(self, mask: Mask, count: int) -> "Column":
        """The rows where the mask is True, which they are so often."""
        if self.kind is Kind.OBJECT:
            return self.take(mask)
        values, valid = self.values, self.valid
        if valid is not None:
            valid = valid[mask] if (mask > valid).any() else None
        if values.itemsize < 8 or not values.flags.c_contiguous:
            return Column(self.kind, values[mask], valid, self.data)
        kept = keep_rows(values.view(np.int64), np.ascontiguousarray(mask), count)
        return Column(self.kind, kept.view(values.dtype), valid, self.data)

    def slice(self, start: int, stop: int) -> "Column":
        """A view of rows start to stop."""
        return Column(
            self.kind, self.values[start:stop], None if self.valid is None else self.valid[start:stop], self.data
        )

    def value(self, row: int) -> Value:
        """The value of one row as a Python object; elements as references."""
        if self.valid is not None and not self.valid[row]:
            return None
        item = self.values[row]
        if self.kind is Kind.STRING:
            start, length = int(item) >> STRING_LENGTH_BITS, int(item) & STRING_LENGTH_MASK
            assert self.data is not None
            return self.data[start : start + length].tobytes().decode()
        if self.kind is Kind.NODE:
            return NodeReference(int(item))
        if self.kind is Kind.RELATIONSHIP:
            return RelationshipReference(int(item))
        if self.kind is Kind.OBJECT:
            return item  # type: ignore[no-any-return]  # an object column holds values
        return item.item()  # type: ignore[no-any-return]

    def to_values(self) -> list[Value]:
        """All rows as Python objects; elements as references, NULL as None."""
        values: list[Value]
        if len(self.values) > PIECE_VALUES:
            values = []
            for start in range(0, len(self.values), PIECE_VALUES):
                values += self.slice(start, start + PIECE_VALUES).to_values()
            return values
        if self.kind is Kind.STRING:
            values = list(_strings(self))
        elif self.kind is Kind.NODE:
            values = [NodeReference(id) for id in self.values.tolist()]
        elif self.kind is Kind.RELATIONSHIP:
            values = [RelationshipReference(id) for id in self.values.tolist()]
        else:
            values = self.values.tolist()
        if self.valid is None:
            return values
        return [value if ok else None for value, ok in zip(values, self.valid.tolist(), strict=True)]


class Parameters(Mapping[str, Value]):
    """Parameters of a statement, of which some lists came as columns: they become lists when they are asked for.

    lists: the elements of each, which whoever unwinds it takes as they are.
    """

    __slots__ = ("_values", "lists")

    def __init__(self, values: dict[str, Value], lists: dict[str, Column]) -> None:
        self._values = values
        self.lists = lists

    def __getitem__(self, name: str) -> Value:
        if name not in self._values and name in self.lists:
            self._values[name] = self.lists[name].to_values()
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.lists
        for name in tuple(self._values):
            if name not in self.lists:
                yield name

    def __len__(self) -> int:
        return len(self._values.keys() | self.lists.keys())

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self.lists

    def with_values(self, values: Mapping[str, Value]) -> "Parameters":
        """These, and some others of other names."""
        return Parameters({**self._values, **values}, self.lists)


@dataclass(slots=True, eq=False)
class Batch:
    """Columns of equal length by variable name. ``rows`` counts also where there is no column."""

    rows: int
    columns: dict[str, Column]

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def take(self, rows: Rows | Mask) -> "Batch":
        """The rows at these positions (int64), or where the mask is True."""
        count = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
        return Batch(count, {name: column.take(rows) for name, column in self.columns.items()})

    def slice(self, start: int, stop: int) -> "Batch":
        """A view of rows start to stop."""
        stop = min(stop, self.rows)
        return Batch(stop - start, {name: column.slice(start, stop) for name, column in self.columns.items()})

    def with_columns(self, columns: Mapping[str, Column]) -> "Batch":
        """This batch and these columns."""
        return Batch(self.rows, {**self.columns, **columns})

    def select(self, names: Iterable[str]) -> "Batch":
        """Only these columns, in this order."""
        return Batch(self.rows, {name: self.columns[name] for name in names})

    @staticmethod
    def concatenate(batches: Sequence["Batch"]) -> "Batch":
        """All rows in order; the batches have the same columns."""
        assert batches, "no batch to concatenate"
        if len(batches) == 1:
            return batches[0]
        joined = {name: Column.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}
        return Batch(sum(batch.rows for batch in batches), joined)

    def records(self) -> list[tuple[Value, ...]]:
        """Rows as tuples of Python objects, for tests and small answers."""
        if not self.columns:
            return [()] * self.rows
        return list(zip(*(column.to_values() for column in self.columns.values()), strict=True))


_KIND_OF_TYPE: dict[type, Kind] = {
    bool: Kind.BOOL,
    int: Kind.INT,
    float: Kind.FLOAT,
    str: Kind.STRING,
    NodeReference: Kind.NODE,
    RelationshipReference: Kind.RELATIONSHIP,
}


def _from_pieces(values: Sequence[Value]) -> Column:
    """As ``Column.from_values``, without keeping the interpreter for long."""
    columns = [
        Column.from_values(values[start : start + PIECE_VALUES]) for start in range(0, len(values), PIECE_VALUES)
    ]
    if not any(column.kind is Kind.STRING for column in columns):
        return Column.concatenate(columns)
    if any(column.kind is not Kind.STRING and not column.is_all_null() for column in columns):
        return Column.objects(values)
    nullable = any(column.valid is not None for column in columns)
    return _end_to_end(columns, np.concatenate([column.validity() for column in columns]) if nullable else None)


def _string_column(values: Sequence[Value], valid: Mask | None) -> Column:
    texts: list[str] = values if valid is None else [value or "" for value in values]  # type: ignore[assignment,misc]
    handles, data = pack_texts(texts)
    return Column(Kind.STRING, handles, valid, data)


def _strings(column: Column) -> Iterator[str]:
    handles = column.values
    if column.valid is not None:  # a handle where NULL has no meaning
        handles = np.where(column.valid, handles, 0)
    return unpack_texts(handles, EMPTY_DATA if column.data is None else column.data)


def _concatenate_objects(columns: Sequence[Column]) -> Column:
    """Columns of any kinds as Python values."""
    parts = []
    for column in columns:
        if column.kind is Kind.OBJECT:
            parts.append(column.values)
        else:
            pieces = range(0, len(column), PIECE_VALUES)
            parts += [Column.objects(column.slice(at, at + PIECE_VALUES).to_values()).values for at in pieces]
    valid: Mask | None = None
    if any(column.valid is not None for column in columns):
        valid = np.concatenate([column.validity() for column in columns])
    return Column(Kind.OBJECT, joined_objects(parts), valid)


def _concatenate_strings(columns: Sequence[Column], valid: Mask | None) -> Column:
    """Strings of several heaps: lay the heaps end to end, or the texts alone where the heaps are much larger."""
    rows = sum(map(len, columns))
    heaps = {id(column.data): column.data for column in columns if column.kind is Kind.STRING}
    if sum(0 if heap is None else len(heap) for heap in heaps.values()) > 64 * rows + 65_536:
        return _copied_texts(columns, valid)
    return _end_to_end(columns, valid)


def _copied_texts(columns: Sequence[Column], valid: Mask | None) -> Column:
    """Columns of strings, or of NULLs, with one heap of their texts alone."""
    texts = [
        (np.ascontiguousarray(column.values), NO_MASK if column.valid is None else column.valid, column.data)
        for column in columns
    ]
    sizes = [0 if data is None else text_bytes(handles, mask) for handles, mask, data in texts]
    heap = np.empty(sum(sizes), dtype=np.uint8)
    parts, start = [], 0
    for (handles, mask, data), size in zip(texts, sizes, strict=True):
        parts.append(np.zeros_like(handles) if data is None else copy_texts(handles, mask, data, heap, start))
        start += size
    return Column(Kind.STRING, np.concatenate(parts), valid, heap)


def _end_to_end(columns: Sequence[Column], valid: Mask | None) -> Column:
    """Columns of strings, or of NULLs, with their heaps laid end to end."""
    heaps = {id(column.data): column.data for column in columns if column.kind is Kind.STRING}
    starts: dict[int, int] = {}
    parts: list[NDArray[np.uint8]] = []
    position = 0
    for key, heap in heaps.items():
        starts[key] = position
        if heap is not None:
            parts.append(heap)
            position += len(heap)
    handles = [
        column.values + (starts[id(column.data)] << STRING_LENGTH_BITS)
        if column.kind is Kind.STRING
        else np.zeros(len(column), dtype=np.int64)
        for column in columns
    ]
    return Column(Kind.STRING, np.concatenate(handles), valid, np.concatenate(parts))

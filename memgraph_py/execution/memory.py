"""How much memory rows take that an operator holds, by estimate.

Columns of numbers are counted to the byte, strings with the bytes of their text. Lists, maps and strings that are
Python values are estimated from a few of their elements; one that stands in many rows is counted once.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType

import numpy as np

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import STRING_LENGTH_MASK, Batch, Column, Kind
from memgraph_py.list_column import ListColumn
from memgraph_py.record_column import RecordColumn
from memgraph_py.values.types import Value

__all__ = ["GROUPING_BYTES", "VALUE_BYTES", "Holding", "column_bytes", "held_rows", "text_bytes"]

VALUE_BYTES = 40
"""Of a small value as a Python object, with its place in a list."""
GROUPING_BYTES = 40
"""Of a row while rows are told apart: its group, its place in a table of up to four places a row."""
_LARGE_BYTES = 4096
"""A value of so many bytes may stand in many rows."""
_SAMPLED, _VISITED_MAX = 8, 256
"""Of a list, so many elements are looked at; of a value, so many values within it."""


class Holding:
    """What one operator holds, given back when its ``with`` block ends.

    with Holding(context.bounds) as held:
        for batch in …:
            held.add(batch)     raises MemoryLimitExceeded
    """

    __slots__ = ("_bounds", "_known", "bytes")

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._known: dict[int, int] = {}
        self.bytes = 0

    def __enter__(self) -> "Holding":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bounds.memory.held -= self.bytes

    def add(self, batch: Batch) -> None:
        """Count the rows as held."""
        self.add_columns(batch.columns.values())

    def add_columns(self, columns: Iterable[Column]) -> None:
        """Count the columns as held."""
        self.add_bytes(sum([column_bytes(column, self._known) for column in columns]))

    def add_bytes(self, count: int) -> None:
        """Count so many bytes as held."""
        self.bytes += count
        self._bounds.memory.hold(count)

    def drop(self) -> None:
        """What was held so far is not any more."""
        self._bounds.memory.held -= self.bytes
        self.bytes = 0
        self._known.clear()


def held_rows(source: Iterator[Batch], bounds: Bounds) -> Iterator[Batch]:
    """All of the source is taken, and counted as held, before its first batch is given."""
    with Holding(bounds) as held:
        batches: deque[Batch] = deque()
        for batch in source:
            held.add(batch)
            batches.append(batch)
        while batches:
            yield batches.popleft()


def column_bytes(column: Column, known: dict[int, int] | None = None) -> int:
    """An estimate. known: large values that were counted before, by identity; what it names must still be there."""
    if isinstance(column, RecordColumn):
        fields = column.fields.values() if isinstance(column.fields, dict) else column.fields
        return sum([column_bytes(field, known) for field in fields])
    if isinstance(column, ListColumn):
        return _lists_bytes(column, known)
    values = column.values
    size = values.nbytes if column.valid is None else values.nbytes + len(values)
    if column.kind is Kind.STRING and column.data is not None:
        size += min(len(column.data), text_bytes(column))
    elif column.kind is Kind.OBJECT:
        size += _objects_bytes(values.tolist(), {} if known is None else known)
    return size


def _lists_bytes(column: ListColumn, known: dict[int, int] | None) -> int:
    """Elements that stand in many lists are counted once: as those of a large value."""
    size = column.starts.nbytes + column.lengths.nbytes
    elements = column.elements
    if known is None or id(elements.values) not in known:
        size += column_bytes(elements, known)
        if known is not None:
            known[id(elements.values)] = size
    return size


def text_bytes(column: Column) -> int:
    """Of the strings of a column, each counted by itself; 0 for another kind."""
    if column.kind is not Kind.STRING:
        return 0
    handles = column.values if column.valid is None else np.where(column.valid, column.values, 0)
    return int((handles & STRING_LENGTH_MASK).sum())


def _objects_bytes(values: list[Value], known: dict[int, int]) -> int:
    total = 0
    for value in values:
        kind = type(value)
        if kind is list or kind is dict or kind is str:
            if id(value) in known:
                continue
            size = _value_bytes(value, {})
            if size >= _LARGE_BYTES:
                known[id(value)] = size
            total += size
        elif value is not None:
            total += VALUE_BYTES
    return total


def _value_bytes(value: Value, seen: dict[int, int]) -> int:
    """With all that is within it, as often as it is: what stands twice is written out twice to a client."""
    kind = type(value)
    if kind is str:
        return 49 + len(value)  # type: ignore[arg-type]  # kind says so
    if kind is not list and kind is not dict:
        return VALUE_BYTES
    count = len(value)  # type: ignore[arg-type]  # kind says so
    if count == 0:
        return 64
    size = seen.get(id(value))
    if size is not None:
        return size
    if len(seen) >= _VISITED_MAX:
        return 64 + count * VALUE_BYTES
    seen[id(value)] = 64
    if kind is dict:
        items = list(value.values())  # type: ignore[union-attr]  # kind says so
        size = 64 + 64 * count
    else:
        items = value if count <= _SAMPLED else value[:: -(-count // _SAMPLED)]  # type: ignore[index,assignment]
        size = 64 + 8 * count
    size += sum(_value_bytes(item, seen) for item in items) * count // len(items)
    seen[id(value)] = size
    return size

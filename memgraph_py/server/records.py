"""From results to RECORD messages: what a client sees of nodes and relationships is read as columns, and packed."""

from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

import numpy as np

from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.messages import RECORD
from memgraph_py.bolt.packstream import Dialect, list_header, map_header, pack_integer, pack_into, pack_text
from memgraph_py.bolt.records import (
    SMALL_ROWS,
    FieldColumn,
    ListField,
    NodeColumn,
    PackedNames,
    RelationshipColumn,
    encode_records,
    encode_rows,
)
from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.engine.materialise import materialise
from memgraph_py.engine.result import Result
from memgraph_py.execution.single import Row, SeveralRows
from memgraph_py.list_column import ListColumn
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.single import SingleView, label_set_of, properties_of
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.transaction import Transaction
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import NodeReference, RelationshipReference, Value

_OBJECT_ROWS = 256
"""Lists, maps and paths are packed in Python, so many rows at a time."""
_ELEMENTS_AT_ONCE = 1 << 18
"""Of lists of numbers, texts or elements, which are packed as columns."""
_PACKING_SECONDS = 0.02
"""Records are handed on when packing has taken so long: then it is seen whether anybody still wants them."""


class SchemaNames:
    """Labels, types and property keys of a schema as packed bytes, shared by all connections."""

    __slots__ = ("keys", "label_lists", "types")

    def __init__(self, schema: Schema) -> None:
        def label_list(label_set: int) -> bytes:
            labels = [schema.labels.name(label) for label in schema.label_set(label_set)]
            return list_header(len(labels)) + b"".join(map(pack_text, labels))

        self.label_lists = PackedNames(label_list, lambda: len(schema.label_sets()))
        self.types = PackedNames(lambda type: pack_text(schema.types.name(type)), lambda: len(schema.types))
        self.keys = PackedNames(lambda key: pack_text(schema.keys.name(key)), lambda: len(schema.keys))


class Piece(NamedTuple):
    """Some records of a result. data: framed messages. rows: taken from the result for them. complete: all of those
    rows are in ``data``. finished: no row comes after them. interrupted: the budget ran out; go on in a worker."""

    data: bytes
    rows: int
    complete: bool
    finished: bool
    interrupted: bool


_NO_ROW = Piece(b"", 0, complete=True, finished=True, interrupted=False)


class RecordStream:
    """The records of one result, pulled in pieces that are bounded in rows and bytes; one thread at a time uses it."""

    __slots__ = ("_dialect", "_names", "_packed", "_state", "bounded", "has_rows", "result", "started")

    def __init__(
        self, result: Result, names: SchemaNames, dialect: Dialect, started: float = 0.0, *, bounded: bool
    ) -> None:
        """started: when the statement came (perf_counter). bounded: rows may be taken in the event loop's thread."""
        self.result = result
        self.started = started
        self.bounded = bounded
        self.has_rows = False
        """Some were taken or skipped."""
        self._names = names
        self._dialect = dialect
        self._packed: Iterator[bytes] | None = None
        self._state = (False, False)

    def take(self, count: int, bytes_max: int, budget_seconds: float | None = None) -> Piece:
        """The next ``count`` records at most, fewer where they have more than ``bytes_max`` bytes or take long: then
        ``complete`` is False, and the next call goes on with the same rows. Raises what the statement raises."""
        rows = 0
        packed = self._packed
        if packed is None:
            if self.result.single is not None and (piece := self._take_row()) is not None:
                return piece
            taken = self.result.take(count, budget_seconds)
            self._state = (taken.finished, taken.interrupted)
            batches = taken.batches
            rows = batches[0].rows if len(batches) == 1 else sum(batch.rows for batch in batches)
            self.has_rows = self.has_rows or rows > 0
            if rows <= SMALL_ROWS:  # no generator for what is there at once
                data = b"".join([self._pack_rows(batch) for batch in batches])
                return Piece(data, rows, True, taken.finished, taken.interrupted)
            packed = _packed(taken.batches, self.result.view, self._names, self._dialect)
        self._packed = packed
        parts: list[bytes] = []
        size = 0
        ends = perf_counter() + _PACKING_SECONDS
        for part in packed:
            parts.append(part)
            size += len(part)
            if size >= bytes_max or perf_counter() > ends:
                return Piece(b"".join(parts), rows, complete=False, finished=False, interrupted=False)
        self._packed = None
        finished, interrupted = self._state
        return Piece(b"".join(parts), rows, complete=True, finished=finished, interrupted=interrupted)

    def _take_row(self) -> Piece | None:
        """The record of a result of a single row; None where ``Result.take`` must be asked."""
        result = self.result
        try:
            row = result.take_row()
        except SeveralRows:
            return None
        if row is None:
            return _NO_ROW
        self.has_rows = True
        view = result.view
        assert isinstance(view, (Snapshot, Transaction)), "a view is one or the other"
        return Piece(single_record(row, result.columns, view, self._names, self._dialect), 1, True, True, False)

    def skip(self, count: int, budget_seconds: float | None = None) -> Piece:
        """``take`` without the records."""
        self._packed = None
        taken = self.result.take(count, budget_seconds)
        rows = sum(batch.rows for batch in taken.batches)
        self.has_rows = self.has_rows or rows > 0
        return Piece(b"", rows, complete=True, finished=taken.finished, interrupted=taken.interrupted)

    def _pack_rows(self, batch: Batch) -> bytes:
        return encode_rows(_fields(batch, self.result.view, self._names), batch.rows, self._dialect)


def single_record(row: Row, columns: tuple[str, ...], view: SingleView, names: SchemaNames, dialect: Dialect) -> bytes:
    """The RECORD of a single row, framed; relationships are read as columns."""
    for value in row.values():
        if isinstance(value, RelationshipReference):
            batch = Batch(1, {name: Column.constant(row[name], 1) for name in columns})
            return encode_rows(_fields(batch, view, names), 1, dialect)
    return frame(pack_row(row, columns, view, names, dialect))


def pack_row(row: Row, columns: tuple[str, ...], view: SingleView, names: SchemaNames, dialect: Dialect) -> bytearray:
    """The RECORD of a single row without relationships."""
    out = bytearray((0xB1, RECORD))
    out += list_header(len(columns))
    for name in columns:
        value = row[name]
        if type(value) is NodeReference:
            _pack_node(out, value.id, view, names, dialect)
        else:
            pack_into(out, value, dialect)
    return out


def _pack_node(out: bytearray, id: int, view: SingleView, names: SchemaNames, dialect: Dialect) -> None:
    out += b"\xb4N" if dialect.element_ids else b"\xb3N"
    out += pack_integer(id)
    out += names.label_lists.packed(label_set_of(view, id))
    properties = properties_of(view, id)
    out += map_header(len(properties))
    for key, value in properties:
        out += names.keys.packed(key)
        pack_into(out, value, dialect)
    if dialect.element_ids:
        out += pack_text(str(id))


def _packed(batches: list[Batch], view: GraphView, names: SchemaNames, dialect: Dialect) -> Iterator[bytes]:
    """Records in pieces. The stream has this generator: were it to know the stream, neither would go by itself."""
    for batch in batches:
        start = 0
        while start < batch.rows:
            size = _rows_at_once(batch, start)
            part = batch if size >= batch.rows else batch.slice(start, start + size)
            start += size
            yield from encode_records(_fields(part, view, names), part.rows, dialect)


def _rows_at_once(batch: Batch, start: int) -> int:
    """So many from this one on: with few elements of lists together, or one row."""
    size = batch.rows
    for column in batch.columns.values():
        if isinstance(column, ListColumn):
            ends = np.cumsum(column.lengths[start : start + size])
            size = max(1, int(np.searchsorted(ends, _ELEMENTS_AT_ONCE, side="right")))
        elif column.kind is Kind.OBJECT:
            size = min(size, _OBJECT_ROWS)
    return size


def _fields(batch: Batch, view: GraphView, names: SchemaNames) -> list[FieldColumn]:
    return [_field(column, view, names) for column in batch.columns.values()]


def _field(column: Column, view: GraphView, names: SchemaNames) -> FieldColumn:
    if column.kind is Kind.NODE:
        return _nodes(column, view, names)
    if column.kind is Kind.RELATIONSHIP:
        return _relationships(column, view, names)
    if isinstance(column, ListColumn) and column.elements.kind is not Kind.OBJECT:
        lists = column.packed()
        return ListField(_field(lists.elements, view, names), lists.starts, lists.lengths, lists.valid)
    if column.kind is Kind.OBJECT:
        values: list[Value] = [materialise(value, view) for value in column.to_values()]
        return Column.objects(values)
    return column


def _nodes(column: Column, view: GraphView, names: SchemaNames) -> NodeColumn:
    ids, valid = column.values, column.valid
    if valid is None:
        known = ids
        label_sets = view.label_sets(ids)
    else:
        ids = np.where(valid, ids, -1)
        known = ids[valid]
        label_sets = np.zeros(len(ids), dtype=np.int64)
        label_sets[valid] = view.label_sets(known)
    if isinstance(view, Transaction):  # only there can a row hold what was deleted
        label_sets = np.where(view.nodes_exist(ids), label_sets, 0)
    properties = [(names.keys.packed(key), view.node_property(ids, key)) for key in view.node_keys(known).tolist()]
    return NodeColumn(ids, valid, label_sets, names.label_lists, properties)


def _relationships(column: Column, view: GraphView, names: SchemaNames) -> RelationshipColumn:
    ids, valid = column.values, column.valid
    if valid is None:
        known = ids
        starts, ends = view.endpoints(ids)
        types = view.relationship_types(ids)
    else:
        ids = np.where(valid, ids, -1)
        known = ids[valid]
        starts, ends, types = (np.zeros(len(ids), dtype=np.int64) for _ in range(3))
        starts[valid], ends[valid] = view.endpoints(known)
        types[valid] = view.relationship_types(known)
    keys = view.relationship_keys(known).tolist()
    properties = [(names.keys.packed(key), view.relationship_property(ids, key)) for key in keys]
    return RelationshipColumn(ids, valid, starts, ends, types, names.types, properties)

"""Records from columns: RECORD messages without a Python object per row.

A field of the records is a column of values, of nodes or of relationships. Nodes and relationships come with their own
columns: ids, labels or types as packed names, and a column per property key. Each field becomes parts (see
``kernels.packing``), and two passes of kernels make the bytes of a whole batch. A few rows are packed one by one
instead, since each part costs two calls of about a microsecond.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bolt.framing import CHUNK_BYTES_MAX, frame
from memgraph_py.bolt.messages import RECORD
from memgraph_py.bolt.packstream import Dialect, list_header, map_header, pack_integer, pack_into, pack_text
from memgraph_py.bounds import PIECE_VALUES
from memgraph_py.columnar import EMPTY_DATA, NO_MASK, Column, Kind, Mask
from memgraph_py.kernels import packing

SMALL_ROWS = 6
"""Up to so many rows are packed one by one."""
OBJECT_ROWS = 256
"""Rows with values that have no column form are packed so many at a time, to bound the memory between the passes."""
PIECE_BYTES = 1 << 20

_NULL = np.array([0xC0], dtype=np.uint8)


class PackedNames:
    """Names by id as packed bytes, filled in as the ids are met. pack: gives the bytes; count: ids there are by now."""

    __slots__ = ("_count", "_pack", "_packed", "_table")

    def __init__(self, pack: Callable[[int], bytes], count: Callable[[], int]) -> None:
        self._pack = pack
        self._count = count
        self._packed: dict[int, bytes] = {}
        self._table: tuple[NDArray[np.int64], NDArray[np.uint8]] = (np.zeros(0, dtype=np.int64), EMPTY_DATA)

    def packed(self, id: int) -> bytes:
        """The bytes of one name."""
        data = self._packed.get(id)
        if data is None:
            data = self._packed[id] = self._pack(id)
        return data

    def handles(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """A handle for each id, (rows,), and the heap that they point into."""
        handles, heap = self._table
        count = self._count()
        if len(handles) < count:  # another thread may do the same; each works on what it made
            all_bytes = [self.packed(id) for id in range(count)]
            lengths = np.array([len(data) for data in all_bytes], dtype=np.int64)
            handles = (np.cumsum(lengths) - lengths) << packing.LENGTH_BITS | lengths
            heap = np.frombuffer(b"".join(all_bytes), dtype=np.uint8)
            self._table = handles, heap
        return handles[ids], heap


@dataclass(slots=True, eq=False)
class NodeColumn:
    """Nodes with all that a client sees of them.

    ids, label_sets: (rows,); valid: False where NULL. labels: packed list of labels by id of the label set.
    properties: per key its packed name and its column, NULL where absent.
    """

    ids: NDArray[np.int64]
    valid: Mask | None
    label_sets: NDArray[np.int64]
    labels: PackedNames
    properties: list[tuple[bytes, Column]]

    def __len__(self) -> int:
        return len(self.ids)

    def slice(self, start: int, stop: int) -> "NodeColumn":
        """A view of rows start to stop."""
        return NodeColumn(
            self.ids[start:stop],
            None if self.valid is None else self.valid[start:stop],
            self.label_sets[start:stop],
            self.labels,
            [(key, column.slice(start, stop)) for key, column in self.properties],
        )


@dataclass(slots=True, eq=False)
class RelationshipColumn:
    """Relationships with all that a client sees of them.

    ids, starts, ends, types: (rows,); valid: False where NULL. type_names: packed name by id of the type.
    properties: per key its packed name and its column, NULL where absent.
    """

    ids: NDArray[np.int64]
    valid: Mask | None
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    types: NDArray[np.int64]
    type_names: PackedNames
    properties: list[tuple[bytes, Column]]

    def __len__(self) -> int:
        return len(self.ids)

    def slice(self, start: int, stop: int) -> "RelationshipColumn":
        """A view of rows start to stop."""
        return RelationshipColumn(
            self.ids[start:stop],
            None if self.valid is None else self.valid[start:stop],
            self.starts[start:stop],
            self.ends[start:stop],
            self.types[start:stop],
            self.type_names,
            [(key, column.slice(start, stop)) for key, column in self.properties],
        )


@dataclass(slots=True, eq=False)
class ListField:
    """Lists as ranges of one column of elements.

    elements: one after another as the rows have them. starts, lengths: (rows,); valid: False where NULL.
    """

    elements: "FieldColumn"
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    valid: Mask | None

    def __len__(self) -> int:
        return len(self.starts)

    def slice(self, start: int, stop: int) -> "ListField":
        """A view of rows start to stop."""
        valid = None if self.valid is None else self.valid[start:stop]
        return ListField(self.elements, self.starts[start:stop], self.lengths[start:stop], valid)


FieldColumn: TypeAlias = Column | NodeColumn | RelationshipColumn | ListField
"""A Column here is of values that can be packed: elements in it are Node, Relationship and Path, never references."""


def encode_records(fields: Sequence[FieldColumn], rows: int, dialect: Dialect) -> Iterator[bytes]:
    """RECORD messages, framed, in order; in pieces of about PIECE_BYTES.

    fields: columns of ``rows`` rows each; none gives empty records. Raises CypherTypeError for what cannot be sent.
    """
    if rows <= SMALL_ROWS:
        if rows:
            yield encode_rows(fields, rows, dialect)
        return
    step = rows
    if any((isinstance(field, Column) and field.kind is Kind.OBJECT) or _has_objects(field) for field in fields):
        step = OBJECT_ROWS
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        piece = fields if step == rows else [field.slice(start, stop) for field in fields]
        try:
            parts = _parts(piece, dialect)
        except _BeyondHandle:
            yield from (frame(_row(piece, row, dialect)) for row in range(stop - start))
            continue
        yield from _write(parts, stop - start, len(fields))


def encode_rows(fields: Sequence[FieldColumn], rows: int, dialect: Dialect) -> bytes:
    """``encode_records`` row by row, which is the faster way for at most SMALL_ROWS rows."""
    if rows == 1:
        return frame(_row(fields, 0, dialect))
    return b"".join([frame(_row(fields, row, dialect)) for row in range(rows)])


# --- a row at a time --------------------------------------------------------------------------------------------------


def _row(fields: Sequence[FieldColumn], row: int, dialect: Dialect) -> bytearray:
    out = bytearray((0xB1, RECORD))
    out += list_header(len(fields))
    for field in fields:
        if isinstance(field, Column):
            pack_into(out, field.value(row), dialect)
        elif field.valid is not None and not field.valid[row]:
            out.append(0xC0)
        elif isinstance(field, NodeColumn):
            _node_row(out, field, row, dialect)
        elif isinstance(field, ListField):
            out += b"".join(_packed_lists(field.slice(row, row + 1), dialect))
        else:
            _relationship_row(out, field, row, dialect)
    return out


def _node_row(out: bytearray, field: NodeColumn, row: int, dialect: Dialect) -> None:
    id = int(field.ids[row])
    out += b"\xb4N" if dialect.element_ids else b"\xb3N"
    out += pack_integer(id)
    out += field.labels.packed(int(field.label_sets[row]))
    _properties_row(out, field.properties, row, dialect)
    if dialect.element_ids:
        out += pack_text(str(id))


def _relationship_row(out: bytearray, field: RelationshipColumn, row: int, dialect: Dialect) -> None:
    ids = (int(field.ids[row]), int(field.starts[row]), int(field.ends[row]))
    out += b"\xb8R" if dialect.element_ids else b"\xb5R"
    for id in ids:
        out += pack_integer(id)
    out += field.type_names.packed(int(field.types[row]))
    _properties_row(out, field.properties, row, dialect)
    if dialect.element_ids:
        for id in ids:
            out += pack_text(str(id))


def _properties_row(out: bytearray, properties: list[tuple[bytes, Column]], row: int, dialect: Dialect) -> None:
    entries = bytearray()
    count = 0
    for key, column in properties:
        value = column.value(row)
        if value is not None:
            count += 1
            entries += key
            pack_into(entries, value, dialect)
    out += map_header(count)
    out += entries


# --- whole columns ----------------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """Arguments of the packing kernels, in their order."""

    kind: int
    values: NDArray[np.int64]
    valid: Mask
    heap: NDArray[np.uint8] = EMPTY_DATA
    prefix: NDArray[np.uint8] = EMPTY_DATA
    skip_null: bool = False


class _BeyondHandle(Exception):
    """A packed value is longer than a handle can say."""


def _parts(fields: Sequence[FieldColumn], dialect: Dialect) -> list[_Part]:
    """Raises _BeyondHandle for a list or map of 16 MiB or more: such rows are packed one by one."""
    parts: list[_Part] = []
    for field in fields:
        match field:
            case Column():
                parts.append(_column_part(field, dialect))
            case NodeColumn():
                parts.extend(_node_parts(field, dialect))
            case RelationshipColumn():
                parts.extend(_relationship_parts(field, dialect))
            case ListField():
                parts.append(_list_part(field, dialect))
            case _:
                assert_never(field)
    return parts


def _write(parts: list[_Part], rows: int, width: int) -> Iterator[bytes]:
    sizes = np.zeros(rows, dtype=np.int64)
    for part in parts:
        packing.add_sizes(*part, sizes)
    head = np.frombuffer(bytes((0xB1, RECORD)) + list_header(width), dtype=np.uint8)
    ends = np.cumsum(sizes + (len(head) + 4))
    start = 0
    while start < rows:
        base = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, base + PIECE_BYTES, side="right")))
        piece = parts if stop - start == rows else [_slice(part, start, stop) for part in parts]
        yield _write_piece(piece, sizes[start:stop], int(ends[stop - 1]) - base, head)
        start = stop


def _write_piece(parts: list[_Part], sizes: NDArray[np.int64], total: int, head: NDArray[np.uint8]) -> bytes:
    fits = int(sizes.max()) + len(head) <= CHUNK_BYTES_MAX
    if not fits:  # some record needs several chunks: write them bare, then frame each
        sizes = sizes + len(head)
        starts = np.cumsum(sizes) - sizes
        output = np.empty(int(sizes.sum()), dtype=np.uint8)
        output[starts[:, None] + np.arange(len(head))] = head
        positions = starts + len(head)
    else:
        output = np.empty(total, dtype=np.uint8)
        positions = np.empty(len(sizes), dtype=np.int64)
        packing.begin_frames(sizes, head, positions, output)
    for part in parts:
        packing.write_values(*part, positions, output)
    data = output.tobytes()
    if fits:
        return data
    return b"".join(
        frame(data[start : start + size]) for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)
    )


def _slice(part: _Part, start: int, stop: int) -> _Part:
    valid = part.valid[start:stop] if len(part.valid) else part.valid
    return _Part(part.kind, part.values[start:stop], valid, part.heap, part.prefix, part.skip_null)


def _column_part(column: Column, dialect: Dialect, prefix: bytes = b"", valid: Mask | None = None) -> _Part:
    """valid: an entry of a map, absent where False; else a field, NULL where the column says so."""
    skip_null = valid is not None
    mask = valid if valid is not None else column.valid
    mask = NO_MASK if mask is None else np.ascontiguousarray(mask)
    kind, values, heap = packing.RAW, column.values, EMPTY_DATA
    match column.kind:
        case Kind.BOOL:
            kind, values = packing.BOOL, values.astype(np.int64)
        case Kind.INT:
            kind = packing.INTEGER
        case Kind.FLOAT:
            kind, values = packing.FLOAT, np.ascontiguousarray(values).view(np.int64)
        case Kind.STRING:
            assert column.data is not None
            kind, heap = packing.TEXT, column.data
        case Kind.OBJECT:
            values, heap = _packed_objects(column, dialect)
        case _:
            raise AssertionError("elements come as NodeColumn and RelationshipColumn")
    integers: NDArray[np.int64] = np.ascontiguousarray(values, dtype=np.int64)
    head = np.frombuffer(prefix, dtype=np.uint8) if prefix else EMPTY_DATA
    return _Part(kind, integers, mask, heap, head, skip_null)


def _packed_objects(column: Column, dialect: Dialect) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """A handle for each value, and the heap of their bytes."""
    out = bytearray()
    handles = np.empty(len(column), dtype=np.int64)
    for row, value in enumerate(column.to_values()):
        start = len(out)
        pack_into(out, value, dialect)
        if len(out) - start > packing.LENGTH_MASK:
            raise _BeyondHandle
        handles[row] = start << packing.LENGTH_BITS | len(out) - start
    return handles, np.frombuffer(bytes(out), dtype=np.uint8) if out else EMPTY_DATA


def _list_part(field: ListField, dialect: Dialect) -> _Part:
    """Raises _BeyondHandle."""
    packed = _packed_lists(field, dialect)
    lengths = np.array(list(map(len, packed)), dtype=np.int64)
    if lengths.max(initial=0) > packing.LENGTH_MASK:
        raise _BeyondHandle
    handles = (np.cumsum(lengths) - lengths) << packing.LENGTH_BITS | lengths
    valid = NO_MASK if field.valid is None else np.ascontiguousarray(field.valid)
    return _Part(packing.RAW, handles, valid, np.frombuffer(b"".join(packed), dtype=np.uint8))


def _packed_lists(field: ListField, dialect: Dialect) -> list[bytes]:
    """The bytes of each list; of an empty one where NULL."""
    if len(field) == 0:
        return []
    first, stop = int(field.starts[0]), int(field.starts[-1] + field.lengths[-1])
    ends = np.zeros(stop - first + 1, dtype=np.int64)
    parts: list[bytes] = []
    for start in range(first, stop, PIECE_VALUES):
        count = min(PIECE_VALUES, stop - start)
        sizes = np.zeros(count, dtype=np.int64)
        elements = _parts([field.elements.slice(start, start + count)], dialect)
        for part in elements:
            packing.add_sizes(*part, sizes)
        at = start - first
        ends[at + 1 : at + count + 1] = ends[at] + np.cumsum(sizes)
        positions = ends[at : at + count] - ends[at]
        output = np.empty(int(sizes.sum()), dtype=np.uint8)
        for part in elements:
            packing.write_values(*part, positions, output)
        parts.append(output.tobytes())
    data = b"".join(parts)
    starts = field.starts - first
    begins, stops = ends[starts].tolist(), ends[starts + field.lengths].tolist()
    bytes_of = zip(field.lengths.tolist(), begins, stops, strict=True)
    return [list_header(length) + data[begin:end] for length, begin, end in bytes_of]


def _node_parts(field: NodeColumn, dialect: Dialect) -> Iterator[_Part]:
    valid = NO_MASK if field.valid is None else np.ascontiguousarray(field.valid)
    ids = np.ascontiguousarray(field.ids)
    if len(valid):
        yield _Part(packing.NOTHING, ids, ~valid, EMPTY_DATA, _NULL, True)
    head = np.frombuffer(b"\xb4N" if dialect.element_ids else b"\xb3N", dtype=np.uint8)
    yield _Part(packing.INTEGER, ids, valid, EMPTY_DATA, head, True)
    handles, heap = field.labels.handles(field.label_sets)
    yield _Part(packing.RAW, handles, valid, heap, EMPTY_DATA, True)
    yield from _property_parts(field.properties, len(ids), valid, dialect)
    if dialect.element_ids:
        yield _Part(packing.DIGITS, ids, valid, EMPTY_DATA, EMPTY_DATA, True)


def _relationship_parts(field: RelationshipColumn, dialect: Dialect) -> Iterator[_Part]:
    valid = NO_MASK if field.valid is None else np.ascontiguousarray(field.valid)
    columns = [np.ascontiguousarray(values) for values in (field.ids, field.starts, field.ends)]
    if len(valid):
        yield _Part(packing.NOTHING, columns[0], ~valid, EMPTY_DATA, _NULL, True)
    head = np.frombuffer(b"\xb8R" if dialect.element_ids else b"\xb5R", dtype=np.uint8)
    for place, values in enumerate(columns):
        yield _Part(packing.INTEGER, values, valid, EMPTY_DATA, EMPTY_DATA if place else head, True)
    handles, heap = field.type_names.handles(field.types)
    yield _Part(packing.RAW, handles, valid, heap, EMPTY_DATA, True)
    yield from _property_parts(field.properties, len(columns[0]), valid, dialect)
    if dialect.element_ids:
        for values in columns:
            yield _Part(packing.DIGITS, values, valid, EMPTY_DATA, EMPTY_DATA, True)


def _property_parts(
    properties: list[tuple[bytes, Column]], rows: int, valid: Mask, dialect: Dialect
) -> Iterator[_Part]:
    counts = np.zeros(rows, dtype=np.int64)
    entries: list[_Part] = []
    for key, column in properties:
        present = column.validity() & valid if len(valid) else column.validity()
        counts += present
        entries.append(_column_part(column, dialect, key, present))
    yield _Part(packing.MAP_HEADER, counts, valid, EMPTY_DATA, EMPTY_DATA, True)
    yield from entries


def _has_objects(field: FieldColumn) -> bool:
    if isinstance(field, ListField):
        return False
    return not isinstance(field, Column) and any(column.kind is Kind.OBJECT for _, column in field.properties)

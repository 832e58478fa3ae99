"""ChangeSet to bytes and back: the payload of one commit in the log.

A payload is one MessagePack document that holds columns, not rows: ids and integers as a run (start, count), as the
narrowest array of little-endian integers, or, when few, in place; strings as lengths and their own bytes, cut out of
the heap that the column shares; what has no column form (lists, maps, mixed kinds) as tagged values. Names of labels,
types and keys, and label sets, travel once, in the first record after they were interned, ahead of the changes that use
their ids:

    schema   keys from 3: ["since"]; label sets from 2: [[0, 1]]
    created  nodes 10..19, label set 2, properties {3: INT 1990, 1991 …}

The encoder knows how far the names on disk reach (``Watermarks``); the decoder interns them and checks that they get
the same ids. ``FORMAT`` numbers all files of the graph: this encoding, the log's frames, checkpoints. There is one
writer and one reader; what has an older format passes through ``UPGRADES``, one function from each format to the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column, Kind, Mask
from memgraph_py.storage.changes import (
    ChangeSet,
    CreatedNodes,
    CreatedRelationships,
    LabelWrite,
    Partition,
    PropertyWrite,
    StreamPosition,
)
from memgraph_py.storage.schema import Names, Schema
from memgraph_py.storage.schema_rules import (
    ConstraintDefinition,
    ConstraintKind,
    Entity,
    IndexDefinition,
    SchemaDescriptor,
)
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.types import Point, Value

FORMAT = 3


def _with_rules(payload: bytes) -> bytes:
    """Format 2 had indexes on one property of nodes, and no constraints."""
    *fields_, created, dropped = msgspec.msgpack.decode(payload)
    created = [(name, (Entity.NODE, label, (key,))) for name, label, key in created]
    dropped = [(Entity.NODE, label, (key,)) for label, key in dropped]
    return msgspec.msgpack.encode([*fields_, created, dropped, [], []])


UPGRADES: dict[int, Callable[[bytes], bytes]] = {2: _with_rules}
"""A payload, from each older format to the next one; those that changed nothing here are not in it."""

_INLINE_ROWS_MAX = 16  # so many integers in place are smaller, and cheaper to write, than an array with its header

Integers = NDArray[np.int64]


class DamagedRecord(Exception):
    """A payload that passed its checksum and still makes no sense: written by something else, or by a bug."""


@dataclass(slots=True)
class Watermarks:
    """How many names of each sort, and label sets, the files on disk hold. Label set 0, the empty one, is implied."""

    labels: int = 0
    types: int = 0
    keys: int = 0
    label_sets: int = 1

    @staticmethod
    def of(schema: Schema) -> "Watermarks":
        """All that the schema holds now."""
        label_sets = schema.label_set_count()  # before the labels: a set names only labels that are there
        return Watermarks(len(schema.labels), len(schema.types), len(schema.keys), label_sets)


class _Inline(msgspec.Struct, array_like=True, tag=0):
    values: list[int]


class _Run(msgspec.Struct, array_like=True, tag=1):
    start: int
    count: int


class _Array(msgspec.Struct, array_like=True, tag=2):
    width: int
    data: bytes


_Numbers = _Inline | _Run | _Array


class _Names(msgspec.Struct, array_like=True):
    """What was interned since the last record: first id and names of each sort."""

    first_label: int
    labels: list[str]
    first_type: int
    types: list[str]
    first_key: int
    keys: list[str]
    first_label_set: int
    label_sets: list[list[int]]


class _Column(msgspec.Struct, array_like=True):
    """valid: one byte a row, or None; numbers: INT values or STRING lengths; data: the bytes of all other kinds."""

    kind: int
    valid: bytes | None
    numbers: _Numbers | None
    data: bytes


class _Nodes(msgspec.Struct, array_like=True):
    ids: _Numbers
    label_set: int
    properties: list[tuple[int, _Column]]


class _Relationships(msgspec.Struct, array_like=True):
    ids: _Numbers
    sources: _Numbers
    targets: _Numbers
    type: int
    properties: list[tuple[int, _Column]]


class _PropertyWrite(msgspec.Struct, array_like=True):
    ids: _Numbers
    key: int
    values: _Column


class _LabelWrite(msgspec.Struct, array_like=True):
    ids: _Numbers
    label_sets: _Numbers


class _Position(msgspec.Struct, array_like=True):
    stream_id: bytes
    next_offsets: list[tuple[str, str, int, int]]
    batches_left: int | None


class _Descriptor(msgspec.Struct, array_like=True):
    entity: int
    token: int
    keys: list[int]


class _Record(msgspec.Struct, array_like=True):
    names: _Names | None
    created_nodes: list[_Nodes]
    created_relationships: list[_Relationships]
    node_properties: list[_PropertyWrite]
    relationship_properties: list[_PropertyWrite]
    label_writes: list[_LabelWrite]
    deleted_nodes: list[_Numbers]
    deleted_relationships: list[_Numbers]
    positions: list[_Position]
    reset_positions: list[bytes]
    created_indexes: list[tuple[str, _Descriptor]]
    dropped_indexes: list[_Descriptor]
    created_constraints: list[tuple[str, int, _Descriptor, str]]
    dropped_constraints: list[str]


def encode(changes: ChangeSet, schema: Schema, known: Watermarks) -> tuple[bytes, Watermarks]:
    """The payload, and what the files hold of the schema once it is on disk.

    Raises TypeError for a value that no property can have.
    """
    names, reached = _new_names(schema, known)
    nodes, relationships = changes.created_nodes, changes.created_relationships
    record = _Record(
        names,
        [_Nodes(_numbers(b.ids), b.label_set, _properties(b.properties)) for b in nodes] if nodes else _NONE,
        list(map(_relationships, relationships)) if relationships else _NONE,
        list(map(_property_write, changes.node_properties)) if changes.node_properties else _NONE,
        list(map(_property_write, changes.relationship_properties)) if changes.relationship_properties else _NONE,
        _label_writes(changes.label_writes) if changes.label_writes else _NONE,
        list(map(_numbers, changes.deleted_nodes)) if changes.deleted_nodes else _NONE,
        list(map(_numbers, changes.deleted_relationships)) if changes.deleted_relationships else _NONE,
        [_position(*entry) for entry in changes.positions.items()] if changes.positions else _NONE,
        [stream_id.bytes for stream_id in changes.reset_positions] if changes.reset_positions else _NONE,
        *(_rules(changes) if changes.has_rules() else (_NONE, _NONE, _NONE, _NONE)),
    )
    return _ENCODER.encode(record), reached


def _label_writes(writes: list[LabelWrite]) -> list[_LabelWrite]:
    return [_LabelWrite(_numbers(write.ids), _numbers(write.label_sets)) for write in writes]


def _relationships(block: CreatedRelationships) -> _Relationships:
    ends = _numbers(block.sources), _numbers(block.targets)
    return _Relationships(_numbers(block.ids), *ends, block.type, _properties(block.properties))


def _property_write(write: PropertyWrite) -> _PropertyWrite:
    return _PropertyWrite(_numbers(write.ids), write.key, _column(write.values))


def decode(payload: bytes, schema: Schema, known: Watermarks, format: int = FORMAT) -> tuple[ChangeSet, Watermarks]:
    """The changes of a payload; its new names are interned. Raises DamagedRecord."""
    try:
        for step in range(format, FORMAT):
            if (upgrade := UPGRADES.get(step)) is not None:
                payload = upgrade(payload)
        record = _RECORD_DECODER.decode(payload)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise DamagedRecord(str(error)) from error
    reached = known if record.names is None else _intern(record.names, schema, known)
    return ChangeSet(
        [CreatedNodes(_integers(b.ids), b.label_set, _columns(b.properties)) for b in record.created_nodes],
        [
            CreatedRelationships(
                _integers(b.ids), _integers(b.sources), _integers(b.targets), b.type, _columns(b.properties)
            )
            for b in record.created_relationships
        ],
        [PropertyWrite(_integers(w.ids), w.key, _values(w.values)) for w in record.node_properties],
        [PropertyWrite(_integers(w.ids), w.key, _values(w.values)) for w in record.relationship_properties],
        [LabelWrite(_integers(w.ids), _integers(w.label_sets)) for w in record.label_writes],
        [_integers(ids) for ids in record.deleted_nodes],
        [_integers(ids) for ids in record.deleted_relationships],
        {
            UUID(bytes=position.stream_id): StreamPosition(
                {Partition(topic, id, number): offset for topic, id, number, offset in position.next_offsets},
                position.batches_left,
            )
            for position in record.positions
        },
        {UUID(bytes=stream_id) for stream_id in record.reset_positions},
        [IndexDefinition(name, _descriptor(on)) for name, on in record.created_indexes],
        [_descriptor(on) for on in record.dropped_indexes],
        [
            ConstraintDefinition(name, ConstraintKind(kind), _descriptor(on), property_type)
            for name, kind, on, property_type in record.created_constraints
        ],
        record.dropped_constraints,
    ), reached


def encode_values(values: Sequence[Value]) -> bytes:
    """Property values of any kind as bytes. Raises TypeError for a value that no property can have."""
    return _ENCODER.encode([_tagged(value) for value in values])


def decode_values(data: bytes) -> list[Value]:
    """The values that ``encode_values`` was given. Raises DamagedRecord."""
    try:
        values: list[Value] = _VALUES_DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise DamagedRecord(str(error)) from error
    return values


# --- rules ---


def _rules(changes: ChangeSet) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    return (
        [(index.name, _described(index.on)) for index in changes.created_indexes],
        [_described(on) for on in changes.dropped_indexes],
        [(one.name, int(one.kind), _described(one.on), one.property_type) for one in changes.created_constraints],
        changes.dropped_constraints,
    )


def _described(on: SchemaDescriptor) -> _Descriptor:
    return _Descriptor(int(on.entity), on.token, list(on.keys))


def _descriptor(on: _Descriptor) -> SchemaDescriptor:
    return SchemaDescriptor(Entity(on.entity), on.token, tuple(on.keys))


# --- names ---


def _new_names(schema: Schema, known: Watermarks) -> tuple[_Names | None, Watermarks]:
    if (
        known.label_sets == schema.label_set_count()
        and known.labels == len(schema.labels)
        and known.types == len(schema.types)
        and known.keys == len(schema.keys)
    ):
        return None, known
    reached = Watermarks.of(schema)
    return _Names(
        known.labels,
        _slice(schema.labels, known.labels, reached.labels),
        known.types,
        _slice(schema.types, known.types, reached.types),
        known.keys,
        _slice(schema.keys, known.keys, reached.keys),
        known.label_sets,
        [list(schema.label_set(id)) for id in range(known.label_sets, reached.label_sets)],
    ), reached


def _slice(names: Names, start: int, stop: int) -> list[str]:
    return [names.name(id) for id in range(start, stop)]


def _intern(new: _Names, schema: Schema, known: Watermarks) -> Watermarks:
    """Intern the names of a record and check that ids agree with those that its changes use.

    A checkpoint may know names of later records already: they are interned again, without effect.
    """
    if (
        new.first_label > known.labels
        or new.first_type > known.types
        or new.first_key > known.keys
        or new.first_label_set > known.label_sets
    ):
        raise DamagedRecord("names of the schema are missing before this record")
    for sort, names, first, interned in (
        ("label", new.labels, new.first_label, schema.labels),
        ("relationship type", new.types, new.first_type, schema.types),
        ("property key", new.keys, new.first_key, schema.keys),
    ):
        for id, name in enumerate(names, first):
            if interned.intern(name) != id:
                raise DamagedRecord(f"the {sort} '{name}' has another id than {id}")
    for id, labels in enumerate(new.label_sets, new.first_label_set):
        if schema.intern_label_set(tuple(labels)) != id:
            raise DamagedRecord(f"the label set {labels} has another id than {id}")
    return Watermarks(
        max(known.labels, new.first_label + len(new.labels)),
        max(known.types, new.first_type + len(new.types)),
        max(known.keys, new.first_key + len(new.keys)),
        max(known.label_sets, new.first_label_set + len(new.label_sets)),
    )


# --- integers ---


def _numbers(values: Integers) -> _Numbers:
    count = len(values)
    if count <= _INLINE_ROWS_MAX:
        return _Inline(values.tolist())
    first = int(values[0])
    if int(values[-1]) - first == count - 1 and bool((values[1:] - values[:-1] == 1).all()):
        return _Run(first, count)
    low, high = int(values.min()), int(values.max())
    for width, bound in ((1, 1 << 7), (2, 1 << 15), (4, 1 << 31)):
        if -bound <= low and high < bound:
            return _Array(width, values.astype(f"<i{width}").tobytes())
    return _Array(8, values.astype("<i8", copy=False).tobytes())


def _integers(numbers: _Numbers) -> Integers:
    if isinstance(numbers, _Inline):
        return np.array(numbers.values, dtype=np.int64)
    if isinstance(numbers, _Run):
        return np.arange(numbers.start, numbers.start + numbers.count, dtype=np.int64)
    return np.frombuffer(numbers.data, dtype=f"<i{numbers.width}").astype(np.int64)


# --- columns ---


def _properties(properties: dict[int, Column]) -> list[tuple[int, _Column]]:
    return [(key, _column(values)) for key, values in properties.items()]


def _columns(properties: list[tuple[int, _Column]]) -> dict[int, Column]:
    return {key: _values(column) for key, column in properties}


def _column(column: Column) -> _Column:
    kind = column.kind
    valid = None if column.valid is None else column.valid.tobytes()
    if kind is Kind.INT:
        return _Column(kind, valid, _numbers(column.values.astype(np.int64, copy=False)), b"")
    if kind is Kind.STRING:
        lengths, data = _own_text(column)
        return _Column(kind, valid, _numbers(lengths), data)
    if kind is Kind.BOOL or kind is Kind.FLOAT:
        return _Column(kind, valid, None, column.values.tobytes())
    if kind is Kind.OBJECT:
        return _Column(kind, valid, None, encode_values(column.to_values()))
    raise TypeError(f"a property cannot hold a {kind.name.lower()}")


def _values(column: _Column) -> Column:
    kind = Kind(column.kind)
    valid = None if column.valid is None else np.frombuffer(column.valid, dtype=np.bool_).copy()
    if kind is Kind.OBJECT:
        objects = Column.objects(decode_values(column.data))
        return Column(kind, objects.values, valid)
    if kind is Kind.BOOL or kind is Kind.FLOAT:  # copied: kernels take writable arrays
        return Column(kind, np.frombuffer(column.data, dtype=np.bool_ if kind is Kind.BOOL else "<f8").copy(), valid)
    assert column.numbers is not None
    numbers = _integers(column.numbers)
    if kind is Kind.INT:
        return Column(kind, numbers, valid)
    handles = (np.cumsum(numbers) - numbers) << STRING_LENGTH_BITS | numbers
    data = np.frombuffer(column.data, dtype=np.uint8).copy() if column.data else EMPTY_DATA
    return Column(kind, handles, valid, data)


def _own_text(column: Column) -> tuple[Integers, bytes]:
    """Lengths in bytes, 0 where NULL, and the bytes of the column's own strings, one after another."""
    handles = column.values.astype(np.int64, copy=False)
    heap = column.data
    if heap is None or len(handles) == 0:
        return np.zeros(len(handles), dtype=np.int64), b""
    if len(handles) == 1 and column.valid is None:
        start, length = int(handles[0]) >> STRING_LENGTH_BITS, int(handles[0]) & STRING_LENGTH_MASK
        return handles & STRING_LENGTH_MASK, heap[start : start + length].tobytes()
    return _cut_out(handles, column.valid, heap)


def _cut_out(handles: Integers, valid: Mask | None, heap: NDArray[np.uint8]) -> tuple[Integers, bytes]:
    lengths = handles & STRING_LENGTH_MASK
    starts = handles >> STRING_LENGTH_BITS
    if valid is not None:
        lengths = np.where(valid, lengths, 0)
        starts = np.where(valid, starts, 0)
    elif bool((starts[1:] == starts[:-1] + lengths[:-1]).all()):  # written one after another: one copy
        return lengths, heap[int(starts[0]) : int(starts[-1] + lengths[-1])].tobytes()
    ends = np.cumsum(lengths)
    positions = np.arange(int(ends[-1]), dtype=np.int64)
    positions += np.repeat(starts - (ends - lengths), lengths)
    return lengths, heap[positions].tobytes()


# --- positions and values without a column form ---


def _position(stream_id: UUID, position: StreamPosition) -> _Position:
    offsets = [(p.topic, p.topic_id, p.partition, offset) for p, offset in position.next_offsets.items()]
    return _Position(stream_id.bytes, offsets, position.batches_left)


def _tagged(value: Value) -> object:
    """The value in what MessagePack has; the encoder alone would write any dataclass as a map."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    if isinstance(value, dict):
        return {key: _tagged(item) for key, item in value.items()}
    for tag, (type_, names, _) in _STRUCTURES.items():
        if isinstance(value, type_):
            return msgspec.msgpack.Ext(tag, _ENCODER.encode([getattr(value, name) for name in names]))
    raise TypeError(f"a property cannot hold a {type(value).__name__}")


def _decode_extension(tag: int, data: memoryview) -> Value:
    if tag not in _STRUCTURES:
        raise DamagedRecord(f"no value has the tag {tag}")
    type_, _, decoder = _STRUCTURES[tag]
    value: Value = type_(*decoder.decode(data))
    return value


def _structure(type_: type, shape: Any) -> tuple[type, tuple[str, ...], "msgspec.msgpack.Decoder[Any]"]:
    """A data class as an extension: itself, the names of its fields, and what reads them as a tuple of that shape."""
    return type_, tuple(field.name for field in fields(type_)), msgspec.msgpack.Decoder(shape)


_STRUCTURES: Final = {
    1: _structure(Point, tuple[int, tuple[float, ...]]),
    2: _structure(Date, tuple[int]),
    3: _structure(LocalTime, tuple[int]),
    4: _structure(Time, tuple[int, int]),
    5: _structure(LocalDateTime, tuple[int, int]),
    6: _structure(DateTime, tuple[int, int, int, str | None]),
    7: _structure(Duration, tuple[int, int, int, int]),
}
"""The values that are data classes, by tag: part of the file format."""
_NONE: list[Any] = []
"""In a record, for what it has nothing of; never changed."""
_ENCODER = msgspec.msgpack.Encoder()
_RECORD_DECODER = msgspec.msgpack.Decoder(_Record)
_VALUES_DECODER = msgspec.msgpack.Decoder(list, ext_hook=_decode_extension)

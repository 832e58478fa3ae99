"""A snapshot as plain named arrays, for checkpoints, and back.

Ids are kept. Only rows that are there are exported, and texts without the garbage of the heap; a hole costs a bit.

    node_live, relationship_live              uint8, a bit by id, lowest first: whether there is one
    node_states, relationship_states          int32, for those in order: label set or type
    sources, targets                          int32, the same
    node_<key>_<kind>_ids, …_values           int32 ids and values of one property and kind
    node_<key>_3_values, …_texts              for strings: handles into their own bytes
    relationship_<key>_…                      the same
"""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import DTYPES, Column, Kind
from memgraph_py.storage.adjacency import Adjacency
from memgraph_py.storage.applying import build_index
from memgraph_py.storage.changes import Partition, StreamPosition
from memgraph_py.storage.degrees import count_ends
from memgraph_py.storage.indexes import LabelNodes
from memgraph_py.storage.pages import Pages, PagesEditor, StringHeap
from memgraph_py.storage.properties import ColumnEditor, PropertyColumn
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import (
    ConstraintDefinition,
    ConstraintKind,
    Entity,
    IndexDefinition,
    SchemaDescriptor,
    SchemaRules,
    on_nodes,
)
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value

_ROWS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class SnapshotData:
    """metadata: numbers, strings, bytes, lists and maps. arrays: one-dimensional; an object array holds Values."""

    version: int
    metadata: dict[str, Value]
    arrays: dict[str, NDArray[np.generic]]


def export_snapshot(snapshot: Snapshot) -> SnapshotData:
    """All of the snapshot. May run in any thread, while others write."""
    schema = snapshot.schema
    nodes, relationships = snapshot.nodes(None), snapshot.relationships(None)
    sources, targets = snapshot.endpoints(relationships)
    arrays: dict[str, NDArray[np.generic]] = {
        "node_live": _bits(nodes),
        "node_states": snapshot.label_sets(nodes).astype(np.int32),
        "relationship_live": _bits(relationships),
        "relationship_states": snapshot.relationship_types(relationships).astype(np.int32),
        "sources": sources.astype(np.int32),
        "targets": targets.astype(np.int32),
    }
    columns: list[Value] = []
    for side, stored, ids in (
        ("node", snapshot.node_columns, nodes),
        ("relationship", snapshot.relationship_columns, relationships),
    ):
        for key, column in stored.items():
            columns += [[side, key, int(kind)] for kind in _export_column(arrays, f"{side}_{key}", column, ids)]
    metadata: dict[str, Value] = {
        "label_sets": [list(labels) for labels in schema.label_sets()],
        "labels": list(schema.labels.all()),
        "types": list(schema.types.all()),
        "keys": list(schema.keys.all()),
        "indexes": [[index.name, *_export_descriptor(index.on)] for index in snapshot.rules.indexes],
        "constraints": [
            [one.name, int(one.kind), *_export_descriptor(one.on), one.property_type]
            for one in snapshot.rules.constraints
        ],
        "columns": columns,
        "deleted_relationships": snapshot.deleted_relationships,
        "positions": [_export_position(id, position) for id, position in snapshot.positions.items()],
    }
    return SnapshotData(snapshot.version, metadata, arrays)


def load_snapshot(store: GraphStore, data: SnapshotData) -> None:
    """Fills the empty store, including the names and indexes of its schema. Arrays are copied."""
    schema, metadata, arrays = store.schema, data.metadata, _upgraded(data.arrays)
    _load_schema(schema, metadata)
    snapshot = Snapshot.empty(schema)
    snapshot.version = data.version
    snapshot.deleted_relationships = cast(int, metadata["deleted_relationships"])
    nodes, relationships = _ids(arrays["node_live"]), _ids(arrays["relationship_live"])
    snapshot.node_states = _filled(snapshot.node_states, nodes, arrays["node_states"])
    snapshot.node_bound = int(nodes[-1]) + 1 if len(nodes) else 0
    snapshot.live_nodes = len(nodes)
    snapshot.relationship_states = _filled(snapshot.relationship_states, relationships, arrays["relationship_states"])
    snapshot.relationship_bound = int(relationships[-1]) + 1 if len(relationships) else 0
    snapshot.live_relationships = len(relationships)
    sources, targets = (cast("NDArray[np.int32]", arrays[name]).astype(np.int64) for name in ("sources", "targets"))
    snapshot.ends = _filled(snapshot.ends, relationships, sources << 32 | targets)
    _load_columns(snapshot, data)
    _count(snapshot, nodes, arrays)
    types = cast("NDArray[np.int32]", arrays["relationship_states"])
    snapshot.end_counts = count_ends(snapshot, types, sources, targets)
    snapshot.adjacency = Adjacency(snapshot.packed(), snapshot.adjacency.delta, 0)
    snapshot.rules = _load_rules(metadata)
    schema.set_rules(snapshot.rules)
    for index in snapshot.rules.indexes:
        snapshot.indexes[index.on] = build_index(snapshot, index.on)
    for row in cast("list[list[Value]]", metadata["positions"]):
        snapshot.positions[UUID(bytes=cast(bytes, row[0]))] = _load_position(row)
    store.restore(snapshot)


def _bits(ids: NDArray[np.int64]) -> NDArray[np.uint8]:
    live = np.zeros(int(ids[-1]) + 1 if len(ids) else 0, dtype=np.uint8)
    live[ids] = 1
    return np.packbits(live, bitorder="little")


def _ids(bits: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.flatnonzero(np.unpackbits(cast("NDArray[np.uint8]", bits), bitorder="little"))


def _upgraded(arrays: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Arrays of a checkpoint of format 1, which had a row for each hole, as they are now."""
    if "node_live" in arrays:
        return arrays
    arrays = dict(arrays)
    for side in ("node", "relationship"):
        states = cast("NDArray[np.int32]", arrays[f"{side}_states"])
        ids = np.flatnonzero(states >= 0)
        arrays[f"{side}_live"] = _bits(ids)
        arrays[f"{side}_states"] = states[ids]
    for ends in ("sources", "targets"):
        arrays[ends] = arrays[ends][ids]
    return arrays


def _filled(pages: Pages, ids: NDArray[np.int64], values: NDArray[np.generic]) -> Pages:
    editor = PagesEditor(pages)
    if len(ids):
        places = editor.positions(ids, is_new=True)
        editor.pool.buffer[places] = values
    return editor.finish()


def _export_column(
    arrays: dict[str, NDArray[np.generic]], name: str, column: PropertyColumn, ids: NDArray[np.int64]
) -> list[Kind]:
    """Adds the arrays of one property; gives the kinds that it has."""
    kinds = []
    for kind, pages in column.pages.items():
        values = PropertyColumn({kind: pages}, column.heap).read(ids, 1 << 31)
        valid = values.validity()
        if not valid.any():
            continue
        present = Column(kind, values.values[valid], None, values.data)
        if kind is Kind.STRING:
            heap = StringHeap()
            present = Column(kind, heap.append(present))
            arrays[f"{name}_{int(kind)}_texts"] = heap.data[: heap.used]
        arrays[f"{name}_{int(kind)}_ids"] = ids[valid].astype(np.int32)
        arrays[f"{name}_{int(kind)}_values"] = present.values
        kinds.append(kind)
    return kinds


def _export_position(stream_id: UUID, position: StreamPosition) -> Value:
    offsets: list[Value] = [
        [partition.topic, partition.topic_id, partition.partition, offset]
        for partition, offset in position.next_offsets.items()
    ]
    return [stream_id.bytes, position.batches_left, offsets]


def _load_position(row: list[Value]) -> StreamPosition:
    offsets = {
        Partition(cast(str, topic), cast(str, topic_id), cast(int, number)): cast(int, offset)
        for topic, topic_id, number, offset in cast("list[list[Value]]", row[2])
    }
    return StreamPosition(offsets, cast("int | None", row[1]))


def _load_schema(schema: Schema, metadata: dict[str, Value]) -> None:
    for names, field in ((schema.labels, "labels"), (schema.types, "types"), (schema.keys, "keys")):
        for name in cast("list[str]", metadata[field]):
            names.intern(name)
    for number, labels in enumerate(cast("list[list[int]]", metadata["label_sets"])):
        id = schema.intern_label_set(tuple(labels))
        assert id == number, "label sets keep their ids"


def _export_descriptor(on: SchemaDescriptor) -> list[Value]:
    return [int(on.entity), on.token, list(on.keys)]


def _load_rules(metadata: dict[str, Value]) -> SchemaRules:
    """Format 2 and older knew indexes on one property of nodes alone, as name, label and key."""
    indexes = []
    for name, *rest in cast("list[Any]", metadata["indexes"]):
        on = _descriptor(rest) if len(rest) == 3 else on_nodes(*rest)
        indexes.append(IndexDefinition(name, on))
    constraints = [
        ConstraintDefinition(name, ConstraintKind(kind), _descriptor(on), property_type)
        for name, kind, *on, property_type in cast("list[Any]", metadata.get("constraints", []))
    ]
    return SchemaRules(tuple(indexes), tuple(constraints))


def _descriptor(exported: list[Any]) -> SchemaDescriptor:
    entity, token, keys = exported
    return SchemaDescriptor(Entity(entity), token, tuple(keys))


def _load_columns(snapshot: Snapshot, data: SnapshotData) -> None:
    for side, key, number in cast("list[tuple[str, int, int]]", data.metadata["columns"]):
        kind, name = Kind(number), f"{side}_{key}_{number}"
        is_node = side == "node"
        columns = snapshot.node_columns if is_node else snapshot.relationship_columns
        texts = cast("NDArray[np.uint8] | None", data.arrays.get(f"{name}_texts"))
        values = Column(kind, data.arrays[f"{name}_values"].astype(DTYPES[kind]), None, texts)
        ids = data.arrays[f"{name}_ids"].astype(np.int64)
        editor = ColumnEditor(columns.get(key) or PropertyColumn({}, StringHeap()))
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            editor.write(ids[part], values.slice(start, part.stop), is_new=True)
        columns[key] = editor.finish()


def _count(snapshot: Snapshot, ids: NDArray[np.int64], arrays: dict[str, NDArray[np.generic]]) -> None:
    """Candidates and counts of labels, counts of types."""
    schema = snapshot.schema
    label_sets = cast("NDArray[np.int32]", arrays["node_states"])
    for label in range(len(schema.labels)):
        members = schema.label_members(label)
        nodes = ids[members[label_sets]]
        if len(nodes):
            snapshot.label_nodes[label] = LabelNodes.empty().extended(nodes, is_exact=True)
            snapshot.label_counts[label] = len(nodes)
    types = cast("NDArray[np.int32]", arrays["relationship_states"])
    counts = np.bincount(types)
    snapshot.type_counts.update({type: int(count) for type, count in enumerate(counts) if count})

"""The next snapshot where a commit creates one element, or sets properties of one node: the short way of ``apply``.

Editors of pages and columns cost such a commit more than what they write. Here it is first looked whether all of it is
plain: the chunks are there, hold values of the same kind, and, for a new element, its rows are seen by nobody and
written in place. Nothing is written before that is known; whatever is not so is left to ``apply``.
"""

from typing import Any, TypeAlias

from memgraph_py.columnar import Column, Kind
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_MASK
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships, PropertyWrite
from memgraph_py.storage.degrees import added_ends
from memgraph_py.storage.indexes import LabelNodes, PropertyIndex, hash_columns
from memgraph_py.storage.pages import Pages
from memgraph_py.storage.properties import ColumnEditor, PropertyColumn
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.single import label_set_of, stored_text_length
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import KeyId

__all__ = ["apply_single", "insert_created"]

_STRING, _NODE = Kind.STRING, Kind.NODE  # to look one up in its enumeration takes 50 ns, each time
_Place: TypeAlias = tuple[KeyId, PropertyColumn, Pages, int, Column]
"""Where a value goes: a property, its column, the pages of the value's kind, the row there; and the value."""


def apply_single(tip: Snapshot, changes: ChangeSet, version: int) -> Snapshot | None:
    """The snapshot after ``tip``; None, and nothing is written, where it is for ``apply``."""
    nodes, relationships, writes = changes.created_nodes, changes.created_relationships, changes.node_properties
    if (
        changes.label_writes
        or changes.deleted_nodes
        or changes.deleted_relationships
        or changes.relationship_properties
        or changes.positions
        or changes.reset_positions
        or changes.has_rules()
        or len(nodes) + len(relationships) > 1
    ):
        return None
    if writes:
        if nodes or relationships:
            return None
        for write in writes:
            if len(write.ids) != 1:
                return None
        return _with_properties(tip, writes, version)
    if nodes:
        return _with_node(tip, nodes[0], version) if len(nodes[0].ids) == 1 else None
    if relationships:
        return _with_relationship(tip, relationships[0], version) if len(relationships[0].ids) == 1 else None
    return None


def _with_node(tip: Snapshot, block: CreatedNodes, version: int) -> Snapshot | None:
    id, states, label_set = block.ids.item(), tip.node_states, block.label_set
    position = _position(states, id)
    if id < tip.node_bound or position < 0:
        return None
    places = _places(tip.node_columns, block.properties, id)
    if places is None:
        return None
    states.buffer[position] = label_set
    next = tip.successor(version)
    next.node_bound = id + 1
    next.live_nodes += 1
    labels = tip.schema.label_set(label_set)
    if labels:
        next.label_counts, next.label_nodes = counts, candidates = dict(tip.label_counts), dict(tip.label_nodes)
        for label in labels:
            counts[label] = counts.get(label, 0) + 1
            candidates[label] = (candidates.get(label) or LabelNodes.empty()).extended_by(id)
    next.node_columns = _written_in_place(tip.node_columns, places)
    for on, index in next.indexes.items():
        if on.token in labels and on.entity is Entity.NODE:
            insert_created(on, index, block, tip.node_bound, version)
    return next


def _with_relationship(tip: Snapshot, block: CreatedRelationships, version: int) -> Snapshot | None:
    id, states, ends, type = block.ids.item(), tip.relationship_states, tip.ends, block.type
    source, target = block.sources.item(), block.targets.item()
    position, end_position = _position(states, id), _position(ends, id)
    if id < tip.relationship_bound or position < 0 or end_position < 0:
        return None
    places = _places(tip.relationship_columns, block.properties, id)
    end_counts = added_ends(tip.end_counts, type, label_set_of(tip, source), label_set_of(tip, target))
    if places is None or end_counts is None:
        return None
    states.buffer[position] = type
    ends.buffer[end_position] = source << 32 | target
    next = tip.successor(version)
    next.relationship_bound = id + 1
    next.live_relationships += 1
    next.type_counts = {**tip.type_counts, type: tip.type_counts.get(type, 0) + 1}
    next.relationship_columns = _written_in_place(tip.relationship_columns, places)
    next.adjacency = tip.adjacency.extended_by(id, source, target, type)
    next.end_counts = end_counts
    for on, index in next.indexes.items():
        if on.token == type and on.entity is Entity.RELATIONSHIP:
            insert_created(on, index, block, tip.relationship_bound, version)
    return next


def _with_properties(tip: Snapshot, writes: list[PropertyWrite], version: int) -> Snapshot | None:
    """Of nodes that are there, in no index; each property once. What is not plain goes through a column's editor."""
    keys = {write.key for write in writes}
    if len(keys) < len(writes):
        return None
    for on in tip.indexes:
        if not keys.isdisjoint(on.keys):
            return None
    columns, bound = tip.node_columns, tip.node_bound
    for write in writes:
        if write.key not in columns or write.ids.item() >= bound:
            return None
    next = tip.successor(version)
    next.node_columns = columns = dict(columns)
    for write in writes:
        key, id = write.key, write.ids.item()
        place = _place(columns, key, write.values, id)
        if place is None:
            column_editor = ColumnEditor(columns[key])
            column_editor.write(write.ids, write.values, is_new=False)
            column = column_editor.finish()
            if column.pages:
                columns[key] = column
            else:
                del columns[key]
        else:
            columns[key] = _written_in_copy(place, id)
    return next


def _written_in_copy(place: _Place, id: int) -> PropertyColumn:
    """The column with the value in a copy of the chunk, which readers see as it is."""
    _, column, pages, position, values = place
    text_bytes, kind = column.text_bytes, values.kind
    value: Any = values.values
    if kind is _STRING:
        text_bytes -= stored_text_length(pages, position)
        used = column.heap.used
        value = column.heap.append(values)
        text_bytes += column.heap.used - used
    chunk = id >> CHUNK_BITS
    pages = pages.with_copy_of(chunk)
    position = pages.table.item(chunk) << CHUNK_BITS | id & CHUNK_MASK
    pages.buffer[position] = value[0]
    pages.validity[position] = True
    return PropertyColumn({**column.pages, kind: pages}, column.heap, text_bytes)


def insert_created(
    on: SchemaDescriptor,
    index: PropertyIndex,
    block: CreatedNodes | CreatedRelationships,
    bound: int,
    version: int,
) -> None:
    """New elements into an index on their label or type. bound: of the ids in the version before."""
    ids, properties = block.ids, block.properties
    columns = [properties[key] for key in on.keys if key in properties]
    if len(on.keys) > 1 and on.keys[0] in properties:
        index.order.add(version, ids)  # the others may be missing there
    if len(columns) < len(on.keys):
        return
    index.may_repeat |= int(ids[0] if len(ids) == 1 else ids.min(initial=bound)) < bound
    hashes, valid = hash_columns(columns)
    if len(valid):
        hashes, ids = hashes[valid], ids[valid]
    index.insert(hashes, ids)
    if len(on.keys) == 1:
        index.order.add(version, ids)


def _position(pages: Pages, id: int) -> int:
    """The row of the id in the buffer; -1 where there is none that could be written in place."""
    chunk, table = id >> CHUNK_BITS, pages.table
    if chunk >= len(table) or pages.buffer is not pages.pool.buffer:
        return -1
    slot: int = table.item(chunk)
    return slot << CHUNK_BITS | id & CHUNK_MASK if slot >= 0 else -1


def _places(columns: dict[KeyId, PropertyColumn], properties: dict[KeyId, Column], id: int) -> list[_Place] | None:
    places: list[_Place] = []
    for key, values in properties.items():
        place = _place(columns, key, values, id)
        if place is None:
            return None
        places.append(place)
    return places


def _place(columns: dict[KeyId, PropertyColumn], key: KeyId, values: Column, id: int) -> _Place | None:
    """None where the value's chunk is not there yet, or of another kind."""
    column, kind = columns.get(key), values.kind
    if column is None or kind >= _NODE or values.valid is not None:
        return None
    pages = column.pages.get(kind)
    if pages is None or pages.validity is not pages.pool.validity:
        return None
    position = _position(pages, id)  # a chunk is in one kind's pages only
    return (key, column, pages, position, values) if position >= 0 else None


def _written_in_place(columns: dict[KeyId, PropertyColumn], places: list[_Place]) -> dict[KeyId, PropertyColumn]:
    """The columns with values that nobody sees before: others only where the bytes of texts are counted."""
    changed: dict[KeyId, PropertyColumn] | None = None
    for key, column, pages, position, values in places:
        value: Any = values.values
        if values.kind is _STRING:
            used = column.heap.used
            value = column.heap.append(values)
            if changed is None:
                changed = dict(columns)
            changed[key] = PropertyColumn(column.pages, column.heap, column.text_bytes + column.heap.used - used)
        pages.buffer[position] = value[0]
        pages.validity[position] = True
    return columns if changed is None else changed

"""The next snapshot: a snapshot and a ChangeSet, applied under the commit lock.

In the order that ``changes.py`` states: created elements, properties, labels, deletions; then what is derived of them,
the property indexes. What no reader can see is written in place, what readers see is copied (``pages.py``), so the old
snapshot stays as it was. An id below the bound that is used again lies in a chunk that readers see.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from memgraph_py.bounds import no_check
from memgraph_py.kernels.chunks import CHUNK_BITS, count_states, positions, read_states
from memgraph_py.kernels.sorting import counted, distinct
from memgraph_py.storage.adjacency import Adjacency, Delta
from memgraph_py.storage.applying_single import apply_single, insert_created
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships, LabelWrite
from memgraph_py.storage.degrees import changed_ends
from memgraph_py.storage.elements import belongs, count_of, elements_of, values_of
from memgraph_py.storage.indexes import LabelNodes, PropertyIndex, hash_columns
from memgraph_py.storage.pages import Pages, PagesEditor, StringHeap, outside_chunks
from memgraph_py.storage.properties import ColumnEditor, PropertyColumn
from memgraph_py.storage.sameness import same_rows
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import KeyId, LabelId, NodeIds

Numbers = NDArray[np.int64]

_PACKED_ROWS_MIN = 100_000


def apply(tip: Snapshot, changes: ChangeSet, version: int, check: Callable[[], None] = no_check) -> Snapshot:
    """The snapshot after ``tip``. check: called between any two blocks; what it raises ends this half done."""
    next = apply_single(tip, changes, version)
    return _Application(tip, changes, version, check).run() if next is None else next


class _Application:
    """One commit being applied: editors of what it touches, and the numbers of the next snapshot."""

    __slots__ = (
        "_added",
        "_changes",
        "_check",
        "_columns",
        "_ends",
        "_label_counts",
        "_label_nodes",
        "_next",
        "_packs",
        "_relationship_columns",
        "_states",
        "_tip",
        "_type_counts",
        "_types",
    )

    def __init__(self, tip: Snapshot, changes: ChangeSet, version: int, check: Callable[[], None]) -> None:
        self._tip = tip
        self._check = check
        self._changes = changes
        self._next = tip.successor(version)
        self._states = PagesEditor(tip.node_states)
        self._types = PagesEditor(tip.relationship_states)
        self._ends = PagesEditor(tip.ends)
        self._columns: dict[KeyId, ColumnEditor] = {}
        self._relationship_columns: dict[KeyId, ColumnEditor] = {}
        self._label_counts = tip.label_counts
        self._label_nodes = tip.label_nodes
        self._type_counts = tip.type_counts
        self._added: list[tuple[LabelId, NodeIds]] = []
        created = sum(len(block.ids) for block in changes.created_relationships)
        self._packs = created >= max(_PACKED_ROWS_MIN, tip.adjacency.base.packed_out.shape[1] // 2)
        """Where so many are created, a new base costs less than a delta that would soon be packed."""

    def run(self) -> Snapshot:
        """The next snapshot."""
        changes, next = self._changes, self._next
        if changes.created_nodes or changes.label_writes or changes.deleted_nodes:
            self._label_counts = dict(self._label_counts)
            self._label_nodes = dict(self._label_nodes)
        if changes.created_relationships or changes.deleted_relationships:
            self._type_counts = dict(self._type_counts)
        for block in changes.created_nodes:
            self._create_nodes(block)
        if changes.created_relationships:
            self._create_relationships(changes.created_relationships)
        check = self._check
        for write in changes.node_properties:
            check()
            self._column(write.key).write(write.ids, write.values, is_new=_are_new(write.ids, self._tip.node_bound))
        for write in changes.relationship_properties:
            check()
            is_new = _are_new(write.ids, self._tip.relationship_bound)
            self._relationship_column(write.key).write(write.ids, write.values, is_new=is_new)
        for labels in changes.label_writes:
            check()
            self._write_labels(labels)
        if changes.deleted_relationships:
            self._delete_relationships(distinct(np.concatenate(changes.deleted_relationships)))
        if changes.deleted_nodes:
            self._delete_nodes(distinct(np.concatenate(changes.deleted_nodes)))
        check()
        self._finish()
        if self._packs:
            next.adjacency = Adjacency(next.packed(), Delta.empty(), 0)
        next.end_counts = changed_ends(self._tip, next, changes)
        self._move_positions()
        check()
        self._insert_into_indexes()
        self._change_rules()
        return next

    def _create_nodes(self, block: CreatedNodes) -> None:
        ids, tip, next = block.ids, self._tip, self._next
        if len(ids) == 0:
            return
        _write_states(self._states, ids, block.label_set, tip.node_bound)
        next.node_bound = max(next.node_bound, int(ids.max()) + 1)
        next.live_nodes += len(ids)
        for label in tip.schema.label_set(block.label_set):
            self._label_counts[label] = self._label_counts.get(label, 0) + len(ids)
            self._add_candidates(label, ids, is_exact=True)
        for key, values in block.properties.items():
            self._check()
            self._column(key).write(ids, values, is_new=_are_new(ids, tip.node_bound))

    def _create_relationships(self, blocks: list[CreatedRelationships]) -> None:
        tip, next = self._tip, self._next
        for block in blocks:
            ids = block.ids
            if len(ids) == 0:
                continue
            _write_states(self._types, ids, block.type, tip.relationship_bound)
            next.relationship_bound = max(next.relationship_bound, int(ids.max()) + 1)
            next.live_relationships += len(ids)
            self._type_counts[block.type] = self._type_counts.get(block.type, 0) + len(ids)
            is_new = _are_new(ids, tip.relationship_bound)
            places = self._ends.positions(ids, is_new=is_new)
            self._ends.pool.buffer[places] = block.sources << 32 | block.targets
            for key, values in block.properties.items():
                self._check()
                self._relationship_column(key).write(ids, values, is_new=is_new)
            if not self._packs:
                types = np.full(len(ids), block.type, dtype=np.int64)
                next.adjacency = next.adjacency.extended(ids, block.sources, block.targets, types)

    def _write_labels(self, write: LabelWrite) -> None:
        schema = self._tip.schema
        old = self._current(self._states, write.ids)
        there = old >= 0
        ids, old, new = write.ids[there], old[there], write.label_sets[there]
        width = int(new.max(initial=0)) + 1
        pairs = old * width + new
        for pair in counted(pairs)[0].tolist():
            old_set, new_set = divmod(pair, width)
            nodes = np.sort(ids[pairs == pair])
            before, after = set(schema.label_set(old_set)), set(schema.label_set(new_set))
            for label in after - before:
                self._label_counts[label] = self._label_counts.get(label, 0) + len(nodes)
                self._add_candidates(label, nodes, is_exact=False)
                self._added.append((label, nodes))
            for label in before - after:
                self._label_counts[label] -= len(nodes)
                self._label_nodes[label] = self._label_nodes[label].inexact()
        _write_states(self._states, ids, new, self._tip.node_bound)

    def _delete_relationships(self, ids: Numbers) -> None:
        types = self._current(self._types, ids)
        ids, types = ids[types >= 0], types[types >= 0]
        for type, count in zip(*map(np.ndarray.tolist, counted(types)), strict=True):
            self._type_counts[type] -= count
        for chunk in _clear_states(self._types, ids):
            self._ends.remove(chunk)
        self._next.live_relationships -= len(ids)
        self._next.deleted_relationships += len(ids)
        for key in self._next.relationship_columns.keys() | self._relationship_columns.keys():
            self._relationship_column(key).clear(ids)

    def _delete_nodes(self, ids: NodeIds) -> None:
        label_sets = self._current(self._states, ids)
        ids, label_sets = ids[label_sets >= 0], label_sets[label_sets >= 0]
        for label_set, count in zip(*map(np.ndarray.tolist, counted(label_sets)), strict=True):
            for label in self._tip.schema.label_set(label_set):
                self._label_counts[label] -= count
                self._label_nodes[label] = self._label_nodes[label].inexact()
        _clear_states(self._states, ids)
        self._next.live_nodes -= len(ids)
        for key in self._next.node_columns.keys() | self._columns.keys():
            self._column(key).clear(ids)

    def _finish(self) -> None:
        next, tip = self._next, self._tip
        next.node_states = self._states.finish()
        next.relationship_states = self._types.finish()
        next.ends = self._ends.finish()
        next.label_counts, next.label_nodes = self._label_counts, self._label_nodes
        next.type_counts = self._type_counts
        next.node_columns = _finished(tip.node_columns, self._columns)
        next.relationship_columns = _finished(tip.relationship_columns, self._relationship_columns)

    def _move_positions(self) -> None:
        changes, next = self._changes, self._next
        if not changes.positions and not changes.reset_positions:
            return
        positions = dict(next.positions)
        for stream_id in changes.reset_positions:
            positions.pop(stream_id, None)
        for stream_id, position in changes.positions.items():
            old = positions.get(stream_id)
            if old is not None:
                for partition, offset in old.next_offsets.items():
                    assert position.next_offsets.get(partition, offset) >= offset, "a stream's position went back"
                offsets = {**old.next_offsets, **position.next_offsets}
                position = replace(position, next_offsets=offsets)
            positions[stream_id] = position
        next.positions = positions

    def _insert_into_indexes(self) -> None:
        """Elements under their new values and labels, as they are in the next snapshot."""
        for on, index in self._next.indexes.items():
            self._check()
            if on.entity is Entity.NODE:
                self._insert_nodes(on, index)
            else:
                self._insert_relationships(on, index)

    def _insert_nodes(self, on: SchemaDescriptor, index: PropertyIndex) -> None:
        changes, next = self._changes, self._next
        for block in changes.created_nodes:
            if on.token in next.schema.label_set(block.label_set):
                insert_created(on, index, block, self._tip.node_bound, next.version)
        touched = [write.ids for write in changes.node_properties if write.key in on.keys]
        touched += [nodes for added, nodes in self._added if added == on.token]
        if touched:
            self._insert_touched(on, index, distinct(np.concatenate(touched)))

    def _insert_relationships(self, on: SchemaDescriptor, index: PropertyIndex) -> None:
        changes = self._changes
        for block in changes.created_relationships:
            if block.type == on.token:
                insert_created(on, index, block, self._tip.relationship_bound, self._next.version)
        touched = [write.ids for write in changes.relationship_properties if write.key in on.keys]
        if touched:
            self._insert_touched(on, index, distinct(np.concatenate(touched)))

    def _insert_touched(self, on: SchemaDescriptor, index: PropertyIndex, ids: Numbers) -> None:
        tip, next = self._tip, self._next
        ids = ids[belongs(next, on, ids)]
        known = belongs(tip, on, ids)
        known &= same_rows(values_of(tip, on, ids), values_of(next, on, ids))
        index.may_repeat = True
        ids = ids[~known]
        insert_values(next, index, ids, on)
        index.order.add(next.version, ids)

    def _change_rules(self) -> None:
        changes, next = self._changes, self._next
        if not changes.has_rules():
            return
        next.rules = changes.changed_rules(next.rules)
        next.indexes = dict(next.indexes)
        for dropped in changes.dropped_indexes:
            next.indexes.pop(dropped, None)
        for definition in changes.created_indexes:
            if definition.on not in next.indexes:  # that of a constraint may be there before it
                index = next.indexes[definition.on] = PropertyIndex(count_of(next, definition.on))
                index.is_complete = False

    def _current(self, editor: PagesEditor, ids: Numbers) -> Numbers:
        return read_states(editor.pool.buffer, editor.table, ids, 1 << 31)

    def _add_candidates(self, label: LabelId, ids: NodeIds, *, is_exact: bool) -> None:
        nodes = self._label_nodes.get(label)
        self._label_nodes[label] = (nodes or LabelNodes.empty()).extended(ids, is_exact=is_exact)

    def _column(self, key: KeyId) -> ColumnEditor:
        editor = self._columns.get(key)
        if editor is None:
            column = self._tip.node_columns.get(key) or PropertyColumn({}, StringHeap())
            editor = self._columns[key] = ColumnEditor(column)
        return editor

    def _relationship_column(self, key: KeyId) -> ColumnEditor:
        editor = self._relationship_columns.get(key)
        if editor is None:
            column = self._tip.relationship_columns.get(key) or PropertyColumn({}, StringHeap())
            editor = self._relationship_columns[key] = ColumnEditor(column)
        return editor


def build_index(snapshot: Snapshot, on: SchemaDescriptor) -> PropertyIndex:
    """An index over all elements of the snapshot that have the label or type, and the properties."""
    index = PropertyIndex(count_of(snapshot, on))
    insert_values(snapshot, index, elements_of(snapshot, on), on)
    return index


def insert_values(snapshot: Snapshot, index: PropertyIndex, ids: Numbers, on: SchemaDescriptor) -> None:
    """Add the elements under their values in the snapshot, but those without."""
    hashes, valid = hash_columns(values_of(snapshot, on, ids))
    if len(valid):
        hashes, ids = hashes[valid], ids[valid]
    index.insert(hashes, ids)


def after_failure(current: Snapshot, changes: list[ChangeSet]) -> Snapshot:
    """``current`` as the new tip, when the commits after it failed.

    Their elements must never show: what they wrote in place beyond the bounds is taken back, and the delta, whose lists
    they stand in, is made anew. The indexes go on in copies that know what was left in them.
    """
    for failed in changes:
        for node_block in failed.created_nodes:
            _unmake(current.node_states, current.node_columns, node_block.ids, current.node_bound)
        for block in failed.created_relationships:
            _unmake(current.relationship_states, current.relationship_columns, block.ids, current.relationship_bound)
    return structs.replace(
        current,
        indexes={on: index.survivor() for on, index in current.indexes.items()},
        adjacency=current.adjacency.rebuilt(0),
        node_states=_recovered(current.node_states),
        relationship_states=_recovered(current.relationship_states),
        ends=_recovered(current.ends),
        node_columns={key: _recovered_column(column) for key, column in current.node_columns.items()},
        relationship_columns={key: _recovered_column(column) for key, column in current.relationship_columns.items()},
    )


def _recovered(pages: Pages) -> Pages:
    return pages.pool.recover(pages)


def _recovered_column(column: PropertyColumn) -> PropertyColumn:
    pages = {kind: _recovered(version) for kind, version in column.pages.items()}
    return PropertyColumn(pages, column.heap, column.text_bytes)


def _unmake(states: Pages, columns: dict[KeyId, PropertyColumn], ids: Numbers, bound: int) -> None:
    """Takes back what was written in place of elements that never were; states below the bound were copied first."""
    places = positions(states.table, ids[ids >= bound], 1 << 31)
    states.pool.buffer[places[places >= 0]] = -1
    for column in columns.values():
        for pages in column.pages.values():
            places = positions(pages.table, ids, 1 << 31)
            pages.pool.validity[places[places >= 0]] = False


def _write_states(editor: PagesEditor, ids: Numbers, states: Numbers | int, bound: int) -> None:
    if len(ids) == 0:
        return
    places = editor.positions(ids, is_new=_are_new(ids, bound))  # the pool may have another buffer after this
    editor.pool.buffer[places] = states


def _clear_states(editor: PagesEditor, ids: Numbers) -> list[int]:
    """Writes -1; gives the chunks that have no row left, which are removed. All ids have a row."""
    if len(ids) == 0:
        return []
    chunks, rows = counted(ids >> CHUNK_BITS)
    emptied = count_states(editor.pool.buffer, editor.table, chunks) == rows
    for chunk in chunks[emptied].tolist():
        editor.remove(chunk)
    ids = outside_chunks(ids, chunks[emptied])
    if len(ids):
        places = editor.positions(ids, is_new=False)
        editor.pool.buffer[places] = -1
    return cast("list[int]", chunks[emptied].tolist())


def _are_new(ids: Numbers, bound: int) -> bool:
    return len(ids) > 0 and int(ids[0] if len(ids) == 1 else ids.min()) >= bound


def _finished(columns: dict[KeyId, PropertyColumn], editors: dict[KeyId, ColumnEditor]) -> dict[KeyId, PropertyColumn]:
    """The columns as edited; one without a value is left out."""
    if not editors:
        return columns
    finished = {key: editor.finish() for key, editor in editors.items()}
    if all(columns.get(key) is column for key, column in finished.items()):
        return columns
    return {key: column for key, column in {**columns, **finished}.items() if column.pages}

"""TransactionReader: the GraphView half of a transaction, a snapshot corrected by what the transaction changed."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.kernels.adjacency import expand, expand_between
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.elements import belongs, values_of
from memgraph_py.storage.indexes import hash_columns
from memgraph_py.storage.ordering import InOrder, RangeBounds
from memgraph_py.storage.outline import Outline
from memgraph_py.storage.overlay import DELETED, ElementOverlay, OwnAdjacency
from memgraph_py.storage.own_index import OwnIndex, OwnValues
from memgraph_py.storage.sameness import same_rows
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.snapshot import (
    ASK,
    NO_IDS,
    NOTHING,
    Snapshot,
    distinct_seek,
    index_candidates,
    sets_with,
)
from memgraph_py.storage.view import (
    Direction,
    Expansion,
    KeyId,
    LabelId,
    NodeIds,
    RelationshipIds,
    Seek,
    TypeId,
)
from memgraph_py.values.types import Value

Numbers = NDArray[np.int64]


_NODES_AT_ONCE = 1 << 16
"""Of so many the relationships are listed at once."""
_FEW_BLOCKS = 8
"""So many are looked through faster than overlays are built of them."""


def has_few_blocks(changes: ChangeSet) -> bool:
    """True where what was created and set of nodes is looked through for one of them."""
    return len(changes.created_nodes) + len(changes.node_properties) <= _FEW_BLOCKS


class TransactionReader:
    """Reads of a transaction. Each method first asks whether anything was written that matters to it."""

    __slots__ = (
        "_adjacency",
        "_indexes",
        "_nodes",
        "_outline",
        "_relationships",
        "_values",
        "changes",
        "schema",
        "snapshot",
    )

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.schema: Schema = snapshot.schema
        self.changes = ChangeSet.empty()
        self._nodes: ElementOverlay | None = None
        self._relationships: ElementOverlay | None = None
        self._adjacency: OwnAdjacency | None = None
        self._indexes: dict[SchemaDescriptor, OwnIndex] = {}
        self._outline = Outline()
        self._values: dict[SchemaDescriptor, OwnValues] = {}

    def nodes(self, label: LabelId | None) -> NodeIds:
        """See GraphView."""
        ids = self.snapshot.nodes(label)
        if not self._changes_nodes():
            return ids
        touched, states = self.node_overlay().touched()
        mine = states >= 0 if label is None else sets_with(self.schema, states, label)
        return _with_own(ids, touched, mine)

    def relationships(self, type: TypeId | None) -> RelationshipIds:
        """See GraphView."""
        ids = self.snapshot.relationships(type)
        if not self._changes_relationships():
            return ids
        touched, states = self.relationship_overlay().touched()
        return _with_own(ids, touched, states >= 0 if type is None else states == type)

    def node_count(self, label: LabelId | None) -> int:
        """See GraphView; linear in what the transaction changed."""
        count = self.snapshot.node_count(label)
        if not self._changes_nodes():
            return count
        touched, states = self.node_overlay().touched()
        before = self.snapshot.label_sets(touched)
        if label is None:
            return count + int((states >= 0).sum()) - int((before >= 0).sum())
        return count + int(sets_with(self.schema, states, label).sum() - sets_with(self.schema, before, label).sum())

    @property
    def size(self) -> int:
        """See GraphView."""
        self._outline.catch_up(self.changes)
        return self.snapshot.size + self._outline.elements

    def property_count(self, label: LabelId | None, key: KeyId) -> int:
        """See GraphView."""
        if not self._changes_nodes() and not self.changes.node_properties:
            return self.snapshot.property_count(label, key)
        return int(self.node_property(self.nodes(label), key).validity().sum())

    def relationship_count(self, type: TypeId | None) -> int:
        """See GraphView; linear in what the transaction changed."""
        count = self.snapshot.relationship_count(type)
        if not self._changes_relationships():
            return count
        touched, states = self.relationship_overlay().touched()
        before = self.snapshot.relationship_types(touched)
        if type is None:
            return count + int((states >= 0).sum()) - int((before >= 0).sum())
        return count + int((states == type).sum()) - int((before == type).sum())

    def end_counts_of(self, type: TypeId, label: LabelId) -> tuple[int, int]:
        """See GraphView."""
        return self.snapshot.end_counts_of(type, label)

    def labels_at_ends(self, type: TypeId, direction: Direction) -> frozenset[LabelId]:
        """See GraphView."""
        return self.snapshot.labels_at_ends(type, direction)

    def per_value(self, on: SchemaDescriptor) -> float:
        """See GraphView."""
        return self.snapshot.per_value(on)

    def entry_count(self, on: SchemaDescriptor) -> int:
        """See GraphView."""
        return self.snapshot.entry_count(on)

    def expand(self, nodes: NodeIds, direction: Direction, types: NDArray[np.int64] | None) -> Expansion:
        """See GraphView."""
        found = self.snapshot.expand(nodes, direction, types)
        if not self._changes_relationships():
            return found
        own = None
        if self.changes.created_relationships:
            adjacency = self._own_adjacency()
            graph = adjacency.graph(self.changes)
            wanted = NO_IDS if types is None else types
            own = Expansion(*expand(adjacency.ends.find(nodes), int(direction), wanted, graph))
        return self._joined(found, own)

    def expand_into(
        self, sources: NodeIds, targets: NodeIds, direction: Direction, types: NDArray[np.int64] | None
    ) -> Expansion:
        """See GraphView."""
        found = self.snapshot.expand_into(sources, targets, direction, types)
        if not self._changes_relationships():
            return found
        own = None
        if self.changes.created_relationships:
            graph = self._own_adjacency().graph(self.changes)
            wanted = NO_IDS if types is None else types
            own = Expansion(*expand_between(sources, targets, int(direction), wanted, graph))
        return self._joined(found, own)

    def degrees(self, nodes: NodeIds, direction: Direction, types: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """See GraphView."""
        if not self._changes_relationships():
            return self.snapshot.degrees(nodes, direction, types)
        return np.bincount(self.expand(nodes, direction, types).source_rows, minlength=len(nodes))

    def shortest_path(
        self,
        ends: tuple[int, int],
        direction: Direction,
        types: NDArray[np.int64] | None,
        maximum: int | None,
        flag: NDArray[np.int64],
    ) -> RelationshipIds | None:
        """See GraphView."""
        if self._changes_relationships():
            return None
        return self.snapshot.shortest_path(ends, direction, types, maximum, flag)

    def path_ends(
        self,
        source: int,
        direction: Direction,
        types: NDArray[np.int64] | None,
        lengths: tuple[int, int],
        flag: NDArray[np.int64],
    ) -> NodeIds:
        """See GraphView; with relationships changed, by way of all paths."""
        if not self._changes_relationships():
            return self.snapshot.path_ends(source, direction, types, lengths, flag)
        minimum, maximum = lengths
        ends, found = np.array((source,), dtype=np.int64), [NO_IDS]
        paths: list[RelationshipIds] = []
        for length in range(1, maximum + 1):
            if flag[0]:
                break
            grown = self.expand(ends, direction, types)
            paths = [path[grown.source_rows] for path in paths]
            kept = np.ones(len(grown.targets), dtype=np.bool_)
            for path in paths:
                kept &= path != grown.relationships
            paths = [path[kept] for path in (*paths, grown.relationships)]
            ends = grown.targets[kept]
            if length >= minimum:
                found.append(ends)
        return distinct(np.concatenate(found))

    def walk_counts(
        self,
        nodes: NodeIds,
        counts: NDArray[np.int64],
        direction: Direction,
        types: NDArray[np.int64] | None,
        flag: NDArray[np.int64],
    ) -> tuple[NodeIds, NDArray[np.int64]]:
        """See GraphView; with relationships changed, by way of all of them, some nodes at a time."""
        if not self._changes_relationships():
            return self.snapshot.walk_counts(nodes, counts, direction, types, flag)
        totals = np.zeros(0, dtype=np.int64)
        for start in range(0, len(nodes), _NODES_AT_ONCE):
            if flag[0]:
                break
            found = self.expand(nodes[start : start + _NODES_AT_ONCE], direction, types)
            bound = int(found.targets.max(initial=-1)) + 1
            if bound > len(totals):
                totals = np.concatenate((totals, np.zeros(bound - len(totals), dtype=np.int64)))
            np.add.at(totals, found.targets, counts[start + found.source_rows])
        ends = np.flatnonzero(totals)
        return ends, totals[ends]

    def loop_counts(self, nodes: NodeIds, types: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """See GraphView."""
        if not self._changes_relationships():
            return self.snapshot.loop_counts(nodes, types)
        found = self.expand_into(nodes, nodes, Direction.OUT, types)
        return np.bincount(found.source_rows, minlength=len(nodes))

    def endpoints(self, relationships: RelationshipIds) -> tuple[NodeIds, NodeIds]:
        """See GraphView."""
        sources, targets = self.snapshot.endpoints(relationships)
        if self.changes.created_relationships:
            own = self.relationship_overlay()
            places = own.map.find(relationships)
            rows = np.flatnonzero((places >= 0) & (places < own.ends.length))
            ends = own.ends.array[places[rows]]
            rows, ends = rows[ends[:, 0] >= 0], ends[ends[:, 0] >= 0]
            sources[rows], targets[rows] = ends[:, 0], ends[:, 1]
        return sources, targets

    def relationship_types(self, relationships: RelationshipIds) -> NDArray[np.int64]:
        """See GraphView; -1 for ids that never were in this view. What this transaction deleted has its type still."""
        types = self._relationship_states(relationships)
        if self.changes.deleted_relationships and (types < 0).any():
            types = np.where(types < 0, self.snapshot.relationship_types(relationships), types)
            for block in self.changes.created_relationships:
                types[(types < 0) & np.isin(relationships, block.ids)] = block.type
        return types

    def label_sets(self, nodes: NodeIds) -> NDArray[np.int64]:
        """See GraphView; -1 for ids that are not in this view."""
        label_sets = self.snapshot.label_sets(nodes)
        return self.node_overlay().states(nodes, label_sets) if self._changes_nodes() else label_sets

    def has_label(self, nodes: NodeIds, label: LabelId) -> NDArray[np.bool_]:
        """See GraphView."""
        return sets_with(self.schema, self.label_sets(nodes), label)

    def node_property(self, nodes: NodeIds, key: KeyId) -> Column:
        """See GraphView."""
        column = self.snapshot.node_property(nodes, key)
        changes = self.changes
        if changes.created_nodes or changes.node_properties or changes.deleted_nodes:
            own = self.node_overlay()
            column = own.values(nodes, key, column)
            if changes.deleted_nodes:
                column = _without(column, own.states(nodes, np.zeros(len(nodes), dtype=np.int64)) == DELETED)
        return column

    def relationship_property(self, relationships: RelationshipIds, key: KeyId) -> Column:
        """See GraphView."""
        column = self.snapshot.relationship_property(relationships, key)
        changes = self.changes
        if changes.created_relationships or changes.relationship_properties or changes.deleted_relationships:
            own = self.relationship_overlay()
            column = own.values(relationships, key, column)
            if changes.deleted_relationships:
                states = own.states(relationships, np.zeros(len(relationships), dtype=np.int64))
                column = _without(column, states == DELETED)
        return column

    def node_keys(self, nodes: NodeIds) -> NDArray[np.int64]:
        """See GraphView."""
        keys = self.snapshot.node_keys(nodes)
        if not (self.changes.created_nodes or self.changes.node_properties):
            return keys
        return np.union1d(keys, np.array(self.node_overlay().keys(), dtype=np.int64))

    def relationship_keys(self, relationships: RelationshipIds) -> NDArray[np.int64]:
        """See GraphView."""
        keys = self.snapshot.relationship_keys(relationships)
        if not (self.changes.created_relationships or self.changes.relationship_properties):
            return keys
        return np.union1d(keys, np.array(self.relationship_overlay().keys(), dtype=np.int64))

    def nodes_exist(self, nodes: NodeIds) -> NDArray[np.bool_]:
        """See GraphView."""
        return self.label_sets(nodes) >= 0

    def relationships_exist(self, relationships: RelationshipIds) -> NDArray[np.bool_]:
        """See GraphView."""
        return self._relationship_states(relationships) >= 0

    def seek(self, on: SchemaDescriptor, values: Sequence[Column]) -> Seek:
        """See GraphView."""
        created, updated = self._changes_of(on.entity)
        if not created and not updated:
            return self.snapshot.seek(on, values)
        hashed = hash_columns(values)
        found = self.snapshot.seek_hashed(on, values, hashed)
        if updated and len(found.ids):
            kept = self._matches(on, found.ids, values, found.source_rows)
            found = Seek(found.source_rows[kept], found.ids[kept])
        rows, ids = index_candidates(self._own_index(on).index, hashed)
        if len(ids) == 0:
            return found
        kept = self._matches(on, ids, values, rows)
        rows, ids = rows[kept], ids[kept]
        return distinct_seek(np.concatenate((found.source_rows, rows)), np.concatenate((found.ids, ids)))

    def seek_one(self, on: SchemaDescriptor, value: Value) -> int:
        """As that of the snapshot."""
        if self.changes.is_empty() or not self._may_find_own(on):
            return self.snapshot.seek_one(on, value)
        if self._only_creates(on):
            values = self._values.get(on)
            if values is None:
                values = self._values[on] = OwnValues(on)
            own = values.find(value, self.schema, self.changes)
            if own != ASK:
                found = self.snapshot.seek_one(on, value)
                return found if own == NOTHING else own if found == NOTHING else ASK
        ids = self.seek(on, [Column.constant(value, 1)]).ids
        if len(ids) > 1:
            return ASK
        return int(ids.item()) if len(ids) else NOTHING

    def _may_find_own(self, on: SchemaDescriptor) -> bool:
        """False where no seek of nodes by this one property can find more or less than in the snapshot."""
        changes, outline = self.changes, self._outline
        if changes.label_writes or changes.deleted_nodes:
            return True
        if not changes.created_nodes and not changes.node_properties:
            return False
        outline.catch_up(changes)
        if not outline.keys.isdisjoint(on.keys):
            return True
        return any(on.token in self.schema.label_set(label_set) for label_set in outline.label_sets)

    def _only_creates(self, on: SchemaDescriptor) -> bool:
        """True where a seek of nodes by this one property finds all that it finds in the snapshot, and maybe more that
        was created."""
        changes = self.changes
        return not (changes.label_writes or changes.deleted_nodes) and self._outline.keys.isdisjoint(on.keys)

    def seek_range(self, on: SchemaDescriptor, bounds: RangeBounds) -> Seek | None:
        """See GraphView."""
        found = self.snapshot.seek_range(on, bounds)
        created, updated = self._changes_of(on.entity)
        if found is None or not (created or updated):
            return found
        own, count = self._own_index(on).touched(), bounds.rows
        rows = np.concatenate((found.source_rows, np.repeat(np.arange(count, dtype=np.int64), len(own))))
        ids = np.concatenate((found.ids, np.tile(own, count)))
        kept = belongs(self, on, ids)
        return distinct_seek(rows[kept], ids[kept])

    def in_order(
        self, on: SchemaDescriptor, bounds: RangeBounds, sizes: Iterator[int], *, descending: bool
    ) -> InOrder | None:
        """See GraphView."""
        found = self.snapshot.in_order(on, bounds, sizes, descending=descending)
        if found is None:
            return None
        created, updated = self._changes_of(on.entity)
        if created or updated:
            own = self._own_index(on).touched()
            found = found._replace(aside=distinct(np.concatenate((found.aside, own))), known=-1)
        elif self.changes.deleted_nodes or self.changes.deleted_relationships:
            found = found._replace(known=-1)
        return found

    def node_overlay(self) -> ElementOverlay:
        """What this transaction did to nodes, complete."""
        if self._nodes is None:
            self._nodes = ElementOverlay()
        self._nodes.catch_up_nodes(self.changes)
        return self._nodes

    def relationship_overlay(self) -> ElementOverlay:
        """What this transaction did to relationships, complete."""
        if self._relationships is None:
            self._relationships = ElementOverlay()
        self._relationships.catch_up_relationships(self.changes)
        return self._relationships

    def drop_overlays(self) -> None:
        """After changes were taken back."""
        self._nodes = self._relationships = self._adjacency = None
        self._indexes.clear()
        self._values.clear()
        self._outline = Outline()

    def _changes_nodes(self) -> bool:
        changes = self.changes
        return bool(changes.created_nodes or changes.label_writes or changes.deleted_nodes)

    def _changes_relationships(self) -> bool:
        return bool(self.changes.created_relationships or self.changes.deleted_relationships)

    def _relationship_states(self, relationships: RelationshipIds) -> NDArray[np.int64]:
        """(rows,) types, -1 where the relationship is not in this view."""
        types = self.snapshot.relationship_types(relationships)
        return self.relationship_overlay().states(relationships, types) if self._changes_relationships() else types

    def _own_adjacency(self) -> OwnAdjacency:
        if self._adjacency is None:
            self._adjacency = OwnAdjacency()
        return self._adjacency

    def _changes_of(self, entity: Entity) -> tuple[bool, bool]:
        """Whether this transaction has created such elements, and whether it has changed any that were there."""
        changes = self.changes
        if entity is Entity.NODE:
            updated = changes.node_properties or changes.label_writes or changes.deleted_nodes
            return bool(changes.created_nodes), bool(updated)
        updated = changes.relationship_properties or changes.deleted_relationships
        return bool(changes.created_relationships), bool(updated)

    def _own_index(self, on: SchemaDescriptor) -> OwnIndex:
        index = self._indexes.get(on)
        if index is None:
            index = self._indexes[on] = OwnIndex(on)
        index.catch_up(self, self.changes)
        return index

    def _matches(
        self, on: SchemaDescriptor, ids: Numbers, values: Sequence[Column], rows: Numbers
    ) -> NDArray[np.bool_]:
        return belongs(self, on, ids) & same_rows(values_of(self, on, ids), [column.take(rows) for column in values])

    def _joined(self, found: Expansion, own: Expansion | None) -> Expansion:
        """Both, grouped by row, without the relationships that this transaction deleted."""
        if own is not None and len(own.source_rows):
            rows = np.concatenate((found.source_rows, own.source_rows))
            relationships = np.concatenate((found.relationships, own.relationships))
            targets = np.concatenate((found.targets, own.targets))
            if len(found.source_rows) and found.source_rows[-1] > own.source_rows[0]:
                order = np.argsort(rows, kind="stable")
                rows, relationships, targets = rows[order], relationships[order], targets[order]
            found = Expansion(rows, relationships, targets)
        if self.changes.deleted_relationships and len(found.relationships):
            zeros = np.zeros(len(found.relationships), dtype=np.int64)
            kept = self.relationship_overlay().states(found.relationships, zeros) != DELETED
            if not kept.all():
                found = Expansion(found.source_rows[kept], found.relationships[kept], found.targets[kept])
        return found


def _with_own(ids: Numbers, touched: Numbers, mine: NDArray[np.bool_]) -> Numbers:
    """The snapshot's elements with those that the transaction touched replaced by those of them that belong here."""
    order = np.argsort(touched)
    touched, mine = touched[order], mine[order]
    rest = ids if len(ids) == 0 else ids[~np.isin(ids, touched, assume_unique=True)]
    return np.sort(np.concatenate((rest, touched[mine])))


def _without(column: Column, rows: NDArray[np.bool_]) -> Column:
    if not rows.any():
        return column
    return Column(column.kind, column.values, column.validity() & ~rows, column.data)

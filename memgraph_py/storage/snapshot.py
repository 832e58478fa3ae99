"""Snapshot: the graph at one version. Immutable; published by swapping a reference, so reading takes no lock.

A snapshot knows the bound of the ids that it can see. ``node_states`` holds the label set of each node and
``relationship_states`` the type of each relationship, -1 where there is none: deleted, rolled back, or not yet
committed when this version was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, STRING_LENGTH_MASK, Column, Kind
from memgraph_py.kernels.adjacency import count_degrees, expand, expand_between
from memgraph_py.kernels.chunks import count_present, read_ends, read_states
from memgraph_py.kernels.hashing import ANY_VALUE, SAME_NUMBER, SAME_TEXT, find_node, find_nodes
from memgraph_py.kernels.path_ends import Walk, path_ends
from memgraph_py.kernels.shortest import shortest_path
from memgraph_py.kernels.sorting import distinct, distinct_pairs
from memgraph_py.kernels.walks import add_walks, count_loops
from memgraph_py.storage.adjacency import Adjacency, Base, Graph
from memgraph_py.storage.changes import StreamPosition
from memgraph_py.storage.degrees import EndCounts, ends_with_label, labels_at_ends
from memgraph_py.storage.elements import belongs, count_of, elements_of, values_of
from memgraph_py.storage.indexes import Hashed, LabelNodes, PropertyIndex, hash_columns
from memgraph_py.storage.ordering import InOrder, RangeBounds
from memgraph_py.storage.pages import NO_VALIDITY, Pages
from memgraph_py.storage.properties import PropertyColumn
from memgraph_py.storage.sameness import same_rows, same_values
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor, SchemaRules
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

NOTHING, ASK = -1, -2
"""In place of a node that is sought: there is none; only ``seek`` can tell, as there are several, or the value is none
that is compared here."""
NO_IDS: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
_ROWS_AT_ONCE = 1 << 16  # what is made of them stays in the processor's caches
_INT = Kind.INT  # to look one up in its enumeration takes 50 ns, each time
_SAME: dict[Kind, int] = {Kind.INT: SAME_NUMBER, Kind.STRING: SAME_TEXT}
_FIRST_ROW: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
_NO_COLUMN = (NO_IDS, NO_VALIDITY, np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8))


class Snapshot(msgspec.Struct, eq=False):
    """The graph at one version: a GraphView. Its fields are read by the store and never changed. A struct, as each
    commit copies one."""

    version: int
    schema: Schema
    node_bound: int
    """Node ids from here on are not in this version; the same holds for ``relationship_bound``."""
    relationship_bound: int
    live_nodes: int
    live_relationships: int
    deleted_relationships: int
    """How many were ever deleted; tells whether some were since the adjacency was packed."""
    node_states: Pages
    relationship_states: Pages
    ends: Pages
    """Of each relationship: source << 32 | target."""
    node_columns: dict[KeyId, PropertyColumn]
    relationship_columns: dict[KeyId, PropertyColumn]
    adjacency: Adjacency
    label_nodes: dict[LabelId, LabelNodes]
    label_counts: dict[LabelId, int]
    type_counts: dict[TypeId, int]
    end_counts: EndCounts
    indexes: dict[SchemaDescriptor, PropertyIndex]
    rules: SchemaRules
    """What ``schema`` says of the newest version, of this one."""
    positions: dict[UUID, StreamPosition]

    @staticmethod
    def empty(schema: Schema) -> "Snapshot":
        """Version 0: nothing."""
        ends = Pages.empty(np.dtype(np.int64), -1, has_validity=False)
        states = [Pages.empty(np.dtype(np.int32), -1, has_validity=False) for _ in range(2)]
        return Snapshot(
            0,
            schema,
            0,
            0,
            0,
            0,
            0,
            states[0],
            states[1],
            ends,
            {},
            {},
            Adjacency.empty(),
            {},
            {},
            {},
            {},
            {},
            SchemaRules(),
            {},
        )

    def successor(self, version: int) -> "Snapshot":
        """The same graph at another version, for the store to change before it publishes it."""
        return replace(self, version=version)

    def nodes(self, label: LabelId | None) -> NodeIds:
        """See GraphView."""
        if label is None:
            return self.node_states.alive_ids(self.node_bound, self.live_nodes)
        index = self.label_nodes.get(label)
        if index is None:
            return NO_IDS
        candidates = index.candidates()
        return candidates if index.is_exact else candidates[self.has_label(candidates, label)]

    def relationships(self, type: TypeId | None) -> RelationshipIds:
        """See GraphView."""
        if type is None:
            return self.relationship_states.alive_ids(self.relationship_bound, self.live_relationships)
        if self.type_counts.get(type, 0) == 0:
            return NO_IDS
        ids = self.relationship_states.written_ids(self.relationship_bound)
        of_type: RelationshipIds = ids[self.relationship_types(ids) == type]
        return of_type

    def node_count(self, label: LabelId | None) -> int:
        """See GraphView."""
        return self.live_nodes if label is None else self.label_counts.get(label, 0)

    @property
    def size(self) -> int:
        """See GraphView."""
        return self.live_nodes + self.live_relationships

    def property_count(self, label: LabelId | None, key: KeyId) -> int:
        """See GraphView."""
        column = self.node_columns.get(key)
        if column is None:
            return 0
        every = label is None or self.node_count(label) == self.live_nodes
        members = NO_VALIDITY if every or label is None else self.schema.label_members(label)
        states = self.node_states
        counts = [
            count_present(pages.validity, pages.table, states.buffer, states.table, members, self.node_bound)
            for pages in column.pages.values()
        ]
        return int(sum(counts))

    def relationship_count(self, type: TypeId | None) -> int:
        """See GraphView."""
        return self.live_relationships if type is None else self.type_counts.get(type, 0)

    def end_counts_of(self, type: TypeId, label: LabelId) -> tuple[int, int]:
        """See GraphView."""
        return ends_with_label(self.end_counts, self.schema, type, label)

    def labels_at_ends(self, type: TypeId, direction: Direction) -> frozenset[LabelId]:
        """See GraphView."""
        return labels_at_ends(self.end_counts, self.schema, type, direction)

    def per_value(self, on: SchemaDescriptor) -> float:
        """See GraphView."""
        index = self.indexes.get(on)
        return 1.0 if index is None else index.per_value

    def entry_count(self, on: SchemaDescriptor) -> int:
        """See GraphView."""
        index = self.indexes.get(on)
        return count_of(self, on) if index is None else index.entries

    def expand(self, nodes: NodeIds, direction: Direction, types: NDArray[np.int64] | None) -> Expansion:
        """See GraphView."""
        return Expansion(*expand(nodes, int(direction), NO_IDS if types is None else types, self.graph()))

    def expand_into(
        self, sources: NodeIds, targets: NodeIds, direction: Direction, types: NDArray[np.int64] | None
    ) -> Expansion:
        """See GraphView."""
        wanted = NO_IDS if types is None else types
        return Expansion(*expand_between(sources, targets, int(direction), wanted, self.graph()))

    def degrees(self, nodes: NodeIds, direction: Direction, types: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """See GraphView."""
        return count_degrees(nodes, int(direction), NO_IDS if types is None else types, self.graph())

    def shortest_path(
        self,
        ends: tuple[int, int],
        direction: Direction,
        types: NDArray[np.int64] | None,
        maximum: int | None,
        flag: NDArray[np.int64],
    ) -> RelationshipIds | None:
        """See GraphView; of a transaction's own nodes too, which have no relationships here."""
        if max(ends) >= self.node_bound:
            return NO_IDS
        limit = -1 if maximum is None else maximum
        return shortest_path(*ends, limit, self.node_bound, self._walk(direction, types, flag))

    def path_ends(
        self,
        source: int,
        direction: Direction,
        types: NDArray[np.int64] | None,
        lengths: tuple[int, int],
        flag: NDArray[np.int64],
    ) -> NodeIds:
        """See GraphView; of a transaction's own nodes too, which have no relationships here."""
        if source >= self.node_bound:
            return NO_IDS
        return path_ends(source, *lengths, self.node_bound, self._walk(direction, types, flag))

    def walk_counts(
        self,
        nodes: NodeIds,
        counts: NDArray[np.int64],
        direction: Direction,
        types: NDArray[np.int64] | None,
        flag: NDArray[np.int64],
    ) -> tuple[NodeIds, NDArray[np.int64]]:
        """See GraphView."""
        totals = np.zeros(self.node_bound, dtype=np.int64)
        add_walks(nodes, counts, totals, self._walk(direction, types, flag))
        ends = np.flatnonzero(totals)
        return ends, totals[ends]

    def _walk(self, direction: Direction, types: NDArray[np.int64] | None, flag: NDArray[np.int64]) -> Walk:
        """Where a walk may lead, for kernels. types None: any."""
        return int(direction), NO_IDS if types is None else types, self.graph(), flag

    def loop_counts(self, nodes: NodeIds, types: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """See GraphView."""
        return count_loops(nodes, NO_IDS if types is None else types, self.graph())

    def endpoints(self, relationships: RelationshipIds) -> tuple[NodeIds, NodeIds]:
        """See GraphView; -1 for ids that are not in this version."""
        return read_ends(self.ends.buffer, self.ends.table, relationships, self.relationship_bound)

    def relationship_types(self, relationships: RelationshipIds) -> NDArray[np.int64]:
        """See GraphView; -1 for ids that are not in this version."""
        pages = self.relationship_states
        return read_states(pages.buffer, pages.table, relationships, self.relationship_bound)

    def label_sets(self, nodes: NodeIds) -> NDArray[np.int64]:
        """See GraphView; -1 for ids that are not in this version."""
        pages = self.node_states
        return read_states(pages.buffer, pages.table, nodes, self.node_bound)

    def has_label(self, nodes: NodeIds, label: LabelId) -> NDArray[np.bool_]:
        """See GraphView."""
        if self.label_counts.get(label) == self.node_bound:  # each that there ever was
            return (nodes >= 0) & (nodes < self.node_bound)
        return sets_with(self.schema, self.label_sets(nodes), label)

    def node_property(self, nodes: NodeIds, key: KeyId) -> Column:
        """See GraphView."""
        column = self.node_columns.get(key)
        return Column.nulls(len(nodes)) if column is None else column.read(nodes, self.node_bound)

    def relationship_property(self, relationships: RelationshipIds, key: KeyId) -> Column:
        """See GraphView."""
        column = self.relationship_columns.get(key)
        if column is None:
            return Column.nulls(len(relationships))
        return column.read(relationships, self.relationship_bound)

    def node_keys(self, nodes: NodeIds) -> NDArray[np.int64]:
        """See GraphView."""
        return _keys(self.node_columns, nodes)

    def relationship_keys(self, relationships: RelationshipIds) -> NDArray[np.int64]:
        """See GraphView."""
        return _keys(self.relationship_columns, relationships)

    def nodes_exist(self, nodes: NodeIds) -> NDArray[np.bool_]:
        """See GraphView."""
        return self.label_sets(nodes) >= 0

    def relationships_exist(self, relationships: RelationshipIds) -> NDArray[np.bool_]:
        """See GraphView."""
        return self.relationship_types(relationships) >= 0

    def seek(self, on: SchemaDescriptor, values: Sequence[Column]) -> Seek:
        """See GraphView."""
        if len(values) == 1 and len(values[0].values) == 1 and on.entity is Entity.NODE:  # a third of the time
            node = self.seek_one(on, values[0].value(0))
            if node != ASK:
                return Seek(_FIRST_ROW, np.array((node,))) if node >= 0 else Seek(NO_IDS, NO_IDS)
        return self.seek_hashed(on, values, hash_columns(values))

    def seek_one(self, on: SchemaDescriptor, value: Value) -> int:
        """The one node with the label and this value of the one property, NOTHING or ASK."""
        index, column = self.indexes.get(on), self.node_columns.get(on.keys[0])
        if index is None or column is None or not index.is_complete:
            return ASK
        data = EMPTY_DATA
        if type(value) is int and (column.only is _INT or _is_compared(column, _INT)):
            kind, check, sought = _INT, SAME_NUMBER, value
        elif type(value) is str and _is_compared(column, Kind.STRING):
            encoded = value.encode("utf-8", "replace")
            kind, check, sought = Kind.STRING, SAME_TEXT, len(encoded)  # a handle: the text begins at 0
            if encoded:
                data = np.frombuffer(encoded, dtype=np.uint8)
            if sought > STRING_LENGTH_MASK:
                return ASK
        else:
            return ASK
        pages, states = column.pages[kind], self.node_states
        stored = (pages.buffer, pages.validity, pages.table, column.heap.data)
        members = self.schema.label_members(on.token)
        return find_node(
            index.table.arrays, check, sought, data, stored, (states.buffer, states.table, members), self.node_bound
        )

    def seek_hashed(self, on: SchemaDescriptor, values: Sequence[Column], hashed: Hashed) -> Seek:
        """As ``seek``, where ``hash_columns(values)`` is known already."""
        index = self.indexes.get(on)
        if index is None or not index.is_complete:
            if index is None and self.schema.index(on) is None:
                raise KeyError(on)
            return self._seek_by_scan(on, values)  # the index is younger than this version
        if on.entity is Entity.RELATIONSHIP or len(values) > 1:
            rows, ids = index_candidates(index, hashed)
            kept = belongs(self, on, ids)
            rows, ids = rows[kept], ids[kept]
            kept = same_rows(values_of(self, on, ids), [column.take(rows) for column in values])
            return distinct_seek(rows[kept], ids[kept])
        return self._seek_nodes(index, on.token, on.keys[0], values[0], hashed)

    def seek_range(self, on: SchemaDescriptor, bounds: RangeBounds) -> Seek | None:
        """See GraphView."""
        index = self.indexes.get(on)
        if index is None or not index.is_complete:
            return None
        found = index.order.candidates(_IndexedVersion(self, on), bounds)
        if found is None:
            return None
        rows, ids = found
        kept = belongs(self, on, ids)
        return distinct_seek(rows[kept], ids[kept])

    def in_order(
        self, on: SchemaDescriptor, bounds: RangeBounds, sizes: Iterator[int], *, descending: bool
    ) -> InOrder | None:
        """See GraphView."""
        index = self.indexes.get(on)
        found = None
        if index is not None and index.is_complete:
            found = index.order.whole(_IndexedVersion(self, on))
        if found is None:
            return None
        ordered, since = found
        known = len(ordered) if ordered.version == self.version else -1
        return InOrder(ordered.pieces(bounds, sizes, descending=descending), distinct(since), known)

    def _seek_nodes(self, index: PropertyIndex, label: LabelId, key: KeyId, values: Column, hashed: Hashed) -> Seek:
        """One property of nodes: a kernel compares what can be compared as it stands."""
        column = self.node_columns.get(key)
        if column is None:
            return Seek(NO_IDS, NO_IDS)
        hashes, valid = hashed
        table, states = index.table, self.node_states
        arrays = (states.buffer, states.table, self.schema.label_members(label))
        check = _SAME.get(values.kind, ANY_VALUE) if column.only is values.kind else ANY_VALUE
        if check == ANY_VALUE:
            rows, nodes = find_nodes(
                table.arrays, check, hashes, valid, NO_IDS, EMPTY_DATA, _NO_COLUMN, arrays, self.node_bound
            )
            kept = same_values(self.node_property(nodes, key), values.take(rows))
            rows, nodes = rows[kept], nodes[kept]
        else:
            pages = column.pages[values.kind]
            data = EMPTY_DATA if values.data is None else values.data
            sought = np.ascontiguousarray(values.values, dtype=np.int64)
            stored = (pages.buffer, pages.validity, pages.table, column.heap.data)
            rows, nodes = find_nodes(table.arrays, check, hashes, valid, sought, data, stored, arrays, self.node_bound)
        if index.may_repeat and len(nodes) > 1:
            return distinct_seek(rows, nodes)
        return Seek(rows, nodes)

    def graph(self) -> Graph:
        """The relationships by node, as kernels take them."""
        pages = self.relationship_states
        return self.adjacency.graph(self.deleted_relationships, pages.buffer, pages.table)

    def packed(self) -> Base:
        """A base of all relationships."""
        ids = self.relationships(None)
        rows = np.empty((len(ids), 4), dtype=np.int32)
        for start in range(0, len(ids), _ROWS_AT_ONCE):
            some = ids[start : start + _ROWS_AT_ONCE]
            columns = (*self.endpoints(some), some, self.relationship_types(some))
            rows[start : start + len(some)] = np.column_stack(columns)
        del ids
        return Base.pack(rows, self.deleted_relationships, self.version)

    def _seek_by_scan(self, on: SchemaDescriptor, values: Sequence[Column]) -> Seek:
        ids = elements_of(self, on)
        index = PropertyIndex(len(ids))
        hashes, valid = hash_columns(values_of(self, on, ids))
        present = valid if len(valid) else slice(None)
        index.insert(hashes[present], ids[present])
        rows, ids = index_candidates(index, hash_columns(values))
        kept = same_rows(values_of(self, on, ids), [column.take(rows) for column in values])
        return Seek(rows[kept], ids[kept])


@dataclass(frozen=True, slots=True, eq=False)
class _IndexedVersion:
    """What an order is made of."""

    snapshot: Snapshot
    on: SchemaDescriptor

    @property
    def version(self) -> int:
        return self.snapshot.version

    def read(self) -> tuple[NDArray[np.int64], list[Column]]:
        ids = elements_of(self.snapshot, self.on)
        return ids, values_of(self.snapshot, self.on, ids)


def _is_compared(column: PropertyColumn, kind: Kind) -> bool:
    """True where a value of this kind equals none of another kind that the column has."""
    kinds = column.pages
    return column.only is kind or (kind in kinds and Kind.FLOAT not in kinds and Kind.OBJECT not in kinds)


def index_candidates(index: PropertyIndex, hashed: Hashed) -> tuple[NDArray[np.int64], NodeIds]:
    """Rows of the values, of which only the hashes are needed, and nodes whose value may be that one: of equal hash."""
    hashes, valid = hashed
    table = index.table
    states = (_NO_COLUMN[2], _NO_COLUMN[2], NO_VALIDITY)
    return find_nodes(table.arrays, 0, hashes, valid, NO_IDS, EMPTY_DATA, _NO_COLUMN, states, 0)


def distinct_seek(rows: NDArray[np.int64], nodes: NodeIds) -> Seek:
    """Each pair of row and node once, by row."""
    if bool((rows[1:] > rows[:-1]).all()):
        return Seek(rows, nodes)
    if rows.min() == rows.max():
        nodes = distinct(nodes)
        return Seek(rows[: len(nodes)], nodes)
    return Seek(*distinct_pairs(rows, nodes))


def sets_with(schema: Schema, label_sets: NDArray[np.int64], label: LabelId) -> NDArray[np.bool_]:
    """(rows,) True where the label set has the label; a set of -1 has none."""
    members = schema.label_members(label)
    result: NDArray[np.bool_] = members[label_sets]  # -1 reads the last set, and is masked
    return result & (label_sets >= 0)


def _keys(columns: dict[KeyId, PropertyColumn], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array(sorted(key for key, column in columns.items() if column.may_have(ids)), dtype=np.int64)

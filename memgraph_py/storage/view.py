"""What can be read of a graph: GraphView, and the types its methods take and give.

``Snapshot`` (a committed version) and ``Transaction`` (a snapshot under its own changes) are the two implementations;
execution never asks which. Ids of labels, types and keys are those of ``Schema``, interned and never reused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.storage.ordering import InOrder, RangeBounds
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import SchemaDescriptor

Flags: TypeAlias = NDArray[np.bool_]
"""(rows,) truth values."""
NodeIds: TypeAlias = NDArray[np.int64]
RelationshipIds: TypeAlias = NDArray[np.int64]
LabelId: TypeAlias = int
TypeId: TypeAlias = int
KeyId: TypeAlias = int


class Direction(IntEnum):
    """Of a relationship as seen from the node that is expanded."""

    OUT = 0
    IN = 1
    BOTH = 2


REVERSED = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}
"""As seen from the node at the other end."""


@dataclass(slots=True, eq=False)
class Expansion:
    """Matches of an expansion, each (matches,) int64: the row of the input, the relationship, the node at its other
    end.
    """

    source_rows: NDArray[np.int64]
    relationships: RelationshipIds
    targets: NodeIds


@dataclass(slots=True, eq=False)
class Seek:
    """Matches of an index seek, each (matches,) int64: the row of the input values, the node or relationship found."""

    source_rows: NDArray[np.int64]
    ids: NDArray[np.int64]


class GraphView(Protocol):
    """What execution reads. Every method gives the view's own version, whatever others commit meanwhile."""

    @property
    def schema(self) -> Schema: ...

    def nodes(self, label: LabelId | None) -> NodeIds:
        """All nodes, or those with the label: (rows,) int64, ascending."""
        ...

    def relationships(self, type: TypeId | None) -> RelationshipIds:
        """All relationships, or those of the type: (rows,) int64, ascending."""
        ...

    def node_count(self, label: LabelId | None) -> int:
        """Exact number of nodes, or of those with the label, in O(1) for a snapshot."""
        ...

    @property
    def size(self) -> int:
        """Nodes and relationships, as good as in O(1); in a transaction those that it deleted are counted too."""
        ...

    def property_count(self, label: LabelId | None, key: KeyId) -> int:
        """Exact number of nodes, or of those with the label, that have the property."""
        ...

    def relationship_count(self, type: TypeId | None) -> int:
        """Exact number of relationships, or of those of the type, in O(1) for a snapshot."""
        ...

    def end_counts_of(self, type: TypeId, label: LabelId) -> tuple[int, int]:
        """Number of relationships of the type that start at a node with the label, and of those that end at one; for
        estimates, as a transaction leaves out what it has changed itself.
        """
        ...

    def labels_at_ends(self, type: TypeId, direction: Direction) -> frozenset[LabelId]:
        """The labels that each node has that a relationship of the type starts (OUT) or ends (IN) at; for BOTH
        either. Of the version that a transaction began with."""
        ...

    def per_value(self, on: SchemaDescriptor) -> float:
        """About how many elements have the same values of the properties that an index is on; 1 where there is none.
        For estimates.
        """
        ...

    def entry_count(self, on: SchemaDescriptor) -> int:
        """About how many elements an index holds, those that have all its properties; all with the label or type where
        there is none. For estimates."""
        ...

    def expand(self, nodes: NodeIds, direction: Direction, types: NDArray[np.int64] | None) -> Expansion:
        """Relationships at the nodes, grouped by input row in order.

        types: (n,) ids of relationship types, or None for all. A loop is given once for BOTH. A node id of -1 (NULL)
        has none.
        """
        ...

    def expand_into(
        self, sources: NodeIds, targets: NodeIds, direction: Direction, types: NDArray[np.int64] | None
    ) -> Expansion:
        """Relationships between sources[i] and targets[i]; ``targets`` of the answer are those of the match."""
        ...

    def degrees(self, nodes: NodeIds, direction: Direction, types: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """(rows,) number of relationships at each node."""
        ...

    def shortest_path(
        self,
        ends: tuple[int, int],
        direction: Direction,
        types: NDArray[np.int64] | None,
        maximum: int | None,
        flag: NDArray[np.int64],
    ) -> RelationshipIds | None:
        """The relationships of a shortest path between two different nodes, in order, none where there is no path of at
        most ``maximum`` of them. None where this view cannot tell at once: then search level by level.

        flag: (1,) not 0 once the caller wants no answer; what is given then means nothing.
        """
        ...

    def path_ends(
        self,
        source: int,
        direction: Direction,
        types: NDArray[np.int64] | None,
        lengths: tuple[int, int],
        flag: NDArray[np.int64],
    ) -> NodeIds:
        """Distinct nodes at the ends of paths from the node, none using a relationship twice, ascending. lengths: least
        (1 or more) and greatest number of relationships. For BOTH, of one relationship only. flag: see shortest_path.
        """
        ...

    def walk_counts(
        self,
        nodes: NodeIds,
        counts: NDArray[np.int64],
        direction: Direction,
        types: NDArray[np.int64] | None,
        flag: NDArray[np.int64],
    ) -> tuple[NodeIds, NDArray[np.int64]]:
        """The nodes at the ends of walks of one relationship, ascending, and how many end there, where so many
        (``counts``, above 0) begin at each of the nodes. flag: see shortest_path.
        """
        ...

    def loop_counts(self, nodes: NodeIds, types: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """(rows,) number of relationships from each node to itself."""
        ...

    def endpoints(self, relationships: RelationshipIds) -> tuple[NodeIds, NodeIds]:
        """Start and end nodes, each (rows,)."""
        ...

    def relationship_types(self, relationships: RelationshipIds) -> NDArray[np.int64]:
        """(rows,) type ids."""
        ...

    def label_sets(self, nodes: NodeIds) -> NDArray[np.int64]:
        """(rows,) ids of label sets; ``schema.label_set(id)`` gives the label ids, ascending."""
        ...

    def has_label(self, nodes: NodeIds, label: LabelId) -> NDArray[np.bool_]:
        """(rows,) True where the node has the label."""
        ...

    def node_property(self, nodes: NodeIds, key: KeyId) -> Column:
        """(rows,), NULL where absent, where the id is -1, and where the node was deleted."""
        ...

    def relationship_property(self, relationships: RelationshipIds, key: KeyId) -> Column:
        """(rows,), NULL where absent, where the id is -1, and where the relationship was deleted."""
        ...

    def node_keys(self, nodes: NodeIds) -> NDArray[np.int64]:
        """Ids of the property keys that at least one of the nodes may have, ascending: a superset."""
        ...

    def relationship_keys(self, relationships: RelationshipIds) -> NDArray[np.int64]:
        """Ids of the property keys that at least one of the relationships may have, ascending: a superset."""
        ...

    def nodes_exist(self, nodes: NodeIds) -> NDArray[np.bool_]:
        """(rows,) True where the node is in this view: made and not deleted."""
        ...

    def relationships_exist(self, relationships: RelationshipIds) -> NDArray[np.bool_]:
        """(rows,) True where the relationship is in this view."""
        ...

    def seek(self, on: SchemaDescriptor, values: Sequence[Column]) -> Seek:
        """Elements with the label or type whose properties equal the values of a row (openCypher equality: 1 finds 1.0;
        NULL finds none).

        values: (rows,) a property. Raises KeyError when there is no such index: the planner asks ``schema.has_index``
        first.
        """
        ...

    def seek_range(self, on: SchemaDescriptor, bounds: RangeBounds) -> Seek | None:
        """Elements with the label or type that may be within the bounds of a row, and all that are. None where this
        view has no order of the index, or much of it is within: then look at all elements."""
        ...


class WritableGraph(GraphView, Protocol):
    """What updating operators write through; ``Transaction`` is the one implementation.

    Every write is visible to the next read of the same transaction. Ids in arrays may repeat where said; deleting
    twice is fine.
    """

    def in_order(
        self, on: SchemaDescriptor, bounds: RangeBounds, sizes: Iterator[int], *, descending: bool
    ) -> InOrder | None:
        """Elements that may be within the bounds, of one row, in the order of the property; None where the index has no
        order for this version. sizes: of the pieces."""
        ...

    def create_nodes(self, count: int, labels: tuple[LabelId, ...], properties: dict[KeyId, Column]) -> NodeIds:
        """New nodes, all with the same labels; each property column is (count,), NULL meaning absent. Gives their
        ids.
        """
        ...

    def create_relationships(
        self, sources: NodeIds, targets: NodeIds, type: TypeId, properties: dict[KeyId, Column]
    ) -> RelationshipIds:
        """New relationships. Raises EntityNotFound where an end was deleted in this transaction."""
        ...

    def set_node_property(self, nodes: NodeIds, key: KeyId, values: Column, always: Flags | None = None) -> int:
        """Set, or remove where NULL. On a repeated id the last one counts. Gives the number of properties set or
        removed, each time counted; ``always``: rows that count though they remove what is not there.
        """
        ...

    def set_relationship_property(
        self, relationships: RelationshipIds, key: KeyId, values: Column, always: Flags | None = None
    ) -> int:
        """Set, or remove where NULL. On a repeated id the last one counts. Gives the number of properties set or
        removed, each time counted; ``always``: rows that count though they remove what is not there.
        """
        ...

    def add_labels(self, nodes: NodeIds, labels: tuple[LabelId, ...]) -> int:
        """Gives the number of labels that were not there."""
        ...

    def remove_labels(self, nodes: NodeIds, labels: tuple[LabelId, ...]) -> int:
        """Gives the number of labels that were there."""
        ...

    def delete_relationships(self, relationships: RelationshipIds) -> int:
        """Gives the number of relationships that were there."""
        ...

    def delete_nodes(self, nodes: NodeIds, *, detach: bool) -> tuple[int, int]:
        """Numbers of nodes and relationships deleted. Without ``detach`` the nodes' relationships stay until commit,
        which raises ConstraintViolation if any of them is still there (openCypher lets one query delete them in any
        order)."""
        ...

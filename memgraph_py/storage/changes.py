"""ChangeSet: everything one transaction does to the graph, as a value.

Commit, log, recovery and stream positions all speak of it. It holds columns, not rows: a block per call that made it,
with ids in arrays. Order matters only as said: created elements first, then properties and labels (in order, the last
one wins), then deletions.
"""

from dataclasses import dataclass
from typing import Any, Never, TypeVar
from uuid import UUID

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.storage.schema_rules import ConstraintDefinition, IndexDefinition, SchemaDescriptor, SchemaRules

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of one incarnation of a topic; topic_id '' where the broker does not tell it."""

    topic: str
    topic_id: str
    partition: int


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """Where a stream goes on: next offset by partition, and how many batches its LIMIT has left (None: no limit)."""

    next_offsets: dict[Partition, int]
    batches_left: int | None


class CreatedNodes(msgspec.Struct, eq=False):
    """ids (rows,) int64, none twice; label_set: one id for all; properties: (rows,) each, NULL meaning absent."""

    ids: NDArray[np.int64]
    label_set: int
    properties: dict[int, Column]


class CreatedRelationships(msgspec.Struct, eq=False):
    """All (rows,) int64; one type for all."""

    ids: NDArray[np.int64]
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    type: int
    properties: dict[int, Column]


class PropertyWrite(msgspec.Struct, eq=False):
    """values (rows,), NULL removes; ids (rows,) without repetition."""

    ids: NDArray[np.int64]
    key: int
    values: Column


class LabelWrite(msgspec.Struct, eq=False):
    """The new label set of each node: both (rows,) int64."""

    ids: NDArray[np.int64]
    label_sets: NDArray[np.int64]


class ChangeSet(msgspec.Struct, eq=False):
    """All changes of one transaction. ``is_empty`` ones are not logged."""

    created_nodes: list[CreatedNodes] = msgspec.field(default_factory=list)
    created_relationships: list[CreatedRelationships] = msgspec.field(default_factory=list)
    node_properties: list[PropertyWrite] = msgspec.field(default_factory=list)
    relationship_properties: list[PropertyWrite] = msgspec.field(default_factory=list)
    label_writes: list[LabelWrite] = msgspec.field(default_factory=list)
    deleted_nodes: list[NDArray[np.int64]] = msgspec.field(default_factory=list)
    deleted_relationships: list[NDArray[np.int64]] = msgspec.field(default_factory=list)
    positions: dict[UUID, StreamPosition] = msgspec.field(default_factory=dict)
    reset_positions: set[UUID] = msgspec.field(default_factory=set)
    """Streams whose position may go back (SET OFFSET), or whose position is dropped where ``positions`` has none."""
    created_indexes: list[IndexDefinition] = msgspec.field(default_factory=list)
    dropped_indexes: list[SchemaDescriptor] = msgspec.field(default_factory=list)
    created_constraints: list[ConstraintDefinition] = msgspec.field(default_factory=list)
    """The index that one owns stands in ``created_indexes``."""
    dropped_constraints: list[str] = msgspec.field(default_factory=list)
    """Names; the indexes that they own stand in ``dropped_indexes``."""

    @staticmethod
    def empty() -> "ChangeSet":
        """No changes yet, for a transaction to begin with, in a third of the time: its lists are one, to which nothing
        can be added. See ``added``."""
        return replace(_EMPTY, positions={}, reset_positions=set())

    def is_empty(self) -> bool:
        """True when nothing was changed."""
        return not (self.has_data() or self.positions or self.reset_positions or self.has_rules())

    def has_data(self) -> bool:
        """True when nodes or relationships were changed."""
        return bool(
            self.created_nodes
            or self.created_relationships
            or self.node_properties
            or self.relationship_properties
            or self.label_writes
            or self.deleted_nodes
            or self.deleted_relationships
        )

    def has_rules(self) -> bool:
        """True when indexes or constraints were changed."""
        return bool(
            self.created_indexes or self.dropped_indexes or self.created_constraints or self.dropped_constraints
        )

    def changed_rules(self, rules: SchemaRules) -> SchemaRules:
        """The indexes and constraints after this transaction."""
        indexes = [index for index in rules.indexes if index.on not in self.dropped_indexes]
        constraints = [one for one in rules.constraints if one.name not in self.dropped_constraints]
        return SchemaRules((*indexes, *self.created_indexes), (*constraints, *self.created_constraints))


class _Nothing(list[Any]):
    """A list that stays empty, as many share it."""

    __slots__ = ()

    def append(self, part: object) -> Never:
        """Nothing is added."""
        raise TypeError("this list is shared: assign what added() gives")

    extend = insert = __iadd__ = append  # type: ignore[assignment]  # with other arguments; none is looked at


_NOTHING = _Nothing()
_EMPTY = ChangeSet(
    created_nodes=_NOTHING,
    created_relationships=_NOTHING,
    node_properties=_NOTHING,
    relationship_properties=_NOTHING,
    label_writes=_NOTHING,
    deleted_nodes=_NOTHING,
    deleted_relationships=_NOTHING,
    created_indexes=_NOTHING,
    dropped_indexes=_NOTHING,
    created_constraints=_NOTHING,
    dropped_constraints=_NOTHING,
)


def added(parts: list[Part], part: Part) -> list[Part]:
    """The parts and one more, to be put in their place: the same list, where they have one of their own."""
    if not parts:
        return [part]
    parts.append(part)
    return parts

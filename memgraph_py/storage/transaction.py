"""Transaction: a snapshot under its own changes.

Writes only append to the ChangeSet. Reads go straight to the snapshot where nothing that was written can matter to
them; else they correct its answer by the overlays (``overlay.py``), which are built when they are first needed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.errors import AccessModeViolation, ConstraintViolation, EntityNotFound
from memgraph_py.kernels.sorting import counted, distinct
from memgraph_py.storage.changes import (
    ChangeSet,
    CreatedNodes,
    CreatedRelationships,
    LabelWrite,
    Partition,
    PropertyWrite,
    StreamPosition,
    added,
)
from memgraph_py.storage.constraints import Checks
from memgraph_py.storage.overlay import DELETED
from memgraph_py.storage.reading import TransactionReader
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import Direction, Flags, KeyId, LabelId, NodeIds, RelationshipIds, TypeId

Numbers = NDArray[np.int64]


class Access(IntEnum):
    """What a transaction may do."""

    READ = 0
    WRITE = 1


LARGE_BLOCKS, LARGE_ELEMENTS = 256, 5_000
"""Of writes, each of a statement or more, and of elements that were created: 6.6 and 0.3 µs each."""
_READ = Access.READ  # to look one up in its enumeration takes 50 ns, each time


class IdSource(Protocol):
    """Gives ids that no element has, in any version that is alive. ``GraphStore`` is one."""

    def draw_node_ids(self, count: int) -> Numbers: ...

    def draw_relationship_ids(self, count: int) -> Numbers: ...

    def undraw_node_ids(self, ids: Numbers) -> None: ...

    def undraw_relationship_ids(self, ids: Numbers) -> None: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in a transaction that it can be undone to."""

    lengths: tuple[int, ...]
    positions: dict[UUID, StreamPosition]
    reset_positions: frozenset[UUID]


_LISTS = (
    "created_nodes",
    "created_relationships",
    "node_properties",
    "relationship_properties",
    "label_writes",
    "deleted_nodes",
    "deleted_relationships",
    "created_indexes",
    "dropped_indexes",
    "created_constraints",
    "dropped_constraints",
)
_BEGINNING = Mark((0,) * len(_LISTS), {}, frozenset())
_lists_of: Callable[[ChangeSet], tuple[list[object], ...]] = attrgetter(*_LISTS)


class Transaction(TransactionReader):
    """Implements WritableGraph. Used by one thread at a time; begun, committed and rolled back by the store."""

    __slots__ = (
        "_checks",
        "_ids",
        "_leaves_relationships",
        "access",
        "epoch",
        "is_open",
    )

    def __init__(self, snapshot: Snapshot, ids: IdSource, access: Access, epoch: int) -> None:
        TransactionReader.__init__(self, snapshot)  # super() takes another 60 ns
        self._ids = ids
        self.access = access
        self.epoch = epoch
        """How many times the log had failed when this began."""
        self.is_open = True
        self._checks: Checks | None = None
        self._leaves_relationships = False

    def create_nodes(self, count: int, labels: tuple[LabelId, ...], properties: dict[KeyId, Column]) -> NodeIds:
        """See WritableGraph."""
        changes = self._writable()
        ids = self._ids.draw_node_ids(count)
        if count:
            block = CreatedNodes(ids, self.schema.intern_label_set(labels), properties)
            changes.created_nodes = added(changes.created_nodes, block)
        return ids

    def create_relationships(
        self, sources: NodeIds, targets: NodeIds, type: TypeId, properties: dict[KeyId, Column]
    ) -> RelationshipIds:
        """See WritableGraph."""
        changes = self._writable()
        if changes.deleted_nodes:
            self._check_not_deleted(np.concatenate((sources, targets)))
        ids = self._ids.draw_relationship_ids(len(sources))
        if len(ids):
            block = CreatedRelationships(ids, sources, targets, type, properties)
            changes.created_relationships = added(changes.created_relationships, block)
        return ids

    def set_node_property(self, nodes: NodeIds, key: KeyId, values: Column, always: Flags | None = None) -> int:
        """See WritableGraph. Raises EntityNotFound where the node was deleted in this transaction."""
        changes = self._writable()
        if changes.deleted_nodes:
            self._check_not_deleted(nodes)
        write, count = self._written(self.node_property, nodes, key, values, always)
        if write is not None:
            changes.node_properties = added(changes.node_properties, write)
        return count

    def set_relationship_property(
        self, relationships: RelationshipIds, key: KeyId, values: Column, always: Flags | None = None
    ) -> int:
        """See WritableGraph. Raises EntityNotFound where the relationship was deleted in this transaction."""
        changes = self._writable()
        if changes.deleted_relationships:
            own = self.relationship_overlay()
            deleted = own.states(relationships, np.zeros(len(relationships), dtype=np.int64)) == DELETED
            if deleted.any():
                raise _deleted("relationship", int(relationships[deleted][0]))
        write, count = self._written(self.relationship_property, relationships, key, values, always)
        if write is not None:
            changes.relationship_properties = added(changes.relationship_properties, write)
        return count

    def add_labels(self, nodes: NodeIds, labels: tuple[LabelId, ...]) -> int:
        """See WritableGraph. Raises EntityNotFound where the node was deleted in this transaction."""
        return self._change_labels(nodes, lambda label_set: label_set | set(labels))

    def remove_labels(self, nodes: NodeIds, labels: tuple[LabelId, ...]) -> int:
        """See WritableGraph. Raises EntityNotFound where the node was deleted in this transaction."""
        return self._change_labels(nodes, lambda label_set: label_set - set(labels))

    def delete_relationships(self, relationships: RelationshipIds) -> int:
        """See WritableGraph."""
        changes = self._writable()
        ids = distinct(relationships)
        ids = ids[self.relationships_exist(ids)]
        if len(ids):
            changes.deleted_relationships = added(changes.deleted_relationships, ids)
        return len(ids)

    def delete_nodes(self, nodes: NodeIds, *, detach: bool) -> tuple[int, int]:
        """See WritableGraph."""
        changes = self._writable()
        ids = distinct(nodes)
        ids = ids[self.nodes_exist(ids)]
        if len(ids) == 0:
            return 0, 0
        relationships = 0
        if detach:
            relationships = self.delete_relationships(self.expand(ids, Direction.BOTH, None).relationships)
        else:
            self._leaves_relationships = True
        changes.deleted_nodes = added(changes.deleted_nodes, ids)
        return len(ids), relationships

    @property
    def is_large(self) -> bool:
        """Whether its commit takes more than about two milliseconds."""
        self._outline.catch_up(self.changes)
        return self._outline.elements > LARGE_ELEMENTS or sum(map(len, _lists_of(self.changes))) > LARGE_BLOCKS

    def mark(self) -> Mark:
        """Where the transaction stands."""
        changes = self.changes
        if changes.is_empty():
            return _BEGINNING
        lengths = tuple(map(len, _lists_of(changes)))
        return Mark(lengths, dict(changes.positions), frozenset(changes.reset_positions))

    def undo_to(self, mark: Mark) -> None:
        """Takes back what was done since the mark; nobody has seen the ids that were drawn."""
        if mark.lengths == tuple(map(len, _lists_of(self.changes))):
            self.changes.positions, self.changes.reset_positions = dict(mark.positions), set(mark.reset_positions)
            return
        nodes, relationships = (mark.lengths[_LISTS.index(name)] for name in ("created_nodes", "created_relationships"))
        for undone in reversed(self.changes.created_nodes[nodes:]):
            self._ids.undraw_node_ids(undone.ids)
        for block in reversed(self.changes.created_relationships[relationships:]):
            self._ids.undraw_relationship_ids(block.ids)
        for name, length in zip(_LISTS, mark.lengths, strict=True):
            del getattr(self.changes, name)[length:]
        self.changes.positions = dict(mark.positions)
        self.changes.reset_positions = set(mark.reset_positions)
        self.drop_overlays()
        if self._checks is not None:
            self._checks.undo_to(self.changes)

    def record_position(self, stream_id: UUID, next_offsets: Mapping[Partition, int], batches_left: int | None) -> None:
        """The commit moves the stream on to these offsets; they may only grow."""
        self._writable().positions[stream_id] = StreamPosition(dict(next_offsets), batches_left)

    def reset_position(self, stream_id: UUID, position: StreamPosition | None) -> None:
        """The commit puts the stream's position where it is told, also back; None drops it."""
        changes = self._writable()
        changes.reset_positions.add(stream_id)
        if position is None:
            changes.positions.pop(stream_id, None)
        else:
            changes.positions[stream_id] = position

    def end_statement(self) -> None:
        """Raises ConstraintViolation where what was written since the last call breaks a uniqueness constraint."""
        if self.schema.has_constraints:
            self._checked().check_unique(self, self.changes)

    def check_constraints(self) -> None:
        """Raises ConstraintViolation where the transaction as it stands breaks any constraint."""
        if self.schema.has_constraints:
            self._checked().check_rest(self, self.changes)

    def check_against(self, tip: Snapshot) -> None:
        """Raises TransactionConflict where what others have committed takes values that must be this one's alone."""
        self._checked().check_others(self, self.changes, tip)

    def fulfils_constraints(self) -> bool:
        """False where a commit of the transaction as it stands would raise ConstraintViolation."""
        if not self._leaves_relationships and not self.schema.has_constraints:
            return True
        try:
            self.check_no_relationship_left()
            self.check_constraints()
        except ConstraintViolation:
            return False
        return True

    def check_no_relationship_left(self) -> None:
        """Raises ConstraintViolation when a node that was deleted still has a relationship in this view."""
        if not self._leaves_relationships:
            return
        for ids in self.changes.deleted_nodes:
            connected = self.degrees(ids, Direction.BOTH, None) > 0
            if connected.any():
                raise ConstraintViolation(
                    f"cannot delete node {int(ids[connected][0])}, because it still has relationships; "
                    "to delete it with them, use DETACH DELETE",
                    detail="DeleteConnectedNode",
                )

    def _checked(self) -> Checks:
        checks = self._checks
        if checks is None:
            checks = self._checks = Checks()
        return checks

    def _writable(self) -> ChangeSet:
        assert self.is_open, "the transaction has ended"
        if self.access is _READ:
            raise AccessModeViolation("cannot write in a transaction that was opened to read")
        return self.changes

    def _check_not_deleted(self, nodes: NodeIds) -> None:
        deleted = self.node_overlay().states(nodes, np.zeros(len(nodes), dtype=np.int64)) == DELETED
        if deleted.any():
            raise _deleted("node", int(nodes[deleted][0]))

    @staticmethod
    def _written(
        read: Callable[[Numbers, KeyId], Column], ids: Numbers, key: KeyId, values: Column, always: Flags | None
    ) -> tuple[PropertyWrite | None, int]:
        """What is written, if anything, and how many values are set or removed by it, or counted ``always``."""
        if len(ids) == 1 and values.valid is None:  # the short way for one element
            return (PropertyWrite(ids, key, values), 1) if ids.item() >= 0 else (None, 0)
        if len(ids) > 1 and ids.min() < 0:
            there = ids >= 0
            ids, values = ids[there], values.take(there)
            always = None if always is None else always[there]
        if len(ids) == 0 or ids[0] < 0:
            return None, 0
        if len(ids) == 1 or bool((ids[1:] > ids[:-1]).all()):
            count = len(ids)
            if values.valid is not None:
                removing = ~values.valid if always is None else ~(values.valid | always)
                count -= int(np.count_nonzero(~read(ids[removing], key).validity()))
            return PropertyWrite(ids, key, values), count
        order = np.argsort(ids, kind="stable")
        in_order = ids[order]
        first = np.concatenate(((True,), in_order[1:] != in_order[:-1]))
        count = len(ids)
        if values.valid is not None:
            valid = values.valid[order]
            counts = valid if always is None else valid | always[order]
            before = np.concatenate(((False,), valid[:-1]))
            before[first] = read(in_order[first], key).validity()
            count = int(np.count_nonzero(counts | before))
        rows = np.sort(order[np.concatenate((first[1:], (True,)))])  # the last of each
        return PropertyWrite(ids[rows], key, values.take(rows)), count

    def _change_labels(self, nodes: NodeIds, change: Callable[[set[LabelId]], set[LabelId]]) -> int:
        changes, schema = self._writable(), self.schema
        if changes.deleted_nodes:
            self._check_not_deleted(nodes)
        ids = distinct(nodes)
        label_sets = self.label_sets(ids)
        ids, label_sets = ids[label_sets >= 0], label_sets[label_sets >= 0]
        new_sets = label_sets.copy()
        changed = 0
        for label_set in counted(label_sets)[0].tolist():
            before = set(schema.label_set(label_set))
            after = change(before)
            if after != before:
                rows = label_sets == label_set
                new_sets[rows] = schema.intern_label_set(tuple(after))
                changed += len(after ^ before) * int(rows.sum())
        if changed:
            rows = new_sets != label_sets
            changes.label_writes = added(changes.label_writes, LabelWrite(ids[rows], new_sets[rows]))
        return changed


def _deleted(element: str, id: int) -> EntityNotFound:
    return EntityNotFound(f"{element} {id} has been deleted in this transaction", detail="DeletedEntityAccess")

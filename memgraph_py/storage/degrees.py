"""How many relationships of each type start, and end, at nodes of each label set: what average degrees are made of.

A commit changes the counts by what it changes, in three steps that do not meet, so that they stay exact:

    deleted relationships        taken off, at the label sets that their ends had before
    nodes with other labels      the relationships that they keep are moved from the old set to the new one
    created relationships        added, at the label sets that their ends have afterwards

The last, the way of a stream, costs two reads of states and two histograms for a block of relationships. The second is
linear in the degrees of the nodes.
"""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels.sorting import counted, distinct
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.view import Direction, LabelId, NodeIds, TypeId

if TYPE_CHECKING:  # a snapshot holds its counts
    from memgraph_py.storage.snapshot import Snapshot

Numbers = NDArray[np.int64]
EndCounts: TypeAlias = dict[TypeId, Numbers]
"""By type (2, label sets): relationships by the label set of their start, and of their end. There may be more label
sets than columns: no relationship was seen at those. Never changed once a snapshot has it."""

_ROWS_AT_ONCE = 1 << 16  # so that they stay in the processor's caches


def ends_with_label(counts: EndCounts, schema: Schema, type: TypeId, label: LabelId) -> tuple[int, int]:
    """Number of relationships of the type that start at a node with the label, and of those that end at one."""
    found = counts.get(type)
    if found is None:
        return 0, 0
    members = schema.label_members(label)[: found.shape[1]]
    starts, ends = found[:, : len(members)].dot(members).tolist()
    return starts, ends


def labels_at_ends(counts: EndCounts, schema: Schema, type: TypeId, direction: Direction) -> frozenset[LabelId]:
    """The labels that each node has that a relationship of the type starts (OUT) or ends (IN) at; for BOTH either."""
    found = counts.get(type)
    if found is None:
        return frozenset()
    sides = found.sum(axis=0) if direction is Direction.BOTH else found[int(direction)]
    sets = [frozenset(schema.label_set(id)) for id in np.flatnonzero(sides).tolist()]
    return frozenset.intersection(*sets) if sets else frozenset()


def changed_ends(tip: "Snapshot", next: "Snapshot", changes: ChangeSet) -> EndCounts:
    """The counts of ``next``, which is ``tip`` with the changes."""
    if not (changes.created_relationships or changes.deleted_relationships or changes.label_writes):
        return tip.end_counts
    editor = _Editor(tip.end_counts)
    if changes.deleted_relationships:
        editor.take_off(tip, distinct(np.concatenate(changes.deleted_relationships)))
    if changes.label_writes:
        nodes = distinct(np.concatenate([write.ids for write in changes.label_writes]))
        editor.move(tip, next, nodes, are_deleted=bool(changes.deleted_relationships))
    for block in changes.created_relationships:
        sources, targets = block.sources, block.targets
        if changes.deleted_relationships:
            kept = next.relationship_types(block.ids) >= 0
            sources, targets = sources[kept], targets[kept]
        for start in range(0, len(sources), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            editor.add(block.type, next.label_sets(np.concatenate((sources[part], targets[part]))), 1)
    return editor.counts


def added_ends(counts: EndCounts, type: TypeId, start: int, end: int) -> EndCounts | None:
    """The counts with one relationship more, between nodes of these label sets; None where there is no room for it."""
    found = counts.get(type)
    if found is None:
        return None
    width = found.shape[1]
    if start >= width or end >= width:
        return None
    copied = found.copy()
    copied[0, start] = found.item(0, start) + 1
    copied[1, end] = found.item(1, end) + 1
    return {**counts, type: copied}


def count_ends(snapshot: "Snapshot", types: NDArray[np.int32], sources: Numbers, targets: Numbers) -> EndCounts:
    """The counts of all relationships of a snapshot, which have these types and ends."""
    editor = _Editor({})
    for start in range(0, len(types), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        sets = snapshot.label_sets(np.concatenate((sources[part], targets[part])))
        low, high = int(types[part].min()), int(types[part].max())
        if low == high:
            editor.add(low, sets, 1)
            continue
        for type in counted(types[part])[0].tolist():
            editor.add(type, sets.reshape(2, -1)[:, types[part] == type].ravel(), 1)
    return editor.counts


class _Editor:
    """Counts that are being changed: those of a type are copied when they first are."""

    __slots__ = ("_own", "counts")

    def __init__(self, counts: EndCounts) -> None:
        self.counts = dict(counts)
        self._own: set[TypeId] = set()

    def add(self, type: TypeId, label_sets: Numbers, sign: int) -> None:
        """Counts relationships of a type, whose starts and then whose ends have these label sets."""
        half = len(label_sets) // 2
        if half == 1:  # a third of the time of what follows
            start, end = label_sets.tolist()
            counts = self._editable(type, max(start, end) + 1)
            counts[0, start] += sign
            counts[1, end] += sign
            return
        counts = self._editable(type, int(label_sets.max()) + 1)
        for side, sets in enumerate((label_sets[:half], label_sets[half:])):
            found = np.bincount(sets)
            counts[side, : len(found)] += sign * found

    def take_off(self, tip: "Snapshot", ids: Numbers) -> None:
        """Relationships that are there in ``tip`` no longer count."""
        types = tip.relationship_types(ids)
        ids, types = ids[types >= 0], types[types >= 0]
        ends = np.stack([tip.label_sets(nodes) for nodes in tip.endpoints(ids)])
        for type in counted(types)[0].tolist():
            self.add(type, ends[:, types == type].ravel(), -1)

    def move(self, tip: "Snapshot", next: "Snapshot", nodes: NodeIds, *, are_deleted: bool) -> None:
        """Relationships at nodes whose label set has changed; ``are_deleted``: some of them may be gone."""
        before, after = tip.label_sets(nodes), next.label_sets(nodes)
        moved = (before >= 0) & (after >= 0) & (before != after)
        nodes, before, after = nodes[moved], before[moved], after[moved]
        if len(nodes) == 0:
            return
        for direction in (Direction.OUT, Direction.IN):
            found = tip.expand(nodes, direction, None)
            rows, types = found.source_rows, tip.relationship_types(found.relationships)
            if are_deleted:
                kept = next.relationship_types(found.relationships) >= 0
                rows, types = rows[kept], types[kept]
            for type in counted(types)[0].tolist():
                of_type = rows[types == type]
                counts = self._editable(type, int(after.max()) + 1)
                for sets, sign in ((before[of_type], -1), (after[of_type], 1)):
                    histogram = np.bincount(sets)
                    counts[int(direction), : len(histogram)] += sign * histogram

    def _editable(self, type: TypeId, sets: int) -> Numbers:
        counts = self.counts.get(type)
        width = 0 if counts is None else counts.shape[1]
        if counts is None or sets > width:
            copied = np.zeros((2, 1 << (sets - 1).bit_length()), dtype=np.int64)
            if counts is not None:
                copied[:, :width] = counts
        elif type in self._own:
            return counts
        else:
            copied = counts.copy()
        self.counts[type] = copied
        self._own.add(type)
        return copied

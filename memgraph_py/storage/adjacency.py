"""Relationships by node: a packed base and a small delta, in both directions.

    base   all relationships at some version, packed: offsets by node, ordered by (node, type, other end)
    delta  those committed since, as linked lists with the newest first: by source, by target, and by both in a hash
    table

A commit appends to the delta in place; a snapshot knows how many entries it may see (``visible``). When the delta is
large, a background thread packs base and delta of one snapshot into a new base, and the store publishes it with a new
delta that holds what was committed meanwhile. Old snapshots keep the old pair. Entries lie in commit order, so that
visibility is one comparison; only deletions are looked up, and only where some happened since the base was packed.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels.adjacency import (
    BUCKETS_GROWTH,
    FIRST_BUCKETS,
    ROW_SOURCE,
    ROW_TARGET,
    ROW_TYPE,
    Graph,
    append_entries,
    append_entry,
    link_entries,
    link_pairs,
    packed_rows,
    stable_order,
)
from memgraph_py.storage.room import zeros

__all__ = ["Adjacency", "Base", "Delta", "Graph", "Packed", "delta_graph"]

_SHARE_BEFORE_MERGE = 8
"""A delta is merged when it is an eighth of what the merge has to go through: the packed relationships and the nodes.
"""
_SPARSE = 4

Numbers: TypeAlias = NDArray[np.int64]
Packed: TypeAlias = NDArray[np.int32]

_NO_ROWS = np.zeros((3, 0), dtype=np.int32)
_NO_STATES = np.zeros(0, dtype=np.int32)


class Base:
    """Packed relationships of one version; immutable."""

    __slots__ = ("deletions", "offsets", "packed_in", "packed_out", "version")

    def __init__(
        self, offsets: Packed, packed_out: Packed, packed_in: Packed, deletions: int = 0, version: int = 0
    ) -> None:
        self.offsets = offsets
        self.packed_out = packed_out
        self.packed_in = packed_in
        self.deletions = deletions
        """Relationships that had ever been deleted in the store when this was packed."""
        self.version = version
        """What was packed: neither this nor a delta over it holds a relationship that was deleted up to here."""

    @staticmethod
    def empty() -> "Base":
        """No relationships, no nodes."""
        return Base(np.zeros((2, 1), dtype=np.int32), _NO_ROWS, _NO_ROWS)

    @staticmethod
    def pack(rows: Packed, deletions: int, version: int) -> "Base":
        """These relationships, (n, 4): source, target, relationship, type; by sorts of digits, so linear. In order of
        targets they are packed by source, and in the order that this gives by target."""
        count = len(rows)
        nodes = int(rows[:, : ROW_TARGET + 1].max()) + 1 if count else 0
        types = int(rows[:, ROW_TYPE].max()) + 1 if count else 0
        order, space = np.arange(count, dtype=np.int32), np.empty((2, count), dtype=np.int64)
        stable_order(rows, ROW_TARGET, order, nodes, space)
        offsets = np.empty((2, nodes + 1), dtype=np.int32)
        packed = []
        for direction, (near, far) in enumerate(((ROW_SOURCE, ROW_TARGET), (ROW_TARGET, ROW_SOURCE))):
            if types > 1:
                stable_order(rows, ROW_TYPE, order, types, space)
            offsets[direction] = stable_order(rows, near, order, nodes, space)
            packed.append(packed_rows(order, rows, far))
        return Base(offsets, packed[0], packed[1], deletions, version)


class Delta:
    """Linked lists of relationships: ``heads`` by node, ``pairs`` by hash of source and target. They are replaced
    together with ``entries``, so that what a reader holds fits."""

    __slots__ = ("entries", "heads", "pairs")

    def __init__(self, heads: Packed, pairs: Packed, entries: Packed) -> None:
        self.heads = heads
        self.pairs = pairs
        self.entries = entries

    @staticmethod
    def empty() -> "Delta":
        """No relationships."""
        return Delta(np.zeros((2, 0), dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros((0, 7), dtype=np.int32))

    def extended(self, used: int, new: Numbers, places: int, expected: int | None = None) -> "Delta":
        """The delta with more entries after the first ``used``: itself where there was room.

        new: (6, n): relationship, source, target, type, place of source, place of target; places: bound of these.
        expected: how many entries may come, where places are the nodes' ids; what is not written takes no memory.
        """
        end = used + new.shape[1]
        delta = self.with_room(used, end, places, expected)
        append_entries(delta.heads, delta.entries, used, new)
        link_pairs(delta.pairs, delta.entries, used, end)
        return delta

    def with_room(self, used: int, end: int, places: int, expected: int | None) -> "Delta":
        """Itself, or a larger one with the first ``used`` entries, for ``end`` of them; as ``extended``."""
        if end <= len(self.entries) and places <= self.heads.shape[1]:
            return self
        entries_min = end if end <= len(self.entries) else max(end, expected or 0)
        return self._grown(used, entries_min, places, are_ids=expected is not None)

    def _grown(self, used: int, entries_min: int, places_min: int, *, are_ids: bool) -> "Delta":
        entries, pairs, places = self.entries, self.pairs, self.heads.shape[1]
        if entries_min > len(entries):
            entries = np.empty((max(entries_min, 2 * len(entries), 64), 7), dtype=np.int32)
            entries[:used] = self.entries[:used]
            pairs = zeros((_buckets(len(entries)),), np.int32)
            link_pairs(pairs, entries, 0, used)
        if places_min > places:
            places = max(places_min + places_min // 8, 2 * places, 64)
        heads = zeros((2, places), np.int32)
        if are_ids and places > _SPARSE * used:  # in as much time as there are entries, however many nodes there are
            link_entries(heads, entries, used)
        else:
            heads[:, : self.heads.shape[1]] = self.heads
        return Delta(heads, pairs, entries)


def _buckets(entries: int) -> int:
    """How many ``pairs`` have for so many entries."""
    if entries <= FIRST_BUCKETS:
        return 1 << (entries - 1).bit_length()
    buckets = total = FIRST_BUCKETS
    while total < entries:
        buckets *= BUCKETS_GROWTH
        total += buckets
    return total


class Adjacency:
    """One version of base and delta: what a snapshot holds."""

    __slots__ = ("base", "delta", "visible")

    def __init__(self, base: Base, delta: Delta, visible: int) -> None:
        self.base = base
        self.delta = delta
        self.visible = visible

    @staticmethod
    def empty() -> "Adjacency":
        """No relationships."""
        return Adjacency(Base.empty(), Delta.empty(), 0)

    def extended(self, ids: Numbers, sources: Numbers, targets: Numbers, types: Numbers) -> "Adjacency":
        """The next version, with these relationships."""
        new = np.concatenate((ids, sources, targets, types, sources, targets)).reshape(6, len(ids))
        places = int(new[4:].max()) + 1 if len(ids) else 0
        delta = self.delta.extended(self.visible, new, places, 2 * self.merged_at(places))
        return Adjacency(self.base, delta, self.visible + len(ids))

    def extended_by(self, id: int, source: int, target: int, type: int) -> "Adjacency":
        """The next version, with one relationship more: in a fifth of the time of ``extended``."""
        delta, entry = self.delta, self.visible
        places = source + 1 if source > target else target + 1
        if entry >= len(delta.entries) or places > delta.heads.shape[1]:
            delta = delta.with_room(entry, entry + 1, places, 2 * self.merged_at(places))
        append_entry(delta.heads, delta.pairs, delta.entries, entry, id, source, target, type)
        return Adjacency(self.base, delta, entry + 1)

    def merged_at(self, nodes: int) -> int:
        """How many entries are worth a merge, in a graph with so many nodes. It costs as much as there are nodes and
        relationships, so in the end each relationship has paid for the same, however large the graph is."""
        packed: int = self.base.packed_out.shape[1]
        return max(packed, nodes) // _SHARE_BEFORE_MERGE

    def rebuilt(self, first: int, base: Base | None = None) -> "Adjacency":
        """The same relationships in lists of their own, over a base that holds the delta's entries before ``first``."""
        entries = self.delta.entries[first : self.visible, :4].T.astype(np.int64)
        new = np.concatenate((entries, entries[1:3]))
        places = int(new[4:].max()) + 1 if new.shape[1] else 0  # each time anew: those of before have room beyond it
        delta = Delta.empty().extended(0, np.ascontiguousarray(new), places, 2 * self.merged_at(places))
        return Adjacency(base or self.base, delta, self.visible - first)

    def graph(self, deletions: int, buffer: Packed, table: Packed) -> Graph:
        """What kernels take; the buffer and table of types are read where any was deleted since the base was packed."""
        base, delta = self.base, self.delta
        return (
            base.offsets,
            base.packed_out,
            base.packed_in,
            delta.heads,
            delta.pairs,
            delta.entries,
            self.visible,
            deletions != base.deletions,
            buffer,
            table,
        )


def delta_graph(delta: Delta, visible: int) -> Graph:
    """What kernels take of a transaction's own relationships, none of which they need to look up."""
    empty = np.zeros((2, 1), dtype=np.int32)
    return empty, _NO_ROWS, _NO_ROWS, delta.heads, delta.pairs, delta.entries, visible, False, _NO_STATES, _NO_STATES

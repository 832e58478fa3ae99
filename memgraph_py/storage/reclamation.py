"""Which ids are used again, and when.

    deleted ─ commit ─▶ waiting ─ durable · in no living version · not in the adjacency ─▶ free ─ draw ─▶ used
    drawn, and rolled back ──────────────────────────────────────────────────────────────▶ free

An id that was deleted may be given to a new element when nobody can take the new one for the old:

- its deletion is durable: a commit that fails later gives the element back;
- no living version still has the element: a reader there would meet it, and a writer there could commit to it without a
  conflict. Versions are asked one by one, so a reader that stays open holds back what it can see, and no more;
- for a relationship: the adjacency was packed since. Its entries name relationships by id, so those of the old life
  must be gone; until then they are skipped as deleted. A node needs no such care: what stands at its id are entries of
  relationships, all deleted with it.

Entries of indexes need none either: who reads them checks the node as it is (``indexes.py``).

Free ids are kept by chunks of 4,096. A chunk of which a quarter is free is used again, whole, lowest first: so a commit
copies few chunks to write into them, ids stay below 4/3 of the elements, and no chunk with three elements in it lives
for ever. After recovery every hole below the bound is free; nothing about ids is stored on disk.
"""

import threading
import weakref
from collections import deque
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from memgraph_py.errors import LimitExceeded
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_MASK, CHUNK_ROWS, positions
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.pages import Pages
from memgraph_py.storage.single import single_id
from memgraph_py.storage.snapshot import Snapshot

Numbers = NDArray[np.int64]

_NONE = np.zeros(0, dtype=np.int64)
_WHOLE = np.ones(CHUNK_ROWS, dtype=np.bool_)
_WHOLE.flags.writeable = False


class Ids:
    """Ids of nodes, or of relationships, for several threads to draw from: a counter, and those below it that are
    free."""

    __slots__ = ("_bits", "_counts", "_hand", "_limit", "_lock", "_name", "_ready", "_reused_min", "next")

    def __init__(self, name: str, limit: int, reused_min: int) -> None:
        self._name = name
        self._limit = limit
        self._reused_min = reused_min
        self._lock = threading.Lock()
        self._bits: dict[int, NDArray[np.bool_]] = {}
        """By chunk: which of its ids are free."""
        self._counts: dict[int, int] = {}
        self._ready: list[int] = []
        """A heap of the chunks with enough free ids."""
        self._hand = _NONE
        """Ids of the chunk that is being used up."""
        self.next = 0

    @property
    def free(self) -> int:
        """How many ids below the counter are free."""
        return len(self._hand) + sum(self._counts.values())

    def draw(self, count: int) -> Numbers:
        """``count`` ids, ascending. Raises LimitExceeded when there are no more."""
        with self._lock:
            if count == 1 and self.next < self._limit and not len(self._hand) and not self._ready:
                ids = single_id(self.next)  # a fourth of the time of what follows
                self.next += 1
                return ids
            parts, missing = [], count
            while missing and (len(self._hand) or self._ready):
                if not len(self._hand):
                    self._open_chunk()
                parts.append(self._hand[:missing])
                self._hand = self._hand[missing:]
                missing -= len(parts[-1])
            start = self.next
            if start + missing > self._limit:
                for part in parts:
                    self._add(part)
                raise LimitExceeded(f"a graph has at most {self._limit} {self._name}")
            self.next = start + missing
        if missing or not parts:
            parts.append(np.arange(start, start + missing, dtype=np.int64))
        return parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))

    def give_back(self, ids: Numbers) -> None:
        """Nobody has these ids any more, or ever had."""
        with self._lock:
            self._add(ids)

    def undraw(self, ids: Numbers) -> None:
        """Nobody has used these ids: the next ones to be drawn, where they were the last."""
        with self._lock:
            count = len(ids)
            if count and int(ids[-1]) + 1 == self.next and (count == 1 or bool((ids[1:] == ids[:-1] + 1).all())):
                self.next -= count
            else:
                self._add(ids)

    def begin_anew(self, bound: int) -> None:
        """Ids below the bound are used, all others are not."""
        with self._lock:
            self.next = bound
            self._hand = _NONE
            self._bits.clear()
            self._counts.clear()
            self._ready.clear()

    def _open_chunk(self) -> None:
        chunk = heappop(self._ready)
        del self._counts[chunk]
        self._hand = np.flatnonzero(self._bits.pop(chunk)) + (chunk << CHUNK_BITS)

    def _add(self, ids: Numbers) -> None:
        if (ids[1:] < ids[:-1]).any():  # they are mostly given back as they were drawn
            ids = np.sort(ids)
        for part in np.split(ids, np.flatnonzero(np.diff(ids >> CHUNK_BITS)) + 1):
            if len(part):
                self._add_chunk(int(part[0]) >> CHUNK_BITS, part & CHUNK_MASK)

    def _add_chunk(self, chunk: int, rows: Numbers) -> None:
        known = self._counts.get(chunk, 0)
        count = self._counts[chunk] = known + len(rows)
        if not known:
            self._bits[chunk] = np.zeros(CHUNK_ROWS, dtype=np.bool_)
        assert not self._bits[chunk][rows].any(), "an id is free already"
        self._bits[chunk][rows] = True
        if count == CHUNK_ROWS:
            self._bits[chunk] = _WHOLE
        if known < self._reused_min <= count:
            heappush(self._ready, chunk)


class Deleted:
    """Deleted ids that wait to be used again. Under the commit lock, but for ``release``; one thread at a time calls
    ``take`` and then that."""

    __slots__ = ("_batches", "_held", "waiting")

    def __init__(self) -> None:
        self._batches: deque[tuple[int, Numbers]] = deque()
        """Version of the deletion, ids; ascending by version."""
        self._held: dict[weakref.ref[Pages], list[Numbers]] = {}
        """Ids that are only held back by a version that has them."""
        self.waiting = 0

    def add(self, version: int, ids: list[Numbers]) -> None:
        """Elements deleted by the commit that made the version."""
        for part in ids:
            self._batches.append((version, part))
            self.waiting += len(part)

    def take_back(self, version: int, unmade: list[Numbers]) -> None:
        """The commits after the version have failed: what they deleted is there, what they made never was."""
        while self._batches and self._batches[-1][0] > version:
            self.waiting -= len(self._batches.pop()[1])
        for part in unmade:
            self._batches.appendleft((0, part))
            self.waiting += len(part)

    def after(self, version: int) -> Numbers:
        """Ids whose deletion came after the version."""
        parts = [ids for deleted_in, ids in self._batches if deleted_in > version]
        return np.concatenate(parts) if parts else _NONE

    def count_until(self, version: int) -> int:
        """How many ids wait that were deleted up to the version."""
        count = 0
        for deleted_in, ids in list(self._batches):
            if deleted_in > version:
                break
            count += len(ids)
        return count

    def take(self, version: int) -> Numbers:
        """Ids deleted up to the version, and those whose holder is gone: no longer waiting here."""
        parts: list[Numbers] = []
        while self._batches and self._batches[0][0] <= version:
            parts.append(self._batches.popleft()[1])
        self.waiting -= sum(map(len, parts))
        for ref in [ref for ref in self._held if ref() is None]:
            parts += self._held.pop(ref)
        return np.concatenate(parts) if parts else _NONE

    def has_freed(self) -> bool:
        """True when a version that held ids back is gone."""
        return any(ref() is None for ref in list(self._held))

    def release(self, ids: Numbers, versions: list[Pages]) -> Numbers:
        """Of these ids, taken before, those that none of the versions (of label sets or types) has; keeps the rest."""
        for pages in versions:
            if len(ids) == 0:
                break
            places = positions(pages.table, ids, 1 << 31)
            has = places >= 0
            has[has] = pages.buffer[places[has]] >= 0
            if has.any():
                self._held.setdefault(weakref.ref(pages), []).append(ids[has])
                ids = ids[~has]
        return ids

    def clear(self) -> None:
        """Nothing waits."""
        self._batches.clear()
        self._held.clear()
        self.waiting = 0


class Reclamation:
    """The ids of a store: those that can be drawn, and those that wait."""

    __slots__ = ("deleted_nodes", "deleted_relationships", "is_complete", "nodes", "relationships")

    def __init__(self, limit: int, reused_min: int) -> None:
        self.nodes = Ids("nodes", limit, reused_min)
        self.relationships = Ids("relationships", limit, reused_min)
        self.deleted_nodes = Deleted()
        self.deleted_relationships = Deleted()
        self.is_complete = True
        """False after recovery, until the holes in the graph have been looked for."""

    def add(self, version: int, changes: ChangeSet) -> None:
        """What the commit deleted waits from now on."""
        if changes.deleted_nodes:
            self.deleted_nodes.add(version, _unique(changes.deleted_nodes))
        if changes.deleted_relationships:
            self.deleted_relationships.add(version, _unique(changes.deleted_relationships))

    def take_back(self, version: int, failed: list[ChangeSet]) -> None:
        """The commits after the version have failed: what they deleted is there, what they made never was."""
        self.deleted_nodes.take_back(version, [block.ids for changes in failed for block in changes.created_nodes])
        relationships = [block.ids for changes in failed for block in changes.created_relationships]
        self.deleted_relationships.take_back(version, relationships)

    def is_due(self, current: Snapshot, rows_min: int) -> bool:
        """True when enough ids wait, or what held some back is gone."""
        nodes, relationships = self.deleted_nodes, self.deleted_relationships
        return self.is_complete and (
            nodes.waiting >= rows_min
            or relationships.count_until(current.adjacency.base.version) >= rows_min
            or nodes.has_freed()
            or relationships.has_freed()
        )

    def take(self, current: Snapshot) -> list[tuple[Ids, Deleted, Numbers, list[Pages]]]:
        """What may be free, with the versions to be asked; for ``release``. Under the commit lock."""
        packed = min(current.version, current.adjacency.base.version)
        return [
            (
                self.nodes,
                self.deleted_nodes,
                self.deleted_nodes.take(current.version),
                current.node_states.pool.older_versions(),
            ),
            (
                self.relationships,
                self.deleted_relationships,
                self.deleted_relationships.take(packed),
                current.relationship_states.pool.older_versions(),
            ),
        ]

    @staticmethod
    def release(taken: list[tuple[Ids, Deleted, Numbers, list[Pages]]]) -> None:
        """Frees what no version has."""
        for ids, deleted, candidates, versions in taken:
            ids.give_back(deleted.release(candidates, versions))

    def reuses_relationships(self, changes: ChangeSet, tip: Snapshot) -> bool:
        """True when a commit from the log makes a relationship whose id still stands in the adjacency, as deleted."""
        if not any(
            len(block.ids) and block.ids.min() < tip.relationship_bound for block in changes.created_relationships
        ):
            return False
        stale = self.deleted_relationships.after(tip.adjacency.base.version)
        return any(bool(np.isin(block.ids, stale).any()) for block in changes.created_relationships)

    def complete(self, current: Snapshot) -> None:
        """After recovery: the holes of the graph are free. Under the commit lock."""
        if self.is_complete:
            return
        nodes = _holes(current.nodes(None), current.node_bound)
        relationships = _holes(current.relationships(None), current.relationship_bound)
        stale = np.isin(relationships, self.deleted_relationships.after(current.adjacency.base.version))
        self.nodes.begin_anew(current.node_bound)
        self.relationships.begin_anew(current.relationship_bound)
        self.deleted_nodes.clear()
        self.deleted_relationships.clear()
        self.deleted_nodes.add(0, [nodes])
        self.deleted_relationships.add(0, [relationships[~stale]])
        self.deleted_relationships.add(current.version, [relationships[stale]])
        self.is_complete = True
        self.release(self.take(current))


def _unique(parts: list[Numbers]) -> list[Numbers]:
    return parts if len(parts) == 1 else [distinct(np.concatenate(parts))]


def _holes(ids: Numbers, bound: int) -> Numbers:
    """Those below the bound that are not among the ids."""
    is_hole = np.ones(bound, dtype=np.bool_)
    is_hole[ids] = False
    return np.flatnonzero(is_hole)

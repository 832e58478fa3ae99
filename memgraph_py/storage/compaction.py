"""Chunks, and the strings that they name, moved together into new arrays.

    pool   | 0 used | 1 free | 2 free | 3 used |         ─▶   | 0 used | 1 used |
    heap   | Ada | (gone) | (gone) | Grace |             ─▶   | Ada | Grace |

A pool whose free slots are more than half of those in use, or a heap of which more than a third is garbage, is left for
a new one. A slot that the current version names stays as it is while that version is held, but for the rows beyond its
bound. So these slots are copied while others commit; then, between two commits, what is left: slots that were written
since, and those of the last rows. The tables of the newest versions are written anew. Older versions keep the old
arrays, which are gone with them.
"""

import weakref
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_ROWS
from memgraph_py.storage.pages import Pages, Pool, StringHeap
from memgraph_py.storage.properties import PropertyColumn
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import KeyId

if TYPE_CHECKING:
    from memgraph_py.storage.store import GraphStore

_ROUNDS = 3
_TEXT_BYTES_A_ROW = 64
"""Garbage in a heap that is worth as much trouble as a garbage row."""
_FREE_SLOTS_MIN = 64
_SLOTS_AT_ONCE = 32
"""So many are copied within a few milliseconds, while commits wait."""


@dataclass(frozen=True, slots=True)
class StatesPlace:
    """Where a snapshot holds an array of labels, types or ends."""

    field: str

    def pages(self, snapshot: Snapshot) -> Pages | None:
        """The version that the snapshot holds."""
        pages: Pages = getattr(snapshot, self.field)
        return pages

    def bound(self, snapshot: Snapshot) -> int:
        """Rows from here on may be written while the snapshot is held."""
        return snapshot.node_bound if self.field == "node_states" else snapshot.relationship_bound

    def text(self, snapshot: Snapshot) -> PropertyColumn | None:
        """The column whose strings the array names; here None."""
        return None

    def put(self, snapshot: Snapshot, pages: Pages, heap: StringHeap | None) -> None:
        """Makes the snapshot hold another form of the array."""
        setattr(snapshot, self.field, pages)


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """Where a snapshot holds the values of one property and kind."""

    side: str
    key: KeyId
    kind: Kind

    def pages(self, snapshot: Snapshot) -> Pages | None:
        """The version that the snapshot holds, or None."""
        column = self._columns(snapshot).get(self.key)
        return None if column is None else column.pages.get(self.kind)

    def bound(self, snapshot: Snapshot) -> int:
        """Rows from here on may be written while the snapshot is held."""
        return snapshot.node_bound if self.side == "node_columns" else snapshot.relationship_bound

    def text(self, snapshot: Snapshot) -> PropertyColumn | None:
        """The column whose strings the array names, or None where it names none."""
        return self._columns(snapshot)[self.key] if self.kind is Kind.STRING else None

    def put(self, snapshot: Snapshot, pages: Pages, heap: StringHeap | None) -> None:
        """Makes the snapshot hold another form of the array, and the strings that it names."""
        columns = self._columns(snapshot)
        old = columns[self.key]
        column = PropertyColumn({**old.pages, self.kind: pages}, heap or old.heap, old.text_bytes)
        setattr(snapshot, self.side, {**columns, self.key: column})

    def _columns(self, snapshot: Snapshot) -> dict[KeyId, PropertyColumn]:
        columns: dict[KeyId, PropertyColumn] = getattr(snapshot, self.side)
        return columns


Place = StatesPlace | ColumnPlace


def is_sparse(place: Place, snapshot: Snapshot, rows_min: int) -> bool:
    """True when moving the array together may be worth it."""
    pages = place.pages(snapshot)
    return pages is not None and (
        _is_garbage(place.text(snapshot), rows_min) or _is_mostly_free(pages, pages.pool.used - _named(pages), rows_min)
    )


def compact(store: "GraphStore", place: Place, rows_min: int) -> bool:
    """Moves a sparse array together; False when readers hold so much of it that nothing would be won."""
    snapshot = store.current
    pages = place.pages(snapshot)
    if pages is None:
        return False
    if not _is_garbage(place.text(snapshot), rows_min):
        free: list[int] = []

        def count(snapshots: list[Snapshot]) -> list[Snapshot]:
            pages.pool.collect()
            pages.pool.sweep()
            free.append(len(pages.pool.free))
            return snapshots

        if not store.revise(count, store.epoch) or not _is_mostly_free(pages, free[0], rows_min):
            return False
    return move_together(store, place)


def move_together(store: "GraphStore", place: Place) -> bool:
    """The array, and the strings that it names, in new arrays of their own; False, and nothing is done, when the log
    has failed meanwhile, or others change the array faster than it is copied."""
    epoch, held = store.epoch, [store.current]
    pages = place.pages(held[0])
    if pages is None:
        return False
    move = _Move(place, pages.pool, place.text(held[0]), _named(pages))
    for _ in range(_ROUNDS):
        move.copy(held[-1], settled=True)
        held.append(store.current)  # held, so that no slot that was copied is used again
        if move.left(held[-1:]) > _named(pages) // 2 + _SLOTS_AT_ONCE:
            return False
    return store.revise(move.finish, epoch) and move.is_finished


def _named(pages: Pages) -> int:
    return int(np.count_nonzero(pages.table >= 0))


def _is_garbage(text: PropertyColumn | None, rows_min: int) -> bool:
    return text is not None and text.heap.used > text.text_bytes * 3 // 2 + rows_min * _TEXT_BYTES_A_ROW


def _is_mostly_free(pages: Pages, free: int, rows_min: int) -> bool:
    return free > _named(pages) // 2 + min(rows_min, _FREE_SLOTS_MIN)


class _Move:
    """The slots of one pool on their way into another one."""

    def __init__(self, place: Place, pool: Pool, text: PropertyColumn | None, slots: int) -> None:
        self._place = place
        self._old = pool
        self._old_heap = None if text is None else text.heap
        self._new = Pool(pool.buffer.dtype, pool.fill, has_validity=pool.has_validity, slots=slots + slots // 8 + 1)
        self._heap: StringHeap | None = None
        if text is not None:
            self._heap = StringHeap()
            self._heap.reserve(text.text_bytes)
        self._slots: dict[int, int] = {}
        self.is_finished = False

    def left(self, snapshots: list[Snapshot]) -> int:
        """How many slots that the snapshots name have not been copied."""
        tables = [pages.table for one in snapshots if (pages := self._place.pages(one)) and pages.pool is self._old]
        return len({slot for table in tables for slot in table.tolist()}.difference(self._slots, (-1,)))

    def copy(self, snapshot: Snapshot, *, settled: bool) -> None:
        """Copies the slots that the snapshot names; settled: but for those with rows that may yet be written."""
        pages = self._place.pages(snapshot)
        if pages is None or pages.pool is not self._old:
            return
        table = pages.table
        if settled:
            table = table[: self._place.bound(snapshot) >> CHUNK_BITS]
        for slot in table[table >= 0].tolist():
            if slot not in self._slots:
                self._slots[slot] = self._copy_slot(slot)

    def finish(self, snapshots: list[Snapshot]) -> list[Snapshot]:
        """The snapshots with the new arrays; as they are where too much would be left to copy between two commits."""
        if self.left(snapshots) > _SLOTS_AT_ONCE:
            return snapshots
        old: list[Pages] = []
        revised = [one.successor(one.version) for one in snapshots]
        for one in revised:
            self.copy(one, settled=False)
            pages = self._place.pages(one)
            if pages is not None and pages.pool is self._old and (not old or old[-1] is not pages):
                old.append(pages)
        new = self._publish(old)
        for one in revised:
            pages = self._place.pages(one)
            if pages is not None and id(pages) in new:
                self._place.put(one, new[id(pages)], self._heap)
        self.is_finished = True
        return revised

    def _copy_slot(self, slot: int) -> int:
        target, new, old = self._new.allocate(), self._new, self._old
        source_rows = slice(slot << CHUNK_BITS, (slot << CHUNK_BITS) + CHUNK_ROWS)
        rows = slice(target << CHUNK_BITS, (target << CHUNK_BITS) + CHUNK_ROWS)
        values = old.buffer[source_rows]
        if old.has_validity:
            valid = old.validity[source_rows]
            new.validity[rows] = valid
            if self._heap is not None and self._old_heap is not None:
                values = self._heap.append(Column(Kind.STRING, values, valid, self._old_heap.data))
        new.buffer[rows] = values
        return target

    def _publish(self, old: list[Pages]) -> dict[int, Pages]:
        """The new version of each old one, by its identity, in order."""
        slots: NDArray[np.int32] = np.full(self._old.used + 1, -1, dtype=np.int32)  # the last one is that of slot -1
        slots[list(self._slots)] = list(self._slots.values())
        versions = [self._new.publish(slots[one.table]) for one in old]
        for earlier, later in pairwise(versions):
            gone = np.setdiff1d(earlier.table[earlier.table >= 0], later.table)
            self._new.retired.append((weakref.ref(earlier), earlier.epoch, gone.tolist()))
        self._new.elder = [weakref.ref(one) for one in (*self._old.older_versions(), *old)]
        return {id(one): version for one, version in zip(old, versions, strict=True)}

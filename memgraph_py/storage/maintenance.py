"""What is done in the background after commits, so that memory follows what is there and not what ever was.

    merge      base and delta of the adjacency become a new base             when much was added or deleted since
    ids        deleted ones become free (``reclamation.py``)
    labels     candidates that have lost the label, or are out of order, go  when more than a third are stale
    indexes    new ones are built (``population.py``); others are built anew, without the entries of what is gone,
                                                                             when more than a third are stale
    compaction strings and chunks move together (``compaction.py``)          when more than a third is garbage

One thread at a time does all that is due, in this order, and ends. Each job works on a snapshot while others commit,
and then, between two commits, puts its result into the newest versions (``GraphStore.revise``) with what was committed
meanwhile. Older versions keep what they have until their readers let go. When the log has failed meanwhile, the result
is thrown away.
"""

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memgraph_py.columnar import Kind
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.adjacency import Adjacency
from memgraph_py.storage.applying import build_index, insert_values
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.compaction import ColumnPlace, StatesPlace, compact, is_sparse
from memgraph_py.storage.elements import belongs, count_of
from memgraph_py.storage.indexes import LabelNodes, PropertyIndex
from memgraph_py.storage.memory import release_free_memory
from memgraph_py.storage.properties import PropertyColumn
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.snapshot import NO_IDS, Snapshot
from memgraph_py.storage.view import KeyId, LabelId, NodeIds

if TYPE_CHECKING:
    from memgraph_py.storage.store import GraphStore

_LOOK_ROWS = 256
"""So many rows must have become garbage before it is worth looking whether something is due."""
_FREED_ROWS = 50_000
"""What so many rows of garbage leave behind, or of one commit, is worth giving back."""
_SETTLE_SECONDS = 0.05
"""So much later, those who committed have let go of it."""
_FEW_ENTRIES = 4_096
"""So many entries are inserted into an index, or into a list, within a millisecond, while commits wait."""


class Maintenance:
    """Starts the thread."""

    __slots__ = ("_again", "_freed_rows", "_lock", "_rows", "_thread")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again = False
        self._rows = 0
        self._freed_rows = 0

    def consider(self, store: "GraphStore", commits: Sequence[ChangeSet], *, have_failed: bool = False) -> None:
        """After some commits: start when something is due. have_failed: what they created is garbage, too."""
        rows, looks, is_large = self._rows, False, False
        for changes in commits:
            rows += _garbage_rows(changes)
            created = _created_rows(changes)
            if have_failed:
                rows += created
            elif created > _FREED_ROWS:
                is_large = True
                self._freed_rows += created
        if rows >= _LOOK_ROWS or rows >= store.limits.reclaimed_rows_min:
            looks = True
            self._freed_rows += rows
            rows = 0
        self._rows = rows
        if is_large or store.population or is_merge_due(store) or (looks and self._is_due(store)):
            self._start(store)

    def populate(self, store: "GraphStore") -> None:
        """Whoever built indexes has left some to others: start when there are any."""
        if store.population:
            self._start(store)

    def wait(self) -> None:
        """Until the thread has ended, if there is one."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _start(self, store: "GraphStore") -> None:
        with self._lock:
            if self._thread is not None:
                self._again = True
                return
            self._thread = threading.Thread(target=self._run, args=(store,), name="maintenance", daemon=True)
            self._thread.start()

    def _is_due(self, store: "GraphStore") -> bool:
        current, rows_min = store.current, store.limits.reclaimed_rows_min
        return bool(
            store.reclamation.is_due(current, rows_min)
            or any(_is_label_stale(current, label, rows_min) for label in current.label_nodes)
            or any(_is_index_stale(current, on, rows_min) for on in current.indexes)
            or any(is_sparse(place, current, rows_min) for place in places_of(current))
        )

    def _run(self, store: "GraphStore") -> None:
        try:
            while True:
                self._work(store)
                with self._lock:
                    if not self._again:
                        self._thread = None
                        return
                    self._again = False
        except BaseException:
            self._thread = None
            raise

    def _work(self, store: "GraphStore") -> None:
        rows_min = store.limits.reclaimed_rows_min
        is_freed = self._freed_rows > _FREED_ROWS
        held = _large_arrays(store.current)
        store.population.run(store)
        while is_merge_due(store) and pack_adjacency(store):
            is_freed = True
        store.reclaim_ids()
        current = store.current
        for label in list(current.label_nodes):
            if _is_label_stale(current, label, rows_min):
                order_label(store, label)
        for on in list(current.indexes):
            if _is_index_stale(current, on, rows_min):
                rebuild_index(store, on)
                is_freed = True
        del current
        for place in places_of(store.current):
            if is_sparse(place, store.current, rows_min):
                is_freed |= compact(store, place, rows_min)
        if is_freed:
            self._freed_rows = 0
            time.sleep(_SETTLE_SECONDS)
            held.clear()
            store.forget_commits()
            release_free_memory()


def _large_arrays(snapshot: Snapshot) -> list[object]:
    """What may be replaced. Whoever lets go of an array last gives its memory back, 5 ms for 60 MB: that is to be the
    background, and not a commit."""
    base = snapshot.adjacency.base
    held: list[object] = [base.offsets, base.packed_in, base.packed_out]
    held += [array for index in snapshot.indexes.values() for array in index.table.arrays]
    held += [nodes.array for nodes in snapshot.label_nodes.values()]
    for place in places_of(snapshot):
        pages, text = place.pages(snapshot), place.text(snapshot)
        held += [] if pages is None else [pages.buffer, pages.validity]
        held += [] if text is None else [text.heap.data]
    return held


def is_merge_due(store: "GraphStore") -> bool:
    """True when much was added to or deleted from the adjacency since it was packed."""
    snapshot = store.current
    adjacency = snapshot.adjacency
    rows, deleted = adjacency.visible, snapshot.deleted_relationships - adjacency.base.deletions
    if deleted > rows:
        rows = deleted
    return rows > store.limits.delta_relationships_max and rows > adjacency.merged_at(snapshot.node_bound)


def pack_adjacency(store: "GraphStore") -> bool:
    """A new base of all relationships of the current version; what came after it stays outside. False, and nothing is
    changed, where a commit has brought a new base meanwhile, or the log has failed."""
    epoch, snapshot = store.epoch, store.current
    base, first = snapshot.packed(), snapshot.adjacency.visible

    is_packed = False

    def change(snapshots: list[Snapshot]) -> list[Snapshot]:
        nonlocal is_packed
        newest = snapshots[-1].adjacency
        if newest.base is not snapshot.adjacency.base:
            return snapshots
        is_packed = True
        delta = newest.rebuilt(first, base).delta
        revised = [one.successor(one.version) for one in snapshots]
        for one in revised:
            one.adjacency = Adjacency(base, delta, one.adjacency.visible - first)
        return revised

    store.revise(change, epoch)
    return is_packed


def _created_rows(changes: ChangeSet) -> int:
    rows = 0
    for nodes in changes.created_nodes:
        rows += len(nodes.ids)
    for relationships in changes.created_relationships:
        rows += len(relationships.ids)
    return rows


def _garbage_rows(changes: ChangeSet) -> int:
    rows = 0  # loops, as most of these lists are empty: a generator each would cost a commit two microseconds
    for ids in changes.deleted_nodes:
        rows += len(ids)
    for ids in changes.deleted_relationships:
        rows += len(ids)
    for write in changes.node_properties:
        rows += len(write.ids)
    for write in changes.relationship_properties:
        rows += len(write.ids)
    for labels in changes.label_writes:
        rows += len(labels.ids)
    return rows


def _is_label_stale(snapshot: Snapshot, label: LabelId, rows_min: int) -> bool:
    nodes = snapshot.label_nodes[label]
    stale = nodes.length - snapshot.node_count(label)
    loose = nodes.length - nodes.sorted_length
    return stale > snapshot.node_count(label) // 2 + rows_min or loose > nodes.length // 4 + rows_min


def order_label(store: "GraphStore", label: LabelId) -> None:
    """The candidates of a label anew: those that have it, in order."""
    epoch, snapshot = store.epoch, store.current
    known = snapshot.label_nodes[label].length
    ids = snapshot.nodes(label)
    room = np.empty(len(ids) + len(ids) // 8 + _FEW_ENTRIES, dtype=np.int32)  # for the tail, while commits wait
    room[: len(ids)] = ids
    ordered = LabelNodes(room, len(ids), len(ids), is_exact=True)

    def change(snapshots: list[Snapshot]) -> list[Snapshot]:
        newest = snapshots[-1].label_nodes[label]
        tail = newest.array[known : newest.length].astype(np.int64)
        array = ordered.extended(tail, is_exact=False)
        revised = [one.successor(one.version) for one in snapshots]
        for one in revised:
            length = ordered.length + one.label_nodes[label].length - known
            is_exact = length == one.node_count(label)  # all that have the label are there, so there are no others
            nodes = LabelNodes(array.array, length, min(length, array.sorted_length), is_exact=is_exact)
            one.label_nodes = {**one.label_nodes, label: nodes}
        return revised

    store.revise(change, epoch)


def _is_index_stale(snapshot: Snapshot, on: SchemaDescriptor, rows_min: int) -> bool:
    index = snapshot.indexes[on]
    return index.is_complete and index.entries > count_of(snapshot, on) * 3 // 2 + rows_min


def rebuild_index(store: "GraphStore", on: SchemaDescriptor) -> None:
    """The index anew, with the entries of what is there; nothing where there is no such index."""
    epoch = store.epoch
    begun: list[tuple[Snapshot, list[tuple[Snapshot, ChangeSet]]]] = []

    def begin(snapshots: list[Snapshot]) -> list[Snapshot]:
        if on in snapshots[0].indexes:
            snapshots[0].indexes[on].inserted = []
            begun.append((snapshots[0], store.unsynced()))
        return snapshots

    if not store.revise(begin, epoch) or not begun:
        return
    snapshot, unsynced = begun[0]
    old = snapshot.indexes[on]
    index = build_index(snapshot, on)
    for later, changes in unsynced:
        ids = _touched(changes, on)
        insert_values(later, index, ids[belongs(later, on, ids)], on)
    index.may_repeat = bool(unsynced)
    while _catch_up(old, index) > _FEW_ENTRIES:
        pass

    def finish(snapshots: list[Snapshot]) -> list[Snapshot]:
        _catch_up(old, index)
        index.order.add(snapshots[-1].version, NO_IDS)  # what was inserted up to here, its journal does not know
        revised = [one.successor(one.version) for one in snapshots]
        for one in revised:
            if one.indexes.get(on) is old:
                one.indexes = {**one.indexes, on: index}
        return revised

    store.revise(finish, epoch)
    old.inserted = None


def _catch_up(old: PropertyIndex, index: PropertyIndex) -> int:
    """Moves on what was inserted into the old index meanwhile; gives how much."""
    inserted, old.inserted = old.inserted or [], []
    for hashes, nodes in inserted:
        index.insert(hashes, nodes)
        index.may_repeat = True
    return sum(len(nodes) for _, nodes in inserted)


def _touched(changes: ChangeSet, on: SchemaDescriptor) -> NodeIds:
    """Elements that may stand in an index because of these changes."""
    if on.entity is Entity.NODE:
        parts = [block.ids for block in changes.created_nodes]
        parts += [write.ids for write in changes.node_properties if write.key in on.keys]
        parts += [write.ids for write in changes.label_writes]
    else:
        parts = [block.ids for block in changes.created_relationships if block.type == on.token]
        parts += [write.ids for write in changes.relationship_properties if write.key in on.keys]
    return distinct(np.concatenate(parts)) if parts else NO_IDS


def places_of(snapshot: Snapshot) -> list[StatesPlace | ColumnPlace]:
    """Every chunked array of the snapshot."""
    places: list[StatesPlace | ColumnPlace] = [
        StatesPlace("node_states"),
        StatesPlace("relationship_states"),
        StatesPlace("ends"),
    ]
    sides: tuple[tuple[str, dict[KeyId, PropertyColumn]], ...] = (
        ("node_columns", snapshot.node_columns),
        ("relationship_columns", snapshot.relationship_columns),
    )
    for side, columns in sides:
        places += [ColumnPlace(side, key, Kind(kind)) for key, column in columns.items() for kind in column.pages]
    return places

"""The building of indexes on what is there already, while others write.

From the commit that creates an index on, every commit inserts into it what it writes. What was there before is inserted
here, a few elements at a time between two commits, as the version of that commit shows it. Nobody seeks in an index
before it is complete. The log knows nothing of this: after a restart the index is built from the start.
"""

import threading
from typing import TYPE_CHECKING

from memgraph_py.storage.elements import elements_of, values_of
from memgraph_py.storage.indexes import Hashed, PropertyIndex, hash_columns
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import SchemaDescriptor
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import NodeIds

if TYPE_CHECKING:
    from memgraph_py.storage.store import GraphStore

_ROWS_AT_ONCE = 4_096
"""So many elements are inserted within a millisecond, while commits wait."""


class Population:
    """The indexes that are to be built. Each method may be called from any thread."""

    __slots__ = ("_bases", "_changed", "_schema", "_working")

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._bases: dict[SchemaDescriptor, Snapshot] = {}
        """The version that the index begins with."""
        self._changed = threading.Condition()
        self._working = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._bases)

    def add(self, on: SchemaDescriptor, base: Snapshot) -> None:
        """The index of the version ``base``, to which nobody else inserts, is to be built."""
        self._schema.set_populated(on, 0.0)
        with self._changed:
            self._bases[on] = base

    def wait(self, on: SchemaDescriptor, seconds: float) -> bool:
        """Until the index is complete, or dropped; False when it is not after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: on not in self._bases, seconds)

    def run(self, store: "GraphStore") -> None:
        """Builds them, one after the other, until none is left; waits for another thread that does so."""
        with self._working:
            while self._bases:
                with self._changed:
                    on, base = next(iter(self._bases.items()))
                self._build(store, on, base)
                with self._changed:
                    if self._bases.get(on) is base:
                        del self._bases[on]
                        self._schema.set_populated(on, 1.0)
                    self._changed.notify_all()

    def _build(self, store: "GraphStore", on: SchemaDescriptor, base: Snapshot) -> None:
        ids = elements_of(base, on)
        for start in range(0, max(len(ids), 1), _ROWS_AT_ONCE):
            part = ids[start : start + _ROWS_AT_ONCE]
            is_last = start + _ROWS_AT_ONCE >= len(ids)
            hashed = hash_columns(values_of(base, on, part))
            if not self._insert(store, on, base, (part, hashed), is_last=is_last):
                return
            if not is_last:
                self._schema.set_populated(on, start / len(ids))

    def _insert(
        self, store: "GraphStore", on: SchemaDescriptor, base: Snapshot, rows: tuple[NodeIds, Hashed], *, is_last: bool
    ) -> bool:
        """False where the index is gone, or another one has been created since. After the log has failed it goes on in
        a copy."""
        found: list[PropertyIndex] = []

        def insert(snapshots: list[Snapshot]) -> list[Snapshot]:
            index = snapshots[-1].indexes.get(on)
            if index is not None and self._bases.get(on) is base:
                ids, (hashes, valid) = rows
                index.insert(hashes[valid] if len(valid) else hashes, ids[valid] if len(valid) else ids)
                index.is_complete = is_last
                found.append(index)
            return snapshots

        while not store.revise(insert, store.epoch):
            pass
        return bool(found)

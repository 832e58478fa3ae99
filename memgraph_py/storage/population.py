"""The building of indexes on what is there already, while others write.

From the commit that creates an index on, every commit inserts into it what it writes. What was there before is inserted
here, a few elements at a time between two commits, as the version of that commit shows it. Nobody seeks in an index
before it is complete. The log knows nothing of this: after a restart the index is built from the start.

What is being built, and how far it is, the schema tells, where one can wait for it too; here is what it is built of.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from memgraph_py.bounds import no_check
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
_WAIT_SECONDS = 0.01


class Population:
    """The indexes that are to be built. Each method may be called from any thread."""

    __slots__ = ("_bases", "_schema", "_working")

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._bases: dict[SchemaDescriptor, Snapshot] = {}
        """The version that the index begins with."""
        self._working = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._bases)

    def add(self, on: SchemaDescriptor, base: Snapshot) -> None:
        """The index of the version ``base``, to which nobody else inserts, is to be built."""
        self._bases[on] = base
        self._schema.set_populated(on, 0.0)

    def leave(self, on: SchemaDescriptor) -> None:
        """Nobody wants the index any more."""
        if self._bases.pop(on, None) is not None:
            self._schema.set_populated(on, 1.0)

    def run(self, store: "GraphStore", check: Callable[[], None] = no_check) -> None:
        """Builds them, one after the other, until none is left; waits for another thread that does so. check: called
        again and again; what it raises ends this, and leaves the others to whoever comes next."""
        while not self._working.acquire(timeout=_WAIT_SECONDS):
            check()
        try:
            while (first := next(iter(tuple(self._bases.items())), None)) is not None:
                on, base = first
                self._build(store, on, base, check)
                if self._bases.get(on) is base:
                    self.leave(on)
        finally:
            self._working.release()

    def _build(self, store: "GraphStore", on: SchemaDescriptor, base: Snapshot, check: Callable[[], None]) -> None:
        ids = elements_of(base, on)
        for start in range(0, max(len(ids), 1), _ROWS_AT_ONCE):
            check()
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

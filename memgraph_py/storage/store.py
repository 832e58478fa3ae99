"""GraphStore: begins transactions, checks and commits them, publishes snapshots.

    commit      ── lock ── conflicts with commits since the snapshot? ── next snapshot ── queue in the log ── tip
    log thread  ── record on disk ── current = that snapshot ── future resolved

``tip`` is the writers' newest version, ``current`` the readers'; between them lie the commits that the log has not
synced. A reader holds a snapshot and takes no lock. If the log fails, all queued commits fail and ``tip`` returns to
``current``; ids are not used again, so what the failed ones left in indexes is never found.

Write sets are kept for as long as a transaction may still meet them: those later than the oldest open transaction's
snapshot, and those later than ``current``, which new transactions are based on.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from memgraph_py.config import Limits
from memgraph_py.errors import CommitFailed, CypherError, LimitExceeded, SchemaError, SchemaMissing
from memgraph_py.storage.adjacency import Adjacency, Base, Delta
from memgraph_py.storage.applying import Heaps, after_failure, apply
from memgraph_py.storage.changes import ChangeSet, StreamPosition
from memgraph_py.storage.coalescing import coalesce
from memgraph_py.storage.conflicts import WriteSet
from memgraph_py.storage.memory import release_free_memory
from memgraph_py.storage.schema import IndexDefinition, Schema
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.transaction import Access, Transaction

__all__ = ["Access", "CommitLog", "GraphStore", "Transaction"]


DEFAULT_LIMITS = Limits()


class CommitLog(Protocol):
    """Where commits are made durable. A port; ``durability/commit_log.py`` is the implementation."""

    def append(self, version: int, changes: ChangeSet, done: Callable[[BaseException | None], None]) -> None:
        """Queue the commit. ``done`` is called from the log's thread, in order, once it is on disk or failed."""
        ...

    def close(self) -> None:
        """Write what is queued, and end."""
        ...


@dataclass(slots=True, eq=False)
class _Pending:
    """A commit between tip and current."""

    snapshot: Snapshot
    changes: ChangeSet
    indexes: list[IndexDefinition]
    """The definitions before this commit."""
    future: Future[int] = field(default_factory=Future)
    failed: bool = False


class _Ids:
    """A counter that several threads draw from."""

    __slots__ = ("_limit", "_lock", "_name", "next")

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._lock = threading.Lock()
        self.next = 0

    def draw(self, count: int) -> NDArray[np.int64]:
        """``count`` ids, ascending. Raises LimitExceeded when there are no more."""
        with self._lock:
            start = self.next
            if start + count > self._limit:
                raise LimitExceeded(f"a graph has at most {self._limit} {self._name}")
            self.next = start + count
        return np.arange(start, start + count, dtype=np.int64)

    def pass_over(self, bound: int) -> None:
        """Ids below the bound are used."""
        with self._lock:
            self.next = max(self.next, bound)


class GraphStore:
    """The graph. Methods may be called from any thread."""

    def __init__(self, log: CommitLog | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        self.schema = Schema()
        self.log = log
        """Where commits go; None publishes them at once. Recovery sets it after it has replayed."""
        self.limits = limits
        self.heaps = Heaps()
        self.current = self.tip = Snapshot.empty(self.schema)
        self._node_ids = _Ids("nodes", limits.elements_max)
        self._relationship_ids = _Ids("relationships", limits.elements_max)
        self._commit_lock = threading.Lock()
        self._publish_lock = threading.Lock()  # taken inside the commit lock, never the other way round
        self._pending: deque[_Pending] = deque()
        self._history: deque[tuple[int, WriteSet]] = deque()
        self._open: dict[int, int] = {}
        """How many transactions that may write are based on each version."""
        self._failures: list[int] = []
        self._merge: threading.Thread | None = None

    def begin(self, access: Access, *, on_tip: bool = False) -> Transaction:
        """A transaction on ``current``, or on ``tip``: then it sees commits that may yet fail, and fails with them."""
        with self._publish_lock:
            snapshot = self.tip if on_tip else self.current
            if access is Access.WRITE:
                self._open[snapshot.version] = self._open.get(snapshot.version, 0) + 1
            return Transaction(snapshot, self, access, len(self._failures))

    def rollback(self, transaction: Transaction) -> None:
        """Ends the transaction without its changes. A transaction that has ended stays so."""
        if transaction.is_open:
            self._end(transaction)

    def commit(self, transaction: Transaction) -> Future[int]:
        """Ends the transaction with its changes; the future gives the version once they are durable and published.

        Raises TransactionConflict or ConstraintViolation at once, and CommitFailed when the log or what the transaction
        was based on has failed; the future may raise CommitFailed too. Nothing is committed then.
        """
        assert transaction.is_open, "the transaction has ended"
        try:
            changes = transaction.changes
            if changes.is_empty():
                future: Future[int] = Future()
                future.set_result(transaction.snapshot.version)
                return future
            transaction.check_no_relationship_left()
            if coalesce(changes):
                transaction.drop_overlays()  # rows of this transaction may still be read
            with self._commit_lock:
                self._check(transaction)
                pending = self._queue(changes)
        finally:
            self._end(transaction)
        return self._hand_over(pending)

    def create_index(self, name: str, label: int, key: int) -> Future[int]:
        """Index the property of the nodes with the label. Raises SchemaError when the index or the name is there."""
        with self._commit_lock:
            for index in self.schema.indexes():
                if index.name == name or (index.label, index.key) == (label, key):
                    raise SchemaError(f"the index '{index.name}' is there already")
            pending = self._queue(ChangeSet(created_indexes=[(name, label, key)]))
        return self._hand_over(pending)

    def drop_index(self, label: int, key: int) -> Future[int]:
        """Drop the index. Raises SchemaMissing when there is none."""
        with self._commit_lock:
            if not self.schema.has_index(label, key):
                raise SchemaMissing("there is no such index")
            pending = self._queue(ChangeSet(dropped_indexes=[(label, key)]))
        return self._hand_over(pending)

    def position(self, stream_id: UUID) -> StreamPosition | None:
        """Where a stream stands in the newest version."""
        return self.tip.positions.get(stream_id)

    def apply_recovered(self, version: int, changes: ChangeSet) -> None:
        """Applies a commit from the log, without logging it."""
        with self._commit_lock:
            assert version == self.tip.version + 1, "a commit is missing in the log"
            snapshot = self._applied(changes)
            self.tip = self.current = snapshot
            self._node_ids.pass_over(snapshot.node_bound)
            self._relationship_ids.pass_over(snapshot.relationship_bound)
            self._consider_merge()

    def restore(self, snapshot: Snapshot) -> None:
        """Puts a snapshot in place of the empty store; see ``exchange.load_snapshot``."""
        assert self.tip.version == 0, "only an empty store is restored"
        self.tip = self.current = snapshot
        self._node_ids.pass_over(snapshot.node_bound)
        self._relationship_ids.pass_over(snapshot.relationship_bound)

    def draw_node_ids(self, count: int) -> NDArray[np.int64]:
        """Ids that no node has had. Raises LimitExceeded."""
        return self._node_ids.draw(count)

    def draw_relationship_ids(self, count: int) -> NDArray[np.int64]:
        """Ids that no relationship has had. Raises LimitExceeded."""
        return self._relationship_ids.draw(count)

    def wait_for_merge(self) -> None:
        """Until no merge of the adjacency is under way."""
        merge = self._merge
        if merge is not None:
            merge.join()

    def close(self) -> None:
        """Ends the log, if there is one, and waits for the background."""
        if self.log is not None:
            self.log.close()
        self.wait_for_merge()

    def _end(self, transaction: Transaction) -> None:
        transaction.is_open = False
        if transaction.access is Access.WRITE:
            version = transaction.snapshot.version
            with self._publish_lock:
                self._open[version] -= 1
                if not self._open[version]:
                    del self._open[version]

    def _check(self, transaction: Transaction) -> None:
        based_on = transaction.snapshot.version
        if any(based_on > last_good for last_good in self._failures[transaction.epoch :]):
            raise CommitFailed("an earlier commit that this one builds on could not be written to the log")
        if self._history and self._history[-1][0] > based_on:
            mine = WriteSet(transaction.changes)
            for version, write_set in self._history:
                if version > based_on:
                    mine.check(write_set)

    def _queue(self, changes: ChangeSet) -> _Pending:
        """The commit as the new tip, queued in the log. Under the commit lock."""
        indexes = self.schema.indexes()
        pending = _Pending(self._applied(changes), changes, indexes)
        snapshot = pending.snapshot
        with self._publish_lock:
            self._pending.append(pending)
            self.tip = snapshot
            keep_after = min((self.current.version, *self._open))
        self._history.append((snapshot.version, WriteSet(changes)))
        while self._history and self._history[0][0] <= keep_after:
            self._history.popleft()
        if self.log is None:
            with self._publish_lock:
                self._pending.popleft()
                self.current = snapshot
        else:
            try:
                self.log.append(snapshot.version, changes, lambda error: self._finish(pending, error))
            except CypherError:  # the log takes no more; those queued before may still be written
                with self._publish_lock:
                    self._take_back([self._pending.pop()])
                raise
        self._consider_merge()
        return pending

    def _hand_over(self, pending: _Pending) -> Future[int]:
        """The future of a queued commit; resolved here, outside all locks, where there is no log to wait for."""
        if self.log is None:
            pending.future.set_result(pending.snapshot.version)
        return pending.future

    def _applied(self, changes: ChangeSet) -> Snapshot:
        tip = self.tip
        try:
            snapshot = apply(tip, changes, tip.version + 1, self.heaps)
        except BaseException:  # whatever it was, what lies in place must not show in later versions
            with self._publish_lock:
                self._take_back([_Pending(tip, changes, self.schema.indexes())])
            raise
        for label, key in changes.dropped_indexes:
            self.schema.drop_index(label, key)
        for name, label, key in changes.created_indexes:
            self.schema.add_index(IndexDefinition(name, label, key))
        return snapshot

    def _finish(self, pending: _Pending, error: BaseException | None) -> None:
        """The log's answer; called in order of versions, from its thread."""
        if pending.failed:
            return
        if error is None:
            with self._publish_lock:
                first = self._pending.popleft()
                assert first is pending, "the log answers out of order"
                self.current = pending.snapshot
            pending.future.set_result(pending.snapshot.version)
            return
        with self._commit_lock, self._publish_lock:
            failed = list(self._pending)
            self._pending.clear()
            self._take_back(failed)
        for commit in failed:
            commit.future.set_exception(_commit_failed(error))

    def _take_back(self, failed: list[_Pending]) -> None:
        """The newest commit that is still queued, else ``current``, is the tip again. Under both locks."""
        holder = self._pending[-1] if self._pending else None
        good = self.current if holder is None else holder.snapshot
        restored = after_failure(good, [commit.changes for commit in failed])
        if holder is None:
            self.current = restored
        else:
            holder.snapshot = restored
        for commit in failed:
            commit.failed = True
        self.schema.restore_indexes(failed[0].indexes)
        self.tip = restored
        self._failures.append(restored.version)
        while self._history and self._history[-1][0] > restored.version:
            self._history.pop()

    def _consider_merge(self) -> None:
        """Packs the adjacency in the background when much was added or deleted since. Under the commit lock."""
        if self._is_merge_due(self.tip) and (self._merge is None or not self._merge.is_alive()):
            self._merge = threading.Thread(target=self._merge_adjacency, name="merge adjacency", daemon=True)
            self._merge.start()

    def _is_merge_due(self, snapshot: Snapshot) -> bool:
        adjacency = snapshot.adjacency
        packed: int = adjacency.base.packed_out.shape[1]
        much = max(self.limits.delta_relationships_max, packed // 8)
        deleted = snapshot.deleted_relationships - adjacency.base.deletions
        return adjacency.visible > much or deleted > much

    def _merge_adjacency(self) -> None:
        """Until little is left outside the base; what the log has not synced yet stays outside."""
        while self._is_merge_due(self.current):
            self._merge_once()
        release_free_memory()

    def _merge_once(self) -> None:
        failures, snapshot = len(self._failures), self.current
        base = pack_adjacency(snapshot)
        with self._commit_lock, self._publish_lock:
            if failures == len(self._failures):  # else the delta was made anew
                self._publish_base(base, snapshot.adjacency.visible)

    def _publish_base(self, base: Base, first: int) -> None:
        """Puts the base, and a delta of the entries from ``first`` on, into all newer snapshots. Under both locks."""
        delta = self.tip.adjacency.rebuilt(first, base).delta
        self.current = _with_adjacency(self.current, base, delta, first)
        for pending in self._pending:
            pending.snapshot = _with_adjacency(pending.snapshot, base, delta, first)
        self.tip = self._pending[-1].snapshot if self._pending else self.current


def _with_adjacency(snapshot: Snapshot, base: Base, delta: Delta, first: int) -> Snapshot:
    merged = snapshot.successor(snapshot.version)
    merged.adjacency = Adjacency(base, delta, snapshot.adjacency.visible - first)
    return merged


def pack_adjacency(snapshot: Snapshot) -> Base:
    """A base of all relationships of the snapshot."""
    ids = snapshot.relationships(None)
    types = snapshot.relationship_types(ids).astype(np.int32)
    sources, targets = snapshot.sources[ids], snapshot.targets[ids]
    return Base.pack(ids, sources, targets, types, snapshot.node_bound, snapshot.deleted_relationships)


def _commit_failed(error: BaseException) -> CommitFailed:
    if isinstance(error, CommitFailed):
        return error
    failure = CommitFailed(f"the log could not be written: {error}", hint="nothing was committed")
    failure.__cause__ = error
    return failure

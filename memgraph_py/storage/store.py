"""GraphStore: begins transactions, checks and commits them, publishes snapshots.

    commit      ── lock ── conflicts with commits since the snapshot? ── next snapshot ── queue in the log ── tip
    log thread  ── record on disk ── current = that snapshot ── future resolved

``tip`` is the writers' newest version, ``current`` the readers'; between them lie the commits that the log has not
synced. A reader holds a snapshot and takes no lock. If the log fails, all queued commits fail and ``tip`` returns to
``current``.

Write sets are kept for as long as a transaction may still meet them, within limits: those later than the oldest open
transaction's snapshot, and those later than ``current``, which new transactions are based on. What nobody needs any
more, ids, strings, slots, entries of indexes, is taken back in the background (``reclamation.py``, ``maintenance.py``).
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import Bounds, no_check
from memgraph_py.config import Limits
from memgraph_py.errors import CommitFailed, CypherError
from memgraph_py.storage.applying import after_failure, apply
from memgraph_py.storage.changes import ChangeSet, StreamPosition
from memgraph_py.storage.coalescing import coalesce, fold
from memgraph_py.storage.commitment import Commitment
from memgraph_py.storage.conflicts import History
from memgraph_py.storage.elements import count_of
from memgraph_py.storage.indexes import PropertyIndex
from memgraph_py.storage.maintenance import Maintenance, pack_adjacency
from memgraph_py.storage.memory import keep_large_arrays_apart
from memgraph_py.storage.population import Population
from memgraph_py.storage.reclamation import Reclamation
from memgraph_py.storage.rule_changes import prepared_rules
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import SchemaDescriptor
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.transaction import Access, Transaction

__all__ = ["Access", "CommitLog", "GraphStore", "Transaction"]


DEFAULT_LIMITS = Limits()
_WRITE = Access.WRITE  # to look one up in its enumeration takes 50 ns, each time
_QUIET_SECONDS = 0.002
_LOCK_SECONDS = 0.01
"""Whoever waits for the commit lock looks so often whether it still wants it."""
_NO_RULES: AbstractContextManager[Callable[[], None]] = nullcontext(lambda: None)
"""In place of ``prepared_rules``, for the commits that change data."""


class CommitLog(Protocol):
    """Where commits are made durable. A port; ``durability/commit_log.py`` is the implementation."""

    def append(self, version: int, changes: ChangeSet, done: Callable[[BaseException | None], None]) -> None:
        """Queue the commit. ``done`` is called from the log's thread, in order, once it is on disk or failed. Of
        several that are on disk the log may tell of the last alone: those before it are too."""
        ...

    def close(self) -> None:
        """Write what is queued, and end."""
        ...


class TipWork(Protocol):
    """What is done on the newest version and committed at once."""

    def run(self, transaction: Transaction) -> None:
        """Writes. What it raises, ``commit_at_tip`` raises, with nothing done."""
        ...


class _Pending:
    """A commit between tip and current."""

    __slots__ = ("changes", "failed", "future", "snapshot")

    def __init__(self, snapshot: Snapshot, changes: ChangeSet) -> None:
        self.snapshot = snapshot
        self.changes = changes
        self.future = Commitment()
        self.failed = False


class GraphStore:
    """The graph. Methods may be called from any thread."""

    def __init__(self, log: CommitLog | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        keep_large_arrays_apart()
        self.schema = Schema(limits.names_max)
        self.log = log
        """Where commits go; None publishes them at once. Recovery sets it after it has replayed."""
        self.limits = limits
        self.current = self.tip = Snapshot.empty(self.schema)
        self.reclamation = Reclamation(limits.elements_max, limits.reused_ids_min)
        self._commit_lock = threading.Lock()
        self._publish_lock = threading.Lock()  # taken inside the commit lock, never the other way round
        self._pending: deque[_Pending] = deque()
        self._history = History(limits.history_commits_max, limits.history_rows_max)
        self._open: dict[int, int] = {}
        """How many transactions that may write are based on each version."""
        self.epoch = 0
        """How many times the log has failed."""
        self._failures: list[tuple[int, int]] = []
        """Epoch and last good version of the failures that may still matter: both ascend, as a later failure further
        back stands for those before it."""
        self.population = Population(self.schema)
        self._maintenance = Maintenance()

    def begin(self, access: Access, *, on_tip: bool = False) -> Transaction:
        """A transaction on ``current``, or on ``tip``: then it sees commits that may yet fail, and fails with them."""
        with self._publish_lock:
            snapshot = self.tip if on_tip else self.current
            if access is Access.WRITE:
                self._open[snapshot.version] = self._open.get(snapshot.version, 0) + 1
            return Transaction(snapshot, self, access, self.epoch)

    def rollback(self, transaction: Transaction) -> None:
        """Ends the transaction without its changes. A transaction that has ended stays so."""
        if transaction.is_open:
            self._end(transaction)

    def commit(
        self, transaction: Transaction, bounds: Bounds | None = None, decide: Callable[[], None] = no_check
    ) -> Future[int]:
        """Ends the transaction with its changes; the future gives the version once they are durable and published.

        bounds: of whoever commits; raises what they do until the commit goes to the log. ``decide`` is called just
        before it does: from there on only the log can fail it. Raises what ``decide`` raises, TransactionConflict,
        ConstraintViolation or what ``rule_changes`` raises at once, and CommitFailed when the log or what the
        transaction was based on has failed; the future may raise CommitFailed too. Nothing is committed then.
        """
        check = no_check if bounds is None else bounds.check
        assert transaction.is_open, "the transaction has ended"
        is_queued = False
        try:
            changes = transaction.changes
            if changes.is_empty():
                return Commitment(transaction.snapshot.version)
            transaction.check_no_relationship_left()
            checked = self.schema.version
            transaction.check_constraints()
            check()
            if fold(changes) | coalesce(changes):
                transaction.drop_overlays()  # rows of this transaction may still be read
            preparation = prepared_rules(self, changes, check) if changes.has_rules() else _NO_RULES
            with preparation as confirm_rules:
                while not self._commit_lock.acquire(timeout=_LOCK_SECONDS):
                    check()
                try:
                    self._check(transaction, checked)
                    confirm_rules()
                    check()
                    is_queued = True  # should it fail from here on, its ids come back with its changes
                    pending = self._queue(changes, check, decide)
                finally:
                    self._commit_lock.release()
        finally:
            self._end(transaction, committed=is_queued)
        return self._hand_over(pending)

    def commit_at_tip(self, work: TipWork) -> tuple[Commitment, Snapshot] | None:
        """Runs the work on the newest version and commits what it wrote, with nothing between the two: so it conflicts
        with nobody. Gives the future and the version that it made, which may be read before it is durable.

        None, and nothing is done, where it must be a transaction: it breaks a constraint, which may come of a commit
        that is lost yet, or it wrote nothing, and what it read may be lost; or a long commit is under way. Raises
        CommitFailed as ``commit`` does.
        """
        if not self.reclamation.is_complete or not self._commit_lock.acquire(timeout=_QUIET_SECONDS):
            return None
        try:
            tip, is_queued = self.tip, False
            transaction = Transaction(tip, self, _WRITE, self.epoch)
            changes = transaction.changes
            try:
                work.run(transaction)
                if changes.is_empty():
                    return (Commitment(tip.version), tip) if tip is self.current else None
                if not transaction.fulfils_constraints():
                    return None
                fold(changes)
                is_queued = True  # should it fail from here on, its ids come back with its changes
                pending = self._queue(changes)
                snapshot = pending.snapshot
            finally:
                if not is_queued:
                    self._undraw(changes)
        finally:
            self._commit_lock.release()
        return self._hand_over(pending), snapshot

    def _undraw(self, changes: ChangeSet) -> None:
        """The ids of what was not created."""
        for nodes in reversed(changes.created_nodes):
            self.undraw_node_ids(nodes.ids)
        for relationships in reversed(changes.created_relationships):
            self.undraw_relationship_ids(relationships.ids)

    def confirm_base(self, transaction: Transaction) -> None:
        """Wait until what the transaction is based on is on disk. Raises CommitFailed where it is lost: what the
        transaction read, and any error that came of it, then means nothing."""
        with self._publish_lock:
            awaited = [
                pending.future for pending in self._pending if pending.snapshot.version <= transaction.snapshot.version
            ]
        for future in awaited:
            future.exception()
        self._check_base(transaction)

    def change_rules(
        self, changes: ChangeSet, bounds: Bounds | None = None, decide: Callable[[], None] = no_check
    ) -> Future[int]:
        """A commit that changes indexes and constraints alone; see ``commit``."""
        transaction = self.begin(Access.WRITE)
        transaction.changes = changes
        return self.commit(transaction, bounds, decide)

    def is_quiet(self) -> bool:
        """False where a commit has been under way for longer than it takes to apply a few rows: it may take seconds,
        and who must not wait for it commits elsewhere."""
        if not self._commit_lock.locked():
            return True
        if self._commit_lock.acquire(timeout=_QUIET_SECONDS):
            self._commit_lock.release()
            return True
        return False

    def position(self, stream_id: UUID) -> StreamPosition | None:
        """Where a stream stands in the newest version."""
        return self.tip.positions.get(stream_id)

    def apply_recovered(self, version: int, changes: ChangeSet) -> None:
        """Applies a commit from the log, without logging it."""
        assert version == self.tip.version + 1, "a commit is missing in the log"
        while self.reclamation.reuses_relationships(changes, self.tip):
            pack_adjacency(self)
        with self._commit_lock:
            self.reclamation.is_complete = False
            snapshot = self._applied(changes)
            self.tip = self.current = snapshot
        self._maintenance.consider(self, [changes])

    def finish_recovery(self) -> None:
        """After the last of them: builds the indexes that they created."""
        self.population.run(self)

    def restore(self, snapshot: Snapshot) -> None:
        """Puts a snapshot in place of the empty store; see ``exchange.load_snapshot``."""
        assert self.tip.version == 0, "only an empty store is restored"
        self.tip = self.current = snapshot
        self.reclamation.is_complete = False

    def draw_node_ids(self, count: int) -> NDArray[np.int64]:
        """Ids that no node has, in any version that is alive. Raises LimitExceeded."""
        if not self.reclamation.is_complete:
            self._complete_ids()
        return self.reclamation.nodes.draw(count)

    def draw_relationship_ids(self, count: int) -> NDArray[np.int64]:
        """Ids that no relationship has, in any version that is alive. Raises LimitExceeded."""
        if not self.reclamation.is_complete:
            self._complete_ids()
        return self.reclamation.relationships.draw(count)

    def undraw_node_ids(self, ids: NDArray[np.int64]) -> None:
        """Those that were drawn, and that no commit has used."""
        self.reclamation.nodes.undraw(ids)

    def undraw_relationship_ids(self, ids: NDArray[np.int64]) -> None:
        """Those that were drawn, and that no commit has used."""
        self.reclamation.relationships.undraw(ids)

    def revise(self, change: Callable[[list[Snapshot]], list[Snapshot]], epoch: int) -> bool:
        """The same graph in another form, between two commits: ``change`` gets the current snapshot and those after it,
        in order, and gives as many. False, and nothing is done, where the log has failed since the epoch.
        """
        with self._commit_lock, self._publish_lock:
            if epoch != self.epoch:
                return False
            revised = change([self.current, *(pending.snapshot for pending in self._pending)])
            self.current, self.tip = revised[0], revised[-1]
            for pending, snapshot in zip(self._pending, revised[1:], strict=True):
                pending.snapshot = snapshot
            return True

    def unsynced(self) -> list[tuple[Snapshot, ChangeSet]]:
        """The versions after ``current`` and what each of them changed; for a ``change`` of ``revise``."""
        return [(pending.snapshot, pending.changes) for pending in self._pending]

    def reclaim_ids(self) -> None:
        """Ids of deleted elements that nobody can meet any more become free. One thread at a time."""
        with self._commit_lock:
            if not self.reclamation.is_complete:
                return
            taken = self.reclamation.take(self.current)
        self.reclamation.release(taken)

    def forget_commits(self) -> None:
        """What was committed is let go where no open transaction may meet it; the next commit would do so too."""
        with self._commit_lock, self._publish_lock:
            self._history.forget(min((self.current.version, *self._open)))

    def wait_for_maintenance(self) -> None:
        """Until nothing is under way in the background."""
        self._maintenance.wait()

    def close(self) -> None:
        """Ends the log, if there is one, and waits for the background."""
        if self.log is not None:
            self.log.close()
        self._maintenance.wait()

    def begin_index(self, on: SchemaDescriptor) -> bool:
        """An index that no rule speaks of yet, for the newest version and those after it; False where one is there."""
        with self._commit_lock, self._publish_lock:
            if on in self.tip.indexes:
                return False
            index = PropertyIndex(count_of(self.tip, on))
            index.is_complete = False
            self._put_indexes({**self.tip.indexes, on: index})
            self.population.add(on, self.tip)
        return True

    def leave_index(self, on: SchemaDescriptor) -> None:
        """No rule will speak of it."""
        with self._commit_lock, self._publish_lock:
            if all(index.on != on for index in self.tip.rules.indexes):
                self._put_indexes({at: index for at, index in self.tip.indexes.items() if at != on})
                self.population.leave(on)
        self._maintenance.populate(self)

    def _put_indexes(self, indexes: dict[SchemaDescriptor, PropertyIndex]) -> None:
        """Into the newest version. Under both locks."""
        tip = self.tip.successor(self.tip.version)
        tip.indexes = indexes
        if self._pending:
            self._pending[-1].snapshot = tip
        else:
            self.current = tip
        self.tip = tip

    def _complete_ids(self) -> None:
        """After recovery, before the first id is drawn: whatever has no element is free."""
        with self._commit_lock:
            self.reclamation.complete(self.current)

    def _end(self, transaction: Transaction, *, committed: bool = False) -> None:
        transaction.is_open = False
        if transaction.access is Access.WRITE:
            if not committed:
                self._undraw(transaction.changes)
            version = transaction.snapshot.version
            with self._publish_lock:
                self._open[version] -= 1
                if not self._open[version]:
                    del self._open[version]

    def _check(self, transaction: Transaction, checked: int) -> None:
        """Under the commit lock. checked: the version of the schema that the constraints were checked for."""
        self._check_base(transaction)
        self._history.check(transaction.snapshot.version, transaction.changes)
        if self.schema.has_constraints:
            if self.schema.version != checked:
                transaction.check_constraints()
            if self.tip.version != transaction.snapshot.version:
                transaction.check_against(self.tip)

    def _check_base(self, transaction: Transaction) -> None:
        based_on = transaction.snapshot.version
        if any(based_on > last_good for epoch, last_good in self._failures if epoch > transaction.epoch):
            raise CommitFailed("an earlier commit that this one builds on could not be written to the log")

    def _queue(
        self, changes: ChangeSet, check: Callable[[], None] = no_check, decide: Callable[[], None] = no_check
    ) -> _Pending:
        """The commit as the new tip, queued in the log. Under the commit lock."""
        snapshot = self._applied(changes, check, decide)
        pending, version, log = _Pending(snapshot, changes), snapshot.version, self.log
        with self._publish_lock:
            self._pending.append(pending)
            self.tip = snapshot
            keep_after = self.current.version
            if self._open:
                keep_after = min(keep_after, *self._open)
        self._history.add(version, changes, keep_after)
        if log is None:
            with self._publish_lock:
                self._pending.popleft()
                self.current = snapshot
        else:
            try:
                log.append(version, changes, partial(self._finish, pending))
            except CypherError:  # the log takes no more; those queued before may still be written
                with self._publish_lock:
                    self._take_back([self._pending.pop()])
                raise
        return pending

    def _hand_over(self, pending: _Pending) -> Commitment:
        """The future of a queued commit; resolved here, outside all locks, where there is no log to wait for."""
        if self.log is None:
            self._maintenance.consider(self, [pending.changes])
            pending.future.set_result(pending.snapshot.version)
        return pending.future

    def _applied(
        self, changes: ChangeSet, check: Callable[[], None] = no_check, decide: Callable[[], None] = no_check
    ) -> Snapshot:
        tip = self.tip
        try:
            snapshot = apply(tip, changes, tip.version + 1, check)
            decide()
        except BaseException:  # whatever it was, what lies in place must not show in later versions
            with self._publish_lock:
                self._take_back([_Pending(tip, changes)])
            raise
        if changes.deleted_nodes or changes.deleted_relationships:
            self.reclamation.add(snapshot.version, changes)
        if snapshot.rules is not tip.rules:
            for index in changes.created_indexes:
                if snapshot.indexes[index.on] is not tip.indexes.get(index.on):  # or else a constraint has begun it
                    self.population.add(index.on, snapshot)
            self.schema.set_rules(snapshot.rules)
        return snapshot

    def _finish(self, pending: _Pending, error: BaseException | None) -> None:
        """The log's answer; called in order of versions, from its thread."""
        if pending.failed:
            return
        if error is None:
            self._publish(pending)
            return
        with self._commit_lock, self._publish_lock:
            failed = list(self._pending)
            self._pending.clear()
            self._take_back(failed)
        self._maintenance.consider(self, [commit.changes for commit in failed], have_failed=True)
        for commit in failed:
            commit.future.set_exception(_commit_failed(error))

    def _publish(self, last: _Pending) -> None:
        """It is on disk, with all before it."""
        published: list[_Pending] = []
        with self._publish_lock:
            while not published or published[-1] is not last:
                published.append(self._pending.popleft())
            self.current = last.snapshot
        self._maintenance.consider(self, [pending.changes for pending in published])
        for pending in published:
            pending.future.set_result(pending.snapshot.version)

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
        self.schema.set_rules(restored.rules)
        self.tip = restored
        self.epoch += 1
        while self._failures and self._failures[-1][1] >= restored.version:
            self._failures.pop()
        self._failures.append((self.epoch, restored.version))
        self._history.take_back(restored.version)
        self.reclamation.take_back(restored.version, [commit.changes for commit in failed])


def _commit_failed(error: BaseException) -> CommitFailed:
    if isinstance(error, CommitFailed):
        return error
    failure = CommitFailed(f"the log could not be written: {error}", hint="nothing was committed")
    failure.__cause__ = error
    return failure

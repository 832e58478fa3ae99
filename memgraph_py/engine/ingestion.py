"""Ingestion: a stream's batch as one transaction, with its position.

Runs of equal query texts, or of texts that share a plan (`engine/statements.py`), execute as one statement where
``vectorise.py`` proves it the same, and many short ones in another order where ``reordering.py`` does; when such a run
errs, it is undone to its mark and run one by one, so that the message and the order are right.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from uuid import UUID

from memgraph_py.engine.database import Database
from memgraph_py.engine.query_runs import Calls, Group, QueryRun, groups_of
from memgraph_py.engine.reordering import blocks_of
from memgraph_py.engine.session import new_context
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.errors import ConstraintViolation, CypherError, ForbiddenInTransaction, ParameterMissing
from memgraph_py.execution import execute
from memgraph_py.optimizer import missing_indexes
from memgraph_py.plan.substitution import operators_in
from memgraph_py.storage.changes import Partition, StreamPosition
from memgraph_py.storage.transaction import Access, Transaction


class QueryFailed(Exception):
    """A query of a batch failed, and the batch is rolled back. row_index: which call, counted over all runs from 0."""

    def __init__(self, row_index: int, query: str, error: CypherError) -> None:
        super().__init__(error.text())
        self.row_index = row_index
        self.query = query
        self.error = error


class Ingestion:
    """What streams write through; safe to use from several threads, one batch of a stream after another."""

    def __init__(self, database: Database) -> None:
        self._core = database.core
        self.turns = database.core.turns
        """A stream takes its turns there."""

    def apply(
        self,
        runs: list[QueryRun],
        stream_id: UUID,
        next_offsets: Mapping[Partition, int],
        batches_left: int | None,
    ) -> Future[int]:
        """Run everything in one transaction on the newest base and commit it with the position.

        The future gives the version once the record is on disk. Raises QueryFailed, or TransactionConflict, or
        CommitFailed where the newest base was lost: nothing is written then, and the same batch may be applied again.
        """
        store = self._core.store
        transaction = store.begin(Access.WRITE, on_tip=True)
        try:
            self._run_whole(runs, transaction)
            transaction.record_position(stream_id, next_offsets, batches_left)
            return store.commit(transaction)
        except BaseException:
            store.rollback(transaction)
            with self.turns.given_back():  # what it is based on may have been committed in this turn
                store.confirm_base(transaction)  # an error that came of what is lost says nothing about the batch
            raise

    def first_failure(self, groups: Iterable[list[QueryRun]], end: float) -> tuple[int, QueryFailed] | None:
        """Run group after group in one transaction, which is rolled back: the first group that fails, and how. None
        where none does, or where it is later than ``end`` (of time.monotonic)."""
        store = self._core.store
        transaction = store.begin(Access.WRITE, on_tip=True)
        try:
            for index, runs in enumerate(groups):
                if time.monotonic() > end:
                    return None
                try:
                    self._run_whole(runs, transaction)
                except QueryFailed as error:
                    return index, error
            return None
        finally:
            store.rollback(transaction)

    def position(self, stream_id: UUID) -> StreamPosition | None:
        """Where the stream goes on, or None when it was never started."""
        return self._core.store.position(stream_id)

    def stream_ids(self) -> set[UUID]:
        """Of the streams that have a position."""
        return set(self._core.store.tip.positions)

    def set_position(self, stream_id: UUID, position: StreamPosition | None) -> Future[int]:
        """Put the position to another place, or drop it with None."""
        transaction = self._core.store.begin(Access.WRITE, on_tip=True)
        transaction.reset_position(stream_id, position)
        return self._core.store.commit(transaction)

    def forget(self, stream_id: UUID) -> Future[int]:
        """Drop the position of a stream that is gone."""
        return self.set_position(stream_id, None)

    def missing_indexes(self, texts: Iterable[str]) -> list[tuple[str, str]]:
        """(label, property key) of indexes that these queries would seek in, and that are not there."""
        view = self._core.store.current
        found: dict[tuple[str, str], None] = {}
        for text in texts:
            try:
                prepared = self._core.statements.prepare(text, view)
            except CypherError:  # it failed its batch, which tells more
                continue
            if isinstance(prepared, PreparedQuery):
                found.update(dict.fromkeys(missing_indexes(operators_in(prepared.plan))))
        return sorted(found)

    def _run_whole(self, runs: list[QueryRun], transaction: Transaction) -> None:
        """All of them, and what they must fulfil at their end: a query may leave to a later one what a constraint
        demands. Where the end does not, the first query that left something so is the one that failed."""
        mark = transaction.mark()
        self._run_all(runs, transaction)
        try:
            transaction.check_constraints()
        except ConstraintViolation as violation:
            transaction.undo_to(mark)
            self._run_checked(runs, transaction)
            done = sum(run.rows for run in runs)
            raise QueryFailed(done - 1, runs[-1].query, violation) from violation

    def _run_checked(self, runs: list[QueryRun], transaction: Transaction) -> None:
        """One query after another, each checked for all that a commit is."""
        queries, failure = self._prepared(runs, transaction)
        for group in groups_of(queries):
            done = group.begin
            for run, prepared in group.runs:
                for row in range(run.rows):
                    one = QueryRun(run.query, 1, {name: [values[row]] for name, values in run.parameters.items()})
                    self._run_one_by_one([(one, prepared)], transaction, done)
                    try:
                        transaction.check_constraints()
                    except ConstraintViolation as violation:
                        raise QueryFailed(done, run.query, violation) from violation
                    done += 1
        if failure is not None:
            raise failure

    def _run_all(self, runs: list[QueryRun], transaction: Transaction) -> None:
        queries, failure = self._prepared(runs, transaction)
        stretch: list[Group] = []
        for group in groups_of(queries):
            plan = group.vectorised
            if plan is not None and plan.suits(transaction.schema):
                stretch.append(group)
                continue
            self._run_stretch(stretch, transaction)
            stretch = []
            self._run_one_by_one(group.runs, transaction, group.begin)
        self._run_stretch(stretch, transaction)
        if failure is not None:  # what comes first may err first
            raise failure

    def _run_stretch(self, groups: list[Group], transaction: Transaction) -> None:
        """Successive groups, all of them vectorised: in another order where that is proven to be the same."""
        blocks = blocks_of(groups)
        if blocks is not None and self._run_vectorised(blocks, transaction):
            return
        for group in groups:
            if group.rows == 1 or not self._run_vectorised([Calls.of([group])], transaction):
                self._run_one_by_one(group.runs, transaction, group.begin)

    def _prepared(
        self, runs: Iterable[QueryRun], transaction: Transaction
    ) -> tuple[list[tuple[QueryRun, PreparedQuery]], QueryFailed | None]:
        """The runs with their plans, up to the first that has none or not all of its parameters, and why."""
        known: dict[str, PreparedQuery] = {}
        queries: list[tuple[QueryRun, PreparedQuery]] = []
        for run in runs:
            try:
                prepared = known.get(run.query)
                if prepared is None:
                    prepared = known[run.query] = self._prepare(run.query, transaction)
                if not prepared.parameters <= run.parameters.keys():
                    raise ParameterMissing.of(prepared.parameters - run.parameters.keys())
            except CypherError as error:
                failure = QueryFailed(sum(before.rows for before, _ in queries), run.query, error)
                failure.__cause__ = error
                return queries, failure
            queries.append((run, prepared))
        return queries, None

    def _prepare(self, text: str, transaction: Transaction) -> PreparedQuery:
        prepared = self._core.statements.prepare(text, transaction)
        if not isinstance(prepared, PreparedQuery) or prepared.is_table_command:
            raise ForbiddenInTransaction(
                "schema, stream and administration commands are not allowed in a stream's queries"
            )
        if prepared.reads_files:
            raise ForbiddenInTransaction("LOAD CSV is not allowed in a stream's queries")
        if prepared.in_transactions:
            raise ForbiddenInTransaction(
                "IN TRANSACTIONS is not allowed in a stream's queries: a batch is one transaction"
            )
        if prepared.mode == "EXPLAIN":
            raise ForbiddenInTransaction("EXPLAIN is not allowed in a stream's queries, as it runs nothing")
        return prepared

    def _run_one_by_one(
        self, runs: Iterable[tuple[QueryRun, PreparedQuery]], transaction: Transaction, done: int
    ) -> None:
        """``done`` calls were made before these."""
        for run, prepared in runs:
            for row in range(run.rows):
                parameters = {name: values[row] for name, values in run.parameters.items()}
                parameters.update(prepared.literals)
                try:
                    for _ in execute(prepared.plan, new_context(self._core, transaction, parameters)):
                        pass
                    transaction.end_statement()
                except CypherError as error:
                    raise QueryFailed(done, run.query, error) from error
                done += 1

    def _run_vectorised(self, blocks: Iterable[Calls], transaction: Transaction) -> bool:
        """Run the calls of each block as one statement; False, with everything undone, where one of them errs."""
        mark = transaction.mark()
        try:
            for calls in blocks:
                for _ in execute(calls.plan.plan, new_context(self._core, transaction, {}, calls.batch())):
                    pass
                transaction.end_statement()
        except CypherError:  # run one by one, to find the call that errs
            transaction.undo_to(mark)
            return False
        return True

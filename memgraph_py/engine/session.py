"""Session: statements one after another, each its own transaction or all in an explicit one.

A read runs on the newest snapshot and holds no transaction. A write runs to its end at the first pull; an auto-commit
write commits right then, before its first row goes out, so that a conflict can be retried here and the client never
sees it.
"""

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import cast

from memgraph_py.bounds import Bounds, Budget, BudgetExhausted, Ending, Memory
from memgraph_py.columnar import Batch, Column, Parameters
from memgraph_py.engine.commands import CommandContext, command_result, takes_effect_at_once
from memgraph_py.engine.describing import explained, profile_of, profiled, summary_of
from memgraph_py.engine.inner_transactions import InnerTransactions
from memgraph_py.engine.result import Result, Summary, Taken
from memgraph_py.engine.single import check_in_time, read_row, write_row_within, write_within
from memgraph_py.engine.statements import Core, PreparedQuery
from memgraph_py.engine.texts import check_texts
from memgraph_py.engine.together import Together, run_together, runs_together
from memgraph_py.engine.vectorise import Counts
from memgraph_py.errors import (
    AccessModeViolation,
    InvalidRequest,
    ParameterMissing,
    TransactionConflict,
    TransactionStartFailed,
)
from memgraph_py.execution import execute
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.execution.memory import held_rows
from memgraph_py.execution.profiling import Profile, ProfilingContext
from memgraph_py.execution.single import Row, SeveralRows, Writing
from memgraph_py.functions.registry import Environment
from memgraph_py.plan.names import of_parameter
from memgraph_py.storage.transaction import Access, Transaction
from memgraph_py.storage.view import GraphView, WritableGraph
from memgraph_py.values.types import Value

__all__ = ["Result", "Session", "Summary", "Taken"]


class Session:
    """One client's conversation with the database; used by one thread at a time, except ``cancel`` and ``abandon``."""

    def __init__(self, core: Core, client: str = "") -> None:
        self._core = core
        self.client = client
        self.metadata: dict[str, Value] = {}
        """What the client says of its transaction."""
        self.number = 0
        """Of its transaction, the last one where none is open."""
        self.text = ""
        """The last statement."""
        self.since_seconds = 0.0
        """When the transaction began."""
        self.on_terminate: Callable[[], None] | None = None
        """Called, in any thread, after ``terminate`` has told what runs to end."""
        self._terminated = False
        self._transaction: Transaction | None = None
        self._access = Access.WRITE
        self._deadline: float | None = None
        self._memory = Memory()
        """Of the explicit transaction, if there is one."""
        self._begun_seconds = 0.0
        self._open: list[Result] = []
        self._contexts: list[weakref.ref[ExecutionContext]] = []
        """Of what runs, of the open results too: an idle session holds no version of the graph."""
        self._own_bounds: Callable[[], Bounds | None] = lambda: None
        """A reference to those of the command, or of the explicit transaction's commit, that is under way."""
        self._ending = threading.Lock()
        self._takes_effect = False
        """What runs goes to the log, or is a command of streams: it cannot be abandoned. Guarded by _ending."""
        self._abandoned = False
        core.sessions.add(self)

    @property
    def in_transaction(self) -> bool:
        """True between ``begin`` and ``commit`` or ``rollback``."""
        return self._transaction is not None

    @property
    def transaction(self) -> Transaction | None:
        """The explicit one, where it is open."""
        return self._transaction

    def run(
        self,
        text: str,
        parameters: Mapping[str, Value] | None = None,
        access: Access = Access.WRITE,
        timeout_seconds: float | None = None,
        *,
        is_utf8: bool = False,
    ) -> Result:
        """Prepare the statement and start it; rows are computed as they are pulled. ``is_utf8``: its texts are surely.

        Raises every error that can be known before the first row. A write under Access.READ is refused.
        """
        given = parameters or {}
        if not is_utf8:
            check_texts(text, given)
        self.text = text
        if self._transaction is None:
            self._begin_number()
        else:
            self._check_terminated()
        transaction = self._transaction
        view: GraphView = transaction if transaction is not None else self._core.store.current
        prepared = self._core.statements.prepare(text, view)
        if not isinstance(prepared, PreparedQuery):
            bounds = self._begin_bounds(self._deadline if transaction is not None else _deadline(timeout_seconds))
            context = CommandContext(self._core, transaction, given, bounds, self._take_effect, self._may_wait)
            result = command_result(prepared, context, view)
            self._takes_effect = takes_effect_at_once(prepared)
            return result
        self._takes_effect = False
        if prepared.mode == "EXPLAIN":
            return explained(prepared, view)
        if not prepared.parameters <= given.keys():
            raise ParameterMissing.of(prepared.parameters - given.keys())
        if prepared.writes and (access if transaction is None else self._access) is Access.READ:
            raise AccessModeViolation(
                "writing in a transaction with access mode READ",
                hint="open the session or the transaction with access mode WRITE",
            )
        if prepared.literals:
            given = _with_literals(given, prepared.literals)
        deadline = self._deadline if transaction is not None else _deadline(timeout_seconds)
        if prepared.in_transactions:
            if transaction is not None:
                raise TransactionStartFailed(
                    "CALL { … } IN TRANSACTIONS cannot run inside an explicit transaction",
                    hint="use an auto-commit transaction (session.run)",
                )
            return self._run_in_transactions(prepared, given, view, deadline)
        if prepared.writes and transaction is None:
            return self._run_auto_commit(prepared, given, view, deadline)
        return self._run_within(prepared, given, view, deadline)

    def run_together(self, text: str, rows: int, columns: dict[str, Column]) -> Together | None:
        """Run the statement with each row of parameters in the explicit transaction: what each changed, of those that
        write and give no rows. None, with nothing done, where they must be run one after another; they may err then.
        """
        transaction = self._transaction
        if transaction is None or self._terminated or self._access is Access.READ:
            return None
        prepared = self._core.statements.prepare(text, transaction)
        if not runs_together(prepared, columns, transaction):
            return None
        assert isinstance(prepared, PreparedQuery), "just asked"
        self.text, self._takes_effect = text, False
        budget = Budget(self._core.limits.bounded_seconds)
        context = self._new_context(prepared, transaction, prepared.literals, self._deadline, budget, None)
        given = {of_parameter(name): columns[name] for name in prepared.parameters}
        given |= {of_parameter(name): Column.constant(value, rows) for name, value in prepared.literals.items()}
        return run_together(prepared, Batch(rows, given), context, transaction)

    def run_single(self, prepared: PreparedQuery, parameters: Mapping[str, Value]) -> tuple[Row | None, Counts]:
        """The row of a statement that has a second form, and what it changed, in the explicit transaction. Raises
        SeveralRows, with nothing done, where ``run`` must be asked; CypherError likewise. No result may be open."""
        transaction = self._transaction
        if transaction is None or self._terminated:
            raise SeveralRows
        self.text, self._takes_effect = prepared.text, False
        form = prepared.single
        if form is not None:
            check_in_time(self._deadline)
            return form(transaction, parameters), ()
        if self._access is Access.READ:
            raise SeveralRows
        writing = self._new_writing(prepared, parameters, self._deadline)
        write_within(transaction, writing, self._memory, self._deadline)
        return writing.row, writing.counters.as_tuple()

    def begin(self, access: Access = Access.WRITE, timeout_seconds: float | None = None) -> None:
        """Open an explicit transaction. Raises InvalidRequest when one is open."""
        if self._transaction is not None:
            raise InvalidRequest("a transaction is open already", hint="commit it or roll it back first")
        self._transaction = self._core.store.begin(access)
        self._begin_number()
        self._access = access
        self._memory = self._core.new_memory()
        self._begun_seconds = self._core.clock.now_seconds()
        self._deadline = _deadline(timeout_seconds)

    def commit(self) -> Future[int]:
        """Commit the explicit transaction: the future gives its version once it is on disk.

        Raises TransactionConflict or ConstraintViolation at once; the transaction is rolled back then.
        """
        self._check_terminated()
        bounds = self._begin_bounds(self._deadline)
        self._finish_results()
        return self._core.store.commit(self._take_transaction("commit"), bounds, self._take_effect)

    def rollback(self) -> None:
        """Undo the explicit transaction."""
        transaction = self._take_transaction("roll back")
        self._open.clear()
        self._core.store.rollback(transaction)

    def cancel(self, ending: Ending = Ending.CANCELLED) -> None:
        """Make what runs raise the error of the ending as soon as it looks; from any thread."""
        if (own := self._own_bounds()) is not None:
            own.end(ending)
        for reference in self._contexts:
            context = reference()
            if context is not None:
                context.bounds.end(ending)

    @property
    def is_busy(self) -> bool:
        """True while a transaction is open, or a statement runs or has rows left."""
        is_open = self._transaction is not None or self._own_bounds() is not None
        return is_open or any(reference() is not None for reference in tuple(self._contexts))

    @property
    def is_terminated(self) -> bool:
        """True once ``terminate`` was called, until the next transaction."""
        return self._terminated

    def terminate(self) -> None:
        """End the transaction that is under way: what runs raises TransactionTerminated at its next batch, and so does
        whatever else is asked of the transaction; from any thread."""
        self._terminated = True
        self.cancel(Ending.TERMINATED)
        if self.on_terminate is not None:
            self.on_terminate()

    def _begin_number(self) -> None:
        self.number = next(self._core.transaction_numbers)
        self.since_seconds = time.time()  # for SHOW TRANSACTIONS: the clock is the functions'
        self._terminated = False

    def _check_terminated(self) -> None:
        if self._terminated:
            raise Ending.TERMINATED.error()

    def abandon(self) -> bool:
        """Leave the running statement to its thread: it ends when it can, and changes nothing from now on. The session
        is closed after it, and used for nothing else.

        False, and nothing is done, when the statement takes effect already: then wait for its end. From any thread.
        """
        with self._ending:
            if self._takes_effect:
                return False
            self._abandoned = True
        self.cancel()
        return True

    def close(self) -> None:
        """Cancel what runs and roll back what is open."""
        self.on_terminate = None
        self.cancel()
        if self._transaction is not None:
            self.rollback()

    def _take_transaction(self, what: str) -> Transaction:
        transaction = self._transaction
        if transaction is None:
            raise InvalidRequest(f"there is no transaction to {what}", hint="open one with BEGIN first")
        self._transaction = None
        self._memory = Memory()
        return transaction

    def _finish_results(self) -> None:
        """What was not pulled may write."""
        for result in self._open:
            if not result.finished:
                result.buffer()
        self._open.clear()

    def _begin_bounds(self, deadline: float | None) -> Bounds:
        bounds = Bounds()
        self._own_bounds = weakref.ref(bounds)
        bounds.deadline = deadline
        if self._abandoned:
            bounds.end()
        return bounds

    def _may_wait(self) -> bool:
        """The command has taken effect and only waits from here on, so it can be abandoned; False once it was."""
        with self._ending:
            self._takes_effect = False
            return not (self._abandoned or self._terminated)

    def _take_effect(self) -> None:
        """From here on the statement cannot be abandoned. Raises TransactionTerminated when it was."""
        with self._ending:
            if self._abandoned:
                raise Ending.CANCELLED.error()
            self._takes_effect = True

    def _run_within(
        self, prepared: PreparedQuery, parameters: Mapping[str, Value], view: GraphView, deadline: float | None
    ) -> Result:
        """A read, or any query inside the explicit transaction."""
        if prepared.writes:  # rows still to come must not see what this one writes
            for other in self._open:
                other.buffer()
        summary = summary_of(prepared, view)
        start = partial(self._start_within, prepared, parameters, view, deadline, summary)
        single: Callable[[Result], Row | None] | None = None
        if prepared.single is not None:
            single = partial(read_row, prepared.single, parameters, view, deadline)
        elif prepared.single_write is not None and self._transaction is not None:
            writing = self._new_writing(prepared, parameters, deadline)
            single = partial(write_row_within, self._transaction, writing, self._memory, deadline)
        result = Result(prepared.columns, start, view, summary, bounded=prepared.bounded, single=single)
        if self._transaction is not None:
            self._open = [other for other in self._open if not other.finished]
            self._open.append(result)
        return result

    def _start_within(
        self,
        prepared: PreparedQuery,
        parameters: Mapping[str, Value],
        view: GraphView,
        deadline: float | None,
        summary: Summary,
        budget: Budget | None,
    ) -> Iterator[Batch]:
        profile = profile_of(prepared)
        context = self._new_context(prepared, view, parameters, deadline, budget, profile)
        summary.counters = context.counters
        if prepared.writes:
            assert self._transaction is not None
            yield from _run_write(prepared, context, self._transaction)
        else:
            for batch in execute(prepared.plan, context):
                context.bounds.budget = None  # from now on the caller looks at the time between two batches
                yield batch
        summary.profile = profiled(prepared, view, profile)

    def _run_auto_commit(
        self, prepared: PreparedQuery, parameters: Mapping[str, Value], view: GraphView, deadline: float | None
    ) -> Result:
        summary = summary_of(prepared, view)
        store, retries = self._core.store, self._core.limits.conflict_retries

        def start(budget: Budget | None) -> Iterator[Batch]:
            for attempt in range(retries + 1):
                transaction = store.begin(Access.WRITE)
                profile = profile_of(prepared)
                try:
                    context = self._new_context(prepared, transaction, parameters, deadline, budget, profile)
                    rows = list(held_rows(execute(prepared.plan, context), context.bounds))
                    if budget is not None and not store.is_quiet():
                        raise BudgetExhausted
                    context.bounds.budget = None
                    committed = store.commit(transaction, context.bounds, self._take_effect)
                except BaseException as error:
                    store.rollback(transaction)
                    self._takes_effect = False  # it is undone, and may be abandoned again
                    if isinstance(error, TransactionConflict) and attempt < retries:
                        continue
                    raise
                summary.counters = context.counters
                summary.profile = profiled(prepared, view, profile)
                _tell(reference(), transaction, committed)
                yield from rows
                return

        single = None
        if prepared.single_write is not None:
            single = partial(self._write_row, prepared, parameters, deadline)
        result = Result(prepared.columns, start, view, summary, bounded=prepared.bounded, single=single)
        reference = weakref.ref(result)  # with a reference of its own, the version it read would outlive the result
        return result

    def _new_writing(self, prepared: PreparedQuery, parameters: Mapping[str, Value], deadline: float | None) -> Writing:
        form = prepared.single_write
        assert form is not None, "it was asked for"
        return Writing(
            form, parameters, lambda view: self._new_context(prepared, view, parameters, deadline, None, None)
        )

    def _write_row(
        self, prepared: PreparedQuery, parameters: Mapping[str, Value], deadline: float | None, result: Result
    ) -> Row | None:
        """For ``Result``: the statement is carried out and committed; SeveralRows where it must be a transaction."""
        check_in_time(deadline)
        writing = self._new_writing(prepared, parameters, deadline)
        self._take_effect()
        try:
            found = self._core.store.commit_at_tip(writing)
        except BaseException:
            self._takes_effect = False
            raise
        if found is None:
            self._takes_effect = False
            raise SeveralRows
        committed, snapshot = found
        result.committed = committed
        result.summary().counters = writing.counters
        result.view = snapshot
        return writing.row

    def _run_in_transactions(
        self, prepared: PreparedQuery, parameters: Mapping[str, Value], view: GraphView, deadline: float | None
    ) -> Result:
        """Run to its end, like a write; what was committed on the way stays."""
        summary = summary_of(prepared, view)

        def start(budget: Budget | None) -> Iterator[Batch]:
            profile = profile_of(prepared)
            context = self._new_context(prepared, view, parameters, deadline, budget, profile)
            summary.counters = context.counters
            context.inner_transactions = InnerTransactions(self, context)
            rows = list(held_rows(execute(prepared.plan, context), context.bounds))
            result = reference()
            assert result is not None, "it is the result that runs the statement"
            result.view = self._core.store.current
            summary.profile = profiled(prepared, view, profile)
            yield from rows

        result = Result(prepared.columns, start, view, summary, bounded=False)
        reference = weakref.ref(result)
        return result

    def _new_context(
        self,
        prepared: PreparedQuery,
        view: GraphView,
        parameters: Mapping[str, Value],
        deadline: float | None,
        budget: Budget | None,
        profile: Profile | None,
    ) -> ExecutionContext:
        memory = self._core.new_memory() if self._transaction is None else self._memory
        if prepared.memory_bytes_max is not None:
            memory = memory.narrowed(prepared.memory_bytes_max)
        context = new_context(self._core, view, parameters, memory=memory)
        if profile is not None:
            context = ProfilingContext(context.graph, context.environment, parameters, self._core.limits, profile)
        if self._transaction is not None:
            context.environment.begun_seconds = self._begun_seconds
        context.bounds.deadline = deadline
        context.bounds.budget = budget
        still_open = [] if self._transaction is None else [one for one in self._contexts if one() is not None]
        self._contexts = [*still_open, weakref.ref(context)]
        if self._abandoned:  # before there was a context to cancel
            context.bounds.end()
        return context


def _tell(result: Result | None, transaction: Transaction, committed: Future[int]) -> None:
    assert result is not None, "it is the result that runs the statement"
    result.view = transaction
    result.committed = committed


def new_context(
    core: Core,
    view: GraphView,
    parameters: Mapping[str, Value],
    parameter_rows: Batch | None = None,
    memory: Memory | None = None,
) -> ExecutionContext:
    """What an execution on this view needs. memory: of its transaction; None for one of its own."""
    bounds = Bounds(core.new_memory() if memory is None else memory)
    environment = Environment(
        view, core.clock, core.random, installation=core.installation, database=core, bounds=bounds
    )
    graph = cast(WritableGraph, view)  # a plan that writes is given a Transaction
    return ExecutionContext(graph, environment, parameters, core.limits, parameter_rows)


def _with_literals(given: Mapping[str, Value], literals: Mapping[str, Value]) -> Mapping[str, Value]:
    return given.with_values(literals) if isinstance(given, Parameters) else {**given, **literals}


def _run_write(prepared: PreparedQuery, context: ExecutionContext, transaction: Transaction) -> Iterator[Batch]:
    """Run a write to its end before its first row goes out; leaves nothing behind when the budget ends it."""
    mark = transaction.mark()
    try:
        rows = list(held_rows(execute(prepared.plan, context), context.bounds))
        transaction.end_statement()
    except BudgetExhausted:
        transaction.undo_to(mark)
        raise
    yield from rows


def _deadline(timeout_seconds: float | None) -> float | None:
    """When a statement that starts now must have ended (perf_counter), or None."""
    return None if not timeout_seconds else time.perf_counter() + timeout_seconds

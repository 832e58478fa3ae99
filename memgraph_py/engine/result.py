"""Result: the rows of one statement, pulled in pieces; Summary: what the client is told at the end.

A statement of a single row (``execution/single.py``) may be asked for it, by ``take_row``, before anything else.

A bounded statement runs in the event loop's thread with a budget of time. When the budget runs out between two
batches, the rest is taken in a worker thread; when it runs out before the first batch, the statement is given up,
undone and started anew there.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from memgraph_py.bounds import Budget, BudgetExhausted
from memgraph_py.columnar import Batch
from memgraph_py.engine.materialise import materialise
from memgraph_py.engine.notifications import Notification
from memgraph_py.engine.statements import too_deep
from memgraph_py.execution.executor import Counters
from memgraph_py.execution.single import Row, SeveralRows
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value


@dataclass(frozen=True, slots=True)
class Taken:
    """A piece of a result. finished: no row comes after these. interrupted: the budget ran out before ``count`` rows
    were there; call again from a worker thread, without a budget."""

    batches: list[Batch]
    finished: bool
    interrupted: bool


def _ended(budget: Budget | None) -> Iterator[Batch]:
    return iter(())


_NO_BATCHES: Iterator[Batch] = iter(())
NO_CHANGES = Counters()
"""Of a statement that has changed nothing; never counted up."""


@dataclass(slots=True)
class Summary:
    """query_type: `r`, `rw`, `w` or `s` (schema and streams). plan: Bolt's map of an EXPLAIN, profile: of
    a PROFILE, else None."""

    query_type: str
    counters: Counters = field(default_factory=lambda: NO_CHANGES)
    plan: dict[str, Value] | None = None
    profile: dict[str, Value] | None = None
    notifications: tuple[Notification, ...] = ()
    seconds_to_available: float = 0.0
    seconds_to_consumed: float = 0.0


class Result:
    """Rows of a statement.

    columns: names in order. bounded: it may run in the event loop's thread. view: what references in the rows are
    read from. committed: of an auto-commit write, once ``finished``; wait for it before telling the client that all is
    well. single: not None where ``take_row`` may give all.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        start: Callable[[Budget | None], Iterator[Batch]],
        view: GraphView,
        summary: Summary,
        *,
        bounded: bool,
        single: "Callable[[Result], Row | None] | None" = None,
    ) -> None:
        """start: begins the statement, or begins it anew; its argument is its budget of time, or None. single: gives
        all that it gives, by names, to this result, or raises SeveralRows."""
        self.columns = columns
        self.bounded = bounded
        self.view = view
        self.committed: Future[int] | None = None
        self.finished = False
        self.single = single
        self._start = start
        self._batches: Iterator[Batch] | None = None
        self._summary = summary
        self._ready: deque[Batch] = deque()
        self._exhausted = False
        self._created = time.perf_counter()

    def take_row(self) -> Row | None:
        """The one row, or None for none: then the result is ``finished``. Raises SeveralRows where ``take`` must be
        asked, as nothing was taken."""
        single, self.single = self.single, None
        if single is None or self._batches is not None:
            raise SeveralRows
        row = single(self)
        self.finished = self._exhausted = True
        self._batches, self._start = _NO_BATCHES, _ended
        now = time.perf_counter() - self._created
        self._summary.seconds_to_available = self._summary.seconds_to_consumed = now
        return row

    def take(self, count: int, budget_seconds: float | None = None) -> Taken:
        """The next ``count`` rows, or all with -1; fewer where the budget ran out. Raises what the statement raises."""
        taken: list[Batch] = []
        left = count
        budget = None if budget_seconds is None else Budget(budget_seconds)
        try:
            while left != 0:
                if not self._ready and not self._pull(budget):
                    break
                batch = self._ready.popleft()
                if 0 <= left < batch.rows:
                    self._ready.appendleft(batch.slice(left, batch.rows))
                    batch = batch.slice(0, left)
                taken.append(batch)
                if left > 0:
                    left -= batch.rows
                if budget is not None and left != 0 and not self._exhausted and budget.is_spent():
                    return Taken(taken, finished=False, interrupted=True)
            if not self._ready and not self._exhausted:  # is there one more row?
                self._pull(budget)
        except BudgetExhausted:
            self._batches = None
            return Taken(taken, finished=False, interrupted=True)
        self.finished = self._exhausted and not self._ready
        return Taken(taken, self.finished, interrupted=False)

    def buffer(self) -> None:
        """Run the statement to its end and keep the rows: another statement of the transaction is about to write."""
        while self._pull(None):
            pass

    def summary(self) -> Summary:
        """What the statement did; complete once ``finished``."""
        return self._summary

    def values(self) -> list[list[Value]]:
        """All rows as lists, elements materialised; waits for an auto-commit statement's commit. For tests, tools."""
        rows: list[list[Value]] = []
        for batch in self.take(-1).batches:
            rows.extend([materialise(value, self.view) for value in record] for record in batch.records())
        if self.committed is not None:
            self.committed.result()
        return rows

    def _pull(self, budget: Budget | None) -> bool:
        """Move one batch with rows from the running statement to ``_ready``; False at its end."""
        if self._batches is None:
            self._batches = self._start(budget)
        while not self._exhausted:
            try:
                batch = next(self._batches, None)
            except RecursionError as error:  # one generator an operator
                raise too_deep() from error
            now = time.perf_counter() - self._created
            if not self._summary.seconds_to_available:
                self._summary.seconds_to_available = now
            if batch is None:
                self._exhausted = True
                self._batches, self._start = iter(()), _ended  # what they hold may be a whole version of the graph
                self._summary.seconds_to_consumed = now
            elif batch.rows:
                self._ready.append(batch.select(self.columns))
                return True
        return False

"""Which message made a batch fail? A script answers with a list of queries, and does not say which message each is of.

    the script failed    each message on its own, in order, until one fails. It is the one if those before it pass as
                         one batch, and do not with it
    a query failed       each message on its own gives its queries. Where these, in a row, are what the batch gave, the
                         failing one tells its message. Else, as for a script that puts a batch into one query, they run
                         in a row in a transaction that is rolled back, and the message is the one that fails likewise

What a script keeps in globals may have its part in a failure, so each trial has a fresh child, and what does not come
out the same way there is blamed on no message. A search takes about SEARCH_SECONDS at most.
"""

import time
from collections.abc import Callable, Iterator, Sequence

from memgraph_py.engine.ingestion import Ingestion, QueryFailed
from memgraph_py.engine.query_runs import QueryRun
from memgraph_py.errors import TransformError
from memgraph_py.streams.transform import Transform
from memgraph_py.values.types import Value

SEARCH_SECONDS = 5.0


class Search:
    """One search. ``start`` gives a fresh child, and ends the one that it gave before."""

    def __init__(self, start: Callable[[], Transform]) -> None:
        self._start = start
        self._end = time.monotonic() + SEARCH_SECONDS

    def by_script(self, values: Sequence[bytes]) -> int | None:
        """The row of the message that the script fails at, after it failed at all of these."""
        if len(values) == 1:
            return 0
        try:
            if self._passes(self._start(), values):
                return None
            row = self._first_refused(values)
            if row is None or (row and not self._passes(self._start(), values[:row])):
                return None
            return None if self._passes(self._start(), values[: max(row + 1, 2)]) else row
        except (TransformError, _OutOfTime):
            return None

    def by_query(
        self, values: Sequence[bytes], runs: list[QueryRun], failed: QueryFailed, ingestion: Ingestion
    ) -> int | None:
        """The row of the message that the failing query comes from."""
        if len(values) == 1:
            return 0
        singles: list[list[QueryRun]] = []
        try:
            child = self._start()
            for value in values:
                singles.append(child.apply([value], self._seconds_left()))
        except (TransformError, _OutOfTime):
            return None
        row = _row_of_call(singles, runs, failed.row_index)
        if row is not None:
            return row
        found = ingestion.first_failure(singles, self._end)
        return None if found is None or str(found[1]) != str(failed) else found[0]

    def _first_refused(self, values: Sequence[bytes]) -> int | None:
        child = self._start()
        return next((row for row, value in enumerate(values) if not self._passes(child, [value])), None)

    def _passes(self, child: Transform, values: Sequence[bytes]) -> bool:
        seconds = self._seconds_left()
        try:
            child.apply(values, seconds)
        except TransformError:
            self._seconds_left()  # a script that was not given its time has not failed
            return False
        return True

    def _seconds_left(self) -> float:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise _OutOfTime
        return seconds


class _OutOfTime(Exception):
    """The search has taken long enough."""


def _row_of_call(singles: list[list[QueryRun]], runs: list[QueryRun], index: int) -> int | None:
    """The message that gives call ``index`` of the batch; None unless all calls up to it are those of the messages."""
    calls = enumerate(_calls(runs))
    for row, single in enumerate(singles):
        for call in _calls(single):
            place, expected = next(calls, (index, None))
            if call != expected:
                return None
            if place == index:
                return row
    return None


def _calls(runs: list[QueryRun]) -> Iterator[tuple[str, dict[str, Value]]]:
    for run in runs:
        for row in range(run.rows):
            yield run.query, {name: values[row] for name, values in run.parameters.items()}

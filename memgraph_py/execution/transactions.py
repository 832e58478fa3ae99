"""CALL { … } IN TRANSACTIONS: input rows in portions, each portion in a transaction of its own."""

from collections.abc import Iterator
from typing import cast

from msgspec.structs import replace

from memgraph_py.columnar import Batch, Column
from memgraph_py.errors import ArgumentError, CypherError, TransactionTerminated
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.plan.operators import Drain, InTransactions
from memgraph_py.storage.view import WritableGraph
from memgraph_py.values.types import Value


@executes(InTransactions)
def in_transactions(operator: InTransactions, context: ExecutionContext) -> Iterator[Batch]:
    """Portions in order. What comes after a commit sees it."""
    size = evaluate(operator.rows, Batch(1, {}), context).value(0)
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        raise ArgumentError(f"OF … ROWS takes a positive integer, not {size!r}")
    failed = False
    for portion in _portions(context.run(operator.input), size):
        context.check()
        if failed and operator.on_error == "BREAK":
            yield _without(operator, portion, None, started=False)
            continue
        before = replace(context.counters)
        try:
            batches = context.inner_transactions.run(lambda inner, rows=portion: _answers(operator, rows, inner))  # type: ignore[misc]  # bound now
        except TransactionTerminated:
            raise
        except CypherError as error:
            context.counters.take(before)
            if operator.on_error == "FAIL":
                raise
            failed = True
            yield _without(operator, portion, error, started=True)
            continue
        newest = cast(WritableGraph, context.inner_transactions.view())  # nothing is written to it
        context.graph = context.environment.graph = newest
        yield from (_with_status(operator, batch, None, started=True) for batch in batches)


def _portions(source: Iterator[Batch], size: int) -> Iterator[Batch]:
    """The rows in batches of exactly ``size``, the last one excepted."""
    waiting: list[Batch] = []
    rows = 0
    for batch in source:
        start = 0
        while start < batch.rows:
            stop = min(batch.rows, start + size - rows)
            waiting.append(batch.slice(start, stop))
            rows += stop - start
            start = stop
            if rows == size:
                yield Batch.concatenate(waiting)
                waiting, rows = [], 0
    if waiting:
        yield Batch.concatenate(waiting)


def _answers(operator: InTransactions, portion: Batch, inner: ExecutionContext) -> list[Batch]:
    """The subplan's rows for the portion, run to their end."""
    source, row_name = inner.run_subplan(operator.subplan, portion)
    if isinstance(operator.subplan, Drain):
        for _ in source:
            pass
        return [portion]
    return [
        widen(portion, answer.columns[row_name].values, {name: answer.columns[name] for name in operator.variables})
        for answer in source
    ]


def _without(operator: InTransactions, portion: Batch, error: CypherError | None, *, started: bool) -> Batch:
    """The rows of a portion that changed nothing."""
    nulls = dict.fromkeys(operator.variables, Column.nulls(portion.rows))
    return _with_status(operator, portion.with_columns(nulls), error, started=started)


def _with_status(operator: InTransactions, batch: Batch, error: CypherError | None, *, started: bool) -> Batch:
    if not operator.status:
        return batch
    status: dict[str, Value] = {
        "started": started,
        "committed": started and error is None,
        "transactionId": None,
        "errorMessage": None if error is None else error.message,
    }
    return batch.with_columns({operator.status[0]: Column.objects([status] * batch.rows)})

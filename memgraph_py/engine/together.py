"""Statements that a client sends of a transaction one after another, run as one: what each of them changed."""

from dataclasses import dataclass

import numpy as np

from memgraph_py.bounds import BudgetExhausted
from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.engine.notifications import Notification
from memgraph_py.engine.statements import Prepared, PreparedQuery
from memgraph_py.engine.vectorise import Counts
from memgraph_py.errors import CypherError
from memgraph_py.execution import execute
from memgraph_py.execution.executor import RUN_ROWS, ExecutionContext
from memgraph_py.plan.operators import Drain
from memgraph_py.storage.transaction import Transaction

__all__ = ["Together", "run_together", "runs_together"]


@dataclass(frozen=True, slots=True)
class Together:
    """What each of the statements changed, and the notifications that each of them has, as for ``Summary``."""

    counts: list[Counts]
    notifications: tuple[Notification, ...]


def runs_together(prepared: Prepared, columns: dict[str, Column], transaction: Transaction) -> bool:
    """Whether such statements are known to be the same as one, which is short and gives no rows."""
    return (
        isinstance(prepared, PreparedQuery)
        and prepared.vectorised is not None
        and prepared.bounded
        and prepared.mode is None
        and all(one.unknown is None for one in prepared.notifications)  # those may change from one to the next
        and prepared.memory_bytes_max is None
        and prepared.parameters <= columns.keys()
        and prepared.vectorised.suits(transaction.schema)
    )


def run_together(
    prepared: PreparedQuery, batch: Batch, context: ExecutionContext, transaction: Transaction
) -> Together | None:
    """What each set of parameters changed; None, with everything undone, where they must run one by one: one errs, all
    take long, or nobody can tell which of them changed what. batch: a column `$name` for each parameter."""
    numbers = np.arange(batch.rows, dtype=np.int64)
    context.parameter_rows = batch.with_columns({RUN_ROWS: Column(Kind.INT, numbers)})
    plan = prepared.vectorised
    assert plan is not None and isinstance(plan.plan, Drain), "what is vectorised gives no rows"
    mark, held = transaction.mark(), context.bounds.memory.held
    hits, created = np.zeros(batch.rows, dtype=np.int64), np.zeros(batch.rows, dtype=np.int64)
    counts = None
    try:
        for found in execute(plan.plan.input, context):
            hits += np.bincount(found.columns[RUN_ROWS].values, minlength=batch.rows)
        for rows in context.merged:
            created += np.bincount(rows, minlength=batch.rows)
        transaction.end_statement()
        counts = plan.counts(hits, created, context.counters.as_tuple())
    except (CypherError, BudgetExhausted):  # which of them errs is found out one by one
        pass
    if counts is None:
        transaction.undo_to(mark)
        context.bounds.memory.held = held
        return None
    return Together(counts, prepared.notifications)

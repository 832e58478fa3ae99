"""Statements of a single row in their second form (``execution/single.py``), for a Result to ask: a read, and a write
in an explicit transaction. A write that commits by itself is the session's."""

import time
from collections.abc import Mapping

from memgraph_py.bounds import Memory
from memgraph_py.engine.result import Result
from memgraph_py.errors import CypherError
from memgraph_py.execution.single import Row, SeveralRows, SingleRow, Writing
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.transaction import Transaction
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value


def check_in_time(deadline: float | None) -> None:
    """Raises SeveralRows where the time is over: the batches tell it."""
    if deadline is not None and time.perf_counter() >= deadline:
        raise SeveralRows


def read_row(
    run: SingleRow, parameters: Mapping[str, Value], view: GraphView, deadline: float | None, result: Result
) -> Row | None:
    """What the plan finds."""
    check_in_time(deadline)
    assert isinstance(view, (Snapshot, Transaction)), "a view is one or the other"
    return run(view, parameters)


def write_row_within(
    transaction: Transaction, writing: Writing, memory: Memory, deadline: float | None, result: Result
) -> Row | None:
    """What the statement gives; with SeveralRows nothing is left of it. memory: of the transaction."""
    write_within(transaction, writing, memory, deadline)
    result.summary().counters = writing.counters
    return writing.row


def write_within(transaction: Transaction, writing: Writing, memory: Memory, deadline: float | None) -> None:
    """``write_row_within`` where no result is asked."""
    check_in_time(deadline)
    mark = transaction.mark()
    try:
        writing.run(transaction)
        transaction.end_statement()
        memory.hold(writing.held)
    except (SeveralRows, CypherError) as error:
        transaction.undo_to(mark)
        raise SeveralRows from error

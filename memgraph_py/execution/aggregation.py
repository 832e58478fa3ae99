"""Aggregation: rows to groups by hash, then each aggregate over the whole column by group number."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Rows
from memgraph_py.errors import CypherSyntaxError
from memgraph_py.execution.evaluation import EVALUATORS
from memgraph_py.execution.executor import ExecutionContext, executes
from memgraph_py.execution.grouping import group_rows
from memgraph_py.execution.memory import GROUPING_BYTES, VALUE_BYTES, Holding, text_bytes
from memgraph_py.execution.scans import pieces
from memgraph_py.functions.registry import AGGREGATES
from memgraph_py.plan.expressions import Call
from memgraph_py.plan.operators import Aggregate


@executes(Aggregate)
def aggregate(operator: Aggregate, context: ExecutionContext) -> Iterator[Batch]:
    """A row per group, groups in order of first appearance. In a subplan groups are those of each outer row."""
    calls = [expression for expression in operator.aggregates if isinstance(expression, Call)]
    assert len(calls) == len(operator.aggregates), "an aggregate is a call"
    with Holding(context.bounds) as held:
        yield from pieces(_aggregate(operator, calls, held, context), context)


def _aggregate(operator: Aggregate, calls: list[Call], held: Holding, context: ExecutionContext) -> Batch:
    keys, arguments, rows = _gathered(operator, calls, held, context)
    row_name = context.row_name
    if operator.keys:
        if rows == 0:
            return Batch(0, {})
        groups, first = group_rows(keys, rows, context.bounds)
        count = len(first)
        columns = {
            name: column if count == rows else column.take(first)
            for name, column in zip(operator.key_names, keys, strict=False)
        }
        if row_name is not None:
            columns[row_name] = keys[-1].take(first)
    elif row_name is None:
        groups, count, columns = np.zeros(rows, dtype=np.int64), 1, {}
    else:
        assert context.argument is not None, "only in a subplan"
        count = context.argument.rows
        groups = keys[0].values.astype(np.int64) if rows else np.zeros(0, dtype=np.int64)
        columns = {row_name: Column(Kind.INT, np.arange(count, dtype=np.int64))}
    context.environment.rows = rows
    for name, call, columns_of_call in zip(operator.aggregate_names, calls, arguments, strict=True):
        columns[name] = _aggregated(call, columns_of_call, groups, count, context)
    return Batch(count, columns)


def _gathered(
    operator: Aggregate, calls: list[Call], held: Holding, context: ExecutionContext
) -> tuple[list[Column], list[list[Column]], int]:
    """All keys (in a subplan the row numbers last), the arguments of each aggregate, and the number of rows."""
    expressions = [*operator.keys, *(argument for call in calls for argument in call.arguments)]
    collects = [call.arguments[0] for call in calls if call.name == "collect"]
    parts: list[list[Column]] = []
    rows = 0
    for batch in context.run(operator.input):
        context.check()
        rows += batch.rows
        columns = [EVALUATORS[type(expression)](expression, batch, context) for expression in expressions]
        if context.row_name is not None:
            columns.insert(len(operator.keys), batch.columns[context.row_name])
        held.add_columns(columns)
        for expression, column in zip(expressions, columns[-len(expressions) :], strict=True) if collects else ():
            if any(expression is collected for collected in collects):
                held.add_bytes(VALUE_BYTES * batch.rows + text_bytes(column))
        parts.append(columns)
    context.bounds.memory.require(held.bytes + GROUPING_BYTES * rows * bool(operator.keys))  # the columns joined
    if parts:
        joined = [Column.concatenate(list(columns)) for columns in zip(*parts, strict=True)]
    else:
        joined = [Column.nulls(0)] * (len(expressions) + (context.row_name is not None))
    key_count = len(operator.keys) + (context.row_name is not None)
    keys, rest = joined[:key_count], joined[key_count:]
    arguments: list[list[Column]] = []
    for call in calls:
        arguments.append(rest[: len(call.arguments)])
        rest = rest[len(call.arguments) :]
    return keys, arguments, rows


def _aggregated(
    call: Call, arguments: list[Column], groups: NDArray[np.int64], count: int, context: ExecutionContext
) -> Column:
    if not call.arguments and call.name == "count":
        if count == 1:
            return Column(Kind.INT, np.array((len(groups),), dtype=np.int64))
        return Column(Kind.INT, np.bincount(groups, minlength=count))
    function = AGGREGATES.get(call.name)
    if function is None:
        raise CypherSyntaxError(f"unknown aggregate '{call.name}'", detail="UnknownFunction")
    if call.distinct and len(groups) > 1:
        kept = _distinct_rows(arguments[0], groups, count, context)
        arguments = [column.take(kept) for column in arguments]
        groups = groups[kept]
    return function.apply(context.environment, arguments, groups, count)


def _distinct_rows(column: Column, groups: NDArray[np.int64], count: int, context: ExecutionContext) -> Rows:
    """The first row of each value within each group."""
    columns = [column] if count == 1 else [Column(Kind.INT, groups), column]
    return group_rows(columns, len(groups), context.bounds)[1]

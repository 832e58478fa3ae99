"""Aggregation: rows to groups by hash, then each aggregate over the whole column by group number; without groups, of
numbers, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Rows
from memgraph_py.errors import CypherSyntaxError
from memgraph_py.execution.evaluation import EVALUATORS
from memgraph_py.execution.executor import ExecutionContext, constant, executes
from memgraph_py.execution.grouping import Groups, group_rows
from memgraph_py.execution.memory import Holding, column_bytes
from memgraph_py.execution.scans import pieces
from memgraph_py.functions.folding import NUMBERS, Folded, count_values, folded
from memgraph_py.functions.registry import AGGREGATES
from memgraph_py.plan.expressions import Call, Expression, Property, Variable
from memgraph_py.plan.operators import Aggregate
from memgraph_py.values.types import Value


@executes(Aggregate)
def aggregate(operator: Aggregate, context: ExecutionContext) -> Iterator[Batch]:
    """A row per group, groups in order of first appearance. In a subplan groups are those of each outer row."""
    calls = [expression for expression in operator.aggregates if isinstance(expression, Call)]
    assert len(calls) == len(operator.aggregates), "an aggregate is a call"
    with Holding(context.bounds) as held:
        yield from pieces(_aggregate(operator, calls, held, context), context)


@dataclass(slots=True)
class _Gathered:
    """What is kept of the input. groups: by the keys, in a subplan with the row numbers last; None where there are no
    keys. columns: by place a list, a column a batch; ``arguments`` says at which places those of each aggregate stand,
    an expression that stands there twice being there once. distinct: by place the groups of what a sole DISTINCT asks
    for. row_numbers: of a subplan without keys."""

    arguments: list[list[int]]
    groups: Groups | None
    columns: dict[int, list[Column]]
    distinct: dict[int, Groups]
    row_numbers: list[Column]
    rows: int = 0

    def joined(self, places: list[int]) -> list[Column]:
        """Each as one column."""
        if not self.rows:
            return [Column.nulls(0)] * len(places)
        return [Column.concatenate(self.columns[place]) for place in places]


def _aggregate(operator: Aggregate, calls: list[Call], held: Holding, context: ExecutionContext) -> Batch:
    gathered = _gathered(operator, calls, held, context)
    is_one = not operator.keys and context.row_name is None
    if is_one:
        answers = _folded(calls, gathered)
        if answers is not None:
            named = zip(operator.aggregate_names, answers, strict=True)
            return Batch(1, {name: constant(value, 1) for name, value in named})
    if operator.keys and gathered.rows == 0:
        return Batch(0, {})
    context.bounds.memory.require(held.bytes)  # the columns joined
    columns = _keys(operator, gathered, context)
    count = 1 if is_one else len(next(iter(columns.values())))
    context.environment.rows = gathered.rows
    numbers: Rows | None = None
    values = {place: groups.finish() for place, groups in gathered.distinct.items()} if gathered.rows else {}
    for name, call, places in zip(operator.aggregate_names, calls, gathered.arguments, strict=True):
        if call.name == "count" and not places:
            columns[name] = Column(Kind.INT, _sizes(gathered, count))
        elif call.distinct and len(places) == 1 and places[0] in values:
            once, each = replace(call, distinct=False), values[places[0]]
            columns[name] = _aggregated(once, each, np.zeros(len(each[0]), dtype=np.int64), 1, context)
        else:
            numbers = _numbers(gathered) if numbers is None else numbers
            columns[name] = _aggregated(call, gathered.joined(places), numbers, count, context)
    return Batch(count, columns)


def _keys(operator: Aggregate, gathered: _Gathered, context: ExecutionContext) -> dict[str, Column]:
    """A column for each key; in a subplan also one for the outer rows, all of them where there are no keys."""
    row_name = context.row_name
    if gathered.groups is not None:
        names = operator.key_names if row_name is None else (*operator.key_names, row_name)
        return dict(zip(names, gathered.groups.finish(), strict=True))
    if row_name is None:
        return {}
    assert context.argument is not None, "only in a subplan"
    return {row_name: Column(Kind.INT, np.arange(context.argument.rows, dtype=np.int64))}


def _numbers(gathered: _Gathered) -> Rows:
    """(rows,) the group of each row."""
    if gathered.groups is not None:
        return gathered.groups.numbers()
    if gathered.row_numbers:
        return Column.concatenate(gathered.row_numbers).values.astype(np.int64)
    return np.zeros(gathered.rows, dtype=np.int64)


def _sizes(gathered: _Gathered, count: int) -> Rows:
    """(count,) the number of rows of each group."""
    return np.bincount(_numbers(gathered), minlength=count) if gathered.groups is None else gathered.groups.sizes()


def _gathered(operator: Aggregate, calls: list[Call], held: Holding, context: ExecutionContext) -> _Gathered:
    expressions: list[Expression] = []
    keys = [_place(key, expressions) for key in operator.keys]
    arguments = [[_place(argument, expressions) for argument in call.arguments] for call in calls]
    gathered = _planned(calls, keys, arguments, held, context)
    collected = [places[0] for call, places in zip(calls, arguments, strict=True) if call.name == "collect"]
    for batch in context.gathering(operator.input):
        context.check()
        gathered.rows += batch.rows
        columns = [EVALUATORS[type(expression)](expression, batch, context) for expression in expressions]
        numbers = [] if context.row_name is None else [batch.columns[context.row_name]]
        if gathered.groups is not None:
            gathered.groups.add([columns[place] for place in keys] + numbers)
        elif numbers:
            gathered.row_numbers += numbers
            held.add_columns(numbers)
        for place, groups in gathered.distinct.items():
            groups.add([columns[place]])
        held.add_columns([columns[place] for place in gathered.columns])
        for place in collected:
            held.add_bytes(column_bytes(columns[place]))
        for place, kept in gathered.columns.items():
            kept.append(columns[place])
    return gathered


def _planned(
    calls: list[Call], keys: list[int], arguments: list[list[int]], held: Holding, context: ExecutionContext
) -> _Gathered:
    """Nothing yet, and what is to be kept: values of which one of each kind is asked for are reduced as they come."""
    distinct: dict[int, Groups] = {}
    columns: dict[int, list[Column]] = {}
    for call, places in zip(calls, arguments, strict=True):
        if call.distinct and len(places) == 1 and not keys and context.row_name is None:
            distinct[places[0]] = Groups(context.bounds, held, keeps_rows=False)
        else:
            columns |= {place: [] for place in places}
    groups = Groups(context.bounds, held, keeps_rows=bool(columns)) if keys else None
    return _Gathered(arguments, groups, columns, distinct, [])


def _place(expression: Expression, expressions: list[Expression]) -> int:
    """Where it stands among the expressions; put at their end, unless it is a variable or property that is there."""
    if isinstance(expression, Variable | Property) and expression in expressions:
        return expressions.index(expression)
    expressions.append(expression)
    return len(expressions) - 1


def _folded(calls: list[Call], gathered: _Gathered) -> list[Value] | None:
    """The value of each aggregate of all rows; None where one must see all rows together."""
    if any(call.distinct or (call.name not in NUMBERS and call.name != "count") for call in calls):
        return None
    numbers: dict[int, Folded] = {}
    answers: list[Value] = []
    for call, places in zip(calls, gathered.arguments, strict=True):
        if call.name == "count":
            answers.append(count_values(gathered.columns[places[0]]) if places else gathered.rows)
            continue
        known = numbers.get(places[0]) or folded(gathered.columns[places[0]])
        if known is None:
            return None
        numbers[places[0]] = known
        answers.append(known.result(call.name))
    return answers


def _aggregated(
    call: Call, arguments: list[Column], groups: NDArray[np.int64], count: int, context: ExecutionContext
) -> Column:
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

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
from memgraph_py.execution.grouping import group_parts, group_rows
from memgraph_py.execution.memory import GROUPING_BYTES, Holding, column_bytes
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
    """Columns of the input, a list a batch: at ``keys`` the keys (in a subplan the row numbers last), at
    ``arguments`` those of each aggregate; an expression that stands there twice is there once."""

    parts: list[list[Column]]
    keys: list[int]
    arguments: list[list[int]]
    rows: int

    def of(self, place: int) -> list[Column]:
        """The columns at the place."""
        return [columns[place] for columns in self.parts]

    def joined(self, places: list[int]) -> list[Column]:
        """Each as one column."""
        if not self.parts:
            return [Column.nulls(0)] * len(places)
        return [Column.concatenate(self.of(place)) for place in places]


def _aggregate(operator: Aggregate, calls: list[Call], held: Holding, context: ExecutionContext) -> Batch:
    gathered = _gathered(operator, calls, held, context)
    if not gathered.keys:
        answers = _folded(calls, gathered)
        if answers is not None:
            named = zip(operator.aggregate_names, answers, strict=True)
            return Batch(1, {name: constant(value, 1) for name, value in named})
    if operator.keys and gathered.rows == 0:
        return Batch(0, {})
    groups, columns = _grouped(operator, gathered, context)
    context.environment.rows = gathered.rows
    for name, call, places in zip(operator.aggregate_names, calls, gathered.arguments, strict=True):
        if call.name == "count" and not places:
            columns[name] = Column(Kind.INT, groups.sizes())
        elif call.distinct and len(places) == 1 and gathered.parts and not gathered.keys:
            values = group_parts([[column] for column in gathered.of(places[0])], context.bounds)[2]
            once = replace(call, distinct=False)
            columns[name] = _aggregated(once, values, np.zeros(len(values[0]), dtype=np.int64), 1, context)
        else:
            columns[name] = _aggregated(call, gathered.joined(places), groups.numbers(), groups.count, context)
    return Batch(groups.count, columns)


@dataclass(slots=True)
class _Groups:
    """How many groups there are of how many rows; by batch, or of all together, the groups of its rows within it and,
    by those, the groups of all. No batch: all rows are one group."""

    count: int
    rows: int
    local: list[Rows]
    by_local: list[Rows]
    _numbers: Rows | None = None

    def numbers(self) -> Rows:
        """(rows,) the group of each row."""
        if self._numbers is None:
            parts = [numbers[groups] for numbers, groups in zip(self.by_local, self.local, strict=True)]
            self._numbers = np.concatenate(parts) if parts else np.zeros(self.rows, dtype=np.int64)
        return self._numbers

    def sizes(self) -> Rows:
        """(groups,) the number of rows of each group."""
        if self.count == 1:
            return np.array([self.rows], dtype=np.int64)
        sizes = np.zeros(self.count, dtype=np.int64)
        for numbers, groups in zip(self.by_local, self.local, strict=True):
            if len(numbers) < len(groups):  # each group of the batch is another one
                sizes[numbers] += np.bincount(groups, minlength=len(numbers))
            else:
                np.add.at(sizes, numbers[groups], 1)
        return sizes


def _grouped(operator: Aggregate, gathered: _Gathered, context: ExecutionContext) -> tuple[_Groups, dict[str, Column]]:
    """The groups, and a column for each key; in a subplan also one for the outer rows."""
    rows, row_name = gathered.rows, context.row_name
    if operator.keys:
        parts = [[columns[place] for place in gathered.keys] for columns in gathered.parts]
        local, by_local, keys = group_parts(parts, context.bounds)
        names = operator.key_names if row_name is None else (*operator.key_names, row_name)
        return _Groups(len(keys[0]), rows, local, by_local), dict(zip(names, keys, strict=True))
    if row_name is None:
        return _Groups(1, rows, [], []), {}
    assert context.argument is not None, "only in a subplan"
    count = context.argument.rows
    numbers = gathered.joined(gathered.keys)[0].values.astype(np.int64) if rows else np.zeros(0, dtype=np.int64)
    same = np.arange(count, dtype=np.int64)
    return _Groups(count, rows, [numbers], [same]), {row_name: Column(Kind.INT, same)}


def _gathered(operator: Aggregate, calls: list[Call], held: Holding, context: ExecutionContext) -> _Gathered:
    expressions: list[Expression] = []
    keys = [_place(key, expressions) for key in operator.keys]
    arguments = [[_place(argument, expressions) for argument in call.arguments] for call in calls]
    if context.row_name is not None:
        keys.append(len(expressions))
    collected = [places[0] for call, places in zip(calls, arguments, strict=True) if call.name == "collect"]
    parts: list[list[Column]] = []
    rows = 0
    for batch in context.gathering(operator.input):
        context.check()
        rows += batch.rows
        columns = [EVALUATORS[type(expression)](expression, batch, context) for expression in expressions]
        if context.row_name is not None:
            columns.append(batch.columns[context.row_name])
        held.add_columns(columns)
        for place in collected:
            held.add_bytes(column_bytes(columns[place]))
        parts.append(columns)
    context.bounds.memory.require(held.bytes + GROUPING_BYTES * rows * bool(operator.keys))  # the columns joined
    return _Gathered(parts, keys, arguments, rows)


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
            answers.append(count_values(gathered.of(places[0])) if places else gathered.rows)
            continue
        known = numbers.get(places[0]) or folded(gathered.of(places[0]))
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

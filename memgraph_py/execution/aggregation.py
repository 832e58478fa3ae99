"""Aggregation: rows to groups by hash, then each aggregate by group number. What can be folded is folded as its rows'
groups are found, in constant memory a group; arguments of other aggregates are kept until the end.

    keys ──▶ Groups ──▶ group of each row ─┐
    arguments, which wait until then ──────┴▶ Fold, or what is kept of this aggregate
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Rows
from memgraph_py.errors import CypherSyntaxError
from memgraph_py.execution.evaluation import EVALUATORS
from memgraph_py.execution.executor import ExecutionContext, constant, executes
from memgraph_py.execution.grouping import Groups, group_rows
from memgraph_py.execution.memory import Holding, column_bytes
from memgraph_py.execution.scans import pieces
from memgraph_py.functions.folding import FOLDS, NUMBERS, Fold, Folded, fold_of
from memgraph_py.functions.registry import AGGREGATES
from memgraph_py.plan.expressions import Call, Expression, Property, Variable
from memgraph_py.plan.operators import Aggregate


@executes(Aggregate)
def aggregate(operator: Aggregate, context: ExecutionContext) -> Iterator[Batch]:
    """A row per group, groups in order of first appearance. In a subplan groups are those of each outer row."""
    calls = [expression for expression in operator.aggregates if isinstance(expression, Call)]
    assert len(calls) == len(operator.aggregates), "an aggregate is a call"
    with Holding(context.bounds) as held, Holding(context.bounds) as waiting:
        work = _Aggregation(operator, calls, held, waiting, context)
        for batch in context.gathering(operator.input):
            context.check()
            work.add(batch)
        yield from pieces(work.result(), context)


@dataclass(slots=True)
class _Answer:
    """One aggregate. places: those of its arguments among the expressions. fold: what its rows come to so far; else
    they are kept, ``columns`` by argument and ``groups``, part by part."""

    call: Call
    places: list[int]
    fold: Fold | None
    columns: list[list[Column]]
    groups: list[Rows] = field(default_factory=list)

    def add(self, columns: list[Column], groups: Rows, group_count: int) -> bool:
        """False where the rows are kept."""
        if self.fold is not None:
            if self.fold.add(columns[0], groups, group_count):
                return True
            carried, of = self.fold.carried()
            self.fold = None
            self._keep([carried], of)
        self._keep(columns, groups)
        return False

    def _keep(self, columns: list[Column], groups: Rows) -> None:
        for kept, column in zip(self.columns, columns, strict=True):
            kept.append(column)
        self.groups.append(groups)

    def result(self, group_count: int, context: ExecutionContext) -> Column:
        """(group_count,) the aggregate."""
        if self.fold is not None:
            return self.fold.result(group_count)
        if not self.groups:
            none = [Column.nulls(0) for _ in self.columns]
            return _aggregated(self.call, none, np.zeros(0, dtype=np.int64), group_count, context)
        arguments = [Column.concatenate(parts) for parts in self.columns]
        return _aggregated(self.call, arguments, np.concatenate(self.groups), group_count, context)


class _Aggregation:
    """The input's rows so far. Groups are those by the keys, in a subplan with the row numbers last; without keys those
    of the outer rows, or all rows are one."""

    def __init__(
        self, operator: Aggregate, calls: list[Call], held: Holding, waiting: Holding, context: ExecutionContext
    ) -> None:
        """held, waiting: where is counted what is kept, and what waits for its groups."""
        self._operator = operator
        self._held, self._waiting_held = held, waiting
        self._context = context
        self._expressions: list[Expression] = []
        self._keys = [_place(key, self._expressions) for key in operator.keys]
        self._is_one = not operator.keys and context.row_name is None
        self._rows = self._groups_held = 0
        self._distinct: dict[int, Groups] = {}
        """Without groups, by place: the values of what a sole DISTINCT asks for."""
        self._folded: dict[int, Folded] = {}
        """Without groups, by place: what numbers come to."""
        self._answers: list[_Answer] = []
        self._named: list[_Answer | None] = [self._planned(call) for call in calls]
        """For each aggregate; None for the number of rows."""
        self._arguments = sorted({place for answer in self._answers for place in answer.places})
        self._groups = Groups(context.bounds, held, keeps_rows=bool(self._answers)) if operator.keys else None
        self._waiting: list[list[Column]] = []
        """Of parts whose groups are not found yet, the expressions' values."""

    def _planned(self, call: Call) -> _Answer | None:
        places = [_place(argument, self._expressions) for argument in call.arguments]
        if call.name == "count" and not places and (self._keys or self._is_one):
            return None
        answer = _Answer(call, places, None, [[] for _ in places])
        if call.distinct and len(places) == 1 and self._is_one:
            self._distinct[places[0]] = Groups(self._context.bounds, self._held, keeps_rows=False)
            return answer
        if not call.distinct and call.name in FOLDS and len(places) <= 1:
            answer.fold = fold_of(call.name)
            if self._is_one and call.name in NUMBERS:
                self._folded[places[0]] = Folded()
        self._answers.append(answer)
        return answer

    def add(self, batch: Batch) -> None:
        """More rows. Raises MemoryLimitExceeded, and what aggregates do."""
        context, row_name = self._context, self._context.row_name
        self._rows += batch.rows
        columns = [EVALUATORS[type(expression)](expression, batch, context) for expression in self._expressions]
        outer = None if row_name is None else batch.columns[row_name]
        for place, groups in self._distinct.items():
            groups.add([columns[place]])
        if self._groups is None:
            if outer is None:
                self._add_to_one(columns, batch.rows)
            else:
                assert context.argument is not None, "only in a subplan"
                self._take([columns], outer.values.astype(np.int64), context.argument.rows)
            return
        self._groups.add([columns[place] for place in self._keys] + ([] if outer is None else [outer]))
        if self._answers:
            self._waiting.append(columns)
            self._waiting_held.add_columns([columns[place] for place in self._arguments])
            self._take_found(self._groups)

    def _add_to_one(self, columns: list[Column], rows: int) -> None:
        for place, folded in list(self._folded.items()):
            if not folded.add(columns[place]):
                del self._folded[place]
                for answer in self._answers:
                    if answer.places == [place] and answer.call.name in NUMBERS and answer.fold is not None:
                        answer.fold = folded.as_fold(answer.call.name)
        if not all(map(self._is_folded, self._answers)):
            self._take([columns], np.broadcast_to(np.int64(0), rows), 1)

    def _take_found(self, groups: Groups) -> None:
        found = groups.taken()
        if found:
            parts, self._waiting = self._waiting, []
            if groups.count <= len(found[0]):  # then what is done for each group is no more than what is for each row
                for part, numbers in zip(parts, found, strict=True):
                    self._take([part], numbers, groups.count)
            else:
                self._context.bounds.memory.require(self._waiting_held.bytes)  # each column joined
                self._take(parts, np.concatenate(found), groups.count)
            self._waiting_held.drop()

    def _take(self, parts: list[list[Column]], groups: Rows, group_count: int) -> None:
        """Rows whose groups are known."""
        joined = {place: Column.concatenate([part[place] for part in parts]) for place in self._arguments}
        kept: dict[int, Column] = {}
        for answer in self._answers:
            if self._is_folded(answer):
                continue
            columns = [joined[place] for place in answer.places] or [Column(Kind.INT, groups)]
            if not answer.add(columns, groups, group_count):
                kept |= {place: joined[place] for place in answer.places}
                if answer.call.name == "collect":
                    self._held.add_bytes(column_bytes(columns[0]))
        if kept:
            self._held.add_columns(kept.values())
            self._held.add_bytes(0 if self._is_one else groups.nbytes)
        self._held.add_bytes(16 * (group_count - self._groups_held) * len(self._answers))
        self._groups_held = group_count

    def _is_folded(self, answer: _Answer) -> bool:
        """True where ``_folded`` knows it."""
        return answer.fold is not None and answer.call.name in NUMBERS and answer.places[0] in self._folded

    def result(self) -> Batch:
        """A row for each group."""
        operator, context = self._operator, self._context
        if operator.keys and self._rows == 0:
            return Batch(0, {})
        columns = self._key_columns()
        count = 1 if self._is_one else len(next(iter(columns.values())))
        context.bounds.memory.require(self._held.bytes)  # the columns joined
        context.environment.rows = self._rows
        for name, answer in zip(operator.aggregate_names, self._named, strict=True):
            columns[name] = self._answered(answer, count)
        return Batch(count, columns)

    def _key_columns(self) -> dict[str, Column]:
        """A column for each key; in a subplan also one for the outer rows, all of them where there are no keys."""
        operator, row_name = self._operator, self._context.row_name
        if self._groups is not None:
            names = operator.key_names if row_name is None else (*operator.key_names, row_name)
            found = self._groups.finish()
            self._take_found(self._groups)
            return dict(zip(names, found, strict=True))
        if row_name is None:
            return {}
        assert self._context.argument is not None, "only in a subplan"
        return {row_name: Column(Kind.INT, np.arange(self._context.argument.rows, dtype=np.int64))}

    def _answered(self, answer: _Answer | None, count: int) -> Column:
        if answer is None:
            return Column(Kind.INT, np.array([self._rows]) if self._groups is None else self._groups.sizes())
        call, places = answer.call, answer.places
        if self._is_folded(answer):
            return constant(self._folded[places[0]].result(call.name), 1)
        if call.distinct and len(places) == 1 and places[0] in self._distinct and self._rows:
            values = self._distinct[places[0]].finish()
            zeros = np.zeros(len(values[0]), dtype=np.int64)
            return _aggregated(replace(call, distinct=False), values, zeros, 1, self._context)
        return answer.result(count, self._context)


def _place(expression: Expression, expressions: list[Expression]) -> int:
    """Where it stands among the expressions; put at their end, unless it is a variable or property that is there."""
    if isinstance(expression, Variable | Property) and expression in expressions:
        return expressions.index(expression)
    expressions.append(expression)
    return len(expressions) - 1


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

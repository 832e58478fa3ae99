"""Runs a plan: every operator is a generator function that pulls batches from its input and yields batches.

An operator's state is its local variables, its end is its return. No empty batch is ever yielded. A subplan (of
Apply, Optional, Merge, EXISTS …) runs once per outer batch, in a nested context: its leaf ``Argument`` yields the outer
rows and one more column, the row's number in the outer batch, under a reserved name. Operators of a subplan keep that
column and work per outer row where that makes a difference (Aggregate, Distinct, Skip, Limit):

    outer batch  x          Argument      x  @row1        subplan's rows   y  @row1
                 Ada                      Ada    0                         1      0
                 Grace                    Grace  1                         2      0     joined back by number
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Parameters, Rows
from memgraph_py.config import Limits
from memgraph_py.errors import ParameterMissing
from memgraph_py.execution.memory import column_bytes
from memgraph_py.functions.registry import Environment
from memgraph_py.list_column import ListColumn, is_long
from memgraph_py.plan.expressions import Expression, Parameter
from memgraph_py.plan.names import own
from memgraph_py.plan.operators import Operator
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.single import single_column
from memgraph_py.storage.view import GraphView, WritableGraph
from memgraph_py.values.types import Value

__all__ = [
    "RUNNERS",
    "RUN_ROWS",
    "Counters",
    "ExecutionContext",
    "constant",
    "execute",
    "executes",
    "spread",
    "widen",
]

OperatorType = TypeVar("OperatorType")
Runner = Callable[[Any, "ExecutionContext"], Iterator[Batch]]

RUN_ROWS = own("run")
"""A column of the parameter rows that numbers them, where somebody wants to know what each of them changed."""
RUNNERS: dict[type, Runner] = {}
"""The function of each operator, complete after the package is imported."""


def executes(
    kind: type[OperatorType],
) -> Callable[
    [Callable[[OperatorType, "ExecutionContext"], Iterator[Batch]]],
    Callable[[OperatorType, "ExecutionContext"], Iterator[Batch]],
]:
    """Register the generator function that runs an operator."""

    def register(
        runner: Callable[[OperatorType, "ExecutionContext"], Iterator[Batch]],
    ) -> Callable[[OperatorType, "ExecutionContext"], Iterator[Batch]]:
        RUNNERS[kind] = runner
        return runner

    return register


class Counters(msgspec.Struct):
    """What a statement changed."""

    nodes_created: int = 0
    nodes_deleted: int = 0
    relationships_created: int = 0
    relationships_deleted: int = 0
    properties_set: int = 0
    labels_added: int = 0
    labels_removed: int = 0
    indexes_added: int = 0
    indexes_removed: int = 0
    constraints_added: int = 0
    constraints_removed: int = 0

    def take(self, other: "Counters") -> None:
        """Become as the other one."""
        for name in COUNTERS:
            setattr(self, name, getattr(other, name))

    def any(self) -> bool:
        """True when something was changed."""
        return any(self.as_tuple())

    def as_tuple(self) -> tuple[int, ...]:
        """The counts, in the order of ``COUNTERS``."""
        return _counts_of(self)


COUNTERS = Counters.__struct_fields__
_counts_of: Callable[[Counters], tuple[int, ...]] = attrgetter(*COUNTERS)


class InnerTransactions(Protocol):
    """Transactions that a statement makes for its subqueries; the session has them."""

    def run(self, work: Callable[["ExecutionContext"], list[Batch]]) -> list[Batch]:
        """What ``work`` gives in a transaction of its own, which is committed and on disk then. Work may be done more
        than once, when others were first. Raises what it raises, with nothing done."""
        ...

    def view(self) -> GraphView:
        """The graph with all that was committed so far."""
        ...


@dataclass(slots=True)
class _Run:
    """What the contexts of one execution share."""

    counters: Counters
    parameter_columns: dict[str, Column] = field(default_factory=dict)
    constants: dict[int, Column] = field(default_factory=dict)
    inner_transactions: InnerTransactions | None = None
    merged: list[Rows] = field(default_factory=list)


class ExecutionContext:
    """What the operators of one execution share: the graph, the parameters, the limits, what was changed.

    ``check`` looks at the execution's ``bounds``, once per batch. ``argument`` and ``row_name`` are those of a nested
    context (a subplan): the outer batch, and the name of the column of its row numbers. ``is_hasty``: few rows are
    wanted, so that operators rather give some early than many at once. ``first_rows``: the size of a first batch;
    see ``gathering``.
    """

    __slots__ = (
        "__weakref__",
        "_run",
        "argument",
        "bounds",
        "check",
        "counters",
        "depth",
        "environment",
        "first_rows",
        "graph",
        "is_hasty",
        "limits",
        "parameter_rows",
        "parameters",
        "row_name",
    )

    def __init__(
        self,
        graph: WritableGraph,
        environment: Environment,
        parameters: Mapping[str, Value],
        limits: Limits,
        parameter_rows: Batch | None = None,
    ) -> None:
        self.graph = graph
        self.environment = environment
        self.parameters = parameters
        self.limits = limits
        self.parameter_rows = parameter_rows
        self.counters = Counters()
        self.bounds = environment.bounds
        self.check = self.bounds.check
        self._run = _Run(self.counters)
        self.argument: Batch | None = None
        self.row_name: str | None = None
        self.is_hasty = False
        self.first_rows = limits.batch_rows_min
        self.depth = 0

    @property
    def constants(self) -> dict[int, Column]:
        """Columns of one row, of the plan's ``Constant`` expressions, by identity."""
        return self._run.constants

    @property
    def inner_transactions(self) -> InnerTransactions:
        """Transactions for subqueries, of a statement that was prepared for them."""
        found = self._run.inner_transactions
        assert found is not None, "the session gives them to a plan with InTransactions"
        return found

    @inner_transactions.setter
    def inner_transactions(self, value: InnerTransactions) -> None:
        self._run.inner_transactions = value

    def within(self, graph: WritableGraph) -> "ExecutionContext":
        """This execution on another graph: its counters and bounds."""
        environment = replace(self.environment, graph=graph)
        other = self.nested()
        other.graph, other.environment, other.depth = graph, environment, self.depth
        other.argument, other.row_name = None, None
        return other

    def run(self, operator: Operator) -> Iterator[Batch]:
        """The operator's rows."""
        return RUNNERS[type(operator)](operator, self)

    def gathering(self, operator: Operator) -> Iterator[Batch]:
        """The operator's rows, for who gives none before it has them all: the first batches are not small."""
        before = self.first_rows
        self.first_rows = self.limits.batch_rows_max
        try:
            yield from self.run(operator)
        finally:
            self.first_rows = before

    def run_subplan(self, operator: Operator, argument: Batch) -> tuple[Iterator[Batch], str]:
        """The subplan's rows for all rows of the outer batch, and the name of the column that numbers them."""
        nested = self.nested()
        nested.argument = argument
        nested.row_name = row_name = own(f"row{nested.depth}")
        return nested.run(operator), row_name

    def nested(self) -> "ExecutionContext":
        """A context of the same kind and execution, one level deeper; without an argument yet."""
        nested = ExecutionContext.__new__(type(self))
        nested.graph = self.graph
        nested.environment = self.environment
        nested.parameters = self.parameters
        nested.limits = self.limits
        nested.parameter_rows = None
        nested.counters = self.counters
        nested.bounds = self.bounds
        nested.check = self.check
        nested._run = self._run
        nested.is_hasty = False
        nested.first_rows = self.limits.batch_rows_min
        nested.depth = self.depth + 1
        return nested

    def parameter(self, name: str, rows: int) -> Column:
        """`$name` as a column. Raises ParameterMissing."""
        one = self._run.parameter_columns.get(name)
        if one is None:
            if name not in self.parameters:
                raise ParameterMissing.of((name,))
            elements = self.parameters.lists.get(name) if isinstance(self.parameters, Parameters) else None
            if elements is not None and is_long(len(elements)):
                one = ListColumn.one(elements)
            else:
                one = constant(self.parameters[name], 1)
            self._run.parameter_columns[name] = one
        return one if rows == 1 else spread(one, rows)

    def parameter_list(self, expression: Expression) -> Column | None:
        """The elements of a parameter that is a list and came as a column; None for any other expression."""
        if isinstance(expression, Parameter) and isinstance(self.parameters, Parameters):
            return self.parameters.lists.get(expression.name)
        return None

    @property
    def merged(self) -> list[Rows]:
        """Of which parameter rows a MERGE created something, as RUN_ROWS numbers them."""
        return self._run.merged

    def type_ids(self, types: tuple[str, ...]) -> NDArray[np.int64] | None:
        """Ids of the relationship types, ascending; -1, which none has, for an unknown one. None for no names: all."""
        return type_ids(self.graph.schema, types)


def type_ids(schema: Schema, types: tuple[str, ...]) -> NDArray[np.int64] | None:
    """As ``ExecutionContext.type_ids``."""
    if not types:
        return None
    find = schema.types.find
    if len(types) == 1:
        id = find(types[0])
        return np.array((-1 if id is None else id,), dtype=np.int64)
    found = (find(name) for name in types)
    return np.array(sorted({-1 if id is None else id for id in found}), dtype=np.int64)


def execute(plan: Operator, context: ExecutionContext) -> Iterator[Batch]:
    """The plan's rows, computed as they are pulled; raises CypherError where a row cannot be computed."""
    memory = context.bounds.memory
    for batch in context.run(plan):
        for column in batch.columns.values():
            if column.kind is Kind.OBJECT:  # it is about to be written out
                memory.require(column_bytes(column))
        yield batch
        context.check()


def constant(value: Value, rows: int) -> Column:
    """The value in every row; the short way of Column.constant."""
    one = single_column(value)
    return one if rows == 1 else spread(one, rows)


def spread(one: Column, rows: int) -> Column:
    """The value of a column of one row in every row of a longer (or empty) column."""
    if one.kind is Kind.OBJECT:
        return one.take(np.zeros(rows, dtype=np.int64))
    values = np.empty(rows, dtype=one.values.dtype)
    values.fill(one.values[0])
    valid = None if one.valid is None else np.full(rows, one.valid[0], dtype=np.bool_)
    return Column(one.kind, values, valid, one.data)


def widen(batch: Batch, source_rows: Rows, columns: dict[str, Column], unused: tuple[str, ...] = ()) -> Batch:
    """The batch's rows at these positions, without unused columns, beside new columns of the same length."""
    rows = len(source_rows)
    if not batch.columns:
        return Batch(rows, columns)
    if rows == 1 and batch.rows == 1:
        if not unused:
            return Batch(1, {**batch.columns, **columns})
        return Batch(1, {**{n: c for n, c in batch.columns.items() if n not in unused}, **columns})
    taken = {name: column.take(source_rows) for name, column in batch.columns.items() if name not in unused}
    taken.update(columns)
    return Batch(rows, taken)

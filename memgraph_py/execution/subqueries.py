"""Subplans: apply, optional, subquery expressions and procedure calls. A subplan runs once per batch, not per row."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Rows
from memgraph_py.errors import CypherTypeError, ProcedureNotFound
from memgraph_py.execution.comprehensions import regroup
from memgraph_py.execution.evaluation import evaluate, evaluates, gather, node_ids
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.memory import VALUE_BYTES, column_bytes, held_rows
from memgraph_py.execution.scans import pieces
from memgraph_py.functions.registry import Procedure, callable_rows
from memgraph_py.plan.expressions import Collect, Count, Exists
from memgraph_py.plan.operators import (
    ROW_AFTER_ROW,
    Apply,
    Argument,
    Drain,
    Expand,
    Operator,
    Optional,
    ProcedureCall,
)
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value


@executes(Apply)
def apply(operator: Apply, context: ExecutionContext) -> Iterator[Batch]:
    """Outer rows beside the subplan's rows for them; a subplan that ends in Drain gives each outer row as it is."""
    for batch in context.run(operator.input):
        source, row_name = context.run_subplan(operator.subplan, batch)
        if isinstance(operator.subplan, Drain):
            _exhaust(source)
            yield batch
            continue
        for answer in source:
            yield widen(batch, _row_numbers(answer, row_name), _new_columns(batch, answer, row_name))


def _exhaust(source: Iterator[Batch]) -> None:
    for _ in source:
        pass


def _row_numbers(answer: Batch, row_name: str) -> Rows:
    return answer.columns[row_name].values


def _new_columns(outer: Batch, answer: Batch, row_name: str) -> dict[str, Column]:
    return {name: column for name, column in answer.columns.items() if name != row_name and name not in outer.columns}


@executes(Optional)
def optional(operator: Optional, context: ExecutionContext) -> Iterator[Batch]:
    """As Apply; an outer row without match stays, with NULLs: in its place where the subplan gives its answers in the
    order of the rows, or in one batch."""
    in_order = _goes_row_after_row(operator.subplan)
    for batch in context.run(operator.input):
        source, row_name = context.run_subplan(operator.subplan, batch)
        answer = next(source, None)
        if answer is None:
            yield _without_match(operator, batch)
            continue
        missing = np.ones(batch.rows, dtype=np.bool_)
        told = 0
        while answer is not None:
            rows = _row_numbers(answer, row_name)
            missing[rows] = False
            following = next(source, None)
            if following is None:
                until = batch.rows
            else:  # of what comes behind it nothing is known
                until = int(_row_numbers(following, row_name)[0]) if in_order else told
            yield _in_place(operator, batch, answer, row_name, told + np.flatnonzero(missing[told:until]))
            answer, told = following, until


def _goes_row_after_row(plan: Operator) -> bool:
    while (below := getattr(plan, "input", None)) is not None and type(plan) in ROW_AFTER_ROW:
        plan = below
    return type(plan) in ROW_AFTER_ROW


def _without_match(operator: Optional, batch: Batch) -> Batch:
    nulls = Column.nulls(batch.rows)
    return batch.with_columns(dict.fromkeys(operator.variables, nulls))


def _in_place(operator: Optional, batch: Batch, answer: Batch, row_name: str, missing: Rows) -> Batch:
    """The answers, and the outer rows without one that belong between them, with NULLs."""
    found = _row_numbers(answer, row_name)
    columns = {name: answer.columns[name] for name in operator.variables}
    if len(missing) == 0:
        return widen(batch, found, columns)
    rows = np.concatenate((found, missing))
    positions = np.concatenate((np.arange(answer.rows), np.full(len(missing), -1, dtype=np.int64)))
    order = np.argsort(rows, kind="stable")
    positions = positions[order]
    return widen(batch, rows[order], {name: gather(column, positions) for name, column in columns.items()})


# --------------------------------------------------------------------------------------------------------- expressions


@evaluates(Exists)
def _exists(expression: Exists, batch: Batch, context: ExecutionContext) -> Column:
    return Column(Kind.BOOL, _counted(expression.plan, batch, context, enough=1) > 0)


@evaluates(Count)
def _count(expression: Count, batch: Batch, context: ExecutionContext) -> Column:
    return Column(Kind.INT, _counted(expression.plan, batch, context))


def _counted(plan: Operator, batch: Batch, context: ExecutionContext, enough: int | None = None) -> NDArray[np.int64]:
    """(batch.rows,) number of rows that the plan gives for each; one expansion is counted by degrees. Goes no further
    once each has ``enough``."""
    if isinstance(plan, Expand) and isinstance(plan.input, Argument):
        nodes = node_ids(batch.columns[plan.source])
        return context.graph.degrees(nodes, plan.direction, context.type_ids(plan.types))
    counts = np.zeros(batch.rows, dtype=np.int64)
    if batch.rows:
        source, row_name = context.run_subplan(plan, batch)
        for answer in source:
            context.check()
            counts += np.bincount(_row_numbers(answer, row_name), minlength=batch.rows)
            if enough is not None and int(counts.min()) >= enough:
                break
    return counts


@evaluates(Collect)
def _collect(expression: Collect, batch: Batch, context: ExecutionContext) -> Column:
    present = [True] * batch.rows
    answers: list[Batch] = []
    row_name = ""
    if batch.rows:
        source, row_name = context.run_subplan(expression.plan, batch)
        answers = list(held_rows(source, context.bounds))
    if not answers:
        return Column.objects([[] for _ in present])
    context.bounds.memory.require(sum(column_bytes(answer.columns[expression.variable]) for answer in answers))
    rows = np.concatenate([_row_numbers(answer, row_name) for answer in answers])
    elements = Column.concatenate([answer.columns[expression.variable] for answer in answers])
    if len(rows) > 1 and (rows[1:] < rows[:-1]).any():
        order = np.argsort(rows, kind="stable")
        rows, elements = rows[order], elements.take(order)
    return regroup(rows, elements, present)


# ---------------------------------------------------------------------------------------------------------- procedures


@executes(ProcedureCall)
def procedure_call(operator: ProcedureCall, context: ExecutionContext) -> Iterator[Batch]:
    """The procedure's rows beside each input row; a procedure without columns gives each input row as it is."""
    procedure = callable_rows(operator.name)
    if procedure is None:
        raise ProcedureNotFound(f"there is no procedure '{operator.name}'", detail="ProcedureNotFound")
    names = [name for name, _ in procedure.columns]
    places = [names.index(name) for name in operator.yields]
    for batch in context.run(operator.input):
        arguments = [evaluate(argument, batch, context).to_values() for argument in operator.arguments]
        if procedure.defaults is None:
            arguments = [_typed(procedure, *pair) for pair in zip(procedure.parameters, arguments, strict=True)]
        source_rows: list[int] = []
        found: list[list[Value]] = [[] for _ in places]
        for row in range(batch.rows):
            context.check()
            for answer in procedure.run(context.environment, [values[row] for values in arguments]):
                source_rows.append(row)
                if len(source_rows) % _ANSWERS_AT_ONCE == 0:
                    context.check()
                    context.bounds.memory.require(VALUE_BYTES * len(source_rows) * (1 + len(found)))
                for column, place in zip(found, places, strict=True):
                    column.append(answer[place])
        if operator.void or not names:
            yield batch
            continue
        columns = {name: Column.from_values(values) for name, values in zip(operator.variables, found, strict=True)}
        yield from pieces(widen(batch, np.array(source_rows, dtype=np.int64), columns), context)


_ANSWERS_AT_ONCE = 1_024
"""A procedure may give rows for ever."""
_ACCEPTED = {
    "BOOLEAN": {"BOOLEAN"},
    "FLOAT": {"FLOAT", "INTEGER"},
    "INTEGER": {"INTEGER"},
    "LIST": {"LIST"},
    "MAP": {"MAP", "NODE", "RELATIONSHIP"},
    "NODE": {"NODE"},
    "NUMBER": {"FLOAT", "INTEGER"},
    "PATH": {"PATH"},
    "RELATIONSHIP": {"RELATIONSHIP"},
    "STRING": {"STRING"},
}
"""Values that a parameter of a type takes, NULL excepted, which each takes; other types take anything."""


def _typed(procedure: Procedure, parameter: tuple[str, str], values: list[Value]) -> list[Value]:
    """The values of a parameter, integers as floats where it is one. Raises CypherTypeError: analysis has checked what
    can be known before."""
    name, declared = parameter
    kind = declared.partition("<")[0].partition(" ")[0].rstrip("?")
    accepted = _ACCEPTED.get(kind)
    if accepted is None:
        return values
    for value in values:
        if value is not None and type_name(value) not in accepted:
            raise CypherTypeError(
                f'"{name}" of "{procedure.name}" is of type {declared}, not {type_name(value)}',
                detail="InvalidArgumentValue",
            )
    return [float(value) if isinstance(value, int) else value for value in values] if kind == "FLOAT" else values

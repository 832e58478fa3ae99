"""Operators on rows as such: filter, project, unwind, sort, skip, limit, distinct, union."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.errors import CypherSyntaxError
from memgraph_py.execution.evaluation import EVALUATORS, evaluate, truth
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.grouping import DistinctRows
from memgraph_py.execution.lists import element_pieces, ranges_of
from memgraph_py.execution.memory import Holding, held_rows
from memgraph_py.execution.rows_apart import ranges_apart
from memgraph_py.execution.scans import pieces
from memgraph_py.execution.single import Composition, Parameters, Row, SeveralRows, SingleStep, Writing, composes
from memgraph_py.execution.sorting import first_rows, sorted_rows
from memgraph_py.list_column import ListColumn
from memgraph_py.plan.expressions import Expression, Literal
from memgraph_py.plan.operators import (
    WRITES,
    Argument,
    Distinct,
    Drain,
    Eager,
    Extend,
    Filter,
    Limit,
    Operator,
    Project,
    Skip,
    Sort,
    Top,
    Union,
    UniqueRelationships,
    Unwind,
)
from memgraph_py.storage.single import SingleView
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import RelationshipReference, Value

_WRITES = frozenset(WRITES)
_KERNEL_ROWS = 64
"""Fewer rows are taken by NumPy in less time than a kernel is called."""


@executes(Filter)
def filter(operator: Filter, context: ExecutionContext) -> Iterator[Batch]:
    """Rows where the predicate is true."""
    predicate = operator.predicate
    evaluator = EVALUATORS[type(predicate)]
    for batch in context.run(operator.input):
        mask = truth(evaluator(predicate, batch, context))
        kept = int(np.count_nonzero(mask))
        if kept == batch.rows:
            yield without(batch, operator.unused) if operator.unused else batch
        elif kept:
            yield _kept(batch, mask, kept, operator.unused)


@composes(Filter)
def _single_filter(operator: Filter, composition: Composition) -> Sequence[SingleStep] | None:
    holds = composition.value(operator.predicate)
    if holds is None:
        return None

    def filter(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row | None:
        truth = holds(row, view, parameters, writing)
        if truth is True:
            return row
        if truth is None or truth is False:
            return None
        raise SeveralRows

    return (filter,)


def _kept(batch: Batch, mask: Mask, count: int, unused: tuple[str, ...]) -> Batch:
    if batch.rows < _KERNEL_ROWS:
        return widen(batch, np.flatnonzero(mask), {}, unused)
    kept = {name: column.keep(mask, count) for name, column in batch.columns.items() if name not in unused}
    return Batch(count, kept)


def without(batch: Batch, unused: tuple[str, ...]) -> Batch:
    """The batch without these columns."""
    return Batch(batch.rows, {name: column for name, column in batch.columns.items() if name not in unused})


@executes(Project)
def project(operator: Project, context: ExecutionContext) -> Iterator[Batch]:
    """Exactly the named columns; in a subplan also that of the row numbers."""
    row_name = context.row_name
    for batch in context.run(operator.input):
        columns = {
            name: EVALUATORS[type(expression)](expression, batch, context)
            for name, expression in zip(operator.names, operator.expressions, strict=True)
        }
        if row_name is not None:
            columns[row_name] = batch.columns[row_name]
        yield Batch(batch.rows, columns)


@composes(Project)
def _single_project(operator: Project, composition: Composition) -> Sequence[SingleStep] | None:
    values = composition.values(operator.expressions)
    if values is None:
        return None
    named = tuple(zip(operator.names, values, strict=True))

    def project(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row | None:
        return {name: value(row, view, parameters, writing) for name, value in named}

    return (project,)


@executes(Extend)
def extend(operator: Extend, context: ExecutionContext) -> Iterator[Batch]:
    """The input's columns and these; an expression sees the input's columns only."""
    for batch in context.run(operator.input):
        columns = dict(batch.columns)
        for name, expression in zip(operator.names, operator.expressions, strict=True):
            columns[name] = EVALUATORS[type(expression)](expression, batch, context)
        yield Batch(batch.rows, columns)


@executes(Unwind)
def unwind(operator: Unwind, context: ExecutionContext) -> Iterator[Batch]:
    """A row per element, in pieces of at most batch_rows_max."""
    limit = context.limits.batch_rows_max
    for outer in context.run(operator.input):
        elements = context.parameter_list(operator.list) if outer.rows == 1 else None
        if elements is not None:
            for piece in context.bounds.pieces(len(elements), limit):
                rows = np.zeros(piece.stop - piece.start, dtype=np.int64)
                columns = {operator.variable: elements.slice(piece.start, piece.stop)}
                yield widen(outer, rows, columns, operator.unused)
            continue
        ranges = ranges_of(operator.list, outer, context)
        if ranges is not None:
            for rows, numbers in ranges.pieces(limit, context.bounds):
                yield widen(outer, rows, {operator.variable: numbers}, operator.unused)
            continue
        for batch, column in _list_pieces(operator.list, outer, context):
            if column.kind is not Kind.OBJECT:  # no lists: each value stands for itself
                rows = np.flatnonzero(column.validity())
                if len(rows):
                    yield widen(batch, rows, {operator.variable: column.take(rows)}, operator.unused)
                continue
            if isinstance(column, ListColumn):
                for rows, elements in column.pieces(limit, context.bounds):
                    yield widen(batch, rows, {operator.variable: elements}, operator.unused)
                continue
            for rows, items in element_pieces(column.to_values(), limit):
                context.check()
                yield widen(batch, rows, {operator.variable: Column.from_values(items)}, operator.unused)


def _list_pieces(expression: Expression, batch: Batch, context: ExecutionContext) -> Iterator[tuple[Batch, Column]]:
    """The lists of so few rows at a time that they have about batch_rows_max elements: many long lists would not fit
    the memory."""
    start, size = 0, context.limits.batch_rows_min
    while start < batch.rows:
        piece = batch if start == 0 and batch.rows <= size else batch.slice(start, start + size)
        column = evaluate(expression, piece, context)
        yield piece, column
        start += piece.rows
        if start < batch.rows and column.kind is Kind.OBJECT:
            if isinstance(column, ListColumn):
                elements = int(column.lengths.sum())
            else:
                elements = sum(len(value) for value in column.values.tolist() if isinstance(value, list))
            size = max(1, min(4 * size, context.limits.batch_rows_max * piece.rows // max(elements, 1)))
        else:
            size *= 4


@executes(Union)
def union(operator: Union, context: ExecutionContext) -> Iterator[Batch]:
    """Rows of the left plan, then of the right one, columns in the order of the first batch."""
    names: list[str] | None = None
    for side in (operator.left, operator.right):
        for batch in context.run(side):
            if names is None:
                names = list(batch.columns)
            yield batch.select(names)


@executes(Eager)
def eager(operator: Eager, context: ExecutionContext) -> Iterator[Batch]:
    """All of the input is taken before its first batch is given; that of an Argument is there."""
    rows = context.run(operator.input)
    for batch in rows if isinstance(operator.input, Argument) else held_rows(rows, context.bounds):
        if operator.singly and batch.rows > 1:
            keys = tuple(zip(operator.properties, operator.keys, strict=True))
            for start, stop in ranges_apart(batch, operator.elements, keys, operator.labels, context):
                context.check()
                yield batch.slice(start, stop)
        else:
            yield batch


@composes(Eager)
def _single_eager(operator: Eager, composition: Composition) -> Sequence[SingleStep]:
    """A row that is there is taken."""
    return ()


@executes(Drain)
def drain(operator: Drain, context: ExecutionContext) -> Iterator[Batch]:
    """Runs the input to its end; no row."""
    for _ in context.run(operator.input):
        context.check()
    return
    yield  # a generator without rows


@composes(Drain)
def _single_drain(operator: Drain, composition: Composition) -> Sequence[SingleStep]:
    """Of a plan without columns, whose row is not given."""
    return ()


# ---------------------------------------------------------------------------------------------- distinct and uniqueness


@executes(Distinct)
def distinct(operator: Distinct, context: ExecutionContext) -> Iterator[Batch]:
    """Each combination once, in order of first appearance; in a subplan once per outer row."""
    names = list(operator.variables)
    if context.row_name is not None:
        names.append(context.row_name)
    with Holding(context.bounds) as held:
        rows = DistinctRows(context.bounds, held)
        for batch in context.run(operator.input):
            rows.add([batch.columns[name] for name in names], batch.rows)
            if rows.waiting_rows >= rows.rows:  # else not yet worth another pass over what was found
                yield from _more_distinct(rows, names, context)
        if rows.waiting_rows:
            yield from _more_distinct(rows, names, context)


def _more_distinct(rows: DistinctRows, names: list[str], context: ExecutionContext) -> Iterator[Batch]:
    """What was not found before of the rows that wait."""
    before = rows.rows
    rows.join()
    fresh = Batch(rows.rows, dict(zip(names, rows.found, strict=True)))
    yield from pieces(fresh.slice(before, fresh.rows) if before else fresh, context)


@executes(UniqueRelationships)
def unique_relationships(operator: UniqueRelationships, context: ExecutionContext) -> Iterator[Batch]:
    """Rows where no relationship stands in two of the variables."""
    for batch in context.run(operator.input):
        columns = [batch.columns[name] for name in operator.variables]
        if all(column.kind is Kind.RELATIONSHIP for column in columns):
            mask = _differ(columns, operator.known)
        else:
            rows = zip(*(column.to_values() for column in columns), strict=True)
            mask = np.fromiter((_is_unique(values) for values in rows), dtype=np.bool_, count=batch.rows)
        if operator.unused:
            batch = without(batch, operator.unused)
        if mask.all():
            yield batch
        elif mask.any():
            yield batch.take(np.flatnonzero(mask))


def _differ(columns: list[Column], known: int) -> Mask:
    """True where all ids of a row differ; the first ``known`` columns are known to. NULL differs from everything."""
    mask: Mask | None = None
    for place in range(max(known, 1), len(columns)):
        column = columns[place]
        for other in columns[:place]:
            different = column.values != other.values
            if column.valid is not None:
                different |= ~column.valid
            if other.valid is not None:
                different |= ~other.valid
            mask = different if mask is None else mask & different
    return np.ones(len(columns[0]), dtype=np.bool_) if mask is None else mask


def _is_unique(values: tuple[Value, ...]) -> bool:
    """False when a relationship stands in two of the values, each a relationship or a list of them."""
    seen: set[int] = set()
    for value in values:
        items = value if isinstance(value, list) else (value,)
        ids = {item.id for item in items if isinstance(item, RelationshipReference)}
        if seen & ids:
            return False
        seen |= ids
    return True


# ----------------------------------------------------------------------------------------------------- order and bounds


@executes(Sort)
def sort(operator: Sort, context: ExecutionContext) -> Iterator[Batch]:
    """All rows in order, stable."""
    with Holding(context.bounds) as held:
        batches: list[Batch] = []
        for batch in context.gathering(operator.input):
            held.add(batch)
            batches.append(batch)
        if not batches:
            return
        held.add_bytes(held.bytes)  # the batches joined to one
        together = Batch.concatenate(batches)
        if together.rows == 1:
            yield together
            return
        held.add_bytes(8 * together.rows * (4 + 2 * len(operator.keys)))
        del batches
        keys = [evaluate(key, together, context) for key in operator.keys]
        yield from pieces(together.take(sorted_rows(keys, operator.descending, context.bounds)), context)


@executes(Top)
def top(operator: Top, context: ExecutionContext) -> Iterator[Batch]:
    """The first rows in order, keeping no more than some multiple of them; in a subplan, per outer row."""
    given = row_count(operator.count, "LIMIT", context)
    skipped = 0 if operator.skipped is None else row_count(operator.skipped, "SKIP", context)
    if context.row_name is not None:
        ordered = context.run(Sort(operator.input, operator.keys, operator.descending))
        if skipped:
            ordered = _skipped_per_row(ordered, skipped, context)
        yield from _limited_per_row(ordered, given, context)
        return
    count = skipped + given
    kept: list[Batch] = []
    rows = 0
    worth_cutting = 4 * count + context.limits.batch_rows_max
    with Holding(context.bounds) as held:
        for batch in context.gathering(operator.input):
            held.add(batch)
            kept.append(batch)
            rows += batch.rows
            if rows > worth_cutting:
                kept = [_first(operator, kept, count, context)]
                rows = kept[0].rows
                held.drop()
                held.add(kept[0])
        if kept and given:
            first = _first(operator, kept, count, context)
            yield from pieces(first.slice(min(skipped, first.rows), first.rows) if skipped else first, context)


def _first(operator: Top, batches: list[Batch], count: int, context: ExecutionContext) -> Batch:
    together = Batch.concatenate(batches)
    keys = [evaluate(key, together, context) for key in operator.keys]
    return together.take(first_rows(keys, operator.descending, count, context.bounds))


@composes(Limit)
def _single_limit(operator: Limit, composition: Composition) -> Sequence[SingleStep] | None:
    count = operator.count
    return () if isinstance(count, Literal) and type(count.value) is int and count.value > 0 else None


def row_count(expression: Expression, clause: str, context: ExecutionContext) -> int:
    """The number of rows that SKIP or LIMIT names. Raises CypherSyntaxError when it is no integer, or negative."""
    if isinstance(expression, Literal):
        value = expression.value
    else:
        value = evaluate(expression, Batch(1, {}), context).value(0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise CypherSyntaxError(f"{clause} needs an integer, got {type_name(value)}", detail="InvalidArgumentType")
    if value < 0:
        raise CypherSyntaxError(f"{clause} must not be negative, got {value}", detail="NegativeIntegerArgument")
    return value


@executes(Skip)
def skip(operator: Skip, context: ExecutionContext) -> Iterator[Batch]:
    """Without the first rows; in a subplan, per outer row."""
    left = row_count(operator.count, "SKIP", context)
    if context.row_name is not None:
        yield from _skipped_per_row(context.run(operator.input), left, context)
        return
    for batch in context.run(operator.input):
        if left >= batch.rows:
            left -= batch.rows
            continue
        yield batch.slice(left, batch.rows) if left else batch
        left = 0


@executes(Limit)
def limit(operator: Limit, context: ExecutionContext) -> Iterator[Batch]:
    """The first rows; in a subplan, per outer row. Writes below are carried out in full."""
    count = row_count(operator.count, "LIMIT", context)
    context.is_hasty = context.is_hasty or count <= context.limits.batch_rows_min
    context.first_rows = context.limits.batch_rows_min
    source = context.run(operator.input)
    if context.row_name is not None:
        yield from _limited_per_row(source, count, context, stops=not has_writes(operator.input))
        return
    left = count
    if left or has_writes(operator.input):
        for batch in source:
            if left == 0:
                context.check()
                continue
            taken = batch if batch.rows <= left else batch.slice(0, left)
            left -= taken.rows
            yield taken
            if left == 0 and not has_writes(operator.input):
                return


def has_writes(operator: Operator) -> bool:
    """True when an operator below changes the graph; expressions never do."""
    pending: list[Any] = [operator]
    while pending:
        node = pending.pop()
        kind = node.__class__
        if kind in _WRITES:
            return True
        for name in _inputs_of(kind):
            pending.append(getattr(node, name))
    return False


@cache
def _inputs_of(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of operator that hold those below it."""
    return tuple(name for name in ("input", "left", "right", "subplan") if hasattr(kind, name))


def _numbers_within_rows(batch: Batch, counted: Rows, context: ExecutionContext) -> Rows:
    """How many rows of the same outer row came before each row; ``counted`` holds how many came in all, and grows."""
    assert context.row_name is not None, "only in a subplan"
    outer: Rows = batch.columns[context.row_name].values
    order = np.argsort(outer, kind="stable")
    ordered = outer[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    numbers = np.empty(batch.rows, dtype=np.int64)
    numbers[order] = np.arange(batch.rows) - starts
    numbers += counted[outer]
    counted += np.bincount(outer, minlength=len(counted))
    return numbers


def _outer_counts(context: ExecutionContext) -> Rows:
    assert context.argument is not None, "only in a subplan"
    return np.zeros(context.argument.rows, dtype=np.int64)


def _limited_per_row(
    source: Iterator[Batch], count: int, context: ExecutionContext, *, stops: bool = True
) -> Iterator[Batch]:
    """``stops``: reads no further once each outer row has its rows."""
    counted = _outer_counts(context)
    for batch in source:
        mask = _numbers_within_rows(batch, counted, context) < count
        if mask.any():
            yield batch.take(mask)
        if stops and int(counted.min()) >= count:
            return


def _skipped_per_row(source: Iterator[Batch], count: int, context: ExecutionContext) -> Iterator[Batch]:
    counted = _outer_counts(context)
    for batch in source:
        mask = _numbers_within_rows(batch, counted, context) >= count
        if mask.any():
            yield batch.take(mask)

"""Expressions that bind a variable to the elements of a list: comprehensions, quantifiers, reduce.

The lists of all rows are laid end to end in one inner batch, the inner expression is evaluated once over it, and the
answers are folded back row by row.
"""

from collections.abc import Callable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.errors import CypherTypeError
from memgraph_py.execution.evaluation import evaluate, evaluates, gather, truth
from memgraph_py.execution.executor import ExecutionContext, widen
from memgraph_py.plan.expressions import ListComprehension, Quantifier, Reduce
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

__all__ = ["flatten", "lists_of"]


def lists_of(column: Column) -> list[list[Value] | None]:
    """The lists of a column; None where NULL. Raises CypherTypeError where a value is no list."""
    if column.kind is not Kind.OBJECT:
        if not column.is_all_null():
            raise CypherTypeError(
                f"expected a list, got {type_name(column.value(int(np.argmax(column.validity()))))}",
                detail="InvalidArgumentType",
            )
        return [None] * len(column)
    lists = column.to_values()
    for value in lists:
        if value is not None and not isinstance(value, list):
            raise CypherTypeError(f"expected a list, got {type_name(value)}", detail="InvalidArgumentType")
    return lists  # type: ignore[return-value]  # just checked


def flatten(column: Column) -> tuple[Rows, Column]:
    """All elements of the lists, and the row each is from; NULL has none. CypherTypeError where a value is no list."""
    return _laid_out(lists_of(column))


def _laid_out(lists: list[list[Value] | None]) -> tuple[Rows, Column]:
    if len(lists) == 1:
        only = lists[0] or []
        return np.zeros(len(only), dtype=np.int64), Column.from_values(only)
    lengths = np.fromiter((len(value) if value else 0 for value in lists), dtype=np.int64, count=len(lists))
    elements = list(chain.from_iterable(value for value in lists if value))
    return np.repeat(np.arange(len(lists), dtype=np.int64), lengths), Column.from_values(elements)


@evaluates(ListComprehension)
def _list_comprehension(expression: ListComprehension, batch: Batch, context: ExecutionContext) -> Column:
    lists = lists_of(evaluate(expression.list, batch, context))
    rows, elements = _laid_out(lists)
    inner = widen(batch, rows, {expression.variable: elements})
    if expression.predicate is not None:
        mask = truth(evaluate(expression.predicate, inner, context))
        rows, inner = rows[mask], inner.take(mask)
    result = inner.columns[expression.variable]
    if expression.result is not None:
        result = evaluate(expression.result, inner, context)
    return regroup(rows, result, [value is not None for value in lists])


def regroup(rows: Rows, elements: Column, present: list[bool]) -> Column:
    """A list per row: the elements of that row, in order; NULL where not ``present``. rows: ascending."""
    values = elements.to_values()
    ends = np.cumsum(np.bincount(rows, minlength=len(present))).tolist()
    lists: list[Value] = []
    start = 0
    for there, end in zip(present, ends, strict=True):
        lists.append(values[start:end] if there else None)
        start = end
    return Column.objects(lists)


@evaluates(Quantifier)
def _quantifier(expression: Quantifier, batch: Batch, context: ExecutionContext) -> Column:
    """Ternary: an element whose predicate is NULL leaves the answer open unless the others decide it."""
    lists = lists_of(evaluate(expression.list, batch, context))
    rows, elements = _laid_out(lists)
    predicate = evaluate(expression.predicate, widen(batch, rows, {expression.variable: elements}), context)
    true = truth(predicate)
    known = predicate.validity()
    trues = np.bincount(rows[true], minlength=batch.rows)
    unknowns = np.bincount(rows[~known], minlength=batch.rows)
    falses = np.bincount(rows[known & ~true], minlength=batch.rows)
    answer, decided = _QUANTIFIERS[expression.kind](trues, falses, unknowns)
    decided &= np.fromiter((value is not None for value in lists), dtype=np.bool_, count=len(lists))
    return Column(Kind.BOOL, answer, None if decided.all() else decided)


_Counts = NDArray[np.int64]


def _all(trues: _Counts, falses: _Counts, unknowns: _Counts) -> tuple[Mask, Mask]:
    return falses == 0, (falses > 0) | (unknowns == 0)


def _any(trues: _Counts, falses: _Counts, unknowns: _Counts) -> tuple[Mask, Mask]:
    return trues > 0, (trues > 0) | (unknowns == 0)


def _none(trues: _Counts, falses: _Counts, unknowns: _Counts) -> tuple[Mask, Mask]:
    return trues == 0, (trues > 0) | (unknowns == 0)


def _single(trues: _Counts, falses: _Counts, unknowns: _Counts) -> tuple[Mask, Mask]:
    return trues == 1, (trues > 1) | (unknowns == 0)


_QUANTIFIERS: dict[str, Callable[[_Counts, _Counts, _Counts], tuple[Mask, Mask]]] = {
    "all": _all,
    "any": _any,
    "none": _none,
    "single": _single,
}


@evaluates(Reduce)
def _reduce(expression: Reduce, batch: Batch, context: ExecutionContext) -> Column:
    """The first elements of all lists are taken at once, then the second ones, and so on."""
    lists = lists_of(evaluate(expression.list, batch, context))
    lengths = np.fromiter((len(value) if value else 0 for value in lists), dtype=np.int64, count=len(lists))
    starts = np.cumsum(lengths) - lengths
    elements = _laid_out(lists)[1]
    accumulator = evaluate(expression.initial, batch, context)
    for position in range(int(lengths.max(initial=0))):
        context.check()
        active = np.flatnonzero(lengths > position)
        inner = batch.take(active).with_columns(
            {
                expression.accumulator: accumulator.take(active),
                expression.variable: elements.take(starts[active] + position),
            }
        )
        stepped = evaluate(expression.step, inner, context)
        if len(active) == batch.rows:
            accumulator = stepped
        else:
            positions = np.full(batch.rows, -1, dtype=np.int64)
            positions[active] = np.arange(len(active))
            accumulator = _merged(accumulator, stepped, positions)
    present = np.fromiter((value is not None for value in lists), dtype=np.bool_, count=len(lists))
    if present.all():
        return accumulator
    return gather(accumulator, np.where(present, np.arange(batch.rows), -1))


def _merged(old: Column, new: Column, positions: Rows) -> Column:
    """Rows of ``new`` where a position is given, of ``old`` elsewhere."""
    kept = np.arange(len(old), dtype=np.int64)
    return Column.concatenate([old, new]).take(np.where(positions < 0, kept, len(old) + positions))

"""Expressions that bind a variable to the elements of a list: comprehensions, quantifiers, reduce.

The lists of all rows are laid end to end in an inner batch, or several where they are long, the inner expression is
evaluated once over each, and the answers are folded back row by row.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import PIECE_VALUES
from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.execution.evaluation import evaluate, evaluates, gather, truth
from memgraph_py.execution.executor import ExecutionContext, widen
from memgraph_py.execution.lists import lists_in
from memgraph_py.execution.memory import Holding
from memgraph_py.list_column import ListColumn, is_long
from memgraph_py.plan.expressions import ListComprehension, Quantifier, Reduce
from memgraph_py.values.types import Value

__all__ = ["regroup"]


@evaluates(ListComprehension)
def _list_comprehension(expression: ListComprehension, batch: Batch, context: ExecutionContext) -> Column:
    lists = lists_in(expression.list, batch, context)
    found: list[tuple[Rows, Column]] = []
    with Holding(context.bounds) as held:
        for rows, elements in lists.pieces(PIECE_VALUES, context.bounds):
            inner = widen(batch, rows, {expression.variable: elements})
            if expression.predicate is not None:
                mask = truth(evaluate(expression.predicate, inner, context))
                rows, inner = rows[mask], inner.take(mask)
            result = inner.columns[expression.variable]
            if expression.result is not None:
                result = evaluate(expression.result, inner, context)
            found.append((rows, result))
            held.add_columns([result])
            held.add_bytes(rows.nbytes)
    if len(found) == 1:
        rows, result = found[0]
    else:
        rows = np.concatenate([_NO_ROWS, *(rows for rows, _ in found)])
        result = Column.concatenate([Column.nulls(0), *(column for _, column in found)])
    present = [True] * batch.rows if lists.present is None else lists.present.tolist()
    return regroup(rows, result, present)


_NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def regroup(rows: Rows, elements: Column, present: list[bool]) -> Column:
    """A list per row: the elements of that row, in order; NULL where not ``present``. rows: ascending."""
    if is_long(len(elements)):
        lengths = np.bincount(rows, minlength=len(present))
        return ListColumn.by_rows(elements, lengths, None if all(present) else np.array(present, dtype=np.bool_))
    values = elements.to_values()
    if len(present) == 1:
        return Column.objects([values if present[0] else None])
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
    lists = lists_in(expression.list, batch, context)
    counts = np.zeros((3, batch.rows), dtype=np.int64)
    for rows, elements in lists.pieces(PIECE_VALUES, context.bounds):
        inner = widen(batch, rows, {expression.variable: elements})
        predicate = evaluate(expression.predicate, inner, context)
        true = truth(predicate)
        known = predicate.validity()
        for count, mask in zip(counts, (true, known & ~true, ~known), strict=True):
            count += np.bincount(rows[mask], minlength=batch.rows)
    answer, decided = _QUANTIFIERS[expression.kind](*counts)
    if lists.present is not None:
        decided &= lists.present
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
    lists = lists_in(expression.list, batch, context)
    lengths = lists.lengths
    accumulator = evaluate(expression.initial, batch, context)
    for position in range(int(lengths.max(initial=0))):
        context.check()
        active = np.flatnonzero(lengths > position)
        inner = batch.take(active).with_columns(
            {
                expression.accumulator: accumulator.take(active),
                expression.variable: lists.at(active, position),
            }
        )
        stepped = evaluate(expression.step, inner, context)
        if len(active) == batch.rows:
            accumulator = stepped
        else:
            positions = np.full(batch.rows, -1, dtype=np.int64)
            positions[active] = np.arange(len(active))
            accumulator = _merged(accumulator, stepped, positions)
    present = lists.present
    if present is None or present.all():
        return accumulator
    return gather(accumulator, np.where(present, np.arange(batch.rows), -1))


def _merged(old: Column, new: Column, positions: Rows) -> Column:
    """Rows of ``new`` where a position is given, of ``old`` elsewhere."""
    kept = np.arange(len(old), dtype=np.int64)
    return Column.concatenate([old, new]).take(np.where(positions < 0, kept, len(old) + positions))

"""The lists that an expression gives for the rows of a batch, taken apart into columns a piece at a time.

A list of any length is walked in pieces of bounded length, and the bounds of the execution are looked at before each.
The integers of `range(…)` are computed piece by piece and never stand in a list at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import PIECE_VALUES, Bounds
from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.errors import CypherTypeError
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.list_column import ListColumn
from memgraph_py.plan.expressions import Call, Constant, Expression
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

__all__ = ["Lists", "element_pieces", "flatten", "lists_in", "lists_of", "ranges_of"]

_RANGE_BOUND = 1 << 61
"""Ranges beyond are made in Python: what is computed of their ends could leave 64 bits."""


@dataclass(frozen=True, slots=True)
class _Ranges:
    """Integers by start, step and length, (rows,) each. ``present`` is None: no row is NULL."""

    starts: NDArray[np.int64]
    steps: NDArray[np.int64]
    lengths: NDArray[np.int64]
    present: Mask | None

    def pieces(self, size: int, bounds: Bounds) -> Iterator[tuple[Rows, Column]]:
        """Elements in order, at most ``size`` at a time, with the row of each."""
        ends = np.cumsum(self.lengths)
        total = int(ends[-1]) if len(ends) else 0
        for piece in bounds.pieces(total, size):
            places = np.arange(piece.start, piece.stop, dtype=np.int64)
            if len(ends) == 1:
                yield np.zeros(len(places), dtype=np.int64), Column(Kind.INT, self.starts + places * self.steps)
                continue
            rows = np.searchsorted(ends, places, side="right")
            places -= (ends - self.lengths)[rows]
            yield rows, Column(Kind.INT, self.starts[rows] + places * self.steps[rows])

    def at(self, rows: Rows, position: int) -> Column:
        """The element at the position of each of these rows' lists, which are longer."""
        return Column(Kind.INT, self.starts[rows] + position * self.steps[rows])


class _Values:
    """Lists of Python values, None where NULL."""

    __slots__ = ("_elements", "_lists", "_starts", "lengths", "present")

    def __init__(self, lists: list[list[Value] | None]) -> None:
        self._lists = lists
        self.lengths = np.fromiter((len(value) if value else 0 for value in lists), dtype=np.int64, count=len(lists))
        self.present: Mask | None = None
        if None in map(_none, lists):
            self.present = np.fromiter((value is not None for value in lists), dtype=np.bool_, count=len(lists))
        self._elements: Column | None = None
        self._starts = np.cumsum(self.lengths) - self.lengths

    def pieces(self, size: int, bounds: Bounds) -> Iterator[tuple[Rows, Column]]:
        """See _Ranges."""
        if int(self.lengths.sum()) <= size:
            yield _laid_out(self._lists)
            return
        for rows, elements in element_pieces(self._lists, size):  # type: ignore[arg-type]  # lists are values
            bounds.check()
            yield rows, Column.from_values(elements)

    def at(self, rows: Rows, position: int) -> Column:
        """See _Ranges."""
        if self._elements is None:
            self._elements = _laid_out(self._lists)[1]
        return self._elements.take(self._starts[rows] + position)


class _Parts:
    """Lists that stand in a column of elements."""

    __slots__ = ("_column", "lengths", "pieces", "present")

    def __init__(self, column: ListColumn) -> None:
        self._column = column
        self.lengths, self.present, self.pieces = column.lengths, column.valid, column.pieces

    def at(self, rows: Rows, position: int) -> Column:
        """See _Ranges."""
        return self._column.elements.take(self._column.starts[rows] + position)


Lists: TypeAlias = _Ranges | _Values | _Parts


def lists_in(expression: Expression, batch: Batch, context: ExecutionContext) -> Lists:
    """The lists of a batch. Raises CypherTypeError where a value is no list."""
    ranges = ranges_of(expression, batch, context)
    if ranges is not None:
        return ranges
    column = evaluate(expression, batch, context)
    return _Parts(column) if isinstance(column, ListColumn) else _Values(lists_of(column))


def ranges_of(expression: Expression, batch: Batch, context: ExecutionContext) -> _Ranges | None:
    """The lists of a call of `range`; None for another expression, and where the call raises or has large numbers."""
    if isinstance(expression, Constant):
        expression = expression.expression
    if not isinstance(expression, Call) or expression.name != "range":
        return None
    columns = [evaluate(argument, batch, context) for argument in expression.arguments]
    if any(column.kind is not Kind.INT for column in columns):
        return None
    present: Mask | None = None
    for column in columns:
        if column.valid is not None:
            present = column.valid if present is None else present & column.valid
    numbers = [column.values if present is None else np.where(present, column.values, 1) for column in columns]
    starts, ends = numbers[0], numbers[1]
    steps = numbers[2] if len(numbers) == 3 else np.ones(len(starts), dtype=np.int64)
    if any(((number > _RANGE_BOUND) | (number < -_RANGE_BOUND)).any() for number in (starts, ends, steps)):
        return None
    if (steps == 0).any():
        return None
    lengths = np.maximum((ends - starts) // steps + 1, 0)
    if present is not None:
        lengths[~present] = 0
    return _Ranges(starts, steps, lengths, present)


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
    if isinstance(column, ListColumn):
        return np.repeat(np.arange(len(column), dtype=np.int64), column.lengths), column.packed().elements
    return _laid_out(lists_of(column))


def _laid_out(lists: list[list[Value] | None]) -> tuple[Rows, Column]:
    if len(lists) == 1:
        only = lists[0] or []
        return np.zeros(len(only), dtype=np.int64), Column.from_values(only)
    lengths = np.fromiter((len(value) if value else 0 for value in lists), dtype=np.int64, count=len(lists))
    elements = list(chain.from_iterable(value for value in lists if value))
    return np.repeat(np.arange(len(lists), dtype=np.int64), lengths), Column.from_values(elements)


def element_pieces(values: list[Value], size: int = PIECE_VALUES) -> Iterator[tuple[Rows, list[Value]]]:
    """Elements of the lists with the row of each, at most ``size`` at a time. What is no list stands for itself."""
    rows: list[int] = []
    elements: list[Value] = []
    for row, value in enumerate(values):
        if value is None:
            continue
        items = value if isinstance(value, list) else [value]
        start = 0
        while start < len(items):
            taken = items[start : start + size - len(elements)]
            elements += taken
            rows += [row] * len(taken)
            start += len(taken)
            if len(elements) == size:
                yield np.array(rows, dtype=np.int64), elements
                rows, elements = [], []
    if elements:
        yield np.array(rows, dtype=np.int64), elements


def _none(value: object) -> bool | None:
    return None if value is None else True

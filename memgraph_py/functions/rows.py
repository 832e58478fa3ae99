"""What families of functions share: masks of two columns, work row by row where no array form exists, type errors."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import Bounds, Memory
from memgraph_py.columnar import STRING_LENGTH_MASK, Column, Kind, Mask
from memgraph_py.errors import CypherTypeError
from memgraph_py.list_column import ListColumn
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

NUMBERS = (Kind.INT, Kind.FLOAT)
TEXT_COPIES = 3
"""The text, what is made of it, and that as a column."""
_TEXT_BYTES_FREE = 1 << 20
_ELEMENT_BYTES = 40
"""Of an element as a Python object, with its place in a list."""
INT_EXACT_IN_FLOAT = 1 << 53
"""Integers up to here, either sign, are floats without rounding."""


def joint_validity(left: Column, right: Column) -> Mask | None:
    """(rows,) True where neither is NULL, or None when no row is."""
    if left.valid is None:
        return right.valid
    return left.valid if right.valid is None else left.valid & right.valid


def each_value(bounds: Bounds, function: Callable[[Value], Value], column: Column) -> Column:
    """The function of each value; NULL gives NULL without a call. Raises what ``bounds`` do."""
    values = column.to_values()
    answers: list[Value] = []
    for piece in bounds.paced(len(values)):
        answers += [None if value is None else function(value) for value in values[piece]]
    return Column.from_values(answers)


def each_pair(bounds: Bounds, function: Callable[[Value, Value], Value], left: Column, right: Column) -> Column:
    """The function of each two values; NULL in either gives NULL without a call. Raises what ``bounds`` do."""
    ones, others = left.to_values(), right.to_values()
    answers: list[Value] = []
    for piece in bounds.paced(len(ones)):
        answers += [
            None if one is None or other is None else function(one, other)
            for one, other in zip(ones[piece], others[piece], strict=True)
        ]
    return Column.from_values(answers)


def each_row(bounds: Bounds, function: Callable[..., Value], columns: Sequence[Column], *, nulls: bool) -> Column:
    """The function of the values of each row; with ``nulls`` also where one is NULL, else that gives NULL without a
    call. Raises what ``bounds`` do."""
    nulls = nulls or all(column.valid is None for column in columns)
    values = [column.to_values() for column in columns]
    answers: list[Value] = []
    for piece in bounds.paced(len(values[0])):
        rows = zip(*(column[piece] for column in values), strict=True)
        if nulls:
            answers += [function(*row) for row in rows]
        else:
            answers += [None if None in map(_none, row) else function(*row) for row in rows]
    return Column.from_values(answers)


def _none(value: object) -> object:
    """None for None, else something equal to nothing: `in` on values would compare them."""
    return None if value is None else _NOT_NONE


_NOT_NONE = object()


def require_texts(memory: Memory, columns: Sequence[Column]) -> None:
    """Values are about to be made of those of the columns: for each row its own text, Python lists of long ones.
    Raises MemoryLimitExceeded."""
    for column in columns:
        if isinstance(column, ListColumn):
            memory.require(_ELEMENT_BYTES * min(len(column.elements), int(column.lengths.sum())))
        data, rows = column.data, len(column)
        if data is None or len(data) * rows <= _TEXT_BYTES_FREE:
            continue
        handles = column.values if column.valid is None else np.where(column.valid, column.values, 0)
        memory.require(TEXT_COPIES * int((handles & STRING_LENGTH_MASK).sum()))


def floats(column: Column) -> NDArray[np.float64]:
    """(rows,) values of an INT or FLOAT column as float64."""
    return column.values.astype(np.float64) if column.kind is Kind.INT else column.values


def require_lists(memory: Memory, columns: Sequence[Column]) -> None:
    """Lists of all the elements are about to be made anew. Raises MemoryLimitExceeded."""
    for column in columns:
        if column.kind is Kind.OBJECT and not isinstance(column, ListColumn):
            elements = sum([len(value) for value in column.values.tolist() if type(value) is list])
            if elements:
                memory.require(16 * elements)  # as long as they grow, a list has room for more


def wrong_type(message: str) -> CypherTypeError:
    """The error for an argument of a type that the function does not take."""
    return CypherTypeError(message, detail="InvalidArgumentType")


def wrong_operands(symbol: str, left: Value, right: Value) -> CypherTypeError:
    """The error for two values that the symbol does not join."""
    return wrong_type(f"'{symbol}' does not take {type_name(left)} and {type_name(right)}")


def wrong_argument(function: str, value: Value, expected: str) -> CypherTypeError:
    """The error for a value that the function does not take; its TCK name is InvalidArgumentValue."""
    return CypherTypeError(f"'{function}' expects {expected}, got {type_name(value)}", detail="InvalidArgumentValue")

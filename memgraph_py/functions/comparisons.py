"""`= <> < <= > >= IN`, over columns. Source: openCypher 9, "Comparability" and "List operators".

Columns of one kind, and numbers, compare as arrays; mixed kinds value by value through ``values.comparison``.
"""

from collections.abc import Callable
from itertools import repeat
from operator import is_ as is_same
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Column, Kind
from memgraph_py.functions import long_lists
from memgraph_py.functions.registry import Environment, columnar
from memgraph_py.functions.rows import (
    INT_EXACT_IN_FLOAT,
    NUMBERS,
    each_pair,
    each_row,
    floats,
    joint_validity,
    wrong_type,
)
from memgraph_py.functions.string_columns import compare_strings, equal_strings
from memgraph_py.list_column import ListColumn
from memgraph_py.values.comparison import compare, equals, grouping_key
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

STRINGS_ONE_BY_ONE = 32
"""So many texts are compared with a column one after another faster than the column's texts are looked up in a set."""

_INTEGERS_AT_ONCE = 1 << 20
"""Looked through within some milliseconds, at most a tenth of a second."""

ArrayComparison: TypeAlias = Callable[..., NDArray[np.bool_]]


@columnar("=", 2)
def equal(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the values are equal; NULL where unknown."""
    left, right = arguments
    if left.kind is right.kind and left.kind is not Kind.OBJECT:
        valid = joint_validity(left, right)
        if left.kind is Kind.STRING:
            return Column(Kind.BOOL, equal_strings(left, right), valid)
        return Column(Kind.BOOL, left.values == right.values, valid)
    if isinstance(left, ListColumn) and isinstance(right, ListColumn) and long_lists.are_comparable(left, right):
        same = long_lists.are_equal(environment.bounds, left, right)
        return Column(Kind.BOOL, same, joint_validity(left, right))
    if left.kind is Kind.OBJECT or right.kind is Kind.OBJECT or _is_inexact(left, right):
        return each_pair(environment.bounds, equals, left, right)
    valid = joint_validity(left, right)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return Column(Kind.BOOL, floats(left) == floats(right), valid)
    return Column(Kind.BOOL, np.zeros(len(left.values), dtype=np.bool_), valid)


@columnar("<>", 2)
def not_equal(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the values differ; NULL where unknown."""
    answer = equal(environment, arguments)
    if answer.kind is Kind.OBJECT:  # all NULL
        return answer
    return Column(Kind.BOOL, ~answer.values, answer.valid)


@columnar("<", 2)
def less(environment: Environment, arguments: list[Column]) -> Column:
    """Whether left is less; NULL where the values cannot be compared."""
    return _compare(environment, arguments, np.less, (-1,))


@columnar("<=", 2)
def less_or_equal(environment: Environment, arguments: list[Column]) -> Column:
    """Whether left is less or equal; NULL where the values cannot be compared."""
    return _compare(environment, arguments, np.less_equal, (-1, 0))


@columnar(">", 2)
def greater(environment: Environment, arguments: list[Column]) -> Column:
    """Whether left is greater; NULL where the values cannot be compared."""
    return _compare(environment, arguments, np.greater, (1,))


@columnar(">=", 2)
def greater_or_equal(environment: Environment, arguments: list[Column]) -> Column:
    """Whether left is greater or equal; NULL where the values cannot be compared."""
    return _compare(environment, arguments, np.greater_equal, (0, 1))


@columnar("IN", 2)
def is_in(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the list has an element equal to the value; NULL where that is unknown."""
    left, right = arguments
    if isinstance(right, ListColumn) and (elements := long_lists.shared_elements(right)) is not None:
        if left.kind is Kind.INT and elements.kind is Kind.INT and elements.valid is None:
            return _is_in_integers(environment.bounds, left, elements.values)
        lists: list[Value] = [elements.to_values()] * len(right)
    else:
        lists = right.to_values()
    first = lists[0] if lists else None
    if type(first) is list and len(lists) > 1 and all(map(is_same, lists, repeat(first))):
        return _is_in_one(environment.bounds, left, first)
    for candidates in lists:
        if candidates is not None and type(candidates) is not list:
            raise wrong_type(f"'IN' expects LIST, got {type_name(candidates)}")
    values = left.to_values()
    answers: list[Value] = []
    for piece in environment.bounds.paced(len(values)):
        answers += [
            None if candidates is None else value_in(value, candidates)  # type: ignore[arg-type]  # lists, checked
            for value, candidates in zip(values[piece], lists[piece], strict=True)
        ]
    return Column.from_values(answers)


def value_in(value: Value, candidates: list[Value]) -> bool | None:
    """Whether an element equals the value; None where one may and none does. Nothing is in an empty list."""
    unknown = False
    for candidate in candidates:
        same = equals(value, candidate)
        if same:
            return True
        unknown = unknown or same is None
    return None if unknown else False


def _compare(
    environment: Environment, arguments: list[Column], operation: ArrayComparison, signs: tuple[int, ...]
) -> Column:
    left, right = arguments
    kind = left.kind
    valid = joint_validity(left, right)
    if kind is right.kind and kind is not Kind.OBJECT:
        if kind is Kind.STRING:
            return Column(Kind.BOOL, operation(compare_strings(left, right), 0), valid)
        if kind is Kind.NODE or kind is Kind.RELATIONSHIP:
            return Column.nulls(len(left.values))
        return Column(Kind.BOOL, operation(left.values, right.values), valid)
    if kind in NUMBERS and right.kind in NUMBERS and not _is_inexact(left, right):
        return Column(Kind.BOOL, operation(floats(left), floats(right)), valid)

    def one(first: Value, second: Value) -> bool | None:
        sign = compare(first, second)
        return None if sign is None else sign in signs

    return each_pair(environment.bounds, one, left, right)


def _is_inexact(left: Column, right: Column) -> bool:
    """True for an integer beside a float where an integer is too large to become a float unrounded."""
    if left.kind is Kind.INT and right.kind is Kind.FLOAT:
        integers = left.values
    elif left.kind is Kind.FLOAT and right.kind is Kind.INT:
        integers = right.values
    else:
        return False
    return bool(((integers > INT_EXACT_IN_FLOAT) | (integers < -INT_EXACT_IN_FLOAT)).any())


def _is_in_one(bounds: Bounds, left: Column, candidates: list[Value]) -> Column:
    """Membership of each row in one and the same list."""
    if not candidates:
        return Column(Kind.BOOL, np.zeros(len(left.values), dtype=np.bool_))
    types: set[type] = set()
    for piece in bounds.pieces(len(candidates)):
        types.update(map(type, candidates[piece]))
    if left.kind is Kind.INT and types == {int}:
        integers = np.empty(len(candidates), dtype=np.int64)
        for piece in bounds.pieces(len(candidates)):
            integers[piece] = candidates[piece]  # type: ignore[assignment]  # all are integers
        return _is_in_integers(bounds, left, integers)
    if left.kind is Kind.STRING and types <= {str, type(None)} and len(candidates) <= STRINGS_ONE_BY_ONE:
        return _is_one_of(left, [text for text in candidates if isinstance(text, str)], None in candidates)
    if types & {list, dict} or float in types or left.kind in (Kind.OBJECT, Kind.FLOAT):
        return each_row(bounds, lambda value: value_in(value, candidates), [left], nulls=True)
    has_null = type(None) in types
    members: set[object] = set()
    for piece in bounds.pieces(len(candidates)):
        members.update(grouping_key(candidate) for candidate in candidates[piece] if candidate is not None)
    otherwise = None if has_null else False
    return Column.from_values(
        [None if value is None else True if grouping_key(value) in members else otherwise for value in left.to_values()]
    )


def _is_in_integers(bounds: Bounds, left: Column, integers: NDArray[np.int64]) -> Column:
    found = np.zeros(len(left), dtype=np.bool_)
    for piece in bounds.pieces(len(integers), _INTEGERS_AT_ONCE):
        found |= np.isin(left.values, integers[piece])
    return Column(Kind.BOOL, found, left.valid)


def _is_one_of(column: Column, texts: list[str], has_null: bool) -> Column:
    """Whether each text is among the few; NULL where it is not and a NULL is."""
    rows = len(column.values)
    found = np.zeros(rows, dtype=np.bool_)
    for text in texts:
        found |= equal_strings(column, Column.constant(text, rows))
    return Column(Kind.BOOL, found, found & column.validity() if has_null else column.valid)

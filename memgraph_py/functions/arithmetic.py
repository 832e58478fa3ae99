"""`+ - * / % ^` and the signs. Integers are of 64 bits and never wrap; floats follow IEEE 754.

INT and FLOAT columns are computed as arrays; other kinds value by value. Source: openCypher 9, "Mathematical
operators".
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind, Mask
from memgraph_py.errors import ArithmeticFailure
from memgraph_py.functions import long_lists
from memgraph_py.functions.registry import Environment, columnar
from memgraph_py.functions.rows import (
    NUMBERS,
    each_pair,
    floats,
    joint_validity,
    require_lists,
    require_texts,
    wrong_operands,
    wrong_type,
)
from memgraph_py.functions.temporal_durations import (
    add_temporal,
    divide_temporal,
    multiply_temporal,
    subtract_temporal,
)
from memgraph_py.functions.text import plain_text
from memgraph_py.list_column import ListColumn
from memgraph_py.values.naming import type_name
from memgraph_py.values.temporal_parts import TEMPORALS
from memgraph_py.values.types import INT64_MAX, INT64_MIN, Value

PRODUCT_SURELY_FITS = 9.2e18
"""A product whose rounded size is below this is below 2^63: rounding errs by 2^-52 of it at most."""


@columnar("+", 2)
def add(environment: Environment, arguments: list[Column]) -> Column:
    """Sum of numbers or durations, a point in time and a duration, concatenation of strings and lists.

    A value beside a list becomes its first or last element; a number, boolean, temporal value or point beside a string
    its text.
    """
    left, right = arguments
    if left.kind is Kind.INT and right.kind is Kind.INT:
        valid = joint_validity(left, right)
        values = left.values + right.values
        _refuse_overflow((left.values ^ values) & (right.values ^ values) < 0, valid, "+", left, right)
        return Column(Kind.INT, values, valid)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _float_operation(np.add, left, right)
    if isinstance(left, ListColumn) or isinstance(right, ListColumn):
        return long_lists.concatenated(environment.bounds, left, right)
    require_texts(environment.bounds.memory, arguments)
    require_lists(environment.bounds.memory, arguments)
    return each_pair(environment.bounds, _add_values, left, right)


@columnar("-", 2)
def subtract(environment: Environment, arguments: list[Column]) -> Column:
    """Difference of numbers or durations; a point in time a duration earlier."""
    left, right = arguments
    if left.kind is Kind.INT and right.kind is Kind.INT:
        valid = joint_validity(left, right)
        values = left.values - right.values
        _refuse_overflow((left.values ^ right.values) & (left.values ^ values) < 0, valid, "-", left, right)
        return Column(Kind.INT, values, valid)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _float_operation(np.subtract, left, right)
    return each_pair(environment.bounds, _subtract_values, left, right)


@columnar("*", 2)
def multiply(environment: Environment, arguments: list[Column]) -> Column:
    """Product of numbers, or of a duration and a number."""
    left, right = arguments
    if left.kind is Kind.INT and right.kind is Kind.INT:
        valid = joint_validity(left, right)
        estimate = np.abs(left.values.astype(np.float64) * right.values)
        if (estimate >= PRODUCT_SURELY_FITS).any():
            return each_pair(environment.bounds, _multiply_values, left, right)
        return Column(Kind.INT, left.values * right.values, valid)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _float_operation(np.multiply, left, right)
    return each_pair(environment.bounds, _multiply_values, left, right)


@columnar("/", 2)
def divide(environment: Environment, arguments: list[Column]) -> Column:
    """Quotient of numbers, or of a duration and a number.

    That of integers is cut towards zero; an integer or a duration divided by zero is an ArithmeticFailure.
    """
    left, right = arguments
    if left.kind is Kind.INT and right.kind is Kind.INT:
        valid = joint_validity(left, right)
        divisors = _nonzero(right, valid, "/")
        _refuse_overflow((left.values == INT64_MIN) & (divisors == -1), valid, "/", left, right)
        values = (left.values - np.fmod(left.values, divisors)) // divisors
        return Column(Kind.INT, values, valid)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _float_operation(np.divide, left, right)
    return each_pair(environment.bounds, _divide_values, left, right)


@columnar("%", 2)
def remainder(environment: Environment, arguments: list[Column]) -> Column:
    """Remainder with the sign of the dividend; an integer by zero is an ArithmeticFailure."""
    left, right = arguments
    if left.kind is Kind.INT and right.kind is Kind.INT:
        valid = joint_validity(left, right)
        divisors = _nonzero(right, valid, "%")
        return Column(Kind.INT, np.fmod(left.values, np.where(divisors == -1, 1, divisors)), valid)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _float_operation(np.fmod, left, right)
    return each_pair(environment.bounds, _remainder_values, left, right)


@columnar("^", 2)
def power(environment: Environment, arguments: list[Column]) -> Column:
    """Power, always a float."""
    left, right = arguments
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return _float_operation(np.power, left, right)
    return each_pair(environment.bounds, _power_values, left, right)


@columnar("unary-", 1)
def negate(environment: Environment, arguments: list[Column]) -> Column:
    """The number with the other sign."""
    (column,) = arguments
    if column.kind is Kind.FLOAT:
        return Column(Kind.FLOAT, -column.values, column.valid)
    if column.kind is Kind.INT:
        _refuse_overflow(column.values == INT64_MIN, column.valid, "-", column, column)
        return Column(Kind.INT, -column.values, column.valid)
    return Column.from_values([None if value is None else _negate_value(value) for value in column.to_values()])


@columnar("unary+", 1)
def keep_sign(environment: Environment, arguments: list[Column]) -> Column:
    """The number itself."""
    (column,) = arguments
    if column.kind not in NUMBERS:
        for value in column.to_values():
            if value is not None and type(value) not in (int, float):
                raise wrong_type(f"'+' expects a number, got {type_name(value)}")
    return column


def checked_integer(value: int, symbol: str) -> int:
    """The integer. Raises ArithmeticFailure when 64 bits do not hold it."""
    if INT64_MIN <= value <= INT64_MAX:
        return value
    raise ArithmeticFailure(
        f"integer overflow in '{symbol}'", hint="integers have 64 bits; toFloat() computes with floats"
    )


@np.errstate(all="ignore")
def _float_operation(operation: np.ufunc, left: Column, right: Column) -> Column:
    return Column(Kind.FLOAT, operation(floats(left), floats(right)), joint_validity(left, right))


def _refuse_overflow(wrapped: NDArray[np.bool_], valid: Mask | None, symbol: str, left: Column, right: Column) -> None:
    """Raise ArithmeticFailure when a row that is not NULL wrapped."""
    if wrapped.any() and (valid is None or (wrapped & valid).any()):
        row = int(np.argmax(wrapped if valid is None else wrapped & valid))
        operands = f"{left.values[row]} and {right.values[row]}" if left is not right else f"{left.values[row]}"
        raise ArithmeticFailure(
            f"integer overflow in '{symbol}' of {operands}",
            hint="integers have 64 bits; toFloat() computes with floats",
        )


def _nonzero(divisors: Column, valid: Mask | None, symbol: str) -> NDArray[np.int64]:
    """The divisors, 1 where NULL. Raises ArithmeticFailure where one is zero."""
    zero = divisors.values == 0
    if not zero.any():
        return divisors.values
    if valid is None or (zero & valid).any():
        raise _division_by_zero(symbol)
    return np.where(zero, 1, divisors.values)


def _division_by_zero(symbol: str) -> ArithmeticFailure:
    return ArithmeticFailure(f"division by zero in '{symbol}'", hint="an integer has no quotient by 0")


def _numeric_pair(left: Value, right: Value, symbol: str) -> tuple[float, float]:
    """Both, when they are numbers. Raises CypherTypeError otherwise."""
    if type(left) in (int, float) and type(right) in (int, float):
        return left, right  # type: ignore[return-value]  # the line above says so
    raise wrong_operands(symbol, left, right)


def _checked(value: float, symbol: str) -> Value:
    return checked_integer(value, symbol) if type(value) is int else value


def _add_values(left: Value, right: Value) -> Value:
    one, other = type(left), type(right)
    if one is list:
        return [*left, *right] if other is list else [*left, right]  # type: ignore[misc]  # lists as said
    if other is list:
        return [left, *right]  # type: ignore[misc]  # a list as said
    if one is str or other is str:
        text, more = plain_text(left), plain_text(right)
        if text is None or more is None:
            raise wrong_operands("+", left, right)
        return text + more
    if one in TEMPORALS or other in TEMPORALS:
        return add_temporal(left, right)
    first, second = _numeric_pair(left, right, "+")
    return _checked(first + second, "+")


def _subtract_values(left: Value, right: Value) -> Value:
    if type(left) in TEMPORALS or type(right) in TEMPORALS:
        return subtract_temporal(left, right)
    one, other = _numeric_pair(left, right, "-")
    return _checked(one - other, "-")


def _multiply_values(left: Value, right: Value) -> Value:
    if type(left) in TEMPORALS or type(right) in TEMPORALS:
        return multiply_temporal(left, right)
    one, other = _numeric_pair(left, right, "*")
    return _checked(one * other, "*")


def _divide_values(left: Value, right: Value) -> Value:
    if type(left) in TEMPORALS or type(right) in TEMPORALS:
        return divide_temporal(left, right)
    one, other = _numeric_pair(left, right, "/")
    if isinstance(one, int) and isinstance(other, int):
        if other == 0:
            raise _division_by_zero("/")
        quotient = abs(one) // abs(other)
        return checked_integer(quotient if (one < 0) == (other < 0) else -quotient, "/")
    return _by_array(np.divide, one, other)


def _remainder_values(left: Value, right: Value) -> Value:
    one, other = _numeric_pair(left, right, "%")
    if isinstance(one, int) and isinstance(other, int):
        if other == 0:
            raise _division_by_zero("%")
        rest = abs(one) % abs(other)
        return rest if one >= 0 else -rest
    return _by_array(np.fmod, one, other)


def _power_values(left: Value, right: Value) -> Value:
    return _by_array(np.power, *_numeric_pair(left, right, "^"))


@np.errstate(all="ignore")
def _by_array(operation: Callable[[np.float64, np.float64], np.float64], left: float, right: float) -> float:
    return float(operation(np.float64(left), np.float64(right)))


def _negate_value(value: Value) -> Value:
    if type(value) is float:
        return -value
    if type(value) is int:
        return checked_integer(-value, "-")
    raise wrong_type(f"'-' expects a number, got {type_name(value)}")

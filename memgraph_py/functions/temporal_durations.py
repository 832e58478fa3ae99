"""`duration()`, the durations between two values, and what `+ - * /` do with temporal values.

Source: openCypher CIP2015-08-06, "Durations" and "Temporal arithmetic".
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from memgraph_py.errors import ArgumentError, ArithmeticFailure
from memgraph_py.functions.registry import scalar
from memgraph_py.functions.rows import wrong_argument, wrong_operands
from memgraph_py.functions.temporal_construction import instant_argument
from memgraph_py.values.durations import (
    Exact,
    add_duration,
    add_durations,
    days_between,
    duration_between,
    duration_of,
    months_between,
    negate_duration,
    scale_duration,
    seconds_between,
)
from memgraph_py.values.naming import shown
from memgraph_py.values.temporal import Duration
from memgraph_py.values.temporal_parts import INSTANTS, SECOND, Instant
from memgraph_py.values.temporal_text import parse_duration
from memgraph_py.values.types import Value

_MONTHS: Final = {"years": 12, "quarters": 3, "months": 1}
_DAYS: Final = {"weeks": 7, "days": 1}
_NANOSECONDS: Final = {
    "hours": 3_600 * SECOND,
    "minutes": 60 * SECOND,
    "seconds": SECOND,
    "milliseconds": 1_000_000,
    "microseconds": 1_000,
    "nanoseconds": 1,
}
_FIELDS: Final = (*_MONTHS, *_DAYS, *_NANOSECONDS)


@scalar("duration", 1, signature="duration(input :: STRING | MAP) :: DURATION")
def duration(value: Value) -> Value:
    """The amount of time that a text or a map of amounts (which may be fractions) tells; NULL if one of them is."""
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    if not isinstance(value, dict):
        raise wrong_argument("duration", value, "a text or a map")
    for name in value:
        if name not in _FIELDS:
            raise ArgumentError(f"'duration' knows no field {shown(name)}", hint=f"it knows {', '.join(_FIELDS)}")
    if not value:
        raise ArgumentError("'duration' needs a field", hint=f"it knows {', '.join(_FIELDS)}")
    if None in value.values():
        return None
    months, days, nanoseconds = (_total(value, units) for units in (_MONTHS, _DAYS, _NANOSECONDS))
    return duration_of(months, days, nanoseconds)


@scalar("duration.between", 2, signature="duration.between(from :: ANY, to :: ANY) :: DURATION")
def between(start: Value, stop: Value) -> Value:
    """From start to stop in months, days and seconds."""
    return _measured("duration.between", duration_between, start, stop)


@scalar("duration.inmonths", 2, signature="duration.inMonths(from :: ANY, to :: ANY) :: DURATION")
def in_months(start: Value, stop: Value) -> Value:
    """From start to stop in whole months."""
    return _measured("duration.inMonths", months_between, start, stop)


@scalar("duration.indays", 2, signature="duration.inDays(from :: ANY, to :: ANY) :: DURATION")
def in_days(start: Value, stop: Value) -> Value:
    """From start to stop in whole days."""
    return _measured("duration.inDays", days_between, start, stop)


@scalar("duration.inseconds", 2, signature="duration.inSeconds(from :: ANY, to :: ANY) :: DURATION")
def in_seconds(start: Value, stop: Value) -> Value:
    """From start to stop in seconds and nanoseconds."""
    return _measured("duration.inSeconds", seconds_between, start, stop)


def add_temporal(left: Value, right: Value) -> Value:
    """`+` where one of both is temporal. Raises CypherTypeError, and ArgumentError beyond the calendar."""
    if isinstance(right, Duration):
        if isinstance(left, Duration):
            return add_durations(left, right)
        if isinstance(left, INSTANTS):
            return add_duration(left, right)
    elif isinstance(left, Duration) and isinstance(right, INSTANTS):
        return add_duration(right, left)
    raise wrong_operands("+", left, right)


def subtract_temporal(left: Value, right: Value) -> Value:
    """`-` where one of both is temporal. Raises CypherTypeError, and ArgumentError beyond the calendar."""
    if isinstance(right, Duration) and isinstance(left, (Duration, *INSTANTS)):
        return add_temporal(left, negate_duration(right))
    raise wrong_operands("-", left, right)


def multiply_temporal(left: Value, right: Value) -> Value:
    """`*` where one of both is temporal. Raises CypherTypeError or ArithmeticFailure."""
    if isinstance(right, Duration):
        left, right = right, left
    if isinstance(left, Duration) and type(right) in (int, float):
        return scale_duration(left, exact_number(right))
    raise wrong_operands("*", left, right)


def divide_temporal(left: Value, right: Value) -> Value:
    """`/` where one of both is temporal. Raises CypherTypeError or ArithmeticFailure."""
    if not isinstance(left, Duration) or type(right) not in (int, float):
        raise wrong_operands("/", left, right)
    divisor = exact_number(right)
    if divisor == 0:
        raise ArithmeticFailure("division by zero in '/'", hint="a duration has no quotient by 0")
    return scale_duration(left, Fraction(1) / divisor)


def exact_number(value: Value) -> Exact:
    """The number as it is written: 0.1 is a tenth. Raises ArithmeticFailure for one that is not finite."""
    if isinstance(value, int):
        return value
    assert isinstance(value, float), "asked before"
    if not math.isfinite(value):
        raise ArithmeticFailure("an amount of time is a finite number", hint="test it with isNaN()")
    return Fraction(repr(value))


def _total(amounts: dict[str, Value], units: dict[str, int]) -> Exact:
    total: Exact = 0
    for name, amount in amounts.items():
        if name in units:
            if type(amount) not in (int, float):
                raise wrong_argument("duration", amount, f"a number as '{name}'")
            total += exact_number(amount) * units[name]
    return total


def _measured(function: str, measure: Callable[[Instant, Instant], Duration], start: Value, stop: Value) -> Value:
    return measure(instant_argument(function, start), instant_argument(function, stop))

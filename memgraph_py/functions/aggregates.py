"""Aggregates: columns and the group of each row in, one value a group out.

Source: openCypher 9, "Aggregating functions".

NULL is left out by all of them. Numbers are added up as arrays (``np.bincount``, ``ufunc.at``); integers whose sum
could leave 64 bits, and columns of mixed kinds, are added in Python, exactly.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import ArgumentError, CypherTypeError
from memgraph_py.functions.arithmetic import checked_integer
from memgraph_py.functions.numeric import number_column
from memgraph_py.functions.registry import Environment, aggregate
from memgraph_py.functions.rows import floats, wrong_argument
from memgraph_py.list_column import ListColumn, is_long
from memgraph_py.values.comparison import OrderKey, order_key
from memgraph_py.values.durations import add_durations, scale_duration
from memgraph_py.values.temporal import Duration
from memgraph_py.values.types import INT64_MAX, INT64_MIN, Value

Groups: TypeAlias = NDArray[np.int64]


@aggregate("count", 0, 1, signature="count(input :: ANY) :: INTEGER")
def count(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The number of rows, or of rows where the value is not NULL."""
    if not arguments or arguments[0].valid is None:
        counted = _counts(groups, group_count)
    else:
        counted = _counts(groups[arguments[0].valid], group_count)
    return Column(Kind.INT, counted)


@aggregate("sum", 1, signature="sum(input :: INTEGER | FLOAT | DURATION) :: INTEGER | FLOAT | DURATION")
def sum_numbers(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The sum of the numbers or durations; 0 of none. Raises ArithmeticFailure when integers overflow."""
    column, groups = present(arguments[0], groups)
    if has_durations(column):
        totals = _duration_sums("sum", column, groups, group_count)
        return Column.from_values([0 if total is None else total for total in totals])
    if column.kind is Kind.FLOAT:
        with np.errstate(all="ignore"):
            return Column(Kind.FLOAT, np.bincount(groups, column.values, group_count))
    if column.kind is Kind.INT and _sum_fits(column.values):
        if group_count == 1:
            return Column(Kind.INT, np.array([column.values.sum()], dtype=np.int64))
        sums = np.zeros(group_count, dtype=np.int64)
        np.add.at(sums, groups, column.values)
        return Column(Kind.INT, sums)
    return Column.from_values(_exact_sums("sum", column, groups, group_count))


@aggregate("avg", 1, signature="avg(input :: INTEGER | FLOAT | DURATION) :: FLOAT | DURATION")
def average(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The mean of the numbers, a float, or of durations; NULL of none."""
    column, groups = present(arguments[0], groups)
    counted = _counts(groups, group_count)
    if has_durations(column):
        totals = zip(_duration_sums("avg", column, groups, group_count), counted.tolist(), strict=True)
        means = [None if total is None else scale_duration(total, Fraction(1, rows)) for total, rows in totals]
        return Column.from_values(means)
    with np.errstate(all="ignore"):
        quotients = np.bincount(groups, floats(number_column("avg", column)), group_count) / counted
    return Column(Kind.FLOAT, quotients, mask_of(counted))


@aggregate("min", 1, signature="min(input :: ANY) :: ANY")
def minimum(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The least value in openCypher's order; NULL of none."""
    column, groups = present(arguments[0], groups)
    if column.kind is Kind.INT:
        return _extreme(np.minimum, INT64_MAX, column, groups, group_count)
    if column.kind is Kind.FLOAT:  # NaN is the greatest number: fmin passes it over
        return _extreme(np.fmin, np.nan, column, groups, group_count)
    return _extreme_value(column, groups, group_count, min)


@aggregate("max", 1, signature="max(input :: ANY) :: ANY")
def maximum(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The greatest value in openCypher's order; NULL of none."""
    column, groups = present(arguments[0], groups)
    if column.kind is Kind.INT:
        return _extreme(np.maximum, INT64_MIN, column, groups, group_count)
    if column.kind is Kind.FLOAT:
        return _extreme(np.maximum, -np.inf, column, groups, group_count)
    return _extreme_value(column, groups, group_count, max)


@aggregate("collect", 1, signature="collect(input :: ANY) :: LIST<ANY>")
def collect(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The list of the values, in the order of the rows."""
    column, groups = present(arguments[0], groups)
    if group_count > 1:
        column = column.take(np.argsort(groups, kind="stable"))
    if is_long(len(column)):
        return ListColumn.by_rows(column, _counts(groups, group_count))
    lists = np.empty(group_count, dtype=object)
    values = column.to_values()
    start = 0
    for group, stop in enumerate(np.cumsum(_counts(groups, group_count)).tolist()):
        lists[group] = values[start:stop]
        start = stop
    return Column(Kind.OBJECT, lists)


@aggregate("stdev", 1, signature="stDev(input :: FLOAT) :: FLOAT")
def sample_deviation(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The standard deviation of a sample; 0.0 of one number, NULL of none."""
    return _deviation("stDev", arguments[0], groups, group_count, 1)


@aggregate("stdevp", 1, signature="stDevP(input :: FLOAT) :: FLOAT")
def population_deviation(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The standard deviation of a whole population; NULL of no number."""
    return _deviation("stDevP", arguments[0], groups, group_count, 0)


@aggregate("percentilecont", 2, signature="percentileCont(input :: FLOAT, percentile :: FLOAT) :: FLOAT")
def continuous_percentile(
    environment: Environment, arguments: list[Column], groups: Groups, group_count: int
) -> Column:
    """The value at the fraction 0 to 1 of the sorted numbers, interpolated; NULL of none. Raises ArgumentError."""

    def pick(values: NDArray[np.float64], fraction: float) -> Value:
        position = fraction * (len(values) - 1)
        low = int(position)
        high = min(low + 1, len(values) - 1)
        least, greatest = float(values[low]), float(values[high])  # a difference of integers may leave 64 bits
        return least + (greatest - least) * (position - low)

    return _percentile("percentileCont", arguments, groups, group_count, pick)


@aggregate(
    "percentiledisc", 2, signature="percentileDisc(input :: INTEGER | FLOAT, percentile :: FLOAT) :: INTEGER | FLOAT"
)
def discrete_percentile(environment: Environment, arguments: list[Column], groups: Groups, group_count: int) -> Column:
    """The first of the sorted numbers at or after the fraction 0 to 1; NULL of none. Raises ArgumentError."""

    def pick(values: NDArray[np.float64], fraction: float) -> Value:
        return values[max(0, int(np.ceil(fraction * len(values))) - 1)].item()  # type: ignore[no-any-return]

    return _percentile("percentileDisc", arguments, groups, group_count, pick)


def present(column: Column, groups: Groups) -> tuple[Column, Groups]:
    """The rows that are not NULL; they have no mask."""
    if column.valid is None:
        return column, groups
    kept = column.take(column.valid)
    return kept.masked(None), groups[column.valid]


def _counts(groups: Groups, group_count: int) -> NDArray[np.int64]:
    if group_count == 1:
        return np.array([len(groups)], dtype=np.int64)
    return np.bincount(groups, minlength=group_count)


def mask_of(counted: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """True for groups that have a value; None when all have."""
    filled = counted > 0
    return None if filled.all() else filled


def _sum_fits(values: NDArray[np.int64]) -> bool:
    """True when no sum of some of the values can leave 64 bits."""
    if len(values) == 0:
        return True
    largest = max(int(values.max()), -int(values.min()))
    return largest * len(values) <= INT64_MAX


def _exact_sums(function: str, column: Column, groups: Groups, group_count: int) -> list[Value]:
    """Sums in Python. Raises CypherTypeError for what is no number, ArithmeticFailure on overflow."""
    totals: list[float] = [0] * group_count
    add_exactly(function, column, groups, totals)
    return [checked_integer(total, function) if type(total) is int else total for total in totals]


def add_exactly(function: str, column: Column, groups: Groups, totals: list[float]) -> None:
    """Add each value to the total of its group. Raises CypherTypeError for what is no number."""
    for group, value in zip(groups.tolist(), column.to_values(), strict=True):
        if type(value) is not int and type(value) is not float:
            raise wrong_argument(function, value, "INTEGER or FLOAT")
        totals[group] += value


def has_durations(column: Column) -> bool:
    """True where a value is a duration."""
    return column.kind is Kind.OBJECT and any(isinstance(value, Duration) for value in column.values.tolist())


def durations_and_numbers(function: str) -> CypherTypeError:
    """The error where both are to be added up."""
    return CypherTypeError(
        f"'{function}' expects only numbers or only durations, got both", detail="InvalidArgumentValue"
    )


def _duration_sums(function: str, column: Column, groups: Groups, group_count: int) -> list[Duration | None]:
    """Sums of durations, None for a group of none. Raises CypherTypeError for what is none."""
    totals: list[Duration | None] = [None] * group_count
    for group, value in zip(groups.tolist(), column.to_values(), strict=True):
        if type(value) is int or type(value) is float:
            raise durations_and_numbers(function)
        if not isinstance(value, Duration):
            raise wrong_argument(function, value, "only numbers or only durations")
        total = totals[group]
        totals[group] = value if total is None else add_durations(total, value)
    return totals


def _extreme(operation: np.ufunc, start: float, column: Column, groups: Groups, group_count: int) -> Column:
    answer = np.full(group_count, start, dtype=column.values.dtype)
    with np.errstate(invalid="ignore"):
        operation.at(answer, groups, column.values)
    return Column(column.kind, answer, mask_of(_counts(groups, group_count)))


def _extreme_value(column: Column, groups: Groups, group_count: int, better: Callable[..., OrderKey | str]) -> Column:
    """The extreme value for kinds that are no numbers: strings by themselves, others by order keys."""
    values = column.to_values()
    best: list[Value] = [None] * group_count
    if column.kind is Kind.STRING and group_count == 1:
        best[0] = str(better(values)) if values else None
        return Column.from_values(best)
    keys = values if column.kind is Kind.STRING else list(map(order_key, values))
    held: list[object] = [None] * group_count
    for group, value, key in zip(groups.tolist(), values, keys, strict=True):
        if held[group] is None or (key != held[group] and better(key, held[group]) is key):
            best[group], held[group] = value, key
    return Column.from_values(best)


def _deviation(function: str, argument: Column, groups: Groups, group_count: int, freedom: int) -> Column:
    column, groups = present(argument, groups)
    values = floats(number_column(function, column))
    counted = _counts(groups, group_count)
    with np.errstate(all="ignore"):
        means = np.bincount(groups, values, group_count) / counted
        squares = np.bincount(groups, (values - means[groups]) ** 2, group_count)
        deviations = np.where(counted > freedom, np.sqrt(squares / (counted - freedom)), 0.0)
    return Column(Kind.FLOAT, deviations, counted > 0)


def _percentile(
    function: str,
    arguments: list[Column],
    groups: Groups,
    group_count: int,
    pick: Callable[[NDArray[np.float64], float], Value],
) -> Column:
    fractions = number_column(function, arguments[1])
    outside = ~((fractions.values >= 0) & (fractions.values <= 1)) & fractions.validity()
    if outside.any():
        raise ArgumentError(
            f"'{function}' expects a fraction from 0 to 1, got {fractions.values[np.argmax(outside)]}",
            detail="NumberOutOfRange",
        )
    both = arguments[0].validity() & fractions.validity()
    column = number_column(function, present(arguments[0].take(both), groups[both])[0])
    kept, wanted = groups[both], floats(fractions)[both]
    order = np.lexsort((column.values, kept))
    values, kept, wanted = column.values[order], kept[order], wanted[order]
    stops = np.cumsum(_counts(kept, group_count))
    starts = stops - _counts(kept, group_count)
    answers = [
        pick(values[start:stop], float(wanted[start])) if stop > start else None
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
    ]
    return Column.from_values(answers)

"""Aggregates against the same thing said in plain Python, group by group."""

import math
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.columnar import Column
from memgraph_py.errors import ArgumentError, ArithmeticFailure, CypherTypeError
from memgraph_py.functions.registry import AGGREGATES, Environment
from memgraph_py.values.comparison import order_key
from memgraph_py.values.types import INT64_MAX, Value

ENVIRONMENT = Environment(None, None, lambda: 0.5)  # type: ignore[arg-type]  # aggregates read neither


def aggregate(name: str, rows: list[tuple[int, Value]], group_count: int, *more: Value) -> list[Value]:
    groups = np.array([group for group, _ in rows], dtype=np.int64)
    columns = [Column.from_values([value for _, value in rows])]
    columns.extend(Column.constant(value, len(rows)) for value in more)
    return AGGREGATES[name].apply(ENVIRONMENT, columns, groups, group_count).to_values()


PLAIN: dict[str, Callable[[list], Value]] = {
    "count": len,
    "sum": sum,
    "avg": lambda values: math.fsum(values) / len(values) if values else None,
    "min": lambda values: min(values, key=order_key, default=None),
    "max": lambda values: max(values, key=order_key, default=None),
    "collect": list,
    "stdevp": lambda values: statistics.pstdev(values) if values else None,
    "stdev": lambda values: (statistics.stdev(values) if len(values) > 1 else 0.0) if values else None,
}
numbers = st.one_of(st.none(), st.integers(-100, 100), st.integers(-100, 100).map(lambda value: value / 4))
mixed = st.one_of(numbers, st.text(max_size=2), st.booleans(), st.lists(st.integers(0, 2), max_size=2))


def table(values: st.SearchStrategy[Value]) -> st.SearchStrategy[list[tuple[int, Value]]]:
    return st.lists(st.tuples(st.integers(0, 2), values), max_size=12)


@pytest.mark.parametrize("name", sorted(PLAIN))
@given(rows=st.one_of(table(numbers), table(st.integers(-100, 100)), table(st.floats(-100, 100))))
def test_numbers(name: str, rows: list[tuple[int, Value]]) -> None:
    expected = [PLAIN[name]([value for own, value in rows if own == group and value is not None]) for group in range(4)]
    found = aggregate(name, rows, 4)
    if name in ("min", "max", "collect", "count"):
        assert found == expected
        return
    assert [value is None for value in found] == [value is None for value in expected]
    pairs = [pair for pair in zip(found, expected, strict=True) if None not in pair]
    assert all(one == pytest.approx(other, rel=1e-9, abs=1e-6) for one, other in pairs)


@pytest.mark.parametrize("name", ["count", "min", "max", "collect"])
@given(rows=table(mixed))
def test_mixed_values(name: str, rows: list[tuple[int, Value]]) -> None:
    expected = [PLAIN[name]([value for own, value in rows if own == group and value is not None]) for group in range(3)]
    assert aggregate(name, rows, 3) == expected


def test_rows_are_counted_without_an_argument() -> None:
    counted = AGGREGATES["count"].apply(ENVIRONMENT, [], np.array([0, 2, 2]), 3)
    assert counted.to_values() == [1, 0, 2]
    assert AGGREGATES["count"].apply(ENVIRONMENT, [], np.zeros(0, dtype=np.int64), 1).to_values() == [0]


def test_nan_is_the_greatest_number() -> None:
    rows: list[tuple[int, Value]] = [(0, math.nan), (0, 1.0), (1, math.nan)]
    assert aggregate("min", rows, 2)[0] == 1.0
    assert math.isnan(aggregate("min", rows, 2)[1])  # type: ignore[arg-type]  # a float
    assert math.isnan(aggregate("max", rows, 2)[0])  # type: ignore[arg-type]  # a float


def test_sum_of_integers_is_exact_or_refused() -> None:
    assert aggregate("sum", [(0, INT64_MAX), (0, 1), (0, -1)], 1) == [INT64_MAX]
    with pytest.raises(ArithmeticFailure):
        aggregate("sum", [(0, INT64_MAX), (0, 1)], 1)


def test_sum_of_what_is_no_number() -> None:
    with pytest.raises(CypherTypeError):
        aggregate("sum", [(0, "a")], 1)
    with pytest.raises(CypherTypeError):
        aggregate("avg", [(0, "a")], 1)


def test_percentiles() -> None:
    rows: list[tuple[int, Value]] = [(0, 10), (0, 20), (0, 30), (1, None), (2, 5)]
    assert aggregate("percentilecont", rows, 3, 0.5) == [20.0, None, 5.0]
    assert aggregate("percentilecont", rows, 3, 0.25) == [15.0, None, 5.0]
    assert aggregate("percentiledisc", rows, 3, 0.5) == [20, None, 5]
    assert aggregate("percentiledisc", rows, 3, 0.0) == [10, None, 5]
    assert aggregate("percentiledisc", rows, 3, 1) == [30, None, 5]


@pytest.mark.parametrize("name", ["percentilecont", "percentiledisc"])
@pytest.mark.parametrize("fraction", [-1, 1.1, 1000, math.nan])
def test_percentile_out_of_range(name: str, fraction: float) -> None:
    with pytest.raises(ArgumentError) as raised:
        aggregate(name, [(0, 1)], 1, fraction)
    assert raised.value.detail == "NumberOutOfRange"


def test_a_percentile_between_far_integers() -> None:
    rows: list[tuple[int, Value]] = [(0, -INT64_MAX), (0, INT64_MAX)]
    assert aggregate("percentilecont", rows, 1, 0.5) == [0.0]

"""Grouping and sorting of columns agree with grouping and sorting of their values one by one."""

import math
import random
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Column, Rows
from memgraph_py.execution import grouping
from memgraph_py.execution.grouping import WAITING_MIN, DistinctRows, Groups, group_rows
from memgraph_py.execution.memory import Holding, column_bytes
from memgraph_py.execution.sorting import first_rows, sorted_rows
from memgraph_py.values.comparison import grouping_key, order_key
from memgraph_py.values.types import Value

KINDS = [
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(-3, 3),
    st.floats(),
    st.sampled_from([0.0, -0.0, math.nan, 1.5]),
    st.booleans(),
    st.text(max_size=3),
    st.text(alphabet="ab\0", max_size=20),
    st.text(alphabet="x", min_size=60, max_size=80),
    st.one_of(st.integers(-2, 2), st.floats(-2, 2), st.text(max_size=1), st.lists(st.integers(0, 1), max_size=2)),
]
LISTS: st.SearchStrategy[list[Value]] = st.sampled_from(KINDS).flatmap(
    lambda kind: st.lists(st.one_of(kind, st.none()), max_size=30)
)


@given(LISTS, LISTS)
def test_groups_are_those_of_equivalent_values(left: list[Value], right: list[Value]) -> None:
    rows = min(len(left), len(right))
    left, right = left[:rows], right[:rows]
    groups, first = group_rows([Column.from_values(left), Column.from_values(right)], rows, Bounds())
    numbers: dict[object, int] = {}
    keys = [(grouping_key(one), grouping_key(other)) for one, other in zip(left, right, strict=True)]
    expected = [numbers.setdefault(key, len(numbers)) for key in keys]
    assert groups.tolist() == expected
    assert first.tolist() == [expected.index(group) for group in range(len(numbers))]


@given(LISTS, LISTS, st.booleans(), st.booleans(), st.integers(0, 12))
def test_rows_are_in_the_order_of_their_values(
    left: list[Value], right: list[Value], down: bool, right_down: bool, count: int
) -> None:
    rows = min(len(left), len(right))
    left, right = left[:rows], right[:rows]
    expected = sorted(range(rows), key=lambda row: order_key(right[row]), reverse=right_down)
    if right_down:  # reverse keeps the order of equal rows, as a stable descending sort must
        assert expected == sorted(expected, key=lambda row: order_key(right[row]), reverse=True)
    expected = sorted(expected, key=lambda row: order_key(left[row]), reverse=down)
    columns = [Column.from_values(left), Column.from_values(right)]
    if rows:
        assert sorted_rows(columns, [down, right_down], Bounds()).tolist() == expected
        assert first_rows(columns, [down, right_down], count, Bounds()).tolist() == expected[:count]


@settings(max_examples=20)
@given(LISTS, LISTS, st.booleans(), st.booleans(), st.integers(0, 1 << 32))
def test_so_are_many_rows(left: list[Value], right: list[Value], down: bool, right_down: bool, seed: int) -> None:
    draw = random.Random(seed)
    left, right = [[draw.choice(values or [None]) for _ in range(700)] for values in (left, right)]
    expected = sorted(range(700), key=lambda row: order_key(right[row]), reverse=right_down)
    expected = sorted(expected, key=lambda row: order_key(left[row]), reverse=down)
    columns = [Column.from_values(left), Column.from_values(right)]
    assert sorted_rows(columns, [down, right_down], Bounds()).tolist() == expected


@given(st.lists(st.one_of(st.integers(0, 50), st.none()), min_size=300, max_size=400), st.booleans())
def test_the_first_rows_are_found_without_sorting_all(values: list[Value], down: bool) -> None:
    column = Column.from_values(values)
    assert first_rows([column], [down], 7, Bounds()).tolist() == sorted_rows([column], [down], Bounds())[:7].tolist()


@given(LISTS, st.lists(st.integers(0, 30), max_size=6), st.sampled_from([1, 5, WAITING_MIN]))
def test_groups_found_part_by_part_are_those_of_all_rows(values: list[Value], cuts: list[int], waiting: int) -> None:
    ends = sorted({min(cut, len(values)) for cut in cuts} | {len(values)} - {0})
    parts = [values[start:end] for start, end in zip([0, *ends], ends, strict=False) if start < end]
    if not parts:
        return
    bounds = Bounds()
    kept = Groups(bounds, Holding(bounds), keeps_rows=True)
    counted = Groups(bounds, Holding(bounds), keeps_rows=False)
    numbers: list[Rows] = []
    with mock.patch.object(grouping, "WAITING_MIN", waiting), mock.patch.object(grouping, "ROWS_MIN", waiting):
        for part in parts:
            kept.add([Column.from_values(part)])
            counted.add([Column.from_values(part)])
            numbers += kept.taken()
    keys = kept.finish()
    numbers += kept.taken()
    counted.finish()
    groups, first = group_rows([Column.concatenate(list(map(Column.from_values, parts)))], len(values), Bounds())
    assert [number for part in numbers for number in part.tolist()] == groups.tolist()
    assert kept.count == len(first)
    assert kept.sizes().tolist() == counted.sizes().tolist() == np.bincount(groups).tolist()
    expected = [values[row] for row in first.tolist()]
    assert [grouping_key(key) for key in keys[0].to_values()] == [grouping_key(key) for key in expected]


@given(LISTS, LISTS, st.lists(st.integers(0, 30), max_size=6), st.sampled_from([1, 7, 100]))
def test_distinct_rows_are_found_in_any_parts(
    left: list[Value], right: list[Value], cuts: list[int], waiting: int
) -> None:
    count = min(len(left), len(right))
    bounds = Bounds()
    rows, given = DistinctRows(bounds, held := Holding(bounds)), []
    ends = sorted({min(cut, count) for cut in cuts} | {count})
    for start, end in zip([0, *ends], ends, strict=False):
        if start < end:
            rows.add([Column.from_values(values[start:end]) for values in (left, right)], end - start)
        if rows.waiting_rows >= waiting or (end == count and rows.waiting_rows):
            before, waited = rows.rows, rows.waiting_rows
            numbers = rows.join()
            assert numbers[:before].tolist() == [*range(before)], "what was found stays where it is"
            assert len(numbers) == before + waited
            given += [*zip(*(column.to_values()[before:] for column in rows.found), strict=True)]
    keys = [(grouping_key(one), grouping_key(other)) for one, other in zip(left, right, strict=False)]
    assert [(grouping_key(one), grouping_key(other)) for one, other in given] == [*dict.fromkeys(keys)]
    assert bounds.memory.held == held.bytes == sum(map(column_bytes, rows.found))

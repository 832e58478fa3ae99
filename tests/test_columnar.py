"""Columns: kinds, NULLs, handles of strings, joining."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import LimitExceeded
from memgraph_py.values.types import NodeReference, RelationshipReference, Value

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(),
    st.builds(NodeReference, st.integers(0, 2**31)),
    st.builds(RelationshipReference, st.integers(0, 2**31)),
    st.lists(st.integers(0, 9), max_size=3),
)
LISTS = st.one_of(
    st.lists(SCALARS, max_size=20),
    *(st.lists(st.one_of(st.none(), kind), max_size=20) for kind in (st.text(), st.integers(-9, 9), st.booleans())),
)


def same(left: list[Value], right: list[Value]) -> bool:
    return [(type(value), value) for value in left] == [(type(value), value) for value in right]


@given(LISTS)
def test_values_come_back_with_their_types(values: list[Value]) -> None:
    column = Column.from_values(values)
    assert same(column.to_values(), values)
    assert same([column.value(row) for row in range(len(values))], values)


@given(LISTS, st.data())
def test_take_and_slice_are_those_of_lists(values: list[Value], data: st.DataObject) -> None:
    column = Column.from_values(values)
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=30)) if values else []
    assert same(column.take(np.array(rows, dtype=np.int64)).to_values(), [values[row] for row in rows])
    start = data.draw(st.integers(0, len(values)))
    assert same(column.slice(start, len(values)).to_values(), values[start:])


@given(st.lists(LISTS, min_size=1, max_size=4))
def test_concatenation_is_that_of_lists(parts: list[list[Value]]) -> None:
    column = Column.concatenate([Column.from_values(part) for part in parts])
    assert same(column.to_values(), [value for part in parts for value in part])


@given(SCALARS, st.integers(0, 5))
def test_constant_stands_in_every_row(value: Value, rows: int) -> None:
    assert same(Column.constant(value, rows).to_values(), [value] * rows)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None], Kind.INT),
        ([1.0, math.inf], Kind.FLOAT),
        ([True, False], Kind.BOOL),
        (["a", ""], Kind.STRING),
        ([NodeReference(1)], Kind.NODE),
        ([RelationshipReference(1), None], Kind.RELATIONSHIP),
        ([1, 1.0], Kind.OBJECT),
        ([1, True], Kind.OBJECT),
        ([[1], [2]], Kind.OBJECT),
        ([None, None], Kind.OBJECT),
    ],
)
def test_kind_is_the_narrowest(values: list[Value], kind: Kind) -> None:
    assert Column.from_values(values).kind is kind


def test_strings_of_different_heaps_join_without_losing_bytes() -> None:
    parts = [Column.from_values(["Ada", None]), Column.nulls(1), Column.from_values(["Grâce", ""])]
    assert Column.concatenate(parts).to_values() == ["Ada", None, None, "Grâce", ""]


def test_batch_keeps_its_rows_without_columns() -> None:
    batch = Batch(3, {})
    assert batch.records() == [(), (), ()]
    assert batch.take(np.array([True, False, True])).rows == 2
    assert batch.slice(1, 9).rows == 2
    assert Batch.concatenate([batch, Batch(2, {})]).rows == 5


def test_a_string_that_no_handle_can_tell_is_refused() -> None:
    longest = "x" * (2**24 - 1)
    assert Column.from_values([longest, "y"]).to_values() == [longest, "y"]
    with pytest.raises(LimitExceeded):
        Column.from_values(["y", longest + "x"])


def test_long_texts_are_joined_in_parts() -> None:
    texts = ["a" * 5_000_000, "", "ß" * 5_000_000, None, "b" * 9_000_000, "c"]
    column = Column.from_values(texts)
    assert column.kind is Kind.STRING
    assert column.to_values() == texts
    assert column.take(np.array([2, 2, 0])).to_values() == [texts[2], texts[2], texts[0]]


def test_a_long_text_in_many_rows_is_made_once() -> None:
    column = Column.constant("x" * 1_000_000, 1_000)
    values = column.to_values()
    assert values[0] is values[999]
    assert values[0] == "x" * 1_000_000

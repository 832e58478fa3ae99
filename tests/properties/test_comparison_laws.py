"""Laws of equality, order and grouping, over generated values."""

import math
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.columnar import Column
from memgraph_py.errors import ArithmeticFailure
from memgraph_py.functions.comparisons import value_in
from memgraph_py.functions.registry import FUNCTIONS, Environment
from memgraph_py.values.comparison import compare, equals, grouping_key, less_than, order_key
from memgraph_py.values.types import NodeReference, PathReference, RelationshipReference, Value
from tests.properties.temporal import temporals

integers = st.integers(-(2**63), 2**63 - 1)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    integers,
    st.integers(-3, 3),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, float(2**53)]),
    st.text(max_size=3),
    st.builds(NodeReference, st.integers(0, 3)),
    st.builds(RelationshipReference, st.integers(0, 3)),
    st.just(PathReference((1, 2), (3,))),
    temporals,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=2)),
    max_leaves=6,
)


@given(values, values)
def test_equality_is_symmetric(left: Value, right: Value) -> None:
    assert equals(left, right) is equals(right, left)


@given(values, values, values)
def test_equality_is_transitive(one: Value, two: Value, three: Value) -> None:
    if equals(one, two) and equals(two, three):
        assert equals(one, three)


@given(values, values)
def test_equal_values_are_equivalent_and_tie_in_order(left: Value, right: Value) -> None:
    if equals(left, right):
        assert grouping_key(left) == grouping_key(right)
        assert hash(grouping_key(left)) == hash(grouping_key(right))
        assert order_key(left) == order_key(right)


@given(values, values)
def test_order_ties_exactly_where_values_are_equivalent(left: Value, right: Value) -> None:
    assert (order_key(left) == order_key(right)) is (grouping_key(left) == grouping_key(right))


@given(values, values)
def test_order_is_total(left: Value, right: Value) -> None:
    one, other = order_key(left), order_key(right)
    assert (one < other) + (one == other) + (one > other) == 1


@given(values, values, values)
def test_order_is_transitive(one: Value, two: Value, three: Value) -> None:
    if order_key(one) <= order_key(two) <= order_key(three):
        assert order_key(one) <= order_key(three)


@given(values)
def test_nothing_comes_after_null(value: Value) -> None:
    assert order_key(value) <= order_key(None)


@given(values, values)
def test_comparability_agrees_with_order_and_equality(left: Value, right: Value) -> None:
    sign = compare(left, right)
    if sign in (-1, 1):
        assert order_key(left) != order_key(right)
        assert (sign == -1) is (order_key(left) < order_key(right))
        assert less_than(left, right) is (sign == -1)
    if sign == 0:
        assert equals(left, right) is True


@given(st.lists(st.tuples(values, values), min_size=1, max_size=40))
def test_columns_compare_as_their_values_do(rows: list[tuple[Value, Value]]) -> None:
    left, right = (Column.from_values(list(side)) for side in zip(*rows, strict=True))
    assert _apply("=", left, right) == [equals(one, other) for one, other in rows]
    assert _apply("<", left, right) == [less_than(one, other) for one, other in rows]


@given(st.lists(st.tuples(st.text("ab\x00é", max_size=20), st.text("ab\x00é", max_size=20)), min_size=1, max_size=60))
def test_string_columns_compare_as_their_values_do(rows: list[tuple[str, str]]) -> None:
    left, right = (Column.from_values(list(side)) for side in zip(*rows, strict=True))
    assert _apply("=", left, right) == [one == other for one, other in rows]
    assert _apply("<", left, right) == [one < other for one, other in rows]
    assert _apply("STARTS WITH", left, right) == [one.startswith(other) for one, other in rows]
    assert _apply("ENDS WITH", left, right) == [one.endswith(other) for one, other in rows]


@given(st.lists(st.tuples(integers, integers), min_size=1, max_size=8))
def test_integers_are_exact_or_refused(rows: list[tuple[int, int]]) -> None:
    left, right = (Column.from_values(list(side)) for side in zip(*rows, strict=True))
    operations = {
        "+": lambda one, other: one + other,
        "-": lambda one, other: one - other,
        "*": lambda one, other: one * other,
        "/": lambda one, other: _cut(one, other),
        "%": lambda one, other: one - other * _cut(one, other),
    }
    for symbol, operation in operations.items():
        if symbol in "/%" and any(other == 0 for _, other in rows):
            expected = None
        else:
            exact = [operation(one, other) for one, other in rows]
            expected = exact if all(-(2**63) <= value < 2**63 for value in exact) else None
        assert _apply(symbol, left, right) == expected


def _cut(one: int, other: int) -> int:
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _apply(symbol: str, left: Column, right: Column) -> list[Value] | None:
    """The function's values, or None where it raises ArithmeticFailure."""
    try:
        return FUNCTIONS[symbol].apply(_ENVIRONMENT, [left, right]).to_values()
    except ArithmeticFailure:
        return None


_ENVIRONMENT = Environment(None, None, lambda: 0.5)  # type: ignore[arg-type]  # these functions read neither


@given(
    st.lists(st.sampled_from(["user_1", "user_2", "user_11", "", "other1"]), min_size=20, max_size=60), st.booleans()
)
def test_many_strings_against_one(texts: list[str], as_one: bool) -> None:
    left, right = Column.from_values([*texts, None]), Column.constant("user_1", len(texts) + 1)
    found = _apply("=", left, right) if as_one else _apply("=", right, left)
    assert found == [*(text == "user_1" for text in texts), None]


short_texts = st.lists(st.one_of(st.none(), st.text("abé\x00", max_size=6)), min_size=17, max_size=50)


@given(short_texts, st.text("abé\x00", max_size=3), st.randoms())
def test_many_texts_are_searched_for_one(texts: list[str | None], needle: str, random: Random) -> None:
    order = random.sample(range(len(texts)), len(texts))
    column = Column.from_values(list(texts)).take(np.array(order, dtype=np.int64))
    found = _apply("CONTAINS", column, Column.constant(needle, len(texts)))
    assert found == [None if texts[row] is None else needle in texts[row] for row in order]


@given(short_texts, st.lists(st.one_of(st.none(), st.text("abé\x00", max_size=2)), max_size=5))
def test_many_texts_are_looked_up_in_one_list(texts: list[str | None], members: list[str | None]) -> None:
    found = _apply("IN", Column.from_values(list(texts)), Column.constant(list(members), len(texts)))
    assert found == [value_in(text, list(members)) for text in texts]

"""Equality, comparability, order and grouping of single values."""

import math
import random

import pytest

from memgraph_py.values.comparison import UNORDERED, compare, equals, grouping_key, less_or_equal, less_than, order_key
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import (
    Node,
    NodeReference,
    Path,
    PathReference,
    Point,
    Relationship,
    RelationshipReference,
    Value,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (1, 1.0, True),
        (2**53 + 1, float(2**53), False),
        (1, True, False),
        ("1", 1, False),
        (None, None, None),
        (1, None, None),
        (NAN, NAN, False),
        ([1, 2], [1], False),
        ([1, None], [1, 2], None),
        ([1, None], [2, None], False),
        ([[1]], [[1.0]], True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": None}, {"a": None}, None),
        ({"a": None}, {"b": None}, False),
        ({"a": 1, "b": None}, {"a": 2, "b": None}, False),
        (NodeReference(1), NodeReference(1), True),
        (NodeReference(1), RelationshipReference(1), False),
        (NodeReference(1), Node(1, ("A",)), True),
        (PathReference((1, 2), (3,)), PathReference((1, 2), (4,)), False),
        (Point(7203, (1.0, 2.0)), Point(7203, (1.0, 2.0)), True),
        (b"a", b"a", True),
    ],
)
def test_equality(left: Value, right: Value, answer: bool | None) -> None:
    assert equals(left, right) is answer
    assert equals(right, left) is answer


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (1, 2, -1),
        (2.5, 2, 1),
        (2**53 + 1, float(2**53), 1),
        ("a", "B", 1),
        (False, True, -1),
        (1, NAN, UNORDERED),
        (NAN, NAN, UNORDERED),
        (1, "1", None),
        (1, True, None),
        (None, 1, None),
        ([1], [1, 0], -1),
        ([1, 2], [1, None], None),
        ([1, 2], [3, None], -1),
        ([1, "a"], [1, 2], None),
        ([NodeReference(1), 1], [NodeReference(1), 2], -1),
        ({}, {}, None),
        (NodeReference(1), NodeReference(2), None),
    ],
)
def test_comparability(left: Value, right: Value, answer: int | None) -> None:
    assert compare(left, right) == answer


def test_nan_is_neither_less_nor_greater() -> None:
    assert less_than(NAN, 1) is False
    assert less_or_equal(1, NAN) is False
    assert less_than(NAN, "a") is None


def test_order_over_all_kinds() -> None:
    ascending: list[Value] = [
        {},
        {"a": 1},
        {"a": 2},
        NodeReference(1),
        NodeReference(2),
        RelationshipReference(0),
        [],
        ["a"],
        [1],
        [1, "a"],
        [None],
        PathReference((0,), ()),
        Point(7203, (0.0, 0.0)),
        b"",
        "",
        "a",
        "é",
        "𝄞",
        False,
        True,
        -math.inf,
        1,
        1.5,
        2**62,
        math.inf,
        NAN,
        None,
    ]
    shuffled = random.Random(1).sample(ascending, len(ascending))
    assert sorted(shuffled, key=order_key) == ascending


def test_elements_and_their_references_are_the_same() -> None:
    path = Path((Node(1), Node(2)), (Relationship(3, "T", 1, 2),))
    reference = PathReference((1, 2), (3,))
    assert equals(path, reference) is True
    assert grouping_key(path) == grouping_key(reference)
    assert order_key(Relationship(3, "T", 1, 2)) == order_key(RelationshipReference(3))


def test_grouping_keeps_types_apart_and_joins_equal_numbers() -> None:
    values: list[Value] = [
        1,
        1.0,
        True,
        "1",
        None,
        NAN,
        -NAN,
        [1],
        [1.0],
        [True],
        {"a": 1},
        {"a": 1.0},
        NodeReference(1),
    ]
    assert len({grouping_key(value) for value in values}) == 9


@pytest.mark.parametrize(
    ("value", "name"), [(None, "NULL"), (True, "BOOLEAN"), (1, "INTEGER"), ([], "LIST"), (NodeReference(1), "NODE")]
)
def test_type_names(value: Value, name: str) -> None:
    assert type_name(value) == name

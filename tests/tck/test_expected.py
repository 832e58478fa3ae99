"""How values of the TCK's tables are read and compared."""

import math

import pytest

from memgraph_py.values.temporal import Date, Duration
from memgraph_py.values.types import Node, Path, Relationship, Value
from tests.tck.expected import form, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5e3", -1500.0),
        (".1", 0.1),
        ("'it\\'s \\\\'", "it's \\"),
        ("null", None),
        ("[1, [true], 'a']", [1, [True], "a"]),
        ("{a: 1, `b c`: {}}", {"a": 1, "b c": {}}),
        ("-Inf", -math.inf),
    ],
)
def test_plain_values(text: str, value: Value) -> None:
    assert parse(text) == value
    assert type(parse(text)) is type(value)


def test_elements_compare_without_their_ids() -> None:
    assert form(parse("(:B:A {x: 1})")) == form(Node(7, ("A", "B"), {"x": 1}))
    assert form(parse("[:T {x: 1.0}]")) != form(Relationship(3, "T", 7, 8, {"x": 1}))
    path = Path((Node(1, ("A",)), Node(2)), (Relationship(5, "T", 2, 1),))
    assert form(parse("<(:A)<-[:T]-()>")) == form(path)
    assert form(parse("<(:A)-[:T]->()>")) != form(path)


def test_a_temporal_value_is_written_as_its_text() -> None:
    assert form(parse("'1970-01-02'")) == form(Date(1))
    assert form(parse("['PT1S']")) == form([Duration(0, 0, 1, 0)])
    assert form(parse("'1970-01-02'")) != form(Date(2))


def test_types_and_order_count() -> None:
    assert form(1) != form(1.0)
    assert form(True) != form(1)
    assert form(math.nan) == form(math.nan)
    assert form([1, 2]) != form([2, 1])
    assert form([1, 2, 2], lists_in_any_order=True) == form([2, 1, 2], lists_in_any_order=True)
    assert form([1, 2], lists_in_any_order=True) != form([2, 1, 2], lists_in_any_order=True)


@pytest.mark.parametrize("text", ["[1", "nul", "{a 1}", "(:A", "1 2"])
def test_what_is_no_value(text: str) -> None:
    with pytest.raises((AssertionError, IndexError)):
        parse(text)

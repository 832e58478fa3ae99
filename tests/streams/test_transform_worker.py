"""Grouping and checking of what a script returns, in the child's code alone."""

import decimal
from collections import OrderedDict, defaultdict
from datetime import date
from enum import IntEnum

import msgspec
import pytest

from memgraph_py.streams.transform_worker import Malformed, _encode, group

pytestmark = pytest.mark.quick


def test_runs_of_equal_queries_and_names_become_columns() -> None:
    answer = [
        ("A", {"x": 1, "y": "a"}),
        ["A", {"y": "b", "x": None}],
        ("A", {"x": 1}),
        ("B", {}),
        ("B", {}),
        ("A", {"x": 2}),
    ]
    assert group(answer, 10) == [
        ("A", 2, ["x", "y"], [[1, None], ["a", "b"]]),
        ("A", 1, ["x"], [[1]]),
        ("B", 2, [], []),
        ("A", 1, ["x"], [[2]]),
    ]
    assert group([], 10) == []


def test_subclasses_become_plain() -> None:
    class Colour(IntEnum):
        RED = 1

    class Name(str):
        pass

    runs = group([(Name("Q"), OrderedDict(a=Colour.RED, b=Name("n"), c=defaultdict(int, k=[Name("v")])))], 10)
    assert runs == [("Q", 1, ["a", "b", "c"], [[1], ["n"], [{"k": ["v"]}]])]
    assert [type(column[0]) for column in runs[0][3]] == [int, str, dict]


def test_booleans_floats_and_the_ends_of_64_bits_stay() -> None:
    values = [True, 1, 1.0, -(1 << 63), (1 << 63) - 1, float("inf")]
    ((_, _, _, columns),) = group([("Q", {"v": value}) for value in values], 10)
    assert columns == [values]
    assert [type(value) for value in columns[0]] == [bool, int, float, int, int, float]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "stream() must return a list of (query, parameters), not NoneType"),
        ((("Q", {}),), "stream() must return a list of (query, parameters), not tuple"),
        ([("Q", {}), "Q"], "[1]: must be a (query, parameters) pair, not str"),
        ([("Q", {}, 1)], "[0]: must be a (query, parameters) pair, not tuple"),
        ([(b"Q", {})], "[0].query: must be a str, not bytes"),
        ([("Q", [])], "[0].params: must be a dict, not list"),
        ([("Q", {1: 2})], "[0].params: the key 1 must be a str"),
        ([("Q", {"a": {1: 2}})], "[0].params.a: the key 1 must be a str"),
        ([("Q", {"a": 1})] * 3 + [("Q", {"a": b"x"})], "[3].params.a: a value of type bytes; "),
        ([("Q", {"ids": [1, {2}]})], "[0].params.ids[1]: a value of type set; "),
        ([("Q", {"a": (1, 2)})], "[0].params.a: a value of type tuple; "),
        ([("Q", {"a": {"b": [decimal.Decimal(1)]}})], "[0].params.a.b[0]: a value of type Decimal; "),
        ([("Q", {"a": date(2020, 1, 1)})], "[0].params.a: a value of type date; "),
        ([("Q", {"a": 1 << 63})], "[0].params.a: the integer 9223372036854775808 does not fit 64 bits"),
        ([("Q", {"a": [-(1 << 63) - 1]})], "[0].params.a[0]: the integer -9223372036854775809 does not fit 64 bits"),
        ([("Q", {"a": [[[[1]]]]})], "[0].params.a[0][0][0]: nested too deeply"),
        ([("Q", {"a": "\ud800"})], "[0].params.a: the text is not valid Unicode"),
        ([("Q\udfff", {})], "[0].query: the text is not valid Unicode"),
        ([("Q", {"\udfff": 1})], "[0].params: the text is not valid Unicode"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_place(answer: object, text: str) -> None:
    with pytest.raises(Malformed) as refused:
        _encode(msgspec.msgpack.Encoder(), 1, answer, bytearray(), 3)
    assert str(refused.value).startswith(text)

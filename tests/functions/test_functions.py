"""Functions and infix symbols, called on single rows and on columns."""

import math
from uuid import UUID

import numpy as np
import pytest

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import ArgumentError, ArithmeticFailure, CypherError, CypherTypeError, LimitExceeded
from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS, PROCEDURES, Environment
from memgraph_py.values.types import INT64_MAX, INT64_MIN, NodeReference, PathReference, RelationshipReference, Value

NAN = math.nan
PATH = PathReference((1, 2), (7,))


class FixedClock:
    def now_seconds(self) -> float:
        return 1.5


ENVIRONMENT = Environment(None, FixedClock(), lambda: 0.5)  # type: ignore[arg-type]  # no graph is read here


def call(name: str, *arguments: Value) -> Value:
    """The function of one row, and the same of three rows of which one is NULL."""
    function = FUNCTIONS[name]
    one = function.apply(ENVIRONMENT, [Column.constant(value, 1) for value in arguments]).to_values()
    three = function.apply(ENVIRONMENT, [Column.from_values([value, None, value]) for value in arguments]).to_values()
    assert len(one) == 1
    assert [repr(three[0]), repr(three[2])] == [repr(one[0])] * 2
    return one[0]


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("split", ("a,b;c", [",", ";"]), ["a", "b", "c"]),
        ("+", (1, 2), 3),
        ("+", (1, 2.5), 3.5),
        ("+", ("a", "b"), "ab"),
        ("+", ("a", 1), "a1"),
        ("+", (1.0, "a"), "1.0a"),
        ("+", ([1], [2]), [1, 2]),
        ("+", ([1], 2), [1, 2]),
        ("+", (1, [2]), [1, 2]),
        ("-", (INT64_MIN + 1, 1), INT64_MIN),
        ("*", (3, -4), -12),
        ("*", (3, 0.5), 1.5),
        ("/", (-7, 2), -3),
        ("/", (7, -2), -3),
        ("/", (7, 2.0), 3.5),
        ("/", (1.0, 0), math.inf),
        ("%", (-7, 2), -1),
        ("%", (7, -2), 1),
        ("%", (INT64_MIN, -1), 0),
        ("%", (7.5, 2), 1.5),
        ("^", (2, 3), 8.0),
        ("^", (-8, 0.5), NAN),
        ("unary-", (3,), -3),
        ("unary-", (1.5,), -1.5),
        ("unary+", (3,), 3),
        ("=", (1, 1.0), True),
        ("=", (2**53 + 1, float(2**53)), False),
        ("=", ("ab", "ab"), True),
        ("=", ("ab", "a"), False),
        ("=", (1, "1"), False),
        ("<>", (1, "1"), True),
        ("<>", (NAN, NAN), True),
        ("<", ("a", "b"), True),
        ("<", (1, "b"), None),
        ("<=", (2, 2), True),
        (">", (2**53 + 1, float(2**53)), True),
        (">=", (NAN, 1.0), False),
        ("<", (NodeReference(1), NodeReference(2)), None),
        ("IN", (1, [1, None]), True),
        ("IN", (2, [1, None]), None),
        ("IN", (2, []), False),
        ("IN", (1.0, [1, 2]), True),
        ("IN", ("a", ["b", "a"]), True),
        ("IN", ([1], [[1]]), True),
        ("STARTS WITH", ("abc", "ab"), True),
        ("STARTS WITH", ("a", "ab"), False),
        ("STARTS WITH", (1, "ab"), None),
        ("ENDS WITH", ("abc", "bc"), True),
        ("ENDS WITH", ("bc", "abc"), False),
        ("CONTAINS", ("abc", "b"), True),
        ("=~", ("abc", "a.*"), True),
        ("=~", ("abc", "b"), False),
        ("AND", (True, False), False),
        ("OR", (True, False), True),
        ("XOR", (True, True), False),
        ("NOT", (True,), False),
        ("[]", ([1, 2], -1), 2),
        ("[]", ([1, 2], 2), None),
        ("[]", ({"a": 1}, "a"), 1),
        ("[]", ({"a": 1}, "b"), None),
        ("[..]", ([1, 2, 3], 1, INT64_MAX), [2, 3]),
        ("[..]", ([1, 2, 3], -3, -1), [1, 2]),
        ("tostring", (1.5e300,), "1.5E300"),
        ("tostring", (1e22,), "1.0E22"),
        ("tostring", (True,), "true"),
        ("tointeger", ("1.7",), 1),
        ("tointeger", ("x",), None),
        ("tointeger", (-1.7,), -1),
        ("tofloat", ("1e3",), 1000.0),
        ("tofloat", (2,), 2.0),
        ("toboolean", ("TRUE",), True),
        ("toboolean", ("tru",), None),
        ("tointegerornull", ([],), None),
        ("tointegerlist", (["1", [], 2.5],), [1, None, 2]),
        ("valuetype", ([1, 2],), "LIST<INTEGER NOT NULL> NOT NULL"),
        ("size", ("äb",), 2),
        ("size", ([1, None],), 2),
        ("isempty", ({},), True),
        ("head", ([],), None),
        ("last", ([1, 2],), 2),
        ("tail", ([1, 2, 3],), [2, 3]),
        ("reverse", ("ab",), "ba"),
        ("reverse", ([1, 2],), [2, 1]),
        ("range", (1, 3), [1, 2, 3]),
        ("range", (3, 1, -2), [3, 1]),
        ("range", (3, 1), []),
        ("toupper", ("aß",), "ASS"),
        ("trim", ("  a ",), "a"),
        ("ltrim", (" a ",), "a "),
        ("rtrim", (" a ",), " a"),
        ("btrim", ("xxaxx", "x"), "a"),
        ("substring", ("0123", 1), "123"),
        ("substring", ("0123", 1, 2), "12"),
        ("left", ("abc", 2), "ab"),
        ("right", ("abc", 2), "bc"),
        ("right", ("abc", 9), "abc"),
        ("replace", ("aab", "a", "c"), "ccb"),
        ("replace", ("a", "", "c"), "a"),
        ("split", ("a,b", ","), ["a", "b"]),
        ("split", ("", ","), [""]),
        ("split", ("ab", ""), ["a", "b"]),
        ("abs", (-3,), 3),
        ("abs", (-3.5,), 3.5),
        ("sign", (-3.5,), -1),
        ("ceil", (1.2,), 2.0),
        ("round", (1.5,), 2.0),
        ("round", (-1.5,), -1.0),
        ("round", (0.49999999999999994,), 0.0),
        ("round", (1.249, 1), 1.2),
        ("round", (1.25, 1), 1.3),
        ("round", (1.25, 1, "HALF_EVEN"), 1.2),
        ("sqrt", (-1,), NAN),
        ("log", (0,), -math.inf),
        ("isnan", (NAN,), True),
        ("atan2", (1, 1), math.atan2(1, 1)),
        ("coalesce", (1, 2), 1),
        ("nodes", (PATH,), [NodeReference(1), NodeReference(2)]),
        ("relationships", (PATH,), [RelationshipReference(7)]),
        ("length", (PATH,), 1),
        ("id", (NodeReference(4),), 4),
        ("elementid", (RelationshipReference(4),), "4"),
    ],
)
def test_value(name: str, arguments: tuple[Value, ...], answer: Value) -> None:
    found = call(name, *arguments)
    assert type(found) is type(answer)
    assert found == answer or (found != found and answer != answer)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "detail"),
    [
        ("+", (INT64_MAX, 1), ArithmeticFailure, None),
        ("-", (INT64_MIN, 1), ArithmeticFailure, None),
        ("*", (INT64_MAX, 2), ArithmeticFailure, None),
        ("/", (1, 0), ArithmeticFailure, None),
        ("/", (INT64_MIN, -1), ArithmeticFailure, None),
        ("%", (1, 0), ArithmeticFailure, None),
        ("unary-", (INT64_MIN,), ArithmeticFailure, None),
        ("abs", (INT64_MIN,), ArithmeticFailure, None),
        ("tointeger", (1e300,), ArithmeticFailure, None),
        ("+", (True, 1), CypherTypeError, "InvalidArgumentType"),
        ("+", ({}, {}), CypherTypeError, "InvalidArgumentType"),
        ("AND", (1, True), CypherTypeError, "InvalidArgumentType"),
        ("NOT", ("a",), CypherTypeError, "InvalidArgumentType"),
        ("IN", (1, 2), CypherTypeError, "InvalidArgumentType"),
        ("[]", ([1], "a"), CypherTypeError, "ListElementAccessByNonInteger"),
        ("[]", ([1], True), CypherTypeError, "ListElementAccessByNonInteger"),
        ("[]", ({}, 1), CypherTypeError, "MapElementAccessByNonString"),
        ("[]", (1, 1), CypherTypeError, "InvalidArgumentType"),
        ("range", (1, 2, 0), ArgumentError, "NumberOutOfRange"),
        ("range", (1, True), ArgumentError, "InvalidArgumentType"),
        ("range", (0, 10**12), LimitExceeded, None),
        ("tostring", ([],), CypherTypeError, "InvalidArgumentValue"),
        ("tofloat", (True,), CypherTypeError, "InvalidArgumentValue"),
        ("toboolean", (1.0,), CypherTypeError, "InvalidArgumentValue"),
        ("labels", (1,), CypherTypeError, "InvalidArgumentValue"),
        ("type", (NodeReference(1),), CypherTypeError, "InvalidArgumentValue"),
        ("substring", ("a", -1), ArgumentError, "NumberOutOfRange"),
        ("=~", ("a", "("), ArgumentError, "InvalidArgumentValue"),
        ("sqrt", ("a",), CypherTypeError, "InvalidArgumentValue"),
        ("round", (1.0, -1), ArgumentError, "NumberOutOfRange"),
        ("round", (1.0, 1, "X"), ArgumentError, None),
    ],
)
def test_error(name: str, arguments: tuple[Value, ...], error: type[CypherError], detail: str | None) -> None:
    with pytest.raises(error) as raised:
        call(name, *arguments)
    assert raised.value.detail == detail


@pytest.mark.parametrize(
    ("name", "left", "right", "answer"),
    [
        ("AND", [True, False, None], [True, False, None], [True, False, None, False, False, False, None, False, None]),
        ("OR", [True, False, None], [True, False, None], [True, True, True, True, False, None, True, None, None]),
        ("XOR", [True, False, None], [True, False, None], [False, True, None, True, False, None, None, None, None]),
    ],
)
def test_truth_tables(name: str, left: list[Value], right: list[Value], answer: list[Value]) -> None:
    pairs = [(one, other) for one in left for other in right]
    columns = [Column.from_values(list(side)) for side in zip(*pairs, strict=True)]
    assert FUNCTIONS[name].apply(ENVIRONMENT, columns).to_values() == answer


def test_null_checks() -> None:
    column = Column.from_values([1, None])
    assert FUNCTIONS["IS NULL"].apply(ENVIRONMENT, [column]).to_values() == [False, True]
    assert FUNCTIONS["IS NOT NULL"].apply(ENVIRONMENT, [column]).to_values() == [True, False]


def test_what_lies_under_a_null_raises_nothing() -> None:
    left = Column(Kind.INT, np.array([INT64_MAX, 1]), np.array([False, True]))
    right = Column(Kind.INT, np.array([0, 2]), np.array([True, True]))
    for symbol, answer in (("+", 3), ("*", 2), ("/", 0), ("%", 1)):
        assert FUNCTIONS[symbol].apply(ENVIRONMENT, [left, right]).to_values() == [None, answer]
    zero_under_null = Column(Kind.INT, np.array([0, 2]), np.array([False, True]))
    assert FUNCTIONS["/"].apply(ENVIRONMENT, [right, zero_under_null]).to_values() == [None, 1]


def test_membership_in_one_list_for_many_rows() -> None:
    candidates: list[list[Value]] = [[1, 2], ["a", None], [1, [2]], [], [1.5, None]]
    rows: list[list[Value]] = [[1, None, 3], ["a", None, "b"], [1, [2], None], [1, None, "a"], [1.5, 1, None]]
    for members, values in zip(candidates, rows, strict=True):
        lists = Column.constant(members, len(values))
        assert lists.values[0] is lists.values[-1]
        found = FUNCTIONS["IN"].apply(ENVIRONMENT, [Column.from_values(values), lists]).to_values()
        one_by_one = [
            FUNCTIONS["IN"].apply(ENVIRONMENT, [Column.from_values([value]), Column.constant(members, 1)]).value(0)
            for value in values
        ]
        assert found == one_by_one


def test_coalesce_joins_kinds() -> None:
    columns = [Column.from_values([None, "a", None]), Column.from_values([1, 2, None]), Column.constant("z", 3)]
    assert FUNCTIONS["coalesce"].apply(ENVIRONMENT, columns).to_values() == [1, "a", "z"]


def test_functions_without_arguments_give_a_value_a_row() -> None:
    environment = Environment(None, FixedClock(), lambda: 0.25, rows=3)  # type: ignore[arg-type]  # no graph is read
    assert FUNCTIONS["rand"].apply(environment, []).to_values() == [0.25] * 3
    assert FUNCTIONS["pi"].apply(environment, []).to_values() == [math.pi] * 3
    assert FUNCTIONS["timestamp"].apply(environment, []).to_values() == [1500] * 3
    identifiers = FUNCTIONS["randomuuid"].apply(environment, []).to_values()
    assert len(identifiers) == 3
    assert all(UUID(str(identifier)).version == 4 for identifier in identifiers)


def test_every_function_has_a_doc() -> None:
    for registry in (FUNCTIONS, AGGREGATES, PROCEDURES):
        for name, function in registry.items():
            assert function.doc, name


TELLS_NULL = {"IS NULL", "IS NOT NULL", "exists", "valuetype"}


@pytest.mark.parametrize("name", sorted(name for name, function in FUNCTIONS.items() if function.arguments_min > 0))
def test_null_gives_null(name: str) -> None:
    function = FUNCTIONS[name]
    arguments = [Column.nulls(2) for _ in range(function.arguments_min)]
    answer = function.apply(Environment(None, FixedClock(), lambda: 0.5, rows=2), arguments)  # type: ignore[arg-type]
    if name not in TELLS_NULL:
        assert answer.to_values() == [None, None]


@pytest.mark.parametrize(
    "name", sorted(set(FUNCTIONS) - {"labels", "type", "keys", "properties", "startnode", "endnode"})
)
@pytest.mark.parametrize("values", [[1], ["a"], [1.5], [True], [[1]], [NodeReference(0)]])
def test_no_rows_give_no_rows(name: str, values: list[Value]) -> None:
    function = FUNCTIONS[name]
    arguments = [Column.from_values(values).slice(0, 0) for _ in range(function.arguments_min)]
    answer = function.apply(Environment(None, FixedClock(), lambda: 0.5, rows=0), arguments)  # type: ignore[arg-type]
    assert len(answer) == 0


def test_a_pattern_that_would_never_end_is_refused() -> None:
    with pytest.raises(ArgumentError, match="took longer"):
        call("=~", "a" * 60, "(a|aa)+[0-9]")
    with pytest.raises(ArgumentError, match="no regular expression"):
        call("=~", "a", "(" * 5000 + ")" * 5000)

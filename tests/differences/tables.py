"""Tables of expressions: every infix symbol over every pair of kinds of values, every function over edge arguments."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from neo4j.spatial import CartesianPoint, WGS84Point
from neo4j.time import Date, DateTime, Duration, Time
from pytz import FixedOffset

from memgraph_py.functions.registry import FUNCTIONS

VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "0": 0,
    "1": 1,
    "-3": -3,
    "greatest": (1 << 63) - 1,
    "least": -(1 << 63),
    "0.0": 0.0,
    "-0.0": -0.0,
    "1.0": 1.0,
    "2.5": 2.5,
    "NaN": float("nan"),
    "infinite": float("inf"),
    "-infinite": float("-inf"),
    "''": "",
    "'a'": "a",
    "'Ab c'": "Ab c",
    "'1'": "1",
    "' 2.5 '": " 2.5 ",
    "'true'": "true",
    "'😀é'": "😀é",
    "[]": [],
    "[1]": [1],
    "[1, null]": [1, None],
    "['a', 1.0]": ["a", 1.0],
    "[[1]]": [[1]],
    "{}": {},
    "{a: 1}": {"a": 1},
    "{a: null}": {"a": None},
    "date": Date(2020, 2, 29),
    "time": Time(12, 30, 15, 500_000_000, FixedOffset(60)),
    "local time": Time(23, 59, 59, 1),
    "date time": DateTime(2020, 2, 29, 12, 30, 15, 500_000_000, FixedOffset(60)),
    "local date time": DateTime(1969, 12, 31, 23, 59, 59, 999_999_999),
    "duration": Duration(months=1, days=2, seconds=3, nanoseconds=4),
    "point": CartesianPoint((1.0, 2.0)),
    "place": WGS84Point((12.5, 55.7)),
    "node": None,
    "relationship": None,
    "path": None,
}
"""By name. Elements cannot be sent: they are found in GRAPH."""
PAIRED = ("null", "true", "0", "1", "greatest", "0.0", "-0.0", "2.5", "NaN", "infinite", "''", "'a'", "'1'", "[]")
PAIRED += ("[1, null]", "{}", "{a: 1}", "date", "date time", "local date time", "duration", "point", "node", "path")
"""Of infix symbols."""
FEW = ("null", "true", "1", "-3", "2.5", "NaN", "''", "'Ab c'", "[1, null]", "{a: 1}", "date", "duration", "node")
"""Of functions with two arguments."""
FEWER = ("null", "0", "1", "'Ab c'", "[1]", "2.5")
"""Of functions with three."""
GRAPH = "CREATE (:A {x: 1})-[:R {x: 2}]->(:B)"
ELEMENTS = "MATCH p = (n:A)-[r]->() WITH {node: n, relationship: r, path: p} AS e"

INFIX = ("+", "-", "*", "/", "%", "^", "=", "<>", "<", "<=", ">", ">=", "AND", "OR", "XOR", "IN", "STARTS WITH")
INFIX += ("ENDS WITH", "CONTAINS", "=~")
OTHERS = (
    "a[b]",
    "a[b..]",
    "a[..b]",
    "[a, b] = [a, b]",
    "[a, 1] < [b, 2]",
    "{k: a} = {k: b}",
    "a IN [b, null]",
    "[a] IN [[b], [1]]",
    "CASE a WHEN b THEN 1 ELSE 2 END",
    "a < b < 3",
    "coalesce(a, b)",
    "any(x IN [a, b] WHERE x)",
    "all(x IN [a, b] WHERE x = a)",
    "reduce(t = a, x IN [b] | t + x)",
    "[x IN a WHERE x = b]",
    "range(a, b)[..3]",
)
PREFIX = ("-a", "+a", "NOT a", "a IS NULL", "a.a", "a.x", "a.year", "a[0]", "a[-1]", "a['a']", "a[..1]", "[x IN a | x]")
PREFIX += ("size([x IN a WHERE x IS NULL])", "CASE WHEN a THEN 1 ELSE 2 END", "a {.a}", "a {.*}", "exists(a.a)", "a:A")
AGGREGATES = ("count", "sum", "avg", "min", "max", "collect", "stDev", "stDevP")
SKIPPED = {"rand", "randomuuid", "timestamp", "id", "elementid", "linenumber", "file"}
"""What depends on the time, on chance or on the store."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An expression over `a`, `b`, `c`, with the names of their values."""

    expression: str
    names: tuple[str, ...]

    @property
    def query(self) -> str:
        """The query that gives it; its values are in $v, and kinds are not known before it runs."""
        variables = ", ".join(f"{self._source(place)} AS {'abc'[place]}" for place in range(len(self.names)))
        elements = f"{ELEMENTS} " if any(name in ("node", "relationship", "path") for name in self.names) else ""
        return f"{elements}WITH {variables} RETURN {self.expression} AS o"

    @property
    def parameters(self) -> dict[str, Any]:
        """The values."""
        return {"v": [VALUES[name] for name in self.names]}

    def _source(self, place: int) -> str:
        name = self.names[place]
        return f"e.{name}" if name in ("node", "relationship", "path") else f"$v[{place}]"

    def __str__(self) -> str:
        return f"{self.expression} of {', '.join(self.names)}"


def entries() -> Iterator[Entry]:
    """All of them."""
    for symbol in INFIX:
        yield from (Entry(f"a {symbol} b", pair) for pair in product(PAIRED, PAIRED))
    for expression in OTHERS:
        yield from (Entry(expression, pair) for pair in product(FEW, FEW))
    for expression in PREFIX:
        yield from (Entry(expression, (name,)) for name in VALUES)
    for aggregate in AGGREGATES:
        yield from (Entry(f"{aggregate}(a)", (name,)) for name in VALUES)
    for name in sorted(FUNCTIONS):
        yield from _calls(name)


def _calls(name: str) -> Iterator[Entry]:
    function = FUNCTIONS[name]
    if name in SKIPPED or not name.replace(".", "").replace("_", "").isalnum():
        return
    least, most = function.arguments_min, function.arguments_max or 3
    if least <= 1 <= most:
        yield from (Entry(f"{name}(a)", (value,)) for value in VALUES)
    if least <= 2 <= most:
        yield from (Entry(f"{name}(a, b)", pair) for pair in product(FEW, FEW))
    if least <= 3 <= most:
        yield from (Entry(f"{name}(a, b, c)", triple) for triple in product(FEWER, FEWER, FEWER))

"""Values and tables as text."""

from datetime import UTC, timedelta, timezone

import pytest
import pytz
from neo4j.graph import Graph, Node, Path, Relationship
from neo4j.spatial import CartesianPoint
from neo4j.time import Date, DateTime, Duration, Time

from memgraph_py.cli.tables import format_table, format_value


def node(id: int, labels: list[str], properties: dict[str, object]) -> Node:
    """A node as the driver makes one."""
    return Node(GRAPH, str(id), id, labels, properties)


GRAPH = Graph()
BERLIN = pytz.timezone("Europe/Berlin")
"""As the driver makes zones; with those of zoneinfo its times crash."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "Null"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (-1.5, "-1.5"),
        ("a", '"a"'),
        ('say "x"\n', '"say \\"x\\"\\n"'),
        ("Größe", '"Größe"'),
        ({"id": "1"}, '{id:"1"}'),
        ({"from_id": "1", "to_id": "2"}, '{from_id:"1", to_id:"2"}'),
        ([1, [None, "x"], {}], '[1, [Null, "x"], {}]'),
        (b"\x01\xff", "0x01ff"),
        (Date(987, 1, 2), "0987-01-02"),
        (Time(1, 2, 3, 5), "01:02:03.000000005"),
        (Time(1, 2, 0, 0, tzinfo=UTC), "01:02:00Z"),
        (DateTime(2020, 1, 2, 3, 4, 5, 600_000_000), "2020-01-02T03:04:05.6"),
        (DateTime(2020, 1, 2, 3, 4, tzinfo=timezone(timedelta(minutes=-90))), "2020-01-02T03:04:00-01:30"),
        (DateTime(2020, 1, 2, 3, 4, tzinfo=pytz.utc), "2020-01-02T03:04:00Z"),
        (BERLIN.localize(DateTime(2020, 7, 2, 3, 4)), "2020-07-02T03:04:00+02:00[Europe/Berlin]"),
        (Duration(months=14, days=-3, seconds=-2, nanoseconds=1_000_000), "P1Y2M-3DT-1.999S"),
        ({"on": [Date(2020, 1, 2)]}, "{on:[2020-01-02]}"),
        (CartesianPoint((1.0, 2.0)), "CartesianPoint(1.0, 2.0)"),
        ("\x1b[31mred", '"\\u001b[31mred"'),
    ],
)
def test_values(value: object, text: str) -> None:
    assert format_value(value) == text


def test_elements() -> None:
    a, b, bare = node(1, ["B", "A"], {"p": 1, "q": "x"}), node(2, [], {}), node(3, ["C"], {})
    assert format_value(a) == '(:A:B {p: 1, q: "x"})'
    assert format_value(b) == "()"
    assert format_value(bare) == "(:C)"
    there = _relationship("10", "T", a, b)
    back = _relationship("11", "U", bare, b)
    assert format_value(there) == "[:T {w: 0.5}]"
    assert format_value(Path(a, there, back)) == '(:A:B {p: 1, q: "x"})-[:T {w: 0.5}]->()<-[:U {w: 0.5}]-(:C)'


def _relationship(id: str, name: str, start: Node, end: Node) -> Relationship:
    made: Relationship = GRAPH.relationship_type(name)(GRAPH, id, int(id), {"w": 0.5})
    made._start_node, made._end_node = start, end
    return made


def test_a_table_is_as_wide_as_its_values() -> None:
    assert format_table(["query", "params"], [["CREATE (:Node {id: $id})", {"id": "1"}], ["x", None]]) == (
        "+----------------------------+----------+\n"
        "| query                      | params   |\n"
        "+----------------------------+----------+\n"
        '| "CREATE (:Node {id: $id})" | {id:"1"} |\n'
        '| "x"                        | Null     |\n'
        "+----------------------------+----------+"
    )


def test_a_table_without_rows_is_its_header() -> None:
    assert format_table(["a"], []) == "+---+\n| a |\n+---+"


def test_wide_characters_keep_the_frame_straight() -> None:
    assert format_table(["x"], [["日本"], ["a"]]).splitlines()[3:] == ['| "日本" |', '| "a"    |', "+--------+"]

"""Which calls of a batch are put together, and which of them stay in order (`engine/reordering.py`)."""

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.engine.query_runs import QueryRun, groups_of
from memgraph_py.engine.reordering import PLANS_MAX, blocks_of
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.plan.names import of_parameter
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value

NODE = "CREATE (:Node {id: $id, at: $at})"
MERGED = "MERGE (n:Node {id: $id}) SET n.at = $at"
EDGE = "MATCH (n:Node {id: $id}), (m:Node {id: $other}) CREATE (n)-[:Edge]->(m)"
KNOWN = -1


@pytest.fixture
def database() -> Database:
    database = Database(GraphStore())
    for label in ("Node", "Place"):
        database.session().run(f"CREATE INDEX ON :{label}(id)").values()
    return database


def blocks(database: Database, *calls: tuple[str, Value]) -> list[tuple[str, list[Value]]] | None:
    """Of calls with these ids: the texts and ids of the blocks that they become. The other end is known."""
    queries: list[tuple[QueryRun, PreparedQuery]] = []
    texts: dict[int, str] = {}
    for at, (text, value) in enumerate(calls):
        prepared = database.core.statements.prepare(text, database.store.current)
        assert isinstance(prepared, PreparedQuery)
        texts[id(prepared.vectorised)] = text
        queries.append((QueryRun(text, 1, {"id": [value], "other": [KNOWN], "at": [at]}), prepared))
    found = blocks_of([*groups_of(queries)])
    return None if found is None else [(texts[id(one.plan)], one.columns[of_parameter("id")]) for one in found]


def test_nodes_come_first_where_no_edge_sought_them_before(database: Database) -> None:
    calls = [(text, number) for number in range(4) for text in (NODE, EDGE)]
    assert blocks(database, *calls) == [(NODE, [0, 1, 2, 3]), (EDGE, [0, 1, 2, 3])]
    edges_first = [(text, number) for number in range(4) for text in (EDGE, NODE)]
    assert blocks(database, *edges_first) is None, "each stays before its node"


def test_a_segment_begins_with_the_node_that_an_edge_sought_before(database: Database) -> None:
    calls: list[tuple[str, Value]] = []
    for number in range(10):
        calls += [(NODE, number), (EDGE, 7 if number == 3 else number)]
    assert blocks(database, *calls) == [
        (NODE, [*range(7)]),
        (EDGE, [0, 1, 2, 7, 4, 5, 6]),
        (NODE, [7, 8, 9]),
        (EDGE, [7, 8, 9]),
    ]


def test_of_a_merge_only_the_first_call_of_a_value_creates(database: Database) -> None:
    calls: list[tuple[str, Value]] = []
    for _ in range(4):
        calls += [(MERGED, "hub"), (EDGE, "hub")]
    assert blocks(database, *calls) == [(MERGED, ["hub"] * 4), (EDGE, ["hub"] * 4)]
    assert blocks(database, *[(NODE if text is MERGED else text, value) for text, value in calls]) is None


def test_of_a_merge_behind_a_seek_any_call_of_a_value_may_be_the_first_to_create(database: Database) -> None:
    merged = "MATCH (a:Place {id: $other}) MERGE (n:Node {id: $id})"  # no such place: no node
    calls: list[tuple[str, Value]] = []
    for _ in range(4):
        calls += [(merged, "hub"), ("MATCH (n:Node {id: $id}) SET n.at = $at", "hub")]
    assert blocks(database, *calls) is None


def test_many_plans_stay_as_they_are(database: Database) -> None:
    calls: list[tuple[str, Value]] = []
    for number in range(4):
        calls += [(f"CREATE (:L{label} {{id: $id}})", number) for label in range(PLANS_MAX)]
    reordered = blocks(database, *calls)
    assert reordered is not None
    assert len(reordered) == PLANS_MAX
    assert blocks(database, *calls, ("CREATE (:Other {id: $id})", 0)) is None, "each would be compared with each"


@pytest.mark.parametrize(
    ("first", "second", "reordered"),
    [
        (NODE, "MATCH (n:Node {id: $id}) SET n.at = $at", True),  # what is set belongs to nodes that were there
        (NODE, "MATCH (n:Node {id: $id}) SET n.at = n.id + $at", True),
        (MERGED, "MATCH (n:Node {id: $id}) SET n.at = $at", False),  # the last one wins
        (MERGED, "MATCH (n:Node {id: $id}) SET n.to = n.at", False),
        (MERGED, "MATCH (n:Node {id: $id}) SET n.to = $at", True),
        (NODE, "MATCH (n:Place {id: $id}) CREATE (n)-[:At]->(:Place2 {at: $at})", True),
        (NODE, "MERGE (n:Place {id: $id}) ON CREATE SET n.at = $at", True),
        (NODE, "MERGE (n {id: $id}) ON CREATE SET n.seen = $at", True),  # the values differ
        ("CREATE (:Node {id: $id + 1})", EDGE, False),  # nobody looks what that comes to
        ("CREATE (:Node {at: $at, number: $id})", EDGE, True),  # not found by its id
        ("CREATE (:Place $id)", EDGE, True),
        ("CREATE (:Node $id)", EDGE, False),
        (EDGE, EDGE.replace("CREATE", "MERGE"), False),
        (EDGE, EDGE.replace("CREATE", "MERGE").replace(":Edge", ":Other"), True),
        ("MATCH (n:Node {id: $id}) CREATE (n)-[:At]->(:Place {at: $at, id: $other})", EDGE, True),
    ],
)
def test_what_two_plans_read_and_write_tells_whether_calls_may_pass(
    database: Database, first: str, second: str, reordered: bool
) -> None:
    calls: list[tuple[str, Value]] = []
    for number in range(8):
        calls += [(first, number), (second, 100 + number)]
    assert (blocks(database, *calls) is not None) is reordered


@pytest.mark.parametrize("value", [1.0, True, [1]])
def test_values_that_python_compares_otherwise_stay_in_order(database: Database, value: Value) -> None:
    calls: list[tuple[str, Value]] = [(text, number) for number in range(8) for text in (NODE, EDGE)]
    assert blocks(database, *calls) is not None
    assert blocks(database, *calls, (NODE, value)) is None
    assert blocks(database, *calls, (NODE, None)) is not None, "NULL is not found"


def test_long_runs_stay_as_they_are(database: Database) -> None:
    calls: list[tuple[str, Value]] = []
    for _ in range(6):
        calls += [(NODE, number) for number in range(20)]
        calls += [(EDGE, number) for number in range(20)]
    assert blocks(database, *calls) is None

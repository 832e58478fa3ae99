"""Patterns whose properties name other parts of the same pattern."""

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.storage.store import GraphStore


@pytest.fixture
def database() -> Database:
    database = Database(GraphStore())
    chain = "CREATE (:A {x: 1})-[:R {x: 2}]->(:B {y: 2, x: 5})-[:R {x: 3}]->(:C {y: 3})"
    database.session().run(chain).values()
    return database


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("(a)-[*1..2 {x: b.y}]->(b)", [[["A"], ["B"]], [["B"], ["C"]]]),
        ("(a)<-[*1..2 {x: a.y}]-(b)", [[["B"], ["A"]], [["C"], ["B"]]]),
        ("(a)-[r {x: b.y}]->(b)", [[["A"], ["B"]], [["B"], ["C"]]]),
        ("(a {x: 1})-->(b {y: a.x + 1})", [[["A"], ["B"]]]),
        ("(a {x: b.y - 1})-->(b {y: a.x + 1})", [[["A"], ["B"]]]),
    ],
)
def test_properties_may_name_the_other_end(database: Database, pattern: str, answer: list[object]) -> None:
    found = database.session().run(f"MATCH {pattern} RETURN labels(a) AS a, labels(b) AS b ORDER BY a, b").values()
    assert found == answer

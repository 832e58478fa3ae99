"""Indexes that a plan would use if they were there."""

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion
from memgraph_py.storage.store import GraphStore

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        ("MATCH (n:Node {id: $from}), (m:Node {id: $to}) CREATE (n)-[:Edge]->(m)", [("Node", "id")]),
        ("MERGE (n:Node {id: $id})", [("Node", "id")]),
        ("MATCH (n:Node) WHERE n.id IN $ids SET n.seen = true", [("Node", "id")]),
        ("UNWIND $rows AS row MATCH (n:Node {id: row.id}) SET n.seen = row.seen", [("Node", "id")]),
        ("MATCH (a:A {x: $x}) OPTIONAL MATCH (b:B {y: a.y}) RETURN b", [("A", "x"), ("B", "y")]),
        ("MATCH (n:Node {id: $id, name: $name}) DELETE n", [("Node", "id")]),
        ("MATCH (n:Node) WHERE n.id > $id RETURN n", []),
        ("MATCH (n:Node) WHERE n.id = n.other RETURN n", []),
        ("MATCH (n:Node) WHERE id(n) = $id RETURN n", []),
        ("MATCH (n {id: $id}) RETURN n", []),
        ("CREATE (:Node {id: $id})", []),
        ("CREATE INDEX ON :Node(id)", []),
        ("no query at all", []),
    ],
)
def test_advice(text: str, indexes: list[tuple[str, str]]) -> None:
    database = Database(GraphStore())
    ingestion = Ingestion(database)
    database.session().run("UNWIND range(1, 50) AS id CREATE (:Node {id: id}), (:A {x: id}), (:B {y: id})").values()
    assert ingestion.missing_indexes([text]) == indexes
    for label, key in indexes:
        database.session().run(f"CREATE INDEX ON :{label}({key})").values()
    assert ingestion.missing_indexes([text]) == []

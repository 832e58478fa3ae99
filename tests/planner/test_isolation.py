"""Where a plan takes all rows before it goes on: needed for the meaning, and not for nothing on the hot paths."""

import pytest

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.plan.operators import Drain, Eager, Operator
from memgraph_py.plan.tree import walk
from memgraph_py.planner import plan_query


def planned(text: str) -> Operator:
    """The plan, not optimised."""
    query = parse(text)
    assert isinstance(query, ast.Query)
    return plan_query(query, analyse(query, text), text)


def eagers_over(text: str) -> list[str]:
    """Names of the operators right below an Eager, from the root down."""
    return [type(node.input).__name__ for node in walk(planned(text)) if isinstance(node, Eager)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE (:Node {id: $id})",
        "UNWIND $rows AS row CREATE (:Node {id: row.id})",
        "MATCH (n:Node {id: $from}), (m:Node {id: $to}) CREATE (n)-[:Edge]->(m)",
        "UNWIND $rows AS row MATCH (n:Node {id: row.from}) MATCH (m:Node {id: row.to}) CREATE (n)-[:Edge]->(m)",
        "MERGE (n:Node {id: $id}) ON CREATE SET n.made = true",
        "MERGE (n:Node {id: $id}) SET n.seen = $now RETURN n.name",
        "UNWIND $rows AS row MERGE (n:Node {id: row.id}) SET n.seen = row.now",
        "MATCH (n:User) CREATE (:Post)",
        "MATCH (n:User {id: $id}) SET n.seen = 1",
        "CREATE (n:Node) WITH n MATCH (m:Node) RETURN count(m)",
        "MATCH (n:User) RETURN n.name ORDER BY n.age",
    ],
)
def test_hot_paths_have_none(text: str) -> None:
    assert eagers_over(text) == []


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("MATCH (n:User) CREATE (:User)", ["LabelScan"]),
        ("MATCH (n) CREATE (:User)", ["AllNodes"]),
        ("MATCH (n:User) CREATE ()", []),
        ("MATCH (a)-[:R]->(b) CREATE (a)-[:R]->(b)", ["Expand"]),
        ("MATCH (a:A)-[:R]->(b) CREATE (a)-[:S]->(b)", []),
        ("MATCH (n:User) DETACH DELETE n", ["LabelScan"]),
        ("MATCH (n:User) WHERE n.x = 1 SET n.x = 2", ["Filter"]),
        ("MATCH (n:User) SET n.x = 2 RETURN n.x", ["Set"]),
        ("MATCH (n:User) SET n.x = 2 RETURN n.y", []),
        ("MATCH (n:User) SET n:Seen WITH n MATCH (m:Seen) RETURN m", ["Set"]),
        ("UNWIND [1, 2] AS x CREATE (:A {x: x}) WITH x MATCH (a:A) RETURN a", ["Create"]),
        ("UNWIND [1, 2] AS x MERGE (a:A {x: x}) MERGE (b:A {x: x + 1})", ["Merge"]),
        ("UNWIND [1, 2] AS x MERGE (a:A {x: x}) MERGE (b:B {x: x + 1})", []),
        ("MATCH (n:User) WITH count(*) AS c CREATE (:User {c: c})", []),
        ("MATCH (n:User) WITH n LIMIT 1 CREATE (:User)", []),
        ("MATCH (n:User) SET n.x = 1 WITH n LIMIT 1 MATCH (m {x: 1}) RETURN m", ["Set"]),
        ("MATCH (n:User) WITH n LIMIT 2 CREATE (:User)", ["Limit"]),
        ("MATCH (n:User) FOREACH (x IN [1] | CREATE (:User))", ["LabelScan"]),
    ],
)
def test_reads_and_writes_of_the_same_are_kept_apart(text: str, below: list[str]) -> None:
    assert eagers_over(text) == below


def test_a_query_without_return_ends_in_drain() -> None:
    assert isinstance(planned("MATCH (n) SET n.x = 1"), Drain)

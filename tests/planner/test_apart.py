"""Which rows of a subquery or FOREACH go together: not two of which one may depend on what the other does."""

import pytest

from memgraph_py.plan.operators import Eager
from memgraph_py.plan.printing import line
from memgraph_py.plan.tree import walk
from tests.planner.test_isolation import planned


@pytest.mark.parametrize(
    ("updates", "rows"),
    [
        ("CALL (a) { MERGE (n:N {id: a.id}) MERGE (m:N {id: a.to}) }", []),
        ("CALL (a) { MERGE (n:N {id: a.id}) ON CREATE SET n.v = 1 MERGE (m:N {id: a.to}) ON CREATE SET m.v = 1 }", []),
        (
            "CALL (a) { MERGE (n:N {id: a.id}) ON CREATE SET n.v = 1 MERGE (m:N {id: a.to}) }",
            [()],
        ),
        ("CALL (a) { MERGE (n:N {id: a.id}) MERGE (m:N {id: a.to}) ON MATCH SET m.v = 2 }", [()]),
        ("CALL (a) { MERGE (n:N {id: a.id}) ON MATCH SET n.v = 2 MERGE (m:N {id: a.to}) ON MATCH SET m.v = 2 }", []),
        ("CALL (a) { MERGE (n:N {id: a.id}) MERGE (m:N {key: a.to}) }", []),
        ("CALL (a) { MERGE (n:N {id: a.id}) ON CREATE SET n.key = 1 MERGE (m:N {key: a.to}) }", [()]),
        ("CALL (a) { MERGE (n:N {id: a.id}) ON CREATE SET n += $map MERGE (m:N {key: a.to}) }", [()]),
        ("CALL (a) { MERGE (n:N {id: a.id}) MERGE (m:N {id: a.to, v: 1}) }", [()]),
        ("CALL (a, b) { MERGE (a)-[:S]->(b) MERGE (b)-[:S]->(a) }", []),
        ("CALL (a, b) { MERGE (a)-[:S]-(b) MERGE (b)-[:S]->(a) }", [()]),
        ("CALL (a) { CREATE (:N {c: COUNT { (:N) }}) }", [()]),
        ("FOREACH (x IN CASE WHEN a.v = 0 THEN [1] ELSE [] END | SET a.v = x)", [("a",)]),
        ("FOREACH (x IN CASE WHEN a.v = 0 THEN [1] ELSE [] END | SET b.v = x)", [("a", "b")]),
        ("FOREACH (x IN CASE WHEN a:Seen THEN [] ELSE [1] END | SET a:Seen)", [("a",)]),
        ("FOREACH (x IN [n IN [b] | n.v] | SET a.v = x)", [()]),
        ("FOREACH (x IN [a IN [b] | a.v] | SET a.v = x)", [()]),
        ("FOREACH (x IN CASE WHEN EXISTS { (:Seen) } THEN [] ELSE [1] END | SET a:Seen)", [()]),
        ("FOREACH (x IN a.list | SET a.v = x)", []),
        ("FOREACH (n IN [a, b] | SET n.v = n.w SET n.w = n.v)", [("n",)]),
    ],
)
def test_rows_are_taken_apart_where_one_may_depend_on_another(updates: str, rows: list[tuple[str, ...]]) -> None:
    plan = planned(f"MATCH (a:A)-[:R]->(b) {updates}")
    assert [node.elements for node in walk(plan) if isinstance(node, Eager) and node.singly] == rows


@pytest.mark.parametrize(
    ("updates", "rows"),
    [
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:M {id: row.to}) SET m.v = 2", ["row.id, row.to"]),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:M {id: $id}) SET m.v = 2", ["row.id, $id"]),
        (
            "MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:M {key: row.to}) SET m.v = 2",
            ["row.id, row.to where no node is N and M"],
        ),
        (
            "MERGE (n:N {id: row.id}) ON CREATE SET n.key = 1 SET n.v = 1 MERGE (m:M {key: row.to}) SET n.key = m.v",
            ["row.id, row.to where no node is N and M"],
        ),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:M {key: row.to}) SET m.key = 2, m.v = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:M {key: row.to}) ON CREATE SET m.key = 2 SET m.v = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:M {key: row.to}) SET n:M, m.v = 2", [""]),
        ("MERGE (n:N:M {id: row.id}) SET n.v = 1 MERGE (m:M {key: row.to}) SET m.v = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m {key: row.to}) SET m.v = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:N {key: row.to}) SET m.v = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 MERGE (m:M {id: row.to}) SET m.v = 2, m.id = 1", [""]),
        ("MERGE (n:N {id: row.id}) ON CREATE SET n.id = 1 SET n.v = 1 MERGE (m:M {id: row.to}) SET m.v = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = 1 CREATE (m:N {id: row.to}) SET m.v = 2", [""]),
        ("MERGE (n:N {id: rand()}) SET n.v = 1 MERGE (m:M {id: row.to}) SET m.v = 2", [""]),
        ("MERGE (n:N {id: COUNT { () }}) SET n.v = 1 MERGE (m:M {id: row.to}) SET m.v = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = row.v MERGE (m:M {id: a.to}) SET m.to = 2", [""]),
        ("MERGE (n:N {id: row.id}) SET n.v = row.v WITH n, a SET a.v = 1", ["row.id, a.id"]),
        ("MATCH (n:N {id: row.id}) WITH n, n.v AS v, row SET n.v = v + 1", ["row.id"]),
        ("MATCH (n:N) WHERE row.id = n.id AND n.v > 1 SET n.v = 0", ["row.id"]),
        ("MATCH (n:N) WITH n LIMIT 5 WHERE n.id = row.id AND n.v > 1 SET n.v = 0", [""]),
        ("MATCH (n:N)-[:R]->(m {id: row.id}) WITH m, n.v AS v SET m.v = v", [""]),
        ("WITH row, 1 AS x MATCH (n:N {id: row.id}) WHERE n.v > x SET n.v = 0", ["row.id"]),
        ("UNWIND [1, 2] AS x MATCH (n:N {id: x}) WHERE n.v > 1 SET n.v = 0", [""]),
        ("MATCH (n:N {id: row.id}) SET n += row.map", ["row.id"]),
        ("MERGE (n:N {id: row.id}) SET n += row.map SET n.seen = row.at", ["row.id"]),
        (
            "MERGE (n:N {id: row.id}) SET n += row.map MERGE (m:M {key: row.to}) SET m += row.other",
            ["row.id, row.to where no node is N and M"],
        ),
        ("MATCH (n:N {id: row.id}) SET n[row.key] = 1", [""]),
        ("MATCH (n:N {id: row.id}) SET n.id = row.to", [""]),
        ("MATCH (n:N {id: row.id}), (m:N {id: row.to}) CREATE (n)-[:R]->(m)", []),
        ("MERGE (n:N {id: row.id}) MERGE (m:N {id: row.to}) MERGE (n)-[r:R]->(m) SET r.w = 1", []),
        ("MERGE (n:N {id: row.id}) MERGE (n)-[r:R]->(a) SET r.w = 1 WITH * SET n.w = 2", [""]),
    ],
)
def test_values_that_tell_elements_apart_tell_which_rows_go_together(updates: str, rows: list[str]) -> None:
    plan = planned(f"UNWIND $rows AS row MATCH (a:A) CALL (a, row) {{ {updates} }}")
    told = [line(node).removeprefix("Eager ") for node in walk(plan) if isinstance(node, Eager) and node.singly]
    assert told == [f"different {keys}" if keys else "row by row" for keys in rows]


def test_a_row_that_came_as_a_parameter_holds_no_element() -> None:
    updates = "FOREACH (x IN row.items | SET a.items = x)"
    apart = [node for node in walk(planned(f"UNWIND $rows AS row MATCH (a:A) {updates}")) if isinstance(node, Eager)]
    assert not any(node.singly for node in apart)
    apart = [node for node in walk(planned(f"MATCH (row) MATCH (a:A) {updates}")) if isinstance(node, Eager)]
    assert [node.elements for node in apart if node.singly] == [("row", "a")]

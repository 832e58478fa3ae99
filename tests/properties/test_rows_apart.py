"""A subquery over many rows gives the graph that a statement for each row gives: the rows that go together depend on
nothing that another of them does."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from memgraph_py.engine.database import Database
from memgraph_py.errors import CypherError
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value

BEFORE = "UNWIND range(0, 3) AS i CREATE (:A:Start {id: i, key: i}) CREATE (:B {id: i, x: i})"
TOGETHER = "CREATE (:A:C {id: 1, name: 2})"
VALUES = ("row.a", "row.b", "toInteger(row.a)", "row.f", "1", "n.id", "coalesce(row.b, 3)")
FOUND = (
    "MERGE ({v}:A {{id: {value}}})",
    "MERGE ({v}:B {{id: {value}}}) ON CREATE SET {v}.c = 1",
    "MERGE ({v}:A {{id: {value}}}) ON CREATE SET {v}.c = 1 ON MATCH SET {v}.u = 1",
    "MERGE ({v}:A {{id: {value}}}) ON CREATE SET {v}.x = row.i ON MATCH SET {v}.y = row.i",
    "MERGE ({v}:A {{x: {value}}})",
    "MERGE ({v}:C {{name: {value}}}) ON CREATE SET {v}.x = row.i",
    "MERGE ({v}:C {{name: {value}}}) ON MATCH SET {v}.x = row.i",
    "MERGE ({v}:B:A {{id: {value}, x: row.a}}) ON CREATE SET {v}.id = row.b",
    "MERGE ({v}:B {{id: {value}}}) ON CREATE SET {v} += row.map",
    "WITH * MATCH ({v}:A {{id: {value}}})",
    "WITH * MATCH ({v}) WHERE {value} = {v}.id AND coalesce({v}.x, 0) < 3",
    "WITH * OPTIONAL MATCH ({v}:B {{id: {value}}})",
)
DONE = (
    "SET {v}.x = row.i",
    "SET {v}.name = row.b",
    "SET {v}.x = coalesce({o}.y, 0) + 1",
    "SET {v}.y = row.i, {o}.y = row.a",
    "SET {v}.y = row.i SET {o}.y = row.a",
    "SET {v} += row.map",
    "SET {v} += row.map SET {o} += {{x: row.b}}",
    "SET {v}:B",
    "SET {v}.id = row.b",
    "SET n.x = coalesce({v}.x, 0) + 1",
    "REMOVE {v}.x",
    "MERGE ({v})-[:R]->({o}) SET {v}.y = 2",
    "CREATE (:A {{id: row.b, x: {v}.x}})",
    "WITH * WHERE coalesce({v}.x, 0) < 4",
    "FOREACH (z IN CASE WHEN {v}.x > 1 THEN [1] ELSE [] END | SET {o}.x = row.i, {v}.y = z)",
    "FOREACH (z IN [row.a, row.b] | MERGE (m:A {{id: z}}) SET m.x = row.i MERGE (k:B {{id: z + 1}}) SET k.x = z)",
)


@st.composite
def subqueries(draw: st.DrawFn) -> str:
    parts: list[str] = []
    bound: list[str] = []
    for variable in ("u", "v")[: draw(st.integers(1, 2))]:
        parts.append(draw(st.sampled_from(FOUND)).format(v=variable, value=draw(st.sampled_from(VALUES))))
        bound.append(variable)
        for _ in range(draw(st.integers(0, 2))):
            one, other = draw(st.sampled_from(bound)), draw(st.sampled_from([*bound, "n"]))
            parts.append(draw(st.sampled_from(DONE)).format(v=one, o=other))
    return " ".join((*parts, f"SET {bound[-1]}.last = row.i"))


def graph_after(before: list[str], statements: list[tuple[str, dict[str, Value]]]) -> list[list[Value]] | None:
    """Labels and properties of nodes, and the ends of relationships; None after an error."""
    database = Database(GraphStore())
    try:
        for text in before:
            database.session().run(text).values()
        for text, parameters in statements:
            database.session().run(text, parameters).values()
    except CypherError:
        return None
    nodes = "MATCH (n) OPTIONAL MATCH (n)-[r]->(m) RETURN labels(n), properties(n), properties(m), count(r)"
    return sorted(database.session().run(nodes).values(), key=repr)


BY_LABEL = "MERGE (u:A {id: row.a}) SET u.x = row.i MERGE (v:C {name: row.b}) SET v.x = row.i"
"""Where a node is both, what one row does to it as the one comes behind what the row before did to it as the other."""


@example(True, BY_LABEL, [(0, 4, 2), (0, 1, 5)])
@example(False, BY_LABEL, [(0, 4, 2), (0, 1, 5)])
@settings(max_examples=300)
@given(st.booleans(), subqueries(), st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=2, max_size=6))
def test_rows_that_go_together_do_what_they_do_one_by_one(
    together: bool, subquery: str, values: list[tuple[int, int, int]]
) -> None:
    rows: list[Value] = [
        {"i": i, "n": n, "a": a, "b": b, "f": float(b), "map": {"z": 1}} for i, (n, a, b) in enumerate(values)
    ]
    matched = "MATCH (n:Start {key: row.n % 4})"
    body = f"CALL (n, row) {{ {subquery} }}"
    before = [BEFORE, TOGETHER] if together else [BEFORE]
    one_by_one = graph_after(before, [(f"UNWIND [$row] AS row {matched} {body}", {"row": row}) for row in rows])
    at_once = graph_after(before, [(f"UNWIND $rows AS row {matched} {body}", {"rows": rows})])
    assert one_by_one is None or at_once == one_by_one

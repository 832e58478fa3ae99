"""The rows of a query do not depend on how they are cut into batches."""

import pytest

from memgraph_py.config import Limits
from memgraph_py.engine.database import Database
from memgraph_py.storage.store import GraphStore

SETUP = """
UNWIND range(0, 19) AS i CREATE (:N {i: i, half: i / 2, name: toString(i % 7)})
WITH count(*) AS done MATCH (a:N), (b:N) WHERE b.i IN [a.i + 1, a.i * 2, a.i / 3] CREATE (a)-[:T {w: b.i}]->(b)
"""

QUERIES = [
    "MATCH (a:N)-[r]->(b)-[s]->(c) RETURN a.i, b.i, c.i",
    "MATCH (a:N {i: 3})-[rs*1..3]-(b) RETURN b.i, size(rs)",
    "MATCH (a)-->(b)-->(a) RETURN a.i, b.i",
    "MATCH (a) OPTIONAL MATCH (a)-->(b) WHERE b.i > 12 RETURN a.i, b.i",
    "MATCH (a) RETURN a.name, count(*), collect(DISTINCT a.half), sum(a.i), min(a.name)",
    "MATCH (a)-->(b) RETURN DISTINCT a.half, b.name",
    "MATCH (a)-->(b) RETURN a.i, b.i ORDER BY b.name DESC, a.i LIMIT 7",
    "MATCH (a)-->(b) WITH a, b ORDER BY a.i, b.i SKIP 5 LIMIT 9 RETURN a.i, b.i",
    "MATCH (a {i: 3})-->(b)-->(c)-->(d) WITH count(d.i) AS n, sum(d.i) AS t LIMIT 1 RETURN n, t",
    "MATCH (a)-->(b)-->(c)-->(d) WITH d LIMIT 12 RETURN count(*)",
    "MATCH (a) RETURN a.i, [(a)-->(b) | b.i], size([(a)<--(b) WHERE b.i < a.i | b])",
    "MATCH (a) WHERE EXISTS { (a)-->(b) WHERE b.i = a.i + 1 } RETURN a.i, COUNT { (a)-->() }",
    "MATCH (a) CALL { WITH a MATCH (a)-->(b) RETURN b ORDER BY b.i DESC LIMIT 2 } RETURN a.i, b.i",
    "MATCH (a) CALL { WITH a MATCH (a)-->(b) RETURN count(b) AS c UNION MATCH (z) RETURN count(z) AS c } RETURN a.i, c",
    "UNWIND range(1, 40) AS x UNWIND range(1, x % 4) AS y RETURN x, y, reduce(t = 0, z IN range(0, y) | t + z * x)",
    "UNWIND range(1, 40) AS x MERGE (n:M {k: x % 5}) ON CREATE SET n.c = 1 ON MATCH SET n.c = n.c + 1 RETURN n.k",
    "MATCH (a)-[r]->(b) SET a.sum = coalesce(a.sum, 0) + b.i WITH DISTINCT a RETURN a.i, a.sum",
    "MATCH (a:N) WHERE a.i % 3 = 0 DETACH DELETE a RETURN count(*)",
]


def answers(limits: Limits) -> list[list[str]]:
    """The rows of all queries, each query's sorted, and then the graph."""
    store = GraphStore()
    database = Database(store, limits)
    session = database.session()
    session.run(SETUP, {}).values()
    rows = [sorted(map(repr, session.run(query, {}).values())) for query in QUERIES]
    rows.append(sorted(map(repr, session.run("MATCH (n) OPTIONAL MATCH (n)-[r]->(m) RETURN n, r, m", {}).values())))
    session.close()
    store.close()
    return rows


@pytest.mark.parametrize(("smallest", "largest"), [(1, 1), (1, 2), (3, 7)])
def test_rows_are_the_same_in_batches_of_any_size(smallest: int, largest: int) -> None:
    expected = answers(Limits())
    assert all(expected)
    for query, found, wanted in zip(
        [*QUERIES, "the graph"], answers(Limits(batch_rows_min=smallest, batch_rows_max=largest)), expected, strict=True
    ):
        assert found == wanted, query

"""A batch whose calls are put in another order gives the graph that one call after another gives."""

from unittest import mock
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.engine import ingestion as ingestion_module
from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion, QueryFailed
from memgraph_py.engine.query_runs import Calls, Group, QueryRun
from memgraph_py.engine.reordering import blocks_of
from memgraph_py.storage.changes import Partition
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value

TEXTS = (
    "CREATE (:A {id: $x, at: $at})",
    "CREATE (:A {id: $x})",
    "CREATE (:A:B {id: $x, at: $at})",
    "CREATE (:B {id: $y, other: $x, at: $at})",
    "CREATE (:C {at: $at})",
    "MERGE (:A {id: $x})",
    "MERGE (n:A {id: $x}) SET n.seen = $at",
    "MERGE (n:B {id: $x}) ON CREATE SET n.first = $at ON MATCH SET n.last = $at",
    "MERGE (n:A {id: $x, other: $y}) ON MATCH SET n.last = $at",
    "MERGE (n {id: $x}) ON CREATE SET n.loose = $at",
    "MERGE (n:B) SET n.any = $at",
    "MATCH (a:A {id: $x}), (b:A {id: $y}) CREATE (a)-[:R {at: $at}]->(b)",
    "MATCH (a:A {id: $x}), (b:B {id: $y}) CREATE (a)-[:S {at: $at}]->(b)",
    "MATCH (a:A {id: $x}), (b:A {id: $y}) MERGE (a)-[:R]->(b)",
    "MATCH (a:A {id: $x}), (b:B {id: $y}) MERGE (a)-[r:S]->(b) SET r.at = $at",
    "MATCH (a:A {id: $x}) CREATE (a)-[:S]->(:C {id: $y, at: $at})",
    "MATCH (a:A {id: $x}) MERGE (n:B {id: $y}) ON MATCH SET n.last = $at",
    "MATCH (a:A {id: $x}) MERGE (a)-[:T]->(n:B {id: $y})",
    "MATCH (a:A {id: $x}) CREATE (:C {keys: keys(a), set: a['set'], at: $at})",
    "MATCH (a:A {id: $x}) MATCH (b:B {id: $y}) CREATE (:C {keys: keys([a][0]), at: $at})",
    "MATCH (a:A {id: $x}) SET a.set = $at",
    "MATCH (a:A {id: $x}) SET a.set = a.at + $at",
    "MATCH (a:B {id: $x}) SET a.seen = a.set",
    "CREATE (:U {id: $x, at: $at})",  # unique
    "MERGE (n:U {id: $y}) SET n.at = $at",
    "MATCH (a:U {id: $x}) MATCH (b:A {id: $y}) CREATE (a)-[:R {at: $at}]->(b)",
    "MATCH (a:A {id: $x}) DETACH DELETE a",
    "CREATE (:A {id: 1 % $y, at: $at})",  # may err
)
keys = st.one_of(st.integers(0, 40), st.sampled_from(["0", "1", "a"]), st.none(), st.sampled_from([True, 1.0, 2.5]))
many_keys, few_keys = st.integers(0, 40), st.sampled_from([0, 1, 3])


@st.composite
def batches(draw: st.DrawFn) -> list[QueryRun]:
    """Short runs of a few texts, in any order."""
    texts = draw(st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4, unique=True))
    values = draw(st.sampled_from([many_keys, few_keys, keys]))
    runs: list[QueryRun] = []
    at = 0
    for _ in range(draw(st.integers(3, 60))):
        rows = draw(st.integers(1, 3))
        columns: dict[str, list[Value]] = {
            "x": [draw(values) for _ in range(rows)],
            "y": [draw(values) for _ in range(rows)],
            "at": [*range(at, at + rows)],
        }
        at += rows
        runs.append(QueryRun(draw(st.sampled_from(texts)), rows, columns))
    return runs


def graph_after(batch: list[QueryRun]) -> object:
    """All nodes and relationships, told by what they hold, or which call failed and why."""
    database = Database(GraphStore())
    session = database.session()
    for label in ("A", "B"):
        session.run(f"CREATE INDEX ON :{label}(id)").values()
    session.run("CREATE CONSTRAINT FOR (n:U) REQUIRE n.id IS UNIQUE").values()
    session.run(
        "UNWIND range(0, 20, 3) AS id CREATE (:A {id: id, at: -id}), (:B {id: id, at: -id}), (:U {id: id})"
    ).values()
    calls = sum(run.rows for run in batch)
    try:
        Ingestion(database).apply(batch, uuid4(), {Partition("topic", "", 0): calls}, None).result()
    except QueryFailed as failure:
        return failure.row_index, failure.query, failure.error.text()
    nodes = session.run("MATCH (n) RETURN labels(n), properties(n)").values()
    relationships = session.run(
        "MATCH (n)-[r]->(m) RETURN labels(n), properties(n), type(r), properties(r), labels(m), properties(m)"
    ).values()
    return sorted(map(told, nodes)), sorted(map(told, relationships))


def told(row: list[Value]) -> str:
    """A row of labels, types and properties, these by key."""
    return repr([sorted(map(repr, value.items())) if isinstance(value, dict) else value for value in row])


def never(groups: object) -> None:
    """In place of ``blocks_of``."""


@settings(max_examples=300)
@given(batches())
def test_the_graph_is_that_of_one_call_after_another(batch: list[QueryRun]) -> None:
    with mock.patch.object(ingestion_module, "blocks_of", never):
        expected = graph_after(batch)
    assert graph_after(batch) == expected


def test_batches_are_reordered() -> None:
    """What the law above is about does happen: of generated batches a good part is reordered."""
    reordered: list[bool] = []

    def counted(groups: list[Group]) -> list[Calls] | None:
        blocks = blocks_of(groups)
        reordered.append(blocks is not None)
        return blocks

    @settings(max_examples=100, database=None, derandomize=True)
    @given(batches())
    def look(batch: list[QueryRun]) -> None:
        graph_after(batch)

    with mock.patch.object(ingestion_module, "blocks_of", counted):
        look()
    assert sum(reordered) >= 10, reordered

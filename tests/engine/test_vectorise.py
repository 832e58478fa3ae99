"""Which plans run over many sets of parameters at once, and that the answer is that of one after another."""

from uuid import uuid4

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion, QueryFailed
from memgraph_py.engine.query_runs import Calls, QueryRun
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.errors import ConstraintViolation, CypherError, ForbiddenInTransaction, LimitExceeded
from memgraph_py.storage.changes import Partition
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Transaction

PARTITION = Partition("topic", "", 0)
NODE = "CREATE (:Node {id: $id})"
EDGE = "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)"


@pytest.fixture
def database() -> Database:
    database = Database(GraphStore())
    database.session().run("CREATE INDEX ON :Node(id)").values()
    return database


def is_vectorised(database: Database, text: str) -> bool:
    prepared = database.core.statements.prepare(text, database.store.current)
    assert isinstance(prepared, PreparedQuery)
    return prepared.vectorised is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NODE, True),
        (EDGE, True),
        ("MERGE (:Node {id: $id})", True),
        ("CREATE (:Node {id: $id, at: datetime(), on: date($id), ms: timestamp()})", True),
        ("CREATE (:Node {id: $id, at: datetime.realtime()})", False),
        ("CREATE (:Node {id: $id, at: rand()})", False),
        ("MATCH (n:Node {id: $id}) CREATE (n)-[:HAS]->(:Node {id: $other})", False),
        ("MATCH (n:Node {id: $id}) CREATE (n)-[:HAS]->(:Other {id: $other})", True),
        ("MATCH (n:Node {id: $id}) CREATE (:Other {count: n.count})", False),
        ("MATCH (n:Node {id: $id}) CREATE (:Other {keys: keys(n), at: $x})", False),  # others may set what it reads
        ("MATCH (n:Node {id: $id}) CREATE (:Other {count: n['count'], at: $x})", False),
        ("MATCH (n:Node {id: $id}) CREATE (:Other {id: n, at: $x})", False),
        ("MATCH (n:Node {id: $id}) SET n.x = keys([n][0]) + $x", False),
        ("MATCH (n:Node {id: $id}) SET n.x = n.x + coalesce(n.y, [n.z][0], $x)", True),
        ("MATCH (n:Node {id: $id}) SET n.x = $x", True),
        ("MATCH (n:Node {id: $id}) SET n.x = n.x + $x", True),
        ("MATCH (n:Node {id: $id}) SET n.id = $x", False),
        ("MATCH (n:Node {id: $id}) SET n.x = size(keys(n)) + $x", False),
        ("MATCH (n:Node {id: $id}) SET n += $x", False),
        ("MATCH (n:Node {id: $id}) SET n:Other", False),
        ("MATCH (n:Node {id: $id}) DELETE n", False),
        ("MERGE (n:Node {id: $id}) SET n.x = $x", True),
        ("MERGE (n:Node {id: $id}) SET n.id = $x", False),
        ("MERGE (n:Node {id: $id}) ON CREATE SET n.new = $x ON MATCH SET n.old = $x", True),
        ("MERGE (n:Node {id: $id}) ON CREATE SET n.x = $x SET n.y = n.x", False),
        ("MATCH (n:Node {id: $id}) MATCH (m:Node {id: $x}) MERGE (n)-[:To]->(m)", True),
        ("MATCH (n:Node {id: $id}) MATCH (m:Node {id: $x}) MERGE (n)-[:To]->(m) ON MATCH SET n.x = $x", False),
        ("MATCH (n:Node {id: $id}) MERGE (n)-[:To]->(:Node {id: $x})", False),
        ("MATCH (n:Unindexed {id: $id}) CREATE (n)-[:HAS]->(:Other)", False),
        ("MERGE (n:Node {id: $id}) ON MATCH SET n.count = n.count + 1", False),
        ("CREATE (:Node {id: 1})", True),  # its literals are parameters
        ("CREATE (:Node)", False),
        ("CREATE (n:Node {id: $id}) RETURN n", False),
    ],
)
def test_only_proven_plans_are_vectorised(database: Database, text: str, expected: bool) -> None:
    assert is_vectorised(database, text) is expected


def counts(database: Database) -> list[object]:
    return (
        database.session()
        .run("MATCH (n:Node) OPTIONAL MATCH (n)-[r:Edge]->() RETURN count(DISTINCT n), count(r)")
        .values()[0]
    )


def test_batch_and_position_commit_together(database: Database) -> None:
    ingestion, stream = Ingestion(database), uuid4()
    runs = [
        QueryRun(NODE, 3, {"id": ["1", "2", "3"]}),
        QueryRun(EDGE, 2, {"from_id": ["1", "2"], "to_id": ["2", "9"]}),
        QueryRun(NODE, 1, {"id": ["4"]}),
    ]
    ingestion.apply(runs, stream, {PARTITION: 6}, 2).result()
    assert counts(database) == [4, 1]
    position = ingestion.position(stream)
    assert position is not None
    assert (position.next_offsets, position.batches_left) == ({PARTITION: 6}, 2)
    ingestion.forget(stream).result()
    assert ingestion.position(stream) is None


def test_merge_run_creates_each_value_once(database: Database) -> None:
    values = ["a", "b", "a", "c", "b", "a"]
    Ingestion(database).apply(
        [QueryRun("MERGE (:Node {id: $id})", 6, {"id": values})], uuid4(), {PARTITION: 6}, None
    ).result()
    assert database.session().run("MATCH (n:Node) RETURN n.id AS id ORDER BY id").values() == [["a"], ["b"], ["c"]]


def test_a_variable_is_not_taken_for_a_parameter(database: Database) -> None:
    database.session().run("CREATE (:Node {id: 1}), (:Node {id: 2})").values()
    text = "MATCH (`$map`:Node {id: $id}) SET `$map`.x = $map.v"
    assert is_vectorised(database, text)
    run = QueryRun(text, 2, {"id": [1, 2], "map": [{"v": 3}, {"v": 4}]})
    Ingestion(database).apply([run], uuid4(), {PARTITION: 1}, None).result()
    found = database.session().run("MATCH (n:Node) RETURN n.id, n.x ORDER BY n.id").values()
    assert found == [[1, 3], [2, 4]]


def test_failing_call_is_named_and_nothing_is_written(database: Database) -> None:
    ingestion, stream = Ingestion(database), uuid4()
    runs = [QueryRun(NODE, 1, {"id": ["1"]}), QueryRun(NODE, 3, {"id": ["2", {"no": "map"}, "3"]})]
    with pytest.raises(QueryFailed) as caught:
        ingestion.apply(runs, stream, {PARTITION: 4}, None)
    assert caught.value.row_index == 2
    assert isinstance(caught.value.error, CypherError)
    assert counts(database) == [0, 0]
    assert ingestion.position(stream) is None


def test_a_string_that_is_too_long_names_its_call(database: Database) -> None:
    with pytest.raises(QueryFailed) as caught:
        run = QueryRun(NODE, 2, {"id": ["1", "x" * 2**24]})
        Ingestion(database).apply([run], uuid4(), {PARTITION: 2}, None)
    assert caught.value.row_index == 1
    assert isinstance(caught.value.error, LimitExceeded)
    assert counts(database) == [0, 0]


@pytest.mark.parametrize(
    "text",
    ["CREATE INDEX ON :A(b)", "STOP ALL STREAMS", "SHOW INDEXES", "CALL { CREATE (:A) } IN TRANSACTIONS"],
)
def test_commands_fail_the_batch(database: Database, text: str) -> None:
    with pytest.raises(QueryFailed) as caught:
        Ingestion(database).apply([QueryRun(text, 1, {})], uuid4(), {PARTITION: 1}, None)
    assert isinstance(caught.value.error, ForbiddenInTransaction)


def test_missing_parameter_fails_the_batch(database: Database) -> None:
    with pytest.raises(QueryFailed, match="expected parameter"):
        Ingestion(database).apply([QueryRun(NODE, 2, {"other": [1, 2]})], uuid4(), {PARTITION: 1}, None)


def test_mixed_kinds_in_one_run(database: Database) -> None:
    values = [1, "1", None, 1.5, True, [1, 2]]
    Ingestion(database).apply([QueryRun(NODE, 6, {"id": values})], uuid4(), {PARTITION: 6}, None).result()
    found = database.session().run("MATCH (n:Node) RETURN n.id").values()
    assert sorted(map(repr, (row[0] for row in found))) == sorted(map(repr, values))


def test_texts_that_differ_in_literals_run_as_one(database: Database) -> None:
    runs = [QueryRun(f"CREATE (:Node {{id: 'n{number}', at: {number}}})", 1, {}) for number in range(100)]
    runs.insert(50, QueryRun("CREATE (:Node {id: $id, at: 7})", 2, {"id": ["x", "y"]}))
    calls: list[int] = []

    def counted(blocks: list[Calls], transaction: Transaction) -> bool:
        calls.extend(block.rows for block in blocks)
        return Ingestion._run_vectorised(ingestion, blocks, transaction)

    ingestion = Ingestion(database)
    ingestion._run_vectorised = counted  # type: ignore[method-assign]
    ingestion.apply(runs, uuid4(), {PARTITION: 102}, None).result()
    assert calls == [50, 2, 50]
    found = database.session().run("MATCH (n:Node) RETURN n.id, n.at").values()
    assert sorted(found) == sorted([*([f"n{number}", number] for number in range(100)), ["x", 7], ["y", 7]])


def test_the_first_failing_call_of_texts_that_differ_is_named(database: Database) -> None:
    def failure(*texts: str) -> QueryFailed:
        with pytest.raises(QueryFailed) as caught:
            runs = [QueryRun(text, 1, {}) for text in texts]
            Ingestion(database).apply(runs, uuid4(), {PARTITION: len(texts)}, None)
        assert counts(database) == [0, 0]
        return caught.value

    good, bad, worse = "CREATE (:Node {id: 1 % 2})", "CREATE (:Node {id: 1 % 0})", "CREATE (:Node {id: 1 %})"
    assert (found := failure(good, bad, good)).row_index == 1 and found.query == bad
    assert failure(good, bad, worse).row_index == 1, "the query before the one that is none"
    assert failure(good, worse, bad).row_index == 1
    assert failure(good, good, "CREATE (:Node {id: $id})").row_index == 2


def constrained(database: Database) -> Ingestion:
    session = database.session()
    for demand in ("n.id IS UNIQUE", "n.name IS NOT NULL", "n.age IS :: INTEGER"):
        session.run(f"CREATE CONSTRAINT FOR (n:Held) REQUIRE {demand}").values()
    return Ingestion(database)


@pytest.mark.parametrize(
    ("rows", "failing"),
    [
        ([(1, "a", 1), (2, "b", 2), (1, "c", 3), (3, "d", 4)], 2),
        ([(1, "a", 1), (2, None, 2), (3, "c", 3)], 1),
        ([(1, "a", 1), (2, "b", "old"), (2, "c", 3)], 2),  # the second of a value fails at once, types at the end
        ([(1, "a", 1), (2, "b", None), (3, "c", 2.5)], 2),
    ],
)
def test_a_call_that_breaks_a_constraint_is_named(
    database: Database, rows: list[tuple[object, ...]], failing: int
) -> None:
    ingestion, stream = constrained(database), uuid4()
    text = "CREATE (:Held {id: $id, name: $name, age: $age})"
    columns = {name: list(values) for name, values in zip(("id", "name", "age"), zip(*rows, strict=True), strict=True)}
    with pytest.raises(QueryFailed) as caught:
        ingestion.apply([QueryRun(text, len(rows), columns)], stream, {PARTITION: 4}, None)  # type: ignore[arg-type]  # values
    assert caught.value.row_index == failing
    assert isinstance(caught.value.error, ConstraintViolation)
    assert database.session().run("MATCH (n:Held) RETURN count(n)").values() == [[0]]
    assert ingestion.position(stream) is None


def test_a_later_query_of_the_batch_may_fulfil_what_an_earlier_one_left(database: Database) -> None:
    ingestion = constrained(database)
    runs = [
        QueryRun("MERGE (:Held {id: $id})", 3, {"id": [1, 2, 1]}),
        QueryRun("MATCH (n:Held {id: $id}) SET n.name = $name", 2, {"id": [1, 2], "name": ["a", "b"]}),
    ]
    ingestion.apply(runs, uuid4(), {PARTITION: 5}, None).result()
    assert database.session().run("MATCH (n:Held) RETURN n.id, n.name ORDER BY n.id").values() == [[1, "a"], [2, "b"]]

"""Sessions: what commits when, what a conflict does, and what each statement's result tells."""

import datetime
import threading
import time

import pytest

from memgraph_py.bounds import MemoryPool
from memgraph_py.engine.database import Database
from memgraph_py.errors import (
    AccessModeViolation,
    ArgumentError,
    ConstraintViolation,
    CypherError,
    CypherSyntaxError,
    ForbiddenInTransaction,
    InvalidRequest,
    LimitExceeded,
    MemoryLimitExceeded,
    MemoryPoolExceeded,
    ParameterMissing,
    SchemaError,
    SchemaMissing,
    StreamError,
    TransactionConflict,
    TransactionTerminated,
)
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.values.types import Value


@pytest.fixture
def database() -> Database:
    return Database(GraphStore())


def rows(database: Database, text: str, **parameters: object) -> list[list[object]]:
    return database.session().run(text, parameters).values()


def test_auto_commit_is_there_for_the_next_session(database: Database) -> None:
    assert rows(database, "CREATE (n:Person {name: 'Ada'}) RETURN n.name") == [["Ada"]]
    assert rows(database, "MATCH (n:Person) RETURN n.name") == [["Ada"]]


def test_nothing_is_written_before_the_first_pull(database: Database) -> None:
    database.session().run("CREATE (:Person)")
    assert rows(database, "MATCH (n) RETURN count(*)") == [[0]]


def test_explicit_transaction_shows_its_writes_to_itself_alone(database: Database) -> None:
    session = database.session()
    session.begin()
    session.run("CREATE (:Person {name: $name})", {"name": "Ada"}).values()
    assert session.run("MATCH (n:Person) RETURN n.name").values() == [["Ada"]]
    assert rows(database, "MATCH (n:Person) RETURN n.name") == []
    session.commit().result()
    assert rows(database, "MATCH (n:Person) RETURN n.name") == [["Ada"]]


def test_rollback_leaves_nothing(database: Database) -> None:
    session = database.session()
    session.begin()
    session.run("CREATE (:Person)").values()
    session.rollback()
    assert not session.in_transaction
    assert rows(database, "MATCH (n) RETURN count(*)") == [[0]]


def test_second_writer_of_a_node_conflicts(database: Database) -> None:
    rows(database, "CREATE (:Counter {value: 0})")
    first, second = database.session(), database.session()
    first.begin()
    second.begin()
    first.run("MATCH (c:Counter) SET c.value = 1").values()
    second.run("MATCH (c:Counter) SET c.value = 2").values()
    first.commit().result()
    with pytest.raises(TransactionConflict):
        second.commit()
    assert rows(database, "MATCH (c:Counter) RETURN c.value") == [[1]]


def test_auto_commit_increments_of_many_threads_are_all_there(database: Database) -> None:
    rows(database, "CREATE (:Counter {value: 0})")
    failures: list[CypherError] = []

    def increment() -> None:
        for _ in range(20):
            while True:
                try:
                    rows(database, "MATCH (c:Counter) SET c.value = c.value + 1")
                    break
                except TransactionConflict:
                    continue
                except CypherError as error:
                    failures.append(error)
                    return

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert rows(database, "MATCH (c:Counter) RETURN c.value") == [[80]]


def test_a_reader_keeps_its_snapshot_while_others_write(database: Database) -> None:
    rows(database, "UNWIND range(1, 100) AS i CREATE (:N {i: i})")
    reading = database.session().run("MATCH (n:N) RETURN n.i AS i")
    first = [value for batch in reading.take(10).batches for (value,) in batch.records()]
    rows(database, "MATCH (n:N) SET n.i = 0")
    rows(database, "MATCH (n:N) DETACH DELETE n")
    rest = [value for batch in reading.take(-1).batches for (value,) in batch.records()]
    assert sorted([*first, *rest]) == list(range(1, 101))


def test_rows_are_taken_in_pieces(database: Database) -> None:
    result = database.session().run("UNWIND range(1, 1000) AS i RETURN i")
    assert result.columns == ("i",)
    taken = result.take(7)
    assert sum(batch.rows for batch in taken.batches) == 7
    assert not taken.finished
    taken = result.take(993)
    assert sum(batch.rows for batch in taken.batches) == 993
    assert taken.finished


def test_summary_counts_what_was_written(database: Database) -> None:
    result = database.session().run("CREATE (:A {x: 1, y: 2})-[:R {z: 3}]->(:B)")
    result.values()
    counters = result.summary().counters
    assert (counters.nodes_created, counters.relationships_created) == (2, 1)
    assert (counters.properties_set, counters.labels_added) == (3, 2)
    assert result.summary().query_type == "w"


def test_open_result_of_a_transaction_does_not_see_a_later_write(database: Database) -> None:
    rows(database, "UNWIND range(1, 100) AS i CREATE (:N {i: i})")
    session = database.session()
    session.begin()
    reading = session.run("MATCH (n:N) RETURN n.i AS i")
    reading.take(1)
    session.run("MATCH (n:N) SET n.i = 0").values()
    rest = [value for batch in reading.take(-1).batches for (value,) in batch.records()]
    assert 0 not in rest
    session.rollback()


def test_write_under_read_access_is_refused(database: Database) -> None:
    with pytest.raises(AccessModeViolation):
        database.session().run("CREATE (n)", {}, Access.READ)
    session = database.session()
    session.begin(Access.READ)
    with pytest.raises(AccessModeViolation):
        session.run("CREATE (n)")


def test_missing_parameter_is_named(database: Database) -> None:
    with pytest.raises(ParameterMissing, match="expected parameter\\(s\\): b"):
        database.session().run("RETURN $a, $b", {"a": 1})


def test_transaction_requests_in_the_wrong_state(database: Database) -> None:
    session = database.session()
    with pytest.raises(InvalidRequest):
        session.commit()
    with pytest.raises(InvalidRequest):
        session.rollback()
    session.begin()
    with pytest.raises(InvalidRequest):
        session.begin()


def test_cancel_ends_a_running_statement(database: Database) -> None:
    session = database.session()
    result = session.run("UNWIND range(1, 1000000) AS i UNWIND range(1, 1000) AS j RETURN i")
    result.take(1)
    session.cancel()
    with pytest.raises(TransactionTerminated):
        result.take(-1)


def test_timeout_ends_a_running_statement(database: Database) -> None:
    result = database.session().run(
        "UNWIND range(1, 1000000) AS i UNWIND range(1, 100000) AS j RETURN count(*)", timeout_seconds=0.2
    )
    with pytest.raises(TransactionTerminated):
        result.take(-1)


def test_explain_gives_the_plan_and_runs_nothing(database: Database) -> None:
    result = database.session().run("EXPLAIN CREATE (n:Person) RETURN n")
    assert result.values() == []
    plan = result.summary().plan
    assert plan is not None
    assert "operatorType" in plan
    assert rows(database, "MATCH (n) RETURN count(*)") == [[0]]


def test_index_life(database: Database) -> None:
    rows(database, "CREATE (:Node {id: 1})")
    result = database.session().run("CREATE INDEX ON :Node(id)")
    result.values()
    assert result.summary().counters.indexes_added == 1
    assert rows(database, "MATCH (n:Node {id: 1}) RETURN n.id") == [[1]]
    assert [row[6:8] for row in rows(database, "SHOW INDEXES")] == [[["Node"], ["id"]]]
    with pytest.raises(SchemaError):
        rows(database, "CREATE INDEX FOR (n:Node) ON (n.id)")
    rows(database, "CREATE INDEX IF NOT EXISTS FOR (n:Node) ON (n.id)")
    rows(database, "DROP INDEX ON :Node(id)")
    with pytest.raises(SchemaMissing):
        rows(database, "DROP INDEX ON :Node(id)")
    assert rows(database, "MATCH (n:Node {id: 1}) RETURN n.id") == [[1]]


def test_index_in_an_explicit_transaction_is_there_after_commit(database: Database) -> None:
    rows(database, "CREATE (:Node {id: 1})")
    session = database.session()
    session.begin()
    session.run("CREATE INDEX FOR (n:Node) ON (n.id)").values()
    session.commit().result()
    assert len(rows(database, "SHOW INDEXES")) == 1
    assert rows(database, "MATCH (n:Node {id: 1}) RETURN n.id") == [[1]]


def test_stream_clause_is_refused_in_a_transaction(database: Database) -> None:
    session = database.session()
    session.begin()
    with pytest.raises(ForbiddenInTransaction) as caught:
        session.run("START ALL STREAMS")
    assert caught.value.message == "Stream clause not allowed in multicommand transactions."
    with pytest.raises(StreamError):
        database.session().run("START ALL STREAMS")


def test_syntax_error_has_its_place(database: Database) -> None:
    with pytest.raises(CypherSyntaxError) as caught:
        database.session().run("RETURN 1 +\n  ) 2")
    assert caught.value.position is not None
    assert (caught.value.position.line, caught.value.position.column) == (2, 3)


def test_statement_cache_follows_the_schema_and_growth(database: Database) -> None:
    statements, store = database.core.statements, database.store
    text = "MATCH (n:Node {id: $id}) RETURN n"
    first = statements.prepare(text, store.current)
    assert statements.prepare(text, store.current) is first
    rows(database, "CREATE INDEX ON :Node(id)")
    second = statements.prepare(text, store.current)
    assert second is not first
    rows(database, "UNWIND range(1, 5000) AS i CREATE (:Node {id: i})")
    assert statements.prepare(text, store.current) is not second


@pytest.mark.parametrize("text", ["WITH 1 AS x " * 3_000 + "RETURN x", " UNION ".join(["RETURN 1 AS x"] * 3_000)])
def test_a_query_of_too_many_clauses_is_refused(database: Database, text: str) -> None:
    with pytest.raises(LimitExceeded, match="too many clauses"):
        rows(database, text)


def test_the_wait_for_an_index_can_be_given_up(database: Database) -> None:
    """The index is there and goes on being built."""
    rows(database, "UNWIND range(1, 100) AS id CREATE (:Node {id: id})")
    session, population = database.session(), database.store.population
    with population._working:  # whoever builds indexes is held up
        waiting = threading.Thread(target=lambda: session.run("CREATE INDEX ON :Node(id)").values())
        waiting.start()
        deadline = time.monotonic() + 10
        while not database.store.schema.indexes() or not session.abandon():
            assert time.monotonic() < deadline
            time.sleep(0.001)
        waiting.join(10)
        assert not waiting.is_alive()
        assert rows(database, "SHOW INDEXES YIELD state, populationPercent") == [["POPULATING", 0.0]]
        assert rows(database, "MATCH (n:Node {id: 7}) RETURN n.id") == [[7]]
    rows(database, "CALL db.awaitIndexes()")
    assert rows(database, "SHOW INDEXES YIELD state, populationPercent") == [["ONLINE", 100.0]]


def test_the_creation_of_a_constraint_can_be_given_up(database: Database) -> None:
    """Nothing is left of it, and what else is to be built is."""
    rows(database, "UNWIND range(1, 100) AS id CREATE (:Node {id: id})")
    session, population = database.session(), database.store.population
    ended: list[BaseException] = []

    def create() -> None:
        try:
            session.run("CREATE CONSTRAINT one FOR (n:Node) REQUIRE n.id IS UNIQUE").values()
        except TransactionTerminated as error:
            ended.append(error)

    with population._working:  # whoever builds indexes is held up
        creating = threading.Thread(target=create)
        creating.start()
        deadline = time.monotonic() + 10
        while not population:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        assert session.is_busy
        session.cancel()
        creating.join(10)
    assert len(ended) == 1
    assert not population
    assert rows(database, "SHOW CONSTRAINTS YIELD name") == rows(database, "SHOW INDEXES YIELD name") == []
    rows(database, "CREATE CONSTRAINT one FOR (n:Node) REQUIRE n.id IS UNIQUE")
    with pytest.raises(ConstraintViolation):
        rows(database, "CREATE (:Node {id: 7})")


def test_all_queries_together_hold_no_more_than_their_pool() -> None:
    database = Database(GraphStore())
    pool = database.core.memory_pool = MemoryPool(48 << 20)
    writer, reader = database.session(), database.session()
    sort = "UNWIND range(1, 500000) AS x WITH x ORDER BY -x RETURN collect(x)[0]"
    assert reader.run(sort).values() == [[500_000]]
    assert pool.held == 0
    writer.begin()
    writer.run("UNWIND range(1, 1000000) AS x CREATE (:Node {x: x})").values()
    assert pool.held > 16 << 20
    with pytest.raises(MemoryPoolExceeded, match="all queries together need more than") as caught:
        reader.run(sort).values()
    assert caught.value.code == "Neo.TransientError.General.MemoryPoolOutOfMemoryError"
    del caught
    writer.rollback()
    assert reader.run(sort).values() == [[500_000]]
    assert pool.held == 0


def test_what_is_deleted_counts_as_held() -> None:
    session = Database(GraphStore()).session()
    session.run("UNWIND range(1, 100000) AS x CREATE (:Node)-[:TO]->(:Node)").values()
    with pytest.raises(MemoryLimitExceeded):
        session.run("MATCH (n) DETACH DELETE n QUERY MEMORY LIMIT 4 MB").values()
    assert session.run("MATCH (n) RETURN count(n)").values() == [[200_000]]
    session.run("MATCH (n) DETACH DELETE n").values()


@pytest.mark.parametrize("what", ["INDEX FOR (p:P) ON (p.k)", "CONSTRAINT FOR (p:P) REQUIRE p.k IS UNIQUE"])
def test_options_of_a_rule_are_given_by_a_parameter(database: Database, what: str) -> None:
    session, text = database.session(), f"CREATE {what} OPTIONS $given"
    refused: list[tuple[dict[str, Value], str]] = [
        ({}, "expected parameter"),
        ({"given": 1}, "takes a map"),
        ({"given": None}, "takes a map"),
        ({"given": {"more": 1}}, "no option"),
        ({"given": {"indexProvider": "lucene"}}, "no provider"),
        ({"given": {"indexConfig": {"a": 1}}}, "no setting"),
    ]
    for parameters, message in refused:
        with pytest.raises(CypherError, match=message):
            session.run(text, parameters).values()
    created = session.run(text, {"given": {"indexProvider": "range-1.0", "indexConfig": {}}})
    created.values()
    counters = created.summary().counters
    assert counters.indexes_added + counters.constraints_added == 1


def test_a_constraint_without_an_index_has_no_options(database: Database) -> None:
    session, text = database.session(), "CREATE CONSTRAINT FOR (p:P) REQUIRE p.k IS NOT NULL OPTIONS $given"
    with pytest.raises(CypherError, match="only constraints with an index"):
        session.run(text, {"given": {"indexProvider": "range-1.0"}}).values()
    session.run(text, {"given": {}}).values()


@pytest.mark.parametrize(
    "value",
    ["\ud800", "a\udfffb", ["a", "\ud800"], {"\ud800": 1}, {"a": [{"b": "\ud800"}]}],
    ids=ascii,
)
@pytest.mark.parametrize("text", ["RETURN $x", "CREATE (n:N) SET n.a = $x", "CREATE (n:N $x)"])
def test_half_a_surrogate_pair_is_no_text(database: Database, text: str, value: Value) -> None:
    with pytest.raises(ArgumentError, match="parameter 'x' holds half a surrogate pair"):
        rows(database, text, x=value)
    assert rows(database, "MATCH (n) RETURN count(*)") == [[0]]


def test_half_a_surrogate_pair_is_found_wherever_it_stands(database: Database) -> None:
    deep: Value = ["\ud800"]
    for _ in range(3_000):
        deep = [deep]
    date = datetime.date(2026, 1, 1)
    many: list[Value] = [{"id": i, "at": date, "tags": ["a", {"b": "c"}]} for i in range(3_000)]
    for value in (
        deep,
        [*many, {"id": "\ud800"}],
        [*many, {"at": date, "\ud800": 1}],
        [{"x": ["\ud800", date]}, *many],
    ):
        with pytest.raises(ArgumentError, match="half a surrogate pair"):
            rows(database, "RETURN size($x)", x=value)
    assert rows(database, "RETURN size($x)", x=many) == [[3_000]]
    looks_like_one = int.from_bytes(b"\xed\xa0\x80", "little")
    assert rows(database, "RETURN $x", x=[looks_like_one, ["é"]]) == [[[looks_like_one, ["é"]]]]


def test_half_a_surrogate_pair_stands_nowhere_in_a_statement(database: Database) -> None:
    for text in ("RETURN '\ud800'", "CREATE (n:`\ud800`)", "RETURN 1 AS `\ud800`"):
        with pytest.raises(CypherSyntaxError):
            rows(database, text)
    with pytest.raises(ArgumentError):
        database.session().run("RETURN 1", {"\ud800": 1})
    assert rows(database, "RETURN $x", x="😀é") == [["😀é"]]

"""A statement of a single row that writes does the same in its second form as over batches."""

from random import Random
from typing import Any

import pytest

from memgraph_py.bolt.packstream import Dialect
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.errors import CypherError
from memgraph_py.execution.single import SeveralRows
from memgraph_py.server.records import RecordStream, SchemaNames
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.temporal import Date
from memgraph_py.values.types import Point, Value

WRITES = (
    "CREATE (:Person {id: $value})",
    "CREATE (:Person:Other {id: $value, name: $other, nothing: null})",
    "CREATE ({a: $value, b: $other})",
    "CREATE (:Person $map)",
    "CREATE (n:Person {id: $value, name: $other}) RETURN n, n.name AS name, n.missing",
    "CREATE (a:Person {id: $value})-[:KNOWS {since: $other}]->(b:Other {id: $value})",
    "MATCH (a:Person {id: $value}), (b:Person {id: $other}) CREATE (a)-[:KNOWS]->(b)",
    "MATCH (a:Person {id: $value}) MATCH (b:Mixed {mixed: $other}) CREATE (b)-[:KNOWS {since: 1}]->(a) RETURN a, b",
    "MATCH (a:Person {id: $value}) CREATE (a)-[:KNOWS {since: a.age}]->(:New {of: a.name, value: $other})",
    "MATCH (n:Person {id: $value}) SET n.name = $other",
    "MATCH (n:Person {id: $value}) SET n.id = $other RETURN n.id",
    "MATCH (n:Person {id: $value}) SET n.age = n.id, n.more = $other RETURN n",
    "MATCH (n:Person {id: $value}) SET n.a = $other, n.a = $value",
    "MATCH (n:Person {id: $value}) SET n += $map RETURN n.name",
    "MATCH (n:Person {name: $value}) SET n.name = null",
    "MATCH (n) WHERE id(n) = $value SET n.mixed = $other RETURN n",
    "MERGE (n:Person {id: $value})",
    "MERGE (n:Person {id: $value}) SET n.name = $other RETURN n",
    "MERGE (n:Person {id: $value}) ON CREATE SET n.name = $other, n.age = 1.5 ON MATCH SET n.seen = $other",
    "MERGE (n:Mixed {mixed: $value}) SET n += $map RETURN n.mixed, n.name",
    "MATCH (n:Person {id: $value}) SET n.age = n.age + 1 RETURN n.age",
    "MATCH (n:Person {id: $value}) SET n.age = n.age + $other, n.more = n.age * 2 RETURN n.more + 1 AS more, labels(n)",
    "MATCH (n:Person {id: $value}) SET n.count = coalesce(n.count, 0) + 1",
    "MATCH (n:Person {id: $value}) WHERE n.age < $other SET n.name = toUpper(n.name) + $other RETURN n",
    "MATCH (n:Person {id: $value}) SET n = $map RETURN n",
    "MATCH (n:Person {id: $value}) SET n += {age: $other, name: n.name} SET n.a = n.age RETURN n.a",
    "MATCH (n:Person {id: $value}) SET n:Other:New, n.name = $other RETURN n",
    "MATCH (n:Person {id: $value}) SET n:Mixed REMOVE n:Person, n.age",
    "MATCH (n:Person {id: $value}) REMOVE n:Other:Unknown, n.name RETURN n",
    "MATCH (n:Mixed {mixed: $value}) SET n:Person, n.id = $other",
    "MATCH (n:Person {id: $value}) DETACH DELETE n",
    "MATCH (n:Person {id: $value}) DELETE n",
    "MATCH (n:Person {name: $value}), (m:Person {id: $other}) DETACH DELETE n, m",
    "MATCH (a:Person {id: $value}), (b:Person {id: $other}) MERGE (a)-[r:KNOWS]->(b)",
    "MATCH (a:Person {id: $value}), (b:Person {id: $other}) MERGE (a)-[r:KNOWS]-(b) "
    "ON CREATE SET r.since = 1, r.a = $value ON MATCH SET r.since = r.since + 1 RETURN r, r.since",
    "MATCH (a:Person {id: $value}), (b:Person {id: $other}) MERGE (a)-[r:KNOWS {since: $other}]->(b) RETURN r.since, a",
    "MERGE (a:Person {id: $value}) MERGE (b:Person {id: $other}) MERGE (a)-[:KNOWS]->(b) RETURN a, b",
    "MERGE (n:Person {id: toInteger($value)}) ON CREATE SET n.name = $other ON MATCH SET n.seen = n.seen + 1 RETURN n",
    "MERGE (n:Person {id: $value, name: $other}) RETURN n",
    "MATCH (n:Person {id: $value}) SET n.id = $other WITH n MATCH (m:Person {id: $other}) SET m.name = 'a' RETURN m, n",
    "CREATE (a:Person {id: $value}) CREATE (b:New {id: $other, name: a.id})-[r:KNOWS {since: a.id}]->(a) RETURN r, b",
    "CREATE (n:Person $map) RETURN id(n), n.name",
    "WITH $map AS m CREATE (n:Person {id: $value}) RETURN m.id, n",
)
SIMPLE: tuple[Value, ...] = (
    0.0,
    1.0,
    1.5,
    float("nan"),
    True,
    None,
    "",
    "Ada",
    "Zoë",
    "x" * 5_000,
    2**63 - 1,
    -(2**63),
)
OTHERS: tuple[Value, ...] = ([1, 2], ["a", None], Date(18_000), Point(7203, (1.0, 2.0)), [[1]], {"a": 1})
RULES = (
    (),
    ("CREATE CONSTRAINT ON (n:Person) ASSERT n.id IS UNIQUE",),
    (
        "CREATE CONSTRAINT FOR (n:Person) REQUIRE (n.id, n.name) IS UNIQUE",
        "CREATE INDEX FOR (n:Person) ON (n.id, n.age)",
    ),
    ("CREATE CONSTRAINT FOR (n:Person) REQUIRE n.id IS NOT NULL", "CREATE INDEX FOR ()-[r:KNOWS]-() ON (r.since)"),
    ("CREATE CONSTRAINT FOR (n:Person) REQUIRE n.name IS :: STRING", "CREATE INDEX FOR (n:Person) ON (n.age)"),
)


def new_database(rules: tuple[str, ...]) -> Database:
    """Persons found by id and by name, and nodes of mixed ids."""
    database = Database(GraphStore())
    session = database.session()
    for text in (
        "CREATE INDEX ON :Person(id)"
        if not any("(n.id)" in rule or "n.id IS UNIQUE" in rule for rule in rules)
        else "RETURN 1",
        "CREATE INDEX ON :Person(name)",
        "CREATE INDEX ON :Mixed(mixed)",
        *rules,
        "UNWIND range(0, 9) AS i CREATE (:Person:Other {id: i, name: 'name ' + i, age: i / 2.0, friend: 9 - i})",
        "CREATE (:Person {id: 10, name: 'Zoë', born: date('1815-12-10')})",
        "CREATE (:Person {id: 11, name: '', list: [1, 'a']})",
        "CREATE (:Mixed {mixed: 1}), (:Mixed {mixed: 1.0}), (:Mixed {mixed: 'Ada'})",
        "CREATE (:Mixed {mixed: true, name: 'm'})",
        "CREATE (:Mixed {mixed: 2}), ({id: 1})",
        "MATCH (n:Person {id: 6}) DELETE n",
    ):
        session.run(text).values()
    return database


def carried_out(session: Session, single: bool, text: str, parameters: dict[str, Value]) -> tuple[Any, ...]:
    """What a client gets of the statement."""
    names = SchemaNames(session._core.store.schema)
    try:
        result = session.run(text, parameters)
        if not single:
            result.single = None
        data, finished = b"", False
        stream = RecordStream(result, names, Dialect(), bounded=True)
        while not finished:
            piece = stream.take(-1, 1 << 20)
            data, finished = data + piece.data, piece.finished
        summary = result.summary()
    except CypherError as error:
        return (error.text(),)
    return data, stream.has_rows, result.finished, summary.query_type, summary.counters.as_tuple()


def graph_of(database: Database) -> object:
    """Everything that is stored and counted of it, and what is found by the indexes."""
    store, session = database.store, database.session()
    rows = [
        session.run(text).values()
        for text in (
            "MATCH (n) RETURN n",
            "MATCH (a)-[r]->(b) RETURN a, r, b",
            "MATCH (n:Person) WHERE n.id >= 0 RETURN n.id, n.name ORDER BY n.id, n.name",
            "MATCH (n:Person) WHERE n.name >= '' RETURN n.id, n.name ORDER BY n.name, n.id",
            "UNWIND [0, 1, 5, 12, 13, 'Ada', 1.5, true] AS id MATCH (n:Person {id: id}) RETURN id, n",
            "UNWIND ['', 'Ada', 'Zoë', 'name 3'] AS name MATCH (n:Person {name: name}) RETURN n",
            "UNWIND [0, 1, 1.5] AS age MATCH (n:Person {id: age, age: age}) RETURN n",
            "MATCH (n:Mixed) RETURN n.mixed",
        )
    ]
    current = store.current
    counts = (
        current.live_nodes,
        current.live_relationships,
        current.label_counts,
        current.type_counts,
        {type: counts.tolist() for type, counts in current.end_counts.items()},
        {on: (index.entries, index.per_value) for on, index in current.indexes.items()},
        {store.schema.keys.name(key): column.text_bytes for key, column in current.node_columns.items()},
        store.reclamation.nodes.next - store.reclamation.nodes.free,
        store.reclamation.relationships.next - store.reclamation.relationships.free,
    )
    return repr((rows, counts))


def drawn(random: Random) -> Value:
    """A value to write, or to look for."""
    sort = random.random()
    return random.randint(-2, 14) if sort < 0.6 else random.choice(SIMPLE if sort < 0.9 else OTHERS)


READS = (
    "MATCH (n:Person {id: $value}) RETURN n, n.name",
    "MATCH (n:Person {name: $value}) RETURN n.id",
    "MATCH (n) WHERE id(n) = $value RETURN n, n.age",
)


def drawn_parameters(random: Random) -> dict[str, Value]:
    """For any of the texts."""
    map = {key: drawn(random) for key in random.sample(("id", "name", "age", "new"), random.randint(0, 3))}
    return {"value": drawn(random), "other": drawn(random), "map": random.choice((map, map, map, None, 7))}


@pytest.mark.parametrize("rules", RULES)
def test_both_forms_do_the_same(rules: tuple[str, ...]) -> None:
    """Statement after statement on two graphs that began as the same one, errors included."""
    random = Random(str(rules))
    databases = [new_database(rules) for _ in range(2)]
    sessions = [database.session() for database in databases]
    for step in range(1, 701):
        text, given = random.choice(WRITES), drawn_parameters(random)
        first, second = (carried_out(*one, text, given) for one in zip(sessions, (True, False), strict=True))
        assert first == second, (text, given)
        if step % 100 == 0:
            assert graph_of(databases[0]) == graph_of(databases[1])


@pytest.mark.parametrize("rules", RULES)
def test_both_forms_do_the_same_within_transactions(rules: tuple[str, ...]) -> None:
    """Of one statement, of a few, and of more than are looked through one by one; an error ends each."""
    random = Random(str(rules))
    databases = [new_database(rules) for _ in range(2)]
    sessions = [database.session() for database in databases]
    for step in range(1, 201):
        for session in sessions:
            session.begin()
        for _ in range(random.choice((1, 1, 2, 3, 12))):
            text, given = random.choice((*WRITES, *READS)), drawn_parameters(random)
            first, second = (carried_out(*one, text, given) for one in zip(sessions, (True, False), strict=True))
            assert first == second, (text, given)
            if len(first) == 1:
                break
        ends = [ended(session, commit=len(first) > 1 and random.random() < 0.9) for session in sessions[:1]]
        ends.append(ended(sessions[1], commit=ends[0] is not None))
        assert ends[0] == ends[1]
        if step % 50 == 0:
            assert graph_of(databases[0]) == graph_of(databases[1])


def ended(session: Session, *, commit: bool) -> str | None:
    """What the commit says; None where it is rolled back."""
    if not commit:
        session.rollback()
        return None
    try:
        session.commit().result()
    except CypherError as error:
        return error.text()
    return ""


@pytest.mark.parametrize("text", WRITES[:-1])
def test_every_text_has_the_second_form(text: str) -> None:
    """But those that write one property twice, or read what is no node."""
    database = new_database(())
    prepared = database.core.statements.prepare(text, database.store.current)
    assert isinstance(prepared, PreparedQuery) and prepared.single_write is not None


def test_the_second_form_is_taken() -> None:
    """What it cannot do it leaves undone."""
    database = new_database(())
    session = database.session()
    result = session.run("MERGE (n:Person {id: $id}) SET n.name = 'new' RETURN n.name AS name", {"id": 77})
    assert result.take_row() == {"name": "new"}
    assert result.summary().counters.as_tuple()[0] == 1
    version = database.store.current.version
    with pytest.raises(SeveralRows):
        session.run("CREATE (:Person {id: $id})", {"id": {"a": 1}}).take_row()
    assert database.store.current.version == version
    session.begin()
    assert session.run("CREATE (:Person {id: 78, name: 'own'})").take_row() is None
    assert session.run("MERGE (n:Person {id: 78}) RETURN n.name AS name").take_row() == {"name": "own"}
    assert session.run("MATCH (n:Person {id: 78}) DELETE n").take_row() is None
    assert session.run("MATCH (n:Person {id: 78}) RETURN n").take_row() is None
    session.rollback()

"""A plan of a single row gives the same bytes in its second form as over batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.bolt.packstream import Dialect
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.errors import CypherError
from memgraph_py.execution.single import SeveralRows
from memgraph_py.server.records import RecordStream, SchemaNames
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value

TEXTS = (
    "RETURN 1",
    "RETURN 'a' AS a, null AS b, 1.5 AS c, true AS d",
    "RETURN $value AS value",
    "MATCH (n:Person {id: $value}) RETURN n",
    "MATCH (n:Person {id: $value}) RETURN n.name AS name, n.age, n.nothing, n",
    "MATCH (n:Person {name: $value}) RETURN n.id LIMIT 1",
    "MATCH (n:Mixed {mixed: $value}) RETURN n, n.mixed",
    "MATCH (n) WHERE id(n) = $value RETURN n.name, n",
    "MATCH (n:Person {id: $value}) WITH n.friend AS friend MATCH (m:Person {id: friend}) RETURN m, friend",
    "MATCH (n:Person {id: 1}) MATCH (m:Mixed {mixed: $value}) RETURN n.name, m",
)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.integers(-3, 14),
    st.sampled_from([0.0, 1.0, 1.5, float("nan"), True, None, "", "Ada", "Zoë", "name 3", 2**63 - 1, -(2**63)]),
    st.just([1, 2]),
    st.just({"a": 1}),
)
WRITES = (
    "MATCH (n:Person {id: 3}) SET n.name = 'other'",
    "MATCH (n:Person {id: 4}) DETACH DELETE n",
    "CREATE (:Person {id: 5, name: 'twin'})",
    "MATCH (n:Mixed {mixed: 2}) REMOVE n:Mixed",
    "DROP INDEX ON :Person(id)",
)


def new_database() -> Database:
    """Persons found by id and by name, two of one id, and nodes of mixed ids."""
    database = Database(GraphStore())
    session = database.session()
    for text in (
        "CREATE INDEX ON :Person(id)",
        "CREATE INDEX ON :Person(name)",
        "CREATE INDEX ON :Mixed(mixed)",
        "UNWIND range(0, 9) AS i CREATE (:Person:Other {id: i, name: 'name ' + i, age: i / 2.0, friend: 9 - i})",
        "CREATE (:Person {id: 9, name: 'Ada'}), (:Person {id: 10, name: 'Zoë', born: date('1815-12-10')})",
        "CREATE (:Person {id: 11, name: '', list: [1, 'a'], flag: false, text: 'x'})",
        "CREATE (:Mixed {mixed: 1}), (:Mixed {mixed: 1.0}), (:Mixed {mixed: 'Ada'}), (:Mixed {mixed: true})",
        "CREATE (:Mixed {mixed: 2}), ({id: 1})",
        "MATCH (n:Person {id: 6}) DELETE n",
    ):
        session.run(text).values()
    return database


def records(session: Session, names: SchemaNames, text: str, value: Value, *, single: bool) -> bytes | str:
    """What a client gets of the statement."""
    try:
        result = session.run(text, {"value": value})
        if not single:
            result.buffer()  # what has begun is not asked for its row
        stream = RecordStream(result, names, Dialect(), bounded=True)
        data = b""
        while True:
            piece = stream.take(-1, 1 << 20)
            data += piece.data
            if piece.finished:
                return data + bytes((stream.has_rows, result.finished))
    except CypherError as error:
        return error.text()


@pytest.fixture(scope="module")
def databases() -> list[Database]:
    """The graph, and that after each of the writes."""
    found = [new_database()]
    for text in WRITES:
        found.append(new_database())
        found[-1].session().run(text).values()
    return found


@given(st.sampled_from(TEXTS), VALUES, st.integers(0, len(WRITES)), st.sampled_from((None, "", *WRITES[:4])))
def test_both_forms_give_the_same_bytes(
    databases: list[Database], text: str, value: Value, which: int, own_write: str | None
) -> None:
    """own_write: what the transaction has done before; None outside of a transaction."""
    database = databases[which]
    names = SchemaNames(database.store.schema)
    session = database.session()
    if own_write is not None:
        session.begin()
    if own_write:
        session.run(own_write).values()
    first, second = (records(session, names, text, value, single=single) for single in (True, False))
    session.close()
    assert first == second


def test_the_second_form_is_taken() -> None:
    """In a transaction too, also when it has changed something; not where several nodes are found."""
    session = new_database().session()
    look_up = "MATCH (n:Person {id: $id}) RETURN n.name AS name"
    assert session.run(look_up, {"id": 3}).take_row() == {"name": "name 3"}
    assert session.run(look_up, {"id": 77}).take_row() is None
    with pytest.raises(SeveralRows):
        session.run(look_up, {"id": 9}).take_row()
    session.begin()
    assert session.run(look_up, {"id": 3}).take_row() == {"name": "name 3"}
    session.run("CREATE (:Person {id: 12, name: 'own'})").values()
    session.run("MATCH (n:Person {id: 3}) SET n.name = 'other'").values()
    assert session.run(look_up, {"id": 3}).take_row() == {"name": "other"}
    assert session.run(look_up, {"id": 12}).take_row() == {"name": "own"}
    session.run("CREATE (:Person {id: 3})").values()
    with pytest.raises(SeveralRows):
        session.run(look_up, {"id": 3}).take_row()
    session.rollback()


def test_a_result_that_outlives_a_write_shows_what_it_saw() -> None:
    """RUN, then another's commit, then PULL; and the same in one transaction."""
    database = new_database()
    session, other = database.session(), database.session()
    result = session.run("MATCH (n:Person {id: 3}) RETURN n.name AS name")
    other.run("MATCH (n:Person {id: 3}) SET n.name = 'other'").values()
    assert result.take_row() == {"name": "name 3"}
    session.begin()
    result = session.run("MATCH (n:Person {id: 3}) RETURN n.name AS name")
    session.run("MATCH (n:Person {id: 3}) SET n.name = 'mine'").values()
    assert result.values() == [["other"]]
    session.close()

"""What a query's client is told beside the answer."""

from typing import Any

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.storage.store import GraphStore


@pytest.fixture(scope="module")
def session() -> Session:
    session = Database(GraphStore()).session()
    session.run("UNWIND range(1, 2000) AS id CREATE (:User {id: id})").values()
    session.run("CREATE (:City {name: 'x'})-[:IN {since: 1}]->(:Country)").values()
    return session


def told(session: Session, text: str) -> list[tuple[str, int | None]]:
    """The last part of each code, and the offset of its place."""
    result = session.run(text)
    result.values()
    found: list[tuple[str, int | None]] = []
    for notification in (one.as_map() for one in result.summary().notifications):
        place: Any = notification.get("position")
        assert notification["severity"] in ("WARNING", "INFORMATION") and notification["description"]
        assert str(notification["code"]).startswith("Neo.ClientNotification.Statement.")
        found.append((str(notification["code"]).rpartition(".")[2], None if place is None else place["offset"]))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RETURN 1", []),
        ("MATCH (a:City), (b:Country) RETURN a, b", [("CartesianProduct", 0)]),
        ("MATCH (a:City), (b:Country), (a)-->(b) RETURN a, b", []),
        ("MATCH (a:City) MATCH (b:Country) RETURN a, b", []),
        ("MATCH (a:City)-[*]->(b) RETURN b", [("UnboundedVariableLengthPattern", 14)]),
        ("MATCH (a:City)-[*..5]->(b) RETURN b", []),
        ("MATCH p = shortestPath((a:City)-[*]->(b:Country)) RETURN p", []),
        ("MATCH (a:City)-[]->+(b) RETURN b", [("UnboundedVariableLengthPattern", 14)]),
        ("MATCH (c:City) USING SCAN c:City RETURN c", [("HintUnfulfillableWarning", 15)]),
        ("MATCH (n:Nobody) RETURN n", [("UnknownLabelWarning", 9)]),
        ("MATCH (n:`No body`) RETURN n", [("UnknownLabelWarning", 9)]),
        ("MATCH (s:City|s) RETURN s", [("UnknownLabelWarning", 14)]),
        ("MATCH (n IS Nope) RETURN n", [("UnknownLabelWarning", 12)]),
        ("MATCH (Nope is Nope|City) RETURN Nope", [("UnknownLabelWarning", 15)]),
        ("MATCH (n) WHERE n IS\n(City & Nope) RETURN n", [("UnknownLabelWarning", 29)]),
        ("MATCH ()-[r IS NOPE]->() RETURN r", [("UnknownRelationshipTypeWarning", 15)]),
        (
            "MATCH (a:City)-[]->+(b:Country) MATCH ANY SHORTEST (a)-->+(b) RETURN b",
            [("UnboundedVariableLengthPattern", 14)],
        ),
        ("MATCH (s) WHERE s:s OR s:City RETURN s", [("UnknownLabelWarning", 18)]),
        ("MATCH ()-[r:!(City)]->() WHERE r:IN RETURN r", [("UnknownRelationshipTypeWarning", 14)]),
        ("MATCH ()-[r]->() WHERE NOT r:City RETURN r", [("UnknownRelationshipTypeWarning", 29)]),
        ("EXPLAIN MATCH (n:Nobody) RETURN n", [("UnknownLabelWarning", 17)]),
        ("MATCH ()-[r:NOTHING]->() RETURN r", [("UnknownRelationshipTypeWarning", 12)]),
        (
            "MATCH (c:City {nam: 'x'}) RETURN c.nmae",
            [("UnknownPropertyKeyWarning", 15), ("UnknownPropertyKeyWarning", 35)],
        ),
        ("WITH {a: 1} AS m RETURN m.nothing", []),
        ("MATCH (c:City) CALL { WITH c RETURN c.name AS n } RETURN n", [("FeatureDeprecationWarning", 15)]),
        ("MATCH (c:City) CALL (c) { RETURN c.name AS n } RETURN n", []),
        ("MATCH (u:User {id: 7}) RETURN u", [("NoApplicableIndex", None)]),
        ("MATCH (c:City {name: 'x'}) RETURN c", []),
        ("CREATE (n:Fresh {key: 1}) WITH n MATCH (m:Fresh {key: 1}) DELETE m", []),
    ],
)
def test_notifications(session: Session, text: str, expected: list[tuple[str, int | None]]) -> None:
    assert told(session, text) == expected


def test_a_name_that_came_to_be_is_not_unknown_any_more(session: Session) -> None:
    text = "MATCH (n:Later) RETURN n"
    assert told(session, text) == [("UnknownLabelWarning", 9)]
    session.run("CREATE (:Later)").values()
    assert told(session, text) == []


def test_places_are_those_of_the_text_at_hand(session: Session) -> None:
    assert told(session, "MATCH (a:City {name: 'x'}), (b:Nobody) RETURN a") == [
        ("CartesianProduct", 0),
        ("UnknownLabelWarning", 31),
    ]
    assert told(session, "MATCH (a:City {name: 'long'}), (b:Nobody) RETURN a")[1] == ("UnknownLabelWarning", 34)


def test_an_index_is_not_missed_once_it_is_there(session: Session) -> None:
    text = "MATCH (u:User {id: 8}) RETURN u"
    assert told(session, text) == [("NoApplicableIndex", None)]
    session.run("CREATE INDEX ON :User(id)").values()
    assert told(session, text) == []

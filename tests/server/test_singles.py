"""A read that comes with the request for its rows has the answer that it has when the request comes by itself."""

import random
from collections.abc import Callable

import pytest

from memgraph_py.bolt.messages import FAILURE, IGNORED, RECORD, SUCCESS
from memgraph_py.bolt.packstream import Decoder
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.server.singles import Singles
from memgraph_py.values.types import Value
from tests.bolt.requests import OFFER_4_4, OFFER_5_0, RESET, discard, message, pull, run
from tests.server.peer import Peer

READS = (
    "RETURN 1",
    "RETURN 'ä' AS text, -1 AS number, 1.5, true, null",
    "RETURN $value AS value",
    "MATCH (n:Person {id: $value}) RETURN n",
    "MATCH (n:Person {id: $value}) RETURN n.name AS name, n.age, n.nothing",
    "MATCH (n:Person {id: 7}) RETURN n.name",
    "MATCH (n:Person {id: 8}) RETURN n.name",
    "MATCH (n) WHERE id(n) = $value RETURN n.id",
    "MATCH (n:Person {id: $value})-->(m) RETURN m.id",
    "MATCH (n:Person {id: $value, nowhere: 1}) RETURN n.id",
    "RETURN $missing",
    "RETURN 1 / $value",
    "MATCH (n:Person {id: $value) RETURN n",
    "MATCH (n:Person) RETURN count(n)",
    "EXPLAIN RETURN 1",
)
WRITES = (
    "MATCH (n:Person {id: 7}) SET n.name = 'other'",
    "CREATE (:Person {id: 9, name: 'twin'})",
    "MATCH (n:Person {id: 8}) DETACH DELETE n",
    "UNWIND range(100, 300) AS id CREATE (:Person {id: id})",
    "DROP INDEX ON :Person(id)",
    "CREATE INDEX ON :Person(id)",
)
VALUES: list[Value] = [0, 7, 8, 9, 250, 2**40, -1, -100, 7.0, "Ada", "x" * 300, None, True, [1], {"a": 1}]


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each request whether it was such a read."""
    found: list[bool] = []
    original = Singles.answer

    def noted(reads: Singles) -> bool:
        found.append(original(reads))
        return found[-1]

    monkeypatch.setattr(Singles, "answer", noted)
    return found


def prepare(peer: Peer) -> None:
    for text in (
        "CREATE INDEX ON :Person(id)",
        "UNWIND range(0, 9) AS id CREATE (n:Person:Other {id: id, name: 'name ' + id, age: id / 2.0})",
        "MATCH (n:Person) CREATE (n)-[:To]->(n)",
    ):
        assert [tag for tag, _ in peer.ask(run(text), pull())] == [SUCCESS, SUCCESS]


def told(peer: Peer, *requests: bytes) -> list[tuple[int, object]]:
    """Records as bytes, other answers without what the clock says; ready again after a failure."""
    answers: list[tuple[int, object]] = []
    missing, failed = len(requests), False
    peer.send(*requests)
    while missing:
        (payload,) = peer.payloads(1)
        if payload[1] == RECORD:
            answers.append((RECORD, payload))
            continue
        missing -= 1
        decoder = Decoder(payload, 10)
        decoder.structure()
        fields = decoder.value() if payload[1] != IGNORED else None
        if isinstance(fields, dict):
            fields = {key: value for key, value in fields.items() if key not in ("t_first", "t_last")}
        answers.append((payload[1], fields))
        failed = failed or payload[1] == FAILURE
    if failed:
        peer.ask(RESET)
    return answers


@pytest.mark.parametrize("offer", [None, OFFER_5_0, OFFER_4_4])
def test_at_once_is_the_same_as_one_by_one(
    offer: bytes | None, connect: Callable[[], Peer], answered: list[bool]
) -> None:
    draw = random.Random(str(offer))
    one, other = (opened(connect(), offer) for _ in range(2))
    prepare(one)
    for number in range(400):
        if number % 50 == 49:
            told(one, run(draw.choice(WRITES)), pull())
        text, parameters = draw.choice(READS), {"value": draw.choice(VALUES)}
        options: dict[str, Value] = draw.choice(({}, {}, {}, {"mode": "r"}))
        ask = draw.choice((pull(), pull(), pull(1), pull(1000), discard()))
        statement = run(text, parameters, **options)
        at_once, begun = told(one, statement, ask), told(other, statement)
        fails = any(tag == FAILURE for tag, _ in begun)
        begun += [(IGNORED, None)] if fails else told(other, ask)
        assert at_once == begun, (text, parameters)
    assert answered.count(True) > 20


def opened(peer: Peer, offer: bytes | None) -> Peer:
    """A connection of this version of Bolt."""
    if offer is None:
        return peer.open()
    peer.socket.sendall(offer)
    assert peer.socket.recv(4) != bytes(4)
    hello: dict[str, Value] = {"user_agent": "test/1", "scheme": "none"}
    assert [tag for tag, _ in peer.ask(message(0x01, hello))] == [SUCCESS]
    return peer


def test_reads_that_wait_are_answered_in_order(
    server: EmbeddedServer, connect: Callable[[], Peer], answered: list[bool]
) -> None:
    """Between others: a write, a statement of several rows, one that fails, after which all are ignored."""
    peer = connect().open()
    prepare(peer)
    look_up = "MATCH (n:Person {id: $id}) RETURN n.age AS age"
    peer.ask(run(look_up, {"id": 1}), pull())
    before = server.app.metrics.text().decode()
    answered.clear()
    answers = peer.ask(
        *(run(look_up, {"id": 4}), pull(), run("MATCH (n:Person {id: 4}) SET n.age = 7"), pull()),
        *(run(look_up, {"id": 4}), pull(), run("UNWIND [1, 2] AS x RETURN x"), pull(), run(look_up, {"id": 2}), pull()),
    )
    assert [fields for tag, fields in answers if tag == RECORD] == [[[2.0]], [[7]], [[1]], [[2]], [[1.0]]]
    assert sum(answered) == 3
    answers = peer.ask(run(look_up, {"id": 4}), pull(), run("RETURN 1 / 0"), pull(), run(look_up, {"id": 4}), pull())
    assert [tag for tag, _ in answers] == [SUCCESS, RECORD, SUCCESS, SUCCESS, FAILURE, IGNORED, IGNORED]
    assert [tag for tag, _ in peer.ask(RESET, run(look_up, {"id": 4}), pull())] == [SUCCESS, SUCCESS, RECORD, SUCCESS]
    assert _queries(server.app.metrics.text().decode()) - _queries(before) == 8


def _queries(text: str) -> int:
    return int(float(next(line.split()[1] for line in text.splitlines() if line.startswith("memgraph_queries_total"))))


def test_a_text_of_names_that_came_to_be_is_such_a_read(connect: Callable[[], Peer], answered: list[bool]) -> None:
    peer = opened(connect(), None)
    text = run("MATCH (n:Later {key: $value}) RETURN n.name", {"value": 1})
    told(peer, run("CREATE INDEX ON :Later(key)"), pull())
    for _ in range(3):
        told(peer, text, pull())
    assert not any(answered)
    told(peer, run("CREATE (:Later {key: 1, name: 'x'})"), pull())
    answers = [told(peer, text, pull()) for _ in range(3)]
    assert answers[0][1] == answers[2][1]
    assert answered[-1]

"""Statements of a transaction that come all at once: each has the answer that it has when they come one by one."""

import random
import re
from collections.abc import Callable

import pytest

from memgraph_py.bolt.messages import FAILURE, IGNORED, RECORD, SUCCESS
from memgraph_py.columnar import Column
from memgraph_py.engine.session import Session
from memgraph_py.engine.together import Together
from memgraph_py.values.types import Value
from tests.bolt.requests import BEGIN, COMMIT, RESET, ROLLBACK, discard, pull, run
from tests.server.peer import Peer, metadata

Answers = list[tuple[int, list[Value]]]
TEXTS = [
    "CREATE (:Node {id: $id})",
    "CREATE (a:Node {id: $id, value: $value})-[:To {at: $value}]->(:Other {id: $value})",
    "CREATE (:Node $map)",
    "CREATE (:Held {id: $id, name: 'held'})",
    "CREATE (:Node {id: 12 / $id})",
    "MATCH (n:Node {id: $id}), (m:Node {id: $value}) CREATE (n)-[:To]->(m)",
    "MATCH (n:Node {id: $id}) CREATE (n)-[:To]->(:Node {id: $value})",
    "MATCH (n:Node {id: $id}) SET n.value = $value",
    "MATCH (n:Node {id: $id}) SET n.value = n.value + $value, n.last = n.value",
    "MATCH (n:Node {id: $id}) MATCH (m:Node {id: $value}) SET n.value = m.value, m.seen = 1",
    "MATCH (n:Node {id: $id}) SET n.id = $value",
    "MATCH (n:Held {id: $id}) SET n.id = $value",
    "MATCH (n:Held {id: $id}) SET n.name = $value",
    "MERGE (:Node {id: $id})",
    "MERGE (:Held {id: $id})",
    "MERGE (n:Node {id: $id}) SET n.value = $value",
    "MERGE (n:Node {id: $id}) SET n.id = $value",
    "MERGE (n:Node {id: $id}) ON CREATE SET n.new = $value ON MATCH SET n.old = $value SET n.value = $value",
    "MERGE (n:Node {id: $id}) ON MATCH SET n.value = $value SET n.last = n.value",
    "MERGE (n:Unindexed {id: $id, value: $value}) SET n.seen = $id",
    "MATCH (n:Node {id: $id}) MATCH (m:Node {id: $value}) MERGE (n)-[:To]->(m)",
    "MATCH (n:Node {id: $id}) MATCH (m:Node {id: $value}) MERGE (n)-[r:To {at: $value}]->(m) ON CREATE SET r.new = 1",
    "MATCH (n:Node {id: $id}) MATCH (m:Node {id: $value}) MERGE (n)-[r:To]->(m) ON MATCH SET n.value = $value",
    "MATCH (n:Node {id: $id}) MERGE (n)-[:To]->(m:Other {id: $value}) SET m.value = n.value",
    "MATCH (n:Node {id: $id}) MERGE (n)-[:To]-(:Node {id: $value})",
    "MATCH (n:Node {id: $id}) DETACH DELETE n",
    "MATCH (n:Node {id: $id}) DELETE n",
    "MATCH (n:Node {id: $id}) RETURN n.value",
    "CREATE (n:Node {id: $id}) RETURN n.id",
    "CREATE (:Node {id: $missing})",
    "CREATE (:Node {id: $id)",
]
FAILING = {*TEXTS[-2:], "MATCH (n:Node {id: $id}) DELETE n"}
MULTIPLYING = {text for text in TEXTS if text.startswith("MATCH") and "CREATE" in text}
VALUES: list[Value] = [1, 2, 3, 4, 5, 5.0, 2.5, "a", "ö", True, None, [1, 2], {"no": "property"}]
DUMP = [
    run("MATCH (n) RETURN labels(n), properties(n) ORDER BY toString(n.id), n.value, keys(n)"),
    run("MATCH (a)-[r]->(b) RETURN a.id, type(r), properties(r), b.id"),
]


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, bool]]:
    """Of each attempt to run statements together: the text, how many, whether they did."""
    attempts: list[tuple[str, int, bool]] = []
    original = Session.run_together

    def noted(session: Session, text: str, rows: int, columns: dict[str, Column]) -> Together | None:
        told = original(session, text, rows, columns)
        attempts.append((text, rows, told is not None))
        return told

    monkeypatch.setattr(Session, "run_together", noted)
    return attempts


def plain(answers: Answers) -> list[object]:
    """Without what the clock says, and without order of rows."""
    told: list[object] = []
    for tag, fields in answers:
        if tag == SUCCESS:
            kept = {key: value for key, value in metadata((tag, fields)).items() if key not in ("t_first", "t_last")}
            told.append((tag, repr(kept)))
        else:
            told.append((tag, re.sub(r"node \d+", "node", repr(fields))))  # an attempt draws ids
    return told


def transaction(peer: Peer, statements: list[bytes], *, at_once: bool) -> tuple[list[object], list[str]]:
    """The answers to all of them, and the graph then; the transaction is rolled back."""
    peer.ask(BEGIN, run(), pull())  # whoever asks for rows a second time is known to
    answers = peer.ask(*statements) if at_once else [answer for one in statements for answer in peer.ask(one)]
    graph: list[str] = []
    if any(tag in (FAILURE, IGNORED) for tag, _ in answers):
        peer.ask(RESET)
    else:
        rows = [answer for one in DUMP for answer in peer.ask(one, pull()) if answer[0] == RECORD]
        graph = sorted(map(repr, rows))
        peer.ask(ROLLBACK)
    return plain(answers), graph


def prepare(peer: Peer) -> None:
    for text in (
        "CREATE INDEX FOR (n:Node) ON (n.id)",
        "CREATE CONSTRAINT FOR (n:Held) REQUIRE n.id IS UNIQUE",
        "UNWIND range(1, 4) AS id CREATE (n:Node {id: id, value: id}) CREATE (n)-[:To]->(n) CREATE (:Held {id: id})",
    ):
        assert [tag for tag, _ in peer.ask(run(text), pull())] == [SUCCESS, SUCCESS]


@pytest.mark.parametrize("seed", range(6))
def test_all_at_once_is_the_same_as_one_by_one(
    seed: int, connect: Callable[[], Peer], together: list[tuple[str, int, bool]]
) -> None:
    draw = random.Random(seed)
    one, other = connect().open(), connect().open()
    prepare(one)
    for _ in range(25):
        statements: list[bytes] = []
        harmless = draw.random() < 0.8
        for _ in range(draw.randrange(1, 5)):
            text = draw.choice([one for one in TEXTS if one not in FAILING] if harmless else TEXTS)
            values = VALUES[:5] if harmless else draw.choice((VALUES[:5], VALUES[:-2], VALUES))
            ask = draw.choice((pull(), pull(), discard()))
            most = 10 if text in MULTIPLYING else 40
            for _ in range(draw.randrange(1, most)):
                parameters = {"id": draw.choice(values), "value": draw.choice(values)}
                if draw.random() < 0.01 and not harmless:
                    del parameters["value"]
                if "$map" in text:
                    parameters["map"] = {"id": parameters["id"]}
                statements += (run(text, parameters), ask)
        assert transaction(one, statements, at_once=True) == transaction(other, statements, at_once=False)
    assert {done for _, _, done in together} == {True, False}


@pytest.mark.parametrize(
    "text",
    [
        "CREATE (:Node {id: $id})",
        "MATCH (n:Node {id: $id}), (m:Node {id: $value}) CREATE (n)-[:To]->(m)",
        "MATCH (n:Node {id: $id}) SET n.value = n.value + $value",
        "MERGE (n:Node {id: $id}) ON CREATE SET n.new = true SET n.value = $value",
        "MATCH (n:Node {id: $id}) MATCH (m:Node {id: $value}) MERGE (n)-[:To]->(m)",
    ],
)
def test_statements_that_are_known_to_be_alike_run_together(
    text: str, connect: Callable[[], Peer], together: list[tuple[str, int, bool]]
) -> None:
    peer = connect().open()
    prepare(peer)
    statements = [run(text, {"id": n % 7, "value": n % 5}) for n in range(300)]
    told, _ = transaction(peer, [data for one in statements for data in (one, pull(1000))], at_once=True)
    assert len(told) == 600
    assert sum(rows for _, rows, done in together if done) > 200
    assert all(done for _, _, done in together)
    assert sorted(plain(peer.ask(BEGIN, statements[0], pull(), COMMIT)))


def test_one_that_is_not_alike_does_not_make_the_others_be_tried_again_and_again(
    connect: Callable[[], Peer], together: list[tuple[str, int, bool]]
) -> None:
    peer = connect().open()
    prepare(peer)
    statements = [run("CREATE (:Node {id: 1 / $id})", {"id": 1 if n < 250 else 0}) for n in range(256)]
    told, _ = transaction(peer, [data for one in statements for data in (one, pull())], at_once=True)
    assert len([one for one in told if one[0] == FAILURE]) == 1  # type: ignore[index]  # pairs
    assert len(together) <= 3

"""A statement of a transaction that comes with the request for its rows has the answer that it has when the request
comes by itself."""

import random
from collections.abc import Callable

import pytest

from memgraph_py.bolt.messages import FAILURE, IGNORED, RECORD, SUCCESS
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.server.conversation import Conversation
from memgraph_py.server.single_within import SinglesWithin
from memgraph_py.values.types import Value
from tests.bolt.requests import COMMIT, OFFER_4_4, OFFER_5_0, RESET, ROLLBACK, discard, message, pull, run
from tests.server.peer import Peer
from tests.server.test_single_writes import unmarked
from tests.server.test_singles import opened, prepare, told

BEGIN = message(0x11, {})
STATEMENTS = (
    "CREATE (:Made {id: $value})",
    "CREATE (n:Person {id: $value, text: 'ä', at: datetime()}) RETURN n.id, n.text, n.at = datetime()",
    "MATCH (n:Person {id: $value}) SET n.age = $value",
    "MATCH (n:Person {id: $value}) SET n.age = 1 RETURN n.name AS name, n.age",
    "MATCH (n:Person {id: $value}) RETURN n",
    "MATCH (n:Person {id: $value}) RETURN n.age, n.name",
    "MATCH (n:Person {id: 7}), (m:Person {id: 8}) CREATE (n)-[:To {since: $value}]->(m)",
    "MATCH (n:Person {id: 7}), (m:Person {id: $value}) MERGE (n)-[:Knows]->(m)",
    "MATCH (n:Person {id: 7})-[r:Knows]->(m) RETURN count(m)",
    "MERGE (n:Single {id: $value}) SET n.seen = true",
    "MERGE (n:Person {id: $value}) ON CREATE SET n.new = true ON MATCH SET n.new = false RETURN n.new",
    "CREATE (:Single {id: $value})",
    "MATCH (n:Person {id: $value}) DETACH DELETE n",
    "CREATE (:Made {id: $missing})",
    "CREATE (:Made {id: 1 / $value})",
    "UNWIND [1, 2] AS x CREATE (n:Made {id: x}) RETURN n.id",
)
ASKS = (pull(), pull(), pull(1), discard())
VALUES: list[Value] = [0, 7, 8, 9, 2**40, -1, 7.0, "Ada", "x" * 40, None, True, [1], {"a": 1}]


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each statement whether it was answered at once."""
    found: list[bool] = []
    original = SinglesWithin.carry_out

    def noted(singles: SinglesWithin, *arguments: object) -> bool:
        found.append(original(singles, *arguments))  # type: ignore[arg-type]  # as it was called
        return found[-1]

    monkeypatch.setattr(SinglesWithin, "carry_out", noted)
    return found


@pytest.mark.parametrize("offer", [None, OFFER_5_0, OFFER_4_4])
def test_at_once_is_the_same_as_one_by_one(
    offer: bytes | None, connect: Callable[[], Peer], answered: list[bool]
) -> None:
    """Each transaction is done twice and rolled back, so the second finds what the first did."""
    draw = random.Random(str(offer))
    one, other = (opened(connect(), offer) for _ in range(2))
    prepare(one)
    for text in ("CREATE CONSTRAINT FOR (n:Single) REQUIRE n.id IS UNIQUE", "CREATE (:Single {id: 7})"):
        one.ask(run(text), pull())
    for _ in range(60):
        asked = [
            (
                run(draw.choice(STATEMENTS), {"value": draw.choice(VALUES)}),
                draw.choice((pull(), pull(), pull(1), discard())),
            )
            for _ in range(draw.randrange(1, 12))
        ]
        transactions: list[list[tuple[int, object]]] = []
        for peer, at_once in ((one, True), (other, False)):
            answers = told(peer, BEGIN)
            for statement, ask in asked:
                if at_once:
                    answers += told(peer, statement, ask)
                else:
                    begun = told(peer, statement)
                    failed = any(tag == FAILURE for tag, _ in begun)
                    answers += begun + ([(IGNORED, None)] if failed else told(peer, ask))
                if any(tag == FAILURE for tag, _ in answers):  # that has ended the transaction
                    break
            else:
                answers += told(peer, ROLLBACK)
            transactions.append(unmarked(without_ids(answers)))
        assert transactions[0] == transactions[1], asked
    assert sum(answered) > 60 and not all(answered)


def without_ids(answers: list[tuple[int, object]]) -> list[tuple[int, object]]:
    """Records of whole nodes have ids, which are drawn anew."""
    return [(tag, "a node" if tag == RECORD and b"\xb4N" in bytes(fields[:6]) else fields) for tag, fields in answers]  # type: ignore[index]  # records are bytes


def test_a_transaction_sees_itself_and_commits_whole(
    server: EmbeddedServer, connect: Callable[[], Peer], answered: list[bool]
) -> None:
    one, other = connect().open(), connect().open()
    prepare(one)
    create, find = (
        run("CREATE (:Person {id: $id})", {"id": 77}),
        run("MATCH (n:Person {id: $id}) RETURN n.id", {"id": 77}),
    )
    for peer in (one, other):
        for text in (run("CREATE (:Person {id: $id})", {"id": -1}), find):
            peer.ask(BEGIN, text, pull(), ROLLBACK)
    answered.clear()
    one.ask(BEGIN)
    assert [tag for tag, _ in one.ask(create, pull())] == [SUCCESS, SUCCESS]
    assert one.ask(find, pull())[1] == (RECORD, [[77]])
    assert [tag for tag, _ in other.ask(BEGIN, find, pull(), COMMIT)] == [SUCCESS] * 4
    one.ask(COMMIT)
    assert other.ask(BEGIN, find, pull())[2] == (RECORD, [[77]])
    assert other.ask(COMMIT)[0][0] == SUCCESS
    assert answered == [True] * 4


def test_a_result_that_is_open_comes_first(connect: Callable[[], Peer], answered: list[bool]) -> None:
    peer = connect().open()
    prepare(peer)
    write = run("MATCH (n:Person {id: $id}) SET n.age = 100", {"id": 5})
    peer.ask(BEGIN, write, pull(), ROLLBACK)
    answered.clear()
    assert peer.ask(BEGIN, run("MATCH (n:Person) RETURN n.age ORDER BY n.id"), pull(1))[-1][1] == [{"has_more": True}]
    peer.ask(write, pull())
    rows = [fields for tag, fields in peer.ask(message(0x3F, {"n": -1, "qid": 0})) if tag == RECORD]
    assert [[2.5]] in rows and [[100]] not in rows
    assert not any(answered)


def test_what_ends_a_transaction_ends_it_here(connect: Callable[[], Peer], answered: list[bool]) -> None:
    peer, other = connect().open(), connect().open()
    prepare(peer)
    find, write = run("MATCH (n:Person {id: $id}) RETURN n.id", {"id": 7}), run("CREATE (:Made {id: $id})", {"id": 7})
    for known in (find, write):
        peer.ask(BEGIN, known, pull(), ROLLBACK)
    answered.clear()
    assert peer.ask(message(0x11, {"mode": "r"}), find, pull())[2] == (RECORD, [[7]])
    assert peer.ask(write)[-1][0] == FAILURE, "it may only read"
    assert answered == [True]
    peer.ask(RESET)
    peer.ask(BEGIN)
    name = next(
        fields[0][0]  # type: ignore[index,call-overload]  # one column
        for tag, fields in other.ask(run("SHOW TRANSACTIONS YIELD transactionId, currentQuery, connectionId"), pull())
        if tag == RECORD and "SHOW" not in str(fields)
    )
    other.ask(run("TERMINATE TRANSACTIONS $name", {"name": name}), pull())
    assert peer.ask(find)[-1][0] == FAILURE
    peer.ask(RESET)
    peer.ask(message(0x11, {"tx_timeout": 1}))
    other.ask(run("UNWIND range(1, 100000) AS n RETURN sum(n)"), pull())
    assert peer.ask(find)[-1][0] == FAILURE, "its time is over"


def test_one_that_began_before_the_schema_changed(connect: Callable[[], Peer], answered: list[bool]) -> None:
    peer, other = connect().open(), connect().open()
    prepare(peer)
    find = run("MATCH (n:Person {id: $id}) RETURN n.id", {"id": 7})
    peer.ask(find, pull())
    peer.ask(BEGIN, find, pull())
    other.ask(run("DROP INDEX ON :Person(id)"), pull())
    assert peer.ask(find, pull())[1] == (RECORD, [[7]])
    assert peer.ask(COMMIT)[0][0] == SUCCESS
    assert peer.ask(BEGIN, find, pull())[2] == (RECORD, [[7]])


@pytest.mark.parametrize(("statements", "worker"), [(20, False), (400, True)])
def test_what_takes_long_to_commit_is_no_work_of_the_event_loop(
    connect: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch, statements: int, worker: bool
) -> None:
    """However short each statement was: others are answered meanwhile."""
    peer = connect().open()
    asked: list[str] = []
    original = Conversation._in_worker

    def noted(conversation: Conversation, function: Callable[..., object], *arguments: object) -> object:
        asked.append(function.__name__)
        return original(conversation, function, *arguments)

    monkeypatch.setattr(Conversation, "_in_worker", noted)
    peer.ask(BEGIN)
    for number in range(statements):
        peer.ask(run("CREATE (:Made {id: $id})", {"id": number}), pull())
    assert peer.ask(COMMIT)[0][0] == SUCCESS
    assert ("commit" in asked) is worker
    assert peer.ask(run("MATCH (n:Made) RETURN count(n)"), pull())[1] == (RECORD, [[statements]])

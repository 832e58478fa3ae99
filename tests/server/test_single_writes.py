"""A write that comes with the request for its rows has the answer that it has when the request comes by itself."""

import errno
import os
import random
from collections.abc import Callable

import pytest

from memgraph_py.bolt.messages import FAILURE, IGNORED, SUCCESS
from memgraph_py.durability import log_writer
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.server.single_writes import SingleWrites
from memgraph_py.values.types import Value
from tests.bolt.requests import OFFER_4_4, OFFER_5_0, RESET, discard, pull, run
from tests.server.peer import Peer
from tests.server.test_singles import opened, prepare, told

WRITES = (
    "CREATE (:Made {id: $value})",
    "CREATE (n:Made {id: $value, text: 'ä'}) RETURN n.id, n.text",
    "MATCH (n:Person {id: $value}) SET n.age = 1",
    "MATCH (n:Person {id: $value}) SET n.age = $value RETURN n.name AS name, n.age",
    "MATCH (n:Person {id: 7}) MATCH (m:Person {id: 8}) CREATE (n)-[:To {since: $value}]->(m)",
    "MERGE (n:Single {id: $value}) SET n.seen = true",
    "CREATE (:Single {id: $value})",
    "CREATE (:Made {id: $missing})",
    "CREATE (:Made {id: 1 / $value})",
    "UNWIND [1, 2] AS x CREATE (:Made {id: x})",
)
VALUES: list[Value] = [0, 7, 8, 9, 2**40, -1, 7.0, "Ada", "x" * 300, None, True, [1], {"a": 1}]


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each write whether it was answered at once."""
    found: list[bool] = []
    original = SingleWrites.carry_out

    def noted(writes: SingleWrites, *arguments: object) -> object:
        waits = original(writes, *arguments)  # type: ignore[arg-type]  # as it was called
        found.append(waits is not None)
        return waits

    monkeypatch.setattr(SingleWrites, "carry_out", noted)
    return found


@pytest.mark.parametrize("offer", [None, OFFER_5_0, OFFER_4_4])
def test_at_once_is_the_same_as_one_by_one(
    offer: bytes | None, connect: Callable[[], Peer], carried_out: list[bool]
) -> None:
    """Each write is done twice, after a text that undoes what the first one leaves behind."""
    draw = random.Random(str(offer))
    one, other = (opened(connect(), offer) for _ in range(2))
    prepare(one)
    one.ask(run("CREATE CONSTRAINT FOR (n:Single) REQUIRE n.id IS UNIQUE"), pull())
    one.ask(run("CREATE (:Single {id: 7})"), pull())
    for _ in range(100):
        text = draw.choice(WRITES)
        statement = run(text, {"value": draw.choice(VALUES)})
        ask = draw.choice((pull(), pull(), pull(1), discard()))
        at_once = unmarked(told(one, statement, ask))
        if "Single" in text:
            one.ask(run("MATCH (n:Single) WHERE n.id <> 7 OR n.seen DELETE n"), pull())
            one.ask(run("MERGE (:Single {id: 7})"), pull())
        begun = told(other, statement)
        fails = any(tag == FAILURE for tag, _ in begun)
        begun += [(IGNORED, None)] if fails else told(other, ask)
        if "Single" in text:
            one.ask(run("MATCH (n:Single) WHERE n.id <> 7 OR n.seen DELETE n"), pull())
            one.ask(run("MERGE (:Single {id: 7})"), pull())
        assert at_once == unmarked(begun), statement
    assert sum(carried_out) > 10


def unmarked(answers: list[tuple[int, object]]) -> list[tuple[int, object]]:
    """Without the version of the graph, which each commit raises."""
    return [
        (
            tag,
            {key: value for key, value in fields.items() if key != "bookmark"} if isinstance(fields, dict) else fields,
        )
        for tag, fields in answers
    ]


def test_what_the_disk_refuses_fails_and_is_not_there(
    server: EmbeddedServer,
    connect: Callable[[], Peer],
    carried_out: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The requests behind it are ignored; the next write succeeds."""
    peer = connect().open()
    create = run("CREATE (n:Made {id: $id}) RETURN n.id", {"id": 1}), pull()
    assert [tag for tag, _ in peer.ask(*create)][-1] == SUCCESS
    carried_out.clear()

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(log_writer.os, "pwrite", full)
        answers = told(peer, *create, run("RETURN 1"), pull())
    # the row goes out with its commit's success alone
    assert [tag for tag, _ in answers] == [SUCCESS, FAILURE, IGNORED, IGNORED]
    assert carried_out == [True]
    assert [tag for tag, _ in peer.ask(RESET)] == [SUCCESS]
    assert peer.ask(*create)[-1][0] == SUCCESS
    count = peer.ask(run("MATCH (n:Made) RETURN count(n) AS n"), pull())
    assert count[1][1] == [[2]]

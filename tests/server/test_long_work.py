"""Whatever takes long ends soon when it must: RESET, its timeout, somebody who terminates it; and nothing is left.

Each work would go on for ten seconds and more; that it ends in a fraction of these is measured by
`python -m benchmarks.cancel`.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.long_work import COMMITS, GRAPH, WORKS, Work, dripping, write_lines
from memgraph_py.bolt.messages import FAILURE, RECORD, SUCCESS
from memgraph_py.bolt.packstream import Decoder
from memgraph_py.config import Settings
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.values.types import Value
from tests.bolt.requests import BEGIN, COMMIT, RESET, pull, run
from tests.server.peer import Peer, wait_until

SECONDS_MAX = 5.0
"""A machine that does much else at once takes longer than it would."""
TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"
TERMINATED = "Neo.ClientError.Transaction.Terminated"
RUNNING = "SHOW TRANSACTIONS YIELD transactionId AS t, currentQuery AS q WHERE NOT q STARTS WITH 'SHOW' RETURN t"


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One server for all work, with what it works on."""
    folder: Path = tmp_path_factory.mktemp("import")
    write_lines(folder)
    data = tmp_path_factory.mktemp("data")
    server = EmbeddedServer(
        Settings(bolt_port=0, http_port=None, data_directory=data, import_directory=folder, query_memory_limit_mb=4096)
    )
    with server:
        session = server.database.session()
        for text in GRAPH:
            session.run(text).values()
        session.close()
        yield server


@pytest.fixture
def connect(busy_server: EmbeddedServer) -> Iterator[Callable[[], Peer]]:
    """Opens connections to that server."""
    peers: list[Peer] = []

    def open_peer() -> Peer:
        peers.append(Peer(busy_server.bolt_port).open())
        return peers[-1]

    yield open_peer
    for peer in peers:
        peer.socket.close()


@pytest.fixture(scope="module")
def uri() -> Iterator[str]:
    """Of a file that never ends."""
    with dripping() as address:
        yield address


def started(peer: Peer, work: Work, uri: str, **options: int) -> float:
    """When the work, which is under way now, was asked for."""
    begun = time.monotonic()
    peer.send(run(work.text, {"uri": uri, **work.parameters}, **options), pull())
    assert peer.take(1)[0][0] == SUCCESS
    return begun


def failure(peer: Peer) -> str:
    """The code with which the work ends; rows that came before are passed over."""
    while True:
        (payload,) = peer.payloads(1)
        if payload[1] != RECORD:
            assert payload[1] == FAILURE, payload
            return str(as_map(payload)["neo4j_code"])


def as_map(payload: bytes) -> dict[str, Value]:
    """What a message tells."""
    decoder = Decoder(payload, 10)
    decoder.structure()
    told = decoder.value()
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_it_ends_when_it_must(busy_server: EmbeddedServer, connect: Callable[[], Peer], uri: str, work: Work) -> None:
    peer, other = connect(), connect()

    started(peer, work, uri)
    time.sleep(0.05)
    sent = time.monotonic()
    peer.send(RESET)
    assert failure(peer) == TERMINATED
    assert peer.take(1)[0][0] == SUCCESS
    assert time.monotonic() - sent < SECONDS_MAX

    begun = started(peer, work, uri, tx_timeout=100)
    assert failure(peer) == TIMED_OUT
    assert time.monotonic() - begun < SECONDS_MAX
    assert peer.ask(RESET)[0][0] == SUCCESS

    started(peer, work, uri)
    time.sleep(0.1)
    for tag, fields in other.ask(run(RUNNING), pull()):
        if tag == RECORD:
            sent = time.monotonic()
            other.ask(run("TERMINATE TRANSACTIONS $name", {"name": fields[0][0]}), pull())  # type: ignore[index,call-overload]  # one column
    assert failure(peer) == TERMINATED
    assert time.monotonic() - sent < SECONDS_MAX
    assert [tag for tag, _ in peer.ask(RESET, run(), pull())] == [SUCCESS, SUCCESS, RECORD, SUCCESS]

    wait_until(lambda: len(other.ask(run(RUNNING), pull())) == 2)  # no row: all workers have come back
    assert busy_server.database.core.memory_pool.held == 0


@pytest.mark.parametrize("moment", [0.0, 0.05])
@pytest.mark.parametrize("work", COMMITS, ids=lambda work: work.name)
def test_a_commit_ends_when_it_must(
    busy_server: EmbeddedServer, connect: Callable[[], Peer], work: Work, moment: float
) -> None:
    """Where it has gone to the log the client is told how it ended, else nothing is left of it."""
    peer, other = connect(), connect()
    before = contents(other)
    tag, (told,) = peer.ask(BEGIN, run(work.committed or ""), pull())[-1]
    assert tag == SUCCESS and isinstance(told, dict)
    changes = "stats" in told  # where a commit before this one was in time, there is nothing left to delete
    peer.send(COMMIT)
    time.sleep(moment)
    sent = time.monotonic()
    peer.send(RESET)
    ended, reset = (tag for tag, _ in peer.take(2))
    assert reset == SUCCESS
    assert ended in (SUCCESS, FAILURE)
    assert time.monotonic() - sent < SECONDS_MAX
    assert (contents(other) == before) == (ended == FAILURE or not changes)
    assert [tag for tag, _ in peer.ask(run("CREATE (:After)"), pull())] == [SUCCESS, SUCCESS]
    assert other.ask(run("MATCH (n:After) DELETE n"), pull())[-1][0] == SUCCESS
    wait_until(lambda: len(other.ask(run(RUNNING), pull())) == 2)


def contents(peer: Peer) -> list[list[Value]]:
    """What the commits change."""
    counts = (
        "MATCH (n) RETURN count(n)",
        "MATCH ()-[r]->() RETURN count(r)",
        "MATCH (n:Wide) RETURN sum(n.y), count(n.text)",
    )
    return [peer.ask(run(text), pull())[1][1] for text in counts]

"""Random conversations: each request has its answer in order, no error is our fault, and nothing is left behind."""

import random
import socket
from collections.abc import Callable

import pytest

from memgraph_py.bolt.messages import FAILURE, IGNORED, RECORD, SUCCESS
from memgraph_py.errors import SchemaMissing
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.values.temporal import Date
from memgraph_py.values.types import Value
from tests.bolt.requests import (
    BEGIN,
    COMMIT,
    LOGOFF,
    LOGON,
    RESET,
    ROLLBACK,
    ROUTE,
    TELEMETRY,
    discard,
    message,
    pull,
    run,
)
from tests.server.peer import Peer, metadata, wait_until

STATEMENTS = [
    run(),
    run("UNWIND range(1, 5) AS x RETURN x"),
    run("UNWIND range(1, 30000) AS x RETURN x, toString(x)"),
    run("UNWIND range(1, 200000) AS x RETURN count(x)"),
    run("CREATE (n:Random {x: $x}) RETURN n.x", {"x": Date(7)}),
    run("MATCH (n:Random) SET n.y = 1"),
    run("MATCH (n:Random) WITH n LIMIT 2 DETACH DELETE n RETURN n.x"),
    run("RETURN 1 / 0"),
    run("UNWIND [1, 2, 0] AS x RETURN 1 / x"),
    run("NO SUCH THING"),
    run("RETURN $missing"),
    run("CREATE INDEX ON :Random(x)"),
    run("DROP INDEX ON :Random(x)"),
    run("SHOW STREAMS"),
    run("EXPLAIN MATCH (n) RETURN n.x"),
    run("RETURN $long", {"long": "x" * 200_000}),
    run(db="other"),
    run("CREATE (:Random)", mode="r"),
]
OTHERS = [
    BEGIN,
    message(0x11, {"mode": "r", "tx_timeout": 10}),
    message(0x11, {"tx_metadata": 1}),
    COMMIT,
    ROLLBACK,
    pull(),
    pull(1),
    pull(2, qid=0),
    pull(1, qid=1),
    pull(0),
    discard(),
    discard(1, qid=0),
    RESET,
    ROUTE,
    TELEMETRY,
    LOGOFF,
    LOGON,
    b"\x00\x00",
]


def block(chance: random.Random) -> list[bytes]:
    """Requests that are legal in READY and end there, whatever they are answered."""
    kind = chance.randrange(10)
    if kind == 0:
        return [chance.choice([ROUTE, TELEMETRY, b"\x00\x00"])]
    if kind == 1:
        return [LOGOFF, LOGON]
    if kind < 5:
        return [chance.choice(STATEMENTS), chance.choice([pull(), pull(3), pull(0), discard(), discard(2)]), RESET]
    requests = [
        chance.choice([BEGIN, BEGIN, message(0x11, {"mode": "r", "tx_timeout": 10}), message(0x11, {"mode": 1})])
    ]
    for qid in range(chance.randrange(4)):
        requests.append(chance.choice(STATEMENTS))
        if chance.random() < 0.7:
            requests.append(chance.choice([pull(2, qid=qid), pull(1, qid=0), discard(1), pull(3, qid=qid)]))
    return [*requests, chance.choice([COMMIT, ROLLBACK, RESET]), RESET]


def turns(chance: random.Random) -> list[list[bytes]]:
    """Requests that are sent at once, then the next ones; here and there one that may end it all."""
    pieces: list[list[bytes]] = []
    for _ in range(chance.randrange(1, 12)):
        requests = block(chance)
        if requests[-1] == RESET and chance.random() < 0.8:  # else the RESET overtakes what stands before it
            pieces += [requests[:-1], [RESET]]
        else:
            pieces.append(requests)
        if chance.random() < 0.05:
            pieces.append([chance.choice(OTHERS)])
    return pieces


def answers_to(peer: Peer, requests: list[bytes]) -> list[tuple[int, list[Value]]]:
    """One for each request, without records; fewer where the connection ends."""
    taken: list[tuple[int, list[Value]]] = []
    try:
        peer.send(*requests)
        while len(taken) < sum(request != b"\x00\x00" for request in requests):
            taken += [answer for answer in peer.take(1) if answer[0] != RECORD]
    except (AssertionError, OSError):
        return taken
    return taken


@pytest.mark.parametrize("seed", range(8))
def test_every_request_has_its_answer(server: EmbeddedServer, connect: Callable[[], Peer], seed: int) -> None:
    chance = random.Random(seed)
    succeeded = 0
    for _ in range(15):
        peer = connect().open()
        violation = False
        for requests in turns(chance):
            taken = answers_to(peer, requests)
            assert {tag for tag, _ in taken} <= {SUCCESS, FAILURE, IGNORED}
            codes = [str(metadata(answer)["neo4j_code"]) for answer in taken if answer[0] == FAILURE]
            assert not [code for code in codes if "DatabaseError" in code and code != SchemaMissing.code], codes
            succeeded += sum(tag == SUCCESS for tag, _ in taken)
            if len(taken) < sum(request != b"\x00\x00" for request in requests):
                assert codes or violation  # it is told
                break
            if taken:
                violation = taken[-1][0] == FAILURE  # perhaps one: the connection may have ended
        else:
            assert violation or answers_to(peer, [RESET, run(), pull()])[-1][0] == SUCCESS
        peer.socket.close()
    assert succeeded > 80
    services = server.app.bolt.services
    wait_until(lambda: not services.clients and not services.open_transactions and not services.input_bytes)


def test_a_peer_that_is_silent_is_asked_after(server: EmbeddedServer, connect: Callable[[], Peer]) -> None:
    """By the system: a connection whose other end is gone without a word ends, and with it its transaction."""
    connect().open().ask(BEGIN)
    (client,) = server.app.bolt.services.clients
    assert client._transport is not None
    own = client._transport.get_extra_info("socket")
    assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle, interval, count = (
        own.getsockopt(socket.IPPROTO_TCP, option)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    )
    assert idle + interval * count <= 120

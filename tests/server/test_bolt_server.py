"""The Bolt server over a bare socket: what the official driver never does, and what a C client needs."""

import os
import socket
import time
from collections.abc import Callable

import pytest

from memgraph_py.bolt.messages import FAILURE, IGNORED, RECORD, SUCCESS
from memgraph_py.config import Limits
from memgraph_py.server.app import EmbeddedServer
from tests.bolt.requests import (
    BEGIN,
    COMMIT,
    HELLO,
    LOGON,
    OFFER_4_4,
    OFFER_5_8,
    OPENING,
    RESET,
    ROLLBACK,
    ROUTE,
    TELEMETRY,
    discard,
    message,
    pull,
    run,
)
from tests.server.peer import SLOW, Peer, connector, metadata


def test_the_last_success_of_a_pull_says_that_there_is_no_more(connect: Callable[[], Peer]) -> None:
    """pymgclient 1.6 dies with a segmentation fault where the key is missing."""
    peer = connect().open()
    for last in (
        peer.ask(run(), pull())[-1],
        peer.ask(run("CREATE (:A)"), pull())[-1],
        peer.ask(run("UNWIND range(1, 3) AS x RETURN x"), discard())[-1],
        peer.ask(BEGIN, run(), pull())[-1],
    ):
        assert metadata(last)["has_more"] is False
    peer.ask(ROLLBACK)
    (more,) = peer.ask(run("UNWIND range(1, 3) AS x RETURN x"), pull(2))[-1:]
    assert metadata(more) == {"has_more": True}


def test_version_4_4_logs_on_in_hello_and_has_no_element_ids(connect: Callable[[], Peer]) -> None:
    peer = connect()
    peer.send(OFFER_4_4, message(0x01, {"scheme": "basic", "principal": "", "credentials": "", "patch_bolt": ["utc"]}))
    assert peer.socket.recv(4, socket.MSG_WAITALL) == b"\x00\x00\x04\x04"
    (hello,) = peer.take(1)
    assert metadata(hello)["patch_bolt"] == ["utc"]
    peer.send(run("CREATE (n:A {x: 1}) RETURN n"), pull())
    assert peer.payloads(2)[1] == b"\xb1\x71\x91\xb3N\x00\x91\x81A\xa1\x81x\x01"


def test_what_hello_and_route_say(connect: Callable[[], Peer]) -> None:
    peer = connect()
    peer.send(OFFER_5_8, HELLO, LOGON)
    assert len(peer.socket.recv(4, socket.MSG_WAITALL)) == 4
    hello = metadata(peer.take(2)[0])
    assert str(hello["server"]).startswith("Neo4j/5.26.0 compatible (memgraph-py ")
    assert str(hello["connection_id"]).startswith("bolt-")
    table = metadata(peer.ask(ROUTE)[0])["rt"]
    assert isinstance(table, dict)
    assert table["servers"] == [{"addresses": ["example:7687"], "role": role} for role in ("WRITE", "READ", "ROUTE")]
    assert peer.ask(TELEMETRY)[0][0] == SUCCESS
    own = metadata(peer.ask(message(0x66, {}, [], {}))[0])["rt"]
    assert isinstance(own, dict)
    assert own["servers"][0]["addresses"][0].startswith("127.0.0.1:")  # type: ignore[index,union-attr,call-overload]  # it is so, or fails


def test_a_thousand_pipelined_statements_are_answered_in_order(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    statements = [part for x in range(1000) for part in (run("RETURN $x AS x", {"x": x}), pull())]
    taken = peer.ask(*statements)
    assert [fields[0] for tag, fields in taken if tag == RECORD] == [[x] for x in range(1000)]


def test_results_of_a_transaction_are_pulled_by_their_number(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    text = "UNWIND range(1, 5) AS x RETURN x + $by"
    opened = peer.ask(BEGIN, run(text, {"by": 0}), run(text, {"by": 10}))
    assert [metadata(answer).get("qid") for answer in opened] == [None, 0, 1]
    taken = peer.ask(pull(2, qid=0), discard(1, qid=1), pull(2, qid=1), pull(qid=0), pull())
    assert [fields[0] for tag, fields in taken if tag == RECORD] == [[1], [2], [12], [13], [3], [4], [5], [14], [15]]
    assert metadata(peer.ask(COMMIT)[0])["bookmark"]
    failed = peer.ask(BEGIN, run(), pull(qid=7))
    assert failed[-1][0] == FAILURE


def test_a_statement_is_interrupted_by_reset(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    peer.send(run(SLOW), pull())
    time.sleep(0.3)
    started = time.monotonic()
    peer.send(run(), RESET)
    assert [tag for tag, _ in peer.take(4)] == [SUCCESS, FAILURE, IGNORED, SUCCESS]
    assert time.monotonic() - started < 5
    assert [tag for tag, _ in peer.ask(run(), pull())] == [SUCCESS, RECORD, SUCCESS]


def test_a_statement_that_waits_for_a_worker_is_interrupted_too(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(limits=Limits(worker_threads=1))) as connect:
        first, second = connect().open(), connect().open()
        first.send(run(SLOW), pull())
        time.sleep(0.2)
        second.send(run(SLOW), pull())
        time.sleep(0.2)
        second.send(RESET)
        first.send(RESET)
        assert [tag for tag, _ in second.take(3)] == [SUCCESS, FAILURE, SUCCESS]
        assert [tag for tag, _ in first.take(3)] == [SUCCESS, FAILURE, SUCCESS]


def test_statements_of_one_client_that_goes_away_end(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(limits=Limits(worker_threads=1))) as connect:
        gone = connect().open()
        gone.ask(BEGIN)
        gone.send(run("CREATE (:Gone)"), pull(), run(SLOW), pull())
        time.sleep(0.3)
        gone.socket.close()
        other = connect().open()
        taken = other.ask(run("UNWIND range(1, 5000) AS x MATCH (n:Gone) RETURN count(n)"), pull())
        assert taken[1] == (RECORD, [[0]])


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        OFFER_5_8 + b"\x00\x01\x99\x00\x00",
        OPENING + run() + b"\x00\x02\xb1\xff\x00\x00",
        OPENING + COMMIT,
        OPENING + b"\x00\x06\xb3\x10\xd2\xff\xff\xff\x00\x00",
        bytes(100),
    ],
)
def test_a_client_that_breaks_the_protocol_is_closed_and_the_others_never_notice(
    connect: Callable[[], Peer], data: bytes
) -> None:
    good, bad = connect().open(), connect()
    bad.send(data)
    assert bad.is_closed()
    assert good.ask(run(), pull())[1] == (RECORD, [[1]])


def test_a_violation_is_told_before_the_end(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    peer.send(run("RETURN 7"), COMMIT)
    taken = peer.take(2)
    assert taken[0][0] == SUCCESS
    assert metadata(taken[1])["neo4j_code"] == "Neo.ClientError.Request.Invalid"
    assert peer.is_closed()


def test_there_are_no_more_connections_than_the_limit(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(limits=Limits(connections_max=2))) as connect:
        first, _ = connect().open(), connect().open()
        refused = connect()
        assert refused.is_closed()
        first.socket.close()
        time.sleep(0.2)
        assert connect().open().ask(run(), pull())[1] == (RECORD, [[1]])


def test_there_are_no_more_transactions_than_the_limit(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(limits=Limits(open_transactions_max=2))) as connect:
        peers = [connect().open() for _ in range(3)]
        tags = [peer.ask(BEGIN)[0][0] for peer in peers]
        assert tags == [SUCCESS, SUCCESS, FAILURE]
        peers[0].ask(ROLLBACK)
        peers[2].ask(RESET)
        assert peers[2].ask(BEGIN)[0][0] == SUCCESS


def test_a_client_that_does_not_log_on_in_time_is_closed(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(limits=Limits(idle_handshake_seconds=0.3))) as connect:
        silent, half, good = connect(), connect(), connect().open()
        half.send(OFFER_5_8 + HELLO)
        assert silent.is_closed()
        assert half.is_closed()
        assert good.ask(run(), pull())[1] == (RECORD, [[1]])


def test_a_client_that_never_reads_does_not_grow_the_memory(make_server: Callable[..., EmbeddedServer]) -> None:
    """Ten of them ask for a gigabyte each; what waits for them is bounded, and others are served meanwhile."""
    from benchmarks.server_cpu import resident_bytes

    with connector(make_server(limits=Limits(output_buffer_bytes_max=1 << 20))) as connect:
        other = connect().open()

        before = resident_bytes(os.getpid())
        text = "UNWIND range(1, 50000) AS x RETURN $text"
        for _ in range(10):
            connect().open().send(run(text, {"text": "x" * 20_000}), pull())
        time.sleep(1.5)
        assert other.ask(run(), pull())[1] == (RECORD, [[1]])
        assert resident_bytes(os.getpid()) - before < 150 << 20


def test_a_client_that_sends_much_and_never_reads_is_not_read_from(connect: Callable[[], Peer]) -> None:
    peer, other = connect().open(), connect().open()
    peer.socket.settimeout(2)
    statement = run("RETURN $text", {"text": "y" * 50_000}) + pull()
    sent = 0
    with pytest.raises(TimeoutError):
        for _ in range(4_000):
            peer.socket.sendall(statement)
            sent += len(statement)
    assert sent < 100 << 20
    assert other.ask(run(), pull())[1] == (RECORD, [[1]])


def test_a_large_result_arrives_whole(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    taken = peer.ask(run("UNWIND range(1, 200000) AS x RETURN x"), pull())
    assert [fields[0] for tag, fields in taken if tag == RECORD] == [[x] for x in range(1, 200_001)]
    assert peer.ask(run("UNWIND range(1, 200000) AS x RETURN x"), discard(150_000), pull(3))[-4:-1] == [
        (RECORD, [[x]]) for x in range(150_001, 150_004)
    ]


def test_rows_larger_than_the_buffer_arrive(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    taken = peer.ask(run("UNWIND range(1, 12) AS x RETURN $text + toString(x)", {"text": "z" * 3_000_000}), pull())
    texts = [fields[0] for tag, fields in taken if tag == RECORD]
    assert texts == [["z" * 3_000_000 + str(x)] for x in range(1, 13)]


def test_deleted_elements_are_sent_bare(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    peer.ask(run("CREATE (:A {x: 1})-[:T {y: 2}]->(:B)"), pull())
    peer.send(run("MATCH (a:A)-[r]->(b) DELETE a, r RETURN r"), pull())
    record = peer.payloads(2)[1]
    assert record.startswith(b"\xb1\x71\x91\xb8R")
    assert b"\x81y" not in record


def test_an_error_that_nobody_foresaw_is_answered_and_logged(
    server: EmbeddedServer, connect: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    from memgraph_py.engine.session import Session

    peer = connect().open()

    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Session, "begin", broken)
    (failed,) = peer.ask(BEGIN)
    assert metadata(failed)["neo4j_code"] == "Neo.DatabaseError.General.UnknownError"
    assert "secret" not in str(metadata(failed)["message"])
    assert [tag for tag, _ in peer.ask(RESET, run(), pull())] == [SUCCESS, SUCCESS, RECORD, SUCCESS]


def test_stopping_the_server_closes_every_connection(make_server: Callable[..., EmbeddedServer]) -> None:
    server = make_server()
    with connector(server) as connect:
        idle, busy, inside, deaf = (connect().open() for _ in range(4))
        busy.send(run(SLOW), pull())
        deaf.send(run("UNWIND range(1, 100000) AS x RETURN $text", {"text": "x" * 1000}), pull())
        inside.ask(BEGIN, run("CREATE (:A)"), pull())
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 8
        assert idle.is_closed()
        assert busy.is_closed()
        assert inside.is_closed()

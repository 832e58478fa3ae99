"""Malformed, endless and greedy clients: each ends alone, in bounded memory and time, and others never notice."""

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from benchmarks.server_cpu import resident_bytes
from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.messages import FAILURE, RECORD, SUCCESS
from memgraph_py.bolt.packstream import pack
from memgraph_py.config import Limits
from memgraph_py.server.app import EmbeddedServer
from tests.bolt.requests import (
    BEGIN,
    HELLO,
    LOGOFF,
    LOGON,
    MAGIC,
    OFFER_5_8,
    OPENING,
    RESET,
    answers,
    message,
    pull,
    run,
)
from tests.server.peer import Peer, connector, metadata, wait_until

MEGABYTE = 1 << 20


def request(fields: bytes) -> bytes:
    """RUN with parameters that are these bytes."""
    return frame(b"\xb3\x10" + pack("RETURN 1") + fields + b"\xa0")


@pytest.fixture
def honest(connect: Callable[[], Peer]) -> Iterator[Peer]:
    """A client that is served before and after."""
    peer = connect().open()
    assert peer.ask(run(), pull())[1] == (RECORD, [[1]])
    before = resident_bytes(os.getpid())
    yield peer
    assert peer.ask(run(), pull())[1] == (RECORD, [[1]])
    assert resident_bytes(os.getpid()) - before < 200 * MEGABYTE


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 20,
        b"\x60\x60\xb0\x18" + bytes(16),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),  # TLS
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        MAGIC + bytes(16),
        OFFER_5_8 + frame(b"\x01\x02"),
        OFFER_5_8 + frame(b"\xb0"),
        OFFER_5_8 + frame(b"\xb0\x01\x02"),
        OFFER_5_8 + frame(b"\xbf\x01" + b"\xa0" * 15),
        OPENING + frame(b"\xd0\x10"),
        OPENING + frame(b"\xb1\x77\xa0"),
        OPENING + frame(b"\xb1\xff"),
        OPENING + request(b"\xd4\xff"),
        OPENING + request(b"\xa1\xd2\xff\xff\xff\xff"),
        OPENING + request(b"\xda\x7f\xff\xff\xff"),
        OPENING + request(b"\xa1\x81a\xd6\xff\xff\xff\xff"),
        OPENING + request(b"\xa1\x81a\xce\xff\xff\xff\xff"),
        OPENING + request(b"\xa1\x81a\xd2\x7f\xff\xff\xff" + b"x" * 1000),
        OPENING + request(b"\xa1\x81a\xc4"),
        OPENING + request(b"\xa1\x82\xff\xfe\x01"),
        OPENING + request(b"\xa1\x01\x01"),
        OPENING + request(b"\xa0\x00"),
    ],
)
def test_bytes_that_are_no_message_end_the_connection(honest: Peer, connect: Callable[[], Peer], data: bytes) -> None:
    bad = connect()
    bad.send(data)
    assert bad.is_closed()


@pytest.mark.parametrize("head", [b"\x91", b"\xa1\x81a"], ids=["lists", "maps"])
@pytest.mark.parametrize("depth", [500, 5_000, 5_000_000])
def test_a_depth_bomb_is_told(honest: Peer, connect: Callable[[], Peer], head: bytes, depth: int) -> None:
    bad = connect().open()
    bad.send(request(b"\xa1\x81a" + head * depth + b"\x01"))
    assert metadata(bad.take(1)[0])["neo4j_code"] == "Neo.ClientError.General.LimitExceeded"
    assert bad.ask(RESET, run(), pull())[2] == (RECORD, [[1]])


@pytest.mark.parametrize(
    "value",
    [b"\xb1\x44\xcb" + b"\x7f" * 8, b"\xb3\x69\x00\x00" + pack("No/Where"), b"\xb0\x99", b"\xb4\x4e\x01\x90\xa0\x81x"],
    ids=["a day out of range", "an unknown zone", "an unknown structure", "a node"],
)
def test_a_value_that_is_none_fails_its_statement_alone(
    honest: Peer, connect: Callable[[], Peer], value: bytes
) -> None:
    peer = connect().open()
    peer.send(BEGIN, request(b"\xa1\x81a" + value), pull())
    taken = peer.take(3)
    assert [tag for tag, _ in taken[:2]] == [SUCCESS, FAILURE]
    assert metadata(taken[1])["neo4j_code"] in (
        "Neo.ClientError.Request.Invalid",
        "Neo.ClientError.Statement.TypeError",
    )
    assert peer.ask(RESET, run(), pull())[2] == (RECORD, [[1]])


def test_a_message_that_grows_beyond_the_bound_ends_the_connection(make_server: Callable[..., EmbeddedServer]) -> None:
    limits = Limits(message_bytes_max=4 * MEGABYTE)
    with connector(make_server(limits=limits)) as connect:
        good, bad = connect().open(), connect().open()
        before = resident_bytes(os.getpid())
        chunk = b"\xff\xff" + bytes(0xFFFF)
        with pytest.raises(OSError):  # reset or broken pipe, as it comes
            for _ in range(10_000):
                bad.send(chunk)
        assert resident_bytes(os.getpid()) - before < 100 * MEGABYTE
        assert good.ask(run(), pull())[1] == (RECORD, [[1]])


def test_what_all_clients_send_at_once_is_bounded(make_server: Callable[..., EmbeddedServer]) -> None:
    """Twenty of them begin a message of 8 MB each, and never end it."""
    limits = Limits(input_bytes_max=32 * MEGABYTE)
    server = make_server(limits=limits)
    with connector(server) as connect:
        good = connect().open()
        before = resident_bytes(os.getpid())
        chunk = b"\xff\xff" + bytes(0xFFFF)
        ended = 0
        peers = [connect().open() for _ in range(20)]
        for peer in peers:
            try:
                for _ in range(128):
                    peer.send(chunk)
            except OSError:
                ended += 1
        assert resident_bytes(os.getpid()) - before < 150 * MEGABYTE
        assert good.ask(run(), pull())[1] == (RECORD, [[1]])
        assert ended or [peer for peer in peers if peer.is_closed_now()]
        for peer in peers:
            peer.socket.close()
        text = "x" * (15 * MEGABYTE)
        wait_until(lambda: len(server.app.bolt.services.clients) == 1)
        assert server.app.bolt.services.input_bytes == 0
        assert good.ask(run("RETURN size($x)", {"x": text}), pull())[1] == (RECORD, [[len(text)]])


@pytest.mark.parametrize(
    "flood",
    [
        b"\x00\x00" * 131_072,
        b"\x00\x01\xb0" * 50_000,
        RESET * 20_000,
        (run() + pull()) * 2_000,
        frame(b"\xb1\x3f\xa1\x81n\x01") * 20_000,
        BEGIN * 2 + RESET,
    ],
    ids=["keep-alives", "chunks of a byte", "resets", "statements", "pulls", "begins"],
)
def test_a_flood_does_not_stop_the_others(connect: Callable[[], Peer], flood: bytes) -> None:
    good, bad = connect().open(), connect().open()
    bad.socket.settimeout(2)
    stop = threading.Event()

    def pour() -> None:
        try:
            while not stop.is_set():
                bad.socket.sendall(flood)
        except OSError:
            return  # the server has had enough, or reads no more

    before = resident_bytes(os.getpid())
    pouring = threading.Thread(target=pour)
    pouring.start()
    slowest = 0.0
    try:
        for _ in range(10):
            started = time.monotonic()
            assert good.ask(run(), pull())[1] == (RECORD, [[1]])
            slowest = max(slowest, time.monotonic() - started)
    finally:
        stop.set()
        bad.socket.close()
        pouring.join(10)
    assert slowest < 15
    assert resident_bytes(os.getpid()) - before < 200 * MEGABYTE


def test_a_large_message_does_not_stop_the_others(connect: Callable[[], Peer]) -> None:
    """Reading the fields of one takes seconds; it is done beside the others."""
    good, large = connect().open(), connect().open()
    values = pack([[x, "text", {"key": 1.5}] for x in range(100_000)])
    large.send(frame(b"\xb3\x10" + pack("RETURN size($x)") + b"\xa1\x81x" + values + b"\xa0"), pull())
    slowest = 0.0
    large.socket.setblocking(False)
    asked = 0
    while True:
        started = time.monotonic()
        assert good.ask(run(), pull())[1] == (RECORD, [[1]])
        slowest, asked = max(slowest, time.monotonic() - started), asked + 1
        try:
            if large.socket.recv(1, socket.MSG_PEEK):
                break
        except BlockingIOError:
            pass
    large.socket.settimeout(20)
    assert large.take(3)[1] == (RECORD, [[100_000]])
    assert asked > 3
    assert slowest < 15


def test_a_large_message_is_overtaken_by_reset(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    values = pack([[x, "text", {"key": 1.5}] for x in range(100_000)])
    peer.send(frame(b"\xb3\x10" + pack("CREATE (:Never)") + b"\xa1\x81x" + values + b"\xa0"), RESET)
    tags = [tag for tag, _ in peer.take(2)]
    assert tags[1] == SUCCESS
    assert tags[0] != SUCCESS
    assert peer.ask(run("MATCH (n:Never) RETURN count(n)"), pull())[1] == (RECORD, [[0]])


def test_a_message_that_does_not_come_to_its_end_is_given_up(make_server: Callable[..., EmbeddedServer]) -> None:
    limits = Limits(message_seconds=0.5)
    with connector(make_server(limits=limits, bolt_keep_alive_seconds=0.2)) as connect:
        slow, good = connect().open(), connect().open()
        data = run()
        with pytest.raises((OSError, AssertionError)):
            for byte in data * 100:  # a byte now and then
                slow.send(bytes((byte,)))
                time.sleep(0.05)
                if slow.is_closed_now():
                    raise AssertionError("closed")
        for _ in range(20):  # one that goes on is served
            assert good.ask(run(), pull())[1] == (RECORD, [[1]])
            time.sleep(0.05)


def test_a_client_that_never_reads_is_let_go(make_server: Callable[..., EmbeddedServer]) -> None:
    limits = Limits(output_stalled_seconds=0.5, output_buffer_bytes_max=MEGABYTE)
    server = make_server(limits=limits, bolt_keep_alive_seconds=0.2)
    with connector(server) as connect:
        good, deaf = connect().open(), connect().open()
        before = resident_bytes(os.getpid())
        deaf.send(run("UNWIND range(1, 5000000) AS x RETURN x, $text", {"text": "x" * 1000}), pull())
        wait_until(lambda: len(server.app.bolt.services.clients) == 1)
        assert good.ask(run(), pull())[1] == (RECORD, [[1]])
        assert resident_bytes(os.getpid()) - before < 200 * MEGABYTE


def test_connections_beyond_the_limit_are_told_why(make_server: Callable[..., EmbeddedServer]) -> None:
    server = make_server(limits=Limits(connections_max=3))
    with connector(server) as connect:
        served = [connect().open() for _ in range(3)]
        for _ in range(20):
            refused = connect()
            refused.send(OPENING)
            assert refused.socket.recv(4, socket.MSG_WAITALL) == b"\x00\x00\x08\x05"
            failure = metadata(refused.take(1)[0])
            assert failure["neo4j_code"] == "Neo.TransientError.General.DatabaseUnavailable"
            assert "too many connections" in str(failure["message"])
            assert refused.is_closed()
        crowd = [connect() for _ in range(150)]  # they say nothing: the last ones are not even listened to
        assert served[0].ask(run(), pull())[1] == (RECORD, [[1]])
        wait_until(lambda: server.app.bolt.services.refusing <= 100)
        for peer in crowd:
            peer.socket.close()
        wait_until(lambda: server.app.bolt.services.refusing == 0)
        served.pop().socket.close()
        wait_until(lambda: len(server.app.bolt.services.clients) == 2)
        assert connect().open().ask(run(), pull())[1] == (RECORD, [[1]])


def test_connections_without_a_handshake_give_way(make_server: Callable[..., EmbeddedServer]) -> None:
    server = make_server(limits=Limits(connections_max=3))
    with connector(server) as connect:
        served, silent, half = connect().open(), connect(), connect()
        half.send(OPENING[:10])
        wait_until(lambda: len(server.app.bolt.services.clients) == 3)
        assert connect().open().ask(run(), pull())[1] == (RECORD, [[1]])
        assert silent.is_closed()
        assert not half.is_closed_now()
        assert served.ask(run(), pull())[1] == (RECORD, [[1]])
        for _ in range(50):
            connect()
        assert connect().open().ask(run(), pull())[1] == (RECORD, [[1]])
        assert half.is_closed()
        assert len(server.app.bolt.services.clients) <= 3
        assert connect().is_closed()  # all that are left have finished theirs


def test_one_that_has_logged_off_does_not_give_way(make_server: Callable[..., EmbeddedServer]) -> None:
    server = make_server(limits=Limits(connections_max=1, idle_handshake_seconds=1.0))
    with connector(server) as connect:
        served = connect().open()
        assert served.ask(LOGOFF)[0][0] == SUCCESS
        assert connect().is_closed()
        wait_until(lambda: not server.app.bolt.services.greeting)
        assert served.ask(LOGON)[0][0] == SUCCESS
        assert served.ask(run(), pull())[1] == (RECORD, [[1]])


def test_random_bytes_after_the_opening_never_take_the_server_down(honest: Peer, connect: Callable[[], Peer]) -> None:
    chance = random.Random(7)
    valid = [run(), pull(), BEGIN, RESET, HELLO, LOGON, message(0x66, {}, [], {})]
    for _ in range(60):
        peer = connect()
        data = bytearray(b"".join(chance.choices(valid, k=5)))
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        peer.send(OPENING, bytes(data))
        peer.socket.shutdown(socket.SHUT_WR)
        received = b""
        while piece := peer.socket.recv(1 << 16):
            received += piece
        assert received[:4] == b"\x00\x00\x08\x05"
        assert answers(received[4:])


def test_a_client_that_goes_in_the_middle_of_anything_is_forgotten(
    server: EmbeddedServer, connect: Callable[[], Peer]
) -> None:
    whole = OPENING + BEGIN + run("CREATE (:Half)") + pull() + run("UNWIND range(1, 100000) AS x RETURN x") + pull()
    for size in range(0, len(whole), 7):
        peer = connect()
        peer.send(whole[:size])
        peer.socket.close()
    services = server.app.bolt.services
    wait_until(lambda: not services.clients and not services.open_transactions and not services.input_bytes)
    peer = connect().open()
    assert peer.ask(run("MATCH (n:Half) RETURN count(n)"), pull())[1] == (RECORD, [[0]])

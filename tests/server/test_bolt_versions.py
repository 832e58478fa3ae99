"""Each version from its handshake to its goodbye: what HELLO, summaries and failures say, how values are written."""

import time
from collections.abc import Callable

import pytest

from memgraph_py.bolt.handshake import MAGIC, VERSIONS, ProtocolVersion
from memgraph_py.bolt.messages import FAILURE, RECORD, SUCCESS
from memgraph_py.bolt.packstream import pack
from memgraph_py.config import Limits
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.values.temporal import DateTime
from memgraph_py.values.types import Value
from tests.bolt.requests import BEGIN, COMMIT, GOODBYE, LOGON, OFFER_5_8, RESET, ROUTE, discard, message, pull, run
from tests.server.peer import SLOW, Peer, connector, metadata

every_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.major}.{version.minor}")
MANIFEST = MAGIC + bytes.fromhex("000001ff 00080805 00020404 00000003")
NOTIFIED = "MATCH (a), (b) RETURN count(*)"


def opened(peer: Peer, version: ProtocolVersion, **hello: Value) -> dict[str, Value]:
    """Shake hands and log on; gives what HELLO is told."""
    number = bytes((0, 0, version.minor, version.major))
    peer.send(MAGIC + number + bytes(12), message(0x01, {"user_agent": "test/1", **hello}))
    assert peer.socket.recv(4, 0x100) == number  # MSG_WAITALL
    (answer,) = peer.take(1)
    if version.logon:
        assert peer.ask(LOGON)[0][0] == SUCCESS
    return metadata(answer)


@every_version
def test_a_conversation(connect: Callable[[], Peer], version: ProtocolVersion) -> None:
    peer = connect()
    hello = opened(peer, version)
    hints = hello["hints"]
    assert isinstance(hints, dict)
    assert ("connection.recv_timeout_seconds" in hints) == ((version.major, version.minor) >= (4, 3))
    ran, _, last = peer.ask(run("RETURN 1 AS x"), pull())
    assert metadata(ran)["fields"] == ["x"]
    assert ("db" in metadata(ran)) == (version.minor == 8)
    assert metadata(last)["db"] == "neo4j"
    assert metadata(last)["has_more"] is False
    peer.ask(BEGIN, run("CREATE (:A)"), pull())
    assert str(metadata(peer.ask(COMMIT)[0])["bookmark"]).startswith("FB:")
    failed = metadata(peer.ask(run("RETURN"))[0])
    keys = {"neo4j_code", "message", "gql_status", "description", "diagnostic_record"}
    assert set(failed) == (keys if (version.major, version.minor) >= (5, 7) else {"code", "message"})
    assert peer.ask(RESET)[0][0] == SUCCESS
    if version.route:
        assert peer.ask(ROUTE)[0][0] == SUCCESS
    peer.send(GOODBYE)
    assert peer.is_closed()


@every_version
def test_a_conversation_after_a_manifest(connect: Callable[[], Peer], version: ProtocolVersion) -> None:
    peer = connect()
    peer.send(MANIFEST)
    assert peer.socket.recv(14, 0x100) == bytes.fromhex("000001ff 02 00080805 00030404 00")
    choice = bytes((0, 0, version.minor, version.major, 0))
    hello = message(0x01, {"user_agent": "test/1"})
    peer.send(choice + hello + (LOGON if version.logon else b""), run(), pull())
    answers = peer.take(5 if version.logon else 4)
    assert answers[-2] == (RECORD, [[1]])
    assert answers[-1][0] == SUCCESS


@pytest.mark.parametrize("choice", ["00000905 00", "00000000 00", "00000805 01", "00000805 ffffffffffffffffffffff"])
def test_a_choice_that_was_not_offered_ends_the_connection(connect: Callable[[], Peer], choice: str) -> None:
    peer = connect()
    peer.send(MANIFEST)
    assert len(peer.socket.recv(14, 0x100)) == 14
    peer.send(bytes.fromhex(choice))
    assert peer.socket.recv(100) == b""


@every_version
def test_dates_with_zones_in_each_version(connect: Callable[[], Peer], version: ProtocolVersion) -> None:
    """A client of 4.3 or 4.4 has the form that it asked for."""
    moment = DateTime(1_720_000_000, 5, 7200, "Europe/Berlin")
    for patch in (False, True):
        peer = connect()
        hello = opened(peer, version, **({"patch_bolt": ["utc"]} if patch else {}))
        assert (hello.get("patch_bolt") == ["utc"]) == (patch and version.utc_patch)
        dialect = version.dialect(patched=patch)
        packed = pack(moment, dialect)
        assert packed[1] == (0x69 if version.utc or (patch and version.utc_patch) else 0x66)
        fields = pack("RETURN $x AS x, $x = $x") + b"\xa1\x81x" + packed + b"\xa0"
        data = b"\xb3\x10" + fields
        peer.send(len(data).to_bytes(2, "big") + data + b"\x00\x00", pull())
        assert peer.payloads(2)[1] == b"\xb1\x71\x92" + packed + b"\xc3"


@pytest.mark.parametrize("rows", [1, 10])
def test_dates_in_nodes_are_written_as_the_client_asked(connect: Callable[[], Peer], rows: int) -> None:
    """One by one, and as columns."""
    moment = DateTime(1_720_000_000, 5, 7200, "Europe/Berlin")
    writer = connect().open()
    writer.ask(run("UNWIND range(1, $rows) AS x CREATE (:Dated {at: $x})", {"rows": rows, "x": moment}), pull())
    for version in VERSIONS:
        peer = connect()
        opened(peer, version)
        packed = pack(moment, version.dialect(patched=False))
        peer.send(run("MATCH (n:Dated) RETURN n, n.at, [n.at]"), pull())
        for record in peer.payloads(2 + rows)[1:-1]:
            assert record.count(packed) == 3
        peer.socket.close()


def test_how_a_statement_ended_is_a_status_since_5_5(connect: Callable[[], Peer]) -> None:
    for version in VERSIONS:
        peer = connect()
        opened(peer, version)
        for text, status in (
            ("RETURN 1", "00000"),
            ("CREATE (:S)", "00001"),
            ("MATCH (n:S) WHERE false RETURN n", "02000"),
            ("UNWIND [] AS x RETURN x", "02000"),
        ):
            last = metadata(peer.ask(run(text), pull())[-1])
            assert ("statuses" in last) == ((version.major, version.minor) >= (5, 5))
            if "statuses" in last:
                assert [item["gql_status"] for item in last["statuses"]] == [status]  # type: ignore[union-attr,index,call-overload]  # maps, or it fails
        assert "00000" in str(metadata(peer.ask(run("RETURN 1"), discard())[-1])) or not version.statuses


@every_version
def test_notifications_pass_the_filters(connect: Callable[[], Peer], version: ProtocolVersion) -> None:
    peer = connect()
    opened(peer, version, notifications_minimum_severity="OFF")
    off = metadata(peer.ask(run(NOTIFIED), pull())[-1])
    known = metadata(peer.ask(run(NOTIFIED), pull())[-1])
    on = metadata(peer.ask(run(NOTIFIED, notifications_minimum_severity="INFORMATION"), pull())[-1])
    disabled = metadata(
        peer.ask(
            run(
                NOTIFIED,
                notifications_minimum_severity="INFORMATION",
                notifications_disabled_classifications=["PERFORMANCE"],
            ),
            pull(),
        )[-1]
    )
    within = [
        metadata(peer.ask(message(0x11, extra), run(NOTIFIED), pull(), COMMIT)[-2])
        for extra in ({"notifications_minimum_severity": "INFORMATION"}, {})
    ]
    told = ["cartesian product" in str(last) for last in (off, known, on, disabled, *within)]
    assert told == [False, False, True, False, True, False]
    if version.statuses:
        assert [item["gql_status"] for item in on["statuses"]] == ["00000", "03N90"]  # type: ignore[union-attr,index,call-overload]  # maps, or it fails
        assert "notifications" not in on
    else:
        (notification,) = on["notifications"]  # type: ignore[misc]  # a list, or it fails
        assert notification["position"] == {"offset": 0, "line": 1, "column": 1}  # type: ignore[index,call-overload]
        assert (notification["severity"], notification["category"]) == ("INFORMATION", "PERFORMANCE")  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"db": "other"}, "Neo.ClientError.Database.DatabaseNotFound"),
        ({"bookmarks": ["nonsense"]}, "Neo.ClientError.Transaction.InvalidBookmark"),
        ({"bookmarks": ["FB:memgraph-py:-1"]}, "Neo.ClientError.Transaction.InvalidBookmark"),
        ({"bookmarks": ["FB:memgraph-py:999999"]}, "Neo.TransientError.Transaction.BookmarkTimeout"),
        ({"imp_user": "ada"}, "Neo.ClientError.Security.Forbidden"),
        ({"mode": "rw"}, "Neo.ClientError.Request.Invalid"),
    ],
)
def test_what_a_transaction_cannot_begin_with(connect: Callable[[], Peer], extra: dict[str, Value], code: str) -> None:
    peer = connect().open()
    for asked in (run("RETURN 1", **extra), message(0x11, extra)):
        assert metadata(peer.ask(asked)[0])["neo4j_code"] == code
        assert peer.ask(RESET)[0][0] == SUCCESS
    assert peer.ask(run(), pull())[1] == (RECORD, [[1]])


def test_the_database_has_two_names_and_a_bookmark_is_taken_back(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    bookmark = metadata(peer.ask(run("CREATE (:B)"), pull())[-1])["bookmark"]
    for name in ("memgraph", "Neo4j", None):
        extra: dict[str, Value] = {"db": name, "bookmarks": [bookmark]}
        assert peer.ask(run("RETURN 1", **extra), pull())[1] == (RECORD, [[1]])
        assert peer.ask(message(0x11, extra), COMMIT)[1][0] == SUCCESS
        assert peer.ask(message(0x66, {}, [], {"db": name}))[0][0] == SUCCESS
    assert peer.ask(message(0x66, {}, [], {"db": "system"}))[0][0] == SUCCESS  # verifyConnectivity in Java
    assert metadata(peer.ask(message(0x66, {}, [], {"db": "other"}))[0])["neo4j_code"].endswith("DatabaseNotFound")  # type: ignore[union-attr]  # a string, or it fails


def test_writing_in_a_transaction_that_reads_fails(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    for asked in ((run("CREATE (:No)", mode="r"),), (message(0x11, {"mode": "r"}), run("CREATE (:No)"))):
        tag, _ = peer.ask(*asked)[-1]
        assert tag == FAILURE
        peer.ask(RESET)
    assert peer.ask(run("MATCH (n:No) RETURN count(n)"), pull())[1] == (RECORD, [[0]])


def test_a_client_that_waits_is_shown_that_the_server_is_there(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(bolt_keep_alive_seconds=0.1)) as connect:
        peer, idle = connect().open(), connect().open()
        peer.send(run(SLOW), pull())
        peer.take(1)
        for _ in range(3):
            assert peer.socket.recv(2, 0x100) == b"\x00\x00"
        peer.send(b"\x00\x00" * 3 + RESET)
        assert [tag for tag, _ in peer.take(2)] == [FAILURE, SUCCESS]
        idle.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):  # it waits for nothing
            idle.socket.recv(1)


def test_the_hint_is_a_multiple_of_the_interval(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(bolt_keep_alive_seconds=2.5)) as connect:
        hello = opened(connect(), VERSIONS[0])
        assert hello["hints"] == {"telemetry.enabled": False, "connection.recv_timeout_seconds": 10}


def test_logging_off_and_on_again(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    assert [tag for tag, _ in peer.ask(message(0x6B), LOGON, run(), pull())] == [
        SUCCESS,
        SUCCESS,
        SUCCESS,
        RECORD,
        SUCCESS,
    ]
    peer.ask(message(0x6B))
    peer.send(run())
    assert metadata(peer.take(1)[0])["neo4j_code"] == "Neo.ClientError.Request.Invalid"
    assert peer.is_closed()


def test_a_result_that_was_not_pulled_is_carried_out_by_commit(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    assert [tag for tag, _ in peer.ask(BEGIN, run("CREATE (:Unpulled)"), COMMIT)] == [SUCCESS] * 3
    assert peer.ask(run("MATCH (n:Unpulled) RETURN count(n)"), pull())[1] == (RECORD, [[1]])


def test_telemetry_is_checked_and_forgotten(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    assert [peer.ask(message(0x54, api))[0][0] for api in range(4)] == [SUCCESS] * 4
    assert metadata(peer.ask(message(0x54, 4))[0])["neo4j_code"] == "Neo.ClientError.Request.Invalid"
    assert peer.ask(RESET)[0][0] == SUCCESS


def test_four_connections_may_choose_four_versions_at_once(make_server: Callable[..., EmbeddedServer]) -> None:
    with connector(make_server(limits=Limits(worker_threads=1))) as connect:
        peers = []
        for version in VERSIONS[::4]:
            peers.append(connect())
            opened(peers[-1], version)
        for peer in peers:
            peer.send(run("UNWIND range(1, 3000) AS x RETURN count(x)"), pull())
        started = time.monotonic()
        for peer in peers:
            assert peer.take(3)[1] == (RECORD, [[3000]])
        assert time.monotonic() - started < 20


def test_hello_at_the_wrong_time_is_told_and_ends(connect: Callable[[], Peer]) -> None:
    peer = connect()
    peer.send(OFFER_5_8, message(0x01, {"notifications_minimum_severity": "LOUD"}), LOGON)
    assert len(peer.socket.recv(4, 0x100)) == 4
    assert metadata(peer.take(1)[0])["neo4j_code"] == "Neo.ClientError.Request.Invalid"
    assert peer.is_closed()

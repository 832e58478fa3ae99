"""States, failures, interruption: what a client may ask when, and what it is answered."""

from typing import TypeVar, get_args

import pytest

from memgraph_py.bolt.connection import TRANSITIONS, Connection, State
from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.handshake import MAGIC
from memgraph_py.bolt.messages import (
    FAILURE,
    IGNORED,
    SUCCESS,
    Begin,
    Commit,
    Discard,
    Hello,
    Logon,
    Options,
    Pull,
    Request,
    Reset,
    Route,
    Run,
)
from memgraph_py.errors import CypherSyntaxError
from tests.bolt.requests import (
    BEGIN,
    COMMIT,
    GOODBYE,
    HELLO,
    LOGOFF,
    LOGON,
    OFFER_4_4,
    OFFER_5_0,
    OFFER_5_8,
    OPENING,
    RESET,
    ROUTE,
    answers,
    discard,
    message,
    pull,
    run,
)

R = TypeVar("R", bound=Request)


def new_connection() -> Connection:
    """A connection before its handshake."""
    return Connection(message_bytes_max=1 << 20, nesting_depth_max=100)


@pytest.fixture
def ready() -> Connection:
    """A connection whose client has logged on."""
    connection = new_connection()
    connection.receive(OPENING)
    assert take(connection, Hello)
    connection.succeed({})
    assert take(connection, Logon)
    connection.succeed({})
    assert connection.state is State.READY
    connection.take_output()
    return connection


def take(connection: Connection, kind: type[R]) -> R:
    """The next request, which is of this kind."""
    request = connection.next_request()
    assert isinstance(request, kind)
    return request


def tags(connection: Connection) -> list[int]:
    """Tags of the messages that wait to be sent."""
    return [tag for tag, _ in answers(connection.take_output())]


def test_every_request_is_legal_in_some_state() -> None:
    assert {kind for row in TRANSITIONS.values() for kind in row} == set(get_args(Request))
    assert set(TRANSITIONS) == set(State)


def test_the_handshake_is_answered_first() -> None:
    connection = new_connection()
    connection.receive(OFFER_5_8[:7])
    assert connection.take_output() == b""
    connection.receive(OFFER_5_8[7:] + HELLO[:3])
    assert connection.take_output() == b"\x00\x00\x08\x05"
    assert connection.next_request() is None
    connection.receive(HELLO[3:])
    assert take(connection, Hello).extra == {"user_agent": "test/1"}


@pytest.mark.parametrize("opening", [OFFER_5_0, OFFER_4_4])
def test_hello_logs_on_in_older_versions(opening: bytes) -> None:
    connection = new_connection()
    connection.receive(opening + HELLO)
    take(connection, Hello)
    connection.succeed({})
    assert connection.state is State.READY


def test_no_version_in_common_ends_the_connection() -> None:
    connection = new_connection()
    connection.receive(MAGIC + bytes.fromhex("00000003 00000000 00000000 00000000"))
    assert connection.take_output() == bytes(4)
    with pytest.raises(ProtocolViolation):
        connection.next_request()


def test_another_protocol_ends_the_connection_at_its_first_bytes() -> None:
    connection = new_connection()
    connection.receive(b"GE")
    with pytest.raises(ProtocolViolation):
        connection.next_request()
    assert connection.take_output() == b""


def test_a_statement_from_run_to_its_last_record(ready: Connection) -> None:
    ready.receive(run("RETURN $a", {"a": [1]}, mode="r", tx_timeout=1500) + pull(2) + pull())
    assert take(ready, Run) == Run("RETURN $a", {"a": [1]}, Options(reads_only=True, timeout_seconds=1.5))
    ready.succeed({"fields": ["a"]})
    assert take(ready, Pull) == Pull(2, -1)
    ready.succeed({"has_more": True}, more=True)
    assert ready.state is State.STREAMING
    assert take(ready, Pull) == Pull(-1, -1)
    ready.succeed({"has_more": False})
    assert ready.state is State.READY
    assert answers(ready.take_output()) == [
        (SUCCESS, [{"fields": ["a"]}]),
        (SUCCESS, [{"has_more": True}]),
        (SUCCESS, [{"has_more": False}]),
    ]


def test_a_transaction_holds_several_results(ready: Connection) -> None:
    ready.receive(BEGIN + run() + run() + discard(5, qid=0) + pull(qid=1) + COMMIT)
    take(ready, Begin)
    ready.succeed({})
    take(ready, Run)
    ready.succeed({"qid": 0})
    take(ready, Run)
    ready.succeed({"qid": 1})
    assert take(ready, Discard) == Discard(5, 0)
    ready.succeed({}, more=True)
    assert ready.state is State.TRANSACTION_STREAMING
    assert take(ready, Pull) == Pull(-1, 1)
    ready.succeed({})
    assert ready.state is State.TRANSACTION_READY
    take(ready, Commit)
    ready.succeed({})
    assert ready.state is State.READY


def test_after_a_failure_all_is_ignored_until_reset(ready: Connection) -> None:
    ready.receive(run() + pull() + BEGIN)
    take(ready, Run)
    ready.fail(CypherSyntaxError("no"))
    assert ready.next_request() is None
    assert tags(ready) == [FAILURE, IGNORED, IGNORED]
    ready.receive(RESET + run())
    take(ready, Reset)
    ready.succeed({})
    take(ready, Run)


@pytest.mark.parametrize("opening", [OFFER_5_0, OFFER_4_4])
def test_a_failure_has_code_and_message(opening: bytes) -> None:
    connection = new_connection()
    connection.receive(opening + HELLO + run())
    take(connection, Hello)
    connection.succeed({})
    connection.take_output()
    take(connection, Run)
    connection.fail(CypherSyntaxError("no such thing"))
    ((tag, fields),) = answers(connection.take_output())
    assert tag == FAILURE
    assert fields == [{"code": "Neo.ClientError.Statement.SyntaxError", "message": "no such thing"}]


def test_a_failure_has_the_fields_of_gql_since_5_7(ready: Connection) -> None:
    ready.receive(run())
    take(ready, Run)
    ready.fail(CypherSyntaxError("no such thing", hint="try another"))
    ((_, fields),) = answers(ready.take_output())
    metadata = fields[0]
    assert isinstance(metadata, dict)
    assert metadata["neo4j_code"] == "Neo.ClientError.Statement.SyntaxError"
    assert metadata["message"] == CypherSyntaxError("no such thing", hint="try another").text()
    assert metadata["gql_status"] == "42001"
    assert {"description", "diagnostic_record"} <= metadata.keys()


def test_a_reset_overtakes_what_waits(ready: Connection) -> None:
    ready.receive(run())
    take(ready, Run)
    assert not ready.interrupted
    ready.receive(pull() + run() + RESET)
    assert ready.interrupted  # while RUN is being carried out: the server cancels it
    ready.fail(CypherSyntaxError("cancelled"))
    take(ready, Reset)
    ready.succeed({})
    assert not ready.interrupted
    assert tags(ready) == [FAILURE, IGNORED, IGNORED, SUCCESS]
    assert ready.state is State.READY


def test_of_several_resets_the_last_is_carried_out(ready: Connection) -> None:
    ready.receive(RESET + RESET + run())
    take(ready, Reset)
    ready.succeed({})
    take(ready, Run)
    assert tags(ready) == [IGNORED, SUCCESS]


def test_a_parameter_that_is_no_value_fails_its_request_alone(ready: Connection) -> None:
    date = bytes.fromhex("b1 44 c0")
    data = b"\xb3\x10" + b"\x81x" + b"\xa1\x81d" + date + b"\xa0"
    ready.receive(len(data).to_bytes(2, "big") + data + b"\x00\x00" + pull() + RESET[:2])
    assert ready.next_request() is None
    ready.receive(RESET[2:] + run())
    take(ready, Reset)
    ready.succeed({})
    take(ready, Run)
    assert tags(ready) == [FAILURE, IGNORED, SUCCESS]


@pytest.mark.parametrize("n", [0, -2])
def test_a_count_that_is_none_fails(ready: Connection, n: int) -> None:
    ready.receive(run())
    take(ready, Run)
    ready.succeed({})
    ready.receive(pull(n))
    assert ready.next_request() is None
    assert tags(ready) == [SUCCESS, FAILURE]


@pytest.mark.parametrize(
    "data",
    [
        pull(),
        COMMIT,
        HELLO,
        LOGON,
        message(0x77),
        message(0x10),
        message(0x10, "x", []),
        message(0x10, 1, {}),
        message(0x10, "x", {}, 5),
        message(0x3F, {"n": "all"}),
        b"\x00\x03\x91\x10\x00\x00\x00",
        b"\x00\x01\xb1\x00\x00",
        b"\x00\x04\xb0\x0f\xff\x00\x00\x00",
    ],
)
def test_what_is_out_of_place_ends_the_connection(ready: Connection, data: bytes) -> None:
    ready.receive(data)
    with pytest.raises(ProtocolViolation):
        ready.next_request()


def test_requests_before_a_violation_are_carried_out(ready: Connection) -> None:
    ready.receive(run() + b"\xff\xff" + bytes(1 << 16) + b"\xff\xff" * 40_000 + bytes(1 << 20))
    take(ready, Run)
    ready.succeed({})
    with pytest.raises(ProtocolViolation):
        ready.next_request()


def test_a_failure_before_logon_lets_nobody_in() -> None:
    connection = new_connection()
    date = bytes.fromhex("b1 44 c0")
    hello = b"\xb1\x01\xa1\x81d" + date
    connection.receive(OFFER_5_8 + len(hello).to_bytes(2, "big") + hello + b"\x00\x00" + RESET)
    with pytest.raises(ProtocolViolation):
        connection.next_request()
    assert connection.state is not State.READY


def test_goodbye_ends_without_an_answer(ready: Connection) -> None:
    ready.receive(GOODBYE + run())
    assert ready.next_request() is None
    assert ready.state is State.DEFUNCT
    assert ready.take_output() == b""


def test_logoff_waits_for_another_logon(ready: Connection) -> None:
    ready.receive(LOGOFF + LOGON + ROUTE)
    assert ready.next_request() is not None
    ready.succeed({})
    assert ready.state is State.LOGGED_OFF
    take(ready, Logon)
    ready.succeed({})
    assert take(ready, Route) == Route("example:7687")

"""The table of states: every request in every state, and what it is answered."""

from typing import get_args

import pytest

from memgraph_py.bolt.connection import TRANSITIONS, Connection, State
from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.handshake import VERSIONS
from memgraph_py.bolt.messages import FAILURE, IGNORED, SUCCESS, Begin, Hello, Logon, Request, Run
from memgraph_py.errors import CypherSyntaxError
from tests.bolt.requests import (
    BEGIN,
    COMMIT,
    GOODBYE,
    HELLO,
    LOGOFF,
    LOGON,
    MAGIC,
    RESET,
    ROLLBACK,
    ROUTE,
    TELEMETRY,
    answers,
    discard,
    message,
    pull,
    run,
)

REQUESTS = {
    "HELLO": HELLO,
    "LOGON": LOGON,
    "LOGOFF": LOGOFF,
    "GOODBYE": GOODBYE,
    "RESET": RESET,
    "RUN": run(),
    "BEGIN": BEGIN,
    "COMMIT": COMMIT,
    "ROLLBACK": ROLLBACK,
    "PULL": pull(),
    "DISCARD": discard(),
    "ROUTE": ROUTE,
    "TELEMETRY": TELEMETRY,
    "unknown": message(0x77),
}
TABLE = """
        NEGOTIATION AUTHENTICATION LOGGED_OFF READY STREAMING TRANSACTION_READY TRANSACTION_STREAMING FAILED INTERRUPTED
HELLO     ok          end            end        end   end       end               end                   end     end
LOGON     end         ok             ok         end   end       end               end                   ignored ignored
LOGOFF    end         end            end        ok    end       end               end                   ignored ignored
GOODBYE   bye         bye            bye        bye   bye       bye               bye                   bye     bye
RESET     end         end            end        ok    ok        ok                ok                    ok      ok
RUN       end         end            end        ok    end       ok                ok                    ignored ignored
BEGIN     end         end            end        ok    end       end               end                   ignored ignored
COMMIT    end         end            end        end   end       ok                ok                    ignored ignored
ROLLBACK  end         end            end        end   end       ok                ok                    ignored ignored
PULL      end         end            end        end   ok        end               ok                    ignored ignored
DISCARD   end         end            end        end   ok        end               ok                    ignored ignored
ROUTE     end         end            end        ok    end       end               end                   ignored ignored
TELEMETRY end         end            end        ok    end       ok                end                   ignored ignored
unknown   end         end            end        end   end       end               end                   end     end
"""
"""ok: it is carried out. end: FAILURE, and the connection ends. bye: the connection ends without a word."""

STATES, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CASES = [(row[0], state, expected) for row in ROWS for state, expected in zip(STATES, row[1:], strict=True)]


def opened(version: bytes = b"\x00\x00\x08\x05") -> Connection:
    """A connection after its handshake."""
    connection = Connection(message_bytes_max=1 << 20, nesting_depth_max=100)
    connection.receive(MAGIC + version + bytes(12))
    connection.take_output()
    return connection


def carry(connection: Connection, *messages: bytes) -> None:
    """These succeed, one after another."""
    for data in messages:
        connection.receive(data)
        assert connection.next_request() is not None
        connection.succeed({})
    connection.take_output()


def in_state(name: str) -> Connection:
    """A connection that has come there."""
    connection = opened()
    if name == "NEGOTIATION":
        return connection
    carry(connection, HELLO)
    if name == "AUTHENTICATION":
        return connection
    carry(connection, LOGON)
    match name:
        case "STREAMING":
            carry(connection, run())
        case "TRANSACTION_READY":
            carry(connection, BEGIN)
        case "TRANSACTION_STREAMING":
            carry(connection, BEGIN, run())
        case "LOGGED_OFF":
            carry(connection, LOGOFF)
        case "FAILED":
            connection.receive(run())
            assert isinstance(connection.next_request(), Run)
            connection.fail(CypherSyntaxError("no"))
    connection.take_output()
    if name != "INTERRUPTED":
        assert connection.state is State[name]
    return connection


def test_the_table_has_every_request_and_every_state() -> None:
    assert {name.upper() for name in REQUESTS if name != "unknown"} == {
        kind.__name__.upper() for kind in get_args(Request)
    }
    assert {*STATES, "HANDSHAKE", "DEFUNCT"} == {*State.__members__, "INTERRUPTED"}
    assert len(CASES) == len(REQUESTS) * len(STATES)


@pytest.mark.parametrize(("request_name", "state", "expected"), CASES)
def test_every_request_in_every_state(request_name: str, state: str, expected: str) -> None:
    connection = in_state(state)
    data = REQUESTS[request_name]
    if state == "INTERRUPTED":  # a RESET has come and waits behind it
        connection.receive(data + RESET)
    else:
        connection.receive(data)
    match expected:
        case "end":
            with pytest.raises(ProtocolViolation):
                connection.next_request()
        case "bye":
            assert connection.next_request() is None
            assert connection.state is State.DEFUNCT
            assert connection.take_output() == b""
        case "ignored":
            taken = connection.next_request()
            assert (taken is None) == (state == "FAILED")
            assert [tag for tag, _ in answers(connection.take_output())] == [IGNORED]
        case "ok":
            assert connection.next_request() is not None
            connection.succeed({})
            tags = [tag for tag, _ in answers(connection.take_output())]
            assert tags == ([IGNORED, SUCCESS] if (request_name, state) == ("RESET", "INTERRUPTED") else [SUCCESS])


@pytest.mark.parametrize("state", ["READY", "STREAMING", "TRANSACTION_READY", "TRANSACTION_STREAMING"])
@pytest.mark.parametrize("request_name", [name for name in REQUESTS if name not in ("GOODBYE", "RESET", "unknown")])
def test_what_fails_is_followed_by_nothing_but_reset(request_name: str, state: str) -> None:
    connection = in_state(state)
    if (request_name, state, "ok") not in CASES:
        return  # it ends the connection: told by the table
    connection.receive(REQUESTS[request_name] + run() + pull() + RESET[:-1])
    assert connection.next_request() is not None
    connection.fail(CypherSyntaxError("no"))
    assert connection.next_request() is None
    assert [tag for tag, _ in answers(connection.take_output())] == [FAILURE, IGNORED, IGNORED]
    connection.receive(RESET[-1:])
    assert connection.next_request() is not None
    connection.succeed({})
    assert connection.state is State.READY


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.major}.{version.minor}")
def test_a_request_that_a_version_does_not_have_ends_the_connection(version: object) -> None:
    major, minor = version.major, version.minor  # type: ignore[attr-defined]  # pytest gives a ProtocolVersion
    known = {"ROUTE": (major, minor) >= (4, 3), "TELEMETRY": (major, minor) >= (5, 4)}
    for name, is_known in known.items():
        connection = opened(bytes((0, 0, minor, major)))
        carry(connection, HELLO)
        if (major, minor) >= (5, 1):
            carry(connection, LOGON)
        assert connection.state is State.READY
        connection.receive(REQUESTS[name])
        if is_known:
            assert connection.next_request() is not None
        else:
            with pytest.raises(ProtocolViolation, match=f"not known in version {major}.{minor}"):
                connection.next_request()
    connection = opened(bytes((0, 0, minor, major)))
    carry(connection, HELLO)
    connection.receive(LOGON)
    if (major, minor) >= (5, 1):
        assert isinstance(connection.next_request(), Logon)
    else:
        with pytest.raises(ProtocolViolation):
            connection.next_request()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x03\xb1\x0f\x01\x00\x00",  # RESET takes no field
        message(0x0F, {}),
        message(0x02, 1),
        message(0x12, 1),
        message(0x13, {}),
        message(0x10, "RETURN 1", {}, {}, 1),
        message(0x11, {}, {}),
        message(0x54, 1, 2),
        message(0x66, {}, [], {}, None),
    ],
)
def test_a_message_with_too_many_fields_ends_the_connection(data: bytes) -> None:
    connection = in_state("TRANSACTION_READY" if data[3] in (0x12, 0x13) else "READY")
    connection.receive(data)
    assert not connection.interrupted
    with pytest.raises(ProtocolViolation):
        connection.next_request()


def test_a_state_follows_from_each_success() -> None:
    for state, row in TRANSITIONS.items():
        for kind, after in row.items():
            assert kind in get_args(Request)
            assert after in State
            assert state not in (State.HANDSHAKE, State.DEFUNCT)
    assert TRANSITIONS[State.READY][Begin] is State.TRANSACTION_READY
    assert Hello not in TRANSITIONS[State.READY]

"""What requests say beside their statement: checked, and told where it is wrong."""

import pytest

from memgraph_py.bolt.messages import (
    Begin,
    Hello,
    Options,
    Rejected,
    Request,
    Route,
    Run,
    Telemetry,
    decode_request,
    failure_payload,
)
from memgraph_py.bolt.notifications import NotificationFilter
from memgraph_py.bolt.packstream import Decoder, pack
from memgraph_py.errors import CypherSyntaxError, CypherTypeError, DatabaseError, TransactionConflict
from memgraph_py.values.types import Value

RUN, BEGIN, HELLO, ROUTE, TELEMETRY = 0x10, 0x11, 0x01, 0x66, 0x54


def decoded(tag: int, *fields: Value) -> Request | Rejected:
    """What a message means."""
    return decode_request(Decoder(bytes((0xB0 | len(fields), tag)) + b"".join(map(pack, fields)), 100))


def refusal(tag: int, *fields: Value) -> str:
    """The code that a message is refused with."""
    request = decoded(tag, *fields)
    assert isinstance(request, Rejected)
    assert request.error.message
    return request.error.code


@pytest.mark.parametrize(
    ("extra", "options"),
    [
        ({}, Options()),
        ({"mode": "r"}, Options(reads_only=True)),
        ({"mode": "w", "tx_timeout": 0}, Options()),
        ({"tx_timeout": 1500, "tx_metadata": {"app": [1]}}, Options(timeout_seconds=1.5, metadata={"app": [1]})),
        ({"db": "neo4j", "bookmarks": ["a", "b"]}, Options(database="neo4j", bookmarks=("a", "b"))),
        ({"db": None, "bookmarks": [], "imp_user": None, "tx_metadata": None, "mode": None}, Options()),
        ({"something": "else"}, Options()),
        (
            {"notifications_minimum_severity": "OFF", "notifications_disabled_categories": ["HINT"]},
            Options(filter=NotificationFilter("OFF", frozenset({"HINT"}))),
        ),
        (
            {"notifications_disabled_classifications": []},
            Options(filter=NotificationFilter(None, frozenset())),
        ),
    ],
)
def test_metadata_of_run_and_begin(extra: dict[str, Value], options: Options) -> None:
    assert decoded(RUN, "RETURN 1", {}, extra) == Run("RETURN 1", {}, options)
    assert decoded(BEGIN, extra) == Begin(options)


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"mode": "x"}, "Neo.ClientError.Request.Invalid"),
        ({"mode": 1}, "Neo.ClientError.Request.Invalid"),
        ({"tx_timeout": -1}, "Neo.ClientError.Request.Invalid"),
        ({"tx_timeout": 1.5}, "Neo.ClientError.Request.Invalid"),
        ({"tx_timeout": True}, "Neo.ClientError.Request.Invalid"),
        ({"tx_metadata": []}, "Neo.ClientError.Request.Invalid"),
        ({"bookmarks": "a"}, "Neo.ClientError.Request.Invalid"),
        ({"bookmarks": ["a", 1]}, "Neo.ClientError.Request.Invalid"),
        ({"db": 1}, "Neo.ClientError.Request.Invalid"),
        ({"imp_user": "ada"}, "Neo.ClientError.Security.Forbidden"),
        ({"notifications_minimum_severity": "LOUD"}, "Neo.ClientError.Request.Invalid"),
        ({"notifications_minimum_severity": 1}, "Neo.ClientError.Request.Invalid"),
        ({"notifications_disabled_categories": "HINT"}, "Neo.ClientError.Request.Invalid"),
        ({"notifications_disabled_categories": ["NOISE"]}, "Neo.ClientError.Request.Invalid"),
        ({"notifications_disabled_classifications": [1]}, "Neo.ClientError.Request.Invalid"),
        ({"notifications_disabled_classifications": ["HINT", None]}, "Neo.ClientError.Request.Invalid"),
    ],
)
def test_metadata_that_is_wrong_is_told(extra: dict[str, Value], code: str) -> None:
    assert refusal(RUN, "RETURN 1", {}, extra) == code
    assert refusal(BEGIN, extra) == code


def test_what_hello_asks_for() -> None:
    assert decoded(HELLO, {"patch_bolt": ["utc", "other"]}) == Hello({"patch_bolt": ["utc", "other"]}, utc=True)
    for patches in ([], ["other"], "utc", None):
        hello = decoded(HELLO, {"patch_bolt": patches})
        assert isinstance(hello, Hello)
        assert not hello.utc
    chosen = decoded(HELLO, {"notifications_minimum_severity": "WARNING"})
    assert isinstance(chosen, Hello)
    assert chosen.filter == NotificationFilter("WARNING")
    assert refusal(HELLO, {"notifications_minimum_severity": "LOUD"}) == "Neo.ClientError.Request.Invalid"


@pytest.mark.parametrize(
    ("fields", "route"),
    [
        (({"address": "a:1"}, [], {"db": "neo4j"}), Route("a:1", "neo4j")),
        (({"address": "a:1"}, [], "neo4j"), Route("a:1", "neo4j")),  # 4.3
        (({}, [], None), Route()),
        (({}, [], {}), Route()),
        (({}, []), Route()),
    ],
)
def test_route_names_the_database_in_two_ways(fields: tuple[Value, ...], route: Route) -> None:
    assert decoded(ROUTE, *fields) == route


@pytest.mark.parametrize("api", [0, 1, 2, 3])
def test_telemetry_names_an_interface(api: int) -> None:
    assert decoded(TELEMETRY, api) == Telemetry()


@pytest.mark.parametrize("fields", [(), (-1,), (4,), ("1",), (True,), (None,)])
def test_telemetry_of_something_else_is_told(fields: tuple[Value, ...]) -> None:
    assert refusal(TELEMETRY, *fields) == "Neo.ClientError.Request.Invalid"


@pytest.mark.parametrize(
    ("error", "status", "classification"),
    [
        (CypherSyntaxError("no"), "42001", "CLIENT_ERROR"),
        (CypherTypeError("no"), "22G03", "CLIENT_ERROR"),
        (TransactionConflict("no"), "40000", "TRANSIENT_ERROR"),
        (DatabaseError("no"), "50N42", "DATABASE_ERROR"),
    ],
)
def test_a_failure_since_5_7(error: CypherSyntaxError, status: str, classification: str) -> None:
    decoder = Decoder(failure_payload(error, gql_errors=True), 100)
    assert decoder.structure() == (1, 0x7F)
    metadata = decoder.value()
    assert isinstance(metadata, dict)
    assert metadata["gql_status"] == status
    assert metadata["neo4j_code"] == error.code
    assert metadata["message"] == "no"
    assert str(metadata["description"]).startswith("error: ")
    assert str(metadata["description"]).endswith(". no")
    assert metadata["diagnostic_record"] == {
        "OPERATION": "",
        "OPERATION_CODE": "0",
        "CURRENT_SCHEMA": "/",
        "_classification": classification,
    }
    assert "code" not in metadata

"""Messages: what a client asks for and what it is answered, with their tags.

A request is decoded from the fields of its structure; the fields differ a little between versions, and what this server
need not know (user agents, credentials, metadata of a transaction) is read and left alone.

Source: Bolt specification, "Messages".
"""

from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar, TypeAlias

from msgspec import Struct

from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.packstream import Decoder, map_header, pack_into, pack_text
from memgraph_py.errors import CypherError, InvalidRequest
from memgraph_py.values.types import Value

SUCCESS, RECORD, IGNORED, FAILURE = 0x70, 0x71, 0x7E, 0x7F
ALL = -1
"""Of ``n``: all rows. Of ``qid``: the last statement that ran."""

Fields: TypeAlias = "list[Value]"


class Hello(Struct, frozen=True, gc=False):
    """Opens the conversation; ``extra`` has the user agent and, before 5.1, credentials."""

    tag: ClassVar[int] = 0x01
    extra: dict[str, Value]


class Logon(Struct, frozen=True, gc=False):
    """Credentials."""

    tag: ClassVar[int] = 0x6A


class Logoff(Struct, frozen=True, gc=False):
    """Back to before LOGON."""

    tag: ClassVar[int] = 0x6B


class Goodbye(Struct, frozen=True, gc=False):
    """The client leaves; no answer."""

    tag: ClassVar[int] = 0x02


class Reset(Struct, frozen=True, gc=False):
    """Stop what runs, roll back, forget failures."""

    tag: ClassVar[int] = 0x0F


class Run(Struct, frozen=True, gc=False):
    """Start a statement. reads_only: the access mode READ. timeout_seconds: None for no limit."""

    tag: ClassVar[int] = 0x10
    text: str
    parameters: dict[str, Value]
    reads_only: bool = False
    timeout_seconds: float | None = None


class Begin(Struct, frozen=True, gc=False):
    """Open an explicit transaction."""

    tag: ClassVar[int] = 0x11
    reads_only: bool = False
    timeout_seconds: float | None = None


class Commit(Struct, frozen=True, gc=False):
    """Commit the explicit transaction."""

    tag: ClassVar[int] = 0x12


class Rollback(Struct, frozen=True, gc=False):
    """Undo the explicit transaction."""

    tag: ClassVar[int] = 0x13


class Pull(Struct, frozen=True, gc=False):
    """Send ``count`` records of the result ``qid``, or ALL."""

    tag: ClassVar[int] = 0x3F
    count: int = ALL
    qid: int = ALL


class Discard(Struct, frozen=True, gc=False):
    """Skip ``count`` records of the result ``qid``, or ALL."""

    tag: ClassVar[int] = 0x2F
    count: int = ALL
    qid: int = ALL


class Route(Struct, frozen=True, gc=False):
    """Ask for the routing table; ``address`` is the server's as the client knows it, None when it did not say."""

    tag: ClassVar[int] = 0x66
    address: str | None = None


class Telemetry(Struct, frozen=True, gc=False):
    """Which API of the driver was used; received and forgotten."""

    tag: ClassVar[int] = 0x54


Request: TypeAlias = (
    Hello | Logon | Logoff | Goodbye | Reset | Run | Begin | Commit | Rollback | Pull | Discard | Route | Telemetry
)


class Rejected(Struct, frozen=True, gc=False):
    """A message that is framed well and cannot be taken: ``error`` is its answer."""

    error: CypherError


def decode_request(decoder: Decoder) -> Request | Rejected:
    """The request in a message.

    A field that is missing counts as its default. Raises ProtocolViolation for bytes that are no message, an unknown
    tag, or fields of wrong kinds; what a client may mend, such as a parameter that is not supported, gives a Rejected.
    """
    size, tag = decoder.structure()
    decode = _DECODERS.get(tag)
    if decode is None:
        raise ProtocolViolation(f"message 0x{tag:02X} is unknown")
    try:
        fields = [decoder.value() for _ in range(size)]
    except CypherError as error:
        return Rejected(error)
    if not decoder.at_end():
        raise ProtocolViolation("a message has bytes after its last field")
    return decode(fields)


def _decode_hello(fields: Fields) -> Request:
    return Hello(_map(fields, 0))


def _decode_run(fields: Fields) -> Request | Rejected:
    if len(fields) < 2 or type(fields[0]) is not str or type(fields[1]) is not dict:
        raise ProtocolViolation("RUN needs a text and a map of parameters")
    extra = _map(fields, 2)
    if not extra:
        return Run(fields[0], fields[1])
    timeout = _timeout_seconds(extra)
    if isinstance(timeout, Rejected):
        return timeout
    return Run(fields[0], fields[1], extra.get("mode") == "r", timeout)


def _decode_begin(fields: Fields) -> Request | Rejected:
    extra = _map(fields, 0)
    timeout = _timeout_seconds(extra)
    if isinstance(timeout, Rejected):
        return timeout
    return Begin(extra.get("mode") == "r", timeout)


def _decode_pull(fields: Fields) -> Request | Rejected:
    count, qid = _count_and_qid(fields)
    return Pull(count, qid) if count > 0 or count == ALL else _bad_count(count)


def _decode_discard(fields: Fields) -> Request | Rejected:
    count, qid = _count_and_qid(fields)
    return Discard(count, qid) if count > 0 or count == ALL else _bad_count(count)


def _decode_route(fields: Fields) -> Request:
    address = _map(fields, 0).get("address")
    return Route(address if isinstance(address, str) else None)


def _count_and_qid(fields: Fields) -> tuple[int, int]:
    extra = _map(fields, 0)
    count, qid = extra.get("n", ALL), extra.get("qid", ALL)
    if type(count) is not int or type(qid) is not int:
        raise ProtocolViolation("'n' and 'qid' are integers")
    return count, qid


def _bad_count(count: int) -> Rejected:
    return Rejected(InvalidRequest(f"'n' is {count}", hint="it is positive, or -1 for all"))


def _timeout_seconds(extra: dict[str, Value]) -> float | Rejected | None:
    milliseconds = extra.get("tx_timeout")
    if milliseconds is None:
        return None
    if type(milliseconds) is not int or milliseconds < 0:
        return Rejected(InvalidRequest("'tx_timeout' is not a number of milliseconds"))
    return milliseconds / 1000 or None  # 0 means no limit


def _map(fields: Fields, place: int) -> dict[str, Value]:
    if len(fields) <= place or fields[place] is None:
        return {}
    value = fields[place]
    if not isinstance(value, dict):
        raise ProtocolViolation(f"field {place} of a message is not a map")
    return value


_DECODERS: dict[int, Callable[[Fields], Request | Rejected]] = {
    Hello.tag: _decode_hello,
    Logon.tag: lambda fields: Logon(),
    Logoff.tag: lambda fields: Logoff(),
    Goodbye.tag: lambda fields: Goodbye(),
    Reset.tag: lambda fields: Reset(),
    Run.tag: _decode_run,
    Begin.tag: _decode_begin,
    Commit.tag: lambda fields: Commit(),
    Rollback.tag: lambda fields: Rollback(),
    Pull.tag: _decode_pull,
    Discard.tag: _decode_discard,
    Route.tag: _decode_route,
    Telemetry.tag: lambda fields: Telemetry(),
}

# --- answers ----------------------------------------------------------------------------------------------------------

IGNORED_PAYLOAD = bytes((0xB0, IGNORED))
_SUCCESS_HEAD = bytes((0xB1, SUCCESS))


def success_payload(metadata: dict[str, Value]) -> bytes:
    """SUCCESS with its metadata."""
    return success_of([entry(key, value) for key, value in metadata.items()])


def success_of(entries: list[bytes]) -> bytes:
    """SUCCESS whose metadata are these entries, packed already: most of them are the same in every answer."""
    return b"".join((_SUCCESS_HEAD, map_header(len(entries)), *entries))


def entry(key: str, value: Value) -> bytes:
    """A key and its value, packed, for ``success_of``."""
    out = bytearray(pack_text(key))
    pack_into(out, value)
    return bytes(out)


@lru_cache(maxsize=1_000)
def fields_entry(columns: tuple[str, ...]) -> bytes:
    """The entry that names the columns of a result."""
    return entry("fields", list(columns))


def failure_payload(error: CypherError, *, gql_errors: bool) -> bytes:
    """FAILURE with the error's status code and text; with the fields of GQL since 5.7."""
    text = error.text()
    metadata: dict[str, Value]
    if gql_errors:
        status, description, classification = _GQL_STATUS[error.code.split(".")[1]]
        metadata = {
            "neo4j_code": error.code,
            "message": text,
            "gql_status": status,
            "description": f"{description}. {text}",
            "diagnostic_record": {
                "OPERATION": "",
                "OPERATION_CODE": "0",
                "CURRENT_SCHEMA": "/",
                "_classification": classification,
            },
        }
    else:
        metadata = {"code": error.code, "message": text}
    out = bytearray((0xB1, FAILURE))
    pack_into(out, metadata)
    return bytes(out)


_GQL_STATUS = {
    "ClientError": ("42000", "error: syntax error or access rule violation", "CLIENT_ERROR"),
    "TransientError": ("40000", "error: transaction rollback", "TRANSIENT_ERROR"),
    "DatabaseError": ("50N42", "error: general processing exception - unexpected error", "DATABASE_ERROR"),
}
"""Of each class of status codes: GQL's status, its description, and the driver's name of the class."""

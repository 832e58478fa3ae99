"""Messages: what a client asks for and what it is answered, with their tags.

A request is decoded from the fields of its structure; the fields differ a little between versions, and what this server
need not know (user agents, credentials) is checked for its kind and left alone.

Source: Bolt specification, "Messages".
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeAlias, get_args

from msgspec import Struct

from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.notifications import EVERYTHING, NotificationFilter, read_filter
from memgraph_py.bolt.packstream import Decoder, map_header, pack_into, pack_text
from memgraph_py.columnar import Parameters
from memgraph_py.errors import CypherError, Forbidden, InvalidRequest
from memgraph_py.values.types import Value

SUCCESS, RECORD, IGNORED, FAILURE = 0x70, 0x71, 0x7E, 0x7F
ALL = -1
"""Of ``n``: all rows. Of ``qid``: the last statement that ran."""
TELEMETRY_MAX = 3
"""TELEMETRY tells by a number from 0 which of the driver's interfaces was used."""

Fields: TypeAlias = "list[Value | Parameters]"


class Options(Struct, frozen=True, gc=False):
    """What BEGIN and RUN say about their transaction.

    reads_only: the access mode READ. timeout_seconds: None for no limit. database: None for the one there is.
    bookmarks: of transactions that this one must see. metadata: what SHOW TRANSACTIONS tells of it.
    """

    reads_only: bool = False
    timeout_seconds: float | None = None
    database: str | None = None
    bookmarks: tuple[str, ...] = ()
    filter: NotificationFilter = EVERYTHING
    metadata: "dict[str, Value]" = {}


DEFAULT_OPTIONS = Options()


class Hello(Struct, frozen=True, gc=False):
    """Opens the conversation; ``extra`` has the user agent and, before 5.1, credentials. utc: the client asks for the
    patch of this name."""

    tag: ClassVar[int] = 0x01
    extra: dict[str, Value]
    utc: bool = False
    filter: NotificationFilter = EVERYTHING


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
    """Start a statement. options: of no meaning inside an explicit transaction."""

    tag: ClassVar[int] = 0x10
    text: str
    parameters: Mapping[str, Value]
    options: Options = DEFAULT_OPTIONS


class Begin(Struct, frozen=True, gc=False):
    """Open an explicit transaction."""

    tag: ClassVar[int] = 0x11
    options: Options = DEFAULT_OPTIONS


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
    """Ask for the routing table; ``address`` is the server's as the client knows it, None when it did not say.
    database: None for the one there is."""

    tag: ClassVar[int] = 0x66
    address: str | None = None
    database: str | None = None


class Telemetry(Struct, frozen=True, gc=False):
    """Which API of the driver was used; received and forgotten."""

    tag: ClassVar[int] = 0x54


Request: TypeAlias = (
    Hello | Logon | Logoff | Goodbye | Reset | Run | Begin | Commit | Rollback | Pull | Discard | Route | Telemetry
)


def run_head(text: str) -> bytes:
    """What a RUN message of three fields has before its parameters."""
    return bytes((0xB3, Run.tag)) + pack_text(text)


NO_OPTIONS = b"\xa0"
"""What it ends with, mostly."""


class Rejected(Struct, frozen=True, gc=False):
    """A message that is framed well and cannot be taken: ``error`` is its answer."""

    error: CypherError


class Undecoded(Struct, frozen=True, gc=False):
    """A message so large that reading its fields takes long."""

    message: bytes


def kind_of(message: bytes) -> type[Request]:
    """What a message asks for, by its first two bytes. Raises ProtocolViolation where they are no request."""
    if len(message) < 2 or message[0] & 0xF0 != 0xB0:
        raise ProtocolViolation("a message is not a structure")
    kind = _KINDS.get(message[1])
    if kind is None:
        raise ProtocolViolation(f"message 0x{message[1]:02X} is unknown")
    return kind


def decode_request(decoder: Decoder) -> Request | Rejected:
    """The request in a message.

    A field that is missing counts as its default. Raises ProtocolViolation for bytes that are no message, an unknown
    tag, or fields of wrong kinds or too many; what a client may mend, such as a parameter that is no value, gives a
    Rejected.
    """
    size, tag = decoder.structure()
    if tag not in _DECODERS:
        raise ProtocolViolation(f"message 0x{tag:02X} is unknown")
    fields_max, decode = _DECODERS[tag]
    if size > fields_max:
        raise ProtocolViolation(f"message 0x{tag:02X} has more than {fields_max} fields")
    try:
        if tag == Run.tag and size > 1:
            fields = [decoder.value(), decoder.parameters(), *(decoder.value() for _ in range(size - 2))]
        else:
            fields = [decoder.value() for _ in range(size)]
        if not decoder.at_end():
            raise ProtocolViolation("a message has bytes after its last field")
        return decode(fields)
    except CypherError as error:
        return Rejected(error)


def _decode_hello(fields: Fields) -> Request:
    extra = _map(fields, 0)
    patches = extra.get("patch_bolt")
    return Hello(extra, isinstance(patches, list) and "utc" in patches, read_filter(extra))


def _decode_run(fields: Fields) -> Request:
    if len(fields) < 2 or type(fields[0]) is not str or not isinstance(fields[1], dict | Parameters):
        raise ProtocolViolation("RUN needs a text and a map of parameters")
    extra = _map(fields, 2)
    return Run(fields[0], fields[1], _options(extra)) if extra else Run(fields[0], fields[1])


def _decode_begin(fields: Fields) -> Request:
    return Begin(_options(_map(fields, 0)))


def _options(extra: dict[str, Value]) -> Options:
    """Raises InvalidRequest for values of wrong kinds, Forbidden where the client wants to be another user."""
    mode, bookmarks = extra.get("mode"), extra.get("bookmarks")
    if mode not in (None, "r", "w"):
        raise InvalidRequest("'mode' is neither 'r' nor 'w'")
    metadata = extra.get("tx_metadata")
    if not isinstance(metadata, dict | None):
        raise InvalidRequest("'tx_metadata' is not a map")
    if bookmarks is not None and not isinstance(bookmarks, list):
        raise InvalidRequest("'bookmarks' is not a list")
    names = tuple(name for name in bookmarks or () if isinstance(name, str))
    if len(names) != len(bookmarks or ()):
        raise InvalidRequest("a bookmark is not a string")
    if extra.get("imp_user") is not None:
        raise Forbidden("a client cannot act for another user", hint="this server has no users; leave the user out")
    return Options(
        mode == "r", _timeout_seconds(extra), _database(extra.get("db")), names, read_filter(extra), metadata or {}
    )


def _database(name: Value) -> str | None:
    if not isinstance(name, str | None):
        raise InvalidRequest("'db' is not a string")
    return name or None


def _decode_pull(fields: Fields) -> Request:
    return Pull(*_count_and_qid(fields))


def _decode_discard(fields: Fields) -> Request:
    return Discard(*_count_and_qid(fields))


def _count_and_qid(fields: Fields) -> tuple[int, int]:
    extra = _map(fields, 0)
    count, qid = extra.get("n", ALL), extra.get("qid", ALL)
    if type(count) is not int or type(qid) is not int:
        raise ProtocolViolation("'n' and 'qid' are integers")
    if count <= 0 and count != ALL:
        raise InvalidRequest(f"'n' is {count}", hint="it is positive, or -1 for all")
    return count, qid


def _decode_route(fields: Fields) -> Request:
    address = _map(fields, 0).get("address")
    extra = fields[2] if len(fields) > 2 else None  # in 4.3 the name itself, later a map
    database = extra.get("db") if isinstance(extra, Mapping) else extra
    return Route(address if isinstance(address, str) else None, _database(database))


def _decode_telemetry(fields: Fields) -> Request:
    if not fields or type(fields[0]) is not int or not 0 <= fields[0] <= TELEMETRY_MAX:
        raise InvalidRequest("TELEMETRY names no kind of use", hint=f"it is a number from 0 to {TELEMETRY_MAX}")
    return Telemetry()


def _timeout_seconds(extra: dict[str, Value]) -> float | None:
    milliseconds = extra.get("tx_timeout")
    if milliseconds is None:
        return None
    if type(milliseconds) is not int or milliseconds < 0:
        raise InvalidRequest("'tx_timeout' is not a number of milliseconds")
    return milliseconds / 1000 or None  # 0 means no limit


def _map(fields: Fields, place: int) -> dict[str, Value]:
    if len(fields) <= place or fields[place] is None:
        return {}
    value = fields[place]
    if not isinstance(value, dict):
        raise ProtocolViolation(f"field {place} of a message is not a map")
    return value


_DECODERS: dict[int, tuple[int, Callable[[Fields], Request]]] = {
    Hello.tag: (1, _decode_hello),
    Logon.tag: (1, lambda fields: Logon()),
    Logoff.tag: (0, lambda fields: Logoff()),
    Goodbye.tag: (0, lambda fields: Goodbye()),
    Reset.tag: (0, lambda fields: Reset()),
    Run.tag: (3, _decode_run),
    Begin.tag: (1, _decode_begin),
    Commit.tag: (0, lambda fields: Commit()),
    Rollback.tag: (0, lambda fields: Rollback()),
    Pull.tag: (1, _decode_pull),
    Discard.tag: (1, _decode_discard),
    Route.tag: (3, _decode_route),
    Telemetry.tag: (1, _decode_telemetry),
}
"""By tag, how many fields there are at most, and what they mean."""
_KINDS: dict[int, type[Request]] = {kind.tag: kind for kind in get_args(Request)}

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


def failure_payload(error: CypherError, *, gql_errors: bool) -> bytes:
    """FAILURE with the error's status code and text; with the fields of GQL since 5.7."""
    text = error.text()
    metadata: dict[str, Value]
    if gql_errors:
        kind, title = error.code.split(".")[1:4:2]
        status, description = _GQL_STATUS.get(title, _GQL_STATUS[kind])
        metadata = {
            "neo4j_code": error.code,
            "message": text,
            "gql_status": status,
            "description": f"{description}. {text}",
            "diagnostic_record": {
                "OPERATION": "",
                "OPERATION_CODE": "0",
                "CURRENT_SCHEMA": "/",
                "_classification": _CLASSIFICATIONS[kind],
            },
        }
    else:
        metadata = {"code": error.code, "message": text}
    out = bytearray((0xB1, FAILURE))
    pack_into(out, metadata)
    return bytes(out)


_CLASSIFICATIONS = {
    "ClientError": "CLIENT_ERROR",
    "TransientError": "TRANSIENT_ERROR",
    "DatabaseError": "DATABASE_ERROR",
}
_GQL_STATUS = {
    "ClientError": ("42000", "error: syntax error or access rule violation"),
    "TransientError": ("40000", "error: transaction rollback"),
    "DatabaseError": ("50N42", "error: general processing exception - unexpected error"),
    "SyntaxError": ("42001", "error: syntax error or access rule violation - invalid syntax"),
    "ParameterMissing": ("42N51", "error: syntax error or access rule violation - invalid parameter"),
    "TypeError": ("22G03", "error: data exception - invalid value type"),
    "ArgumentError": ("22000", "error: data exception"),
    "ArithmeticError": ("22000", "error: data exception"),
    "Invalid": ("08N06", "error: connection exception - protocol error"),
    "DatabaseNotFound": ("22N51", "error: data exception - database not found"),
    "ProcedureNotFound": ("42N08", "error: syntax error or access rule violation - no such procedure"),
}
"""GQL's status and its description, by the last part of a status code where it has one of its own, else by class."""

"""Laws of the protocol: pack then unpack, any split of the bytes, any bytes at all."""

import hypothesis.strategies as st
from hypothesis import given, settings

from memgraph_py.bolt import temporal
from memgraph_py.bolt.connection import Connection, State
from memgraph_py.bolt.framing import Dechunker, ProtocolViolation
from memgraph_py.bolt.messages import Rejected, Request, decode_request
from memgraph_py.bolt.packstream import CURRENT, Decoder, Dialect, pack
from memgraph_py.bolt.records import encode_records
from memgraph_py.columnar import Column
from memgraph_py.errors import CypherError
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.types import Point, Value
from tests.bolt.requests import BEGIN, COMMIT, HELLO, LOGON, MAGIC, OPENING, RESET, ROUTE, answers, message, pull, run

INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
FLOATS = st.floats(allow_nan=False)
DAYS = st.integers(temporal.DAYS_MIN, temporal.DAYS_MAX)
MOMENTS = st.integers((temporal.DAYS_MIN + 1) * 86_400, temporal.DAYS_MAX * 86_400) | st.integers(-(10**10), 10**10)
NANOSECONDS = st.integers(0, 999_999_999)
NANOSECONDS_OF_DAY = st.integers(0, 86_400 * 1_000_000_000 - 1)
OFFSETS = st.integers(-64_800, 64_800)
LONGITUDES, LATITUDES = st.floats(-180, 180), st.floats(-90, 90)
ZONES = ["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "UTC"]


def zoned(seconds: int, nanoseconds: int, zone: str) -> Value:
    """A moment told in the zone."""
    return temporal.from_structure(temporal.DATE_TIME_ZONE, [seconds, nanoseconds, zone], utc=True)


SCALARS: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    INTEGERS,
    FLOATS,
    st.text(st.characters(codec="utf-8")),
    st.binary(),
    st.builds(Point, st.just(7203), st.tuples(FLOATS, FLOATS)),
    st.builds(Point, st.just(9157), st.tuples(FLOATS, FLOATS, FLOATS)),
    st.builds(Point, st.just(4326), st.tuples(LONGITUDES, LATITUDES)),
    st.builds(Point, st.just(4979), st.tuples(LONGITUDES, LATITUDES, FLOATS)),
    st.builds(Date, DAYS),
    st.builds(LocalTime, NANOSECONDS_OF_DAY),
    st.builds(Time, NANOSECONDS_OF_DAY, OFFSETS),
    st.builds(LocalDateTime, MOMENTS, NANOSECONDS),
    st.builds(DateTime, MOMENTS, NANOSECONDS, OFFSETS),
    st.builds(zoned, MOMENTS, NANOSECONDS, st.sampled_from(ZONES)),
    st.builds(Duration, INTEGERS, INTEGERS, INTEGERS, NANOSECONDS),
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)
MANIFEST_OPENING = (
    MAGIC + bytes.fromhex("000001ff 00080805 00020404 00000003") + bytes.fromhex("00000705 808000") + HELLO + LOGON
)
CONVERSATION = [
    run("RETURN 1", {"a": [1, {"b": "c"}]}),
    pull(),
    ROUTE,
    BEGIN,
    run("x" * 70_000),
    pull(5, qid=0),
    COMMIT,
    b"\x00\x00",
]


@given(VALUES)
def test_pack_then_unpack_gives_the_value(value: Value) -> None:
    decoder = Decoder(pack(value), 400)
    assert decoder.value() == value
    assert decoder.at_end()


LEGACY = Dialect(element_ids=False, utc=False)


@given(VALUES)
def test_pack_then_unpack_gives_the_value_in_older_versions(value: Value) -> None:
    """But for a moment whose clock time comes twice: the zone alone says the first of the two."""
    encoded = pack(value, LEGACY)
    read = Decoder(encoded, 400, utc=False).value()
    assert pack(read, LEGACY) == encoded


@given(VALUES, st.data())
def test_a_value_that_is_cut_is_a_violation(value: Value, data: st.DataObject) -> None:
    encoded = pack(value)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    try:
        Decoder(encoded[:cut], 400).value()
    except ProtocolViolation:
        return
    raise AssertionError("a part of a value is no value")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_an_error(data: bytes) -> None:
    try:
        value = Decoder(data, 50).value()
    except (ProtocolViolation, CypherError):
        return
    again = Decoder(pack(value), 50).value()
    assert pack(again) == pack(value)


def requests_of(pieces: list[bytes]) -> tuple[list[Request], str]:
    """What a connection that is fed these pieces gives, each answered with success; and how it ends."""
    connection = Connection(message_bytes_max=1 << 17, nesting_depth_max=20)
    requests: list[Request] = []
    ended = ""
    for piece in pieces:
        connection.receive(piece)
        try:
            while (request := connection.next_request()) is not None:
                requests.append(request)
                connection.succeed({})
        except ProtocolViolation as violation:
            ended = str(violation)
            break
    if not ended and connection.state is State.DEFUNCT:
        ended = "goodbye"
    return requests, ended


@st.composite
def pieces_of(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The bytes, cut anywhere."""
    cuts = sorted(draw(st.sets(st.integers(0, len(data)), max_size=30)))
    return [data[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@given(st.data(), st.sampled_from([OPENING, MANIFEST_OPENING]))
def test_any_split_of_the_bytes_gives_the_same_requests(data: st.DataObject, opening: bytes) -> None:
    whole = opening + b"".join(CONVERSATION)
    expected = requests_of([whole])
    assert len(expected[0]) == 9
    assert requests_of(data.draw(pieces_of(whole))) == expected


@given(st.binary(max_size=300), st.data())
def test_any_split_of_any_bytes_ends_the_same(garbage: bytes, data: st.DataObject) -> None:
    whole = OPENING + run() + garbage
    if RESET[:4] in whole[len(OPENING) :]:
        return  # a RESET takes effect when it arrives, so there the split matters
    assert requests_of(data.draw(pieces_of(whole))) == requests_of([whole])


@given(st.lists(st.sampled_from([*CONVERSATION, RESET, message(0x02), message(0x2F, {}), message(0x6B)]), max_size=12))
def test_every_request_is_answered_once_or_the_connection_ends(messages: list[bytes]) -> None:
    connection = Connection(message_bytes_max=1 << 17, nesting_depth_max=20)
    connection.receive(OPENING + b"".join(messages))
    ended = False
    try:
        while connection.next_request() is not None:
            connection.succeed({})
    except ProtocolViolation:
        ended = True
    ended = ended or connection.state is State.DEFUNCT
    sent = answers(connection.take_output()[4:])
    asked = 2 + sum(item != b"\x00\x00" for item in messages)
    assert len(sent) <= asked if ended else len(sent) == asked


@given(st.binary(max_size=100))
def test_any_message_is_a_request_a_failure_or_a_violation(data: bytes) -> None:
    try:
        request = decode_request(Decoder(data, 20))
    except ProtocolViolation:
        return
    assert isinstance(request, Rejected | Request)


@settings(max_examples=30)
@given(st.lists(VALUES, max_size=30))
def test_records_hold_the_values(values: list[Value]) -> None:
    column = Column.from_values(values)
    data = b"".join(encode_records([column], len(values), CURRENT))
    messages, violation = Dechunker(1 << 30).feed(data)
    assert violation is None
    assert [fields[0] for _, fields in answers(data)] == [[value] for value in values]
    assert len(messages) == len(values)

"""Temporal values on the wire: both forms of a date and time, the edges, and what is refused."""

import pytest

from memgraph_py.bolt.packstream import CURRENT, Decoder, Dialect, pack
from memgraph_py.errors import CypherError, InvalidRequest
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.types import Value

LEGACY = Dialect(element_ids=False, utc=False)
BERLIN = b"\x8dEurope/Berlin".hex()
SUMMER, WINTER = 1_720_000_000, 1_705_000_000
LEAST, MOST = -(1 << 63), (1 << 63) - 1
BEGIN_OF_TIME, END_OF_TIME = -365_243_219_162, 365_241_780_471


def unpack(encoded: str, dialect: Dialect = CURRENT) -> Value:
    """The one value in the bytes."""
    decoder = Decoder(bytes.fromhex(encoded), 400, utc=dialect.utc)
    value = decoder.value()
    assert decoder.at_end()
    return value


def integer(value: int) -> str:
    """Its bytes."""
    return pack(value).hex()


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (Date(0), "b14400"),
        (Date(-1), "b144ff"),
        (Date(BEGIN_OF_TIME), "b144" + integer(BEGIN_OF_TIME)),
        (Date(END_OF_TIME), "b144" + integer(END_OF_TIME)),
        (LocalTime(0), "b17400"),
        (LocalTime(86_399_999_999_999), "b174" + integer(86_399_999_999_999)),
        (Time(1, 3600), "b25401c90e10"),
        (Time(0, -64_800), "b25400" + integer(-64_800)),
        (LocalDateTime(-1, 999_999_999), "b264ff" + integer(999_999_999)),
        (LocalDateTime(86_400 * (END_OF_TIME + 1) - 1, 0), "b264" + integer(86_400 * (END_OF_TIME + 1) - 1) + "00"),
        (Duration(1, -2, 3, 4), "b44501fe0304"),
        (
            Duration(-(1 << 63), (1 << 63) - 1, -(1 << 63), 0),
            "b445cb80" + "00" * 7 + "cb7f" + "ff" * 7 + "cb80" + "00" * 8,
        ),
        (DateTime(SUMMER, 5, 7200), "b349" + integer(SUMMER) + "05c91c20"),
        (DateTime(SUMMER, 5, 7200, "Europe/Berlin"), "b369" + integer(SUMMER) + "05" + BERLIN),
        (DateTime(WINTER, 0, 3600, "Europe/Berlin"), "b369" + integer(WINTER) + "00" + BERLIN),
    ],
)
def test_bytes_of_temporal_values(value: Value, encoded: str) -> None:
    assert pack(value).hex() == encoded
    assert unpack(encoded) == value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (DateTime(SUMMER, 5, 7200), "b346" + integer(SUMMER + 7200) + "05c91c20"),
        (DateTime(SUMMER, 5, -3600), "b346" + integer(SUMMER - 3600) + "05" + integer(-3600)),
        (DateTime(SUMMER, 5, 7200, "Europe/Berlin"), "b366" + integer(SUMMER + 7200) + "05" + BERLIN),
        (DateTime(WINTER, 0, 3600, "Europe/Berlin"), "b366" + integer(WINTER + 3600) + "00" + BERLIN),
        (Date(3), "b14403"),
    ],
)
def test_before_5_0_seconds_are_those_of_a_local_clock(value: Value, encoded: str) -> None:
    assert pack(value, LEGACY).hex() == encoded
    assert unpack(encoded, LEGACY) == value


def test_a_form_that_was_not_agreed_upon_is_refused() -> None:
    for value in (DateTime(SUMMER, 5, 7200), DateTime(SUMMER, 5, 7200, "Europe/Berlin")):
        with pytest.raises(InvalidRequest):
            unpack(pack(value).hex(), LEGACY)
        with pytest.raises(InvalidRequest):
            unpack(pack(value, LEGACY).hex())


def test_a_local_time_that_is_there_twice_is_the_first_and_one_in_a_gap_is_moved() -> None:
    twice = 1_729_994_400  # 2024-10-27T02:00 on the clock
    assert unpack("b366" + integer(twice) + "00" + BERLIN, LEGACY) == DateTime(twice - 7200, 0, 7200, "Europe/Berlin")
    never = 1_711_852_200  # 2024-03-31T02:30 on the clock, which went from 02:00 to 03:00
    assert unpack("b366" + integer(never) + "00" + BERLIN, LEGACY) == DateTime(never - 3600, 0, 7200, "Europe/Berlin")


@pytest.mark.parametrize("year", [-999_999_999, -400, -1, 0, 1, 2, 1500, 9_999, 10_000, 123_456, 999_999_998])
def test_zones_are_known_in_every_year(year: int) -> None:
    """400 years repeat."""
    within = 1 + (year - 1) % 400
    days = (year - within) // 400 * 146_097
    january = -719_162 + days + (within - 1) * 365 + (within - 1) // 4 - (within - 1) // 100
    seconds = january * 86_400 + 86_400
    value = unpack("b369" + integer(seconds) + "00" + BERLIN)
    assert isinstance(value, DateTime)
    assert value.offset_seconds == (3600 if year > 1900 else 3208)  # 3208: Berlin's own time


def test_negative_nanoseconds_of_a_duration_carry() -> None:
    assert unpack("b4450000" + integer(-1) + integer(-500_000_000)) == Duration(0, 0, -2, 500_000_000)
    assert unpack("b445000000" + integer(2_500_000_000)) == Duration(0, 0, 2, 500_000_000)
    with pytest.raises(InvalidRequest):
        unpack("b4450000" + integer((1 << 63) - 1) + integer(1_000_000_000))


@pytest.mark.parametrize(
    "encoded",
    [
        "b144" + integer(BEGIN_OF_TIME - 1),
        "b144" + integer(END_OF_TIME + 1),
        "b144" + integer((1 << 63) - 1),
        "b144c3",
        "b144c1" + "00" * 8,
        "b04400"[:4],
        "b2440000",
        "b174ff",
        "b174" + integer(86_400_000_000_000),
        "b25400" + integer(64_801),
        "b25400" + integer(-64_801),
        "b26400ff",
        "b26400" + integer(1_000_000_000),
        "b264" + integer((1 << 63) - 1) + "00",
        "b34900" + integer(1_000_000_000) + "00",
        "b34900" + "00" + integer(70_000),
        "b3490000" + "8155",
        "b369000000",
        "b3690000" + pack("Europe/Nowhere").hex(),
        "b3690000" + pack("../../../etc/passwd").hex(),
        "b3690000" + pack("/etc/passwd").hex(),
        "b3690000" + pack("").hex(),
        "b3690000" + pack("Europe").hex(),
        "b3690000" + pack("a\0b").hex(),
        "b3690000" + pack("x" * 5000).hex(),
        "b345000000",
        "b44500000081" + "61",
    ],
)
def test_what_is_no_temporal_value_is_told(encoded: str) -> None:
    with pytest.raises(InvalidRequest):
        unpack(encoded)


def test_a_list_of_temporal_values_is_a_value() -> None:
    value: Value = {"times": [Date(1), LocalTime(2), {"at": DateTime(SUMMER, 0, 0, "UTC")}]}
    assert unpack(pack(value).hex()) == value


def test_an_error_says_what_to_do() -> None:
    with pytest.raises(CypherError) as raised:
        unpack("b3690000" + pack("Europe/Nowhere").hex())
    assert raised.value.code == "Neo.ClientError.Request.Invalid"
    assert "Europe/Nowhere" in raised.value.message
    assert raised.value.hint

"""Agreeing on a version, byte by byte."""

import pytest

from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.handshake import MAGIC, VERSIONS, Handshake, ProtocolVersion
from memgraph_py.bolt.packstream import Dialect

NO_MANIFEST = bytes.fromhex("00080805 00020404 00000003 00000000")
DRIVER_OFFERS = bytes.fromhex("000001ff 00080805 00020404 00000003")
MANIFEST_ANSWER = bytes.fromhex("000001ff 02 00080805 00030404 00")


def number(version: ProtocolVersion | None) -> tuple[int, int] | None:
    """Major and minor."""
    return None if version is None else (version.major, version.minor)


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ("00080805 00020404 00000003 00000000", (5, 8)),
        ("00040405 00000304 00000000 00000000", (5, 4)),
        ("00000404 00000304 00000104 00000000", (4, 4)),  # pymgclient, and older drivers
        ("00000104 00000004 00000000 00000000", (4, 1)),  # neo4rs 0.8
        ("00000304 00000204 00000104 00000003", (4, 3)),  # drivers of 4.3
        ("00000305 00000404 00000000 00000000", (5, 3)),
        ("00020404 00000405 00000000 00000000", (4, 4)),  # the client's order counts
        ("00010a05 000000ff 00000000 00000005", (5, 0)),
        ("000002ff 00000805 00000000 00000000", (5, 8)),  # a manifest of a kind that is not known
        ("00ff0805 00000000 00000000 00000000", (5, 8)),
    ],
)
def test_the_first_offer_that_is_known_is_taken(offers: str, expected: tuple[int, int]) -> None:
    handshake = Handshake()
    assert handshake.feed(MAGIC + bytes.fromhex(offers) + b"rest") == b"rest"
    assert number(handshake.version) == expected
    assert handshake.output == bytes((0, 0, expected[1], expected[0]))


@pytest.mark.parametrize(
    "offers",
    ["00030c05 00000003 00000000 00000000", "00000004 00000003 00000002 00000001", "00000000" * 4, "ffffffff" * 4],
)
def test_without_a_version_in_common_the_answer_is_zero(offers: str) -> None:
    handshake = Handshake()
    with pytest.raises(ProtocolViolation):
        handshake.feed(MAGIC + bytes.fromhex(offers))
    assert handshake.output == bytes(4)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_another_protocol_is_refused_at_its_first_bytes(size: int) -> None:
    handshake = Handshake()
    with pytest.raises(ProtocolViolation):
        handshake.feed(b"GET / HTTP/1.1"[:size])
    assert handshake.output == b""


def test_the_magic_number_may_come_in_parts() -> None:
    handshake = Handshake()
    for byte in MAGIC + NO_MANIFEST[:15]:
        assert handshake.feed(bytes((byte,))) is None
        assert handshake.output == b""
    assert handshake.feed(NO_MANIFEST[15:]) == b""
    assert number(handshake.version) == (5, 8)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.major}.{version.minor}")
def test_a_client_chooses_any_version_from_the_manifest(version: ProtocolVersion) -> None:
    handshake = Handshake()
    assert handshake.feed(MAGIC + DRIVER_OFFERS) is None
    assert handshake.output == MANIFEST_ANSWER
    assert handshake.version is None
    choice = bytes((0, 0, version.minor, version.major)) + b"\x00"
    for byte in choice[:-1]:
        assert handshake.feed(bytes((byte,))) is None
    assert handshake.feed(choice[-1:] + b"the first message") == b"the first message"
    assert handshake.version == version


def test_a_choice_may_come_with_the_first_message_and_a_long_zero() -> None:
    handshake = Handshake()
    assert handshake.feed(MAGIC + DRIVER_OFFERS + bytes.fromhex("00000705 808000") + b"next") == b"next"
    assert number(handshake.version) == (5, 7)


def test_a_manifest_that_is_not_the_first_offer_waits_its_turn() -> None:
    handshake = Handshake()
    assert handshake.feed(MAGIC + bytes.fromhex("00000104 000001ff 00000000 00000000")) == b""
    assert number(handshake.version) == (4, 1)
    handshake = Handshake()
    assert handshake.feed(MAGIC + bytes.fromhex("00000003 000001ff 00000104 00000000")) is None
    assert handshake.output == MANIFEST_ANSWER


@pytest.mark.parametrize(
    "choice",
    [
        "00000905 00",  # not offered
        "00000000 00",  # none, as a driver says that knows no version of these
        "00000004 00",
        "00010805 00",  # a range is no choice
        "01000805 00",
        "00000805 01",  # a capability that was not offered
        "00000805 808001",
        "00000805 80808080808080808080 00",  # more than 64 bits
        "00000805 ffffffffffffffffffff",
    ],
)
def test_a_choice_that_was_not_offered_ends_the_connection(choice: str) -> None:
    handshake = Handshake()
    handshake.feed(MAGIC + DRIVER_OFFERS)
    with pytest.raises(ProtocolViolation):
        handshake.feed(bytes.fromhex(choice))
    assert handshake.version is None


def test_features_follow_the_versions() -> None:
    def since(feature: str) -> tuple[int, int]:
        return min((version.major, version.minor) for version in VERSIONS if getattr(version, feature))

    features = {name: since(name) for name in ProtocolVersion.__slots__ if name not in ("major", "minor")}
    assert features == {
        "route": (4, 3),
        "recv_timeout": (4, 3),
        "utc_patch": (4, 3),
        "utc": (5, 0),
        "element_ids": (5, 0),
        "logon": (5, 1),
        "filters": (5, 2),
        "telemetry": (5, 4),
        "statuses": (5, 5),
        "gql_errors": (5, 7),
        "home_database": (5, 8),
    }
    assert [number(version) for version in VERSIONS if version.utc_patch] == [(4, 4), (4, 3)]
    assert len(VERSIONS) == 13


def test_dates_with_zones_are_in_utc_since_5_0_or_by_request() -> None:
    by_number = {number(version): version for version in VERSIONS}
    assert by_number[5, 0].dialect(patched=False) == Dialect(element_ids=True, utc=True)
    assert by_number[4, 4].dialect(patched=False) == Dialect(element_ids=False, utc=False)
    assert by_number[4, 4].dialect(patched=True) == Dialect(element_ids=False, utc=True)
    assert by_number[4, 1].dialect(patched=True) == Dialect(element_ids=False, utc=False)

"""Handshake and chunks."""

import pytest

from memgraph_py.bolt.framing import (
    MAGIC,
    VERSIONS,
    Dechunker,
    ProtocolViolation,
    frame,
    handshake_answer,
    negotiate,
)

DRIVER_OFFERS = bytes.fromhex("000001ff 00080805 00020404 00000003")


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        (DRIVER_OFFERS, (5, 8)),  # a manifest is passed over
        (bytes.fromhex("00040405 00000304 00000000 00000000"), (5, 4)),
        (bytes.fromhex("00000404 00000304 00000104 00000000"), (4, 4)),
        (bytes.fromhex("00000305 00000404 00000000 00000000"), (5, 3)),
        (bytes.fromhex("00020404 00000405 00000000 00000000"), (4, 4)),  # the client's order counts
        (bytes.fromhex("00010a05 000000ff 00000000 00000005"), (5, 0)),
        (bytes.fromhex("00030c05 00000003 00000000 00000000"), None),
        (bytes.fromhex("00000104 00000004 00000000 00000000"), None),
        (bytes(16), None),
    ],
)
def test_the_first_offer_that_is_known_is_taken(offers: bytes, expected: tuple[int, int] | None) -> None:
    version = negotiate(MAGIC + offers)
    assert (None if version is None else (version.major, version.minor)) == expected


def test_the_answer_names_the_version_or_is_zero() -> None:
    assert handshake_answer(VERSIONS[0]) == b"\x00\x00\x08\x05"
    assert handshake_answer(None) == bytes(4)


def test_another_protocol_is_refused() -> None:
    with pytest.raises(ProtocolViolation):
        negotiate(b"GET / HTTP/1.1\r\nHost: a\r\n")


def test_features_follow_the_versions() -> None:
    by_number = {(version.major, version.minor): version for version in VERSIONS}
    assert [number for number, version in by_number.items() if not version.element_ids] == [(4, 4)]
    assert [number for number, version in by_number.items() if version.gql_errors] == [(5, 8), (5, 7)]
    assert not by_number[5, 0].logon
    assert by_number[5, 1].logon
    assert by_number[5, 4].telemetry
    assert not by_number[5, 3].telemetry


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 200_000])
def test_a_message_survives_its_chunks(size: int) -> None:
    message = bytes(i % 251 for i in range(size))
    assert Dechunker(1 << 20).feed(frame(message)) == ([message], None)


def test_empty_chunks_between_messages_mean_nothing() -> None:
    assert Dechunker(100).feed(b"\x00\x00" + frame(b"ab") + b"\x00\x00\x00\x00" + frame(b"c")) == ([b"ab", b"c"], None)


@pytest.mark.parametrize("data", [frame(bytes(101)), b"\x00\x40" + bytes(64) + b"\x00\x40" + bytes(64)])
def test_a_message_that_is_too_large_is_told_after_those_before_it(data: bytes) -> None:
    messages, violation = Dechunker(100).feed(frame(b"first") + data)
    assert messages == [b"first"]
    assert violation is not None
    assert "100 bytes" in str(violation)

"""Chunks."""

import pytest

from memgraph_py.bolt.framing import Dechunker, frame


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


@pytest.mark.parametrize("count", [1, 2, 3, 1000, 1001])
def test_any_number_of_empty_chunks_is_passed_over(count: int) -> None:
    dechunker = Dechunker(100)
    data = b"\x00\x00" * count + frame(b"\x00\x00a\x00") + b"\x00\x00" * count
    assert dechunker.feed(data + b"\x00") == ([b"\x00\x00a\x00"], None)
    assert dechunker.held_bytes == 1
    assert dechunker.feed(b"\x02ab\x00\x00") == ([b"ab"], None)
    assert dechunker.held_bytes == 0

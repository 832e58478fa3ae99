"""Requests as a client writes them."""

from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.handshake import MAGIC
from memgraph_py.bolt.packstream import Decoder, pack
from memgraph_py.values.types import Value

OFFER_5_8 = MAGIC + bytes.fromhex("00000805 00000000 00000000 00000000")
OFFER_5_0 = MAGIC + bytes.fromhex("00000005 00000000 00000000 00000000")
OFFER_4_4 = MAGIC + bytes.fromhex("00000404 00000000 00000000 00000000")


def message(tag: int, *fields: Value) -> bytes:
    """A framed message."""
    return frame(bytes((0xB0 | len(fields), tag)) + b"".join(map(pack, fields)))


HELLO = message(0x01, {"user_agent": "test/1"})
LOGON = message(0x6A, {"scheme": "none"})
LOGOFF = message(0x6B)
GOODBYE = message(0x02)
RESET = message(0x0F)
COMMIT = message(0x12)
ROLLBACK = message(0x13)
BEGIN = message(0x11, {})
TELEMETRY = message(0x54, 1)
ROUTE = message(0x66, {"address": "example:7687"}, [], {})
OPENING = OFFER_5_8 + HELLO + LOGON


def run(text: str = "RETURN 1", parameters: dict[str, Value] | None = None, **extra: Value) -> bytes:
    """RUN."""
    return message(0x10, text, parameters or {}, extra)


def pull(n: int = -1, **extra: Value) -> bytes:
    """PULL."""
    return message(0x3F, {"n": n, **extra})


def discard(n: int = -1, **extra: Value) -> bytes:
    """DISCARD."""
    return message(0x2F, {"n": n, **extra})


def answers(data: bytes) -> list[tuple[int, list[Value]]]:
    """Tag and fields of each message that a server sent; its records hold plain values only."""
    from memgraph_py.bolt.framing import Dechunker

    messages, violation = Dechunker(1 << 30).feed(data)
    assert violation is None
    decoded = []
    for payload in messages:
        decoder = Decoder(payload, 400)
        size, tag = decoder.structure()
        decoded.append((tag, [decoder.value() for _ in range(size)]))
        assert decoder.at_end()
    return decoded

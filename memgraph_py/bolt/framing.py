"""Handshake and chunks: what stands around a message on the wire.

A client opens with the magic number and four offers of versions; the server answers with one, or with zeros and closes.
After that a message is a run of chunks, each a length of two bytes and that many bytes, and ends with a chunk of length
0; further chunks of length 0 between messages mean nothing (they keep a connection alive).

Source: Bolt specification, "Handshake" and "Message transfer encoding".
"""

from dataclasses import dataclass

MAGIC = b"\x60\x60\xb0\x17"
HANDSHAKE_BYTES = 20
CHUNK_BYTES_MAX = 0xFFFF
REFUSED = b"\x00\x00\x00\x00"


class ProtocolViolation(Exception):
    """Bytes that are no Bolt, or a message that the state of the connection forbids: the connection ends."""


@dataclass(frozen=True, slots=True)
class ProtocolVersion:
    """A version of Bolt and its features: the one place that says how versions differ.

    element_ids: structures carry text ids beside the numbers. logon: credentials come in LOGON, not in HELLO.
    telemetry: TELEMETRY is known. gql_errors: FAILURE has the fields of GQL.
    """

    major: int
    minor: int
    element_ids: bool = True
    logon: bool = True
    telemetry: bool = True
    gql_errors: bool = True


VERSIONS: tuple[ProtocolVersion, ...] = (
    ProtocolVersion(5, 8),
    ProtocolVersion(5, 7),
    ProtocolVersion(5, 6, gql_errors=False),
    ProtocolVersion(5, 5, gql_errors=False),
    ProtocolVersion(5, 4, gql_errors=False),
    ProtocolVersion(5, 3, gql_errors=False, telemetry=False),
    ProtocolVersion(5, 2, gql_errors=False, telemetry=False),
    ProtocolVersion(5, 1, gql_errors=False, telemetry=False),
    ProtocolVersion(5, 0, gql_errors=False, telemetry=False, logon=False),
    ProtocolVersion(4, 4, gql_errors=False, telemetry=False, logon=False, element_ids=False),
)


def negotiate(handshake: bytes) -> ProtocolVersion | None:
    """The first offer that is known, in the client's order; within a range the highest. None when there is none.

    handshake: the 20 bytes that a client opens with. An offer is `00 range minor major`: it stands for the minors from
    ``minor - range`` to ``minor``. The offer `00 00 01 FF` (a manifest) is passed over, as a server may.
    Raises ProtocolViolation when the magic number is not there.
    """
    if handshake[:4] != MAGIC:
        raise ProtocolViolation("the connection did not open with Bolt's magic number")
    for start in range(4, HANDSHAKE_BYTES, 4):
        _, span, minor, major = handshake[start : start + 4]
        for version in VERSIONS:
            if version.major == major and minor - span <= version.minor <= minor:
                return version
    return None


def handshake_answer(version: ProtocolVersion | None) -> bytes:
    """The four bytes that answer the offers."""
    if version is None:
        return REFUSED
    return bytes((0, 0, version.minor, version.major))


def frame(payload: bytes | bytearray) -> bytes:
    """The message in chunks, with the end mark."""
    size = len(payload)
    if size <= CHUNK_BYTES_MAX:
        return b"".join((size.to_bytes(2, "big"), payload, b"\x00\x00"))
    parts: list[bytes | bytearray | memoryview] = []
    whole = memoryview(payload)
    for start in range(0, size, CHUNK_BYTES_MAX):
        piece = whole[start : start + CHUNK_BYTES_MAX]
        parts.append(len(piece).to_bytes(2, "big"))
        parts.append(piece)
    parts.append(b"\x00\x00")
    return b"".join(parts)


class Dechunker:
    """Cuts a stream of bytes into messages, however the bytes are split."""

    __slots__ = ("_message", "_message_bytes_max", "_rest")

    def __init__(self, message_bytes_max: int) -> None:
        self._message_bytes_max = message_bytes_max
        self._rest = b""
        self._message = bytearray()
        """Chunks of the message that is not complete yet."""

    def feed(self, data: bytes) -> tuple[list[bytes], ProtocolViolation | None]:
        """Messages that are complete now, in order; and what is wrong after them: a message that is too large."""
        messages: list[bytes] = []
        if self._rest:
            data = self._rest + data
        position, end = 0, len(data)
        message = self._message
        while end - position >= 2:
            size = data[position] << 8 | data[position + 1]
            stop = position + 2 + size
            if stop > end:
                break
            if size == 0:
                if message:
                    messages.append(bytes(message))
                    message.clear()
            elif not message and data[stop : stop + 2] == b"\x00\x00":  # a message of one chunk, as most are
                if size > self._message_bytes_max:
                    return messages, self._too_large()
                messages.append(data[position + 2 : stop])
                stop += 2
            else:
                if len(message) + size > self._message_bytes_max:
                    return messages, self._too_large()
                message += data[position + 2 : stop]
            position = stop
        self._rest = data[position:] if position else data
        return messages, None

    def _too_large(self) -> ProtocolViolation:
        return ProtocolViolation(f"a message is larger than {self._message_bytes_max} bytes")

"""Chunks: what stands around a message on the wire.

A message is a run of chunks, each a length of two bytes and that many bytes, and ends with a chunk of length 0; further
chunks of length 0 between messages mean nothing (they keep a connection alive).

Source: Bolt specification, "Message transfer encoding".
"""

CHUNK_BYTES_MAX = 0xFFFF
KEEP_ALIVE = b"\x00\x00"
"""Between two messages, to show that the other side is there."""


class ProtocolViolation(Exception):
    """Bytes that are no Bolt, or a message that the state of the connection forbids: the connection ends."""


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


def _zeros(data: bytes, start: int) -> int:
    """How many zeros follow there."""
    if data[start : start + 2] != KEEP_ALIVE:
        return 0
    rest = data[start:]
    return len(rest) - len(rest.lstrip(b"\x00"))


class Dechunker:
    """Cuts a stream of bytes into messages, however the bytes are split."""

    __slots__ = ("_message", "_rest", "held_bytes", "message_bytes_max")

    def __init__(self, message_bytes_max: int) -> None:
        self.message_bytes_max = message_bytes_max
        self._rest = b""
        self._message = bytearray()
        """Chunks of the message that is not complete yet."""
        self.held_bytes = 0
        """Of a message that is not complete yet."""

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
                else:  # a run of these is passed over at once
                    stop += _zeros(data, stop) & ~1
            elif not message and data[stop : stop + 2] == b"\x00\x00":  # a message of one chunk, as most are
                if size > self.message_bytes_max:
                    return messages, self._too_large()
                messages.append(data[position + 2 : stop])
                stop += 2
            else:
                if len(message) + size > self.message_bytes_max:
                    return messages, self._too_large()
                message += data[position + 2 : stop]
            position = stop
        self._rest = data[position:] if position else data
        self.held_bytes = len(message) + end - position
        return messages, None

    def _too_large(self) -> ProtocolViolation:
        return ProtocolViolation(f"a message is larger than {self.message_bytes_max} bytes")

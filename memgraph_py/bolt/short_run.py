"""Short RUN messages read at once: a text, a few parameters that are integers or short texts, no options.

Such are most requests of a busy server, and the ``Decoder``, which takes any message apart value by value, needs three
times as long for one. Whatever else a message holds, it is left to the ``Decoder``, errors too.
"""

from memgraph_py.bolt.messages import Run
from memgraph_py.values.types import Value

SHORT_BYTES_MAX = 255
_HEAD = b"\xb3\x10"
_NO_OPTIONS = b"\xa0"
_INTEGER_BYTES = {0xC8: 1, 0xC9: 2, 0xCA: 4, 0xCB: 8}


def read_short_run(message: bytes) -> Run | None:
    """The request in a message of at most SHORT_BYTES_MAX bytes, or None: ask the ``Decoder``."""
    if message[:2] != _HEAD or message[-1:] != _NO_OPTIONS:
        return None
    try:
        start = 3
        stop = start + (message[2] & 0x0F)
        if message[2] & 0xF0 != 0x80:
            if message[2] != 0xD0:
                return None
            start = 4
            stop = start + message[3]
        text = message[start:stop].decode()
        marker = message[stop]
        position = stop + 1
        parameters: dict[str, Value] = {}
        if marker != 0xA0:
            if marker & 0xF0 != 0xA0:
                return None
            for _ in range(marker & 0x0F):
                size = message[position]
                if size & 0xF0 != 0x80:
                    return None
                stop = position + 1 + (size & 0x0F)
                key = message[position + 1 : stop].decode()
                marker = message[stop]
                position = stop + 1
                if marker < 0x80:
                    parameters[key] = marker
                elif marker & 0xF0 == 0x80:
                    stop = position + (marker & 0x0F)
                    parameters[key] = message[position:stop].decode()
                    position = stop
                elif marker in _INTEGER_BYTES:
                    stop = position + _INTEGER_BYTES[marker]
                    parameters[key] = int.from_bytes(message[position:stop], "big", signed=True)
                    position = stop
                elif marker >= 0xF0:
                    parameters[key] = marker - 0x100
                else:
                    return None
    except (IndexError, UnicodeDecodeError):
        return None
    return Run(text, parameters) if position == len(message) - 1 else None

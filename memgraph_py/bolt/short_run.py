"""Short RUN messages read at once: a text, a few parameters that are numbers, short texts, truths or NULL, no options.

Such are most requests of a busy server, and the ``Decoder``, which takes any message apart value by value, needs three
times as long for one. Whatever else a message holds, it is left to the ``Decoder``, errors too.
"""

import struct

from memgraph_py.bolt.messages import NO_OPTIONS, Run, run_head
from memgraph_py.values.types import Value

SHORT_BYTES_MAX = 2_000
_HEAD = run_head("")[:2]
_TEXTS_BEGIN = {0xD0: 4, 0xD1: 5}
"""Where a text of the RUN begins: behind its marker, which may hold its size, and behind the bytes of its size."""
_NUMBERS = {
    marker: (struct.calcsize(form), struct.Struct(form).unpack_from)
    for marker, form in ((0xC8, ">b"), (0xC9, ">h"), (0xCA, ">i"), (0xCB, ">q"), (0xC1, ">d"))
}
"""How many bytes one has, and what reads it there."""
_TRUTHS: dict[int, Value] = {0xC0: None, 0xC2: False, 0xC3: True}


def read_short_run(message: bytes) -> Run | None:
    """The request in a message of at most SHORT_BYTES_MAX bytes, or None: ask the ``Decoder``."""
    stop = short_head(message)
    parameters = None if stop is None else short_parameters(message, stop)
    if stop is None or parameters is None:
        return None
    try:
        return Run(text_of_head(message[:stop]), parameters)
    except UnicodeDecodeError:
        return None


def short_head(message: bytes) -> int | None:
    """Where the text of a RUN message ends, of at most SHORT_BYTES_MAX bytes; None where it is another message."""
    if message[:2] != _HEAD or len(message) <= 4:
        return None
    marker = message[2]
    if marker & 0xF0 == 0x80:
        return 3 + (marker & 0x0F)
    if marker == 0xD0:
        return 4 + message[3]
    return 5 + (message[3] << 8 | message[4]) if marker == 0xD1 else None


def text_of_head(head: bytes) -> str:
    """The text in the bytes up to ``short_head``. Raises UnicodeDecodeError."""
    return head[_TEXTS_BEGIN.get(head[2], 3) :].decode()


def short_parameters(message: bytes, position: int) -> dict[str, Value] | None:
    """The parameters that stand there, with nothing but no options behind them; None: ask the ``Decoder``."""
    parameters: dict[str, Value] = {}
    try:
        marker = message[position]
        position += 1
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
                elif marker in _NUMBERS:
                    size, read = _NUMBERS[marker]
                    (parameters[key],) = read(message, position)
                    position += size
                elif marker == 0xD0:
                    stop = position + 1 + message[position]
                    parameters[key] = message[position + 1 : stop].decode()
                    position = stop
                elif marker == 0xD1:
                    stop = position + 2 + (message[position] << 8 | message[position + 1])
                    parameters[key] = message[position + 2 : stop].decode()
                    position = stop
                elif marker >= 0xF0:
                    parameters[key] = marker - 0x100
                elif marker in _TRUTHS:
                    parameters[key] = _TRUTHS[marker]
                else:
                    return None
    except (IndexError, UnicodeDecodeError, struct.error):
        return None
    return parameters if message[position:] == NO_OPTIONS else None

"""Long lists of a request into columns: the rows of `UNWIND $rows`, and parameters of requests that are alike.

A list of simple values, or of maps that have the same keys in the same order and simple values, is read by a kernel.
Where a list is any different, or there is anything wrong with it, nothing is read: the Decoder reads it, or says what
is wrong. So a list means the same either way.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.kernels.unpacking import BOOL, FLOAT, INTEGER, NULL, STRING, unpack_rows
from memgraph_py.record_column import RecordColumn
from memgraph_py.values.types import Value

ROWS_MIN = 32
"""Of fewer rows the Decoder makes values in less time than a kernel takes to be called."""
_KEYS_MAX = 64
_COLUMN_KINDS = {1 << BOOL: Kind.BOOL, 1 << INTEGER: Kind.INT, 1 << FLOAT: Kind.FLOAT, 1 << STRING: Kind.STRING}
_STRING_SIZES = {0xD0: 1, 0xD1: 2, 0xD2: 4}
_NUMBER_SIZES = {0xC1: 8, 0xC8: 1, 0xC9: 2, 0xCA: 4, 0xCB: 8}
_LIST_SIZES = {0xD4: 1, 0xD5: 2, 0xD6: 4}


def unpack_list(data: bytes, position: int, objects_max: int) -> tuple[Column, int, int] | None:
    """The elements of the list at this place, where it ends, and how many values it holds; None where the Decoder must
    read it, also where it is short or holds more values than it may."""
    found = _list_start(data, position)
    if found is None or found[0] < ROWS_MIN:
        return None
    rows, start = found
    if start >= len(data):
        return None
    if data[start] & 0xF0 == 0xA0 or data[start] == 0xD8:
        template = _template(data, start, b"")
        if template is None:
            return None
        keys, pieces = template
        objects = rows * (1 + 2 * len(keys))
    else:
        keys, pieces, objects = None, [b""], rows
    if objects > objects_max or rows > len(data) - start:
        return None
    read = _unpack(np.frombuffer(data, dtype=np.uint8), np.array((start,), dtype=np.int64), rows, pieces)
    if read is None:
        return None
    columns, ends = read
    elements = columns[0] if keys is None else RecordColumn(dict(zip(keys, columns, strict=True)), rows)
    return elements, int(ends[-1]), objects


def unpack_alike(messages: Sequence[bytes], head: bytes, tail: bytes) -> dict[str, Column] | None:
    """Columns by name of the maps between the same head and tail of all messages; None where the maps are not alike, or
    hold anything but simple values, or a head or tail is another one."""
    first = messages[0]
    template = _template(first, len(head), head) if first.startswith(head) else None
    if template is None:
        return None
    keys, pieces = template
    lengths = np.fromiter(map(len, messages), dtype=np.int64, count=len(messages))
    stops = np.cumsum(lengths)
    data = np.frombuffer(b"".join(messages), dtype=np.uint8)
    assert len(messages) > 1, "the start of one row means that rows follow each other"
    read = _unpack(data, stops - lengths, len(messages), pieces)
    if read is None:
        return None
    columns, ends = read
    if (stops - ends != len(tail)).any():
        return None
    for place, byte in enumerate(tail):
        if (data[ends + place] != byte).any():
            return None
    return dict(zip(keys, columns, strict=True))


def _list_start(data: bytes, position: int) -> tuple[int, int] | None:
    """Size of the list at this place, and where its first element stands; None for anything else, and a short list."""
    width = _LIST_SIZES.get(data[position]) if position < len(data) else None
    if width is None:
        return None
    start = position + 1 + width
    return int.from_bytes(data[position + 1 : start], "big"), start


def _template(data: bytes, position: int, head: bytes) -> tuple[list[str], list[bytes]] | None:
    """Keys of the map at this place, and what stands before each value; None where a value is not simple, there is
    no key, or a key stands twice."""
    piece_start = position
    size = data[position] & 0x0F if data[position] != 0xD8 else 0
    position += 1
    if data[position - 1] == 0xD8:
        size = data[position] if position < len(data) else 0
        position += 1
    keys: list[str] = []
    pieces: list[bytes] = []
    for _ in range(size):
        key_end = _string_end(data, position)
        if key_end is None:
            return None
        end, key_start = key_end
        try:
            keys.append(data[key_start:end].decode("utf-8"))
        except UnicodeDecodeError:
            return None
        pieces.append(data[piece_start:end])
        value_end = _value_end(data, end)
        if value_end is None:
            return None
        position = piece_start = value_end
    if not keys or len(keys) > _KEYS_MAX or len(set(keys)) != len(keys):
        return None
    pieces[0] = head + pieces[0]
    return keys, pieces


def _string_end(data: bytes, position: int) -> tuple[int, int] | None:
    """Where the string at this place ends and where its text starts; None where there is no whole string."""
    if position >= len(data):
        return None
    marker = data[position]
    width = _STRING_SIZES.get(marker, 0)
    start = position + 1 + width
    if marker & 0xF0 == 0x80:
        end = start + (marker & 0x0F)
    elif width:
        end = start + int.from_bytes(data[position + 1 : start], "big")
    else:
        return None
    return (end, start) if end <= len(data) else None


def _value_end(data: bytes, position: int) -> int | None:
    """Where the simple value at this place ends."""
    if position >= len(data):
        return None
    marker = data[position]
    if marker < 0x80 or marker >= 0xF0 or marker in (0xC0, 0xC2, 0xC3):
        return position + 1
    width = _NUMBER_SIZES.get(marker)
    if width is not None:
        return position + 1 + width
    found = _string_end(data, position)
    return None if found is None else found[0]


def _unpack(
    data: NDArray[np.uint8], starts: NDArray[np.int64], rows: int, pieces: list[bytes]
) -> tuple[list[Column], NDArray[np.int64]] | None:
    """A column a piece, and where each row ends."""
    offsets = np.zeros(len(pieces) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    kinds = np.empty((len(pieces), rows), dtype=np.uint8)
    values = np.empty((len(pieces), rows), dtype=np.int64)
    sets = np.zeros(len(pieces), dtype=np.int64)
    ends = np.empty(rows, dtype=np.int64)
    read = unpack_rows(data, starts, np.frombuffer(b"".join(pieces), np.uint8), offsets, kinds, values, sets, ends)
    if read < rows:
        return None
    return [_column(data, *item) for item in zip(kinds, values, sets.tolist(), strict=True)], ends


def _column(data: NDArray[np.uint8], kinds: NDArray[np.uint8], values: NDArray[np.int64], kinds_set: int) -> Column:
    """The column that ``Column.from_values`` makes of these values."""
    kind = _COLUMN_KINDS.get(kinds_set & ~(1 << NULL))
    valid = kinds != NULL if kinds_set & (1 << NULL) else None
    match kind:
        case None:
            return Column.objects([_value(data, *item) for item in zip(kinds.tolist(), values.tolist(), strict=True)])
        case Kind.STRING:
            return Column(kind, values, valid, data)
        case Kind.FLOAT:
            return Column(kind, values.view(np.float64), valid)
        case Kind.BOOL:
            return Column(kind, values.astype(np.bool_), valid)
        case _:
            return Column(kind, values, valid)


def _value(data: NDArray[np.uint8], kind: int, value: int) -> Value:
    if kind == NULL:
        return None
    if kind == STRING:
        return Column(Kind.STRING, np.array((value,), dtype=np.int64), None, data).value(0)
    if kind == FLOAT:
        return float(np.int64(value).view(np.float64))
    return bool(value) if kind == BOOL else value

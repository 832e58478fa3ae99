"""Records of a CSV: where their fields lie, and what stands in fields with quotes.

    1,say,⏎2,⏎        fields   [1] [say] [] · [2] []        ends   3, 5

A field is a handle into the bytes: ``start << 24 | length``. One that holds escaped quotes is written anew behind the
bytes. A quote opens a field where it is its first character; within, two quotes stand for one, as does a quote behind a
backslash: it is read as two quotes anywhere. A line ends with a line feed, perhaps behind carriage returns, where no
quote is open; a line without any character is no record.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel
from memgraph_py.kernels.chunks import LENGTH_BITS, LENGTH_MASK, Integer

Bytes = NDArray[np.uint8]

NONE, CUT, LINE, END = 0, 1, 2, 3
"""What stands at a place: none of these, the terminator, a line's end, the end of the bytes."""
OPEN_QUOTE, BAD_QUOTE, BAD_RETURN, LONG_FIELD = 4, 5, 6, 7
"""What is no CSV: no closing quote; something between it and the field's end; a carriage return without a line feed; a
field longer than a handle can tell."""

_QUOTE, _BACKSLASH, _FEED, _RETURN = 34, 92, 10, 13


@kernel("boolean(uint8[::1], int64, int64)")
def is_quote(data: Bytes, size: Integer, place: Integer) -> bool:
    """True for a quote, and for a backslash before one."""
    byte = data[place]
    return bool(byte == _QUOTE or (byte == _BACKSLASH and place + 1 < size and data[place + 1] == _QUOTE))


@kernel("Tuple((int64, int64))(uint8[::1], int64, int64, uint8[::1])")
def boundary(data: Bytes, size: Integer, start: Integer, terminator: Bytes) -> tuple[int, np.int64]:
    """What stands at the place, and the place after it."""
    place = np.int64(start)
    if place >= size:
        return END, place
    if data[place] == _FEED or data[place] == _RETURN:
        while place < size and data[place] == _RETURN:
            place += 1
        if place == size:
            return END, place
        return (LINE, place + 1) if data[place] == _FEED else (BAD_RETURN, place)
    if place + len(terminator) > size:
        return NONE, place
    for offset in range(len(terminator)):
        if data[place + offset] != terminator[offset]:
            return NONE, place
    return CUT, place + len(terminator)


@kernel("int64(uint8[::1], int64, int64, int64)")
def copied(data: Bytes, start: Integer, stop: Integer, out: Integer) -> np.int64:
    """Copies bytes to ``out``; gives the place after them."""
    for place in range(start, stop):
        data[out] = data[place]
        out += 1
    return np.int64(out)


@kernel("Tuple((int64, int64, int64, int64, int64))(uint8[::1], int64, int64, uint8[::1], int64)")
def plain_field(
    data: Bytes, size: Integer, start: Integer, terminator: Bytes, out: Integer
) -> tuple[int, np.int64, np.int64, np.int64, np.int64]:
    """As ``quoted_field``, of one that does not begin with a quote."""
    place, begin, out = np.int64(start), np.int64(-1), np.int64(out)
    ended, after = NONE, np.int64(start)
    while True:
        while begin < 0 and place < size:  # most bytes of most files
            byte = data[place]
            if byte == terminator[0] or byte in (_FEED, _RETURN, _BACKSLASH):
                break
            place += 1
        if place >= size or data[place] == _FEED or data[place] == _RETURN or data[place] == terminator[0]:
            ended, after = boundary(data, size, place, terminator)
            if ended != NONE:
                break
        byte = data[place]
        if byte == _BACKSLASH and is_quote(data, size, place):
            if begin < 0:
                begin = np.int64(out)
                out = copied(data, start, place, out)
            byte = np.uint8(_QUOTE)
        if begin >= 0:
            data[out] = byte
            out += 1
        place += 1
    if begin >= 0:
        return ended, after, begin, np.int64(out), np.int64(out)
    return ended, after, np.int64(start), place, np.int64(out)


@kernel("Tuple((int64, int64, int64, int64, int64))(uint8[::1], int64, int64, uint8[::1], int64)")
def quoted_field(
    data: Bytes, size: Integer, start: Integer, terminator: Bytes, out: Integer
) -> tuple[int, np.int64, np.int64, np.int64, np.int64]:
    """The field at ``start``: what ends it, the place after that, where its text begins and stops, and the next place
    for one that is written anew."""
    place, begin = np.int64(start) + 1, np.int64(-1)
    while True:
        while place < size and not is_quote(data, size, place):
            if begin >= 0:
                data[out] = data[place]
                out += 1
            place += 1
        if place >= size:
            return OPEN_QUOTE, place, place, place, np.int64(out)
        if place + 1 == size or not is_quote(data, size, place + 1):
            break
        if begin < 0:
            begin = np.int64(out)
            out = copied(data, start + 1, place, out)
        data[out] = _QUOTE
        out += 1
        place += 2
    ended, after = boundary(data, size, place + 1, terminator)
    if ended == NONE:
        ended = BAD_QUOTE
    if begin >= 0:
        return ended, after, begin, np.int64(out), np.int64(out)
    return ended, after, np.int64(start) + 1, place, np.int64(out)


@kernel("Tuple((int64, int64, int64, int64))(uint8[::1], int64, boolean, uint8[::1], int64[::1], int64[::1])")
def split_records(
    data: Bytes, size: int, is_last: bool, terminator: Bytes, fields: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[int, np.int64, int, np.int64]:
    """Fields of the whole records in the first ``size`` bytes, and where each record's fields end.

    data: as long again as ``size``, for fields that are written anew. fields: room for one for each terminator and each
    record; ends: for a record for each line feed, and one more. is_last: what stands at the end without a line's end is
    a record too. Gives how many records there are, the place after the last,
    what is no CSV there (0 for nothing), and its place.
    """
    records, used = 0, 0
    place, taken, out = np.int64(0), np.int64(0), np.int64(size)
    while place < size:
        ended, after = boundary(data, size, place, terminator)
        if ended == LINE or (ended == END and is_last):
            place = taken = after
            continue
        if ended == BAD_RETURN:
            return records, taken, ended, after
        while True:
            if place < size and is_quote(data, size, place):
                ended, after, begin, stop, out = quoted_field(data, size, place, terminator, out)
            else:
                ended, after, begin, stop, out = plain_field(data, size, place, terminator, out)
            if ended in (END, OPEN_QUOTE) and not is_last:
                return records, taken, NONE, taken
            if ended > END or stop - begin > LENGTH_MASK:
                return records, taken, ended if ended > END else LONG_FIELD, after
            fields[used] = (begin << LENGTH_BITS) | (stop - begin)
            used += 1
            place = after
            if ended != CUT:
                break
        ends[records] = used
        records += 1
        taken = place
    return records, taken, NONE, taken


@kernel("int64[:, ::1](int64[::1], int64[::1], int64, int64, int64)")
def field_columns(
    fields: NDArray[np.int64], ends: NDArray[np.int64], start: int, stop: int, width: int
) -> NDArray[np.int64]:
    """(width, stop - start) the first ``width`` fields of these records, each in a row; 0 where a record has fewer."""
    columns = np.zeros((width, stop - start), dtype=np.int64)
    for record in range(start, stop):
        first = np.int64(ends[record - 1]) if record > 0 else np.int64(0)
        for field in range(min(np.int64(width), ends[record] - first)):
            columns[field, record - start] = fields[first + field]
    return columns

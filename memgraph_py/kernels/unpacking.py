"""PackStream values by the thousand into columns: rows that differ in nothing but simple values.

What comes before each value of a row, its *piece*, is the same in all rows: the head of a map with its first key, the
next key, and so on. So a row is a few comparisons of bytes, and a value between two of them.

    82 82 'i' 'd' 07 81 'x' C0          pieces [82 82 'i' 'd'] [81 'x']    values 7, NULL
    82 82 'i' 'd' C8 80 81 'x' 05                                               -128, 5

A string is not copied: its value says where it stands in the bytes, ``start << 24 | length``. The first row that is
any different ends the work; whoever called then reads the rows some other way, which also finds what is wrong.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel

NULL, BOOL, INTEGER, FLOAT, STRING = range(5)
"""What a value is; 1 << kind is its place in a set of them."""

_IN_BYTES = "Array(uint8, 1, 'C', readonly=True)"
_IN_INTEGERS = "Array(int64, 1, 'C', readonly=True)"
LENGTH_BITS = 24


@kernel(f"boolean({_IN_BYTES}, int64, int64)")
def is_utf8(data: NDArray[np.uint8], start: int, stop: int) -> bool:
    """Whether the bytes from start to stop are UTF-8: no surrogates, nothing overlong, nothing above U+10FFFF.

    Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
    """
    position = start
    while position < stop:
        lead = data[position]
        position += 1
        if lead < 0x80:
            continue
        low, high = 0x80, 0xBF
        if 0xC2 <= lead <= 0xDF:
            more = 1
        elif 0xE0 <= lead <= 0xEF:
            more = 2
            if lead == 0xE0:
                low = 0xA0
            elif lead == 0xED:
                high = 0x9F
        elif 0xF0 <= lead <= 0xF4:
            more = 3
            if lead == 0xF0:
                low = 0x90
            elif lead == 0xF4:
                high = 0x8F
        else:
            return False
        if position + more > stop:
            return False
        for _ in range(more):
            if not low <= data[position] <= high:
                return False
            low, high = 0x80, 0xBF
            position += 1
    return True


@kernel(
    f"int64({_IN_BYTES}, {_IN_INTEGERS}, {_IN_BYTES}, {_IN_INTEGERS}, uint8[:, ::1], int64[:, ::1], int64[::1],"
    " int64[::1])"
)
def unpack_rows(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    pieces: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    values: NDArray[np.int64],
    sets: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> int:
    """How many rows were read; less than ``len(ends)`` where one is different.

    starts: of each row, or of the first alone where each begins at the end of the one before. pieces: one after
    another, piece i from offsets[i] to offsets[i + 1]. Written: kinds, values: (pieces, rows), a float by its bits;
    sets: (pieces,), 1 << kind of all its values; ends: (rows,).
    """
    size = len(data)
    position = starts[0]
    for row in range(len(ends)):
        if len(starts) > 1:
            position = starts[row]
        for column in range(len(offsets) - 1):
            first, last = offsets[column], offsets[column + 1]
            if position + last - first + 1 > size:
                return row
            for place in range(first, last):
                if data[position] != pieces[place]:
                    return row
                position += 1
            marker = int(data[position])
            position += 1
            kind, value, width = INTEGER, 0, 0
            if marker < 0x80:
                value = marker
            elif marker >= 0xF0:
                value = marker - 0x100
            elif 0xC8 <= marker <= 0xCB:
                width = 1 << (marker - 0xC8)
            elif marker & 0xF0 == 0x80:
                kind, value = STRING, marker & 0x0F
            elif 0xD0 <= marker <= 0xD2:
                kind, width = STRING, 1 << (marker - 0xD0)
            elif marker == 0xC0:
                kind = NULL
            elif marker == 0xC1:
                kind, width = FLOAT, 8
            elif marker == 0xC2 or marker == 0xC3:
                kind, value = BOOL, marker - 0xC2
            else:
                return row
            if position + width > size:
                return row
            for place in range(width):
                byte = int(data[position])
                position += 1
                if place == 0 and kind != STRING and byte >= 0x80:  # of a number it has the sign
                    byte -= 0x100
                value = value * 256 + byte
            if kind == STRING:
                start = position
                position += value
                if value >> LENGTH_BITS != 0 or position > size or not is_utf8(data, start, position):
                    return row
                value |= start << LENGTH_BITS
            kinds[column, row] = kind
            values[column, row] = value
            sets[column] |= 1 << kind
        ends[row] = position
    return len(ends)

"""Records as bytes, from columns: a pass that adds up sizes, and a pass that writes.

A record is a run of *parts*, each given by one column: an integer, a text, the entries of a map. For every part
``add_sizes`` adds what each row needs, ``begin_frames`` lays the records out in one buffer, and ``write_values`` fills
every part in, in order, moving each row's position on.

    sizes      [5, 6]                       one part: an integer of 1 and of 2 bytes, behind `B1 71 91`
    output      00 04 B1 71 91 07 00 00 | 00 05 B1 71 91 C8 80 00 00
    positions                 ^                              ^

Formats are PackStream's, all numbers big-endian; the bytes equal those of ``bolt.packstream``. A text is a handle,
``start << 24 | length``, into a heap of bytes.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel

BOOL, INTEGER, FLOAT, TEXT, RAW, DIGITS, MAP_HEADER, NOTHING = range(8)
"""What a part writes: values of four kinds; bytes as they stand; an integer as a text of digits; the head of a map of
so many entries; nothing but the prefix."""

LENGTH_BITS = 24
LENGTH_MASK = (1 << LENGTH_BITS) - 1

_IN_BYTES = "Array(uint8, 1, 'C', readonly=True)"
_IN_INTEGERS = "Array(int64, 1, 'C', readonly=True)"
_IN_MASK = "Array(boolean, 1, 'C', readonly=True)"
_PART = f"int64, {_IN_INTEGERS}, {_IN_MASK}, {_IN_BYTES}, {_IN_BYTES}, boolean"


@kernel(f"void({_PART}, int64[::1])")
def add_sizes(
    kind: int,
    values: NDArray[np.int64],
    valid: NDArray[np.bool_],
    heap: NDArray[np.uint8],
    prefix: NDArray[np.uint8],
    skip_null: bool,
    sizes: NDArray[np.int64],
) -> None:
    """Add to ``sizes`` the bytes of this part.

    values: (rows,); floats by their bits. valid: (rows,), or empty when no row is NULL. prefix: written before every
    value that is not NULL. skip_null: a NULL takes nothing, else it is the byte C0.
    """
    masked = len(valid) > 0
    for row in range(len(sizes)):
        if masked and not valid[row]:
            if not skip_null:
                sizes[row] += 1
            continue
        value = values[row]
        size = len(prefix)
        if kind == 0:
            size += 1
        elif kind == 1:
            if -16 <= value < 128:
                size += 1
            elif -128 <= value < 128:
                size += 2
            elif -32768 <= value < 32768:
                size += 3
            elif -2147483648 <= value < 2147483648:
                size += 5
            else:
                size += 9
        elif kind == 2:
            size += 9
        elif kind == 3 or kind == 4:
            length = value & LENGTH_MASK
            size += length
            if kind == 3:
                size += 1 if length < 16 else 2 if length < 256 else 3 if length < 65536 else 5
        elif kind == 5:
            digits = 1
            rest = value // 10
            while rest > 0:
                digits += 1
                rest //= 10
            size += digits + (1 if digits < 16 else 2)
        elif kind == 6:
            size += 1 if value < 16 else 2 if value < 256 else 3 if value < 65536 else 5
        sizes[row] += size


@kernel(f"void({_IN_INTEGERS}, {_IN_BYTES}, int64[::1], uint8[::1])")
def begin_frames(
    sizes: NDArray[np.int64], head: NDArray[np.uint8], positions: NDArray[np.int64], output: NDArray[np.uint8]
) -> None:
    """Write each record's chunk length, head and end mark, one record after another.

    sizes: (rows,) bytes of each record without its head, with it at most 65,535. positions: (rows,), set to where the
    first part begins. output: room for all.
    """
    position = 0
    for row in range(len(sizes)):
        size = sizes[row] + len(head)
        output[position] = size >> 8
        output[position + 1] = size & 0xFF
        position += 2
        for place in range(len(head)):
            output[position + place] = head[place]
        positions[row] = position + len(head)
        position += size
        output[position] = 0
        output[position + 1] = 0
        position += 2


@kernel("int64(uint8[::1], int64, int64, int64)")
def _write_number(output: NDArray[np.uint8], position: int, value: int, width: int) -> int:
    for place in range(width):
        output[position + place] = (value >> (8 * (width - 1 - place))) & 0xFF
    return position + width


@kernel("int64(uint8[::1], int64, int64, int64, int64)")
def _write_header(output: NDArray[np.uint8], position: int, size: int, tiny: int, sized: int) -> int:
    if size < 16:
        output[position] = tiny | size
        return position + 1
    if size < 256:
        output[position] = sized
        return _write_number(output, position + 1, size, 1)
    if size < 65536:
        output[position] = sized + 1
        return _write_number(output, position + 1, size, 2)
    output[position] = sized + 2
    return _write_number(output, position + 1, size, 4)


@kernel(f"void({_PART}, int64[::1], uint8[::1])")
def write_values(
    kind: int,
    values: NDArray[np.int64],
    valid: NDArray[np.bool_],
    heap: NDArray[np.uint8],
    prefix: NDArray[np.uint8],
    skip_null: bool,
    positions: NDArray[np.int64],
    output: NDArray[np.uint8],
) -> None:
    """Write this part of every row at its position, and move the position behind it; arguments as of ``add_sizes``."""
    masked = len(valid) > 0
    for row in range(len(positions)):
        position = positions[row]
        if masked and not valid[row]:
            if not skip_null:
                output[position] = 0xC0
                positions[row] = position + 1
            continue
        for place in range(len(prefix)):
            output[position + place] = prefix[place]
        position += len(prefix)
        value = values[row]
        if kind == 0:
            output[position] = 0xC3 if value else 0xC2
            position += 1
        elif kind == 1:
            if -16 <= value < 128:
                output[position] = value & 0xFF
                position += 1
            elif -128 <= value < 128:
                output[position] = 0xC8
                position = _write_number(output, position + 1, value, 1)
            elif -32768 <= value < 32768:
                output[position] = 0xC9
                position = _write_number(output, position + 1, value, 2)
            elif -2147483648 <= value < 2147483648:
                output[position] = 0xCA
                position = _write_number(output, position + 1, value, 4)
            else:
                output[position] = 0xCB
                position = _write_number(output, position + 1, value, 8)
        elif kind == 2:
            output[position] = 0xC1
            position = _write_number(output, position + 1, value, 8)
        elif kind == 3 or kind == 4:
            start = value >> LENGTH_BITS
            length = value & LENGTH_MASK
            if kind == 3:
                position = _write_header(output, position, length, 0x80, 0xD0)
            for place in range(length):
                output[position + place] = heap[start + place]
            position += length
        elif kind == 5:
            digits = 1
            rest = value // 10
            while rest > 0:
                digits += 1
                rest //= 10
            position = _write_header(output, position, digits, 0x80, 0xD0)
            rest = value
            for place in range(digits):
                output[position + digits - 1 - place] = 48 + rest % 10
                rest //= 10
            position += digits
        elif kind == 6:
            position = _write_header(output, position, value, 0xA0, 0xD8)
        positions[row] = position

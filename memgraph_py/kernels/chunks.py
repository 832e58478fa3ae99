"""Reading rows of chunked arrays: row ``id`` lies at ``table[id >> 12] << 12 | id & 4095`` of a buffer of slots.

A table entry of -1 stands for a chunk that was never written. Ids below 0 or from ``count`` on have no row.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel

Integer: TypeAlias = "int | np.integer[Any]"
"""A number in a kernel: Python's or an array's, which compiled code does not tell apart."""

CHUNK_BITS = 12
CHUNK_ROWS = 1 << CHUNK_BITS
CHUNK_MASK = CHUNK_ROWS - 1
LENGTH_BITS = 24
LENGTH_MASK = (1 << LENGTH_BITS) - 1


@kernel("int64[::1](int32[::1], int64[::1], int64)")
def positions(table: NDArray[np.int32], ids: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(rows,) where each row lies in the buffer, -1 where there is none."""
    result = np.empty(len(ids), dtype=np.int64)
    bound = min(count, len(table) << CHUNK_BITS)
    for row in range(len(ids)):
        id = ids[row]
        position = -1
        if 0 <= id < bound:
            slot = np.int64(table[id >> CHUNK_BITS])
            if slot >= 0:
                position = (slot << CHUNK_BITS) | (id & CHUNK_MASK)
        result[row] = position
    return result


@kernel("int64[::1](int32[::1], int32[::1], int64[::1], int64)")
def read_states(
    buffer: NDArray[np.int32], table: NDArray[np.int32], ids: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """(rows,) the rows' numbers, -1 where there is none."""
    result = np.empty(len(ids), dtype=np.int64)
    bound = min(count, len(table) << CHUNK_BITS)
    for row in range(len(ids)):
        id = ids[row]
        state = -1
        if 0 <= id < bound:
            slot = np.int64(table[id >> CHUNK_BITS])
            if slot >= 0:
                state = buffer[(slot << CHUNK_BITS) | (id & CHUNK_MASK)]
        result[row] = state
    return result


@kernel("int64[::1](int32[::1], int32[::1], int64[::1])")
def count_states(buffer: NDArray[np.int32], table: NDArray[np.int32], chunks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(chunks,) how many rows of each chunk have a number, not -1; the chunks were all written."""
    result = np.zeros(len(chunks), dtype=np.int64)
    for row in range(len(chunks)):
        start = np.int64(table[chunks[row]]) << CHUNK_BITS
        for position in range(start, start + CHUNK_ROWS):
            result[row] += buffer[position] >= 0
    return result


@kernel("int64[::1](boolean[::1], int32[::1], int64[::1])")
def count_valid(validity: NDArray[np.bool_], table: NDArray[np.int32], chunks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(chunks,) how many rows of each chunk are not NULL; the chunks were all written."""
    result = np.zeros(len(chunks), dtype=np.int64)
    for row in range(len(chunks)):
        start = np.int64(table[chunks[row]]) << CHUNK_BITS
        for position in range(start, start + CHUNK_ROWS):
            result[row] += validity[position]
    return result


@kernel("Tuple((int64[::1], int64[::1]))(int64[::1], int32[::1], int64[::1], int64)")
def read_ends(
    buffer: NDArray[np.int64], table: NDArray[np.int32], ids: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows,) upper and lower 32 bits of the rows' numbers, -1 where there is none."""
    upper = np.empty(len(ids), dtype=np.int64)
    lower = np.empty(len(ids), dtype=np.int64)
    bound = min(count, len(table) << CHUNK_BITS)
    for row in range(len(ids)):
        id = ids[row]
        upper[row] = -1
        lower[row] = -1
        if 0 <= id < bound:
            slot = np.int64(table[id >> CHUNK_BITS])
            if slot >= 0:
                ends = buffer[(slot << CHUNK_BITS) | (id & CHUNK_MASK)]
                upper[row] = ends >> 32
                lower[row] = ends & 0xFFFFFFFF
    return upper, lower


@kernel("Tuple((int64[::1], boolean[::1], int64))(int64[::1], boolean[::1], int32[::1], int64[::1], int64)")
def read_values(
    buffer: NDArray[np.int64],
    validity: NDArray[np.bool_],
    table: NDArray[np.int32],
    ids: NDArray[np.int64],
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_], int]:
    """Values (0 where NULL), what is not NULL, and how many are NULL. Other 8-byte types are passed as int64."""
    values = np.empty(len(ids), dtype=np.int64)
    valid = np.empty(len(ids), dtype=np.bool_)
    nulls = 0
    bound = min(count, len(table) << CHUNK_BITS)
    for row in range(len(ids)):
        id = ids[row]
        values[row] = 0
        valid[row] = False
        if 0 <= id < bound:
            slot = np.int64(table[id >> CHUNK_BITS])
            if slot >= 0:
                position = (slot << CHUNK_BITS) | (id & CHUNK_MASK)
                if validity[position]:
                    values[row] = buffer[position]
                    valid[row] = True
        if not valid[row]:
            nulls += 1
    return values, valid, nulls


@kernel("int64(int64[::1], boolean[::1])")
def text_bytes(handles: NDArray[np.int64], valid: NDArray[np.bool_]) -> int:
    """Bytes of all strings together; an empty ``valid`` means that none is NULL."""
    total = 0
    for row in range(len(handles)):
        if len(valid) == 0 or valid[row]:
            total += handles[row] & LENGTH_MASK
    return total


@kernel("int64(int64[::1], boolean[::1], int32[::1], int64[::1])")
def stored_text_bytes(
    buffer: NDArray[np.int64], validity: NDArray[np.bool_], table: NDArray[np.int32], ids: NDArray[np.int64]
) -> int:
    """Bytes of the strings of these rows together; the buffer holds handles."""
    total = 0
    for row in range(len(ids)):
        chunk = ids[row] >> CHUNK_BITS
        if chunk < len(table) and table[chunk] >= 0:
            position = (np.int64(table[chunk]) << CHUNK_BITS) | (ids[row] & CHUNK_MASK)
            if validity[position]:
                total += buffer[position] & LENGTH_MASK
    return total


@kernel("int64[::1](int64[::1], boolean[::1], Array(uint8, 1, 'C', True), uint8[::1], int64)")
def copy_texts(
    handles: NDArray[np.int64],
    valid: NDArray[np.bool_],
    data: NDArray[np.uint8],
    heap: NDArray[np.uint8],
    start: int,
) -> NDArray[np.int64]:
    """Copies the strings into the heap from ``start`` on; gives their handles there, 0 where NULL."""
    result = np.zeros(len(handles), dtype=np.int64)
    for row in range(len(handles)):
        if len(valid) == 0 or valid[row]:
            source = handles[row] >> LENGTH_BITS
            length = handles[row] & LENGTH_MASK
            for offset in range(length):
                heap[start + offset] = data[source + offset]
            result[row] = (start << LENGTH_BITS) | length
            start += length
    return result

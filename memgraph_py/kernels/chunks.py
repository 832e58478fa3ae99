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
RUN_ROWS = 16
"""From so many rows on it pays to look whether ids follow each other."""
GATHERED_ROWS = 64
"""Where ids do not follow each other, so many are read before it is looked again."""
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


@kernel("int64(int64[::1], int64, int64)")
def run_length(ids: NDArray[np.int64], row: int, limit: Integer) -> int:
    """How many ids from the row on follow each other by one, at most ``limit``; a short run is not looked for."""
    rows = min(len(ids) - row, limit)
    if rows < RUN_ROWS or ids[row] < 0 or ids[row + rows - 1] != ids[row] + rows - 1:
        return 1
    part, first = ids[row : row + rows], ids[row]
    differ = 0
    for step in range(rows):
        differ += part[step] != first + step
    return 1 if differ else int(rows)


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
    row = 0
    while row < len(ids):
        id = ids[row]
        rows = run_length(ids, row, min(CHUNK_ROWS - (id & CHUNK_MASK), bound - id))
        if rows > 1 and table[id >> CHUNK_BITS] >= 0:  # a scan: whole chunks at a time
            start = (np.int64(table[id >> CHUNK_BITS]) << CHUNK_BITS) | (id & CHUNK_MASK)
            stored, filled = buffer[start : start + rows], validity[start : start + rows]
            part, valid_part = values[row : row + rows], valid[row : row + rows]
            for step in range(rows):
                part[step] = stored[step] & -np.int64(filled[step])
                valid_part[step] = filled[step]
                nulls += not filled[step]
            row += rows
            continue
        for place in range(row, min(row + GATHERED_ROWS, len(ids))):
            id = ids[place]
            slot = np.int64(table[np.uint64(id >> CHUNK_BITS)]) if 0 <= id < bound else np.int64(-1)
            position = (slot << CHUNK_BITS) | (id & CHUNK_MASK)
            present = False
            value = np.int64(0)
            if slot >= 0:
                # masked, as no processor can guess which rows are NULL
                present = validity[np.uint64(position)]
                value = buffer[np.uint64(position)] & -np.int64(present)
            values[place] = value
            valid[place] = present
            nulls += not present
        row += GATHERED_ROWS
    return values, valid, nulls


@kernel("int64(boolean[::1], int32[::1], int32[::1], int32[::1], boolean[::1], int64)")
def count_present(
    validity: NDArray[np.bool_],
    table: NDArray[np.int32],
    states: NDArray[np.int32],
    states_table: NDArray[np.int32],
    members: NDArray[np.bool_],
    count: int,
) -> int:
    """How many rows below ``count`` are not NULL and have a state, not -1, for which ``members`` is True; where that is
    empty, any state."""
    total = 0
    every = len(members) == 0
    for chunk in range(min(len(table), len(states_table))):
        slot, state_slot = np.int64(table[chunk]), np.int64(states_table[chunk])
        if slot < 0 or state_slot < 0:
            continue
        start, state_start = slot << CHUNK_BITS, state_slot << CHUNK_BITS
        rows = min(count - (chunk << CHUNK_BITS), CHUNK_ROWS)
        if every:
            for row in range(rows):
                total += validity[start + row] & (states[state_start + row] >= 0)
        else:
            for row in range(rows):
                state = states[state_start + row]
                if state >= 0:
                    total += validity[start + row] & members[state]
    return total


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

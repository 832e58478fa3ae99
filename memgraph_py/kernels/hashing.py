"""Hashes of values, and an extendible hash table from 64-bit hashes to node ids that is read while it grows.

    hash  …dddddddd pppppppppp      p: place in the segment, probed linearly; d: place in the directory, ``depth`` bits

A segment has 1,024 places: ``hashes`` and ``payloads``. Payload 0 is a free place, n + 1 the node n, -(p + 1) the
posting p. Nodes of equal hash share one place: a posting is a pair (node, payload of the next). A full segment is split
into two new ones, so no insertion moves more than one segment. Entries are only added, the payload last: a reader sees
them whole.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_MASK, LENGTH_BITS, LENGTH_MASK, Integer

SEGMENT_BITS = 10
SEGMENT_ROWS = 1 << SEGMENT_BITS
SEGMENT_MASK = SEGMENT_ROWS - 1
SEGMENT_ENTRIES_MAX = SEGMENT_ROWS * 3 // 4

CANDIDATES, ANY_VALUE, SAME_NUMBER, SAME_TEXT = 0, 1, 2, 3
"""What ``find_nodes`` checks of a node with the hash: nothing; node and label; these and number; these and text."""


AHEAD = 64
"""Places of so many rows are asked of the memory together."""


@kernel("int64(int64)")
def mix(value: Integer) -> Integer:
    """A well-mixed 64-bit number (the finaliser of SplitMix64)."""
    bits = np.uint64(np.int64(value)) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64(bits ^ (bits >> np.uint64(31)))


@kernel("int64[::1](int64[::1])")
def hash_numbers(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) hash of each number."""
    result = np.empty(len(values), dtype=np.int64)
    for row in range(len(values)):
        result[row] = mix(values[row])
    return result


@kernel("int64(int64, Array(uint8, 1, 'C', True))")
def hash_text(handle: Integer, data: NDArray[np.uint8]) -> Integer:
    """Hash of a string's bytes, eight at a time."""
    position = handle >> LENGTH_BITS
    length = handle & LENGTH_MASK
    end = position + length
    state = mix(length ^ 0x5DEECE66D)
    while position + 8 <= end:
        word = np.uint64(0)
        for byte in range(8):
            word |= np.uint64(data[position + byte]) << np.uint64(8 * byte)
        state = mix(state ^ np.int64(word))
        position += 8
    word = np.uint64(0)
    byte = 0
    while position < end:
        word |= np.uint64(data[position]) << np.uint64(8 * byte)
        position += 1
        byte += 1
    return mix(state ^ np.int64(word))


@kernel("int64[::1](int64[::1], boolean[::1], Array(uint8, 1, 'C', True))")
def hash_texts(handles: NDArray[np.int64], valid: NDArray[np.bool_], data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(rows,) hash of each string; 0 where NULL. An empty ``valid``: none is NULL."""
    result = np.zeros(len(handles), dtype=np.int64)
    for row in range(len(handles)):
        if len(valid) == 0 or valid[row]:
            result[row] = hash_text(handles[row], data)
    return result


@kernel("void(int32[::1], int64[::1], int32[::1], int64[::1], int64, int64[::1])")
def touch_places(
    directory: NDArray[np.int32],
    hashes: NDArray[np.int64],
    payloads: NDArray[np.int32],
    sought_hashes: NDArray[np.int64],
    row: int,
    touched: NDArray[np.int64],
) -> None:
    """Asks the memory for the places of the next rows together, as nothing here waits for an answer. touched: (1,),
    written so that the compiler leaves the reads in."""
    mask = len(directory) - 1
    for ahead in range(row, min(row + AHEAD, len(sought_hashes))):
        hash = sought_hashes[ahead]
        place = (np.int64(directory[(hash >> SEGMENT_BITS) & mask]) << SEGMENT_BITS) | (hash & SEGMENT_MASK)
        touched[0] += payloads[place] ^ hashes[place]


@kernel("int64(int32[::1], int64[::1], int32[::1], int64)")
def place_of(directory: NDArray[np.int32], hashes: NDArray[np.int64], payloads: NDArray[np.int32], hash: int) -> int:
    """Where the hash stands in the table; where it is not there, the free place that ends its search."""
    first = np.int64(directory[(hash >> SEGMENT_BITS) & (len(directory) - 1)]) << SEGMENT_BITS
    place = hash & SEGMENT_MASK
    while payloads[first + place] != 0 and hashes[first + place] != hash:
        place = (place + 1) & SEGMENT_MASK
    return int(first + place)


@kernel("UniTuple(int64, 2)(int64, int32[:, ::1])")
def node_and_next(payload: int, postings: NDArray[np.int32]) -> tuple[int, int]:
    """The node that a payload names, and the payload of the next one with its hash, 0 after the last."""
    if payload > 0:
        return payload - 1, 0
    posting = -payload - 1
    return int(postings[posting, 0]), int(postings[posting, 1])


@kernel(
    "int64(int32[::1], int64[::1], int32[::1], int32[::1], int32[:, ::1], int64[::1], int64[::1], int64[::1], int64)"
)
def insert_nodes(
    directory: NDArray[np.int32],
    hashes: NDArray[np.int64],
    payloads: NDArray[np.int32],
    counts: NDArray[np.int32],
    postings: NDArray[np.int32],
    postings_used: NDArray[np.int64],
    new_hashes: NDArray[np.int64],
    nodes: NDArray[np.int64],
    start: int,
) -> int:
    """Adds nodes from row ``start`` on; gives the row where a segment or the postings are full, else the end."""
    touched = np.zeros(1, dtype=np.int64)
    for row in range(start, len(nodes)):
        if row % AHEAD == 0 or row == start:
            touch_places(directory, hashes, payloads, new_hashes, row, touched)
        hash = new_hashes[row]
        place = place_of(directory, hashes, payloads, int(hash))
        segment = place >> SEGMENT_BITS
        if payloads[place] == 0:
            if counts[segment] >= SEGMENT_ENTRIES_MAX:
                return row
            counts[segment] += 1
            hashes[place] = hash
            payloads[place] = nodes[row] + 1
        else:
            posting = postings_used[0]
            if posting == len(postings):
                return row
            postings[posting, 0] = nodes[row]
            postings[posting, 1] = payloads[place]
            postings_used[0] = posting + 1
            payloads[place] = -(posting + 1)
    return len(nodes)


@kernel("void(int64[::1], int32[::1], int32[::1], int64, int64, int64, int64)")
def split_segment(
    hashes: NDArray[np.int64],
    payloads: NDArray[np.int32],
    counts: NDArray[np.int32],
    old: int,
    low: int,
    high: int,
    depth: int,
) -> None:
    """Copies the entries of segment ``old`` into two empty ones, by bit ``depth`` of their place in the directory."""
    for row in range(old << SEGMENT_BITS, (old + 1) << SEGMENT_BITS):
        if payloads[row] != 0:
            hash = hashes[row]
            segment = high if (hash >> (SEGMENT_BITS + depth)) & 1 else low
            first = segment << SEGMENT_BITS
            place = hash & SEGMENT_MASK
            while payloads[first + place] != 0:
                place = (place + 1) & SEGMENT_MASK
            hashes[first + place] = hash
            payloads[first + place] = payloads[row]
            counts[segment] += 1


@kernel("boolean(int64, int64, Array(uint8, 1, 'C', True), Array(uint8, 1, 'C', True))")
def same_text(left: Integer, right: Integer, left_data: NDArray[np.uint8], right_data: NDArray[np.uint8]) -> bool:
    """True when two strings are equal byte by byte."""
    length = left & LENGTH_MASK
    if length != right & LENGTH_MASK:
        return False
    left_start, right_start = left >> LENGTH_BITS, right >> LENGTH_BITS
    for offset in range(length):  # noqa: SIM110  # a kernel has no generator expressions
        if left_data[left_start + offset] != right_data[right_start + offset]:
            return False
    return True


@kernel("boolean[::1](int64[::1], Array(uint8, 1, 'C', True), int64[::1], Array(uint8, 1, 'C', True))")
def same_texts(
    left: NDArray[np.int64], left_data: NDArray[np.uint8], right: NDArray[np.int64], right_data: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """(rows,) True where two strings are equal byte by byte."""
    result = np.empty(len(left), dtype=np.bool_)
    for row in range(len(left)):
        result[row] = same_text(left[row], right[row], left_data, right_data)
    return result


_TABLE = "Tuple((int32[::1], int64[::1], int32[::1], int32[:, ::1]))"
_COLUMN = "Tuple((int64[::1], boolean[::1], int32[::1], uint8[::1]))"
_STATES = "Tuple((int32[::1], int32[::1], boolean[::1]))"


@kernel(f"boolean(int64, int64, int64, Array(uint8, 1, 'C', True), {_COLUMN}, {_STATES}, int64)")
def is_match(
    node: Integer,
    check: int,
    sought: Integer,
    sought_data: NDArray[np.uint8],
    column: tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.uint8]],
    states: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]],
    count: int,
) -> bool:
    """What ``find_nodes`` asks of a candidate."""
    if check == CANDIDATES:
        return True
    buffer, validity, chunks, heap = column
    state_buffer, state_table, members = states
    chunk = node >> CHUNK_BITS
    if node >= count or chunk >= len(state_table) or state_table[chunk] < 0:
        return False
    state = state_buffer[(np.int64(state_table[chunk]) << CHUNK_BITS) | (node & CHUNK_MASK)]
    if state < 0 or state >= len(members) or not members[state]:
        return False
    if check == ANY_VALUE:
        return True
    if chunk >= len(chunks) or chunks[chunk] < 0:
        return False
    position = (np.int64(chunks[chunk]) << CHUNK_BITS) | (node & CHUNK_MASK)
    if not validity[position]:
        return False
    if check == SAME_NUMBER:
        return bool(buffer[position] == sought)
    return same_text(sought, buffer[position], sought_data, heap)


@kernel(f"int64({_TABLE}, int64, int64, Array(uint8, 1, 'C', True), {_COLUMN}, {_STATES}, int64)")
def find_node(
    table: tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]],
    check: int,
    sought: int,
    sought_data: NDArray[np.uint8],
    column: tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.uint8]],
    states: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]],
    count: int,
) -> int:
    """As ``find_nodes``, for one number or text: the node, -1 where there is none, -2 where there are several."""
    directory, hashes, payloads, postings = table
    hash = mix(sought) if check == SAME_NUMBER else hash_text(sought, sought_data)
    payload = int(payloads[place_of(directory, hashes, payloads, int(hash))])
    found = -1
    while payload != 0:
        node, payload = node_and_next(payload, postings)
        if node != found and is_match(node, check, sought, sought_data, column, states, count):
            if found >= 0:
                return -2
            found = node
    return found


@kernel(
    f"int64(int64[::1], int64[::1], int64, int64, int64[::1], Array(uint8, 1, 'C', True), {_COLUMN}, {_STATES}, int64)"
)
def keep_matches(
    rows: NDArray[np.int64],
    nodes: NDArray[np.int64],
    found: int,
    check: int,
    sought_values: NDArray[np.int64],
    sought_data: NDArray[np.uint8],
    column: tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.uint8]],
    states: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]],
    count: int,
) -> int:
    """Moves the candidates that ``is_match`` to the front; gives how many. In passes of their own over some candidates,
    in which none waits for the one before: the processor asks the memory for several at once. So it says again what
    ``is_match`` says, as that takes more time to be handed its arrays than to look at them."""
    buffer, validity, chunks, heap = column
    state_buffer, state_table, members = states
    stored = np.empty(AHEAD, dtype=np.int64)
    touched = np.zeros(1, dtype=np.int64)
    kept = 0
    for start in range(0, found, AHEAD):
        known = start
        for candidate in range(start, min(start + AHEAD, found)):
            node = nodes[candidate]
            chunk = node >> CHUNK_BITS
            if node >= count or chunk >= len(state_table) or state_table[chunk] < 0:
                continue
            state = state_buffer[(np.int64(state_table[chunk]) << CHUNK_BITS) | (node & CHUNK_MASK)]
            if state < 0 or state >= len(members) or not members[state]:
                continue
            if check != ANY_VALUE:
                if chunk >= len(chunks) or chunks[chunk] < 0:
                    continue
                position = (np.int64(chunks[chunk]) << CHUNK_BITS) | (node & CHUNK_MASK)
                if not validity[position]:
                    continue
                stored[known - start] = buffer[position]
            rows[known], nodes[known] = rows[candidate], node
            known += 1
        if check == SAME_TEXT:
            for candidate in range(start, known):
                if stored[candidate - start] & LENGTH_MASK:
                    touched[0] += heap[stored[candidate - start] >> LENGTH_BITS]
        for candidate in range(start, known):
            value = stored[candidate - start]
            if check == SAME_NUMBER:
                if value != sought_values[rows[candidate]]:
                    continue
            elif check == SAME_TEXT and not same_text(sought_values[rows[candidate]], value, sought_data, heap):
                continue
            rows[kept], nodes[kept] = rows[candidate], nodes[candidate]
            kept += 1
    return kept


@kernel(
    f"Tuple((int64[::1], int64[::1]))({_TABLE}, int64, int64[::1], boolean[::1], int64[::1],"
    f" Array(uint8, 1, 'C', True), {_COLUMN}, {_STATES}, int64)"
)
def find_nodes(
    table: tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]],
    check: int,
    sought_hashes: NDArray[np.int64],
    sought_valid: NDArray[np.bool_],
    sought_values: NDArray[np.int64],
    sought_data: NDArray[np.uint8],
    column: tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.uint8]],
    states: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]],
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(matches,) rows of the sought values and the nodes found.

    table: directory, hashes, payloads, postings; column: buffer, validity, table of the property, heap of its texts;
    states: buffer and table of the nodes' label sets, which of those have the label; count: bound of visible ids.
    """
    directory, hashes, payloads, postings = table
    rows = np.empty(len(sought_hashes) + 4, dtype=np.int64)
    nodes = np.empty(len(sought_hashes) + 4, dtype=np.int64)
    found = 0
    touched = np.zeros(1, dtype=np.int64)
    for row in range(len(sought_hashes)):
        if row % AHEAD == 0:
            touch_places(directory, hashes, payloads, sought_hashes, row, touched)
        if len(sought_valid) > 0 and not sought_valid[row]:
            continue
        payload = int(payloads[place_of(directory, hashes, payloads, int(sought_hashes[row]))])
        while payload != 0:
            node, payload = node_and_next(payload, postings)
            if found == len(rows):
                more_rows = np.empty(2 * found, dtype=np.int64)
                more_nodes = np.empty(2 * found, dtype=np.int64)
                more_rows[:found] = rows
                more_nodes[:found] = nodes
                rows, nodes = more_rows, more_nodes
            rows[found] = row
            nodes[found] = node
            found += 1
    if check != CANDIDATES:
        found = keep_matches(rows, nodes, found, check, sought_values, sought_data, column, states, count)
    return rows[:found], nodes[:found]


@kernel("void(int64[::1], int64[::1], int64[::1])")
def map_insert(keys: NDArray[np.int64], slots: NDArray[np.int64], ids: NDArray[np.int64]) -> None:
    """Open addressing; adds the ids that are missing, numbered in order; the last slot is their count."""
    mask = len(keys) - 1
    for row in range(len(ids)):
        id = ids[row]
        place = mix(id) & mask
        while keys[place] != -1 and keys[place] != id:
            place = (place + 1) & mask
        if keys[place] == -1:
            keys[place] = id
            slots[place] = slots[len(keys)]
            slots[len(keys)] += 1


@kernel("int64[::1](int64[::1], int64[::1], int64[::1])")
def map_find(keys: NDArray[np.int64], slots: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) the number of each id, -1 where it is not there."""
    result = np.empty(len(ids), dtype=np.int64)
    mask = len(keys) - 1
    for row in range(len(ids)):
        id = ids[row]
        result[row] = -1
        if id >= 0:
            place = mix(id) & mask
            while keys[place] != -1 and keys[place] != id:
                place = (place + 1) & mask
            if keys[place] == id:
                result[row] = slots[place]
    return result

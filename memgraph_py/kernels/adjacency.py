"""Reading relationships by node: a packed base plus a delta of linked lists, both directions.

    base    offsets (2, nodes + 1): out, in;  packed (3, relationships) a direction: other end, relationship, type,
            ordered by node, then type, then other end
    delta   heads (2, places): entry + 1 of the newest relationship of a node, 0 for none
            pairs (buckets,): the same for the relationships whose source and target hash to the bucket; in ranges,
            each eight times as long as the one before, for as many entries: |64 K| 512 K        | 4 M ...
            entries (n, 7): relationship, source, target, type, next entry + 1 out, in, and in the bucket

So the memory behind ``pairs`` grows with the entries, and yet no entry is ever put into another bucket; who looks for a
pair looks into each range that has entries.

A reader knows how many entries it may see; newer ones stand first in their lists and are skipped. Deleted relationships
are looked up only where ``check`` says that some were deleted since the base was packed. In a transaction's own delta
the places of ``heads`` are its own numbers of nodes; in a store's they are the node ids.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_MASK, Integer

OUT, IN, BOTH = 0, 1, 2
OTHER, RELATIONSHIP, TYPE = 0, 1, 2
ENTRY_RELATIONSHIP, ENTRY_SOURCE, ENTRY_TARGET, ENTRY_TYPE, ENTRY_NEXT, ENTRY_NEXT_PAIR = 0, 1, 2, 3, 4, 6
ROW_SOURCE, ROW_TARGET, ROW_RELATIONSHIP, ROW_TYPE = 0, 1, 2, 3
"""A row that is to be packed: all of it in one line of the processor's cache."""
FEW = 16
FIRST_BUCKETS = 1 << 16
BUCKETS_GROWTH = 8
DIGIT_BITS = 11
DIGITS = 1 << DIGIT_BITS
DIGIT_MASK = DIGITS - 1

GRAPH = (
    "Tuple((int32[:, ::1], int32[:, ::1], int32[:, ::1], int32[:, ::1], int32[::1], int32[:, ::1], int64, boolean,"
    " int32[::1], int32[::1]))"
)
_THREE = "Tuple((int64[::1], int64[::1], int64[::1]))"
Numbers = NDArray[np.int64]
Graph = tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    int,
    bool,
    NDArray[np.int32],
    NDArray[np.int32],
]
"""offsets, packed out, packed in, heads, pairs, entries, number of visible entries, check, buffer and table of types
(-1 where deleted); GRAPH is the same in a kernel's signature."""


@kernel("int32[::1](int32[:, ::1], int64, int32[::1], int64, int64[:, ::1])")
def stable_order(
    rows: NDArray[np.int32], field: int, order: NDArray[np.int32], bound: int, space: Numbers
) -> NDArray[np.int32]:
    """Sorts ``order``, which names each row once, by a field that is below ``bound``, stable; gives where each value
    begins: (bound + 1,).

    By 2,048 values at a time, lowest digit first: a sort that scatters to a million places at once leaves the
    processor's caches, and takes nine times as long for four times as many rows. space: (2, rows), for the digits.
    """
    count = len(order)
    offsets = np.zeros(bound + 1, dtype=np.int32)
    for row in range(count):
        offsets[rows[row, field] + 1] += 1
    for value in range(bound):
        offsets[value + 1] += offsets[value]
    for place in range(count):
        space[0, place] = (np.int64(rows[order[place], field]) << 32) | order[place]
    side, shift = 0, 32
    places = np.empty(DIGITS + 1, dtype=np.int64)
    while True:
        source, target = space[side], space[1 - side]
        places[:] = 0
        for place in range(count):
            places[((source[place] >> shift) & DIGIT_MASK) + 1] += 1
        for digit in range(DIGITS):
            places[digit + 1] += places[digit]
        for place in range(count):
            digit = (source[place] >> shift) & DIGIT_MASK
            target[places[digit]] = source[place]
            places[digit] += 1
        side, shift = 1 - side, shift + DIGIT_BITS
        if bound <= 1 << (shift - 32):
            break
    for place in range(count):
        order[place] = space[side, place] & 0xFFFFFFFF
    return offsets


@kernel("int32[:, ::1](int32[::1], int32[:, ::1], int64)")
def packed_rows(order: NDArray[np.int32], rows: NDArray[np.int32], other: int) -> NDArray[np.int32]:
    """(3, rows) other end, which is in that field, relationship and type of the rows in this order."""
    packed = np.empty((3, len(order)), dtype=np.int32)
    for place in range(len(order)):
        row = order[place]
        packed[OTHER, place] = rows[row, other]
        packed[RELATIONSHIP, place] = rows[row, ROW_RELATIONSHIP]
        packed[TYPE, place] = rows[row, ROW_TYPE]
    return packed


@kernel("int64(int64, int64, int64)")
def pair_bucket(source: Integer, target: Integer, buckets: Integer) -> int:
    """The bucket of a source and a target, both of 31 bits; ``buckets`` is a power of two. Nothing overflows 63
    bits.
    """
    mixed = np.int64(source) * 0x3779B1 + np.int64(target) * 0x5BD1E995
    return int((mixed ^ (mixed >> 17) ^ (mixed >> 34)) & (buckets - 1))


@kernel("void(int32[::1], int32[:, ::1], int64, int64)")
def link_pairs(pairs: NDArray[np.int32], entries: NDArray[np.int32], start: int, stop: int) -> None:
    """Puts the entries from ``start`` to ``stop`` into the lists of their buckets."""
    first, buckets = 0, min(len(pairs), FIRST_BUCKETS)
    for entry in range(start, stop):
        while entry >= first + buckets:
            first, buckets = first + buckets, buckets * BUCKETS_GROWTH
        bucket = first + pair_bucket(entries[entry, ENTRY_SOURCE], entries[entry, ENTRY_TARGET], buckets)
        entries[entry, ENTRY_NEXT_PAIR] = pairs[bucket]
        pairs[bucket] = entry + 1


@kernel("void(int32[:, ::1], int32[:, ::1], int64, int64[:, ::1])")
def append_entries(heads: NDArray[np.int32], entries: NDArray[np.int32], start: int, new: Numbers) -> None:
    """Adds entries from ``start`` on, but for their buckets. new: (6, n): relationship, source, target, type, places of
    source and target."""
    for row in range(new.shape[1]):
        entry = start + row
        for field in range(4):
            entries[entry, field] = new[field, row]
        for direction in range(2):
            place = new[4 + direction, row]
            entries[entry, ENTRY_NEXT + direction] = heads[direction, place]
            heads[direction, place] = entry + 1


@kernel("void(int32[:, ::1], int32[::1], int32[:, ::1], int64, int64, int64, int64, int64)")
def append_entry(
    heads: NDArray[np.int32],
    pairs: NDArray[np.int32],
    entries: NDArray[np.int32],
    entry: int,
    relationship: int,
    source: int,
    target: int,
    type: int,
) -> None:
    """``append_entries`` and ``link_pairs`` of one relationship, where places are node ids."""
    entries[entry, ENTRY_RELATIONSHIP] = relationship
    entries[entry, ENTRY_SOURCE] = source
    entries[entry, ENTRY_TARGET] = target
    entries[entry, ENTRY_TYPE] = type
    entries[entry, ENTRY_NEXT] = heads[0, source]
    heads[0, source] = entry + 1
    entries[entry, ENTRY_NEXT + 1] = heads[1, target]
    heads[1, target] = entry + 1
    link_pairs(pairs, entries, entry, entry + 1)


@kernel("void(int32[:, ::1], int32[:, ::1], int64)")
def link_entries(heads: NDArray[np.int32], entries: NDArray[np.int32], used: int) -> None:
    """Puts the first entries into the lists of their ends, where places are node ids; ``heads`` are all zero."""
    for entry in range(used):
        for direction in range(2):
            place = entries[entry, ENTRY_SOURCE + direction]
            entries[entry, ENTRY_NEXT + direction] = heads[direction, place]
            heads[direction, place] = entry + 1


@kernel("boolean(int64[::1], int64)")
def is_wanted(types: Numbers, type: Integer) -> bool:
    """True when the type is among the types, or when those are empty."""
    if len(types) == 0:
        return True
    for wanted in types:  # noqa: SIM110  # a kernel has no generator expressions
        if wanted == type:
            return True
    return False


@kernel("boolean(int32[::1], int32[::1], int64)")
def is_alive(buffer: NDArray[np.int32], table: NDArray[np.int32], relationship: Integer) -> bool:
    """True when the relationship was not deleted."""
    slot = np.int64(table[relationship >> CHUNK_BITS])
    return bool(slot >= 0 and buffer[(slot << CHUNK_BITS) | (relationship & CHUNK_MASK)] >= 0)


@kernel("boolean(int64[::1], int64, int64, boolean, int32[::1], int32[::1])")
def is_match(
    types: Numbers,
    type: Integer,
    relationship: Integer,
    check: bool,
    buffer: NDArray[np.int32],
    table: NDArray[np.int32],
) -> bool:
    """True when the relationship has one of the types and, where that is to be checked, was not deleted."""
    return is_wanted(types, type) and (not check or is_alive(buffer, table, relationship))


@kernel("int64[::1](int64[::1], int64)")
def doubled(values: Numbers, used: int) -> Numbers:
    """A copy with twice the room."""
    result = np.empty(2 * used + 16, dtype=np.int64)
    result[:used] = values[:used]
    return result


@kernel("int64(int32[:, ::1], int64, int64, int64, int64)")
def lower_bound(packed: NDArray[np.int32], low: Integer, high: Integer, type: Integer, other: Integer) -> np.int64:
    """First place from low to high whose (type, other end) is not below the given one."""
    while low < high:
        middle = (low + high) >> 1
        found = packed[TYPE, middle]
        if found < type or (found == type and packed[OTHER, middle] < other):
            low = middle + 1
        else:
            high = middle
    return np.int64(low)


@kernel(f"{_THREE}(int64[::1], int64, int64[::1], {GRAPH})")
def expand(nodes: Numbers, direction: int, types: Numbers, graph: Graph) -> tuple[Numbers, Numbers, Numbers]:
    """(matches,) input row, relationship and other end, grouped by row. A loop is given once for BOTH."""
    offsets, packed_out, packed_in, heads, _, entries, visible, check, buffer, table = graph
    rows = np.empty(len(nodes) + 16, dtype=np.int64)
    relationships = np.empty(len(nodes) + 16, dtype=np.int64)
    targets = np.empty(len(nodes) + 16, dtype=np.int64)
    found = 0
    bound = offsets.shape[1] - 1
    for row in range(len(nodes)):
        node = nodes[row]
        if node < 0:
            continue
        for side in range(2):
            if direction != BOTH and direction != side:
                continue
            if node < bound:
                packed = packed_out if side == OUT else packed_in
                place, end = np.int64(offsets[side, node]), np.int64(offsets[side, node + 1])
                if len(types) == 1 and end - place > FEW:
                    place = lower_bound(packed, place, end, types[0], -1)
                    end = lower_bound(packed, place, end, types[0] + 1, -1)
                while place < end:
                    other, relationship = packed[OTHER, place], packed[RELATIONSHIP, place]
                    is_loop_again = direction == BOTH and side == IN and other == node
                    if not is_loop_again and is_match(types, packed[TYPE, place], relationship, check, buffer, table):
                        if found == len(rows):
                            rows, relationships = doubled(rows, found), doubled(relationships, found)
                            targets = doubled(targets, found)
                        rows[found], relationships[found], targets[found] = row, relationship, other
                        found += 1
                    place += 1
            if node < heads.shape[1]:
                entry = np.int64(heads[side, node]) - 1
                while entry >= 0:
                    relationship, type = entries[entry, ENTRY_RELATIONSHIP], entries[entry, ENTRY_TYPE]
                    source, target = entries[entry, ENTRY_SOURCE], entries[entry, ENTRY_TARGET]
                    is_hidden = entry >= visible or (direction == BOTH and side == IN and source == target)
                    if not is_hidden and is_match(types, type, relationship, check, buffer, table):
                        if found == len(rows):
                            rows, relationships = doubled(rows, found), doubled(relationships, found)
                            targets = doubled(targets, found)
                        rows[found], relationships[found] = row, relationship
                        targets[found] = target if side == OUT else source
                        found += 1
                    entry = np.int64(entries[entry, ENTRY_NEXT + side]) - 1
    return rows[:found], relationships[:found], targets[:found]


@kernel(f"int64[::1](int64[::1], int64, int64[::1], {GRAPH})")
def count_degrees(nodes: Numbers, direction: int, types: Numbers, graph: Graph) -> Numbers:
    """(rows,) number of relationships at each node; a loop counts once for BOTH."""
    offsets, packed_out, packed_in, heads, _, entries, visible, check, buffer, table = graph
    result = np.zeros(len(nodes), dtype=np.int64)
    bound = offsets.shape[1] - 1
    for row in range(len(nodes)):
        node = nodes[row]
        if node < 0:
            continue
        for side in range(2):
            if direction != BOTH and direction != side:
                continue
            if node < bound:
                place, end = np.int64(offsets[side, node]), np.int64(offsets[side, node + 1])
                packed = packed_out if side == OUT else packed_in
                if direction != BOTH and not check and len(types) == 0:
                    result[row] += end - place
                    place = end
                while place < end:
                    relationship, type = packed[RELATIONSHIP, place], packed[TYPE, place]
                    is_loop_again = direction == BOTH and side == IN and packed[OTHER, place] == node
                    if not is_loop_again and is_match(types, type, relationship, check, buffer, table):
                        result[row] += 1
                    place += 1
            if node < heads.shape[1]:
                entry = np.int64(heads[side, node]) - 1
                while entry >= 0:
                    relationship, type = entries[entry, ENTRY_RELATIONSHIP], entries[entry, ENTRY_TYPE]
                    is_loop = entries[entry, ENTRY_SOURCE] == entries[entry, ENTRY_TARGET]
                    is_hidden = entry >= visible or (direction == BOTH and side == IN and is_loop)
                    if not is_hidden and is_match(types, type, relationship, check, buffer, table):
                        result[row] += 1
                    entry = np.int64(entries[entry, ENTRY_NEXT + side]) - 1
    return result


@kernel(f"{_THREE}(int64[::1], int64[::1], int64, int64[::1], {GRAPH})")
def expand_between(
    sources: Numbers, targets: Numbers, direction: int, types: Numbers, graph: Graph
) -> tuple[Numbers, Numbers, Numbers]:
    """(matches,) input row, relationship and target: relationships between sources[row] and targets[row].

    In the base by binary search in the shorter of the two lists, in the delta by the bucket of the pair: so a node of a
    million relationships costs no more than one of ten.
    """
    offsets, packed_out, packed_in, _, pairs, entries, visible, check, buffer, table = graph
    rows = np.empty(len(sources) + 4, dtype=np.int64)
    relationships = np.empty(len(sources) + 4, dtype=np.int64)
    found = 0
    bound = offsets.shape[1] - 1
    for row in range(len(sources)):
        if sources[row] < 0 or targets[row] < 0:
            continue
        for turn in range(2):
            if (direction != BOTH and direction != turn) or (
                direction == BOTH and turn == IN and sources[row] == targets[row]
            ):
                continue
            start = sources[row] if turn == OUT else targets[row]
            end = targets[row] if turn == OUT else sources[row]
            if start < bound and end < bound:
                place, last = np.int64(offsets[OUT, start]), np.int64(offsets[OUT, start + 1])
                packed, other = packed_out, end
                if offsets[IN, end + 1] - offsets[IN, end] < last - place:
                    place, last = np.int64(offsets[IN, end]), np.int64(offsets[IN, end + 1])
                    packed, other = packed_in, start
                while place < last:
                    type = np.int64(packed[TYPE, place])
                    if is_wanted(types, type):
                        place = lower_bound(packed, place, last, type, other)
                        while place < last and packed[TYPE, place] == type and packed[OTHER, place] == other:
                            if not check or is_alive(buffer, table, packed[RELATIONSHIP, place]):
                                if found == len(rows):
                                    rows, relationships = doubled(rows, found), doubled(relationships, found)
                                rows[found], relationships[found] = row, packed[RELATIONSHIP, place]
                                found += 1
                            place += 1
                    place = lower_bound(packed, place, last, type + 1, -1)
            first, buckets = 0, min(len(pairs), FIRST_BUCKETS)
            while first < visible:
                entry = np.int64(pairs[first + pair_bucket(start, end, buckets)]) - 1
                while entry >= 0:
                    if (
                        entry < visible
                        and entries[entry, ENTRY_SOURCE] == start
                        and entries[entry, ENTRY_TARGET] == end
                        and is_wanted(types, entries[entry, ENTRY_TYPE])
                    ):
                        relationship = entries[entry, ENTRY_RELATIONSHIP]
                        if not check or is_alive(buffer, table, relationship):
                            if found == len(rows):
                                rows, relationships = doubled(rows, found), doubled(relationships, found)
                            rows[found], relationships[found] = row, relationship
                            found += 1
                    entry = np.int64(entries[entry, ENTRY_NEXT_PAIR]) - 1
                first, buckets = first + buckets, buckets * BUCKETS_GROWTH
    rows = rows[:found]
    return rows, relationships[:found], targets[rows]

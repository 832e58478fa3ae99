"""Groups of equal values, numbered in order of first appearance, by open addressing.

keys    7 3 7 NULL 3        groups  0 1 0 2 1        first rows  0 1 3
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import BLOCK, kernel

_MULTIPLIER = (
    0x9E3779B97F4A7C15  # 2^64 / golden ratio: spreads consecutive keys (Knuth, "The Art of Computer Programming", 6.4)
)
_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3


@kernel("Tuple((int64[::1], int64[::1]))(int64[::1], boolean[::1], int64, int64, int64[::1])")
def group_by_place(
    keys: NDArray[np.int64], valid: NDArray[np.bool_], low: int, span: int, flag: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As group_integers, of keys from ``low`` on, in a table with a place for each of ``span``, and one for NULL."""
    groups = np.empty(len(keys), dtype=np.int64)
    first_rows = np.empty(len(keys), dtype=np.int64)
    table = np.full(span + 1, -1, dtype=np.int64)
    count = 0
    nullable = len(valid) > 0
    for start in range(0, len(keys), BLOCK):
        if flag[0] != 0:
            break
        part, filled = keys[start : start + BLOCK], groups[start : start + BLOCK]
        present = valid[start : start + BLOCK]
        for row in range(len(part)):
            # chosen without a branch, as no processor can guess which rows are NULL
            slot = part[row] - low
            if nullable:
                slot = slot if present[row] else np.int64(span)
            group = table[np.uint64(slot)]
            if group < 0:
                group = np.int64(count)
                table[np.uint64(slot)] = group
                first_rows[count] = start + row
                count += 1
            filled[row] = group
    return groups, first_rows[:count].copy()


@kernel("Tuple((int64[::1], int64[::1]))(int64[::1], boolean[::1], int64[::1])")
def group_by_hash(
    keys: NDArray[np.int64], valid: NDArray[np.bool_], flag: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As group_integers, of any keys."""
    rows = len(keys)
    groups = np.empty(rows, dtype=np.int64)
    first_rows = np.empty(rows, dtype=np.int64)
    count = 0
    null_group = -1
    nullable = len(valid) > 0
    bits = np.int64(4)
    while (1 << bits) < 2 * rows:
        bits += 1
    table = np.full(np.int64(1) << bits, -1, dtype=np.int64)
    shift = np.uint64(64 - bits)
    mask = (1 << bits) - 1
    for row in range(rows):
        if row % BLOCK == 0 and flag[0] != 0:
            break
        if nullable and not valid[row]:
            if null_group < 0:
                null_group = count
                first_rows[count] = row
                count += 1
            groups[row] = null_group
            continue
        key = keys[row]
        slot = np.int64((np.uint64(key) * np.uint64(_MULTIPLIER)) >> shift)
        group = table[slot]
        while group >= 0 and keys[first_rows[group]] != key:
            slot = (slot + 1) & mask
            group = table[slot]
        if group < 0:
            group = count
            table[slot] = group
            first_rows[count] = row
            count += 1
        groups[row] = group
    return groups, first_rows[:count].copy()


@kernel("Tuple((int64[::1], int64[::1]))(int64[::1], boolean[::1], int64[::1])")
def group_integers(
    keys: NDArray[np.int64], valid: NDArray[np.bool_], flag: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The group of each row, and the first row of each group. ``valid`` may be empty: all are; NULLs are one group.

    flag: (1,) not 0 once the caller wants no answer; what is given then means nothing.
    """
    nullable = len(valid) > 0
    low = np.int64((1 << 63) - 1)
    high = np.int64(-(1 << 63))
    for row in range(len(keys)):
        is_key = not nullable or valid[row]
        low = min(low, keys[row] if is_key else low)
        high = max(high, keys[row] if is_key else high)
    if low > high:  # there is no key
        low = high = np.int64(0)
    # half of each, so that the difference of the extremes cannot overflow
    if (high >> np.int64(1)) - (low >> np.int64(1)) <= 2 * len(keys) + 512:
        return group_by_place(keys, valid, int(low), int(high - low + 1), flag)
    return group_by_hash(keys, valid, flag)


@kernel("Tuple((int64[::1], int64[::1]))(int64[::1], uint8[::1], boolean[::1], int64, int64[::1])")
def group_strings(
    handles: NDArray[np.int64],
    data: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    length_bits: int,
    flag: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As group_integers, for strings: handles are ``start << length_bits | length`` into data."""
    rows = len(handles)
    groups = np.empty(rows, dtype=np.int64)
    first_rows = np.empty(rows, dtype=np.int64)
    hashes = np.empty(rows, dtype=np.uint64)
    count = 0
    null_group = -1
    nullable = len(valid) > 0
    bits = np.int64(4)
    while (1 << bits) < 2 * rows:
        bits += 1
    table = np.full(np.int64(1) << bits, -1, dtype=np.int64)
    mask = (1 << bits) - 1
    length_mask = (1 << length_bits) - 1
    for row in range(rows):
        if row % BLOCK == 0 and flag[0] != 0:
            break
        if nullable and not valid[row]:
            if null_group < 0:
                null_group = count
                first_rows[count] = row
                count += 1
            groups[row] = null_group
            continue
        start = handles[row] >> length_bits
        length = handles[row] & length_mask
        hashed = np.uint64(_FNV_OFFSET)
        for position in range(start, start + length):
            hashed = (hashed ^ np.uint64(data[position])) * np.uint64(_FNV_PRIME)
        hashes[row] = hashed
        slot = np.int64((hashed * np.uint64(_MULTIPLIER)) >> np.uint64(64 - bits))
        group = table[slot]
        while group >= 0:
            other = first_rows[group]
            if hashes[other] == hashed and (handles[other] & length_mask) == length:
                other_start = handles[other] >> length_bits
                same = True
                for position in range(length):
                    if data[start + position] != data[other_start + position]:
                        same = False
                        break
                if same:
                    break
            slot = (slot + 1) & mask
            group = table[slot]
        if group < 0:
            group = count
            table[slot] = group
            first_rows[count] = row
            count += 1
        groups[row] = group
    return groups, first_rows[:count].copy()

"""Order: integers, each once; rows by integers; strings as integers of eight bytes each, in the order of bytes."""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import BLOCK, kernel

SIGN = -(1 << 63)
DIGIT_BITS = 11
"""So many places for the next row fit the processor's nearest cache."""
_SPREAD = 16
_COUNTED_AT_ONCE = 1 << 20
"""Counting them holds the interpreter for a millisecond."""


@kernel("int64[::1](int64[::1], Array(uint8, 1, 'C', True), int64, int64)")
def string_words(
    handles: NDArray[np.int64], data: NDArray[np.uint8], position: int, length_bits: int
) -> NDArray[np.int64]:
    """Bytes ``position`` to ``position + 8`` of each string, big-endian, zero after its end, as signed integers.

    handles: (rows,) ``start << length_bits | length`` into data.
    """
    rows = len(handles)
    words = np.empty(rows, dtype=np.int64)
    length_mask = (1 << length_bits) - 1
    for row in range(rows):
        start = handles[row] >> length_bits
        length = handles[row] & length_mask
        word = np.uint64(0)
        for offset in range(8):
            word = word << np.uint64(8)
            if position + offset < length:
                word |= np.uint64(data[start + position + offset])
        words[row] = np.int64(word ^ np.uint64(1 << 63))
    return words


@kernel("int64[::1](int64[::1], int64[::1])")
def radix_order(keys: NDArray[np.int64], flag: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) the row of the least key, of the next one, …; equal keys in their order.

    Sorted by their last eleven bits, then by those before, as far as the keys differ: a look at each row that counts,
    and one that moves it. flag: (1,) not 0 once the caller wants no answer; what is given then means nothing.
    """
    rows = len(keys)
    order, moved = np.arange(rows), np.empty(rows, dtype=np.int64)
    steps = 0
    while steps + 1 < rows and keys[steps] <= keys[steps + 1]:
        steps += 1
    if steps + 1 >= rows:  # in order already
        return order
    steps = 0
    while steps + 1 < rows and keys[steps] > keys[steps + 1]:
        steps += 1
    if steps + 1 == rows:  # the other way round
        return order[::-1].copy()
    low = high = np.int64(0)
    if rows > 0:
        low, high = keys.min(), keys.max()
    left, others = np.empty(rows, dtype=np.uint64), np.empty(rows, dtype=np.uint64)
    for row in range(rows):
        left[row] = np.uint64(keys[row]) - np.uint64(low)
    span, shift = np.uint64(high) - np.uint64(low), np.uint64(0)
    mask, one = np.uint64((1 << DIGIT_BITS) - 1), np.uint64(1)
    places = np.empty((1 << DIGIT_BITS) + 1, dtype=np.int64)
    while shift < np.uint64(64) and span >> shift > np.uint64(0):
        places[:] = 0
        for start in range(0, rows, BLOCK):
            if flag[0] != 0:
                return order
            for row in range(start, min(start + BLOCK, rows)):
                places[((left[row] >> shift) & mask) + one] += 1
        for digit in range(1 << DIGIT_BITS):
            places[digit + 1] += places[digit]
        for start in range(0, rows, BLOCK):
            if flag[0] != 0:
                return order
            for row in range(start, min(start + BLOCK, rows)):
                digit_of = (left[row] >> shift) & mask
                place = np.uint64(places[digit_of])
                places[digit_of] += 1
                moved[place], others[place] = order[row], left[row]
        order, moved = moved, order
        left, others = others, left
        shift += np.uint64(DIGIT_BITS)
    return order


@kernel("int64[::1](int64[:, ::1], int64[:, ::1], boolean)")
def places_in_order(keys: NDArray[np.int64], sought: NDArray[np.int64], after: bool) -> NDArray[np.int64]:
    """(sought,) how many of the keys come before each sought one; with ``after``, those that are equal to it too.

    keys: (words, keys) ascending by their words, the first one most significant; sought: (words, sought).
    """
    words, count = keys.shape
    result = np.empty(sought.shape[1], dtype=np.int64)
    for row in range(sought.shape[1]):
        low, high = 0, count
        while low < high:
            middle = (low + high) >> 1
            order = 0
            for word in range(words):
                if keys[word, middle] != sought[word, row]:
                    order = -1 if keys[word, middle] < sought[word, row] else 1
                    break
            if order < 0 or (after and order == 0):
                low = middle + 1
            else:
                high = middle
        result[row] = low
    return result


def counted(numbers: NDArray[np.int64] | NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different ones of some numbers, ascending, and how often each is there. Made for numbers that are small, or
    near each other, as chunks, types and label sets are: then it takes a nanosecond for each, ``np.unique`` sixty."""
    if len(numbers) < 2:
        return numbers.astype(np.int64), np.ones(len(numbers), dtype=np.int64)
    low, high = int(numbers.min()), int(numbers.max())
    if low == high:
        return np.array((low,)), np.array((len(numbers),))
    if high - low > _SPREAD * len(numbers):
        found = distinct(numbers.astype(np.int64))
        return found, np.diff(np.searchsorted(np.sort(numbers), found), append=len(numbers))
    counts = np.zeros(high - low + 1, dtype=np.int64)
    for start in range(0, len(numbers), _COUNTED_AT_ONCE):
        counts += np.bincount(numbers[start : start + _COUNTED_AT_ONCE] - low, minlength=len(counts))
    found = np.flatnonzero(counts)
    return found + low, counts[found]


def distinct(integers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers ascending, each once. ``np.unique`` hashes them first, which takes ten times as long as sorting."""
    if len(integers) < 2:
        return integers.copy()
    ordered = np.sort(integers, kind="stable")  # linear where they are in order, as ids mostly are
    fresh = np.empty(len(ordered), dtype=np.bool_)
    fresh[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered if fresh.all() else ordered[fresh]


def distinct_pairs(rows: NDArray[np.int64], ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each pair of row and id once, by row and then by id."""
    if len(rows) < 2:
        return rows, ids
    order = np.lexsort((ids, rows))
    rows, ids = rows[order], ids[order]
    fresh = np.ones(len(rows), dtype=np.bool_)
    fresh[1:] = (rows[1:] != rows[:-1]) | (ids[1:] != ids[:-1])
    return rows[fresh], ids[fresh]

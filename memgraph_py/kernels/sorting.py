"""Order: integers, each once; strings as integers of eight bytes each, in the order of their bytes; runs merged."""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import BLOCK, kernel

SIGN = -(1 << 63)
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


@kernel("Tuple((int64[::1], int64[::1]))(int64[::1], int64[::1], int64, int64[::1])")
def merge_runs(
    keys: NDArray[np.int64], order: NDArray[np.int64], width: int, flag: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs of ``width`` ascending keys merged in pairs, and ``order`` moved along; of equal keys the left one is first.

    flag: (1,) not 0 once the caller wants no answer; what is given then means nothing.
    """
    rows = len(keys)
    merged = np.empty(rows, dtype=np.int64)
    moved = np.empty(rows, dtype=np.int64)
    for start in range(0, rows, 2 * width):
        middle = min(start + width, rows)
        end = min(middle + width, rows)
        left = start
        right = middle
        for place in range(start, end):
            if place % BLOCK == 0 and flag[0] != 0:
                return merged, moved
            if right >= end or (left < middle and keys[left] <= keys[right]):
                merged[place] = keys[left]
                moved[place] = order[left]
                left += 1
            else:
                merged[place] = keys[right]
                moved[place] = order[right]
                right += 1
    return merged, moved


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

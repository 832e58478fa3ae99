"""Comparing STRING columns by their bytes, without making strings.

Order and equality of UTF-8 bytes are those of code points. Few rows are compared one by one, many at once:
equality looks only at pairs that are equally long, order looks at the first eight bytes as one number
and at more where those tie.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column

ROWS_ONE_BY_ONE = 16
"""Below this the loop is faster than setting up the arrays."""
PREFIX_BYTES = 8


def equal_strings(left: Column, right: Column) -> NDArray[np.bool_]:
    """(rows,) True where the texts are equal; no meaning where either is NULL."""
    if left.data is right.data and len(left.values) > ROWS_ONE_BY_ONE:
        identical: NDArray[np.bool_] = left.values == right.values
        if identical.all():
            return identical
    rows = len(left.values)
    if rows == 1:
        return np.array([_bytes(left, 0) == _bytes(right, 0)])
    lengths = left.values & STRING_LENGTH_MASK
    answer: NDArray[np.bool_] = lengths == (right.values & STRING_LENGTH_MASK)
    if left.valid is not None:
        answer &= left.valid
    if right.valid is not None:
        answer &= right.valid
    candidates = np.flatnonzero(answer & (lengths > 0))
    if len(candidates) <= ROWS_ONE_BY_ONE:
        for row in candidates.tolist():
            answer[row] = _bytes(left, row) == _bytes(right, row)
        return answer
    if bool((right.values == right.values[0]).all()):
        same_rows = _rows_equal_to(left, candidates, _bytes(right, 0))
        answer[candidates] = False
        answer[same_rows] = True
        return answer
    sizes = lengths[candidates]
    ends = np.cumsum(sizes)
    within = np.arange(int(ends[-1])) - np.repeat(ends - sizes, sizes)
    assert left.data is not None
    assert right.data is not None
    same = (
        left.data[np.repeat(left.values[candidates] >> STRING_LENGTH_BITS, sizes) + within]
        == right.data[np.repeat(right.values[candidates] >> STRING_LENGTH_BITS, sizes) + within]
    )
    answer[candidates] = np.logical_and.reduceat(same, ends - sizes)
    return answer


def compare_strings(left: Column, right: Column) -> NDArray[np.int8]:
    """(rows,) -1, 0 or 1 as left is less, equal or greater; no meaning where either is NULL."""
    rows = len(left.values)
    if rows <= ROWS_ONE_BY_ONE:
        return np.array([_sign(left, right, row) for row in range(rows)], dtype=np.int8)
    one, other = _prefixes(left), _prefixes(right)
    answer = (one > other).astype(np.int8) - (one < other).astype(np.int8)
    ties = answer == 0
    if left.valid is not None:
        ties &= left.valid
    if right.valid is not None:
        ties &= right.valid
    for row in np.flatnonzero(ties).tolist():  # a byte 0 at the end is a tie with no byte, too
        answer[row] = _sign(left, right, row)
    return answer


def contains_one(column: Column, needles: Column) -> NDArray[np.bool_] | None:
    """(rows,) True where the text contains the needle, which is the same in all rows; no meaning where NULL.

    Searches the stretch of the heap that the texts lie in. None where it cannot: different needles, or texts so far
    apart that most of the stretch is not theirs.
    """
    rows = len(column.values)
    if rows <= ROWS_ONE_BY_ONE or needles.valid is not None or (needles.values != needles.values[0]).any():
        return None
    needle = _bytes(needles, 0)
    values = column.values if column.valid is None else np.where(column.valid, column.values, 0)
    lengths = values & STRING_LENGTH_MASK
    starts = values >> STRING_LENGTH_BITS
    if not needle:
        return np.ones(rows, dtype=np.bool_)
    filled = lengths > 0
    if not filled.any():
        return filled
    low, high = int(starts[filled].min()), int((starts + lengths).max())
    if high - low > 4 * int(lengths.sum()) + 4096:
        return None
    assert column.data is not None
    stretch = column.data[low:high]
    hits = np.flatnonzero(stretch[: max(0, len(stretch) - len(needle) + 1)] == needle[0])
    for offset in range(1, len(needle)):
        hits = hits[stretch[hits + offset] == needle[offset]]
    if len(hits) == 0:
        return np.zeros(rows, dtype=np.bool_)
    following = np.searchsorted(hits, starts - low)
    known = following < len(hits)
    first = hits[np.where(known, following, 0)]
    return known & (first + len(needle) <= starts - low + lengths)


def starts_of(column: Column, lengths: NDArray[np.int64]) -> Column:
    """The first ``lengths`` bytes of each text; the caller knows that they are there."""
    return Column(column.kind, (column.values & ~STRING_LENGTH_MASK) | lengths, column.valid, column.data)


def ends_of(column: Column, lengths: NDArray[np.int64]) -> Column:
    """The last ``lengths`` bytes of each text; the caller knows that they are there."""
    own = column.values & STRING_LENGTH_MASK
    starts = (column.values >> STRING_LENGTH_BITS) + own - lengths
    return Column(column.kind, (starts << STRING_LENGTH_BITS) | lengths, column.valid, column.data)


def byte_lengths(column: Column) -> NDArray[np.int64]:
    """(rows,) lengths in bytes."""
    lengths: NDArray[np.int64] = column.values & STRING_LENGTH_MASK
    return lengths


def _rows_equal_to(column: Column, candidates: NDArray[np.int64], text: bytes) -> NDArray[np.int64]:
    """Those candidates, all as long as the text, that equal it. From the last byte on: names often begin alike."""
    assert column.data is not None
    starts = column.values >> STRING_LENGTH_BITS
    for offset in range(len(text) - 1, -1, -1):
        candidates = candidates[column.data[starts[candidates] + offset] == text[offset]]
        if len(candidates) == 0:
            break
    return candidates


def _bytes(column: Column, row: int) -> bytes:
    handle = int(column.values[row])
    start = handle >> STRING_LENGTH_BITS
    assert column.data is not None
    return column.data[start : start + (handle & STRING_LENGTH_MASK)].tobytes()


def _sign(left: Column, right: Column, row: int) -> int:
    if (left.valid is not None and not left.valid[row]) or (right.valid is not None and not right.valid[row]):
        return 0
    one, other = _bytes(left, row), _bytes(right, row)
    return (one > other) - (one < other)


def _prefixes(column: Column) -> NDArray[np.uint64]:
    """(rows,) the first bytes of each text as a big-endian number, filled up with zeros."""
    assert column.data is not None
    offsets = np.arange(PREFIX_BYTES)
    values = column.values if column.valid is None else np.where(column.valid, column.values, 0)
    lengths = values & STRING_LENGTH_MASK
    inside = offsets < lengths[:, None]
    positions = np.where(inside, (values >> STRING_LENGTH_BITS)[:, None] + offsets, 0)
    if len(column.data) == 0:
        return np.zeros(len(values), dtype=np.uint64)
    gathered = np.where(inside, column.data[positions], 0).astype(np.uint8)
    return gathered.view(">u8")[:, 0].astype(np.uint64)

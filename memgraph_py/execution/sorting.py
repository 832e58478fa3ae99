"""Order of rows by several columns: stable, over all kinds of values, NULL last when ascending.

A column of one kind becomes a few arrays that numpy sorts; a column of mixed values becomes ranks of their order keys.
Many rows are sorted by the digits of their keys, in a kernel that can be ended: numpy's sort could not, and takes three
times as long.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import EMPTY_DATA, STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column, Kind, Rows
from memgraph_py.kernels.sorting import radix_order, string_words
from memgraph_py.values.comparison import OrderKey, order_key

__all__ = ["first_rows", "sorted_rows"]

_STRING_WORDS_MAX = 8
"""Strings of up to so many words of eight bytes are sorted by numpy; each word is one more pass over the rows."""
_RADIX_ROWS = 512
"""Fewer are sorted by numpy in less time than digits are counted."""
_KEYS_AT_ONCE = 1 << 12
"""Keys of mixed values that are sorted at once, in 10 ms."""


def sorted_rows(columns: Sequence[Column], descending: Sequence[bool], bounds: Bounds) -> Rows:
    """(rows,) int64: the row that comes first, second, …; equal rows keep their order. Raises what ``bounds`` do."""
    keys: list[NDArray[Any]] = []
    for column, down in zip(columns, descending, strict=True):
        keys += _sort_keys(column, down, bounds)
    if len(keys[0]) >= _RADIX_ROWS:
        return _sorted_by_digits(keys, bounds)
    if len(keys) == 1:
        return np.argsort(keys[0], kind="stable")
    return np.lexsort(keys[::-1])


def _sorted_by_digits(keys: list[NDArray[Any]], bounds: Bounds) -> Rows:
    """The rows by the last key, then by the one before it, and so on: each sort keeps what the ones before it did. Keys
    whose numbers fit one integer together are one key."""
    order: Rows | None = None
    for key in _packed([_as_integers(key) for key in keys])[::-1]:
        order = radix_order(key, bounds.flag) if order is None else order[radix_order(key[order], bounds.flag)]
        bounds.check()
    assert order is not None, "something is sorted by"
    return order


def _packed(keys: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """As few keys in the same order, the most significant first."""
    packed = keys[:1]
    bits = _span(keys[0]).bit_length() if len(keys) > 1 else 0
    for key in keys[1:]:
        more = _span(key).bit_length()
        bits += more
        if bits < 63:
            upper = packed[-1] - packed[-1].min()
            packed[-1] = (upper << more) | (key - key.min())
        else:
            packed.append(key)
            bits = more
    return packed


def _span(key: NDArray[np.int64]) -> int:
    return int(key.max()) - int(key.min())


def _as_integers(key: NDArray[Any]) -> NDArray[np.int64]:
    """Integers in the order of the key, equal where it is: the bits of floats, turned around below zero."""
    if key.dtype != np.float64:
        return key.astype(np.int64)
    bits: NDArray[np.int64] = (key + 0.0).view(np.int64)  # -0.0 + 0.0 is 0.0
    return bits ^ ((bits >> 63) & np.int64((1 << 63) - 1))


def first_rows(columns: Sequence[Column], descending: Sequence[bool], count: int, bounds: Bounds) -> Rows:
    """The first ``count`` of ``sorted_rows``, without sorting rows that cannot be among them."""
    rows = len(columns[0])
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    if rows <= 4 * count or rows < 256:
        return sorted_rows(columns, descending, bounds)[:count]
    leading = _sort_keys(columns[0], descending[0], bounds)[0]
    threshold = np.partition(leading, count - 1)[count - 1]
    candidates = np.flatnonzero(leading <= threshold) if threshold == threshold else np.arange(rows)
    order = sorted_rows([column.take(candidates) for column in columns], descending, bounds)[:count]
    return candidates[order]


def _sort_keys(column: Column, descending: bool, bounds: Bounds) -> list[NDArray[Any]]:
    """Arrays, the most significant first, whose ascending order is the order wanted."""
    if column.kind is Kind.OBJECT:
        return [_ranks(column, descending, bounds)]
    keys = _ascending_keys(column, bounds)
    if descending:
        keys = [~key if key.dtype != np.float64 else -key for key in keys]
    if column.valid is None:
        return keys
    missing = column.valid if descending else ~column.valid
    # what stands where NULL has no meaning: make it equal, so that NULLs keep their order
    return [missing, *(np.where(column.valid, key, key.dtype.type(0)) for key in keys)]


def _ascending_keys(column: Column, bounds: Bounds) -> list[NDArray[Any]]:
    match column.kind:
        case Kind.FLOAT:
            nan = np.isnan(column.values)
            if not nan.any():
                return [column.values]
            return [nan, np.where(nan, 0.0, column.values)]
        case Kind.STRING:
            return _string_keys(column, bounds)
        case _:
            return [column.values]


def _string_keys(column: Column, bounds: Bounds) -> list[NDArray[Any]]:
    """Words of eight bytes, then the length, which tells "a" from "a\\0"; UTF-8 bytes order as code points do."""
    values = column.values if column.valid is None else np.where(column.valid, column.values, 0)
    handles = np.require(values, dtype=np.int64, requirements=("C", "W"))
    lengths = handles & STRING_LENGTH_MASK
    words = (int(lengths.max(initial=0)) + 7) // 8
    if words > _STRING_WORDS_MAX:
        return [_ranks(column, False, bounds)]
    data = EMPTY_DATA if column.data is None else column.data
    return [*(string_words(handles, data, 8 * word, STRING_LENGTH_BITS) for word in range(words)), lengths]


def _ranks(column: Column, descending: bool, bounds: Bounds) -> NDArray[np.int64]:
    """The place of each value among the distinct ones."""
    rows = len(column)
    keys: list[OrderKey] = []
    distinct: set[OrderKey] = set()
    for piece in bounds.pieces(rows):
        found = list(map(order_key, column.slice(piece.start, piece.stop).to_values()))
        keys += found
        distinct.update(found)
    ordered = _ordered_keys(distinct, bounds)
    if descending:
        ordered.reverse()
    places = {key: place for place, key in enumerate(ordered)}
    ranks = np.empty(rows, dtype=np.int64)
    for piece in bounds.pieces(rows):
        ranks[piece] = [places[key] for key in keys[piece]]
    return ranks


def _ordered_keys(distinct: set[OrderKey], bounds: Bounds) -> list[OrderKey]:
    """The keys in order. Many are dealt out to buckets, by a sample of them, and each bucket is sorted by itself."""
    if len(distinct) <= _KEYS_AT_ONCE:
        return sorted(distinct)
    keys = list(distinct)
    runs = [sorted(keys[piece]) for piece in bounds.pieces(len(keys), _KEYS_AT_ONCE)]
    buckets = 2 * len(runs)
    sample = sorted(key for run in runs for key in run[:: max(1, len(run) // 32)])
    ordered: list[OrderKey] = []
    starts = [0] * len(runs)
    for bucket in range(1, buckets + 1):
        bounds.check()
        if bucket < buckets:
            split = sample[bucket * len(sample) // buckets]
            stops = [bisect_left(run, split, start) for run, start in zip(runs, starts, strict=True)]
        else:
            stops = list(map(len, runs))
        fallen: list[OrderKey] = []
        for run, start, stop in zip(runs, starts, stops, strict=True):
            fallen += run[start:stop]
        ordered += sorted(fallen)
        starts = stops
    return ordered

"""Order of rows by several columns: stable, over all kinds of values, NULL last when ascending.

A column of one kind becomes a few arrays that numpy sorts; a column of mixed values becomes ranks of their order keys.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column, Kind, Rows
from memgraph_py.execution.grouping import writable
from memgraph_py.kernels.sorting import string_words
from memgraph_py.values.comparison import order_key

__all__ = ["first_rows", "sorted_rows"]

_STRING_WORDS_MAX = 8
"""Strings of up to so many words of eight bytes are sorted by numpy; each word is one more pass over the rows."""


def sorted_rows(columns: Sequence[Column], descending: Sequence[bool]) -> Rows:
    """(rows,) int64: the row that comes first, second, …; equal rows keep their order."""
    keys: list[NDArray[Any]] = []
    for column, down in zip(columns, descending, strict=True):
        keys += _sort_keys(column, down)
    if len(keys) == 1:
        return np.argsort(keys[0], kind="stable")
    return np.lexsort(keys[::-1])


def first_rows(columns: Sequence[Column], descending: Sequence[bool], count: int) -> Rows:
    """The first ``count`` of ``sorted_rows``, without sorting rows that cannot be among them."""
    rows = len(columns[0])
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    if rows <= 4 * count or rows < 256:
        return sorted_rows(columns, descending)[:count]
    leading = _sort_keys(columns[0], descending[0])[0]
    threshold = np.partition(leading, count - 1)[count - 1]
    candidates = np.flatnonzero(leading <= threshold) if threshold == threshold else np.arange(rows)
    order = sorted_rows([column.take(candidates) for column in columns], descending)[:count]
    return candidates[order]


def _sort_keys(column: Column, descending: bool) -> list[NDArray[Any]]:
    """Arrays, the most significant first, whose ascending order is the order wanted."""
    if column.kind is Kind.OBJECT:
        return [_ranks(column, descending)]
    keys = _ascending_keys(column)
    if descending:
        keys = [~key if key.dtype != np.float64 else -key for key in keys]
    if column.valid is None:
        return keys
    missing = column.valid if descending else ~column.valid
    # what stands where NULL has no meaning: make it equal, so that NULLs keep their order
    return [missing, *(np.where(column.valid, key, key.dtype.type(0)) for key in keys)]


def _ascending_keys(column: Column) -> list[NDArray[Any]]:
    match column.kind:
        case Kind.FLOAT:
            nan = np.isnan(column.values)
            if not nan.any():
                return [column.values]
            return [nan, np.where(nan, 0.0, column.values)]
        case Kind.STRING:
            return _string_keys(column)
        case _:
            return [column.values]


def _string_keys(column: Column) -> list[NDArray[Any]]:
    """Words of eight bytes, then the length, which tells "a" from "a\\0"; UTF-8 bytes order as code points do."""
    values = column.values if column.valid is None else np.where(column.valid, column.values, 0)
    handles = np.require(values, dtype=np.int64, requirements=("C", "W"))
    lengths = handles & STRING_LENGTH_MASK
    words = (int(lengths.max(initial=0)) + 7) // 8
    if words > _STRING_WORDS_MAX:
        return [_ranks(column, descending=False)]
    data = writable(EMPTY_DATA if column.data is None else column.data)
    return [*(string_words(handles, data, 8 * word, STRING_LENGTH_BITS) for word in range(words)), lengths]


def _ranks(column: Column, descending: bool) -> NDArray[np.int64]:
    """The place of each value among the distinct ones."""
    keys = [order_key(value) for value in column.to_values()]
    places = {key: place for place, key in enumerate(sorted(set(keys), reverse=descending))}
    return np.fromiter((places[key] for key in keys), dtype=np.int64, count=len(keys))

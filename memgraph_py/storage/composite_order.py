"""The order of an index on several properties: by the first one's value, where it is equal by the second's, and so on.

A value becomes integers: its sort (number, text, other, none), then those of its place within the sort. So an element
is a column of such integers, those of each property below each other, and what is sought a column of fewer: values that
are equal to the first properties, then perhaps a bound of the next.

    (day, id)      sort  day   sort  id             day = 9           from (0, 9)       to (0, 9)
                      0    9      0   7             day = 9, id > 4   from (0, 9, 0, 4) to (0, 9, 0)

An element without the first property is left out; one without a later one stands behind those that have it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from memgraph_py.columnar import STRING_LENGTH_MASK, Column
from memgraph_py.kernels.sorting import places_in_order
from memgraph_py.storage.order_words import (
    NUMBERS,
    OTHERS,
    TEXTS,
    WORDS_MAX,
    Numbers,
    Parts,
    RangeBounds,
    key_of,
    number_words,
    spread,
    text_words,
)

_NOTHING = 3
"""The sort of NULL, behind the others."""


class CompositeOrder:
    """The elements of one version by their values."""

    __slots__ = ("_columns", "_ids", "_words", "version")

    def __init__(self, version: int, columns: list["_Coded"], words: Numbers, ids: Numbers) -> None:
        self.version = version
        self._columns = columns
        self._words = words
        self._ids = ids

    @staticmethod
    def of(version: int, ids: Numbers, values: Sequence[Column]) -> "CompositeOrder":
        """ids, and values of each property: (elements,)."""
        valid = values[0].valid
        if valid is not None:
            ids, values = ids[valid], [column.take(np.flatnonzero(valid)) for column in values]
        columns = [_Coded.of(column) for column in values]
        words = np.concatenate([coded.words(column) for coded, column in zip(columns, values, strict=True)])
        order = np.lexsort(words[::-1])
        return CompositeOrder(version, columns, np.ascontiguousarray(words[:, order]), ids[order])

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, bounds: RangeBounds, matches_max: int) -> tuple[Numbers, Numbers] | None:
        """(matches,) rows of the bounds and elements that may be within; None where they are more than so many."""
        prefix = [np.zeros((0, bounds.rows), dtype=np.int64)]
        known = np.ones(bounds.rows, dtype=np.bool_)
        for coded, column in zip(self._columns, bounds.equal, strict=False):
            prefix.append(coded.words(column))
            known &= column.validity()
        low, high = prefix, prefix
        if len(bounds.equal) < len(self._columns):
            low, high = ([*prefix, *ends] for ends in self._ends(self._columns[len(bounds.equal)], bounds))
        for bound in (bounds.lower, bounds.upper):
            if bound is not None:
                known &= bound.validity()
        begin, end = self._places(low, after=False), self._places(high, after=True)
        rows = np.flatnonzero(known & (begin < end))
        if int((end - begin)[rows].sum()) > matches_max:
            return None
        return spread(rows, begin[rows], end[rows], self._ids)

    def _ends(self, coded: "_Coded", bounds: RangeBounds) -> tuple[list[Numbers], list[Numbers]]:
        """What the words of the equal properties are followed by, at the begin and at the end."""
        lower, upper = bounds.lower, bounds.upper
        if lower is None and upper is None:
            return [], [np.full((1, bounds.rows), OTHERS, dtype=np.int64)] if bounds.exists else []
        if bounds.is_prefix:
            assert lower is not None, "which the values begin with"
            return [coded.words(lower)], [coded.words(lower, pad=True)]
        ends = [None if column is None else coded.words(column) for column in (lower, upper)]
        low, high = ends
        if low is None:
            assert high is not None, "one of them is there"
            low = high[:1]
        elif high is None:
            high = low[:1]
        assert high is not None, "one of them is there"
        return [low], [high]

    def _places(self, words: list[Numbers], *, after: bool) -> Numbers:
        sought = np.ascontiguousarray(np.concatenate(words))
        return places_in_order(self._words[: len(sought)], sought, after)


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """How the values of a property become words. texts: how many words a text has; others: keys of other values."""

    texts: int
    others: list[tuple[Any, ...]]

    @staticmethod
    def of(column: Column) -> "_Coded":
        parts = Parts.of(column)
        longest = int((parts.texts.values & STRING_LENGTH_MASK).max(initial=0))
        return _Coded(min(WORDS_MAX, max(1, (longest + 7) // 8)), sorted(set(map(key_of, parts.others))))

    def words(self, column: Column, *, pad: bool = False) -> Numbers:
        """(1 + texts, rows); ``pad``: as of the last text that begins so."""
        parts = Parts.of(column)
        words = np.zeros((1 + self.texts, len(column)), dtype=np.int64)
        words[0] = _NOTHING
        for sort, rows in enumerate(parts.rows):
            words[0, rows] = sort
        words[1:2, parts.rows[NUMBERS]] = number_words(parts.numbers)
        words[1:, parts.rows[TEXTS]] = text_words(parts.texts, self.texts, pad=pad)
        words[1, parts.rows[OTHERS]] = [self._place(key_of(value)) for value in parts.others]
        return words

    def _place(self, key: tuple[Any, ...]) -> int:
        """Even between those that are there, odd for one of them."""
        place = bisect_left(self.others, key)
        return 2 * place + (place < len(self.others) and self.others[place] == key)

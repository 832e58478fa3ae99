"""What orders are made of: values as integers, by sort; bounds of ranges.

numbers   by their value as a float         texts   by their first 64 bytes         others   by their order key
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column, Kind
from memgraph_py.kernels.sorting import SIGN, string_words
from memgraph_py.values.comparison import order_key
from memgraph_py.values.types import Value

Numbers = NDArray[np.int64]

WORDS_MAX = 8
NUMBERS, TEXTS, OTHERS = range(3)
NO_IDS: Numbers = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class RangeBounds:
    """Bounds of a row each, (rows,); None: no bound on that side. NULL finds nothing. ``is_prefix``: ``lower`` is what
    the values, strings, begin with, and there is no upper bound. ``equal``: of an index on several properties, what the
    first ones are equal to; the bounds are of the next one, which must be there where ``exists``. Without any bound all
    that have a value."""

    lower: Column | None
    upper: Column | None
    is_prefix: bool = False
    equal: tuple[Column, ...] = ()
    exists: bool = False
    count: int = 0
    """How many rows there are, where no column says so."""

    @property
    def rows(self) -> int:
        """How many."""
        columns = (*self.equal, self.lower, self.upper)
        return next((len(column) for column in columns if column is not None), self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The values of a column by sort. rows: where those of each sort stand, ascending; NULL is in none."""

    rows: tuple[Numbers, Numbers, Numbers]
    numbers: NDArray[np.float64]
    texts: Column
    others: list[Value]

    @staticmethod
    def of(column: Column) -> "Parts":
        present = np.arange(len(column)) if column.valid is None else np.flatnonzero(column.valid)
        no_texts = Column(Kind.STRING, NO_IDS, None, EMPTY_DATA)
        no_numbers = np.zeros(0, dtype=np.float64)
        if column.kind in (Kind.INT, Kind.FLOAT):
            numbers = column.values[present].astype(np.float64)
            return Parts((present, NO_IDS, NO_IDS), numbers, no_texts, [])
        if column.kind is Kind.STRING:
            return Parts((NO_IDS, present, NO_IDS), no_numbers, column.take(present), [])
        rows: tuple[list[int], list[int], list[int]] = ([], [], [])
        values = column.to_values()
        for row, value in enumerate(values):
            if value is not None:
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                rows[NUMBERS if is_number else TEXTS if isinstance(value, str) else OTHERS].append(row)
        numbers = np.array([float(values[row]) for row in rows[NUMBERS]], dtype=np.float64)  # type: ignore[arg-type]  # numbers
        texts = Column.from_values([values[row] for row in rows[TEXTS]]) if rows[TEXTS] else no_texts
        arrays = tuple(np.array(part, dtype=np.int64) for part in rows)
        return Parts(arrays, numbers, texts, [values[row] for row in rows[OTHERS]])  # type: ignore[arg-type]  # three


def key_of(value: Value) -> tuple[Any, ...]:
    """Without what orders values that compare as equal."""
    return order_key(value)[:2]


def number_words(numbers: NDArray[np.float64]) -> Numbers:
    """(1, rows) integers in the order of the floats; -0.0 is 0.0."""
    bits = np.where(np.isnan(numbers), np.nan, numbers + 0.0).view(np.int64)  # NaN is last, whatever its sign
    return np.where(bits < 0, bits ^ np.int64(~SIGN), bits)[np.newaxis]


def text_words(texts: Column, words: int, *, pad: bool) -> Numbers:
    """(words, rows) their first bytes; what lacks to so many is the least byte, or with ``pad`` the greatest: as of the
    last text that begins so."""
    data = EMPTY_DATA if texts.data is None else texts.data
    handles = np.require(texts.values, dtype=np.int64, requirements=("C", "W"))
    result = np.empty((words, len(handles)), dtype=np.int64)
    for word in range(words):
        result[word] = string_words(handles, data, 8 * word, STRING_LENGTH_BITS)
    if pad:
        lengths = handles & STRING_LENGTH_MASK
        for word in range(words):
            missing = np.clip(8 * (word + 1) - lengths, 0, 8)
            filling = (np.int64(1) << (8 * np.minimum(missing, 7))) - 1
            result[word] = np.where(missing == 8, np.int64(~SIGN), result[word] | filling)
    return result


def spread(rows: Numbers, begin: Numbers, end: Numbers, ids: Numbers) -> tuple[Numbers, Numbers]:
    """Each row with each id from its begin to its end."""
    if len(rows) == 1:
        found = ids[int(begin[0]) : max(int(begin[0]), int(end[0]))]
        return np.full(len(found), rows[0], dtype=np.int64), found
    counts = np.maximum(end - begin, 0)
    starts = np.cumsum(counts) - counts
    places = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(starts - begin, counts)
    return np.repeat(rows, counts), ids[places]

"""Label indexes and property indexes: candidates that are never taken back, checked when they are read.

A label index is a growing array of node ids. A property index is an extendible hash table from the hash of a value, or
of several together, to ids of nodes or relationships (``kernels/hashing.py``), and can be put in order
(``ordering.py``). Neither is versioned: a commit only adds, and a reader checks in its own version that
the node is there, has the label and has the value. So an index that knows too much is never wrong, and after a failed
commit nothing needs to be undone. One that holds many stale candidates is built anew in the background
(``maintenance.py``). An id that is used again may stand in an index twice, so both give each node once.
"""

import copy
import weakref
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, Column, Kind
from memgraph_py.kernels.hashing import (
    SEGMENT_BITS,
    SEGMENT_ENTRIES_MAX,
    SEGMENT_ROWS,
    hash_numbers,
    hash_texts,
    insert_nodes,
    split_segment,
)
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.ordering import Order
from memgraph_py.storage.pages import NO_VALIDITY
from memgraph_py.storage.room import ROWS_MAX, grown
from memgraph_py.values.comparison import grouping_key
from memgraph_py.values.types import Value

Numbers = NDArray[np.int64]
Hashed: TypeAlias = tuple[Numbers, NDArray[np.bool_]]
"""What ``hash_column`` gives."""

_PLACES_MAX = 2 * ROWS_MAX
"""A segment is half full when it was split."""
_TRUE, _FALSE = 0x7F4A7C15F39CC060, 0x2545F4914F6CDD1D


class LabelNodes:
    """One version of a label index: candidates array[:length]."""

    __slots__ = ("_ordered", "array", "is_exact", "length", "sorted_length")

    def __init__(self, array: NDArray[np.int32], length: int, sorted_length: int, *, is_exact: bool) -> None:
        self.array = array
        self.length = length
        self.sorted_length = sorted_length
        """So many candidates at the beginning are ascending, each standing there once."""
        self.is_exact = is_exact
        """True while each candidate has the label."""
        self._ordered: Numbers | None = None

    @staticmethod
    def empty() -> "LabelNodes":
        """No candidates."""
        return LabelNodes(np.empty(0, dtype=np.int32), 0, 0, is_exact=True)

    def extended(self, ids: Numbers, *, is_exact: bool) -> "LabelNodes":
        """The next version with these ids, without repetition; written after what readers see."""
        array, end = self.array, self.length + len(ids)
        if end > len(array):
            array = grown(array, self.length, max(end, 64))
        array[self.length : end] = ids
        follows = self.length == 0 or len(ids) == 0 or int(array[self.length - 1]) < int(ids[0])
        is_sorted = self.sorted_length == self.length and follows
        if is_sorted and len(ids) > 1:
            is_sorted = bool((ids[1:] > ids[:-1]).all())
        return LabelNodes(array, end, end if is_sorted else self.sorted_length, is_exact=self.is_exact and is_exact)

    def extended_by(self, id: int) -> "LabelNodes":
        """The next version with one new node more: in half the time of ``extended``."""
        array, length = self.array, self.length
        if length == len(array):
            array = grown(array, length, max(length + 1, 64))
        array[length] = id
        follows = self.sorted_length == length and (length == 0 or array.item(length - 1) < id)
        return LabelNodes(array, length + 1, length + 1 if follows else self.sorted_length, is_exact=self.is_exact)

    def inexact(self) -> "LabelNodes":
        """The same candidates, some of which have lost the label."""
        return LabelNodes(self.array, self.length, self.sorted_length, is_exact=False)

    def candidates(self) -> Numbers:
        """Ascending, each once, all that have the label and perhaps others."""
        if self.sorted_length == self.length:
            return self.array[: self.length].astype(np.int64)
        if self._ordered is None:
            tail = distinct(self.array[self.sorted_length : self.length].astype(np.int64))
            ids = np.concatenate((self.array[: self.sorted_length], tail)).astype(np.int64)
            ids.sort(kind="stable")  # of two runs: linear
            self._ordered = ids[np.concatenate(([True], ids[1:] != ids[:-1]))]
        return self._ordered


class IndexTable:
    """One version of a property index's arrays: what a reader holds while it seeks."""

    __slots__ = ("__weakref__", "arrays", "directory", "hashes", "postings")

    def __init__(
        self,
        directory: NDArray[np.int32],
        hashes: Numbers,
        payloads: NDArray[np.int32],
        postings: NDArray[np.int32],
    ) -> None:
        self.directory = directory
        self.hashes = hashes
        self.postings = postings
        self.arrays = directory, hashes, payloads, postings
        """As ``find_nodes`` takes them."""


class PropertyIndex:
    """Elements by the hash of their values; insertions come from one thread at a time, seeks from any."""

    __slots__ = ("_counts", "_depths", "_free", "_hashes", "_payloads", "_postings", "_postings_used", "_retired",
                 "_used", "entries", "inserted", "is_complete", "may_repeat", "order", "table")  # fmt: skip

    def __init__(self, expected: int = 0) -> None:
        """Room for ``expected`` values at once; more come as they may."""
        depth = max(0, (expected // (SEGMENT_ENTRIES_MAX * 3 // 4)).bit_length())
        segments = 1 << depth
        self._counts = np.zeros(segments, dtype=np.int32)
        self._depths = np.full(segments, depth, dtype=np.int32)
        places = segments * SEGMENT_ROWS
        self._hashes: Numbers = grown(np.empty(0, dtype=np.int64), 0, places, _PLACES_MAX)
        self._payloads: NDArray[np.int32] = grown(np.empty(0, dtype=np.int32), 0, places, _PLACES_MAX)
        self._payloads[:places] = 0
        self._postings = np.zeros((0, 2), dtype=np.int32)
        self._postings_used = np.zeros(1, dtype=np.int64)
        self._used = segments
        self._free: list[int] = []
        self._retired: deque[tuple[weakref.ref[IndexTable], list[int]]] = deque()
        self.entries = 0
        self.is_complete = True
        """False while what was there before the index is still being inserted: it cannot be sought in."""
        self.order = Order()
        self.inserted: list[tuple[Numbers, Numbers]] | None = None
        """While a successor is being built: what is inserted meanwhile, hashes and nodes."""
        self.may_repeat = False
        """True once a node was inserted other than when it was created, or under an id that was used before: it may
        be found twice for one value."""
        self.table = self._table(np.arange(segments, dtype=np.int32))

    def insert(self, hashes: Numbers, nodes: Numbers) -> None:
        """Add the nodes under the hashes, both (rows,)."""
        old = self.table
        directory = old.directory
        retired: list[int] = []
        row, rows = 0, len(nodes)
        self.entries += rows
        if self.inserted is not None:
            self.inserted.append((hashes, nodes))
        while True:
            row = insert_nodes(
                directory, self._hashes, self._payloads, self._counts, self._postings, self._postings_used,
                hashes, nodes, row,
            )  # fmt: skip
            if row == rows:
                break
            segment = int(directory[(int(hashes[row]) >> SEGMENT_BITS) & (len(directory) - 1)])
            if self._counts[segment] >= SEGMENT_ENTRIES_MAX:
                if directory is old.directory:
                    directory = directory.copy()
                directory = self._split(directory, segment)
                retired.append(segment)
            if int(self._postings_used[0]) == len(self._postings):
                self._grow_postings()
        if directory is not old.directory or self._hashes is not old.hashes or self._postings is not old.postings:
            self._retired.append((weakref.ref(old), retired))
            self.table = self._table(directory)

    @property
    def per_value(self) -> float:
        """How many elements stand under a value, on average: each but the first has a posting."""
        values = self.entries - int(self._postings_used[0])
        return self.entries / values if values > 0 else 1.0

    def survivor(self) -> "PropertyIndex":
        """This index, for the versions that go on after a commit has failed: what the failed one left in it may be
        found twice when its ids are used again. Nothing is inserted into this one any more."""
        index = copy.copy(self)
        index.inserted = None
        index.may_repeat = True
        index.order = Order()
        return index

    def _table(self, directory: NDArray[np.int32]) -> IndexTable:
        return IndexTable(directory, self._hashes, self._payloads, self._postings)

    def _split(self, directory: NDArray[np.int32], segment: int) -> NDArray[np.int32]:
        low, high = self._allocate(), self._allocate()
        depth = int(self._depths[segment])
        split_segment(self._hashes, self._payloads, self._counts, segment, low, high, depth)
        self._depths[low] = self._depths[high] = depth + 1
        if 1 << depth == len(directory):
            directory = np.concatenate((directory, directory))
        places = np.flatnonzero(directory == segment)
        directory[places] = np.where((places >> depth) & 1, high, low)
        return directory

    def _allocate(self) -> int:
        while self._retired and self._retired[0][0]() is None:
            self._free.extend(self._retired.popleft()[1])
        if self._free:
            segment = self._free.pop()
        else:
            segment = self._used
            if segment in (len(self._counts), len(self._hashes) >> SEGMENT_BITS, len(self._payloads) >> SEGMENT_BITS):
                self._grow_segments()
            self._used += 1
        self._counts[segment] = 0
        self._payloads[segment * SEGMENT_ROWS : (segment + 1) * SEGMENT_ROWS] = 0
        return segment

    def _grow_segments(self) -> None:
        used = self._used * SEGMENT_ROWS
        if used == len(self._hashes):
            self._hashes = grown(self._hashes, used, 2 * used, _PLACES_MAX)
        if used == len(self._payloads):
            self._payloads = grown(self._payloads, used, 2 * used, _PLACES_MAX)
        if self._used == len(self._counts):
            self._counts = np.concatenate((self._counts, np.zeros_like(self._counts)))
            self._depths = np.concatenate((self._depths, np.zeros_like(self._depths)))

    def _grow_postings(self) -> None:
        """Postings and payloads are replaced together, so that no payload a reader sees points beyond its postings."""
        used, places = int(self._postings_used[0]), self._used * SEGMENT_ROWS
        postings = np.empty((max(2 * used, self.entries // 4, 64), 2), dtype=np.int32)  # what is not written is free
        postings[:used] = self._postings[:used]
        self._postings = postings
        self._payloads = grown(self._payloads, places, places, _PLACES_MAX)


def hash_column(column: Column) -> Hashed:
    """(rows,) hash of each value and what can be found at all: not NULL, not NaN; an empty mask means all.

    Equal values have equal hashes: 1 and 1.0 do. Equality is openCypher's.
    """
    valid = NO_VALIDITY if column.valid is None else column.valid
    kind = column.kind
    if kind is Kind.STRING:
        data = EMPTY_DATA if column.data is None else column.data
        return hash_texts(np.ascontiguousarray(column.values, dtype=np.int64), valid, data), valid
    if kind is Kind.OBJECT:
        return _hash_objects(column.to_values())
    if kind is Kind.FLOAT:
        values = np.ascontiguousarray(column.values, dtype=np.float64)
        whole = (values == np.floor(values)) & (np.abs(values) < 2.0**63)
        numbers = values.view(np.int64).copy()
        numbers[whole] = values[whole].astype(np.int64)
        is_nan = np.isnan(values)
        if is_nan.any():
            valid = ~is_nan if len(valid) == 0 else valid & ~is_nan
        return hash_numbers(numbers), valid
    if kind is Kind.BOOL:
        return np.where(column.values, np.int64(_TRUE), np.int64(_FALSE)), valid
    return hash_numbers(np.ascontiguousarray(column.values, dtype=np.int64)), valid


def hash_columns(columns: Sequence[Column]) -> Hashed:
    """As ``hash_column``, of the values of a row together; a row with a NULL cannot be found."""
    hashes, valid = hash_column(columns[0])
    for column in columns[1:]:
        more, also = hash_column(column)
        hashes = hash_numbers(hashes * np.int64(31) + more)
        if len(also):
            valid = also if len(valid) == 0 else valid & also
    return hashes, valid


def _hash_objects(values: list[Value]) -> Hashed:
    """Values of mixed kinds: each kind that has a column by that, others by their grouping key."""
    hashes = np.zeros(len(values), dtype=np.int64)
    valid = np.ones(len(values), dtype=np.bool_)
    by_type: dict[type, list[int]] = {}
    for row, value in enumerate(values):
        by_type.setdefault(type(value), []).append(row)
    for type_, rows in by_type.items():
        if type_ is type(None):
            valid[rows] = False
        elif type_ in (bool, int, float, str):
            hashes[rows], found = hash_column(Column.from_values([values[row] for row in rows]))
            if len(found):
                valid[rows] = found
        else:
            hashes[rows] = [hash(grouping_key(values[row])) for row in rows]
    return hashes, valid

"""The order of a property index: its elements by value, made when a range is first asked for.

Like the index, an order holds candidates: which elements *may* have a value in the range. It is made from one version,
and holds for that and later ones: what commits insert afterwards stands in a journal, which each seek takes whole until
it has grown so much that a seek makes the order anew. A version older than the order cannot use it and scans. Where
nobody asks for long, both are let go.

    numbers   by their value as a float         texts   by their first 64 bytes         others   by their order key

Each value is in one of the three; values of different sorts cannot be compared, and a range in one finds nothing in the
others. Bounds are taken as inclusive, and floats and first bytes are coarser than values, so a range gives too much
rather than too little.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from memgraph_py.columnar import STRING_LENGTH_MASK, Column
from memgraph_py.kernels.sorting import places_in_order
from memgraph_py.storage.composite_order import CompositeOrder
from memgraph_py.storage.order_words import (
    NO_IDS,
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
from memgraph_py.values.comparison import order_key
from memgraph_py.values.types import Value

__all__ = ["InOrder", "Order", "Ordered", "RangeBounds", "VersionReader"]

_JOURNAL_ROWS = 1_024
"""So many elements, and a sixteenth of those in order, may stand in the journal."""
_FEW_ROWS = 1_024
"""So many elements, and a sixteenth of those in order, are worth to be taken out of order, for each row of bounds."""
_UNUSED_ROWS = 65_536
"""Once the journal is by so much longer than the order, nobody has asked for a range for long."""


class InOrder(NamedTuple):
    """Elements in order: ids by the piece, some of which have lost their value or label; ``aside``, ascending, those
    that were written since, whose place nobody knows, and which are not to be taken from the pieces. known: how many
    have a value, where nothing was written since; else -1."""

    pieces: Iterator[Numbers]
    aside: Numbers
    known: int


def _rank(value: Value) -> int:
    rank = order_key(value)[0]
    assert isinstance(rank, int), "each key begins with that of its sort"
    return rank


_RANKS = {NUMBERS: _rank(0), TEXTS: _rank("")}
"""Where values of a sort stand in openCypher's order of all values."""


class Order:
    """The order of one index, if any has asked for it. Insertions come from one thread at a time, seeks from any."""

    __slots__ = ("_journal", "_journal_rows", "_lock", "_making", "_newest", "_ordered")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._newest = 0
        """The version of the last commit that inserted something."""
        self._ordered: AnyOrder | None = None
        self._journal: list[tuple[int, Numbers]] | None = None
        """Version and ids of what was inserted since the order was asked for; both go with the same lock."""
        self._journal_rows = 0

    def add(self, version: int, ids: Numbers) -> None:
        """What the commit of this version inserted into the index."""
        with self._lock:
            self._newest = version
            if self._journal is not None:
                self._journal.append((version, ids))
                self._journal_rows += len(ids)
                if self._journal_rows > _UNUSED_ROWS + (len(self._ordered) if self._ordered is not None else 0):
                    self._ordered = self._journal = None  # nobody asks any more

    def candidates(self, reader: "VersionReader", bounds: RangeBounds) -> tuple[Numbers, Numbers] | None:
        """(matches,) rows of the bounds, and elements that may be within, some of them twice. None where there is no
        order for this version, or a large part of it is within: then scan, which is as fast and leaves ids in order."""
        found = self._newest_for(reader)
        if found is None:
            return None
        ordered, since = found
        within = ordered.find(bounds, bounds.rows * (_FEW_ROWS + len(ordered) // 16))
        if within is None:
            return None
        rows, ids = within
        if len(since):
            count = bounds.rows
            rows = np.concatenate((rows, np.repeat(np.arange(count, dtype=np.int64), len(since))))
            ids = np.concatenate((ids, np.tile(since, count)))
        return rows, ids

    def whole(self, reader: "VersionReader") -> "tuple[Ordered, Numbers] | None":
        """The order of one property and what was inserted since; None where there is none for this version."""
        found = self._newest_for(reader)
        if found is None or not isinstance(found[0], Ordered):
            return None
        return found[0], found[1]

    def _newest_for(self, reader: "VersionReader") -> "tuple[AnyOrder, Numbers] | None":
        """The order and what was inserted since, made anew where that is much."""
        found = self._for_version(reader.version)
        if found is None or len(found[1]) > _JOURNAL_ROWS + len(found[0]) // 16:
            self._make(reader)
            found = self._for_version(reader.version) or found
        return found

    def _for_version(self, version: int) -> "tuple[AnyOrder, Numbers] | None":
        """The order and what was inserted since; None where it is younger than the version, or there is none."""
        with self._lock:
            ordered = self._ordered
            if ordered is None or version < ordered.version:
                return None
            assert self._journal is not None, "they come and go together"
            parts = [ids for inserted_in, ids in self._journal if inserted_in > ordered.version]
        return ordered, np.concatenate(parts) if parts else NO_IDS

    def _make(self, reader: "VersionReader") -> None:
        """The order of the reader's version, where everything inserted later is known, and nobody else makes one."""
        if not self._making.acquire(blocking=False):
            return
        try:
            with self._lock:
                if self._journal is None:
                    if reader.version < self._newest:
                        return  # what was inserted meanwhile stands nowhere
                    self._journal, self._journal_rows = [], 0
                elif self._ordered is not None and reader.version < self._ordered.version:
                    return
            try:
                ordered = _made(reader)
            except BaseException:
                with self._lock:
                    if self._ordered is None:
                        self._journal = None
                raise
            with self._lock:
                if self._journal is not None:  # it has become too long meanwhile
                    self._ordered = ordered
                    self._journal = [entry for entry in self._journal if entry[0] > ordered.version]
                    self._journal_rows = sum(len(ids) for _, ids in self._journal)
        finally:
            self._making.release()


class VersionReader(Protocol):
    """One version of what is indexed."""

    @property
    def version(self) -> int: ...

    def read(self) -> tuple[Numbers, Sequence[Column]]:
        """All elements that the index is on, and the values of each property."""
        ...


def _made(reader: VersionReader) -> "AnyOrder":
    ids, values = reader.read()
    if len(values) > 1:
        return CompositeOrder.of(reader.version, ids, values)
    return Ordered.of(reader.version, ids, values[0])


class Ordered:
    """The elements of one version by value."""

    __slots__ = ("_runs", "version")

    def __init__(self, version: int, runs: tuple["_WordRun", "_WordRun", "_KeyRun"]) -> None:
        self.version = version
        self._runs = runs

    @staticmethod
    def of(version: int, ids: Numbers, values: Column) -> "Ordered":
        """ids, values: (elements,); those whose value is NULL are left out."""
        parts = Parts.of(values)
        lengths = parts.texts.values & STRING_LENGTH_MASK
        words = min(WORDS_MAX, max(1, (int(lengths.max(initial=0)) + 7) // 8))
        numbers = _WordRun.of(NUMBERS, number_words(parts.numbers), ids[parts.rows[NUMBERS]])
        texts = _WordRun.of(TEXTS, text_words(parts.texts, words, pad=False), ids[parts.rows[TEXTS]])
        return Ordered(version, (numbers, texts, _KeyRun.of(parts.others, ids[parts.rows[OTHERS]])))

    def __len__(self) -> int:
        return sum(len(run.ids) for run in self._runs)

    def find(self, bounds: RangeBounds, matches_max: int) -> tuple[Numbers, Numbers] | None:
        """(matches,) rows of the bounds and elements that may be within; None where they are more than so many."""
        if bounds.lower is None and bounds.upper is None:
            matches_max = bounds.rows * len(self)  # to be there is enough
        found = [(NO_IDS, NO_IDS)]
        matches = 0
        for sort, rows, begin, end in self._spans(bounds):
            matches += int(np.maximum(end - begin, 0).sum())
            if matches > matches_max:
                return None
            found.append(spread(rows, begin, end, self._runs[sort].ids))
        return np.concatenate([rows for rows, _ in found]), np.concatenate([ids for _, ids in found])

    def _spans(self, bounds: RangeBounds) -> Iterator[tuple[int, Numbers, Numbers, Numbers]]:
        """Of each sort the rows of bounds that are of this sort, and where what is within begins and ends."""
        lower = None if bounds.lower is None else Parts.of(bounds.lower)
        upper = None if bounds.upper is None else Parts.of(bounds.upper)
        for sort in (NUMBERS, TEXTS, OTHERS):
            run: _WordRun | _KeyRun = self._runs[sort]
            if len(run.ids) == 0 or (bounds.is_prefix and sort != TEXTS):
                continue
            sides = [side.rows[sort] for side in (lower, upper) if side is not None]
            if not sides:
                rows = np.arange(bounds.rows, dtype=np.int64)
            else:
                rows = sides[0] if len(sides) == 1 else np.intersect1d(sides[0], sides[1], assume_unique=True)
            begin = np.zeros(len(rows), dtype=np.int64)
            end = np.full(len(rows), len(run.ids), dtype=np.int64)
            if lower is not None:
                begin = run.places(lower, rows, after=False)
                if bounds.is_prefix:
                    end = run.places(lower, rows, after=True, pad=True)
            if upper is not None:
                end = run.places(upper, rows, after=True)
            yield sort, rows, begin, end

    def pieces(self, bounds: RangeBounds, sizes: Iterator[int], *, descending: bool) -> Iterator[Numbers]:
        """Ids of what may be within the bounds, of one row: what one piece has stands before what the next one has.
        sizes: of the pieces; more where there are equal values."""
        parts = []
        for sort, rows, begin, end in self._spans(bounds):
            run = self._runs[sort]
            if len(rows):
                parts += [(run, *part) for part in _by_rank(run, int(begin[0]), int(end[0]))]
        parts.sort(key=lambda part: part[3], reverse=descending)
        for run, start, stop, _ in parts:
            while start < stop:
                size = next(sizes)
                if descending:
                    cut = start if stop - start <= size else max(start, run.first_equal(stop - size))
                    yield run.ids[cut:stop]
                    stop = cut
                else:
                    cut = stop if stop - start <= size else min(stop, run.last_equal(start + size - 1) + 1)
                    yield run.ids[start:cut]
                    start = cut


def _by_rank(run: "_WordRun | _KeyRun", start: int, stop: int) -> list[tuple[int, int, int]]:
    """(start, stop, rank) of the parts of a run: numbers and texts have one, other values stand before or behind."""
    if isinstance(run, _WordRun):
        return [(start, stop, _RANKS[run.sort])]
    cuts = [start, *(bisect_left(run.keys, (rank,), start, stop) for rank in sorted(_RANKS.values())), stop]
    return [(low, high, run.keys[low][0]) for low, high in pairwise(cuts) if low < high]


@dataclass(frozen=True, slots=True, eq=False)
class _WordRun:
    """Numbers or texts, as ``sort`` says. words: (words, elements), ascending."""

    sort: int
    words: Numbers
    ids: Numbers

    @staticmethod
    def of(sort: int, words: Numbers, ids: Numbers) -> "_WordRun":
        order = np.argsort(words[0], kind="stable") if len(words) == 1 else np.lexsort(words[::-1])
        return _WordRun(sort, np.ascontiguousarray(words[:, order]), ids[order])

    def places(self, bounds: Parts, rows: Numbers, *, after: bool, pad: bool = False) -> Numbers:
        """(rows,) how many elements come before the bounds of these rows, or (``after``) not after them; ``pad``: not
        after all that begins with them."""
        if self.sort == NUMBERS:
            sought = number_words(bounds.numbers)
        else:
            sought = text_words(bounds.texts, len(self.words), pad=pad)
        sought = np.ascontiguousarray(sought[:, np.searchsorted(bounds.rows[self.sort], rows)])
        return places_in_order(self.words, sought, after)

    def first_equal(self, place: int) -> int:
        """The first place whose value may be equal to the one at this place."""
        return int(places_in_order(self.words, np.ascontiguousarray(self.words[:, place : place + 1]), False)[0])

    def last_equal(self, place: int) -> int:
        """The last one."""
        return int(places_in_order(self.words, np.ascontiguousarray(self.words[:, place : place + 1]), True)[0]) - 1


@dataclass(frozen=True, slots=True, eq=False)
class _KeyRun:
    """Other values by the beginning of their order keys, ascending."""

    keys: list[tuple[Any, ...]]
    ids: Numbers

    @staticmethod
    def of(values: list[Value], ids: Numbers) -> "_KeyRun":
        keys = list(map(key_of, values))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return _KeyRun([keys[row] for row in order], ids[np.array(order, dtype=np.int64)])

    def places(self, bounds: Parts, rows: Numbers, *, after: bool, pad: bool = False) -> Numbers:
        """As for words; there are no prefixes here."""
        bisect = bisect_right if after else bisect_left
        sought = [bounds.others[place] for place in np.searchsorted(bounds.rows[OTHERS], rows).tolist()]
        return np.fromiter((bisect(self.keys, key_of(value)) for value in sought), dtype=np.int64, count=len(sought))

    def first_equal(self, place: int) -> int:
        """As for words."""
        return bisect_left(self.keys, self.keys[place])

    def last_equal(self, place: int) -> int:
        """As for words."""
        return bisect_right(self.keys, self.keys[place]) - 1


AnyOrder: TypeAlias = Ordered | CompositeOrder

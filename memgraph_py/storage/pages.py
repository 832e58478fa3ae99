"""Arrays in chunks of 4,096 rows that are copied to be changed, and arrays that only grow.

    version 7   table [ 0  1  2 ]          buffer  | slot 0 | slot 1 | slot 2 | slot 3 |
    version 8   table [ 0  3  2 ]                  chunk 1 was changed: slot 3 is its copy

A reader holds a ``Pages``: a table, and a buffer of slots that never change for the rows it can see. The writer (one at
a time, under the commit lock) edits through a ``PagesEditor``: rows that no reader can see are written in place,
a chunk with visible rows is first copied into a free slot, once per commit, and a new table names the copy. A chunk
whose last row went away leaves the table. A slot that a table no longer names is free once no ``Pages`` that named it
is alive: those made from its birth to its retirement. So a reader that stays keeps the slots of its own version, and
none that came and went meanwhile. A buffer that is full is copied into a larger one (``room.py``); old versions keep
the old one, whose visible rows stay as they are. One with many free slots is left for a smaller one
(``compaction.py``).
"""

import weakref
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import EMPTY_DATA, Column
from memgraph_py.kernels.chunks import (
    CHUNK_BITS,
    CHUNK_MASK,
    CHUNK_ROWS,
    copy_texts,
    positions,
    read_states,
    text_bytes,
)
from memgraph_py.kernels.sorting import counted
from memgraph_py.storage.room import grown

Buffer: TypeAlias = NDArray[Any]
"""Of the type that its pool was made with."""
NO_VALIDITY = np.zeros(0, dtype=np.bool_)
_SWEEP_MIN = 16
_TEXT_BYTES_MAX = 1 << 38
"""More than any machine has, and four hundred columns of it fit into the address space."""


class Pool:
    """The slots of one chunked array, shared by its versions; ``fill`` is what a row holds that was never written.

    ``retired`` has an entry for each version that was followed by another: the version, its number, and the slots that
    its follower no longer names. They are in order, so the first entry's slots are free once its version is gone.
    """

    __slots__ = ("_born", "_sweep_at", "buffer", "elder", "epoch", "fill", "free", "has_validity", "newest", "retired",
                 "used", "validity")  # fmt: skip

    def __init__(self, dtype: np.dtype[Any], fill: int | None, *, has_validity: bool, slots: int = 0) -> None:
        self.fill = fill
        self.has_validity = has_validity
        self.buffer: Buffer = np.empty(0, dtype=dtype)
        self.validity = NO_VALIDITY
        self.used = 0
        self.epoch = 0
        """Number of the newest version."""
        self.newest: weakref.ref[Pages] | None = None
        self.free: list[int] = []
        self.retired: deque[tuple[weakref.ref[Pages], int, list[int]]] = deque()
        self.elder: list[weakref.ref[Pages]] = []
        """Versions of the pool that this one has followed."""
        self._born: list[int] = []
        self._sweep_at = _SWEEP_MIN
        if slots:
            self._grow(slots)

    def allocate(self, *, is_filled: bool = True) -> int:
        """A slot whose rows are all ``fill`` and not valid, for the next version to name; not ``is_filled``: the caller
        writes them all."""
        self.collect()
        if not self.free and len(self.retired) >= self._sweep_at:
            self.sweep()
        if self.free:
            slot = self.free.pop()
            self._born[slot] = self.epoch + 1
        else:
            slot = self.used
            if (slot + 1) << CHUNK_BITS > len(self.buffer):
                self._grow(slot + 1)
            self.used += 1
            self._born.append(self.epoch + 1)
        if not is_filled:
            return slot
        start = slot << CHUNK_BITS
        self.buffer[start : start + CHUNK_ROWS] = self.fill
        if self.has_validity:
            self.validity[start : start + CHUNK_ROWS] = False
        return slot

    def copied(self, slot: int) -> int:
        """A slot with the rows of this one, for the next version to name."""
        copy = self.allocate(is_filled=False)
        source, target = slot << CHUNK_BITS, copy << CHUNK_BITS
        self.buffer[target : target + CHUNK_ROWS] = self.buffer[source : source + CHUNK_ROWS]
        if self.has_validity:
            self.validity[target : target + CHUNK_ROWS] = self.validity[source : source + CHUNK_ROWS]
        return copy

    def collect(self) -> None:
        """Frees the slots of the oldest versions that are gone."""
        while self.retired and self.retired[0][0]() is None:
            self.release(self.retired.popleft()[2])

    def sweep(self) -> None:
        """Frees every slot that no living version names, also those that came and went while an older one stayed."""
        alive = [(ref() is not None, ref, epoch, slots) for ref, epoch, slots in self.retired]
        epochs = [epoch for lives, _, epoch, _ in alive if lives]
        self.retired = deque()
        for lives, ref, epoch, slots in alive:
            held = []
            for slot in slots:
                first = bisect_left(epochs, self._born[slot])
                if first < len(epochs) and epochs[first] <= epoch:
                    held.append(slot)
                else:
                    self.release((slot,))
            if lives or held:
                self.retired.append((ref, epoch, held))
        self._sweep_at = max(2 * len(self.retired), _SWEEP_MIN)

    def release(self, slots: Iterable[int]) -> None:
        """No version names the slots."""
        for slot in slots:
            if self.fill is None:  # what a free slot refers to would live on
                self.buffer[slot << CHUNK_BITS : (slot + 1) << CHUNK_BITS] = None
            self.free.append(slot)

    def older_versions(self) -> list["Pages"]:
        """Those that are alive and were followed by another."""
        versions = [ref() for ref, _, _ in self.retired] + [ref() for ref in self.elder]
        return [pages for pages in versions if pages is not None]

    def publish(self, table: NDArray[np.int32]) -> "Pages":
        """The next version."""
        self.epoch += 1
        pages = Pages(self, table)
        self.newest = weakref.ref(pages)
        return pages

    def recover(self, good: "Pages") -> "Pages":
        """After commits have failed: ``good`` as the newest version. What the failed ones took is free, but for what
        readers on them still hold."""
        newest = (good if self.newest is None else self.newest()) or good
        versions = {id(pages): pages for pages in (*self.older_versions(), newest, good) if pages.pool is self}
        others = sorted(versions.values(), key=lambda pages: pages.epoch)
        named = {int(slot) for pages in others for slot in pages.table[pages.table >= 0]}
        held = named.difference(good.table.tolist())
        self.free.clear()
        self.release(slot for slot in range(self.used) if slot not in named)
        self.retired = deque((weakref.ref(pages), pages.epoch, []) for pages in others[:-1])
        self.retired.append((weakref.ref(others[-1]), self.epoch, sorted(held)))
        return self.publish(good.table)

    def _grow(self, slots: int) -> None:
        used = self.used << CHUNK_BITS
        self.buffer = grown(self.buffer, used, slots << CHUNK_BITS)
        if self.has_validity:
            self.validity = grown(self.validity, used, len(self.buffer))


class Pages:
    """One version of a chunked array: what readers hold."""

    __slots__ = ("__weakref__", "buffer", "epoch", "pool", "table", "validity")

    def __init__(self, pool: Pool, table: NDArray[np.int32]) -> None:
        self.pool = pool
        self.epoch = pool.epoch
        self.buffer = pool.buffer
        self.validity = pool.validity
        self.table = table

    @staticmethod
    def empty(dtype: np.dtype[Any], fill: int | None, *, has_validity: bool) -> "Pages":
        """An array without rows."""
        return Pool(dtype, fill, has_validity=has_validity).publish(np.zeros(0, dtype=np.int32))

    def with_copy_of(self, chunk: int) -> "Pages":
        """The next version, where this is the newest, with a copy of one chunk that is there, for the commit to write
        in: in half the time of an editor."""
        pool, table = self.pool, self.table.copy()
        slot: int = table.item(chunk)
        table[chunk] = pool.copied(slot)
        pool.retired.append((weakref.ref(self), self.epoch, [slot]))
        return pool.publish(table)

    def is_written(self) -> bool:
        """False where there is no row at all."""
        return bool((self.table >= 0).any())

    def chunks(self) -> NDArray[np.int64]:
        """Numbers of the chunks that were written, ascending."""
        return np.flatnonzero(self.table >= 0)

    def written_ids(self, bound: int) -> NDArray[np.int64]:
        """The ids below the bound whose chunk was written, ascending."""
        starts = self.chunks() << CHUNK_BITS
        ids: NDArray[np.int64] = (starts[:, np.newaxis] + np.arange(CHUNK_ROWS, dtype=np.int64)).ravel()
        return ids[: np.searchsorted(ids, bound)]

    def alive_ids(self, bound: int, live: int) -> NDArray[np.int64]:
        """The ids below the bound that have a state, not -1, ascending; they are ``live``."""
        if live == bound:
            return np.arange(bound, dtype=np.int64)
        ids = self.written_ids(bound)
        return ids[read_states(self.buffer, self.table, ids, bound) >= 0]


class PagesEditor:
    """Changes one chunked array within one commit; ``finish`` gives the new version."""

    __slots__ = ("_copied", "_pages", "_retired", "_table", "has_removed", "pool")

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.pool = pages.pool
        self._table = pages.table
        self._copied: set[int] = set()
        self._retired: list[int] = []
        self.has_removed = False
        """True once a chunk was removed."""

    @property
    def table(self) -> NDArray[np.int32]:
        """Slots by chunk, as edited so far."""
        return self._table

    def positions(self, ids: NDArray[np.int64], *, is_new: bool) -> NDArray[np.int64]:
        """Where to write these rows in ``pool.buffer`` and ``pool.validity``, which may be others than before the call.

        is_new: no reader can see the rows, so they are written where they stand.
        """
        chunks = [int(ids[0]) >> CHUNK_BITS] if len(ids) == 1 else _chunks_of(ids)
        if chunks[-1] >= len(self._table):
            self._grow_table(chunks[-1] + 1)
        for chunk in chunks:
            if self._table[chunk] < 0:
                self._own_table()
                self._table[chunk] = self.pool.allocate()
                self._copied.add(chunk)
            elif not is_new and chunk not in self._copied:
                self._copy(chunk)
        if len(ids) == 1:
            return np.array((self._table.item(chunks[0]) << CHUNK_BITS | int(ids[0]) & CHUNK_MASK,))
        return positions(self._table, ids, len(self._table) << CHUNK_BITS)

    def remove(self, chunk: int) -> None:
        """The chunk is as if never written."""
        self.has_removed = True
        self._own_table()
        if chunk in self._copied:
            self._copied.discard(chunk)
            self.pool.release((int(self._table[chunk]),))
        else:
            self._retired.append(int(self._table[chunk]))
        self._table[chunk] = -1

    def finish(self) -> Pages:
        """The version that holds the changes; the same one where only rows that nobody sees were written."""
        pages, pool = self._pages, self.pool
        if self._table is pages.table and pool.buffer is pages.buffer:
            return pages
        pool.retired.append((weakref.ref(pages), pages.epoch, self._retired))
        return pool.publish(self._table)

    def _copy(self, chunk: int) -> None:
        old = int(self._table[chunk])
        self._own_table()
        self._table[chunk] = self.pool.copied(old)
        self._retired.append(old)
        self._copied.add(chunk)

    def _own_table(self) -> None:
        if self._table is self._pages.table:
            self._table = self._table.copy()

    def _grow_table(self, chunks: int) -> None:
        table = np.full(max(2 * len(self._table), chunks, 4), -1, dtype=np.int32)
        table[: len(self._table)] = self._table
        self._table = table


def outside_chunks(ids: NDArray[np.int64], chunks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The ids without those of these chunks, which are ascending."""
    if len(chunks) == 0:
        return ids
    is_left_out = np.zeros(int(chunks[-1]) + 2, dtype=np.bool_)  # the last one stands for all chunks behind them
    is_left_out[chunks] = True
    kept: NDArray[np.int64] = ids[~is_left_out[np.minimum(ids >> CHUNK_BITS, len(is_left_out) - 1)]]
    return kept


def _chunks_of(ids: NDArray[np.int64]) -> list[int]:
    """The chunks of ids without repetition, ascending."""
    low, high = int(ids.min()), int(ids.max())
    if low >> CHUNK_BITS == high >> CHUNK_BITS:
        return [low >> CHUNK_BITS]
    if high - low == len(ids) - 1:  # all from the lowest to the highest
        return list(range(low >> CHUNK_BITS, (high >> CHUNK_BITS) + 1))
    chunks: list[int] = counted(ids >> CHUNK_BITS)[0].tolist()
    return chunks


class Growing:
    """An array of numbers that only grows, by doubling; whoever holds ``array`` keeps what it could see."""

    __slots__ = ("array", "length")

    def __init__(self, dtype: type[np.generic] | np.dtype[Any], columns: int = 0) -> None:
        self.array: Buffer = np.empty((0, columns) if columns else 0, dtype=dtype)
        self.length = 0

    def reserve(self, length: int) -> Buffer:
        """The array, with room for so many rows; those not yet written are zero."""
        if length > len(self.array):
            array = np.zeros((max(length, 2 * len(self.array), 64), *self.array.shape[1:]), dtype=self.array.dtype)
            array[: self.length] = self.array[: self.length]
            self.array = array
        return self.array

    def extend(self, values: Buffer) -> None:
        """Append the values."""
        end = self.length + len(values)
        self.reserve(end)[self.length : end] = values
        self.length = end


class StringHeap:
    """UTF-8 bytes of all strings of a store or transaction; append-only: a handle is good in every later ``data``."""

    __slots__ = ("data", "used")

    def __init__(self) -> None:
        self.data: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        self.used = 0

    def reserve(self, size: int) -> None:
        """Room for ``size`` more bytes."""
        if self.used + size > len(self.data):
            self.data = grown(self.data, self.used, max(self.used + size, 4096), _TEXT_BYTES_MAX)

    def append(self, column: Column) -> NDArray[np.int64]:
        """Copies the strings of a column of kind STRING; gives their handles here, 0 where NULL."""
        valid = NO_VALIDITY if column.valid is None else column.valid
        values = np.ascontiguousarray(column.values, dtype=np.int64)
        size = text_bytes(values, valid)
        self.reserve(size)
        handles = copy_texts(values, valid, EMPTY_DATA if column.data is None else column.data, self.data, self.used)
        self.used += size
        return handles

"""One property of all nodes, or of all relationships: a chunk of rows holds values of one kind.

A chunk that gets a value of another kind becomes one of kind OBJECT, so reading never converts: a column whose chunks
are all of one kind is read in one kernel, others are read kind by kind and joined as OBJECT.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import DTYPES, Column, Kind
from memgraph_py.kernels.chunks import (
    CHUNK_BITS,
    CHUNK_ROWS,
    count_valid,
    positions,
    read_values,
    stored_text_bytes,
    text_bytes,
)
from memgraph_py.kernels.sorting import counted
from memgraph_py.storage.pages import NO_VALIDITY, Pages, PagesEditor, StringHeap, outside_chunks

_EIGHT_BYTES = frozenset((Kind.INT, Kind.FLOAT, Kind.STRING))


class PropertyColumn:
    """One version of a property: what readers hold. ``pages`` by kind; no chunk is in two of them."""

    __slots__ = ("heap", "only", "pages", "text_bytes")

    def __init__(self, pages: dict[Kind, Pages], heap: StringHeap, text_bytes: int = 0) -> None:
        self.pages = pages
        self.heap = heap
        self.text_bytes = text_bytes
        """Bytes of the strings that are there; the rest of the heap is of older versions, or garbage."""
        self.only: Kind | None = next(iter(pages)) if len(pages) == 1 else None
        """The one kind there is, or None where there are several, or no value at all."""

    def read(self, ids: NDArray[np.int64], count: int) -> Column:
        """(rows,) values, NULL where absent and for ids below 0 or from ``count`` on. Text is not copied."""
        if self.only is not None:
            return self._read_kind(self.only, ids, count)
        parts = [self._read_kind(kind, ids, count) for kind in self.pages]
        filled = [part for part in parts if not part.is_all_null()]
        if len(filled) <= 1:
            return filled[0] if filled else Column.nulls(len(ids))
        values: NDArray[np.object_] = np.full(len(ids), None, dtype=object)
        valid = np.zeros(len(ids), dtype=np.bool_)
        for part in filled:
            rows = np.flatnonzero(part.validity())
            for row, value in zip(rows.tolist(), part.take(rows).to_values(), strict=True):
                values[row] = value
            valid[rows] = True
        return Column(Kind.OBJECT, values, None if valid.all() else valid)

    def may_have(self, ids: NDArray[np.int64]) -> bool:
        """False where no chunk of the ids was ever written."""
        if len(ids) == 1:  # the short way for one element
            chunk = int(ids[0]) >> CHUNK_BITS
            return chunk >= 0 and any(
                chunk < len(pages.table) and pages.table[chunk] >= 0 for pages in self.pages.values()
            )
        chunks = ids[ids >= 0] >> CHUNK_BITS
        for pages in self.pages.values():
            inside = chunks[chunks < len(pages.table)]
            if (pages.table[inside] >= 0).any():
                return True
        return False

    def _read_kind(self, kind: Kind, ids: NDArray[np.int64], count: int) -> Column:
        pages = self.pages[kind]
        if kind in _EIGHT_BYTES:
            buffer = pages.buffer.view(np.int64) if kind is Kind.FLOAT else pages.buffer
            values, valid, nulls = read_values(buffer, pages.validity, pages.table, ids, count)
            if kind is Kind.FLOAT:
                values = values.view(np.float64)
            return Column(kind, values, valid if nulls else None, self.heap.data if kind is Kind.STRING else None)
        if len(pages.buffer) == 0:
            return Column.nulls(len(ids))
        places = positions(pages.table, ids, count)
        absent = places < 0
        places[absent] = 0
        valid = pages.validity[places]
        valid[absent] = False
        values = pages.buffer[places]
        if kind is Kind.OBJECT:
            values[~valid] = None
        return Column(kind, values, None if valid.all() else valid)


class ColumnEditor:
    """Changes one property within one commit; ``finish`` gives the new version."""

    __slots__ = ("_column", "_editors", "_heap", "_text_bytes")

    def __init__(self, column: PropertyColumn) -> None:
        self._column = column
        self._heap = column.heap
        self._text_bytes = column.text_bytes
        self._editors = {kind: PagesEditor(pages) for kind, pages in column.pages.items()}

    def write(self, ids: NDArray[np.int64], values: Column, *, is_new: bool) -> None:
        """Set, or remove where NULL; ids (rows,) without repetition. is_new: no reader can see the rows."""
        if values.valid is not None:
            self.clear(ids[~values.valid])
            ids, values = ids[values.valid], values.take(values.valid)
            values.valid = None
        if len(ids) == 0:
            return
        if values.kind is Kind.OBJECT:
            values = Column.from_values(values.to_values())
        assert values.kind not in (Kind.NODE, Kind.RELATIONSHIP), "an element is no property value"
        if len(self._editors) > (values.kind in self._editors):
            ids, values = self._write_mixed(ids, values, is_new=is_new)
        self._write_kind(values.kind, ids, values, is_new=is_new)

    def clear(self, ids: NDArray[np.int64]) -> None:
        """Remove the values of these rows (ids without repetition); a chunk without values is as if never written."""
        for kind, editor in self._editors.items():
            if len(ids):
                written = self._present(editor, ids)
                if len(written):
                    if kind is Kind.STRING:
                        self._text_bytes -= stored_text_bytes(
                            editor.pool.buffer, editor.pool.validity, editor.table, written
                        )
                    self._clear_kind(kind, editor, written)

    def finish(self) -> PropertyColumn:
        """The version that holds the changes; the same one where only rows that nobody sees were written."""
        pages = {kind: editor.finish() for kind, editor in self._editors.items()}
        if pages == self._column.pages and self._text_bytes == self._column.text_bytes:
            return self._column
        pages = {kind: version for kind, version in pages.items() if self._is_written(kind, version)}
        heap = self._heap if Kind.STRING in pages or not self._heap.used else StringHeap()
        return PropertyColumn(pages, heap, self._text_bytes)

    def _is_written(self, kind: Kind, version: Pages) -> bool:
        """A version that follows another one without a chunk less is written as that one was."""
        before = self._column.pages.get(kind)
        return (before is not None and not self._editors[kind].has_removed) or version.is_written()

    @staticmethod
    def _clear_kind(kind: Kind, editor: PagesEditor, ids: NDArray[np.int64]) -> None:
        chunks, rows = counted(ids >> CHUNK_BITS)
        emptied = count_valid(editor.pool.validity, editor.table, chunks) == rows
        for chunk in chunks[emptied].tolist():
            editor.remove(chunk)
        if not emptied.all():
            ids = outside_chunks(ids, chunks[emptied])
            places = editor.positions(ids, is_new=False)
            editor.pool.validity[places] = False
            if kind is Kind.OBJECT:
                editor.pool.buffer[places] = None

    def _write_kind(self, kind: Kind, ids: NDArray[np.int64], values: Column, *, is_new: bool) -> None:
        if len(ids) == 0:
            return
        editor = self._editor(kind)
        if kind is Kind.STRING:
            used = self._heap.used
            written: NDArray[Any] = self._heap.append(values)
            self._text_bytes += self._heap.used - used
            self._text_bytes -= stored_text_bytes(editor.pool.buffer, editor.pool.validity, editor.table, ids)
        else:
            written = values.values
        places = editor.positions(ids, is_new=is_new)
        editor.pool.buffer[places] = written
        editor.pool.validity[places] = True

    def _write_mixed(self, ids: NDArray[np.int64], values: Column, *, is_new: bool) -> tuple[NDArray[np.int64], Column]:
        """Writes what goes to chunks of other kinds, as objects; gives the rest."""
        other = np.zeros(len(ids), dtype=np.bool_)
        for kind in list(self._editors):
            if kind is values.kind:
                continue
            here = np.isin(ids, self._written(self._editors[kind], ids))
            other |= here
            if kind is not Kind.OBJECT:
                for chunk in counted(ids[here] >> CHUNK_BITS)[0].tolist():
                    self._make_objects(kind, chunk)
        self._write_kind(Kind.OBJECT, ids[other], Column.objects(values.take(other).to_values()), is_new=is_new)
        return ids[~other], values.take(~other)

    def _make_objects(self, kind: Kind, chunk: int) -> None:
        editor = self._editors[kind]
        start = int(editor.table[chunk]) << CHUNK_BITS
        part = slice(start, start + CHUNK_ROWS)
        data = self._heap.data if kind is Kind.STRING else None
        valid = editor.pool.validity[part].copy()
        present = Column(kind, editor.pool.buffer[part].copy(), None, data).take(valid)
        if kind is Kind.STRING:
            self._text_bytes -= text_bytes(present.values, NO_VALIDITY)
        ids = np.flatnonzero(valid) + (chunk << CHUNK_BITS)
        editor.remove(chunk)
        self._write_kind(Kind.OBJECT, ids, Column.objects(present.to_values()), is_new=False)

    def _editor(self, kind: Kind) -> PagesEditor:
        editor = self._editors.get(kind)
        if editor is None:
            fill = None if kind is Kind.OBJECT else 0
            editor = self._editors[kind] = PagesEditor(Pages.empty(DTYPES[kind], fill, has_validity=True))
        return editor

    @staticmethod
    def _present(editor: PagesEditor, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those ids that have a value of the editor's kind."""
        written = ColumnEditor._written(editor, ids)
        present: NDArray[np.bool_] = editor.pool.validity[
            positions(editor.table, written, len(editor.table) << CHUNK_BITS)
        ]
        return written[present]

    @staticmethod
    def _written(editor: PagesEditor, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those ids whose chunk has values of the editor's kind."""
        chunks = ids >> CHUNK_BITS
        inside = chunks < len(editor.table)
        inside[inside] = editor.table[chunks[inside]] >= 0
        return ids[inside]

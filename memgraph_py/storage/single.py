"""One element of a view as Python values: what a query costs that looks at a single node.

A column of one row costs some microseconds to make and to read; so plans of a single row (``execution/single.py``) read
here. What they get is what ``GraphView`` gives for an array of one id, or they are told to ask it. A transaction that
has written little is looked through, block by block; one that has written more is asked as a GraphView.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import DTYPES, EMPTY_DATA, STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column, Kind
from memgraph_py.errors import LimitExceeded
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_MASK
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.pages import Pages
from memgraph_py.storage.reading import TransactionReader, has_few_blocks
from memgraph_py.storage.snapshot import ASK, NOTHING, Snapshot
from memgraph_py.storage.view import KeyId
from memgraph_py.values.types import Value

SingleView: TypeAlias = Snapshot | TransactionReader

_KINDS: dict[type, tuple[Kind, np.dtype[Any]]] = {
    type: (kind, np.dtype(DTYPES[kind])) for type, kind in ((int, Kind.INT), (float, Kind.FLOAT), (bool, Kind.BOOL))
}
_ID = np.dtype(np.int64)
_empty = np.empty


def single_id(id: int) -> NDArray[np.int64]:
    """(1,) the id; in a third of the time that it takes to make an array of a tuple."""
    ids = _empty(1, _ID)
    ids[0] = id
    return ids


def single_column(value: Value) -> Column:
    """The value as a column of one row; the short way of ``Column.constant``."""
    known = _KINDS.get(type(value))
    if known is not None:
        values = _empty(1, known[1])
        values[0] = value
        return Column(known[0], values)
    if type(value) is str:
        data = bytearray(value, "utf-8")
        if len(data) > STRING_LENGTH_MASK:
            raise LimitExceeded(f"a string has more than {STRING_LENGTH_MASK} bytes")
        handle = single_id(len(data))  # the string begins at 0
        return Column(Kind.STRING, handle, None, np.frombuffer(data, dtype=np.uint8) if data else EMPTY_DATA)
    return Column.constant(value, 1)


def node_by_number(view: SingleView, id: Value) -> int:
    """The node with the id, NOTHING or ASK."""
    if type(id) is not int:
        return ASK
    if not isinstance(view, Snapshot):
        if not view.changes.is_empty():
            return id if id >= 0 and view.nodes_exist(single_id(id)).item() else NOTHING
        view = view.snapshot
    pages = view.node_states
    if not 0 <= id < min(view.node_bound, len(pages.table) << CHUNK_BITS):
        return NOTHING
    return id if pages.table.item(id >> CHUNK_BITS) >= 0 and label_set_of(view, id) >= 0 else NOTHING


def label_set_of(view: SingleView, node: int) -> int:
    """The label set of a node that is there."""
    if not isinstance(view, Snapshot):
        changes = view.changes
        if changes.label_writes or changes.deleted_nodes or not has_few_blocks(changes):
            return int(view.label_sets(single_id(node)).item())
        for block in changes.created_nodes:
            if node in block.ids:
                return block.label_set
        view = view.snapshot
    pages = view.node_states
    position = pages.table.item(node >> CHUNK_BITS) << CHUNK_BITS | node & CHUNK_MASK
    label_set: int = pages.buffer.item(position)
    return label_set


def property_of(view: SingleView, node: int, key: KeyId) -> Value:
    """The property of a node that is there; None where it has none."""
    if not isinstance(view, Snapshot):
        changes = view.changes
        if changes.deleted_nodes or not has_few_blocks(changes):
            return view.node_property(single_id(node), key).value(0)
        for write in reversed(changes.node_properties):
            if write.key == key and (row := _row_of(write.ids, node)) >= 0:
                return write.values.value(row)
        for block in changes.created_nodes:
            if (row := _row_of(block.ids, node)) >= 0:
                written = block.properties.get(key)
                return None if written is None else written.value(row)
        view = view.snapshot
    column = view.node_columns.get(key)
    if column is None:
        return None
    chunk = node >> CHUNK_BITS
    for kind, pages in column.pages.items():
        table = pages.table
        if chunk < len(table):
            slot = table.item(chunk)
            if slot >= 0:  # a chunk is in one kind's pages only
                position = slot << CHUNK_BITS | node & CHUNK_MASK
                if not pages.validity.item(position):
                    return None
                value: Value = pages.buffer.item(position)
                if kind is Kind.STRING:
                    start, length = value >> STRING_LENGTH_BITS, value & STRING_LENGTH_MASK  # type: ignore[operator]
                    return column.heap.data[start : start + length].tobytes().decode()
                return value
    return None


def _row_of(ids: NDArray[np.int64], id: int) -> int:
    """Where the id stands among the ids of a block; -1 where it does not."""
    if len(ids) == 1:
        return 0 if ids.item() == id else -1
    rows = np.flatnonzero(ids == id)
    return int(rows[0]) if len(rows) else -1


def stored_text_length(pages: Pages, position: int) -> int:
    """Bytes of the text in that row, 0 where there is none."""
    if not pages.validity.item(position):
        return 0
    handle: int = pages.buffer.item(position)
    return handle & STRING_LENGTH_MASK


def properties_of(view: SingleView, node: int) -> list[tuple[KeyId, Value]]:
    """The properties that a node has, by key, ascending."""
    if isinstance(view, Snapshot):
        keys = sorted(view.node_columns)
    elif has_few_blocks(view.changes):
        keys = sorted(view.snapshot.node_columns.keys() | _written_keys(view.changes))
    else:
        keys = view.node_keys(single_id(node)).tolist()
    found: list[tuple[KeyId, Value]] = []
    for key in keys:
        value = property_of(view, node, key)
        if value is not None:
            found.append((key, value))
    return found


def _written_keys(changes: ChangeSet) -> set[KeyId]:
    keys = {write.key for write in changes.node_properties}
    for block in changes.created_nodes:
        keys.update(block.properties)
    return keys

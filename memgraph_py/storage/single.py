"""One element of a snapshot as Python values: what a query costs that looks at a single node.

A column of one row costs some microseconds to make and to read; so plans of a single row (``execution/single.py``) read
here. What they get is what ``GraphView`` gives for an array of one id, or they are told to ask it.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import DTYPES, EMPTY_DATA, STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column, Kind
from memgraph_py.errors import LimitExceeded
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_MASK
from memgraph_py.storage.pages import Pages
from memgraph_py.storage.properties import PropertyColumn
from memgraph_py.storage.snapshot import ASK, NOTHING, Snapshot
from memgraph_py.storage.view import KeyId
from memgraph_py.values.types import Value

_KINDS: dict[type, Kind] = {int: Kind.INT, float: Kind.FLOAT, bool: Kind.BOOL}


def single_id(id: int) -> NDArray[np.int64]:
    """(1,) the id; in a third of the time that it takes to make an array of a tuple."""
    ids = np.empty(1, dtype=np.int64)
    ids[0] = id
    return ids


def single_column(value: Value) -> Column:
    """The value as a column of one row; the short way of ``Column.constant``."""
    kind = _KINDS.get(value.__class__)
    if kind is not None:
        values = np.empty(1, dtype=DTYPES[kind])
        values[0] = value
        return Column(kind, values)
    if value.__class__ is str:
        data = bytearray(value, "utf-8")
        if len(data) > STRING_LENGTH_MASK:
            raise LimitExceeded(f"a string has more than {STRING_LENGTH_MASK} bytes")
        handle = single_id(len(data))  # the string begins at 0
        return Column(Kind.STRING, handle, None, np.frombuffer(data, dtype=np.uint8) if data else EMPTY_DATA)
    return Column.constant(value, 1)


def node_by_number(snapshot: Snapshot, id: Value) -> int:
    """The node with the id, NOTHING or ASK."""
    if type(id) is not int:
        return ASK
    pages = snapshot.node_states
    if not 0 <= id < min(snapshot.node_bound, len(pages.table) << CHUNK_BITS):
        return NOTHING
    return id if pages.table.item(id >> CHUNK_BITS) >= 0 and label_set_of(snapshot, id) >= 0 else NOTHING


def label_set_of(snapshot: Snapshot, node: int) -> int:
    """The label set of a node that is there."""
    pages = snapshot.node_states
    position = pages.table.item(node >> CHUNK_BITS) << CHUNK_BITS | node & CHUNK_MASK
    label_set: int = pages.buffer.item(position)
    return label_set


def value_of(column: PropertyColumn | None, node: int) -> Value:
    """The property of a node that is there; None where it has none."""
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


def stored_text_length(pages: Pages, position: int) -> int:
    """Bytes of the text in that row, 0 where there is none."""
    if not pages.validity.item(position):
        return 0
    handle: int = pages.buffer.item(position)
    return handle & STRING_LENGTH_MASK


def properties_of(snapshot: Snapshot, node: int) -> list[tuple[KeyId, Value]]:
    """The properties that a node has, by key, ascending."""
    columns = snapshot.node_columns
    found: list[tuple[KeyId, Value]] = []
    for key in sorted(columns):
        value = value_of(columns[key], node)
        if value is not None:
            found.append((key, value))
    return found

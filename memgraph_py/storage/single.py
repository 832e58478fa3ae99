"""One element of a snapshot as Python values: what a query costs that looks at a single node.

A column of one row costs some microseconds to make and to read; so plans of a single row (``execution/single.py``) read
here. What they get is what ``GraphView`` gives for an array of one id, or they are told to ask it.
"""

from memgraph_py.columnar import STRING_LENGTH_BITS, STRING_LENGTH_MASK, Kind
from memgraph_py.kernels.chunks import CHUNK_BITS, CHUNK_MASK
from memgraph_py.storage.properties import PropertyColumn
from memgraph_py.storage.snapshot import ASK, NOTHING, Snapshot
from memgraph_py.storage.view import KeyId
from memgraph_py.values.types import Value


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


def properties_of(snapshot: Snapshot, node: int) -> list[tuple[KeyId, Value]]:
    """The properties that a node has, by key, ascending."""
    columns = snapshot.node_columns
    found: list[tuple[KeyId, Value]] = []
    for key in sorted(columns):
        value = value_of(columns[key], node)
        if value is not None:
            found.append((key, value))
    return found

"""What a transaction itself created or wrote, by the hash of its values, or by the values themselves: beside the
store's index, for its seeks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.changes import ChangeSet, CreatedNodes
from memgraph_py.storage.elements import belongs, values_of
from memgraph_py.storage.indexes import PropertyIndex, hash_columns
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.snapshot import ASK, NOTHING
from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import Value

Ids = NDArray[np.int64]
_FEW_ROWS = 64
"""Of a block whose values are made Python values."""
_COMPARED = frozenset((int, str, type(None)))
"""Types of values that are equal in Python where they are in an index; NULL is not found."""


class OwnValues:
    """Nodes that a transaction created, some at a time, by the value of one property: what a statement asks that looks
    for one node."""

    __slots__ = ("_by_value", "_is_known", "_on", "_seen")

    def __init__(self, on: SchemaDescriptor) -> None:
        self._on = on
        self._seen = 0
        self._is_known = True
        self._by_value: dict[Value, int] = {}

    def find(self, value: Value, schema: Schema, changes: ChangeSet) -> int:
        """The node that has the value, NOTHING, or ASK: there are several, or values that are not compared here. Only
        what was created is looked at."""
        for block in changes.created_nodes[self._seen :]:
            if self._is_known and self._on.token in schema.label_set(block.label_set):
                self._take(block)
        self._seen = len(changes.created_nodes)
        return self._by_value.get(value, NOTHING) if self._is_known and type(value) in _COMPARED else ASK

    def _take(self, block: CreatedNodes) -> None:
        column = block.properties.get(self._on.keys[0])
        if column is None:
            return
        values = column.to_values() if len(column) <= _FEW_ROWS else None
        if values is None or not _COMPARED.issuperset(map(type, values)):
            self._is_known = False
            self._by_value.clear()
            return
        for value, id in zip(values, block.ids.tolist(), strict=True):
            if value is not None:
                self._by_value[value] = ASK if value in self._by_value else id


class OwnIndex:
    """Candidates, as in the store's index: checked when they are read."""

    __slots__ = ("_created", "_labels", "_on", "_touched", "_written", "index")

    def __init__(self, on: SchemaDescriptor) -> None:
        self._on = on
        self._created = self._written = self._labels = 0
        self._touched: list[Ids] = []
        self.index = PropertyIndex()

    def touched(self) -> Ids:
        """All that was inserted so far, each once."""
        if len(self._touched) > 1:
            self._touched = [distinct(np.concatenate(self._touched))]
        return self._touched[0] if self._touched else np.zeros(0, dtype=np.int64)

    def catch_up(self, view: GraphView, changes: ChangeSet) -> None:
        """Takes in what was written since this ran last. view: the transaction's own."""
        on = self._on
        is_node = on.entity is Entity.NODE
        if is_node:
            for nodes in changes.created_nodes[self._created :]:
                if on.token in view.schema.label_set(nodes.label_set):
                    self._take_created(nodes.ids, nodes.properties)
            self._created = len(changes.created_nodes)
        else:
            for block in changes.created_relationships[self._created :]:
                if block.type == on.token:
                    self._take_created(block.ids, block.properties)
            self._created = len(changes.created_relationships)
        writes = changes.node_properties if is_node else changes.relationship_properties
        for write in writes[self._written :]:
            if on.keys == (write.key,):
                self._insert(write.ids, (write.values,))
            elif write.key in on.keys:
                self._insert(write.ids, values_of(view, on, write.ids))
        self._written = len(writes)
        if is_node:
            for labels in changes.label_writes[self._labels :]:
                ids = labels.ids[belongs(view, on, labels.ids)]
                self._insert(ids, values_of(view, on, ids))
            self._labels = len(changes.label_writes)

    def _take_created(self, ids: Ids, properties: dict[int, Column]) -> None:
        columns = [properties.get(key) for key in self._on.keys]
        present = [column for column in columns if column is not None]
        if len(present) == len(columns):
            self._insert(ids, present)
        elif columns[0] is not None:
            self._touched.append(ids)  # found by the first property

    def _insert(self, ids: Ids, values: Sequence[Column]) -> None:
        hashes, valid = hash_columns(values)
        if len(values) > 1:
            self._touched.append(ids)
        if len(valid):
            hashes, ids = hashes[valid], ids[valid]
        if len(ids):
            self.index.insert(hashes, ids)
            if len(values) == 1:
                self._touched.append(ids)

"""What a transaction itself created or wrote, by the hash of its values: beside the store's index, for its seeks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.elements import belongs, values_of
from memgraph_py.storage.indexes import PropertyIndex, hash_columns
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.view import GraphView

Ids = NDArray[np.int64]


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

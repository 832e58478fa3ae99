"""What a transaction has changed, in outline: how much it created, under which labels, and which properties it wrote.

A statement of a long transaction asks so before it looks at anything the transaction wrote. Catching up takes in the
blocks that came since it last ran, so a transaction of many statements stays linear.
"""

from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.view import KeyId


class Outline:
    """elements: nodes and relationships that were created; label_sets: of these nodes; keys: of nodes' properties that
    were set or removed."""

    __slots__ = ("_nodes_seen", "_relationships_seen", "_writes_seen", "elements", "keys", "label_sets")

    def __init__(self) -> None:
        self.elements = 0
        self.label_sets: set[int] = set()
        self.keys: set[KeyId] = set()
        self._nodes_seen = self._relationships_seen = self._writes_seen = 0

    def catch_up(self, changes: ChangeSet) -> None:
        """Takes in what was written since this ran last."""
        nodes, relationships, writes = changes.created_nodes, changes.created_relationships, changes.node_properties
        if len(nodes) > self._nodes_seen:
            for block in nodes[self._nodes_seen :]:
                self.elements += len(block.ids)
                self.label_sets.add(block.label_set)
            self._nodes_seen = len(nodes)
        if len(relationships) > self._relationships_seen:
            self.elements += sum(len(block.ids) for block in relationships[self._relationships_seen :])
            self._relationships_seen = len(relationships)
        if len(writes) > self._writes_seen:
            self.keys.update(write.key for write in writes[self._writes_seen :])
            self._writes_seen = len(writes)

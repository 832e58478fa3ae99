"""Which of two transactions must give way: the one that commits second, when both wrote the same element.

A new relationship marks its end nodes: that conflicts with their deletion, in either order, and with nothing else. So
two transactions may create relationships at the same node.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.errors import TransactionConflict
from memgraph_py.storage.changes import ChangeSet

Numbers = NDArray[np.int64]


class WriteSet:
    """What a transaction wrote, as sorted ids; each made when it is first compared."""

    __slots__ = ("_changes", "_sets")

    def __init__(self, changes: ChangeSet) -> None:
        self._changes = changes
        self._sets: dict[str, Numbers] = {}

    def written_nodes(self) -> Numbers:
        """Nodes whose properties or labels were set, and deleted ones."""
        changes = self._changes
        parts = [write.ids for write in changes.node_properties] + [write.ids for write in changes.label_writes]
        return self._sorted("written", parts + changes.deleted_nodes)

    def deleted_nodes(self) -> Numbers:
        """Nodes that were deleted."""
        return self._sorted("deleted", self._changes.deleted_nodes)

    def ends(self) -> Numbers:
        """Nodes that got a relationship."""
        blocks = self._changes.created_relationships
        return self._sorted("ends", [ids for block in blocks for ids in (block.sources, block.targets)])

    def written_relationships(self) -> Numbers:
        """Relationships whose properties were set, and deleted ones."""
        changes = self._changes
        parts = [write.ids for write in changes.relationship_properties]
        return self._sorted("relationships", parts + changes.deleted_relationships)

    def check(self, earlier: "WriteSet") -> None:
        """Raises TransactionConflict when the other one, which is committed, stands in the way of this one."""
        mine, other = self._changes, earlier._changes
        writes_nodes = mine.node_properties or mine.label_writes or mine.deleted_nodes
        if writes_nodes and (other.node_properties or other.label_writes or other.deleted_nodes):
            _check_apart(self.written_nodes(), earlier.written_nodes(), "node")
        if mine.deleted_nodes and other.created_relationships:
            _check_apart(self.deleted_nodes(), earlier.ends(), "node")
        if mine.created_relationships and other.deleted_nodes:
            _check_apart(self.ends(), earlier.deleted_nodes(), "node")
        if (mine.relationship_properties or mine.deleted_relationships) and (
            other.relationship_properties or other.deleted_relationships
        ):
            _check_apart(self.written_relationships(), earlier.written_relationships(), "relationship")

    def _sorted(self, name: str, parts: list[Numbers]) -> Numbers:
        ids = self._sets.get(name)
        if ids is None:
            ids = self._sets[name] = np.unique(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)
        return ids


def _check_apart(mine: Numbers, theirs: Numbers, element: str) -> None:
    if len(mine) > len(theirs):
        mine, theirs = theirs, mine
    if len(mine) == 0:
        return
    places = np.searchsorted(theirs, mine)
    places[places == len(theirs)] = 0
    shared = mine[theirs[places] == mine]
    if len(shared):
        raise TransactionConflict(
            f"another transaction has changed {element} {int(shared[0])} first", hint="nothing was written, try again"
        )

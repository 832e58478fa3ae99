"""Statistics of a view by name: what rules and estimates know about the data."""

from dataclasses import dataclass

from memgraph_py.storage.schema import Schema
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import Direction, GraphView


@dataclass(slots=True, eq=False)
class Statistics:
    """Exact counts of the view, and averages made of them; nothing of it once ``forget`` was called."""

    view: GraphView

    def forget(self) -> None:
        """Let go of the view: a rule that calls itself is a cycle, which holds what it uses until it is collected."""
        self.view = Snapshot.empty(self.view.schema)

    @property
    def schema(self) -> Schema:
        """Names and indexes."""
        return self.view.schema

    def has_index(self, label: str, key: str) -> bool:
        """True when there is an index on the label and property key."""
        label_id, key_id = self.schema.labels.find(label), self.schema.keys.find(key)
        return label_id is not None and key_id is not None and self.schema.has_index(label_id, key_id)

    def nodes(self, label: str | None) -> int:
        """Number of nodes with the label, or of all."""
        if label is None:
            return self.view.node_count(None)
        id = self.view.schema.labels.find(label)
        return 0 if id is None else self.view.node_count(id)

    def relationships(self, types: tuple[str, ...]) -> int:
        """Number of relationships of any of the types, or of all where none is named."""
        if not types:
            return self.view.relationship_count(None)
        ids = [self.view.schema.types.find(type) for type in types]
        return sum(self.view.relationship_count(id) for id in ids if id is not None)

    def degree(self, types: tuple[str, ...], direction: Direction) -> float:
        """Average number of relationships at a node, of the types and in the direction."""
        both = 2 if direction is Direction.BOTH else 1
        return both * self.relationships(types) / max(self.nodes(None), 1)

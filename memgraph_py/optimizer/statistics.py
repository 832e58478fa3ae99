"""Statistics of a view by name: what rules and estimates know about the data."""

from dataclasses import dataclass, field

from memgraph_py.immutable import immutable
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import Entity
from memgraph_py.storage.view import Direction, GraphView


@immutable
class SchemaIndexes:
    """Those of a schema, by names. See ``access.Indexes``."""

    statistics: "Statistics"
    schema: Schema
    entity: Entity

    @property
    def exist(self) -> bool:
        """Whether there is any, built or not."""
        return any(index.on.entity is self.entity for index in self.schema.indexes())

    def covers(self, token: str, key: str) -> bool:
        """True when there is an index on the label or type, and the property."""
        on = self.schema.descriptor(self.entity, token, (key,))
        return on is not None and self.schema.has_index(on)

    def is_sparse(self, token: str, key: str) -> bool:
        """True when there is one that holds less than half of those with the label or type."""
        if not self.covers(token, key):
            return False
        return 2 * self.statistics.present(self.entity, token, (key,)) < self.statistics.elements(self.entity, token)

    def composite(self, token: str) -> list[tuple[str, ...]]:
        """The keys of each index on several properties."""
        token_id, schema = self._token(token), self.schema
        return [
            tuple(map(schema.keys.name, index.on.keys))
            for index in schema.indexes()
            if len(index.on.keys) > 1
            and (index.on.entity, index.on.token) == (self.entity, token_id)
            and schema.has_index(index.on)
        ]

    def _token(self, token: str) -> int | None:
        return (self.schema.labels if self.entity is Entity.NODE else self.schema.types).find(token)


@dataclass(slots=True, eq=False)
class Statistics:
    """Exact counts of the view, and averages made of them, until the end of a ``with`` block."""

    view: GraphView
    schema: Schema = field(init=False)
    """Names and indexes."""
    _nodes: dict[str | None, int] = field(default_factory=dict)
    _relationships: dict[tuple[str, ...], int] = field(default_factory=dict)
    _counted: dict[tuple[tuple[str, ...], str], tuple[int, int, int]] = field(default_factory=dict)
    """By types and label the ends of relationships, by their direction."""

    def __post_init__(self) -> None:
        self.schema = self.view.schema

    def __enter__(self) -> "Statistics":
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the view: a rule that calls itself is a cycle, which holds what it uses until it is collected."""
        del self.view

    def indexes(self, entity: Entity) -> "SchemaIndexes":
        """The indexes on nodes, or on relationships, that can be used."""
        return SchemaIndexes(self, self.schema, entity)

    def nodes(self, label: str | None) -> int:
        """Number of nodes with the label, or of all."""
        found = self._nodes.get(label)
        if found is None:
            id = None if label is None else self.schema.labels.find(label)
            found = self._nodes[label] = 0 if id is None and label is not None else self.view.node_count(id)
        return found

    def relationships(self, types: tuple[str, ...]) -> int:
        """Number of relationships of any of the types, or of all where none is named."""
        found = self._relationships.get(types)
        if found is None:
            ids = [id for id in map(self.schema.types.find, types) if id is not None]
            found = sum(map(self.view.relationship_count, ids if types else (None,)))
            self._relationships[types] = found
        return found

    def elements(self, entity: Entity, token: str) -> int:
        """Number of nodes with the label, or of relationships of the type."""
        return self.nodes(token) if entity is Entity.NODE else self.relationships((token,))

    def degree(self, types: tuple[str, ...], direction: Direction, label: str | None = None) -> float:
        """Average number of relationships at a node, of the types and in the direction; of nodes with the label only,
        where there are any."""
        both = 2 if direction is Direction.BOTH else 1
        nodes = 0 if label is None else self.nodes(label)
        if label is None or nodes == 0:
            return both * self.relationships(types) / max(self.nodes(None), 1)
        return self._ends(types, direction, label) / nodes

    def share_of_ends(self, types: tuple[str, ...], direction: Direction, label: str) -> float:
        """The share of the relationships of the types that have a node with the label at their end, as seen from who
        follows them in the direction; the share of all nodes where there are no relationships."""
        total = self.relationships(types)
        if total == 0:
            return self.nodes(label) / max(self.nodes(None), 1)
        if direction is Direction.BOTH:
            return self._ends(types, direction, label) / (2 * total)
        seen = Direction.IN if direction is Direction.OUT else Direction.OUT
        return self._ends(types, seen, label) / total

    def per_first_values(self, entity: Entity, token: str, keys: tuple[str, ...], count: int) -> float:
        """The same for the first ``count`` properties of an index, as if each had as many different values."""
        on = self.schema.descriptor(entity, token, keys)
        if on is None:
            return 1.0
        entries = max(self.view.entry_count(on), 1)
        values = entries / self.view.per_value(on)
        return float(entries / max(values, 1.0) ** (count / len(keys)))

    def present(self, entity: Entity, token: str, keys: tuple[str, ...]) -> int:
        """About how many elements with the label or type have the properties, which an index is on; all of them where
        there is none."""
        on = self.schema.descriptor(entity, token, keys)
        every = self.elements(entity, token)
        return every if on is None else min(every, self.view.entry_count(on))

    def label_at_ends(self, type: str, direction: Direction) -> str | None:
        """The rarest label of those that each node has that a relationship of the type starts (OUT) or ends (IN) at."""
        id = self.schema.types.find(type)
        labels = () if id is None else self.view.labels_at_ends(id, direction)
        return min(map(self.schema.labels.name, labels), key=self.nodes, default=None)

    def per_value(self, entity: Entity, token: str, keys: tuple[str, ...]) -> float:
        """About how many elements with the label or type have the same values of the properties, which an index is on;
        1 where there is none."""
        on = self.schema.descriptor(entity, token, keys)
        return 1.0 if on is None else self.view.per_value(on)

    def _ends(self, types: tuple[str, ...], direction: Direction, label: str) -> int:
        found = self._counted.get((types, label))
        if found is None:
            starts, ends, names, label_id = 0, 0, self.schema.types, self.schema.labels.find(label)
            if label_id is not None:
                for id in map(names.find, dict.fromkeys(types)) if types else range(len(names)):
                    if id is not None:
                        of_type = self.view.end_counts_of(id, label_id)
                        starts, ends = starts + of_type[0], ends + of_type[1]
            found = self._counted[types, label] = (starts, ends, starts + ends)
        return found[direction]

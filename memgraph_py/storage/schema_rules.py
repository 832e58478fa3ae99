"""Schema rules: what is indexed, and what the graph must fulfil. Terms: Neo4j Cypher manual, "Indexes", "Constraints".

Both are stated on a *descriptor*: nodes with a label, or relationships of a type, and some of their properties.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class Entity(IntEnum):
    """What the graph consists of. The numbers are part of the file format."""

    NODE = 0
    RELATIONSHIP = 1


class SchemaDescriptor(NamedTuple):
    """token: a label id, or a relationship type id; keys: property key ids in the order in which they were written."""

    entity: Entity
    token: int
    keys: tuple[int, ...]


def on_nodes(label: int, *keys: int) -> SchemaDescriptor:
    """Properties of the nodes with a label."""
    return SchemaDescriptor(Entity.NODE, label, keys)


def on_relationships(type: int, *keys: int) -> SchemaDescriptor:
    """Properties of the relationships of a type."""
    return SchemaDescriptor(Entity.RELATIONSHIP, type, keys)


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """An index finds the elements by the values of all its properties together."""

    name: str
    on: SchemaDescriptor


class ConstraintKind(IntEnum):
    """What a constraint demands. The numbers are part of the file format."""

    UNIQUENESS = 0
    """No two elements have the same values; those without one of the properties do not count."""
    KEY = 1
    """Uniqueness and existence of all the properties."""
    EXISTENCE = 2
    """Every element has the property."""
    TYPE = 3
    """The property, where it is there, has a type."""


@dataclass(frozen=True, slots=True)
class ConstraintDefinition:
    """A uniqueness or key constraint owns the index on its descriptor, which has its name."""

    name: str
    kind: ConstraintKind
    on: SchemaDescriptor
    property_type: str = ""
    """Of a TYPE constraint, as it is written in Cypher: ``LIST<STRING NOT NULL>``, ``INTEGER | FLOAT``."""

    @property
    def owns_index(self) -> bool:
        """True where the constraint is checked through an index."""
        return self.kind in (ConstraintKind.UNIQUENESS, ConstraintKind.KEY)

    @property
    def demands_presence(self) -> bool:
        """True where an element without the property breaks it."""
        return self.kind in (ConstraintKind.EXISTENCE, ConstraintKind.KEY)


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """All definitions at one moment, in order of creation."""

    indexes: tuple[IndexDefinition, ...] = ()
    constraints: tuple[ConstraintDefinition, ...] = ()

"""Cypher values as Python objects.

Two families. Inside the engine an element is known by its id alone: ``NodeReference``, ``RelationshipReference`` and
``PathReference`` stand in columns of kind OBJECT (in lists, maps, mixed columns), so that a value read before a SET
shows what is there afterwards. A client gets ``Node``, ``Relationship`` and ``Path``, with labels and properties read
when the record is sent. Source: openCypher 9, "Values and types".
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from memgraph_py.immutable import immutable
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
"""What an integer may be, and each part of a duration."""


@immutable
class NodeReference:
    """A node by its id, inside the engine."""

    id: int


@immutable
class RelationshipReference:
    """A relationship by its id, inside the engine."""

    id: int


@dataclass(frozen=True, slots=True)
class PathReference:
    """A path inside the engine: ``len(node_ids) == len(relationship_ids) + 1``."""

    node_ids: tuple[int, ...]
    relationship_ids: tuple[int, ...]


@dataclass(slots=True)
class Node:
    """A node as a client sees it."""

    id: int
    labels: tuple[str, ...] = ()
    properties: dict[str, "Value"] = field(default_factory=dict)


@dataclass(slots=True)
class Relationship:
    """A relationship as a client sees it; ``start_id`` and ``end_id`` are node ids."""

    id: int
    type: str
    start_id: int
    end_id: int
    properties: dict[str, "Value"] = field(default_factory=dict)


@dataclass(slots=True)
class Path:
    """A path as a client sees it, alternating from ``nodes[0]``."""

    nodes: tuple[Node, ...]
    relationships: tuple[Relationship, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A point: ``srid`` 7203 and 9157 are cartesian in two and three dimensions, 4326 and 4979 are WGS-84."""

    srid: int
    coordinates: tuple[float, ...]


Value: TypeAlias = (
    "bool | int | float | str | bytes | list[Value] | dict[str, Value] | Point"
    " | Date | LocalTime | Time | LocalDateTime | DateTime | Duration"
    " | Node | Relationship | Path | NodeReference | RelationshipReference | PathReference | None"
)

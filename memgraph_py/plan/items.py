"""What the writing operators carry out, item by item."""

from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.plan.expressions import Expression


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node to create. ``properties``: MapOf, Parameter or other map expression, or None."""

    variable: str
    labels: tuple[str, ...]
    properties: Expression | None


@dataclass(frozen=True, slots=True)
class RelationshipSpec:
    """A relationship to create from ``source`` to ``target``, both bound or created before it."""

    variable: str
    source: str
    target: str
    type: str
    properties: Expression | None


@dataclass(frozen=True, slots=True)
class SetProperty:
    """`subject.key = value`; NULL removes. A NULL subject is skipped."""

    subject: Expression
    key: str
    value: Expression


@dataclass(frozen=True, slots=True)
class SetProperties:
    """`variable = value`, or `+=` where ``merge``; value is a map, node or relationship."""

    variable: str
    value: Expression
    merge: bool


@dataclass(frozen=True, slots=True)
class SetLabels:
    """`variable:A:B`."""

    variable: str
    labels: tuple[str, ...]


SetItem: TypeAlias = SetProperty | SetProperties | SetLabels


@dataclass(frozen=True, slots=True)
class RemoveProperty:
    """`REMOVE subject.key`."""

    subject: Expression
    key: str


@dataclass(frozen=True, slots=True)
class RemoveLabels:
    """`REMOVE variable:A:B`."""

    variable: str
    labels: tuple[str, ...]

"""What the writing operators carry out, item by item."""

from typing import TypeAlias

from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Expression


@immutable
class NodeSpec:
    """A node to create. ``properties``: MapOf, Parameter or other map expression, or None."""

    variable: str
    labels: tuple[str, ...]
    properties: Expression | None


@immutable
class RelationshipSpec:
    """A relationship to create from ``source`` to ``target``, both bound or created before it."""

    variable: str
    source: str
    target: str
    type: str
    properties: Expression | None


@immutable
class SetProperty:
    """`subject.key = value`; NULL removes. A NULL subject is skipped."""

    subject: Expression
    key: str
    value: Expression


@immutable
class SetProperties:
    """`variable = value`, or `+=` where ``merge``; value is a map, node or relationship."""

    variable: str
    value: Expression
    merge: bool


@immutable
class SetLabels:
    """`variable:A:B`."""

    variable: str
    labels: tuple[str, ...]


SetItem: TypeAlias = SetProperty | SetProperties | SetLabels


@immutable
class RemoveProperty:
    """`REMOVE subject.key`."""

    subject: Expression
    key: str


@immutable
class RemoveLabels:
    """`REMOVE variable:A:B`."""

    variable: str
    labels: tuple[str, ...]

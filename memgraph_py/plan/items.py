"""What operators are made of: the hops of a path; what the writing ones carry out, item by item."""

from typing import TypeAlias

from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Expression, Remembering
from memgraph_py.storage.view import Direction


@immutable
class Hop(Remembering):
    """Along a relationship of the types (empty: all) to a node that meets the predicate, which reads the ``node``
    alone; None where any node does."""

    node: str
    types: tuple[str, ...]
    direction: Direction
    predicate: Expression | None


@immutable
class NodeSpec(Remembering):
    """A node to create. ``properties``: MapOf, Parameter or other map expression, or None."""

    variable: str
    labels: tuple[str, ...]
    properties: Expression | None


@immutable
class RelationshipSpec(Remembering):
    """A relationship to create from ``source`` to ``target``, both bound or created before it. ``type_named``: what
    names its type when it runs, where ``type`` is None."""

    variable: str
    source: str
    target: str
    type: str | None
    properties: Expression | None
    type_named: Expression | None = None


@immutable
class SetProperty(Remembering):
    """`subject.key = value`; NULL removes. A NULL subject is skipped. ``begins``: another clause begins with it than
    that of the item before."""

    subject: Expression
    key: str
    value: Expression
    begins: bool = False


@immutable
class SetProperties(Remembering):
    """`variable = value`, or `+=` where ``merge``; value is a map, node or relationship."""

    variable: str
    value: Expression
    merge: bool


@immutable
class SetLabels(Remembering):
    """`variable:A:B`."""

    variable: str
    labels: tuple[str, ...]


@immutable
class SetPropertyNamed(Remembering):
    """`subject[key] = value`, as SetProperty otherwise. SemanticError where the key is no name."""

    subject: Expression
    key: Expression
    value: Expression
    begins: bool = False


@immutable
class SetLabelsNamed(Remembering):
    """`variable:$(names)`: a string or a list of strings. SemanticError where one is no name."""

    variable: str
    names: Expression


SetItem: TypeAlias = SetProperty | SetPropertyNamed | SetProperties | SetLabels | SetLabelsNamed


def are_together(first: SetItem, second: SetItem) -> bool:
    """True for neighbours that set properties of one element: the value of each is computed before any is set. Source:
    Neo4j 5, whose planner joins them; openCypher 9 leaves the order open."""
    if not isinstance(first, SetProperty | SetPropertyNamed) or not isinstance(second, SetProperty | SetPropertyNamed):
        return False
    return first.subject == second.subject and not second.begins


@immutable
class RemoveProperty(Remembering):
    """`REMOVE subject.key`."""

    subject: Expression
    key: str


@immutable
class RemovePropertyNamed(Remembering):
    """`REMOVE subject[key]`. SemanticError where the key is no name."""

    subject: Expression
    key: Expression


@immutable
class RemoveLabels(Remembering):
    """`REMOVE variable:A:B`."""

    variable: str
    labels: tuple[str, ...]


@immutable
class RemoveLabelsNamed(Remembering):
    """`REMOVE variable:$(names)`, as SetLabelsNamed."""

    variable: str
    names: Expression


RemoveItem: TypeAlias = RemoveProperty | RemovePropertyNamed | RemoveLabels | RemoveLabelsNamed

"""Operators that change the graph; part of the language that ``operators.py`` describes."""

from typing import TYPE_CHECKING

from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Expression, Remembering
from memgraph_py.plan.items import NodeSpec, RelationshipSpec, RemoveItem, SetItem

if TYPE_CHECKING:  # operators hold operators
    from memgraph_py.plan.operators import Operator


@immutable
class Create(Remembering):
    """Per input row: the nodes, then the relationships; binds their variables."""

    input: "Operator"
    nodes: tuple[NodeSpec, ...]
    relationships: tuple[RelationshipSpec, ...]


@immutable
class Merge(Remembering):
    """Per input row, one after another: the matches of ``match`` (a subplan from Argument), else what ``nodes`` and
    ``relationships`` create; then ``on_match`` or ``on_create``. A NULL property in the pattern raises
    SemanticError."""

    input: "Operator"
    match: "Operator"
    nodes: tuple[NodeSpec, ...]
    relationships: tuple[RelationshipSpec, ...]
    on_create: tuple[SetItem, ...]
    on_match: tuple[SetItem, ...]


@immutable
class Set(Remembering):
    """Carries out the items, one after another, over all rows of a batch."""

    input: "Operator"
    items: tuple[SetItem, ...]


@immutable
class Remove(Remembering):
    """Carries out the items, one after another, over all rows of a batch."""

    input: "Operator"
    items: tuple[RemoveItem, ...]


@immutable
class Delete(Remembering):
    """Deletes what the expressions give: nodes, relationships, paths; NULL is skipped."""

    input: "Operator"
    expressions: tuple[Expression, ...]
    detach: bool


@immutable
class Drain(Remembering):
    """Runs its input to the end and gives no row: a query, or a subplan, that ends in an update."""

    input: "Operator"

"""Operators that find elements by what is known of them. See ``operators.py`` for what holds for all.

``token``: a label, or a relationship type where ``entity`` is RELATIONSHIP; ``variable`` is then the relationship's.
"""

from typing import TYPE_CHECKING

from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Expression, Remembering
from memgraph_py.storage.schema_rules import Entity

if TYPE_CHECKING:
    from memgraph_py.plan.operators import Operator


@immutable
class IndexSeek(Remembering):
    """Elements whose properties equal the values, or, where ``many``, whose one property is among those of the list
    (each element once).
    """

    input: "Operator"
    variable: str
    token: str
    keys: tuple[str, ...]
    values: tuple[Expression, ...]
    many: bool = False
    entity: Entity = Entity.NODE


@immutable
class IndexRangeSeek(Remembering):
    """Elements whose first properties may be equal to the values, in parallel, and the next one within the bounds, and
    all that are so: a filter above decides. A string that begins with ``lower`` where ``is_prefix``. Without bounds the
    next one may be anything, but has to be there where it ``exists``.
    """

    input: "Operator"
    variable: str
    token: str
    keys: tuple[str, ...]
    values: tuple[Expression, ...]
    lower: Expression | None
    upper: Expression | None
    is_prefix: bool = False
    exists: bool = False
    entity: Entity = Entity.NODE


@immutable
class IndexOrder(Remembering):
    """As IndexRangeSeek of one property, without values, where the bounds are the same for all rows: elements in the
    order of the property, which a Limit above stops. Without bounds those that lack the property are among them, as
    NULL. Made by the optimiser only."""

    input: "Operator"
    variable: str
    token: str
    key: str
    lower: Expression | None
    upper: Expression | None
    is_prefix: bool
    is_present: bool
    """Whether a filter above drops those that lack the property, so that nobody needs to look for them."""
    descending: bool
    entity: Entity = Entity.NODE


@immutable
class NodeById(Remembering):
    """The node whose internal id equals the value, or one of the list's values where ``many``: `WHERE id(n) = …`."""

    input: "Operator"
    variable: str
    value: Expression
    many: bool = False

"""Rule: what depends on parameters alone is computed once for a query, not once for each row.

Filter n.born < date($text)    ⇒    Filter n.born < Constant(date($text))
"""

from typing import Any

from memgraph_py.functions.registry import FUNCTIONS
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import (
    Call,
    Case,
    Constant,
    HasLabels,
    ListComprehension,
    ListOf,
    Literal,
    MapOf,
    MapProjection,
    Parameter,
    Property,
    Quantifier,
    Reduce,
    Variable,
)
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import rewrite_children

Names = frozenset[str]
_NONE: Names = frozenset()


def hoist_constants(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with Constant around each outermost expression that is computed of parameters alone."""
    return _hoisted(plan)[0]  # type: ignore[no-any-return]  # an operator for an operator


def _hoisted(node: Any) -> tuple[Any, Names | None, bool]:
    """The node with Constant around what is below it, where it is none itself; its free variables, None where its value
    may differ all the same; whether it has a parameter: what has none was computed already, or shall not be kept
    (``simplify_expressions``)."""
    kind = type(node)
    if kind is Parameter:
        return node, _NONE, True
    if kind is Literal:
        return node, _NONE, False
    if kind is Variable:
        return node, frozenset((node.name,)), False
    found: list[tuple[Any, Names | None, bool]] = []

    def visit(child: Any) -> Any:
        found.append(_hoisted(child))
        return found[-1][0]

    node = rewrite_children(node, visit)
    free = _free_variables(node, [names for _, names, _ in found])
    if free is None or free:
        parts = iter(
            [_wrapped(part) if has and not names and names is not None else part for part, names, has in found]
        )
        node = rewrite_children(node, lambda child: next(parts))
    return node, free, any(has for _, _, has in found)


def _wrapped(part: Any) -> Any:
    """A part that has one value. A map is opened: CREATE and SET take it apart."""
    match part:
        case MapOf(keys, values):
            return MapOf(keys, tuple(map(_wrapped, values)))
        case Literal() | Parameter():
            return part
        case _:
            return Constant(part)


def _free_variables(node: Any, below: list[Names | None]) -> Names | None:
    """Of a node whose parts have these."""
    known = [names for names in below if names is not None]
    if len(known) < len(below):
        return None
    match node:
        case ListComprehension(variable) | Quantifier(_, variable):
            return known[0] | (_NONE.union(*known[1:]) - {variable})
        case Reduce(accumulator, _, variable):
            return known[0] | known[1] | (known[2] - {accumulator, variable})
        case Call(name):
            function = FUNCTIONS.get(name)
            return _NONE.union(*known) if function is not None and function.deterministic else None
        case Case() | HasLabels() | ListOf() | MapOf() | MapProjection() | Property():
            return _NONE.union(*known)
        case _:
            return None

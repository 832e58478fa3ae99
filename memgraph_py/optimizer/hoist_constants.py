"""Rule: what depends on parameters alone is computed once for a query, not once for each row.

Filter n.born < date($text)    ⇒    Filter n.born < Constant(date($text))
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import HAS_PARAMETER, VARIES, Constant, Literal, MapOf, Parameter
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import EXPRESSION_TYPES, rewrite_children
from memgraph_py.plan.variables import facts


def hoist_constants(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with Constant around each outermost expression that is computed of parameters alone."""
    return rewrite_children(plan, _hoisted, leaves=False)


def _hoisted(part: Any) -> Any:
    """A part of an operator or expression. What has no parameter was computed already, or shall not be kept
    (``simplify_expressions``)."""
    if type(part) in EXPRESSION_TYPES:
        known = facts(part)
        if not known.marks & HAS_PARAMETER:
            return part
        if not known.free and not known.marks & VARIES:
            return _wrapped(part)
    return rewrite_children(part, _hoisted, leaves=False)


def _wrapped(part: Any) -> Any:
    """A part that has one value. A map is opened: CREATE and SET take it apart."""
    match part:
        case MapOf(keys, values):
            return MapOf(keys, tuple(map(_wrapped, values)))
        case Literal() | Parameter():
            return part
        case _:
            return Constant(part)

"""Rule: what depends on parameters alone is computed once for a query, not once for each row.

Filter n.born < date($text)    ⇒    Filter n.born < Constant(date($text))
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import HAS_COMPUTED, VARIES, Constant, Literal, MapOf, Parameter
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.tree import EXPRESSION_TYPES, OPERATOR_TYPES, rewrite_children
from memgraph_py.plan.variables import free_variables, marks

_EXPRESSION_TYPES = frozenset(EXPRESSION_TYPES)
_OPERATOR_TYPES = frozenset(OPERATOR_TYPES)


def hoist_constants(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with Constant around each outermost expression that is computed of parameters alone."""
    return _hoisted(plan)  # type: ignore[no-any-return]  # an operator for an operator


def _hoisted(part: Any) -> Any:
    """A part of an operator or expression. What is computed of literals alone was computed already, or shall not be
    kept (``simplify_expressions``)."""
    kind: Any = part.__class__
    found = marks(part)
    if not found & HAS_COMPUTED:
        return rewrite_operators_below(part, _hoisted) if kind in _OPERATOR_TYPES else part
    if not found & VARIES and kind in _EXPRESSION_TYPES and not free_variables(part):
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

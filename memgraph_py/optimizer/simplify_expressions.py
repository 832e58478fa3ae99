"""Rule: what can be computed now is: calls of deterministic functions over literals; filters that are true go.

A call that would raise stays, as the rows that reach it may be none.
"""

from typing import Any

from memgraph_py.columnar import Column
from memgraph_py.errors import CypherError
from memgraph_py.functions.registry import FUNCTIONS, Environment
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import HAS_CONSTANT, Call, Expression, ListOf, Literal, MapOf
from memgraph_py.plan.operators import Filter, Operator
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.tree import OPERATOR_TYPES, rewrite_children
from memgraph_py.plan.variables import marks
from memgraph_py.values.types import Value

_OPERATOR_TYPES = frozenset(OPERATOR_TYPES)
NOT_AHEAD = frozenset(("range", "=~"))
"""Functions whose value may be far larger than their arguments, or take long, as those of plug-ins may: computed by who
can be interrupted."""


def simplify_expressions(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with constant expressions replaced by their values."""
    environment = Environment(statistics.view, _NoClock(), _no_chance)

    def change(node: Any) -> Any:
        match node:
            case Call(name, arguments) if arguments and name not in NOT_AHEAD:
                return _folded(node, environment)
            case ListOf(items) if all(isinstance(item, Literal) for item in items):
                return Literal([_value(item) for item in items])
            case MapOf(keys, values) if all(isinstance(value, Literal) for value in values):
                return Literal(dict(zip(keys, map(_value, values), strict=True)))
            case Filter(below, Literal(True)):
                return below
            case _:
                return node

    def visit(node: Any) -> Any:
        if marks(node) & HAS_CONSTANT:
            return change(rewrite_children(node, visit, leaves=False))
        kind: Any = node.__class__
        return change(rewrite_operators_below(node, visit)) if kind in _OPERATOR_TYPES else node

    return visit(plan)  # type: ignore[no-any-return]  # an operator for an operator


def keeps_constant(operator: Operator) -> bool:
    """True of a filter by a constant."""
    return isinstance(operator, Filter) and isinstance(operator.predicate, Literal)


def _folded(call: Call, environment: Environment) -> Expression:
    if not all(isinstance(argument, Literal) for argument in call.arguments):
        return call
    function = FUNCTIONS.get(call.name)
    if function is None or not function.deterministic or not function.built_in:
        return call
    try:
        columns = [Column.constant(_value(argument), 1) for argument in call.arguments]
        return Literal(function.apply(environment, columns).value(0))
    except (CypherError, _NotConstant):
        return call


def _value(literal: Expression) -> Value:
    assert isinstance(literal, Literal), "asked before"
    return literal.value


class _NotConstant(Exception):
    """The call's value depends on when it is made, such as that of date({timezone: 'Asia/Tokyo'})."""


class _NoClock:
    def now_seconds(self) -> float:
        raise _NotConstant


def _no_chance() -> float:
    raise AssertionError("a deterministic function drew a random number")

"""Replacing parts of expressions, with care for variables that an expression binds itself."""

from collections.abc import Callable, Mapping

from memgraph_py.plan.expressions import (
    Collect,
    Count,
    Exists,
    Expression,
    ListComprehension,
    Quantifier,
    Reduce,
    Variable,
)
from memgraph_py.plan.tree import rewrite_children
from memgraph_py.plan.variables import free_variables


def replaced(
    expression: Expression,
    change: Callable[[Expression], Expression | None],
    hidden: frozenset[str] = frozenset(),
) -> Expression:
    """The expression with the outermost parts that ``change`` knows replaced by what it gives for them.

    What reads a variable that the expression itself binds (``hidden``) is left, and subqueries are.
    """
    if not hidden or hidden.isdisjoint(free_variables(expression)):
        new = change(expression)
        if new is not None:
            return new
    match expression:
        case ListComprehension(variable) | Quantifier(_, variable):
            hidden |= {variable}
        case Reduce(accumulator, _, variable):
            hidden |= {accumulator, variable}
        case Exists() | Count() | Collect():
            return expression
        case _:
            pass
    return rewrite_children(expression, lambda child: replaced(child, change, hidden))


def substituted(expression: Expression, by_name: Mapping[str, Expression]) -> Expression:
    """The expression with these expressions in place of variables; it has no subquery that reads them."""
    return replaced(expression, lambda node: by_name.get(node.name) if isinstance(node, Variable) else None)

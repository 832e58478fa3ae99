"""Rule: of two projections one after the other, one does the work of both where the upper only takes and renames.

Project name  ←  Project n.name AS name, n        ⇒    Project n.name AS name
Project n.name AS name  ←  Project m AS n         ⇒    Project m.name AS name
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Expression, Variable
from memgraph_py.plan.operators import Operator, Project
from memgraph_py.plan.substitution import rewrite_operators, substituted
from memgraph_py.plan.variables import holds_subquery, is_deterministic


def merge_projections(plan: Operator, statistics: Statistics) -> Operator:
    """The plan without projections that another one can take over."""
    return rewrite_operators(plan, _merged)


def projects_twice(operator: Operator) -> bool:
    """True of a projection right above another one."""
    return isinstance(operator, Project) and isinstance(operator.input, Project)


def _merged(node: Any) -> Any:
    match node:
        case Project(Project(below, inner_names, inner), names, outer):
            by_name = dict(zip(inner_names, inner, strict=True))
            if _only_variables(outer) and _taken_once(outer, inner, by_name):
                return Project(below, names, tuple(by_name[_name(variable)] for variable in outer))
            if _only_variables(inner) and not any(map(holds_subquery, outer)):
                return Project(below, names, tuple(substituted(expression, by_name) for expression in outer))
    return node


def _only_variables(expressions: tuple[Expression, ...]) -> bool:
    return all(isinstance(expression, Variable) for expression in expressions)


def _taken_once(outer: tuple[Expression, ...], inner: tuple[Expression, ...], by_name: dict[str, Expression]) -> bool:
    """True when no computed column is taken twice: it would be computed twice, and chance would differ."""
    taken = [expression for expression in outer if not isinstance(by_name[_name(expression)], Variable)]
    return len(taken) == len(set(map(_name, taken))) or all(map(is_deterministic, inner))


def _name(expression: Expression) -> str:
    assert isinstance(expression, Variable), "asked before"
    return expression.name

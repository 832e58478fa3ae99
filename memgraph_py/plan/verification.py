"""The check that a plan is well formed: every variable that is read is there, and none is bound twice."""

from typing import Any

from memgraph_py.plan import operators
from memgraph_py.plan.expressions import Collect, CollectOnce, Count, CountOnce, Exists, ExistsOnce
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.printing import line
from memgraph_py.plan.tree import OPERATOR_TYPES, children, inputs
from memgraph_py.plan.variables import bound_variables, columns, read_variables


def verify(plan: Operator) -> None:
    """Raises AssertionError, with the operator, where the plan is not well formed."""
    for child in inputs(plan):
        verify(child)
    _verify_subqueries(plan)
    if not hasattr(plan, "input"):
        _verify_leaf(plan)
        return
    below = set(columns(plan.input))
    missing = read_variables(plan) - below
    assert not missing, f"{line(plan)} reads {sorted(missing)}, which is not bound by {line(plan.input)}"
    if not isinstance(plan, operators.Extend):
        twice = below.intersection(bound_variables(plan))
        assert not twice, f"{line(plan)} binds {sorted(twice)} again"
    if isinstance(plan, operators.Optional):
        found = set(columns(plan.subplan))
        assert found.issuperset(plan.variables), f"{line(plan)} is not given {sorted(set(plan.variables) - found)}"
    if isinstance(plan, operators.Merge):
        specs = {node.variable for node in plan.nodes} | {spec.variable for spec in plan.relationships}
        found = set(bound_variables(plan))
        assert specs <= found, f"{line(plan)} creates {sorted(specs - found)}, which its match does not give"


def _verify_leaf(plan: Operator) -> None:
    if isinstance(plan, operators.Union):
        assert set(columns(plan.left)) == set(columns(plan.right)), "a union of different columns"


def _verify_subqueries(node: Any) -> None:
    for child in children(node):
        if isinstance(child, OPERATOR_TYPES):
            continue
        match child:
            case Exists(plan) | Count(plan) | ExistsOnce(plan, None) | CountOnce(plan, None):
                verify(plan)
            case CollectOnce(plan, variable, element):
                verify(plan)
                assert {variable or element, element} <= set(columns(plan)), f"{line(plan)} lacks {variable}, {element}"
            case Collect(plan, variable) | ExistsOnce(plan, str() as variable) | CountOnce(plan, str() as variable):
                verify(plan)
                assert variable in columns(plan), f"{variable} is not a column of {line(plan)}"
            case _:
                _verify_subqueries(child)

"""Rule: nobody carries what nobody reads. Goes down from the root with the set of variables that are read above.

Projections lose columns, aggregates and paths that are not read; operators that repeat rows are told which columns to
leave out (``unused``); an Optional fills in only what is read; subplans take in only what they read.
"""

from typing import Any, TypeVar

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import Collect, Count, Exists
from memgraph_py.plan.operators import Argument, Operator
from memgraph_py.plan.tree import OPERATOR_TYPES, changed, rewrite_children
from memgraph_py.plan.variables import argument_variables, bound_variables, columns, free_variables, read_variables

Names = frozenset[str]
T = TypeVar("T")
HINTED = (
    operators.Expand,
    operators.ExpandInto,
    operators.VariableExpand,
    operators.Filter,
    operators.UniqueRelationships,
    operators.Unwind,
)
"""Operators with a field ``unused``."""


def prune_columns(plan: Operator, statistics: Statistics) -> Operator:
    """The plan without columns that are computed or carried for nothing; the root's own stay as they are."""
    return _prune(plan, frozenset(columns(plan)))


def _prune(operator: Operator, needed: Names) -> Operator:
    """The operator, giving at least the columns ``needed``."""
    match operator:
        case operators.Unit() | operators.ParameterRows():
            return operator
        case Argument(variables):
            return Argument(tuple(name for name in variables if name in needed))
        case operators.Project() | operators.Extend():
            return _projection(operator, needed)
        case operators.Aggregate():
            return _aggregate(operator, needed)
        case operators.Union(left, right):
            names = frozenset(columns(left))
            return operators.Union(_prune(left, names), _prune(right, names))
        case operators.Distinct(below, variables):
            return operators.Distinct(_prune(below, frozenset(variables)), variables)
        case operators.Optional() | operators.Apply():
            return _applied(operator, needed)
        case operators.Merge():
            pruned = _subplan(operator.match, frozenset(bound_variables(operator)))
            return _over(changed(operator, match=pruned), needed)
        case operators.Drain(below):
            return operators.Drain(_prune(below, frozenset()))
        case _:
            return _over(operator, needed)


def _over(operator: Operator, needed: Names) -> Operator:
    """An operator that hands on the columns of its input."""
    assert not isinstance(operator, operators.Unit | Argument | operators.ParameterRows | operators.Union)
    operator = _with_subplans(operator)
    below = needed.difference(bound_variables(operator)) | read_variables(operator)
    operator = changed(operator, input=_prune(operator.input, below))
    if isinstance(operator, HINTED):
        given = columns(operator.input) + bound_variables(operator)
        unused = tuple(dict.fromkeys(name for name in given if name not in needed))
        return changed(operator, unused=unused) if unused else operator
    return operator


def _projection(operator: operators.Project | operators.Extend, needed: Names) -> Operator:
    kept = [
        (name, _with_subplans(expression))
        for name, expression in zip(operator.names, operator.expressions, strict=True)
        if name in needed
    ]
    names = tuple(name for name, _ in kept)
    expressions = tuple(expression for _, expression in kept)
    read = frozenset[str]().union(*map(free_variables, expressions))
    if isinstance(operator, operators.Extend):
        read |= needed.difference(names)
    below = _prune(operator.input, read)
    if not names:
        return below
    return type(operator)(below, names, expressions)


def _aggregate(operator: operators.Aggregate, needed: Names) -> Operator:
    kept = [
        (name, _with_subplans(call))
        for name, call in zip(operator.aggregate_names, operator.aggregates, strict=True)
        if name in needed
    ]
    names, calls = tuple(name for name, _ in kept), tuple(call for _, call in kept)
    keys = tuple(map(_with_subplans, operator.keys))
    read = frozenset[str]().union(*map(free_variables, (*keys, *calls)))
    return operators.Aggregate(_prune(operator.input, read), operator.key_names, keys, names, calls)


def _applied(operator: operators.Optional | operators.Apply, needed: Names) -> Operator:
    new = bound_variables(operator)
    read_below = frozenset(name for name in new if name in needed)
    subplan = _subplan(operator.subplan, read_below)
    below = _prune(operator.input, needed.difference(new) | argument_variables(subplan))
    if isinstance(operator, operators.Apply):
        return operators.Apply(below, subplan)
    return operators.Optional(below, subplan, tuple(name for name in operator.variables if name in needed))


def _subplan(plan: Operator, needed: Names) -> Operator:
    return _prune(plan, needed.intersection(columns(plan)))


def _with_subplans(node: T) -> T:
    """An expression, or an operator's own expressions, with the plans inside them pruned."""
    match node:
        case Exists(plan):
            return Exists(_subplan(plan, frozenset()))  # type: ignore[return-value]  # an expression for one
        case Count(plan):
            return Count(_subplan(plan, frozenset()))  # type: ignore[return-value]  # an expression for one
        case Collect(plan, variable):
            plan = _subplan(plan, frozenset((variable,)))
            return Collect(plan, variable)  # type: ignore[return-value]  # an expression for one
        case _:
            return rewrite_children(node, _below_expression)


def _below_expression(node: Any) -> Any:
    """What stands below an operator or expression: an operator is left to ``_prune``."""
    return node if isinstance(node, OPERATOR_TYPES) else _with_subplans(node)

"""Rule: nobody carries what nobody reads. Goes down from the root with the set of variables that are read above.

Projections lose columns, aggregates and paths that are not read; operators that repeat rows are told which columns to
leave out (``unused``); an Optional fills in only what is read; subplans take in only what they read.
"""

from dataclasses import replace
from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import Collect, Count, Exists
from memgraph_py.plan.operators import Argument, Operator
from memgraph_py.plan.tree import OPERATOR_TYPES, rewrite_children
from memgraph_py.plan.variables import argument_variables, bound_variables, columns, free_variables, read_variables

Names = frozenset[str]
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
            match_needed = frozenset(bound_variables(operator))
            operator = replace(operator, match=_subplan(operator.match, match_needed))
        case operators.Drain():
            needed = frozenset()
        case _:
            pass
    operator = _with_subplans(operator)
    read = read_variables(operator)
    below = needed.difference(bound_variables(operator)) | read
    operator = replace(operator, input=_prune(operator.input, below))
    if isinstance(operator, HINTED):
        given = columns(operator.input) + bound_variables(operator)
        unused = tuple(dict.fromkeys(name for name in given if name not in needed))
        return replace(operator, unused=unused) if unused else operator
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


def _with_subplans(node: Any) -> Any:
    """An expression, or an operator's own expressions, with the plans inside them pruned."""
    match node:
        case Exists(plan):
            return Exists(_subplan(plan, frozenset()))
        case Count(plan):
            return Count(_subplan(plan, frozenset()))
        case Collect(plan, variable):
            return Collect(_subplan(plan, frozenset((variable,))), variable)
        case _:
            return rewrite_children(node, _below_expression)


def _below_expression(node: Any) -> Any:
    """What stands below an operator or expression: an operator is left to ``_prune``."""
    return node if isinstance(node, OPERATOR_TYPES) else _with_subplans(node)

"""Rule: nobody carries what nobody reads. Goes down from the root with the set of variables that are read above.

Projections lose columns, aggregates and paths that are not read; operators that repeat rows are told which columns to
leave out (``unused``); an Optional fills in only what is read; subplans take in only what they read.
"""

from typing import Any, TypeAlias, TypeVar

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import (
    Collect,
    CollectOnce,
    Count,
    CountOnce,
    Exists,
    ExistsOnce,
    Remembering,
    Variable,
)
from memgraph_py.plan.operators import Argument, Operator
from memgraph_py.plan.tree import OPERATOR_TYPES, changed, over, rewrite_children
from memgraph_py.plan.variables import (
    argument_variables,
    bound_variables,
    columns,
    columns_over,
    free_variables,
    holds_subquery,
    read_variables,
)

Names = frozenset[str]
_Pruned: TypeAlias = tuple[Operator, tuple[str, ...]]
"""An operator and its columns, which would have to be gathered along its inputs otherwise."""
T = TypeVar("T", bound=Remembering)
_HINTED = frozenset(
    (
        operators.Expand,
        operators.ExpandInto,
        operators.VariableExpand,
        operators.ShortestPaths,
        operators.Frontier,
        operators.Filter,
        operators.UniqueRelationships,
        operators.Unwind,
        operators.LoadCsv,
    )
)
"""Operators with a field ``unused``."""
_HANDING_ON = _HINTED | {operators.AllNodes, operators.LabelScan, operators.IndexSeek, operators.Sort, operators.Top}
"""Those of which there are most that are no other case of ``_prune``."""


def prune_columns(plan: Operator, statistics: Statistics) -> Operator:
    """The plan without columns that are computed or carried for nothing; the root's own stay as they are."""
    return _prune(plan, frozenset(columns(plan)))[0]


def _prune(operator: Operator, needed: Names) -> _Pruned:
    """The operator, giving at least the columns ``needed``."""
    if operator.__class__ in _HANDING_ON:
        return _over(operator, needed)
    match operator:
        case operators.Unit() | operators.ParameterRows():
            return operator, columns(operator)
        case Argument(variables):
            kept = tuple(name for name in variables if name in needed)
            return Argument(kept), kept
        case operators.Project() | operators.Extend():
            return _projection(operator, needed)
        case operators.Aggregate():
            return _aggregate(operator, needed)
        case operators.Union(left, right):
            names = frozenset(columns(left))
            left, given = _prune(left, names)
            return operators.Union(left, _prune(right, names)[0]), given
        case operators.Distinct(below, variables):
            return operators.Distinct(_prune(below, frozenset(variables))[0], variables), variables
        case operators.Optional() | operators.Apply():
            return _applied(operator, needed)
        case operators.Merge():
            pruned = _subplan(operator.match, frozenset(bound_variables(operator)))
            return _over(changed(operator, match=pruned), needed)
        case operators.InTransactions():
            subplan = _subplan(operator.subplan, frozenset(operator.variables))
            return _over(changed(operator, subplan=subplan), needed)
        case operators.HashJoin():
            return _hash_join(operator, needed)
        case operators.Drain(below):
            return operators.Drain(_prune(below, frozenset())[0]), ()
        case _:
            return _over(operator, needed)


def _over(operator: Any, needed: Names) -> _Pruned:
    """An operator that hands on the columns of its input."""
    if holds_subquery(operator):
        operator = _with_subplans(operator)
    bound = bound_variables(operator)
    below, given = _prune(operator.input, needed.difference(bound) | read_variables(operator))
    if operator.__class__ in _HINTED:
        names = given + tuple([name for name in bound if name not in given])
        unused = tuple([name for name in names if name not in needed])
        if unused:
            operator = changed(operator, input=below, unused=unused)
            return operator, tuple([name for name in names if name in needed])
    return over(operator, below), columns_over(operator, given)


def _projection(operator: operators.Project | operators.Extend, needed: Names) -> _Pruned:
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
    below, given = _prune(operator.input, read)
    if not names:
        return below, given
    pruned = type(operator)(below, names, expressions)
    return pruned, columns_over(pruned, given)


def _aggregate(operator: operators.Aggregate, needed: Names) -> _Pruned:
    kept = [
        (name, _with_subplans(call))
        for name, call in zip(operator.aggregate_names, operator.aggregates, strict=True)
        if name in needed
    ]
    names, calls = tuple(name for name, _ in kept), tuple(call for _, call in kept)
    keys = tuple(map(_with_subplans, operator.keys))
    read = frozenset[str]().union(*map(free_variables, (*keys, *calls)))
    below, _ = _prune(operator.input, read)
    pruned = operators.Aggregate(below, operator.key_names, keys, names, calls)
    return pruned, columns_over(pruned, ())


def _applied(operator: operators.Optional | operators.Apply, needed: Names) -> _Pruned:
    new = bound_variables(operator)
    read_below = frozenset(name for name in new if name in needed)
    subplan = _subplan(operator.subplan, read_below)
    below, given = _prune(operator.input, needed.difference(new) | argument_variables(subplan))
    pruned: Operator
    if isinstance(operator, operators.Apply):
        pruned = operators.Apply(below, _without_others(subplan, read_below))
    else:
        pruned = operators.Optional(below, subplan, tuple(name for name in operator.variables if name in needed))
    return pruned, columns_over(pruned, given)


def _without_others(subplan: Operator, kept: Names) -> Operator:
    """The subplan without columns of its own that are not kept: where its projection was not needed, they came out from
    under it, with names that others may have."""
    names = columns(subplan)
    if argument_variables(subplan).union(kept).issuperset(names):
        return subplan
    given = tuple(name for name in names if name in kept)
    return operators.Project(subplan, given, tuple(map(Variable, given)))


def _hash_join(operator: operators.HashJoin, needed: Names) -> _Pruned:
    """Keys hold no plans: they cannot fail."""
    right, found = _prune(operator.right, _needed_right(operator, needed))
    below, given = _prune(operator.input, needed.difference(found) | read_variables(operator))
    unused = tuple(name for name in given + found if name not in needed)
    pruned = changed(operator, input=below, right=right, unused=unused)
    return pruned, columns_over(pruned, given)


def _needed_right(operator: operators.HashJoin, needed: Names) -> Names:
    return needed.union(*map(free_variables, operator.right_keys)).intersection(columns(operator.right))


def _subplan(plan: Operator, needed: Names) -> Operator:
    return _prune(plan, needed.intersection(columns(plan)))[0]


def _with_subplans(node: T) -> T:
    """An expression, or an operator's own expressions, with the plans inside them pruned."""
    if not holds_subquery(node):
        return node
    match node:
        case Exists(plan):
            return Exists(_subplan(plan, frozenset()))  # type: ignore[return-value]  # an expression for one
        case ExistsOnce(plan, variable):
            plan = _subplan(plan, frozenset() if variable is None else frozenset((variable,)))
            return ExistsOnce(plan, variable)  # type: ignore[return-value]  # an expression for one
        case CountOnce(plan, variable):
            plan = _subplan(plan, frozenset() if variable is None else frozenset((variable,)))
            return CountOnce(plan, variable)  # type: ignore[return-value]  # an expression for one
        case CollectOnce(plan, variable, element):
            plan = _subplan(plan, frozenset((element,) if variable is None else (variable, element)))
            return CollectOnce(plan, variable, element)  # type: ignore[return-value]  # an expression for one
        case Count(plan):
            return Count(_subplan(plan, frozenset()))  # type: ignore[return-value]  # an expression for one
        case Collect(plan, variable):
            plan = _subplan(plan, frozenset((variable,)))
            return Collect(plan, variable)  # type: ignore[return-value]  # an expression for one
        case _:
            return rewrite_children(node, _below_expression, leaves=False)


def _below_expression(node: Any) -> Any:
    """What stands below an operator or expression: an operator is left to ``_prune``."""
    return node if isinstance(node, OPERATOR_TYPES) else _with_subplans(node)

"""Rule: a filter goes down to where its variables are bound, so that fewer rows travel and scans see it.

    Project n, m.x AS x  ←  Filter x > 1   ⇒   Filter m.x > 1  ←  Project        through a projection: rewritten
    Expand a → b         ←  Filter a.x = 1 ⇒   Filter a.x = 1  ←  Expand a → b   below what it does not read

It does not pass what counts or cuts rows (Skip, Limit, Top), what writes, what keeps reads apart from writes (Eager),
or what fills in NULLs (an Optional's own variables). Below an operator that drops rows it could be evaluated on rows
that it would not have met, so there only predicates pass that cannot fail.
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import (
    Call,
    Expression,
    HasLabels,
    HasType,
    Literal,
    Parameter,
    Property,
    Variable,
)
from memgraph_py.plan.operators import Filter, Operator
from memgraph_py.plan.substitution import rewrite_operators, substituted
from memgraph_py.plan.tree import over
from memgraph_py.plan.variables import bound_variables, columns, free_variables, holds_subquery, is_deterministic

CANNOT_FAIL = frozenset(
    ("=", "<>", "<", "<=", ">", ">=", "IS NULL", "IS NOT NULL", "STARTS WITH", "ENDS WITH", "CONTAINS", "id")
)
"""Functions that give a value, or NULL, for whatever they get as arguments here."""
JOINING = frozenset(("AND", "OR", "XOR", "NOT"))
"""Functions of booleans: safe over arguments that are booleans for certain."""
_BINDING = frozenset(
    (
        operators.AllNodes,
        operators.LabelScan,
        operators.IndexSeek,
        operators.IndexRangeSeek,
        operators.NodeById,
        operators.Expand,
        operators.ExpandInto,
        operators.VariableExpand,
        operators.ScanRelationships,
        operators.Unwind,
        operators.Apply,
        operators.Optional,
    )
)
"""Operators that change nothing in the columns they take in, and drop or repeat rows."""


def push_down_filters(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with each filter as low as it may stand; those at the same place keep their order."""

    return rewrite_operators(plan, _sunk)


def _sunk(operator: Operator) -> Operator:
    if isinstance(operator, Filter):
        return _sink(operator.input, operator.predicate) or operator
    return operator


def _sink(operator: Operator, predicate: Expression) -> Operator | None:
    """The operator with the filter somewhere below it; None when it must stay above."""
    if operator.__class__ in _BINDING:
        return _below_binding(operator, predicate)
    match operator:
        case operators.Filter() | operators.UniqueRelationships():
            below = _sink(operator.input, predicate)
            return None if below is None else over(operator, below)
        case operators.Project(below, names, expressions):
            by_name = dict(zip(names, expressions, strict=True))
            return _through(operator, below, predicate, by_name)
        case operators.Extend(below, names, _):
            return None if names_meet(predicate, names) else _over(operator, below, predicate)
        case operators.Aggregate(below, names, keys):
            by_name = dict(zip(names, keys, strict=True))
            if not names or not free_variables(predicate) <= by_name.keys() or not is_deterministic(predicate):
                return None
            return _through(operator, below, predicate, by_name)
        case operators.Distinct(below, _) | operators.Sort(below):
            return _over(operator, below, predicate) if is_deterministic(predicate) else None
        case operators.Union(left, right):
            return _into_union(operator, left, right, predicate)
        case _:
            return None


def _below_binding(operator: Any, predicate: Expression) -> Operator | None:
    if names_meet(predicate, bound_variables(operator)) or not free_variables(predicate):
        return None
    return _over(operator, operator.input, predicate) if cannot_fail(predicate) else None


def names_meet(expression: Expression, names: tuple[str, ...]) -> bool:
    """True when the expression reads one of the variables."""
    return not free_variables(expression).isdisjoint(names)


def _placed(operator: Operator, predicate: Expression) -> Operator:
    return _sink(operator, predicate) or Filter(operator, predicate)


def _over(operator: Operator, below: Operator, predicate: Expression) -> Operator:
    return over(operator, _placed(below, predicate))


def _through(
    operator: Operator, below: Operator, predicate: Expression, by_name: dict[str, Expression]
) -> Operator | None:
    """Below a projection, with its expressions in place of its names; only what gives the same value twice."""
    read = [by_name[name] for name in free_variables(predicate)]
    parts = (predicate, *read)
    if not all(map(is_deterministic, parts)) or any(map(holds_subquery, parts)):
        return None
    return _over(operator, below, substituted(predicate, by_name))


def _into_union(operator: Operator, left: Operator, right: Operator, predicate: Expression) -> Operator | None:
    if columns(left) != columns(right) or not is_deterministic(predicate):
        return None
    return operators.Union(_placed(left, predicate), _placed(right, predicate))


def cannot_fail(expression: Expression) -> bool:
    """True when the expression gives a value for any row; a property is taken to be one of an element."""
    match expression:
        case Variable() | Literal() | Parameter():
            return True
        case Property(Variable(), _) | HasLabels(Variable(), _):
            return True
        case HasType(subject):
            return cannot_fail(subject)
        case Call(name, arguments):
            if name in JOINING:
                return all(is_boolean(argument) and cannot_fail(argument) for argument in arguments)
            if name == "IN" and not isinstance(arguments[1], Literal | Parameter):
                return False
            return name in (*CANNOT_FAIL, "IN") and all(map(cannot_fail, arguments))
        case _:
            return False


def is_boolean(expression: Expression) -> bool:
    """True when the expression gives nothing but booleans and NULL."""
    match expression:
        case HasLabels() | HasType() | Literal(bool()):
            return True
        case Call(name):
            return name != "id" and name in (*CANNOT_FAIL, *JOINING, "IN")
        case _:
            return False

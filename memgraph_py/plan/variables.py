"""Which variables an expression reads, and which an operator reads, binds and gives: what rules and checks ask."""

from typing import assert_never

from memgraph_py.plan import operators
from memgraph_py.plan.expressions import (
    Collect,
    Count,
    Exists,
    Expression,
    ListComprehension,
    Literal,
    Parameter,
    PathOf,
    Quantifier,
    Reduce,
    Variable,
)
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import OPERATOR_TYPES, children

NONE: frozenset[str] = frozenset()


def free_variables(expression: Expression) -> frozenset[str]:
    """Variables that the batch must have for the expression; those that it binds itself are not among them."""
    match expression:
        case Variable(name):
            return frozenset((name,))
        case Literal() | Parameter():
            return NONE
        case PathOf(variables):
            return frozenset(variables)
        case Exists(plan) | Count(plan) | Collect(plan, _):
            return argument_variables(plan)
        case ListComprehension(variable, elements, predicate, result):
            return free_variables(elements) | (_all_free(predicate, result) - {variable})
        case Quantifier(_, variable, elements, predicate):
            return free_variables(elements) | (free_variables(predicate) - {variable})
        case Reduce(accumulator, initial, variable, elements, step):
            return _all_free(initial, elements) | (free_variables(step) - {accumulator, variable})
        case _:
            return _all_free(*children(expression))


def argument_variables(plan: Operator) -> frozenset[str]:
    """Outer variables that a subplan takes in at its leaves."""
    leaf = plan
    while not isinstance(leaf, operators.Argument | operators.Unit | operators.ParameterRows):
        if isinstance(leaf, operators.Union):
            return argument_variables(leaf.left) | argument_variables(leaf.right)
        leaf = leaf.input
    return frozenset(leaf.variables) if isinstance(leaf, operators.Argument) else NONE


def read_variables(operator: Operator) -> frozenset[str]:
    """Variables of its input that the operator itself reads, what its subplans take in included."""
    match operator:
        case operators.Expand():
            return frozenset((operator.source,))
        case operators.ExpandInto():
            return frozenset((operator.source, operator.target))
        case operators.VariableExpand():
            own = _all_free(operator.properties) | {operator.source}
            return own | {operator.target} if operator.into else own
        case operators.ShortestPaths():
            own = _all_free(operator.predicate) - {operator.relationship, operator.node} | {operator.source}
            return own | {operator.target} if operator.into else own
        case operators.Frontier():
            return frozenset((operator.source,))
        case operators.ScanRelationships():
            ends = [operator.source] * operator.bound_source + [operator.target] * operator.bound_target
            return frozenset((operator.relationship, *ends))
        case operators.UniqueRelationships() | operators.Distinct():
            return frozenset(operator.variables)
        case operators.Apply() | operators.Optional():
            return argument_variables(operator.subplan)
        case operators.InTransactions():
            return argument_variables(operator.subplan) | free_variables(operator.rows)
        case operators.Create() | operators.Merge():
            return _read_by_creation(operator)
        case operators.Union() | operators.Drain() | operators.Eager():
            return NONE
        case operators.Set() | operators.Remove():
            items = [*map(_read_by_item, operator.items)]
            return NONE.union(*items)
        case _:
            return _all_free(*(child for child in children(operator) if not isinstance(child, OPERATOR_TYPES)))


def bound_variables(operator: Operator) -> tuple[str, ...]:
    """Variables that the operator adds to those of its input."""
    match operator:
        case operators.AllNodes() | operators.LabelScan() | operators.IndexSeek() | operators.NodeById():
            return (operator.variable,)
        case operators.Unwind() | operators.LoadCsv() | operators.NodeCount() | operators.RelationshipCount():
            return (operator.variable,)
        case operators.Expand():
            return (operator.relationship, operator.target)
        case operators.ExpandInto():
            return (operator.relationship,)
        case operators.VariableExpand() | operators.ShortestPaths():
            return (operator.relationships,) if operator.into else (operator.relationships, operator.target)
        case operators.Frontier():
            return (operator.target,)
        case operators.ScanRelationships():
            source = () if operator.bound_source else (operator.source,)
            return source if operator.bound_target else (*source, operator.target)
        case operators.Extend():
            return operator.names
        case operators.Optional() | operators.ProcedureCall():
            return operator.variables
        case operators.InTransactions():
            return operator.variables + operator.status
        case operators.Apply():
            outer = argument_variables(operator.subplan)
            return tuple(name for name in columns(operator.subplan) if name not in outer)
        case operators.Create():
            return _created_variables(operator)
        case operators.Merge():
            outer = argument_variables(operator.match)
            return tuple(name for name in columns(operator.match) if name not in outer)
        case _:
            return ()


def columns(operator: Operator) -> tuple[str, ...]:
    """Variables that the operator's rows have, in order."""
    match operator:
        case operators.Union():
            return columns(operator.left)
        case (
            operators.Unit()
            | operators.Drain()
            | operators.Argument()
            | operators.Distinct()
            | operators.ParameterRows()
            | operators.Project()
            | operators.Aggregate()
        ):
            return columns_over(operator, ())
        case _:
            return columns_over(operator, columns(operator.input))


def columns_over(operator: Operator, below: tuple[str, ...]) -> tuple[str, ...]:
    """The same, where its input (of a Union the left one) has the columns ``below``."""
    match operator:
        case operators.Unit() | operators.Drain():
            return ()
        case operators.Argument(variables) | operators.Distinct(_, variables):
            return variables
        case operators.ParameterRows(names):
            return tuple(f"${name}" for name in names)
        case operators.Project():
            return operator.names
        case operators.Aggregate():
            return operator.key_names + operator.aggregate_names
        case operators.Union():
            return below
        case _:
            given = below + tuple(name for name in bound_variables(operator) if name not in below)
            unused: tuple[str, ...] = getattr(operator, "unused", ())
            return tuple(name for name in given if name not in unused) if unused else given


def _all_free(*expressions: Expression | None) -> frozenset[str]:
    return NONE.union(*[free_variables(expression) for expression in expressions if expression is not None])


def _created_variables(operator: operators.Create | operators.Merge) -> tuple[str, ...]:
    nodes = tuple(node.variable for node in operator.nodes)
    return nodes + tuple(relationship.variable for relationship in operator.relationships)


def _read_by_creation(operator: operators.Create | operators.Merge) -> frozenset[str]:
    names = set(_all_free(*(node.properties for node in operator.nodes)))
    names.update(_all_free(*(relationship.properties for relationship in operator.relationships)))
    for relationship in operator.relationships:
        names.update((relationship.source, relationship.target))
    if isinstance(operator, operators.Merge):
        for item in (*operator.on_create, *operator.on_match):
            names.update(_read_by_item(item))
        names.update(argument_variables(operator.match))
        names.difference_update(bound_variables(operator))
    return frozenset(names.difference(_created_variables(operator)))


def _read_by_item(
    item: operators.SetItem | operators.RemoveProperty | operators.RemoveLabels,
) -> frozenset[str]:
    match item:
        case operators.SetProperty(subject, _, value):
            return _all_free(subject, value)
        case operators.SetProperties(variable, value, _):
            return free_variables(value) | {variable}
        case operators.RemoveProperty(subject, _):
            return free_variables(subject)
        case operators.SetLabels(variable, _) | operators.RemoveLabels(variable, _):
            return frozenset((variable,))
        case _:
            assert_never(item)

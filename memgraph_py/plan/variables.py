"""Which variables an expression reads, and which an operator reads, binds and gives: what rules and checks ask. What
is found out of an expression is kept in it, as it never changes and most rules ask."""

from typing import assert_never

from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import (
    Call,
    Collect,
    CollectOnce,
    Constant,
    Count,
    CountOnce,
    Exists,
    ExistsOnce,
    Expression,
    Facts,
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
_NO_FACTS = Facts(NONE)
_OF_PARAMETERS = Facts(NONE, has_parameter=True)


def free_variables(expression: Expression) -> frozenset[str]:
    """Variables that the batch must have for the expression; those that it binds itself are not among them."""
    try:
        return expression.facts.free
    except AttributeError:
        return facts(expression).free


def facts(expression: Expression) -> Facts:
    """What can be said of an expression, found out once."""
    try:
        return expression.facts
    except AttributeError:
        found = expression.facts = _find_facts(expression)
        return found


def _find_facts(expression: Expression) -> Facts:
    match expression:
        case Variable(name):
            return Facts(frozenset((name,)))
        case Literal():
            return _NO_FACTS
        case Parameter():
            return _OF_PARAMETERS
        case PathOf(variables):
            return Facts(frozenset(variables), varies=True)
        case Exists(plan) | Count(plan) | Collect(plan, _):
            return Facts(argument_variables(plan), varies=True, holds_plan=True, has_parameter=True)
        case ExistsOnce(_, name) | CountOnce(_, name) | CollectOnce(_, name):
            return Facts(NONE if name is None else frozenset((name,)), varies=True, holds_plan=True, has_parameter=True)
        case Constant():
            return _NO_FACTS
        case _:
            pass
    parts = [facts(part) for part in children(expression)]
    match expression:
        case ListComprehension(variable) | Quantifier(_, variable):
            free = parts[0].free | (NONE.union(*[part.free for part in parts[1:]]) - {variable})
        case Reduce(accumulator, _, variable):
            free = parts[0].free | parts[1].free | (parts[2].free - {accumulator, variable})
        case _:
            free = parts[0].free if len(parts) == 1 else NONE.union(*[part.free for part in parts])
    varies = holds_plan = has_parameter = has_aggregate = False
    for part in parts:
        varies = varies or part.varies
        holds_plan = holds_plan or part.holds_plan
        has_parameter = has_parameter or part.has_parameter
        has_aggregate = has_aggregate or part.has_aggregate
    if isinstance(expression, Call):
        function = FUNCTIONS.get(expression.name)
        varies = varies or function is None or not function.deterministic
        has_aggregate = has_aggregate or expression.name in AGGREGATES
    return Facts(free, varies, holds_plan, has_parameter, has_aggregate)


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
        case operators.Filter(_, predicate):  # most are these
            return free_variables(predicate)
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
        case operators.Frontier() | operators.PathCount():
            return frozenset((operator.source,))
        case operators.ScanRelationships():
            ends = [operator.source] * operator.bound_source + [operator.target] * operator.bound_target
            return frozenset((operator.relationship, *ends))
        case operators.HashJoin():
            return _all_free(*operator.keys)
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
        case operators.Filter() | operators.UniqueRelationships():  # most are these
            return ()
        case operators.AllNodes() | operators.LabelScan() | operators.NodeById():
            return (operator.variable,)
        case operators.IndexSeek() | operators.IndexRangeSeek() | operators.IndexOrder():
            return (operator.variable,)
        case operators.LoadCsv():
            return (operator.variable, operator.number, operator.file)
        case operators.Unwind() | operators.NodeCount() | operators.RelationshipCount():
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
        case operators.HashJoin():
            return columns(operator.right)
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
            | operators.PathCount()
        ):
            return columns_over(operator, ())
        case _:
            return columns_over(operator, columns(operator.input))


def columns_over(operator: Operator, below: tuple[str, ...]) -> tuple[str, ...]:
    """The same, where its input (of a Union the left one) has the columns ``below``."""
    match operator:
        case operators.Filter() | operators.UniqueRelationships():  # most are these
            unused = operator.unused
            return tuple(name for name in below if name not in unused) if unused else below
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
        case operators.PathCount():
            return (operator.variable,)
        case operators.Union():
            return below
        case _:
            given = below + tuple(name for name in bound_variables(operator) if name not in below)
            unused = getattr(operator, "unused", ())
            return tuple(name for name in given if name not in unused) if unused else given


def _all_free(*expressions: Expression | None) -> frozenset[str]:
    return NONE.union(*[free_variables(expression) for expression in expressions if expression is not None])


def _created_variables(operator: operators.Create | operators.Merge) -> tuple[str, ...]:
    nodes = tuple(node.variable for node in operator.nodes)
    return nodes + tuple(relationship.variable for relationship in operator.relationships)


def _read_by_creation(operator: operators.Create | operators.Merge) -> frozenset[str]:
    names = set(_all_free(*(node.properties for node in operator.nodes)))
    names.update(_all_free(*(relationship.properties for relationship in operator.relationships)))
    names.update(_all_free(*(relationship.type_named for relationship in operator.relationships)))
    for relationship in operator.relationships:
        names.update((relationship.source, relationship.target))
    if isinstance(operator, operators.Merge):
        for item in (*operator.on_create, *operator.on_match):
            names.update(_read_by_item(item))
        names.update(argument_variables(operator.match))
        names.difference_update(bound_variables(operator))
    return frozenset(names.difference(_created_variables(operator)))


def _read_by_item(
    item: operators.SetItem | operators.RemoveItem,
) -> frozenset[str]:
    match item:
        case operators.SetProperty(subject, _, value):
            return _all_free(subject, value)
        case operators.SetPropertyNamed(subject, key, value):
            return _all_free(subject, key, value)
        case operators.RemovePropertyNamed(subject, key):
            return _all_free(subject, key)
        case operators.SetLabelsNamed(variable, names) | operators.RemoveLabelsNamed(variable, names):
            return free_variables(names) | {variable}
        case operators.SetProperties(variable, value, _):
            return free_variables(value) | {variable}
        case operators.RemoveProperty(subject, _):
            return free_variables(subject)
        case operators.SetLabels(variable, _) | operators.RemoveLabels(variable, _):
            return frozenset((variable,))
        case _:
            assert_never(item)

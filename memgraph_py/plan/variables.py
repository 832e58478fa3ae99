"""Which variables an expression reads, and which an operator reads, binds and gives: what rules and checks ask. What
is found out of an expression is kept in it, as are the marks of all parts of a plan: no part changes, and most rules
ask."""

from collections.abc import Callable, Collection
from itertools import chain
from typing import Any, TypeAlias, assert_never, get_args

from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import (
    HAS_AGGREGATE,
    HAS_COMPUTED,
    HAS_CONSTANT,
    HAS_PARAMETER,
    HOLDS_PLAN,
    RANDOM,
    TAKES_LONG,
    VARIES,
    Call,
    Collect,
    CollectOnce,
    Constant,
    Count,
    CountOnce,
    Exists,
    ExistsOnce,
    Expression,
    HasLabels,
    HasType,
    ListComprehension,
    ListOf,
    Literal,
    MapOf,
    Parameter,
    PathOf,
    Property,
    Quantifier,
    Reduce,
    Remembering,
    Variable,
)
from memgraph_py.plan.names import of_parameter
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import EXPRESSION_TYPES, OPERATOR_TYPES, expression_parts, walk

NONE: frozenset[str] = frozenset()
_EXPRESSION_TYPES = frozenset(EXPRESSION_TYPES)
_OF_PLANS = VARIES | HOLDS_PLAN | HAS_PARAMETER | HAS_CONSTANT | HAS_COMPUTED | TAKES_LONG


def free_variables(expression: Expression) -> frozenset[str]:
    """Variables that the batch must have for the expression; those that it binds itself are not among them."""
    free = expression.free
    return _found_out(expression).free if free is None else free


def marks(part: Remembering) -> int:
    """What holds of an expression, or of any in an operator or in what it carries out: VARIES and its kin."""
    found = part.marks
    return _found_out(part).marks if found < 0 else found


def holds_subquery(part: Remembering) -> bool:
    """True where a plan stands in an expression, or in any of those of an operator or of what it carries out."""
    found = part.marks  # as ``marks``, which every rule asks of every operator
    return (found if found >= 0 else marks(part)) & HOLDS_PLAN != 0


def is_deterministic(expression: Expression) -> bool:
    """True when the expression gives the same value each time it is evaluated on a row."""
    found = marks(expression)
    if not found & HOLDS_PLAN:
        return not found & RANDOM
    return not any(isinstance(node, Call) and _marks_of_call(node) & RANDOM for node in walk(expression))


def holds_nothing(expression: Expression, plain: frozenset[str]) -> bool:
    """True where a value holds nothing of the graph, as the variables ``plain`` do, and parameters."""
    if not free_variables(expression) <= plain or holds_subquery(expression):
        return False
    return all(
        FUNCTIONS[node.name].built_in for node in walk(expression) if isinstance(node, Call) and node.name in FUNCTIONS
    )


def _found_out(part: Any) -> Any:
    """The part, with its marks and, of an expression, what is free in it."""
    kind = part.__class__
    if kind in _OWN_FREE:
        part.free = _OWN_FREE[kind](part)
        part.marks = _OWN_MARKS[kind](part)
        return part
    is_expression = kind in _EXPRESSION_TYPES
    free, found = NONE, 0
    for name, several in expression_parts(kind):
        value = getattr(part, name)
        if value is None:
            continue
        for child in value if several else (value,):
            found |= child.marks if child.marks >= 0 else marks(child)
            if is_expression and child.free:
                free = free | child.free if free else child.free
    if is_expression:
        part.free = free if kind not in _BINDING else _free_of_binding(part)
        if kind is Call:
            found |= _marks_of_call(part)
        elif (kind is ListOf and _are_literals(part.items)) or (kind is MapOf and _are_literals(part.values)):
            found |= HAS_CONSTANT
        if found & HAS_PARAMETER and kind is not MapOf:  # of a map each value is computed by itself
            found = _of_parameters(found, part.free)
    part.marks = found
    return part


def _of_parameters(found: int, free: frozenset[str]) -> int:
    """The marks of what is made of parts with these, of which some are parameters."""
    return found if free or found & VARIES else found | HAS_COMPUTED


def _marks_of_call(call: Call) -> int:
    """Of the call itself, whatever its arguments are."""
    function = FUNCTIONS.get(call.name)
    if function is None:
        found = VARIES | HAS_AGGREGATE if call.name in AGGREGATES else VARIES
    else:
        found = 0 if function.deterministic else VARIES | RANDOM
    if call.arguments and _are_literals(call.arguments):
        found |= HAS_CONSTANT
    return found | TAKES_LONG if is_slow(call) else found


def _free_of_binding(expression: Expression) -> frozenset[str]:
    """Of an expression that binds variables."""
    match expression:
        case Reduce(accumulator, initial, variable, elements, step):
            return _all_free(initial, elements) | (free_variables(step) - {accumulator, variable})
        case ListComprehension(variable, elements, predicate, result):
            return free_variables(elements) | (_all_free(predicate, result) - {variable})
        case Quantifier(_, variable, elements, predicate):
            return free_variables(elements) | (free_variables(predicate) - {variable})
        case _:
            raise AssertionError(f"it binds nothing: {expression}")


_Question: TypeAlias = ExistsOnce | CountOnce | CollectOnce

_OWN_FREE: dict[type, Callable[[Any], frozenset[str]]] = {
    Variable: lambda expression: frozenset((expression.name,)),
    **dict.fromkeys((Literal, Parameter, Constant), lambda expression: NONE),
    **dict.fromkeys((Property, HasLabels, HasType), lambda expression: free_variables(expression.subject)),
    PathOf: lambda expression: frozenset(expression.variables),
    **dict.fromkeys((Exists, Count, Collect), lambda expression: argument_variables(expression.plan)),
    **dict.fromkeys(get_args(_Question), lambda expression: _free_of_question(expression)),
}
_OWN_MARKS: dict[type, Callable[[Any], int]] = {
    **dict.fromkeys((Variable, Literal), lambda expression: 0),
    Parameter: lambda expression: HAS_PARAMETER,
    Constant: lambda expression: marks(expression.expression) & TAKES_LONG,
    **dict.fromkeys((Property, HasLabels, HasType), lambda expression: _marks_about(expression)),
    PathOf: lambda expression: VARIES,
    **dict.fromkeys((Exists, Count, Collect, *get_args(_Question)), lambda expression: _OF_PLANS),
}
"""Both for the same kinds; what the others read and are follows from their parts."""


def _marks_about(expression: Property | HasLabels | HasType) -> int:
    found = marks(expression.subject)
    return _of_parameters(found, free_variables(expression)) if found & HAS_PARAMETER else found


def _free_of_question(question: _Question) -> frozenset[str]:
    return NONE if question.variable is None else frozenset((question.variable,))


_BINDING = frozenset((ListComprehension, Quantifier, Reduce))
LONG_RANGE = 10_000
"""`range` with more elements may take long."""


def is_slow(call: Call) -> bool:
    """True of a call that may take long between two looks at the time: of a regular expression, of a long `range`, of
    what a plug-in does."""
    if call.name != "range":
        function = FUNCTIONS.get(call.name) or AGGREGATES.get(call.name)
        return call.name == "=~" or (function is not None and not function.built_in)
    bounds = [item.value for item in call.arguments[:2] if isinstance(item, Literal)]
    return len(bounds) < 2 or not all(isinstance(bound, int) and abs(bound) <= LONG_RANGE for bound in bounds)


_LITERAL = frozenset((Literal,))


def _are_literals(expressions: tuple[Expression, ...]) -> bool:
    return {expression.__class__ for expression in expressions} <= _LITERAL


def argument_variables(plan: Operator) -> frozenset[str]:
    """Outer variables that a subplan takes in at its leaves."""
    leaf = plan
    while not isinstance(leaf, (operators.Argument, operators.Unit, operators.ParameterRows)):
        if isinstance(leaf, operators.Union):
            return argument_variables(leaf.left) | argument_variables(leaf.right)
        leaf = leaf.input
    return frozenset(leaf.variables) if isinstance(leaf, operators.Argument) else NONE


def read_variables(operator: Operator) -> frozenset[str]:
    """Variables of its input that the operator itself reads, what its subplans take in included."""
    return _READ[operator.__class__](operator)


def _read_by_expressions(operator: Any) -> frozenset[str]:
    parts = [getattr(operator, name) for name, _ in expression_parts(operator.__class__)]
    return _all_free(*chain.from_iterable(part if part.__class__ is tuple else (part,) for part in parts))


def _read_by_variable_expand(operator: operators.VariableExpand) -> frozenset[str]:
    own = _all_free(operator.properties) | {operator.source}
    return own | {operator.target} if operator.into else own


def _read_by_shortest_paths(operator: operators.ShortestPaths) -> frozenset[str]:
    own = _all_free(operator.predicate) - {operator.relationship, operator.node} | {operator.source}
    return own | {operator.target} if operator.into else own


def _read_by_ends(operator: operators.ScanRelationships) -> frozenset[str]:
    ends = [operator.source] * operator.bound_source + [operator.target] * operator.bound_target
    return frozenset((operator.relationship, *ends))


def _read_by_items(operator: operators.Set | operators.Remove) -> frozenset[str]:
    items = [*map(_read_by_item, operator.items)]
    return NONE.union(*items)


def _read_by_source(operator: operators.Expand | operators.Frontier | operators.PathCount) -> frozenset[str]:
    return frozenset((operator.source,))


def _read_by_subplan(operator: operators.Apply | operators.Optional) -> frozenset[str]:
    return argument_variables(operator.subplan)


_READ: dict[type, Callable[[Any], frozenset[str]]] = {
    **dict.fromkeys(OPERATOR_TYPES, _read_by_expressions),
    operators.Filter: lambda operator: free_variables(operator.predicate),
    operators.Expand: _read_by_source,
    operators.ExpandInto: lambda operator: frozenset((operator.source, operator.target)),
    operators.VariableExpand: _read_by_variable_expand,
    operators.ShortestPaths: _read_by_shortest_paths,
    operators.Frontier: _read_by_source,
    operators.PathCount: _read_by_source,
    operators.ScanRelationships: _read_by_ends,
    operators.HashJoin: lambda operator: _all_free(*operator.keys),
    operators.UniqueRelationships: lambda operator: frozenset(operator.variables),
    operators.Distinct: lambda operator: frozenset(operator.variables),
    operators.Apply: _read_by_subplan,
    operators.Optional: _read_by_subplan,
    operators.InTransactions: lambda operator: argument_variables(operator.subplan) | free_variables(operator.rows),
    operators.Create: lambda operator: _read_by_creation(operator),
    operators.Merge: lambda operator: _read_by_creation(operator),
    operators.Union: lambda operator: NONE,
    operators.Drain: lambda operator: NONE,
    operators.Eager: lambda operator: _all_free(*operator.keys) | frozenset(operator.elements),
    operators.Set: _read_by_items,
    operators.Remove: _read_by_items,
}
"""By the kind of operator; most read what their expressions do."""


def bound_variables(operator: Operator) -> tuple[str, ...]:
    """Variables that the operator adds to those of its input."""
    bound = _BOUND.get(operator.__class__)
    return () if bound is None else bound(operator)


def newly_bound(part: Any) -> Collection[str]:
    """Names that stand for something else from a part of a plan on, or within it."""
    match part:
        case ListComprehension() | Quantifier() | Reduce():
            return {part.variable, getattr(part, "accumulator", part.variable)}
        case operators.Project(_, names, given):
            return [name for name, made in zip(names, given, strict=True) if made != Variable(name)]
        case operators.Aggregate(_, names, given):
            return [
                *(name for name, made in zip(names, given, strict=True) if made != Variable(name)),
                *part.aggregate_names,
            ]
        case operators.Merge():  # what it looks for binds them
            return ()
        case _:
            return bound_variables(part)


def _bound_variable(operator: Any) -> tuple[str, ...]:
    return (operator.variable,)


def _bound_by_paths(operator: operators.VariableExpand | operators.ShortestPaths) -> tuple[str, ...]:
    return (operator.relationships,) if operator.into else (operator.relationships, operator.target)


def _bound_ends(operator: operators.ScanRelationships) -> tuple[str, ...]:
    source = () if operator.bound_source else (operator.source,)
    return source if operator.bound_target else (*source, operator.target)


def _bound_by_subplan(operator: operators.Apply) -> tuple[str, ...]:
    outer = argument_variables(operator.subplan)
    return tuple([name for name in columns(operator.subplan) if name not in outer])


def _bound_by_merge(operator: operators.Merge) -> tuple[str, ...]:
    outer = argument_variables(operator.match)
    return tuple(name for name in columns(operator.match) if name not in outer)


_BOUND: dict[type, Callable[[Any], tuple[str, ...]]] = {
    operators.AllNodes: _bound_variable,
    operators.LabelScan: _bound_variable,
    operators.NodeById: _bound_variable,
    operators.IndexSeek: _bound_variable,
    operators.IndexRangeSeek: _bound_variable,
    operators.IndexOrder: _bound_variable,
    operators.Unwind: _bound_variable,
    operators.LoadCsv: lambda operator: (operator.variable, operator.number, operator.file),
    operators.NodeCount: _bound_variable,
    operators.RelationshipCount: _bound_variable,
    operators.Expand: lambda operator: (operator.relationship, operator.target),
    operators.ExpandInto: lambda operator: (operator.relationship,),
    operators.VariableExpand: _bound_by_paths,
    operators.ShortestPaths: _bound_by_paths,
    operators.Frontier: lambda operator: (operator.target,),
    operators.ScanRelationships: _bound_ends,
    operators.HashJoin: lambda operator: columns(operator.right),
    operators.Extend: lambda operator: operator.names,
    operators.Optional: lambda operator: operator.variables,
    operators.ProcedureCall: lambda operator: operator.variables,
    operators.InTransactions: lambda operator: operator.variables + operator.status,
    operators.Apply: _bound_by_subplan,
    operators.Create: lambda operator: _created_variables(operator),
    operators.Merge: _bound_by_merge,
}
"""By the kind of operator; the others add none."""


def columns(operator: Operator) -> tuple[str, ...]:
    """Variables that the operator's rows have, in order."""
    above: list[Any] = []
    while operator.__class__ not in _OWN_COLUMNS:
        above.append(operator)
        operator = operator.left if isinstance(operator, operators.Union) else operator.input  # type: ignore[union-attr]  # those without an input have columns of their own
    given = _OWN_COLUMNS[operator.__class__](operator)
    for one in reversed(above):
        given = columns_over(one, given)
    return given


def columns_over(operator: Operator, below: tuple[str, ...]) -> tuple[str, ...]:
    """The same, where its input (of a Union the left one) has the columns ``below``."""
    kind = operator.__class__
    own = _OWN_COLUMNS.get(kind)
    if own is not None:
        return own(operator)
    bound = _BOUND.get(kind)
    if bound is not None:
        below += tuple([name for name in bound(operator) if name not in below])
    unused: tuple[str, ...] = getattr(operator, "unused", ())
    return tuple([name for name in below if name not in unused]) if unused else below


_OWN_COLUMNS: dict[type, Callable[[Any], tuple[str, ...]]] = {
    operators.Unit: lambda operator: (),
    operators.Drain: lambda operator: (),
    operators.Argument: lambda operator: operator.variables,
    operators.Distinct: lambda operator: operator.variables,
    operators.ParameterRows: lambda operator: tuple(map(of_parameter, operator.names)),
    operators.Project: lambda operator: operator.names,
    operators.Aggregate: lambda operator: operator.key_names + operator.aggregate_names,
    operators.PathCount: _bound_variable,
}
"""By the kind of operator; the others have those of their input, and what they bind."""


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

"""Expressions: variables and functions exist, functions are called rightly, and operands have the right kinds."""

from typing import assert_never

import memgraph_py.functions as functions
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.aggregation import is_aggregate
from memgraph_py.cypher.analysis.kinds import (
    ANY,
    BOOLEAN,
    FLOAT,
    INTEGER,
    LIST,
    MAP,
    NODE,
    NULL,
    PATH,
    RELATIONSHIP,
    RESULTS,
    SCALARS,
    STRING,
    Kind,
    common,
    element_of,
    is_known,
    is_list,
    list_of,
    taken,
)
from memgraph_py.cypher.analysis.scopes import Aggregation, Place
from memgraph_py.errors import MistypedExpression
from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS

assert functions  # importing the families fills the registry

_LOGIC = frozenset({"AND", "OR", "XOR"})
_ARITHMETIC = frozenset({"-", "*", "/", "%", "^"})
_VALUES_MATTER = frozenset({"range"})
"""Functions whose literal arguments say how many rows there will be."""
_NO_NUMBERS = frozenset({BOOLEAN, STRING, MAP, NODE, RELATIONSHIP, PATH})


def check(expression: ast.Expression, place: Place) -> Kind:
    """The kind of an expression. Raises what is wrong with it."""
    match expression:  # what there is most of stands first
        case ast.Variable(name, offset):
            if name not in place.scope:
                raise place.undefined(name, offset)
            return place.scope[name]
        case ast.PropertyAccess():
            place.findings.met.properties.append(expression)
            check_property(expression, place)
            return ANY
        case ast.Infix():
            return _infix(expression, place)
        case ast.Literal(value):
            place.findings.met.literals.append(expression)
            return _kind_of_value(value)
        case ast.Parameter(name):
            place.findings.parameters.add(name)
            return ANY
        case ast.FunctionCall():
            return _call(expression, place)
        case ast.Prefix():
            return _prefix(expression, place)
        case ast.ComparisonChain():
            for operand in expression.operands:
                check(operand, place.value())
            return BOOLEAN
        case ast.LabelsNamedPredicate(subject, names):
            check(subject, place.value())
            check_names(names, place)
            return BOOLEAN
        case ast.LabelPredicate(subject):
            place.findings.met.labels.append(expression)
            check(subject, place.value())
            return BOOLEAN
        case ast.NullCheck(operand) | ast.TypePredicate(operand):
            check(operand, place.value())
            return BOOLEAN
        case ast.Subscript() | ast.Slice() | ast.ListLiteral() | ast.MapLiteral() | ast.MapProjection() | ast.Case():
            return _composite(expression, place)
        case ast.ListComprehension() | ast.Quantifier() | ast.Reduce():
            return _binding(expression, place)
        case ast.PatternPredicate():
            place.findings.nested.pattern_predicate(expression, place)
            return BOOLEAN
        case ast.ShortestPath(pattern):
            place.findings.nested.shortest_path(pattern, place)
            return PATH if pattern.function == "shortestpath" else list_of(PATH)
        case ast.PatternComprehension():
            return place.findings.nested.pattern_comprehension(expression, place)
        case ast.ExistsSubquery() | ast.CountSubquery() | ast.CollectSubquery():
            return place.findings.nested.subquery(expression, place)
        case _:
            assert_never(expression)


def check_names(names: ast.Expression, place: Place) -> None:
    """Raises what is wrong with an expression that has to name labels or a type."""
    kind = check(names, place.value())
    if is_known(kind) and kind is not STRING and not is_list(kind):
        raise _wrong_kind(f"a label or type is named by a string, not by {kind.described}", names, place)


def check_predicate(expression: ast.Expression, place: Place) -> None:
    """Raises what is wrong with an expression that has to give a truth value."""
    _expect_boolean(check(expression, place.truth()), expression, place)


def _kind_of_value(value: object) -> Kind:
    match value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case float():
            return FLOAT
        case _:
            return STRING


def check_property(part: ast.PropertyAccess | ast.SetPropertyItem | ast.RemovePropertyItem, place: Place) -> None:
    """Raises where the subject of a property that is read, set or removed cannot have one."""
    kind = check(part.subject, place.value())
    if kind is MAP and not isinstance(part, ast.PropertyAccess):
        message = f'the property "{part.key}" of a map cannot be set: that is for nodes and relationships'
        raise place.error(message, part.offset, "InvalidArgumentType", MistypedExpression)
    if kind in SCALARS or is_list(kind):
        raise place.error(
            f'{kind.described} has no property "{part.key}"', part.offset, "InvalidArgumentType", MistypedExpression
        )
    if kind is PATH:
        raise place.error("a path has no properties", part.offset, "InvalidArgumentType")


def _infix(expression: ast.Infix, place: Place) -> Kind:
    symbol = expression.symbol
    if symbol in _LOGIC:
        for operand in (expression.left, expression.right):
            check_predicate(operand, place)
        return BOOLEAN
    inner = place.value()
    left, right = check(expression.left, inner), check(expression.right, inner)
    if symbol == "IN":
        if is_known(right) and not is_list(right):
            raise _wrong_kind(f"IN needs a list, not {right.described}", expression.right, place)
        return BOOLEAN
    if symbol in _ARITHMETIC:
        for operand, kind in ((expression.left, left), (expression.right, right)):
            if kind in _NO_NUMBERS or is_list(kind):
                raise _wrong_kind(f"{symbol} needs numbers, not {kind.described}", operand, place)
        return _number(left, right) if symbol != "^" else FLOAT
    if symbol == "+":
        if is_known(left) and is_known(right) and not _can_add(left, right):
            raise _wrong_kind(f"+ does not take {left.described} and {right.described}", expression.right, place)
        return _sum(left, right)
    if symbol == "||":
        return left if left == right else ANY
    return BOOLEAN


def _number(left: Kind, right: Kind) -> Kind:
    """The kind of a number made of two; a temporal value may be behind ANY."""
    if left is INTEGER and right is INTEGER:
        return INTEGER
    return FLOAT if {left, right} <= {INTEGER, FLOAT} else ANY


def _can_add(left: Kind, right: Kind) -> bool:
    if is_list(left) or is_list(right):
        return True
    if STRING in (left, right):
        return left in SCALARS and right in SCALARS
    return left not in _NO_NUMBERS and right not in _NO_NUMBERS


def _sum(left: Kind, right: Kind) -> Kind:
    if is_list(left) or is_list(right):
        return left if left == right else LIST
    if (left is STRING and right in SCALARS) or (right is STRING and left in SCALARS):
        return STRING
    return _number(left, right)


def _prefix(expression: ast.Prefix, place: Place) -> Kind:
    if expression.symbol == "NOT":
        check_predicate(expression.operand, place)
        return BOOLEAN
    kind = check(expression.operand, place.value())
    if kind in _NO_NUMBERS or is_list(kind):
        raise _wrong_kind(f"{expression.symbol} needs a number, not {kind.described}", expression, place)
    return kind


def _composite(
    expression: ast.Subscript | ast.Slice | ast.ListLiteral | ast.MapLiteral | ast.MapProjection | ast.Case,
    place: Place,
) -> Kind:
    match expression:
        case ast.Subscript():
            return _subscript(expression, place)
        case ast.Slice(subject, start, stop):
            kind = check(subject, place.value())
            for bound in (start, stop):
                given = INTEGER if bound is None else check(bound, place.value())
                if bound is not None and is_known(given) and given is not INTEGER:
                    raise _wrong_kind(f"a list's elements are numbered, not named by {given.described}", bound, place)
            return kind if is_list(kind) else LIST
        case ast.ListLiteral(items):
            literals = place.findings.met.literals
            before = len(literals)
            kind = list_of(common([check(item, place.value()) for item in items]))
            if items and all(isinstance(item, ast.Literal) for item in items):
                literals[before:] = [expression]
            return kind
        case ast.MapLiteral():
            for value in expression.values:
                check(value, place.value())
            return MAP
        case ast.MapProjection():
            check(expression.subject, place.value())
            for value in expression.values:
                check(value, place.value())
            return MAP
        case ast.Case():
            return _case(expression, place)
        case _:
            assert_never(expression)


def _subscript(expression: ast.Subscript, place: Place) -> Kind:
    kind = check(expression.subject, place.value())
    index = check(expression.index, place.value())
    if kind in SCALARS:
        raise place.error(
            f"{kind.described} has no elements", expression.offset, "InvalidArgumentType", MistypedExpression
        )
    if is_list(kind) and is_known(index) and index is not INTEGER:
        raise place.error(
            f"a list's elements are numbered, not named by {index.described}",
            expression.index.offset,
            "InvalidArgumentType",
            MistypedExpression,
        )
    return element_of(kind)


def _case(expression: ast.Case, place: Place) -> Kind:
    if expression.subject is None:
        for condition in expression.conditions:
            check_predicate(condition, place)
    else:
        check(expression.subject, place.value())
        for condition in expression.conditions:
            check(condition, place.value())
    results = [check(result, place.value()) for result in expression.results]
    if expression.otherwise is not None:
        results.append(check(expression.otherwise, place.value()))
    return common(results)


def _binding(expression: ast.ListComprehension | ast.Quantifier | ast.Reduce, place: Place) -> Kind:
    """What binds a variable of its own."""
    source = check(expression.list, place.value())
    if is_known(source) and not is_list(source):
        raise _wrong_kind(f"a list is needed, not {source.described}", expression.list, place)
    inner = place.with_variables({expression.variable: element_of(source)})
    if isinstance(expression, ast.Reduce):
        check(expression.initial, place.value())
        check(expression.step, inner.with_variables({expression.accumulator: ANY}))
        return ANY
    if expression.predicate is not None:
        check_predicate(expression.predicate, inner)
    if isinstance(expression, ast.Quantifier):
        return BOOLEAN
    return source if expression.result is None else list_of(check(expression.result, inner))


# ---------------------------------------------------------------------------------------------------------- functions


def _call(call: ast.FunctionCall, place: Place) -> Kind:
    name = call.name.lower()
    aggregate = AGGREGATES.get(name)
    function = FUNCTIONS.get(name)
    most: int | None
    if aggregate is not None:
        place = _enter_aggregate(call, place)
        least, most = (0, 0) if call.star else (max(aggregate.arguments_min, 1), aggregate.arguments_max)
    elif function is not None:
        least, most = function.arguments_min, function.arguments_max
    else:
        raise place.error(f'there is no function "{call.name}"', call.offset, "UnknownFunction")
    if (call.star and name != "count") or (call.distinct and aggregate is None):
        what = "*" if call.star else "DISTINCT"
        raise place.error(f'"{call.name}" does not take {what}', call.offset, "UnexpectedSyntax")
    if name == "rand" and place.aggregation is Aggregation.INSIDE:
        raise place.error("an aggregate of random numbers is not constant", call.offset, "NonConstantExpression")
    if len(call.arguments) < least or (most is not None and len(call.arguments) > most):
        raise place.error(
            f'"{call.name}" takes {_count(least, most)}, not {len(call.arguments)}',
            call.offset,
            "InvalidNumberOfArguments",
        )
    inner = place.truth() if name == "exists" else place.value()
    literals = place.findings.met.literals
    before = len(literals)
    kinds = [check(argument, inner) for argument in call.arguments]
    if name in _VALUES_MATTER:
        del literals[before:]
    for argument, kind, allowed in zip(call.arguments, kinds, taken(name), strict=False):
        if allowed is not None and is_known(kind) and kind.name not in allowed:
            raise _wrong_kind(f'"{call.name}" does not take {kind.described}', argument, place)
    return _result(name, kinds)


def _enter_aggregate(call: ast.FunctionCall, place: Place) -> Place:
    assert is_aggregate(call)
    if place.aggregation is Aggregation.INSIDE:
        raise place.error("an aggregate cannot stand in an aggregate", call.offset, "NestedAggregation")
    if place.aggregation is Aggregation.FORBIDDEN:
        raise place.error(f'the aggregate "{call.name}" cannot stand here', call.offset, "InvalidAggregation")
    place.findings.aggregates += 1
    return place.aggregating(Aggregation.INSIDE)


def _count(least: int, most: int | None) -> str:
    """How many arguments, in words."""
    if most is None:
        return f"{least} arguments or more"
    if least == most:
        return "1 argument" if least == 1 else f"{least} arguments"
    return f"{least} to {most} arguments"


def _result(name: str, kinds: list[Kind]) -> Kind:
    match name:
        case "collect":
            return list_of(kinds[0])
        case "coalesce":
            return common(kinds)
        case "head" | "last":
            return element_of(kinds[0])
        case "tail":
            return kinds[0] if is_list(kinds[0]) else ANY
        case "range":
            return list_of(INTEGER)
        case _:
            return RESULTS.get(name, ANY)


# ------------------------------------------------------------------------------------------------------------- errors


def _expect_boolean(kind: Kind, expression: ast.Expression, place: Place) -> None:
    if is_known(kind) and kind is not BOOLEAN:
        raise _wrong_kind(f"a boolean is needed, not {kind.described}", expression, place)


def _wrong_kind(message: str, expression: ast.Expression, place: Place) -> Exception:
    return place.error(message, expression.offset, "InvalidArgumentType")

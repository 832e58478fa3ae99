"""Expressions of the syntax to expressions of the plan: what has a name becomes a Call, shorthand is written out."""

from dataclasses import replace
from typing import assert_never

from memgraph_py.cypher import ast
from memgraph_py.cypher.surroundings import seeing_all
from memgraph_py.plan.expressions import (
    Call,
    Case,
    Collect,
    Count,
    Exists,
    Expression,
    HasLabels,
    HasLabelsNamed,
    HasType,
    ListComprehension,
    ListOf,
    Literal,
    MapOf,
    MapProjection,
    Parameter,
    Property,
    Quantifier,
    Reduce,
    Variable,
    variable,
)
from memgraph_py.plan.operators import Argument, Operator, Project
from memgraph_py.planner.scope import Scope, narrowed

LIST_END = (1 << 63) - 1
"""Where `list[1..]` ends: no list is longer."""


def translate(expression: ast.Expression, scope: Scope) -> Expression:
    """The plan's expression; ``scope`` tells which variables of a pattern inside it are bound."""
    match expression:  # what there is most of stands first
        case ast.Variable(name):
            return variable(name)
        case ast.PropertyAccess(subject, key):
            return Property(translate(subject, scope), key)
        case ast.Infix(symbol, left, right):
            return Call(symbol, (translate(left, scope), translate(right, scope)))
        case ast.Parameter(name):
            return Parameter(name)
        case ast.Literal(value, offset):
            return Parameter(scope.literals[offset]) if offset in scope.literals else Literal(value)
        case ast.FunctionCall():
            return _function(expression, scope)
        case ast.LabelPredicate(subject, labels):
            return HasLabels(translate(subject, scope), labels)
        case ast.LabelsNamedPredicate(subject, names, any):
            return HasLabelsNamed(translate(subject, scope), translate(names, scope), any)
        case ast.ComparisonChain():
            return _chain(expression, scope)
        case ast.Prefix():
            return _prefix(expression, scope)
        case ast.NullCheck(operand, negated):
            return Call("IS NOT NULL" if negated else "IS NULL", (translate(operand, scope),))
        case ast.TypePredicate(operand, type, negated):
            test = HasType(translate(operand, scope), type)
            return Call("NOT", (test,)) if negated else test
        case ast.Subscript(subject, index):
            return Call("[]", (translate(subject, scope), translate(index, scope)))
        case ast.Slice():
            return _slice(expression, scope)
        case ast.ListLiteral(items, offset):
            if offset in scope.literals:
                return Parameter(scope.literals[offset])
            return list_of(tuple(translate(item, scope) for item in items))
        case ast.MapLiteral(keys, values):
            return map_of(keys, tuple(translate(value, scope) for value in values))
        case ast.MapProjection(subject, all_properties, keys, values):
            written = tuple(translate(value, scope) for value in values)
            return MapProjection(translate(subject, scope), all_properties, keys, written)
        case ast.Case():
            return _case(expression, scope)
        case ast.ListComprehension() | ast.Quantifier() | ast.Reduce():
            return _binding(expression, scope)
        case (
            ast.PatternComprehension()
            | ast.PatternPredicate()
            | ast.ShortestPath()
            | ast.ExistsSubquery()
            | ast.CountSubquery()
            | ast.CollectSubquery()
        ):
            return _subquery(expression, scope)
        case _:
            assert_never(expression)


def list_of(items: tuple[Expression, ...]) -> Expression:
    """A list; a Literal where all items are."""
    if all(isinstance(item, Literal) for item in items):
        return Literal([item.value for item in items if isinstance(item, Literal)])
    return ListOf(items)


def map_of(keys: tuple[str, ...], values: tuple[Expression, ...]) -> Expression:
    """A map; a Literal where all values are. Of a repeated key the last one counts."""
    if all(isinstance(value, Literal) for value in values):
        pairs = zip(keys, values, strict=True)
        return Literal({key: value.value for key, value in pairs if isinstance(value, Literal)})
    return MapOf(keys, values)


def conjuncts(expression: ast.Expression) -> list[ast.Expression]:
    """The parts that AND joins, as do chains of comparisons, from left to right."""
    if isinstance(expression, ast.Infix) and expression.symbol == "AND":
        return conjuncts(expression.left) + conjuncts(expression.right)
    if isinstance(expression, ast.ComparisonChain):
        pairs = zip(expression.symbols, expression.operands, expression.operands[1:], strict=False)
        return [ast.Infix(symbol, left, right, expression.offset) for symbol, left, right in pairs]
    return [expression]


def equalities(variable: str, properties: ast.MapLiteral | ast.Parameter) -> list[ast.Expression]:
    """What a property map in a pattern demands of the element."""
    assert isinstance(properties, ast.MapLiteral), "analysis lets CREATE alone take a parameter as a map"
    at = properties.offset
    return [
        ast.Infix("=", ast.PropertyAccess(ast.Variable(variable, at), key, at), value, at)
        for key, value in zip(properties.keys, properties.values, strict=True)
    ]


def _chain(chain: ast.ComparisonChain, scope: Scope) -> Expression:
    operands = [translate(operand, scope) for operand in chain.operands]
    joined: Expression | None = None
    for place, symbol in enumerate(chain.symbols):
        comparison = Call(symbol, (operands[place], operands[place + 1]))
        joined = comparison if joined is None else Call("AND", (joined, comparison))
    assert joined is not None, "a chain has symbols"
    return joined


def _prefix(prefix: ast.Prefix, scope: Scope) -> Expression:
    operand = translate(prefix.operand, scope)
    if prefix.symbol == "NOT":
        return Call("NOT", (operand,))
    if isinstance(operand, Literal) and type(operand.value) in (int, float):
        number = operand.value
        assert isinstance(number, int | float)
        return Literal(-number if prefix.symbol == "-" else number)
    return Call(f"unary{prefix.symbol}", (operand,))


def _slice(expression: ast.Slice, scope: Scope) -> Expression:
    """A bound that is not written stands for the list's end; one that is NULL makes the slice NULL."""
    start = Literal(0) if expression.start is None else translate(expression.start, scope)
    stop = Literal(LIST_END) if expression.stop is None else translate(expression.stop, scope)
    return Call("[..]", (translate(expression.subject, scope), start, stop))


def _function(call: ast.FunctionCall, scope: Scope) -> Expression:
    name = call.name.lower()
    if not call.arguments and scope.origins:
        for function, variable in scope.origins:
            if name == function:
                return Variable(variable)
    if len(call.arguments) == 1:
        argument = call.arguments[0]
        if name == "exists":
            if isinstance(argument, ast.PatternPredicate):
                return translate(argument, scope)
            return Call("IS NOT NULL", (translate(argument, scope),))
        if name == "size" and isinstance(argument, ast.PatternPredicate):
            return Count(_matching(argument, scope))
    arguments = () if call.star else tuple(translate(argument, scope) for argument in call.arguments)
    return Call(name, arguments, call.distinct)


def _case(expression: ast.Case, scope: Scope) -> Expression:
    conditions = [translate(condition, scope) for condition in expression.conditions]
    if expression.subject is not None:
        subject = translate(expression.subject, scope)
        conditions = [Call("=", (subject, condition)) for condition in conditions]
    results = tuple(translate(result, scope) for result in expression.results)
    otherwise = Literal(None) if expression.otherwise is None else translate(expression.otherwise, scope)
    return Case(tuple(conditions), results, otherwise)


def _binding(expression: ast.ListComprehension | ast.Quantifier | ast.Reduce, scope: Scope) -> Expression:
    elements = translate(expression.list, scope)
    inner = scope.bind(expression.variable)
    match expression:
        case ast.ListComprehension(variable, _, predicate, result):
            return ListComprehension(variable, elements, _optional(predicate, inner), _optional(result, inner))
        case ast.Quantifier(kind, variable, _, predicate):
            return Quantifier(kind, variable, elements, _optional(predicate, inner) or Literal(True))
        case ast.Reduce(accumulator, initial, variable, _, step):
            next_value = translate(step, inner.bind(accumulator))
            return Reduce(accumulator, translate(initial, scope), variable, elements, next_value)
        case _:
            assert_never(expression)


def _optional(expression: ast.Expression | None, scope: Scope) -> Expression | None:
    return None if expression is None else translate(expression, scope)


def _subquery(
    expression: ast.PatternComprehension
    | ast.PatternPredicate
    | ast.ShortestPath
    | ast.ExistsSubquery
    | ast.CountSubquery
    | ast.CollectSubquery,
    scope: Scope,
) -> Expression:
    outer = scope.variables
    match expression:
        case ast.PatternPredicate():
            return Exists(_matching(expression, scope))
        case ast.PatternComprehension(pattern, predicate, result):
            plan, inner = scope.subplans.matches(pattern, predicate, Argument(outer), scope)
            name = scope.fresh()
            return Collect(narrowed(Project(plan, (name,), (translate(result, inner),)), outer), name)
        case ast.ShortestPath(pattern):
            name = scope.fresh()
            plan, _ = scope.subplans.matches(replace(pattern, variable=name), None, Argument(outer), scope)
            paths = Collect(narrowed(Project(plan, (name,), (Variable(name),)), outer), name)
            return paths if pattern.function == "allshortestpaths" else Call("head", (paths,))
        case ast.ExistsSubquery(query):
            return Exists(_querying(query, scope)[0])
        case ast.CountSubquery(query):
            return Count(_querying(query, scope)[0])
        case ast.CollectSubquery(query):
            plan, names = _querying(query, scope)
            return Collect(plan, names[0])
        case _:
            assert_never(expression)


def _matching(predicate: ast.PatternPredicate, scope: Scope) -> Operator:
    plan, _ = scope.subplans.matches(predicate.pattern, None, Argument(scope.variables), scope)
    return narrowed(plan, scope.variables)


def _querying(query: ast.Query, scope: Scope) -> tuple[Operator, tuple[str, ...]]:
    query = seeing_all(query, scope.named())
    plan, inner = scope.subplans.query(query, Argument(scope.variables), scope)
    return narrowed(plan, scope.variables), inner.variables

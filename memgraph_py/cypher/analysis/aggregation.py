"""Aggregates: where they stand in an expression, and what may stand beside them.

In `RETURN n.age, n.age + count(*)` the item with the aggregate may use, outside of it, only constants and what the
other items group by: a variable or a property, written the same. Source: openCypher 9, "Aggregation"; TCK, Return6.
"""

from collections.abc import Collection, Iterator
from typing import Any

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.scopes import Place
from memgraph_py.cypher.tree import children, same
from memgraph_py.functions.registry import AGGREGATES

_SUBQUERIES = (ast.ExistsSubquery, ast.CountSubquery, ast.CollectSubquery)


def is_aggregate(node: object) -> bool:
    """True for a call of an aggregate."""
    return node.__class__ is ast.FunctionCall and node.name.lower() in AGGREGATES


def aggregates(expression: ast.Expression) -> bool:
    """True when an aggregate stands anywhere in an expression, subqueries apart: their aggregates are their own."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if is_aggregate(node):
            return True
        if node.__class__ not in _SUBQUERIES:
            waiting += children(node)
    return False


def check_unambiguous(
    expression: ast.Expression, groups: Collection[ast.Expression], names: Collection[str], place: Place
) -> None:
    """Raises AmbiguousAggregationExpression where something else than a group, a constant or one of ``names`` stands
    beside the aggregates of an expression."""
    for name, offset in _beside_aggregates(expression, frozenset(names), groups, place):
        raise place.error(
            f'"{name}" stands beside an aggregate, and the result is not grouped by it',
            offset,
            "AmbiguousAggregationExpression",
            hint="group by it in a WITH before, and use its column",
        )


def _beside_aggregates(
    node: ast.Expression, names: frozenset[str], groups: Collection[ast.Expression], place: Place
) -> Iterator[tuple[str, int]]:
    """Variables outside aggregates that nothing groups by, and where they stand; those that the expression binds itself
    are left out."""
    match node:
        case ast.Variable(name, offset):
            if name not in names and not any(same(node, group) for group in groups):
                yield name, offset
            return
        case ast.PropertyAccess() if any(same(node, group) for group in groups):
            return
        case ast.ListComprehension(variable) | ast.Quantifier(_, variable):
            names = names | {variable}
        case ast.Reduce():
            names = names | {node.accumulator, node.variable}
        case _:
            pass
    if is_aggregate(node):
        return
    if node.__class__ in (*_SUBQUERIES, ast.PatternComprehension, ast.PatternPredicate, ast.ShortestPath):
        grouped = names.union(group.name for group in groups if isinstance(group, ast.Variable))
        for part in _without_groups(node, groups):
            named = part.name if isinstance(part, ast.Variable) else getattr(part, "variable", None)
            if isinstance(named, str) and named in place.scope and named not in grouped:
                yield named, part.offset
        return
    for child in children(node):
        yield from _beside_aggregates(child, names, groups, place)


def _without_groups(node: ast.Expression, groups: Collection[ast.Expression]) -> Iterator[Any]:
    """The parts of a subquery, but for the properties that are groups."""
    yield node
    for child in children(node):
        if not isinstance(child, ast.PropertyAccess) or not any(same(child, group) for group in groups):
            yield from _without_groups(child, groups)

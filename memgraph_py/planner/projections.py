"""WITH and RETURN: projection, aggregation, DISTINCT, ORDER BY, SKIP, LIMIT, and WITH's WHERE.

ORDER BY and WHERE may name what the projection makes and, unless it aggregates or is DISTINCT, also what was there
before (openCypher 9, "WITH"). Such variables are carried through the projection beside its columns, then dropped:

    WITH a.name AS name ORDER BY a.age      Project name  ←  Sort a.age  ←  Project a.name AS name, a
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from memgraph_py.cypher import ast
from memgraph_py.cypher.tree import binds, name_of, same
from memgraph_py.cypher.tree import replaced as replaced_in_text
from memgraph_py.functions.registry import AGGREGATES
from memgraph_py.plan.expressions import (
    HAS_AGGREGATE,
    Call,
    Expression,
    Variable,
)
from memgraph_py.plan.operators import (
    Aggregate,
    Apply,
    Argument,
    Distinct,
    Filter,
    Limit,
    Operator,
    Project,
    Skip,
    Sort,
)
from memgraph_py.plan.substitution import replaced, substituted
from memgraph_py.plan.variables import (
    argument_variables,
    columns,
    free_variables,
    holds_subquery,
    is_deterministic,
    marks,
)
from memgraph_py.planner.scope import Scope, narrowed
from memgraph_py.planner.translate import translate


@dataclass(slots=True)
class _Items:
    """The projection's columns, and the expressions by their text that ORDER BY and WHERE may repeat."""

    names: tuple[str, ...]
    expressions: tuple[Expression, ...]
    groups: dict[str, Expression] = field(default_factory=dict)
    """Properties that are items, by names under which subqueries beside aggregates read them."""

    def aliases(self) -> dict[str, str]:
        """Name of the column by the text of its expression."""
        pairs = zip(self.names, self.expressions, strict=True)
        return {repr(expression): name for name, expression in pairs}


def project(
    projection: ast.Projection,
    where: ast.Expression | None,
    operator: Operator,
    scope: Scope,
    kept: tuple[str, ...] = (),
    origins: tuple[tuple[str, str], ...] = (),
) -> tuple[Operator, Scope]:
    """The input after WITH or RETURN, and the scope that it leaves: exactly its columns, and what is ``kept`` of what a
    subquery takes in. ``origins`` stay with rows that are neither aggregated nor DISTINCT."""
    items = _items(projection, scope)
    plain = scope.plain
    if plain:
        plain = plain.intersection(kept) | scope.plain_of(dict(zip(items.names, items.expressions, strict=True)))
    after = scope.only(items.names + tuple(name for name in kept if name in scope.variables), plain)
    if any(marks(expression) & HAS_AGGREGATE for expression in items.expressions):
        operator = _aggregate(items, projection, operator, scope)
        if len(after.variables) > len(items.names):
            taken_in = tuple(sorted(argument_variables(operator)))
            operator = Apply(Argument(taken_in), narrowed(operator, taken_in))
        order = _order_by_columns(projection, after)
        return _finish(projection, where, operator, order, items, after), after
    if projection.distinct:
        operator = Distinct(_simple_project(operator, items), items.names)
        return _finish(projection, where, operator, _order_by_columns(projection, after), items, after), after
    if origins:
        held = tuple(name for _, name in origins)
        items = _Items(items.names + held, items.expressions + tuple(map(Variable, held)))
        after = after.loaded(origins)
    return _plain(projection, where, items, operator, scope), after


def is_aggregate(expression: Expression) -> bool:
    """True for a call of an aggregate itself."""
    return isinstance(expression, Call) and expression.name in AGGREGATES


def _items(projection: ast.Projection, scope: Scope) -> _Items:
    own = [name_of(item) for item in projection.items]
    star = sorted(set(scope.named()).difference(own)) if projection.star else []  # as Neo4j gives them
    names = [*star, *own]
    expressions: list[Expression] = [
        *map(Variable, star),
        *(translate(item.expression, scope) for item in projection.items),
    ]
    groups: dict[str, Expression] = {}
    for place, item in enumerate(projection.items, len(star)):
        if marks(expressions[place]) & HAS_AGGREGATE and holds_subquery(expressions[place]):
            expressions[place] = _reading_groups(item.expression, projection, scope, groups)
    return _Items(tuple(names), tuple(expressions), groups)


def _reading_groups(
    expression: ast.Expression, projection: ast.Projection, scope: Scope, groups: dict[str, Expression]
) -> Expression:
    """The expression, whose subqueries beside aggregates read the properties that are items from ``groups``."""
    properties = [item.expression for item in projection.items if isinstance(item.expression, ast.PropertyAccess)]
    names = [scope.fresh() for _ in properties]

    def group(node: Any) -> ast.Variable | None:
        for name, property in zip(names, properties, strict=True):
            if same(node, property):
                groups[name] = translate(property, scope)
                return ast.Variable(name, node.offset)
        return None

    def subquery(node: Any) -> Any:
        if isinstance(node, ast.FunctionCall) and node.name.lower() in AGGREGATES:
            return node
        return replaced_in_text(node, group, everywhere=True) if binds(node) else None

    return translate(replaced_in_text(expression, subquery), scope.bind(*names))


# ------------------------------------------------------------------------------------------ without aggregation


def _plain(
    projection: ast.Projection, where: ast.Expression | None, items: _Items, operator: Operator, scope: Scope
) -> Operator:
    both = scope.bind(*items.names)
    order = _order_keys(projection, items, both)
    if order and projection.limit is not None and where is None:
        late = _sorted_before(projection, order, items, operator, scope)
        if late is not None:
            return late
    predicate = None if where is None else translate(where, both)
    read = frozenset[str]().union(*map(free_variables, order))
    if predicate is not None:
        read |= free_variables(predicate)
    carried = tuple(name for name in scope.variables if name in read and name not in items.names)
    if not carried:
        operator = _simple_project(operator, items)
    else:
        names = items.names + carried
        operator = Project(operator, names, items.expressions + tuple(map(Variable, carried)))
    operator = _bounded(projection, _sort(operator, projection, order), both)
    if predicate is not None:
        operator = _filters(operator, predicate)
    if carried:
        operator = Project(operator, items.names, tuple(map(Variable, items.names)))
    return operator


def _sorted_before(
    projection: ast.Projection, order: list[Expression], items: _Items, operator: Operator, scope: Scope
) -> Operator | None:
    """Sorted and cut before the projection, which is then computed for the rows that are left; None where it cannot."""
    by_name = dict(zip(items.names, items.expressions, strict=True))
    keys = [substituted(key, by_name) for key in order]
    if not all(map(is_deterministic, keys)) or not all(free_variables(key) <= set(scope.variables) for key in keys):
        return None
    return _simple_project(_bounded(projection, _sort(operator, projection, keys), scope), items)


def _simple_project(operator: Operator, items: _Items) -> Operator:
    """A Project, unless it would change nothing."""
    taken = tuple([expression.name for expression in items.expressions if isinstance(expression, Variable)])
    if taken == items.names and columns(operator) == taken:
        return operator
    return Project(operator, items.names, items.expressions)


# ------------------------------------------------------------------------------------------------- aggregation


def _aggregate(items: _Items, projection: ast.Projection, operator: Operator, scope: Scope) -> Operator:
    """The aggregation with its projection."""
    keys = {
        name: expression
        for name, expression in zip(items.names, items.expressions, strict=True)
        if not marks(expression) & HAS_AGGREGATE
    }
    key_of = {repr(expression): name for name, expression in keys.items()}
    kinds = {expression.__class__ for expression in keys.values()}
    aggregates: dict[str, tuple[str, Expression]] = {}

    def pulled_out(node: Expression, name: str | None = None) -> Expression | None:
        calls = is_aggregate(node)
        if not calls and node.__class__ not in kinds:
            return None
        text = repr(node)
        if text in key_of:
            return Variable(key_of[text])
        if not calls:
            return None
        if text not in aggregates:
            aggregates[text] = (name if name is not None else scope.fresh(), node)
        return Variable(aggregates[text][0])

    results: list[Expression] = []
    for name, expression in zip(items.names, items.expressions, strict=True):
        whole = pulled_out(expression, name) if is_aggregate(expression) else None
        if name in keys:
            results.append(Variable(name))
        else:
            results.append(whole if whole is not None else replaced(expression, pulled_out))
    made = tuple(aggregates.values())
    read = frozenset[str]().union(*map(free_variables, results)) - keys.keys() - {name for name, _ in made}
    # in a subquery: a key under its name before
    keys.update((name, items.groups.get(name, Variable(name))) for name in sorted(read))
    operator = Aggregate(
        operator, tuple(keys), tuple(keys.values()), tuple(name for name, _ in made), tuple(call for _, call in made)
    )
    operator = _simple_project(operator, _Items(items.names, tuple(results)))
    return Distinct(operator, items.names) if projection.distinct else operator


# ------------------------------------------------------------------------------------------ order, skip and limit


def _finish(
    projection: ast.Projection,
    where: ast.Expression | None,
    operator: Operator,
    order: list[Expression],
    items: _Items,
    after: Scope,
) -> Operator:
    operator = _bounded(projection, _sort(operator, projection, order), after)
    if where is not None:
        operator = _filters(operator, translate(_by_columns(where, projection), after))
    return operator


def _order_by_columns(projection: ast.Projection, after: Scope) -> list[Expression]:
    """The keys of ORDER BY, where nothing but the columns is there."""
    return [translate(_by_columns(item.expression, projection), after) for item in projection.order_by]


def _by_columns(expression: ast.Expression, projection: ast.Projection) -> ast.Expression:
    """The expression; what is written like an item is its column."""

    def column(node: Any) -> ast.Variable | None:
        for item in projection.items:
            if same(node, item.expression):
                return ast.Variable(name_of(item), node.offset)
        return None

    return replaced_in_text(expression, column)  # type: ignore[no-any-return]  # an expression for one


def _order_keys(projection: ast.Projection, items: _Items, scope: Scope) -> list[Expression]:
    """The keys of ORDER BY, over the projection's columns where it has them."""
    return [_over_columns(translate(item.expression, scope), items) for item in projection.order_by]


def _over_columns(expression: Expression, items: _Items) -> Expression:
    """The expression; what the projection has too is its column."""
    kinds = {other.__class__ for other in items.expressions}
    aliases: dict[str, str] = {}

    def column(node: Expression) -> Expression | None:
        if node.__class__ not in kinds or _is_column(node, items):
            return None
        if not aliases:
            aliases.update(items.aliases())
        name = aliases.get(repr(node))
        return None if name is None else Variable(name)

    return replaced(expression, column)


def _is_column(expression: Expression, items: _Items) -> bool:
    return isinstance(expression, Variable) and expression.name in items.names


def _sort(operator: Operator, projection: ast.Projection, keys: list[Expression]) -> Operator:
    if not keys:
        return operator
    return Sort(operator, tuple(keys), tuple(item.descending for item in projection.order_by))


def _bounded(projection: ast.Projection, operator: Operator, scope: Scope) -> Operator:
    if projection.skip is not None:
        operator = Skip(operator, translate(projection.skip, scope))
    if projection.limit is not None:
        operator = Limit(operator, translate(projection.limit, scope))
    return operator


def _filters(operator: Operator, predicate: Expression) -> Operator:
    """Filters for what AND joins, those that hold a subquery last."""
    for part in sorted(_conjuncts(predicate), key=holds_subquery):
        operator = Filter(operator, part)
    return operator


def _conjuncts(predicate: Expression) -> Iterator[Expression]:
    if isinstance(predicate, Call) and predicate.name == "AND":
        for part in predicate.arguments:
            yield from _conjuncts(part)
    else:
        yield predicate

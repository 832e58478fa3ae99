"""WITH and RETURN: columns and their names, groups, ORDER BY, SKIP and LIMIT, and what can be seen afterwards."""

from collections.abc import Collection, Iterator
from typing import Any

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis.aggregation import aggregates, check_unambiguous, is_aggregate
from memgraph_py.cypher.analysis.expressions import check, check_predicate
from memgraph_py.cypher.analysis.kinds import INTEGER, is_known
from memgraph_py.cypher.analysis.scopes import Aggregation, Place, Scope
from memgraph_py.cypher.tree import binds, children, name_of, same, walk
from memgraph_py.immutable import immutable


def project(
    projection: ast.Projection, place: Place, where: ast.Expression | None = None, kept: tuple[str, ...] = ()
) -> Scope:
    """Check a projection; gives the columns with their kinds, in order, and then what is kept beside them. ``where`` is
    the WHERE of a WITH.

    What groups or removes duplicates hides from ORDER BY and WHERE what was bound before it.
    """
    star = _starred(projection, place)
    columns: Scope = {name: place.scope[name] for name in star}
    aggregating = place.aggregating(Aggregation.ALLOWED)
    findings = place.findings
    literals = findings.met.literals
    literals_before = len(literals)
    groups: list[ast.Expression] = []
    for item in projection.items:
        before = findings.aggregates
        kind = check(item.expression, aggregating)
        if findings.aggregates == before:
            groups.append(item.expression)
        name = name_of(item)
        if name in columns:
            raise place.error(f'two columns have the name "{name}"', item.offset, "ColumnNameConflict")
        columns[name] = kind
    grouped = len(groups) < len(projection.items)
    if grouped:
        _check_groups(projection, groups, star, place)
    columns.update({name: place.scope[name] for name in kept if name in place.scope})
    seen = _Projected(projection.items, columns, place) if projection.distinct or grouped else None
    behind = Place({**place.scope, **columns}, findings)
    for sort in projection.order_by:
        if seen is not None:
            seen.check(sort.expression)
        check(sort.expression, behind.aggregating(Aggregation.ALLOWED) if grouped else behind)
    for count, clause in ((projection.skip, "SKIP"), (projection.limit, "LIMIT")):
        if count is not None:
            _check_count(count, clause, place)
    del literals[literals_before:]  # they stay as they are written
    if where is not None:
        if seen is not None:
            seen.check(where)
        check_predicate(where, behind.aggregating(Aggregation.ALLOWED) if grouped else behind)
        if seen is not None:  # so do those that make a part of WHERE a column
            columns_again = {node.offset for part in seen.repeated(where) for node in walk(part)}
            literals[literals_before:] = [one for one in literals[literals_before:] if one.offset not in columns_again]
    return columns


def check_aliases(projection: ast.Projection, place: Place) -> None:
    """Raises NoExpressionAlias for an item of a WITH that is no variable and has no name."""
    for item in projection.items:
        if item.alias is None and not isinstance(item.expression, ast.Variable):
            raise place.error(f'"{item.text}" needs a name: write "{item.text} AS …"', item.offset, "NoExpressionAlias")


def _starred(projection: ast.Projection, place: Place) -> list[str]:
    """What `*` stands for: the variables that no item has the name of."""
    return sorted(place.scope.keys() - {name_of(item) for item in projection.items}) if projection.star else []


def _check_groups(
    projection: ast.Projection, groups: list[ast.Expression], names: Collection[str], place: Place
) -> None:
    """``groups``: the items without aggregates; ``names``: what `*` stands for."""
    for item in projection.items:
        expression = item.expression
        if not is_aggregate(expression) and all(expression is not group for group in groups):
            check_unambiguous(expression, groups, names, place)


# ---------------------------------------------------------------------------------------------- ORDER BY, SKIP, LIMIT


@immutable
class _Projected:
    """What ORDER BY and WHERE see of a projection that groups or removes duplicates: only its columns."""

    items: tuple[ast.ProjectionItem, ...]
    columns: Scope
    place: Place

    def check(self, expression: ast.Expression) -> None:
        """Raises where an expression needs more than the columns. What is written like an item is that item."""
        whole = aggregates(expression)
        if not any(same(expression, item.expression) for item in self.items):
            self._check_parts(expression, whole)

    def repeated(self, expression: ast.Expression) -> Iterator[Any]:
        """The parts of an expression that are written like an item."""
        return (node for node in walk(expression) if any(same(node, item.expression) for item in self.items))

    def _check_parts(self, node: ast.Expression, beside_aggregate: bool) -> None:
        if isinstance(node, ast.Variable) and node.name in self.columns:
            return
        matched = any(same(node, item.expression) for item in self.items)
        # beside an aggregate only what is simple is recognised; the TCK wants it so (Return6 [21])
        if matched and (
            not beside_aggregate or is_aggregate(node) or isinstance(node, ast.Variable | ast.PropertyAccess)
        ):
            return
        if isinstance(node, ast.Variable):
            if beside_aggregate and self._is_grouped(node.name):
                check_unambiguous(node, (), self.columns, self.place)
            raise self.place.hidden(node.name, node.offset)
        if is_aggregate(node):
            check(node, Place(self.columns, self.place.findings, Aggregation.ALLOWED))
            raise self.place.error(
                "an aggregate in ORDER BY or WHERE has to be one of the columns", node.offset, "InvalidAggregation"
            )
        if binds(node):  # whether a pattern may stand here as a predicate is checked with the whole expression
            check(node, Place(self.columns, self.place.findings, predicate=True))
            return
        for child in children(node):
            self._check_parts(child, beside_aggregate)

    def _is_grouped(self, name: str) -> bool:
        """True when a column is computed from this variable, so that it is there and not alone."""
        groups = [item.expression for item in self.items if not aggregates(item.expression)]
        return any(isinstance(node, ast.Variable) and node.name == name for group in groups for node in walk(group))


def _check_count(count: ast.Expression, clause: str, place: Place) -> None:
    """SKIP and LIMIT are known before the first row."""
    for node in walk(count):
        if isinstance(node, ast.Variable) or is_aggregate(node):
            raise place.error(f"{clause} cannot depend on the rows", count.offset, "NonConstantExpression")
    kind = check(count, Place({}, place.findings))
    if isinstance(count, ast.Literal) and kind is INTEGER:
        assert isinstance(count.value, int)
        if count.value < 0:
            raise place.error(f"{clause} cannot be negative", count.offset, "NegativeIntegerArgument")
    if is_known(kind) and kind is not INTEGER:
        raise place.error(f"{clause} needs an integer, not {kind.described}", count.offset, "InvalidArgumentType")

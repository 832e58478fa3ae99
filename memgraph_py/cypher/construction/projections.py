"""What WITH and RETURN share."""

from memgraph_py.cypher.ast import Expression, Projection, ProjectionItem, SortItem
from memgraph_py.immutable import immutable


@immutable
class _Items:
    star: bool
    items: tuple[ProjectionItem, ...]


def projection(
    start: int,
    distinct: str | None,
    items: _Items,
    order: tuple[SortItem, ...] | None,
    skip: Expression | None,
    limit: Expression | None,
) -> Projection:
    del start
    return Projection(distinct is not None, items.star, items.items, order or (), skip, limit)


def projection_items(start: int, *items: ProjectionItem) -> _Items:
    del start
    return _Items(False, items)


def projection_all(start: int, *items: ProjectionItem) -> _Items:
    del start
    return _Items(True, items)


def projection_item(start: int, expression: Expression, text: str) -> ProjectionItem:
    """``text`` comes from the parser: the expression as written."""
    return ProjectionItem(expression, None, text, start)


def projection_item_alias(start: int, expression: Expression, alias: str) -> ProjectionItem:
    return ProjectionItem(expression, alias, alias, start)


def order_by(start: int, *items: SortItem) -> tuple[SortItem, ...]:
    del start
    return items


def sort_item(start: int, expression: Expression) -> SortItem:
    del start
    return SortItem(expression, False)


def sort_item_descending(start: int, expression: Expression) -> SortItem:
    del start
    return SortItem(expression, True)

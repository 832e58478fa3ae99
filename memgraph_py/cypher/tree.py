"""Generic walks over the tree of ``ast``, by dataclass fields."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import is_dataclass, replace
from functools import cache
from typing import Any

from memgraph_py import trees
from memgraph_py.cypher import ast
from memgraph_py.cypher.ast import FunctionCall
from memgraph_py.values import types


@cache
def _is_node(kind: Hashable) -> bool:
    return isinstance(kind, type) and is_dataclass(kind) and kind.__module__.startswith("memgraph_py.cypher.ast.")


@cache
def _parts(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a kind that hold nodes, and whether each holds a tuple of them."""
    return trees.fields_with_parts(kind, _is_node, _NAMES) if _is_node(kind) else ()


_NAMES = {**vars(types), **vars(ast)}


def children(node: Any) -> list[Any]:
    """Nodes directly below a node, in field order, tuples opened."""
    return trees.values_in(node, _parts(node.__class__))


def walk(node: Any) -> Iterator[Any]:
    """The node and everything below it, parents first, in the order of the text."""
    return trees.walk(node, _parts)


def depth(node: Any, levels_max: int) -> int | None:
    """None, or where the text goes deeper than so many levels."""
    level = [node]
    offset = 0
    for _ in range(levels_max):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return None
        offset = getattr(level[0], "offset", offset)
    return offset


def same(left: Any, right: Any) -> bool:
    """True when two nodes say the same, wherever they stand in the text. Function names count in any case."""
    if left.__class__ is not right.__class__:
        return False
    if left.__class__ is tuple:
        return len(left) == len(right) and all(map(same, left, right))
    if not _is_node(left.__class__):
        return bool(left == right)
    if isinstance(left, FunctionCall) and left.name.lower() != right.name.lower():
        return False
    ignored = ("offset", "name") if isinstance(left, FunctionCall) else ("offset",)
    return all(
        same(getattr(left, name), getattr(right, name))
        for name in trees.field_names(left.__class__)
        if name not in ignored
    )


def name_of(item: ast.ProjectionItem) -> str:
    """The name of the column."""
    if item.alias is not None:
        return item.alias
    return item.expression.name if isinstance(item.expression, ast.Variable) else item.text


def binds(node: Any) -> bool:
    """True for an expression with variables of its own, which sees of those before a projection its columns alone."""
    return isinstance(node, _BINDING)


_BINDING = (
    ast.ListComprehension,
    ast.Quantifier,
    ast.Reduce,
    ast.PatternComprehension,
    ast.PatternPredicate,
    ast.ShortestPath,
    ast.ExistsSubquery,
    ast.CountSubquery,
    ast.CollectSubquery,
)


def replaced(node: Any, change: Callable[[Any], Any], *, everywhere: bool = False) -> Any:
    """A copy in which each outermost part that ``change`` gives something for is that; what ``binds`` is asked of as a
    whole, unless ``everywhere``. The node itself where nothing changes."""
    found = change(node)
    if found is not None:
        return found
    if binds(node) and not everywhere:
        return node
    updates: dict[str, Any] = {}
    for name, several in _parts(node.__class__):
        value = getattr(node, name)
        if value is None:
            continue
        new = (
            tuple([replaced(part, change, everywhere=everywhere) for part in value])
            if several
            else replaced(value, change, everywhere=everywhere)
        )
        if new != value:
            updates[name] = new
    return replace(node, **updates) if updates else node

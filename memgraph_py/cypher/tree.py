"""Generic walks over the tree of ``ast``, by dataclass fields."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from memgraph_py.cypher.ast import FunctionCall


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _is_node(kind: Hashable) -> bool:
    return isinstance(kind, type) and is_dataclass(kind) and kind.__module__.startswith("memgraph_py.cypher.ast.")


def children(node: Any) -> Iterator[Any]:
    """Nodes directly below a node, in field order, tuples opened."""
    for name in _field_names(node.__class__):
        value = getattr(node, name)
        if value.__class__ is tuple:
            for item in value:
                if _is_node(item.__class__):
                    yield item
        elif _is_node(value.__class__):
            yield value


def walk(node: Any) -> Iterator[Any]:
    """The node and everything below it, parents first, in the order of the text."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(children(node)))


def rewrite_children(node: Any, change: Callable[[Any], Any]) -> Any:
    """A copy in which ``change`` has been applied to the nodes directly below; the node itself when nothing changed."""
    values: list[Any] = []
    is_changed = False
    for name in _field_names(node.__class__):
        value = getattr(node, name)
        new = value
        if value.__class__ is tuple:
            new = tuple(change(item) if _is_node(item.__class__) else item for item in value)
            is_changed |= any(after is not before for after, before in zip(new, value, strict=True))
        elif _is_node(value.__class__):
            new = change(value)
            is_changed |= new is not value
        values.append(new)
    return node.__class__(*values) if is_changed else node


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
        same(getattr(left, name), getattr(right, name)) for name in _field_names(left.__class__) if name not in ignored
    )

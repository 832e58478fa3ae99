"""Generic walks over the tree of ``ast``, by dataclass fields."""

from collections.abc import Hashable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from memgraph_py.cypher import ast
from memgraph_py.cypher.ast import FunctionCall
from memgraph_py.values import types


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _is_node(kind: Hashable) -> bool:
    return isinstance(kind, type) and is_dataclass(kind) and kind.__module__.startswith("memgraph_py.cypher.ast.")


@cache
def _parts(kind: type) -> tuple[str, ...]:
    """The fields of a kind that hold nodes, or tuples of nodes, by their annotations."""
    if not _is_node(kind):
        return ()
    hints = get_type_hints(kind, localns={**vars(types), **vars(ast)})
    return tuple(name for name in _field_names(kind) if _holds_nodes(hints[name]))


def _holds_nodes(hint: Any) -> bool:
    return _is_node(hint) or any(map(_holds_nodes, get_args(hint)))


def children(node: Any) -> list[Any]:
    """Nodes directly below a node, in field order, tuples opened."""
    found: list[Any] = []
    for name in _parts(node.__class__):
        value = getattr(node, name)
        if value.__class__ is tuple:
            found += value
        elif value is not None:
            found.append(value)
    return found


def walk(node: Any) -> Iterator[Any]:
    """The node and everything below it, parents first, in the order of the text."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        names = _parts(node.__class__)
        if names:  # half of all have none
            for name in names[::-1]:
                value = getattr(node, name)
                if value.__class__ is tuple:
                    waiting += value[::-1]
                elif value is not None:
                    waiting.append(value)


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

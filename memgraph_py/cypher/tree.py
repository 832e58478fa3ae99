"""Generic walks over the tree of ``ast.py``, by dataclass fields. None recurses, so any depth can be walked."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _is_node(kind: type) -> bool:
    return is_dataclass(kind) and kind.__module__ == "memgraph_py.cypher.ast"


def children(node: Any) -> Iterator[Any]:
    """Nodes directly below a node, in field order, tuples opened."""
    for name in _field_names(type(node)):
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

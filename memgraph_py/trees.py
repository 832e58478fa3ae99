"""Trees of dataclasses, walked by their fields: the parts of a query, as written (`cypher/ast`) and as planned
(`plan`). Which fields hold parts is read off their annotations, so no list of kinds exists twice."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

PartsOf: TypeAlias = "Callable[[Any], tuple[tuple[str, bool], ...]]"
"""Of a kind, the fields that hold parts, and whether each holds a tuple of them; remembered by who gives it."""


@cache
def field_names(kind: Any) -> tuple[str, ...]:
    """Of a dataclass those that it is made with, in order."""
    return tuple(field.name for field in fields(kind) if field.init)


def fields_with_parts(
    kind: Any, is_part: Callable[[Any], bool], names: Mapping[str, Any]
) -> tuple[tuple[str, bool], ...]:
    """What ``PartsOf`` gives. names: what annotations name and the kind's own module does not."""
    hints = get_type_hints(kind, localns=dict(names))
    return tuple((name, _is_tuple(hints[name])) for name in field_names(kind) if holds(hints[name], is_part))


def holds(hint: Any, is_part: Callable[[Any], bool]) -> bool:
    """True where an annotation names a part, or something made of parts."""
    return is_part(hint) or any(holds(argument, is_part) for argument in get_args(hint))


def _is_tuple(hint: Any) -> bool:
    return get_origin(hint) is tuple or any(get_origin(argument) is tuple for argument in get_args(hint))


def values_in(node: Any, fields: tuple[tuple[str, bool], ...]) -> list[Any]:
    """What these fields hold, in their order, tuples opened, None left out."""
    found: list[Any] = []
    for name, several in fields:
        value = getattr(node, name)
        if value is None:
            continue
        if several:
            found += value
        else:
            found.append(value)
    return found


def walk(node: Any, parts: PartsOf) -> Iterator[Any]:
    """The node and everything below it, parents first, in the order of the fields."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        below = parts(node.__class__)
        if below:  # half of all have none
            waiting += values_in(node, below)[::-1]

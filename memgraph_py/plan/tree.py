"""Generic walks over plans: inputs, rewriting, variables. Works on dataclass fields, so no list of kinds exists
twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar, get_args

from memgraph_py.plan.expressions import Expression
from memgraph_py.plan.operators import WRITES, Operator

OPERATOR_TYPES: tuple[type, ...] = get_args(Operator)
EXPRESSION_TYPES: tuple[type, ...] = get_args(Expression)
T = TypeVar("T")


@cache
def _is_plan_type(kind: type) -> bool:
    return is_dataclass(kind) and kind.__module__.startswith("memgraph_py.plan.")


def _is_plan(value: Any) -> bool:
    return _is_plan_type(type(value))


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def children(node: Any) -> Iterator[Any]:
    """Operators, expressions and specs directly below a node, in field order, tuples opened."""
    for name in _field_names(type(node)):
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if (
                is_dataclass(item)
                and not isinstance(item, type)
                and type(item).__module__.startswith("memgraph_py.plan")
            ):
                yield item


def walk(node: Any) -> Iterator[Any]:
    """The node and everything below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def inputs(operator: Operator) -> list[Operator]:
    """Operators directly below an operator, subplans in expressions not among them."""
    return [child for child in children(operator) if isinstance(child, OPERATOR_TYPES)]


def rewrite(node: T, change: Callable[[Any], Any]) -> T:
    """A copy in which ``change`` has been applied to every node, children first; shares what did not change."""
    return change(rewrite_children(node, lambda child: rewrite(child, change)))  # type: ignore[no-any-return]


def rewrite_children(node: T, change: Callable[[Any], Any]) -> T:
    """A copy in which ``change`` has been applied to what is directly below; the node itself when nothing changed."""
    updates: dict[str, Any] = {}
    for name in _field_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, tuple):
            items = tuple(change(item) if _is_plan(item) else item for item in value)
            if any(new is not old for new, old in zip(items, value, strict=True)):
                updates[name] = items
        elif _is_plan(value):
            new = change(value)
            if new is not value:
                updates[name] = new
    return replace(node, **updates) if updates else node  # type: ignore[type-var]


def writes(operator: Operator) -> bool:
    """True when the plan changes the graph."""
    return any(isinstance(node, WRITES) for node in walk(operator))

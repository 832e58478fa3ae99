"""Generic walks over plans: inputs, rewriting. Works on dataclass fields, so no list of kinds exists twice."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, get_args, get_type_hints

from memgraph_py import trees
from memgraph_py.plan import expressions, operators
from memgraph_py.plan.expressions import Expression, Remembering
from memgraph_py.plan.operators import WRITES, Operator
from memgraph_py.values import types

OPERATOR_TYPES: tuple[type, ...] = get_args(Operator)
EXPRESSION_TYPES: tuple[type, ...] = get_args(Expression)
T = TypeVar("T")
Part = TypeVar("Part", bound=Remembering)

_LEAVES = frozenset((expressions.Literal, expressions.Parameter, expressions.Variable))
_NO_KINDS: frozenset[type] = frozenset()


@cache
def parts(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The fields of a kind that hold parts of a plan, by their annotations, and whether each holds a tuple; none for
    what is no part of a plan."""
    return trees.fields_with_parts(kind, _is_plan_type, _NAMES) if _is_plan_type(kind) else ()


_NAMES = {**vars(types), **vars(expressions), **vars(operators)}


@cache
def operator_parts(kind: Any) -> tuple[str, ...]:
    """Those of an operator's or expression's fields that hold an operator."""
    hints = get_type_hints(kind, localns=_NAMES)
    return tuple(name for name, _ in parts(kind) if trees.holds(hints[name], OPERATOR_TYPES.__contains__))


@cache
def expression_parts(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The others, with whether each holds a tuple."""
    below = operator_parts(kind)
    return tuple((name, several) for name, several in parts(kind) if name not in below)


@cache
def _is_plan_type(kind: Any) -> bool:
    return is_dataclass(kind) and kind.__module__.startswith("memgraph_py.plan.")


def children(node: Any) -> list[Any]:
    """Operators, expressions and specs directly below a node, in field order, tuples opened."""
    return trees.values_in(node, parts(node.__class__))


def parts_beside(part: Any) -> list[Any]:
    """Expressions, items and the like directly in a part of a plan, operators left out."""
    return trees.values_in(part, expression_parts(part.__class__))


def walk(node: Any) -> Iterator[Any]:
    """The node and everything below it, parents first."""
    return trees.walk(node, parts)


def inputs(operator: Operator) -> list[Operator]:
    """Operators directly below an operator, subplans in expressions not among them."""
    return [child for child in children(operator) if type(child) in OPERATOR_TYPES]


def changed(node: T, **updates: Any) -> T:
    """A copy with other values in these fields; what ``dataclasses.replace`` gives, in a third of the time."""
    kind: Any = type(node)
    places, values_of = _values(kind)
    values = [*values_of(node)]
    for name, value in updates.items():
        values[places[name]] = value
    return kind(*values)  # type: ignore[no-any-return]  # of the kind of the node


@cache
def _values(kind: Any) -> tuple[dict[str, int], Callable[[Any], tuple[Any, ...]]]:
    """Where each field stands among the values of a node of this kind, and what gives these."""
    names = trees.field_names(kind)
    return {name: place for place, name in enumerate(names)}, _getter(names)


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of these fields; ``attrgetter`` gives a single one alone."""
    if len(names) < 2:
        return lambda node: tuple(getattr(node, name) for name in names)
    return attrgetter(*names)


def over(operator: Any, below: Operator) -> Operator:
    """The operator with this input, of which no mark of it tells; the operator itself where it has it already."""
    if operator.input is below:
        return operator  # type: ignore[no-any-return]  # of Any
    kind = operator.__class__
    new = kind(below, *_values_beside_input(kind)(operator))
    new.marks = operator.marks
    return new  # type: ignore[no-any-return]  # of the kind of the operator


@cache
def _values_beside_input(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of the fields of an operator behind its input, which comes first."""
    first, *names = trees.field_names(kind)
    assert first == "input", f"{kind} has another first field"
    return _getter(tuple(names))


def with_operators(node: Part, **updates: Operator) -> Part:
    """A copy with other operators in these fields, of which no mark of the node tells."""
    new: Any = changed(node, **updates)
    new.marks = node.marks
    return new  # type: ignore[no-any-return]  # of the kind of the node


def stacked(pieces: Iterable[Operator], below: Operator) -> Operator:
    """The pieces one over the other, the first over the input given."""
    for piece in pieces:
        below = over(piece, below)
    return below


def rewrite(node: T, change: Callable[[Any], Any], *, leaves: bool = True) -> T:
    """A copy in which ``change`` has been applied to every node, children first; shares what did not change.
    ``leaves``: also to literals, parameters and variables, which are half of all."""
    return change(  # type: ignore[no-any-return]  # of T
        rewrite_children(node, lambda child: rewrite(child, change, leaves=leaves), leaves=leaves)
    )


def rewrite_children(node: T, change: Callable[[Any], Any], *, leaves: bool = True) -> T:
    """A copy in which ``change`` has been applied to what is directly below; the node itself when nothing changed.
    ``leaves`` as in ``rewrite``."""
    left = _NO_KINDS if leaves else _LEAVES
    kind: Any = type(node)
    updates: dict[str, Any] | None = None
    for name, several in parts(kind):
        value = getattr(node, name)
        if several:
            new: Any = value
            for place, item in enumerate(value):
                if item.__class__ in left:
                    continue
                other = change(item)
                if other is not item:
                    new = (*new[:place], other, *new[place + 1 :])
        elif value is None or value.__class__ in left:
            continue
        else:
            new = change(value)
        if new is not value:
            updates = updates or {}
            updates[name] = new
    return node if updates is None else changed(node, **updates)


def writes(operator: Operator) -> bool:
    """True when the plan changes the graph."""
    return any(isinstance(node, WRITES) for node in walk(operator))

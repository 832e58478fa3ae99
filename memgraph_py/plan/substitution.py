"""Rewriting that knows what an expression holds: parts replaced, with care for variables that it binds itself; plans in
it, and no look at those without."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import attrgetter, or_
from typing import Any, NamedTuple, TypeVar

from memgraph_py.plan.expressions import (
    HOLDS_PLAN,
    Collect,
    CollectOnce,
    Count,
    CountOnce,
    Exists,
    ExistsOnce,
    Expression,
    ListComprehension,
    Quantifier,
    Reduce,
    Remembering,
    Variable,
)
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import (
    EXPRESSION_TYPES,
    OPERATOR_TYPES,
    changed,
    expression_parts,
    operator_parts,
    over,
    parts_beside,
    rewrite_children,
    with_operators,
)
from memgraph_py.plan.variables import free_variables, holds_subquery, marks

T = TypeVar("T", bound=Remembering)
_EXPRESSION_TYPES = frozenset(EXPRESSION_TYPES)


def rewrite_operators(plan: Operator, change: Callable[[Any], Any]) -> Operator:
    """A copy of the plan in which ``change`` has been applied to every operator, inputs and subplans first."""

    def visit(operator: Operator) -> Operator:
        return change(rewrite_operators_below(operator, visit))  # type: ignore[no-any-return]  # an operator for one

    return visit(plan)


def rewrite_operators_below(node: T, change: Callable[[Any], Any]) -> T:
    """A copy in which ``change`` has been applied to the next operators below an operator or expression, those of
    subplans among them; the node itself when nothing changed."""
    kind: Any = node.__class__
    if kind in _LINEAR and not node.marks & HOLDS_PLAN:  # none of those of which nothing is known yet
        return over(node, change(node.input))  # type: ignore[attr-defined,return-value]  # it has one
    updates: dict[str, Any] = {}
    for name in operator_parts(kind):
        value = getattr(node, name)
        new = change(value)
        if new is not value:
            updates[name] = new
    if not holds_subquery(node):
        return with_operators(node, **updates) if updates else node
    for name, several in expression_parts(kind):
        value = new = getattr(node, name)
        if several:
            for place, item in enumerate(value):
                if holds_subquery(item) and (other := rewrite_operators_below(item, change)) is not item:
                    new = (*new[:place], other, *new[place + 1 :])
        elif value is not None and holds_subquery(value):
            new = rewrite_operators_below(value, change)
        if new is not value:
            updates[name] = new
    return changed(node, **updates) if updates else node


class Contents(NamedTuple):
    """Of a plan its operators, those of subplans among them, each before those below it; the kinds that they are of,
    and the marks that any of them has."""

    operators: list[Operator]
    kinds: frozenset[type]
    marks: int


def contents_of(plan: Operator) -> Contents:
    """What is in a plan."""
    operators: list[Operator] = []
    every = 0
    waiting: list[Any] = [plan]
    while waiting:
        begun = len(operators)
        while waiting:
            node = waiting.pop()
            while node is not None:
                operators.append(node)
                if node.__class__ in _OTHERS:
                    waiting += [getattr(node, name) for name in _OTHERS[node.__class__]]
                node = getattr(node, "input", None)
        new = operators[begun:]
        found = reduce(or_, map(_MARKS, new))
        if found < 0:  # those of one at least are not known
            found = reduce(or_, map(marks, new))
        every |= found
        if found & HOLDS_PLAN:
            for operator in filter(holds_subquery, new):
                waiting += _plans_beside(operator)
    return Contents(operators, frozenset(map(type, operators)), every)


_MARKS = attrgetter("marks")


def operators_in(plan: Operator) -> list[Operator]:
    """The operators of a plan, those of subplans among them, each before those below it."""
    return contents_of(plan).operators


_LINEAR = frozenset(kind for kind in OPERATOR_TYPES if operator_parts(kind) == ("input",))
"""The kinds of operators that have one input, as most have."""
_OTHERS = {
    kind: others
    for kind in OPERATOR_TYPES
    if (others := tuple(name for name in operator_parts(kind) if name != "input"))
}
"""Of the kinds that have operators below them beside their input, their fields."""


def _plans_beside(part: Any) -> list[Operator]:
    """The next plans in the expressions of a part of a plan."""
    found: list[Any] = []
    for beside in filter(holds_subquery, parts_beside(part)):
        names = operator_parts(beside.__class__)
        found += [getattr(beside, name) for name in names] or _plans_beside(beside)
    return found


def expressions_of(operator: Any) -> list[Expression]:
    """The outermost expressions in an operator, those of the items that it carries out among them."""
    found: list[Any] = []
    for part in parts_beside(operator):
        found += (part,) if part.__class__ in _EXPRESSION_TYPES else expressions_of(part)
    return found


def replaced(
    expression: Expression,
    change: Callable[[Expression], Expression | None],
    hidden: frozenset[str] = frozenset(),
) -> Expression:
    """The expression with the outermost parts that ``change`` knows replaced by what it gives for them.

    What reads a variable that the expression itself binds (``hidden``) is left, and subqueries are.
    """
    if not hidden or hidden.isdisjoint(free_variables(expression)):
        new = change(expression)
        if new is not None:
            return new
    match expression:
        case ListComprehension(variable) | Quantifier(_, variable):
            hidden |= {variable}
        case Reduce(accumulator, _, variable):
            hidden |= {accumulator, variable}
        case Exists() | ExistsOnce() | Count() | CountOnce() | Collect() | CollectOnce():
            return expression
        case _:
            pass
    return rewrite_children(expression, lambda child: replaced(child, change, hidden))


def substituted(expression: Expression, by_name: Mapping[str, Expression]) -> Expression:
    """The expression with these expressions in place of variables; it has no subquery that reads them."""
    return replaced(expression, lambda node: by_name.get(node.name) if isinstance(node, Variable) else None)

"""How one node can be found: which predicate an index or the node's id can answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.functions.registry import FUNCTIONS
from memgraph_py.plan.expressions import Call, Expression, HasLabels, Literal, Parameter, Property, Variable
from memgraph_py.plan.tree import walk
from memgraph_py.plan.variables import free_variables

HasIndex: TypeAlias = Callable[[str, str], bool]
"""Whether there is an index on this label and property key."""


@dataclass(frozen=True, slots=True)
class Access:
    """A predicate that finds the node: by ``label`` and ``key`` through an index, or by id where both are None."""

    predicate: Expression
    label: str | None
    key: str | None
    value: Expression
    many: bool


def find_access(
    variable: str, labels: list[str], predicates: list[Expression], bound: frozenset[str], has_index: HasIndex
) -> Access | None:
    """The best of the predicates: one id, one value of an index, several ids, several values; None where there is none.

    The value must be known before the node is: it reads ``bound`` variables alone, and is the same for each row.
    """
    best: Access | None = None
    best_rank = 4
    for predicate in predicates:
        equality = _equality(predicate, variable)
        if equality is None:
            continue
        subject, value, many = equality
        rank = 2 * many + isinstance(subject, Property)
        if rank >= best_rank or not free_variables(value) <= bound or not is_deterministic(value):
            continue
        if isinstance(subject, Property):
            label = next((label for label in labels if has_index(label, subject.key)), None)
            if label is not None:
                best, best_rank = Access(predicate, label, subject.key, value, many), rank
        else:
            best, best_rank = Access(predicate, None, None, value, many), rank
    return best


def is_deterministic(expression: Expression) -> bool:
    """True when the expression gives the same value each time it is evaluated on a row."""
    if isinstance(expression, Literal | Parameter | Variable):
        return True
    for node in walk(expression):
        if isinstance(node, Call):
            function = FUNCTIONS.get(node.name)
            if function is not None and not function.deterministic:
                return False
    return True


def labels_of(variable: str, predicates: list[Expression]) -> list[str]:
    """Labels that the predicates demand of the variable."""
    return [
        label
        for predicate in predicates
        if isinstance(predicate, HasLabels) and predicate.subject == Variable(variable)
        for label in predicate.labels
    ]


def _equality(predicate: Expression, variable: str) -> tuple[Expression, Expression, bool] | None:
    """(`v.key` or `id(v)`, value, whether the value is a list of values) of `=` in either order, or of IN."""
    match predicate:
        case Call("=", (left, right)):
            if _is_subject(left, variable):
                return left, right, False
            if _is_subject(right, variable):
                return right, left, False
        case Call("IN", (left, right)):
            if _is_subject(left, variable):
                return left, right, True
    return None


def _is_subject(expression: Expression, variable: str) -> bool:
    match expression:
        case Property(Variable(name), _) | Call("id", (Variable(name),)):
            return name == variable
        case _:
            return False

"""What values of a subplan's row tell its nodes apart: `MATCH (n {id: row.id})` and `MERGE (n {id: row.id})` bind nodes
whose `id` is `row.id`, so rows with other values there bind other nodes, whatever their labels."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from memgraph_py.plan import operators
from memgraph_py.plan.effects import READING_FUNCTIONS, Tokens, meet
from memgraph_py.plan.expressions import (
    Call,
    Expression,
    MapOf,
    Property,
    Variable,
)
from memgraph_py.plan.items import SetProperty
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import walk
from memgraph_py.plan.variables import free_variables, holds_nothing, holds_subquery, is_deterministic, newly_bound
from memgraph_py.planner.scope import Scope

_OF_A_MATCH = (operators.Filter, operators.Expand, operators.ExpandInto, operators.UniqueRelationships)
"""What may stand between the scan of a node and the filter that names its property: it gives no more of the nodes."""


def identified(
    subplan: Operator, chain: Sequence[Operator], scope: Scope, written: Tokens
) -> dict[str, dict[str, Expression]]:
    """By the property: the variables of nodes that the subplan binds, each with the value that it has there, made of
    the row's variables in ``scope``. None for one that is ``written``. ``chain``: its operators, root first."""
    times = Counter(name for part in walk(subplan) for name in newly_bound(part))
    originals = {name for name in scope.variables if name not in times}
    found: dict[str, dict[str, Expression]] = {}
    scanned: set[str] = set()
    for operator in reversed(chain):
        if isinstance(operator, operators.Union):
            return {}
        for name, key, value in _sought(operator, scanned):
            if times[name] == 1 and free_variables(value) <= originals and _stays(value, written, scope.plain):
                found.setdefault(key, {})[name] = value
        if isinstance(operator, operators.LabelScan | operators.AllNodes):
            scanned.add(operator.variable)
        elif not isinstance(operator, _OF_A_MATCH):
            scanned.clear()
    made_otherwise = {key for operator in chain if isinstance(operator, operators.Merge) for key in _set_anew(operator)}
    return {
        key: variables
        for key, variables in found.items()
        if key not in made_otherwise and not meet(written, frozenset((("property", key),)))
    }


def _sought(operator: Operator, scanned: Collection[str]) -> Iterator[tuple[str, str, Expression]]:
    """Variables of nodes that have a value in a property behind the operator."""
    match operator:
        case operators.Merge(nodes=(node,), relationships=()) if isinstance(node.properties, MapOf):
            for key, value in zip(node.properties.keys, node.properties.values, strict=True):
                yield node.variable, key, value
        case operators.Filter(_, Call("=", (left, right))):
            for side, value in ((left, right), (right, left)):
                if isinstance(side, Property) and isinstance(side.subject, Variable) and side.subject.name in scanned:
                    yield side.subject.name, side.key, value


def _stays(value: Expression, written: Tokens, plain: frozenset[str]) -> bool:
    """True where it is the same before the row's turn comes."""
    if holds_nothing(value, plain):
        return is_deterministic(value)
    if holds_subquery(value) or not is_deterministic(value):
        return False
    for part in walk(value):
        if isinstance(part, Property) and meet(written, frozenset((("property", part.key),))):
            return False
        if isinstance(part, Call) and part.name in READING_FUNCTIONS:
            return False
    return True


def _set_anew(merge: operators.Merge) -> Iterator[str]:
    """Properties of what it makes that have another value than what it looks for."""
    yield from (item.key for item in merge.on_create if isinstance(item, SetProperty))

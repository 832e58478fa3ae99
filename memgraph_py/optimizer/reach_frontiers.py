"""Rule: where only the distinct ends of a pattern matter, expansions become frontiers, which never list the paths.

    MATCH (s:User {id: $id})-->()-->()-->(t) RETURN DISTINCT t.id

    Distinct ← Project t.id ← Unique @0, @2, @4 ← Expand @3 → t ← … ← Expand s → @1 ← IndexSeek s
    Distinct ← Project t.id ← Frontier s *3..3 → t ← IndexSeek s

Going down from a Distinct, or an aggregation that does not see duplicates, rows may be merged as long as the columns
that are read above stay. A run of expansions of equal types and direction, whose relationships and inner nodes nobody
reads, and which is unique in itself, gives exactly the nodes of a ``Frontier``; so does a variable length. Worth it for
few starts only: frontiers are computed one input row at a time.
"""

from typing import Any

from memgraph_py.optimizer.cost import estimate_output
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Call, Expression
from memgraph_py.plan.operators import (
    Aggregate,
    Distinct,
    Expand,
    Extend,
    Filter,
    Frontier,
    Operator,
    Project,
    UniqueRelationships,
    VariableExpand,
)
from memgraph_py.plan.substitution import rewrite_operators
from memgraph_py.plan.tree import over
from memgraph_py.plan.variables import free_variables, is_deterministic
from memgraph_py.storage.view import Direction

Names = frozenset[str]

HOPS_MAX = 4
"""A search for a path over nodes met before could take long with more."""
STARTS_MAX = 64.0
SEES_NO_DUPLICATES = frozenset(("min", "max"))


def reach_frontiers(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with frontiers below what does not see duplicates."""

    def change(node: Any) -> Any:
        match node:
            case Distinct(below, variables):
                return over(node, _merged(below, frozenset(variables), statistics))
            case Aggregate(below, _, keys, _, calls) if sees_no_duplicates(node):
                return over(node, _merged(below, _free(*keys, *calls), statistics))
            case _:
                return node

    return rewrite_operators(plan, change)


def sees_no_duplicates(operator: Operator) -> bool:
    """True of what gives the same where rows are given to it once or twice."""
    if isinstance(operator, Aggregate):
        return bool(operator.keys or operator.aggregates) and all(map(_ignores_duplicates, operator.aggregates))
    return isinstance(operator, Distinct)


def _ignores_duplicates(call: Expression) -> bool:
    return isinstance(call, Call) and (call.distinct or call.name in SEES_NO_DUPLICATES) and is_deterministic(call)


def _merged(operator: Operator, needed: Names, statistics: Statistics) -> Operator:
    """The operator, giving the same set of combinations of ``needed``, perhaps fewer times each."""
    match operator:
        case Project(below, names, expressions) | Extend(below, names, expressions):
            if not all(map(is_deterministic, expressions)):
                return operator
            kept = needed.difference(names) if isinstance(operator, Extend) else frozenset[str]()
            return over(operator, _merged(below, _free(*expressions) | kept, statistics))
        case Filter(below, predicate) if is_deterministic(predicate):
            return over(operator, _merged(below, needed | free_variables(predicate), statistics))
        case VariableExpand():
            return _lengths(operator, needed, statistics) or operator
        case Expand() | UniqueRelationships():
            return _run(operator, needed, statistics) or operator
        case _:
            return operator


def _run(operator: Operator, needed: Names, statistics: Statistics) -> Operator | None:
    """A Frontier for the longest run that begins here; None where there is none of two hops or more."""
    hops: list[tuple[Expand, tuple[str, ...]]] = []
    below = operator
    while len(hops) < HOPS_MAX:
        rivals: tuple[str, ...] = ()
        expansion = below
        if isinstance(below, UniqueRelationships):
            expansion = below.input
            rivals = below.variables
        if not isinstance(expansion, Expand) or not _continues(hops, expansion, needed):
            break
        hops.append((expansion, tuple(name for name in rivals if name != expansion.relationship)))
        below = expansion.input
        if not rivals:
            break
    first, last = (hops[0][0], hops[-1][0]) if hops else (None, None)
    if first is None or last is None or len(hops) < 2 or not _is_unique_in_itself(hops):
        return None
    if first.direction is Direction.BOTH or estimate_output(below, statistics) > STARTS_MAX:
        return None
    return Frontier(below, last.source, first.target, first.types, first.direction, len(hops), len(hops))


def _continues(hops: list[tuple[Expand, tuple[str, ...]]], expansion: Expand, needed: Names) -> bool:
    """True when the expansion gives the source of the one above it, and nothing else that is read."""
    if expansion.relationship in needed or expansion.source == expansion.target:
        return False
    if not hops:
        return True
    above = hops[-1][0]
    same_kind = expansion.types == above.types and expansion.direction is above.direction
    return same_kind and expansion.target == above.source and expansion.target not in needed


def _is_unique_in_itself(hops: list[tuple[Expand, tuple[str, ...]]]) -> bool:
    """True when each relationship must differ from exactly those of the hops before it."""
    return all(
        set(rivals) == {expansion.relationship for expansion, _ in hops[place + 1 :]}
        for place, (_, rivals) in enumerate(hops)
    )


def _lengths(operator: VariableExpand, needed: Names, statistics: Statistics) -> Operator | None:
    """A frontier of these lengths."""
    maximum = operator.maximum
    if operator.into or operator.properties is not None or operator.relationships in needed:
        return None
    if maximum is None or not 1 <= operator.minimum <= maximum <= HOPS_MAX:
        return None
    if operator.direction is Direction.BOTH or estimate_output(operator.input, statistics) > STARTS_MAX:
        return None
    source, target, types, direction = operator.source, operator.target, operator.types, operator.direction
    return Frontier(operator.input, source, target, types, direction, operator.minimum, maximum)


def _free(*expressions: Expression) -> Names:
    return frozenset[str]().union(*map(free_variables, expressions))

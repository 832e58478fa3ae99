"""Two growths of one pattern that meet in the middle.

    (a:User {id: 1})-->(x)-->(m)<--(y)<--(b:User {id: 2})

From a alone, each of the many m is looked up beside b. From both ends, few rows come to m from either side, and are
joined there by hash. The right side is a plan of its own, run once, so it begins at what it finds without knowing rows
of the left one; where the sides meet they go on as one.
"""

from collections.abc import Iterator
from itertools import permutations
from typing import TypeAlias

from memgraph_py.optimizer.growth import JOIN_ROWS, Growth
from memgraph_py.optimizer.patterns import Pattern, Predicate, Sought
from memgraph_py.optimizer.push_down_filters import cannot_fail
from memgraph_py.plan.variables import is_deterministic

_NO_NAMES = frozenset[str]()
_Start: TypeAlias = str | Sought


def find_meeting(pattern: Pattern, limit: float) -> Growth | None:
    """The growth that joins two sides and costs least; None where none costs less than the limit."""
    if limit <= JOIN_ROWS or not pattern.expansions:
        return None
    alone = [
        predicate
        for predicate in pattern.predicates
        if predicate.needs and is_deterministic(predicate.expression) and cannot_fail(predicate.expression)
    ]
    best: Growth | None = None
    for left, right in _starts(pattern):
        found = _meet(pattern, alone, (left, right), limit)
        if found is not None:
            best, limit = found, found.cost
    return best


def _starts(pattern: Pattern) -> Iterator[tuple[_Start | None, _Start]]:
    """Pairs of starts for the left side, where None is what is bound already, and for the right one: of each part of
    the pattern that is connected the cheapest, and of one that is connected in itself the two cheapest."""
    rows = {name: pattern.scan_rows(name, _NO_NAMES) for name in pattern.nodes}
    parts: list[list[_Start | None]] = []
    for names in _connected(pattern):
        starts = sorted((name for name in rows if name in names), key=rows.__getitem__)[:2]
        sought = [one for one in pattern.sought if one.expansion.source in names and not one.access.needs]
        known = [] if pattern.bound.isdisjoint(names) else [None]
        parts.append([*known, *starts, *sought[:1]])
    several = len(parts) > 1
    candidates = [piece for pieces in parts for piece in (pieces[:1] if several else pieces)]
    for left, right in permutations(candidates[:4], 2):
        if right is not None:
            yield left, right


def _connected(pattern: Pattern) -> list[set[str]]:
    """The nodes, bound ones among them, in the parts that expansions connect."""
    parts: list[set[str]] = [{name} for name in pattern.nodes]
    for expansion in pattern.expansions:
        joined = {expansion.source, expansion.target}
        apart = []
        for part in parts:
            if part.isdisjoint(joined):
                apart.append(part)
            else:
                joined |= part
        parts = [*apart, joined]
    return parts


def _meet(
    pattern: Pattern, alone: list[Predicate], starts: tuple[_Start | None, _Start], limit: float
) -> Growth | None:
    left = Growth.begun(pattern)
    right = Growth(pattern, set(), [*pattern.nodes], left.ways, alone)
    for side, start in zip((left, right), starts, strict=True):
        if isinstance(start, Sought) and start.relationship not in left.ways:
            return None
        if start is not None:
            side.take(start, side.after(start))
    while (joined := left.meeting(right, alone)) is None:
        if left.cost + right.cost + JOIN_ROWS >= limit:
            return None
        steps = [(side, step, side.after(step)) for side in (left, right) for step in side.steps()]
        if not steps:
            return None
        side, step, after = min(steps, key=lambda found: sum(found[2]))
        side.take(step, after)
    left.join(joined, right)
    return left if left.run(limit) else None

"""Rule: a pattern starts where the fewest rows are expected, and grows where they stay few.

A run of scans, expansions, filters and uniqueness checks is a join, and gives the same rows in any order that binds
each variable before it is read. It is taken apart into its pieces (``patterns.py``) and put together again: for each
possible start greedily (``growth.py``), from two starts that meet in the middle (``meetings.py``); the order with the
fewest rows handled wins.

    MATCH (a:Big)-->(b:Small {id: 1})    Filter b.id = 1 ← Expand a → b ← LabelScan a:Big
                                    ⇒    Filter a:Big ← Expand b ← a ← Filter b.id = 1 ← LabelScan b:Small
"""

from typing import Any

from memgraph_py.optimizer.growth import Growth
from memgraph_py.optimizer.meetings import find_meeting
from memgraph_py.optimizer.patterns import PIECES, Sought, take_apart
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.optimizer.writing import written
from memgraph_py.plan.operators import (
    AllNodes,
    Expand,
    ExpandInto,
    Filter,
    LabelScan,
    Merge,
    Operator,
    VariableExpand,
)
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.tree import changed, stacked

NODES_MAX = 12
"""A pattern of more nodes keeps the order in which it stands: the search is cubic."""
CHOSEN = (AllNodes, LabelScan, Expand, ExpandInto, VariableExpand)
"""The pieces that are put in order; the others follow."""


def order_expansions(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with each of its patterns in the order that is expected to be cheapest."""
    return _visited(plan, statistics, may_join=True)  # type: ignore[no-any-return]  # an operator for an operator


def continues_pattern(operator: Operator) -> bool:
    """True of a scan or an expansion above another piece of a pattern, so that there may be something to choose."""
    return isinstance(operator, CHOSEN) and isinstance(operator.input, PIECES)


def _visited(node: Any, statistics: Statistics, *, may_join: bool) -> Any:
    """may_join: False in what MERGE looks for, which may change from row to row, so that nothing is found once."""

    def visit(node: Any) -> Any:
        return _visited(node, statistics, may_join=may_join)

    if isinstance(node, Merge):
        sought = node.match
        return rewrite_operators_below(
            node, lambda below: _visited(below, statistics, may_join=may_join and below is not sought)
        )
    if not isinstance(node, PIECES):
        return rewrite_operators_below(node, visit)
    pieces: list[Operator] = []
    below: Operator = node
    while isinstance(below, PIECES):
        if isinstance(below, Filter):
            predicate = rewrite_operators_below(below.predicate, visit)
            below = below if predicate is below.predicate else changed(below, predicate=predicate)
        pieces.append(below)
        below = below.input
    pieces.reverse()
    base = visit(below)
    ordered = _ordered(pieces, base, statistics, may_join=may_join)
    return stacked(pieces, base) if ordered is None else ordered


def _ordered(pieces: list[Operator], base: Operator, statistics: Statistics, *, may_join: bool) -> Operator | None:
    """The pieces over the base in the best order found; None where there is nothing to choose."""
    if not 2 <= len([piece for piece in pieces if isinstance(piece, CHOSEN)]) <= NODES_MAX:
        return None
    pattern = take_apart(pieces, base, statistics)
    best: Growth | None = None
    scans = {name: pattern.scan_rows(name, pattern.bound) for name in pattern.nodes}
    sought = [one for one in pattern.sought if one.access.needs <= pattern.bound]
    starts: list[str | Sought | None] = [None, *sorted(scans, key=scans.__getitem__), *sought]
    for start in starts:
        if best is not None:
            if start == best.order[0]:  # it would be the same
                continue
            if isinstance(start, str) and scans[start] >= best.cost:
                continue
        growth = Growth.begun(pattern)
        if start is not None:
            growth.take(start, growth.after(start))
        if growth.run(float("inf") if best is None else best.cost):
            best = growth
    assert best is not None, "the first start has no limit"
    if may_join:
        best = find_meeting(pattern, best.cost) or best
    return written(pattern, best.order, base)

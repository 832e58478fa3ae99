"""PathCount: paths are counted node by node, not listed.

    a ─┐               ┌─ c        walks over b: those that come, 2, times those that go on, 3
    d ─┴─▶ b ──────────┼─ e
                       └─ f

A walk of two that uses a relationship twice comes back to where it began: over a loop, or forth and back, where the two
directions let it. How many do is counted in the same way, and taken off. To each node that is reached from all nodes
there are as many walks of one as it has relationships the other way.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.errors import ArithmeticFailure
from memgraph_py.execution.evaluation import evaluate, node_ids, truth
from memgraph_py.execution.executor import ExecutionContext, constant, executes
from memgraph_py.execution.memory import Holding
from memgraph_py.kernels.sorting import counted
from memgraph_py.plan.expressions import HasLabels, Variable
from memgraph_py.plan.operators import Hop, PathCount
from memgraph_py.storage.view import Direction, NodeIds

_NODES_AT_ONCE = 1 << 18
"""Between two looks at the bounds of the execution: with their relationships some tens of milliseconds."""
_COUNT_MAX = 2.0**62
_BACK = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}

Counts = NDArray[np.int64]


@executes(PathCount)
def path_count(operator: PathCount, context: ExecutionContext) -> Iterator[Batch]:
    """One row with the number. Raises ArithmeticFailure where that does not fit 62 bits."""
    assert context.row_name is None, "a subplan counts for each outer row"
    nodes, counts = _starts(operator, context)
    hops = tuple(_without_vain_labels(hop, context) for hop in operator.hops)
    total = _walks(hops, nodes, counts, context)
    if operator.unique and total:
        total -= _repeats(hops, nodes, counts, context)
    yield Batch(1, {operator.variable: constant(total, 1)})


def _without_vain_labels(hop: Hop, context: ExecutionContext) -> Hop:
    """The hop without a label that every node has."""
    match hop.predicate:
        case HasLabels(Variable(), (name,)):
            label = context.graph.schema.labels.find(name)
            if label is not None and context.graph.node_count(label) == context.graph.node_count(None):
                return replace(hop, predicate=None)
    return hop


def _starts(operator: PathCount, context: ExecutionContext) -> tuple[NodeIds, Counts]:
    """The nodes of the input's rows, ascending, and how often each stands there."""
    with Holding(context.bounds) as held:
        parts: list[NodeIds] = []
        for batch in context.gathering(operator.input):
            context.check()
            column = batch.columns[operator.source]
            held.add_columns([column])
            parts.append(node_ids(column))
        nodes = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    if len(nodes) and nodes[0] >= 0 and bool((nodes[1:] > nodes[:-1]).all()):
        return nodes, np.ones(len(nodes), dtype=np.int64)
    return counted(nodes[nodes >= 0])


def _walks(hops: tuple[Hop, ...], nodes: NodeIds, counts: Counts, context: ExecutionContext) -> int:
    """How many walks there are, those that use a relationship twice among them."""
    for hop in hops[:-1]:
        nodes, counts = _ends(hop, nodes, counts, context)
    last = hops[-1]
    if last.predicate is not None:
        return _sum(_ends(last, nodes, counts, context)[1])
    return _sum(counts, _degrees(nodes, last.direction, context.type_ids(last.types), context))


def _degrees(nodes: NodeIds, direction: Direction, types: Rows | None, context: ExecutionContext) -> Counts:
    """(nodes,) relationships of each."""
    parts = [context.graph.degrees(nodes[part], direction, types) for part in _parts(len(nodes), context)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _ends(hop: Hop, nodes: NodeIds, counts: Counts, context: ExecutionContext) -> tuple[NodeIds, Counts]:
    """The nodes at the end of the hop that meet its predicate, ascending, and how many walks lead there."""
    if len(nodes) == 0:
        return nodes, counts
    types = context.type_ids(hop.types)
    if int(counts.sum()) == len(nodes) == context.graph.node_count(None) and not context.counters.nodes_deleted:
        totals = _degrees(nodes, _BACK[hop.direction], types, context)  # from every node once: as many as lead there
        places = np.flatnonzero(totals)
        ends, totals = nodes[places], totals[places]
    else:
        ends, totals = context.graph.walk_counts(nodes, counts, hop.direction, types, context.bounds.flag)
        context.check()
    if hop.predicate is None or len(ends) == 0:
        return ends, totals
    kept = _meet(hop, ends, context)
    return ends[kept], totals[kept]


def _repeats(hops: tuple[Hop, ...], nodes: NodeIds, counts: Counts, context: ExecutionContext) -> int:
    """How many walks of two use a relationship twice. They end where they begin: the second hop goes back over the
    relationship, which is seen from there in the direction that its reverse says, or it is a loop."""
    first, second = hops
    types = _common(context.type_ids(first.types), context.type_ids(second.types))
    directions = {first.direction, _BACK[second.direction]} - {Direction.BOTH}
    if len(directions) == 2:
        loops = np.concatenate([context.graph.loop_counts(nodes[part], types) for part in _parts(len(nodes), context)])
        places = np.flatnonzero(loops)
        nodes, counts = nodes[places], counts[places] * loops[places]
        kept = _meet(first, nodes, context) & _meet(second, nodes, context)
        return _sum(counts[kept])
    kept = _meet(second, nodes, context)
    direction = directions.pop() if directions else Direction.BOTH
    over = Hop(first.node, first.types, direction, first.predicate)
    flag = context.bounds.flag
    ends, totals = context.graph.walk_counts(nodes[kept], counts[kept], direction, types, flag)
    context.check()
    return _sum(totals[_meet(over, ends, context)])


def _common(first: NDArray[np.int64] | None, second: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """Ids of the types that both have; None where both have all. Where there is none: -1, which no relationship has."""
    if first is None or second is None:
        return second if first is None else first
    both = np.intersect1d(first, second)
    return both if len(both) else np.array((-1,), dtype=np.int64)


def _meet(hop: Hop, nodes: NodeIds, context: ExecutionContext) -> Mask:
    """(nodes,) True where the node meets the predicate."""
    if hop.predicate is None or len(nodes) == 0:
        return np.ones(len(nodes), dtype=np.bool_)
    return truth(evaluate(hop.predicate, Batch(len(nodes), {hop.node: Column(Kind.NODE, nodes)}), context))


def _parts(count: int, context: ExecutionContext) -> Iterator[slice]:
    for start in range(0, count, _NODES_AT_ONCE):
        context.check()
        yield slice(start, start + _NODES_AT_ONCE)


def _sum(counts: Counts, degrees: Counts | None = None) -> int:
    """The sum of the counts, each times the degree. Raises ArithmeticFailure where it could leave 64 bits."""
    if degrees is None:
        about = float(counts.sum(dtype=np.float64))
    else:  # no product of vectors, for which the library of NumPy starts threads
        about = float((counts.astype(np.float64) * degrees).sum())
    if about > _COUNT_MAX:
        raise ArithmeticFailure("integer overflow in 'count'")
    return int(counts.sum() if degrees is None else counts @ degrees)

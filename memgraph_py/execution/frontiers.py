"""Frontier: distinct nodes a few hops away, without enumerating the paths to them.

``GraphView.frontier`` answers for walks, which may use a relationship twice; a path may not. Few nodes can be reached
by walks alone, and those are looked at again. In what follows s is the source, and x → y a relationship of the
operator's types and direction. With two hops only s itself is in doubt, by its loop used twice. With three hops only t
with s → t is: a repeat is a loop at s or t beside s → t, or s → t → s → t. Such a t stays if some b, neither s nor t,
has b → t and is two hops from s; else the walks through b = s or b = t are looked at one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind, Mask
from memgraph_py.execution.evaluation import node_ids
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.scans import pieces
from memgraph_py.kernels.sorting import distinct
from memgraph_py.plan.operators import Frontier
from memgraph_py.storage.view import Direction, Expansion, GraphView, NodeIds

_REVERSED = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}


@dataclass(frozen=True, slots=True)
class _Walks:
    """What may be walked: the graph by these types in this direction."""

    graph: GraphView
    direction: Direction
    types: NDArray[np.int64] | None

    def reached(self, source: NodeIds, hops: int) -> NodeIds:
        """Ends of all walks, ascending."""
        return self.graph.frontier(source, self.direction, self.types, hops)

    def onwards(self, nodes: NodeIds) -> Expansion:
        """All x → y with x among the nodes."""
        return self.graph.expand(nodes, self.direction, self.types)

    def backwards(self, nodes: NodeIds) -> Expansion:
        """All x → y with y among the nodes; the targets are the x."""
        return self.graph.expand(nodes, _REVERSED[self.direction], self.types)

    def between(self, sources: NodeIds, target: int) -> Expansion:
        """All x → target with x among the sources."""
        targets = np.full(len(sources), target, dtype=np.int64)
        return self.graph.expand_into(sources, targets, self.direction, self.types)


@executes(Frontier)
def frontier(operator: Frontier, context: ExecutionContext) -> Iterator[Batch]:
    """Distinct ends of paths of exactly so many relationships, ascending, each once per input row."""
    assert operator.direction is not Direction.BOTH or operator.hops == 1, "longer frontiers have a direction"
    walks = _Walks(context.graph, operator.direction, context.type_ids(operator.types))
    for batch in context.run(operator.input):
        sources = node_ids(batch.columns[operator.source])
        for row in range(batch.rows):
            context.check()
            source = sources[row : row + 1]
            if source[0] < 0:
                continue
            found = ends_of_paths(walks, source, operator.hops)
            if len(found):
                rows = np.full(len(found), row, dtype=np.int64)
                yield from pieces(widen(batch, rows, {operator.target: Column(Kind.NODE, found)}), context)


def ends_of_paths(walks: _Walks, source: NodeIds, hops: int) -> NodeIds:
    """Distinct ends of paths of 1 to 3 relationships from the one source, none used twice, ascending."""
    found = walks.reached(source, hops)
    if hops == 1 or not len(found):
        return found
    if hops == 2:
        return found if _comes_back(walks, source) else found[found != source[0]]
    assert hops == 3, "a frontier has one to three hops"
    first = walks.onwards(source)
    neighbours = distinct(first.targets)
    doubtful = neighbours[_among(neighbours, found)]
    if not len(doubtful):
        return found
    left = doubtful[~_reached_past(walks, source, doubtful)]
    if not len(left):
        return found
    wrong = [node for node in left.tolist() if not _is_end_of_turn(walks, int(source[0]), node, first)]
    return found[~np.isin(found, wrong)] if wrong else found


def _comes_back(walks: _Walks, source: NodeIds) -> bool:
    """True where two different relationships lead from the source back to it."""
    node = int(source[0])
    loops = len(walks.between(source, node).relationships)
    if loops != 1:
        return True  # no loop: any walk back is a path; two loops: they are one
    others = walks.onwards(source).targets
    return len(walks.between(others[others != node], node).relationships) > 0


def _reached_past(walks: _Walks, source: NodeIds, targets: NodeIds) -> Mask:
    """(targets,) True where some b, neither source nor target, two hops from the source, leads to the target."""
    halfway = walks.reached(source, 2)
    last = walks.backwards(targets)
    nodes = last.targets
    fits = (nodes != source[0]) & (nodes != targets[last.source_rows]) & _among(nodes, halfway)
    answer = np.zeros(len(targets), dtype=np.bool_)
    answer[last.source_rows[fits]] = True
    return answer


def _among(nodes: NodeIds, ascending: NodeIds) -> Mask:
    """(nodes,) True where the node is one of the others."""
    if not len(ascending):
        return np.zeros(len(nodes), dtype=np.bool_)
    places = np.minimum(np.searchsorted(ascending, nodes), len(ascending) - 1)
    found: Mask = ascending[places] == nodes
    return found


def _is_end_of_turn(walks: _Walks, source: int, target: int, first: Expansion) -> bool:
    """True where a path of three leads to the target by way of the source or of the target itself."""
    for halfway in {source, target}:
        second = walks.between(first.targets, halfway)
        third = walks.between(np.array((halfway,), dtype=np.int64), target).relationships.tolist()
        if not third:
            continue
        pairs = zip(first.relationships[second.source_rows].tolist(), second.relationships.tolist(), strict=True)
        for one, two in pairs:
            if one != two and any(three not in (one, two) for three in third):
                return True
    return False

"""Shortest paths, by breadth-first search: all nodes at one distance are expanded at once, level after level. One path
between two nodes, without a predicate, is found in the same way by a kernel (``kernels/shortest.py``).

Between two nodes the search goes from both ends, always on the side with fewer nodes (to count their relationships
costs more than to expand some of them in vain). When a level of one side meets the newest level of the other, all
shortest paths lead through the nodes where they meet:

    s ── level 1 ── level 2 ═ met ═ level 1 ── t         3 = 2 + 1 relationships

A search keeps a mark for each node that it has met, and for each level the relationships by which it came there. A
predicate that names the node to which a relationship leads is asked of searches from the source only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import LimitExceeded, ShortestPathOfOneNode
from memgraph_py.execution.discovery import Discovery, Keeps, Positions, Ways
from memgraph_py.execution.evaluation import evaluate, node_ids, truth
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.scans import pieces
from memgraph_py.execution.trails import Demand, Surroundings
from memgraph_py.execution.variable_length import relationship_lists
from memgraph_py.plan.operators import Circles, ShortestPaths
from memgraph_py.plan.variables import free_variables
from memgraph_py.storage.view import REVERSED, NodeIds, RelationshipIds

_TARGETS_OF_ONE_SEARCH = 8
"""From so many rows of one source on, one search for all of them costs less than one for each."""


@dataclass(slots=True)
class _Level:
    """Nodes at one distance, each once; how each was reached first; and, where all ways count, by which relationships:
    positions of nodes here and in the level before."""

    nodes: NodeIds
    parents: Positions
    relationships: RelationshipIds
    edge_nodes: Positions = field(default_factory=lambda: _NONE)
    edge_parents: Positions = field(default_factory=lambda: _NONE)
    edge_relationships: RelationshipIds = field(default_factory=lambda: _NONE)


_NONE: Positions = np.zeros(0, dtype=np.int64)


class _Side:
    """A search from one node."""

    __slots__ = ("_every", "_met", "levels")

    def __init__(self, start: int, ways: Ways, context: ExecutionContext, *, every: bool) -> None:
        self._met = Discovery(start, ways, context)
        self._every = every
        self.levels = [_Level(np.array((start,), dtype=np.int64), _NONE, _NONE)]

    def grow(self) -> NodeIds:
        """Nodes at the next distance, none where there are no more."""
        known = self._met.known
        step = self._met.step(self.levels[-1].nodes)
        first = step.first
        level = _Level(step.targets[first], step.parents[first], step.relationships[first])
        if self._every and len(first):
            numbers = self._met.numbers(step.targets)
            new = numbers >= known
            level.edge_nodes = numbers[new] - known
            level.edge_parents, level.edge_relationships = step.parents[new], step.relationships[new]
        self.levels.append(level)
        return level.nodes

    def positions(self, nodes: NodeIds) -> Positions:
        """Where these nodes stand in the newest level, -1 where they do not."""
        before = self._met.known - len(self.levels[-1].nodes)
        numbers = self._met.numbers(nodes) - before
        return np.where(numbers >= 0, numbers, -1)

    def ways(self, positions: Positions, level: int) -> NDArray[np.int64]:
        """(positions, level) the relationships by which each was reached first, from the start on."""
        ways = np.empty((len(positions), level), dtype=np.int64)
        for distance in range(level, 0, -1):
            ways[:, distance - 1] = self.levels[distance].relationships[positions]
            positions = self.levels[distance].parents[positions]
        return ways

    def all_ways(self, positions: Positions, context: ExecutionContext) -> tuple[Positions, NDArray[np.int64]]:
        """All ways to nodes of the newest level: of which position each is, and (ways, level) relationships."""
        origins = np.arange(len(positions), dtype=np.int64)
        columns: list[NDArray[np.int64]] = []
        for level in reversed(self.levels[1:]):
            order = np.argsort(level.edge_nodes, kind="stable")
            starts = np.searchsorted(level.edge_nodes[order], np.arange(len(level.nodes) + 1))
            counts = (starts[1:] - starts[:-1])[positions]
            _check_count(int(counts.sum()), len(self.levels), context)
            rows = np.repeat(np.arange(len(positions)), counts)
            offsets = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
            edges = order[starts[positions][rows] + offsets]
            columns = [column[rows] for column in columns]
            columns.insert(0, level.edge_relationships[edges])
            origins, positions = origins[rows], level.edge_parents[edges]
        empty = np.empty((len(origins), 0), dtype=np.int64)
        return origins, np.stack(columns, axis=1) if columns else empty


@executes(ShortestPaths)
def shortest_paths(operator: ShortestPaths, context: ExecutionContext) -> Iterator[Batch]:
    """Paths of each input row, the shorter ones first."""
    outer = _outer_variables(operator)
    for batch in context.run(operator.input):
        sources = node_ids(batch.columns[operator.source])
        if not operator.into:
            for row in np.flatnonzero(sources >= 0).tolist():
                yield from _reached(operator, batch, row, int(sources[row]), context)
            continue
        targets = node_ids(batch.columns[operator.target])
        rows = np.flatnonzero((sources >= 0) & (targets >= 0))
        order = rows[np.argsort(sources[rows], kind="stable")]
        if operator.minimum and operator.circles is not Circles.NONE:
            circles = sources[order] == targets[order]
            if operator.circles is Circles.REFUSED and circles.any():
                raise _common_node()
            if operator.circles is Circles.FOUND and not operator.lists:
                yield from _trails_to(operator, batch, order[circles], targets, context)
                order = order[~circles]
        if operator.lists:
            search = _trails_to
        elif outer or operator.every:
            search = _each_between
        else:
            search = _from_one
        ends = np.flatnonzero(np.diff(sources[order], append=-2)) + 1
        for group in np.split(order, ends[:-1]) if len(order) else ():
            yield from search(operator, batch, group, targets, context)


def _common_node() -> ShortestPathOfOneNode:
    return ShortestPathOfOneNode(
        "shortestPath() and allShortestPaths() cannot lead from a node back to it",
        hint="write `WHERE a <> b`, or `ANY SHORTEST (a)-[:R]->+(b)`, which finds such paths",
    )


def _trails_to(
    operator: ShortestPaths, batch: Batch, rows: Positions, targets: NodeIds, context: ExecutionContext
) -> Iterator[Batch]:
    """Rows of one source, or of any: each path of them, also back to it."""
    sources = node_ids(batch.columns[operator.source])
    shared: Surroundings | None = None
    before = -1
    for row in rows.tolist():
        source = int(sources[row])
        if shared is None or source != before or _outer_variables(operator):
            shared = Surroundings(source, _ways(operator, batch, row, context), _demand(operator), context)
        before = source
        for ways in shared.trails(int(targets[row])):
            yield from _emitted(operator, batch, np.full(len(ways), row, dtype=np.int64), None, ways, context)


def _each_between(
    operator: ShortestPaths, batch: Batch, rows: Positions, targets: NodeIds, context: ExecutionContext
) -> Iterator[Batch]:
    sources = node_ids(batch.columns[operator.source])
    for row in rows.tolist():
        yield from _between(operator, batch, row, int(sources[row]), int(targets[row]), context)


def _from_one(
    operator: ShortestPaths, batch: Batch, rows: Positions, targets: NodeIds, context: ExecutionContext
) -> Iterator[Batch]:
    """Rows of one source."""
    if len(rows) < _TARGETS_OF_ONE_SEARCH:
        yield from _each_between(operator, batch, rows, targets, context)
        return
    source = int(node_ids(batch.columns[operator.source])[rows[0]])
    side = _Side(source, _ways(operator, batch, 0, context), context, every=False)
    left = rows
    for distance in _distances(operator):
        if distance and not len(side.grow()):
            return
        positions = side.positions(targets[left])
        there = positions >= 0
        if distance >= operator.minimum and there.any():
            found = left[there]
            yield from _emitted(operator, batch, found, None, side.ways(positions[there], distance), context)
        left = left[~there]
        if not len(left):
            return


def _reached(
    operator: ShortestPaths, batch: Batch, row: int, source: int, context: ExecutionContext
) -> Iterator[Batch]:
    """All nodes that can be reached, nearer ones first."""
    followed = _ways(operator, batch, row, context)
    if (operator.circles is Circles.FOUND and operator.minimum > 0) or operator.lists:
        around = Surroundings(source, followed, _demand(operator), context)
        for node in around.nodes().tolist() if operator.lists else (source,):
            for ways in around.trails(node):
                rows, nodes = np.full(len(ways), row, dtype=np.int64), np.full(len(ways), node, dtype=np.int64)
                yield from _emitted(operator, batch, rows, nodes, ways, context)
        if operator.lists:
            return
    side = _Side(source, followed, context, every=operator.every)
    for distance in _distances(operator):
        nodes = side.levels[0].nodes if distance == 0 else side.grow()
        if not len(nodes):
            return
        if distance >= operator.minimum:
            positions = np.arange(len(nodes))
            if operator.every:
                positions, ways = side.all_ways(positions, context)
            else:
                ways = side.ways(positions, distance)
            rows = np.full(len(positions), row, dtype=np.int64)
            yield from _emitted(operator, batch, rows, nodes[positions], ways, context)


def _distances(operator: ShortestPaths) -> Iterator[int]:
    distance = 0
    while operator.maximum is None or distance <= operator.maximum:
        yield distance
        distance += 1


def _between(
    operator: ShortestPaths, batch: Batch, row: int, source: int, target: int, context: ExecutionContext
) -> Iterator[Batch]:
    """The shortest path of one row, or all of them."""
    if source == target:
        if operator.minimum == 0:
            yield from _emitted(operator, batch, _one(row), None, np.empty((1, 0), dtype=np.int64), context)
        return
    if operator.predicate is None and not operator.every:
        types, flag = context.type_ids(operator.types), context.bounds.flag
        way = context.graph.shortest_path((source, target), operator.direction, types, operator.maximum, flag)
        context.check()
        if way is not None:
            if len(way) >= max(operator.minimum, 1):
                yield from _emitted(operator, batch, _one(row), None, way[np.newaxis], context)
            return
    followed = _ways(operator, batch, row, context)
    one_way = operator.predicate is not None and operator.node in free_variables(operator.predicate)
    here = _Side(source, followed, context, every=operator.every)
    back = replace(followed, direction=REVERSED[operator.direction])
    there = _Side(target, back, context, every=operator.every)
    maximum = operator.maximum
    while maximum is None or len(here.levels) + len(there.levels) - 2 < maximum:
        side, other = (
            (here, there) if one_way or len(here.levels[-1].nodes) <= len(there.levels[-1].nodes) else (there, here)
        )
        nodes = side.grow()
        if not len(nodes):
            return
        positions = other.positions(nodes)
        met = np.flatnonzero(positions >= 0)
        if len(met):
            if len(here.levels) + len(there.levels) - 2 < operator.minimum:
                return
            at_here, at_there = (met, positions[met]) if side is here else (positions[met], met)
            ways = _joined_ways(operator, here, there, at_here, at_there, context)
            yield from _emitted(operator, batch, np.full(len(ways), row, dtype=np.int64), None, ways, context)
            return


def _joined_ways(
    operator: ShortestPaths,
    here: _Side,
    there: _Side,
    at_here: Positions,
    at_there: Positions,
    context: ExecutionContext,
) -> NDArray[np.int64]:
    """(paths, length) relationships through the nodes where the sides met."""
    if not operator.every:
        first = here.ways(at_here[:1], len(here.levels) - 1)
        return np.concatenate((first, there.ways(at_there[:1], len(there.levels) - 1)[:, ::-1]), axis=1)
    origins, first = here.all_ways(at_here, context)
    other_origins, last = there.all_ways(at_there, context)
    order = np.argsort(other_origins, kind="stable")
    starts = np.searchsorted(other_origins[order], np.arange(len(at_there) + 1))
    counts = (starts[1:] - starts[:-1])[origins]
    _check_count(int(counts.sum()), first.shape[1] + last.shape[1], context)
    rows = np.repeat(np.arange(len(origins)), counts)
    offsets = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    others = order[starts[origins][rows] + offsets]
    return np.concatenate((first[rows], last[others][:, ::-1]), axis=1)


def _check_count(paths: int, length: int, context: ExecutionContext) -> None:
    context.check()
    context.bounds.memory.require(8 * paths * length)
    limit = context.limits.variable_length_rows_max
    if paths > limit:
        raise LimitExceeded(f"there are more than {limit} shortest paths", hint="bound their length or their types")


def _one(row: int) -> Positions:
    return np.array((row,), dtype=np.int64)


def _demand(operator: ShortestPaths) -> Demand:
    return Demand(operator.minimum, operator.maximum, operator.count, operator.every)


def _ways(operator: ShortestPaths, batch: Batch, row: int, context: ExecutionContext) -> Ways:
    return Ways(operator.direction, context.type_ids(operator.types), _keeps(operator, batch, row, context))


def _keeps(operator: ShortestPaths, batch: Batch, row: int, context: ExecutionContext) -> Keeps | None:
    """The operator's predicate for the searches of one row."""
    predicate = operator.predicate
    if predicate is None:
        return None
    own = batch.slice(row, row + 1)
    names = free_variables(predicate) & own.columns.keys()

    def keeps(relationships: RelationshipIds, nodes: NodeIds) -> NDArray[np.bool_]:
        rows = np.zeros(len(nodes), dtype=np.int64)
        columns = {name: own.columns[name].take(rows) for name in names}
        columns[operator.relationship] = Column(Kind.RELATIONSHIP, relationships)
        columns[operator.node] = Column(Kind.NODE, nodes)
        return truth(evaluate(predicate, Batch(len(nodes), columns), context))

    return keeps


def _outer_variables(operator: ShortestPaths) -> frozenset[str]:
    """Variables of the input that the operator's predicate reads."""
    predicate = operator.predicate
    return frozenset() if predicate is None else free_variables(predicate) - {operator.relationship, operator.node}


def _emitted(
    operator: ShortestPaths,
    batch: Batch,
    rows: Positions,
    nodes: NodeIds | None,
    ways: NDArray[np.int64],
    context: ExecutionContext,
) -> Iterator[Batch]:
    limit = context.limits.batch_rows_max
    for start in range(0, len(rows), limit):
        part = slice(start, start + limit)
        columns: dict[str, Column] = {}
        if nodes is not None and operator.target not in operator.unused:
            columns[operator.target] = Column(Kind.NODE, nodes[part])
        if operator.relationships not in operator.unused:
            walked = ways[part, ::-1] if operator.reverse else ways[part]
            columns[operator.relationships] = relationship_lists(walked)
        yield from pieces(widen(batch, rows[part], columns, operator.unused), context)

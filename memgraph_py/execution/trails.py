"""Several shortest trails between two nodes, and those from a node back to it.

A kernel finds them (``kernels/trails.py``) among the relationships around the source: of all that are at most so many
steps away, first as far as the target, then farther until there are trails enough, or no more relationships. One
source's surroundings serve all its targets.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgraph_py.errors import LimitExceeded
from memgraph_py.execution.discovery import Discovery, Positions, Ways
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.kernels.trails import DEPTH, PARENT, RELATIONSHIP, Steps, Tree, shortest_trails
from memgraph_py.storage.view import NodeIds

_ENTRIES_AT_FIRST = 1 << 20
_ENTRY_BYTES, _STEP_BYTES = 40, 80


@dataclass(frozen=True, slots=True)
class Demand:
    """Which trails: the ``count`` shortest of ``minimum`` to ``maximum`` relationships, or, where ``every``, all those
    of the ``count`` least lengths."""

    minimum: int
    maximum: int | None
    count: int
    every: bool


class Surroundings:
    """The relationships around a source, and the trails among them."""

    __slots__ = ("_context", "_demand", "_met", "_newest", "_parts", "_steps")

    def __init__(self, source: int, ways: Ways, demand: Demand, context: ExecutionContext) -> None:
        self._demand = demand
        self._context = context
        self._met = Discovery(source, ways, context)
        self._newest: list[NodeIds] = [np.array((source,), dtype=np.int64)]
        """Nodes by distance, in the order of their numbers."""
        self._parts: list[tuple[Positions, Positions, Positions]] = []
        """By distance of where they begin: relationships from one number to another."""
        self._steps: tuple[Steps, Steps] | None = None

    def nodes(self) -> NodeIds:
        """All nodes that can be reached, the source first."""
        while not self._is_whole():
            self._grow()
        return np.concatenate(self._newest)

    def trails(self, target: int) -> list[NDArray[np.int64]]:
        """(trails, length) relationships of the trails that are demanded, an array for each length."""
        goal = np.array((target,), dtype=np.int64)
        while True:
            number = int(self._met.numbers(goal)[0])
            aim = len(self._parts) + 1
            if number >= 0 and (len(self._parts) >= max(self._demand.minimum, 1) or self._is_whole()):
                found, tree = self._search(number)
                lengths = tree[DEPTH, found]
                distinct = np.unique(lengths)
                count = len(distinct) if self._demand.every else len(found)
                if count == self._demand.count or self._is_whole():
                    return [_ways(found[lengths == length], int(length), tree) for length in distinct]
                aim += len(self._parts) // 4
            elif self._is_whole():
                return []
            while len(self._parts) < aim and not self._is_whole():
                self._grow()

    def _is_whole(self) -> bool:
        """True where no relationship is left that a trail could use."""
        return not len(self._newest[-1]) or len(self._parts) == self._demand.maximum

    def _grow(self) -> None:
        before = self._met.known - len(self._newest[-1])
        step = self._met.step(self._newest[-1])
        self._parts.append((step.parents + before, self._met.numbers(step.targets), step.relationships))
        self._newest.append(step.targets[step.first])
        self._steps = None
        self._context.bounds.memory.require(_STEP_BYTES * sum(len(part[0]) for part in self._parts))

    def _search(self, target: int) -> tuple[Positions, Tree]:
        if self._steps is None:
            self._steps = self._sorted()
        demand, context = self._demand, self._context
        longest = len(self._parts)
        if not len(self._newest[-1]):  # they may go round as long as there are relationships
            longest = len(self._steps[0][1]) if demand.maximum is None else demand.maximum
            longest = min(longest, len(self._steps[0][1]))
        entries, limit = _ENTRIES_AT_FIRST, context.limits.variable_length_rows_max
        while True:
            wanted = (demand.count, demand.every, entries)
            stamps = np.zeros(1 + int(self._steps[0][2].max(initial=0)), dtype=np.int64)
            found, tree, is_complete = shortest_trails(
                *self._steps, stamps, (0, target), (demand.minimum, longest), wanted, context.bounds.flag
            )
            context.check()
            if is_complete:
                return found, tree
            if entries > limit:
                raise LimitExceeded(f"a search has more than {limit} paths", hint="bound their length or their types")
            entries *= 4
            context.bounds.memory.require(_ENTRY_BYTES * entries)

    def _sorted(self) -> tuple[Steps, Steps]:
        """The relationships by where they begin, and by where they end."""
        starts, ends, relationships = map(np.concatenate, zip(*self._parts, (_NONE, _NONE, _NONE), strict=True))
        numbers = np.arange(self._met.known + 1)
        order = np.argsort(ends, kind="stable")
        forward = (np.searchsorted(starts, numbers), ends, relationships)
        return forward, (np.searchsorted(ends[order], numbers), starts[order], relationships[order])


_NONE = np.zeros(0, dtype=np.int64)


def _ways(entries: Positions, length: int, tree: Tree) -> NDArray[np.int64]:
    ways = np.empty((len(entries), length), dtype=np.int64)
    for place in range(length - 1, -1, -1):
        ways[:, place] = tree[RELATIONSHIP, entries]
        entries = tree[PARENT, entries]
    return ways

"""What searches from a node have in common: relationships are followed level by level, each node is met once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.kernels.paths import discover
from memgraph_py.storage.view import Direction, NodeIds, RelationshipIds

Positions = NDArray[np.int64]
Keeps = Callable[[RelationshipIds, NodeIds], "NDArray[np.bool_]"]
"""Which relationships may be used, given the node to which each leads."""

_MARKS_MIN = 1 << 12


@dataclass(frozen=True, slots=True)
class Ways:
    """Which relationships a search follows: of these types, None for any; ``keeps`` None for all of them."""

    direction: Direction
    types: NDArray[np.int64] | None
    keeps: Keeps | None


@dataclass(frozen=True, slots=True)
class Step:
    """The relationships that lead on from some nodes: from which of these, and to where; ``first``: positions of those
    that lead to a node that was not met before, each node once."""

    parents: Positions
    relationships: RelationshipIds
    targets: NodeIds
    first: Positions


class Discovery:
    """The nodes that a search from one node has met, by number from 0, in the order in which they were met."""

    __slots__ = ("_context", "_ways", "known", "marks")

    def __init__(self, start: int, ways: Ways, context: ExecutionContext) -> None:
        self._context = context
        self._ways = ways
        self.known = 1
        """How many were met."""
        self.marks: NDArray[np.int32] = np.zeros(max(_MARKS_MIN, start + 1), dtype=np.int32)
        """By node: 0, or its number + 1."""
        self.marks[start] = 1

    def step(self, nodes: NodeIds) -> Step:
        """One relationship on from these nodes; parents ascend."""
        self._context.check()
        ways = self._ways
        found = self._context.graph.expand(nodes, ways.direction, ways.types)
        parents, relationships, targets = found.source_rows, found.relationships, found.targets
        if ways.keeps is not None and len(targets):
            keep = ways.keeps(relationships, targets)
            parents, relationships, targets = parents[keep], relationships[keep], targets[keep]
        if len(targets) and (top := int(targets.max())) >= len(self.marks):
            grown = np.zeros(max(top + 1, 2 * len(self.marks)), dtype=np.int32)
            grown[: len(self.marks)] = self.marks
            self.marks = grown
        first = discover(targets, self.marks, self.known)
        self.known += len(first)
        return Step(parents, relationships, targets, first)

    def numbers(self, nodes: NodeIds) -> Positions:
        """Numbers of these nodes, -1 for those that were not met."""
        inside = nodes < len(self.marks)
        return np.where(inside, self.marks[np.where(inside, nodes, 0)], 0).astype(np.int64) - 1

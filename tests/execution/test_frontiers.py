"""Frontier gives exactly what the paths that it replaces give."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.execution.executor import ExecutionContext, execute
from memgraph_py.plan.expressions import Call, Variable
from memgraph_py.plan.operators import AllNodes, Distinct, Frontier, Operator, Project, Unit, VariableExpand
from memgraph_py.storage.view import Direction


@pytest.mark.parametrize("direction", [Direction.OUT, Direction.IN])
@pytest.mark.parametrize("hops", [1, 2, 3])
def test_frontier_is_distinct_ends_of_paths(
    new_context: Callable[..., ExecutionContext], direction: Direction, hops: int
) -> None:
    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=10))
    def check(ends: list[tuple[int, int]]) -> None:
        context = new_context()
        graph = context.graph
        graph.create_nodes(5, (), {})
        type = graph.schema.types.intern("T")
        for source, target in ends:
            graph.create_relationships(np.array([source]), np.array([target]), type, {})
        scan = AllNodes(Unit(), "s")
        paths = VariableExpand(scan, "s", "rs", "t", (), direction, hops, hops)
        expected = _pairs(Distinct(paths, ("s", "t")), context)
        assert _pairs(Frontier(scan, "s", "t", (), direction, hops), context) == expected

    check()


def _pairs(plan: Operator, context: ExecutionContext) -> list[tuple[object, ...]]:
    ends = Project(plan, ("s", "t"), (Call("id", (Variable("s"),)), Call("id", (Variable("t"),))))
    rows = [row for batch in execute(ends, context) for row in batch.records()]
    assert len(rows) == len(set(rows))
    return sorted(rows)

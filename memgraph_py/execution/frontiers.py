"""Frontier: distinct nodes some hops away, without enumerating the paths to them (``kernels/path_ends.py``)."""

from collections.abc import Iterator

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.execution.evaluation import node_ids
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.scans import pieces
from memgraph_py.plan.operators import Frontier
from memgraph_py.storage.view import Direction


@executes(Frontier)
def frontier(operator: Frontier, context: ExecutionContext) -> Iterator[Batch]:
    """Distinct ends of paths of so many relationships, ascending, each once per input row."""
    assert operator.direction is not Direction.BOTH or operator.maximum == 1, "longer frontiers have a direction"
    unused = set(operator.unused)
    lengths = operator.minimum, operator.maximum
    for batch in context.run(operator.input):
        types = context.type_ids(operator.types)
        for row, source in enumerate(node_ids(batch.columns[operator.source]).tolist()):
            if source < 0:
                continue
            found = context.graph.path_ends(source, operator.direction, types, lengths, context.bounds.flag)
            context.check()
            if len(found) == 0:
                continue
            columns = {operator.target: Column(Kind.NODE, found)}
            if batch.columns.keys() <= unused:
                yield from pieces(Batch(len(found), columns), context)
                continue
            rows = np.full(len(found), row, dtype=np.int64)
            yield from pieces(widen(batch, rows, columns, operator.unused), context)

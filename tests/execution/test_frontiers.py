"""Frontier gives exactly what the paths that it replaces give."""

from typing import TypeAlias, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.config import Limits
from memgraph_py.errors import TransactionTerminated
from memgraph_py.execution.executor import ExecutionContext, execute
from memgraph_py.functions.registry import Environment
from memgraph_py.plan.expressions import Call, Variable
from memgraph_py.plan.operators import AllNodes, Distinct, Frontier, Operator, Project, Unit, VariableExpand
from memgraph_py.storage.maintenance import pack_adjacency
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access, Transaction
from memgraph_py.storage.view import Direction
from tests.execution.conftest import FixedClock

Ends: TypeAlias = list[tuple[int, int]]


LENGTHS = [(1, 1), (2, 2), (3, 3), (4, 4), (1, 2), (2, 4), (5, 6)]
ENDS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


@pytest.mark.parametrize("direction", [Direction.OUT, Direction.IN])
@given(committed=ENDS, packed=st.booleans(), later=ENDS, own=ENDS, data=st.data())
@settings(max_examples=40)
def test_frontier_is_distinct_ends_of_paths(
    direction: Direction, committed: Ends, packed: bool, later: Ends, own: Ends, data: st.DataObject
) -> None:
    """In what is committed, packed or not, some of it deleted, and with a transaction's own relationships."""
    store = GraphStore()
    writer = store.begin(Access.WRITE)
    writer.create_nodes(5, (), {})
    _connect(writer, committed)
    store.commit(writer).result()
    if packed:
        pack_adjacency(store)
    writer = store.begin(Access.WRITE)
    _connect(writer, later)
    ids = writer.relationships(None)
    if len(ids):
        deleted = data.draw(st.lists(st.sampled_from(ids.tolist()), max_size=2))
        writer.delete_relationships(np.array(deleted, dtype=np.int64))
    store.commit(writer).result()
    transaction = store.begin(Access.WRITE)
    _connect(transaction, own)
    for view in (store.current, transaction):
        context = ExecutionContext(cast(Transaction, view), Environment(view, FixedClock(), lambda: 0.5), {}, Limits())
        scan = AllNodes(Unit(), "s")
        for lengths in LENGTHS:
            paths = VariableExpand(scan, "s", "rs", "t", (), direction, *lengths)
            expected = _pairs(Distinct(paths, ("s", "t")), context)
            assert _pairs(Frontier(scan, "s", "t", (), direction, *lengths), context) == expected
    store.rollback(transaction)
    store.close()


def _connect(graph: Transaction, ends: Ends) -> None:
    type = graph.schema.types.intern("T")
    for source, target in ends:
        graph.create_relationships(np.array([source]), np.array([target]), type, {})


def _pairs(plan: Operator, context: ExecutionContext) -> list[tuple[object, ...]]:
    ends = Project(plan, ("s", "t"), (Call("id", (Variable("s"),)), Call("id", (Variable("t"),))))
    rows = [row for batch in execute(ends, context) for row in batch.records()]
    assert len(rows) == len(set(rows))
    return sorted(rows)


def test_an_execution_that_must_end_searches_no_further() -> None:
    """From a node with relationships to 1,000 others, and back: told to end, it follows none."""
    store = GraphStore()
    writer = store.begin(Access.WRITE)
    nodes = writer.create_nodes(1001, (), {})
    hub = np.full(1000, nodes[0])
    type = store.current.schema.types.intern("T")
    for starts, ends in ((hub, nodes[1:]), (nodes[1:], hub)):
        writer.create_relationships(starts, ends, type, {})
    store.commit(writer).result()
    view, ended = store.current, np.ones(1, dtype=np.int64)
    for lengths in ((1, 1), (4, 4), (1, 3)):
        assert len(view.path_ends(int(nodes[0]), Direction.OUT, None, lengths, ended)) == 0
    context = ExecutionContext(cast(Transaction, view), Environment(view, FixedClock(), lambda: 0.5), {}, Limits())
    context.bounds.end()
    with pytest.raises(TransactionTerminated):
        list(execute(Frontier(AllNodes(Unit(), "s"), "s", "t", (), Direction.OUT, 4, 4), context))
    store.close()

"""Subqueries that read one node of the batch, or nothing of it, and are run once for an execution.

What is found stands by node id, up to the last node that the plan gives; others, and NULL, have the answer of no rows.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.execution.comprehensions import regroup
from memgraph_py.execution.evaluation import evaluates, node_ids
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.execution.memory import column_bytes, held_rows
from memgraph_py.plan.expressions import CollectOnce, CountOnce, ExistsOnce
from memgraph_py.storage.view import NodeIds

Asked = TypeVar("Asked", ExistsOnce, CountOnce, CollectOnce)
Number = TypeVar("Number", np.bool_, np.int64)
_NO_ROWS = {
    ExistsOnce: Column(Kind.BOOL, np.zeros(1, dtype=np.bool_)),
    CountOnce: Column(Kind.INT, np.zeros(1, dtype=np.int64)),
    CollectOnce: Column.objects([[]]),
}


@evaluates(ExistsOnce)
def _exists_once(expression: ExistsOnce, batch: Batch, context: ExecutionContext) -> Column:
    return _answered(expression, batch, context, _exists)


@evaluates(CountOnce)
def _count_once(expression: CountOnce, batch: Batch, context: ExecutionContext) -> Column:
    return _answered(expression, batch, context, _count)


@evaluates(CollectOnce)
def _collect_once(expression: CollectOnce, batch: Batch, context: ExecutionContext) -> Column:
    return _answered(expression, batch, context, _collect)


def _answered(
    expression: Asked,
    batch: Batch,
    context: ExecutionContext,
    find: Callable[[Asked, ExecutionContext], Column],
) -> Column:
    """(batch.rows,) what ``find`` gave by node id; of a plan without a variable, all that it gave."""
    if batch.rows == 0:
        return _NO_ROWS[type(expression)].slice(0, 0)
    found = context.constants.get(id(expression))
    if found is None:
        alone = context.nested()
        alone.argument, alone.row_name = None, None
        # behind what is found, what others have
        found = Column.concatenate([find(expression, alone), _NO_ROWS[type(expression)]])
        context.constants[id(expression)] = found
    others = len(found) - 1
    if expression.variable is None:
        return found.take(np.zeros(batch.rows, dtype=np.int64))
    nodes = node_ids(batch.columns[expression.variable])
    return found.take(np.where((nodes >= 0) & (nodes < others), nodes, others))


def _exists(expression: ExistsOnce, alone: ExecutionContext) -> Column:
    found = np.zeros(0, dtype=np.bool_)
    for answer in alone.run(expression.plan):
        alone.check()
        if expression.variable is None:
            return Column(Kind.BOOL, np.ones(1, dtype=np.bool_))
        nodes = node_ids(answer.columns[expression.variable])
        found = _with_room(found, nodes)
        found[nodes] = True
    return Column(Kind.BOOL, found)


def _count(expression: CountOnce, alone: ExecutionContext) -> Column:
    counts = np.zeros(0, dtype=np.int64)
    for answer in alone.run(expression.plan):
        alone.check()
        if expression.variable is None:
            counts = _with_room(counts, np.zeros(1, dtype=np.int64))
            counts[0] += answer.rows
        else:
            nodes = node_ids(answer.columns[expression.variable])
            counts = _with_room(counts, nodes)
            counts += np.bincount(nodes, minlength=len(counts))
    return Column(Kind.INT, counts)


def _with_room(found: NDArray[Number], nodes: NodeIds) -> NDArray[Number]:
    """The same array, or a longer one, with a place for each of the nodes."""
    needed = int(nodes.max(initial=-1)) + 1
    if needed <= len(found):
        return found
    longer = np.zeros(max(needed, len(found) * 3 // 2), dtype=found.dtype)
    longer[: len(found)] = found
    return longer


def _collect(expression: CollectOnce, alone: ExecutionContext) -> Column:
    """The lists, in the order in which the plan gives their elements."""
    answers = list(held_rows(alone.run(expression.plan), alone.bounds))
    if not answers:
        return Column.objects([])
    elements = Column.concatenate([answer.columns[expression.element] for answer in answers])
    alone.bounds.memory.hold(column_bytes(elements))  # as long as the execution lasts
    if expression.variable is None:
        return regroup(np.zeros(len(elements), dtype=np.int64), elements, [True])
    nodes = np.concatenate([node_ids(answer.columns[expression.variable]) for answer in answers])
    order = np.argsort(nodes, kind="stable")
    nodes, elements = nodes[order], elements.take(order)
    starts = np.flatnonzero(np.concatenate(([True], nodes[1:] != nodes[:-1])))
    groups = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(nodes))))
    lists = np.empty(int(nodes[-1]) + 1, dtype=object)
    lists.fill([])
    lists[nodes[starts]] = regroup(groups, elements, [True] * len(starts)).values
    return Column(Kind.OBJECT, lists)

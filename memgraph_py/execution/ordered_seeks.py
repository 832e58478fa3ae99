"""Elements in the order of a property, as an index has it: piece by piece, so that who has enough can stop.

The order holds what was there when it was made, by values that are a little coarser than the real ones; each piece is
put in its real order here. What has been written since stands aside, is put in order once, and is merged in:

    order   | 1 3 3 | 4 7 9 9 | …       a piece ends where the value changes
    aside   2 8                         2 comes with the first piece, 8 with the second
"""

from collections.abc import Iterator

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext, executes
from memgraph_py.execution.scans import cross
from memgraph_py.execution.sorting import sorted_rows
from memgraph_py.plan.operators import IndexOrder
from memgraph_py.storage.elements import belongs, count_of, elements_of, values_of
from memgraph_py.storage.ordering import InOrder, RangeBounds
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.view import NodeIds


@executes(IndexOrder)
def index_order(operator: IndexOrder, context: ExecutionContext) -> Iterator[Batch]:
    """The elements in order, for each input row."""
    kind = Kind.NODE if operator.entity is Entity.NODE else Kind.RELATIONSHIP
    for batch in context.run(operator.input):
        on = context.graph.schema.descriptor(operator.entity, operator.token, (operator.key,))
        if on is None:
            continue
        for ids in _ordered(operator, on, batch, context):
            yield from cross(batch, ids, operator.variable, context, kind)


def _ordered(operator: IndexOrder, on: SchemaDescriptor, batch: Batch, context: ExecutionContext) -> Iterator[NodeIds]:
    graph, first = context.graph, batch.slice(0, 1)
    given = (operator.lower, operator.upper)
    lower, upper = (None if bound is None else evaluate(bound, first, context) for bound in given)
    bounds = RangeBounds(lower, upper, operator.is_prefix, exists=True, count=1)
    found = graph.in_order(on, bounds, _sizes(context), descending=operator.descending)
    if found is None:
        every = elements_of(graph, on)
        yield every[_rows(operator, values_of(graph, on, every)[0], context)]
        return
    if operator.descending and not operator.is_present:
        yield _missing(on, found, context)
    yield from _merged(operator, on, found, context)
    if not operator.descending and not operator.is_present:
        yield _missing(on, found, context)


def _merged(operator: IndexOrder, on: SchemaDescriptor, found: InOrder, context: ExecutionContext) -> Iterator[NodeIds]:
    """The pieces in their order with what stands aside."""
    waiting, values = _present(on, found.aside, context)
    waiting = waiting[_rows(operator, values, context)]
    for piece in found.pieces:
        context.check()
        if len(found.aside):
            places = np.minimum(np.searchsorted(found.aside, piece), len(found.aside) - 1)
            piece = piece[found.aside[places] != piece]
        ids, values = _present(on, piece, context)
        if len(ids) == 0:
            continue
        count = len(ids)
        if len(waiting):
            values = Column.concatenate([values, *values_of(context.graph, on, waiting)])
            ids = np.concatenate((ids, waiting))
        order = _rows(operator, values, context)
        last = int(np.flatnonzero(order < count)[-1]) + 1
        waiting = ids[order[last:]]
        yield ids[order[:last]]
    yield waiting


def _present(on: SchemaDescriptor, ids: NodeIds, context: ExecutionContext) -> tuple[NodeIds, Column]:
    """Those of the elements that have the label and the property, and their values."""
    ids = ids[belongs(context.graph, on, ids)]
    values = values_of(context.graph, on, ids)[0]
    if values.valid is None:
        return ids, values
    rows = np.flatnonzero(values.valid)
    return ids[rows], values.take(rows)


def _missing(on: SchemaDescriptor, found: InOrder, context: ExecutionContext) -> NodeIds:
    """The elements that lack the property."""
    if found.known == count_of(context.graph, on):
        return np.zeros(0, dtype=np.int64)
    every = elements_of(context.graph, on)
    return every[~values_of(context.graph, on, every)[0].validity()]


def _rows(operator: IndexOrder, values: Column, context: ExecutionContext) -> NodeIds:
    if len(values) < 2:
        return np.arange(len(values), dtype=np.int64)
    return sorted_rows([values], [operator.descending], context.bounds)


def _sizes(context: ExecutionContext) -> Iterator[int]:
    size = context.limits.batch_rows_min
    while True:
        yield size
        size = min(4 * size, context.limits.batch_rows_max)

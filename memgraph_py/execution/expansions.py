"""Expansions: from bound nodes along relationships. Bounded in what one step gives: inputs are split by degree."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.execution.evaluation import node_ids
from memgraph_py.execution.executor import ExecutionContext, executes, type_ids, widen
from memgraph_py.execution.scans import pieces
from memgraph_py.execution.single import (
    Composition,
    Parameters,
    Row,
    SeveralRows,
    SingleStep,
    Writing,
    composes,
    element_of,
)
from memgraph_py.plan.operators import Expand, ExpandInto
from memgraph_py.storage.single import SingleView, single_id
from memgraph_py.storage.view import Expansion
from memgraph_py.values.types import RelationshipReference


@executes(Expand)
def expand(operator: Expand, context: ExecutionContext) -> Iterator[Batch]:
    """Relationships at the source and the nodes at their other ends, grouped by input row."""
    graph, direction = context.graph, operator.direction
    for batch in context.run(operator.input):
        types = context.type_ids(operator.types)  # the input may have made them
        nodes = node_ids(batch.columns[operator.source])
        if batch.rows == 1:
            yield from _emitted(operator, batch, graph.expand(nodes, direction, types), context)
            continue
        if context.is_hasty:
            yield from _emitted(operator, batch.slice(0, 1), graph.expand(nodes[:1], direction, types), context)
            batch, nodes = batch.slice(1, batch.rows), nodes[1:]
        for start, stop in by_degree(graph.degrees(nodes, direction, types), context):
            context.check()
            whole = start == 0 and stop == batch.rows
            part = batch if whole else batch.slice(start, stop)
            found = graph.expand(nodes if whole else nodes[start:stop], direction, types)
            yield from _emitted(operator, part, found, context)


def _emitted(operator: Expand, batch: Batch, found: Expansion, context: ExecutionContext) -> Iterator[Batch]:
    if len(found.targets) == 0:
        return
    columns: dict[str, Column] = {}
    if operator.relationship not in operator.unused:
        columns[operator.relationship] = Column(Kind.RELATIONSHIP, found.relationships)
    if operator.target not in operator.unused:
        columns[operator.target] = Column(Kind.NODE, found.targets)
    yield from pieces(widen(batch, found.source_rows, columns, operator.unused), context)


def by_degree(degrees: NDArray[np.int64], context: ExecutionContext) -> Iterator[tuple[int, int]]:
    """Ranges of rows with about so many relationships as a batch may have rows; at first few, for who stops early."""
    limits = context.limits
    ends = np.cumsum(degrees)
    rows = len(degrees)
    start, size = 0, min(16 * context.first_rows, limits.batch_rows_max)
    done = 0
    while start < rows:
        stop = max(int(np.searchsorted(ends, done + size, side="right")), start + 1)
        if ends[stop - 1] > done:
            yield start, stop
        start, done = stop, int(ends[stop - 1])
        size = min(4 * size, limits.batch_rows_max)


@executes(ExpandInto)
def expand_into(operator: ExpandInto, context: ExecutionContext) -> Iterator[Batch]:
    """Relationships between two bound nodes."""
    for batch in context.run(operator.input):
        types = context.type_ids(operator.types)
        sources = node_ids(batch.columns[operator.source])
        targets = node_ids(batch.columns[operator.target])
        found = context.graph.expand_into(sources, targets, operator.direction, types)
        if len(found.relationships):
            columns = {operator.relationship: Column(Kind.RELATIONSHIP, found.relationships)}
            yield from pieces(widen(batch, found.source_rows, columns, operator.unused), context)


@composes(ExpandInto)
def _single_expand_into(operator: ExpandInto, composition: Composition) -> Sequence[SingleStep]:
    variable, direction, schema = operator.relationship, operator.direction, composition.schema
    source_name, target_name, types = operator.source, operator.target, operator.types

    def find(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row | None:
        source, target = element_of(row, source_name), element_of(row, target_name)
        ids = type_ids(schema, types)
        found = view.expand_into(single_id(source.id), single_id(target.id), direction, ids).relationships
        if len(found) == 0:
            return None
        if len(found) > 1:
            raise SeveralRows
        row[variable] = RelationshipReference(found.item())
        return row

    return (find,)

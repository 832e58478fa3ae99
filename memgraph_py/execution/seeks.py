"""Elements that are found by what is known of them: through an index, or by id."""

from collections.abc import Iterator, Sequence

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind, Rows
from memgraph_py.execution.evaluation import EVALUATORS, evaluate
from memgraph_py.execution.executor import ExecutionContext, executes, widen
from memgraph_py.execution.lists import flatten
from memgraph_py.execution.scans import cross, pieces
from memgraph_py.execution.single import (
    Composition,
    Parameters,
    Row,
    SeveralRows,
    SingleStep,
    Writing,
    composes,
)
from memgraph_py.kernels.sorting import distinct_pairs
from memgraph_py.plan.operators import IndexRangeSeek, IndexSeek, NodeById
from memgraph_py.storage.elements import elements_of, values_of
from memgraph_py.storage.ordering import RangeBounds
from memgraph_py.storage.sameness import same_rows
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.single import SingleView, node_by_number
from memgraph_py.storage.snapshot import ASK, NOTHING
from memgraph_py.storage.view import NodeIds
from memgraph_py.values.types import NodeReference

_RANGES_AT_ONCE = 256
_KINDS = {Entity.NODE: Kind.NODE, Entity.RELATIONSHIP: Kind.RELATIONSHIP}


@executes(IndexSeek)
def index_seek(operator: IndexSeek, context: ExecutionContext) -> Iterator[Batch]:
    """Elements found by label or type, and properties."""
    variable, kind = operator.variable, _KINDS[operator.entity]
    for batch in context.run(operator.input):
        on = context.graph.schema.descriptor(operator.entity, operator.token, operator.keys)
        if on is None:
            continue
        values = [EVALUATORS[type(value)](value, batch, context) for value in operator.values]
        lists: Rows | None = None
        if operator.many:
            lists, flat = flatten(values[0])
            values = [flat]
        if context.graph.schema.has_index(on):
            found = context.graph.seek(on, values)
            rows, ids = found.source_rows, found.ids
        else:
            rows, ids = _seek_by_scan(on, values, context)
        if lists is not None:
            rows, ids = distinct_pairs(lists[rows], ids)
        yield from pieces(widen(batch, rows, {variable: Column(kind, ids)}), context)


@composes(IndexSeek)
def _single_index_seek(operator: IndexSeek, composition: Composition) -> Sequence[SingleStep] | None:
    value, schema = composition.value(operator.values[0]), composition.schema
    on = schema.descriptor(operator.entity, operator.token, operator.keys)
    if value is None or on is None or not schema.has_index(on):
        return None
    if operator.many or len(operator.keys) > 1 or operator.entity is not Entity.NODE:
        return None
    variable = operator.variable

    def seek(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row | None:
        node = view.seek_one(on, value(row, view, parameters, writing))
        if node >= 0:
            row[variable] = NodeReference(node)
            return row
        if node == ASK:
            raise SeveralRows
        return None

    return (seek,)


@executes(IndexRangeSeek)
def index_range_seek(operator: IndexRangeSeek, context: ExecutionContext) -> Iterator[Batch]:
    """Elements whose property may be within the bounds; all with the label or type where the index is not in order."""
    variable, kind = operator.variable, _KINDS[operator.entity]
    for batch in _few_rows(context.run(operator.input)):
        on = context.graph.schema.descriptor(operator.entity, operator.token, operator.keys)
        if on is None:
            continue
        equal = tuple(evaluate(value, batch, context) for value in operator.values)
        lower, upper = (
            None if bound is None else evaluate(bound, batch, context) for bound in (operator.lower, operator.upper)
        )
        bounds = RangeBounds(lower, upper, operator.is_prefix, equal, operator.exists, batch.rows)
        found = context.graph.seek_range(on, bounds)
        if found is None:
            yield from cross(batch, elements_of(context.graph, on), variable, context, kind)
        else:
            found_batch = widen(batch, found.source_rows, {variable: Column(kind, found.ids)})
            yield from pieces(found_batch, context)


def _few_rows(source: Iterator[Batch]) -> Iterator[Batch]:
    """The batches in slices: each row may find many elements."""
    for batch in source:
        for start in range(0, batch.rows, _RANGES_AT_ONCE):
            yield batch if batch.rows <= _RANGES_AT_ONCE else batch.slice(start, start + _RANGES_AT_ONCE)


def _seek_by_scan(on: SchemaDescriptor, values: list[Column], context: ExecutionContext) -> tuple[Rows, NodeIds]:
    """What a seek would find, where the index was dropped after the statement was planned."""
    every = elements_of(context.graph, on)
    stored = values_of(context.graph, on, every)
    rows: list[Rows] = [np.zeros(0, dtype=np.int64)]
    found: list[NodeIds] = [np.zeros(0, dtype=np.int64)]
    for row in range(len(values[0])):
        context.check()
        wanted = [column.take(np.full(len(every), row, dtype=np.int64)) for column in values]
        matches = every[same_rows(stored, wanted)]
        rows.append(np.full(len(matches), row, dtype=np.int64))
        found.append(matches)
    return np.concatenate(rows), np.concatenate(found)


@executes(NodeById)
def node_by_id(operator: NodeById, context: ExecutionContext) -> Iterator[Batch]:
    """Nodes found by internal id; what is no integer finds none."""
    for batch in context.run(operator.input):
        values = evaluate(operator.value, batch, context)
        rows = np.arange(batch.rows, dtype=np.int64)
        if operator.many:
            rows, values = flatten(values)
        wanted = _whole_numbers(values)
        known = wanted >= 0
        known[known] = context.graph.nodes_exist(wanted[known])
        rows, nodes = rows[known], wanted[known]
        if operator.many:
            rows, nodes = distinct_pairs(rows, nodes)
        if len(rows):
            yield widen(batch, rows, {operator.variable: Column(Kind.NODE, nodes)})


@composes(NodeById)
def _single_node_by_id(operator: NodeById, composition: Composition) -> Sequence[SingleStep] | None:
    value = composition.value(operator.value)
    if value is None or operator.many:
        return None
    variable = operator.variable

    def find(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row | None:
        node = node_by_number(view, value(row, view, parameters, writing))
        if node == ASK:
            raise SeveralRows
        if node == NOTHING:
            return None
        row[variable] = NodeReference(node)
        return row

    return (find,)


def _whole_numbers(column: Column) -> NodeIds:
    """Ids that the values may be, -1 where none: 1.0 equals 1."""
    if column.kind is Kind.INT:
        values: NodeIds = column.values
        return values.copy() if column.valid is None else np.where(column.valid, values, -1)
    ids = np.full(len(column), -1, dtype=np.int64)
    for row, value in enumerate(column.to_values()):
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and 0 <= value < 2**62
            and value == int(value)
        ):
            ids[row] = int(value)
    return ids

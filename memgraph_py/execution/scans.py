"""Where rows come from: leaves, scans and seeks."""

from collections.abc import Iterator, Sequence

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.execution.evaluation import node_ids, relationship_ids
from memgraph_py.execution.executor import RUN_ROWS, ExecutionContext, constant, executes, widen
from memgraph_py.execution.single import Composition, SingleStep, composes
from memgraph_py.plan.names import of_parameter
from memgraph_py.plan.operators import (
    AllNodes,
    Argument,
    LabelScan,
    NodeCount,
    ParameterRows,
    RelationshipCount,
    ScanRelationships,
    Unit,
)
from memgraph_py.storage.view import Direction, GraphView, NodeIds


@executes(Unit)
def unit(operator: Unit, context: ExecutionContext) -> Iterator[Batch]:
    """One row; in a subplan, one for each outer row."""
    if context.row_name is None:
        yield Batch(1, {})
    else:
        yield from argument(Argument(()), context)


@composes(Unit)
def _single_unit(operator: Unit, composition: Composition) -> Sequence[SingleStep]:
    """Its row is there before the first step."""
    return ()


@composes(Argument)
def _single_argument(operator: Argument, composition: Composition) -> Sequence[SingleStep]:
    """As of Unit: the steps of a subplan begin with the outer row."""
    return ()


@executes(Argument)
def argument(operator: Argument, context: ExecutionContext) -> Iterator[Batch]:
    """The outer rows, numbered."""
    outer = context.argument
    assert outer is not None and context.row_name is not None, "an argument stands in a subplan"
    if outer.rows:
        columns = {name: outer.columns[name] for name in operator.variables}
        columns[context.row_name] = Column(Kind.INT, np.arange(outer.rows, dtype=np.int64))
        yield Batch(outer.rows, columns)


@executes(ParameterRows)
def parameter_rows(operator: ParameterRows, context: ExecutionContext) -> Iterator[Batch]:
    """The sets of parameters of a vectorised run, in one batch."""
    assert context.parameter_rows is not None, "a vectorised plan runs over parameter rows"
    if context.parameter_rows.rows:
        names = [*map(of_parameter, operator.names)]
        if RUN_ROWS in context.parameter_rows.columns:
            names.append(RUN_ROWS)
        yield context.parameter_rows.select(names)


# -------------------------------------------------------------------------------------------------------------- scans


@executes(AllNodes)
def all_nodes(operator: AllNodes, context: ExecutionContext) -> Iterator[Batch]:
    """Each node per input row."""
    for batch in context.run(operator.input):
        yield from cross(batch, context.graph.nodes(None), operator.variable, context)


@executes(LabelScan)
def label_scan(operator: LabelScan, context: ExecutionContext) -> Iterator[Batch]:
    """Each node with the label per input row."""
    for batch in context.run(operator.input):
        label = context.graph.schema.labels.find(operator.label)
        if label is not None:
            yield from cross(batch, context.graph.nodes(label), operator.variable, context)


def cross(
    batch: Batch, nodes: NodeIds, variable: str, context: ExecutionContext, kind: Kind = Kind.NODE
) -> Iterator[Batch]:
    """Each of the nodes, or of what ``kind`` says, beside each row, row by row, in pieces that grow from first_rows to
    batch_rows_max."""
    count = len(nodes)
    total = count * batch.rows
    start, size = 0, context.first_rows
    while start < total:
        context.check()
        stop = min(start + size, total)
        if batch.rows == 1:
            piece = Column(kind, nodes[start:stop])
            if batch.columns:
                yield widen(batch, np.zeros(stop - start, dtype=np.int64), {variable: piece})
            else:
                yield Batch(stop - start, {variable: piece})
        else:
            rows, positions = np.divmod(np.arange(start, stop, dtype=np.int64), count)
            yield widen(batch, rows, {variable: Column(kind, nodes[positions])})
        start, size = stop, min(4 * size, context.limits.batch_rows_max)


@executes(NodeCount)
def node_count(operator: NodeCount, context: ExecutionContext) -> Iterator[Batch]:
    """The number beside each input row."""
    graph = context.graph
    for batch in context.run(operator.input):
        label = None if operator.label is None else graph.schema.labels.find(operator.label)
        yield _beside(batch, operator.variable, _counted(operator, label, graph))


def _counted(operator: NodeCount, label: int | None, graph: GraphView) -> int:
    if operator.label is not None and label is None:
        return 0
    if operator.key is None:
        return graph.node_count(label)
    key = graph.schema.keys.find(operator.key)
    return 0 if key is None else graph.property_count(label, key)


@executes(RelationshipCount)
def relationship_count(operator: RelationshipCount, context: ExecutionContext) -> Iterator[Batch]:
    """The number beside each input row; each type counts once."""
    graph = context.graph
    for batch in context.run(operator.input):
        found = map(graph.schema.types.find, dict.fromkeys(operator.types))
        ids = [id for id in found if id is not None]
        count = sum(map(graph.relationship_count, ids)) if operator.types else graph.relationship_count(None)
        yield _beside(batch, operator.variable, count)


def _beside(batch: Batch, name: str, number: int) -> Batch:
    return batch.with_columns({name: constant(number, batch.rows)})


def pieces(batch: Batch, context: ExecutionContext) -> Iterator[Batch]:
    """The batch in slices of at most batch_rows_max; nothing where it is empty."""
    limit = context.limits.batch_rows_max
    if batch.rows <= limit:
        if batch.rows:
            yield batch
        return
    for start in range(0, batch.rows, limit):
        context.check()
        yield batch.slice(start, start + limit)


@executes(ScanRelationships)
def scan_relationships(operator: ScanRelationships, context: ExecutionContext) -> Iterator[Batch]:
    """The ends of relationships that are bound already."""
    for batch in context.run(operator.input):
        types = context.type_ids(operator.types)
        relationships = relationship_ids(batch.columns[operator.relationship])
        keep = relationships >= 0
        if not keep.all():
            batch, relationships = batch.take(keep), relationships[keep]
        if types is not None and batch.rows:
            keep = np.isin(context.graph.relationship_types(relationships), types)
            batch, relationships = batch.take(keep), relationships[keep]
        if batch.rows == 0:
            continue
        starts, stops = context.graph.endpoints(relationships)
        rows = np.arange(batch.rows, dtype=np.int64)
        if operator.direction is Direction.IN:
            starts, stops = stops, starts
        elif operator.direction is Direction.BOTH:
            turned = rows[starts != stops]
            order = np.argsort(np.concatenate((rows, turned)), kind="stable")
            rows = np.concatenate((rows, turned))[order]
            starts, stops = (
                np.concatenate((starts, stops[turned]))[order],
                np.concatenate((stops, starts[turned]))[order],
            )
        ends = ((operator.source, starts, operator.bound_source), (operator.target, stops, operator.bound_target))
        keep = np.ones(len(rows), dtype=np.bool_)
        for name, nodes, bound in ends:
            if bound:
                keep &= node_ids(batch.columns[name])[rows] == nodes
        columns = {name: Column(Kind.NODE, nodes[keep]) for name, nodes, bound in ends if not bound}
        if keep.any():
            yield widen(batch, rows[keep], columns)

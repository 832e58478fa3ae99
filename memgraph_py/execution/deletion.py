"""DELETE: relationships before nodes, so that a path can be deleted whole."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import CypherTypeError
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext, executes
from memgraph_py.execution.single import (
    Composition,
    Parameters,
    Row,
    SeveralRows,
    SingleStep,
    Writing,
    composes,
)
from memgraph_py.kernels.sorting import distinct
from memgraph_py.plan.expressions import Variable
from memgraph_py.plan.operators import Delete
from memgraph_py.storage.single import SingleView, single_column
from memgraph_py.storage.view import Direction
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import NodeReference, PathReference, RelationshipReference, Value

DELETED_BYTES = 24
"""Of a node or relationship that is deleted."""
DETACHED_MAX = 64
"""A node with more relationships is for the batches, which need not hold the commit lock."""


@executes(Delete)
def delete(operator: Delete, context: ExecutionContext) -> Iterator[Batch]:
    """The input's rows, after what they name was deleted; NULL is skipped, and so is what is gone already."""
    for batch in context.run(operator.input):
        context.check()
        columns = [evaluate(expression, batch, context) for expression in operator.expressions]
        nodes, relationships = _named(columns)
        memory = context.bounds.memory
        memory.hold(DELETED_BYTES * (len(nodes) + len(relationships)))  # until the transaction's end
        memory.hold(DELETED_BYTES * _delete(nodes, relationships, context, detach=operator.detach))
        yield batch


@composes(Delete)
def _single_delete(operator: Delete, composition: Composition) -> Sequence[SingleStep] | None:
    names = [one.name for one in operator.expressions if isinstance(one, Variable)]
    if len(names) < len(operator.expressions) or composition.deletes:
        return None
    composition.deletes = True

    def delete(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row:
        assert writing is not None, "the plan writes"
        nodes, relationships = _named([single_column(row[name]) for name in names])
        if len(nodes) and view.degrees(nodes, Direction.BOTH, None).sum() > DETACHED_MAX:
            raise SeveralRows
        writing.held += DELETED_BYTES * (len(nodes) + len(relationships) + DETACHED_MAX)
        _delete(nodes, relationships, writing, detach=operator.detach)
        return row

    return (delete,)


def _delete(
    nodes: NDArray[np.int64], relationships: NDArray[np.int64], change: ExecutionContext | Writing, *, detach: bool
) -> int:
    """How many relationships went with the nodes."""
    counters, graph, gone_with_nodes = change.counters, change.graph, 0
    if len(relationships):
        counters.relationships_deleted += graph.delete_relationships(relationships)
    if len(nodes):
        nodes_gone, gone_with_nodes = graph.delete_nodes(nodes, detach=detach)
        counters.nodes_deleted += nodes_gone
        counters.relationships_deleted += gone_with_nodes
    return gone_with_nodes


def _named(columns: list[Column]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids of the nodes and of the relationships to delete."""
    nodes: list[NDArray[np.int64]] = []
    relationships: list[NDArray[np.int64]] = []
    for column in columns:
        if column.kind is Kind.NODE or column.kind is Kind.RELATIONSHIP:
            ids = column.values if column.valid is None else column.values[column.valid]
            (nodes if column.kind is Kind.NODE else relationships).append(ids)
        elif not column.is_all_null():
            _add_named(column.to_values(), nodes, relationships)
    return _distinct(nodes), _distinct(relationships)


def _distinct(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    if not parts:
        return np.zeros(0, dtype=np.int64)
    if len(parts) == 1 and len(parts[0]) == 1:
        return parts[0]
    return distinct(np.concatenate(parts))


def _add_named(values: list[Value], nodes: list[NDArray[np.int64]], relationships: list[NDArray[np.int64]]) -> None:
    node_ids: list[int] = []
    relationship_ids: list[int] = []
    for value in values:
        match value:
            case NodeReference():
                node_ids.append(value.id)
            case RelationshipReference():
                relationship_ids.append(value.id)
            case PathReference():
                node_ids += value.node_ids
                relationship_ids += value.relationship_ids
            case None:
                continue
            case _:
                raise CypherTypeError(
                    f"expected a node, relationship or path to delete, got {type_name(value)}",
                    detail="InvalidArgumentType",
                )
    nodes.append(np.array(node_ids, dtype=np.int64))
    relationships.append(np.array(relationship_ids, dtype=np.int64))

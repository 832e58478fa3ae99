"""DELETE: relationships before nodes, so that a path can be deleted whole."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import CypherTypeError
from memgraph_py.execution.evaluation import evaluate
from memgraph_py.execution.executor import ExecutionContext, executes
from memgraph_py.kernels.sorting import distinct
from memgraph_py.plan.operators import Delete
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import NodeReference, PathReference, RelationshipReference, Value

DELETED_BYTES = 24
"""Of a node or relationship that is deleted."""


@executes(Delete)
def delete(operator: Delete, context: ExecutionContext) -> Iterator[Batch]:
    """The input's rows, after what they name was deleted; NULL is skipped, and so is what is gone already."""
    for batch in context.run(operator.input):
        context.check()
        columns = [evaluate(expression, batch, context) for expression in operator.expressions]
        nodes, relationships = _named(columns)
        counters = context.counters
        context.bounds.memory.hold(DELETED_BYTES * (len(nodes) + len(relationships)))  # until the transaction's end
        if len(relationships):
            counters.relationships_deleted += context.graph.delete_relationships(relationships)
        if len(nodes):
            nodes_gone, relationships_gone = context.graph.delete_nodes(nodes, detach=operator.detach)
            context.bounds.memory.hold(DELETED_BYTES * relationships_gone)
            counters.nodes_deleted += nodes_gone
            counters.relationships_deleted += relationships_gone
        yield batch


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

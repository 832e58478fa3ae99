"""CREATE, and what MERGE creates: one call of the graph per pattern element and batch."""

from collections.abc import Iterator, Sequence

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind, Rows
from memgraph_py.errors import CypherTypeError, EntityNotFound
from memgraph_py.execution.evaluation import EVALUATORS, evaluate, node_ids, property_maps
from memgraph_py.execution.executor import ExecutionContext, executes, type_name
from memgraph_py.plan.expressions import Expression, MapOf
from memgraph_py.plan.operators import Create, NodeSpec, RelationshipSpec
from memgraph_py.storage.view import KeyId, NodeIds, RelationshipIds
from memgraph_py.values.types import Point, Value

__all__ = ["check_storable", "create_elements"]


@executes(Create)
def create(operator: Create, context: ExecutionContext) -> Iterator[Batch]:
    """Per input row: the nodes, then the relationships."""
    for batch in context.run(operator.input):
        context.check()
        yield create_elements(batch, operator.nodes, operator.relationships, context)


def create_elements(
    batch: Batch, nodes: Sequence[NodeSpec], relationships: Sequence[RelationshipSpec], context: ExecutionContext
) -> Batch:
    """The batch with what was created for each of its rows."""
    created = Batch(batch.rows, dict(batch.columns))
    for node in nodes:
        created.columns[node.variable] = Column(Kind.NODE, _create_nodes(node, created, context))
    for relationship in relationships:
        ids = _create_relationships(relationship, created, context)
        created.columns[relationship.variable] = Column(Kind.RELATIONSHIP, ids)
    return created


def _create_nodes(spec: NodeSpec, batch: Batch, context: ExecutionContext) -> NodeIds:
    graph, counters = context.graph, context.counters
    intern = graph.schema.labels.intern
    labels = tuple(sorted({intern(name) for name in spec.labels})) if spec.labels else ()
    counters.nodes_created += batch.rows
    counters.labels_added += batch.rows * len(labels)
    blocks = _property_blocks(spec.properties, batch, context)
    if len(blocks) == 1:
        return graph.create_nodes(batch.rows, labels, blocks[0][1])
    ids = np.empty(batch.rows, dtype=np.int64)
    for rows, properties in blocks:
        ids[rows] = graph.create_nodes(len(rows), labels, properties)
    return ids


def _create_relationships(spec: RelationshipSpec, batch: Batch, context: ExecutionContext) -> RelationshipIds:
    graph = context.graph
    type = graph.schema.types.intern(spec.type)
    sources = _end_nodes(batch.columns[spec.source], spec.source)
    targets = _end_nodes(batch.columns[spec.target], spec.target)
    context.counters.relationships_created += batch.rows
    blocks = _property_blocks(spec.properties, batch, context)
    if len(blocks) == 1:
        return graph.create_relationships(sources, targets, type, blocks[0][1])
    ids = np.empty(batch.rows, dtype=np.int64)
    for rows, properties in blocks:
        ids[rows] = graph.create_relationships(sources[rows], targets[rows], type, properties)
    return ids


def _end_nodes(column: Column, name: str) -> NodeIds:
    if column.kind is Kind.NODE and column.valid is None:
        return column.values
    ids = node_ids(column)
    if (ids < 0).any():
        raise EntityNotFound(f"cannot create a relationship: its end '{name}' is null", detail="MissingNode")
    return ids


def _property_blocks(
    properties: Expression | None, batch: Batch, context: ExecutionContext
) -> list[tuple[Rows, dict[KeyId, Column]]]:
    """Rows with the property columns that they have; rows of maps with the same keys are one block."""
    if properties is None:
        return [(_NO_ROWS, {})]
    if isinstance(properties, MapOf):
        columns: dict[KeyId, Column] = {}
        intern = context.graph.schema.keys.intern
        for name, expression in zip(properties.keys, properties.values, strict=True):
            column = EVALUATORS[type(expression)](expression, batch, context)
            columns[intern(name)] = check_storable(column, name)
            context.counters.properties_set += _count_valid(column)
        return [(_NO_ROWS, columns)]
    return _blocks_of_maps(property_maps(evaluate(properties, batch, context), context), context)


_NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def _blocks_of_maps(
    maps: list[dict[str, Value] | None], context: ExecutionContext
) -> list[tuple[Rows, dict[KeyId, Column]]]:
    by_keys: dict[tuple[str, ...], list[int]] = {}
    for row, map in enumerate(maps):
        by_keys.setdefault(tuple(map or ()), []).append(row)
    blocks: list[tuple[Rows, dict[KeyId, Column]]] = []
    for names, rows in by_keys.items():
        columns: dict[KeyId, Column] = {}
        for name in names:
            column = Column.from_values([(maps[row] or {})[name] for row in rows])
            columns[context.graph.schema.keys.intern(name)] = check_storable(column, name)
            context.counters.properties_set += _count_valid(column)
        blocks.append((np.array(rows, dtype=np.int64), columns))
    return blocks


def _count_valid(column: Column) -> int:
    return len(column.values) if column.valid is None else int(np.count_nonzero(column.valid))


def check_storable(column: Column, key: str) -> Column:
    """The column, whose values can be stored as a property; raises CypherTypeError where one cannot.

    What can be stored: booleans, numbers, strings, bytes, points, and lists of them. NULL stands for absent.
    """
    if column.kind < Kind.NODE:
        return column
    if column.kind is Kind.OBJECT:
        for value in column.values.tolist() if column.valid is None else column.to_values():
            if not _is_storable(value):
                raise CypherTypeError(
                    f"property '{key}' cannot be {type_name(value)}"
                    + (" that holds maps, nodes, relationships or paths" if isinstance(value, list) else ""),
                    detail="InvalidPropertyType",
                )
    elif not column.is_all_null():
        named = "a node" if column.kind is Kind.NODE else "a relationship"
        raise CypherTypeError(f"property '{key}' cannot be {named}", detail="InvalidPropertyType")
    return column


_STORABLE = (bool, int, float, str, bytes, Point, type(None))


def _is_storable(value: Value) -> bool:
    if isinstance(value, list):
        return all(map(_is_storable, value))
    return isinstance(value, _STORABLE)

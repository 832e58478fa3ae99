"""CREATE, and what MERGE creates: one call of the graph per pattern element and batch."""

from collections.abc import Iterator, Sequence

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import CypherTypeError, EntityNotFound, SemanticError
from memgraph_py.execution.evaluation import EVALUATORS, evaluate, node_ids, property_maps
from memgraph_py.execution.executor import ExecutionContext, executes
from memgraph_py.execution.labels import names_by_rows
from memgraph_py.execution.memory import column_bytes
from memgraph_py.execution.single import Parameters, Row
from memgraph_py.execution.single_writes import (
    Composition,
    SingleElements,
    SingleProperties,
    SingleWrite,
    Writing,
    followed,
    writes,
)
from memgraph_py.plan.expressions import Expression, MapOf
from memgraph_py.plan.operators import Create, NodeSpec, RelationshipSpec
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import KeyId, NodeIds, RelationshipIds
from memgraph_py.values.naming import type_name
from memgraph_py.values.temporal_parts import TEMPORALS
from memgraph_py.values.types import Point, Value

__all__ = ["check_storable", "create_elements", "single_elements"]

ELEMENT_BYTES = 24
"""Of a node or relationship that is created."""


@executes(Create)
def create(operator: Create, context: ExecutionContext) -> Iterator[Batch]:
    """Per input row: the nodes, then the relationships."""
    for batch in context.run(operator.input):
        context.check()
        yield create_elements(batch, operator.nodes, operator.relationships, context)


@writes(Create)
def _single_create(operator: Create, composition: Composition) -> SingleWrite | None:
    inner = composition.write(operator.input)
    return followed(inner, single_elements(operator.nodes, operator.relationships, composition), composition)


def single_elements(
    nodes: Sequence[NodeSpec], relationships: Sequence[RelationshipSpec], composition: Composition
) -> SingleElements | None:
    """The second form of ``create_elements``, which also binds the nodes in the row. A relationship is not bound."""
    schema = composition.schema
    composition.own |= {spec.variable for spec in nodes}
    composition.relationships |= {spec.variable for spec in relationships}
    properties = [composition.properties(spec.properties) for spec in nodes]
    properties += [composition.properties(spec.properties) for spec in relationships]
    known = [one for one in properties if one is not None]
    if len(known) < len(properties) or any(spec.type is None for spec in relationships):
        return None
    composition.writes = True
    makers = [_single_node(spec, read, schema) for spec, read in zip(nodes, known[: len(nodes)], strict=True)]
    makers += [
        _single_relationship(spec, read, schema) for spec, read in zip(relationships, known[len(nodes) :], strict=True)
    ]
    if len(makers) == 1:
        return makers[0]

    def create(row: Row, snapshot: Snapshot, parameters: Parameters, writing: Writing) -> None:
        for make in makers:
            make(row, snapshot, parameters, writing)

    return create


def _single_node(spec: NodeSpec, read: SingleProperties, schema: Schema) -> SingleElements:
    label_set: int | None = None
    names, variable, intern = spec.labels, spec.variable, schema.keys.intern

    def make(row: Row, snapshot: Snapshot, parameters: Parameters, writing: Writing) -> None:
        nonlocal label_set
        properties = {intern(name): value for name, value in read(row, snapshot, parameters).items()}
        if label_set is None:
            label_set = schema.intern_label_set(tuple(map(schema.labels.intern, names)))
        row[variable] = writing.create_node(label_set, properties)

    return make


def _single_relationship(spec: RelationshipSpec, read: SingleProperties, schema: Schema) -> SingleElements:
    source, target, name, intern = spec.source, spec.target, str(spec.type), schema.keys.intern

    def make(row: Row, snapshot: Snapshot, parameters: Parameters, writing: Writing) -> None:
        properties = {intern(key): value for key, value in read(row, snapshot, parameters).items()}
        writing.create_relationship(row[source], row[target], schema.types.intern(name), properties)

    return make


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
    properties = _property_columns(spec.properties, batch, context)
    _count_changes(batch.rows, properties, context)
    return graph.create_nodes(batch.rows, labels, properties)


def _create_relationships(spec: RelationshipSpec, batch: Batch, context: ExecutionContext) -> RelationshipIds:
    graph = context.graph
    sources = _end_nodes(batch.columns[spec.source], spec.source)
    targets = _end_nodes(batch.columns[spec.target], spec.target)
    context.counters.relationships_created += batch.rows
    properties = _property_columns(spec.properties, batch, context)
    _count_changes(batch.rows, properties, context)
    intern = graph.schema.types.intern
    if spec.type is not None:
        return graph.create_relationships(sources, targets, intern(spec.type), properties)
    assert spec.type_named is not None, "a relationship has a type"
    ids = np.empty(batch.rows, dtype=np.int64)
    for names, rows in names_by_rows(evaluate(spec.type_named, batch, context), context):
        if len(names) != 1:
            raise SemanticError("a relationship has one type", detail="NoSingleRelationshipType")
        part = {key: column.take(rows) for key, column in properties.items()}
        ids[rows] = graph.create_relationships(sources[rows], targets[rows], intern(names[0]), part)
    return ids


def _count_changes(rows: int, properties: dict[KeyId, Column], context: ExecutionContext) -> None:
    """The transaction holds what it creates until its end. Raises MemoryLimitExceeded."""
    held = ELEMENT_BYTES * rows
    for column in properties.values():
        held += column_bytes(column)
    context.bounds.memory.hold(held)


def _end_nodes(column: Column, name: str) -> NodeIds:
    if column.kind is Kind.NODE and column.valid is None:
        return column.values
    ids = node_ids(column)
    if (ids < 0).any():
        raise EntityNotFound(f"cannot create a relationship: its end '{name}' is null", detail="MissingNode")
    return ids


def _property_columns(properties: Expression | None, batch: Batch, context: ExecutionContext) -> dict[KeyId, Column]:
    """The property columns to store, NULL where a row has none."""
    if properties is None:
        return {}
    columns: dict[KeyId, Column] = {}
    intern = context.graph.schema.keys.intern
    if isinstance(properties, MapOf):
        for name, expression in zip(properties.keys, properties.values, strict=True):
            column = EVALUATORS[type(expression)](expression, batch, context)
            columns[intern(name)] = check_storable(column, name)
            context.counters.properties_set += _count_valid(column)
        return columns
    maps = property_maps(evaluate(properties, batch, context), context)
    for name in dict.fromkeys(name for map in maps for name in map or ()):
        column = Column.from_values([map.get(name) if map else None for map in maps])
        columns[intern(name)] = check_storable(column, name)
        context.counters.properties_set += _count_valid(column)
    return columns


def _count_valid(column: Column) -> int:
    return len(column.values) if column.valid is None else int(np.count_nonzero(column.valid))


def check_storable(column: Column, key: str) -> Column:
    """The column, whose values can be stored as a property; raises CypherTypeError where one cannot.

    What can be stored: booleans, numbers, strings, bytes, points, temporal values, and lists of them. NULL stands for
    absent.
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
        return Column(Kind.OBJECT, column.values, column.valid)
    if not column.is_all_null():
        named = "a node" if column.kind is Kind.NODE else "a relationship"
        raise CypherTypeError(f"property '{key}' cannot be {named}", detail="InvalidPropertyType")
    return column


_STORABLE = (bool, int, float, str, bytes, Point, *TEMPORALS, type(None))


def _is_storable(value: Value) -> bool:
    if isinstance(value, list):
        return all(map(_is_storable, value))
    return isinstance(value, _STORABLE)

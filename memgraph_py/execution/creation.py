"""CREATE, and what MERGE creates: one call of the graph per pattern element and batch."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.errors import ArgumentError, CypherTypeError, SemanticError
from memgraph_py.execution.evaluation import EVALUATORS, evaluate, node_ids, property_maps
from memgraph_py.execution.executor import ExecutionContext, executes
from memgraph_py.execution.labels import names_by_rows
from memgraph_py.execution.memory import column_bytes
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
from memgraph_py.plan.expressions import Expression, MapOf, Parameter
from memgraph_py.plan.operators import Create, NodeSpec, RelationshipSpec
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.single import SingleView, single_column, single_id
from memgraph_py.storage.view import KeyId, LabelId, NodeIds, RelationshipIds
from memgraph_py.values.naming import type_name
from memgraph_py.values.temporal_parts import TEMPORALS
from memgraph_py.values.types import NodeReference, Point, RelationshipReference, Value

__all__ = ["check_storable", "create_elements", "single_elements", "single_properties", "single_storable"]

SingleProperties: TypeAlias = Callable[[Row, SingleView, Parameters, Writing | None], dict[str, Value]]
_SingleColumns: TypeAlias = Callable[[Row, SingleView, Parameters, Writing], dict[KeyId, Column]]
"""Raises SeveralRows and what ``check_storable`` raises."""
_STRING = Kind.STRING  # to look one up in its enumeration takes 50 ns, each time
VALUE_BYTES_MAX = 4_096
"""A larger one is for the batches, which look at what it takes before they write it."""

ELEMENT_BYTES = 24
"""Of a node or relationship that is created."""


@executes(Create)
def create(operator: Create, context: ExecutionContext) -> Iterator[Batch]:
    """Per input row: the nodes, then the relationships."""
    for batch in context.run(operator.input):
        context.check()
        yield create_elements(batch, operator.nodes, operator.relationships, context)


@composes(Create)
def _single_create(operator: Create, composition: Composition) -> Sequence[SingleStep] | None:
    return single_elements(operator.nodes, operator.relationships, composition)


def single_elements(
    nodes: Sequence[NodeSpec], relationships: Sequence[RelationshipSpec], composition: Composition
) -> Sequence[SingleStep] | None:
    """The second form of ``create_elements``."""
    makers: list[SingleStep] = []
    specs: tuple[NodeSpec | RelationshipSpec, ...] = (*nodes, *relationships)
    for spec in specs:
        read = _single_columns(spec.properties, composition)
        if read is None:
            return None
        if isinstance(spec, NodeSpec):
            makers.append(_single_node(spec, read, composition.schema))
        elif spec.type is None:
            return None
        else:
            makers.append(_single_relationship(spec, spec.type, read, composition.schema))
    return makers


def _single_node(spec: NodeSpec, read: _SingleColumns, schema: Schema) -> SingleStep:
    labels: tuple[LabelId, ...] | None = None
    names, variable = spec.labels, spec.variable

    def make(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row:
        nonlocal labels
        assert writing is not None, "the plan writes"
        columns, counters = read(row, view, parameters, writing), writing.counters
        if labels is None:
            labels = tuple(sorted(set(map(schema.labels.intern, names))))
        counters.nodes_created += 1
        counters.labels_added += len(labels)
        row[variable] = NodeReference(writing.graph.create_nodes(1, labels, columns).item())
        return row

    return make


def _single_relationship(spec: RelationshipSpec, type: str, read: _SingleColumns, schema: Schema) -> SingleStep:
    variable, source_name, target_name, intern = spec.variable, spec.source, spec.target, schema.types.intern

    def make(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> Row:
        assert writing is not None, "the plan writes"
        source, target = single_id(element_of(row, source_name).id), single_id(element_of(row, target_name).id)
        columns = read(row, view, parameters, writing)
        writing.counters.relationships_created += 1
        ids = writing.graph.create_relationships(source, target, intern(type), columns)
        row[variable] = RelationshipReference(ids.item())
        return row

    return make


def single_properties(expression: Expression, composition: Composition) -> SingleProperties | None:
    """Properties by name, of a map; what is no map is left to the batches."""
    if isinstance(expression, MapOf) and len(set(expression.keys)) == len(expression.keys):
        values = composition.values(expression.values, stored=True)
        if values is None:
            return None
        pairs = tuple(zip(expression.keys, values, strict=True))
        return lambda row, view, parameters, writing: {
            name: value(row, view, parameters, writing) for name, value in pairs
        }
    if not isinstance(expression, Parameter):
        return None
    name = expression.name

    def read(row: Row, view: SingleView, parameters: Parameters, writing: Writing | None) -> dict[str, Value]:
        given = parameters[name]
        if not isinstance(given, dict):
            raise SeveralRows
        return given

    return read


def _single_columns(expression: Expression | None, composition: Composition) -> _SingleColumns | None:
    """The properties of what is created: those that are not NULL."""
    intern = composition.schema.keys.intern
    if expression is None:
        return _no_columns
    read = single_properties(expression, composition)
    if read is None:
        return None

    def columns_of(row: Row, view: SingleView, parameters: Parameters, writing: Writing) -> dict[KeyId, Column]:
        columns = {}
        for name, value in read(row, view, parameters, writing).items():
            if value is not None:
                columns[intern(name)] = single_storable(value, name, writing)
        writing.counters.properties_set += len(columns)
        writing.held += ELEMENT_BYTES
        return columns

    return columns_of


def _no_columns(row: Row, view: SingleView, parameters: Parameters, writing: Writing) -> dict[KeyId, Column]:
    writing.held += ELEMENT_BYTES
    return {}


def single_storable(value: Value, key: str, writing: Writing) -> Column:
    """The value as ``check_storable`` gives it. Raises SeveralRows for a large one, too."""
    column = single_column(value)
    if column.kind < _STRING:
        writing.held += 8
        return column
    size = 8 if column.data is None else len(column.data)
    if column.kind is Kind.OBJECT:
        size = column_bytes(column)
    if size > VALUE_BYTES_MAX:
        raise SeveralRows
    writing.held += size
    return check_storable(column, key)


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
        raise ArgumentError(f"cannot create a relationship: its end '{name}' is null", detail="MissingNode")
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

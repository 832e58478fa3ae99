"""Expression × batch → column.

``evaluate`` looks the expression's kind up in a table; each kind has a function here, in ``comprehensions.py`` or in
``subqueries.py``, registered with ``@evaluates``. A column that is given back may be one of the batch: never write
into it.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from memgraph_py.columnar import Batch, Column, Kind, Mask, Rows
from memgraph_py.errors import CypherSyntaxError, CypherTypeError, EntityNotFound
from memgraph_py.execution.executor import ExecutionContext, constant, spread
from memgraph_py.functions.registry import FUNCTIONS
from memgraph_py.plan.expressions import (
    Call,
    Case,
    Constant,
    Expression,
    HasType,
    ListOf,
    Literal,
    MapOf,
    MapProjection,
    Parameter,
    PathOf,
    Property,
    Variable,
)
from memgraph_py.record_column import RecordColumn
from memgraph_py.storage.view import NodeIds, RelationshipIds
from memgraph_py.values.naming import COORDINATE_SYSTEMS, type_name
from memgraph_py.values.temporal_components import component
from memgraph_py.values.temporal_parts import TEMPORALS
from memgraph_py.values.types import (
    Node,
    NodeReference,
    PathReference,
    Point,
    Relationship,
    RelationshipReference,
    Value,
)
from memgraph_py.values.value_types import fits

__all__ = [
    "EVALUATORS",
    "check_nodes",
    "check_relationships",
    "evaluate",
    "evaluates",
    "gather",
    "node_ids",
    "property_maps",
    "relationship_ids",
    "truth",
]

ExpressionType = TypeVar("ExpressionType")
Evaluator = Callable[[Any, Batch, ExecutionContext], Column]

EVALUATORS: dict[type, Evaluator] = {}
"""The function of each expression kind, complete after the package is imported."""


def evaluates(
    kind: type[ExpressionType],
) -> Callable[[Callable[[ExpressionType, Batch, ExecutionContext], Column]], Evaluator]:
    """Register the function that evaluates an expression kind."""

    def register(function: Callable[[ExpressionType, Batch, ExecutionContext], Column]) -> Evaluator:
        EVALUATORS[kind] = function
        return function

    return register


def evaluate(expression: Expression, batch: Batch, context: ExecutionContext) -> Column:
    """The expression's value in each row, (batch.rows,). Raises CypherError where a row has none."""
    return EVALUATORS[type(expression)](expression, batch, context)


def truth(column: Column) -> Mask:
    """(rows,) True where the value is true; false and NULL give False. Raises CypherTypeError for any other value."""
    if column.kind is Kind.BOOL:
        if column.valid is None:
            return column.values
        return column.values & column.valid
    mask = np.zeros(len(column), dtype=np.bool_)
    for row, value in enumerate(column.to_values()):
        if value is True:
            mask[row] = True
        elif value is not None and value is not False:
            raise CypherTypeError(f"expected a boolean, got {type_name(value)}", detail="InvalidArgumentType")
    return mask


def node_ids(column: Column) -> NodeIds:
    """(rows,) ids of a column of nodes, -1 where NULL. Raises CypherTypeError where a value is no node."""
    if column.kind is Kind.NODE:
        if column.valid is None:
            return column.values
        return np.where(column.valid, column.values, -1)
    return _object_ids(column, NodeReference, "a node")


def relationship_ids(column: Column) -> RelationshipIds:
    """(rows,) ids of a column of relationships, -1 where NULL. Raises CypherTypeError where a value is none."""
    if column.kind is Kind.RELATIONSHIP:
        if column.valid is None:
            return column.values
        return np.where(column.valid, column.values, -1)
    return _object_ids(column, RelationshipReference, "a relationship")


def _object_ids(column: Column, kind: type, expected: str) -> NodeIds:
    ids = np.full(len(column), -1, dtype=np.int64)
    for row, value in enumerate(column.to_values()):
        if isinstance(value, kind):
            ids[row] = value.id  # type: ignore[union-attr]  # both kinds of reference have one
        elif value is not None:
            raise CypherTypeError(f"expected {expected}, got {type_name(value)}", detail="InvalidArgumentType")
    return ids


def gather(column: Column, positions: Rows) -> Column:
    """The rows at these positions, NULL where the position is -1."""
    missing = positions < 0
    if not missing.any():
        return column.take(positions)
    if len(column) == 0:
        return Column.nulls(len(positions))
    taken = column.take(np.where(missing, 0, positions))
    return taken.masked(taken.validity() & ~missing)


# ------------------------------------------------------------------------------------------------------------- leaves


@evaluates(Literal)
def _literal(expression: Literal, batch: Batch, context: ExecutionContext) -> Column:
    return constant(expression.value, batch.rows)


@evaluates(Parameter)
def _parameter(expression: Parameter, batch: Batch, context: ExecutionContext) -> Column:
    return context.parameter(expression.name, batch.rows)


@evaluates(Constant)
def _constant(expression: Constant, batch: Batch, context: ExecutionContext) -> Column:
    one = context.constants.get(id(expression))
    if one is None:
        inner = expression.expression
        one = context.constants[id(expression)] = EVALUATORS[type(inner)](inner, Batch(1, {}), context)
    return one if batch.rows == 1 else spread(one, batch.rows)


@evaluates(Variable)
def _variable(expression: Variable, batch: Batch, context: ExecutionContext) -> Column:
    return batch.columns[expression.name]


# ----------------------------------------------------------------------------------------------------------- elements


@evaluates(Property)
def _property(expression: Property, batch: Batch, context: ExecutionContext) -> Column:
    subject = EVALUATORS[type(expression.subject)](expression.subject, batch, context)
    graph = context.graph
    if subject.kind is Kind.NODE:
        nodes = subject.values if subject.valid is None else node_ids(subject)
        if context.counters.nodes_deleted:
            check_nodes(nodes, context)
        key = graph.schema.keys.find(expression.key)
        return Column.nulls(batch.rows) if key is None else graph.node_property(nodes, key)
    if subject.kind is Kind.RELATIONSHIP:
        relationships = relationship_ids(subject)
        if context.counters.relationships_deleted:
            check_relationships(relationships, context)
        key = graph.schema.keys.find(expression.key)
        return Column.nulls(batch.rows) if key is None else graph.relationship_property(relationships, key)
    if subject.kind is Kind.OBJECT:
        if isinstance(subject, RecordColumn) and (found := subject.field(expression.key)) is not None:
            return found
        return _property_of_objects(subject.to_values(), expression.key, context)
    if subject.is_all_null():
        return Column.nulls(batch.rows)
    raise CypherTypeError(
        f"expected a map, node or relationship, got {type_name(_first_value(subject))}", detail="InvalidArgumentType"
    )


def _property_of_objects(values: list[Value], key: str, context: ExecutionContext) -> Column:
    if all(type(value) is dict for value in values):  # rows of `UNWIND $rows AS row`
        return Column.from_values([value.get(key) for value in values])  # type: ignore[union-attr]  # just asked
    return Column.from_values([_property_of(value, key, context) for value in values])


def _first_value(column: Column) -> Value:
    return column.value(int(np.argmax(column.validity())))


def check_nodes(nodes: NodeIds, context: ExecutionContext) -> None:
    """Raises EntityNotFound where a node was deleted."""
    gone = (nodes >= 0) & ~context.graph.nodes_exist(nodes)
    if gone.any():
        raise EntityNotFound(
            f"node {int(nodes[int(np.argmax(gone))])} was deleted in this transaction", detail="DeletedEntityAccess"
        )


def check_relationships(relationships: RelationshipIds, context: ExecutionContext) -> None:
    """Raises EntityNotFound where a relationship was deleted."""
    gone = (relationships >= 0) & ~context.graph.relationships_exist(relationships)
    if gone.any():
        raise EntityNotFound(
            f"relationship {int(relationships[int(np.argmax(gone))])} was deleted in this transaction",
            detail="DeletedEntityAccess",
        )


def _property_of(value: Value, key: str, context: ExecutionContext) -> Value:
    if value is None:
        return None
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, Node | Relationship):  # made by a procedure, and in no graph
        return value.properties.get(key)
    if isinstance(value, NodeReference | RelationshipReference):
        column = Column.from_values([value])
        return _property(Property(Variable("@"), key), Batch(1, {"@": column}), context).value(0)
    if isinstance(value, Point):
        return _point_property(value, key)
    if isinstance(value, TEMPORALS):
        return component(value, key)
    raise CypherTypeError(f"expected a map, node or relationship, got {type_name(value)}", detail="InvalidArgumentType")


_GEOGRAPHIC_SRIDS = (4326, 4979)
_AXES = {"x": 0, "y": 1, "z": 2}
_GEOGRAPHIC_AXES = {"longitude": 0, "latitude": 1, "height": 2}


def _point_property(point: Point, key: str) -> Value:
    if key == "srid":
        return point.srid
    if key == "crs":
        return COORDINATE_SYSTEMS.get(point.srid)
    axis = _AXES.get(key)
    if axis is None and point.srid in _GEOGRAPHIC_SRIDS:
        axis = _GEOGRAPHIC_AXES.get(key)
    return point.coordinates[axis] if axis is not None and axis < len(point.coordinates) else None


@evaluates(HasType)
def _has_type(expression: HasType, batch: Batch, context: ExecutionContext) -> Column:
    column = evaluate(expression.subject, batch, context)
    return Column(Kind.BOOL, np.array([fits(value, expression.type) for value in column.to_values()], dtype=np.bool_))


# ------------------------------------------------------------------------------------------- functions, lists and maps


@evaluates(Call)
def _call(expression: Call, batch: Batch, context: ExecutionContext) -> Column:
    function = FUNCTIONS.get(expression.name)
    if function is None:
        raise CypherSyntaxError(f"unknown function '{expression.name}'", detail="UnknownFunction")
    environment = context.environment
    columns = [EVALUATORS[type(argument)](argument, batch, context) for argument in expression.arguments]
    environment.rows = batch.rows
    return function.apply(environment, columns)


@evaluates(ListOf)
def _list_of(expression: ListOf, batch: Batch, context: ExecutionContext) -> Column:
    if not expression.items:
        return _objects([[] for _ in range(batch.rows)])
    columns = [evaluate(item, batch, context).to_values() for item in expression.items]
    return _objects([list(values) for values in zip(*columns, strict=True)])


@evaluates(MapOf)
def _map_of(expression: MapOf, batch: Batch, context: ExecutionContext) -> Column:
    keys = expression.keys
    if not keys:
        return _objects([{} for _ in range(batch.rows)])
    columns = [evaluate(value, batch, context).to_values() for value in expression.values]
    return _objects([dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)])


def _objects(values: list[Any]) -> Column:
    """A column of kind OBJECT, none of the values None."""
    array = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        array[row] = value
    return Column(Kind.OBJECT, array)


@evaluates(MapProjection)
def _map_projection(expression: MapProjection, batch: Batch, context: ExecutionContext) -> Column:
    subject = evaluate(expression.subject, batch, context)
    maps: list[dict[str, Value] | None]
    if expression.all_properties:
        maps = [None if value is None else dict(value) for value in property_maps(subject, context)]
    else:
        maps = [{} if there else None for there in subject.validity().tolist()]
    for key, item in zip(expression.keys, expression.values, strict=True):
        for map, value in zip(maps, evaluate(item, batch, context).to_values(), strict=True):
            if map is not None:
                map[key] = value
    return Column.objects(maps)


def property_maps(column: Column, context: ExecutionContext) -> list[dict[str, Value] | None]:
    """The properties of each element, or the map itself; None where NULL. CypherTypeError for any other value."""
    graph = context.graph
    if column.kind is Kind.NODE:
        nodes = node_ids(column)
        return _read_maps(
            column, [(key, graph.node_property(nodes, key)) for key in graph.node_keys(nodes).tolist()], context
        )
    if column.kind is Kind.RELATIONSHIP:
        ids = relationship_ids(column)
        keys = graph.relationship_keys(ids).tolist()
        return _read_maps(column, [(key, graph.relationship_property(ids, key)) for key in keys], context)
    maps: list[dict[str, Value] | None] = []
    for value in column.to_values():
        if isinstance(value, NodeReference | RelationshipReference):
            maps += property_maps(Column.from_values([value]), context)
        elif value is None or isinstance(value, dict):
            maps.append(value)
        else:
            raise CypherTypeError(
                f"expected a map, node or relationship, got {type_name(value)}", detail="InvalidArgumentType"
            )
    return maps


def _read_maps(
    column: Column, properties: Iterable[tuple[int, Column]], context: ExecutionContext
) -> list[dict[str, Value] | None]:
    maps: list[dict[str, Value] | None] = [{} if there else None for there in column.validity().tolist()]
    for key, values in properties:
        name = context.graph.schema.keys.name(key)
        for map, value in zip(maps, values.to_values(), strict=True):
            if map is not None and value is not None:
                map[name] = value
    return maps


# --------------------------------------------------------------------------------------------------- cases and paths


@evaluates(Case)
def _case(expression: Case, batch: Batch, context: ExecutionContext) -> Column:
    """Each branch is evaluated on the rows that come to it, no others."""
    rows_left: Rows | None = None  # None: all
    left = batch
    branches: list[tuple[Rows, Column]] = []
    for condition, result in zip(expression.conditions, expression.results, strict=True):
        mask = truth(evaluate(condition, left, context))
        if mask.all():
            if rows_left is None:
                return evaluate(result, batch, context)
            branches.append((rows_left, evaluate(result, left, context)))
            return _joined(branches)
        if not mask.any():
            continue
        if rows_left is None:
            rows_left = np.arange(batch.rows, dtype=np.int64)
        branches.append((rows_left[mask], evaluate(result, left.take(mask), context)))
        rows_left, left = rows_left[~mask], left.take(~mask)
    if rows_left is None:
        return evaluate(expression.otherwise, batch, context)
    branches.append((rows_left, evaluate(expression.otherwise, left, context)))
    return _joined(branches)


def _joined(branches: list[tuple[Rows, Column]]) -> Column:
    """Columns of some rows each, put in the order of the rows."""
    rows = np.concatenate([rows for rows, _ in branches])
    positions = np.empty(len(rows), dtype=np.int64)
    positions[rows] = np.arange(len(rows), dtype=np.int64)
    return Column.concatenate([column for _, column in branches]).take(positions)


@evaluates(PathOf)
def _path_of(expression: PathOf, batch: Batch, context: ExecutionContext) -> Column:
    columns = [batch.columns[name].to_values() for name in expression.variables]
    ends = _ends_of_lists(columns[1::2], context)
    return Column.objects([_path(parts, ends) for parts in (zip(*columns, strict=True) if batch.rows else ())])


def _ends_of_lists(columns: list[list[Value]], context: ExecutionContext) -> dict[int, tuple[int, int]]:
    """Start and end of every relationship that stands in a list: its inner nodes are not bound."""
    ids = sorted(
        {item.id for column in columns for value in column if isinstance(value, list) for item in value}  # type: ignore[union-attr]
    )
    if not ids:
        return {}
    starts, stops = context.graph.endpoints(np.array(ids, dtype=np.int64))
    return dict(zip(ids, zip(starts.tolist(), stops.tolist(), strict=True), strict=True))


def _path(parts: tuple[Value, ...], ends: dict[int, tuple[int, int]]) -> PathReference | None:
    if None in map(_is_none, parts):
        return None
    first = parts[0]
    assert isinstance(first, NodeReference), "a path begins with a node"
    nodes, relationships = [first.id], []
    for relationship, node in zip(parts[1::2], parts[2::2], strict=True):
        if isinstance(relationship, list):
            for item in relationship:
                assert isinstance(item, RelationshipReference), "a path's list holds relationships"
                start, stop = ends[item.id]
                relationships.append(item.id)
                nodes.append(stop if nodes[-1] == start else start)
        else:
            assert isinstance(relationship, RelationshipReference), "a path alternates"
            assert isinstance(node, NodeReference), "a path alternates"
            relationships.append(relationship.id)
            nodes.append(node.id)
    return PathReference(tuple(nodes), tuple(relationships))


def _is_none(value: Value) -> bool | None:
    return None if value is None else True

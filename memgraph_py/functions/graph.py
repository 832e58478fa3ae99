"""Functions of nodes, relationships and paths. Source: openCypher 9, "Scalar functions" and "List functions".

A NODE or RELATIONSHIP column is read at once; elements among other values one by one. Reading labels or properties
of what this transaction deleted raises EntityNotFound; its id and its type are still known.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import EntityNotFound
from memgraph_py.functions.registry import Environment, columnar, scalar
from memgraph_py.functions.rows import wrong_argument
from memgraph_py.kernels.sorting import counted
from memgraph_py.values.types import NodeReference, PathReference, RelationshipReference, Value

Ids: TypeAlias = NDArray[np.int64]
Reading: TypeAlias = Callable[[Environment, Column], Column]


@columnar("id", 1, signature="id(input :: NODE | RELATIONSHIP) :: INTEGER")
def element_number(environment: Environment, arguments: list[Column]) -> Column:
    """The number of a node or relationship."""
    return _numbers("id", arguments)


def _numbers(name: str, arguments: list[Column]) -> Column:
    (column,) = arguments
    if column.kind is Kind.NODE or column.kind is Kind.RELATIONSHIP:
        return Column(Kind.INT, column.values, column.valid)
    return Column.from_values([_id(name, value) for value in column.to_values()])


@columnar("elementid", 1, signature="elementId(input :: NODE | RELATIONSHIP) :: STRING")
def element_id(environment: Environment, arguments: list[Column]) -> Column:
    """The number of a node or relationship, as text."""
    ids = _numbers("elementId", arguments).to_values()
    return Column.from_values([None if number is None else str(number) for number in ids])


@columnar("labels", 1, signature="labels(input :: NODE) :: LIST<STRING>")
def labels(environment: Environment, arguments: list[Column]) -> Column:
    """The labels of a node."""
    return _by_kind("labels", environment, arguments[0], {Kind.NODE: _labels}, "a node")


@columnar("type", 1, signature="type(input :: RELATIONSHIP) :: STRING")
def relationship_type(environment: Environment, arguments: list[Column]) -> Column:
    """The type of a relationship."""
    return _by_kind("type", environment, arguments[0], {Kind.RELATIONSHIP: _types}, "a relationship")


@columnar("properties", 1, signature="properties(input :: MAP | NODE | RELATIONSHIP) :: MAP")
def properties(environment: Environment, arguments: list[Column]) -> Column:
    """All properties of a node or relationship as a map; a map itself."""
    kinds: dict[Kind, Reading] = {Kind.NODE: _properties, Kind.RELATIONSHIP: _properties}
    return _by_kind("properties", environment, arguments[0], kinds, "a node, relationship or map", lambda own: own)


@columnar("keys", 1, signature="keys(input :: MAP | NODE | RELATIONSHIP) :: LIST<STRING>")
def keys(environment: Environment, arguments: list[Column]) -> Column:
    """The keys of the properties of a node or relationship, or of a map."""
    kinds: dict[Kind, Reading] = {Kind.NODE: _keys, Kind.RELATIONSHIP: _keys}
    return _by_kind("keys", environment, arguments[0], kinds, "a node, relationship or map", lambda own: list(own))


@columnar("startnode", 1, signature="startNode(input :: RELATIONSHIP) :: NODE")
def start_node(environment: Environment, arguments: list[Column]) -> Column:
    """The node that a relationship starts at."""
    return _by_kind("startNode", environment, arguments[0], {Kind.RELATIONSHIP: _starts}, "a relationship")


@columnar("endnode", 1, signature="endNode(input :: RELATIONSHIP) :: NODE")
def end_node(environment: Environment, arguments: list[Column]) -> Column:
    """The node that a relationship ends at."""
    return _by_kind("endNode", environment, arguments[0], {Kind.RELATIONSHIP: _ends}, "a relationship")


@scalar("nodes", 1, signature="nodes(input :: PATH) :: LIST<NODE>")
def nodes(path: Value) -> Value:
    """The nodes of a path, in order."""
    if isinstance(path, PathReference):
        return [NodeReference(id) for id in path.node_ids]
    raise wrong_argument("nodes", path, "PATH")


@scalar("relationships", 1, signature="relationships(input :: PATH) :: LIST<RELATIONSHIP>")
@scalar("rels", 1, signature="rels(input :: PATH) :: LIST<RELATIONSHIP>")
def relationships(path: Value) -> Value:
    """The relationships of a path, in order."""
    if isinstance(path, PathReference):
        return [RelationshipReference(id) for id in path.relationship_ids]
    raise wrong_argument("relationships", path, "PATH")


@scalar("length", 1, signature="length(input :: PATH) :: INTEGER")
def length(path: Value) -> Value:
    """The number of relationships of a path."""
    if isinstance(path, PathReference):
        return len(path.relationship_ids)
    raise wrong_argument("length", path, "PATH")


def _by_kind(
    function: str,
    environment: Environment,
    column: Column,
    readings: dict[Kind, Reading],
    expected: str,
    of_map: Callable[[dict[str, Value]], Value] | None = None,
) -> Column:
    """The reading of the column's kind; value by value for mixed ones. Raises CypherTypeError for other values."""
    reading = readings.get(column.kind)
    if reading is not None:
        return reading(environment, column)
    values: list[Value] = []
    for value in column.to_values():
        kind = _KINDS.get(type(value))
        if value is None:
            values.append(None)
        elif kind in readings:
            one = Column(kind, np.array([_id(function, value)], dtype=np.int64))
            values.append(readings[kind](environment, one).value(0))
        elif isinstance(value, dict) and of_map is not None:
            values.append(of_map(value))
        else:
            raise wrong_argument(function, value, expected)
    return Column.from_values(values)


_KINDS: dict[type, Kind] = {NodeReference: Kind.NODE, RelationshipReference: Kind.RELATIONSHIP}


def _id(function: str, value: Value) -> int | None:
    if value is None:
        return None
    if isinstance(value, NodeReference | RelationshipReference):
        return value.id
    raise wrong_argument(function, value, "a node or relationship")


def _present(column: Column) -> tuple[Ids, Ids]:
    """The rows that are not NULL, and their ids."""
    if column.valid is None:
        return np.arange(len(column.values)), column.values
    rows = np.flatnonzero(column.valid)
    return rows, column.values[rows]


def _check_alive(environment: Environment, column: Column, ids: Ids) -> None:
    graph = environment.graph
    is_node = column.kind is Kind.NODE
    alive = graph.nodes_exist(ids) if is_node else graph.relationships_exist(ids)
    if not alive.all():
        what = "node" if is_node else "relationship"
        raise EntityNotFound(
            f"{what} {int(ids[np.argmin(alive)])} was deleted in this transaction", detail="DeletedEntityAccess"
        )


def _labels(environment: Environment, column: Column) -> Column:
    rows, ids = _present(column)
    _check_alive(environment, column, ids)
    schema = environment.graph.schema
    sets = environment.graph.label_sets(ids).tolist()
    names: dict[int, Value] = {
        label_set: [schema.labels.name(label) for label in schema.label_set(label_set)] for label_set in set(sets)
    }
    return _spread(column, rows, [names[label_set] for label_set in sets])


def _types(environment: Environment, column: Column) -> Column:
    rows, ids = _present(column)
    name = environment.graph.schema.types.name
    types = environment.graph.relationship_types(ids)
    distinct = counted(types)[0]
    if len(distinct) == 0:
        return Column.nulls(len(column.values))
    positions = np.searchsorted(distinct, types)
    texts = Column.from_values([name(type) for type in distinct.tolist()])
    if column.valid is None:
        return texts.take(positions)
    spread = np.zeros(len(column.values), dtype=np.int64)
    spread[rows] = positions
    answer = texts.take(spread)
    return Column(answer.kind, answer.values, column.valid, answer.data)


def _properties(environment: Environment, column: Column) -> Column:
    rows, ids = _present(column)
    _check_alive(environment, column, ids)
    maps: list[dict[str, Value]] = [{} for _ in range(len(ids))]
    for name, values in _property_columns(environment, column.kind, ids):
        for own, value in zip(maps, values.to_values(), strict=True):
            if value is not None:
                own[name] = value
    return _spread(column, rows, list(maps))


def _keys(environment: Environment, column: Column) -> Column:
    rows, ids = _present(column)
    _check_alive(environment, column, ids)
    lists: list[list[Value]] = [[] for _ in range(len(ids))]
    for name, values in _property_columns(environment, column.kind, ids):
        for row in np.flatnonzero(values.validity()).tolist():
            lists[row].append(name)
    return _spread(column, rows, list(lists))


def _property_columns(environment: Environment, kind: Kind, ids: Ids) -> list[tuple[str, Column]]:
    graph = environment.graph
    name = graph.schema.keys.name
    if kind is Kind.NODE:
        return [(name(key), graph.node_property(ids, key)) for key in graph.node_keys(ids).tolist()]
    return [(name(key), graph.relationship_property(ids, key)) for key in graph.relationship_keys(ids).tolist()]


def _starts(environment: Environment, column: Column) -> Column:
    return _endpoint(environment, column, 0)


def _ends(environment: Environment, column: Column) -> Column:
    return _endpoint(environment, column, 1)


def _endpoint(environment: Environment, column: Column, end: int) -> Column:
    rows, ids = _present(column)
    found = environment.graph.endpoints(ids)[end]
    if column.valid is None:
        return Column(Kind.NODE, found)
    values = np.full(len(column.values), -1, dtype=np.int64)
    values[rows] = found
    return Column(Kind.NODE, values, column.valid)


def _spread(column: Column, rows: Ids, values: list[Value]) -> Column:
    """A column of objects with these values at these rows, NULL elsewhere."""
    array = np.full(len(column.values), None, dtype=object)
    for row, value in zip(rows.tolist(), values, strict=True):
        array[row] = value
    return Column(Kind.OBJECT, array, column.valid)

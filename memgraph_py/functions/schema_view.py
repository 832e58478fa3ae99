"""Procedures that show what the graph is made of: which labels meet, and which properties elements have.

Shapes of rows: Neo4j operations manual, "Procedures". They look at the whole graph, column by column.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from memgraph_py.columnar import Column, Kind
from memgraph_py.functions.registry import Environment, procedure
from memgraph_py.storage.schema_rules import Entity
from memgraph_py.storage.view import GraphView, NodeIds
from memgraph_py.values.naming import quoted
from memgraph_py.values.types import Node, Relationship, Value

Rows = Iterable[Sequence[Value]]

_TYPE_NAMES = {
    "bool": "Boolean",
    "int": "Long",
    "float": "Double",
    "str": "String",
    "bytes": "ByteArray",
    "LocalDateTime": "LocalDateTime",
    "LocalTime": "LocalTime",
}


@procedure("db.schema.visualization", (), (("nodes", "LIST OF NODE"), ("relationships", "LIST OF RELATIONSHIP")))
def visualization(environment: Environment, arguments: list[Value]) -> Rows:
    """A node for each label and a relationship for each type between two labels, as they are in the graph."""
    graph = environment.graph
    schema = graph.schema
    labels = [label for label in range(len(schema.labels)) if graph.node_count(label)]
    numbers = {label: -1 - place for place, label in enumerate(labels)}
    nodes: list[Value] = [_label_node(numbers[label], schema.labels.name(label), graph) for label in labels]
    relationships: list[Value] = []
    label_sets = schema.label_sets()
    for type_id, type_name in enumerate(schema.types.all()):
        found = graph.relationships(type_id)
        if not len(found):
            continue
        sources, targets = graph.endpoints(found)
        pairs = np.unique(graph.label_sets(sources) * len(label_sets) + graph.label_sets(targets))
        first, second = np.divmod(pairs, len(label_sets))
        ends = {
            (source, target)
            for start, end in zip(first.tolist(), second.tolist(), strict=True)
            for source in label_sets[start]
            for target in label_sets[end]
        }
        for source, target in sorted(ends):
            number = -1 - len(relationships)
            relationships.append(Relationship(number, type_name, numbers[source], numbers[target], {"name": type_name}))
    return [(nodes, relationships)]


def _label_node(number: int, name: str, graph: GraphView) -> Node:
    schema = graph.schema
    label = schema.labels.find(name)
    indexed: list[Value] = [
        ",".join(map(schema.keys.name, index.on.keys))
        for index in schema.indexes()
        if (index.on.entity, index.on.token) == (Entity.NODE, label)
    ]
    constraints: list[Value] = [
        one.name for one in schema.constraints() if (one.on.entity, one.on.token) == (Entity.NODE, label)
    ]
    return Node(number, (name,), {"name": name, "indexes": indexed, "constraints": constraints})


@procedure(
    "db.schema.nodeTypeProperties",
    (),
    (
        ("nodeType", "STRING"),
        ("nodeLabels", "LIST OF STRING"),
        ("propertyName", "STRING?"),
        ("propertyTypes", "LIST OF STRING?"),
        ("mandatory", "BOOLEAN"),
    ),
)
def node_type_properties(environment: Environment, arguments: list[Value]) -> Rows:
    """For each set of labels, its properties with their types, and whether each node has them."""
    graph = environment.graph
    schema = graph.schema
    ids = graph.nodes(None)
    sets = graph.label_sets(ids)
    for label_set in np.unique(sets).tolist():
        members = ids[sets == label_set]
        names = sorted(schema.labels.name(label) for label in schema.label_set(label_set))
        node_type = "".join(f":{quoted(name)}" for name in names)
        rows = list(_properties(graph, members, of_nodes=True)) or [(None, None, False)]
        for name, types, mandatory in rows:
            yield node_type, [*names], name, types, mandatory


@procedure(
    "db.schema.relTypeProperties",
    (),
    (
        ("relType", "STRING"),
        ("propertyName", "STRING?"),
        ("propertyTypes", "LIST OF STRING?"),
        ("mandatory", "BOOLEAN"),
    ),
)
def relationship_type_properties(environment: Environment, arguments: list[Value]) -> Rows:
    """For each type of relationship, its properties with their types, and whether each relationship has them."""
    graph = environment.graph
    for type_id, name in enumerate(graph.schema.types.all()):
        members = graph.relationships(type_id)
        if len(members):
            rows = list(_properties(graph, members, of_nodes=False)) or [(None, None, False)]
            for key, types, mandatory in rows:
                yield f":{quoted(name)}", key, types, mandatory


def _properties(graph: GraphView, ids: NodeIds, *, of_nodes: bool) -> Iterator[tuple[Value, Value, bool]]:
    """(name, types, whether all have it) of each property that one of them has, by name."""
    keys = (graph.node_keys(ids) if of_nodes else graph.relationship_keys(ids)).tolist()
    for name, key in sorted((graph.schema.keys.name(key), key) for key in keys):
        column = graph.node_property(ids, key) if of_nodes else graph.relationship_property(ids, key)
        there = int(column.validity().sum())
        if there:
            yield name, [*_types(column)], there == len(ids)


def _types(column: Column) -> list[str]:
    if column.kind is not Kind.OBJECT:
        place = int(np.argmax(column.validity()))
        return [_type_name(column.value(place))]
    return sorted({_type_name(value) for value in column.to_values() if value is not None})


def _type_name(value: Value) -> str:
    if isinstance(value, list):
        inner = {_type_name(item) for item in value if item is not None}
        return f"{inner.pop() if len(inner) == 1 else 'Any'}Array"
    name = type(value).__name__
    return _TYPE_NAMES.get(name, name)

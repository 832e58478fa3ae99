"""From references to what a client sees: nodes, relationships and paths with their labels and properties."""

import numpy as np

from memgraph_py.storage.view import GraphView
from memgraph_py.values.types import (
    Node,
    NodeReference,
    Path,
    PathReference,
    Relationship,
    RelationshipReference,
    Value,
)


def materialise(value: Value, view: GraphView) -> Value:
    """The value with every reference in it, at any depth, replaced by the element as the view has it.

    A deleted element is given without labels and properties.
    """
    match value:
        case NodeReference():
            return node(value.id, view)
        case RelationshipReference():
            return relationship(value.id, view)
        case PathReference():
            return Path(
                tuple(node(id, view) for id in value.node_ids),
                tuple(relationship(id, view) for id in value.relationship_ids),
            )
        case list():
            return [materialise(item, view) for item in value]
        case dict():
            return {key: materialise(item, view) for key, item in value.items()}
        case _:
            return value


def node(id: int, view: GraphView) -> Node:
    """One node with its labels and properties, labels in order of their ids."""
    ids = np.array([id], dtype=np.int64)
    if not view.nodes_exist(ids)[0]:
        return Node(id)
    schema = view.schema
    labels = tuple(schema.labels.name(label) for label in schema.label_set(int(view.label_sets(ids)[0])))
    properties: dict[str, Value] = {}
    for key in view.node_keys(ids).tolist():
        value = view.node_property(ids, key).value(0)
        if value is not None:
            properties[schema.keys.name(key)] = value
    return Node(id, labels, properties)


def relationship(id: int, view: GraphView) -> Relationship:
    """One relationship with its type, ends and properties."""
    ids = np.array([id], dtype=np.int64)
    sources, targets = view.endpoints(ids)
    schema = view.schema
    type_name = schema.types.name(int(view.relationship_types(ids)[0]))
    properties: dict[str, Value] = {}
    if view.relationships_exist(ids)[0]:
        for key in view.relationship_keys(ids).tolist():
            value = view.relationship_property(ids, key).value(0)
            if value is not None:
                properties[schema.keys.name(key)] = value
    return Relationship(id, type_name, int(sources[0]), int(targets[0]), properties)

"""Nodes and relationships alike: what schema rules ask of either."""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.storage.schema_rules import Entity, SchemaDescriptor
from memgraph_py.storage.view import GraphView

Ids = NDArray[np.int64]


def elements_of(view: GraphView, on: SchemaDescriptor) -> Ids:
    """Ids of the elements with the label or type, ascending."""
    return view.nodes(on.token) if on.entity is Entity.NODE else view.relationships(on.token)


def count_of(view: GraphView, on: SchemaDescriptor) -> int:
    """How many elements have the label or type."""
    return view.node_count(on.token) if on.entity is Entity.NODE else view.relationship_count(on.token)


def belongs(view: GraphView, on: SchemaDescriptor, ids: Ids) -> NDArray[np.bool_]:
    """(rows,) True where the element is there and has the label or type."""
    if on.entity is Entity.NODE:
        return view.has_label(ids, on.token)
    is_of_type: NDArray[np.bool_] = view.relationship_types(ids) == on.token
    return is_of_type & view.relationships_exist(ids)


def values_of(view: GraphView, on: SchemaDescriptor, ids: Ids) -> list[Column]:
    """A column of each property of the descriptor, (rows,) each."""
    read = view.node_property if on.entity is Entity.NODE else view.relationship_property
    return [read(ids, key) for key in on.keys]

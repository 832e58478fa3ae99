"""Joins the blocks of a ChangeSet: a thousand messages that each create one node become one block of as many rows."""

from collections.abc import Hashable, Sequence
from itertools import chain

import numpy as np

from memgraph_py.columnar import Column
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships, PropertyWrite

FOLDED_BLOCKS_MAX = 16
"""More are not looked through."""


def fold(changes: ChangeSet) -> bool:
    """What is set of an element that the same few changes create it is created with, in place, where each block is of
    one row. True when any was: see ``coalesce``."""
    nodes, relationships = changes.created_nodes, changes.created_relationships
    if not (nodes and changes.node_properties) and not (relationships and changes.relationship_properties):
        return False
    before = len(changes.node_properties) + len(changes.relationship_properties)
    if nodes and changes.node_properties:
        changes.node_properties = _folded(nodes, changes.node_properties)
    if relationships and changes.relationship_properties:
        changes.relationship_properties = _folded(relationships, changes.relationship_properties)
    return len(changes.node_properties) + len(changes.relationship_properties) != before


def _folded(created: Sequence[CreatedNodes | CreatedRelationships], writes: list[PropertyWrite]) -> list[PropertyWrite]:
    """The writes that are left."""
    if len(created) + len(writes) > FOLDED_BLOCKS_MAX or any(len(one.ids) > 1 for one in chain(created, writes)):
        return writes
    properties = {block.ids.item(): block.properties for block in created}
    left = []
    for write in writes:
        own = properties.get(write.ids.item())
        if own is None:
            left.append(write)
        elif write.values.is_all_null():
            own.pop(write.key, None)
        else:
            own[write.key] = write.values
    return left


def coalesce(changes: ChangeSet) -> bool:
    """Created blocks of equal label set or type and equal keys become one, in place.

    True when any were joined: an overlay that has seen some of the blocks no longer knows which.
    """
    before = len(changes.created_nodes), len(changes.created_relationships)
    nodes, relationships = changes.created_nodes, changes.created_relationships
    if len(nodes) > 1:
        signatures: list[Hashable] = [(block.label_set, *block.properties) for block in nodes]
        changes.created_nodes = [_joined_nodes([nodes[row] for row in rows]) for rows in _grouped(signatures)]
    if len(relationships) > 1:
        signatures = [(block.type, *block.properties) for block in relationships]
        changes.created_relationships = [
            _joined_relationships([relationships[row] for row in rows]) for rows in _grouped(signatures)
        ]
    return (len(changes.created_nodes), len(changes.created_relationships)) != before


def _grouped(signatures: list[Hashable]) -> list[list[int]]:
    """Positions of equal ones, in order of first occurrence."""
    groups: dict[Hashable, list[int]] = {}
    for row, signature in enumerate(signatures):
        groups.setdefault(signature, []).append(row)
    return list(groups.values())


def _joined_nodes(blocks: list[CreatedNodes]) -> CreatedNodes:
    if len(blocks) == 1:
        return blocks[0]
    ids = np.concatenate([block.ids for block in blocks])
    return CreatedNodes(ids, blocks[0].label_set, _joined([block.properties for block in blocks]))


def _joined_relationships(blocks: list[CreatedRelationships]) -> CreatedRelationships:
    if len(blocks) == 1:
        return blocks[0]
    return CreatedRelationships(
        np.concatenate([block.ids for block in blocks]),
        np.concatenate([block.sources for block in blocks]),
        np.concatenate([block.targets for block in blocks]),
        blocks[0].type,
        _joined([block.properties for block in blocks]),
    )


def _joined(properties: Sequence[dict[int, Column]]) -> dict[int, Column]:
    return {key: Column.concatenate([columns[key] for columns in properties]) for key in properties[0]}

"""Joins the blocks of a ChangeSet: a thousand messages that each create one node become one block of as many rows."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from memgraph_py.columnar import Column
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships

Block = TypeVar("Block", CreatedNodes, CreatedRelationships)


def coalesce(changes: ChangeSet) -> bool:
    """Created blocks of equal label set or type and equal keys become one, in place; ids stay ascending in each.

    True when any were joined: an overlay that has seen some of the blocks no longer knows which.
    """
    before = len(changes.created_nodes), len(changes.created_relationships)
    if len(changes.created_nodes) > 1:
        changes.created_nodes = [
            blocks[0]
            if len(blocks) == 1
            else CreatedNodes(np.concatenate([block.ids for block in blocks]), blocks[0].label_set, _joined(blocks))
            for blocks in _grouped(changes.created_nodes, [block.label_set for block in changes.created_nodes])
        ]
    if len(changes.created_relationships) > 1:
        changes.created_relationships = [
            blocks[0]
            if len(blocks) == 1
            else CreatedRelationships(
                np.concatenate([block.ids for block in blocks]),
                np.concatenate([block.sources for block in blocks]),
                np.concatenate([block.targets for block in blocks]),
                blocks[0].type,
                _joined(blocks),
            )
            for blocks in _grouped(
                changes.created_relationships, [block.type for block in changes.created_relationships]
            )
        ]
    return (len(changes.created_nodes), len(changes.created_relationships)) != before


def _grouped(blocks: list[Block], states: list[int]) -> list[list[Block]]:
    groups: dict[tuple[int, ...], list[Block]] = {}
    for number, block in enumerate(blocks):
        groups.setdefault((states[number], *block.properties), []).append(block)
    return list(groups.values())


def _joined(blocks: Sequence[CreatedNodes | CreatedRelationships]) -> dict[int, Column]:
    columns = [block.properties for block in blocks]
    return {key: Column.concatenate([properties[key] for properties in columns]) for key in columns[0]}

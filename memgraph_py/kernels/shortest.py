"""A shortest path between two nodes, by breadth-first search from both ends, always on the side with fewer new nodes.

Each side lists the nodes that it has met, each with the relationship by which it was first reached and the place of the
node before it. As soon as one side meets a node that the other one has met, the path is there: level by level as they
go, none is shorter.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel
from memgraph_py.kernels.adjacency import (
    BOTH,
    ENTRY_NEXT,
    ENTRY_RELATIONSHIP,
    ENTRY_SOURCE,
    ENTRY_TARGET,
    ENTRY_TYPE,
    IN,
    OTHER,
    OUT,
    RELATIONSHIP,
    TYPE,
    Numbers,
    is_match,
)
from memgraph_py.kernels.chunks import Integer
from memgraph_py.kernels.path_ends import WALK, Bits, Walk, is_marked, mark

NODE, BY, BEFORE = 0, 1, 2
Met = NDArray[np.int64]


@kernel("int64[:, ::1](int64[:, ::1], int64, int64, int64, int64)")
def noted(met: Met, used: int, node: Integer, relationship: Integer, before: Integer) -> Met:
    """The list with another node at the place ``used``: itself where there was room."""
    if used == met.shape[1]:
        grown = np.empty((3, 2 * used), dtype=np.int64)
        grown[:, :used] = met
        met = grown
    met[NODE, used], met[BY, used], met[BEFORE, used] = node, relationship, before
    return met


@kernel(f"Tuple((int64[:, ::1], int64, boolean))(int64[:, ::1], UniTuple(int64, 2), uint8[::1], uint8[::1], {WALK})")
def grown_side(met: Met, level: tuple[int, int], own: Bits, others: Bits, walk: Walk) -> tuple[Met, int, bool]:
    """The list with the nodes that are one relationship from those of the level, how long it is now, and whether the
    last of them is one that the other side has met: then it ends there. own, others: marks of what the sides have met.
    """
    direction, types, graph, flag = walk
    offsets, packed_out, packed_in, heads, _, entries, visible, check, buffer, table = graph
    bound = offsets.shape[1] - 1
    used = level[1]
    for before in range(level[0], level[1]):
        if flag[0] != 0:
            break
        node = met[NODE, before]
        for side in range(2):
            if direction != BOTH and direction != side:
                continue
            if node < bound:
                packed = packed_out if side == OUT else packed_in
                for place in range(offsets[side, node], offsets[side, node + 1]):
                    other = np.int64(packed[OTHER, place])
                    if is_marked(own, other):
                        continue
                    relationship, type = packed[RELATIONSHIP, place], packed[TYPE, place]
                    if is_match(types, type, relationship, check, buffer, table):
                        mark(own, other)
                        met = noted(met, used, other, relationship, before)
                        used += 1
                        if is_marked(others, other):
                            return met, used, True
            if node < heads.shape[1]:
                entry = np.int64(heads[side, node]) - 1
                while entry >= 0:
                    other = np.int64(entries[entry, ENTRY_TARGET if side == OUT else ENTRY_SOURCE])
                    relationship, type = entries[entry, ENTRY_RELATIONSHIP], entries[entry, ENTRY_TYPE]
                    is_hidden = entry >= visible or is_marked(own, other)
                    if not is_hidden and is_match(types, type, relationship, check, buffer, table):
                        mark(own, other)
                        met = noted(met, used, other, relationship, before)
                        used += 1
                        if is_marked(others, other):
                            return met, used, True
                    entry = np.int64(entries[entry, ENTRY_NEXT + side]) - 1
    return met, used, False


@kernel("int64[::1](int64[:, ::1], int64, int64)")
def way_back(met: Met, used: int, node: Integer) -> Numbers:
    """The relationships from a node that the side has met back to where it began."""
    place = used - 1
    while met[NODE, place] != node:
        place -= 1
    way = np.empty(used, dtype=np.int64)
    length = 0
    while met[BEFORE, place] >= 0:
        way[length] = met[BY, place]
        length += 1
        place = met[BEFORE, place]
    return way[:length].copy()


@kernel(f"int64[::1](int64, int64, int64, int64, {WALK})")
def shortest_path(source: int, target: int, maximum: int, count: int, walk: Walk) -> Numbers:
    """The relationships of a shortest path from the source to another node, in order, at most ``maximum`` of them where
    that is not below 0; empty where there is none. All node ids are below ``count``. Once the flag is not 0, any."""
    direction, types, graph, flag = walk
    back = (IN if direction == OUT else OUT) if direction != BOTH else BOTH
    turned = (back, types, graph, flag)
    here_marks, there_marks = np.zeros((count >> 3) + 1, dtype=np.uint8), np.zeros((count >> 3) + 1, dtype=np.uint8)
    mark(here_marks, source)
    mark(there_marks, target)
    here, there = np.empty((3, 64), dtype=np.int64), np.empty((3, 64), dtype=np.int64)
    here, there = noted(here, 0, source, -1, -1), noted(there, 0, target, -1, -1)
    here_start, here_end, there_start, there_end = 0, 1, 0, 1
    levels = 0
    while (maximum < 0 or levels < maximum) and here_start < here_end and there_start < there_end and flag[0] == 0:
        levels += 1
        if here_end - here_start <= there_end - there_start:
            start, here_start = here_start, here_end
            here, here_end, is_there = grown_side(here, (start, here_end), here_marks, there_marks, walk)
            node = here[NODE, here_end - 1]
        else:
            start, there_start = there_start, there_end
            there, there_end, is_there = grown_side(there, (start, there_end), there_marks, here_marks, turned)
            node = there[NODE, there_end - 1]
        if is_there:
            first, last = way_back(here, here_end, node), way_back(there, there_end, node)
            return np.concatenate((first[::-1].copy(), last))
    return np.empty(0, dtype=np.int64)

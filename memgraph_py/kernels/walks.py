"""Walks counted, not listed: a relationship hands on as many as come to its start.

4 → 2    4 walks lead to the left one, so 4 more lead to each node it has a relationship to
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
    GRAPH,
    IN,
    OTHER,
    OUT,
    RELATIONSHIP,
    TYPE,
    Graph,
    Numbers,
    is_match,
)
from memgraph_py.kernels.path_ends import WALK, Walk


@kernel(f"void(int64[::1], int64[::1], int64[::1], {WALK})")
def add_walks(nodes: Numbers, counts: Numbers, totals: Numbers, walk: Walk) -> None:
    """Adds to ``totals`` of each other end the count of the node, once for each relationship; a loop is followed once
    for BOTH. totals: (bound of node ids,). Once the flag is not 0, any."""
    direction, types, graph, flag = walk
    offsets, packed_out, packed_in, heads, _, entries, visible, check, buffer, table = graph
    bound = offsets.shape[1] - 1
    plain = direction != BOTH and not check and len(types) == 0
    for row in range(len(nodes)):
        if flag[0] != 0:
            break
        node, count = nodes[row], counts[row]
        for side in range(2):
            if direction != BOTH and direction != side:
                continue
            if node < bound:
                packed = packed_out if side == OUT else packed_in
                start, end = offsets[side, node], offsets[side, node + 1]
                if plain:
                    for place in range(start, end):
                        totals[packed[OTHER, place]] += count
                else:
                    for place in range(start, end):
                        other = packed[OTHER, place]
                        is_loop_again = direction == BOTH and side == IN and other == node
                        relationship, type = packed[RELATIONSHIP, place], packed[TYPE, place]
                        if not is_loop_again and is_match(types, type, relationship, check, buffer, table):
                            totals[other] += count
            if node < heads.shape[1]:
                entry = np.int64(heads[side, node]) - 1
                while entry >= 0:
                    relationship, type = entries[entry, ENTRY_RELATIONSHIP], entries[entry, ENTRY_TYPE]
                    source, target = entries[entry, ENTRY_SOURCE], entries[entry, ENTRY_TARGET]
                    is_hidden = entry >= visible or (direction == BOTH and side == IN and source == target)
                    if not is_hidden and is_match(types, type, relationship, check, buffer, table):
                        totals[target if side == OUT else source] += count
                    entry = np.int64(entries[entry, ENTRY_NEXT + side]) - 1


@kernel(f"int64[::1](int64[::1], int64[::1], {GRAPH})")
def count_loops(nodes: Numbers, types: Numbers, graph: Graph) -> NDArray[np.int64]:
    """(rows,) number of relationships from each node to itself."""
    offsets, packed_out, _, heads, _, entries, visible, check, buffer, table = graph
    result = np.zeros(len(nodes), dtype=np.int64)
    bound = offsets.shape[1] - 1
    for row in range(len(nodes)):
        node = nodes[row]
        if node < bound:
            for place in range(offsets[OUT, node], offsets[OUT, node + 1]):
                if packed_out[OTHER, place] == node:
                    relationship, type = packed_out[RELATIONSHIP, place], packed_out[TYPE, place]
                    result[row] += is_match(types, type, relationship, check, buffer, table)
        if node < heads.shape[1]:
            entry = np.int64(heads[OUT, node]) - 1
            while entry >= 0:
                if entry < visible and entries[entry, ENTRY_TARGET] == node:
                    relationship, type = entries[entry, ENTRY_RELATIONSHIP], entries[entry, ENTRY_TYPE]
                    result[row] += is_match(types, type, relationship, check, buffer, table)
                entry = np.int64(entries[entry, ENTRY_NEXT]) - 1
    return result

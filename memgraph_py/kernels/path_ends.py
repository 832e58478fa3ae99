"""The nodes at the ends of paths, found without listing the paths: level by level, each node once.

    level     0    1    2    3          a, b at a distance of 1, c of 2, d of 3; b also ends a path of 2
              s ─▶ a ─▶ b ─▶ d
                └▶ b ─▶ c ─▶ d

A path uses no relationship twice. What leads on from a node whose distance is its level surely goes on a path: no node
stands on it twice, so no relationship does. From a node that was met before, one path to it is looked up: every
relationship onwards but those of this path extends it. For the ends of those few, a path is searched backwards. This
holds for directed relationships, and for one hop of any.
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
    doubled,
    expand,
    is_match,
)
from memgraph_py.kernels.chunks import Integer

WALK = f"Tuple((int64, int64[::1], {GRAPH}, int64[::1]))"
Walk = tuple[int, Numbers, Graph, Numbers]
"""Direction, types, graph and the caller's flag (see group_integers); WALK is the same in a kernel's signature."""
Bits = NDArray[np.uint8]


@kernel(f"int64[::1](int64[::1], uint8[::1], {WALK})")
def reach(nodes: Numbers, marks: Bits, walk: Walk) -> Numbers:
    """The nodes that are one relationship away and were not marked; they are then. marks: a bit a node."""
    direction, types, graph, flag = walk
    offsets, packed_out, packed_in, heads, _, entries, visible, check, buffer, table = graph
    bound = offsets.shape[1] - 1
    following = np.empty(2 * len(nodes) + 64, dtype=np.int64)
    found = 0
    for node in nodes:
        if flag[0] != 0:
            break
        for side in range(2):
            if direction != BOTH and direction != side:
                continue
            if node < bound:
                packed = packed_out if side == OUT else packed_in
                for place in range(offsets[side, node], offsets[side, node + 1]):
                    other = np.uint64(packed[OTHER, place])
                    bit = np.uint8(1 << (other & np.uint64(7)))
                    if marks[other >> np.uint64(3)] & bit:
                        continue
                    relationship, type = packed[RELATIONSHIP, place], packed[TYPE, place]
                    if is_match(types, type, relationship, check, buffer, table):
                        marks[other >> np.uint64(3)] |= bit
                        if found == len(following):
                            following = doubled(following, found)
                        following[found] = other
                        found += 1
            if node < heads.shape[1]:
                entry = np.int64(heads[side, node]) - 1
                while entry >= 0:
                    other = np.uint64(entries[entry, ENTRY_TARGET if side == OUT else ENTRY_SOURCE])
                    bit = np.uint8(1 << (other & np.uint64(7)))
                    relationship, type = entries[entry, ENTRY_RELATIONSHIP], entries[entry, ENTRY_TYPE]
                    is_hidden = entry >= visible or marks[other >> np.uint64(3)] & bit != 0
                    if not is_hidden and is_match(types, type, relationship, check, buffer, table):
                        marks[other >> np.uint64(3)] |= bit
                        if found == len(following):
                            following = doubled(following, found)
                        following[found] = other
                        found += 1
                    entry = np.int64(entries[entry, ENTRY_NEXT + side]) - 1
    return following[:found]


@kernel("boolean(uint8[::1], int64)")
def is_marked(marks: Bits, node: Integer) -> bool:
    """True where the node's bit is set."""
    return bool(marks[node >> 3] & np.uint8(1 << (node & 7)))


@kernel("void(uint8[::1], int64)")
def mark(marks: Bits, node: Integer) -> None:
    """Set the node's bit."""
    marks[node >> 3] |= np.uint8(1 << (node & 7))


@kernel("int64[::1](int64[::1], int64[::1], int64)")
def joined(left: Numbers, right: Numbers, used: int) -> Numbers:
    """The first ``used`` of the left ones, then the right ones, with room for more."""
    result = np.empty(2 * (used + len(right)) + 16, dtype=np.int64)
    result[:used] = left[:used]
    result[used : used + len(right)] = right
    return result


@kernel(f"int64[::1](int64, int64, uint8[:, ::1], {WALK})")
def find_path(target: int, hops: int, levels: NDArray[np.uint8], walk: Walk) -> Numbers:
    """The relationships of a path of so many hops to the target, the last one first; empty where there is none.

    levels: a row of marks for each length below ``hops``: the nodes that paths of this length lead to, the source alone
    for none. Searched backwards, depth first, in a tree whose entries name the one that they lead on to.
    """
    direction, types, graph, flag = walk
    back = IN if direction == OUT else OUT
    nodes, parents = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64)
    relationships, depths = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64)
    waiting = np.empty(64, dtype=np.int64)
    nodes[0], parents[0], relationships[0], depths[0], waiting[0] = target, -1, -1, 0, 0
    used, left = 1, 1
    one = np.empty(1, dtype=np.int64)
    while left > 0 and flag[0] == 0:
        left -= 1
        entry = waiting[left]
        depth = depths[entry]
        if depth == hops:
            path = np.empty(hops, dtype=np.int64)
            for place in range(hops):
                path[hops - 1 - place] = relationships[entry]
                entry = parents[entry]
            return path
        one[0] = nodes[entry]
        _, steps, others = expand(one, back, types, graph)
        for place in range(len(steps)):
            if not is_marked(levels[hops - depth - 1], others[place]):
                continue
            above = entry
            while above >= 0 and relationships[above] != steps[place]:
                above = parents[above]
            if above >= 0:
                continue
            if used == len(nodes):
                nodes, parents = doubled(nodes, used), doubled(parents, used)
                relationships, depths = doubled(relationships, used), doubled(depths, used)
            if left == len(waiting):
                waiting = doubled(waiting, left)
            nodes[used], parents[used], depths[used] = others[place], entry, depth + 1
            relationships[used], waiting[left] = steps[place], used
            used, left = used + 1, left + 1
    return np.empty(0, dtype=np.int64)


@kernel("uint8[:, ::1](int64[::1], int64[::1], int64)")
def levels_of(ends: Numbers, starts: Numbers, size: int) -> NDArray[np.uint8]:
    """A row of marks for each level; ends: their nodes, level by level, each from its start on."""
    levels = np.zeros((len(starts) - 1, size), dtype=np.uint8)
    for level in range(len(starts) - 1):
        for place in range(starts[level], starts[level + 1]):
            mark(levels[level], ends[place])
    return levels


@kernel(f"int64[::1](int64[::1], int64[::1], int64[::1], uint8[::1], {WALK})")
def reach_from_met(met: Numbers, ends: Numbers, starts: Numbers, marks: Bits, walk: Walk) -> Numbers:
    """As ``reach``, from nodes of the last level that stood in an earlier one. ends, starts: see levels_of."""
    direction, types, graph, flag = walk
    hops = len(starts) - 1
    levels = np.zeros((0, 0), dtype=np.uint8)
    following, doubtful = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64)
    found = doubts = 0
    one = np.empty(1, dtype=np.int64)
    for node in met:
        if flag[0] != 0:
            break
        one[0] = node
        _, steps, others = expand(one, direction, types, graph)
        path = np.empty(0, dtype=np.int64)
        for place in range(len(steps)):
            other = others[place]
            if is_marked(marks, other):
                continue
            if len(levels) == 0:
                levels = levels_of(ends, starts, len(marks))
            if len(path) == 0:
                path = find_path(node, hops - 1, levels, walk)
            is_used = False
            for relationship in path:
                is_used = is_used or relationship == steps[place]
            if is_used:
                if doubts == len(doubtful):
                    doubtful = doubled(doubtful, doubts)
                doubtful[doubts] = other
                doubts += 1
                continue
            mark(marks, other)
            if found == len(following):
                following = doubled(following, found)
            following[found] = other
            found += 1
    for place in range(doubts):
        other = doubtful[place]
        if not is_marked(marks, other) and len(find_path(other, hops, levels, walk)) > 0:
            mark(marks, other)
            if found == len(following):
                following = doubled(following, found)
            following[found] = other
            found += 1
    return following[:found]


@kernel("int64[::1](int64[::1], uint8[::1])")
def ascending(nodes: Numbers, marks: Bits) -> Numbers:
    """The nodes in order; the marks are theirs."""
    if len(nodes) < len(marks) >> 3:
        nodes.sort()
        return nodes
    found = 0
    for place in range(len(marks)):
        if marks[place]:
            for bit in range(8):
                if marks[place] & np.uint8(1 << bit):
                    nodes[found] = (place << 3) | bit
                    found += 1
    return nodes


@kernel(f"int64[::1](int64, int64, int64, int64, {WALK})")
def path_ends(source: int, minimum: int, maximum: int, count: int, walk: Walk) -> Numbers:
    """Distinct nodes at the ends of paths of ``minimum`` (1 or more) to ``maximum`` relationships from the source,
    ascending; all node ids are below ``count``. For BOTH, of one relationship only. Once the flag is not 0, any."""
    marks, seen = np.zeros((count >> 3) + 1, dtype=np.uint8), np.zeros((count >> 3) + 1, dtype=np.uint8)
    ends, starts = np.empty(64, dtype=np.int64), np.zeros(maximum + 2, dtype=np.int64)
    ends[0], starts[1] = source, 1
    flag = walk[3]
    for hop in range(1, maximum + 1):
        if flag[0] != 0:
            return ends[:0].copy()
        level = ends[starts[hop - 1] : starts[hop]]
        fresh, met = np.empty(len(level), dtype=np.int64), np.empty(len(level), dtype=np.int64)
        fresh_count = met_count = 0
        for node in level:
            marks[node >> 3] = 0
            if is_marked(seen, node):
                met[met_count] = node
                met_count += 1
            else:
                mark(seen, node)
                fresh[fresh_count] = node
                fresh_count += 1
        reached = reach(fresh[:fresh_count], marks, walk)
        ends = joined(ends, reached, starts[hop])
        starts[hop + 1] = starts[hop] + len(reached)
        if met_count > 0:
            more = reach_from_met(met[:met_count], ends, starts[: hop + 1], marks, walk)
            ends = joined(ends, more, starts[hop + 1])
            starts[hop + 1] += len(more)
    last = ends[starts[maximum] : starts[maximum + 1]].copy()
    if minimum == maximum:
        return ascending(last, marks)
    found = len(last)
    for node in ends[starts[minimum] : starts[maximum]]:
        if not is_marked(marks, node):
            mark(marks, node)
            if found == len(last):
                last = doubled(last, found)
            last[found] = node
            found += 1
    return ascending(last[:found], marks)

"""The shortest trails between two nodes, in order of length: paths that use no relationship twice, though they may come
by a node again.

Unfinished trails wait in buckets, by the least length that a whole one can have: what they have gone, and what is still
to go. A trail of the lowest bucket is taken and made longer by each relationship that it does not use yet.

    s ─▶ a ─▶ t        bucket 2: s→a (1 gone, 1 to go)
    └──▶ b ─▶ c ─▶ t   bucket 3: s→b (1 gone, 2 to go)

How far it is to the target is known for each node from one search backwards. Where the trail itself uses every shortest
way on, a search that leaves out its relationships tells how far it is round them: so each trail that is made longer can
be finished, and no part of the graph from which none comes back is walked through.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel
from memgraph_py.kernels.adjacency import Numbers, doubled

PARENT, RELATIONSHIP, NODE, DEPTH, NEXT = 0, 1, 2, 3, 4
"""Rows of a tree of trails: the entry that one extends, -1 for none; its last relationship and node; its length; the
entry that waits behind it."""
STEPS = "Tuple((int64[::1], int64[::1], int64[::1]))"
Steps = tuple[Numbers, Numbers, Numbers]
"""By node, from which place on its steps stand; where they lead; by which relationship. STEPS: in a signature."""
Tree = NDArray[np.int64]


@kernel("void(int64[::1], int64, int64[:, ::1])")
def stamp(stamps: Numbers, entry: int, tree: Tree) -> None:
    """Give the relationships of the entry's trail its number + 1: a look at each tells then whether it is used."""
    number = entry + 1
    while tree[PARENT, entry] >= 0:
        stamps[tree[RELATIONSHIP, entry]] = number
        entry = tree[PARENT, entry]


@kernel(f"int64[::1](int64, int64, {STEPS}, int64[::1], int64)")
def distances_to(target: int, wanted: int, backward: Steps, stamps: Numbers, number: int) -> Numbers:
    """(nodes,) how many relationships it is to the target, -1 where no way leads there, without those that are stamped
    with the number. Nodes that are farther than the wanted one, or as far, may be -1 too; wanted -1: all are told."""
    offsets, others, relationships = backward
    distances = np.full(len(offsets) - 1, -1, dtype=np.int64)
    queue = np.empty(len(offsets) - 1, dtype=np.int64)
    distances[target], queue[0] = 0, target
    first, last = 0, 1
    while first < last:
        node = queue[first]
        first += 1
        for place in range(offsets[node], offsets[node + 1]):
            other = others[place]
            if distances[other] < 0 and stamps[relationships[place]] != number:
                distances[other] = distances[node] + 1
                if other == wanted:
                    return distances
                queue[last] = other
                last += 1
    return distances


@kernel(f"boolean(int64, int64[::1], {STEPS}, int64[::1], int64)")
def is_open(node: int, distances: Numbers, forward: Steps, stamps: Numbers, number: int) -> bool:
    """True where a shortest way to the target was found that uses no relationship stamped with the number."""
    offsets, others, relationships = forward
    while distances[node] > 0:
        following = -1
        for place in range(offsets[node], offsets[node + 1]):
            is_nearer = distances[others[place]] == distances[node] - 1
            if is_nearer and stamps[relationships[place]] != number:
                following = others[place]
                break
        if following < 0:
            return False
        node = following
    return True


@kernel("int64[:, ::1](int64[:, ::1], int64)")
def with_room(tree: Tree, used: int) -> Tree:
    """The tree with a place for one more entry: itself where there was one."""
    if used < tree.shape[1]:
        return tree
    grown = np.empty((5, 2 * used), dtype=np.int64)
    grown[:, :used] = tree
    return grown


@kernel(
    f"Tuple((int64[::1], int64[:, ::1], boolean))"
    f"({STEPS}, {STEPS}, int64[::1], UniTuple(int64, 2), UniTuple(int64, 2), Tuple((int64, boolean, int64)),"
    "int64[::1])"
)
def shortest_trails(
    forward: Steps,
    backward: Steps,
    stamps: Numbers,
    ends: tuple[int, int],
    lengths: tuple[int, int],
    wanted: tuple[int, bool, int],
    flag: Numbers,
) -> tuple[Numbers, Tree, bool]:
    """Entries of a tree: trails from the first end to the second, the shorter ones first; that tree; False where it
    would have more entries than it may.

    stamps: zeros, one for each relationship id; written. lengths: the least and the greatest. wanted: how many trails,
    or, where the second is True, all those of so many lengths; the third: how many entries the tree may have. flag:
    once it is not 0, the answer means nothing.
    """
    offsets, others, relationships = forward
    (source, target), (least, longest), (count, by_length, entries_max) = ends, lengths, wanted
    tree = np.empty((5, 64), dtype=np.int64)
    distances = distances_to(target, -1, backward, stamps, -1)
    found = np.empty(16, dtype=np.int64)
    waiting = np.full(longest + 1, -1, dtype=np.int64)
    used = found_count = lengths_count = 0
    last = -1
    if distances[source] >= 0 and max(distances[source], least) <= longest:
        tree[:, 0] = (-1, -1, source, 0, -1)
        waiting[max(distances[source], least)], used = 0, 1
    for bound in range(longest + 1):
        if by_length and lengths_count == count:
            break
        while waiting[bound] >= 0 and flag[0] == 0:
            entry = waiting[bound]
            waiting[bound] = tree[NEXT, entry]
            node, depth = tree[NODE, entry], tree[DEPTH, entry]
            onwards, is_round, number = distances, False, entry + 1
            stamp(stamps, entry, tree)
            if node == target:
                if depth >= least:
                    if found_count == len(found):
                        found = doubled(found, found_count)
                    found[found_count] = entry
                    found_count += 1
                    lengths_count += depth != last
                    last = depth
                    if not by_length and found_count == count:
                        return found[:found_count].copy(), tree, True
            elif not is_open(node, distances, forward, stamps, number):
                onwards, is_round = distances_to(target, node, backward, stamps, number), True
                if onwards[node] < 0:
                    continue
                length = max(depth + onwards[node], least)
                if length > bound:
                    if length <= longest:
                        tree[NEXT, entry], waiting[length] = waiting[length], entry
                    continue
            for place in range(offsets[node], offsets[node + 1]):
                other = others[place]
                if distances[other] < 0 or stamps[relationships[place]] == number:
                    continue
                far = max(onwards[other], distances[other])
                if is_round and onwards[other] < 0:  # no nearer than this node
                    far = max(onwards[node], far)
                length = max(depth + 1 + far, least)
                if length > longest:
                    continue
                if used == entries_max:
                    return found[:found_count].copy(), tree, False
                tree = with_room(tree, used)
                tree[PARENT, used], tree[RELATIONSHIP, used], tree[NODE, used] = entry, relationships[place], other
                tree[DEPTH, used], tree[NEXT, used] = depth + 1, waiting[length]
                waiting[length] = used
                used += 1
    return found[:found_count].copy(), tree, True

import numpy as np

from memgraph_py.kernels.trails import DEPTH, Steps, shortest_trails


def _steps(edges: list[tuple[int, int]], nodes: int) -> Steps:
    """Both ways along each."""
    pairs = sorted(
        [(a, b, number) for number, (a, b) in enumerate(edges)] + [(b, a, n) for n, (a, b) in enumerate(edges)]
    )
    starts, ends, relationships = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    return np.searchsorted(starts, np.arange(nodes + 1)), ends, relationships


def test_no_part_is_walked_through_from_which_no_trail_comes_back() -> None:
    """0 and 1 are neighbours, and a bridge leads from 0 to nodes that are all connected with each other."""
    edges = [(0, 1), (0, 2), *((a, b) for a in range(2, 12) for b in range(a + 1, 12))]
    steps = _steps(edges, 12)
    stamps, flag = np.zeros(len(edges), dtype=np.int64), np.zeros(1, dtype=np.int64)
    found, tree, is_complete = shortest_trails(steps, steps, stamps, (0, 1), (1, len(edges)), (2, False, 50), flag)
    assert is_complete
    assert tree[DEPTH, found].tolist() == [1]


def test_a_tree_that_would_be_too_large() -> None:
    edges = [(a, b) for a in range(12) for b in range(a + 1, 12)]
    steps = _steps(edges, 12)
    stamps, flag = np.zeros(len(edges), dtype=np.int64), np.zeros(1, dtype=np.int64)
    _, _, is_complete = shortest_trails(steps, steps, stamps, (0, 1), (1, len(edges)), (9_999, True, 1_000), flag)
    assert not is_complete

"""Selected paths are those that a search through all paths finds, and so are those with a WHERE in their brackets."""

from collections import Counter
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.engine.database import Database
from memgraph_py.storage.store import GraphStore

NODES = 5
Relationship = tuple[int, int, int]
"""Its ends, and its weight."""
relationships = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.integers(0, 2)), max_size=8)
lengths = st.sampled_from(("+", "*", "{2,4}", "{1,3}", "{3,}"))
SELECTORS = (
    ("ANY SHORTEST", 1, False),
    ("ALL SHORTEST", 1, True),
    ("ANY 2 PATHS", 2, False),
    ("SHORTEST 3", 3, False),
    ("SHORTEST 2 GROUPS", 2, True),
    ("SHORTEST 99", 99, False),
)
"""How many paths, or, where True, paths of how many lengths."""
LEAST_AND_GREATEST = {"+": (1, 99), "*": (0, 99), "{2,4}": (2, 4), "{1,3}": (1, 3), "{3,}": (3, 99)}


def trails(edges: list[Relationship], node: int, direction: str, used: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """The node that each trail leads to, and how long it is."""
    yield node, len(used)
    for number, (source, target, _) in enumerate(edges):
        if number not in used:
            others = {target} if direction != "<-" and source == node else set()
            if direction != "->" and target == node:
                others.add(source)
            for other in others:
                yield from trails(edges, other, direction, (*used, number))


def selected(found: list[int], count: int, groups: bool) -> list[int]:
    """Lengths of those that are selected."""
    ordered = sorted(found)
    if not groups:
        return ordered[:count]
    kept = sorted(set(ordered))[:count]
    return [length for length in ordered if length in kept]


@given(
    relationships,
    st.sampled_from(("->", "<-", "-")),
    lengths,
    st.sampled_from(SELECTORS),
    st.integers(0, 1),
    st.booleans(),
)
@settings(max_examples=150)
def test_selected_paths(
    edges: list[Relationship],
    direction: str,
    length: str,
    selector: tuple[str, int, bool],
    weight: int,
    committed: bool,
) -> None:
    session = Database(GraphStore()).session()
    if not committed:
        session.begin()
    session.run(f"UNWIND range(0, {NODES - 1}) AS id CREATE (:N {{id: id}})").values()
    session.run(
        "UNWIND $rows AS row MATCH (a:N {id: row[0]}), (b:N {id: row[1]}) CREATE (a)-[:R {w: row[2]}]->(b)",
        {"rows": [list(edge) for edge in edges]},
    ).values()
    left, right = ("<-", "-") if direction == "<-" else ("-", "->" if direction == "->" else "-")
    words, count, groups = selector
    least, greatest = LEAST_AND_GREATEST[length]
    kept = [edge for edge in edges if edge[2] >= weight]
    expected: Counter[tuple[int, int, int]] = Counter()
    for start in range(NODES):
        by_end: dict[int, list[int]] = {}
        for end, far in trails(kept, start, direction, ()):
            if least <= far <= greatest:
                by_end.setdefault(end, []).append(far)
        for end, found in by_end.items():
            expected.update((start, end, far) for far in selected(found, count, groups))
    where = f" WHERE r.w >= {weight}" if weight else ""
    of_each = f" WHERE all(x IN r WHERE x.w >= {weight})" if weight else ""
    for pattern in (
        f"{words} (a:N){left}[r:R{where}]{right}{length}(b:N)",
        f"{words} (a:N){left}[r:R{where}]{right}{length}(b)",
        f"{words} ((a:N){left}[r:R]{right}{length}(b:N){of_each})",
    ):
        answer = session.run(
            f"MATCH p = {pattern} RETURN a.id, b.id, length(p), size(r), [x IN r | elementId(x)]"
        ).values()
        assert Counter((a, b, far) for a, b, far, _, _ in answer) == expected
        assert all(far == size for _, _, far, size, _ in answer)
        assert len({(a, b, *ids) for a, b, _, _, ids in answer}) == len(answer)
        assert all(len(set(ids)) == len(ids) for *_, ids in answer)
    session.close()

"""Shortest paths are those that a search over plain lists finds."""

from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.errors import ShortestPathOfOneNode
from memgraph_py.storage.maintenance import pack_adjacency
from memgraph_py.storage.store import GraphStore

NODES = 7
relationships = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.sampled_from("AB"), st.integers(0, 2)),
    max_size=14,
)
Relationship = tuple[int, int, str, int]


def distances(
    edges: list[Relationship], start: int, direction: str, kind: str, least: int
) -> dict[int, tuple[int, int]]:
    """By node: how far it is, and how many shortest paths lead there."""
    steps: list[tuple[int, int]] = []
    for source, target, type_, weight in edges:
        if type_ in kind and weight >= least:
            if direction in ("->", "-"):
                steps.append((source, target))
            if direction in ("<-", "-") and (direction == "<-" or source != target):
                steps.append((target, source))
    found = {start: (0, 1)}
    waiting = deque((start,))
    while waiting:
        node = waiting.popleft()
        far, ways = found[node]
        for source, target in steps:
            if source != node:
                continue
            known = found.get(target)
            if known is None:
                found[target] = (far + 1, ways)
                waiting.append(target)
            elif known[0] == far + 1:
                found[target] = (known[0], known[1] + ways)
    return found


@given(
    relationships,
    st.sampled_from(("->", "<-", "-")),
    st.sampled_from(("A", "AB")),
    st.integers(0, 1),
    st.integers(1, 5),
    st.booleans(),
)
def test_shortest_paths(
    edges: list[Relationship], direction: str, kind: str, least: int, longest: int, committed: bool
) -> None:
    session = Database(GraphStore()).session()
    if not committed:
        session.begin()
    _create(session, edges)
    left, right = _ends(direction)
    types = ":" + "|".join(kind)
    for start in (0, 1):
        known = distances(edges, start, direction, kind, least)
        expected = {node: fact for node, fact in known.items() if 0 < fact[0] <= longest}
        where = f"WHERE a <> b AND all(x IN relationships(p) WHERE x.weight >= {least})"
        for function, count in (("shortestPath", lambda ways: 1), ("allShortestPaths", lambda ways: ways)):
            answer = session.run(
                f"MATCH p = {function}((a:N {{id: {start}}}){left}[{types}*..{longest}]{right}(b:N)) {where}"
                " RETURN b.id, length(p), count(*), all(n IN relationships(p) WHERE n.weight >= $least)",
                {"least": least},
            ).values()
            assert {b: (far, ways) for b, far, ways, _ in answer} == {
                node: (far, count(ways)) for node, (far, ways) in expected.items()
            }
            assert all(row[3] for row in answer)
        reached = session.run(
            f"MATCH (a:N {{id: {start}}}){left}[r{types} *BFS ..{longest} (e, n | e.weight >= {least})]{right}(b)"
            " RETURN b.id, size(r)"
        ).values()
        assert sorted(reached) == sorted([node, far] for node, (far, _) in expected.items())
    session.close()


@given(
    relationships,
    relationships,
    st.sampled_from(("->", "<-", "-")),
    st.sampled_from(("A", "AB")),
    st.integers(1, 4),
    st.sampled_from(("own", "committed", "packed")),
)
@settings(max_examples=60)
def test_one_path_between_two_nodes(
    edges: list[Relationship], more: list[Relationship], direction: str, kind: str, longest: int, state: str
) -> None:
    """Without a predicate; ``more`` came after the adjacency was packed."""
    store = GraphStore()
    session = Database(store).session()
    if state == "own":
        session.begin()
    _create(session, edges)
    if state == "packed":
        pack_adjacency(store)
    _connect(session, more)
    left, right = _ends(direction)
    steps = {(source, target) for source, target, type_, _ in (*edges, *more) if type_ in kind}
    if direction != "->":
        steps = {(target, source) for source, target in steps} | (steps if direction == "-" else set())
    for start in range(3):
        known = distances([*edges, *more], start, direction, kind, 0)
        for end in range(NODES):
            result = session.run(
                f"MATCH (a:N {{id: $start}}), (b:N {{id: $end}}) MATCH p = shortestPath((a){left}[:{'|'.join(kind)}"
                f"*..{longest}]{right}(b)) RETURN [n IN nodes(p) | n.id], size(relationships(p))",
                {"start": start, "end": end},
            )
            if start == end:
                with pytest.raises(ShortestPathOfOneNode):
                    result.values()
                continue
            answer = result.values()
            if known.get(end, (longest + 1, 0))[0] > longest:
                assert answer == []
                continue
            ((nodes, length),) = answer
            assert isinstance(nodes, list)
            assert length == known[end][0] == len(nodes) - 1
            assert (nodes[0], nodes[-1]) == (start, end)
            assert steps.issuperset(pairwise(nodes))
    session.close()
    store.close()


def _ends(direction: str) -> tuple[str, str]:
    return ("<-", "-") if direction == "<-" else ("-", "->" if direction == "->" else "-")


def _create(session: Session, edges: list[Relationship]) -> None:
    session.run(f"UNWIND range(0, {NODES - 1}) AS id CREATE (:N {{id: id}})").values()
    _connect(session, edges)


def _connect(session: Session, edges: list[Relationship]) -> None:
    for type_ in "AB":
        rows = [[source, target, weight] for source, target, own, weight in edges if own == type_]
        session.run(
            "UNWIND $rows AS row MATCH (a:N {id: row[0]}), (b:N {id: row[1]})"
            f" CREATE (a)-[:{type_} {{weight: row[2]}}]->(b)",
            {"rows": rows},
        ).values()

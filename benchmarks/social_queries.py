"""The reading queries that benchmarks of graph databases ask of a social graph, with the figures to reach."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

REACHES = {1: 0.1, 2: 0.1, 3: 4.0, 4: 20.0}
"""Milliseconds of the processor, by hops."""
HOP_PEERS: dict[int, dict[str, float]] = {
    1: {},
    2: {"Grafeo": 1.15, "Ladybug": 2.5},
    3: {"TuringDB": 24, "Ladybug": 44},
    4: {"TuringDB": 117, "Ladybug": 198},
}
PATTERN_PEERS = {"Memgraph 2019": 0.16, "ArcadeDB": 0.35}


@dataclass(frozen=True, slots=True)
class Question:
    """A query as it is sent: ``parameters`` are drawn of "id", "from" and "to". ``reach``: milliseconds of the
    processor. ``peers``: what others took. ``other_text``: as Kùzu writes it. ``counted``: a row of many is as good as
    another, so that peers agree in the number of rows. ``rounds``: how often each set of parameters is asked."""

    name: str
    text: str
    reach: float
    peers: Mapping[str, float] = field(default_factory=dict)
    other_text: str = ""
    counted: bool = False
    rounds: int = 9

    @property
    def has_parameters(self) -> bool:
        """False where every call is the same."""
        return "$" in self.text


def questions() -> tuple[Question, ...]:
    """All of them, in the order of the table."""
    return (*_over_all_users(), *_hops(), *_neighbours(), *_patterns())


def parameters(count: int, users: int, seed: int = 3) -> list[dict[str, int]]:
    """So many sets: a user "id", and two different users "from" and "to"."""
    draw = random.Random(seed)
    sets = []
    for _ in range(count):
        start, end = draw.sample(range(1, users + 1), 2)
        sets.append({"id": draw.randrange(1, users + 1), "from": start, "to": end})
    return sets


def _over_all_users() -> tuple[Question, ...]:
    return (
        Question("group by", "MATCH (n:User) RETURN n.age, count(*)", 0.5, {"Ladybug": 3.6}),
        Question("distinct", "MATCH (n:User) RETURN count(DISTINCT n.age)", 0.5, {"Ladybug": 2.5}),
        Question("filter, group by", "MATCH (n:User) WHERE n.age >= 18 RETURN n.age, count(*)", 0.5, {"Ladybug": 3.6}),
        Question("count of a property", "MATCH (n) RETURN count(n), count(n.age)", 0.1, {"Ladybug": 1.0}),
        Question("min, max, avg", "MATCH (n) RETURN min(n.age), max(n.age), avg(n.age)", 0.5, {"Ladybug": 2.5}),
        Question(
            "count of two hops from all users",
            "MATCH (a:User)-->(b)-->(c:User) RETURN count(*)",
            40,
            {"GraphBLAS": 32, "Kùzu": 245},
            rounds=3,
        ),
    )


def _hops() -> tuple[Question, ...]:
    found = []
    for hops in (1, 2, 3, 4):
        start = "MATCH (s:User {id: $id})" + "-->()" * (hops - 1) + "-->(n:User)"
        distinct = "DISTINCT " if hops > 1 else ""
        for name, filter in (("", ""), (", filter on the end", " WHERE n.age >= 18")):
            text = f"{start}{filter} RETURN {distinct}n.id"
            peers = {"FalkorDB": 37.0, "Neo4j": 2792.0} if hops == 4 and filter else HOP_PEERS[hops]
            found.append(Question(f"{hops} hops{name}", text, REACHES[hops], peers, rounds=5 if hops == 4 else 9))
    return tuple(found)


def _neighbours() -> tuple[Question, ...]:
    start, filter = "MATCH (s:User {id: $id})-[*1..2]->(n:User)", " WHERE n.age >= 18"
    data = {"TuringDB": 10.7, "Ladybug": 15.4}
    return (
        Question("1..2 hops", f"{start} RETURN DISTINCT n.id", 0.1),
        Question("1..2 hops, filter", f"{start}{filter} RETURN DISTINCT n.id", 0.1),
        Question("1..2 hops with data", f"{start} RETURN DISTINCT n.id, n", 2, data),
        Question("1..2 hops with data, filter", f"{start}{filter} RETURN DISTINCT n.id, n", 2),
    )


def _patterns() -> tuple[Question, ...]:
    ends = "MATCH (n:User {id: $from}), (m:User {id: $to}) "
    shortest = {"Memgraph 2019": 1.1, "Neo4j": 1.9, "ArcadeDB": 2.0}
    other = "MATCH p = (n:User {id: $from})-[* SHORTEST 1..15]->(m:User {id: $to}) RETURN length(p)"
    return (
        Question("cycle", "MATCH (n:User {id: $id})-[e1]->(m)-[e2]->(n) RETURN e1, m, e2", 0.1, PATTERN_PEERS),
        Question(
            "long pattern, LIMIT 1",
            "MATCH (n1:User {id: $id})-[e1]->(n2)-[e2]->(n3)-[e3]->(n4)<-[e4]-(n5) RETURN n5 LIMIT 1",
            0.1,
            PATTERN_PEERS,
            counted=True,
        ),
        Question(
            "short pattern, LIMIT 1",
            "MATCH (n:User {id: $id})-[e]->(m) RETURN m LIMIT 1",
            0.1,
            PATTERN_PEERS,
            counted=True,
        ),
        Question(
            "shortest path",
            f"{ends}MATCH p = shortestPath((n)-[*..15]->(m)) RETURN length(p)",
            0.3,
            shortest,
            other,
        ),
        Question(
            "shortest path as *bfs",
            f"{ends}WITH n, m MATCH (n)-[r *bfs..15]->(m) RETURN size(r)",
            0.3,
            shortest,
            other,
        ),
    )

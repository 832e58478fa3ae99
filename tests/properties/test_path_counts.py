"""Paths counted without a list of them are as many as those in the list: in any graph with loops and parallel
relationships, committed, in part since the adjacency was packed, or in the transaction itself."""

import random
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.engine.database import Database
from memgraph_py.optimizer.count_paths import count_paths
from memgraph_py.optimizer.pipeline import RULES
from memgraph_py.storage.maintenance import pack_adjacency
from memgraph_py.storage.transaction import Access
from tests.grammar.queries import GeneratedQuery
from tests.grammar.worlds import World

NODES = ("(a)", "(a:A)", "(a {x: 1})")
MIDDLES = ("()", "(b:A)", "(b:A&B)")
ENDS = ("()", "(c:A)", "(c WHERE c.x = 1)", "(c WHERE c.x <> 1 OR c:B)")
HOPS = tuple(product(("<", ""), ("", ":R", ":S", ":R|S"), (">", "")))


@settings(max_examples=40)
@given(st.randoms(use_true_random=False))
def test_paths_are_counted_as_if_they_were_listed(chance: random.Random) -> None:
    world = _world(chance)
    without = tuple(rule for rule in RULES if rule is not count_paths)
    for _ in range(8):
        text = _query(chance)
        query = GeneratedQuery(text, writes=False, ordered=False, lists_in_order=True)
        expected, found = world.answer(query, without), world.answer(query, RULES)
        assert expected.error is None
        assert found == expected, text
    world.close()


def _world(chance: random.Random) -> World:
    if chance.random() < 0.3:
        return World(_graph(chance), uncommitted=True)
    world = World(_graph(chance))
    if chance.random() < 0.6:
        world.store.rollback(world.transaction)
        pack_adjacency(world.store)
        session = Database(world.store).session()
        session.run("CREATE (m:A {x: 1})-[:R]->(m)").values()
        session.run("MATCH (m:A {x: 1}), (n) CREATE (n)-[:S]->(m)").values()
        session.close()
        world.transaction = world.store.begin(Access.WRITE)
    return world


def _graph(chance: random.Random) -> str:
    labels = (":A",) if chance.random() < 0.2 else ("", ":A", ":B", ":A:B")
    count = chance.randrange(1, 6)
    nodes = [f"(n{place}{chance.choice(labels)} {{x: {chance.randrange(3)}}})" for place in range(count)]
    ends = [(chance.randrange(count), chance.randrange(count)) for _ in range(chance.randrange(4 * count))]
    relationships = [f"(n{a})-[:{chance.choice('RS')}]->(n{b})" for a, b in ends]
    return "CREATE " + ", ".join(nodes + relationships)


def _query(chance: random.Random) -> str:
    def hop() -> str:
        left, types, right = chance.choice(HOPS)
        return f"{left}-[{types}]-{right}"

    start, end = chance.choice(NODES), chance.choice(ENDS)
    match chance.randrange(4):
        case 0:
            return f"MATCH {start}{hop()}{end} RETURN count(*)"
        case 1:
            return f"MATCH {start}{hop()}{chance.choice(MIDDLES)}{hop()}{end} RETURN count(*) AS n, count(a) AS m"
        case 2:
            return f"MATCH {start}{hop()}(b) MATCH (b){hop()}{end} RETURN count(*)"
        case _:
            return f"UNWIND [1, 1, 2] AS i MATCH {start}{hop()}(){hop()}{end} RETURN count(i) + count(*)"

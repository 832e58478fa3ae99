"""`python -m benchmarks.social`: reading queries on a social graph, in CPU time of the thread that runs them.

The graph: 100,000 users with ids and ages, 1,768,515 friendships. A statement runs in process, found by its text, until
its rows are there as columns, not encoded. Each set of parameters counts with the least of some rounds, the query with
the median of its sets. *First call*: a text that was never seen is parsed, analysed, planned and run; that over what
later calls take; here too the least of some rounds, each with a text of its own. Beneath it is what of that is
preparing the text, and its first run over later ones.

`--peer URL` (a Bolt server, which is given the same graph if it has none) and the embedded databases that are installed
take their turns in the same rounds. A peer counts only where its rows are the same; the processor's time of its server,
where its process id is given, includes the sending of rows, that of an embedded one does not.

`--growth 8` tells instead how much longer each query takes in a graph eight times as large, whose users have as many
friends: no longer where it begins at one user, eight times where it looks at all of them; half as much again is allowed
for the processor's caches.
"""

import argparse
import gc
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from neo4j.exceptions import Neo4jError
from neo4j.graph import Node as DriverNode
from neo4j.graph import Relationship as DriverRelationship

from benchmarks.embedded_peer import MODULES, EmbeddedPeer, is_installed
from benchmarks.peers import BoltPeer, add_peer_argument
from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import cpu_used
from benchmarks.social_graph import FRIENDSHIPS, USERS, Social, social, store_social
from benchmarks.social_queries import Question, parameters, questions
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.engine.statements import StatementCache
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Node, Relationship

FIRST_CALLS = 5
UNWIND_ROWS = 10_000

Rows = list[tuple[Any, ...]]
Ask = Callable[[Question, Mapping[str, int]], tuple[Rows | str, float]]
"""Gives the rows, or why there are none, and what they cost in seconds."""


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.social", description=__doc__)
    parser.add_argument("--only", metavar="TEXT", default="", help="queries with this in their names")
    parser.add_argument("--sets", type=int, default=20, help="sets of parameters, for each query that has any")
    parser.add_argument("--no-embedded", action="store_true", help="leave out Kùzu and Ladybug")
    parser.add_argument("--settle", type=float, default=3.0, help="seconds for the store's background work")
    parser.add_argument("--growth", type=int, metavar="TIMES", help="compare with a graph so many times as large")
    add_peer_argument(parser)
    add_output_arguments(parser)
    arguments = parser.parse_args()
    asked = [question for question in questions() if arguments.only in question.name]
    if arguments.growth:
        publish(growth(asked, arguments), arguments, f"{USERS:,} users, and {arguments.growth * USERS:,}")
    else:
        compare(asked, arguments)


def compare(asked: list[Question], arguments: argparse.Namespace) -> None:
    """Our figures beside those to reach and those of peers."""
    graph = social()
    database = stored(graph, arguments.settle)
    embedded = [] if arguments.no_embedded else embedded_peers(graph)
    bolt = [BoltPeer(address) for address in arguments.peer]
    for peer in bolt:
        load(peer, graph)
    peers: dict[str, Ask] = {peer.name: _asks_embedded(peer) for peer in embedded}
    peers |= {peer.name: _asks_bolt(peer) for peer in bolt}
    figures = []
    for question in asked:
        figures += measured(question, database, peers, arguments.sets)
    publish(figures, arguments, f"{USERS:,} users, {FRIENDSHIPS:,} friendships")
    for embedded_peer in embedded:
        embedded_peer.close()
    for peer in bolt:
        peer.close()
    database.store.close()


def stored(graph: Social, settle_seconds: float) -> Database:
    """The graph in a store, whose background work has come to its end."""
    store = GraphStore()
    store_social(store, graph)
    time.sleep(settle_seconds)
    gc.freeze()
    return Database(store)


def growth(asked: list[Question], arguments: argparse.Namespace) -> list[Figure]:
    """For each query its figure in the graph, and how many times that it takes in the larger one."""
    times = arguments.growth
    found: list[list[float]] = []
    for size in (1, times):
        database = stored(social(size * USERS, size * FRIENDSHIPS), arguments.settle)
        session = database.session()
        found.append([warm(question, session, arguments.sets, size * USERS) for question in asked])
        session.close()
        database.store.close()
    figures = []
    for question, small, large in zip(asked, *found, strict=True):
        figures.append(Figure(question.name, "ms", small, question.reach))
        allowed = 1.5 if question.has_parameters else 1.5 * times
        figures.append(Figure(f"  {times} times the graph", "times", large / small, allowed))
    return figures


def warm(question: Question, session: Session, count: int, users: int) -> float:
    """Milliseconds, as of `measured`, without peers."""
    sets = parameters(count, users) if question.has_parameters else [{}]
    rounds = question.rounds if question.has_parameters else question.rounds * count
    return statistics.median(min(run(question.text, session, values) for _ in range(rounds)) for values in sets) * 1000


def embedded_peers(graph: Social) -> list[EmbeddedPeer]:
    """Those that are installed; the others are named."""
    for module, name in MODULES.items():
        if not is_installed(module):
            print(f"{name} is left out: `pip install {module}` would bring it")
    return [EmbeddedPeer(module, graph) for module in MODULES if is_installed(module)]


def load(peer: BoltPeer, graph: Social) -> None:
    """Give the peer the graph, unless it has it. Raises SystemExit where it has another one."""
    users, friendships = len(graph.ages), len(graph.sources)
    found = peer.rows("MATCH (n) RETURN count(n)")[0][0]
    if found == 0:
        peer.create_index("User")
        ages = [{"id": id, "age": None if age < 0 else age} for id, age in enumerate(graph.ages.tolist(), start=1)]
        pairs = [{"a": a, "b": b} for a, b in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)]
        user = "UNWIND $rows AS row CREATE (:User {id: row.id, age: row.age})"
        friend = "UNWIND $rows AS row MATCH (a:User {id: row.a}), (b:User {id: row.b}) CREATE (a)-[:Friend]->(b)"
        for text, rows in ((user, ages), (friend, pairs)):
            for start in range(0, len(rows), UNWIND_ROWS):
                peer.rows(text, {"rows": rows[start : start + UNWIND_ROWS]})
    found = peer.rows("MATCH (n:User) RETURN count(n)")[0][0], peer.rows("MATCH ()-[r]->() RETURN count(r)")[0][0]
    if found != (users, friendships):
        raise SystemExit(f"{peer.name} holds {found[0]:,} users and {found[1]:,} friendships, and not this graph")


def measured(question: Question, database: Database, peers: Mapping[str, Ask], count: int) -> list[Figure]:
    """The warm figure, with those of the peers that agree, and those of the first call."""
    preparing, running = first_call(question, database)
    session = database.session()
    sets = parameters(count, USERS) if question.has_parameters else [{}]
    others = {name: ask for name, ask in peers.items() if agrees(name, question, ask, session, sets)}
    least = [[float("inf")] * len(sets) for _ in range(1 + len(others))]
    for turn in range(question.rounds if question.has_parameters else question.rounds * count):
        for place, values in enumerate(sets):
            least[0][place] = min(least[0][place], run(question.text, session, values))
            for row, ask in enumerate(others.values(), start=1):
                if turn < 3:
                    least[row][place] = min(least[row][place], ask(question, values)[1])
    ours, *theirs = (statistics.median(row) * 1000 for row in least)
    now = dict(zip(others, theirs, strict=True))
    figure = Figure(question.name, "ms", ours, question.reach, False, {**question.peers, **now}, frozenset(now))
    session.close()
    return [
        figure,
        Figure("  first call over later ones", "times", (preparing + running) * 1000 / ours, 2),
        Figure("    of it preparing the text", "ms", preparing * 1000),
        Figure("    the first run over later ones", "times", running * 1000 / ours),
    ]


def first_call(question: Question, database: Database) -> tuple[float, float]:
    """Seconds of a text that is new, as no other was prepared before it: until it is prepared, and of its first run."""
    values, session = parameters(1, USERS)[0], database.session()
    preparing = running = float("inf")
    for _ in range(FIRST_CALLS):
        database.core.statements = StatementCache(database.core.limits)
        begun = time.thread_time()
        database.core.statements.prepare(question.text, database.store.current)
        preparing = min(preparing, time.thread_time() - begun)
        running = min(running, run(question.text, session, values))
    session.close()
    return preparing, running


def run(text: str, session: Session, values: Mapping[str, int]) -> float:
    """Seconds of the processor until all rows are there."""
    begun = time.thread_time()
    session.run(text, values).take(-1)
    return time.thread_time() - begun


def agrees(name: str, question: Question, ask: Ask, session: Session, sets: list[dict[str, int]]) -> bool:
    """True where the peer gives the same rows for some of the sets; says so where it does not."""
    for values in sets[:2]:
        theirs, _ = ask(question, values)
        if isinstance(theirs, str):
            print(f"{name} does not answer '{question.name}': {theirs}")
            return False
        ours = [tuple(row) for row in session.run(question.text, values).values()]
        if len(ours) != len(theirs) or not (question.counted or comparable(ours) == comparable(theirs)):
            print(f"{name} gives other rows for '{question.name}' and {dict(values)}: {len(theirs)}, ours {len(ours)}")
            return False
    return True


def comparable(rows: Rows) -> Counter[tuple[Any, ...]]:
    """The rows as a bag of what every database can tell: of a node its id and age, of a relationship that it is one."""
    return Counter(tuple(_plain(value) for value in row) for row in rows)


def _plain(value: Any) -> Any:
    match value:
        case Node() as node:
            return node.properties.get("id"), node.properties.get("age")
        case DriverNode() as node:
            return node.get("id"), node.get("age")
        case Relationship() | DriverRelationship() | {"_src": _} | {"_SRC": _}:
            return "relationship"
        case dict():
            return value["id"], value["age"]
        case float():
            return round(value, 9)
        case _:
            return value


def _asks_embedded(peer: EmbeddedPeer) -> Ask:
    return lambda question, values: peer.ask(question.other_text or question.text, _used(question, values))


def _asks_bolt(peer: BoltPeer) -> Ask:
    def ask(question: Question, values: Mapping[str, int]) -> tuple[Rows | str, float]:
        before, begun = peer.cpu_seconds(), time.perf_counter()
        try:
            rows = peer.rows(question.text, _used(question, values))
        except Neo4jError as error:
            return str(error), 0.0
        after, ended = peer.cpu_seconds(), time.perf_counter()
        if before is None or after is None:
            return rows, ended - begun
        return rows, cpu_used(before, after)

    return ask


def _used(question: Question, values: Mapping[str, int]) -> dict[str, int]:
    """Some refuse a parameter that the text does not name."""
    return {name: value for name, value in values.items() if f"${name}" in question.text}


if __name__ == "__main__":
    main()

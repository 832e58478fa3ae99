"""`python -m benchmarks.bolt`: what requests over Bolt cost the server, in CPU time.

The server is a process of its own, with a log. The client is as small as can be: prepared bytes out, answers counted.
At depth 1 each request waits for the answer to the one before; at depth 64 so many are under way on one connection.
Commits come from eight clients, each its own transaction, answered when it is on disk; the processor's time of the
sync call itself is the system's and told apart.

What waking a process costs is part of it, and differs between machines and moments: the first line is the floor, an
event loop that only answers fixed bytes. With `--processor N` all processes share one processor, and figures repeat.

Peers without `--peer` were measured with the official driver at depth 1, on two cores of the same kind (server CPU
time). With `--peer` they are asked the same by the same client, in turns; where an answer differs, the run ends.
"""

import argparse
import itertools
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.bolt_client import RESET, Client, all_at_once, statement
from benchmarks.echo import EchoClient
from benchmarks.peers import add_peer_argument
from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import cpu_used, resident_bytes, waiting_seconds
from benchmarks.serving import Server, echo, peer_server, serving
from benchmarks.social_graph import FRIENDSHIPS, USERS, social
from memgraph_py.values.types import Value

NODES = 100_000
BATCH = 10_000
DEPTH = 64
CLIENTS = 8
PERSONS = 100_000
LOOKUP = "MATCH (n:Node {id: $id}) RETURN n"
INTEGERS = f"UNWIND range(1, {PERSONS}) AS n RETURN n"
THREE_HOPS = "MATCH (s:User {id: $id})-->()-->()-->(n:User) RETURN DISTINCT n.id"
LONG_QUERIES = (
    ("a join by comparison", "MATCH (a:Node), (b:Node) WHERE a.id * b.id % 1000003 = 7 RETURN count(*)"),
    (
        "a grouping",
        "UNWIND range(1, 20000) AS a UNWIND range(1, 100000) AS n WITH n % 100003 AS k, count(*) AS c RETURN max(c)",
    ),
)
REPETITIONS = 3


@dataclass(frozen=True, slots=True)
class Work:
    """Requests of one kind. peers: figures of 2026-11-23 for one at a time."""

    name: str
    text: str
    parameters: Callable[[int], dict[str, Value]]
    reach: float
    pipelined_reach: float | None
    peers: Mapping[str, float]


REQUESTS = (
    Work("RETURN 1", "RETURN 1", lambda id: {}, 30, None, {"Memgraph 2019": 50, "ArcadeDB": 53, "Neo4j": 240}),
    Work(
        "indexed look-up of a node",
        LOOKUP,
        lambda id: {"id": id},
        40,
        1e6 / 60_000,
        {"Memgraph 2019": 65, "ArcadeDB": 82, "Neo4j": 395, "FalkorDB": 145},
    ),
)
COMMIT_PEERS = {"Memgraph 2019": 67.0, "ArcadeDB": 269.0, "Neo4j": 619.0, "FalkorDB": 183.0}
"""Memgraph's without a sync; the least of each database's figures for the three."""
COMMITS = (
    ("create a node", "CREATE (:Made {id: $id})"),
    ("create a relationship", "MATCH (a:Node {id: $id}) MATCH (b:Node {id: $other}) CREATE (a)-[:LINK]->(b)"),
    ("set a property", "MATCH (n:Node {id: $id}) SET n.value = $other"),
)
ROWS = (
    ("100,000 integers to the client", INTEGERS, 10.0, {"Memgraph 2019": 240.0, "Neo4j": 300.0}),
    ("100,000 nodes with 3 properties to the client", "MATCH (n:Person) RETURN n", 40.0, {}),
)


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bolt", description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--skip-graph", action="store_true", help="leave out the 1.77 M relationships")
    parser.add_argument("--only", choices=PARTS, action="append", help="these parts alone")
    parser.add_argument("--processor", type=int, help="run everything on this processor")
    add_peer_argument(parser)
    add_output_arguments(parser)
    arguments = parser.parse_args()
    if arguments.processor is not None:
        os.sched_setaffinity(0, {arguments.processor})
    figures: list[Figure] = []
    chosen = arguments.only or PARTS
    with serving(metrics=True) as running:
        servers = [running, *map(peer_server, arguments.peer)]
        figures += load_nodes(servers)
        for part in chosen:
            figures += PARTS[part](servers, arguments.requests)
    if not arguments.skip_graph and not arguments.only:
        with serving() as running:
            figures += three_hops(running)
    publish(figures, arguments, "Bolt: server CPU")


def load(client: Client, text: str, rows: Sequence[Value]) -> None:
    """Run the statement over the rows, a batch at a time, as $rows."""
    for start in range(0, len(rows), BATCH):
        client.ask(statement(text, {"rows": list(rows[start : start + BATCH])}), 2)


def load_nodes(servers: Sequence[Server]) -> list[Figure]:
    """The nodes of the look-ups, and what they take of our memory."""
    figures: list[Figure] = []
    for server in servers:
        client = server.client()
        make_index(server, "Node")
        load(client, "UNWIND $rows AS id CREATE (:Warm {id: id})", list(range(BATCH)))
        before = 0 if server.process_id is None else resident_bytes(server.process_id)
        load(client, "UNWIND $rows AS id CREATE (:Node {id: id})", list(range(NODES)))
        if server is servers[0] and server.process_id is not None:
            time.sleep(1)  # let the log and the reclamation end
            each = (resident_bytes(server.process_id) - before) / NODES
            peers = {"Memgraph 2019": 1950.0}
            figures.append(Figure("memory of a (:Node {id}) with an index", "bytes", each, 150, peers=peers))
        client.close()
    return figures


def make_index(server: Server, label: str) -> None:
    """On the property id, in words that the server knows."""
    texts = (f"CREATE INDEX ON :{label}(id)", f"CREATE INDEX FOR (n:{label}) ON (n.id)")
    for text, is_last in zip(texts, (False, True), strict=True):
        client = server.client()
        try:
            client.ask(statement(text), 2)
        except RuntimeError:
            if is_last:
                raise
        else:
            return
        finally:
            client.close()


def requests(servers: Sequence[Server], count: int) -> list[Figure]:
    """Short requests, one after another and pipelined."""
    ids = [random.Random(1).randrange(NODES) for _ in range(count)]
    figures = floor(count)
    for work in REQUESTS:
        figures += requests_of(work, servers, ids)
    return figures


def requests_of(work: Work, servers: Sequence[Server], ids: Sequence[int]) -> list[Figure]:
    """Requests of one kind."""
    same_answers(servers, work.text, work.parameters(ids[0]))
    data = [statement(work.text, work.parameters(id)) for id in ids]
    clients = {server.name: server.client() for server in servers}
    one = least(servers, lambda server: one_by_one(clients[server.name], data))
    many = least(servers, lambda server: pipelined(clients[server.name], data))
    for client in clients.values():
        client.close()
    return [
        figure(f"{work.name}, one at a time", one, len(ids), work.reach, work.peers),
        figure(f"{work.name}, {DEPTH} at a time", many, len(ids), work.pipelined_reach),
    ]


def floor(count: int) -> list[Figure]:
    """An event loop that answers fixed bytes."""
    with echo() as server:
        client = EchoClient(server.port)
        one = least([server], lambda _: [client.ask(1) for _ in range(count)])["floor"]
        many = least([server], lambda _: [client.ask(DEPTH) for _ in range(count // DEPTH)])["floor"]
    return [
        Figure("fixed bytes (the floor), one at a time", "µs", one / count * 1e6),
        Figure(f"fixed bytes (the floor), {DEPTH} at a time", "µs", many / count * 1e6),
    ]


def commits(servers: Sequence[Server], count: int) -> list[Figure]:
    """Small transactions of eight clients, each on disk before it is answered."""
    figures: list[Figure] = []
    numbers = itertools.count()
    for name, text in COMMITS:
        synced: list[tuple[float, float]] = []

        def work(server: Server, text: str = text, synced: list[tuple[float, float]] = synced) -> None:
            clients = [server.client() for _ in range(CLIENTS)]
            ids = [next(numbers) for _ in range(count)]
            data = [statement(text, {"id": id % NODES, "other": (id * 7919 + 1) % NODES}) for id in ids]
            seconds_before, groups_before = sync_seconds(server)
            all_at_once(clients, data)
            seconds_after, groups_after = sync_seconds(server)
            synced.append((seconds_after - seconds_before, groups_after - groups_before))
            for client in clients:
                client.close()

        seconds = least(servers, work)
        ours = synced[:: len(servers)][1:]
        sync, groups = min(cpu for cpu, _ in ours), min(groups for _, groups in ours)
        whole = seconds["ours"] / count * 1e6
        seconds["ours"] -= sync
        figures.append(figure(f"{name}, without the sync", seconds, count, 60, COMMIT_PEERS))
        figures.append(Figure(f"{name}, with the sync ({count / groups:.1f} commits each)", "µs", whole))
    return figures


def sync_seconds(server: Server) -> tuple[float, float]:
    """Processor seconds of our syncs so far, and how many there were; peers do not tell."""
    if server.http_port is None:
        return 0.0, 0.0
    return server.metric("memgraph_log_sync_cpu_seconds_total"), server.metric("memgraph_log_sync_seconds_count")


def rows_to_client(servers: Sequence[Server], count: int) -> list[Figure]:
    """Long results, encoded and sent."""
    persons: list[Value] = [[id, f"person {id}", id % 90] for id in range(PERSONS)]
    for server in servers:
        client = server.client()
        load(client, "UNWIND $rows AS row CREATE (:Person {id: row[0], name: row[1], age: row[2]})", persons)
        client.close()
    figures: list[Figure] = []
    for name, text, reach, peers in ROWS:
        same_answers(servers, text, {}, sort=True)
        data = statement(text)

        def work(server: Server, data: bytes = data) -> None:
            client = server.client()
            client.ask(data, 2)
            client.close()

        seconds = least(servers, work)
        figures.append(figure(name, seconds, 1, reach, peers, unit="ms", factor=1e3))
    return figures


def beside_long_query(servers: Sequence[Server], count: int) -> list[Figure]:
    """How long RETURN 1 takes for one client, on the wall, while another one's query has had ten seconds; the longest
    also without the time in which threads of the client or the server were ready and had no core."""
    server, figures = servers[0], list[Figure]()
    assert server.process_id is not None, "ours is a process of this machine"
    for name, text in LONG_QUERIES:
        busy, client = server.client(), server.client()
        data, times, ready = statement("RETURN 1"), list[float](), list[float]()
        client.ask(data, 2)
        busy.send(statement(text))
        before = server.seconds()
        ends = time.perf_counter() + 10
        while time.perf_counter() < ends:
            waited, started = _waiting_seconds(server.process_id), time.perf_counter()
            client.ask(data, 2)
            times.append(time.perf_counter() - started)
            waited = max(_waiting_seconds(server.process_id) - waited, 0.0)  # less where a thread has ended
            ready.append(times[-1] - waited)
            time.sleep(0.002)
        share = cpu_used(before, server.seconds()) / 10
        busy.send(RESET)
        busy.close()
        client.close()
        times.sort()
        figures.append(Figure(f"RETURN 1 beside {name}, p99", "ms", times[len(times) * 99 // 100] * 1e3, 5))
        figures.append(Figure(f"RETURN 1 beside {name}, longest", "ms", times[-1] * 1e3))
        figures.append(Figure(f"RETURN 1 beside {name}, longest, less waiting for a core", "ms", max(ready) * 1e3))
        figures.append(Figure(f"processors that {name} took", "", share))
    return figures


def _waiting_seconds(process_id: int) -> float:
    return waiting_seconds(process_id) + waiting_seconds(os.getpid())


PARTS: dict[str, Callable[[Sequence[Server], int], list[Figure]]] = {
    "requests": requests,
    "commits": commits,
    "rows": rows_to_client,
    "latency": beside_long_query,
}


def figure(
    name: str,
    seconds: Mapping[str, float],
    count: int,
    reach: float | None,
    known: Mapping[str, float] | None = None,
    *,
    unit: str = "µs",
    factor: float = 1e6,
) -> Figure:
    """Ours beside that of peers."""
    scaled = {server: value / count * factor for server, value in seconds.items()}
    ours = scaled.pop("ours")
    return Figure(name, unit, ours, reach, peers={**(known or {}), **scaled}, now_measured=frozenset(scaled))


def same_answers(servers: Sequence[Server], text: str, parameters: dict[str, Value], *, sort: bool = False) -> None:
    """Raises AssertionError where a peer answers otherwise."""
    if len(servers) == 1:
        return
    answers = []
    for server in servers:
        client = server.client()
        rows = client.rows(text, parameters)
        answers.append(sorted(rows, key=repr) if sort else rows)
        client.close()
    for server, answer in zip(servers, answers, strict=True):
        assert answer == answers[0], f"{server.name} answers '{text}' otherwise"


def one_by_one(client: Client, statements: list[bytes]) -> None:
    """Each waits for the answer to the one before."""
    for data in statements:
        client.ask(data, 2)


def pipelined(client: Client, statements: list[bytes]) -> None:
    """So many are under way."""
    for start in range(0, len(statements), DEPTH):
        some = statements[start : start + DEPTH]
        client.ask(b"".join(some), 2 * len(some))


def three_hops(server: Server) -> list[Figure]:
    """Distinct users three relationships away; DISCARD leaves out the encoding of the rows."""
    graph = social()
    client = server.client()
    make_index(server, "User")
    users: list[Value] = [[id, None if age < 0 else age] for id, age in enumerate(graph.ages.tolist(), start=1)]
    load(client, "UNWIND $rows AS row CREATE (:User {id: row[0], age: row[1]})", users)
    pairs: list[Value] = [list(pair) for pair in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)]
    assert len(pairs) == FRIENDSHIPS
    text = "UNWIND $rows AS row MATCH (a:User {id: row[0]}) MATCH (b:User {id: row[1]}) CREATE (a)-[:Friend]->(b)"
    load(client, text, pairs)
    draw = random.Random(3)
    ids = [draw.randrange(1, USERS + 1) for _ in range(20)]
    figures: list[Figure] = []
    for name, discard in (("rows not encoded", True), ("rows sent", False)):
        data = [statement(THREE_HOPS, {"id": id}, discard=discard) for id in ids]
        seconds = least([server], partial(_ask_of_one, client, data))
        peers = {"Memgraph 2019": 62.0}
        work = f"3 hops, distinct ids, {name}"
        figures.append(figure(work, seconds, len(ids), 4 if discard else None, peers, unit="ms", factor=1e3))
    return figures


def _ask_of_one(client: Client, data: list[bytes], server: Server) -> None:
    """For ``least``, whose only server is the client's."""
    del server
    one_by_one(client, data)


def least(servers: Sequence[Server], work: Callable[[Server], object]) -> dict[str, float]:
    """Seconds of each server, the least of some repetitions in turns, after one that does not count."""
    figures: dict[str, list[float]] = {server.name: [] for server in servers}
    for repetition in range(REPETITIONS + 1):
        for server in servers:
            before = server.seconds()
            work(server)
            used = cpu_used(before, server.seconds())
            if repetition:
                figures[server.name].append(used)
    return {name: min(seconds) for name, seconds in figures.items()}


if __name__ == "__main__":
    main()

"""`python -m benchmarks.bolt`: what requests over Bolt cost the server, in CPU time.

The server is a process of its own, with a log. The client is as small as can be: prepared bytes out, answers counted.
At depth 1 each request waits for the answer to the one before; at depth 64 so many are under way.

What waking a process costs is part of it, and differs between machines and moments: the first line is the floor, an
event loop that only answers fixed bytes. With `--processor N` all processes share one processor, and figures repeat.

Peers were measured with the official driver at depth 1, on two cores of the same kind (server CPU time).
"""

import argparse
import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.echo import EchoClient
from benchmarks.server_cpu import cpu_seconds, cpu_used, resident_bytes
from benchmarks.social import FRIENDSHIPS, USERS, social
from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.handshake import MAGIC
from memgraph_py.bolt.packstream import pack
from memgraph_py.values.types import Value

NODES = 100_000
BATCH = 10_000
REPETITIONS = 3
SUCCESS, FAILURE, IGNORED = 0x70, 0x7F, 0x7E
LOOKUP = "MATCH (n:Node {id: $id}) RETURN n"
THREE_HOPS = "MATCH (s:User {id: $id})-->()-->()-->(n:User) RETURN DISTINCT n.id"


class Client:
    """A connection that sends prepared bytes and counts the answers."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._socket.sendall(MAGIC + bytes.fromhex("00000805 00000000 00000000 00000000"))
        assert self._socket.recv(4) == b"\x00\x00\x08\x05", "the server does not speak Bolt 5.8"
        self.ask(message(0x01, {"user_agent": "benchmark/1"}) + message(0x6A, {"scheme": "none"}), 2)

    def ask(self, data: bytes, answers: int) -> None:
        """Send, and wait for so many answers. Raises RuntimeError when one is a failure."""
        self._socket.sendall(data)
        self.wait(answers)

    def send(self, data: bytes) -> None:
        """Send without waiting."""
        self._socket.sendall(data)

    def wait(self, answers: int) -> None:
        """Wait for so many answers; records are not counted."""
        while answers > 0:
            data = self._rest + self._socket.recv(1 << 20)
            position, end, begins = 0, len(data), True
            whole = 0
            while end - position >= 2:
                size = data[position] << 8 | data[position + 1]
                if position + 2 + size > end:
                    break
                if size and begins:
                    tag = data[position + 3]
                    if tag in (FAILURE, IGNORED):
                        raise RuntimeError(f"the server failed: {data[position + 4 : position + 2 + size]!r}")
                    answers -= tag == SUCCESS
                begins = size == 0
                position += 2 + size
                if begins:
                    whole = position
            self._rest = data[whole:]


@dataclass(frozen=True, slots=True)
class Server:
    """A server process."""

    port: int
    process_id: int


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bolt", description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--skip-graph", action="store_true", help="leave out the 1.77 M relationships")
    parser.add_argument("--processor", type=int, help="run everything on this processor")
    arguments = parser.parse_args()
    if arguments.processor is not None:
        os.sched_setaffinity(0, {arguments.processor})
    with server() as running:
        client = Client(running.port)
        print_memory(running, client)
        print_requests(running, client, arguments.requests)
    if not arguments.skip_graph:
        with server() as running:
            print_three_hops(running, Client(running.port))


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server on a free port with an empty folder; ended afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "memgraph_py", "serve", "--bolt-port", "0", "--http-port", "none"]
        process = subprocess.Popen([*command, "--data-directory", folder], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield Server(int(line.rsplit(":", 1)[1]), process.pid)
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def echo() -> Iterator[Server]:
    """The floor, as a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.echo"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Server(int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait(30)


def message(tag: int, *fields: Value) -> bytes:
    """A framed message."""
    return frame(bytes((0xB0 | len(fields), tag)) + b"".join(map(pack, fields)))


def statement(text: str, parameters: dict[str, Value] | None = None, *, discard: bool = False) -> bytes:
    """RUN and PULL, or RUN and DISCARD, of all rows."""
    return message(0x10, text, parameters or {}, {}) + message(0x2F if discard else 0x3F, {"n": -1})


def load(client: Client, text: str, rows: Sequence[Value]) -> None:
    """Run the statement over the rows, a batch at a time, as $rows."""
    for start in range(0, len(rows), BATCH):
        client.ask(statement(text, {"rows": list(rows[start : start + BATCH])}), 2)


def print_memory(running: Server, client: Client) -> None:
    """Load the nodes of the look-ups, and tell what they take."""
    client.ask(statement("CREATE INDEX ON :Node(id)"), 2)
    load(client, "UNWIND $rows AS id CREATE (:Warm {id: id})", list(range(BATCH)))
    before = resident_bytes(running.process_id)
    load(client, "UNWIND $rows AS id CREATE (:Node {id: id})", list(range(NODES)))
    time.sleep(1)  # let the log and the reclamation end
    each = (resident_bytes(running.process_id) - before) / NODES
    print(f"memory of (:Node {{id}}) with an index: {each:.0f} bytes (goal 150; Memgraph 2019 about 1,950)\n")


def print_requests(running: Server, client: Client, requests: int) -> None:
    """Server CPU of short requests, one after another and pipelined."""
    ids = [random.Random(1).randrange(NODES) for _ in range(requests)]
    print(f"{'server CPU a request, µs':28}{'depth 1':>9}{'depth 64':>10}{'Memgraph 2019':>15}{'ArcadeDB':>10}", end="")
    print(f"{'Neo4j':>7}{'FalkorDB':>10}")
    with echo() as floor:
        echo_client = EchoClient(floor.port)
        one = best(floor, requests, lambda: [echo_client.ask(1) for _ in ids])
        many = best(floor, requests, lambda: [echo_client.ask(64) for _ in range(requests // 64)])
        print(f"{'fixed bytes (the floor)':28}{one:>9.1f}{many:>10.1f}")
    for name, prepare, peers in (
        ("RETURN 1", lambda id: statement("RETURN 1"), ("50", "53", "240", "-")),
        ("indexed look-up of a node", lambda id: statement(LOOKUP, {"id": id}), ("65", "82", "395", "145")),
    ):
        data = [prepare(id) for id in ids]
        one = best(running, len(data), lambda data=data: one_by_one(client, data))  # type: ignore[misc]  # bound now
        many = best(running, len(data), lambda data=data: pipelined(client, data))  # type: ignore[misc]  # bound now
        memgraph, arcade, neo4j, falkor = peers
        print(f"{name:28}{one:>9.1f}{many:>10.1f}{memgraph:>15}{arcade:>10}{neo4j:>7}{falkor:>10}")
    print()


def best(running: Server, requests: int, work: Callable[[], object]) -> float:
    """Microseconds of server CPU a request: the best of some repetitions."""
    work()
    figures = []
    for _ in range(REPETITIONS):
        before = cpu_seconds(running.process_id)
        work()
        figures.append(cpu_used(before, cpu_seconds(running.process_id)) / requests * 1e6)
    return min(figures)


def one_by_one(client: Client, statements: list[bytes]) -> None:
    """Each waits for the answer to the one before."""
    for data in statements:
        client.ask(data, 2)


def pipelined(client: Client, statements: list[bytes], depth: int = 64) -> None:
    """So many are under way."""
    for start in range(0, len(statements), depth):
        some = statements[start : start + depth]
        client.ask(b"".join(some), 2 * len(some))


def print_three_hops(running: Server, client: Client) -> None:
    """Server CPU of the distinct users three relationships away; DISCARD leaves out the encoding of the rows."""
    graph = social()
    client.ask(statement("CREATE INDEX ON :User(id)"), 2)
    started = time.perf_counter()
    users: list[Value] = [[id, None if age < 0 else age] for id, age in enumerate(graph.ages.tolist(), start=1)]
    load(client, "UNWIND $rows AS row CREATE (:User {id: row[0], age: row[1]})", users)
    pairs: list[Value] = [list(pair) for pair in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)]
    text = "UNWIND $rows AS row MATCH (a:User {id: row[0]}) MATCH (b:User {id: row[1]}) CREATE (a)-[:Friend]->(b)"
    load(client, text, pairs)
    print(f"{USERS:,} users and {FRIENDSHIPS:,} relationships loaded in {time.perf_counter() - started:.1f} s")
    draw = random.Random(3)
    ids = [draw.randrange(1, USERS + 1) for _ in range(20)]
    for name, discard in (("rows not encoded", True), ("rows sent", False)):
        data = [statement(THREE_HOPS, {"id": id}, discard=discard) for id in ids]
        used = best(running, len(data), lambda data=data: one_by_one(client, data))  # type: ignore[misc]  # bound now
        print(f"3 hops, distinct ids, {name}: {used / 1000:.2f} ms of server CPU (goal 10; Memgraph 2019 62)")


if __name__ == "__main__":
    main()

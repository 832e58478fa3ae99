"""`python -m benchmarks.ingest`: what importing a Kafka message costs the server, in CPU time, and how fast it goes.

The server is a process of its own; the broker is embedded in this one, and all messages lie in it before the
stream starts, so that producing them costs the server nothing. CPU time is that of all threads of the server and
of its transform's process. Two runs, each on a server of its own: nodes and then edges; and the same messages
shuffled, where an edge names nodes that came before it, in the same batch or an earlier one. What is measured
begins when START STREAM has returned: starting the script's process and reaching the broker are not counted.

With --real-kafka the broker is Apache Kafka, as the tests start it (from Docker, or from Java and Maven), in a process
of its own. With --kills N too, N SIGKILLs hit server and broker while messages come, and what is told is whether each
message took effect exactly once; the status is 1 when one was lost or is there twice.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neo4j import GraphDatabase, Session

from benchmarks.server_cpu import child_cpu_seconds, cpu_seconds, resident_bytes
from memgraph_py.cli.embedded_broker import EmbeddedBroker

TRANSFORM = Path(__file__).parents[1] / "examples"
WARM_UP = 2_000
PRODUCED_MAX = 50_000
"""Messages handed to a producer at a time; it holds 100,000."""
LOOK_SECONDS = 0.02
STALLED_SECONDS = 60.0
PEERS = """\
Memgraph 2019 (C++), the same messages: nodes 26-29 µs of CPU a message with its log (unsynced), 14.5-20 in memory;
27,600-62,500 messages/s."""


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far: the whole server, its threads by name, the transform's process; resident bytes of the
    server."""

    total: float
    threads: dict[str, float]
    transform: float
    resident_bytes: int


class Broker(Protocol):
    """What both kinds of broker have."""

    address: str

    def produce(self, topic: str, values: list[bytes], partition: int = 0) -> None:
        """Append these messages to one partition, in order; they are there when this returns."""
        ...


def main() -> int:
    """Run both and print a table, or the kills and what came of them; gives the status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ingest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=10_000)
    parser.add_argument("--batch-size", type=int, default=1_000)
    parser.add_argument("--real-kafka", action="store_true", help="Apache Kafka instead of the embedded broker")
    parser.add_argument("--kills", type=int, default=0, help="so many SIGKILLs of server and broker, half each")
    parser.add_argument("--messages", type=int, default=20_000, help="with --kills")
    parser.add_argument("--seed", type=int, default=None, help="with --kills: repeats the plan of an earlier run")
    arguments = parser.parse_args()
    if arguments.kills:
        if not arguments.real_kafka:
            parser.error("--kills needs --real-kafka: the embedded broker keeps nothing when it is killed")
        from benchmarks.ingest_kills import run_kills  # needs what the tests need

        return run_kills(arguments.messages, arguments.kills, arguments.seed)
    nodes = [b"%d" % id for id in range(arguments.nodes)]
    draw = random.Random(2019)
    edges = [
        b"%d %d" % (draw.randrange(arguments.nodes), draw.randrange(arguments.nodes)) for _ in range(arguments.edges)
    ]
    print(f"BATCH_SIZE {arguments.batch_size:,}; CPU time a message, all threads of the server and its transform\n")
    with real_kafka() if arguments.real_kafka else EmbeddedBroker() as broker:
        run([("nodes", nodes), ("edges after them", edges)], broker, "in-order", arguments.batch_size)
        run([("shuffled", shuffled(arguments.nodes, arguments.edges, draw))], broker, "shuffled", arguments.batch_size)
    print(PEERS)
    return 0


@contextmanager
def real_kafka() -> Iterator[Broker]:
    """Apache Kafka with the topics of both runs."""
    from tests.end_to_end.kafka_broker import Unavailable, real_broker  # needs what the tests need

    try:
        with real_broker() as broker:
            for topic in ("in-order", "shuffled"):
                broker.create_topic(topic)
            yield broker
    except Unavailable as reason:
        raise SystemExit(f"no Apache Kafka: {reason}") from None


def produce(broker: Broker, topic: str, messages: Sequence[bytes]) -> None:
    """All of them to one partition."""
    for start in range(0, len(messages), PRODUCED_MAX):
        broker.produce(topic, [*messages[start : start + PRODUCED_MAX]])


def shuffled(nodes: int, edges: int, draw: random.Random) -> list[bytes]:
    """Nodes in order, and edges at random places between them, each naming two nodes that came before."""
    messages: list[bytes] = []
    places = sorted(draw.randrange(1, nodes) for _ in range(edges))
    at = 0
    for id in range(nodes):
        while at < edges and places[at] == id:
            messages.append(b"%d %d" % (draw.randrange(id), draw.randrange(id)))
            at += 1
        messages.append(b"%d" % id)
    return messages


def run(phases: list[tuple[str, list[bytes]]], broker: Broker, topic: str, batch_size: int) -> None:
    """Import the phases, one after another, into a new server, and print what each took."""
    with (
        server() as (process_id, uri),
        GraphDatabase.driver(uri, auth=None) as driver,
        driver.session() as session,
    ):
        produce(broker, topic, [b"warm-up %d" % number if number % 2 else b"warm-up" for number in range(WARM_UP)])
        session.run("CREATE INDEX ON :Node(id)").consume()
        session.run(
            f"CREATE STREAM ingest AS LOAD DATA KAFKA '{broker.address}' WITH TOPIC '{topic}' "
            f"WITH TRANSFORM 'transform.py' BATCH_SIZE {batch_size}"
        ).consume()
        done = WARM_UP
        import_until(session, done)
        for name, messages in phases:
            produce(broker, topic, messages)
            session.run("START STREAM ingest").consume()
            before = usage(process_id)
            done += len(messages)
            seconds = import_until(session, done, start=False)
            report(name, len(messages), seconds, before, usage(process_id))
            session.run("STOP STREAM ingest").consume()


def import_until(session: Session, messages: int, *, start: bool = True) -> float:
    """Wait for so many messages in all; gives the seconds from the first look that found some to the end."""
    if start:
        session.run("START STREAM ingest").consume()
    first: float | None = None
    begun_with: int | None = None
    deadline = time.monotonic() + STALLED_SECONDS
    while True:
        facts = {record["fact"]: record["value"] for record in session.run("SHOW STREAM ingest")}
        now = time.monotonic()
        imported = int(facts["messages"])
        begun_with = imported if begun_with is None else begun_with
        if imported > begun_with and first is None:
            first = now - LOOK_SECONDS
        if imported >= messages:
            break
        if facts["state"] == "error" or now > deadline:
            raise SystemExit(f"the stream stopped: {facts['reason']}")
        time.sleep(LOOK_SECONDS)
    if start:
        session.run("STOP STREAM ingest").consume()
    return now - (first or now - LOOK_SECONDS)


def report(name: str, messages: int, seconds: float, before: Usage, after: Usage) -> None:
    """Print one phase."""
    server_seconds = after.total - before.total
    transform_seconds = after.transform - before.transform
    each = 1e6 / messages
    print(f"{name}: {messages:,} messages, {messages / max(seconds, 1e-3):,.0f}/s")
    print(f"  {(server_seconds + transform_seconds) * each:8.2f} µs CPU a message, in all")
    print(f"  {transform_seconds * each:8.2f} µs the transform's process")
    spent = {thread: after.threads[thread] - before.threads.get(thread, 0.0) for thread in after.threads}
    for thread, thread_seconds in sorted(spent.items(), key=lambda item: -item[1]):
        if thread_seconds * each >= 0.01:
            print(f"  {thread_seconds * each:8.2f} µs {thread}")
    growth = (after.resident_bytes - before.resident_bytes) / messages
    print(f"  {growth:8.0f} bytes of memory a message\n")


def usage(process_id: int) -> Usage:
    """What the server has used so far."""
    threads = cpu_seconds(process_id)
    return Usage(sum(threads.values()), threads, child_cpu_seconds(process_id), resident_bytes(process_id))


@contextmanager
def server() -> Iterator[tuple[int, str]]:
    """A server in a process of its own; gives its process id and Bolt URI."""
    with tempfile.TemporaryDirectory(prefix="memgraph-ingest-") as folder:
        flags = ["--bolt-port", "0", "--http-port", "none", "--data-directory", folder, "--log-level", "warning"]
        flags += ["--transform-directory", str(TRANSFORM)]
        process = subprocess.Popen(
            [sys.executable, "-m", "memgraph_py", "serve", *flags],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if "bolt://" not in line:
                raise SystemExit("the server did not start")
            yield process.pid, line.split()[-1]
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


if __name__ == "__main__":
    sys.exit(main())

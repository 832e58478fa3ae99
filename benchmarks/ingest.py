"""`python -m benchmarks.ingest`: what importing a Kafka message costs the server, in CPU time, and how fast it goes.

The server is a process of its own; the broker is embedded in this one, and all messages lie in it before the
stream starts, so that producing them costs the server nothing. CPU time is that of all threads of the server and
of its transform's process. Runs, each on a server of its own: nodes and then edges; the same messages shuffled, where
an edge names nodes that came before it, in the same batch or an earlier one; nodes and edges, and both shuffled, at
the default BATCH_SIZE of 10; nodes and edges into a graph of 10,000 nodes and into one of 10 million (--growth), in
turns. What is measured begins when START STREAM has returned: starting the script's process and reaching the broker
are not counted, nor the checkpoint of the graph that was loaded before.

With --real-kafka the broker is Apache Kafka, as the tests start it (from Docker, or from Java and Maven), in a process
of its own. With --kills N too, N SIGKILLs hit server and broker while messages come, and what is told is whether each
message took effect exactly once; the status is 1 when one was lost or is there twice.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neo4j import GraphDatabase, Session

from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import child_cpu_seconds, cpu_seconds, resident_bytes, wait_until_idle
from benchmarks.serving import serving
from memgraph_py.cli.embedded_broker import EmbeddedBroker

TRANSFORM = Path(__file__).parents[1] / "examples"
WARM_UP = 2_000
PRODUCED_MAX = 50_000
"""Messages handed to a producer at a time; it holds 100,000."""
LOOK_SECONDS = 0.02
STALLED_SECONDS = 60.0
DEFAULT_BATCH_SIZE = 10
SMALL_GRAPH = 10_000
LOADED_AT_ONCE = 100_000
BATCHES_OF_A_TURN = 10
PEERS = {"nodes": {"Memgraph 2019": 26.0}, "edges after them": {"Memgraph 2019": 26.0}}
"""µs of CPU a message, with its log (unsynced), at least once."""
PEER_RATES = {"nodes": {"Memgraph 2019": 35_800.0}, "edges after them": {"Memgraph 2019": 29_200.0}}
REACH_RATES = {"nodes": 120_000.0, "edges after them": 80_000.0}
REACH_MICROSECONDS = {"nodes": 5.0, "edges after them": 5.0, "shuffled": 25.0}


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far: the whole server, its threads by name, the transform's process; resident bytes of the
    server."""

    total: float
    threads: dict[str, float]
    transform: float
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Phase:
    """What importing some messages took: wall time, and CPU time of the server and of the transform's process."""

    name: str
    messages: int
    seconds: float
    server_seconds: float
    transform_seconds: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / max(self.seconds, 1e-3)

    def microseconds(self, *, transform: bool = True) -> float:
        """CPU time a message; of the server alone, or with its transform."""
        return 1e6 * (self.server_seconds + (self.transform_seconds if transform else 0.0)) / self.messages


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
    parser.add_argument("--edges", type=int, default=100_000)
    parser.add_argument("--batch-size", type=int, default=1_000)
    parser.add_argument("--small-batches", type=int, default=20_000, help="nodes, and as many edges, by tens")
    parser.add_argument("--growth", type=int, default=10_000_000, help="nodes of the large graph; 0: leave it out")
    parser.add_argument("--python", default=sys.executable, help="the interpreter whose installation serves")
    parser.add_argument("--real-kafka", action="store_true", help="Apache Kafka instead of the embedded broker")
    parser.add_argument("--kills", type=int, default=0, help="so many SIGKILLs of server and broker, half each")
    parser.add_argument("--messages", type=int, default=20_000, help="with --kills")
    parser.add_argument("--seed", type=int, default=None, help="with --kills: repeats the plan of an earlier run")
    add_output_arguments(parser)
    arguments = parser.parse_args()
    if arguments.kills:
        if not arguments.real_kafka:
            parser.error("--kills needs --real-kafka: the embedded broker keeps nothing when it is killed")
        from benchmarks.ingest_kills import run_kills  # needs what the tests need

        return run_kills(arguments.messages, arguments.kills, arguments.seed)
    print("CPU time a message, all threads of the server and its transform\n")
    with real_kafka(arguments.growth) if arguments.real_kafka else EmbeddedBroker() as broker:
        figures = measure(broker, arguments)
    publish(figures, arguments, "messages to committed graph: exactly once, synced")
    return 0


def measure(broker: Broker, arguments: argparse.Namespace) -> list[Figure]:
    """All runs."""
    draw = random.Random(2019)
    python, batch_size = arguments.python, arguments.batch_size
    phases = run(messages_of(arguments.nodes, arguments.edges, draw), broker, "in-order", batch_size, python)
    mixed = [("shuffled", shuffled(arguments.nodes, arguments.edges, draw))]
    phases += run(mixed, broker, "shuffled", batch_size, python)
    figures = []
    for phase in phases:
        name = f"{phase.name} at BATCH_SIZE {batch_size:,}"
        reach, peers = REACH_MICROSECONDS[phase.name], PEERS.get(phase.name, {})
        figures.append(Figure(f"{name}, server", "µs a message", phase.microseconds(transform=False), reach))
        figures.append(Figure(f"{name}, in all", "µs a message", phase.microseconds(), None, peers=peers))
        rate, rates = REACH_RATES.get(phase.name), PEER_RATES.get(phase.name, {})
        figures.append(Figure(f"{name}, rate", "messages/s", phase.rate, rate, more_is_better=True, peers=rates))
    if arguments.small_batches:
        small = messages_of(arguments.small_batches, arguments.small_batches, draw)
        small_mixed = [("shuffled", shuffled(arguments.small_batches, arguments.small_batches, draw))]
        phases = run(small, broker, "small-batches", DEFAULT_BATCH_SIZE, python)
        for phase in phases + run(small_mixed, broker, "small-shuffled", DEFAULT_BATCH_SIZE, python):
            each = DEFAULT_BATCH_SIZE * phase.microseconds()
            figures.append(Figure(f"{phase.name} at BATCH_SIZE {DEFAULT_BATCH_SIZE}", "µs a batch", each, 500))
    if arguments.growth:
        phases = messages_of(arguments.nodes, arguments.edges, draw)
        for name, few, many in grow(phases, broker, batch_size, python, arguments.growth):
            name = f"{name} into a graph of {arguments.growth:,}: rate by CPU time"
            figures.append(Figure(name, f"× of {SMALL_GRAPH:,}", few / many, 0.9, more_is_better=True))
    return figures


def messages_of(nodes: int, edges: int, draw: random.Random) -> list[tuple[str, list[bytes]]]:
    """Nodes, and edges between any two of them."""
    return [
        ("nodes", [b"%d" % id for id in range(nodes)]),
        ("edges after them", [b"%d %d" % (draw.randrange(nodes), draw.randrange(nodes)) for _ in range(edges)]),
    ]


@contextmanager
def real_kafka(growth: int) -> Iterator[Broker]:
    """Apache Kafka with the topics of all runs."""
    from tests.end_to_end.kafka_broker import Unavailable, real_broker  # needs what the tests need

    try:
        with real_broker() as broker:
            for topic in (
                "in-order",
                "shuffled",
                "small-batches",
                "small-shuffled",
                f"into-{SMALL_GRAPH}",
                f"into-{growth}",
            ):
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


def run(phases: list[tuple[str, list[bytes]]], broker: Broker, topic: str, batch_size: int, python: str) -> list[Phase]:
    """Import the phases, one after another, into a new server; print what each took."""
    with receiver(broker, topic, batch_size, python) as target:
        return [target.take(name, messages) for name, messages in phases]


def grow(
    phases: list[tuple[str, list[bytes]]], broker: Broker, batch_size: int, python: str, large: int
) -> Iterator[tuple[str, float, float]]:
    """Import the phases into a small graph and into a large one, a part of a phase at a time in turns, as other work on
    the machine comes and goes; gives each phase's name and what it took, in CPU seconds, here and there."""
    with (
        receiver(broker, f"into-{SMALL_GRAPH}", batch_size, python, SMALL_GRAPH) as few,
        receiver(broker, f"into-{large}", batch_size, python, large) as many,
    ):
        for name, messages in phases:
            taken = {few: 0.0, many: 0.0}
            part = BATCHES_OF_A_TURN * batch_size
            for start in range(0, len(messages), part):
                for target in taken:
                    phase = target.take(name, messages[start : start + part])
                    taken[target] += phase.server_seconds + phase.transform_seconds
            yield name, taken[few], taken[many]


@dataclass(frozen=True, slots=True, eq=False)
class Receiver:
    """A server with a stream, which has done its first messages, and so many nodes beside them."""

    process_id: int
    session: Session
    broker: Broker
    topic: str
    batch_size: int
    loaded: int

    def take(self, name: str, messages: list[bytes]) -> Phase:
        """Import these messages; print what that took."""
        produce(self.broker, self.topic, messages)
        done = imported(self.session)
        self.session.run("START STREAM ingest").consume()
        before = usage(self.process_id)
        seconds = import_until(self.session, done + len(messages), start=False)
        after = usage(self.process_id)
        title = f"{name}, BATCH_SIZE {self.batch_size:,}" + (f", beside {self.loaded:,} nodes" if self.loaded else "")
        report(title, len(messages), seconds, before, after)
        server_seconds, transform_seconds = after.total - before.total, after.transform - before.transform
        self.session.run("STOP STREAM ingest").consume()
        return Phase(name, len(messages), seconds, server_seconds, transform_seconds)


@contextmanager
def receiver(broker: Broker, topic: str, batch_size: int, python: str, loaded: int = 0) -> Iterator[Receiver]:
    """A new server, with so many nodes beside those that will come."""
    with (
        serving("--transform-directory", str(TRANSFORM), python=python) as server,
        GraphDatabase.driver(server.uri, auth=None) as driver,
        driver.session() as session,
    ):
        produce(broker, topic, [b"warm-up %d" % number if number % 2 else b"warm-up" for number in range(WARM_UP)])
        session.run("CREATE INDEX ON :Node(id)").consume()
        for start in range(0, loaded, LOADED_AT_ONCE):
            text = "UNWIND range($start, $stop) AS n CREATE (:Node {id: 'loaded ' + n})"
            stop = min(start + LOADED_AT_ONCE, loaded) - 1
            session.run(text, {"start": start, "stop": stop}).consume()
        wait_until_idle(server.own_process)
        session.run(
            f"CREATE STREAM ingest AS LOAD DATA KAFKA '{broker.address}' WITH TOPIC '{topic}' "
            f"WITH TRANSFORM 'transform.py' BATCH_SIZE {batch_size}"
        ).consume()
        import_until(session, WARM_UP)
        yield Receiver(server.own_process, session, broker, topic, batch_size, loaded)


def imported(session: Session) -> int:
    """How many messages the stream has imported."""
    return int(facts_of(session)["messages"])


def facts_of(session: Session) -> dict[str, str]:
    """What SHOW STREAM tells."""
    return {record["fact"]: record["value"] for record in session.run("SHOW STREAM ingest")}


def import_until(session: Session, messages: int, *, start: bool = True) -> float:
    """Wait for so many messages in all; gives the seconds from the first look that found some to the end."""
    if start:
        session.run("START STREAM ingest").consume()
    first: float | None = None
    begun_with: int | None = None
    deadline = time.monotonic() + STALLED_SECONDS
    while True:
        facts = facts_of(session)
        now = time.monotonic()
        count = int(facts["messages"])
        begun_with = count if begun_with is None else begun_with
        if count > begun_with and first is None:
            first = now - LOOK_SECONDS
        if count >= messages:
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


if __name__ == "__main__":
    sys.exit(main())

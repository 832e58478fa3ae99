"""`python -m benchmarks.together`: 32 clients that read while a stream ingests at full speed.

Each client looks nodes up by their id, one at a time; the stream takes node messages at BATCH_SIZE 1000 from a broker
in this process, and the clients are a process too. In each round: the clients alone, the stream alone, both at once in
one server (together), and both at once in two servers, one that the clients ask and one that ingests (apart). CPU time
is the server's: the event loop's thread answers the clients, the other threads and the transform's process are the
stream's.

Apart is the control: the same processes do the same work on the same cores, and share caches, wakes and clock there,
and nothing else. So what a look-up and a message cost apart is what the shared cores explain; what they cost more
together is the server's, where all threads share the lock of one interpreter.

Rates say it by the clock. Each side keeps a share of the rate that it has alone; two that take turns, each as fast as
alone, keep shares that make 1.0. Apart more is possible, as there are two interpreters for two cores. Cores at work is
the CPU time a second of servers, transforms, clients and broker.
"""

import argparse
import contextlib
import itertools
import multiprocessing
import os
import selectors
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
from neo4j import GraphDatabase, Session

from benchmarks.bolt_client import Client, statement
from benchmarks.ingest import TRANSFORM, WARM_UP, import_until, produce
from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import child_cpu_seconds, cpu_seconds, wait_until_idle
from benchmarks.serving import Server, serving
from memgraph_py.cli.embedded_broker import EmbeddedBroker

CLIENTS = 32
NODES = 10_000
LOOKUP = "MATCH (n:Node {id: $id}) RETURN n"
EVENT_LOOP = "event loop"


@dataclass(frozen=True, slots=True)
class Use:
    """CPU seconds of the server between two moments: what answers clients, and what ingests; and of all processes that
    take part."""

    loop: float
    stream: float
    everything: float


@dataclass(slots=True)
class Site:
    """A server with the nodes that clients look up, and a stream that has run once. imported: messages of it so far."""

    server: Server
    session: Session
    topic: str
    imported: int


@dataclass(frozen=True, slots=True)
class Phase:
    """What was done in some seconds of the clock. latencies: seconds of each look-up; cpu: of look-ups, of messages and
    of all that takes part."""

    seconds: float
    messages: int
    latencies: tuple[float, ...]
    cpu: Use

    @staticmethod
    def joined(phases: "Sequence[Phase]") -> "Phase":
        """All of them as one."""
        return Phase(
            sum(phase.seconds for phase in phases),
            sum(phase.messages for phase in phases),
            tuple(itertools.chain.from_iterable(phase.latencies for phase in phases)),
            Use(
                sum(phase.cpu.loop for phase in phases),
                sum(phase.cpu.stream for phase in phases),
                sum(phase.cpu.everything for phase in phases),
            ),
        )

    @property
    def look_ups_a_second(self) -> float:
        """By the clock."""
        return len(self.latencies) / self.seconds

    @property
    def messages_a_second(self) -> float:
        """By the clock."""
        return self.messages / self.seconds

    @property
    def look_up(self) -> float:
        """µs of CPU."""
        return 1e6 * self.cpu.loop / len(self.latencies)

    @property
    def message(self) -> float:
        """µs of CPU."""
        return 1e6 * self.cpu.stream / self.messages

    @property
    def tail(self) -> float:
        """Milliseconds within which 99 of 100 look-ups are answered."""
        return 1e3 * float(np.percentile(self.latencies, 99))

    @property
    def cores(self) -> float:
        """At work."""
        return self.cpu.everything / self.seconds


class Reading:
    """Clients that look nodes up until they are told to stop, in a process of their own: in this one is the broker."""

    def __init__(self, server: Server) -> None:
        context = multiprocessing.get_context("spawn")
        self._told, theirs = context.Pipe()
        self._process = context.Process(target=_read, args=(server.host, server.port, theirs))
        self._process.start()
        self._told.recv()

    def start(self) -> None:
        """Begin."""
        self._told.send(None)

    @property
    def process_id(self) -> int:
        """Of the clients."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    def stop(self) -> dict[float, float]:
        """End, with all answers there: seconds of each look-up, by the moment of its answer (``time.perf_counter``)."""
        self._told.send(None)
        latencies: dict[float, float] = self._told.recv()
        self._process.join()
        return latencies


def _read(host: str, port: int, told: "Connection[object, object]") -> None:
    """Of a Reading: ready, wait for the start, go on until told to stop, tell the latencies."""
    asked = itertools.cycle([statement(LOOKUP, {"id": f"known {number}"}) for number in range(NODES)])
    clients = [Client(host, port) for _ in range(CLIENTS)]
    sent: dict[Client, float] = {}
    missing: dict[Client, int] = {}
    latencies: dict[float, float] = {}

    def send(client: Client) -> None:
        sent[client], missing[client] = time.perf_counter(), 2
        client.send(next(asked))

    told.send(None)
    told.recv()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
            send(client)
        while missing:
            stops = told.poll()
            for key, _ in selector.select():
                client = key.data
                missing[client] -= client.receive()
                if missing[client] == 0:
                    now = time.perf_counter()
                    latencies[now] = now - sent[client]
                    del missing[client]
                    if not stops:
                        send(client)
    told.send(latencies)
    for client in clients:
        client.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.together", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=200_000, help="of the stream, in each phase of a round")
    parser.add_argument("--seconds", type=float, default=3.0, help="of the clients alone, in all rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default=sys.executable, help="the interpreter whose installation serves")
    add_output_arguments(parser)
    arguments = parser.parse_args()
    with EmbeddedBroker() as broker, contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(site(broker, topic, arguments.python)) for topic in ("one", "other"))
        figures = measure(one, other, broker, arguments)
    publish(figures, arguments, f"{CLIENTS} clients that look nodes up, and a stream: alone, together and apart")


@contextlib.contextmanager
def site(broker: EmbeddedBroker, topic: str, python: str) -> Iterator[Site]:
    """A server that is ready and at rest."""
    with (
        serving("--transform-directory", str(TRANSFORM), python=python) as server,
        GraphDatabase.driver(server.uri, auth=None) as driver,
        driver.session() as session,
    ):
        session.run("CREATE INDEX ON :Node(id)").consume()
        session.run("UNWIND range(0, $nodes - 1) AS n CREATE (:Node {id: 'known ' + n})", {"nodes": NODES}).consume()
        produce(broker, topic, [b"warm-up"] * WARM_UP)
        session.run(
            f"CREATE STREAM ingest AS LOAD DATA KAFKA '{broker.address}' WITH TOPIC '{topic}' "
            "WITH TRANSFORM 'transform.py' BATCH_SIZE 1000"
        ).consume()
        import_until(session, WARM_UP)
        wait_until_idle(server.own_process)  # kernels are loaded meanwhile
        yield Site(server, session, topic, WARM_UP)


def measure(one: Site, other: Site, broker: EmbeddedBroker, arguments: argparse.Namespace) -> Sequence[Figure]:
    """All rounds."""
    rounds: list[tuple[Phase, Phase, Phase, Phase]] = []
    for _ in range(arguments.rounds):
        rounds.append(
            (
                clients_alone(one, arguments.seconds / arguments.rounds),
                phase_of(one, broker, arguments.messages, None),
                phase_of(one, broker, arguments.messages, one),
                phase_of(other, broker, arguments.messages, one),
            )
        )
    clients, stream, together, apart = (Phase.joined(phases) for phases in zip(*rounds, strict=True))

    def shares(phase: Phase) -> tuple[float, float]:
        """Of the rates alone."""
        return (
            phase.look_ups_a_second / clients.look_ups_a_second,
            phase.messages_a_second / stream.messages_a_second,
        )

    return [
        Figure("look-up, clients alone", "µs CPU", clients.look_up),
        Figure("look-up, the stream apart", "µs CPU", apart.look_up),
        Figure("look-up, together", "µs CPU", together.look_up),
        Figure("look-up: together against alone", "ratio of CPU", together.look_up / clients.look_up),
        Figure("look-up: together against apart", "ratio of CPU", together.look_up / apart.look_up),
        Figure("message, stream alone", "µs CPU", stream.message),
        Figure("message, the clients apart", "µs CPU", apart.message),
        Figure("message, together", "µs CPU", together.message),
        Figure("message: together against alone", "ratio of CPU", together.message / stream.message),
        Figure("message: together against apart", "ratio of CPU", together.message / apart.message),
        Figure("look-ups, clients alone", "a second", clients.look_ups_a_second),
        Figure("look-ups, the stream apart", "a second", apart.look_ups_a_second),
        Figure("look-ups, together", "a second", together.look_ups_a_second),
        Figure("messages, stream alone", "a second", stream.messages_a_second),
        Figure("messages, the clients apart", "a second", apart.messages_a_second),
        Figure("messages, together", "a second", together.messages_a_second),
        Figure("both shares of the rates alone, apart", "sum", sum(shares(apart))),
        Figure("both shares of the rates alone, together", "sum", sum(shares(together))),
        Figure("cores at work, clients alone", "cores", clients.cores),
        Figure("cores at work, apart", "cores", apart.cores),
        Figure("cores at work, together", "cores", together.cores),
        Figure("99 of 100 look-ups within, clients alone", "ms", clients.tail),
        Figure("99 of 100 look-ups within, the stream apart", "ms", apart.tail),
        Figure("99 of 100 look-ups within, together", "ms", together.tail),
    ]


def clients_alone(asked: Site, seconds: float) -> Phase:
    """The clients for so long."""
    reading = Reading(asked.server)
    reading.start()
    before = used(asked, asked, reading)
    begin = time.perf_counter()
    time.sleep(seconds)
    end = time.perf_counter()
    after = used(asked, asked, reading)
    return Phase(end - begin, 0, within(reading.stop(), begin, end), difference(after, before))


def phase_of(ingests: Site, broker: EmbeddedBroker, messages: int, asked: Site | None) -> Phase:
    """A server that ingests so many messages; and one that clients ask meanwhile, the same or another."""
    produce(broker, ingests.topic, [b"%d" % number for number in range(ingests.imported, ingests.imported + messages)])
    ingests.imported += messages
    reading = None if asked is None else Reading(asked.server)
    ingests.session.run("START STREAM ingest").consume()
    if reading is not None:
        reading.start()
    before, begin = used(asked or ingests, ingests, reading), time.perf_counter()
    import_until(ingests.session, ingests.imported, start=False)
    after, end = used(asked or ingests, ingests, reading), time.perf_counter()
    latencies = () if reading is None else within(reading.stop(), begin, end)
    ingests.session.run("STOP STREAM ingest").consume()
    return Phase(end - begin, messages, latencies, difference(after, before))


def within(latencies: Mapping[float, float], begin: float, end: float) -> tuple[float, ...]:
    """Those of the answers that came between these moments."""
    return tuple(seconds for moment, seconds in latencies.items() if begin <= moment <= end)


def used(asked: Site, ingests: Site, reading: Reading | None) -> Use:
    """CPU seconds so far: of the loop of the server that is asked, and of what ingests in the other, or the same."""
    loop = asked.server.seconds().get(EVENT_LOOP, 0.0)
    threads = ingests.server.seconds()
    stream = sum(threads.values()) - threads[EVENT_LOOP] + child_cpu_seconds(ingests.server.own_process)
    others = [os.getpid()] if reading is None else [os.getpid(), reading.process_id]
    return Use(loop, stream, loop + stream + sum(sum(cpu_seconds(process).values()) for process in others))


def difference(now: Use, before: Use) -> Use:
    """Since then."""
    return Use(now.loop - before.loop, now.stream - before.stream, now.everything - before.everything)


if __name__ == "__main__":
    main()

"""`python -m benchmarks.together`: 32 clients that read while a stream ingests at full speed.

First the clients alone, then the stream alone, then both. Each client looks nodes up by their id, one at a time; the
stream takes node messages at BATCH_SIZE 1000 from a broker in this process, and the clients are a process too. CPU time
is the server's: the event loop's thread answers the clients, the other threads and the transform's process are the
stream's. Where both share the cores and nothing else, a look-up and a message cost together what they cost alone; only
clocks go slower.
"""

import argparse
import itertools
import multiprocessing
import selectors
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
from neo4j import GraphDatabase, Session

from benchmarks.bolt_client import Client, statement
from benchmarks.ingest import TRANSFORM, WARM_UP, import_until, produce
from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import child_cpu_seconds, wait_until_idle
from benchmarks.serving import Server, serving
from memgraph_py.cli.embedded_broker import EmbeddedBroker

CLIENTS = 32
NODES = 10_000
LOOKUP = "MATCH (n:Node {id: $id}) RETURN n"
EVENT_LOOP = "event loop"


@dataclass(frozen=True, slots=True)
class Use:
    """CPU seconds of the server between two moments: what answers clients, and what ingests."""

    loop: float
    stream: float


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

    def stop(self) -> list[float]:
        """End, with all answers there: seconds of each look-up."""
        self._told.send(None)
        latencies: list[float] = self._told.recv()
        self._process.join()
        return latencies


def _read(host: str, port: int, told: "Connection[object, object]") -> None:
    """Of a Reading: ready, wait for the start, go on until told to stop, tell the latencies."""
    asked = itertools.cycle([statement(LOOKUP, {"id": f"known {number}"}) for number in range(NODES)])
    clients = [Client(host, port) for _ in range(CLIENTS)]
    sent: dict[Client, float] = {}
    missing: dict[Client, int] = {}
    latencies: list[float] = []

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
                    latencies.append(time.perf_counter() - sent[client])
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
    parser.add_argument("--messages", type=int, default=200_000, help="of the stream, alone and beside the clients")
    parser.add_argument("--seconds", type=float, default=5.0, help="of the clients alone")
    parser.add_argument("--python", default=sys.executable, help="the interpreter whose installation serves")
    add_output_arguments(parser)
    arguments = parser.parse_args()
    with (
        EmbeddedBroker() as broker,
        serving("--transform-directory", str(TRANSFORM), python=arguments.python) as server,
        GraphDatabase.driver(server.uri, auth=None) as driver,
        driver.session() as session,
    ):
        prepare(session, broker)
        wait_until_idle(server.own_process)  # kernels are loaded meanwhile
        figures = measure(server, session, broker, arguments)
    publish(figures, arguments, f"{CLIENTS} clients that look nodes up, and a stream: alone and together")


def prepare(session: Session, broker: EmbeddedBroker) -> None:
    """The nodes that clients look up, and a stream that has run once."""
    session.run("CREATE INDEX ON :Node(id)").consume()
    session.run("UNWIND range(0, $nodes - 1) AS n CREATE (:Node {id: 'known ' + n})", {"nodes": NODES}).consume()
    produce(broker, "together", [b"warm-up"] * WARM_UP)
    session.run(
        f"CREATE STREAM ingest AS LOAD DATA KAFKA '{broker.address}' WITH TOPIC 'together' "
        "WITH TRANSFORM 'transform.py' BATCH_SIZE 1000"
    ).consume()
    import_until(session, WARM_UP)


def measure(
    server: Server, session: Session, broker: EmbeddedBroker, arguments: argparse.Namespace
) -> Sequence[Figure]:
    """The three phases."""
    count = arguments.messages
    reading = Reading(server)
    before = used(server)
    reading.start()
    time.sleep(arguments.seconds)
    alone_latencies = reading.stop()
    alone = since(before, server)

    produce(broker, "together", [b"%d" % number for number in range(count)])
    session.run("START STREAM ingest").consume()
    before = used(server)
    seconds_alone = import_until(session, WARM_UP + count, start=False)
    stream_alone = since(before, server)
    session.run("STOP STREAM ingest").consume()

    produce(broker, "together", [b"%d" % number for number in range(count, 2 * count)])
    beside = Reading(server)
    session.run("START STREAM ingest").consume()
    beside.start()
    before = used(server)
    seconds_beside = import_until(session, WARM_UP + 2 * count, start=False)
    beside_latencies = beside.stop()
    together, looked_up = since(before, server), len(beside_latencies)
    session.run("STOP STREAM ingest").consume()

    lookup = [1e6 * alone.loop / len(alone_latencies), 1e6 * together.loop / looked_up]
    message = [1e6 * use.stream / count for use in (stream_alone, together)]
    tails = [1e3 * float(np.percentile(read, 99)) for read in (alone_latencies, beside_latencies)]
    return [
        Figure("look-up, clients alone", "µs CPU", lookup[0]),
        Figure("look-up, beside the stream", "µs CPU", lookup[1]),
        Figure("look-up: together against alone", "ratio of CPU", lookup[1] / lookup[0]),
        Figure("message, stream alone", "µs CPU", message[0]),
        Figure("message, beside the clients", "µs CPU", message[1]),
        Figure("message: together against alone", "ratio of CPU", message[1] / message[0]),
        Figure("look-ups, clients alone", "a second", len(alone_latencies) / arguments.seconds),
        Figure("look-ups, beside the stream", "a second", looked_up / seconds_beside),
        Figure("messages, stream alone", "a second", count / seconds_alone),
        Figure("messages, beside the clients", "a second", count / seconds_beside),
        Figure("99 of 100 look-ups within, clients alone", "ms", tails[0]),
        Figure("99 of 100 look-ups within, beside the stream", "ms", tails[1]),
    ]


def used(server: Server) -> Use:
    """CPU seconds so far."""
    threads = server.seconds()
    loop = threads.get(EVENT_LOOP, 0.0)
    return Use(loop, sum(threads.values()) - loop + child_cpu_seconds(server.own_process))


def since(before: Use, server: Server) -> Use:
    """CPU seconds since then."""
    now = used(server)
    return Use(now.loop - before.loop, now.stream - before.stream)


if __name__ == "__main__":
    main()

"""Messages of Apache Kafka while server and broker are killed: does each take effect exactly once?

    producer ─▶ broker ─▶ server: (:Message), in the order of a counter in the graph; (:Copy), made by the thousand
                  ▲          ▲
               SIGKILL    SIGKILL      at random moments of a plan that a seed draws; the producer goes on meanwhile

Used by ``test_exactly_once.py`` and by `python -m benchmarks.ingest --real-kafka --kills 20`. A message says its
partition and offset, the script puts both into the graph, and in the end the graph is compared with the topic. The
producer is let go on act by act, so that messages come until the last kill, however fast they are imported.
"""

import contextlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, Producer, TopicPartition
from neo4j import Driver, GraphDatabase

from memgraph_py.durability.directory import TEMPORARY_SUFFIX
from tests.conftest import ServerProcess
from tests.crashes.killing import serving
from tests.end_to_end.kafka_broker import RealBroker
from tests.maven import Unavailable

PARTITIONS = 3
BATCH_SIZE = 40
MESSAGES_PER_SECOND = 1_000
CATCH_UP_SECONDS = 180.0
FLOWING_SECONDS = 15.0
"""How long a kill waits for messages to come in again after the one before it."""
CHECKPOINT_SECONDS = 5.0
LOG_ROTATE_BYTES = 20_000
"""A checkpoint after each few hundred messages, so that kills meet one."""

SCRIPT = """
IN_ORDER = (
    "MATCH (p:Partition {number: $partition}) SET p.count = p.count + 1 "
    "CREATE (:Message {partition: $partition, offset: $offset, sequence: p.count})"
)
COPY = "CREATE (:Copy {partition: $partition, offset: $offset})"


def stream(batch):
    rows = [dict(zip(("partition", "offset"), map(int, message.split()))) for message in batch]
    return [(IN_ORDER, row) for row in rows] + [(COPY, row) for row in rows]
"""
ACTS: dict[str, tuple[int, int]] = {
    "both at once": (1, 1),
    "server, again while it recovers": (2, 0),
    "server, in a checkpoint": (1, 0),
    "broker, again while it starts": (0, 2),
    "broker, then the server while it is away": (1, 1),
    "server": (1, 0),
    "broker": (0, 1),
}
"""What a plan is made of, with how many kills of server and broker each takes."""


@dataclass(slots=True)
class Report:
    """What happened, and what the graph holds in the end. ``wrong``: everything that is not as it must be."""

    messages: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    server_kills: int = 0
    broker_kills: int = 0
    kills_in_checkpoints: int = 0
    server_restart_seconds: list[float] = field(default_factory=list)
    broker_restart_seconds: list[float] = field(default_factory=list)
    catch_up_seconds: float = 0.0
    catch_up_messages: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def plan(kills: int, draw: random.Random) -> list[str]:
    """Acts with so many kills, half of them of the server, each kind as long as it fits, in random order."""
    servers, brokers = kills - kills // 2, kills // 2
    acts: list[str] = []
    while servers or brokers:
        for act, (of_server, of_broker) in ACTS.items():
            if of_server <= servers and of_broker <= brokers:
                acts.append(act)
                servers, brokers = servers - of_server, brokers - of_broker
    draw.shuffle(acts)
    return acts


class Process(ServerProcess):
    """A server with a checkpoint every few hundred messages."""

    program = serving(LOG_ROTATE_BYTES)


class Server:
    """One process of the server after another, on one data directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None
        self._driver: Driver | None = None
        self.children: set[int] = set()

    @property
    def process(self) -> Process:
        """The one that runs now."""
        assert self._process is not None
        return self._process

    def launch(self) -> None:
        """Begin to start; ``wait`` tells when it listens."""
        flags = ("--transform-directory", str(self._folder), "--log-level", "warning")
        self._process = Process(self._folder / "data", *flags)

    def wait(self) -> None:
        """Until it accepts connections."""
        self._driver = GraphDatabase.driver(self.process.bolt_uri)

    def rows(self, text: str) -> list[list[Any]]:
        """Of an auto-commit statement."""
        assert self._driver is not None
        with self._driver.session() as session:
            return session.run(text).values()  # type: ignore[arg-type]  # texts of this file

    def facts(self) -> dict[str, Any]:
        """SHOW STREAM."""
        return dict(self.rows("SHOW STREAM kills"))

    def imported(self) -> int:
        """Messages in the graph."""
        return int(self.rows("MATCH (p:Partition) RETURN sum(p.count)")[0][0])

    def in_checkpoint(self) -> bool:
        """True while one is being written."""
        names = os.listdir(self._folder / "data")
        return any(name.startswith("checkpoint-") and name.endswith(TEMPORARY_SUFFIX) for name in names)

    def kill(self) -> None:
        """SIGKILL. Its children are remembered."""
        self.children |= children(self.process.process.pid)
        self.process.kill()
        self._let_go()

    def terminate(self) -> int:
        """SIGTERM; gives the status."""
        self.children |= children(self.process.process.pid)
        status = self.process.terminate(seconds=60)
        self._let_go()
        return status

    def close(self) -> None:
        """End what is left after a failure."""
        if self._process is not None:
            self.kill()

    def _let_go(self) -> None:
        self._process = None
        if self._driver is not None:
            self._driver.close()
            self._driver = None


class Sender(threading.Thread):
    """The producer: so many messages over the partitions, as far as it is ``allowed``, whatever the broker does."""

    def __init__(self, address: str, topic: str, count: int) -> None:
        super().__init__(name="sender", daemon=True)
        self._topic = topic
        self._count = count
        self._failed: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": address,
                "enable.idempotence": True,
                "message.timeout.ms": 0,
                "linger.ms": 5,
                "reconnect.backoff.max.ms": 500,
                "enable.metrics.push": False,
                "log_level": 0,
            }
        )
        self.allowed = 0
        self.sent = 0

    def run(self) -> None:
        """Send at an even rate; a message is `partition offset`."""
        while self.sent < self._count:
            if self.sent < self.allowed:
                number, partition = divmod(self.sent, PARTITIONS)
                self._producer.produce(
                    self._topic, b"%d %d" % (partition, number), partition=partition, on_delivery=self._delivered
                )
                self.sent += 1
            self._producer.poll(1 / MESSAGES_PER_SECOND)

    def finish(self) -> list[str]:
        """Wait until the broker has them all; gives the errors it told."""
        self.join(CATCH_UP_SECONDS)
        left = self._producer.flush(CATCH_UP_SECONDS)
        return [*self._failed, *([f"{left} messages were never taken by the broker"] if left else [])]

    def _delivered(self, error: object, message: object) -> None:
        if error is not None:
            self._failed.append(f"the broker refused a message: {error}")


class Run:
    """One run: ``carry_out`` gives its report."""

    def __init__(self, broker: RealBroker, folder: Path, draw: random.Random, tell: Callable[[str], None]) -> None:
        self._broker = broker
        self._folder = folder
        self._draw = draw
        self._tell = tell
        self._report = Report()
        self._server = Server(folder)
        self._topic = f"kills-{uuid4()}"
        self._broker_starting: threading.Thread | None = None

    def carry_out(self, messages: int, kills: int) -> Report:
        """Import so many messages while so many kills happen, and compare the graph with the topic."""
        begin = time.monotonic()
        report = self._report
        report.messages = messages
        acts = plan(kills, self._draw)
        self._broker.create_topic(self._topic, PARTITIONS)
        sender = Sender(self._broker.address, self._topic, messages)
        try:
            self._prepare()
            sender.start()
            for done, act in enumerate(acts):
                sender.allowed = messages * (done + 1) // (len(acts) + 1)
                self._wait_for_flow()
                if act != "server, in a checkpoint":  # which waits for its moment itself
                    time.sleep(self._draw.random())
                self._tell(f"{time.monotonic() - begin:6.1f} s, {sender.sent:,} messages sent: kill {act}")
                self._act(act)
                report.acts[act] += 1
            sender.allowed = messages
            self._broker_ready()
            self._catch_up(sender)
            self._compare()
            self._end()
        finally:
            sender.allowed = messages
            self._server.close()
            self._broker_ready()
        report.seconds = time.monotonic() - begin
        return report

    def _prepare(self) -> None:
        (self._folder / "transform.py").write_text(SCRIPT)
        server = self._server
        server.launch()
        server.wait()
        server.rows("CREATE INDEX ON :Partition(number)")
        server.rows(f"UNWIND range(0, {PARTITIONS - 1}) AS number CREATE (:Partition {{number: number, count: 0}})")
        server.rows(
            f"CREATE STREAM kills AS LOAD DATA KAFKA '{self._broker.address}' WITH TOPIC '{self._topic}' "
            f"WITH TRANSFORM 'transform.py' BATCH_SIZE {BATCH_SIZE} BATCH_INTERVAL 20"
        )
        server.rows("START STREAM kills")

    def _wait_for_flow(self) -> None:
        """Until messages come in; not for long, as they cannot while the broker is away."""
        deadline = time.monotonic() + FLOWING_SECONDS
        begin = self._server.imported()
        while self._server.imported() == begin and time.monotonic() < deadline:
            time.sleep(0.02)

    # --- kills ---

    def _act(self, act: str) -> None:
        match act:
            case "both at once":
                self._kill_broker()
                self._kill_server()
                self._restart_server()
            case "server, again while it recovers":
                self._kill_server()
                self._server.launch()
                time.sleep(self._draw.uniform(0.0, 2.0))
                self._kill_server()
                self._restart_server()
            case "server, in a checkpoint":
                self._kill_server_in_checkpoint()
                self._restart_server()
            case "broker, again while it starts":
                self._kill_broker()
                time.sleep(self._draw.uniform(0.5, 3.0))
                self._kill_broker(while_starting=True)
            case "broker, then the server while it is away":
                self._kill_broker()
                time.sleep(self._draw.uniform(0.0, 1.0))
                self._kill_server()
                self._restart_server()
            case "server":
                self._kill_server()
                self._restart_server()
            case "broker":
                self._kill_broker()
            case _:
                raise AssertionError(act)

    def _kill_server(self) -> None:
        self._report.server_kills += 1
        self._report.kills_in_checkpoints += self._server.in_checkpoint()
        self._server.kill()

    def _kill_server_in_checkpoint(self) -> None:
        deadline = time.monotonic() + CHECKPOINT_SECONDS
        while not self._server.in_checkpoint() and time.monotonic() < deadline:
            time.sleep(0.0005)
        self._kill_server()

    def _restart_server(self) -> None:
        begin = time.monotonic()
        self._server.launch()
        self._server.wait()
        self._report.server_restart_seconds.append(time.monotonic() - begin)

    def _kill_broker(self, *, while_starting: bool = False) -> None:
        """Kill it, and have it started again meanwhile."""
        before = self._broker_starting
        if not while_starting:
            self._broker_ready()
        self._report.broker_kills += 1
        self._broker.kill()
        if while_starting and before is not None:
            before.join()
        self._broker_starting = threading.Thread(target=self._start_broker, daemon=True)
        self._broker_starting.start()

    def _start_broker(self) -> None:
        begin = time.monotonic()
        with contextlib.suppress(Unavailable):  # it was killed again; whoever did that starts it again
            self._broker.start()
            self._report.broker_restart_seconds.append(time.monotonic() - begin)

    def _broker_ready(self) -> None:
        if self._broker_starting is not None:
            self._broker_starting.join()
            self._broker_starting = None

    # --- the end ---

    def _catch_up(self, sender: Sender) -> None:
        """Until the graph holds what the topic holds."""
        report = self._report
        begin, behind = time.monotonic(), report.messages - self._server.imported()
        report.wrong += sender.finish()
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while self._server.imported() < report.messages and time.monotonic() < deadline:
            if self._server.facts()["state"] == "error":
                report.wrong.append(f"the stream stopped: {self._server.facts()['reason']}")
                return
            time.sleep(0.05)
        report.catch_up_seconds, report.catch_up_messages = time.monotonic() - begin, behind
        time.sleep(1.0)  # what comes twice would come now

    def _compare(self) -> None:
        """The graph with the topic: each message once, in order; the position at the ends."""
        ends = end_offsets(self._broker.address, self._topic)
        wrong = self._report.wrong
        if sum(ends.values()) != self._report.messages:
            wrong.append(f"the topic holds {ends}, not {self._report.messages} messages")
        for label in ("Message", "Copy"):
            found = self._server.rows(f"MATCH (m:{label}) RETURN m.partition, m.offset ORDER BY id(m)")
            wrong += [f":{label}: {text}" for text in differences([(row[0], row[1]) for row in found], ends)]
        bad = self._server.rows("MATCH (m:Message) WHERE m.sequence <> m.offset + 1 RETURN count(m)")[0][0]
        if bad:
            wrong.append(f"{bad} messages were counted out of order")
        facts = self._server.facts()
        for partition, end in ends.items():
            if facts[f"partition {partition} next offset"] != end:
                wrong.append(f"the position in partition {partition} is not {end}")

    def _end(self) -> None:
        """Stop stream and server: no thread and no process of them may be left."""
        server, wrong = self._server, self._report.wrong
        process_id = server.process.process.pid
        server.children |= children(process_id)
        server.rows("STOP STREAM kills")
        if children(process_id):
            wrong.append("a stopped stream has left a child process")
        threads = thread_count(process_id)
        server.rows("START STREAM kills")
        server.rows("STOP STREAM kills")
        deadline = time.monotonic() + 10
        while (left := thread_count(process_id) - threads) > 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        if left > 0:
            wrong.append(f"a stopped stream has left {left} threads")
        status = server.terminate()
        if status != 0:
            wrong.append(f"the server ended with status {status}")
        deadline = time.monotonic() + 10
        while (alive := {child for child in server.children if is_transform(child)}) and time.monotonic() < deadline:
            time.sleep(0.05)
        if alive:
            wrong.append(f"{len(alive)} transform processes have outlived their server")


def differences(places: list[tuple[int, int]], ends: dict[int, int]) -> list[str]:
    """What is wrong with these (partition, offset) pairs, in the order in which they came, where each offset of each
    partition up to its end should be there once, in order."""
    expected = {(partition, offset) for partition, end in ends.items() for offset in range(end)}
    counts = Counter(places)
    double = [place for place, count in counts.items() if count > 1]
    found = [("lost", expected - counts.keys()), ("never sent", counts.keys() - expected), ("double", double)]
    wrong = [f"{len(few)} {what}" for what, few in found if few]
    for partition in ends:
        offsets = [offset for number, offset in places if number == partition]
        if offsets != sorted(offsets):
            wrong.append(f"partition {partition} is out of order")
    return wrong


def end_offsets(address: str, topic: str) -> dict[int, int]:
    """By partition, the number of messages that the topic holds."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": topic, "enable.metrics.push": False})
    ends = {
        number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)[1]
        for number in range(PARTITIONS)
    }
    consumer.close()
    return ends


def children(process_id: int) -> set[int]:
    """Processes that this one has started and that are there."""
    found: set[int] = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{process_id}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                found.update(map(int, (task / "children").read_text().split()))
    return found


def thread_count(process_id: int) -> int:
    """Threads of a process."""
    return len(os.listdir(f"/proc/{process_id}/task"))


def is_transform(process_id: int) -> bool:
    """True when the process is there, and a transform's: its number may be another's by now."""
    try:
        return b"transform_worker" in Path(f"/proc/{process_id}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False

"""A run of kills on one data directory: load, SIGKILL, start, look, again. What was wrong is told with the seed.

kill in load        at a random moment of up to a second
kill in checkpoint  when a temporary file shows in the folder
kill in rotation    when a log file comes that was not there
kill in recovery    while the process that was to look starts, once or twice, and at the end of a load
"""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from neo4j import Driver, GraphDatabase, Transaction

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from tests.conftest import ServerProcess
from tests.crashes.checking import writers_states, wrong_counts, wrong_indexes, wrong_messages
from tests.crashes.defining import KEPT_INDEX, Definer, index_list
from tests.crashes.writing import State, Writer

WRITERS = 8
PARTITIONS = 3
LOG_ROTATE_BYTES = 60_000
"""A checkpoint about every two hundred commits."""
WAIT_SECONDS = 60.0
SERVE = """
import sys
from dataclasses import replace
from memgraph_py.cli import main, serve
from memgraph_py.config import Limits
settings_from = serve.settings_from
serve.settings_from = lambda *given: replace(settings_from(*given), limits=Limits(log_rotate_bytes=ROTATE_BYTES))
sys.exit(main.main())
"""
SCRIPT = """
def stream(batch):
    return [("MATCH (h:Hub) CREATE (h)-[:GOT]->(:Message {number: $number})", {"number": int(item)}) for item in batch]
"""
MOMENTS = ("load", "load", "checkpoint", "rotation", "stopping", "recovery")


def serving(log_rotate_bytes: int) -> tuple[str, str]:
    """What to start the interpreter with for a `memgraph-py` whose log rotates early."""
    return "-c", SERVE.replace("ROTATE_BYTES", str(log_rotate_bytes))


class Server(ServerProcess):
    """The server of a run."""

    program = serving(LOG_ROTATE_BYTES)


@dataclass(slots=True)
class Report:
    """What happened; ``wrong``: everything that was not as it must be."""

    kills: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    conflicts: int = 0
    definitions: int = 0
    messages: int = 0
    nodes: int = 0
    start_seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Run:
    """One data directory and what must be in it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.report = Report()
        self._folder = folder / "data"
        self._random = random.Random(seed)
        self._seed = seed
        self._scripts = folder / "scripts"
        self._scripts.mkdir()
        (self._scripts / "numbers.py").write_text(SCRIPT)
        self._writers = [Writer(number, seed * 1_000 + number) for number in range(WRITERS)]
        self._sent: dict[int, list[int]] = {partition: [] for partition in range(PARTITIONS)}
        self._broker = EmbeddedBroker()
        self._definer = Definer(seed, self._broker.address, str(self._scripts / "numbers.py"))

    def carry_out(self, kills: int) -> Report:
        """So many kills, or fewer where something was wrong; then all messages must come."""
        try:
            self._set_up()
            while sum(self.report.kills.values()) < kills and not self.report.wrong:
                self._load_and_kill(self._random.choice(MOMENTS))
                self._look(is_complete=sum(self.report.kills.values()) >= kills)
        finally:
            self._broker.close()
        self.report.wrong = [f"seed {self._seed}: {text}" for text in self.report.wrong]
        return self.report

    def _set_up(self) -> None:
        self._send(30)
        with self._started() as (_, driver), driver.session() as session:
            session.run("CREATE (:Hub {key: 'hub'}), (:Counter {total: 0})").consume()
            session.run(f"CREATE INDEX ON :{KEPT_INDEX[0]}({KEPT_INDEX[1]})").consume()
            session.run(self._definer.create_stream("messages")).consume()
            session.run("START STREAM messages").consume()

    def _load_and_kill(self, moment: str) -> None:
        with self._started() as (server, driver):
            ended = threading.Event()
            with ThreadPoolExecutor(WRITERS + 2) as pool:
                clients = [pool.submit(client.run, driver) for client in (*self._writers, self._definer)]
                clients.append(pool.submit(self._send_until, ended))
                self._wait_for(moment)
                if moment == "stopping":
                    server.process.terminate()
                    time.sleep(self._random.uniform(0.0, 0.3))
                server.kill()
                ended.set()
                for client in clients:
                    client.result(WAIT_SECONDS)
        self.report.kills[moment] += 1
        for _ in range(self._random.randint(1, 2) if moment == "recovery" else 0):
            again = self._start()
            time.sleep(self._random.uniform(0.3, 1.0) * self.report.start_seconds[-1])
            again.kill()
            self.report.kills["recovery"] += 1

    def _wait_for(self, moment: str) -> None:
        """Until the moment has come, or there was time enough for it."""
        if moment in ("load", "stopping", "recovery"):
            time.sleep(self._random.uniform(0.05, 1.0))
            return
        known = self._names()
        deadline = time.monotonic() + 5.0
        while time.monotonic() < deadline:
            fresh = self._names() - known
            if any(name.endswith(".tmp") if moment == "checkpoint" else name.startswith("log-") for name in fresh):
                return
            time.sleep(0.0005)

    def _names(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()}

    def _look(self, *, is_complete: bool) -> None:
        report = self.report
        with self._started() as (_, driver), driver.session() as session:
            if is_complete:
                self._wait_for_messages(driver)
            report.wrong += self._definer.check(session)
            report.wrong += [
                f"the stream {row['name']} is {row['status']}"
                for row in session.run("SHOW STREAMS")
                if row["status"] != ("running" if row["name"] == "messages" else "stopped")
            ]
            indexes = index_list(session)
            with session.begin_transaction() as transaction:  # the stream goes on
                report.wrong += self._wrong_in(transaction, is_complete=is_complete)
                report.wrong += wrong_indexes(transaction, indexes)
                (report.nodes,) = transaction.run("MATCH (n) RETURN count(n)").single(strict=True)
        report.commits = sum(writer.commits for writer in self._writers)
        report.conflicts = sum(writer.conflicts for writer in self._writers)
        report.definitions = self._definer.done
        report.messages = sum(len(numbers) for numbers in self._sent.values())

    def _wrong_in(self, transaction: Transaction, *, is_complete: bool) -> list[str]:
        wrong = [*wrong_counts(transaction), *wrong_messages(transaction, self._sent, is_complete=is_complete)]
        found = writers_states(transaction)
        for writer in self._writers:
            wrong += writer.check(found.get(writer.number, State()))
        (total,) = transaction.run("MATCH (c:Counter) RETURN c.total").single(strict=True)
        if total != (counted := sum(writer.state.counted for writer in self._writers)):
            wrong.append(f"the counter has {total}, and its writers counted {counted}")
        return wrong

    def _wait_for_messages(self, driver: Driver) -> None:
        expected = sum(len(numbers) for numbers in self._sent.values())
        deadline = time.monotonic() + WAIT_SECONDS
        with driver.session() as session:
            while time.monotonic() < deadline:
                (count,) = session.run("MATCH (m:Message) RETURN count(m)").single(strict=True)
                if count >= expected:
                    return
                time.sleep(0.05)

    def _send_until(self, ended: threading.Event) -> None:
        while not ended.wait(0.02):
            self._send(5)

    def _send(self, count: int) -> None:
        for partition, numbers in self._sent.items():
            fresh = [len(numbers) + offset for offset in range(count)]
            labelled = [number * PARTITIONS + partition for number in fresh]
            numbers += labelled
            self._broker.produce("numbers", [b"%d" % number for number in labelled], partition)

    def _start(self) -> Server:
        return Server(self._folder, "--transform-directory", str(self._scripts))

    @contextlib.contextmanager
    def _started(self) -> Iterator[tuple[Server, Driver]]:
        """A server, killed at the end if it was not, and a driver for it."""
        server = self._start()
        begun = time.monotonic()
        try:
            uri = server.bolt_uri
            self.report.start_seconds.append(time.monotonic() - begun)
            with GraphDatabase.driver(uri, max_connection_lifetime=-1, keep_alive=False) as driver:
                yield server, driver
        finally:
            if server.process.poll() is None:
                server.kill()

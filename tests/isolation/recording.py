"""Clients that append to lists and read them, all at once, and write down what they saw."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from neo4j import Driver, Session
from neo4j import Transaction as DriverTransaction
from neo4j.exceptions import DriverError, TransientError

from tests.isolation.history import Append, Outcome, Read, Transaction

SESSIONS = 8
KEYS = 400
KEYS_AT_ONCE = 5
COMMITS_PER_KEY = 12
"""After so many the next key takes the place of the oldest one, so that lists stay short."""


@dataclass(frozen=True, slots=True)
class Form:
    """A way to hold a list. {key} and {value} in the texts stand for expressions."""

    name: str
    setup: str
    append: str
    read: str


PROPERTY = Form(
    "property",
    "UNWIND range(0, $keys - 1) AS key CREATE (:Register {key: key, list: []})",
    "MATCH (r:Register {{key: {key}}}) SET r.list = r.list + {value}",
    "MATCH (r:Register {{key: {key}}}) RETURN r.key AS key, r.list AS list",
)
CHAIN = Form(
    "chain",
    "UNWIND range(0, $keys - 1) AS key CREATE (h:Register {key: key})-[:TAIL]->(h)",
    "MATCH (h:Register {{key: {key}}})-[tail:TAIL]->(last) DELETE tail "
    "CREATE (h)-[:TAIL]->(:Value {{value: {value}}})<-[:NEXT]-(last)",
    "MATCH (h:Register {{key: {key}}}) OPTIONAL MATCH path = (h)-[:NEXT*]->(v) "
    "WITH h.key AS key, v.value AS value, length(path) AS place ORDER BY place RETURN key, collect(value) AS list",
)


class Recorder:
    """The clients of one history, which goes on over several calls of ``run``."""

    def __init__(self, form: Form, seed: int) -> None:
        self.form = form
        self.history: list[Transaction] = []
        self._random = random.Random(seed)
        self._seed = seed
        self._lock = threading.Lock()
        self._values = 0
        self._commits = 0

    def set_up(self, driver: Driver) -> None:
        """Empty lists, found by an index."""
        with driver.session() as session:
            session.run("CREATE INDEX ON :Register(key)").consume()
            session.run(self.form.setup, keys=KEYS).consume()

    def run(self, driver: Driver, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """All sessions for so long, or until the server is gone; ``meanwhile`` runs beside them."""
        deadline = time.monotonic() + seconds
        with ThreadPoolExecutor(SESSIONS + 1) as pool:
            futures = [pool.submit(self._session, driver, number, deadline) for number in range(SESSIONS)]
            futures.append(pool.submit(meanwhile))
            for future in futures:
                future.result(seconds + 60)

    def final(self, driver: Driver) -> dict[int, tuple[int, ...]]:
        """Every list as it is now."""
        with driver.session() as session:
            reads = _reads(session, self.form, list(range(KEYS)))
        return {read.key: read.values for read in reads}

    def note(self, transaction: Transaction) -> None:
        """Take a transaction into the history, before it begins."""
        with self._lock:
            transaction.id = len(self.history)
            self.history.append(transaction)

    def fresh(self, count: int) -> list[Append]:
        """Appends of new values to different lists of the present ones."""
        with self._lock:
            first = min(self._commits // COMMITS_PER_KEY, KEYS - KEYS_AT_ONCE)
            keys = self._random.sample(range(first, first + KEYS_AT_ONCE), count)
            self._values += count
            return [Append(key, self._values - number) for number, key in enumerate(keys)]

    def _session(self, driver: Driver, number: int, deadline: float) -> None:
        draw = random.Random(f"{self._seed} {number} {len(self.history)}")
        with driver.session() as session:
            while time.monotonic() < deadline:
                transaction = Transaction(-1)
                self.note(transaction)
                transaction.begin = time.monotonic()
                try:
                    draw.choice((self._explicit, self._explicit, self._automatic))(session, transaction, draw)
                except TransientError:
                    transaction.outcome = Outcome.ABORTED
                except (DriverError, OSError):
                    return
                transaction.end = time.monotonic()
                if transaction.outcome is Outcome.COMMITTED:
                    with self._lock:
                        self._commits += 1

    def _explicit(self, session: Session, transaction: Transaction, draw: random.Random) -> None:
        """Appends and reads in random order, some of them twice; now and then it is taken back."""
        with session.begin_transaction() as open:
            for append in self.fresh(draw.randint(1, 3)):
                for is_append in draw.choice(((True,), (False,), (False, True), (True, False), (False, False))):
                    if is_append:
                        text = self.form.append.format(key="$key", value="$value")
                        transaction.operations.append(append)
                        open.run(text, key=append.key, value=append.value).consume()
                    else:
                        transaction.operations += _reads(open, self.form, [append.key])
            if transaction.operations and draw.random() < 0.3:
                transaction.operations += _reads(open, self.form, [transaction.operations[0].key])
            if draw.random() < 0.1:
                transaction.outcome = Outcome.ABORTED
                open.rollback()
            else:
                open.commit()
                transaction.outcome = Outcome.COMMITTED

    def _automatic(self, session: Session, transaction: Transaction, draw: random.Random) -> None:
        """One statement that appends to several lists, or that reads several."""
        appends = self.fresh(draw.randint(1, 3))
        if draw.random() < 0.5:
            transaction.operations += _reads(session, self.form, [append.key for append in appends])
        else:
            transaction.operations += appends
            text = "UNWIND $rows AS row " + self.form.append.format(key="row.key", value="row.value")
            session.run(text, rows=[{"key": append.key, "value": append.value} for append in appends]).consume()
        transaction.outcome = Outcome.COMMITTED


def _reads(where: Session | DriverTransaction, form: Form, keys: list[int]) -> list[Append | Read]:
    text = "UNWIND $keys AS wanted " + form.read.format(key="wanted")
    return [Read(row["key"], tuple(row["list"])) for row in where.run(text, keys=keys)]

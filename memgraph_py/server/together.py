"""Statements of a transaction that are alike and wait one behind the other, carried out as one.

A client that sends many statements without waiting for answers, each with a request for its rows, finds each answered
by itself: the same answers as one after another. What makes them so is in ``engine/vectorise.py``.

    RUN a 1, PULL, RUN a 2, PULL, RUN b, PULL   ->   one statement over the parameters 1 and 2; then b
"""

import time

from memgraph_py.bolt.bulk import unpack_alike
from memgraph_py.bolt.connection import Connection
from memgraph_py.bolt.messages import NO_OPTIONS, Run, run_head
from memgraph_py.bolt.notifications import NotificationFilter
from memgraph_py.engine.session import Session
from memgraph_py.errors import CypherError
from memgraph_py.metrics import Metrics
from memgraph_py.server.summaries import beginning, outcome, plain_ending


class StatementsAlike:
    """What a connection knows of the statements that wait: so many are to be carried out by themselves."""

    __slots__ = ("_connection", "_metrics", "_single")

    def __init__(self, connection: Connection, metrics: Metrics) -> None:
        self._connection = connection
        self._metrics = metrics
        self._single = 0

    def answer(self, statement: Run, session: Session, qid: int, wanted: NotificationFilter) -> int:
        """Answer the statement at hand, which is the next after number ``qid`` of the transaction, with those behind it
        that are alike, and the requests for their rows: how many. 0 where it must be carried out by itself."""
        if self._single:
            self._single -= 1
            return 0
        started = time.perf_counter()
        connection = self._connection
        messages = connection.alike(statement)
        if not messages:
            return 0
        count = len(messages)
        version = connection.version
        assert version is not None, "requests come after the handshake"
        columns = unpack_alike(messages, run_head(statement.text), NO_OPTIONS)
        try:
            together = None if columns is None else session.run_together(statement.text, count, columns)
        except CypherError:  # the same for each of them
            together = None
        if together is None:
            self._single = count - 1
            return 0
        told = outcome(version, False, False, together.notifications, wanted)
        endings = {changed: plain_ending("w", 0, changed, told, None) for changed in dict.fromkeys(together.counts)}
        answers: list[bytes] = []
        for number, changed in enumerate(together.counts, qid + 1):
            answers += (beginning((), 0, number, False), endings[changed])
        connection.succeed_alike(count, b"".join(answers))
        self._metrics.statements.done_together(count, time.perf_counter() - started)
        return count

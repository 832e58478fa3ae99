"""Writes of at most one row whose text came before: committed at once, answered together when they are on disk.

What ``singles.py`` is for look-ups: the second form of the plan (``execution/single.py``) runs and commits
on the newest version, and what is to be answered is kept until the log has it; no session, result or stream of records
is involved.

    RUN "CREATE (n:Person {id: $id})" {id: 7} {}   ->   committed; on disk: SUCCESS, SUCCESS
    PULL {n: -1}

Whatever is otherwise, such as a violated constraint, is left to the ``Conversation``, with nothing done.
"""

import time

from memgraph_py.bolt.connection import Connection
from memgraph_py.engine.session import new_context
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.errors import CypherError
from memgraph_py.execution.single import Parameters, SeveralRows, Writing
from memgraph_py.server.conversation import Conversation, Waits
from memgraph_py.server.records import single_record
from memgraph_py.server.services import Services
from memgraph_py.server.summaries import outcome, plain_ending
from memgraph_py.storage.commitment import Commitment
from memgraph_py.storage.snapshot import Snapshot


class SingleWrites:
    """Carries out such writes of one connection."""

    __slots__ = ("_connection", "_conversation", "_core", "_metrics", "_names")

    def __init__(self, services: Services, connection: Connection, conversation: Conversation) -> None:
        self._core = services.database.core
        self._names = services.names
        self._connection = connection
        self._conversation = conversation
        self._metrics = services.metrics.statements

    def carry_out(
        self, prepared: PreparedQuery, parameters: Parameters, begun: bytes, started: float
    ) -> "Waits | None":
        """Commit the write that waits first in the connection: what waits for the disk and then answers it, with the
        request for its rows. None, with nothing done, where it must be a transaction. begun: the answer to RUN."""
        core, form = self._core, prepared.single_write
        assert form is not None, "such is known of the text"
        writing = Writing(form, parameters, lambda transaction: new_context(core, transaction, parameters))
        try:
            found = core.store.commit_at_tip(writing)
        except (SeveralRows, CypherError):  # an error is found again, and told
            return None
        if found is None:
            return None
        return self._answer(prepared, writing, found, begun, started)

    def _answer(
        self,
        prepared: PreparedQuery,
        writing: Writing,
        found: tuple[Commitment, Snapshot],
        begun: bytes,
        started: float,
    ) -> Waits:
        """found: the commit and the version that it makes. Raises CommitFailed."""
        committed, snapshot = found
        metrics, connection, columns = self._metrics, self._connection, prepared.columns
        metrics.begin()
        connection.begin_single(begun)
        record = b""
        if writing.row is not None:
            record = single_record(writing.row, columns, snapshot, self._names, connection.dialect)
        milliseconds = int((time.perf_counter() - started) * 1000)
        yield from self._conversation.wait_for(committed)
        version = connection.version
        assert version is not None, "requests come after the handshake"
        told = outcome(version, bool(columns), bool(record), prepared.notifications, self._conversation.wanted)
        kind, bookmark = "rw" if columns else "w", self._core.store.current.version
        ended = plain_ending(kind, milliseconds, writing.counters.as_tuple(), told, bookmark)
        connection.end_single(record + ended)
        metrics.end(time.perf_counter() - started)

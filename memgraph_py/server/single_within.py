"""Statements of at most one row in an explicit transaction whose text came before, each answered together with the
request for its rows.

Drivers run most of what they do in transactions (``execute_read``, ``execute_write``), one statement after another. The
second form of the plan (``execution/single.py``) reads, or writes, in the open transaction of the session; no result or
stream of records is involved.

    RUN "CREATE (n:Person {id: $id})" {id: 7} {}   ->   SUCCESS, SUCCESS
    PULL {n: 1000}

Whatever is otherwise, such as an error, or a result that is still open, is left to the ``Conversation``.
"""

import time

from memgraph_py.bolt.connection import Connection
from memgraph_py.engine.session import Session
from memgraph_py.engine.statements import PreparedQuery
from memgraph_py.errors import CypherError
from memgraph_py.execution.single import Parameters, SeveralRows
from memgraph_py.server.conversation import Conversation
from memgraph_py.server.records import single_record
from memgraph_py.server.services import Services
from memgraph_py.server.summaries import READ_ONLY, beginning, outcome, plain_ending
from memgraph_py.storage.transaction import Transaction


class SinglesWithin:
    """Carries out such statements of one connection."""

    __slots__ = ("_connection", "_conversation", "_metrics", "_names")

    def __init__(self, services: Services, connection: Connection, conversation: Conversation) -> None:
        self._names = services.names
        self._connection = connection
        self._conversation = conversation
        self._metrics = services.metrics.statements

    def carry_out(
        self,
        prepared: PreparedQuery,
        parameters: Parameters,
        session: Session,
        transaction: Transaction,
        started: float,
    ) -> bool:
        """Answer the statement that waits first, and the request for its rows; False, with nothing done, where ``run``
        must be asked. transaction: that of the session."""
        conversation, connection, columns = self._conversation, self._connection, prepared.columns
        try:
            row, counts = session.run_single(prepared, parameters)
        except (SeveralRows, CypherError):  # an error is found again, and told
            return False
        record = b""
        if row is not None:
            record = single_record(row, columns, transaction, self._names, connection.dialect)
        version = connection.version
        assert version is not None, "requests come after the handshake"
        seconds = time.perf_counter() - started
        told = outcome(version, bool(columns), row is not None, prepared.notifications, conversation.wanted)
        kind = READ_ONLY if not prepared.writes else "rw" if columns else "w"
        begun = beginning(columns, 0, conversation.next_result(), False)
        ended = plain_ending(kind, int(seconds * 1000), counts, told, None)
        connection.succeed_single(b"".join((begun, record, ended)))
        self._metrics.done(seconds)
        return True

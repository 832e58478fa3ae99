"""Statements of at most one row whose text came before, each answered together with the request for its rows.

Most requests of a busy server are such, with a few parameters: look-ups, and writes of one element. What is known of
such a text is kept by the bytes that a RUN message has before its parameters. Then the rest is to read these, to run
the plan's second form (``execution/single.py``) and to pack its row; no result or stream of records is involved, as
they would live for a few microseconds in which nobody can ask for them.

    RUN "MATCH (n:Person {id: $id}) RETURN n" {id: 7} {}   ->   SUCCESS, RECORD, SUCCESS
    PULL {n: -1}

A read outside of transactions is answered here, a write by ``single_writes.py``, what stands in an explicit transaction
by ``single_within.py``. Whatever is otherwise, such as a text that is new, several rows, options, an error, is left to
the ``Conversation``, with nothing done.
"""

import time
from dataclasses import dataclass

from memgraph_py.bolt.connection import Connection
from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.handshake import ProtocolVersion
from memgraph_py.bolt.short_run import short_head, short_parameters, text_of_head
from memgraph_py.engine.database import Database
from memgraph_py.engine.statements import PreparedQuery, may_tell_of_known_names, still_suits
from memgraph_py.errors import CypherError
from memgraph_py.execution.single import SeveralRows, SingleRow
from memgraph_py.server.conversation import Conversation, Waits
from memgraph_py.server.records import pack_row
from memgraph_py.server.services import Services
from memgraph_py.server.single_within import SinglesWithin
from memgraph_py.server.single_writes import SingleWrites
from memgraph_py.server.summaries import NO_COUNTS, READ_ONLY, beginning, outcome, plain_ending
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.transaction import Transaction

KNOWN_MAX = 1_000
"""Texts of which something is kept."""
MILLISECOND = 0.001
IN_TRANSACTION = -1
"""In place of the version of the graph."""


@dataclass(slots=True)
class KnownText:
    """What is known of a text. run: None where it is no such read. writes: it is for ``single_writes.py``.

    version: the last one of the graph that the plan was found to suit. begun: the first answer, for clients that are
    told the database's name and for others.
    """

    prepared: PreparedQuery
    run: SingleRow | None
    writes: bool
    version: int
    begun: tuple[bytes, bytes]


class KnownTexts:
    """Short texts that were prepared before, for all connections of a server; used in the event loop's thread."""

    __slots__ = ("_known", "_schema_version", "_statements")

    def __init__(self, database: Database) -> None:
        self._statements = database.core.statements
        self._known: dict[bytes, KnownText] = {}
        self._schema_version = -1

    def find(self, head: bytes, snapshot: Snapshot, transaction: Transaction | None = None) -> KnownText | None:
        """The text at the end of these bytes; None where there is nothing to know. transaction: in which it is to run;
        else on the snapshot, which is the newest."""
        if snapshot.schema.version != self._schema_version:
            self._known.clear()
            self._schema_version = snapshot.schema.version
        view: Snapshot | Transaction = snapshot
        version = snapshot.version
        if transaction is not None:
            if transaction.schema.version != self._schema_version:  # the schema has changed since it began
                return None
            view, version = transaction, IN_TRANSACTION
        known = self._known.get(head)
        if known is None:
            return self._learn(head, view, version)
        if known.version != version or version == IN_TRANSACTION:
            if not still_suits(known.prepared, view.size) or may_tell_of_known_names(known.prepared, view):
                del self._known[head]
                return None
            known.version = version
        return known

    def _learn(self, head: bytes, view: Snapshot | Transaction, version: int) -> KnownText | None:
        try:
            text = text_of_head(head)
        except UnicodeDecodeError:
            return None
        prepared = self._statements.known(text, view)
        if prepared is None:
            return None
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        begun = beginning(prepared.columns, 0, None, False), beginning(prepared.columns, 0, None, True)
        # what is told of unknown names may change with each commit
        is_short = prepared.bounded and all(one.unknown is None for one in prepared.notifications)
        run, writes = prepared.single if is_short else None, is_short and prepared.single_write is not None
        known = self._known[head] = KnownText(prepared, run, writes, version, begun)
        return known


class Singles:
    """Answers such statements of one connection."""

    __slots__ = (
        "_connection",
        "_conversation",
        "_ended",
        "_ended_version",
        "_known",
        "_metrics",
        "_names",
        "_store",
        "_within",
        "_writes",
    )

    def __init__(self, services: Services, connection: Connection, conversation: Conversation) -> None:
        self._store = services.database.store
        self._known = services.known_texts
        self._names = services.names
        self._connection = connection
        self._conversation = conversation
        self._metrics = services.metrics.statements
        self._within = SinglesWithin(services, connection, conversation)
        self._writes = SingleWrites(services, connection, conversation)
        self._ended, self._ended_version = b"", -1
        """The last answer to most of them, and the version of the graph that it names."""

    def answer(self) -> "bool | Waits":
        """Answer the one that waits first, and the request for its rows; False, with nothing done, for none. Of a
        write outside of transactions: what answers it once it is on disk."""
        connection = self._connection
        message = connection.next_single()
        if message is None:
            return False
        started = time.perf_counter()
        stop = short_head(message)
        if stop is None:
            return False
        snapshot, session, transaction = self._store.current, None, None
        if connection.in_transaction:
            session = self._conversation.session_within()
            transaction = None if session is None else session.transaction
            if transaction is None or connection.waits_alike(message[:stop]):
                return False
        known = self._known.find(message[:stop], snapshot, transaction)
        if known is None or (known.run is None and not known.writes):
            return False
        parameters = short_parameters(message, stop)
        if parameters is None:
            return False
        prepared = known.prepared
        if prepared.parameters and not prepared.parameters <= parameters.keys():
            return False
        if prepared.literals:
            parameters |= prepared.literals
        if session is not None and transaction is not None:
            return self._within.carry_out(prepared, parameters, session, transaction, started)
        version = connection.version
        assert version is not None, "requests come after the handshake"
        begun = known.begun[version.home_database]
        if known.run is None:
            return self._writes.carry_out(prepared, parameters, begun, started) or False
        try:
            row = known.run(snapshot, parameters)
        except (SeveralRows, CypherError):  # an error is found again, and told
            return False
        record = b""
        if row is not None:
            record = frame(pack_row(row, prepared.columns, snapshot, self._names, connection.dialect))
        seconds = time.perf_counter() - started
        if prepared.notifications:
            told = outcome(version, True, row is not None, prepared.notifications, self._conversation.wanted)
            ended = plain_ending(READ_ONLY, int(seconds / MILLISECOND), NO_COUNTS, told, snapshot.version)
        else:
            ended = self._ending(version, snapshot.version, seconds, has_row=row is not None)
        connection.succeed_single(b"".join((begun, record, ended)))
        self._metrics.done(seconds)
        return True

    def _ending(self, version: ProtocolVersion, graph_version: int, seconds: float, *, has_row: bool) -> bytes:
        is_usual = has_row and seconds < MILLISECOND
        if is_usual and graph_version == self._ended_version:
            return self._ended
        told = outcome(version, True, has_row)
        ended = plain_ending(READ_ONLY, int(seconds / MILLISECOND), NO_COUNTS, told, graph_version)
        if is_usual:
            self._ended, self._ended_version = ended, graph_version
        return ended

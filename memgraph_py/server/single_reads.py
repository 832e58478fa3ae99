"""Reads of at most one row, each answered together with the request for its rows.

Most requests of a busy server are a text that came before, with a few parameters, outside of a transaction: a look-up.
What is known of such a text is kept by the bytes that a RUN message has before its parameters. Then the rest is to read
these, to run the plan's second form (``execution/single.py``) and to pack its row; no session, result or stream of
records is involved, as they would live for a few microseconds in which nobody can ask for them.

    RUN "MATCH (n:Person {id: $id}) RETURN n" {id: 7} {}   ->   SUCCESS, RECORD, SUCCESS
    PULL {n: -1}

Whatever is otherwise, such as a text that is new, several rows, options, an error, is left to the ``Conversation``,
with nothing done.
"""

import time
from dataclasses import dataclass

from memgraph_py.bolt.connection import Connection
from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.handshake import ProtocolVersion
from memgraph_py.bolt.notifications import NO_DATA, SUCCEEDED
from memgraph_py.bolt.short_run import short_head, short_parameters, text_of_head
from memgraph_py.engine.database import Database
from memgraph_py.engine.statements import PreparedQuery, still_suits
from memgraph_py.errors import CypherError
from memgraph_py.execution.single import SeveralRows, SingleRow
from memgraph_py.server.conversation import Conversation, Waits
from memgraph_py.server.records import pack_row
from memgraph_py.server.services import Services
from memgraph_py.server.single_writes import SingleWrites
from memgraph_py.server.summaries import NO_COUNTS, READ_ONLY, beginning, plain_ending
from memgraph_py.storage.snapshot import Snapshot

KNOWN_MAX = 1_000
"""Texts of which something is kept."""
MILLISECOND = 0.001
_STATUSES = {True: str(SUCCEEDED["gql_status"]), False: str(NO_DATA["gql_status"])}


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


class KnownReads:
    """Short texts that were prepared before, for all connections of a server; used in the event loop's thread."""

    __slots__ = ("_known", "_schema_version", "_statements")

    def __init__(self, database: Database) -> None:
        self._statements = database.core.statements
        self._known: dict[bytes, KnownText] = {}
        self._schema_version = -1

    def find(self, head: bytes, snapshot: Snapshot) -> KnownText | None:
        """The text at the end of these bytes; None where there is nothing to know."""
        if snapshot.schema.version != self._schema_version:
            self._known.clear()
            self._schema_version = snapshot.schema.version
        known = self._known.get(head)
        if known is None:
            return self._learn(head, snapshot)
        if known.version != snapshot.version:
            if not still_suits(known.prepared, snapshot.live_nodes + snapshot.live_relationships):
                del self._known[head]
                return None
            known.version = snapshot.version
        return known

    def _learn(self, head: bytes, snapshot: Snapshot) -> KnownText | None:
        try:
            text = text_of_head(head)
        except UnicodeDecodeError:
            return None
        prepared = self._statements.known(text, snapshot)
        if prepared is None:
            return None
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        begun = beginning(prepared.columns, 0, None, False), beginning(prepared.columns, 0, None, True)
        is_short = prepared.bounded and not prepared.notifications
        run, writes = prepared.single if is_short else None, is_short and prepared.single_write is not None
        known = self._known[head] = KnownText(prepared, run, writes, snapshot.version, begun)
        return known


class SingleReads:
    """Answers such reads of one connection."""

    __slots__ = ("_connection", "_ended", "_ended_version", "_known", "_metrics", "_names", "_store", "_writes")

    def __init__(self, services: Services, connection: Connection, conversation: Conversation) -> None:
        self._store = services.database.store
        self._known = services.reads
        self._names = services.names
        self._connection = connection
        self._metrics = services.metrics.statements
        self._writes = SingleWrites(services, connection, conversation)
        self._ended, self._ended_version = b"", -1
        """The last answer to most of them, and the version of the graph that it names."""

    def answer(self) -> "bool | Waits":
        """Answer the read that waits first, and the request for its rows; False, with nothing done, for none. Of a
        write: what answers it once it is on disk."""
        connection = self._connection
        message = connection.next_read()
        if message is None:
            return False
        started = time.perf_counter()
        stop = short_head(message)
        if stop is None:
            return False
        snapshot = self._store.current
        known = self._known.find(message[:stop], snapshot)
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
        ended = self._ending(version, snapshot.version, seconds, has_row=row is not None)
        connection.succeed_read(b"".join((begun, record, ended)))
        self._metrics.done(seconds)
        return True

    def _ending(self, version: ProtocolVersion, graph_version: int, seconds: float, *, has_row: bool) -> bytes:
        is_usual = has_row and seconds < MILLISECOND
        if is_usual and graph_version == self._ended_version:
            return self._ended
        status = _STATUSES[has_row] if version.statuses else None
        ended = plain_ending(READ_ONLY, int(seconds / MILLISECOND), NO_COUNTS, status, graph_version)
        if is_usual:
            self._ended, self._ended_version = ended, graph_version
        return ended

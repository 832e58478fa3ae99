"""Conversation: one client's requests carried out in a session, strictly one after another.

A request is carried out by a generator that yields each future it must wait for. What can end at once runs to its end
in the event loop's thread: a hop to a worker thread and back costs more than a short statement. Statements whose plan
is bounded begin here, with ``bounded_seconds``; one that needs longer, and every other one, has its rows taken and
packed by a worker, a few thousand at a time.

A statement is told to end by its client, by somebody who terminates its transaction, or when its time is over; then it
ends as soon as it looks. A worker that does not look in time (it is inside a kernel), or that waits for a client which
does not read, is left to itself: the conversation goes on with a new session, and the old one is closed when its worker
comes back. What goes to the log is never left: the client must learn how that ended.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar, assert_never

from memgraph_py import __version__
from memgraph_py.bolt.connection import Connection
from memgraph_py.bolt.handshake import ProtocolVersion
from memgraph_py.bolt.messages import (
    ALL,
    DEFAULT_OPTIONS,
    Begin,
    Commit,
    Discard,
    Goodbye,
    Hello,
    Logoff,
    Logon,
    Options,
    Pull,
    Request,
    Reset,
    Rollback,
    Route,
    Run,
    Telemetry,
    Undecoded,
    entry,
    success_of,
)
from memgraph_py.bolt.notifications import EVERYTHING, NotificationFilter
from memgraph_py.bounds import Ending
from memgraph_py.engine.session import Result, Session
from memgraph_py.errors import (
    CypherError,
    InvalidRequest,
    LimitExceeded,
    ServiceUnavailable,
    TransactionTimedOut,
)
from memgraph_py.functions.procedures import (
    COMPATIBLE_VERSION,
    DATABASE,
    ROUTING_TABLE_SECONDS,
    routing_servers,
)
from memgraph_py.server.acceptance import ROUTED_NAMES, check_bookmarks, check_database
from memgraph_py.server.records import Piece, RecordStream
from memgraph_py.server.services import Services
from memgraph_py.server.summaries import BOOKMARK_HEAD, beginning, ending
from memgraph_py.server.together import StatementsAlike
from memgraph_py.storage.transaction import Access
from memgraph_py.values.types import Value

if TYPE_CHECKING:
    from memgraph_py.server.bolt_client import BoltClient

AGENT = f"Neo4j/{COMPATIBLE_VERSION} compatible (memgraph-py {__version__})"
SILENCES = 4
"""A client is told to wait for so many signs of life before it gives the server up."""
EXPIRY_SECONDS = 0.5
"""A transaction whose time is over is looked at again after so long, while a request of it is carried out."""
PIECE_ROWS = 4_096
"""Rows of one piece: its encoding takes a few milliseconds at most."""
INLINE_TEXT_CHARACTERS = 4_096
"""A longer text is parsed by a worker: parsing takes about 2 ms per 1,500 characters when the text is new."""

_connection_numbers = itertools.count(1)

P = ParamSpec("P")
R = TypeVar("R")
Waits: TypeAlias = "Generator[Future[Any], None, None]"


class Conversation:
    """Requests of one connection. All methods run in the event loop's thread, but what goes through ``_in_worker``."""

    def __init__(self, services: Services, connection: Connection, transport: "BoltClient") -> None:
        """transport: flushes output, and tells when more can be written."""
        self._services = services
        self._connection = connection
        self._transport = transport
        self._session = self._new_session()
        self._streams: dict[int, RecordStream] = {}
        self._alike = StatementsAlike(connection, services.metrics)
        self._is_counted = False
        """The open transaction is among those that the services count."""
        self._last_qid = -1
        self._heavy = False
        """A statement of the open transaction went to a worker: so does its commit, and that of a large one."""
        self._connection_filter = EVERYTHING
        self._filter = EVERYTHING
        """Of the transaction, over that of the connection."""
        self._worker: Future[Any] | None = None
        self.is_committing = False
        """A commit is waited for: soon there is more to send, and what there is goes with it."""
        self._ends_at: float | None = None
        """When the time of the single statement at hand is over (perf_counter)."""
        self._expiry: asyncio.TimerHandle | None = None
        """Then ``_expire`` is called: for a transaction, and for a statement that went to a worker."""
        self._expired = False

    # --- ending what runs ---------------------------------------------------------------------------------------------

    def cancel(self, ending: Ending) -> None:
        """Tell the statement that runs to end."""
        self._session.cancel(ending)

    def abandon(self) -> bool:
        """Leave the statement to the worker that may be inside it, and go on without it. False where it is being
        committed: its end must be waited for."""
        if self.is_committing or not self._session.abandon():
            return False
        session, counted = self._session, self._is_counted
        self._is_counted = False
        worker, self._worker = self._worker, None
        self._session = self._new_session()
        self._forget()

        def close(done: "Future[Any]") -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server has stopped
                self._services.loop.call_soon_threadsafe(self._close_session, session, counted)

        if worker is None:
            self._close_session(session, counted)
        else:
            worker.cancel()  # where it has not begun it never will
            worker.add_done_callback(close)
            self._services.workers.watch(worker)
        return True

    def end(self) -> None:
        """The connection is gone, and nothing of it runs."""
        self.roll_back()
        self._session.close()

    def _close_session(self, session: Session, counted: bool) -> None:
        session.close()
        self._services.open_transactions -= counted

    def _new_session(self) -> Session:
        session = self._services.database.session()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server has stopped
                self._services.loop.call_soon_threadsafe(self._is_terminated, session)

        session.on_terminate = tell
        return session

    def _is_terminated(self, session: Session) -> None:
        """Somebody has terminated the transaction: what runs was told so already."""
        if session is self._session:
            self._transport.end_statement(Ending.TERMINATED)

    def _expire(self) -> None:
        """The time of the transaction, or of the statement, is over."""
        self._expiry = None
        if not self._connection.is_idle:
            self._expiry = self._services.loop.call_later(EXPIRY_SECONDS, self._expire)
            self._transport.end_statement(Ending.LATE)
        elif self._session.in_transaction:
            self.roll_back()
            self._expired = True

    # --- statements of a single row -----------------------------------------------------------------------------------

    def session_within(self) -> Session | None:
        """That of the open transaction; None where it is over, or has results that are open."""
        session = self._session
        return session if session.in_transaction and not (self._streams or self._expired) else None

    def next_result(self) -> int:
        """The number of the next result of the transaction."""
        self._last_qid += 1
        return self._last_qid

    @property
    def wanted(self) -> NotificationFilter:
        """Of the transaction, or of what the connection says where none is open."""
        return self._filter if self._session.in_transaction else self._connection_filter

    # --- requests -----------------------------------------------------------------------------------------------------

    def carry_out(self, request: Request | Undecoded, *, large: bool = False) -> "Waits | None":
        """Answer the request, or give what does: it waits for the futures that it yields. large: the values of the
        request take long to look at. Raises CypherError where ``fail`` is the answer, and so does what is given."""
        match request:
            case Run():
                self._check_expired()
                if self._session.in_transaction and not self._streams and not large:
                    answered = self._alike.answer(request, self._session, self._last_qid, self._filter)
                    if answered:
                        self._last_qid += answered
                        return None
                return self._run(request, large=large)
            case Pull() | Discard():
                self._check_expired()
                return self._pull(request)
            case Begin():
                self._begin(request.options)
            case Commit():
                self._check_expired()
                return self._commit()
            case Rollback() | Reset():
                self.roll_back()
                self._connection.succeed({})
            case Hello():
                self._hello(request)
            case Route():
                self._route(request)
            case Logon() | Logoff() | Telemetry() | Goodbye():
                self._connection.succeed({})
            case Undecoded():
                return self._decode(request)
            case _:
                assert_never(request)
        return None

    def fail(self, error: CypherError) -> None:
        """Answer the request at hand with the error, and undo its transaction."""
        self._services.metrics.errors.labels(error.code).inc()
        self.roll_back()
        self._connection.fail(error)

    def roll_back(self) -> None:
        """Undo the open transaction, if there is one, and forget results."""
        self._forget()
        self._uncount()
        if self._session.in_transaction:
            self._session.rollback()

    def _uncount(self) -> None:
        """The transaction is not open any more."""
        self._services.open_transactions -= self._is_counted
        self._is_counted = False

    def _check_expired(self) -> None:
        if self._expired:
            raise TransactionTimedOut("the transaction ran longer than its limit")

    def _hello(self, request: Hello) -> None:
        services = self._services
        services.metrics.connections_opened.inc()
        hints: dict[str, Value] = {"telemetry.enabled": False}
        if self._version.recv_timeout:
            hints["connection.recv_timeout_seconds"] = max(1, int(SILENCES * services.settings.bolt_keep_alive_seconds))
        metadata: dict[str, Value] = {
            "server": AGENT,
            "connection_id": f"bolt-{next(_connection_numbers)}",
            "hints": hints,
        }
        if request.utc and self._version.utc_patch:
            metadata["patch_bolt"] = ["utc"]
        self._connection_filter = request.filter
        self._connection.succeed(metadata)

    def _route(self, request: Route) -> None:
        check_database(request.database, ROUTED_NAMES)
        address = request.address or self._transport.own_address()
        self._connection.succeed(
            {"rt": {"ttl": ROUTING_TABLE_SECONDS, "db": DATABASE, "servers": routing_servers(address)}}
        )

    def _decode(self, undecoded: Undecoded) -> Waits:
        """Read the request's fields in a worker, then answer it. Raises ProtocolViolation too."""
        decoded = yield from self._in_worker(self._connection.decode, undecoded)
        request = self._connection.take_up(decoded)
        if request is not None:
            yield from self.carry_out(request, large=True) or ()

    def _run(self, request: Run, *, large: bool) -> "Waits | None":
        services, options, session = self._services, request.options, self._session
        services.metrics.statements.begin()
        started = time.perf_counter()
        if len(request.text) > services.settings.limits.query_bytes_max:
            raise LimitExceeded("the query is too long", hint="send data as parameters")
        in_transaction = session.in_transaction
        if not in_transaction:
            self._accept(options)
        access = Access.READ if options.reads_only else Access.WRITE
        timeout_seconds = self._timeout_seconds(options)
        self._ends_at = started + timeout_seconds if timeout_seconds and not in_transaction else None
        if len(request.text) <= INLINE_TEXT_CHARACTERS and not self._streams:
            result = session.run(request.text, request.parameters, access, timeout_seconds, is_utf8=True)
            self._open_result(request, result, started, large=large)
            return None
        # a new text takes long to parse; a write first buffers the rows of the open results
        running = self._in_worker(session.run, request.text, request.parameters, access, timeout_seconds, is_utf8=True)
        return self._run_in_worker(request, running, started, large=large)

    def _run_in_worker(
        self, request: Run, running: "Generator[Future[Any], None, Result]", started: float, *, large: bool
    ) -> Waits:
        self._open_result(request, (yield from running), started, large=large)

    def _open_result(self, request: Run, result: Result, started: float, *, large: bool) -> None:
        """The statement is under way: answer RUN."""
        bounded = result.bounded and not large
        stream = RecordStream(result, self._services.names, self._connection.dialect, started, bounded=bounded)
        names_database, qid = False, None
        if self._session.in_transaction:
            qid = self.next_result()
        else:
            self._last_qid = 0
            names_database = self._names_database(request.options)
        self._streams[self._last_qid] = stream
        milliseconds = int((time.perf_counter() - started) * 1000)
        self._connection.succeed_framed(beginning(result.columns, milliseconds, qid, names_database))

    def _pull(self, request: Pull | Discard) -> "Waits | None":
        qid = self._last_qid if request.qid == ALL else request.qid
        stream = self._streams.get(qid)
        if stream is None:
            raise InvalidRequest(f"there is no open result {qid}")
        if not stream.bounded:
            return self._pull_on(request, qid, stream, None)
        take = self._take if type(request) is Pull else self._skip
        count = PIECE_ROWS if request.count == ALL else min(request.count, PIECE_ROWS)
        piece = take(stream, count, self._services.settings.limits.bounded_seconds)
        if piece.data:
            self._connection.records(piece.data)
        if piece.finished and piece.complete and stream.result.committed is None:
            self._finish(qid, stream)
            return None
        return self._pull_on(request, qid, stream, piece)

    def _pull_on(self, request: Pull | Discard, qid: int, stream: RecordStream, piece: Piece | None) -> Waits:
        """Go on in a worker after the first piece, whose records are sent, or without one."""
        connection, transport = self._connection, self._transport
        take = self._take if isinstance(request, Pull) else self._skip
        left = request.count
        while True:
            if piece is None:
                self._heavy = True
                count = PIECE_ROWS if left == ALL else min(left, PIECE_ROWS)
                piece = yield from self._in_worker(take, stream, count, None)
                if piece.data:
                    connection.records(piece.data)
            if left != ALL:
                left -= piece.rows
            if piece.complete and (piece.finished or (left == 0 and not piece.interrupted)):
                break
            transport.flush()
            if transport.writable is not None:
                yield transport.writable
            piece = None
        if not piece.finished:
            connection.succeed({"has_more": True}, more=True)
            return
        committed = stream.result.committed
        if committed is not None:
            yield from self.wait_for(committed)
        self._finish(qid, stream)

    def wait_for(self, committed: "Future[int]") -> Waits:
        """Until the commit is on disk. Raises CommitFailed."""
        if not committed.done():
            self.is_committing = True
            try:
                yield committed
            finally:
                self.is_committing = False
        committed.result()

    def _finish(self, qid: int, stream: RecordStream) -> None:
        """The last record is sent, and what was changed is on disk: tell what the statement did."""
        del self._streams[qid]
        services = self._services
        bookmark = None
        if not self._session.in_transaction:
            bookmark = services.database.store.current.version
            self._stop_clock()
        services.metrics.statements.end(time.perf_counter() - stream.started)
        message = ending(stream, self._filter, self._version, bookmark)
        self._connection.succeed_framed(message, more=bool(self._streams))

    def _take(self, stream: RecordStream, count: int, budget: float | None) -> Piece:
        self._check_interrupted()
        return stream.take(count, self._services.settings.limits.output_buffer_bytes_max, budget)

    def _skip(self, stream: RecordStream, count: int, budget: float | None) -> Piece:
        self._check_interrupted()
        return stream.skip(count, budget)

    def _check_interrupted(self) -> None:
        """A statement that waited for a worker must not begin once it was told to end."""
        if self._connection.interrupted or self._transport.is_lost:
            raise Ending.CANCELLED.error()

    def _begin(self, options: Options) -> None:
        services = self._services
        self._accept(options)
        if services.open_transactions >= services.settings.limits.open_transactions_max:
            raise ServiceUnavailable("too many transactions are open", hint="try again later")
        timeout_seconds = self._timeout_seconds(options)
        self._session.begin(Access.READ if options.reads_only else Access.WRITE, timeout_seconds)
        services.open_transactions += 1
        self._is_counted = True
        if timeout_seconds is not None:
            self._expiry = services.loop.call_later(timeout_seconds, self._expire)
        self._last_qid = -1
        self._heavy = False
        self._connection.succeed_packed(success_of([_DATABASE] if self._names_database(options) else []))

    def _commit(self) -> Waits:
        transaction = self._session.transaction
        is_heavy = self._heavy or self._streams or (transaction is not None and transaction.is_large)
        if is_heavy or not self._services.database.store.is_quiet():
            committed = yield from self._in_worker(self._session.commit)
        else:
            committed = self._session.commit()
        self._uncount()
        self._forget()
        yield from self.wait_for(committed)
        self._connection.succeed({"bookmark": self._bookmark()})

    # --- what they share ----------------------------------------------------------------------------------------------

    @property
    def _version(self) -> ProtocolVersion:
        version = self._connection.version
        assert version is not None, "requests come after the handshake"
        return version

    def _timeout_seconds(self, options: Options) -> float | None:
        """What the client said, else the server's own."""
        own = self._services.settings.query_timeout_seconds
        return own if options.timeout_seconds is None else options.timeout_seconds

    def _in_worker(
        self, function: Callable[P, R], *arguments: P.args, **named: P.kwargs
    ) -> "Generator[Future[Any], None, R]":
        """What the function gives; waits for a worker to call it. Raises what it raises."""
        future = self._services.workers.submit(function, *arguments, **named)
        self._worker = future
        if self._ends_at is not None and self._expiry is None:
            left = max(self._ends_at - time.perf_counter(), 0.0)
            self._expiry = self._services.loop.call_later(left, self._expire)
        yield future
        self._worker = None
        try:
            return future.result()
        finally:
            del future  # its error knows this frame, which would know it: a ring, of all that the statement held

    def _accept(self, options: Options) -> None:
        """What a transaction begins with. Raises DatabaseNotFound; InvalidBookmark, or BookmarkTimeout for one that was
        given out elsewhere: what this server has acknowledged it has published."""
        self._filter = self._connection_filter
        session = self._session
        if not session.client:
            session.client = self._transport.peer_address()
        session.metadata = options.metadata
        if options is DEFAULT_OPTIONS:
            return
        if options.filter is not EVERYTHING:
            self._filter = options.filter.over(self._connection_filter)
        check_database(options.database)
        check_bookmarks(options.bookmarks, self._services.database.store.current.version)

    def _names_database(self, options: Options) -> bool:
        return options.database is None and self._version.home_database

    def _forget(self) -> None:
        """Results, and what was agreed for the transaction."""
        self._streams.clear()
        self._expired = False
        self._stop_clock()

    def _stop_clock(self) -> None:
        self._ends_at = None
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def _bookmark(self) -> str:
        return f"{BOOKMARK_HEAD}{self._services.database.store.current.version}"


_DATABASE = entry("db", DATABASE)

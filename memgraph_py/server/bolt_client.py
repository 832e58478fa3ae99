"""BoltClient: one connection; carries requests out in a session, strictly one after another.

A request is carried out by a generator that yields each future it must wait for. What can end at once runs to its end
in the event loop's thread: a hop to a worker thread and back costs more than a short statement. The rest goes on when
the future is done:

    bytes ─▶ Connection.receive ─▶ next_request ─▶ generator ─▶ answer ─▶ one write for all of them
                                        ▲              │ waits for: a worker's piece of records, a commit on disk,
                                        └── _advance ◀─┘             a client that reads too slowly

Statements whose plan is bounded begin here, with ``bounded_seconds``; one that needs longer, and every other one, has
its rows taken and packed by a worker, a few thousand at a time.
"""

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any, ParamSpec, TypeAlias, TypeVar, assert_never, cast

from memgraph_py import __version__
from memgraph_py.bolt.connection import Connection, State
from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.handshake import ProtocolVersion
from memgraph_py.bolt.messages import (
    ALL,
    Begin,
    Commit,
    Discard,
    Goodbye,
    Hello,
    Logoff,
    Logon,
    Pull,
    Request,
    Reset,
    Rollback,
    Route,
    Run,
    Telemetry,
    entry,
    fields_entry,
    success_of,
)
from memgraph_py.bolt.packstream import pack_integer, pack_text
from memgraph_py.config import Limits
from memgraph_py.engine.database import Database
from memgraph_py.engine.result import Summary
from memgraph_py.errors import (
    CypherError,
    DatabaseError,
    InvalidRequest,
    LimitExceeded,
    ServiceUnavailable,
    TransactionTerminated,
)
from memgraph_py.metrics import Metrics
from memgraph_py.server.records import Piece, RecordStream, SchemaNames
from memgraph_py.storage.transaction import Access
from memgraph_py.values.types import Value

logger = logging.getLogger(__name__)

AGENT = f"Neo4j/5.26.0 compatible (memgraph-py {__version__})"
DATABASE_NAME = "memgraph"
ROUTING_TABLE_SECONDS = 300
PIECE_ROWS = 4_096
"""Rows of one piece: its encoding takes a few milliseconds at most."""
INLINE_TEXT_CHARACTERS = 4_096
"""A longer text is parsed by a worker: parsing takes about 2 ms per 1,500 characters when the text is new."""
TURN_SECONDS = 0.002
"""A client that sends request upon request gives way to the others after so long."""
WAITING_BYTES_MAX = 1 << 20
"""Of requests that wait for the one that runs; then no more is read from this client."""
OUTPUT_BYTES = 256 << 10
"""So much output is written at once, without waiting for the end of the turn."""
CANCEL_AGAIN_SECONDS = 0.05

_connection_numbers = itertools.count(1)

P = ParamSpec("P")
R = TypeVar("R")
Waits: TypeAlias = "Generator[Future[Any], None, None]"


@dataclass(slots=True)
class Services:
    """What all connections of a server share. clients: those that are open or still have a statement to end."""

    database: Database
    limits: Limits
    metrics: Metrics
    pool: ThreadPoolExecutor
    names: SchemaNames
    clients: "set[BoltClient]"
    open_transactions: int = 0


class BoltClient(asyncio.Protocol):
    """One connection. All methods run in the event loop's thread, but what goes through ``_in_worker``."""

    def __init__(self, services: Services, loop: asyncio.AbstractEventLoop) -> None:
        self._services = services
        self._loop = loop
        limits = services.limits
        self._connection = Connection(
            message_bytes_max=limits.message_bytes_max, nesting_depth_max=limits.nesting_depth_max
        )
        self._session = services.database.session()
        self._streams: dict[int, RecordStream] = {}
        self._last_qid = -1
        self._heavy = False
        """A statement of the open transaction went to a worker: so does its commit."""
        self._started: dict[int, float] = {}
        self._transport: asyncio.Transport | None = None
        self._running: Waits | None = None
        self._scheduled = False
        self._lost = False
        self._reads = True
        self._writable: Future[None] | None = None
        self._handshake_timer: asyncio.TimerHandle | None = None

    # --- asyncio calls these ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; turned away when there are too many."""
        services = self._services
        self._transport = cast(asyncio.Transport, transport)  # asyncio gives stream servers a Transport
        if len(services.clients) >= services.limits.connections_max:
            services.metrics.connections_refused.inc()
            self._transport.abort()
            return
        services.clients.add(self)
        services.metrics.connections.inc()
        self._transport.set_write_buffer_limits(high=services.limits.output_buffer_bytes_max)
        self._handshake_timer = self._loop.call_later(services.limits.idle_handshake_seconds, self._handshake_is_late)

    def data_received(self, data: bytes) -> None:
        """Take in bytes, and carry on unless a request is being carried out."""
        connection = self._connection
        connection.receive(bytes(data))
        if self._running is not None:
            if connection.interrupted:
                self._cancel()
        elif not self._scheduled:
            self._advance()
        if connection.waiting_bytes > WAITING_BYTES_MAX and self._reads and self._transport is not None:
            self._reads = False
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """The client does not read: what runs waits."""
        self._writable = Future()

    def resume_writing(self) -> None:
        """The client reads again."""
        writable, self._writable = self._writable, None
        if writable is not None:
            writable.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Cancel and roll back; a statement in a worker thread is waited for."""
        if self not in self._services.clients:
            return
        self._lost = True
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
        self.resume_writing()
        if self._running is None:
            self._end()
        else:
            self._cancel()

    # --- the server calls this ----------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the connection: cancel what runs, close when the output is sent."""
        self._cancel()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once, with its output unsent."""
        if self._transport is not None:
            self._transport.abort()

    # --- one request after another ------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Carry on: the request at hand, then the next ones, until one must wait or the turn is over."""
        self._scheduled = False
        if self._lost:
            self._end()
            return
        connection = self._connection
        turn_ends = self._loop.time() + TURN_SECONDS
        try:
            while True:
                if self._running is None:
                    if self._writable is not None:
                        self._scheduled = True
                        self._writable.add_done_callback(self._wake)
                        break
                    request = connection.next_request()
                    if request is None:
                        break
                    self._running = self._carry_out(request)
                future = next(self._running, None)
                if future is None:
                    self._running = None
                    if connection.output_bytes > OUTPUT_BYTES:
                        self._flush()
                    if connection.waiting_bytes and self._loop.time() > turn_ends:
                        self._scheduled = True
                        self._loop.call_soon(self._advance)
                        break
                elif not future.done():
                    future.add_done_callback(self._wake)
                    break
        except ProtocolViolation as violation:
            logger.warning("a client broke the protocol", extra={"reason": str(violation)})
            connection.violate(InvalidRequest(str(violation)))
        self._flush()
        if connection.state is State.DEFUNCT and self._transport is not None:
            self._transport.close()
        elif not self._reads and connection.waiting_bytes <= WAITING_BYTES_MAX and self._transport is not None:
            self._reads = True
            self._transport.resume_reading()

    def _wake(self, future: "Future[Any]") -> None:
        """A future is done, in whatever thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the server has stopped
            self._loop.call_soon_threadsafe(self._advance)

    def _flush(self) -> None:
        data = self._connection.take_output()
        if data and self._transport is not None and not self._lost:
            self._transport.write(data)

    def _end(self) -> None:
        """The connection is gone, and nothing of it runs."""
        if self._running is not None:
            self._running.close()
            self._running = None
        services = self._services
        if self in services.clients:
            services.clients.remove(self)
            services.metrics.connections.dec()
            self._roll_back()
            self._session.close()

    def _handshake_is_late(self) -> None:
        if self._connection.state in (State.HANDSHAKE, State.NEGOTIATION, State.AUTHENTICATION):
            logger.warning("a client did not finish its handshake in time")
            self.close()

    def _cancel(self) -> None:
        """End the statement that runs. Again and again, as one that a worker has not begun cannot be told yet."""
        self._session.cancel()
        if self._running is not None and (self._lost or self._connection.interrupted):
            self._loop.call_later(CANCEL_AGAIN_SECONDS, self._cancel)

    def _in_worker(self, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> "Future[R]":
        return self._services.pool.submit(function, *arguments, **named)

    @property
    def _version(self) -> ProtocolVersion:
        version = self._connection.version
        assert version is not None, "requests come after the handshake"
        return version

    # --- requests -----------------------------------------------------------------------------------------------------

    def _carry_out(self, request: Request) -> Waits:
        try:
            match request:
                case Run():
                    yield from self._run(request)
                case Pull() | Discard():
                    yield from self._pull(request)
                case Begin():
                    self._begin(request)
                case Commit():
                    yield from self._commit()
                case Rollback():
                    self._roll_back()
                    self._connection.succeed({})
                case Reset():
                    self._roll_back()
                    self._connection.succeed({})
                case Hello():
                    self._hello(request)
                case Route():
                    self._route(request)
                case Logon() | Logoff() | Telemetry() | Goodbye():
                    self._connection.succeed({})
                case _:
                    assert_never(request)
        except CypherError as error:
            self._fail(error)
        except Exception:
            logger.exception("a request failed in a way that was not foreseen")
            self._fail(DatabaseError("an internal error; the server's log tells more"))

    def _fail(self, error: CypherError) -> None:
        self._services.metrics.errors.labels(error.code).inc()
        self._roll_back()
        self._connection.fail(error)

    def _hello(self, request: Hello) -> None:
        self._services.metrics.connections_opened.inc()
        metadata: dict[str, Value] = {
            "server": AGENT,
            "connection_id": f"bolt-{next(_connection_numbers)}",
            "hints": {"telemetry.enabled": False},
        }
        if request.utc and self._version.utc_patch:
            metadata["patch_bolt"] = ["utc"]
        self._connection.succeed(metadata)

    def _route(self, request: Route) -> None:
        address = request.address
        if address is None:
            assert self._transport is not None
            host, port = self._transport.get_extra_info("sockname")[:2]
            address = f"{host}:{port}" if ":" not in host else f"[{host}]:{port}"
        servers: list[Value] = [{"addresses": [address], "role": role} for role in ("ROUTE", "READ", "WRITE")]
        self._connection.succeed({"rt": {"ttl": ROUTING_TABLE_SECONDS, "db": DATABASE_NAME, "servers": servers}})

    def _run(self, request: Run) -> Waits:
        self._services.metrics.statements.begin()
        started = time.perf_counter()
        if len(request.text) > self._services.limits.query_bytes_max:
            raise LimitExceeded("the query is too long", hint="send data as parameters")
        options = request.options
        access = Access.READ if options.reads_only else Access.WRITE
        arguments = (request.text, request.parameters, access, options.timeout_seconds)
        if len(request.text) <= INLINE_TEXT_CHARACTERS and not self._streams:
            result = self._session.run(*arguments)
        else:  # a new text takes long to parse; a write first buffers the rows of the open results
            future = self._in_worker(self._session.run, *arguments)
            yield future
            result = future.result()
        stream = RecordStream(result, self._services.names, self._connection.dialect)
        milliseconds = int((time.perf_counter() - started) * 1000)
        entries = [fields_entry(result.columns), _T_FIRST + pack_integer(milliseconds)]
        if self._session.in_transaction:
            self._last_qid += 1
            entries.append(entry("qid", self._last_qid))
        else:
            self._last_qid = 0
        self._streams[self._last_qid] = stream
        self._started[self._last_qid] = started
        self._connection.succeed_packed(success_of(entries))

    def _pull(self, request: Pull | Discard) -> Waits:
        qid = self._last_qid if request.qid == ALL else request.qid
        stream = self._streams.get(qid)
        if stream is None:
            raise InvalidRequest(f"there is no open result {qid}")
        limits, connection = self._services.limits, self._connection
        take = self._take if isinstance(request, Pull) else self._skip
        left = request.count
        budget = limits.bounded_seconds if stream.result.bounded else None
        while True:
            count = PIECE_ROWS if left == ALL else min(left, PIECE_ROWS)
            if budget is not None:
                piece = take(stream, count, budget)
            else:
                self._heavy = True
                future = self._in_worker(take, stream, count, None)
                yield future
                piece = future.result()
            budget = None  # what has not ended by now goes on in a worker
            if piece.data:
                connection.records(piece.data)
            if left != ALL:
                left -= piece.rows
            if piece.complete and (piece.finished or (left == 0 and not piece.interrupted)):
                break
            self._flush()
            if self._writable is not None:
                yield self._writable
        if not piece.finished:
            connection.succeed({"has_more": True}, more=True)
            return
        yield from self._finish(qid, stream)

    def _finish(self, qid: int, stream: RecordStream) -> Waits:
        """The last record is sent: wait for the commit, and tell what the statement did."""
        result = stream.result
        if result.committed is not None:
            if not result.committed.done():
                yield result.committed
            result.committed.result()
        del self._streams[qid]
        entries = _summary_entries(result.summary())
        if not self._session.in_transaction:
            entries.append(_BOOKMARK + pack_text(self._bookmark()))
        self._services.metrics.statements.end(time.perf_counter() - self._started.pop(qid))
        self._connection.succeed_packed(success_of(entries), more=bool(self._streams))

    def _take(self, stream: RecordStream, count: int, budget: float | None) -> Piece:
        self._check_interrupted()
        return stream.take(count, self._services.limits.output_buffer_bytes_max, budget)

    def _skip(self, stream: RecordStream, count: int, budget: float | None) -> Piece:
        self._check_interrupted()
        return stream.skip(count, budget)

    def _check_interrupted(self) -> None:
        """A statement that waited for a worker must not begin once it was told to end."""
        if self._connection.interrupted or self._lost:
            raise TransactionTerminated("the statement was cancelled")

    def _begin(self, request: Begin) -> None:
        services = self._services
        if services.open_transactions >= services.limits.open_transactions_max:
            raise ServiceUnavailable("too many transactions are open", hint="try again later")
        options = request.options
        self._session.begin(Access.READ if options.reads_only else Access.WRITE, options.timeout_seconds)
        services.open_transactions += 1
        self._last_qid = -1
        self._heavy = False
        self._connection.succeed({})

    def _commit(self) -> Waits:
        self._services.open_transactions -= 1
        if self._heavy or self._streams:
            submitted = self._in_worker(self._session.commit)
            yield submitted
            committed = submitted.result()
        else:
            committed = self._session.commit()
        self._forget_results()
        if not committed.done():
            yield committed
        committed.result()
        self._connection.succeed({"bookmark": self._bookmark()})

    def _roll_back(self) -> None:
        """Undo the open transaction, if there is one, and forget results."""
        self._forget_results()
        if self._session.in_transaction:
            self._services.open_transactions -= 1
            self._session.rollback()

    def _forget_results(self) -> None:
        self._streams.clear()
        self._started.clear()

    def _bookmark(self) -> str:
        return f"FB:memgraph-py:{self._services.database.store.current.version}"


_T_FIRST, _T_LAST, _BOOKMARK = pack_text("t_first"), pack_text("t_last"), pack_text("bookmark")
_DATABASE = entry("db", DATABASE_NAME)
_NO_MORE = entry("has_more", False)
"""In the last SUCCESS of every result: a C client crashes without it."""
_QUERY_TYPES = {kind: entry("type", kind) for kind in ("r", "rw", "w", "s")}


def _summary_entries(summary: Summary) -> list[bytes]:
    """What the last SUCCESS of a result says, packed."""
    milliseconds = int(summary.seconds_to_consumed * 1000)
    entries = [_QUERY_TYPES[summary.query_type], _T_LAST + pack_integer(milliseconds), _DATABASE, _NO_MORE]
    if summary.query_type != "r":
        stats: dict[str, Value] = {}
        for field in fields(summary.counters):
            count = getattr(summary.counters, field.name)
            if count:
                stats[field.name.replace("_", "-")] = count
        if stats:
            stats["contains-updates"] = True
            entries.append(entry("stats", stats))
    if summary.plan is not None:
        entries.append(entry("plan", cast(Value, summary.plan)))  # describe() gives strings, numbers, lists, maps
    if summary.notifications:
        entries.append(entry("notifications", cast(Value, summary.notifications)))  # maps of the same
    return entries

"""BoltClient: one connection's bytes, turns and timers; what it asks for is carried out by a Conversation.

    bytes ─▶ Connection.receive ─▶ next_request ─▶ generator ─▶ answer ─▶ one write for all of them
                                        ▲              │ waits for: a worker's piece of records, a commit on disk,
                                        └── _advance ◀─┘             a client that reads too slowly

The server looks at every connection about once a second (``look``): a client that waits for an answer is shown that
the server is there, and one that neither reads nor goes on with its message is let go after a while.
"""

import asyncio
import logging
import socket
from concurrent.futures import Future
from time import perf_counter
from typing import Any, cast

from memgraph_py.bolt.connection import Connection, State
from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.messages import Request, Undecoded
from memgraph_py.bounds import Ending
from memgraph_py.errors import CypherError, DatabaseError, InvalidRequest, ServiceUnavailable
from memgraph_py.server.conversation import Conversation, Waits
from memgraph_py.server.services import Services
from memgraph_py.server.singles import Singles

logger = logging.getLogger(__name__)

GREETING = frozenset((State.HANDSHAKE, State.NEGOTIATION, State.AUTHENTICATION))
"""A client in these has shown nothing yet that a stray or hostile connection could not."""
_DEFUNCT = State.DEFUNCT  # to look one up in its enumeration takes 50 ns, each time
TURN_SECONDS = 0.002
"""A client that sends request upon request gives way to the others after so long."""
WAITING_BYTES_MAX = 1 << 20
"""Of requests that wait for the one that runs; then no more is read from this client."""
PIECE_BYTES = 16 << 10
"""A client that sends more than so much at once gives way to the others before it is read from again."""
OUTPUT_BYTES = 256 << 10
"""So much output is written at once, without waiting for the end of the turn."""
INPUT_BYTES_FREE = 64 << 10
"""So much of what comes in is not counted."""
ABANDON_SECONDS = 0.03
"""So long a statement that was told to end may take before its conversation goes on without it."""
REFUSED_MAX, REFUSED_SECONDS = 100, 5.0
"""So many connections beyond the limit are told why they are turned away, and have so long to listen."""
PROBES = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))
"""The system asks after a peer that is silent; one that is gone without a word is found out after two minutes."""


class BoltClient(asyncio.Protocol):
    """One connection. All methods run in the event loop's thread.

    writable: None, or done once the client reads again. is_lost: the connection is gone.
    """

    def __init__(self, services: Services) -> None:
        self.writable: Future[None] | None = None
        self.is_lost = False
        self._services = services
        self._loop = services.loop
        self._turns = services.database.core.turns
        limits = services.settings.limits
        self._connection = Connection(
            message_bytes_max=limits.message_bytes_max, nesting_depth_max=limits.nesting_depth_max
        )
        self._conversation = Conversation(services, self._connection, self)
        self._singles = Singles(services, self._connection, self._conversation)
        self._transport: asyncio.Transport | None = None
        self._running: Waits | None = None
        self._awaited: Future[Any] | None = None
        """What the request at hand waits for."""
        self._scheduled = False
        self._reads = True
        self._refused = False
        self._input_bytes = 0
        """Of this connection in the services' account."""
        self._handshake_timer: asyncio.TimerHandle | None = None
        self._silent_since = self._stalled_since = self._message_since = 0.0
        self._message_number = 0

    # --- asyncio calls these ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin. Where there are too many, the one that has not finished its handshake for longest gives way; where all
        have, this one is turned away."""
        services = self._services
        limits = services.settings.limits
        self._transport = cast(asyncio.Transport, transport)  # asyncio gives stream servers a Transport
        seconds = limits.idle_handshake_seconds
        if len(services.clients) >= limits.connections_max and not self._make_room():
            services.metrics.connections_refused.inc()
            if services.refusing >= REFUSED_MAX:
                self._transport.abort()
                return
            services.refusing += 1
            self._refused = True
            seconds = min(seconds, REFUSED_SECONDS)
        else:
            services.clients.add(self)
            services.greeting[self] = None
            services.metrics.connections.inc()
            _probe(self._transport.get_extra_info("socket"))
        self._transport.set_write_buffer_limits(high=limits.output_buffer_bytes_max)
        self._handshake_timer = self._loop.call_later(seconds, self._handshake_is_late)

    def data_received(self, data: bytes) -> None:
        """Take in bytes, and carry on unless a request is being carried out."""
        if self._turns.is_shared:
            self._turns.give_way()
        connection = self._connection
        connection.receive(data)
        held = connection.held_bytes()
        if (held > INPUT_BYTES_FREE or self._input_bytes) and not self._count_input(held):
            return
        if self._running is not None:
            if connection.interrupted:
                self.end_statement(Ending.CANCELLED)
        elif not self._scheduled:
            self._advance()
        if self._reads and (connection.waiting_bytes > WAITING_BYTES_MAX or len(data) > PIECE_BYTES):
            assert self._transport is not None
            if not self._transport.is_closing():
                self._reads = False
                self._transport.pause_reading()
                self._loop.call_soon(self._read_on)

    def pause_writing(self) -> None:
        """The client does not read: what runs waits."""
        self.writable = Future()
        self._stalled_since = self._loop.time()

    def resume_writing(self) -> None:
        """The client reads again."""
        writable, self.writable = self.writable, None
        if writable is not None:
            writable.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Cancel and roll back; a statement in a worker thread is left to it, or waited for."""
        self.is_lost = True
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
        if self._refused:
            self._services.refusing -= 1
            return
        if self not in self._services.clients:
            return
        self._count_input(0)
        self.resume_writing()
        if self._running is None:
            self._end()
        else:
            self.end_statement(Ending.CANCELLED)

    # --- the server calls these ---------------------------------------------------------------------------------------

    @property
    def is_greeting(self) -> bool:
        """True until its handshake is finished."""
        return self._connection.state in GREETING

    def look(self, now: float) -> None:
        """Once in a while: show that the server is there; let go of a client that stands still. now: the loop's time"""
        settings, connection = self._services.settings, self._connection
        if self.writable is not None:
            if now - self._stalled_since > settings.limits.output_stalled_seconds:
                logger.warning("a client did not read for too long")
                self.abort()
        elif self._running is None:
            self._silent_since = now
        elif now - self._silent_since >= settings.bolt_keep_alive_seconds:
            connection.keep_alive()
            self.flush()
        if not connection.is_receiving or connection.messages != self._message_number:
            self._message_number, self._message_since = connection.messages, now
        elif now - self._message_since > settings.limits.message_seconds:
            logger.warning("a client did not send the rest of a message in time")
            self.abort()

    def close(self) -> None:
        """End the connection: cancel what runs, close when the output is sent."""
        self.end_statement(Ending.CANCELLED)
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once, with its output unsent."""
        if self._transport is not None:
            self._transport.abort()

    # --- its conversation calls these ---------------------------------------------------------------------------------

    def end_statement(self, ending: Ending) -> None:
        """End the statement that runs, if there is one: in time, or without waiting for it."""
        self._conversation.cancel(ending)
        if self._running is not None:
            self._loop.call_later(ABANDON_SECONDS, self._go_on_without, self._running, ending)

    def flush(self) -> None:
        """Write what is there."""
        data = self._connection.take_output()
        if data and self._transport is not None and not self.is_lost:
            self._silent_since = self._loop.time()
            self._transport.write(data)

    def own_address(self) -> str:
        """This end of the connection."""
        return self._address("sockname")

    def peer_address(self) -> str:
        """The client's end of the connection."""
        return self._address("peername")

    def _address(self, end: str) -> str:
        assert self._transport is not None
        host, port = (self._transport.get_extra_info(end) or ("", 0))[:2]
        return f"{host}:{port}" if ":" not in host else f"[{host}]:{port}"

    # --- one request after another ------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Carry on: the request at hand, then the next ones, until one must wait or the turn is over."""
        self._scheduled = False
        if self._awaited is not None:
            if not self._awaited.done():  # what woke us is of a statement that was left to its worker
                return
            self._awaited = None
        if self.is_lost:
            if not self._refused:
                self._end()
            return
        connection = self._connection
        turn_ends = perf_counter() + TURN_SECONDS
        try:
            while True:
                request = None
                if self._running is None:
                    if self.writable is not None:
                        self._scheduled = True
                        self.writable.add_done_callback(self._wake)
                        break
                    answered = self._answer_single()
                    if answered is not True and answered is not False:
                        self._running = answered
                    elif not answered:
                        request = connection.next_request()
                        if request is None:
                            break
                        if self._refused:
                            self._turn_away()
                            break
                future = self._step(request)
                if future is None:
                    self._running = None
                    if connection.output_bytes > OUTPUT_BYTES:
                        self.flush()
                    if connection.is_drained():
                        break
                    if perf_counter() > turn_ends:
                        self._scheduled = True
                        self._loop.call_soon(self._advance)
                        break
                elif not future.done():
                    self._awaited = future
                    future.add_done_callback(self._wake)
                    break
        except ProtocolViolation as violation:
            logger.warning("a client broke the protocol", extra={"reason": str(violation)})
            connection.violate(InvalidRequest(str(violation)))
        if self._awaited is None or not self._conversation.is_committing:
            self.flush()
        self._settle()

    def _settle(self) -> None:
        """After a turn: close what has ended, read on, give back what input took."""
        connection, transport = self._connection, self._transport
        assert transport is not None
        if self._input_bytes:
            self._count_input(connection.held_bytes())
        if connection.state is _DEFUNCT:
            transport.close()
        elif not self._reads and connection.waiting_bytes <= WAITING_BYTES_MAX:
            self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        """Others have had their turn: read again, unless too much waits already."""
        assert self._transport is not None
        if not self._reads and self._connection.waiting_bytes <= WAITING_BYTES_MAX and not self._transport.is_closing():
            self._reads = True
            self._transport.resume_reading()

    def _step(self, request: Request | Undecoded | None) -> "Future[Any] | None":
        """Begin with the request, or go on with the one at hand: what it must wait for, or None when it is answered."""
        try:
            if request is not None:
                self._running = self._conversation.carry_out(request)
            return None if self._running is None else next(self._running, None)
        except CypherError as error:
            self._conversation.fail(error)
        except ProtocolViolation:
            raise
        except Exception:
            logger.exception("a request failed in a way that was not foreseen")
            self._conversation.fail(DatabaseError("an internal error; the server's log tells more"))
        return None

    def _answer_single(self) -> "bool | Waits":
        """See Singles."""
        try:
            return self._singles.answer()
        except Exception:
            logger.exception("a statement of one row failed in a way that was not foreseen; it is asked again")
            return False

    def _turn_away(self) -> None:
        """The client said HELLO: tell it why that is all."""
        reason = ServiceUnavailable("too many connections are open", hint="close some, or try again later")
        self._connection.fail(reason)

    def _wake(self, future: "Future[Any]") -> None:
        """A future is done, in whatever thread."""
        self._services.wakes.soon(self._advance)

    def _make_room(self) -> bool:
        """Let go of the client that has not finished its handshake for longest; False where there is none."""
        services = self._services
        while services.greeting:
            client = next(iter(services.greeting))
            del services.greeting[client]
            if client.is_greeting:
                services.metrics.connections_refused.inc()
                client.abort()
                return True
        return False

    def _end(self) -> None:
        """The connection is gone, and nothing of it runs."""
        if self._running is not None:
            self._running.close()
            self._running = None
        services = self._services
        if self in services.clients:
            services.clients.remove(self)
            services.greeting.pop(self, None)
            services.metrics.connections.dec()
            self._conversation.end()

    def _handshake_is_late(self) -> None:
        self._services.greeting.pop(self, None)
        if self.is_greeting:
            logger.warning("a client did not finish its handshake in time")
            self.close()

    def _go_on_without(self, statement: Waits, ending: Ending) -> None:
        """A statement was told to end; if it is still there, go on while its worker comes to it."""
        if self._running is not statement or not self._conversation.abandon():
            return
        statement.close()
        self._running = self._awaited = None
        if self.is_lost:
            self._end()
            return
        self._conversation.fail(ending.error())
        self._advance()

    def _count_input(self, held: int) -> bool:
        """Keep the account of what came in and is not carried out yet; False when it is too much over all connections:
        then this one ends."""
        services = self._services
        held = held if held > INPUT_BYTES_FREE and not self.is_lost else 0
        grows = held > self._input_bytes
        services.input_bytes += held - self._input_bytes
        self._input_bytes = held
        if grows and services.input_bytes > services.settings.limits.input_bytes_max:
            logger.warning("clients send more than there is room for; one is let go")
            self.abort()
            return False
        return True


def _probe(peer: socket.socket) -> None:
    """Have the system ask after the peer when it is silent."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in PROBES:
        peer.setsockopt(socket.IPPROTO_TCP, option, value)

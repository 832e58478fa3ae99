"""Connection: one client's side of the protocol, without sockets.

Bytes go in by ``receive``; ``next_request`` gives the requests that are legal now, one at a time, and answers the
others itself (a large one goes through ``decode``, in any thread, and ``take_up``); ``succeed``, ``fail`` and
``records`` answer the request at hand; ``take_output`` gives the bytes to go.

    bytes -> receive -> next_request -> Run -> (server) -> succeed -> take_output -> bytes

What is legal is one table: a pair of state and request that is absent is illegal and ends the connection. Two rules
stand beside it. After a failure every request is ignored until RESET. A RESET takes effect when it arrives, not when
its turn comes: ``interrupted`` is set, requests that wait before it are ignored, and the server stops what runs.

Source: Bolt specification, "Server state".
"""

from collections import deque
from enum import IntEnum, auto
from itertools import islice

from memgraph_py.bolt.framing import KEEP_ALIVE, Dechunker, ProtocolViolation, frame
from memgraph_py.bolt.handshake import Handshake, ProtocolVersion
from memgraph_py.bolt.messages import (
    ALL,
    IGNORED_PAYLOAD,
    Begin,
    Commit,
    Discard,
    Goodbye,
    Hello,
    Logoff,
    Logon,
    Pull,
    Rejected,
    Request,
    Reset,
    Rollback,
    Route,
    Run,
    Telemetry,
    Undecoded,
    decode_request,
    failure_payload,
    kind_of,
    run_head,
    success_payload,
)
from memgraph_py.bolt.packstream import BYTES_PER_OBJECT, CURRENT, OBJECTS_MIN, Decoder, Dialect
from memgraph_py.bolt.short_run import SHORT_BYTES_MAX, read_short_run
from memgraph_py.errors import CypherError
from memgraph_py.values.types import Value


class State(IntEnum):
    """What the server expects of this client. A number, since two look-ups by it are made for every request.
    LOGGED_OFF: what the specification has as AUTHENTICATION again, of one that was let in before."""

    HANDSHAKE = auto()
    NEGOTIATION = auto()
    AUTHENTICATION = auto()
    READY = auto()
    STREAMING = auto()
    TRANSACTION_READY = auto()
    TRANSACTION_STREAMING = auto()
    FAILED = auto()
    LOGGED_OFF = auto()
    DEFUNCT = auto()


_STRANGERS = (State.NEGOTIATION, State.AUTHENTICATION, State.LOGGED_OFF)
_HANDSHAKE, _READY, _STREAMING, _DEFUNCT = State.HANDSHAKE, State.READY, State.STREAMING, State.DEFUNCT
_TRANSACTION_READY = State.TRANSACTION_READY
"""To look one up in its enumeration takes 50 ns, each time."""

TRANSITIONS: dict[State, dict[type[Request], State]] = {
    State.HANDSHAKE: {},
    State.NEGOTIATION: {Hello: State.AUTHENTICATION, Goodbye: State.DEFUNCT},
    State.AUTHENTICATION: {Logon: State.READY, Goodbye: State.DEFUNCT},
    State.READY: {
        Run: State.STREAMING,
        Begin: State.TRANSACTION_READY,
        Route: State.READY,
        Telemetry: State.READY,
        Logoff: State.LOGGED_OFF,
        Reset: State.READY,
        Goodbye: State.DEFUNCT,
    },
    State.STREAMING: {
        Pull: State.READY,
        Discard: State.READY,
        Reset: State.READY,
        Goodbye: State.DEFUNCT,
    },
    State.TRANSACTION_READY: {
        Run: State.TRANSACTION_STREAMING,
        Commit: State.READY,
        Rollback: State.READY,
        Telemetry: State.TRANSACTION_READY,
        Reset: State.READY,
        Goodbye: State.DEFUNCT,
    },
    State.TRANSACTION_STREAMING: {
        Run: State.TRANSACTION_STREAMING,
        Pull: State.TRANSACTION_READY,
        Discard: State.TRANSACTION_READY,
        Commit: State.READY,
        Rollback: State.READY,
        Reset: State.READY,
        Goodbye: State.DEFUNCT,
    },
    State.LOGGED_OFF: {Logon: State.READY, Goodbye: State.DEFUNCT},
    State.FAILED: {Reset: State.READY, Goodbye: State.DEFUNCT},
    State.DEFUNCT: {},
}
"""state → request → the state after its success. A PULL or DISCARD that leaves rows keeps the state; so does one that
leaves other results of the transaction open."""

REPEATED_BYTES_MAX, REPEATED_MAX = 16, 64
"""Short messages without a statement, such as `PULL {n: 1000}`, are the same again and again: a connection decodes each
of the first so many once."""

ALIKE_MIN, ALIKE_MAX = 8, 256
"""So many statements of a transaction that are alike are carried out together."""

MESSAGE_OVERHEAD_BYTES = 64
"""What a message that waits takes beside its bytes."""

LARGE_BYTES = 128 << 10
"""Reading the fields of such a message takes longer than the server may stand still, about 50 ms a megabyte."""
_FEATURES: dict[type[Request], str] = {Logon: "logon", Logoff: "logon", Telemetry: "telemetry", Route: "route"}
"""Requests that not every version has."""
_RESET_HEAD = bytes((0xB0, Reset.tag))


class Connection:
    """State, requests that wait, and output of one client. Single-threaded.

    version: agreed in the handshake, None before. dialect: how structures are written. interrupted: so many RESETs have
    come whose turn has not. messages: how many have come whole. waiting_bytes: of requests that wait; the server stops
    reading when they are many.
    output_bytes: about what ``take_output`` would give.
    """

    __slots__ = (
        "_current",
        "_dechunker",
        "_handshake",
        "_limits",
        "_message",
        "_output",
        "_repeated",
        "_violation",
        "_waiting",
        "dialect",
        "interrupted",
        "messages",
        "output_bytes",
        "state",
        "version",
        "waiting_bytes",
    )

    def __init__(self, *, message_bytes_max: int, nesting_depth_max: int) -> None:
        self.state = State.HANDSHAKE
        self.version: ProtocolVersion | None = None
        self.dialect: Dialect = CURRENT
        self.interrupted = 0
        self.messages = 0
        self.waiting_bytes = 0
        self.output_bytes = 0
        self._limits = (nesting_depth_max, max(OBJECTS_MIN, message_bytes_max // BYTES_PER_OBJECT))
        self._handshake = Handshake()
        self._dechunker = Dechunker(message_bytes_max)
        self._waiting: deque[bytes] = deque()
        self._violation: ProtocolViolation | None = None
        self._current: Request | None = None
        self._message = b""
        """Of the request at hand, where it is not large."""
        self._repeated: dict[bytes, Request] = {}
        self._output: list[bytes] = []

    def held_bytes(self) -> int:
        """Of requests that wait, and of the one that is coming in."""
        return self.waiting_bytes + self._dechunker.held_bytes

    @property
    def is_idle(self) -> bool:
        """True while no request is being carried out."""
        return self._current is None

    @property
    def in_transaction(self) -> bool:
        """True where an explicit transaction is open and none of its results is."""
        return self.state is _TRANSACTION_READY

    @property
    def is_receiving(self) -> bool:
        """True while a message has come in part."""
        return self._dechunker.held_bytes > 0

    def receive(self, data: bytes) -> None:
        """Take in what the client sent, split anyhow. What is wrong with it is told by ``next_request`` in its turn."""
        if self._violation is not None or self.state is _DEFUNCT:
            return
        if self.state is _HANDSHAKE:
            rest = self._shake_hands(data)
            if rest is None:
                return
            data = rest
        messages, self._violation = self._dechunker.feed(data)
        waiting_bytes = self.waiting_bytes + len(messages) * MESSAGE_OVERHEAD_BYTES
        for message in messages:
            waiting_bytes += len(message)
            if message == _RESET_HEAD:
                self.interrupted += 1
        self.waiting_bytes = waiting_bytes
        self.messages += len(messages)
        self._waiting.extend(messages)

    def is_drained(self) -> bool:
        """True where ``next_request`` would give None."""
        return not self._waiting and self._violation is None

    def next_request(self) -> Request | Undecoded | None:
        """The next request to carry out, now; None when nothing waits. The one before it has been answered.

        Of a large one the fields are not read yet: give what ``decode`` says to ``take_up``.

        Raises ProtocolViolation where the client broke the protocol: send what ``take_output`` gives and close.
        """
        assert self._current is None, "a request is not answered yet"
        while self._waiting:
            message = self._waiting.popleft()
            self.waiting_bytes -= len(message) + MESSAGE_OVERHEAD_BYTES
            if (self.interrupted or self.state is State.FAILED) and message != _RESET_HEAD:
                if self._ignore(message):
                    continue
                return None
            allowed = TRANSITIONS[self.state]
            if len(message) <= REPEATED_BYTES_MAX:
                request = self._repeated.get(message)
            else:
                request = read_short_run(message) if len(message) <= SHORT_BYTES_MAX else None
            if request is None:
                kind = self._kind(message)
                if kind not in allowed:  # before its fields are looked at
                    raise self._illegal(kind)
                if len(message) > LARGE_BYTES:
                    return Undecoded(message)
                decoded = self._decode(message)
                if isinstance(decoded, Rejected):
                    self._fail(decoded.error)
                    continue
                request = decoded
            else:
                kind = type(request)
                if kind not in allowed:
                    raise self._illegal(kind)
            if kind is Reset:
                self.interrupted -= 1
                if self.interrupted:  # another RESET waits: this one is overtaken
                    self._send(IGNORED_PAYLOAD)
                    continue
            elif kind is Goodbye:
                self.state = State.DEFUNCT
                return None
            self._current, self._message = request, message
            return request
        if self._violation is not None:
            raise self._violation
        return None

    def next_single(self) -> bytes | None:
        """A short RUN that waits while no result is open, with a request for all its rows, or the first of them, right
        behind it. It stays there."""
        waiting = self._waiting
        if len(waiting) < 2 or self.interrupted:
            return None
        if self.state is not _READY and self.state is not _TRANSACTION_READY:
            return None
        run = waiting[0]
        if len(run) > SHORT_BYTES_MAX:
            return None
        pull = self._repeated.get(waiting[1])
        return run if type(pull) is Pull and pull.qid == ALL else None

    def waits_alike(self, head: bytes) -> bool:
        """Whether so many wait that ``alike`` may find some for the one of ``next_single``, which begins so."""
        waiting = self._waiting
        return len(waiting) >= 2 * ALIKE_MIN and waiting[2].startswith(head)

    def succeed_single(self, answers: bytes) -> None:
        """The answers, as sent, to the request of ``next_single`` and to the one for its rows: none is left."""
        waiting = self._waiting
        self.waiting_bytes -= len(waiting.popleft()) + len(waiting.popleft()) + 2 * MESSAGE_OVERHEAD_BYTES
        self._output.append(answers)
        self.output_bytes += len(answers)

    def begin_single(self, answer: bytes) -> None:
        """The answer, as it is sent, to the request of ``next_single``. The one for its rows is at hand from now on."""
        waiting = self._waiting
        run, pull = waiting.popleft(), waiting.popleft()
        self.waiting_bytes -= len(run) + len(pull) + 2 * MESSAGE_OVERHEAD_BYTES
        self._output.append(answer)
        self.output_bytes += len(answer)
        self._current, self._message = self._repeated[pull], pull
        self.state = _STREAMING

    def end_single(self, answer: bytes) -> None:
        """The answer, as it is sent, to the request that ``begin_single`` has left at hand."""
        self._current = None
        self.state = _READY
        self._output.append(answer)
        self.output_bytes += len(answer)

    def alike(self, statement: Run) -> list[bytes]:
        """RUN messages without options: of the statement at hand, in a transaction, and of the same text behind it. The
        same request for all rows, or to discard them, follows each. Empty where there are fewer than ALIKE_MIN."""
        waiting, head = self._waiting, run_head(statement.text)
        if len(waiting) < 2 * ALIKE_MIN or not self._message.startswith(head):
            return []
        pull = waiting[0]
        known = self._repeated.get(pull)
        if not isinstance(known, Pull | Discard) or known.qid != ALL:
            return []
        found = [self._message]
        following = islice(waiting, 1, 2 * ALIKE_MAX)
        for run, next_pull in zip(following, following, strict=False):
            if next_pull != pull or not run.startswith(head):
                break
            found.append(run)
        return found if len(found) >= ALIKE_MIN else []

    def succeed_alike(self, statements: int, answers: bytes) -> None:
        """The answers, as they are sent, to the first so many of ``alike`` and to the requests for their rows, which
        there are none of."""
        for _ in range(2 * statements - 1):
            self.waiting_bytes -= len(self._waiting.popleft()) + MESSAGE_OVERHEAD_BYTES
        self._current = None
        self.records(answers)

    def decode(self, large: Undecoded) -> Request | Rejected:
        """The fields of a large message, read in any thread. Raises ProtocolViolation."""
        return decode_request(Decoder(large.message, *self._limits, self.dialect.utc))

    def take_up(self, request: Request | Rejected) -> Request | None:
        """Of a large message what is to be carried out now; None when it is answered already."""
        if self.interrupted:
            self._send(IGNORED_PAYLOAD)
        elif isinstance(request, Rejected):
            self._fail(request.error)
        else:
            self._current = request
            return request
        return None

    def succeed(self, metadata: dict[str, Value], *, more: bool = False) -> None:
        """Answer the request at hand with SUCCESS. more: rows remain, here or in another result of the transaction."""
        self.succeed_packed(success_payload(metadata), more=more)

    def succeed_packed(self, payload: bytes, *, more: bool = False) -> None:
        """``succeed`` with the bytes that ``success_payload`` gave."""
        self.succeed_framed(frame(payload), more=more)

    def succeed_framed(self, message: bytes, *, more: bool = False) -> None:
        """``succeed_packed`` with the bytes as they are sent."""
        request = self._current
        assert request is not None, "there is no request to answer"
        self._current = None
        if not more:
            self.state = TRANSITIONS[self.state][type(request)]
            if isinstance(request, Hello):
                assert self.version is not None
                self.dialect = self.version.dialect(patched=request.utc)
                if not self.version.logon:
                    self.state = State.READY
        self._output.append(message)
        self.output_bytes += len(message)

    def fail(self, error: CypherError) -> None:
        """Answer the request at hand with FAILURE; what follows is ignored until RESET."""
        self._current = None
        self._fail(error)

    def violate(self, error: CypherError) -> None:
        """Tell the client why the connection ends."""
        self._current = None
        if self.state is not State.HANDSHAKE:
            self._fail(error)
        self.state = State.DEFUNCT

    def records(self, data: bytes) -> None:
        """RECORD messages, framed already, as part of the answer to the request at hand."""
        self._output.append(data)
        self.output_bytes += len(data)

    def take_output(self) -> bytes:
        """The bytes to send, which are then forgotten."""
        output = self._output
        if not output:
            return b""
        data = output[0] if len(output) == 1 else b"".join(output)
        output.clear()
        self.output_bytes = 0
        return data

    def keep_alive(self) -> None:
        """Show a client that waits for an answer that the server is there; only between two messages of output."""
        self._output.append(KEEP_ALIVE)

    def _shake_hands(self, data: bytes) -> bytes | None:
        """What follows the handshake, once a version is agreed."""
        handshake = self._handshake
        rest = None
        try:
            rest = handshake.feed(data)
        except ProtocolViolation as violation:
            self._violation = violation
        if handshake.output:
            self._output.append(handshake.output)
            handshake.output = b""
        if rest is not None:
            self.version = handshake.version
            self.state = State.NEGOTIATION
        return rest

    def _ignore(self, message: bytes) -> bool:
        """After a failure and before a RESET that is on its way; False when the client leaves."""
        kind = self._kind(message)
        if kind is Goodbye:
            self.state = State.DEFUNCT
            return False
        if kind is Hello:
            raise self._illegal(kind)
        self._send(IGNORED_PAYLOAD)
        return True

    def _decode(self, message: bytes) -> Request | Rejected:
        request = decode_request(Decoder(message, *self._limits, self.dialect.utc))
        short = len(message) <= REPEATED_BYTES_MAX and len(self._repeated) < REPEATED_MAX
        if short and not isinstance(request, Rejected | Run):
            self._repeated[message] = request
        return request

    def _kind(self, message: bytes) -> type[Request]:
        kind = kind_of(message)
        if kind in _FEATURES:
            version = self.version
            assert version is not None
            if not getattr(version, _FEATURES[kind]):
                raise ProtocolViolation(
                    f"message {kind.__name__.upper()} is not known in version {version.major}.{version.minor}"
                )
        return kind

    def _illegal(self, kind: type[Request]) -> ProtocolViolation:
        return ProtocolViolation(f"message {kind.__name__.upper()} is not allowed in state {self.state.name}")

    def _fail(self, error: CypherError) -> None:
        strangers = self.state in _STRANGERS  # a RESET must not let them in
        self.state = State.DEFUNCT if strangers else State.FAILED
        self._send(failure_payload(error, gql_errors=self.version is not None and self.version.gql_errors))

    def _send(self, payload: bytes) -> None:
        self._output.append(frame(payload))
        self.output_bytes += len(payload)

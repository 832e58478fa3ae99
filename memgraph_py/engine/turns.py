"""Turns: the event loop and the streams under one interpreter lock, one after another instead of all at once.

A stream's batch lets go of the interpreter's lock some sixty times (kernels, NumPy, sockets) and wants it back each
time; an event loop with many busy clients lets go of it twice a request. Left to themselves, each wakes the other for
nothing most of the time, and a batch waits for its next step until the loop is made to let go, a millisecond later.
So a stream says when it is at work. Then the loop waits, once, until that is done, and goes on for as long as it has
waited, while the stream waits before it begins anew:

    stream   | transforms, applies, commits |          waits          | the next batch …
    loop     |            waits             | answers all that came   | waits …

Each change of turns costs: two threads are woken, and who goes on finds the caches full of the other's. So a turn that
has work is at least TURN_SECONDS_MIN long.

What a stream has committed in its turn is written by the log when that ends, and so before the stream waits for
anything.

The thread of the log takes such turns too while it encodes a stream's batch. Who ends a turn hands it over: when the
loop waits nobody else begins, though the lock may come to it only later, and when the loop's turn ends it counts those
as at work that wait for that. Otherwise the one that holds the lock would just go on.

Neither waits for longer than TURN_SECONDS: after that both go on as they would without this. A loop with nothing to do
ends its turn at once. One that is asked little does not wait, as it does not disturb: a client that asks now and then
is answered as fast as without streams.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from types import TracebackType

TURN_SECONDS = 0.01
"""Longer than a batch of a thousand messages takes, also where its thread waits for a core as long as it works; shorter
than a client notices."""
TURN_SECONDS_MIN = 0.001
"""So long the loop goes on while it is asked, however little it waited, and a stream before it asks between two batches
whether the loop waits."""
LITTLE_SECONDS, LITTLE_REQUESTS = 0.01, 8
"""The first so many requests in so long are answered without waiting."""


class Turns:
    """Of one database. is_shared: the loop is to ask ``give_way`` before it answers a request, also in its own turn,
    where it counts what it is asked."""

    __slots__ = (
        "_asked",
        "_asked_since",
        "_at_work",
        "_coming",
        "_ends",
        "_later",
        "_may_work",
        "_nobody_works",
        "is_shared",
    )

    def __init__(self) -> None:
        self.is_shared = False
        self._later: Callable[[Callable[[], None]], object] | None = None
        self._at_work: dict[int, Turn] = {}
        """By thread."""
        self._coming: dict[int, Turn] = {}
        """Likewise, those that wait for the end of the loop's turn."""
        self._nobody_works = threading.Event()
        self._may_work = threading.Event()
        self._may_work.set()
        self._ends: float | None = None
        """When the loop's turn is over at the latest (perf_counter); None where it has none."""
        self._asked, self._asked_since = 0, 0.0
        """So many requests came since then; in the loop's turn, since it looked."""

    def join(self, later: Callable[[Callable[[], None]], object]) -> None:
        """The loop takes part. later: has something called when the loop has dealt with what came in."""
        self._later = later

    def leave(self) -> None:
        """The loop takes part no more."""
        self._later = None
        self._end()

    def worker(self) -> "Turn":
        """Of a stream, or of the log."""
        return Turn(self)

    def at_the_end(self, function: Callable[[], None]) -> Callable[[], None]:
        """What calls the function when the turn of the thread that asks for it is over; at once where it has none."""

        def call() -> None:
            turn = self._at_work.get(threading.get_ident())
            if turn is None:
                function()
            else:
                turn.due = function

        return call

    def give_way(self) -> None:
        """Called by the loop before it answers a request: waits for its turn, where it has none and is asked much."""
        self._asked += 1
        if self._ends is not None or self._later is None:
            return
        begun = perf_counter()
        if begun - self._asked_since > LITTLE_SECONDS:
            self._asked, self._asked_since = 0, begun
        if self._asked < LITTLE_REQUESTS:
            return
        self._may_work.clear()
        self._nobody_works.wait(TURN_SECONDS)
        now = perf_counter()
        self._ends = now + max(now - begun, TURN_SECONDS_MIN)
        self._later(self._look)

    def _look(self) -> None:
        """The loop has dealt with what was there: its turn is over when its time is, or when there was nothing."""
        if self._later is not None and self._ends is not None and self._asked and perf_counter() < self._ends:
            self._asked = 0
            self._later(self._look)
        else:
            self._asked, self._asked_since = LITTLE_REQUESTS, perf_counter()  # it was busy a moment ago
            self._end()

    def _end(self) -> None:
        self._ends = None
        self._at_work |= self._coming
        self.is_shared = bool(self._at_work)
        if self.is_shared:
            self._nobody_works.clear()
        self._may_work.set()

    @property
    def is_awaited(self) -> bool:
        """Whether the loop waits for its turn, or has it."""
        return not self._may_work.is_set()

    def begin(self, turn: "Turn") -> None:
        """The stream goes to work, when the loop's turn is over."""
        thread = threading.get_ident()
        self._coming[thread] = turn
        self._may_work.wait(TURN_SECONDS)
        self._nobody_works.clear()
        self._at_work[thread] = turn
        self._coming.pop(thread, None)
        self.is_shared = True

    def end(self, turn: "Turn") -> None:
        """The stream's work is done, or waits for something else."""
        self._at_work.pop(threading.get_ident(), None)
        if not self._at_work:
            self.is_shared = self.is_awaited
            self._nobody_works.set()
        due, turn.due = turn.due, None
        if due is not None:
            due()

    @contextlib.contextmanager
    def given_back(self) -> Iterator[None]:
        """While the thread waits for something else; its turn, where it has one, goes on after that."""
        turn = self._at_work.get(threading.get_ident())
        with contextlib.nullcontext() if turn is None else turn.given_back():
            yield


class Turn:
    """One worker's, which has it within a ``with``. Used by one thread."""

    __slots__ = ("_begun", "_turns", "due")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._begun = 0.0
        self.due: Callable[[], None] | None = None
        """Called at its end."""

    def __enter__(self) -> None:
        self._begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turns.end(self)

    @contextlib.contextmanager
    def given_back(self) -> Iterator[None]:
        """While the stream waits for something else."""
        self._turns.end(self)
        try:
            yield
        finally:
            self._begin()

    def renew(self, *, at_once: bool = False) -> None:
        """Between two pieces of work: a loop that waits has its turn first. at_once: also where this one just began."""
        if self._turns.is_awaited and (at_once or perf_counter() - self._begun >= TURN_SECONDS_MIN):
            self._turns.end(self)
            self._begin()

    def _begin(self) -> None:
        self._turns.begin(self)
        self._begun = perf_counter()

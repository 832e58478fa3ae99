"""Wakes: work of other threads handed to the event loop, and work of the loop handed to the log, once for many.

To wake a thread costs more than what it then does for one commit. So the log is woken at the end of a turn of the loop,
for all that was committed in it; and the loop is woken when the log has told of all commits that it has synced
together. What was queued in the log meanwhile waits until the loop has answered these and looked once for what its
clients ask next: so one sync serves them all.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType

__all__ = ["Wakes"]


class Wakes:
    """Of one event loop. ``with wakes:`` in another thread: what that asks for within the block is asked for at its
    end; one thread at a time does so."""

    __slots__ = ("_due", "_gathering", "_is_due", "_loop", "_thread")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called in the loop's thread."""
        self._loop = loop
        self._thread = threading.get_ident()
        self._due: deque[Callable[[], None]] = deque()
        self._is_due = False
        self._gathering: int | None = None
        """The thread that is in its block."""

    def __enter__(self) -> None:
        self._gathering = threading.get_ident()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._gathering = None
        if self._due:
            self._wake()

    def soon(self, function: Callable[[], None]) -> None:
        """Have the loop call it, in order; from any thread."""
        self._due.append(function)
        if self._gathering != threading.get_ident():
            self._wake()

    def at_the_end(self, function: Callable[[], None]) -> Callable[[], None]:
        """What calls the function when the loop has dealt with what came in together. From another thread: at once, or,
        where that is about to wake the loop, at the end of the turn that this begins."""
        is_due = False

        def call_now() -> None:
            nonlocal is_due
            is_due = False
            function()

        def call() -> None:
            nonlocal is_due
            thread = threading.get_ident()
            if thread != self._thread:
                if thread == self._gathering and self._due:
                    self._due.append(call)
                else:
                    function()
            elif not is_due:
                is_due = True
                self._loop.call_soon(call_now)

        return call

    def _wake(self) -> None:
        if not self._is_due:
            self._is_due = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server has stopped
                self._loop.call_soon_threadsafe(self._run)

    def _run(self) -> None:
        self._is_due = False  # before anything is taken: who asks from now on wakes the loop again
        due = self._due
        try:
            while due:
                due.popleft()()
        finally:
            if due:  # one has failed: the loop tells of it, and the others have their turn
                self._wake()

"""A lock that is given in the order in which it was asked for, and that one may stop to wait for."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_SECONDS = 0.1
"""Who waits looks so often whether it still may."""


class InOrder:
    """One holder at a time. A ``threading.Lock`` that is asked for again and again forgets who came first."""

    __slots__ = ("_guard", "_taken", "_waiting")

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    @property
    def is_taken(self) -> bool:
        """True while it has a holder."""
        return self._taken

    @contextmanager
    def held(self, check: Callable[[], None]) -> Iterator[None]:
        """Wait for it, have it, and give it to the next. Raises what ``check`` does, which is called while it waits."""
        with self._guard:
            mine = threading.Event()
            if self._taken:
                self._waiting.append(mine)
            else:
                self._taken = True
                mine.set()
        try:
            while not mine.wait(LOOK_SECONDS):
                check()
            yield
        finally:
            self._leave(mine)

    def _leave(self, mine: threading.Event) -> None:
        """Wait no longer, or give it to the next."""
        with self._guard:
            if not mine.is_set():
                self._waiting.remove(mine)
            elif self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False

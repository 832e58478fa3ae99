"""Workers: threads for statements that take long.

There are few, since threads that compute share the interpreter. A thread that is held up by one piece of work for
longer than PATIENCE_SECONDS is not counted among them: then another one begins, up to a bound, so that four long
statements do not stop everybody else's short ones. A thread that is one too many ends when it has nothing to do.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from traceback import clear_frames
from typing import Any, ParamSpec, TypeVar

from memgraph_py.kernels import wait_while_loading

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.05
KEPT_SECONDS = 10.0
"""Work that was given up and goes on for so long is told: only a plug-in's function takes that long to look."""

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    """A pool of threads. ``submit`` and ``stop`` are called in the event loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int, count_max: int) -> None:
        """count: threads for work that ends soon. count_max: threads at all."""
        self._loop = loop
        self._count = count
        self._count_max = max(count, count_max)
        self._changed = threading.Condition()
        """Guards what follows."""
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._begun: dict[int, float | None] = {}
        """By number of the thread, when its work began; None while it waits for some."""
        self._stopped = False
        self._threads_started = 0
        self._growth_planned = False

    @property
    def threads(self) -> int:
        """How many there are now."""
        return len(self._begun)

    def submit(self, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> "Future[R]":
        """What the function gives or raises, once a thread has called it."""
        future: Future[R] = Future()
        with self._changed:
            assert not self._stopped, "the workers have stopped"
            self._waiting.append((future, lambda: function(*arguments, **named)))
            idle = sum(begun is None for begun in self._begun.values())
            if idle < len(self._waiting):
                if len(self._begun) < self._count:
                    self._start_thread()
                else:
                    self._plan_growth()
            self._changed.notify()
        return future

    def watch(self, given_up: "Future[Any]") -> None:
        """Nobody waits for this work any more: warn if it keeps its thread all the same."""
        self._loop.call_later(KEPT_SECONDS, self._warn_of, given_up)

    def stop(self) -> None:
        """Begin nothing any more; threads end after the work at hand."""
        with self._changed:
            self._stopped = True
            for future, _ in self._waiting:
                future.cancel()
            self._waiting.clear()
            self._changed.notify_all()

    def _warn_of(self, given_up: "Future[Any]") -> None:
        if not given_up.done():
            logger.warning(
                "a statement that was told to end does not, and keeps its thread",
                extra={"threads": self.threads, "threads_max": self._count_max},
            )

    def _plan_growth(self) -> None:
        if not self._growth_planned:
            self._growth_planned = True
            self._loop.call_later(PATIENCE_SECONDS, self._grow)

    def _grow(self) -> None:
        """Where work waits and the threads for it are held up, begin as many in their place."""
        with self._changed:
            self._growth_planned = False
            if self._stopped or not self._waiting:
                return
            wanted = min(self._count - self._prompt(), len(self._waiting), self._count_max - len(self._begun))
            for _ in range(wanted):
                self._start_thread()
            self._plan_growth()

    def _prompt(self) -> int:
        """Threads that are not held up."""
        late = time.monotonic() - PATIENCE_SECONDS
        return sum(begun is None or begun > late for begun in self._begun.values())

    def _start_thread(self) -> None:
        self._threads_started += 1
        number = self._threads_started
        self._begun[number] = None
        threading.Thread(target=self._work, args=(number,), name=f"bolt-worker-{number}", daemon=True).start()

    def _work(self, number: int) -> None:
        while True:
            with self._changed:
                self._begun[number] = None
                while not self._waiting and not self._stopped and self._prompt() <= self._count:
                    self._changed.wait()
                if not self._waiting:
                    del self._begun[number]
                    return
                future, call = self._waiting.popleft()
                if not future.set_running_or_notify_cancel():
                    del future, call  # a statement that was given up holds its version of the graph
                    continue
                self._begun[number] = time.monotonic()
            wait_while_loading()  # what is done here may take long, and longer without kernels
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001  # handed on to whoever asked for the work
                clear_frames(error.__traceback__)  # what they held is freed here, not by whoever is told of the error
                future.set_exception(error)
            else:
                future.set_result(result)
            result = None  # it may be large, and the next work far off
            del future, call

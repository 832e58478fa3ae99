"""Bounds of a running statement: when it must end, and how much time and memory it may take.

Whatever takes long looks here. Operators look once a batch, loops in Python once in ``PIECE_VALUES`` values, kernels
at ``flag`` every few thousand steps. A call that cannot look, and one that keeps the interpreter to itself, is made of
pieces that are short enough: the statement ends within some ten milliseconds of being told to, and no other waits for
it longer.
"""

import threading
import weakref
from collections.abc import Iterator
from enum import Enum, auto
from time import perf_counter, thread_time

import numpy as np
from numpy.typing import NDArray

from memgraph_py.errors import MemoryLimitExceeded, MemoryPoolExceeded, TransactionTerminated, TransactionTimedOut

__all__ = ["PIECE_VALUES", "Bounds", "Budget", "BudgetExhausted", "Ending", "Memory", "MemoryPool", "no_check"]

PIECE_VALUES = 1 << 15
"""So many values at a time: as Python objects they take 1 to 10 ms."""


_UNNOTED_BYTES = 1 << 20
"""So much, and so much more, a statement holds without looking at what others do."""
_PACE_SECONDS = 0.002
"""Of values that may take long each, as many at a time as take about so long."""


def no_check() -> None:
    """In place of ``Bounds.check``, where there are no bounds."""


class Ending(Enum):
    """Why a statement must end before it has come to its end."""

    CANCELLED = auto()
    """Its client wants no answer any more."""
    TERMINATED = auto()
    """Somebody has ended its transaction."""
    LATE = auto()
    """Its time is over."""

    def error(self) -> TransactionTerminated:
        """What the client is told."""
        match self:
            case Ending.CANCELLED:
                return TransactionTerminated("the statement was cancelled")
            case Ending.TERMINATED:
                return TransactionTerminated("the transaction was terminated", hint="begin another one")
            case Ending.LATE:
                return TransactionTimedOut("the statement ran longer than its limit")


class BudgetExhausted(Exception):
    """The time that the statement may take in the event loop's thread is over, before its first row: start it anew."""


class Budget:
    """Time that a statement may take in the event loop's thread: so much by the clock, then so much of the processor.

    By the clock alone a thread that waits for its turn would use it up doing nothing; reading the processor's time
    costs half a microsecond, so it is not read for what ends at once.
    """

    __slots__ = ("_look_again", "_processor_end", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._look_again = perf_counter() + seconds
        self._processor_end: float | None = None

    def is_spent(self) -> bool:
        """True when the statement must go elsewhere."""
        now = perf_counter()
        if now < self._look_again:
            return False
        used = thread_time()
        if self._processor_end is None:
            self._processor_end = used + self._seconds
        elif used >= self._processor_end:
            return True
        self._look_again = now + self._processor_end - used
        return False


class MemoryPool:
    """Memory that all statements of a server may hold together, in bytes. Called from any thread.

    What is held is counted by each ``Memory`` for itself and added up here when one of them has grown; one that is gone
    holds nothing. bytes_max: None for any.
    """

    def __init__(self, bytes_max: int | None = None) -> None:
        self.bytes_max = bytes_max
        self._large: weakref.WeakSet[Memory] = weakref.WeakSet()
        """Those that have held more than _UNNOTED_BYTES."""
        self._changing = threading.Lock()

    @property
    def held(self) -> int:
        """What is held now, small amounts left out."""
        with self._changing:
            return sum(memory.held for memory in self._large)

    def require(self, memory: "Memory", count: int) -> None:
        """The memory has grown, or needs so many bytes more for a while. Raises MemoryPoolExceeded."""
        with self._changing:
            self._large.add(memory)
            held = sum(other.held for other in self._large)
        if self.bytes_max is not None and held + count > self.bytes_max:
            raise MemoryPoolExceeded(
                f"all queries together need more than the server's {_spelled(self.bytes_max)} of memory for them",
                hint="try again when others have ended, or let it gather less; the limit is --total-memory-limit-mb",
            )


class Memory:
    """Memory that the statements of one transaction may hold, in bytes, by estimate. bytes_max: None for any. pool:
    what all transactions share, or None."""

    __slots__ = ("__weakref__", "_noted", "_pool", "bytes_max", "held")

    def __init__(self, bytes_max: int | None = None, pool: MemoryPool | None = None) -> None:
        self.bytes_max = bytes_max
        self.held = 0
        self._pool = pool
        self._noted = _UNNOTED_BYTES
        """Up to here the pool knows of it."""

    def narrowed(self, bytes_max: int) -> "Memory":
        """For a query that says itself how much it may hold, which is no more than here."""
        return Memory(bytes_max if self.bytes_max is None else min(bytes_max, self.bytes_max), self._pool)

    def hold(self, count: int) -> None:
        """Count so many bytes more as held; who lets them go subtracts them. Raises MemoryLimitExceeded, or
        MemoryPoolExceeded."""
        self.held += count
        self.require(0)
        if self.held > self._noted:
            self._noted = self.held + _UNNOTED_BYTES

    def require(self, count: int) -> None:
        """So many bytes are about to be used for a while. Raises MemoryLimitExceeded, or MemoryPoolExceeded."""
        if self.bytes_max is not None and self.held + count > self.bytes_max:
            raise MemoryLimitExceeded(
                f"the query needs more than its {_spelled(self.bytes_max)} of memory: it holds "
                f"{_spelled(self.held)} and asks for {_spelled(count)} more"
                if count
                else f"the query holds more than its {_spelled(self.bytes_max)} of memory",
                hint="let it gather less: bound lists and patterns, use LIMIT, or CALL { … } IN TRANSACTIONS; "
                "the server's limit is --query-memory-limit-mb",
            )
        if self.held + count > self._noted and self._pool is not None:
            self._pool.require(self, count)


def _spelled(count: int) -> str:
    return f"{count / (1 << 20):.1f} MB" if count >= 1 << 20 else f"{count / 1024:.1f} KB"


class Bounds:
    """What one execution may take. ``end`` may be called from any thread, everything else from the one that runs it.

    flag: (1,) int64, not 0 once the execution must end; for kernels, which give back anything then. deadline: a time
    of perf_counter, or None. budget: what it may take in its thread, or None.
    """

    __slots__ = ("__weakref__", "_ending", "budget", "deadline", "flag", "memory")

    def __init__(self, memory: Memory | None = None) -> None:
        self.flag: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self.memory = Memory() if memory is None else memory
        self.deadline: float | None = None
        self.budget: Budget | None = None
        self._ending: Ending | None = None

    @property
    def ended(self) -> bool:
        """True when the execution must end."""
        return self._ending is not None

    def end(self, ending: Ending = Ending.CANCELLED) -> None:
        """Have the execution end soon, with the error of the ending; the first one counts."""
        if self._ending is None:
            self._ending = ending
        self.flag[0] = 1

    def check(self) -> None:
        """Raises TransactionTerminated when the execution must end, or BudgetExhausted."""
        if self._ending is None and self.deadline is not None and perf_counter() > self.deadline:
            self.end(Ending.LATE)
        if self._ending is not None:
            raise self._ending.error()
        if self.budget is not None and self.budget.is_spent():
            raise BudgetExhausted

    def paced(self, count: int) -> Iterator[slice]:
        """``count`` values of which each may take long in slices that take some milliseconds, looked at before each:
        raises what ``check`` raises."""
        start, size = 0, 1
        while start < count:
            self.check()
            begun = perf_counter()
            stop = min(start + size, count)
            yield slice(start, stop)
            took = perf_counter() - begun
            start, size = stop, max(1, min(4 * size, int(size * _PACE_SECONDS / max(took, 1e-6))))

    def pieces(self, count: int, size: int = PIECE_VALUES) -> Iterator[slice]:
        """``count`` values in slices of ``size``, each looked at before: raises what ``check`` raises."""
        for start in range(0, count, size):
            self.check()
            yield slice(start, min(start + size, count))

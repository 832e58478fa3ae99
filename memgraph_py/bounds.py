"""Bounds of a running statement: when it must end, and how much time and memory it may take.

Whatever takes long looks here. Operators look once a batch, loops in Python once in ``PIECE_VALUES`` values, kernels
at ``flag`` every few thousand steps. A call that cannot look, and one that keeps the interpreter to itself, is made of
pieces that are short enough: the statement ends within some ten milliseconds of being told to, and no other waits for
it longer.
"""

from collections.abc import Iterator
from time import perf_counter, thread_time

import numpy as np
from numpy.typing import NDArray

from memgraph_py.errors import TransactionTerminated, TransactionTimedOut

__all__ = ["PIECE_VALUES", "Bounds", "Budget", "BudgetExhausted"]

PIECE_VALUES = 1 << 15
"""So many values at a time: as Python objects they take 1 to 10 ms."""


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


class Bounds:
    """What one execution may take. ``end`` may be called from any thread, everything else from the one that runs it.

    flag: (1,) int64, not 0 once the execution must end; for kernels, which give back anything then. deadline: a time
    of perf_counter, or None. budget: what it may take in its thread, or None.
    """

    __slots__ = ("_reason", "budget", "deadline", "flag")

    def __init__(self) -> None:
        self.flag: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self.deadline: float | None = None
        self.budget: Budget | None = None
        self._reason: type[TransactionTerminated] | None = None

    @property
    def ended(self) -> bool:
        """True when the execution must end."""
        return self._reason is not None

    def end(self, *, late: bool = False) -> None:
        """Have the execution end soon, with TransactionTerminated; TransactionTimedOut where it is ``late``."""
        self._reason = TransactionTimedOut if late else TransactionTerminated
        self.flag[0] = 1

    def check(self) -> None:
        """Raises TransactionTerminated when the execution must end, or BudgetExhausted."""
        if self._reason is None and self.deadline is not None and perf_counter() > self.deadline:
            self.end(late=True)
        if self._reason is not None:
            late = self._reason is TransactionTimedOut
            raise self._reason("the statement ran longer than its limit" if late else "the statement was cancelled")
        if self.budget is not None and self.budget.is_spent():
            raise BudgetExhausted

    def pieces(self, count: int, size: int = PIECE_VALUES) -> Iterator[slice]:
        """``count`` values in slices of ``size``, each looked at before: raises what ``check`` raises."""
        for start in range(0, count, size):
            self.check()
            yield slice(start, min(start + size, count))

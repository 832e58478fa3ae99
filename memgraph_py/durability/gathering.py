"""Gathering: whether the log's next sync waits a moment for commits that are about to come.

Clients that commit again and again come back soon after they are answered. A sync that begins before they do serves
only those who were left out of the one before, and so they go on in two groups that take turns, each with a sync and a
waking of threads of its own. So the log expects as many commits as shared the last sync or were queued behind it, and
waits for them, as long as two syncs take. Where that was in vain, it is tried again after 1, 2, 4 … 64 groups.
"""

from collections.abc import Callable, Sized
from time import perf_counter

__all__ = ["Gathering"]

_SECONDS_MAX = 0.001
_AVERAGE_OVER = 8
_GROUPS_BETWEEN_MAX = 64


class Gathering:
    """Of one log; used by its thread."""

    __slots__ = ("_expected", "_groups_between", "_groups_left", "_sync_seconds")

    def __init__(self) -> None:
        self._expected = 0
        self._sync_seconds = 0.0
        """On average of late."""
        self._groups_between = 1
        """So many groups are begun without waiting after the next time that it is in vain; so many of them are left."""
        self._groups_left = 0

    def wait(self, queue: Sized, woken: Callable[[float], bool]) -> None:
        """Until the queue holds what is expected, or the time is over. woken: waits for so many seconds until something
        was queued, or the log is to end; False when the time is over, or the log is to end."""
        if len(queue) >= self._expected:
            return
        if self._groups_left:
            self._groups_left -= 1
            return
        ends = perf_counter() + min(2 * self._sync_seconds, _SECONDS_MAX)
        while (seconds := ends - perf_counter()) > 0 and woken(seconds):
            if len(queue) >= self._expected:
                self._groups_between = 1
                return
        self._groups_left = self._groups_between
        self._groups_between = min(2 * self._groups_between, _GROUPS_BETWEEN_MAX)

    def synced(self, returning: int, seconds: float) -> None:
        """A sync took so many seconds. returning: how many commits shared it, or were queued behind it, whose clients
        may be back soon."""
        self._expected = returning
        self._sync_seconds += (seconds - self._sync_seconds) / _AVERAGE_OVER

"""Whether a sync waits for commits that are about to come."""

import time
from collections import deque
from collections.abc import Iterator, Sequence

from memgraph_py.durability.gathering import Gathering

SYNC_SECONDS = 0.0005


def gathering(returning: int) -> Gathering:
    """After many groups with so many commits, whose syncs took SYNC_SECONDS."""
    found = Gathering()
    for _ in range(100):
        found.synced(returning, SYNC_SECONDS)
    return found


class Clients:
    """Each time that the log waits, one of these batches of commits is queued; then nobody comes any more."""

    def __init__(self, queued: int, coming: Sequence[int]) -> None:
        self.queue = deque([None] * queued)
        self._coming: Iterator[int] = iter(coming)
        self.waits: list[float] = []

    def woken(self, seconds: float) -> bool:
        self.waits.append(seconds)
        commits = next(self._coming, None)
        if commits is None:
            time.sleep(seconds)
            return False
        self.queue.extend([None] * commits)
        return True


def waits(of: Gathering, clients: Clients) -> int:
    """How often the log waited before it began with what is queued."""
    before = len(clients.waits)
    of.wait(clients.queue, clients.woken)
    return len(clients.waits) - before


def test_one_client_is_never_waited_for() -> None:
    assert waits(gathering(1), Clients(1, [1])) == 0


def test_those_who_may_be_back_soon_are_waited_for() -> None:
    clients = Clients(2, [3, 3, 1])
    assert waits(gathering(8), clients) == 2
    assert len(clients.queue) == 8


def test_nobody_waits_longer_than_two_syncs() -> None:
    clients = Clients(2, [])
    assert waits(gathering(8), clients) == 1
    assert 0 < clients.waits[0] <= 2 * SYNC_SECONDS


def test_what_was_in_vain_is_tried_again_after_ever_more_groups() -> None:
    of = gathering(8)
    tried = [group for group in range(200) if waits(of, Clients(2, []))]
    assert tried == [0, 2, 5, 10, 19, 36, 69, 134, 199]


def test_what_was_not_in_vain_is_tried_again_at_once() -> None:
    of = gathering(8)
    assert [waits(of, Clients(2, [])) for _ in range(4)] == [1, 0, 1, 0]
    assert [waits(of, Clients(2, [6])) for _ in range(4)] == [0, 1, 1, 1]
    assert [waits(of, Clients(2, [])) for _ in range(3)] == [1, 0, 1], "as if it had never been in vain"


def test_a_log_that_is_to_end_does_not_wait() -> None:
    clients = Clients(2, [6])
    gathering(8).wait(clients.queue, lambda seconds: False)
    assert len(clients.queue) == 2

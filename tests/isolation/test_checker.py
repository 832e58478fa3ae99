"""The checker finds each anomaly in a history made by hand, names it, and finds none where there is none."""

import pytest

from tests.isolation.checker import check
from tests.isolation.history import Append, Outcome, Read, Transaction

X, Y = 0, 1
Operations = list[Append | Read]


def a(key: int, value: int) -> Append:
    return Append(key, value)


def r(key: int, *values: int) -> Read:
    return Read(key, values)


def history(*transactions: Operations, aborted: int | None = None, unknown: int | None = None) -> list[Transaction]:
    """All at once: no transaction was answered before another began."""
    made = [Transaction(id, operations, Outcome.COMMITTED, 0.0, 1.0) for id, operations in enumerate(transactions)]
    if aborted is not None:
        made[aborted].outcome = Outcome.ABORTED
    if unknown is not None:
        made[unknown].outcome = Outcome.UNKNOWN
    return made


def kinds(transactions: list[Transaction], final: dict[int, tuple[int, ...]] | None = None) -> set[str]:
    return {anomaly.kind for anomaly in check(transactions, final)}


@pytest.mark.parametrize(
    "transactions",
    [
        [[a(X, 1)], [r(X, 1), a(X, 2), r(X, 1, 2)], [r(X, 1, 2), r(Y)]],
        [[r(X), r(X), a(X, 1), a(X, 2)], [r(X)], [r(X, 1, 2)]],
        [[a(X, 1), a(Y, 2)], [r(X, 1), r(Y, 2)], [r(X), r(Y)]],
    ],
)
def test_nothing_is_found_where_nothing_is_wrong(transactions: list[Operations]) -> None:
    assert check(history(*transactions)) == []


def test_write_skew_is_allowed() -> None:
    both = history([r(X), r(Y), a(X, 1)], [r(X), r(Y), a(Y, 2)], [r(X, 1), r(Y, 2)])
    assert check(both) == []


def test_g0_two_writers_in_different_orders() -> None:
    assert kinds(history([a(X, 1), a(Y, 2)], [a(X, 3), a(Y, 4)], [r(X, 1, 3)], [r(Y, 4, 2)])) >= {"G0"}


def test_g1a_a_read_of_what_was_rolled_back() -> None:
    found = check(history([a(X, 1)], [r(X, 1)], aborted=0))
    assert [(anomaly.kind, anomaly.transactions) for anomaly in found] == [("G1a", (1, 0))]


def test_g1b_a_read_of_what_was_not_final() -> None:
    assert "G1b" in kinds(history([a(X, 1), a(X, 2)], [r(X, 1)], [r(X, 1, 2)]))


def test_g1c_two_that_read_of_each_other() -> None:
    assert kinds(history([a(X, 1), r(Y, 2)], [a(Y, 2), r(X, 1)])) == {"G1c"}


def test_g_single_what_was_read_is_older_than_what_else_was_read() -> None:
    found = check(history([a(X, 1)], [r(X, 1), a(Y, 2)], [r(Y, 2), r(X)]))
    assert [(anomaly.kind, set(anomaly.transactions)) for anomaly in found] == [("G-single", {0, 1, 2})]


def test_fractured_read_one_of_two_appends_is_seen() -> None:
    assert kinds(history([a(X, 1), a(Y, 2)], [r(X, 1), r(Y)])) == {"fractured read"}
    assert kinds(history([a(X, 1), a(Y, 2)], [r(X, 1), r(Y)], [r(Y, 2)])) == {"fractured read", "G-single"}


def test_lost_update_two_from_one_version() -> None:
    assert "lost update" in kinds(history([r(X), a(X, 1)], [r(X), a(X, 2)], [r(X, 1, 2)]))


def test_lost_update_an_append_is_gone() -> None:
    assert kinds(history([a(X, 1)], [a(X, 2)]), {X: (2,)}) == {"lost update"}
    assert check(history([a(X, 1)], [a(X, 2)], unknown=0), {X: (2,)}) == [], "it was not answered"
    assert check(history([a(X, 1)], [a(X, 2)], aborted=0), {X: (2,)}) == []


def test_what_was_not_answered_has_committed_when_it_is_seen() -> None:
    torn = history([a(X, 1), a(Y, 2)], [r(X, 1)], unknown=0)
    assert check(torn, {X: (1,), Y: (2,)}) == []
    assert "lost update" in kinds(torn, {X: (1,), Y: ()}), "half of it is there"


def test_non_repeatable_read_within_one_transaction() -> None:
    assert "non-repeatable read" in kinds(history([a(X, 1)], [r(X), r(X, 1)]))
    assert "non-repeatable read" in kinds(history([a(X, 1)], [r(X), a(X, 2), r(X, 1, 2)]))
    assert "non-repeatable read" in kinds(history([a(X, 1)], [r(X), r(X, 1)], aborted=1)), "it reads all the same"


def test_own_appends_are_seen() -> None:
    assert "internal" in kinds(history([a(X, 1), r(X)]))


def test_incompatible_orders_duplicates_and_garbage() -> None:
    assert "incompatible order" in kinds(history([a(X, 1)], [a(X, 2)], [r(X, 1, 2)], [r(X, 2)]))
    assert "duplicate" in kinds(history([a(X, 1)], [r(X, 1, 1)]))
    assert "garbage" in kinds(history([r(X, 9)]))


def test_a_ring_without_two_antidependencies_in_a_row() -> None:
    ring = [[r(X, 8), r(Y)], [a(Y, 2), a(2, 5)], [r(2, 5), r(3)], [a(3, 7), a(X, 8)]]
    lists = {X: (8,), Y: (2,), 2: (5,), 3: (7,)}
    assert kinds(history(*ring), lists) == {"G-nonadjacent"}
    ring[0] = [r(X), r(Y)]
    assert check(history(*ring), lists) == [], "T0 before T1 before T2 before T3"


def test_real_time_counts() -> None:
    stale = history([a(X, 1)], [r(X)], [r(X, 1)])
    assert check(stale) == []
    stale[1].begin = 2.0
    stale[1].end = 3.0
    assert kinds(stale) == {"G-single in real time"}

"""Answers that are remembered take no more memory for what clients name."""

import gc
import sys

import pytest

from memgraph_py.bolt.handshake import VERSIONS
from memgraph_py.engine.notifications import Notification
from memgraph_py.server import summaries

BOLT_5_8 = VERSIONS[0]


@pytest.mark.parametrize(
    "columns", [("x" * 1_000_000,), tuple(f"c{number}" for number in range(10_000))], ids=["long", "many"]
)
def test_long_names_are_not_remembered(columns: tuple[str, ...]) -> None:
    before = sys.getrefcount(columns)
    first = summaries.beginning(columns, 0, None, True)
    gc.collect()
    assert sys.getrefcount(columns) == before
    assert summaries.beginning(columns, 0, None, True) == first


def test_short_names_are_remembered() -> None:
    assert summaries.beginning(("n",), 0, None, False) is summaries.beginning(("n",), 0, None, False)


@pytest.mark.parametrize(("count", "characters"), [(1, 1_000_000), (1_000, 10)], ids=["long", "many"])
@pytest.mark.parametrize("bookmark", [None, 7])
def test_long_notifications_are_not_remembered(count: int, characters: int, bookmark: int | None) -> None:
    """Each text may name other labels, of as many characters as a text may have."""
    made = [told_of("y" * characters, number) for number in range(count)]
    notifications = tuple(made)
    before = sys.getrefcount(notifications)
    told = summaries.outcome(BOLT_5_8, True, True, notifications)
    assert told.count(b"01N50") == count
    assert sys.getrefcount(notifications) == before
    before = sys.getrefcount(told)
    ended = summaries.plain_ending("r", 0, (), told, bookmark)
    assert ended.count(b"01N50") == count
    assert sys.getrefcount(told) == before


def test_short_notifications_are_remembered() -> None:
    """Of two that are equal."""
    one, same = (summaries.outcome(BOLT_5_8, True, True, (told_of("y", 3),)) for _ in range(2))
    assert one is same
    assert summaries.plain_ending("r", 0, (), one, None) is summaries.plain_ending("r", 0, (), one, None)


def told_of(name: str, offset: int) -> Notification:
    return Notification(
        "Statement.UnknownLabelWarning", "title", "WARNING", "UNRECOGNIZED", name, offset, ("labels", name)
    )

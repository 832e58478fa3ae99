"""The checks of a crash notice what they are there for: a harness that cannot fail shows nothing."""

from collections.abc import Iterator

import pytest
from neo4j import Driver, Session

from tests.crashes.checking import writers_states, wrong_counts, wrong_indexes, wrong_messages
from tests.crashes.defining import Definer
from tests.crashes.writing import Item, Link, State, Writer


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    with driver.session() as session:
        session.run(
            "CREATE (h:Hub {key: 'hub'}), (a:Item {writer: 0, key: 'a', value: 1}), (b:Item {writer: 0, key: 'b'}), "
            "(h)-[:LINK {writer: 0, key: 'l', value: 2}]->(a)"
        ).consume()
        yield session


def writer_of(session: Session) -> Writer:
    """A writer that has seen what is there."""
    writer = Writer(0, 1)
    writer.state = writers_states(session)[0]
    assert writer.state.told() == {
        "items": {"a": ["1", False], "b": ["None", False]},
        "links": {"l": ["hub", "a", "2"]},
    }
    return writer


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("MATCH (n {key: 'b'}) DELETE n", "items b: expected ['None', False], found None"),
        ("MATCH (n {key: 'a'}) SET n.value = 3", "items a: expected ['1', False], found ['3', False]"),
        ("MATCH (n {key: 'a'}) SET n:Flagged", "found ['1', True]"),
        ("MATCH ()-[r]->() DELETE r", "links l: expected ['hub', 'a', '2'], found None"),
        ("CREATE (:Item {writer: 0, key: 'c'})", "items c: expected None, found ['None', False]"),
        (
            "MATCH (n {key: 'b'}) DELETE n CREATE (:Item {writer: 0, key: 'b'}), (:Item {writer: 1})",
            "node b had ids [2, ",
        ),
    ],
)
def test_a_writer_notices_what_differs(session: Session, change: str, text: str) -> None:
    writer = writer_of(session)
    assert writer.check(writers_states(session)[0]) == []
    session.run("CREATE (:Item {writer: 9, key: 'other'})").consume()
    session.run(change).consume()
    (wrong,) = writer.check(writers_states(session)[0])
    assert text in wrong


def test_a_transaction_that_was_not_answered_is_there_whole_or_not_at_all(session: Session) -> None:
    writer = writer_of(session)
    before = writer.state
    after = State({**before.items, "c": Item(1), "d": Item(2)}, {**before.links, "m": Link("c", "d", None)})
    for there, is_right in (((), True), (("c", "d", "m"), True), (("c", "d"), False), (("c", "m"), False)):
        writer.state, writer.pending = before, after
        found = State(
            {key: item for key, item in after.items.items() if key in ("a", "b", *there)},
            {key: link for key, link in after.links.items() if key in ("l", *there)},
        )
        assert (writer.check(found) == []) is is_right


def test_messages_twice_missing_or_unknown_are_noticed(session: Session) -> None:
    session.run("UNWIND [0, 3, 6, 1, 4] AS number CREATE (:Message {number: number})").consume()
    sent = {0: [0, 3, 6, 9], 1: [1, 4]}
    assert wrong_messages(session, sent, is_complete=False) == []
    (wrong,) = wrong_messages(session, sent, is_complete=True)
    assert wrong == "partition 0: 1 messages never came"
    assert "unknown" not in wrong
    assert wrong_messages(session, {0: [0, 2, 3, 6], 1: [1, 4]}, is_complete=False) == [
        "partition 0: message 2 is missing, and later ones are there"
    ]
    assert wrong_messages(session, {0: [0, 3, 6]}, is_complete=False) == ["messages that were never sent: [1, 4]"]
    session.run("CREATE (:Message {number: 3})").consume()
    assert wrong_messages(session, sent, is_complete=False) == ["messages are there more than once: [3]"]


def test_definitions_that_differ_are_noticed(session: Session) -> None:
    definer = Definer(1, "localhost:1", "none")
    assert definer.check(session) == []
    session.run("CREATE INDEX ON :Item(value)").consume()
    (wrong,) = definer.check(session)
    assert "found {('Item', 'value')}" in wrong
    definer.there, definer.pending = set(), ("Item", "value")
    assert definer.check(session) == [], "what was not answered may be there"


def test_seeks_are_compared_with_scans(session: Session) -> None:
    (wrong,) = wrong_indexes(session, [("Item", "key")])
    assert "no seek in" in wrong, "there is no index"
    session.run("CREATE INDEX ON :Item(key)").consume()
    assert wrong_indexes(session, [("Item", "key")]) == []
    assert wrong_counts(session) == []


class Answers:
    """A session that gives what the test says, and `IndexSeek` as every plan."""

    plan = "IndexSeek"

    def __init__(self, *answers: list[list[object]]) -> None:
        self._answers = list(answers)

    def run(self, text: str, **parameters: object) -> "Answers":
        self._rows = [] if text.startswith("EXPLAIN") else self._answers.pop(0)
        return self

    def consume(self) -> "Answers":
        return self

    def values(self) -> list[list[object]]:
        return self._rows

    def single(self, strict: bool) -> list[object]:
        (row,) = self._rows
        return row


@pytest.mark.parametrize(
    ("sought", "text"),
    [
        ([["a", 1]], "by scan only: [((\"'b'\", 2), 1)]"),
        ([["a", 1], ["b", 2], ["b", 3]], "by seek only: [((\"'b'\", 3)"),
    ],
)
def test_an_index_that_disagrees_is_noticed(sought: list[list[object]], text: str) -> None:
    (wrong,) = wrong_indexes(Answers([["a", 1], ["b", 2]], sought), [("Item", "key")])
    assert text in wrong


def test_counts_that_disagree_and_ids_that_are_there_twice_are_noticed() -> None:
    numbers = [[[5]], [[5]], [[4]], [[3]], [[2]], [[2]], [[2]], [[1]]]
    wrong = wrong_counts(Answers(*numbers, [[1, "1"], [1, "2"]]))
    assert [text.split(" by ")[0] for text in wrong] == ["items: 4", "links: 2", "two nodes have one id"]

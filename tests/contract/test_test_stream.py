"""TEST STREAM: the queries of the next batches, and no trace of having asked."""

import time

from tests.contract.room import RECORD, Room
from tests.end_to_end.kafka_broker import RealBroker
from tests.streams.fakes import MANUAL

ECHO = "def stream(batch): return [('RETURN $v', {'v': m.decode()}) for m in batch]"
COUNTS_CALLS = (
    "calls = 0\ndef stream(batch):\n    global calls\n    calls += 1\n    return [('RETURN $n', {'n': calls})]"
)


def values_of(room: Room, name: str, batches: int | None = None) -> list[str]:
    """The values that an echoing stream would import."""
    limit = "" if batches is None else f" LIMIT {batches} BATCHES"
    return [params["v"] for _, params in room.rows(f"TEST STREAM {name}{limit}")]


def echo(room: Room, topic: str, more: str = "") -> str:
    return room.create(topic, room.script(ECHO), more)


def numbers(start: int, stop: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, stop)]


def texts(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


def test_the_manual_s_transform_gives_the_manual_s_rows(room: Room) -> None:
    name = room.create(room.topic(b"1", b"1 2"), room.script(MANUAL))
    with room.driver.session() as session:
        result = session.run(f"TEST STREAM {name}")  # type: ignore[arg-type]  # a name of this test
        assert result.keys() == ["query", "params"]
        assert result.values() == [
            ["CREATE (:Node {id: $id})", {"id": "1"}],
            [
                "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)",
                {"from_id": "1", "to_id": "2"},
            ],
        ]


def test_the_default_is_one_batch(room: Room) -> None:
    name = echo(room, room.topic(*numbers(0, 25)))
    assert values_of(room, name) == texts(0, 10)


def test_it_ends_after_so_many_batches(room: Room) -> None:
    name = echo(room, room.topic(*numbers(0, 25)), "BATCH_SIZE 4")
    assert values_of(room, name, 1) == texts(0, 4)
    assert values_of(room, name, 3) == texts(0, 12)


def test_it_ends_at_the_end_of_all_partitions(room: Room) -> None:
    topic = room.topic(partitions=3)
    for partition in (0, 2):
        room.broker.produce(topic, [b"%d.%d" % (partition, offset) for offset in range(7)], partition)
    name = echo(room, topic, "BATCH_SIZE 5")
    assert values_of(room, name, 100) == [f"{partition}.{offset}" for partition in (0, 2) for offset in range(7)]


def test_an_empty_topic_gives_no_rows(room: Room) -> None:
    name = echo(room, room.topic(partitions=2))
    begin = time.monotonic()
    assert values_of(room, name) == []
    assert time.monotonic() - begin < 9, "at the end of all partitions, and not when the patience ends"


def test_only_aborted_messages_give_no_rows(room: Room) -> None:
    topic = room.topic()
    room.broker.produce_in_transaction(topic, [b"lost"], commits=False)
    assert values_of(room, echo(room, topic)) == []


def test_the_same_test_twice_gives_the_same_rows(room: Room) -> None:
    topic = room.topic(partitions=3)
    for partition in range(3):
        room.broker.produce(topic, [b"%d.%d" % (partition, offset) for offset in range(50)], partition)
    name = echo(room, topic, "BATCH_SIZE 15")
    first = values_of(room, name, 4)
    assert len(first) == 60
    assert [values_of(room, name, 4) for _ in range(3)] == [first] * 3


def test_it_writes_nothing_to_the_graph(room: Room) -> None:
    name = room.record(room.topic(b"1", b"2"))
    before = room.rows("MATCH (n) RETURN count(n)")
    assert len(room.rows(f"TEST STREAM {name}")) == 1
    assert room.rows("MATCH (n) RETURN count(n)") == before
    assert room.batches(name) == []


def test_it_commits_nothing_to_kafka(room: Room) -> None:
    topic = room.topic(b"1", b"2")
    name = echo(room, topic)
    before = room.broker.groups()
    assert values_of(room, name) == ["1", "2"]
    assert room.broker.groups() == before
    room.rows(f"START STREAM {name} LIMIT 1 BATCHES")
    room.wait_for_status(name, "stopped")
    (group,) = set(room.broker.groups()) - set(before)
    told = room.broker.group_offsets(group)
    assert told == {(topic, 0): 2}
    room.broker.produce(topic, [b"3"])
    assert values_of(room, name) == ["3"]
    assert room.broker.group_offsets(group) == told


def test_start_afterwards_sees_the_same_messages(room: Room) -> None:
    topic = room.topic(*numbers(0, 6))
    name = room.record(topic, "BATCH_SIZE 2")
    seen = [params["values"] for _, params in room.rows(f"TEST STREAM {name} LIMIT 2 BATCHES")]
    assert seen == [["0", "1"], ["2", "3"]]
    room.rows(f"START STREAM {name} LIMIT 2 BATCHES")
    room.wait_for_status(name, "stopped")
    assert room.batches(name) == seen
    assert [params["values"] for _, params in room.rows(f"TEST STREAM {name}")] == [["4", "5"]]


def test_each_test_has_a_fresh_child(room: Room) -> None:
    name = room.create(room.topic(*numbers(0, 4)), room.script(COUNTS_CALLS), "BATCH_SIZE 1")
    for _ in range(2):
        assert [params["n"] for _, params in room.rows(f"TEST STREAM {name} LIMIT 3 BATCHES")] == [1, 2, 3]


def test_it_needs_a_stopped_stream(room: Room) -> None:
    name = echo(room, room.topic(b"1"))
    room.rows(f"START STREAM {name}")
    assert room.refusal(f"TEST STREAM {name}") == f"Kafka stream {name} is already running"
    room.rows(f"STOP STREAM {name}")
    room.rows(f"TEST STREAM {name}")


def test_it_ends_after_10_seconds_without_an_answer_of_the_broker(room: Room, restored_broker: RealBroker) -> None:
    name = room.create(room.topic(b"1"), room.script(RECORD))
    restored_broker.pause()
    begin = time.monotonic()
    refused = room.refusal(f"TEST STREAM {name}")
    assert time.monotonic() - begin < 15
    restored_broker.resume()
    assert refused.startswith(f"Failed to initialize kafka stream {name} : ")
    assert room.status(name) == "stopped"

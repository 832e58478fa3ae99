"""How messages become batches: size, interval, LIMIT, order, and what a message may be."""

import os
import time

import pytest

from tests.contract.room import Room
from tests.streams.conftest import wait_until

HOUR = 3_600_000


def numbers(start: int, stop: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, stop)]


def texts(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


def test_a_full_batch_goes_at_once(room: Room) -> None:
    """The interval is never a pause: with one of an hour, 23 messages in batches of 10 make two batches at once."""
    name = room.record(room.topic(*numbers(0, 23)), f"BATCH_SIZE 10 BATCH_INTERVAL {HOUR}")
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 20)
    time.sleep(0.3)
    assert room.batches(name) == [texts(0, 10), texts(10, 20)]
    room.rows(f"STOP STREAM {name}")
    assert room.batches(name) == [texts(0, 10), texts(10, 20)]


def test_an_interval_that_is_over_imports_what_there_is(room: Room) -> None:
    """Whichever is reached first: a batch of 1,000 would never be full."""
    topic = room.topic()
    name = room.record(topic, "BATCH_SIZE 1000 BATCH_INTERVAL 300")
    room.rows(f"START STREAM {name}")
    for start in (0, 3):
        room.broker.produce(topic, numbers(start, start + 3))
        assert room.wait_for_values(name, start + 3) == texts(0, start + 3)
    assert len(room.batches(name)) >= 2


def test_the_interval_is_the_longest_wait_since_the_previous_batch_started(room: Room) -> None:
    """A message that comes within the interval waits for its end, and no longer."""
    topic = room.topic(*numbers(0, 5))
    name = room.record(topic, "BATCH_SIZE 5 BATCH_INTERVAL 3000")
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 5)
    imported = time.monotonic()
    room.broker.produce(topic, numbers(5, 7))
    room.wait_for_values(name, 7)
    assert time.monotonic() - imported > 1.0
    assert room.batches(name) == [texts(0, 5), texts(5, 7)]


def test_an_interval_without_messages_is_no_batch(room: Room) -> None:
    topic = room.topic()
    name = room.record(topic, "BATCH_INTERVAL 5")
    room.rows(f"START STREAM {name} LIMIT 2 BATCHES")
    wait_until(lambda: room.facts(name)["state"] == "running")
    time.sleep(0.5)
    assert (room.facts(name)["batches"], room.facts(name)["batches left"]) == (0, 2)
    assert room.batches(name) == []


def test_the_defaults_are_100_milliseconds_and_10_messages(room: Room) -> None:
    name = room.record(room.topic(*numbers(0, 25)))
    facts = room.facts(name)
    assert (facts["batch interval"], facts["batch size"]) == (100, 10)
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 25) == texts(0, 25)
    batches = room.batches(name)
    assert max(map(len, batches)) == 10
    assert batches[-1] == texts(20, 25) or len(batches) > 3


def test_a_limit_stops_the_stream_by_itself_after_so_many_imported_batches(room: Room) -> None:
    name = room.record(room.topic(*numbers(0, 10)), "BATCH_SIZE 2")
    room.rows(f"START STREAM {name} LIMIT 3 BATCHES")
    room.wait_for_status(name, "stopped")
    assert room.batches(name) == [texts(0, 2), texts(2, 4), texts(4, 6)]
    room.rows(f"START STREAM {name} LIMIT 1 BATCHES")
    room.wait_for_status(name, "stopped")
    assert room.batches(name)[3:] == [texts(6, 8)]


def test_a_new_stream_begins_with_the_oldest_message_that_the_topic_still_holds(room: Room) -> None:
    topic = room.topic(*numbers(0, 5))
    room.broker.delete_messages(topic, 0, 2)
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 3) == texts(2, 5)


def test_messages_of_a_batch_stand_in_the_order_of_partition_and_offset(room: Room) -> None:
    topic = room.topic(partitions=3)
    for partition in (2, 0, 1):
        room.broker.produce(topic, [b"%d.%02d" % (partition, offset) for offset in range(20)], partition)
    name = room.record(topic, f"BATCH_SIZE 30 BATCH_INTERVAL {HOUR}")
    room.rows(f"START STREAM {name} LIMIT 2 BATCHES")
    room.wait_for_status(name, "stopped")
    batches = room.batches(name)
    assert [len(batch) for batch in batches] == [30, 30]
    assert all(batch == sorted(batch) for batch in batches)


def test_all_partitions_are_read_and_each_in_its_order(room: Room) -> None:
    topic = room.topic(partitions=4)
    for partition in range(4):
        room.broker.produce(topic, [b"%d.%02d" % (partition, offset) for offset in range(25)], partition)
    name = room.record(topic, "BATCH_SIZE 7 BATCH_INTERVAL 20")
    room.rows(f"START STREAM {name}")
    values = room.wait_for_values(name, 100)
    for partition in "0123":
        assert [v for v in values if v[0] == partition] == [f"{partition}.{offset:02}" for offset in range(25)]


def test_a_message_without_a_value_is_an_empty_one(room: Room) -> None:
    name = room.record(room.topic(b"a", None, b"", b"b"))
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 4) == ["a", "", "", "b"]


def test_messages_of_a_megabyte(room: Room) -> None:
    topic = room.topic(*(letter * 1_000_000 for letter in (b"a", b"b", b"c")), max_message_bytes="2000000")
    script = room.script(
        "def stream(batch):\n"
        "    return [('CREATE (:Large {length: $n, first: $f})', {'n': len(m), 'f': m[:1].decode()}) for m in batch]"
    )
    name = room.create(topic, script)
    room.rows(f"START STREAM {name}")
    wait_until(lambda: len(room.rows("MATCH (n:Large) RETURN n")) == 3)
    assert room.rows("MATCH (n:Large) RETURN n.length, n.first ORDER BY n.first") == [
        [1_000_000, letter] for letter in "abc"
    ]
    tested = room.create(topic, room.script("def stream(batch): return [('RETURN $m', {'m': batch[0].decode()})]"))
    assert room.rows(f"TEST STREAM {tested}") == [["RETURN $m", {"m": "a" * 1_000_000}]]


@pytest.mark.parametrize("compression", ["gzip", "lz4", "zstd", "snappy"])
def test_compressed_messages(room: Room, compression: str) -> None:
    topic = room.topic()
    values = [b"%d " % number + b"x" * 500 + os.urandom(8).hex().encode() for number in range(30)]
    room.broker.produce(topic, values, compression=compression)
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 30) == [value.decode()[:100] for value in values]


def test_messages_of_aborted_transactions_are_never_seen(room: Room) -> None:
    topic = room.topic()
    room.broker.produce_in_transaction(topic, [b"lost", b"lost too"], commits=False)
    room.broker.produce_in_transaction(topic, [b"kept", b"kept too"], commits=True)
    room.broker.produce_in_transaction(topic, [b"lost again"], commits=False)
    name = room.record(topic)
    tested = room.rows(f"TEST STREAM {name}")
    assert [params["values"] for _, params in tested] == [["kept", "kept too"]]
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 2)
    room.broker.produce_in_transaction(topic, [b"kept as well"], commits=True)
    assert room.wait_for_values(name, 3) == ["kept", "kept too", "kept as well"]


def test_two_streams_on_one_topic_each_see_every_message(room: Room) -> None:
    topic = room.topic(*numbers(0, 30), partitions=2)
    names = [room.record(topic, "BATCH_SIZE 4"), room.record(topic, "BATCH_SIZE 7")]
    for name in names:
        room.rows(f"START STREAM {name}")
    for name in names:
        assert room.wait_for_values(name, 30) == texts(0, 30)


def test_a_batch_is_one_transaction(room: Room) -> None:
    """The second of three queries fails: nothing of its batch is there, all of the batch before it is."""
    topic = room.topic(b"1", b"1", b"1", b"0", b"1", b"1")
    script = "def stream(batch): return [('CREATE (:Whole {v: 1 / $v})', {'v': int(m)}) for m in batch]"
    name = room.create(topic, room.script(script), f"BATCH_SIZE 3 BATCH_INTERVAL {HOUR}")
    room.rows(f"START STREAM {name}")
    assert "by zero" in room.error_reason(name)
    assert room.rows("MATCH (n:Whole) RETURN count(n)") == [[3]]
    facts = room.facts(name)
    assert (facts["batches"], facts["partition 0 next offset"]) == (1, 3)

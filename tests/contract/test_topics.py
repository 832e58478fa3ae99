"""What may happen to a topic while a stream lives: gone, made anew, shortened by retention, given more partitions."""

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from memgraph_py.streams import consumer
from tests.conftest import ServerProcess
from tests.contract.room import Room
from tests.end_to_end.kafka_broker import RealBroker
from tests.streams.conftest import ScriptServer, wait_until


@pytest.fixture(scope="module", autouse=True)
def often() -> Iterator[None]:
    """Streams look at their topics every second, and not every ten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(consumer, "CHECK_SECONDS", 1.0)
        yield


def numbers(start: int, stop: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, stop)]


def texts(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


def test_retention_past_the_position_is_an_error_and_never_a_silent_jump(room: Room) -> None:
    topic = room.topic(*numbers(0, 5))
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 5)
    room.rows(f"STOP STREAM {name}")
    room.broker.produce(topic, numbers(5, 10))
    room.broker.delete_messages(topic, 0, 7)
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    assert topic in reason and "partition 0" in reason and "out of range" in reason
    time.sleep(0.3)
    assert room.values(name) == texts(0, 5)
    assert room.facts(name)["partition 0 next offset"] == 5


def test_retention_up_to_the_position_is_none(room: Room) -> None:
    topic = room.topic(*numbers(0, 5))
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 5)
    room.rows(f"STOP STREAM {name}")
    room.broker.delete_messages(topic, 0, 5)
    room.broker.produce(topic, numbers(5, 7))
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 7) == texts(0, 7)


def test_retention_of_markers_of_transactions_is_none(room: Room) -> None:
    """Behind the last message stand the markers of its transaction and of one that was aborted, and its messages."""
    topic = room.topic()
    room.broker.produce_in_transaction(topic, numbers(0, 5), commits=True)
    room.broker.produce_in_transaction(topic, numbers(5, 7), commits=False)
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 5)
    wait_until(lambda: room.facts(name)["partition 0 next offset"] == 9)
    assert room.facts(name)["lag"] == 0
    room.rows(f"STOP STREAM {name}")
    room.broker.delete_messages(topic, 0, 9)
    room.rows(f"START STREAM {name}")
    room.broker.produce(topic, [b"later"])
    assert room.wait_for_values(name, 6) == [*texts(0, 5), "later"]
    assert room.facts(name)["batches"] == 2


def test_a_topic_that_is_gone_is_an_error_of_a_running_stream(room: Room) -> None:
    topic = room.topic(*numbers(0, 3))
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 3)
    room.broker.delete_topic(topic)
    assert topic in room.error_reason(name)
    assert room.refusal(f"START STREAM {name}") == f"Kafka stream {name}, topic not found"


def test_a_topic_made_anew_is_an_error_at_start(room: Room) -> None:
    """Its offsets are others: the stream's position lies inside the new log, and means nothing there."""
    topic = room.topic(*numbers(0, 3))
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 3)
    room.rows(f"STOP STREAM {name}")
    room.broker.delete_topic(topic)
    room.broker.create_topic(topic)
    room.broker.produce(topic, [b"other"] * 6)
    for command in ("START", "TEST"):
        refused = room.refusal(f"{command} STREAM {name}")
        assert refused.startswith(f"Failed to initialize kafka stream {name} : ") and "made anew" in refused
    assert room.status(name) == "stopped"
    assert room.values(name) == texts(0, 3)


def test_a_topic_made_anew_is_an_error_of_a_running_stream(room: Room) -> None:
    topic = room.topic(*numbers(0, 3))
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 3)
    room.broker.delete_topic(topic)
    room.broker.create_topic(topic)
    room.broker.produce(topic, [b"other"] * 6)
    reason = room.error_reason(name)
    assert reason == f"the topic '{topic}' was deleted and made anew; the stream's offsets belong to the old one"
    assert room.values(name) == texts(0, 3), "nothing of the new topic is taken for a part of the old one"


def test_nothing_of_a_topic_made_anew_is_imported_though_it_reaches_past_the_position(
    apache_kafka: RealBroker, scripts: ScriptServer, start_process: Callable[..., ServerProcess]
) -> None:
    """While the server sees nothing of it, the topic gets more messages than the old one had."""
    room = Room(apache_kafka, scripts)
    process = start_process()
    room.connect(process.bolt_uri)
    topic = room.topic(*numbers(0, 3))
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 3)
    process.process.send_signal(signal.SIGSTOP)
    room.broker.delete_topic(topic)
    room.broker.create_topic(topic)
    room.broker.produce(topic, [b"other"] * 6)
    process.process.send_signal(signal.SIGCONT)
    assert "was deleted and made anew" in room.error_reason(name)
    assert room.values(name) == texts(0, 3)
    room.close()


def test_a_new_stream_reads_a_topic_made_anew_from_its_oldest_message(room: Room) -> None:
    topic = room.topic(*numbers(0, 3))
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 3)
    room.rows(f"DROP STREAM {name}")
    room.broker.delete_topic(topic)
    room.broker.create_topic(topic)
    room.broker.produce(topic, [b"new"])
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 1) == ["new"]


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_damaged_message_is_not_imported_and_not_passed_over(
    room: Room, restored_broker: RealBroker, compression: str
) -> None:
    if restored_broker.folder is None:
        pytest.skip("the broker's files are not at hand")
    topic = room.topic(b"0")
    room.broker.produce(topic, [b"1" * 1_000], compression=compression)
    room.broker.stop()
    (log,) = (restored_broker.folder / f"{topic}-0").glob("*.log")
    damaged = bytearray(log.read_bytes())
    damaged[-20] ^= 1
    log.write_bytes(damaged)
    room.broker.start()
    room.broker.produce(topic, [b"2"])
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    assert reason.startswith(f"topic '{topic}', partition 0: MessageSet at offset 1 ") and "failed CRC32C" in reason
    assert room.values(name) in ([], ["0"])


def test_partitions_that_are_added_are_read(room: Room) -> None:
    """By a running stream, and from their first message on; a restart goes on in all of them."""
    topic = room.topic(b"0")
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 1)
    room.broker.add_partitions(topic, 3)
    room.broker.produce(topic, [b"1"], 1)
    room.broker.produce(topic, [b"2"], 2)
    assert sorted(room.wait_for_values(name, 3)) == ["0", "1", "2"]
    room.rows(f"STOP STREAM {name}")
    room.broker.add_partitions(topic, 4)
    for partition in range(4):
        room.broker.produce(topic, [b"later"], partition)
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 7)[3:] == ["later"] * 4
    wait_until(lambda: [room.facts(name)[f"partition {number} next offset"] for number in range(4)] == [2, 2, 2, 1])


def test_a_long_interval_does_not_keep_it_from_looking_at_the_topic(room: Room) -> None:
    """The batch after the first one may wait for an hour; new partitions and the topic's end show all the same."""
    topic = room.topic(b"0")
    name = room.record(topic, "BATCH_SIZE 1 BATCH_INTERVAL 3600000")
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 1)
    room.broker.add_partitions(topic, 2)
    room.broker.produce(topic, [b"1"], 1)
    assert room.wait_for_values(name, 2) == ["0", "1"]
    room.broker.delete_topic(topic)
    assert topic in room.error_reason(name)

"""A broker that is away, dies, refuses or does not answer: at CREATE, at START, in mid-stream."""

import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from tests.contract.room import RECORD, Room, in_thread
from tests.end_to_end.kafka_broker import RealBroker
from tests.streams.conftest import wait_until


@pytest.fixture(autouse=True)
def broker(restored_broker: RealBroker) -> Iterator[RealBroker]:
    """Each test here takes it down."""
    yield restored_broker


def texts(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


def numbers(start: int, stop: int) -> list[bytes]:
    return [text.encode() for text in texts(start, stop)]


def test_a_broker_that_is_away_at_create_start_and_test(room: Room, broker: RealBroker) -> None:
    topic = room.topic(b"1")
    name, tested = room.record(topic), room.record(topic)
    broker.kill()
    begin = time.monotonic()
    refused = {
        "other": in_thread(lambda: room.refusal(room.create_text("other", topic, room.script(RECORD)))),
        name: in_thread(lambda: room.refusal(f"START STREAM {name}")),
        tested: in_thread(lambda: room.refusal(f"TEST STREAM {tested}")),
    }
    for stream, wait in refused.items():
        text = str(wait())
        assert text.startswith(f"Failed to initialize kafka stream {stream} : ") and "refused" in text
    assert time.monotonic() - begin < 15
    assert (room.status(name), room.status(tested)) == ("stopped", "stopped")
    assert "other" not in room.names()
    broker.start()
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 1) == ["1"]


def test_while_the_broker_is_away_the_stream_shows_running_and_says_retrying(room: Room, broker: RealBroker) -> None:
    name = room.record(room.topic(b"1"))
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 1)
    broker.kill()
    wait_until(lambda: room.facts(name)["state"] == "retrying")
    assert room.status(name) == "running"
    wait_until(lambda: "refused" in str(room.facts(name)["reason"]))
    broker.start()
    wait_until(lambda: room.facts(name)["state"] == "running")
    assert room.facts(name)["reason"] is None


def test_a_broker_killed_in_mid_stream_and_back(room: Room, broker: RealBroker) -> None:
    """SIGKILL twice while messages are produced and imported: none is lost, none is there twice, the order stands."""
    count, topic = 3_000, room.topic(partitions=2)
    name = room.record(topic, "BATCH_SIZE 20 BATCH_INTERVAL 20")
    room.rows(f"START STREAM {name}")
    produced = threading.Event()

    def produce() -> None:
        for start in range(0, count, 500):
            for partition in (0, 1):
                values = numbers(start, start + 500)[partition::2]
                room.broker.produce(topic, values, partition)  # retries by itself, without doubles
            time.sleep(0.2)
        produced.set()

    threading.Thread(target=produce, daemon=True).start()
    for least in (200, 1_000):
        wait_until(lambda least=least: len(room.values(name)) >= least)
        broker.kill()
        time.sleep(0.5)
        broker.start()
    assert produced.wait(90)
    values = room.wait_for_values(name, count)
    for partition in (0, 1):
        assert [v for v in values if int(v) % 2 == partition] == texts(0, count)[partition::2]
    assert room.status(name) == "running"


@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_stop_and_drop_do_not_wait_for_a_broker_that_is_gone(room: Room, broker: RealBroker, fault: str) -> None:
    stopped, dropped = (room.record(room.topic(b"1")) for _ in range(2))
    for name in (stopped, dropped):
        room.rows(f"START STREAM {name}")
        room.wait_for_values(name, 1)
    broker.kill() if fault == "killed" else broker.pause()
    for command, name in (("STOP", stopped), ("DROP", dropped)):
        begin = time.monotonic()
        room.rows(f"{command} STREAM {name}")
        assert time.monotonic() - begin < 8
    assert room.status(stopped) == "stopped"
    assert dropped not in room.names()


def test_a_frozen_broker_that_answers_again(room: Room, broker: RealBroker) -> None:
    topic = room.topic(b"1")
    name = room.record(topic)
    room.rows(f"START STREAM {name}")
    room.wait_for_values(name, 1)
    broker.pause()
    time.sleep(3)
    assert room.status(name) == "running"
    broker.resume()
    room.broker.produce(topic, [b"2"])
    assert room.wait_for_values(name, 2) == ["1", "2"]


def test_a_broker_that_refuses_us(room: Room, broker: RealBroker) -> None:
    topic = room.topic(b"1")
    name = room.record(topic)
    with broker.denied(ResourceType.TOPIC, topic, AclOperation.DESCRIBE):
        refused = room.refusal(room.create_text("other", topic, room.script(RECORD)))
        assert refused == "Failed to initialize kafka stream other : Broker: Topic authorization failed"
        refused = room.refusal(f"START STREAM {name}")
        assert refused == f"Failed to initialize kafka stream {name} : Broker: Topic authorization failed"
    room.rows(f"START STREAM {name}")
    assert room.wait_for_values(name, 1) == ["1"]


def test_a_refused_group_never_stops_the_stream(room: Room, broker: RealBroker) -> None:
    """Not when the commit of its offsets is refused, and not when the group itself may not be seen."""
    topic = room.topic(b"1")
    with broker.denied(ResourceType.GROUP, "*", AclOperation.READ):
        name = room.record(topic)
        room.rows(f"START STREAM {name}")
        for last in range(2, 5):
            room.wait_for_values(name, last - 1)
            time.sleep(1.1)  # offsets are told once a second
            broker.produce(topic, numbers(last, last + 1))
        assert room.wait_for_values(name, 4) == texts(1, 5)
        assert (room.status(name), room.facts(name)["state"]) == ("running", "running")
        room.rows(f"STOP STREAM {name}")
        room.rows(f"START STREAM {name}")
        broker.produce(topic, [b"5"])
        assert room.wait_for_values(name, 5) == texts(1, 6)

"""Topics of Apache Kafka whose offsets have holes: compaction takes messages, aborted transactions and markers take
offsets. What a stream imports is what is there to be read, once, and its position and lag are right."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition
from neo4j import Driver, GraphDatabase

from tests.end_to_end.kafka_broker import RealBroker

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

pytestmark = pytest.mark.real_kafka

SCRIPT = "def stream(batch): return [('CREATE (:Seen {number: $n})', {'n': int(m)}) for m in batch]\n"
KEYS = (b"a", b"b", b"c")
SECONDS = 90.0


class Topic:
    """A compacted topic of one partition, with numbers under few keys."""

    def __init__(self, broker: RealBroker) -> None:
        self.broker, self.name, self.number = broker, f"compacted-{uuid4()}", 0
        broker.create_topic(self.name, cleanup_policy="compact", segment_ms="50", min_cleanable_dirty_ratio="0.001")

    def write(self, count: int) -> list[int]:
        """So many numbers, under one key after another."""
        numbers = list(range(self.number, self.number + count))
        self.number += count
        for key, values in ((key, numbers[at :: len(KEYS)]) for at, key in enumerate(KEYS)):
            self.broker.produce(self.name, [b"%d" % value for value in values], key=key)
        return numbers

    def abort(self) -> None:
        """A transaction with a message that nobody is to see."""
        self.broker.produce_in_transaction(self.name, [b"-1"], commits=False)

    def there(self) -> list[tuple[int, int]]:
        """(offset, number) of all that can be read."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker.address,
                "group.id": "looks",
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
            }
        )
        consumer.assign([TopicPartition(self.name, 0, 0)])
        found: list[tuple[int, int]] = []
        while True:
            message = consumer.poll(SECONDS)
            assert message is not None
            if message.error() is not None:
                assert message.error().code() == KafkaError._PARTITION_EOF
                consumer.close()
                return found
            found.append((message.offset(), int(message.value())))

    def compact(self) -> None:
        """Returns once old messages are gone: the log is looked at while it grows, as its newest segment stays."""
        deadline = time.monotonic() + SECONDS
        while len(self.there()) > 12:
            assert time.monotonic() < deadline
            self.write(1)
            time.sleep(0.1)


def rows(driver: Driver, text: str) -> list[list[object]]:
    with driver.session() as session:
        return session.run(text).values()  # type: ignore[arg-type]  # texts of this file


def seen(driver: Driver) -> list[object]:
    return [row[0] for row in rows(driver, "MATCH (n:Seen) RETURN n.number ORDER BY n.number")]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def facts(driver: Driver) -> dict[str, object]:
    return {str(row[0]): row[1] for row in rows(driver, "SHOW STREAM s")}


def test_a_compacted_topic(
    start_process: "Callable[..., ServerProcess]", apache_kafka: RealBroker, tmp_path: Path
) -> None:
    (tmp_path / "numbers.py").write_text(SCRIPT)
    topic = Topic(apache_kafka)
    server = start_process("--transform-directory", str(tmp_path))
    with GraphDatabase.driver(server.bolt_uri) as driver:
        rows(
            driver,
            f"CREATE STREAM s AS LOAD DATA KAFKA '{apache_kafka.address}' WITH TOPIC '{topic.name}' "
            f"WITH TRANSFORM '{tmp_path / 'numbers.py'}'",
        )
        rows(driver, "START STREAM s")
        topic.abort()
        written = topic.write(30)
        wait_until(lambda: seen(driver)[-1:] == written[-1:] and facts(driver)["lag"] == 0)
        before = seen(driver)
        assert len(before) == len(set(before))
        rows(driver, "STOP STREAM s")

        position = facts(driver)["partition 0 next offset"]
        topic.write(30)  # while it is stopped
        topic.abort()
        topic.compact()
        left = topic.there()
        assert isinstance(position, int) and position not in [offset for offset, _ in left]
        rows(driver, "START STREAM s")
        wait_until(lambda: facts(driver)["lag"] == 0)
        expected = {*before, *(number for offset, number in left if offset >= position)}
        now = seen(driver)
        assert len(now) == len(set(now)) and set(before) <= set(now) <= expected  # compaction may have gone on
        assert {number for offset, number in topic.there() if offset >= position} <= set(now)  # type: ignore[comparison-overlap]

        numbers = topic.write(60)  # while it runs
        topic.abort()
        topic.compact()
        wait_until(lambda: seen(driver)[-1:] == [topic.number - 1] and facts(driver)["lag"] == 0)
        after = seen(driver)
        assert len(after) == len(set(after)) and -1 not in after
        assert {number for _, number in topic.there()} <= set(after)  # type: ignore[comparison-overlap]
        assert set(after) <= {*expected, *numbers, *range(numbers[-1] + 1, topic.number)}  # type: ignore[misc]
        told = facts(driver)
        assert (told["state"], told["partition 0 next offset"]) == ("running", told["partition 0 end offset"])

"""KafkaSource against Apache Kafka: what the embedded broker cannot do."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from memgraph_py.storage.changes import StreamPosition
from memgraph_py.streams.kafka import KafkaSource
from memgraph_py.streams.messages import Messages, SourceFailed, SourceSettings, SourceUnavailable
from tests.end_to_end.kafka_broker import RealBroker

pytestmark = pytest.mark.real_kafka

NewSource = Callable[..., KafkaSource]


@pytest.fixture
def topic(apache_kafka: RealBroker) -> str:
    name = f"topic-{uuid4()}"
    apache_kafka.create_topic(name, 2)
    return name


@pytest.fixture
def new_source(apache_kafka: RealBroker, topic: str) -> Iterator[NewSource]:
    made: list[KafkaSource] = []

    def make(position: StreamPosition | None = None, *, reports_ends: bool = False) -> KafkaSource:
        source = KafkaSource(SourceSettings(apache_kafka.address, topic, f"group-{topic}", 10.0, reports_ends))
        made.append(source)
        source.connect(10.0)
        source.seek(position)
        return source

    yield make
    for source in made:
        source.close()


def read(source: KafkaSource, count: int, seconds: float = 60.0) -> Messages:
    """Exactly so many messages, and no more within a moment."""
    messages = Messages()
    deadline = time.monotonic() + seconds
    while len(messages) < count and time.monotonic() < deadline:
        messages.extend(source.read(count - len(messages), 0.1))
    messages.extend(source.read(10, 0.3))
    assert len(messages) == count
    return messages.in_order()


def after(source: KafkaSource, messages: Messages) -> StreamPosition:
    """The position that a batch of these messages leaves."""
    return StreamPosition({source.partition(p): o for p, o in messages.next_offsets().items()}, None)


def test_it_goes_on_at_the_position(apache_kafka: RealBroker, topic: str, new_source: NewSource) -> None:
    apache_kafka.produce(topic, [b"0", b"1"], 0)
    apache_kafka.produce(topic, [b"2"], 1)
    source = new_source()
    messages = read(source, 3)
    assert messages == Messages([b"0", b"1", b"2"], [0, 0, 1], [0, 1, 0])
    position = after(source, messages)
    assert all(partition.topic_id for partition in position.next_offsets)
    apache_kafka.produce(topic, [b"3"], 1)
    assert read(new_source(position), 1).values == [b"3"]
    assert read(source, 1).values == [b"3"]
    assert {number: ends and ends.end for number, ends in source.ends().items()} == {0: 2, 1: 2}


def test_aborted_transactions_are_not_seen(apache_kafka: RealBroker, topic: str, new_source: NewSource) -> None:
    producer = Producer({"bootstrap.servers": apache_kafka.address, "transactional.id": topic})
    producer.init_transactions(30)
    for value, commits in ((b"lost", False), (b"kept", True)):
        producer.begin_transaction()
        producer.produce(topic, value, partition=0)
        producer.flush(30)
        if commits:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
    source = new_source(reports_ends=True)
    messages = read(source, 1)
    assert messages.values == [b"kept"]
    assert source.ended == {0, 1}
    assert read(new_source(after(source, messages)), 0).values == []


def test_new_partitions_are_taken_up(apache_kafka: RealBroker, topic: str, new_source: NewSource) -> None:
    source = new_source()
    assert source.partitions == [0, 1]
    admin = AdminClient({"bootstrap.servers": apache_kafka.address})
    admin.create_partitions([NewPartitions(topic, 3)])[topic].result(30)
    deadline = time.monotonic() + 30
    while len(admin.list_topics(topic, timeout=10).topics[topic].partitions) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    apache_kafka.produce(topic, [b"new"], 2)
    source.check()
    assert source.partitions == [0, 1, 2]
    assert read(source, 1) == Messages([b"new"], [2], [0])


def test_an_offset_below_the_oldest_message_is_an_error_and_no_jump(
    apache_kafka: RealBroker, topic: str, new_source: NewSource
) -> None:
    apache_kafka.produce(topic, [b"0", b"1", b"2"], 0)
    source = new_source()
    messages = read(source, 3)
    position = StreamPosition({source.partition(0): 1}, None)
    admin = AdminClient({"bootstrap.servers": apache_kafka.address})
    oldest = TopicPartition(topic, 0, 2)
    admin.delete_records([oldest])[oldest].result(30)
    behind = new_source(position)
    with pytest.raises(SourceFailed, match=r"partition 0: .*out of range"):
        read(behind, 1)
    assert read(new_source(after(source, messages)), 0).values == []
    assert read(new_source(), 1).values == [b"2"]


def test_a_topic_that_was_deleted_or_made_anew(apache_kafka: RealBroker, topic: str, new_source: NewSource) -> None:
    apache_kafka.produce(topic, [b"0"], 0)
    source = new_source()
    position = after(source, read(source, 1))
    apache_kafka.delete_topic(topic)
    with pytest.raises(SourceFailed, match="is gone"):
        source.check()
    apache_kafka.create_topic(topic, 2)
    apache_kafka.produce(topic, [b"other", b"other"], 0)
    with pytest.raises(SourceFailed, match="made anew"):
        new_source(position)
    with pytest.raises(SourceFailed, match="made anew"):
        source.check()


def test_a_source_that_read_nothing_knows_its_topic(
    apache_kafka: RealBroker, topic: str, new_source: NewSource
) -> None:
    apache_kafka.produce(topic, [b"0", b"1", b"2"], 0)
    apache_kafka.delete_messages(topic, 0, 1)
    source = new_source()
    position = StreamPosition(dict(source.beginnings), None)
    assert {partition.partition: offset for partition, offset in position.next_offsets.items()} == {0: 1, 1: 0}
    apache_kafka.delete_messages(topic, 0, 2)
    with pytest.raises(SourceFailed, match=r"partition 0: .*out of range"):
        read(new_source(position), 1)
    apache_kafka.add_partitions(topic, 3)
    apache_kafka.produce(topic, [b"new"], 2)
    source.check()
    assert {partition.partition: offset for partition, offset in source.beginnings.items()} == {0: 1, 1: 0, 2: 0}
    apache_kafka.delete_topic(topic)
    apache_kafka.create_topic(topic, 2)
    apache_kafka.produce(topic, [b"other"], 0)
    with pytest.raises(SourceFailed, match="made anew"):
        new_source(position)


def test_a_message_of_any_length_comes(apache_kafka: RealBroker, new_source: NewSource, topic: str) -> None:
    """librdkafka asks again and again for an answer that is longer than its setting."""
    apache_kafka.configure_topic(topic, max_message_bytes="200000000")
    apache_kafka.produce(topic, [bytes(101_000_000), b"next"])
    assert [len(value) for value in read(new_source(), 2).values] == [101_000_000, 4]


def test_a_broker_that_restarts(apache_kafka: RealBroker, topic: str, new_source: NewSource) -> None:
    apache_kafka.produce(topic, [b"0"], 0)
    source = new_source()
    read(source, 1)
    source.acknowledge({0: 1})
    apache_kafka.stop()
    deadline = time.monotonic() + 60
    while "refused" not in (source.trouble or "") and time.monotonic() < deadline:
        assert source.read(10, 0.1).values == []
    assert "refused" in (source.trouble or "")
    source.check()
    assert source.trouble is not None
    unreachable = KafkaSource(SourceSettings(apache_kafka.address, topic, "group", 3.0))
    try:
        with pytest.raises(SourceUnavailable, match="refused"):
            unreachable.connect(3.0)
    finally:
        unreachable.close()
        apache_kafka.start()  # other tests use it too
    apache_kafka.produce(topic, [b"1"], 0)
    assert read(source, 1).values == [b"1"]
    assert source.trouble is None


def test_a_question_that_is_not_answered_loses_no_message(
    apache_kafka: RealBroker, topic: str, new_source: NewSource
) -> None:
    """The look at the topic times out while fetched messages wait to be read."""
    values = [b"%d" % number for number in range(1_000)]
    apache_kafka.produce(topic, values, 0)
    source = new_source()
    messages = Messages()
    while len(messages) < 10:
        messages.extend(source.read(10 - len(messages), 0.1))
    time.sleep(0.5)  # the others are fetched
    apache_kafka.pause()
    try:
        source.check()
        assert source.trouble is not None
    finally:
        apache_kafka.resume()
    messages.extend(read(source, 990))
    assert messages.values == values


def test_leaving_a_frozen_broker_takes_a_moment(apache_kafka: RealBroker, topic: str, new_source: NewSource) -> None:
    apache_kafka.produce(topic, [b"0"], 0)
    source = new_source()
    read(source, 1)
    apache_kafka.pause()
    try:
        source.acknowledge({0: 1})
        begin = time.monotonic()
        source.close()
        assert time.monotonic() - begin < 5
    finally:
        apache_kafka.resume()

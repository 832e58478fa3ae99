"""`memgraph-py produce`: all messages once and in order, also in two runs; and what it says when it cannot."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from memgraph_py.cli import produce
from memgraph_py.cli.load import make_load
from memgraph_py.cli.main import main
from tests.end_to_end.kafka_broker import RealBroker

NODES, FIRST_NODES = 300, 120
REPOSITORY = Path(__file__).resolve().parents[2]


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    produce.add_arguments(parser)
    return parser.parse_args(words)


def messages(address: str, topic: str, count: int) -> list[bytes | None]:
    """The first messages of the topic's only partition."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "test", "enable.auto.commit": False})
    try:
        assert list(consumer.list_topics(topic, timeout=20).topics[topic].partitions) == [0]
        consumer.assign([TopicPartition(topic, 0, 0)])
        read: list[bytes | None] = []
        deadline = time.monotonic() + 30
        while len(read) < count and time.monotonic() < deadline:
            read += [message.value() for message in consumer.consume(count, 0.5)]
        return read
    finally:
        consumer.close()


@pytest.mark.real_kafka
def test_a_second_run_goes_on_where_the_first_ended(
    apache_kafka: RealBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["produce", "--broker", apache_kafka.address, "--topic", "produced", "--rate", "1000000"]
    values = make_load(NODES).values()
    apache_kafka.create_topic("produced")
    apache_kafka.produce("produced", [*values[:FIRST_NODES]])
    assert main([*words, "--messages", str(NODES)]) == 0
    assert capsys.readouterr().out == "120 of 330 messages are in topic 'produced'\nall are there\n"
    assert main([*words, "--messages", str(NODES)]) == 0
    assert capsys.readouterr().out == "330 of 330 messages are in topic 'produced'\nall are there\n"
    assert messages(apache_kafka.address, "produced", len(values)) == values


@pytest.mark.real_kafka
def test_it_makes_the_topic_sends_gently_and_stays(apache_kafka: RealBroker) -> None:
    words = ["--broker", apache_kafka.address, "--topic", "gentle", "--messages", "20", "--rate", "20", "--stay"]
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "memgraph_py", "produce", *words],
        cwd=REPOSITORY,
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "0 of 22 messages are in topic 'gentle'\n"
        assert process.stdout.readline() == "all are there\n"
        assert time.monotonic() - begin >= 1.0  # 22 messages, 20 a second, the first at once
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert messages(apache_kafka.address, "gentle", 22) == make_load(20).values()


def test_a_broker_that_is_not_there_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(produce, "ANSWER_SECONDS", 1.0)
    assert main(["produce", "--broker", "127.0.0.1:1"]) == 1
    told = capsys.readouterr().err
    assert "memgraph-py: Kafka at 127.0.0.1:1 does not take the messages: " in told
    assert told.endswith(" (is the broker running, and is this its address?)\n")


@pytest.mark.parametrize("words", [("--rate", "0"), ("--rate", "fast"), ("--messages", "4"), ("--messages", "-5")])
def test_wrong_numbers_are_told(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*words)
    assert ended.value.code == 2
    assert "takes an integer from" in capsys.readouterr().err


def test_a_load_is_the_same_each_time_and_edges_join_nodes() -> None:
    load = make_load(1_000)
    assert load == make_load(1_000)
    assert load.values()[:2] == [b"0", b"1"] and len(load.values()) == 1_100
    assert all(0 <= end < 1_000 for edge in load.edges for end in edge)

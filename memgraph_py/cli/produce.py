"""`memgraph-py produce`: sends the messages of the demo to a Kafka broker, at a gentle rate.

It makes the topic, with one partition, so that each edge comes after its nodes. Message n has the offset n: a run that
was ended goes on where the topic ends, and no message is sent twice.
"""

import argparse
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from memgraph_py.cli.load import add_messages_flag, make_load
from memgraph_py.errors import StartupError

MESSAGES = 10_000
RATE = 100
RATE_MAX = 1_000_000
ANSWER_SECONDS = 20.0
TURN_SECONDS = 0.1
"""So often messages are sent."""
NAP_SECONDS = 3_600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument(
        "--broker", default="localhost:9092", metavar="HOST:PORT", help="Kafka's address (default localhost:9092)"
    )
    parser.add_argument("--topic", default="numbers", help="made if it is not there (default numbers)")
    add_messages_flag(parser, MESSAGES)
    parser.add_argument("--rate", type=_rate, default=RATE, metavar="N", help=f"messages a second (default {RATE})")
    parser.add_argument("--stay", action="store_true", help="when all is sent, wait for Ctrl-C, as a service does")


def run(arguments: argparse.Namespace) -> int:
    """Send what the topic lacks; gives 0 when all of it is there. Raises StartupError when Kafka refuses."""
    values = make_load(arguments.messages).values()
    try:
        _make_topic(arguments.broker, arguments.topic)
        there = min(_count(arguments.broker, arguments.topic), len(values))
        print(f"{there:,} of {len(values):,} messages are in topic '{arguments.topic}'", flush=True)
        _send(arguments, values[there:])
    except KafkaException as error:
        raise StartupError(
            f"Kafka at {arguments.broker} does not take the messages: {error.args[0].str()}",
            hint="is the broker running, and is this its address?",
        ) from None
    print("all are there", flush=True)
    while arguments.stay:
        time.sleep(NAP_SECONDS)
    return 0


def _make_topic(broker: str, topic: str) -> None:
    """Have the topic. Raises KafkaException."""
    admin = AdminClient(_settings(broker))
    made = admin.create_topics([NewTopic(topic, 1, 1)], request_timeout=ANSWER_SECONDS)[topic]
    try:
        made.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def _count(broker: str, topic: str) -> int:
    """The offset at which the topic's first partition ends. Raises KafkaException."""
    consumer = Consumer({**_settings(broker), "group.id": "memgraph-py-produce"})
    try:
        return int(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=ANSWER_SECONDS)[1])
    finally:
        consumer.close()


def _send(arguments: argparse.Namespace, values: list[bytes]) -> None:
    """Send the messages in order, no more in each second than the rate. Raises KafkaException."""
    failures: list[KafkaError] = []

    def note(error: KafkaError | None, _: object) -> None:
        if error is not None:
            failures.append(error)

    producer = Producer({**_settings(arguments.broker), "enable.idempotence": True, "linger.ms": 5})
    begin = time.monotonic()
    sent = 0
    while sent < len(values):
        due = min(int((time.monotonic() - begin) * arguments.rate) + 1, len(values))
        for value in values[sent:due]:
            producer.produce(arguments.topic, value, partition=0, on_delivery=note)
        sent = due
        waiting = producer.flush(ANSWER_SECONDS)
        if waiting:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"no answer within {ANSWER_SECONDS:g} s"))
        if failures:
            raise KafkaException(failures[0])
        if sent < len(values):
            time.sleep(TURN_SECONDS)


def _settings(broker: str) -> dict[str, str | int | float | bool]:
    return {"bootstrap.servers": broker, "enable.metrics.push": False, "log_level": 2}


def _rate(text: str) -> int:
    rate = int(text) if text.isdecimal() else 0
    if not 1 <= rate <= RATE_MAX:
        raise argparse.ArgumentTypeError(f"takes an integer from 1 to {RATE_MAX:,}, not {text!r}")
    return rate

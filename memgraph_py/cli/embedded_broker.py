"""A Kafka broker without Kafka: librdkafka's mock cluster, which lives in a producer of this process.

It speaks the protocol on a port of the loopback address, so other processes connect too. What it does not do:
topics are made by their first message, with 4 partitions; about 5 MiB a partition are kept, older messages go;
nothing is on disk.
"""

from types import TracebackType

from confluent_kafka import Producer

READY_SECONDS = 10.0
ONLY_ERRORS = 2
"""librdkafka's log level: a mock cluster says hello at 5."""


class EmbeddedBroker:
    """The broker lives as long as this object is not closed. ``address`` is its `host:port`."""

    def __init__(self, brokers: int = 1) -> None:
        self._producer = Producer(
            {"test.mock.num.brokers": brokers, "log_level": ONLY_ERRORS, "linger.ms": 5, "enable.metrics.push": False}
        )
        metadata = self._producer.list_topics(timeout=READY_SECONDS)
        self.address = ",".join(f"{broker.host}:{broker.port}" for broker in metadata.brokers.values())

    def produce(self, topic: str, values: list[bytes | None], partition: int = 0) -> None:
        """Append these messages to one partition, in order; they are there when this returns."""
        for value in values:
            while True:
                try:
                    self._producer.produce(topic, value, partition=partition)
                    break
                except BufferError:  # the producer's own queue is full
                    self._producer.poll(0.05)
            self._producer.poll(0)
        self._producer.flush()

    def close(self) -> None:
        """End the broker; clients lose their connections."""
        del self._producer

    def __enter__(self) -> "EmbeddedBroker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

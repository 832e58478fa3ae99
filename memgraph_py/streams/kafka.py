"""KafkaSource: a Kafka topic as a MessageSource, through librdkafka.

Partitions are assigned at offsets that we keep; no group hands them out, and Kafka's own record of our offsets is
never read. A broker that is away shows in three ways, none of them an exception: calls time out, ``error_cb``
tells the cause, and librdkafka reconnects by itself. So the last cause is kept, and the stream goes on.
"""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence

from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import EarliestSpec, LatestSpec
from confluent_kafka.admin._metadata import ClusterMetadata, TopicMetadata

from memgraph_py.storage.changes import Partition, StreamPosition
from memgraph_py.streams.messages import (
    Messages,
    SourceFailed,
    SourceSettings,
    SourceUnavailable,
    TopicMissing,
)
from memgraph_py.streams.status import Ends

_UNKNOWN = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
_UNTOLD = KafkaError(KafkaError.REQUEST_TIMED_OUT, "the broker does not tell the topic's id")
READ_MESSAGES_MAX = 10_000
METADATA_SLICE_SECONDS = 1.0
HOPELESS_SECONDS = 2.5
"""Every known broker refused us for so long: more waiting tells nothing new."""
DESCRIBE_SECONDS = 3.0
OLDEST_SECONDS = 3.0
MISSING_AGAIN_SECONDS = 1.0
"""A broker that has just started may not know its topics yet, so a missing one is asked for twice."""
ACKNOWLEDGE_SECONDS = 1.0
ANSWER_BYTES_MAX = (1 << 31) - 1
"""Whatever a broker keeps: an answer of more than librdkafka takes is asked for again and again, and one message may be
that long."""
PREFETCH_KILOBYTES = 16 * 1024
GOODBYE_SECONDS = 2.0
SOCKET_MILLISECONDS = 10_000
"""A broker that owes an answer for so long is away; the longest it may take is a fetch, which waits for 0.5 s."""

REFUSALS = frozenset((KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError.SASL_AUTHENTICATION_FAILED))
"""Errors of a connection that trying again does not change."""
GROUP_ERRORS = frozenset((KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.COORDINATOR_NOT_AVAILABLE))
"""Of the consumer group, which is information only."""
NO_ANSWER = frozenset((KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN))
FINAL = frozenset(
    (
        KafkaError._AUTO_OFFSET_RESET,
        KafkaError._BAD_COMPRESSION,
        KafkaError._BAD_MSG,
        KafkaError._NOT_IMPLEMENTED,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.OFFSET_OUT_OF_RANGE,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    )
)
"""Errors in the place of a message after which the partition is not read on. Behind a message that is damaged, or
written in a way that it does not know, librdkafka reads on at an offset that it makes up of the bytes there."""


class KafkaSource:
    """A topic. Made without touching the network; raises SourceUnavailable when the URI is not
    `host:port[,host:port…]`."""

    def __init__(self, settings: SourceSettings) -> None:
        check_addresses(settings.uri)
        self._settings = settings
        self._cause: str | None = None
        self._timeout = "the broker does not answer"
        self._refused = False
        self._down_since: float | None = None
        self._trouble: str | None = None
        self._partitions: dict[int, Partition] = {}
        self._topic_id: str | None = None
        self._admin: AdminClient | None = None
        self._acknowledged: dict[int, int] = {}
        self._acknowledge_time = 0.0
        self._delivered: dict[int, int] = {}
        self._closed = False
        self.ended: set[int] = set()
        self.beginnings: dict[Partition, int] = {}
        self._consumer = Consumer(
            {
                **self._client(),
                "group.id": settings.group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                "check.crcs": True,  # costs less than can be measured
                "allow.auto.create.topics": False,
                "enable.partition.eof": settings.reports_ends,
                "receive.message.max.bytes": ANSWER_BYTES_MAX,
                "queued.max.messages.kbytes": PREFETCH_KILOBYTES,
                "fetch.queue.backoff.ms": 10,
                "fetch.wait.max.ms": 100 if settings.reports_ends else 500,
            },
            logger=_silent_logger(),
        )

    # ------------------------------------------------------------------------------------------------------ the topic

    def connect(self, seconds: float) -> None:
        """Reach the broker and find the topic. Raises SourceUnavailable or TopicMissing within about so many
        seconds."""
        begin = time.monotonic()
        missing_since: float | None = None
        while True:
            left = begin + seconds - time.monotonic()
            answer = self._ask(min(METADATA_SLICE_SECONDS, max(left, 0.1)))
            if answer is None:
                self._consumer.poll(0)  # has error_cb called; no message can come before ``seek``
            now = time.monotonic()
            if answer is not None:
                topic = answer.topics.get(self._settings.topic)
                error = _UNKNOWN if topic is None else topic.error
                if topic is not None and error is None:
                    if self._adopt(answer, topic):
                        return
                    error = _UNTOLD
                assert error is not None
                if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    missing_since = missing_since or now
                    if now - missing_since >= min(MISSING_AGAIN_SECONDS, seconds / 2):
                        raise TopicMissing
                elif not error.retriable() or now >= begin + seconds:
                    raise SourceUnavailable(error.str())
            elif self._refused or now >= begin + seconds or self._hopeless(now):
                raise SourceUnavailable(self._cause or self._timeout)
            time.sleep(0.1)

    def seek(self, position: StreamPosition | None) -> None:
        """Go on at the position; partitions it does not name, from their oldest message. Raises SourceFailed where the
        topic is not the one that the position belongs to, SourceUnavailable where no broker tells the oldest."""
        known: dict[int, tuple[Partition, int]] = {}
        for partition, offset in ({} if position is None else position.next_offsets).items():
            if partition.topic != self._settings.topic:
                continue
            if self._topic_id and partition.topic_id and partition.topic_id != self._topic_id:
                raise SourceFailed(_made_anew(self._settings.topic))
            if partition.partition not in self._partitions:
                raise SourceFailed(_made_anew(self._settings.topic))
            if partition.partition not in known or known[partition.partition][1] < offset:
                known[partition.partition] = (partition, offset)
        new = [number for number in self._partitions if number not in known]
        beginnings = self._oldest(new)
        if len(beginnings) < len(new):
            raise SourceUnavailable(self._cause or "the broker does not tell the oldest offsets")
        for number, (name, _) in known.items():
            if name.topic_id or not self._topic_id:  # a broker that does not tell the id now told it before, or never
                self._partitions[number] = name
        self._begin(beginnings)
        self._delivered.update({number: offset for number, (_, offset) in known.items()})
        offsets = sorted(self._delivered.items())
        self._consumer.assign([TopicPartition(self._settings.topic, number, offset) for number, offset in offsets])

    def confirm(self) -> bool:
        """Whether the topic is still the same one; False, with ``trouble``, where that cannot be told now. Raises
        SourceFailed where it was made anew."""
        topic_id = self._ask_topic_id()
        if topic_id is None:
            self._trouble = _UNTOLD.str()
            return False
        if topic_id and self._topic_id and topic_id != self._topic_id:
            raise SourceFailed(_made_anew(self._settings.topic))
        return True

    def check(self) -> None:
        """See that the topic is still the same one, and take up new partitions. Raises SourceFailed."""
        topic = self._find_topic()
        if topic is None or not self.confirm():
            return
        added = self._oldest([number for number in topic.partitions if number not in self._partitions])
        for number in added:
            self._partitions[number] = Partition(self._settings.topic, self._topic_id or "", number)
        if added:
            self._begin(added)
            self._consumer.incremental_assign(
                [TopicPartition(self._settings.topic, number, offset) for number, offset in added.items()]
            )
        self._trouble = self._cause = self._down_since = None

    def partition(self, number: int) -> Partition:
        """The name of a partition in the stream's position."""
        return self._partitions[number]

    @property
    def partitions(self) -> Sequence[int]:
        """All partitions of the topic, ascending."""
        return sorted(self._partitions)

    # --------------------------------------------------------------------------------------------------- the messages

    def read(self, count: int, seconds: float) -> Messages:
        """Up to count messages; waits up to so many seconds unless there are so many. Raises SourceFailed."""
        milliseconds = math.ceil(seconds * 1_000)  # so it counts: less than one would be none, and be asked for again
        received = self._consumer.consume(min(count, READ_MESSAGES_MAX), milliseconds / 1_000)
        if not received:
            return Messages()
        if any(message.error() is not None for message in received):
            received = [message for message in received if not self._is_event(message)]
        elif self._trouble is not None:
            self._trouble = self._down_since = None
        partitions: list[int] = [message.partition() for message in received]  # type: ignore[misc]  # None for messages to produce only
        last = dict(zip(partitions, received, strict=True))
        for number, message in last.items():
            self._delivered[number] = message.offset() + 1  # type: ignore[operator]  # the same
        return Messages(
            [message.value() or b"" for message in received],  # a null value counts as empty
            partitions,
            [message.offset() for message in received],  # type: ignore[misc]  # the same
            {number: time for number, message in last.items() if (time := _written(message)) is not None},
        )

    def pause(self, number: int) -> None:
        """Read no more of this partition."""
        self._consumer.incremental_unassign([TopicPartition(self._settings.topic, number)])

    @property
    def trouble(self) -> str | None:
        """Why the broker does not answer just now, or None."""
        return self._trouble

    def ends(self) -> dict[int, Ends | None]:
        """What the last fetches told, None of a partition that was not fetched yet.

        The client's own position goes past markers of transactions and aborted messages; what was delivered does not.
        """
        ends: dict[int, Ends | None] = dict.fromkeys(self._partitions)
        try:
            asked = [TopicPartition(self._settings.topic, number) for number in self._partitions]
            for partition in self._consumer.position(asked):
                oldest, end = self._consumer.get_watermark_offsets(partition, cached=True) or (-1, -1)
                delivered = self._delivered.get(partition.partition, oldest)
                if end >= 0:
                    without = (delivered, partition.offset) if 0 <= delivered < partition.offset else None
                    ends[partition.partition] = Ends(oldest if oldest >= 0 else None, end, without)
        except (KafkaException, RuntimeError):
            return {}
        return ends

    def ask_ends(self, seconds: float) -> dict[int, Ends | None]:
        """The same by asking the broker, which may take so long; nothing where it does not answer."""
        admin = self._administration()
        partitions = [TopicPartition(self._settings.topic, number) for number in self._partitions]
        asked = [
            admin.list_offsets(dict.fromkeys(partitions, spec), request_timeout=seconds)
            for spec in (EarliestSpec(), LatestSpec())  # type: ignore[no-untyped-call]  # the client's
        ]
        ends: dict[int, Ends | None] = dict.fromkeys(self._partitions)
        for partition in partitions:
            try:
                oldest, end = (int(answers[partition].result().offset) for answers in asked)
            except KafkaException:
                continue
            ends[partition.partition] = Ends(oldest, end)
        return ends

    def acknowledge(self, next_offsets: Mapping[int, int]) -> None:
        """Tell the broker how far the graph is, for its lag tools; at most once a second, and at the end."""
        self._acknowledged.update(next_offsets)
        now = time.monotonic()
        if now - self._acknowledge_time >= ACKNOWLEDGE_SECONDS:
            self._acknowledge_time = now
            self._commit()

    def close(self) -> None:
        """Leave the broker. One that is frozen is not waited for: the goodbye then ends by itself, or with the
        process; it is information only."""
        if self._closed:
            return
        self._closed = True
        if self._trouble is None:
            self._commit()
        leaving = threading.Thread(target=self._consumer.close, name="kafka-goodbye", daemon=True)
        leaving.start()
        leaving.join(GOODBYE_SECONDS)
        self._admin = None

    # ---------------------------------------------------------------------------------------------------------- parts

    def _client(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self._settings.uri,
            "client.id": "memgraph-py",
            "enable.metrics.push": False,
            "error_cb": self._on_error,
            "reconnect.backoff.max.ms": 5_000,
            "socket.timeout.ms": SOCKET_MILLISECONDS,
        }

    def _on_error(self, error: KafkaError) -> None:
        """Called by librdkafka inside our own calls of the consumer."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._down_since = self._down_since or time.monotonic()
            self._trouble = self._cause or error.str()
            return
        self._cause = error.str()
        if self._trouble is not None:  # the cause may come after the news that all brokers are down
            self._trouble = self._cause
        self._refused = self._refused or error.code() in REFUSALS

    def _ask(self, seconds: float) -> ClusterMetadata | None:
        """The cluster's metadata with our topic, or None when no broker answered in time."""
        try:
            answer: ClusterMetadata = self._consumer.list_topics(self._settings.topic, timeout=seconds)
            return answer
        except KafkaException as error:
            self._timeout = str(error.args[0].str())
            return None

    def _find_topic(self) -> TopicMetadata | None:
        """The topic as it is now; None with ``trouble`` set when that cannot be told. Raises SourceFailed where it is
        gone."""
        for seconds in (MISSING_AGAIN_SECONDS, 0.0):
            answer = self._ask(METADATA_SLICE_SECONDS)
            if answer is None:
                self._trouble = self._cause or self._timeout
                return None
            topic = answer.topics.get(self._settings.topic)
            error = _UNKNOWN if topic is None else topic.error
            if error is None:
                return topic
            if error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                self._trouble = error.str()
                return None
            time.sleep(seconds)
        raise SourceFailed(f"the topic '{self._settings.topic}' is gone")

    def _hopeless(self, now: float) -> bool:
        return self._down_since is not None and now - self._down_since >= HOPELESS_SECONDS

    def _adopt(self, answer: ClusterMetadata, topic: TopicMetadata) -> bool:
        """Take the topic as it is; False where the broker did not answer the question for its id in time."""
        if answer.controller_id not in answer.brokers:
            self._topic_id = ""  # ``describe_topics`` would wait for one
        topic_id = self._ask_topic_id()
        if topic_id is None:
            return False
        self._topic_id = topic_id
        for number in sorted(topic.partitions):
            self._partitions[number] = Partition(self._settings.topic, topic_id, number)
        self._trouble = self._cause = self._down_since = None
        return True

    def _ask_topic_id(self) -> str | None:
        """The id of this incarnation of the topic, or '' where the broker has none to tell; None without an answer."""
        if self._topic_id == "":
            return ""  # nor did it tell it before
        topics = TopicCollection([self._settings.topic])
        try:
            described = self._administration().describe_topics(topics, request_timeout=DESCRIBE_SECONDS)
            return str(described[self._settings.topic].result().topic_id)
        except KafkaException as error:
            cause = error.args[0]
            return None if cause.retriable() or cause.code() in NO_ANSWER else ""

    def _begin(self, beginnings: Mapping[int, int]) -> None:
        """These partitions are read from there on."""
        self._delivered.update(beginnings)
        self.beginnings.update({self._partitions[number]: offset for number, offset in beginnings.items()})

    def _oldest(self, numbers: Sequence[int]) -> dict[int, int]:
        """The oldest offsets of those partitions of which they are told in time. One that was just made may have no
        leader yet, so it is asked for again."""
        oldest: dict[int, int] = {}
        end = time.monotonic() + OLDEST_SECONDS
        while len(oldest) < len(numbers) and (left := end - time.monotonic()) > 0:
            # what stands for the oldest message is the same in place of a time as it is in place of an offset
            asked = [TopicPartition(self._settings.topic, number, OFFSET_BEGINNING) for number in numbers]
            with contextlib.suppress(KafkaException):
                answers = self._consumer.offsets_for_times(asked, timeout=left)
                oldest = {told.partition: told.offset for told in answers if told.error is None and told.offset >= 0}
            if len(oldest) < len(numbers):
                time.sleep(0.1)
        return oldest

    def _administration(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient(self._client(), logger=_silent_logger())  # type: ignore[arg-type]  # error_cb is a function
        return self._admin

    def _is_event(self, message: Message) -> bool:
        """True for what stands in the place of a message. Raises SourceFailed for what ends the reading."""
        error = message.error()
        if error is None:
            return False
        if error.code() == KafkaError._PARTITION_EOF:
            self.ended.add(message.partition() or 0)
        elif error.code() in GROUP_ERRORS:
            self._acknowledged.clear()
        elif error.code() in FINAL or error.fatal():
            raise SourceFailed(f"topic '{self._settings.topic}', partition {message.partition()}: {error.str()}")
        else:
            self._trouble = error.str()
        return True

    def _commit(self) -> None:
        if not self._acknowledged:
            return
        offsets = [
            TopicPartition(self._settings.topic, number, offset) for number, offset in self._acknowledged.items()
        ]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
            self._acknowledged.clear()
        except KafkaException as error:  # no permission for the group, no coordinator: it is information only
            logging.getLogger(__name__).debug("offsets not committed to Kafka", extra={"reason": str(error)})


def check_addresses(uri: str) -> None:
    """Raise SourceUnavailable unless the URI is `host:port[,host:port…]`."""
    for address in uri.split(","):
        host, colon, port = address.strip().rpartition(":")
        if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536 or " " in host or "/" in host:
            raise SourceUnavailable(f"'{address.strip()}' is not host:port")


def _written(message: Message) -> float | None:
    """When the message was written, in seconds since 1970, or None where it does not tell."""
    kind, milliseconds = message.timestamp()
    return None if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds / 1_000


def _made_anew(topic: str) -> str:
    return f"the topic '{topic}' was deleted and made anew; the stream's offsets belong to the old one"


def _silent_logger() -> logging.Logger:
    """librdkafka writes a line at each attempt to reconnect; what matters comes through error_cb."""
    logger = logging.Logger("librdkafka")
    logger.addHandler(logging.NullHandler())
    return logger

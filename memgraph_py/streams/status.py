"""What a stream tells of itself: what is counted while it runs, and the facts of SHOW STREAM.

Counting is done per batch and per look at the topic, never per message. Whoever asks reads plain numbers that the
stream's thread writes, without a lock: each is right, two may be a batch apart. ``exposition.py`` gives the same
figures to Prometheus.
"""

import hashlib
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from memgraph_py.metrics import SECONDS
from memgraph_py.storage.changes import StreamPosition
from memgraph_py.streams.definitions import Definition
from memgraph_py.values.types import Value

RATE_SECONDS = 10.0
"""Rates are means over so many seconds."""
QUERY_TEXTS_MAX = 100
"""So many texts of a stream's queries are kept, to look at their plans."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What is known of a partition: its oldest offset (None: unknown), and the offset after its newest message.
    ``without``: from the first of these offsets, after the last message that was delivered, to the second no message is
    to be had, as markers of transactions and aborted messages take offsets too."""

    oldest: int | None
    end: int
    without: tuple[int, int] | None = None

    def lag(self, next_offset: int) -> int:
        """Messages that are still to come for a stream that goes on there, as far as offsets tell it."""
        if self.without is not None and self.without[0] <= next_offset <= self.without[1]:
            next_offset = self.without[1]
        return max(self.end - next_offset, 0)


@dataclass(slots=True)
class Durations:
    """A histogram: ``counts[i]`` durations up to ``metrics.SECONDS[i]``, the last one above them all."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    total_seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(SECONDS, seconds)] += 1
        self.total_seconds += seconds


@dataclass(frozen=True, slots=True)
class _Sample:
    time: float
    batches: int
    messages: int
    bytes: int


@dataclass(slots=True)
class Progress:
    """Counted since the server started, over every START. Written by the stream's thread, read by any.

    ends: by partition, None where it is not known yet, and when they were found out (seconds since 1970);
    message_times: when the newest message taken from each partition was written, by its own timestamp; query_texts: of
    the last batches; trouble_time: since when the broker does not answer, or None.
    """

    batches: int = 0
    messages: int = 0
    queries: int = 0
    bytes: int = 0
    retries: int = 0
    errors: int = 0
    durations: Durations = field(default_factory=Durations)
    ends: Mapping[int, Ends | None] = field(default_factory=dict)
    ends_time: float | None = None
    message_times: dict[int, float] = field(default_factory=dict)
    query_texts: set[str] = field(default_factory=set)
    trouble_time: float | None = None
    samples: deque[_Sample] = field(default_factory=deque)

    def know_ends(self, ends: Mapping[int, Ends | None]) -> None:
        """Keep what was found out about the partitions just now; nothing found leaves what was known."""
        if any(ends.values()):
            self.ends = ends
            self.ends_time = time.time()

    def know_trouble(self, trouble: str | None) -> None:
        """Keep since when the broker has been away."""
        if trouble is None:
            self.trouble_time = None
        elif self.trouble_time is None:
            self.trouble_time = time.time()

    def know_queries(self, texts: Iterable[str]) -> None:
        """Keep these texts, in place of the older ones when they are too many."""
        known = self.query_texts | set(texts)
        self.query_texts = known if len(known) <= QUERY_TEXTS_MAX else set(texts)

    def sample(self) -> None:
        """Note the counts, about once a second, for the rates."""
        now = time.monotonic()
        self.samples.append(_Sample(now, self.batches, self.messages, self.bytes))
        while self.samples[0].time < now - RATE_SECONDS:
            self.samples.popleft()

    def rates(self) -> tuple[float, float, float]:
        """Batches, messages and bytes a second, over the last RATE_SECONDS; 0 for a stream that does not run."""
        now = time.monotonic()
        for sample in tuple(self.samples):
            seconds = now - sample.time
            if 0 < seconds <= 2 * RATE_SECONDS:
                return (
                    (self.batches - sample.batches) / seconds,
                    (self.messages - sample.messages) / seconds,
                    (self.bytes - sample.bytes) / seconds,
                )
        return 0.0, 0.0, 0.0


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """Where a stream stands in a partition; None: unknown. lag_seconds: the age of the newest message that is in the
    graph, 0 where none is waiting."""

    number: int
    next_offset: int | None
    end_offset: int | None
    lag_messages: int | None
    lag_seconds: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """A stream at one moment. state: `starting`, `running`, `retrying`, `stopped` or `error`, and why."""

    definition: Definition
    state: str
    reason: str | None
    progress: Progress
    position: StreamPosition | None

    @property
    def batches_left(self) -> int | None:
        """Of a LIMIT; None without one."""
        return None if self.position is None else self.position.batches_left

    def partitions(self) -> list[PartitionStatus]:
        """Of all partitions that are known, ascending."""
        next_offsets: dict[int, int] = {}
        for partition, offset in ({} if self.position is None else self.position.next_offsets).items():
            if partition.topic == self.definition.topic:
                next_offsets[partition.partition] = max(offset, next_offsets.get(partition.partition, 0))
        ends, written = self.progress.ends, dict(self.progress.message_times)
        now = time.time()
        return [
            _partition_status(number, next_offsets.get(number), ends.get(number), written.get(number), now)
            for number in sorted(next_offsets.keys() | ends.keys())
        ]


def _partition_status(
    number: int, next_offset: int | None, ends: Ends | None, written: float | None, now: float
) -> PartitionStatus:
    if next_offset is None and ends is not None:
        next_offset = ends.oldest  # where a new stream begins
    if next_offset is None or ends is None:
        return PartitionStatus(number, next_offset, None if ends is None else ends.end, None, None)
    lag = ends.lag(next_offset)
    seconds = 0.0 if lag == 0 else None if written is None else max(now - written, 0.0)
    return PartitionStatus(number, next_offset, max(ends.end, next_offset), lag, seconds)


def facts(status: Status, advice: list[str]) -> list[tuple[str, Value]]:
    """The (fact, value) rows of SHOW STREAM; advice: statements that would make it faster."""
    return [
        *_state_facts(status),
        *_definition_facts(status),
        *_count_facts(status.progress),
        *_lag_facts(status),
        ("advice", "; ".join(advice) or None),
    ]


def _state_facts(status: Status) -> Iterator[tuple[str, Value]]:
    """State and reason; when the trouble began; and, of an error, the message, or the range where it must lie."""
    definition, failed = status.definition, status.state == "error"
    place = definition.error_place if failed else None
    message = None if place is None else place.message
    yield "state", status.state
    yield "reason", status.reason
    yield "error time", _time(definition.error_time if failed else status.progress.trouble_time)
    yield "error topic", None if place is None else place.topic
    yield "error partition", None if message is None else message[0]
    yield "error offset", None if message is None else message[1]
    ranges: list[Value] = []
    if place is not None and message is None:
        ranges += [{"partition": number, "first": first, "last": last} for number, first, last in place.ranges]
    yield "error range", ranges or None


def _definition_facts(status: Status) -> Iterator[tuple[str, Value]]:
    definition = status.definition
    script = definition.script.encode()
    yield "uri", definition.uri
    yield "topic", definition.topic
    yield "transform", definition.transform
    yield "script hash", hashlib.sha256(script).hexdigest()
    yield "script bytes", len(script)
    yield "script fetched", _time(definition.fetched_time)
    yield "batch interval", definition.batch_interval_milliseconds
    yield "batch size", definition.batch_size
    yield "batches left", status.batches_left


def _count_facts(progress: Progress) -> Iterator[tuple[str, Value]]:
    batches, messages, bytes = progress.rates()
    yield "batches", progress.batches
    yield "messages", progress.messages
    yield "queries", progress.queries
    yield "bytes", progress.bytes
    yield "retries", progress.retries
    yield "errors", progress.errors
    yield "batches per second", round(batches, 1)
    yield "messages per second", round(messages, 1)
    yield "bytes per second", round(bytes, 1)
    mean = progress.durations.total_seconds / progress.batches if progress.batches else None
    yield "batch seconds", None if mean is None else round(mean, 6)


def _lag_facts(status: Status) -> Iterator[tuple[str, Value]]:
    """In all, then by partition; NULL where something is not known."""
    partitions = status.partitions()
    lags = [partition.lag_messages for partition in partitions if partition.lag_messages is not None]
    seconds = [partition.lag_seconds for partition in partitions if partition.lag_seconds is not None]
    yield "lag", sum(lags) if lags and len(lags) == len(partitions) else None
    yield "lag seconds", _rounded(max(seconds)) if seconds and len(seconds) == len(partitions) else None
    yield "lag known", _time(status.progress.ends_time)
    for partition in partitions:
        name = f"partition {partition.number}"
        yield f"{name} next offset", partition.next_offset
        yield f"{name} end offset", partition.end_offset
        yield f"{name} lag", partition.lag_messages
        yield f"{name} lag seconds", _rounded(partition.lag_seconds)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

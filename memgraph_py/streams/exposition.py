"""The figures of all streams as Prometheus metrics, read when /metrics is asked for: the same as SHOW STREAM tells.

    memgraph_stream_messages_total{stream="s"}                         counts, state, histogram: by stream
    memgraph_stream_lag_messages{stream="s",topic="t",partition="0"}   offsets and lag: by partition too

A stream that was dropped is not in the list any more, and so its series are gone. Source: Prometheus, "Metric and label
naming".
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from memgraph_py.metrics import SECONDS
from memgraph_py.streams.status import Progress, Status

STATES = ("starting", "running", "retrying", "stopped", "error")

_COUNTERS: tuple[tuple[str, str, Callable[[Progress], int]], ...] = (
    ("messages", "Kafka messages whose effect is committed.", lambda progress: progress.messages),
    ("batches", "Batches that a stream committed.", lambda progress: progress.batches),
    ("queries", "Queries that a stream committed.", lambda progress: progress.queries),
    ("bytes", "Bytes of the messages' values whose effect is committed.", lambda progress: progress.bytes),
    ("retries", "Times that a batch was tried again after a conflict.", lambda progress: progress.retries),
    ("errors", "Times that a stream stopped with an error.", lambda progress: progress.errors),
)


class StreamCollector(Collector):
    """``statuses``: of all streams; it is called in the event loop's thread and must not wait."""

    def __init__(self, statuses: Callable[[], Iterable[Status]]) -> None:
        self._statuses = statuses

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        statuses = list(self._statuses())
        yield _states(statuses)
        for name, documentation, read in _COUNTERS:
            counter = CounterMetricFamily(f"memgraph_stream_{name}", documentation, labels=["stream"])
            for status in statuses:
                counter.add_metric([status.definition.name], read(status.progress))
            yield counter
        yield _durations(statuses)
        yield _batches_left(statuses)
        yield from _partitions(statuses)


def _states(statuses: list[Status]) -> Metric:
    family = GaugeMetricFamily(
        "memgraph_stream_state", "1 for the state that the stream is in, 0 for the others.", labels=["stream", "state"]
    )
    for status in statuses:
        for state in STATES:
            family.add_metric([status.definition.name, state], float(state == status.state))
    return family


def _durations(statuses: list[Status]) -> Metric:
    family = HistogramMetricFamily(
        "memgraph_stream_batch_seconds", "From the last message of a batch to its commit on disk.", labels=["stream"]
    )
    bounds = [*map(str, SECONDS), "+Inf"]
    for status in statuses:
        durations = status.progress.durations
        buckets = list(zip(bounds, accumulate(durations.counts), strict=True))
        family.add_metric([status.definition.name], buckets, durations.total_seconds)
    return family


def _batches_left(statuses: list[Status]) -> Metric:
    family = GaugeMetricFamily(
        "memgraph_stream_batches_left", "Batches left of the LIMIT of a stream that has one.", labels=["stream"]
    )
    for status in statuses:
        if status.batches_left is not None:
            family.add_metric([status.definition.name], status.batches_left)
    return family


def _partitions(statuses: list[Status]) -> Iterator[Metric]:
    """What is not known of a partition has no series."""
    labels = ["stream", "topic", "partition"]
    families = [
        GaugeMetricFamily(f"memgraph_stream_{name}", documentation, labels=labels)
        for name, documentation in (
            ("next_offset", "Offset of the first message whose effect is not committed."),
            ("end_offset", "Offset after the newest message of the partition."),
            ("lag_messages", "Messages of the partition that are still to come."),
            ("lag_seconds", "Age of the newest message that is committed, 0 where none is waiting."),
        )
    ]
    for status in statuses:
        for partition in status.partitions():
            values = (partition.next_offset, partition.end_offset, partition.lag_messages, partition.lag_seconds)
            of_partition = [status.definition.name, status.definition.topic, str(partition.number)]
            for family, value in zip(families, values, strict=True):
                if value is not None:
                    family.add_metric(of_partition, value)
    yield from families

"""Counters, gauges and histograms of one server, in a registry of its own, and their Prometheus text.

A server makes one ``Metrics`` and hands it to what counts; two servers in one process (tests, the demo) never share
figures. Counting takes about a microsecond, so it is done per commit and batch, never per row; statements, of which a
server answers tens of thousands a second, are counted by ``Statements``, and the commits of the log by ``Groups``. A
stream counts for itself, and is read when /metrics is asked for (``streams/exposition.py``).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE_LATEST", "SECONDS", "Metrics", "Statements"]

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histograms' buckets."""


class Statements(Collector):
    """Statements that clients sent and how long they took, counted in plain numbers by one thread, the event loop's."""

    __slots__ = ("_begun", "_counts", "_seconds")

    def __init__(self) -> None:
        self._begun = 0
        self._counts = [0] * (len(SECONDS) + 1)
        self._seconds = 0.0

    def begin(self) -> None:
        """A statement has come."""
        self._begun += 1

    def end(self, seconds: float) -> None:
        """Its last record is sent."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._seconds += seconds

    def done(self, seconds: float) -> None:
        """One came and ended, after so many seconds."""
        self._begun += 1
        self._counts[0 if seconds < SECONDS[0] else bisect_left(SECONDS, seconds)] += 1
        self._seconds += seconds

    def done_together(self, statements: int, seconds: float) -> None:
        """So many came and ended together, after so many seconds in all."""
        self._begun += statements
        self._counts[bisect_left(SECONDS, seconds / statements)] += statements
        self._seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        yield CounterMetricFamily("memgraph_queries", "Statements that clients sent.", value=self._begun)
        yield HistogramMetricFamily(
            "memgraph_query_seconds",
            "From RUN to the last record of a statement.",
            _buckets(self._counts),
            self._seconds,
        )


class Groups(Collector):
    """Groups of commits that the log has written and synced, counted in plain numbers by one thread, the log's."""

    __slots__ = ("_bytes", "_commits", "_counts", "_cpu_seconds", "_seconds")

    def __init__(self) -> None:
        self._commits = self._bytes = 0
        self._counts = [0] * (len(SECONDS) + 1)
        self._seconds = self._cpu_seconds = 0.0

    def done(self, commits: int, bytes: int, seconds: float, cpu_seconds: float) -> None:
        """One is on disk. seconds: of writing and syncing; cpu_seconds: of the processor, for the sync alone."""
        self._commits += commits
        self._bytes += bytes
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._seconds += seconds
        self._cpu_seconds += cpu_seconds

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        yield CounterMetricFamily(
            "memgraph_commits", "Transactions written to the log and published.", value=self._commits
        )
        yield CounterMetricFamily("memgraph_log_bytes", "Bytes written to the log.", value=self._bytes)
        yield HistogramMetricFamily(
            "memgraph_log_sync_seconds",
            "Writing and syncing one group of commits.",
            _buckets(self._counts),
            self._seconds,
        )
        yield CounterMetricFamily(
            "memgraph_log_sync_cpu_seconds",
            "Processor time that the system took for the syncs of the log.",
            value=self._cpu_seconds,
        )


def _buckets(counts: list[int]) -> list[tuple[str, int]]:
    """By their upper bounds, each with those below it."""
    return list(zip([*map(str, SECONDS), "+Inf"], accumulate(counts), strict=True))


class Metrics:
    """Every metric of a server; ``text()`` is what /metrics answers."""

    __slots__ = (
        "checkpoint_seconds",
        "checkpoints",
        "commits_failed",
        "connections",
        "connections_opened",
        "connections_refused",
        "errors",
        "groups",
        "registry",
        "statements",
    )

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.connections = Gauge("memgraph_connections", "Open Bolt connections.", registry=registry)
        self.connections_opened = Counter(
            "memgraph_connections_opened", "Bolt connections that completed the handshake.", registry=registry
        )
        self.connections_refused = Counter(
            "memgraph_connections_refused", "Bolt connections turned away at a limit.", registry=registry
        )
        self.statements = Statements()
        registry.register(self.statements)
        self.errors = Counter(
            "memgraph_errors", "Errors that clients were told, by status code.", ["code"], registry=registry
        )
        self.groups = Groups()
        registry.register(self.groups)
        self.commits_failed = Counter(
            "memgraph_commits_failed", "Transactions that the log could not take.", registry=registry
        )
        self.checkpoints = Counter("memgraph_checkpoints", "Checkpoints written.", registry=registry)
        self.checkpoint_seconds = Histogram(
            "memgraph_checkpoint_seconds", "Writing one checkpoint.", buckets=SECONDS, registry=registry
        )

    def gauge(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Register a gauge whose value is read when /metrics is asked for."""
        Gauge(name, documentation, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """All metrics in the Prometheus text format; its content type is ``CONTENT_TYPE_LATEST``."""
        return generate_latest(self.registry)

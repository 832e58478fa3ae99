"""Counters, gauges and histograms of one server, in a registry of its own, and their Prometheus text.

A server makes one ``Metrics`` and hands it to what counts; two servers in one process (tests, the demo) never share
figures. Counting takes about a microsecond, so it is done per commit and batch, never per row; statements, of which a
server answers tens of thousands a second, are counted by ``Statements``. A stream counts for itself, and is read when
/metrics is asked for (``streams/exposition.py``).
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
        bounds = [*map(str, SECONDS), "+Inf"]
        buckets = list(zip(bounds, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(
            "memgraph_query_seconds", "From RUN to the last record of a statement.", buckets, self._seconds
        )


class Metrics:
    """Every metric of a server; ``text()`` is what /metrics answers."""

    __slots__ = (
        "checkpoint_seconds",
        "checkpoints",
        "commits",
        "commits_failed",
        "connections",
        "connections_opened",
        "connections_refused",
        "errors",
        "log_bytes",
        "log_sync_cpu_seconds",
        "log_sync_seconds",
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
        self.commits = Counter("memgraph_commits", "Transactions written to the log and published.", registry=registry)
        self.commits_failed = Counter(
            "memgraph_commits_failed", "Transactions that the log could not take.", registry=registry
        )
        self.log_bytes = Counter("memgraph_log_bytes", "Bytes written to the log.", registry=registry)
        self.log_sync_seconds = Histogram(
            "memgraph_log_sync_seconds",
            "Writing and syncing one group of commits.",
            buckets=SECONDS,
            registry=registry,
        )
        self.log_sync_cpu_seconds = Counter(
            "memgraph_log_sync_cpu_seconds",
            "Processor time that the system took for the syncs of the log.",
            registry=registry,
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

"""StreamManager: the stream commands, and the streams of a server. Implements ``engine.stream_control.StreamControl``.

Commands on one stream run one after another, under the stream's lock; on different streams side by side. A stream's own
thread ends it (at its LIMIT, on an error) without that lock, as STOP waits for the thread while it holds it.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from memgraph_py.config import Settings
from memgraph_py.engine.ingestion import Ingestion
from memgraph_py.engine.stream_control import StreamStatus, TestedQuery
from memgraph_py.errors import CypherError, CypherSyntaxError, StreamError
from memgraph_py.metrics import Metrics
from memgraph_py.streams.consumer import (
    MessageSource,
    Progress,
    SourceFactory,
    SourceFailed,
    SourceSettings,
    SourceUnavailable,
    StreamConsumer,
    Surroundings,
    TopicMissing,
)
from memgraph_py.streams.definitions import Definition, Definitions
from memgraph_py.streams.source import ScriptSource
from memgraph_py.streams.transform import Script, Transform, TransformStarter
from memgraph_py.streams.trial import run_trial
from memgraph_py.values.types import Value

logger = logging.getLogger(__name__)

BATCH_INTERVAL_MILLISECONDS = 100
BATCH_SIZE = 10
SIDE_BY_SIDE_MAX = 16
"""Streams that START ALL and STOP ALL handle at a time."""


@dataclass(slots=True)
class _Stream:
    """A stream and what is going on with it. ``commands``: held by the command that is being carried out."""

    definition: Definition
    commands: threading.Lock = field(default_factory=threading.Lock)
    consumer: StreamConsumer | None = None
    progress: Progress = field(default_factory=Progress)
    dropped: bool = False


class StreamManager:
    """All streams of a server. Methods block and may be called from any thread."""

    def __init__(
        self,
        ingestion: Ingestion,
        settings: Settings,
        source_factory: SourceFactory,
        metrics: Metrics | None = None,
    ) -> None:
        """Read the definitions; ``restore`` starts what was running. Raises StartupError when the file is damaged."""
        limits = settings.limits
        self._limits = limits
        self._make_source = source_factory
        self._scripts = ScriptSource(settings.transform_hosts, settings.transform_directory, limits)
        self._definitions = Definitions(settings.data_directory)
        starter = TransformStarter(limits, allow_unsandboxed=settings.allow_unsandboxed_transforms)
        self._surroundings = Surroundings(ingestion, starter, limits, metrics)
        self._lock = threading.Lock()  # guards the map of streams, and each stream's definition and consumer
        self._streams = {definition.name: _Stream(definition) for definition in self._definitions.all()}
        self._reserved: set[str] = set()
        self._closing = False

    # ---------------------------------------------------------------------------------------- life of a server

    def restore(self) -> None:
        """Start the streams that were running. Does not wait for their brokers: each retries in its own thread."""
        for stream in list(self._streams.values()):
            definition = stream.definition
            if definition.state != "running":
                continue
            position = self._surroundings.ingestion.position(definition.stream_id)
            if position is not None and position.batches_left == 0:  # its LIMIT was reached, and the file not written
                self._set_state(stream, replace(definition, state="stopped"))
                continue
            try:
                source = self._make_source(self._source_settings(definition))
            except SourceUnavailable as error:
                self._set_state(stream, replace(definition, state="error", reason=str(error), error_time=time.time()))
                continue
            self._run(stream, source, None)

    def close(self) -> None:
        """Stop all streams within a few seconds, leaving in the file that they are to run again."""
        with self._lock:
            self._closing = True
            consumers = [stream.consumer for stream in self._streams.values() if stream.consumer is not None]
        for consumer in consumers:
            consumer.ask_to_stop()
        deadline = time.monotonic() + self._limits.stop_seconds / 2
        for consumer in consumers:
            consumer.join(max(deadline - time.monotonic(), 0.1))
        self._surroundings.starter.close()

    # ------------------------------------------------------------------------------------------------ commands

    def create(
        self, name: str, *, uri: str, topic: str, transform: str, batch_interval: int | None, batch_size: int | None
    ) -> None:
        """CREATE STREAM. The name is taken from the first moment on, the stream is there when this returns."""
        interval = _positive(batch_interval, BATCH_INTERVAL_MILLISECONDS, "BATCH_INTERVAL")
        size = _positive(batch_size, BATCH_SIZE, "BATCH_SIZE")
        with self._lock:
            if name in self._streams or name in self._reserved:
                raise StreamError(f"Kafka stream {name} already exists.")
            self._reserved.add(name)
        try:
            script = self._scripts.fetch(transform)
            self._surroundings.starter.check(Script(script, transform, name))
            definition = Definition(uuid4(), name, uri, topic, transform, interval, size, script)
            self._connected(definition, seek=False).close()
            self._definitions.put(definition)
            with self._lock:
                self._streams[name] = _Stream(definition)
        finally:
            with self._lock:
                self._reserved.discard(name)

    def drop(self, name: str) -> None:
        """DROP STREAM: stop it, take it out of the file, then its position out of the graph."""
        with self._command(name) as stream:
            self._halt(stream)
            self._definitions.remove(name)
            with self._lock:
                stream.dropped = True
                del self._streams[name]
            self._surroundings.ingestion.forget(stream.definition.stream_id).result()

    def start(self, name: str, limit_batches: int | None) -> None:
        """START STREAM. A running stream is left as it is; one that cannot start keeps its state, and the error is
        raised."""
        limit = None if limit_batches is None else _positive(limit_batches, 1, "LIMIT")
        with self._command(name) as stream:
            if stream.consumer is not None:
                return
            definition = stream.definition
            source = self._connected(definition)
            try:
                transform = self._surroundings.starter.start(Script(definition.script, definition.transform, name))
            except BaseException:
                source.close()
                raise
            try:
                # into the graph first, whose word counts: a crash in between leaves the stream stopped
                self._surroundings.ingestion.apply([], definition.stream_id, {}, limit).result()
                self._set_state(stream, replace(definition, state="running", reason=None, error_time=None))
            except BaseException:
                transform.close()
                source.close()
                raise
            self._run(stream, source, transform)

    def stop(self, name: str) -> None:
        """STOP STREAM: returns when the current batch has committed or rolled back."""
        with self._command(name) as stream:
            self._halt(stream)
            if stream.definition.state != "stopped":
                self._set_state(stream, replace(stream.definition, state="stopped", reason=None, error_time=None))

    def start_all(self) -> None:
        """START ALL STREAMS: starts what it can, then raises one StreamError that tells the rest."""
        self._on_all(lambda name: self.start(name, None))

    def stop_all(self) -> None:
        """STOP ALL STREAMS."""
        self._on_all(self.stop)

    def test(self, name: str, limit_batches: int | None) -> list[TestedQuery]:
        """TEST STREAM: the queries of the next batches, one unless a limit is given."""
        batches = _positive(limit_batches, 1, "LIMIT")
        with self._command(name) as stream:
            if stream.consumer is not None:
                raise StreamError(f"Kafka stream {name} is already running")
            definition = stream.definition
            transform = self._surroundings.starter.start(Script(definition.script, definition.transform, name))
            try:
                source = self._connected(definition, reports_ends=True)
                try:
                    return run_trial(
                        source, transform, definition.batch_size, batches, self._limits.kafka_answer_seconds
                    )
                except (SourceFailed, SourceUnavailable) as error:
                    raise _not_initialized(name, error) from error
                finally:
                    source.close()
            finally:
                transform.close()

    def show(self) -> list[StreamStatus]:
        """SHOW STREAMS, in order of creation."""
        with self._lock:
            definitions = [stream.definition for stream in self._streams.values()]
        return [
            StreamStatus(definition.name, definition.uri, definition.topic, definition.transform, definition.state)
            for definition in definitions
        ]

    def describe(self, name: str) -> list[tuple[str, Value]]:
        """SHOW STREAM name: (fact, value) rows."""
        with self._lock:
            stream = self._streams.get(name)
            if stream is None:
                raise _unknown(name)
            definition, consumer, progress = stream.definition, stream.consumer, stream.progress
        state, detail = (definition.state, definition.reason) if consumer is None else consumer.state
        error_time = definition.error_time
        facts: list[tuple[str, Value]] = [
            ("state", state),
            ("reason", detail),
            ("error time", None if error_time is None else datetime.fromtimestamp(error_time, UTC).isoformat()),
            ("uri", definition.uri),
            ("topic", definition.topic),
            ("transform", definition.transform),
            ("batch interval", definition.batch_interval_milliseconds),
            ("batch size", definition.batch_size),
            ("batches", progress.batches),
            ("messages", progress.messages),
            ("queries", progress.queries),
            ("retries", progress.retries),
            ("script hash", hashlib.sha256(definition.script.encode()).hexdigest()),
        ]
        position = self._surroundings.ingestion.position(definition.stream_id)
        if position is not None:
            facts.append(("batches left", position.batches_left))
            offsets: dict[int, int] = {}
            for partition, offset in position.next_offsets.items():
                offsets[partition.partition] = max(offset, offsets.get(partition.partition, 0))
            for number, offset in sorted(offsets.items()):
                facts.append((f"partition {number} next offset", offset))
                end = progress.end_offsets.get(number)
                if end is not None:
                    facts.append((f"partition {number} end offset", end))
                    facts.append((f"partition {number} lag", max(end - offset, 0)))
        return facts

    # --------------------------------------------------------------------------------------------------- parts

    @contextmanager
    def _command(self, name: str) -> Iterator[_Stream]:
        """The stream, with its commands' lock held. Raises StreamError for a name that is unknown, or by then
        dropped."""
        with self._lock:
            stream = self._streams.get(name)
        if stream is None:
            raise _unknown(name)
        with stream.commands:
            if stream.dropped:
                raise _unknown(name)
            yield stream

    def _on_all(self, command: Callable[[str], None]) -> None:
        with self._lock:
            streams = list(self._streams.values())
        if not streams:
            return

        def carry_out(stream: _Stream) -> CypherError | None:
            try:
                command(stream.definition.name)
            except CypherError as error:
                return None if stream.dropped else error  # dropped meanwhile by someone else
            return None

        with ThreadPoolExecutor(min(len(streams), SIDE_BY_SIDE_MAX), "stream-command") as pool:
            errors = [error for error in pool.map(carry_out, streams) if error is not None]
        if errors:
            raise StreamError("\n".join(error.text() for error in errors))

    def _source_settings(self, definition: Definition, *, reports_ends: bool = False) -> SourceSettings:
        group = f"memgraph-py-{self._definitions.database_id}-{definition.stream_id}"
        return SourceSettings(definition.uri, definition.topic, group, self._limits.kafka_answer_seconds, reports_ends)

    def _connected(self, definition: Definition, *, seek: bool = True, reports_ends: bool = False) -> MessageSource:
        """A source, at the stream's position unless told otherwise. Raises StreamError with the contract's texts."""
        source: MessageSource | None = None
        try:
            source = self._make_source(self._source_settings(definition, reports_ends=reports_ends))
            source.connect(self._limits.kafka_answer_seconds)
            if seek:
                source.seek(self._surroundings.ingestion.position(definition.stream_id))
        except BaseException as error:
            if source is not None:
                source.close()
            if isinstance(error, TopicMissing):
                raise StreamError(f"Kafka stream {definition.name}, topic not found") from error
            if isinstance(error, SourceUnavailable | SourceFailed):
                raise _not_initialized(definition.name, error) from error
            raise
        return source

    def _run(self, stream: _Stream, source: MessageSource, transform: Transform | None) -> None:
        def on_end(consumer: StreamConsumer, reason: str | None) -> None:
            self._ended(stream, consumer, reason)

        consumer = StreamConsumer(stream.definition, source, transform, self._surroundings, stream.progress, on_end)
        with self._lock:
            stream.consumer = consumer
            if self._closing:
                consumer.ask_to_stop()
        consumer.start()

    def _ended(self, stream: _Stream, consumer: StreamConsumer, reason: str | None) -> None:
        """Called from the stream's thread: its LIMIT is reached, or it cannot go on. A stream that was asked to
        stop is the matter of who asked."""
        if consumer.stopping:
            return
        definition = stream.definition
        if reason is None:
            definition = replace(definition, state="stopped")
            logger.info("stream reached its limit", extra={"stream": definition.name})
        else:
            definition = replace(definition, state="error", reason=reason, error_time=time.time())
            logger.warning("stream stopped with an error", extra={"stream": definition.name, "reason": reason})
            if self._surroundings.metrics is not None:
                self._surroundings.metrics.stream_errors.labels(definition.name).inc()
        try:
            self._definitions.put(definition)
        except OSError:  # what it is to be doing is then known until the next restart only
            logger.exception("the streams' file cannot be written")
        with self._lock:
            stream.definition = definition
            if stream.consumer is consumer:
                stream.consumer = None

    def _halt(self, stream: _Stream) -> None:
        """End the stream's thread and wait for it. The caller holds the commands' lock."""
        with self._lock:
            consumer = stream.consumer
        if consumer is not None:
            consumer.ask_to_stop()
            consumer.join()
            with self._lock:
                stream.consumer = None

    def _set_state(self, stream: _Stream, definition: Definition) -> None:
        self._definitions.put(definition)
        with self._lock:
            stream.definition = definition


def _positive(value: int | None, default: int, clause: str) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 31:
        raise CypherSyntaxError(f"{clause} takes a positive integer, not {value!r}")
    return value


def _unknown(name: str) -> StreamError:
    return StreamError(f"Kafka stream {name} doesn't exist.")


def _not_initialized(name: str, error: Exception) -> StreamError:
    return StreamError(f"Failed to initialize kafka stream {name} : {error}")

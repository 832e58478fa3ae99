"""StreamManager: the stream commands, and the streams of a server. Implements ``engine.stream_control.StreamControl``.

Commands on one stream run one after another, under the stream's lock; on different streams side by side. A stream's own
thread ends it (at its LIMIT, on an error) without that lock, as STOP waits for the thread while it holds it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from memgraph_py.config import Settings
from memgraph_py.engine.ingestion import Ingestion
from memgraph_py.engine.stream_control import StreamStatus, TestedQuery
from memgraph_py.errors import CommitFailed, CypherError, CypherSyntaxError, StreamError
from memgraph_py.metrics import Metrics
from memgraph_py.streams.consumer import (
    Failure,
    StreamConsumer,
    Surroundings,
)
from memgraph_py.streams.definitions import Definition, Definitions, State
from memgraph_py.streams.exposition import StreamCollector
from memgraph_py.streams.in_order import LOOK_SECONDS, InOrder
from memgraph_py.streams.messages import (
    MessageSource,
    SourceFactory,
    SourceFailed,
    SourceSettings,
    SourceUnavailable,
    TopicMissing,
)
from memgraph_py.streams.source import ScriptSource
from memgraph_py.streams.status import Ends, Progress, Status, facts
from memgraph_py.streams.transform import Script, Transform, TransformStarter
from memgraph_py.streams.trial import run_trial
from memgraph_py.values.types import Value

logger = logging.getLogger(__name__)

BATCH_INTERVAL_MILLISECONDS = 100
BATCH_SIZE = 10
SIDE_BY_SIDE_MAX = 16
"""Streams that START ALL and STOP ALL handle at a time."""
ENDS_SECONDS = 1.0
"""How long SHOW STREAM asks the broker of a stream that does not run."""
ENDS_KNOWN_SECONDS = 5.0
"""It asks again when the last answer is so old."""


def _patiently() -> None:
    """Waits as long as it takes."""


@dataclass(slots=True)
class _Stream:
    """A stream and what is going on with it. ``commands``: held by the command that is being carried out.
    ``left_alone``: the last consumer that is to stop and that no command waits for."""

    definition: Definition
    commands: InOrder = field(default_factory=InOrder)
    consumer: StreamConsumer | None = None
    progress: Progress = field(default_factory=Progress)
    asked_time: float = float("-inf")
    dropped: bool = False
    left_alone: StreamConsumer | None = None


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
        self._surroundings = Surroundings(ingestion, starter, limits)
        self._lock = threading.Lock()  # guards the map of streams, and each stream's definition and consumer
        self._streams = {definition.name: _Stream(definition) for definition in self._definitions.all()}
        self._reserved: set[str] = set()
        self._closing = False
        if metrics is not None:
            metrics.registry.register(StreamCollector(self._statuses))

    # ---------------------------------------------------------------------------------------- life of a server

    def restore(self) -> None:
        """Start the streams that were running. Does not wait for their brokers: each retries in its own thread. Ends
        what a crash left of a DROP: positions of streams that are no more."""
        known = {stream.definition.stream_id for stream in self._streams.values()}
        if known:  # else the file may have been moved away, to be put back
            for stream_id in self._surroundings.ingestion.stream_ids() - known:
                self._forget(stream_id)
        for stream in list(self._streams.values()):
            definition = stream.definition
            if definition.state != "running":
                continue
            position = self._surroundings.ingestion.position(definition.stream_id)
            if position is not None and position.batches_left == 0:  # its LIMIT was reached, and the file not written
                self._note_state(stream, _in_state(definition, "stopped"))
                continue
            try:
                source = self._make_source(self._source_settings(definition))
            except SourceUnavailable as error:
                self._note_state(stream, _failed(definition, Failure(str(error))))
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
            fetched = time.time()
            definition = Definition(uuid4(), name, uri, topic, transform, interval, size, script, fetched_time=fetched)
            self._connected(definition, seek=False).close()
            self._definitions.put(definition)
            with self._lock:
                self._streams[name] = _Stream(definition)
        finally:
            with self._lock:
                self._reserved.discard(name)

    def drop(self, name: str, check: Callable[[], None] = _patiently) -> None:
        """DROP STREAM: stop it, take it out of the file, then its position out of the graph."""
        with self._command(name, check) as stream:
            self._halt(stream, check)
            self._definitions.remove(name)
            with self._lock:
                stream.dropped = True
                del self._streams[name]
            self._forget(stream.definition.stream_id)

    def start(self, name: str, limit_batches: int | None, check: Callable[[], None] = _patiently) -> None:
        """START STREAM. A running stream is left as it is; one that cannot start is stopped then, and the error is
        raised."""
        limit = None if limit_batches is None else _positive(limit_batches, 1, "LIMIT")
        with self._command(name, check) as stream:
            if stream.consumer is not None:
                if not stream.consumer.stopping:
                    return
                self._halt(stream, check)  # who asked it to stop has not waited for it
            try:
                self._start(stream, limit)
            except CypherError:
                if stream.definition.state != "stopped":
                    self._set_state(stream, _in_state(stream.definition, "stopped"))
                raise

    def stop(self, name: str, check: Callable[[], None] = _patiently) -> None:
        """STOP STREAM: returns when the current batch has committed or rolled back."""
        with self._command(name, check) as stream:
            self._halt(stream, check)
            stopped = _in_state(stream.definition, "stopped")
            if self._definitions.of(name) != stopped:
                self._set_state(stream, stopped)

    def start_all(self, check: Callable[[], None] = _patiently) -> None:
        """START ALL STREAMS: starts what it can, then raises one StreamError that tells the rest."""
        self._on_all(lambda name: self.start(name, None, check))

    def stop_all(self, check: Callable[[], None] = _patiently) -> None:
        """STOP ALL STREAMS."""
        self._on_all(lambda name: self.stop(name, check))

    def test(self, name: str, limit_batches: int | None) -> list[TestedQuery]:
        """TEST STREAM: the queries of the next batches, one unless a limit is given."""
        batches = _positive(limit_batches, 1, "LIMIT")
        with self._command(name) as stream:
            if stream.consumer is not None:
                raise StreamError(f"Kafka stream {name} is already running")
            definition = stream.definition
            transform = self._surroundings.starter.start(_script(definition))
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
            running = stream.consumer is not None
        if not running and time.monotonic() - stream.asked_time >= ENDS_KNOWN_SECONDS:
            stream.progress.know_ends(self._asked_ends(stream.definition))
            stream.asked_time = time.monotonic()
        advice = self._surroundings.ingestion.missing_indexes(sorted(stream.progress.query_texts))
        return facts(self._status(stream), [f"CREATE INDEX ON :{label}({key})" for label, key in advice])

    # --------------------------------------------------------------------------------------------------- parts

    def _status(self, stream: _Stream) -> Status:
        with self._lock:
            definition, consumer = stream.definition, stream.consumer
        state: str = definition.state
        reason = definition.reason
        if consumer is not None and definition.state == "running":
            state, reason = consumer.state
        position = self._surroundings.ingestion.position(definition.stream_id)
        return Status(definition, state, reason, stream.progress, position)

    def _statuses(self) -> list[Status]:
        """Of all streams, in order of creation. Waits for nothing."""
        with self._lock:
            streams = list(self._streams.values())
        return [self._status(stream) for stream in streams]

    def _asked_ends(self, definition: Definition) -> Mapping[int, Ends | None]:
        """Of a stream that does not run; nothing where the broker does not answer soon."""
        try:
            source = self._make_source(self._source_settings(definition))
        except SourceUnavailable:
            return {}
        try:
            source.connect(ENDS_SECONDS)
            return source.ask_ends(ENDS_SECONDS)
        except (SourceUnavailable, TopicMissing):
            return {}
        finally:
            source.close()

    def _forget(self, stream_id: UUID) -> None:
        """Take the position of a stream that is gone out of the graph. Where that fails it is done at a restart; until
        then it lies there and harms nobody, as no stream will have that id again."""
        try:
            self._surroundings.ingestion.forget(stream_id).result()
        except CypherError as error:
            logger.warning("a dropped stream's position is kept for now", extra={"reason": error.text()})

    def _start(self, stream: _Stream, limit: int | None) -> None:
        definition = stream.definition
        source = self._connected(definition)
        try:
            transform = self._surroundings.starter.start(_script(definition))
        except BaseException:
            source.close()
            raise
        try:
            # into the graph first, whose word counts: a crash in between leaves the stream stopped
            self._surroundings.ingestion.apply([], definition.stream_id, source.beginnings, limit).result()
            self._set_state(stream, _in_state(definition, "running"))
        except BaseException:
            transform.close()
            source.close()
            raise
        self._run(stream, source, transform)

    @contextmanager
    def _command(self, name: str, check: Callable[[], None] = _patiently) -> Iterator[_Stream]:
        """The stream, with its commands' lock held. Raises StreamError for a name that is unknown, or by then
        dropped; what ``check`` raises."""
        with self._lock:
            stream = self._streams.get(name)
        if stream is None:
            raise _unknown(name)
        with stream.commands.held(check):
            if stream.dropped:
                raise _unknown(name)
            yield stream

    def _on_all(self, command: Callable[[str], None]) -> None:
        with self._lock:
            streams = list(self._streams.values())
        if not streams:
            return

        def carry_out(stream: _Stream) -> str | None:
            name = stream.definition.name
            try:
                command(name)
            except CypherError as error:
                if not stream.dropped:  # by someone else, meanwhile
                    return error.text() if name in error.message else f"Kafka stream {name}: {error.text()}"
            return None

        with ThreadPoolExecutor(min(len(streams), SIDE_BY_SIDE_MAX), "stream-command") as pool:
            errors = [error for error in pool.map(carry_out, streams) if error is not None]
        if errors:
            raise StreamError("\n".join(errors))

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
        def on_end(consumer: StreamConsumer, failure: Failure | None) -> None:
            self._ended(stream, consumer, failure)

        consumer = StreamConsumer(stream.definition, source, transform, self._surroundings, stream.progress, on_end)
        with self._lock:
            stream.consumer = consumer
            if self._closing:
                consumer.ask_to_stop()
        consumer.start()

    def _ended(self, stream: _Stream, consumer: StreamConsumer, failure: Failure | None) -> None:
        """Called from the stream's thread: its LIMIT is reached, or it cannot go on. A stream that was asked to
        stop is the matter of who asked."""
        if consumer.stopping:
            return
        definition = stream.definition
        if failure is None:
            self._note_state(stream, _in_state(definition, "stopped"))
            logger.info("stream reached its limit", extra={"stream": definition.name})
        else:
            stream.progress.errors += 1
            self._note_state(stream, _failed(definition, failure))
            logger.warning("stream stopped with an error", extra={"stream": definition.name, "reason": failure.reason})
        with self._lock:
            if stream.consumer is consumer:
                stream.consumer = None

    def _halt(self, stream: _Stream, check: Callable[[], None]) -> None:
        """End the stream's thread and wait for it, unless ``check`` raises: then it ends by itself after its batch. The
        caller holds the commands' lock."""
        with self._lock:
            consumer = stream.consumer
        if consumer is None:
            return
        consumer.ask_to_stop()
        try:
            while not consumer.join(LOOK_SECONDS):
                check()
        except CypherError:
            self._leave_alone(stream, consumer)
            raise
        with self._lock:
            stream.consumer = None
            if stream.definition.state == "running":  # it is not, even if the file cannot be written
                stream.definition = _in_state(stream.definition, "stopped")

    def _leave_alone(self, stream: _Stream, consumer: StreamConsumer) -> None:
        """No command waits for it any more: once its batch has ended, it is stopped."""

        def wait() -> None:
            consumer.join()
            with stream.commands.held(_patiently):
                if stream.consumer is consumer:
                    self._halt(stream, _patiently)
                    self._note_state(stream, _in_state(stream.definition, "stopped"))

        if stream.left_alone is not consumer:
            stream.left_alone = consumer
            threading.Thread(target=wait, name=f"stopping-{stream.definition.name}", daemon=True).start()

    def _set_state(self, stream: _Stream, definition: Definition) -> None:
        """In the file, then here. Raises CommitFailed, and nothing is changed then."""
        self._definitions.put(definition)
        with self._lock:
            stream.definition = definition

    def _note_state(self, stream: _Stream, definition: Definition) -> None:
        """The same for a state that has come about and cannot be refused."""
        try:
            self._definitions.put(definition)
        except CommitFailed as error:  # what it is to be doing is then known until the next restart only
            logger.error("a stream's state is not on disk", extra={"stream": definition.name, "reason": error.text()})
        with self._lock:
            stream.definition = definition


def _positive(value: int | None, default: int, clause: str) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 31:
        raise CypherSyntaxError(f"{clause} takes a positive integer, not {value!r}", hint="the greatest is 2147483647")
    return value


def _script(definition: Definition) -> Script:
    return Script(definition.script, definition.transform, definition.name)


def _in_state(definition: Definition, state: State) -> Definition:
    """In that state, without the error of the last run."""
    return replace(definition, state=state, reason=None, error_time=None, error_place=None)


def _failed(definition: Definition, failure: Failure) -> Definition:
    now = time.time()
    return replace(definition, state="error", reason=failure.reason, error_time=now, error_place=failure.place)


def _unknown(name: str) -> StreamError:
    return StreamError(f"Kafka stream {name} doesn't exist.")


def _not_initialized(name: str, error: Exception) -> StreamError:
    return StreamError(f"Failed to initialize kafka stream {name} : {error}")

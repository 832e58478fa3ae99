"""One stream at work: fetch, transform, apply, commit, in a thread of its own.

    fetch ─▶ transform (child process) ─▶ apply on the tip ─▶ future ─┐ synced
      ▲                                                               │
      └── the next group is fetched and transformed meanwhile ◀───────┘ at most two groups in flight

A group is one batch, or as many small ones as wait already: what it takes to hand messages to the child and commits to
the log costs more than a batch of ten messages does. The script is called for each batch, and each batch is a
transaction of its own, as if it had come alone.

The position goes into the same transaction as the batch, so a message takes effect once. Kafka is told afterwards, as
information. If the sync of one batch fails, the one after it fails too, as it was built on it.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from memgraph_py.config import Limits
from memgraph_py.engine.ingestion import Ingestion, QueryFailed
from memgraph_py.engine.query_runs import QueryRun
from memgraph_py.errors import CypherError, TransactionConflict
from memgraph_py.storage.changes import Partition
from memgraph_py.streams.blame import Search
from memgraph_py.streams.definitions import Definition, Place
from memgraph_py.streams.messages import Messages, MessageSource, SourceFailed, SourceUnavailable, TopicMissing
from memgraph_py.streams.status import Ends, Progress
from memgraph_py.streams.transform import ASKED_BYTES_MAX, Script, Transform, TransformStarter

logger = logging.getLogger(__name__)

SLICE_SECONDS = 0.1
"""The longest wait inside one read, so that STOP is answered soon."""
CHECK_SECONDS = 10.0
"""Between two looks at the topic: is it still the same one, has it new partitions?"""
LOOK_SECONDS = 1.0
"""Between two looks at the partitions' ends, which cost nothing."""
SILENT_SECONDS = 0.4
"""So long without a message, and the topic may be another one by then: a client whose topic is deleted waits for 0.5 s
before it asks again, and reads on in what bears its name then."""
TROUBLED_CHECK_SECONDS = 2.0
"""The same while the broker is away."""
CONNECT_SECONDS = 1.5
"""One attempt at a restart, which STOP may have to wait for."""
RETRY_SECONDS_MIN, RETRY_SECONDS_MAX = 0.5, 5.0
CONFLICT_SECONDS_MIN, CONFLICT_SECONDS_MAX = 0.005, 0.5
BATCH_BYTES_MAX = 16 << 20
"""A batch that holds so much goes at once, however few its messages are."""
BATCH_MESSAGES_MAX = 1_000_000
"""A batch of so many is full, whatever its BATCH_SIZE: they take 100 MB, and more once they are queries."""
GROUP_BATCHES_MAX, GROUP_MESSAGES_MAX = 12, 3_000
"""Of a group of more than one batch, with ``ASKED_BYTES_MAX``. So small, a group is a few milliseconds' work."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every stream of a server shares."""

    ingestion: Ingestion
    starter: TransformStarter
    limits: Limits


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a stream ended, and where in the topic, if a batch of messages was the cause."""

    reason: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class _InFlight:
    committed: Future[int]
    messages: Messages
    next_offsets: dict[int, int]
    queries: int
    begin: float


class _Stopped(Exception):
    """The stream was asked to stop."""


class StreamConsumer:
    """A running stream: a thread from ``start`` to ``stop``, to its LIMIT, or to its first error.

    source and transform: at its position and loaded, as START leaves them; or not yet connected and None, as at a
    restart: the thread then connects, as patiently as it takes, and loads the script.
    on_end is called once from the thread, with None, or with the failure that the stream cannot go on after.
    """

    def __init__(
        self,
        definition: Definition,
        source: MessageSource,
        transform: Transform | None,
        surroundings: Surroundings,
        progress: Progress,
        on_end: Callable[["StreamConsumer", Failure | None], None],
    ) -> None:
        self._definition = definition
        self._source = source
        self._transform = transform
        self._surroundings = surroundings
        self._progress = progress
        self._on_end = on_end
        self._connected = transform is not None
        self._stopping = threading.Event()
        self._detail: str | None = None
        self._started = False
        self._batches_left: int | None = None
        self._waiting = Messages()
        self._in_flight: deque[_InFlight] = deque()
        self._batch_time = 0.0
        self._receive_time = float("-inf")
        self._check_time = 0.0
        self._look_time = 0.0
        self._look = True
        self._turn = surroundings.ingestion.turns.worker()
        self._thread = threading.Thread(target=self._run, name=f"stream-{definition.name}", daemon=True)

    @property
    def state(self) -> tuple[str, str | None]:
        """`starting`, `running` or `retrying`, and why."""
        if not self._started:
            return ("retrying" if self._detail else "starting"), self._detail
        trouble = self._source.trouble
        self._progress.know_trouble(trouble)
        return ("retrying", trouble) if trouble else ("running", None)

    @property
    def stopping(self) -> bool:
        """True once it was asked to stop."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let the current batch commit or roll back, and begin no other. A script that is running is ended: its
        batch has not begun to commit."""
        self._stopping.set()
        transform = self._transform
        if transform is not None:
            transform.kill()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until the thread has ended; nothing of the stream commits afterwards. False when it took longer."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # ------------------------------------------------------------------------------------------- in the stream's thread

    def _run(self) -> None:
        _name_thread(self._thread.name)
        failure: Failure | None = None
        try:
            self._prepare()
            self._consume()
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001  # one of the three places that catch: the stream shows the reason
            failure = _failure(self._explained(error)) if not self._stopping.is_set() else None
        failure = self._drain() or failure
        try:
            self._release()
        finally:
            self._on_end(self, failure)

    def _explained(self, error: Exception) -> Exception:
        """An offset that is not to be had may be one of a topic that was made anew."""
        if isinstance(error, SourceFailed) and self._started:
            try:
                self._source.confirm()
            except SourceFailed as cause:
                return cause
        return error

    def _prepare(self) -> None:
        """Connect, as patiently as it takes, and load the script."""
        pause = RETRY_SECONDS_MIN
        position = self._surroundings.ingestion.position(self._definition.stream_id)
        self._batches_left = None if position is None else position.batches_left
        while not self._connected:
            try:
                self._source.connect(CONNECT_SECONDS)
                self._source.seek(position)
                self._connected = True
            except SourceUnavailable as error:
                self._detail = str(error)
                self._progress.know_trouble(self._detail)
                if self._stopping.wait(pause):
                    raise _Stopped from None
                pause = min(2 * pause, RETRY_SECONDS_MAX)
        if self._transform is None:
            self._fresh_transform()
        self._keep_beginnings()
        self._batch_time = self._check_time = time.monotonic()
        self._progress.know_trouble(None)
        self._started = True

    def _fresh_transform(self) -> Transform:
        """A child in place of the one that there was, if any."""
        if self._transform is not None:
            self._transform.close()
        script = Script(self._definition.script, self._definition.transform, self._definition.name)
        self._transform = self._surroundings.starter.start(script)
        if self._stopping.is_set():
            raise _Stopped
        return self._transform

    def _consume(self) -> None:
        assert self._transform is not None, "prepared"
        with self._turn:
            while not self._stopping.is_set() and self._batches_left != 0:
                self._take_group(self._transform)

    def _take_group(self, transform: Transform) -> None:
        """The next batches, if some come, up to their commit; those before them are on disk then."""
        batches = self._next_batches()
        if not batches:
            with self._turn.given_back():  # the log writes what was committed, the event loop has its turn
                return
        before = [batch.committed for batch in self._in_flight]
        for index, messages in enumerate(batches):
            runs = self._transformed(transform, messages, [] if index else batches)
            if self._stopping.is_set():
                return
            self._apply(messages, runs)
            if messages is not batches[-1]:
                self._turn.renew()
        if before and not before[-1].done():
            with self._turn.given_back():
                before[-1].exception()

    def _transformed(self, transform: Transform, messages: Messages, asked: list[Messages]) -> list[QueryRun]:
        """The queries of the batch; asked: those that the child is to begin with first."""
        try:
            if asked:
                transform.ask([batch.values for batch in asked])
                self._turn.renew(at_once=True)  # the event loop answers while the child is at work
            return transform.answer(meanwhile=self._turn.given_back())
        except CypherError as error:
            if self._stopping.is_set():  # the script was ended by us
                return []
            with self._turn.given_back():
                row = Search(self._fresh_transform).by_script(messages.values)
            raise self._failed(error.text(), messages, row) from error

    def _next_batches(self) -> list[Messages]:
        """The next batch, and more where they wait already; none when the interval passed without any message, or the
        stream is to stop."""
        size = min(self._definition.batch_size, BATCH_MESSAGES_MAX)
        self._keep_house()
        deadline = self._batch_time + self._definition.batch_interval_milliseconds / 1_000
        messages = self._waiting
        while True:
            had = len(messages)
            seconds = deadline - time.monotonic()
            if len(messages) < size:
                messages.extend(self._source.read(self._group_batches_max() * size - len(messages), 0.0))
            if len(messages) < size and seconds > 0.0:
                messages.extend(self._messages_to_come(size - len(messages), min(seconds, SLICE_SECONDS)))
            if len(messages) > had:
                self._confirm_topic()
            if self._stopping.is_set():
                return []
            if len(messages) >= size or messages.bytes >= BATCH_BYTES_MAX or seconds <= 0.0:
                break
            self._keep_house()
        self._batch_time = time.monotonic()
        batches, self._waiting = messages.cut(size, ASKED_BYTES_MAX)
        return [batch.in_order() for batch in batches]

    def _messages_to_come(self, count: int, seconds: float) -> Messages:
        """Up to so many; waits up to so many seconds. What is in flight is counted before it waits for messages."""
        end = time.monotonic() + seconds
        with self._turn.given_back():
            if self._in_flight:
                with contextlib.suppress(TimeoutError):
                    self._in_flight[-1].committed.exception(seconds)
                self._settle_done()
            return self._source.read(count, max(end - time.monotonic(), 0.0))

    def _confirm_topic(self) -> None:
        """Some messages came: where none had for a while, see before they are imported whether they are of the same
        topic. Raises SourceFailed where they are not."""
        now = time.monotonic()
        is_silent = now - self._receive_time >= SILENT_SECONDS
        self._receive_time = now
        if not is_silent:
            return
        with self._turn.given_back():
            while not self._source.confirm():
                self._source.check()  # it may be gone
                if self._stopping.wait(RETRY_SECONDS_MIN):
                    return

    def _group_batches_max(self) -> int:
        most = min(GROUP_BATCHES_MAX, GROUP_MESSAGES_MAX // self._definition.batch_size)
        return max(most if self._batches_left is None else min(most, self._batches_left), 1)

    def _apply(self, messages: Messages, runs: list[QueryRun]) -> None:
        """Run the batch and put it in flight. A conflict with another writer is tried again until it is none."""
        left = None if self._batches_left is None else self._batches_left - 1
        next_offsets = messages.next_offsets()
        position = {self._source.partition(number): offset for number, offset in next_offsets.items()}
        ingestion = self._surroundings.ingestion
        pause = CONFLICT_SECONDS_MIN
        while True:
            try:
                committed = ingestion.apply(runs, self._definition.stream_id, position, left)
                break
            except QueryFailed as error:
                with self._turn.given_back():
                    row = Search(self._fresh_transform).by_query(messages.values, runs, error, ingestion)
                raise self._failed(f"{error} (query: {error.query})", messages, row) from error
            except TransactionConflict:
                self._progress.retries += 1
                with self._turn.given_back():
                    if self._stopping.wait(pause):
                        raise _Stopped from None
                pause = min(2 * pause, CONFLICT_SECONDS_MAX)
            except CypherError as error:
                raise self._failed(error.text(), messages) from error
        self._batches_left = left
        if self._look:
            self._look = False
            self._progress.know_queries(run.query for run in runs)
        queries = sum(run.rows for run in runs)
        self._in_flight.append(_InFlight(committed, messages, next_offsets, queries, self._batch_time))

    def _count(self, batch: _InFlight) -> None:
        progress = self._progress
        progress.batches += 1
        progress.messages += len(batch.messages)
        progress.queries += batch.queries
        progress.bytes += batch.messages.bytes
        progress.message_times.update(batch.messages.times)
        progress.durations.add(time.monotonic() - batch.begin)
        self._source.acknowledge(batch.next_offsets)

    def _settle_done(self) -> None:
        """Count what is on disk. Raises CommitFailed."""
        while self._in_flight and self._in_flight[0].committed.done():
            self._in_flight[0].committed.result()
            self._count(self._in_flight.popleft())

    def _keep_house(self) -> None:
        """Now and then look at the topic; raises SourceFailed when it is gone."""
        self._settle_done()
        now = time.monotonic()
        if now - self._look_time >= LOOK_SECONDS:
            ends = self._source.ends()
            self._pass_over(ends)
            self._progress.know_ends(ends)
            self._progress.know_trouble(self._source.trouble)
            self._progress.sample()
            self._look_time = now
            self._look = True
        if now - self._check_time >= (TROUBLED_CHECK_SECONDS if self._source.trouble else CHECK_SECONDS):
            with self._turn.given_back():
                self._source.check()
                self._keep_beginnings()
            self._check_time = time.monotonic()

    def _keep_beginnings(self) -> None:
        """Where partitions begin that the position does not name yet."""
        ingestion = self._surroundings.ingestion
        position = ingestion.position(self._definition.stream_id)
        known = {} if position is None else position.next_offsets
        new = {partition: offset for partition, offset in self._source.beginnings.items() if partition not in known}
        if new:
            ingestion.apply([], self._definition.stream_id, new, self._batches_left).result()

    def _pass_over(self, ends: Mapping[int, Ends | None]) -> None:
        """Let the position follow where no message is to be had: else retention may take the markers of transactions
        that it would go on with, which nobody could tell from messages at the next start."""
        ingestion = self._surroundings.ingestion
        position = ingestion.position(self._definition.stream_id)
        if position is None:
            return
        passed: dict[Partition, int] = {}
        for number, known in ends.items():
            partition = self._source.partition(number)
            # only where all that was delivered is in the graph
            if known is not None and known.without and known.without[0] == position.next_offsets.get(partition):
                passed[partition] = known.without[1]
        if passed:
            with contextlib.suppress(CypherError):  # the next batch tells why nothing can be committed
                ingestion.apply([], self._definition.stream_id, passed, self._batches_left)

    def _failed(self, text: str, messages: Messages, row: int | None = None) -> "_Failed":
        """A failure at the message of that row, or somewhere in the batch."""
        ranges = messages.ranges()
        if row is not None:
            ranges = ((messages.partitions[row], messages.offsets[row], messages.offsets[row]),)
        place = Place(self._definition.topic, ranges)
        return _Failed(Failure(f"{text}\n{place}", place))

    def _drain(self) -> Failure | None:
        """Wait for what is in flight; gives why a batch did not commit, or None."""
        failure: Failure | None = None
        for batch in self._in_flight:
            error = batch.committed.exception()
            if error is None:
                self._count(batch)
            elif failure is None:
                failure = _failure(error)
        self._in_flight.clear()
        return failure

    def _release(self) -> None:
        if self._transform is not None:
            self._transform.close()
        if self._started:
            self._progress.know_ends(self._source.ends())
        self._progress.know_trouble(None)
        self._source.close()


class _Failed(Exception):
    """A batch failed and is rolled back."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def _name_thread(name: str) -> None:
    """Give this thread its name in `top -H` and the like, which show 15 bytes of it."""
    with contextlib.suppress(OSError):  # not on this system
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_bytes(name.encode()[:15])


def _failure(error: BaseException) -> Failure:
    """What SHOW STREAM tells of an error that ended a stream."""
    if isinstance(error, _Failed):
        return error.failure
    if isinstance(error, CypherError):
        return Failure(error.text())
    if isinstance(error, TopicMissing):
        return Failure("topic not found")
    if isinstance(error, SourceFailed):
        return Failure(str(error))
    logger.error("a stream ended with an unforeseen error", exc_info=error)
    return Failure(f"{type(error).__name__}: {error}")

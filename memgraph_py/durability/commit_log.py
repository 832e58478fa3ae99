"""DiskCommitLog: commits go to a queue; one thread writes and syncs all that is queued together (group commit).

    commit ─ append ─▶ queue ─▶ log thread: encode … write one frame, fdatasync ─▶ done(None) for each, in order

Waking the thread is left to ``on_queued``: an event loop that carries out many requests in a turn does so at its end,
so that what came together shares a sync. Likewise ``answering`` lets the loop be woken once for a group.

While the thread syncs, other commits queue up. Those share the next sync with what the clients that are answered now
ask for next: it is begun when ``on_queued`` says so, not at once, and may wait a moment for them (``gathering.py``).

The thread takes only the version that follows the last one on disk. So when a group fails, those that were queued
behind it, made on top of what is lost, fail too, and the first commit made after that on the published version is
taken: the log recovers by itself when the disk has room again. Bytes of a failed group are cut off before anything else
is written; when it was the sync that failed, the log goes on in a new file (``log_writer``), which makes what is left
in the old one void. Where that cannot be begun either, a crash may leave the group readable, so its clients are told
that the outcome is not known.

Where the file was deleted, the graph in memory is all there is: commits are refused, and ``on_large`` is called for a
checkpoint, with which a new file begins.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple
from uuid import UUID

from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.encoding import FORMAT, Watermarks, encode
from memgraph_py.durability.gathering import Gathering
from memgraph_py.durability.log_file import (
    BODY_BYTES_MAX,
    FRAMES_START,
    LogHeader,
    new_salt,
    payload_bytes,
)
from memgraph_py.durability.log_writer import LogDeleted, LogWriter, SyncFailed
from memgraph_py.errors import CommitFailed, CommitUnknown, CypherError, DatabaseError, StartupError
from memgraph_py.metrics import Metrics
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.schema import Schema

logger = logging.getLogger(__name__)

Done = Callable[[BaseException | None], None]

_ROTATE_BYTES_MIN = 32 << 20
_GROUP_BYTES_MAX = 64 << 20  # more waits for the next sync, so that one client's bulk does not hold up all others


@dataclass(frozen=True, slots=True)
class LogState:
    """Where recovery left the files: what the log goes on from. ``path`` is None where a new file is to begin."""

    database_id: UUID
    version: int
    known: Watermarks
    path: Path | None = None
    header: LogHeader | None = None
    end: int = FRAMES_START


_UNHINDERED = nullcontext()


class _Commit(NamedTuple):
    version: int
    changes: ChangeSet
    done: Done


@dataclass(frozen=True, slots=True)
class _Rotation:
    """The future gives the last version of the files that are complete."""

    finished: Future[int]


class _Stop:
    """Ends the thread."""


_Request = _Commit | _Rotation | _Stop


class DiskCommitLog:
    """The store's ``CommitLog`` on disk. ``open`` before the first ``append``.

    ``on_large`` is called, from the log's thread, when a file has grown by ``rotate_bytes``, or by less where the graph
    is small (``follow``), and again by as much; and when a commit is refused as the file was deleted.
    """

    def __init__(self, directory: DataDirectory, rotate_bytes: int, metrics: Metrics | None = None) -> None:
        self._directory = directory
        self._rotate_bytes = self._rotate_bytes_max = rotate_bytes
        self._metrics = metrics or Metrics()
        self._queue: deque[_Request] = deque()
        self._woken: SimpleQueue[None] = SimpleQueue()
        self.on_queued: Callable[[], None] = self.wake
        """Called after each commit is queued, from its thread, and from the log's while it answers, when others were
        queued meanwhile; sees to it that ``wake`` is called, at once or soon."""
        self.answering: AbstractContextManager[object] = nullcontext()
        """Entered by the log's thread while it tells of the commits of one group."""
        self.working: AbstractContextManager[object] = nullcontext()
        """Entered by the log's thread while it encodes a group that begins with a stream's batch, and while it tells of
        it; not while it writes."""
        self._gathering = Gathering()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._has_ended = False
        """The thread takes nothing from the queue any more."""
        self._present: LogWriter | None = None
        self._announce_bytes = rotate_bytes
        self.on_large: Callable[[], None] | None = None

    def open(self, schema: Schema, state: LogState) -> None:
        """Go on where recovery ended, in the same file or a new one. Raises StartupError when it cannot be written."""
        self._schema = schema
        self._version = state.version
        self._known = state.known
        self._database_id = state.database_id
        try:
            if state.path is None or state.header is None or state.header.format != FORMAT:
                self._begin_file()
            else:
                self._present = LogWriter.reopened(state.path, state.header, state.end)
        except OSError as error:
            raise StartupError(f"cannot write the log in '{self._directory.path}': {error.strerror}") from error
        self._thread = threading.Thread(target=self._run, name="commit-log", daemon=True)
        self._thread.start()

    @property
    def version(self) -> int:
        """The last commit on disk."""
        return self._version

    @property
    def _file(self) -> LogWriter:
        assert self._present is not None, "the log was not opened"
        return self._present

    @property
    def file_bytes(self) -> int:
        """Bytes of the present file that hold records."""
        return self._file.end - FRAMES_START

    @property
    def is_deleted(self) -> bool:
        """True when the present file was deleted, and with it the commits since the newest checkpoint."""
        return self._file.is_deleted

    def append(self, version: int, changes: ChangeSet, done: Done) -> None:
        """Queue a commit; the log's thread calls ``done``, in order. Raises CommitFailed when the log is closed."""
        if self._closed:
            raise CommitFailed("the log is closed")
        self._put(_Commit(version, changes, done), self.on_queued)

    def _put(self, request: _Request, tell: Callable[[], None]) -> None:
        self._queue.append(request)
        tell()
        if self._has_ended:  # just then
            self._refuse_queued()

    def wake(self) -> None:
        """Have what is queued written; from any thread."""
        self._woken.put(None)

    def follow(self, checkpoint_bytes: int) -> None:
        """A file with half the bytes of the newest checkpoint is large: so the files stay in proportion to the graph,
        and so does the work of writing checkpoints."""
        in_proportion = max(checkpoint_bytes // 2, _ROTATE_BYTES_MIN)
        self._announce_bytes = self._rotate_bytes = min(in_proportion, self._rotate_bytes_max)

    def rotate(self) -> "Future[int]":
        """Begin a new file. The future gives the last version of the files before it, synced and published."""
        finished: Future[int] = Future()
        if self._closed:
            finished.set_exception(CommitFailed("the log is closed"))
        else:
            self._put(_Rotation(finished), self.wake)
        return finished

    def close(self) -> None:
        """Write what is queued and close the file."""
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._queue.append(_Stop())
            self.wake()
            self._thread.join()
            self._file.close()

    # --- the log's thread ---

    def _run(self) -> None:
        try:
            goes_on = True
            while goes_on:
                self._woken.get()
                if not self._closed:
                    self._gathering.wait(self._queue, self._is_woken_within)
                goes_on = self._carry_out()  # while it waits, nothing here holds a commit, and with it a version
        finally:  # also when a bug ends the thread: nobody waits for ever
            self._closed = True
            self._has_ended = True  # before the queue is emptied: what comes later is refused by who queues it
            self._refuse_queued()

    def _is_woken_within(self, seconds: float) -> bool:
        try:
            self._woken.get(timeout=seconds)
        except Empty:
            return False
        return not self._closed

    def _carry_out(self) -> bool:
        """What is queued, up to the end of a group, or all of it at the end; False when the thread is to end."""
        while self._queue:
            request = self._queue.popleft()
            if isinstance(request, _Stop):
                return False
            if isinstance(request, _Rotation):
                self._rotate(request.finished)
            else:
                self._take(request)
                if not self._closed:
                    break
        return True

    def _take(self, request: _Commit) -> None:
        """Write a commit, with all that are queued behind it."""
        queue = self._queue
        group = _Group(self._version + 1, self._known, is_of_stream=bool(request.changes.positions))
        working = self.working if group.is_of_stream else _UNHINDERED
        with working:
            group.add(request, self._schema)
            while queue and group.bytes <= _GROUP_BYTES_MAX:
                following = queue[0]  # nobody else takes from it
                if not isinstance(following, _Commit):
                    break
                queue.popleft()
                group.add(following, self._schema)
        failure = self._write(group)
        with working, self.answering:
            group.tell(failure)
            while not self._woken.empty():
                self._woken.get_nowait()
            if queue:  # looked at after that: who queued something before it need not be heard
                self.on_queued()
        if self.file_bytes >= self._announce_bytes and self.on_large is not None:
            self._announce_bytes += self._rotate_bytes
            self.on_large()

    def _write(self, group: "_Group") -> CypherError | None:
        """Write and sync one frame; gives the reason when that failed."""
        count = len(group.payloads)
        if count == 0:
            return None
        started = time.perf_counter()
        try:
            if self._file.is_lost:
                self._begin_file()
            written = self._file.append(group.first_version, group.payloads)
        except OSError as error:
            self._metrics.commits_failed.inc(count)
            logger.error(
                "the log could not be written",
                extra={"path": str(self._file.path), "reason": error.strerror, "commits": count},
            )
            if isinstance(error, LogDeleted) and self.on_large is not None:
                self.on_large()
            return self._failure(error)
        self._version += count
        self._known = group.known
        seconds = time.perf_counter() - started
        self._metrics.groups.done(count, written, seconds, self._file.sync_cpu_seconds)
        # a stream goes on without waiting for its answer
        self._gathering.synced(0 if group.is_of_stream else count + len(self._queue), seconds)
        return None

    def _failure(self, error: OSError) -> CommitFailed:
        """What clients are told. A group that was written and not synced becomes void with a new file."""
        if isinstance(error, LogDeleted):
            return CommitFailed(
                f"the log could not be written: {error.strerror}",
                hint="nothing was committed; reading goes on, and writing does once the whole graph is in a checkpoint",
            )
        if isinstance(error, SyncFailed):
            try:
                self._begin_file()
            except OSError:
                return CommitUnknown(
                    f"the log could not be synced: {error.strerror}",
                    hint="the transaction is not visible, and may be after the next start; look before trying again",
                )
        return CommitFailed(
            f"the log could not be written: {error.strerror}",
            hint="nothing was committed; reading goes on, and writing does when the disk takes more",
        )

    def _rotate(self, finished: "Future[int]") -> None:
        if self.file_bytes == 0 and not self._file.is_deleted:
            finished.set_result(self._version)
            return
        old = self._file
        try:
            self._begin_file()
        except OSError as error:
            # once the new name stands, what is appended to the old file would have no meaning
            old.is_lost = old.is_lost or self._directory.log_path(self._version + 1).exists()
            finished.set_exception(error)
            return
        finished.set_result(self._version)

    def _begin_file(self) -> None:
        """A new file in place of the present one, which ends with a frame that says so."""
        header = LogHeader(self._version + 1, self._database_id, new_salt())
        old, self._present = self._present, LogWriter.created(self._directory, header)
        self._announce_bytes = self._rotate_bytes
        if old is None:
            return
        if not old.is_lost and old.end > FRAMES_START:
            try:
                old.append(header.first_version, [])
            except OSError as error:  # the frame is of use only should the new file get lost
                logger.warning("the log was not ended", extra={"path": str(old.path), "reason": error.strerror})
        old.close()

    def _refuse_queued(self) -> None:
        with self.answering:
            while self._queue:
                try:
                    request = self._queue.popleft()
                except IndexError:  # another thread took it
                    return
                if isinstance(request, _Commit):
                    request.done(CommitFailed("the log is closed"))
                elif isinstance(request, _Rotation):
                    request.finished.set_exception(CommitFailed("the log is closed"))


class _Group:
    """Commits that go to the disk together. ``commits`` holds each with the reason why it was refused, or None.

    is_of_stream: it begins with a stream's batch.
    """

    __slots__ = ("bytes", "commits", "first_version", "is_of_stream", "known", "payloads")

    def __init__(self, first_version: int, known: Watermarks, *, is_of_stream: bool) -> None:
        self.first_version = first_version
        self.is_of_stream = is_of_stream
        self.known = known
        self.payloads: list[bytes] = []
        self.bytes = 0
        self.commits: list[tuple[_Commit, CypherError | None]] = []

    def add(self, commit: _Commit, schema: Schema) -> None:
        """Encode one more commit."""
        self.commits.append((commit, self._refusal(commit, schema)))

    def tell(self, failure: CypherError | None) -> None:
        """Those who committed, of what went to the disk, or of why it did not; the last one where all did."""
        last: _Commit | None = None
        for commit, refusal in self.commits:
            if refusal is None and failure is None:
                last = commit
            else:
                if last is not None:
                    last.done(None)
                    last = None
                commit.done(refusal or failure)
        if last is not None:
            last.done(None)

    def _refusal(self, commit: _Commit, schema: Schema) -> CypherError | None:
        if commit.version != self.first_version + len(self.payloads):
            return CommitFailed("a commit before this one could not be written to the log")
        try:
            payload, known = encode(commit.changes, schema, self.known)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            logger.error("a commit could not be encoded", extra={"version": commit.version, "reason": str(error)})
            return DatabaseError(f"the commit could not be encoded: {error}")
        bytes = self.bytes + payload_bytes(payload)
        if bytes > BODY_BYTES_MAX:
            return CommitFailed(f"the transaction has {len(payload)} bytes, more than the log takes at once")
        self.payloads.append(payload)
        self.bytes = bytes
        self.known = known
        return None

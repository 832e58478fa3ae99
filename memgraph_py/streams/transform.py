"""Transform: a user's script in a confined child process, asked for the queries of each batch of messages.

The child is made by exec, never by a fork of the server, from one long-lived thread, since the signal that ends it
with its parent follows that thread. What comes back is trusted in nothing: length, shape, types, sequence and time
are checked here whatever the child checked before (``transform_worker.py`` describes the frames).
"""

import contextlib
import io
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec
import numpy as np

from memgraph_py.config import Limits
from memgraph_py.engine.query_runs import QueryRun
from memgraph_py.errors import ServiceUnavailable, TransformError
from memgraph_py.streams.sandbox import MANDATORY
from memgraph_py.streams.script_log import ScriptLog
from memgraph_py.streams.transform_worker import (
    BOOTSTRAP,
    ERROR_CHARACTERS_MAX,
    FIRST_BYTES,
    HEADER,
    INTEGER_MAX,
    INTEGER_MIN,
)
from memgraph_py.values.types import Value

RUNTIME_ERROR = "The transform script contains a runtime error!"
SOCKET_BUFFER_BYTES = 1 << 20
ASKED_BYTES_MAX = 64 << 10
"""Of the messages that are asked for before the first answer is read: so much the channel holds."""
NESTING_DEPTH_MAX = 200
"""Of a parameter's lists and maps. Decoding and checking recurse, so it stays well below Python's own limit."""
CHECKED_BYTES_MIN = 1 << 20
"""A shorter reply cannot decode to more than 100 MB, so its size in memory is not estimated."""
DECODED_BYTES_PER_REPLY_BYTE = 16
"""A reply may decode to so many times the largest reply; a list of empty maps would reach 72 times its length."""

SCALARS = frozenset((str, int, float, bool, type(None)))

T = TypeVar("T")
RunReply: TypeAlias = tuple[str, int, list[str], list[list[object]]]
Reply: TypeAlias = tuple[int, str, list[RunReply]]


@dataclass(frozen=True, slots=True)
class Script:
    """A transform script: its text, where it came from, and the stream that it belongs to."""

    text: str
    uri: str
    stream: str = ""

    @property
    def name(self) -> str:
        """What tracebacks show: the URI without a password, since they reach the log."""
        return re.sub(r"(?<=://)[^/?#]*@", "", self.uri)


class TransformStarter:
    """Starts children from one thread that lives as long as the server. Safe to use from several threads."""

    def __init__(self, limits: Limits, *, allow_unsandboxed: bool) -> None:
        self._limits = limits
        self._allow_unsandboxed = allow_unsandboxed
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="transform-starter")
        self._log = ScriptLog()

    def check(self, script: Script) -> None:
        """Compile the script, in a child, since the compiler too can be made to hang or crash. Runs none of it; raises
        TransformError when it does not compile."""
        transform = self._child(script.stream)
        try:
            transform.load(script, run=False, allow_unsandboxed=True)
        finally:
            transform.close()

    def start(self, script: Script) -> "Transform":
        """A child with the script loaded. Raises TransformError when it cannot be confined, or the script fails."""
        transform = self._child(script.stream)
        try:
            transform.load(script, run=True, allow_unsandboxed=self._allow_unsandboxed)
        except BaseException:
            transform.close()
            raise
        return transform

    def close(self) -> None:
        """End the thread, and with it every child that is left."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._log.close()

    def _child(self, stream: str) -> "Transform":
        """Raises ServiceUnavailable where the system gives no more files, processes or memory."""
        try:
            return self._spawned(stream)
        except OSError as error:
            raise ServiceUnavailable(
                f"no process can be started for the transform script: {error.strerror}",
                hint="the limits of the server's user, as `ulimit -a` tells them, may be too low",
            ) from error

    def _spawned(self, stream: str) -> "Transform":
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
            try:
                process = self._thread.submit(_spawn, theirs).result()
            except BaseException:
                ours.close()
                raise
        assert isinstance(process.stderr, io.RawIOBase)  # unbuffered, so that a read gives what there is
        self._log.follow(process.stderr, stream)
        return Transform(process, ours, self._limits)


def _spawn(theirs: socket.socket) -> subprocess.Popen[bytes]:
    """The child process, holding that end of the channel, with an environment that tells it nothing."""
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    msgspec_folder = str(Path(msgspec.__file__).parent.parent)
    if msgspec_folder not in packages:
        packages.append(msgspec_folder)
    package_folder = str(Path(__file__).parents[2])
    # numerical libraries start a thread per core by default, and the filter allows none
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "ARROW", "NUMEXPR")}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", "-c", BOOTSTRAP, package_folder, str(theirs.fileno()), *packages],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=(theirs.fileno(),),
        env={"PATH": "/nonexistent", "LANG": "C.UTF-8", **threads},
        cwd="/",
        start_new_session=True,
    )


class Transform:
    """One child with one script. Used by one thread, except ``close``."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket, limits: Limits) -> None:
        self._process = process
        self._channel = channel
        self._limits = limits
        self._sequence = 0
        self._seconds = limits.transform_load_seconds
        self._decoder = msgspec.msgpack.Decoder(Reply)
        self._missing: Mapping[str, str] = {}
        self._patience = 0.0
        """How long a call on the channel waits."""
        self._read = bytearray(FIRST_BYTES)
        self._begin = self._end = 0
        """From here to there it holds what was read and not taken yet."""
        self._answers = select.poll()  # select() takes no descriptor above 1023, which a busy server reaches
        self._answers.register(channel, select.POLLIN)

    @property
    def process_id(self) -> int:
        """Of the child."""
        return self._process.pid

    @property
    def missing_layers(self) -> Mapping[str, str]:
        """Layers of the sandbox that this system does not give, with the reason; known once the script is loaded."""
        return self._missing

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it lives."""
        return self._process.poll()

    def load(self, script: Script, *, run: bool, allow_unsandboxed: bool) -> None:
        """Have the child confine itself and load the script (without ``run``: compile it only). Raises
        TransformError."""
        self._seconds = self._limits.transform_load_seconds
        deadline = time.monotonic() + self._seconds
        self._send((os.getpid(), self._limits.transform_memory_bytes, NESTING_DEPTH_MAX), deadline)
        self._missing = self._decode(self._receive(deadline), msgspec.msgpack.Decoder(dict[str, str]))
        unprotected = [f"{layer} ({self._missing[layer]})" for layer in MANDATORY if layer in self._missing]
        if unprotected and not allow_unsandboxed:
            raise TransformError(
                f"the transform script cannot be confined on this system: {', '.join(unprotected)}",
                hint="--allow-unsandboxed-transforms runs it with the server's own rights",
            )
        self._send((script.text, script.name, run), deadline)
        fault = self._decode(self._receive(deadline), msgspec.msgpack.Decoder(str))
        if fault:
            raise self._failed(fault)
        self._seconds = self._limits.transform_batch_seconds

    def apply(self, messages: Sequence[bytes], seconds_max: float = float("inf")) -> list[QueryRun]:
        """The queries of a batch, in order. Raises TransformError, also when the script takes longer than it may, or
        than ``seconds_max``; the child is then of no more use."""
        self.ask([messages])
        return self.answer(seconds_max)

    def ask(self, batches: Sequence[Sequence[bytes]]) -> None:
        """Have the child begin with these batches, all of them before others are asked for. More than one must fit
        ``ASKED_BYTES_MAX``. Raises TransformError."""
        if self._begin < self._end or self._answers.poll(0):
            raise self._broke_silence()
        self._send((self._sequence + 1, batches), time.monotonic() + self._seconds)

    def answer(
        self, seconds_max: float = float("inf"), meanwhile: AbstractContextManager[None] | None = None
    ) -> list[QueryRun]:
        """The queries of the next batch that was asked for, in order. meanwhile: entered where the child is still at
        work. Raises TransformError, also when the script takes longer than it may, or than ``seconds_max``; the child
        is then of no more use."""
        deadline = time.monotonic() + min(self._seconds, seconds_max)
        if self._begin == self._end and not self._answers.poll(0):
            with meanwhile or contextlib.nullcontext():
                if not self._answers.poll(max(deadline - time.monotonic(), 0.0) * 1_000):
                    raise self._late()
        self._sequence += 1
        sequence, fault, runs = self._decode(self._receive(deadline), self._decoder)
        if sequence != self._sequence:
            raise self._failed("the reply belongs to another batch")
        if fault:
            raise self._failed(fault)
        return self._checked(runs)

    def close(self) -> None:
        """Kill the child. May be called from any thread, at any time, and twice."""
        self._process.kill()
        self._process.wait()
        self._channel.close()

    def kill(self) -> None:
        """Kill the child and leave the rest to ``close``: a call of ``apply`` in another thread ends with an error."""
        self._process.kill()

    def _checked(self, replies: list[RunReply]) -> list[QueryRun]:
        runs: list[QueryRun] = []
        queries = 0
        for query, rows, names, columns in replies:
            queries += rows
            if rows < 1 or len(names) != len(columns) or len(set(names)) != len(names):
                raise self._failed("the reply has a wrong shape")
            if queries > self._limits.transform_queries_max:
                raise self._failed(f"more than {self._limits.transform_queries_max} queries for one batch")
            for column in columns:
                if len(column) != rows:
                    raise self._failed("the reply has a wrong shape")
                if not _are_values(column, NESTING_DEPTH_MAX):
                    raise self._failed("the reply holds a value of a type that is not allowed")
            # checked above: a column holds values only
            parameters: dict[str, list[Value]] = dict(zip(names, columns, strict=True))  # type: ignore[arg-type]
            runs.append(QueryRun(query, rows, parameters))
        return runs

    def _send(self, message: object, deadline: float) -> None:
        payload = msgspec.msgpack.encode(message)
        try:
            self._wait_until(deadline)
            if len(payload) > SOCKET_BUFFER_BYTES:
                self._channel.sendall(HEADER.pack(len(payload)))
                self._channel.sendall(payload)
            else:
                self._channel.sendall(HEADER.pack(len(payload)) + payload)
        except TimeoutError:
            raise self._late() from None
        except OSError:
            raise self._died() from None

    def _receive(self, deadline: float) -> bytearray:
        """The next frame, which mostly comes whole with the first call, and others with it: each call lets go of the
        interpreter."""
        read = self._read
        while self._end - self._begin < HEADER.size:
            rest = read[self._begin : self._end]
            read[: len(rest)] = rest
            self._begin, self._end = 0, len(rest)
            self._end += self._read_some(memoryview(read)[self._end :], deadline)
        (length,) = HEADER.unpack_from(read, self._begin)
        if length > self._limits.transform_reply_bytes_max:
            raise self._failed(
                f"the queries of one batch take {length} bytes, more than {self._limits.transform_reply_bytes_max}"
            )
        begin, self._begin = self._begin + HEADER.size, min(self._begin + HEADER.size + length, self._end)
        if self._begin - begin == length:
            return read[begin : self._begin]
        buffer = bytearray(length)
        done = self._end - begin
        buffer[:done] = read[begin : self._end]
        missing = memoryview(buffer)[done:]
        while missing:
            missing = missing[self._read_some(missing, deadline) :]
        return buffer

    def _read_some(self, buffer: memoryview, deadline: float) -> int:
        """What has come, or comes first, into the buffer: so many bytes."""
        try:
            self._wait_until(deadline)
            count = self._channel.recv_into(buffer)
        except TimeoutError:
            raise self._late() from None
        except OSError:
            raise self._died() from None
        if count == 0:
            raise self._died()
        return count

    def _wait_until(self, deadline: float) -> None:
        """The next call on the channel waits so long, give or take a fiftieth. Raises TimeoutError when it is later."""
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        if not seconds <= self._patience <= seconds * 1.02:
            self._channel.settimeout(seconds)
            self._patience = seconds

    def _decode(self, payload: bytearray, decoder: "msgspec.msgpack.Decoder[T]") -> T:
        if len(payload) > CHECKED_BYTES_MIN:
            bound = DECODED_BYTES_PER_REPLY_BYTE * self._limits.transform_reply_bytes_max
            if _decoded_bytes_bound(payload) > bound:
                raise self._failed(f"the queries of one batch take more than {bound} bytes of memory")
        try:
            return decoder.decode(payload)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:  # a ValueError is text that is not UTF-8
            raise self._failed(f"the reply cannot be read: {error}") from error

    def _late(self) -> TransformError:
        return self._failed(f"the script did not answer within {self._seconds:g} s and was ended")

    def _broke_silence(self) -> TransformError:
        """The channel has something to tell though nothing was asked: bytes, or its end."""
        try:
            written = self._begin < self._end or self._channel.recv(1, socket.MSG_PEEK)
        except OSError:
            written = b""
        return self._failed("the script wrote to the reply channel between two batches") if written else self._died()

    def _died(self) -> TransformError:
        """The child closed the channel: give it a moment to end, so that the reason is known."""
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return self._failed("the script closed the reply channel")
        if status < 0:
            return self._failed(f"the script's process was ended by {signal.Signals(-status).name}")
        return self._failed(f"the script's process ended with status {status}")

    def _failed(self, detail: str) -> TransformError:
        self._process.kill()
        return TransformError(RUNTIME_ERROR, detail=detail[-ERROR_CHARACTERS_MAX:])


def _are_values(column: list[object], depth: int) -> bool:
    """True when all are None, bool, int of 64 bits, float, str, or lists and maps of such."""
    kinds = set(map(type, column))
    if int in kinds:
        whole = [value for value in column if type(value) is int]
        if max(whole) > INTEGER_MAX or min(whole) < INTEGER_MIN:
            return False
    if kinds <= SCALARS:
        return True
    if depth <= 0 or not kinds <= SCALARS | {list, dict}:
        return False
    for value in column:
        if isinstance(value, list) and not _are_values(value, depth - 1):
            return False
        if isinstance(value, dict) and not (
            set(map(type, value)) <= {str} and _are_values(list(value.values()), depth - 1)
        ):
            return False
    return True


def _decoded_bytes_bound(payload: bytearray) -> int:
    """No msgpack of these bytes decodes to more memory: each byte counts as what it would begin at most."""
    counts = np.bincount(np.frombuffer(payload, dtype=np.uint8), minlength=256)
    weights = np.full(256, 8)  # small integers, null and booleans are shared: a pointer in a list
    weights[0x80:0xA0] = 80  # a list or map, and its entry
    weights[0xA1:0xC0] = 72  # a short text
    weights[0xC4:0xE0] = 80
    weights[0xE0:0xFB] = 40  # negative integers, of which only -5 and up are shared
    return int(counts @ weights)

"""What transform scripts write to standard error, in the server's log: as much of it as a person would read.

One thread reads the pipes of all children. Past its share of lines a script's output is counted and left out; past its
share of bytes it is read so slowly that a script which goes on writing waits, and meets its deadline. So a script can
neither fill the log's disk nor keep the server busy.

    descriptor 2 ─ pipe ─▶ 64 KiB at most, 20 times a second ─▶ lines ─▶ 100 a minute, 1,000 characters each
"""

import io
import logging
import selectors
import socket
import threading
import time

logger = logging.getLogger(__name__)

READ_BYTES = 65_536
PAUSE_SECONDS = 0.05
"""After a read that was full."""
LINES_MAX = 100
WINDOW_SECONDS = 60.0
"""So many lines of one child are logged in each of these windows."""
LINE_CHARACTERS_MAX = 1_000
LINE_BYTES_MAX = 4 * LINE_CHARACTERS_MAX
"""No character takes more bytes in UTF-8."""


class ScriptLog:
    """Follows the standard errors of children. Safe to use from several threads; the thread begins with the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._closing = threading.Event()
        self._new: list[_Output] = []
        self._thread: threading.Thread | None = None

    def follow(self, pipe: io.RawIOBase, stream: str) -> None:
        """Log what comes out of the pipe, with the stream's name, until its end; then close it."""
        with self._lock:
            if self._closing.is_set():
                pipe.close()
                return
            self._new.append(_Output(pipe, stream))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="script-log", daemon=True)
                self._thread.start()
            self._wake.send(b"x")

    def close(self) -> None:
        """End the thread and close the pipes; what is in them by now is logged first. The children are gone."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
            self._wake.send(b"x")
        if self._thread is not None:
            self._thread.join()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, _Output):
                key.data.end()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def _run(self) -> None:
        while True:
            full = False
            closing = self._closing.is_set()
            with self._lock:
                new, self._new = self._new, []
            for output in new:
                self._selector.register(output.pipe, selectors.EVENT_READ, output)
            for key, _ in self._selector.select(0.0 if closing else None):
                if not isinstance(key.data, _Output):
                    self._woken.recv(READ_BYTES)
                    continue
                data = key.data.pipe.read(READ_BYTES)
                if data:
                    key.data.add(data)
                    full |= len(data) == READ_BYTES
                else:
                    self._selector.unregister(key.data.pipe)
                    key.data.end()
            if closing:
                return
            if full:
                self._closing.wait(PAUSE_SECONDS)


class _Output:
    """The output of one child."""

    def __init__(self, pipe: io.RawIOBase, stream: str) -> None:
        self.pipe = pipe
        self._stream = stream
        self._rest = b""
        self._window_end = 0.0
        self._lines_left = 0
        self._left_out = 0

    def add(self, data: bytes) -> None:
        """Log the lines that are complete."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:LINE_BYTES_MAX]
        if lines and time.monotonic() >= self._window_end:
            self._tell_left_out()
            self._lines_left = LINES_MAX
            self._window_end = time.monotonic() + WINDOW_SECONDS
        for line in lines[: self._lines_left]:
            self._write(line)
        self._left_out += max(len(lines) - self._lines_left, 0)
        self._lines_left -= min(len(lines), self._lines_left)

    def end(self) -> None:
        """Log what is left, and close the pipe."""
        if self._rest:
            self.add(b"\n")
        self._tell_left_out()
        self.pipe.close()

    def _write(self, line: bytes) -> None:
        text = line[:LINE_BYTES_MAX].decode("utf-8", "replace")
        shown = text[:LINE_CHARACTERS_MAX] + ("…" if len(text) > LINE_CHARACTERS_MAX else "")
        logger.info("output of a transform script", extra={"stream": self._stream, "line": _printable(shown)})

    def _tell_left_out(self) -> None:
        if self._left_out:
            logger.warning(
                "output of a transform script was left out", extra={"stream": self._stream, "lines": self._left_out}
            )
            self._left_out = 0


def _printable(text: str) -> str:
    """The text with control characters escaped, so that no script can forge a line of the log or steer a terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )

"""The data directory: its lock, the names of its files, and syncing its entries."""

import contextlib
import errno
import fcntl
import logging
import os
from pathlib import Path

from memgraph_py.errors import StartupError

logger = logging.getLogger(__name__)

TEMPORARY_SUFFIX = ".tmp"
_LOG_PREFIX = "log-"
_CHECKPOINT_PREFIX = "checkpoint-"
_VERSION_DIGITS = 20
_HOLDER_BYTES = 32  # always as many, so that a server that follows another takes no more room on a full disk
_ROOM_FOR_LOG_BYTES = 4 << 20  # two reservations of the log


class DataDirectory:
    """A folder that one server at a time writes to. ``path`` is absolute."""

    __slots__ = ("_descriptors", "path")

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._descriptors: list[int] = []
        """Of the file "lock", which tells who holds it, and of the folder, whose lock outlives that file."""

    def acquire(self) -> None:
        """Make the folder if need be and lock it until ``release``, or the end of the process.

        Raises StartupError when it cannot be read or written, or when another server holds it.
        """
        try:
            self._make()
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StartupError(f"cannot write to the data directory '{self.path}': {error.strerror}") from error
        self._descriptors.append(descriptor)
        try:
            os.listdir(self.path)
            self._descriptors.append(os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        except OSError as error:
            self.release()
            raise StartupError(f"cannot read the data directory '{self.path}': {error.strerror}") from error
        try:
            self._lock()
        except BaseException:
            self.release()
            raise
        with contextlib.suppress(OSError):  # it is only told to others; a full disk need not keep a server from reading
            os.pwrite(descriptor, f"{os.getpid()}\n".ljust(_HOLDER_BYTES).encode(), 0)

    def release(self) -> None:
        """Let the next server in; harmless when the lock is not held."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def log_path(self, first_version: int) -> Path:
        """The log whose first record is this version."""
        return self.path / f"{_LOG_PREFIX}{first_version:0{_VERSION_DIGITS}}"

    def checkpoint_path(self, version: int) -> Path:
        """The checkpoint of this version."""
        return self.path / f"{_CHECKPOINT_PREFIX}{version:0{_VERSION_DIGITS}}"

    def logs(self) -> list[tuple[int, Path]]:
        """(first version, path) of every log, oldest first."""
        return self._numbered(_LOG_PREFIX)

    def checkpoints(self) -> list[tuple[int, Path]]:
        """(version, path) of every finished checkpoint, oldest first."""
        return self._numbered(_CHECKPOINT_PREFIX)

    def remove_unfinished(self) -> None:
        """Delete checkpoints and logs that a crash left half made. One that cannot be deleted takes room, no more."""
        for prefix in (_LOG_PREFIX, _CHECKPOINT_PREFIX):
            for path in self.path.glob(f"{prefix}*{TEMPORARY_SUFFIX}"):
                try:
                    path.unlink()
                except OSError as error:
                    reason = {"path": str(path), "reason": error.strerror}
                    logger.warning("what a crash left half made cannot be deleted", extra=reason)

    def size_bytes(self) -> int | None:
        """Of all logs and checkpoints together; None where the folder cannot be read any more."""
        try:
            paths = [path for _, path in (*self.logs(), *self.checkpoints())]
        except OSError:
            return None
        size = 0
        for path in paths:
            with contextlib.suppress(FileNotFoundError):  # a checkpoint may just have taken its place
                size += path.stat().st_size
        return size

    def check_room(self, size: int) -> None:
        """Raises OSError when the disk cannot take so many bytes and leave some for the log."""
        room = os.statvfs(self.path)
        if room.f_bavail * room.f_frsize < size + _ROOM_FOR_LOG_BYTES:
            raise OSError(errno.ENOSPC, f"no room for a checkpoint of {size} bytes")

    def sync(self) -> None:
        """Bring the folder's entries, new names and removed ones, to the disk."""
        _sync_folder(self.path)

    def _lock(self) -> None:
        """Raises StartupError."""
        file, folder = self._descriptors
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise
            except OSError:  # there are file systems that lock no folders
                return
        except BlockingIOError as error:
            holder = os.pread(file, _HOLDER_BYTES, 0).decode("ascii", "replace").strip()
            process = f" (process {holder})" if holder else ""
            raise StartupError(
                f"the data directory '{self.path}' is in use by another server{process}",
                hint="stop it, or choose another one with --data-directory",
            ) from error
        except OSError as error:
            raise StartupError(f"cannot lock the data directory '{self.path}': {error.strerror}") from error

    def _make(self) -> None:
        """The folder and those above it, with their names on disk."""
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        self.path.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            _sync_folder(folder.parent)

    def _numbered(self, prefix: str) -> list[tuple[int, Path]]:
        found = []
        for path in self.path.iterdir():
            digits = path.name.removeprefix(prefix)
            if path.name.startswith(prefix) and len(digits) == _VERSION_DIGITS and digits.isdecimal():
                found.append((int(digits), path))
        return sorted(found)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The data directory: its lock, the names of its files, and syncing its entries."""

import errno
import fcntl
import os
from pathlib import Path

from memgraph_py.errors import StartupError

TEMPORARY_SUFFIX = ".tmp"
_LOG_PREFIX = "log-"
_CHECKPOINT_PREFIX = "checkpoint-"
_VERSION_DIGITS = 20
_ROOM_FOR_LOG_BYTES = 4 << 20  # two reservations of the log


class DataDirectory:
    """A folder that one server at a time writes to. ``path`` is absolute."""

    __slots__ = ("_lock_descriptor", "path")

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock_descriptor: int | None = None

    def acquire(self) -> None:
        """Make the folder if need be and lock it until ``release``, or the end of the process.

        Raises StartupError when it cannot be written, or when another server holds it.
        """
        try:
            self._make()
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StartupError(f"cannot write to the data directory '{self.path}': {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            process = f" (process {holder})" if holder else ""
            raise StartupError(
                f"the data directory '{self.path}' is in use by another server{process}",
                hint="stop it, or choose another one with --data-directory",
            ) from error
        self._lock_descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next server in; harmless when the lock is not held."""
        if self._lock_descriptor is not None:
            os.close(self._lock_descriptor)
            self._lock_descriptor = None

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
        """Delete checkpoints and logs that a crash left half made."""
        for prefix in (_LOG_PREFIX, _CHECKPOINT_PREFIX):
            for path in self.path.glob(f"{prefix}*{TEMPORARY_SUFFIX}"):
                path.unlink()

    def size_bytes(self) -> int:
        """Of all logs and checkpoints together."""
        paths = [path for _, path in (*self.logs(), *self.checkpoints())]
        return sum(path.stat().st_size for path in paths if path.exists())

    def check_room(self, size: int) -> None:
        """Raises OSError when the disk cannot take so many bytes and leave some for the log."""
        room = os.statvfs(self.path)
        if room.f_bavail * room.f_frsize < size + _ROOM_FOR_LOG_BYTES:
            raise OSError(errno.ENOSPC, f"no room for a checkpoint of {size} bytes")

    def sync(self) -> None:
        """Bring the folder's entries, new names and removed ones, to the disk."""
        _sync_folder(self.path)

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

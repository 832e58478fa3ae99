"""A disk that fails, and loses what was not synced: a stand-in for ``os`` in the modules that write the log.

The files are real ones and show what the system's cache would. Beside them it keeps what is on the disk: what was
written reaches it with a sync; a failed sync loses what it was to bring there, in part, and the next one knows nothing
of it, as on Linux. A loss of power keeps any of the sectors that were not synced, and new names or not.
"""

import errno
import os
import random
from pathlib import Path
from typing import Any

SECTOR = 512

_Change = tuple[str, int, bytes]
"""`write` at an offset, or `length` of the file."""


class SimulatedDisk:
    """All that is not here is the real ``os``. ``fault_rate``: how many of the calls fail."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.fault_rate = 0.0
        self.faults = 0
        self._folder = folder
        self._random = random.Random(seed)
        self._stored: dict[int, bytearray] = {}
        self._waiting: dict[int, list[_Change]] = {}
        self._names: dict[str, int] = {}
        self._held: list[int] = []
        """Descriptors that keep each inode's number from being given to another file."""

    def __getattr__(self, name: str) -> Any:  # Any: it stands for the module
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        """A new file is empty on the disk as well."""
        if flags & os.O_CREAT:
            self._maybe_fail(errno.ENOSPC)
        descriptor = os.open(path, flags, mode)
        inode = os.fstat(descriptor).st_ino
        if not flags & os.O_DIRECTORY and inode not in self._stored:
            self._held.append(os.dup(descriptor))
            self._stored[inode], self._waiting[inode] = bytearray(os.pread(descriptor, 1 << 30, 0)), []
        return descriptor

    def pwrite(self, descriptor: int, data: memoryview, offset: int) -> int:
        """Writes all, or the first sectors."""
        self._maybe_fail(self._random.choice((errno.ENOSPC, errno.EIO)))
        if self._random.random() < self.fault_rate:
            end = SECTOR * self._random.randrange(offset // SECTOR + 1, (offset + len(data)) // SECTOR + 2)
            data = data[: end - offset]
        written = os.pwrite(descriptor, data, offset)
        self._waiting[os.fstat(descriptor).st_ino].append(("write", offset, bytes(data[:written])))
        return written

    def posix_fallocate(self, descriptor: int, offset: int, length: int) -> None:
        """Zeros up to the end of the range."""
        self._maybe_fail(errno.ENOSPC)
        self.ftruncate(descriptor, offset + length)

    def ftruncate(self, descriptor: int, length: int) -> None:
        """The file cut, or made longer with zeros."""
        self._maybe_fail(errno.EIO)
        os.ftruncate(descriptor, length)
        self._waiting[os.fstat(descriptor).st_ino].append(("length", length, b""))

    def fdatasync(self, descriptor: int) -> None:
        """What was written is on the disk, or, where it fails, some of it is and the rest never will be."""
        inode = os.fstat(descriptor).st_ino
        if inode not in self._stored:  # a folder
            self._maybe_fail(errno.EIO)
            self._names = self._names_now()
            return
        waiting, self._waiting[inode] = self._waiting[inode], []
        try:
            self._maybe_fail(errno.EIO)
        except OSError:
            self._keep_some(self._stored[inode], waiting)
            raise
        for change in waiting:
            _apply(self._stored[inode], change)

    fsync = fdatasync

    def lose_power(self, folder: Path) -> None:
        """Put what is left of the logs into the folder."""
        for name, inode in self._random.choice((self._names, self._names_now())).items():
            content = bytearray(self._stored[inode])
            self._keep_some(content, self._waiting[inode])
            (folder / name).write_bytes(content)

    def close_all(self) -> None:
        """At the end of a test."""
        for descriptor in self._held:
            os.close(descriptor)

    def _names_now(self) -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in self._folder.glob("log-*")}

    def _maybe_fail(self, number: int) -> None:
        if self._random.random() < self.fault_rate:
            self.faults += 1
            raise OSError(number, os.strerror(number))

    def _keep_some(self, content: bytearray, waiting: list[_Change]) -> None:
        """The changes of any sectors, and of the length or not."""
        for kind, offset, data in waiting:
            if kind == "length":
                if self._random.random() < 0.5:
                    _apply(content, (kind, offset, data))
                continue
            start = 0
            while start < len(data):
                stop = min(len(data), start + SECTOR - (offset + start) % SECTOR)
                if self._random.random() < 0.7:
                    _apply(content, (kind, offset + start, data[start:stop]))
                start = stop


def _apply(content: bytearray, change: _Change) -> None:
    kind, offset, data = change
    if kind == "length":
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data

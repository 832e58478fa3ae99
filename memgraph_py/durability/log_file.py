"""The log's file format: a header, then frames. One frame is one group of commits, written and synced together.

    header   magic 8 · checksum 4 · format 4 · first version 8 · database id 16 · salt 8        48 bytes
    frame    magic 4 · checksum 4 · bytes of the body 4 · commits 4 · first version 8           24 bytes
    body     for each commit: bytes of the payload 4 · payload (``encoding``)

All numbers are little-endian and unsigned; versions count up by one through frames and files. A frame's checksum
(CRC-32) covers what follows it and begins with the file's salt, which is random: so no text that a client stores can
pass for a frame.

A frame is written only after the one before it was synced. Therefore only the last one can be torn by a crash, and a
group is there whole or not at all: what is left of a torn frame is cut. A bad frame with good ones after it is damage
of another kind, and is never skipped. The file may end in zeros, which were reserved ahead of writing.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from memgraph_py.durability.encoding import FORMAT
from memgraph_py.errors import StartupError

HEADER_MAGIC = b"mgpy-log"
FRAME_MAGIC = b"\xf7FRM"
HEADER = struct.Struct("<8sIIQ16s8s")
FRAME = struct.Struct("<4sIIIQ")
_LENGTH = struct.Struct("<I")
_CHECKED_FROM = 8  # a frame's magic and checksum are not part of what is checked
BODY_BYTES_MAX = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class LogHeader:
    """What a log file says about itself."""

    first_version: int
    database_id: UUID
    salt: bytes
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """The first bytes of the file."""
        fields = (self.format, self.first_version, self.database_id.bytes, self.salt)
        checksum = zlib.crc32(HEADER.pack(HEADER_MAGIC, 0, *fields))
        return HEADER.pack(HEADER_MAGIC, checksum, *fields)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One commit of a log file; ``offset`` is where its payload begins."""

    version: int
    payload: bytes
    offset: int


@dataclass(slots=True)
class LogContents:
    """A log file as it was read: iterate over ``records()`` once, then ``end`` and ``torn_bytes`` tell how it ends.

    end: the byte after the last good frame. torn_bytes: how many bytes after it are left of a torn frame.
    """

    path: Path
    header: LogHeader
    data: bytes
    end: int = HEADER.size
    torn_bytes: int = 0

    def records(self) -> Iterator[LogRecord]:
        """Every commit in order. Raises StartupError where a bad frame is followed by good ones."""
        version = self.header.first_version
        while (frame := self._frame(self.end)) is not None:
            body_bytes, commits, first_version = frame
            if first_version != version:
                raise StartupError(
                    f"the log file '{self.path}' is damaged at byte {self.end}: "
                    f"version {version} should follow, and {first_version} does"
                )
            yield from self._commits(self.end + FRAME.size, commits, version)
            version += commits
            self.end += FRAME.size + body_bytes
        self.torn_bytes = len(self.data[self.end :].rstrip(b"\0"))
        if self.torn_bytes:
            self._refuse_damage(version)

    def _frame(self, offset: int) -> tuple[int, int, int] | None:
        """Bytes of the body, number of commits and first version of the good frame that begins there, or None."""
        if offset + FRAME.size > len(self.data):
            return None
        magic, checksum, body_bytes, commits, version = FRAME.unpack_from(self.data, offset)
        stop = offset + FRAME.size + body_bytes
        if magic != FRAME_MAGIC or stop > len(self.data):
            return None
        checked = memoryview(self.data)[offset + _CHECKED_FROM : stop]
        if zlib.crc32(checked, zlib.crc32(self.header.salt)) != checksum:
            return None
        return body_bytes, commits, version

    def _commits(self, offset: int, commits: int, version: int) -> Iterator[LogRecord]:
        for position in range(commits):
            (payload_bytes,) = _LENGTH.unpack_from(self.data, offset)
            offset += _LENGTH.size
            yield LogRecord(version + position, self.data[offset : offset + payload_bytes], offset)
            offset += payload_bytes

    def _refuse_damage(self, version: int) -> None:
        """Raises StartupError when a good frame lies beyond the bad bytes at ``end``."""
        offset = self.end
        while (offset := self.data.find(FRAME_MAGIC, offset + 1)) >= 0:
            frame = self._frame(offset)
            if frame is not None and frame[2] >= version:
                raise StartupError(
                    f"the log file '{self.path}' is damaged at byte {self.end}; good records follow at byte {offset}",
                    hint="restore the file from a copy; nothing was changed",
                )


def make_frame(salt: bytes, first_version: int, payloads: Sequence[bytes]) -> bytes:
    """The bytes of one group of commits; the payloads are of successive versions."""
    body = b"".join([piece for payload in payloads for piece in (_LENGTH.pack(len(payload)), payload)])
    head = FRAME.pack(FRAME_MAGIC, 0, len(body), len(payloads), first_version)
    checksum = zlib.crc32(body, zlib.crc32(head[_CHECKED_FROM:], zlib.crc32(salt)))
    return FRAME.pack(FRAME_MAGIC, checksum, len(body), len(payloads), first_version) + body


def payload_bytes(payload: bytes) -> int:
    """How many bytes a payload takes in a frame's body."""
    return _LENGTH.size + len(payload)


def read_log(path: Path, *, is_last: bool) -> LogContents | None:
    """The file, or None for the last one when a crash came before its header was whole.

    Raises StartupError when the header is damaged, or written by a newer server.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StartupError(f"cannot read the log file '{path}': {error.strerror}") from error
    if is_last and len(data) < HEADER.size:
        return None
    return LogContents(path, _read_header(path, data), data)


def _read_header(path: Path, data: bytes) -> LogHeader:
    if len(data) < HEADER.size:
        raise StartupError(f"the log file '{path}' is damaged at byte {len(data)}: its header is cut off")
    magic, checksum, format, first_version, database_id, salt = HEADER.unpack_from(data)
    if magic != HEADER_MAGIC:
        raise StartupError(f"the file '{path}' is damaged at byte 0: it does not begin as a log does")
    if zlib.crc32(HEADER.pack(magic, 0, format, first_version, database_id, salt)) != checksum:
        raise StartupError(f"the log file '{path}' is damaged at byte 8: its header has a wrong checksum")
    if format > FORMAT:
        raise StartupError(
            f"the log file '{path}' has format {format}; this server reads up to {FORMAT}",
            hint="use the newer server that wrote it",
        )
    return LogHeader(first_version, UUID(bytes=database_id), salt, format)


def new_salt() -> bytes:
    """Random bytes for the header of a new file."""
    return os.urandom(8)

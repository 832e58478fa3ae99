"""The log's file format: a header, then frames. One frame is one group of commits, written and synced together.

    file    header 48: magic 8 · checksum 4 · format 4 · first version 8 · database id 16 · salt 8;   zeros 16
    frame   header 32: magic 4 · checksum of the header 4 · checksum of the rest 4 · bytes of the body 4
                       commits 4 · sparse sectors 4 · first version 8
            body:      for each commit: bytes of the payload 4 · payload (``encoding``)
            end:       zeros until the frame is a multiple of 32 · end mark 4

All numbers are little-endian and unsigned; versions count up by one through frames and files. Both checksums (CRC-32)
begin with the file's salt, which is random: so no text that a client stores can pass for a frame. A frame without
commits says that the log goes on in another file. The file may end in zeros, which were reserved ahead of writing.

**Torn or damaged.** A frame is written only after the one before it was synced, so a crash can tear the last one only,
and nobody was told that its commits are safe. A crash leaves out whole sectors of 512 bytes: they still hold the zeros
that were reserved, or the file ends before them. So a frame is *torn*, and is cut off, when something of it is not
there: its header is all zeros (32 bytes at a multiple of 32 lie in one sector), or the file ends before it does, or its
last byte, of the end mark, is zero, or more of its inner sectors are all zeros than were written so, or with a single
bit that a flip could have taken away ("sparse sectors"). A frame that is all there and wrong is *damaged*, also at the
end of the log, where it was most likely acknowledged: it is never served and never dropped in silence. So is anything
wrong that has a good frame behind it. A file itself appears under its name only after its header was synced.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import numpy as np

from memgraph_py.durability.encoding import FORMAT
from memgraph_py.errors import StartupError

HEADER_MAGIC = b"mgpy-log"
FRAME_MAGIC = b"\xf7FRM"
END_MARK = b"\xf7END"
HEADER = struct.Struct("<8sIIQ16s8s")
FRAMES_START = 64
FRAME = struct.Struct("<4sIIIIIQ")
_LENGTH = struct.Struct("<I")
_CHECKED_FROM = 8  # the magic and the checksum of a frame's header are not part of what it checks
_SECTOR = 512
BODY_BYTES_MAX = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class LogHeader:
    """What a log file says about itself."""

    first_version: int
    database_id: UUID
    salt: bytes
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """The first bytes of the file, up to the first frame."""
        fields = (self.format, self.first_version, self.database_id.bytes, self.salt)
        checksum = zlib.crc32(HEADER.pack(HEADER_MAGIC, 0, *fields))
        return HEADER.pack(HEADER_MAGIC, checksum, *fields).ljust(FRAMES_START, b"\0")


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One commit of a log file; ``offset`` is where its payload begins."""

    version: int
    payload: bytes
    offset: int


class _Frame(NamedTuple):
    """A frame whose header is sound: offsets of its body and of its end, and what the header says."""

    body: int
    stop: int
    checksum: int
    commits: int
    sparse_sectors: int
    first_version: int


@dataclass(slots=True)
class LogContents:
    """A log file as it was read: iterate over ``records()`` once, then the other fields tell how it ends.

    end: the byte after the last good frame. torn_bytes: how many bytes after it are left of a torn frame. damage: what
    is wrong there, when it is no torn frame. is_continued: the log says that it goes on in another file.
    """

    path: Path
    header: LogHeader
    data: bytes
    end: int = FRAMES_START
    torn_bytes: int = 0
    damage: str | None = None
    is_continued: bool = False

    def records(self, until: int | None = None) -> Iterator[LogRecord]:
        """Every commit in order, up to the version ``until`` where the next file takes over: what comes after it here
        could not be synced, and was refused to its clients."""
        version = self.header.first_version
        while until is None or version < until:
            frame = self._frame(self.end)
            if frame is None or not self._is_whole(frame):
                self._look_at_tail(version, frame)
                return
            if frame.first_version != version:
                self.damage = f"version {version} should follow, and {frame.first_version} does"
                return
            yield from self._commits(frame)
            version += frame.commits
            self.is_continued = frame.commits == 0
            self.end = frame.stop

    def _frame(self, offset: int) -> _Frame | None:
        """The frame that begins there, or None where its header is not sound."""
        if offset + FRAME.size > len(self.data):
            return None
        magic, checksum, rest, body_bytes, commits, sparse_sectors, version = FRAME.unpack_from(self.data, offset)
        checked = self.data[offset + _CHECKED_FROM : offset + FRAME.size]
        if magic != FRAME_MAGIC or zlib.crc32(checked, zlib.crc32(self.header.salt)) != checksum:
            return None
        return _Frame(offset + FRAME.size, offset + _frame_bytes(body_bytes), rest, commits, sparse_sectors, version)

    def _is_whole(self, frame: _Frame) -> bool:
        if frame.stop > len(self.data):
            return False
        rest = memoryview(self.data)[frame.body : frame.stop]
        return zlib.crc32(rest, zlib.crc32(self.header.salt)) == frame.checksum

    def _commits(self, frame: _Frame) -> Iterator[LogRecord]:
        offset = frame.body
        for position in range(frame.commits):
            (payload_bytes,) = _LENGTH.unpack_from(self.data, offset)
            offset += _LENGTH.size
            yield LogRecord(frame.first_version + position, self.data[offset : offset + payload_bytes], offset)
            offset += payload_bytes

    def _look_at_tail(self, version: int, frame: _Frame | None) -> None:
        """Tell how the file ends where no good frame follows: clean, torn, or damaged."""
        tail = self.data[self.end :].rstrip(b"\0")
        if not tail:
            return
        if (good := self._good_frame_after(version)) is not None:
            self.damage = f"good records follow at byte {good}"
        elif self._is_torn(frame):
            self.torn_bytes = len(tail)
        else:
            part = "header of the record" if frame is None else "record"
            self.damage = f"the {part} of version {version} is there and has a wrong checksum"

    def _is_torn(self, frame: _Frame | None) -> bool:
        """True when something of the bad frame at ``end`` did not reach the disk; see above."""
        if frame is None:
            header = self.data[self.end : self.end + FRAME.size]
            return len(header) < FRAME.size or not any(header)
        if frame.stop > len(self.data) or self.data[frame.stop - 1] == 0:
            return True
        return _sectors(memoryview(self.data)[frame.body : frame.stop], frame.body).zero > frame.sparse_sectors

    def _good_frame_after(self, version: int) -> int | None:
        """Where a good frame of this version or a later one lies behind the bad bytes at ``end``, or None."""
        offset = self.end
        while (offset := self.data.find(FRAME_MAGIC, offset + 1)) >= 0:
            frame = self._frame(offset)
            if frame is not None and frame.first_version >= version and self._is_whole(frame):
                return offset
        return None


def make_frame(salt: bytes, offset: int, first_version: int, payloads: Sequence[bytes]) -> bytes:
    """The bytes of one group of commits, which are to lie at the offset; the payloads are of successive versions.
    Without payloads: the frame that says that another file follows."""
    body = b"".join([piece for payload in payloads for piece in (_LENGTH.pack(len(payload)), payload)])
    return _frame_of(salt, offset, first_version, len(payloads), body)


def payload_bytes(payload: bytes) -> int:
    """How many bytes a payload takes in a frame's body."""
    return _LENGTH.size + len(payload)


def read_log(path: Path) -> LogContents:
    """The file. Raises StartupError when its header is damaged, or written by a newer server."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StartupError(f"cannot read the log file '{path}': {error.strerror}") from error
    header = _read_header(path, data)
    for step in range(header.format, FORMAT):
        if (upgrade := UPGRADES.get(step)) is not None:
            data = upgrade(data)
    return LogContents(path, header, data)


def new_salt() -> bytes:
    """Random bytes for the header of a new file."""
    return os.urandom(8)


def _upgrade_1(data: bytes) -> bytes:
    """Frames of format 1 begin at byte 48 and have one checksum, over what follows it: magic 4 · checksum 4 · bytes of
    the body 4 · commits 4 · first version 8 · body. What is left behind the last good one cannot be told torn from
    damaged, and is taken over as it is: damage."""
    old = struct.Struct("<4sIIIQ")
    salt = HEADER.unpack_from(data)[-1]
    upgraded = bytearray(data[: HEADER.size].ljust(FRAMES_START, b"\0"))
    offset = HEADER.size
    while offset + old.size <= len(data):
        magic, checksum, body_bytes, commits, version = old.unpack_from(data, offset)
        stop = offset + old.size + body_bytes
        checked = data[offset + _CHECKED_FROM : stop]
        if magic != FRAME_MAGIC or stop > len(data) or zlib.crc32(checked, zlib.crc32(salt)) != checksum:
            break
        body = data[offset + old.size : stop]
        upgraded += _frame_of(salt, len(upgraded), version, commits, body)
        offset = stop
    return bytes(upgraded + data[offset:].rstrip(b"\0"))


UPGRADES: dict[int, Callable[[bytes], bytes]] = {1: _upgrade_1}
"""The whole file, from each older format to the next one; those that changed nothing here are not in it."""


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
    if format == FORMAT and data[HEADER.size : FRAMES_START] != bytes(FRAMES_START - HEADER.size):
        raise StartupError(
            f"the log file '{path}' is damaged at byte {HEADER.size}: its header is not followed by zeros"
        )
    return LogHeader(first_version, UUID(bytes=database_id), salt, format)


def _frame_of(salt: bytes, offset: int, first_version: int, commits: int, body: bytes) -> bytes:
    size = _frame_bytes(len(body))
    rest = body.ljust(size - FRAME.size - len(END_MARK), b"\0") + END_MARK
    seed = zlib.crc32(salt)
    fields = (zlib.crc32(rest, seed), len(body), commits)
    head = FRAME.pack(FRAME_MAGIC, 0, *fields, _sectors(memoryview(rest), offset + FRAME.size).sparse, first_version)
    checksum = zlib.crc32(head[_CHECKED_FROM:], seed)
    return b"".join((head[: _LENGTH.size], _LENGTH.pack(checksum), head[_CHECKED_FROM:], rest))


def _frame_bytes(body_bytes: int) -> int:
    return -(-(FRAME.size + body_bytes + len(END_MARK)) // FRAME.size) * FRAME.size


class _Sectors(NamedTuple):
    """How many sectors are all zeros, and how many have at most one bit set."""

    zero: int
    sparse: int


def _sectors(data: memoryview, offset: int) -> _Sectors:
    """Of the sectors that lie whole within the data at the offset."""
    start = -offset % _SECTOR
    count = (len(data) - start) // _SECTOR
    if count <= 0:
        return _Sectors(0, 0)
    words = np.frombuffer(data[start : start + count * _SECTOR], dtype=np.uint64).reshape(count, -1)
    words = words[(words[:, 0] == 0) | (words[:, 1] == 0)]  # with both there, two bits are set: few sectors are left
    filled = np.count_nonzero(words, axis=1)
    single = words[filled == 1].max(axis=1)
    zero = int((filled == 0).sum())
    return _Sectors(zero, zero + int(((single & (single - np.uint64(1))) == 0).sum()))

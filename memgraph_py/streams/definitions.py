"""The metadata file: what streams there are and what each is to be doing, in `streams.json` of the data directory.

It changes rarely, people want to read it, and it is replaced as a whole: written beside, synced, renamed, the
folder synced. So each change is there whole or not at all, also after a crash. Positions are not in it: they live
with the graph, and win.

Its checksum is that of what it says, not of how it is written: without it, one changed bit of a name, an id or a script
would be another stream, or an import from the beginning. Who changes the file takes its line out.
"""

import os
import threading
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias
from uuid import UUID, uuid4

import msgspec

from memgraph_py.errors import CommitFailed, StartupError

FORMAT = 1
FILE_NAME = "streams.json"

State: TypeAlias = Literal["stopped", "running", "error"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a topic a batch failed: (partition, first offset, last offset) of each partition that comes into
    question."""

    topic: str
    ranges: tuple[tuple[int, int, int], ...]

    @property
    def message(self) -> tuple[int, int] | None:
        """Partition and offset of the one message that failed, or None where it cannot be told."""
        if len(self.ranges) == 1 and self.ranges[0][1] == self.ranges[0][2]:
            return self.ranges[0][0], self.ranges[0][1]
        return None

    def __str__(self) -> str:
        """As a line of an error's reason."""
        if self.message is not None:
            return f"at the message of topic '{self.topic}', partition {self.message[0]}, offset {self.message[1]}"
        ranges = (f"partition {number}, offset {first} to {last}" for number, first, last in self.ranges)
        return f"in a batch of topic '{self.topic}': {'; '.join(ranges)}"


@dataclass(frozen=True, slots=True)
class Definition:
    """A stream as CREATE STREAM made it, and its desired state. stream_id: drawn at each CREATE, so that a position is
    never inherited; script: the copy kept of it, fetched_time: since when; reason, error_time, error_place: of state
    `error`. Times are seconds since 1970."""

    stream_id: UUID
    name: str
    uri: str
    topic: str
    transform: str
    batch_interval_milliseconds: int
    batch_size: int
    script: str
    state: State = "stopped"
    reason: str | None = None
    error_time: float | None = None
    error_place: Place | None = None
    fetched_time: float | None = None


@dataclass(slots=True, kw_only=True)
class _File:
    format: int
    checksum: int | None = None
    database_id: UUID
    streams: list[Definition] = field(default_factory=list)

    def summed(self) -> int:
        """The checksum (CRC-32) of all other fields."""
        return zlib.crc32(msgspec.json.encode(replace(self, checksum=None)))


class Definitions:
    """All definitions, in memory and in the file. Safe to use from several threads."""

    def __init__(self, data_directory: Path) -> None:
        """Read the file, or begin without streams. Raises StartupError when the file cannot be read, is damaged or
        newer."""
        self._path = data_directory / FILE_NAME
        self._lock = threading.Lock()
        file = self._read()
        self.database_id = file.database_id
        self._by_name = {definition.name: definition for definition in file.streams}

    def all(self) -> list[Definition]:
        """In order of creation."""
        with self._lock:
            return list(self._by_name.values())

    def of(self, name: str) -> Definition:
        """The one of that name, as it is on disk."""
        with self._lock:
            return self._by_name[name]

    def put(self, definition: Definition) -> None:
        """Add, or replace the one of that name; on disk when this returns. Raises CommitFailed, and nothing is changed
        then."""
        with self._lock:
            self._replace({**self._by_name, definition.name: definition})

    def remove(self, name: str) -> None:
        """On disk when this returns. Raises CommitFailed, and nothing is changed then."""
        with self._lock:
            self._replace({key: value for key, value in self._by_name.items() if key != name})

    def _replace(self, by_name: dict[str, Definition]) -> None:
        try:
            self._write(_File(format=FORMAT, database_id=self.database_id, streams=list(by_name.values())))
        except OSError as error:
            raise CommitFailed(f"the file of the streams cannot be written: {error.strerror}") from error
        self._by_name = by_name

    def _read(self) -> _File:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return _File(format=FORMAT, database_id=uuid4())
        except OSError as error:
            raise StartupError(f"cannot read the file of the streams '{self._path}': {error.strerror}") from error
        try:
            file = msgspec.json.decode(content, type=_File)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._damage(str(error)) from error
        if file.format != FORMAT:
            raise StartupError(f"the file '{self._path}' has format {file.format}; this server reads {FORMAT}")
        if file.checksum is not None and file.checksum != file.summed():
            raise self._damage("it has a wrong checksum")
        return file

    def _damage(self, why: str) -> StartupError:
        return StartupError(
            f"the file of the streams '{self._path}' is damaged: {why}",
            hint="restore it from a copy, or move it away to begin without streams; "
            'where it was changed on purpose, take out its line "checksum"',
        )

    def _write(self, file: _File) -> None:
        summed = replace(file, checksum=file.summed())
        content = msgspec.json.format(msgspec.json.encode(summed), indent=2)
        beside = self._path.with_suffix(".json.new")
        with beside.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(beside, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

"""The checkpoint's file format: the graph at one version, as named arrays.

    header        magic 8 · checksum 4 · format 4 · version 8 · database id 16 · bytes of the description 8    48 bytes
    description   MessagePack: metadata, and for each array its name, type, shape, bytes, checksum
    arrays        each begins at a multiple of 64, as it lies in memory (little-endian); one of values as MessagePack

The header's checksum covers the rest of the header and the description, and the description those of the arrays; what
lies between them is zeros. So ``read_checkpoint`` gives nothing that was not checked. A checkpoint of an older format
passes through ``UPGRADES``.
"""

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column
from memgraph_py.durability.encoding import (
    FORMAT,
    DamagedRecord,
    decode_values,
    encode_values,
)
from memgraph_py.errors import StartupError
from memgraph_py.values.types import Value

_MAGIC = b"mgpy-chk"
_HEADER = struct.Struct("<8sIIQ16sQ")
_ALIGNMENT = 64
_PIECE_BYTES = 4 << 20  # written at once: a piece is short enough for other threads to go on
_OBJECTS = "values"

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A graph at one version as it is stored. ``metadata`` holds values only; an array may be of dtype object."""

    database_id: UUID
    version: int
    metadata: dict[str, Value]
    arrays: Arrays


UPGRADES: dict[int, Callable[[Checkpoint], Checkpoint]] = {}
"""From each older format to the next one; those that changed nothing here are not in it."""


class _Array(msgspec.Struct, array_like=True):
    name: str
    type: str
    shape: list[int]
    bytes: int
    checksum: int


class _Description(msgspec.Struct, array_like=True):
    metadata: bytes
    arrays: list[_Array]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> int:
    """Write the file and sync it; gives its size in bytes. Raises OSError, and then leaves no file."""
    stored = {name: _stored(array) for name, array in checkpoint.arrays.items()}
    description = msgspec.msgpack.encode(
        _Description(
            encode_values([checkpoint.metadata]),
            [
                _Array(name, type, list(checkpoint.arrays[name].shape), len(data), zlib.crc32(data))
                for name, (type, data) in stored.items()
            ],
        )
    )
    try:
        with path.open("wb", buffering=0) as file:
            _write_all(file, memoryview(_header(checkpoint, description) + description))
            for _, data in stored.values():
                file.seek(_aligned(file.tell()))
                _write_all(file, data)
            os.fsync(file.fileno())
            return os.fstat(file.fileno()).st_size
    except OSError:
        path.unlink(missing_ok=True)
        raise


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint, checked whole. Raises StartupError where it is damaged, or written by a newer server."""
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except OSError as error:
        raise StartupError(f"cannot read the checkpoint '{path}': {error.strerror}") from error
    except (DamagedRecord, msgspec.MsgspecError) as error:
        raise _damage(path, _HEADER.size, str(error)) from error


def _write_all(file: FileIO, data: memoryview) -> None:
    """In pieces: the system may take less than it is given, and other threads go on meanwhile."""
    for start in range(0, len(data), _PIECE_BYTES):
        piece = data[start : start + _PIECE_BYTES]
        while piece:
            piece = piece[file.write(piece) :]


def _header(checkpoint: Checkpoint, description: bytes) -> bytes:
    fields = (FORMAT, checkpoint.version, checkpoint.database_id.bytes, len(description))
    checksum = zlib.crc32(description, zlib.crc32(_HEADER.pack(_MAGIC, 0, *fields)))
    return _HEADER.pack(_MAGIC, checksum, *fields)


def _stored(array: NDArray[np.generic]) -> tuple[str, memoryview]:
    if array.dtype == np.object_:
        return _OBJECTS, memoryview(encode_values(array.ravel().tolist()))
    if array.size == 0:
        return array.dtype.str, memoryview(b"")
    return array.dtype.str, np.ascontiguousarray(array).data.cast("B")


def _read(path: Path, file: BufferedReader) -> Checkpoint:
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        raise _damage(path, len(head), "its header is cut off")
    magic, checksum, format, version, database_id, description_bytes = _HEADER.unpack(head)
    if magic != _MAGIC:
        raise _damage(path, 0, "it does not begin as a checkpoint does")
    if description_bytes > os.fstat(file.fileno()).st_size:
        raise _damage(path, _HEADER.size - 8, "its description is cut off")
    packed = file.read(description_bytes)
    unchecked = _HEADER.pack(magic, 0, format, version, database_id, description_bytes)
    if zlib.crc32(packed, zlib.crc32(unchecked)) != checksum:
        raise _damage(path, 8, "its header has a wrong checksum")
    if format > FORMAT:
        raise StartupError(
            f"the checkpoint '{path}' has format {format}; this server reads up to {FORMAT}",
            hint="use the newer server that wrote it",
        )
    description = msgspec.msgpack.decode(packed, type=_Description)
    arrays = {array.name: _read_array(path, file, array) for array in description.arrays}
    if file.read(1):
        raise _damage(path, file.tell() - 1, "it goes on after its end")
    metadata = decode_values(description.metadata)[0]
    assert isinstance(metadata, dict)
    checkpoint = Checkpoint(UUID(bytes=database_id), version, metadata, arrays)
    for step in range(format, FORMAT):
        if (upgrade := UPGRADES.get(step)) is not None:
            checkpoint = upgrade(checkpoint)
    return checkpoint


def _read_array(path: Path, file: BufferedReader, array: _Array) -> NDArray[np.generic]:
    end = file.tell()
    start = _aligned(end)
    if array.bytes and start + array.bytes > os.fstat(file.fileno()).st_size:
        raise _damage(path, start, f"the array '{array.name}' is cut off")
    if array.bytes and any(file.read(start - end)):
        raise _damage(path, end, "what lies between two arrays is not zeros")
    data = np.empty(array.bytes, dtype=np.uint8)
    if array.bytes:
        file.readinto(data.data)
    if zlib.crc32(data.data) != array.checksum:
        raise _damage(path, start, f"the array '{array.name}' has a wrong checksum")
    if array.type == _OBJECTS:
        return Column.objects(decode_values(data.tobytes())).values.reshape(array.shape)
    return data.view(np.dtype(array.type)).reshape(array.shape)


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT


def _damage(path: Path, offset: int, why: str) -> StartupError:
    return StartupError(f"the checkpoint '{path}' is damaged at byte {offset}: {why}")

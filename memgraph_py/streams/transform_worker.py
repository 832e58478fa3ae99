"""The child process of a transform: confines itself, loads the user's script, answers batches. No database code in
here.

It is started by exec with its end of a socket pair and speaks frames: a length of four bytes, little-endian, then
msgpack.

    parent → [parent's pid, memory bytes, nesting depth]   child → {missing layer: why}
    parent → [script, its name, whether to run it]         child → "" when loaded (or compiled), or why not
    parent → [sequence, [[message, …], …]]                 child → [sequence, error or "", runs] for each batch

The batches of a frame have successive sequences, and the first error ends them.
A run is [query, rows, keys, columns]: successive queries of one text and one set of parameter names, with the
parameters as one list per name, so that neither side handles them row by row. The parent trusts none of it and
checks again.
"""

import linecache
import os
import struct
import sys
import traceback
from types import ModuleType, TracebackType
from typing import Protocol, TypeAlias

import msgspec

from memgraph_py.streams import sandbox

BOOTSTRAP = (
    "import sys; sys.path += sys.argv[3:]; sys.path.insert(0, sys.argv[1]); "
    "from memgraph_py.streams.transform_worker import main; main()"
)
"""What the interpreter is started with; arguments: this package's folder, the descriptor, folders of Python
packages."""

HEADER = struct.Struct("<I")
READ_BYTES = 1 << 20
FIRST_BYTES = 64 << 10
"""So much is read of a frame at once, whose length is not known yet."""
INTEGER_MIN, INTEGER_MAX = -(1 << 63), (1 << 63) - 1
ERROR_CHARACTERS_MAX = 4_000
ALLOWED = "allowed are None, bool, int, float, str, list and dict"
PLAIN = frozenset((str, int, float, bool, type(None)))

Run: TypeAlias = tuple[str, int, list[str], list[list[object]]]


class Stream(Protocol):
    """The entry point of a script."""

    def __call__(self, batch: list[bytes]) -> object: ...


class Malformed(Exception):
    """What stream() returned is no list of (query, parameters); the text begins with the place, as
    [3].params.ids[0]."""


def main() -> None:
    """Run until the parent closes the channel."""
    package_folder, descriptor, packages = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    sys.path.remove(package_folder)
    sys.argv = [""]
    channel = Channel(descriptor)
    parent, memory_bytes, depth_max = msgspec.msgpack.decode(channel.receive(), type=tuple[int, int, int])
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 2 * depth_max + 500))
    channel.send(msgspec.msgpack.encode(sandbox.confine(parent, memory_bytes, packages)))
    source, name, run = msgspec.msgpack.decode(channel.receive(), type=tuple[str, str, bool])
    stream = _load(source, name, channel, run=run)
    decoder = msgspec.msgpack.Decoder(tuple[int, list[list[bytes]]])
    encoder = msgspec.msgpack.Encoder()
    reply = bytearray()
    sequence = 1
    while True:
        answer: object = None
        try:
            sequence, batches = decoder.decode(channel.receive())
            for batch in batches:
                answer = stream(batch)
                _encode(encoder, sequence, answer, reply, depth_max)
                channel.send_framed(reply)
                sequence += 1
        except BaseException as error:  # noqa: BLE001  # foreign code may raise anything, SystemExit included
            answer = batches = None  # what there was no memory for
            fault = _describe(error, name)
            if isinstance(error, MemoryError):
                fault += f"\nthe script's process may take {memory_bytes} bytes of memory"
            channel.send(encoder.encode((sequence, fault, ())))


class Channel:
    """Frames over a descriptor. Only read and write are called, as the filter allows no socket calls."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def receive(self) -> bytes | bytearray:
        """The next frame, most of which come with one call; ends the process when the parent is gone. The parent sends
        no other before it has all answers. Raises MemoryError where there is no room for it, and it is read over."""
        first = self._read_some(FIRST_BYTES)
        while len(first) < HEADER.size:
            first += self._read_some(FIRST_BYTES)
        (length,) = HEADER.unpack_from(first)
        done = len(first) - HEADER.size
        if done == length:
            return first[HEADER.size :]
        try:
            frame = bytearray(length)
        except MemoryError:
            while done < length:
                done += len(self._read_some(min(length - done, READ_BYTES)))
            raise
        frame[:done] = first[HEADER.size :]
        with memoryview(frame) as view:
            while done < length:
                part = self._read_some(min(length - done, READ_BYTES))
                view[done : done + len(part)] = part
                done += len(part)
        return frame

    def send(self, payload: bytes) -> None:
        """Write a frame whole."""
        self.send_framed(bytearray(HEADER.size) + payload)

    def send_framed(self, frame: bytearray) -> None:
        """The same with room for the length left before the payload; with one call where it is short."""
        HEADER.pack_into(frame, 0, len(frame) - HEADER.size)
        with memoryview(frame) as view:
            done = 0
            while done < len(view):
                done += os.write(self._descriptor, view[done:])

    def _read_some(self, count: int) -> bytes:
        part = os.read(self._descriptor, count)
        if not part:
            os._exit(0)
        return part


def _load(source: str, name: str, channel: Channel, *, run: bool) -> Stream:
    """Execute the script and give its ``stream``; tells the parent how it went, and ends the process when it failed, or
    when it was only to be compiled."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    module = ModuleType("transform")
    module.__file__ = name
    sys.modules["transform"] = module  # where dataclasses and type hints look for a class's surroundings
    try:
        code = compile(source, name, "exec", dont_inherit=True)
        if not run:
            channel.send(msgspec.msgpack.encode(""))
            os._exit(0)
        exec(code, vars(module))
        stream: Stream | None = vars(module).get("stream")
        if not callable(stream):
            raise Malformed("the script defines no function stream(batch)")
    except BaseException as error:  # noqa: BLE001  # foreign code may raise anything, SystemExit included
        channel.send(msgspec.msgpack.encode(_describe(error, name)))
        os._exit(3)
    channel.send(msgspec.msgpack.encode(""))
    return stream


def _encode(encoder: msgspec.msgpack.Encoder, sequence: int, answer: object, reply: bytearray, depth_max: int) -> None:
    """The reply to a batch, as a frame. Raises Malformed with the place of the first fault."""
    try:
        # into what there is already: where it cannot make room for its own output, msgspec ends the process
        encoder.encode_into((sequence, "", group(answer, depth_max)), reply, HEADER.size)
    except (OverflowError, UnicodeEncodeError, RecursionError, TypeError):
        _find_fault(answer, depth_max)
        raise


def group(answer: object, depth_max: int) -> list[Run]:
    """Runs of equal query texts and parameter names, checked. Raises Malformed with the place of the first fault."""
    if not isinstance(answer, list):
        raise Malformed(f"stream() must return a list of (query, parameters), not {_kind(answer)}")
    runs: list[Run] = []
    rows: list[dict[str, object]] = []
    first = 0
    query: str | None = None
    names: object = None
    for index, item in enumerate(answer):
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise Malformed(f"[{index}]: must be a (query, parameters) pair, not {_kind(item)}")
        text, parameters = item
        if text.__class__ is not str or parameters.__class__ is not dict:
            text, parameters = _plain_pair(text, parameters, index)
        if text != query or parameters.keys() != names:
            if query is not None:
                runs.append(_run(query, rows, first, depth_max))
            query, names, rows, first = text, parameters.keys(), [], index
            for name in parameters:
                if name.__class__ is not str:
                    raise Malformed(f"[{index}].params: the key {name!r} must be a str")
        rows.append(parameters)
    if query is not None:
        runs.append(_run(query, rows, first, depth_max))
    return runs


def _plain_pair(text: object, parameters: object, index: int) -> tuple[str, dict[str, object]]:
    """The slow way, for subclasses."""
    if not isinstance(text, str):
        raise Malformed(f"[{index}].query: must be a str, not {_kind(text)}")
    if not isinstance(parameters, dict):
        raise Malformed(f"[{index}].params: must be a dict, not {_kind(parameters)}")
    return str(text), dict(parameters)


def _run(query: str, rows: list[dict[str, object]], first: int, depth_max: int) -> Run:
    """first: index of the first row in the answer, for texts."""
    names = list(rows[0])
    columns: list[list[object]] = []
    for name in names:
        column = [row[name] for row in rows]
        kinds = set(map(type, column))
        if not kinds <= PLAIN:
            column = [_plain(value, f"[{first + at}].params.{name}", depth_max) for at, value in enumerate(column)]
        elif int in kinds:
            whole = [value for value in column if type(value) is int]
            if max(whole) > INTEGER_MAX or min(whole) < INTEGER_MIN:
                for at, value in enumerate(column):
                    _plain(value, f"[{first + at}].params.{name}", depth_max)
        columns.append(column)
    return query, len(rows), names, columns


def _plain(value: object, path: str, depth_max: int) -> object:
    """The value without subclasses. Raises Malformed with the place of what is not allowed."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            raise Malformed(f"{path}: the integer {int(value)} does not fit 64 bits")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        _check_text(value, path)
        return str.__str__(value)
    if depth_max <= 0:
        raise Malformed(f"{path}: nested too deeply")
    if isinstance(value, list):
        # what the list or dict holds, whatever a subclass says of it
        return [_plain(item, f"{path}[{at}]", depth_max - 1) for at, item in enumerate(list.__iter__(value))]
    if isinstance(value, dict):
        for key in dict.__iter__(value):
            if not isinstance(key, str):
                raise Malformed(f"{path}: the key {key!r} must be a str")
            _check_text(key, path)
        return {str.__str__(key): _plain(item, f"{path}.{key}", depth_max - 1) for key, item in dict.items(value)}
    raise Malformed(f"{path}: a value of type {_kind(value)}; {ALLOWED}")


def _check_text(text: str, path: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"{path}: the text is not valid Unicode ({error.reason})") from None


def _find_fault(answer: object, depth_max: int) -> None:
    """Raise Malformed for the first value that cannot be sent; the list itself is in order."""
    assert isinstance(answer, list)
    for index, (text, parameters) in enumerate(answer):
        _check_text(text, f"[{index}].query")
        for name, value in parameters.items():
            _check_text(name, f"[{index}].params")
            _plain(value, f"[{index}].params.{name}", depth_max)


def _kind(value: object) -> str:
    return type(value).__name__


def _describe(error: BaseException, name: str) -> str:
    """The script's own traceback, its last lines; for a wrong answer the place of the fault."""
    try:
        if isinstance(error, Malformed):
            text = str(error)
            return text if len(text) < 500 else f"{text[:250]} … {text[-250:]}"
        if isinstance(error, SyntaxError) and error.__traceback__ is not None and error.filename == name:
            lines = traceback.format_exception_only(type(error), error)
        else:
            lines = traceback.format_exception(type(error), error, _from_script(error.__traceback__, name))
        return "".join(lines)[-ERROR_CHARACTERS_MAX:].encode("utf-8", "replace").decode().rstrip()
    except BaseException:  # noqa: BLE001  # an exception's own __str__ is foreign code too
        return f"{type(error).__name__} (it cannot be shown)"


def _from_script(trace: TracebackType | None, name: str) -> TracebackType | None:
    """The traceback without this file's frames."""
    while trace is not None and trace.tb_frame.f_code.co_filename != name:
        trace = trace.tb_next
    return trace

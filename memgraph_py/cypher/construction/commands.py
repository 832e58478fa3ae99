"""Stream commands."""

from typing import TypeAlias

from memgraph_py.cypher.ast import (
    CreateStream,
    DropStream,
    Literal,
    Parameter,
    StartAllStreams,
    StartStream,
    StopAllStreams,
    StopStream,
    TestStream,
)
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.immutable import immutable

StreamValue: TypeAlias = Literal | Parameter
"""Of a stream clause."""


@immutable
class _Option:
    name: str
    value: StreamValue
    offset: int


def create_stream(
    start: int, name: str, uri: StreamValue, topic: StreamValue, transform: StreamValue, *options: _Option
) -> CreateStream:
    given: dict[str, StreamValue] = {}
    for option in options:
        if option.name in given:
            raise Rejected(f"{option.name} is given twice", option.offset)
        given[option.name] = option.value
    return CreateStream(name, uri, topic, transform, given.get("BATCH_INTERVAL"), given.get("BATCH_SIZE"), start)


def batch_interval(start: int, value: StreamValue) -> _Option:
    return _Option("BATCH_INTERVAL", value, start)


def batch_size(start: int, value: StreamValue) -> _Option:
    return _Option("BATCH_SIZE", value, start)


def negative_value(start: int, value: int | float) -> Literal:
    return Literal(-value, start)


def drop_stream(start: int, name: str) -> DropStream:
    return DropStream(name, start)


def start_stream(start: int, name: str, limit: StreamValue | None) -> StartStream:
    return StartStream(name, limit, start)


def start_all_streams(start: int) -> StartAllStreams:
    return StartAllStreams(start)


def stop_stream(start: int, name: str) -> StopStream:
    return StopStream(name, start)


def stop_all_streams(start: int) -> StopAllStreams:
    return StopAllStreams(start)


def test_stream(start: int, name: str, limit: StreamValue | None) -> TestStream:
    return TestStream(name, limit, start)


def stream_name(start: int, name: str) -> str:
    del start
    return name


def reserved_stream_name(start: int) -> str:
    raise Rejected('"ALL" is no stream name', start, hint="write `ALL` in backticks")

"""Commands as written: schema and streams."""

from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.cypher.ast.clauses import Query
from memgraph_py.cypher.ast.expressions import Literal, Parameter


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """name None where not written."""

    name: str | None
    label: str
    keys: tuple[str, ...]
    if_not_exists: bool
    offset: int


@dataclass(frozen=True, slots=True)
class DropIndex:
    """By name, or by label and keys."""

    name: str | None
    label: str | None
    keys: tuple[str, ...]
    if_exists: bool
    offset: int


@dataclass(frozen=True, slots=True)
class CreateStream:
    """Each of uri, topic, transform, batch_interval, batch_size is a Literal or a Parameter; the last two may be
    None.
    """

    name: str
    uri: Literal | Parameter
    topic: Literal | Parameter
    transform: Literal | Parameter
    batch_interval: Literal | Parameter | None
    batch_size: Literal | Parameter | None
    offset: int


@dataclass(frozen=True, slots=True)
class DropStream:
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class StartStream:
    name: str
    limit: Literal | Parameter | None
    offset: int


@dataclass(frozen=True, slots=True)
class StopStream:
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class StartAllStreams:
    offset: int


@dataclass(frozen=True, slots=True)
class StopAllStreams:
    offset: int


@dataclass(frozen=True, slots=True)
class TestStream:
    name: str
    limit: Literal | Parameter | None
    offset: int


StreamCommand: TypeAlias = (
    CreateStream | DropStream | StartStream | StopStream | StartAllStreams | StopAllStreams | TestStream
)
Command: TypeAlias = CreateIndex | DropIndex | StreamCommand
Statement: TypeAlias = Query | Command

"""Commands as written: schema and streams."""

from typing import TypeAlias

from memgraph_py.cypher.ast.clauses import Query
from memgraph_py.cypher.ast.expressions import Literal, Parameter
from memgraph_py.immutable import immutable


@immutable
class CreateIndex:
    """name None where not written."""

    name: str | None
    label: str
    keys: tuple[str, ...]
    if_not_exists: bool
    offset: int


@immutable
class DropIndex:
    """By name, or by label and keys."""

    name: str | None
    label: str | None
    keys: tuple[str, ...]
    if_exists: bool
    offset: int


@immutable
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


@immutable
class DropStream:
    name: str
    offset: int


@immutable
class StartStream:
    name: str
    limit: Literal | Parameter | None
    offset: int


@immutable
class StopStream:
    name: str
    offset: int


@immutable
class StartAllStreams:
    offset: int


@immutable
class StopAllStreams:
    offset: int


@immutable
class TestStream:
    name: str
    limit: Literal | Parameter | None
    offset: int


StreamCommand: TypeAlias = (
    CreateStream | DropStream | StartStream | StopStream | StartAllStreams | StopAllStreams | TestStream
)
Command: TypeAlias = CreateIndex | DropIndex | StreamCommand
Statement: TypeAlias = Query | Command

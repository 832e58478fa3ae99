"""Commands as written: schema and streams."""

from typing import TypeAlias

from memgraph_py.cypher.ast.clauses import Query
from memgraph_py.cypher.ast.expressions import Literal, Parameter
from memgraph_py.immutable import immutable


@immutable
class SchemaPattern:
    """Properties of the nodes with a label, or of the relationships of a type: ``token``."""

    is_node: bool
    token: str
    keys: tuple[str, ...]


@immutable
class CreateIndex:
    """name None where not written; on None for Memgraph's index on a label, which every label has. options: the
    parameter that gives them; what is written out is looked at as it is read."""

    name: str | None
    on: SchemaPattern | None
    if_not_exists: bool
    offset: int
    options: Parameter | None = None


@immutable
class DropIndex:
    """By name, or by what it is on."""

    name: str | None
    on: SchemaPattern | None
    if_exists: bool
    offset: int


@immutable
class CreateConstraint:
    """name None where not written. demand: UNIQUENESS, KEY, EXISTENCE or TYPE, the last with a ``property_type``.
    options as of CreateIndex."""

    name: str | None
    on: SchemaPattern
    demand: str
    property_type: str
    if_not_exists: bool
    offset: int
    options: Parameter | None = None


@immutable
class DropConstraint:
    """By name, or by what it is on and demands."""

    name: str | None
    on: SchemaPattern | None
    demand: str
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
SchemaCommand: TypeAlias = CreateIndex | DropIndex | CreateConstraint | DropConstraint
Command: TypeAlias = SchemaCommand | StreamCommand
Statement: TypeAlias = Query | Command

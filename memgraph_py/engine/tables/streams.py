"""SHOW STREAMS and SHOW STREAM. Columns: the streams' contract."""

from collections.abc import Iterator, Sequence

from memgraph_py.engine.statements import core_of
from memgraph_py.functions.registry import Environment, table
from memgraph_py.values.types import Value

Rows = Iterator[Sequence[Value]]


@table(
    "SHOW STREAMS",
    (("name", "STRING"), ("uri", "STRING"), ("topic", "STRING"), ("transform", "STRING"), ("status", "STRING")),
)
def show_streams(environment: Environment, arguments: list[Value]) -> Rows:
    """The streams, in order of creation."""
    for stream in core_of(environment).streams().show():
        yield stream.name, stream.uri, stream.topic, stream.transform, stream.status


@table("SHOW STREAM <name>", (("fact", "STRING"), ("value", "ANY")))
def show_stream(environment: Environment, arguments: list[Value]) -> Rows:
    """What is known of one stream, a row a fact."""
    yield from core_of(environment).streams().describe(str(arguments[1]))

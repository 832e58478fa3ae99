"""The stream clauses of the contract."""

import pytest

from memgraph_py.cypher import ast
from memgraph_py.cypher.ast import Literal, Parameter
from memgraph_py.cypher.parser import parse
from memgraph_py.errors import CypherSyntaxError

MANUAL = """CREATE STREAM mystream AS
  LOAD DATA KAFKA 'localhost:9092'
  WITH TOPIC 'topic'
  WITH TRANSFORM 'http://localhost/transform.py'
  {options}"""


def create(options: str) -> ast.CreateStream:
    statement = parse(MANUAL.format(options=options))
    assert isinstance(statement, ast.CreateStream)
    return statement


def values(stream: ast.CreateStream) -> tuple[object, object]:
    return tuple(  # type: ignore[return-value]  # two of them
        option.value if isinstance(option, Literal) else option for option in (stream.batch_interval, stream.batch_size)
    )


def test_create_stream() -> None:
    stream = create(";")
    assert stream.name == "mystream"
    assert isinstance(stream.uri, Literal)
    assert isinstance(stream.topic, Literal)
    assert isinstance(stream.transform, Literal)
    assert stream.uri.value == "localhost:9092"
    assert stream.topic.value == "topic"
    assert stream.transform.value == "http://localhost/transform.py"
    assert values(stream) == (None, None)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("BATCH_INTERVAL 100", (100, None)),
        ("BATCH_SIZE 10", (None, 10)),
        ("BATCH_INTERVAL 100 BATCH_SIZE 10;", (100, 10)),
        ("BATCH_SIZE 10\nBATCH_INTERVAL 100", (100, 10)),
        ("batch interval 100 Batch Size 10", (100, 10)),
        ("BATCH SIZE -5", (None, -5)),
        ("BATCH_SIZE 'x' BATCH_INTERVAL 1.5", (1.5, "x")),
    ],
)
def test_options(options: str, expected: tuple[object, object]) -> None:
    assert values(create(options)) == expected


def test_parameters_stand_wherever_a_literal_does() -> None:
    statement = parse(
        "create stream s as load data kafka $uri with topic $0 with transform $`a b` batch_size $n batch_interval $i"
    )
    assert isinstance(statement, ast.CreateStream)
    given = (statement.uri, statement.topic, statement.transform, statement.batch_interval, statement.batch_size)
    assert all(isinstance(value, Parameter) for value in given)
    assert [value.name for value in given if isinstance(value, Parameter)] == ["uri", "0", "a b", "i", "n"]
    assert parse("START STREAM s LIMIT $n BATCHES") == ast.StartStream("s", Parameter("n", 21), 0)


def test_the_other_clauses() -> None:
    assert parse("DROP STREAM s;") == ast.DropStream("s", 0)
    assert _table("SHOW STREAMS") == ("SHOW", "STREAMS")
    assert _table("show  stream\ns") == ("SHOW", "STREAM", "s")
    assert parse("START STREAM s") == ast.StartStream("s", None, 0)
    assert parse("START STREAM s LIMIT 3 BATCHES ;") == ast.StartStream("s", Literal(3, 21), 0)
    assert parse("STOP STREAM s") == ast.StopStream("s", 0)
    assert parse("START ALL STREAMS") == ast.StartAllStreams(0)
    assert parse("stop all streams") == ast.StopAllStreams(0)
    assert parse("TEST STREAM s") == ast.TestStream("s", None, 0)
    assert parse("TEST STREAM S limit 2 batches") == ast.TestStream("S", Literal(2, 20), 0)


@pytest.mark.parametrize(
    "text", ["START STREAM all", "CREATE STREAM ALL AS LOAD DATA KAFKA 'a' WITH TOPIC 'b'", "DROP STREAM All"]
)
def test_all_is_a_name_in_backticks_only(text: str) -> None:
    with pytest.raises(CypherSyntaxError) as caught:
        parse(text)
    assert caught.value.hint == "write `ALL` in backticks"
    assert parse("START STREAM `ALL`") == ast.StartStream("ALL", None, 0)


@pytest.mark.parametrize("options", ["BATCH_SIZE 1 BATCH_SIZE 2", "BATCH_SIZE", "BATCH 5", "BATCH_SIZE 1 + 1"])
def test_wrong_options(options: str) -> None:
    with pytest.raises(CypherSyntaxError):
        create(options)


def _table(text: str) -> tuple[str, ...]:
    query = parse(text)
    assert isinstance(query, ast.Query)
    (call,) = query.parts[0].clauses
    assert isinstance(call, ast.TableCall)
    return call.words

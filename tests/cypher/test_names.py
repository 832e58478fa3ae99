"""Keywords are names wherever they can be."""

import pytest

from memgraph_py.cypher import ast
from memgraph_py.cypher.parser import parse
from memgraph_py.cypher.tables import load_tables
from memgraph_py.errors import CypherSyntaxError

WORDS = sorted(load_tables().words)
RESERVED = {"CASE", "DISTINCT", "FALSE", "INF", "INFINITY", "NAN", "NOT", "NULL", "TRUE", "WHEN"}
"""What begins an expression, or stands before one, cannot also be a variable everywhere; in backticks it can."""

ANY_WORD = [
    "MATCH (@:@ {@: 1})-[x:@|@ {@: $@}]->() RETURN x.@ AS @",
    "MATCH (@ WHERE @.x > 1)-[@:@]->() RETURN 1",
    "MATCH @ = (a)-->(b) RETURN a.@.@",
    "RETURN {@: 1}.@",
    "WITH 1 AS @ RETURN x{.@, @: 1}",
    "UNWIND [1] AS @ RETURN [@ IN [1] | 2], reduce(@ = 0, x IN [] | 1)",
    "MATCH (a) SET a.@ = 1, a:@ REMOVE a.@, a:@",
    "CALL db.@() YIELD x AS @ RETURN 1",
    "CREATE INDEX ON :@(@)",
]
NOT_RESERVED = [
    "WITH 1 AS @ RETURN @",
    "WITH 1 AS @ RETURN @ + 1, 1 + @, [@], (@), {@: @}, f(@), -@, @[0], @.x, @:@",
    "WITH 1 AS @ RETURN @, @ AS @ ORDER BY @ DESC, @ SKIP 1 LIMIT 1",
    "WITH 1 AS @ WHERE @ > 1 AND NOT @ IN [@] OR @ IS NULL RETURN 2",
    "WITH @, 1 AS x MATCH (@) DELETE @",
    "UNWIND @ AS x RETURN CASE @ WHEN @ THEN @ ELSE @ END",
    "RETURN @(1), all(@ IN @ WHERE @), @{.x}, @ STARTS WITH @",
    "MATCH (a) SET @ = {}, @ += $@, @:@",
    "CALL (@) { RETURN @ AS y } RETURN y",
    "RETURN DISTINCT @ ;",
]
STREAMS = [
    "CREATE STREAM @ AS LOAD DATA KAFKA $@ WITH TOPIC 't' WITH TRANSFORM $@ BATCH_SIZE $@",
    "START STREAM @ LIMIT $@ BATCHES",
    "STOP STREAM @",
    "TEST STREAM @",
    "DROP STREAM @",
    "SHOW STREAM @",
]


def refused(text: str, words: list[str]) -> list[str]:
    """Words with which a text does not parse."""
    return [word for word in words if not _parses(text.replace("@", word.lower()))]


def _parses(text: str) -> bool:
    try:
        return bool(parse(text))
    except CypherSyntaxError:
        return False


@pytest.mark.parametrize("text", ANY_WORD)
def test_any_word(text: str) -> None:
    assert refused(text, WORDS) == []


@pytest.mark.parametrize("text", NOT_RESERVED)
def test_words_that_are_not_reserved(text: str) -> None:
    assert refused(text, [word for word in WORDS if word not in RESERVED]) == []


@pytest.mark.parametrize("text", STREAMS)
def test_stream_names(text: str) -> None:
    assert refused(text, WORDS) == ["ALL"]


@pytest.mark.parametrize("text", ANY_WORD + NOT_RESERVED + STREAMS)
def test_names_in_backticks(text: str) -> None:
    assert refused(text, ["`not`", "`a b`", "`a``b`", "`all`", "`1`", "größe", "_x9"]) == []


def test_the_contract_query() -> None:
    query = parse("MATCH (start {topic: 1}) RETURN start.test AS data, stop, stream, count, order")
    assert isinstance(query, ast.Query)
    match, returned = query.parts[0].clauses
    assert isinstance(match, ast.Match)
    assert isinstance(returned, ast.Return)
    assert match.pattern[0].nodes[0].variable == "start"
    items = returned.projection.items
    assert [item.text for item in items] == ["data", "stop", "stream", "count", "order"]
    assert items[0].expression == ast.PropertyAccess(ast.Variable("start", 32), "test", 32)
    assert [item.expression for item in items[3:]] == [ast.Variable("count", 66), ast.Variable("order", 73)]


@pytest.mark.parametrize("text", ["RETURN count", "RETURN order + 1", "RETURN count(*), count", "RETURN type, start"])
def test_bare_words(text: str) -> None:
    assert parse(text)

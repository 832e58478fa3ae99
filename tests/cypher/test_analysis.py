"""Analysis: columns, parameters, and what the TCK does not ask about its errors."""

import pytest

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import Analysis, analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.errors import CypherError, CypherTypeError, ProcedureNotFound


def analysis(text: str) -> Analysis:
    statement = parse(text)
    assert isinstance(statement, ast.Query)
    return analyse(statement, text)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("MATCH (a)-[r]->(b) RETURN *", ("a", "b", "r")),
        ("MATCH (a)-[r]->(b) WITH *, 1 AS x RETURN *, a.name", ("a", "b", "r", "x", "a.name")),
        ("MATCH (a) RETURN a.x  +1, count( * ) AS c", ("a.x  +1", "c")),
        ("RETURN 1 AS a UNION RETURN 2 AS a", ("a",)),
        ("MATCH (a) DELETE a", ()),
        ("CALL db.labels()", ("label",)),
        ("CALL db.labels() YIELD label AS l", ("l",)),
        ("CALL db.labels() YIELD label AS l RETURN l + '!' AS m", ("m",)),
        ("CALL { RETURN 1 AS x } RETURN *", ("x",)),
        ("UNWIND [1] AS x CALL (x) { RETURN x + 1 AS y } RETURN *", ("x", "y")),
        ("UNWIND [1] AS x CALL { WITH x RETURN x + 1 AS y } RETURN y, x", ("y", "x")),
    ],
)
def test_columns(text: str, columns: tuple[str, ...]) -> None:
    assert analysis(text).columns == columns


def test_parameters_are_gathered_everywhere() -> None:
    text = (
        "MATCH (n:L {a: $a} WHERE n.b = $b)-[{c: $c}]->() WITH n ORDER BY n.x + $d SKIP $e LIMIT $f WHERE n.x > $g "
        "CALL { CREATE ($h) } FOREACH (x IN $i | SET n += $j) RETURN [y IN $k | EXISTS { (m {x: $l}) }]"
    )
    assert analysis(text).parameters == frozenset("abcdefghijkl")


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("MATCH (n) RETURN n", False),
        ("CREATE (n)", True),
        ("MATCH (n) CALL { MERGE (m) } RETURN 1", True),
        ("FOREACH (x IN [1] | CREATE ())", True),
        ("MATCH (n) SET n.x = 1", True),
        ("MATCH (n) REMOVE n:L", True),
        ("MATCH (n) DETACH DELETE n", True),
    ],
)
def test_writes(text: str, writes: bool) -> None:
    assert analysis(text).writes is writes


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) RETURN DISTINCT *",
        "MATCH (n) RETURN n.a AS a, count(*) AS c ORDER BY n.a, count(*), c + 1",
        "MATCH (n) RETURN n, n.a + count(*) AS c",
        "MATCH (n) WITH DISTINCT n.a AS a WHERE n.a > 1 RETURN a",
        "MATCH (n) WITH n.a AS a WHERE n.b > 1 RETURN a",
        "MATCH (n) WITH n, count(*) AS c ORDER BY n.a WHERE n.b > c RETURN *",
        "MATCH (n) RETURN [x IN collect(n.a) WHERE x > 1 | x] AS l",
        "MATCH (n) WHERE (n)-->() AND NOT (n)<--({a: 1}) OR EXISTS { (n)--(m) WHERE m.a } RETURN n",
        "MATCH (n) RETURN CASE WHEN (n)-->() THEN 1 END, COUNT { (n)--() }, COLLECT { MATCH (m) RETURN m.a }",
        "MATCH (n) RETURN any(x IN labels(n) WHERE (n)-->())",
        "MATCH (a)-[rs*]->(b) MATCH (a)-[rs*]->(c) RETURN rs",
        "MATCH (a)-[r]->(b) WITH [r] AS rs MATCH (a)-[rs*]->(c) RETURN c",
        "OPTIONAL MATCH (a) WITH coalesce(a, null) AS a MATCH (a)-->(b) RETURN b",
        "CREATE (a {x: 1}), (b {x: a.x})",
        "MATCH (a) CREATE (a)-[:R $p]->(b $q)",
        "MATCH p = (a)-->(b) DELETE p",
        "MATCH (n) SET n = n, n += $m, n.x = null, n:A:B REMOVE n.x, n:A",
        "WITH {x: 1} AS m RETURN m.x, m['x'], m{.x, y: 2}",
        "RETURN reduce(s = 0, x IN [1, 2] | s + x) LIMIT toInteger('1') + 1",
        "MATCH (n) RETURN n.a ORDER BY n.b SKIP $s LIMIT 0",
    ],
)
def test_allowed(text: str) -> None:
    assert analysis(text)


@pytest.mark.parametrize(
    ("text", "detail", "offset"),
    [
        ("MATCH (n) RETURN m.x", "UndefinedVariable", 17),
        ("MATCH (n) WITH n.x AS x RETURN n", "UndefinedVariable", 31),
        ("MATCH (n) WHERE (n)-[r]->() RETURN n", "UndefinedVariable", 19),
        ("MATCH (n) RETURN [x IN [1] | x] + x", "UndefinedVariable", 34),
        ("MATCH (n) CALL { RETURN n AS m } RETURN m", "UndefinedVariable", 24),
        ("MATCH (n) CALL (m) { RETURN 1 AS x } RETURN x", "UndefinedVariable", 10),
        ("UNWIND [1] AS x CALL { RETURN 2 AS x } RETURN x", "VariableAlreadyBound", 16),
        ("MATCH (n) UNWIND [1] AS n RETURN n", "VariableAlreadyBound", 10),
        ("MATCH (n) RETURN n UNION RETURN 1 AS m", "DifferentColumnsInUnion", 25),
        ("MATCH (n)", "InvalidClauseComposition", 0),
        ("MATCH (n) WITH n", "InvalidClauseComposition", 10),
        ("RETURN 1 MATCH (n) RETURN n", "InvalidClauseComposition", 9),
        ("FOREACH (x IN [1] | MATCH (n))", "InvalidClauseComposition", 20),
        ("MATCH (n) WHERE EXISTS { CALL { CREATE (m) } } RETURN n", "InvalidClauseComposition", 32),
        ("RETURN COLLECT { MATCH (n) RETURN n, 1 }", "InvalidClauseComposition", 7),
        ("RETURN toupper()", "InvalidNumberOfArguments", 7),
        ("RETURN toupper('a', 'b')", "InvalidNumberOfArguments", 7),
        ("RETURN count()", "InvalidNumberOfArguments", 7),
        ("RETURN sum(*)", "UnexpectedSyntax", 7),
        ("RETURN toupper(DISTINCT 'a')", "UnexpectedSyntax", 7),
        ("RETURN nothing(1)", "UnknownFunction", 7),
        ("UNWIND [count(*)] AS x RETURN x", "InvalidAggregation", 8),
        ("MATCH (n) SET n.x = count(*)", "InvalidAggregation", 20),
        ("MATCH (n) RETURN n.x ORDER BY count(*)", "InvalidAggregation", 30),
        ("MATCH (n) RETURN n LIMIT count(*)", "NonConstantExpression", 25),
        ("CALL db.labels() YIELD nothing RETURN 1", "UndefinedVariable", 23),
        ("MATCH (n) WHERE n.x + 'a' - 1 RETURN 'a' - 1", "InvalidArgumentType", 37),
        ("MATCH (n) SET n = 1", "InvalidArgumentType", 18),
        ("MATCH ()-[r]->() SET r:L", "InvalidArgumentType", 21),
        ("CREATE (n WHERE n.x = 1)", "UnexpectedSyntax", 7),
        ("CREATE p = shortestPath((a)-[:R]->(b))", "UnexpectedSyntax", 7),
        ("MATCH p = shortestPath((a)) RETURN p", "UnexpectedSyntax", 6),
    ],
)
def test_refused_with_detail_and_place(text: str, detail: str, offset: int) -> None:
    with pytest.raises(CypherError) as caught:
        analysis(text)
    assert caught.value.detail == detail
    assert caught.value.position is not None
    assert caught.value.position.offset == offset


def test_classes() -> None:
    with pytest.raises(CypherTypeError):
        analysis("WITH 1 AS x RETURN x.y")
    with pytest.raises(CypherTypeError):
        analysis("WITH [1] AS x RETURN x['a']")
    with pytest.raises(ProcedureNotFound):
        analysis("CALL no.such.procedure()")


def test_lines_and_columns_are_those_of_the_text() -> None:
    with pytest.raises(CypherError) as caught:
        analysis("MATCH (n)\n\tRETURN n,\n  m")
    assert caught.value.position is not None
    assert (caught.value.position.line, caught.value.position.column) == (3, 3)

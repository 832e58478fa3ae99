"""The parser: trees, names, errors with their places, and its speed."""

import re
import time

import pytest

from memgraph_py.cypher import ast
from memgraph_py.cypher.parser import in_words, parse
from memgraph_py.cypher.tables import load_tables
from memgraph_py.errors import CypherSyntaxError
from memgraph_py.storage.view import Direction
from memgraph_py.values.value_types import type_text


def query(text: str) -> ast.Query:
    statement = parse(text)
    assert isinstance(statement, ast.Query)
    return statement


def clauses(text: str) -> tuple[ast.Clause, ...]:
    return query(text).parts[0].clauses


def expression(text: str) -> ast.Expression:
    """The expression of a `RETURN`."""
    (returned,) = clauses(f"RETURN {text}")
    assert isinstance(returned, ast.Return)
    return returned.projection.items[0].expression


def pattern(text: str) -> ast.PatternPart:
    """The pattern of a `MATCH`."""
    match = clauses(f"MATCH {text} RETURN 1")[0]
    assert isinstance(match, ast.Match)
    return match.pattern[0]


def written(node: ast.Expression) -> str:
    """An expression with all its brackets."""
    match node:
        case ast.Literal(value):
            return str(value)
        case ast.Variable(name):
            return name
        case ast.Infix(symbol, left, right):
            return f"({written(left)} {symbol} {written(right)})"
        case ast.Prefix(symbol, operand):
            return f"({symbol} {written(operand)})"
        case ast.NullCheck(operand, negated):
            return f"({written(operand)} {'is not null' if negated else 'is null'})"
        case ast.TypePredicate(operand, type, negated):
            return f"({written(operand)} {'is not' if negated else 'is'} {type_text(type)})"
        case ast.ComparisonChain(operands, symbols):
            return f"(chain {' '.join(map(written, operands))} {' '.join(symbols)})"
        case ast.Subscript(subject, index):
            return f"{written(subject)}[{written(index)}]"
        case ast.PropertyAccess(subject, key):
            return f"{written(subject)}.{key}"
        case ast.LabelPredicate(subject, labels):
            return f"{written(subject)}:{':'.join(labels)}"
        case _:
            raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("2 ^ 3 ^ 2", "((2 ^ 3) ^ 2)"),
        ("-a ^ 2", "((- a) ^ 2)"),
        ("NOT a AND b OR c XOR d", "(((NOT a) AND b) OR (c XOR d))"),
        ("a OR b OR c OR d", "((a OR b) OR (c OR d))"),
        ("NOT a = b", "(NOT (a = b))"),
        ("a < b", "(a < b)"),
        ("a < b <= c", "(chain a b c < <=)"),
        ("a = b IN c", "(a = (b IN c))"),
        ("a + b IN c + d", "((a + b) IN (c + d))"),
        ("a STARTS WITH b + c", "(a STARTS WITH (b + c))"),
        ("a IS NULL = b IS NOT NULL", "((a is null) = (b is not null))"),
        ("a + b IS :: INT = c", "(((a + b) is INTEGER) = c)"),
        ("NOT a IS NOT TYPED STRING | FLOAT OR b", "((NOT (a is not STRING | FLOAT)) OR b)"),
        ("a IS B&C AND d", "((a:B AND a:C) AND d)"),
        ("a.b.c[0].d", "a.b.c[0].d"),
        ("a:B:C AND d", "(a:B:C AND d)"),
        ("a.b:C", "a.b:C"),
        ("5 % 3 / 2", "((5 % 3) / 2)"),
        ("a =~ b", "(a =~ b)"),
        ("a<-1", "(a < -1)"),
        ("(a) - 1", "(a - 1)"),
    ],
)
def test_precedence(text: str, tree: str) -> None:
    assert written(expression(text)) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("0x7FFFFFFFFFFFFFFF", 2**63 - 1),
        ("-0x8000000000000000", -(2**63)),
        ("0o17", 15),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        ("'it''s'", None),
        (r"'a\'b\"\\\n\t\u0041\U0001F600'", "a'b\"\\\n\tA\U0001f600"),
        (r"'\uD83D\uDE00'", "\U0001f600"),
        ('"x\'y"', "x'y"),
        ("true", True),
        ("FALSE", False),
        ("NuLL", None),
    ],
)
def test_literals(text: str, value: object) -> None:
    if text == "'it''s'":
        with pytest.raises(CypherSyntaxError):
            expression(text)
        return
    literal = expression(text)
    assert isinstance(literal, ast.Literal)
    assert literal.value == value
    assert type(literal.value) is type(value)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("RETURN 9223372036854775808", "IntegerOverflow"),
        ("RETURN order - 9223372036854775808", "IntegerOverflow"),
        ("RETURN - -9223372036854775808", "IntegerOverflow"),
        ("RETURN 1.34E999", "FloatingPointOverflow"),
        ("RETURN 12h3", "InvalidNumberLiteral"),
        ("RETURN 0x", "InvalidNumberLiteral"),
        (r"RETURN '\uH'", "InvalidUnicodeLiteral"),
        (r"RETURN '\uD83D'", "InvalidUnicodeLiteral"),
        ("RETURN 42 — 41", "InvalidUnicodeCharacter"),
        ("RETURN 'open", "UnexpectedSyntax"),
        ("RETURN {1a: 1}", "UnexpectedSyntax"),
        ("MATCH (a)-[:LIKES..]->(b) RETURN 1", "InvalidRelationshipPattern"),
        ("MATCH (a)-[:LIKES*-2]->(b) RETURN 1", "InvalidRelationshipPattern"),
        ("RETURN (a.b)(1)[0](2)", "UnexpectedSyntax"),
        ("RETURN a b", "UnexpectedSyntax"),
        ("", "UnexpectedSyntax"),
        ("// nothing", "UnexpectedSyntax"),
        ("MATCH (n) RETURN", "UnexpectedSyntax"),
    ],
)
def test_syntax_errors_have_detail_and_place(text: str, detail: str) -> None:
    with pytest.raises(CypherSyntaxError) as caught:
        parse(text)
    assert caught.value.detail == detail
    assert caught.value.position is not None
    assert 0 <= caught.value.position.offset <= len(text)


def test_error_says_where_what_and_what_instead() -> None:
    with pytest.raises(CypherSyntaxError) as caught:
        parse("MATCH (n)\nRETURN n.name nmae")
    error = caught.value
    assert error.message.startswith('unexpected "nmae", expected an operator, ')
    assert "AS" in error.message
    assert error.position is not None
    assert (error.position.line, error.position.column, error.position.offset) == (2, 15, 24)


def test_no_name_of_the_grammar_is_told() -> None:
    """What is told of any state, and of each kind that it accepts, is words and signs that a user can write."""
    tables = load_tables()
    internal = {kind for row in tables.actions for kind in row} - tables.words - tables.signs
    assert {"NAME", "LEAST_INTEGER", "_COMPREHENSION_OPEN"} <= internal
    states = [set(row) for row in tables.actions if row]
    for kinds in [*states, *({kind} for row in states for kind in row)]:
        told = in_words(kinds, words_max=len(kinds))
        assert internal.isdisjoint(re.findall(r"\$?\w+", told)), told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RETURN 1 +", "an expression"),
        ("RETURN NOT", "an expression"),
        ("RETURN 2 ^ -", "an expression"),
        ("RETURN 1 IN", "an expression"),
        ("RETURN [", 'an expression or "]"'),
        ("RETURN [x IN", "an expression"),
        ("RETURN {a:", "an expression"),
        ("MATCH (n) WHERE", "an expression"),
        ("MATCH p =", '"(", SHORTEST or shortestPath'),
        ("RETURN CASE 1 WHEN = 2 2", 'an operator, "," or THEN'),
        ("RETURN [x IN xs 2]", 'an operator, "]", "|" or WHERE'),
    ],
)
def test_what_is_expected(text: str, expected: str) -> None:
    with pytest.raises(CypherSyntaxError) as caught:
        parse(text)
    assert caught.value.message.endswith(f", expected {expected}")


def test_several_statements_are_refused() -> None:
    assert query("RETURN 1 ;")
    with pytest.raises(CypherSyntaxError, match="only one statement") as caught:
        parse("RETURN 1; RETURN 2")
    assert caught.value.position is not None
    assert caught.value.position.offset == 10


def test_comments_and_white_space() -> None:
    (returned,) = clauses("/* a */ RETURN // b\n 1 /* ; */ ;\n")
    assert isinstance(returned, ast.Return)
    assert returned.projection.items[0].expression == ast.Literal(1, 21)
    assert [c.__class__ for c in clauses("MATCH(n)WHERE(n.x)=1 RETURN n//end")] == [ast.Match, ast.Return]


def test_column_text_is_as_written() -> None:
    (returned,) = clauses("RETURN  a.x  +1 , count( * ) /* c */, [1,2] AS y ORDER BY 1")
    assert isinstance(returned, ast.Return)
    assert [item.text for item in returned.projection.items] == ["a.x  +1", "count( * )", "y"]


@pytest.mark.parametrize(
    ("text", "direction", "minimum", "maximum"),
    [
        ("*", Direction.BOTH, None, None),
        ("*2", Direction.BOTH, 2, 2),
        ("*1..3", Direction.BOTH, 1, 3),
        ("*..3", Direction.BOTH, None, 3),
        ("*2..", Direction.BOTH, 2, None),
        ("*..", Direction.BOTH, None, None),
        ("* 1 .. 3", Direction.BOTH, 1, 3),
    ],
)
def test_variable_length(text: str, direction: Direction, minimum: int | None, maximum: int | None) -> None:
    (relationship,) = pattern(f"(a)-[r:A|:B|C{text} {{x: 1}}]-(b)").relationships
    assert relationship.variable_length
    assert relationship.types == ("A", "B", "C")
    assert (relationship.direction, relationship.minimum, relationship.maximum) == (direction, minimum, maximum)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("-->", Direction.OUT),
        ("<--", Direction.IN),
        ("--", Direction.BOTH),
        ("<-->", Direction.BOTH),
        ("-[]->", Direction.OUT),
        ("<-[r]-", Direction.IN),
        ("< - [r:T] -", Direction.IN),
        ("- [r:T] - >", Direction.OUT),
    ],
)
def test_directions(text: str, direction: Direction) -> None:
    for read in (pattern(f"(a){text}(b)"), _predicate(f"(a){text}(b)")):
        assert [r.direction for r in read.relationships] == [direction]


def _predicate(text: str) -> ast.PatternPart:
    match = clauses(f"MATCH (a), (b) WHERE {text} RETURN 1")[0]
    assert isinstance(match, ast.Match)
    assert isinstance(match.where, ast.PatternPredicate)
    return match.where.pattern


def test_patterns_and_brackets_are_told_apart() -> None:
    assert isinstance(expression("(a)-[b]"), ast.Infix)
    assert isinstance(expression("(a)--(b)"), ast.PatternPredicate)
    assert isinstance(expression("(a.x)--(b)"), ast.Infix)
    assert isinstance(expression("[x IN y]"), ast.ListComprehension)
    assert isinstance(expression("[(x IN y)]"), ast.ListLiteral)
    assert isinstance(expression("[(a)-->(b) | b.x]"), ast.PatternComprehension)
    assert isinstance(expression("[p = (a)-->(b) WHERE a.x | p]"), ast.PatternComprehension)
    assert isinstance(expression("[(a)-->(b)]"), ast.ListLiteral)
    assert isinstance(expression("[a = b]"), ast.ListLiteral)
    assert isinstance(expression("[] IN [[]]"), ast.Infix)
    assert isinstance(expression("[1] IN x"), ast.Infix)
    assert isinstance(expression("l[i IN m]"), ast.Subscript)
    assert isinstance(expression("all(x IN y WHERE x)"), ast.Quantifier)
    assert isinstance(expression("all(x)"), ast.FunctionCall)
    assert isinstance(expression("reduce(a = 0, x IN y | a + x)"), ast.Reduce)
    assert isinstance(expression("reduce(a)"), ast.FunctionCall)
    assert isinstance(expression("exists { (a)-->() }"), ast.ExistsSubquery)
    assert isinstance(expression("exists(a.x)"), ast.FunctionCall)
    assert isinstance(expression("COUNT { MATCH (a) WHERE a.x RETURN a }"), ast.CountSubquery)
    assert isinstance(expression("count {.x}"), ast.MapProjection)
    assert isinstance(expression("collect { MATCH (a) RETURN a }"), ast.CollectSubquery)
    assert isinstance(expression("collect(DISTINCT a)"), ast.FunctionCall)


def test_chain_of_pattern_predicates() -> None:
    part = _predicate("(a)-->()<--(b)--(a)")
    assert len(part.nodes) == 4
    assert [r.direction for r in part.relationships] == [Direction.OUT, Direction.IN, Direction.BOTH]


def test_shortest_path() -> None:
    part = pattern("p = allShortestPaths((a)-[*]-(b))")
    assert (part.variable, part.function, len(part.nodes)) == ("p", "allshortestpaths", 2)
    assert pattern("shortestpath = (a)").variable == "shortestpath"


def test_map_projection_is_written_out() -> None:
    projection = expression("n{.a, .*, b, c: 1}")
    assert isinstance(projection, ast.MapProjection)
    assert projection.all_properties
    assert projection.keys == ("a", "b", "c")
    assert [written(value) for value in projection.values] == ["n.a", "b", "1"]


def test_function_names_have_dots() -> None:
    call = expression("date.truncate('day', x)")
    assert isinstance(call, ast.FunctionCall)
    assert call.name == "date.truncate"


def test_merge_actions_in_order() -> None:
    (merge,) = clauses("MERGE (n) ON MATCH SET n.a = 1 ON CREATE SET n.b = 2, n += $m ON MATCH SET n:L")
    assert isinstance(merge, ast.Merge)
    assert [type(item) for item in merge.on_match] == [ast.SetPropertyItem, ast.SetLabelsItem]
    assert [type(item) for item in merge.on_create] == [ast.SetPropertyItem, ast.SetPropertiesItem]


def test_explain_union_and_subqueries() -> None:
    union = query("EXPLAIN RETURN 1 AS a UNION ALL RETURN 2 AS a UNION ALL RETURN 3 AS a")
    assert (union.mode, len(union.parts), union.union_all) == ("EXPLAIN", 3, (True, True))
    assert query("profile RETURN 1").mode == "PROFILE"
    called, imported, _ = clauses("CALL { RETURN 1 AS x } CALL (x) { RETURN x AS y UNION RETURN 2 AS y } RETURN y")
    assert isinstance(called, ast.SubqueryCall)
    assert called.imports is None
    assert isinstance(imported, ast.SubqueryCall)
    assert imported.imports == ("x",)
    assert len(imported.query.parts) == 2


def test_indexes() -> None:
    on = ast.SchemaPattern(True, "L", ("p",))
    assert parse("CREATE INDEX ON :L(p)") == ast.CreateIndex(None, on, False, 0)
    assert parse("CREATE INDEX ON :L") == ast.CreateIndex(None, None, False, 0)
    both = ast.SchemaPattern(True, "L", ("p", "q"))
    assert parse("create index i if not exists for (n:L) on (n.p, n.q)") == ast.CreateIndex("i", both, True, 0)
    assert parse("CREATE RANGE INDEX FOR (n:L) ON n.p") == ast.CreateIndex(None, on, False, 0)
    of_type = ast.SchemaPattern(False, "T", ("p",))
    for text in ("CREATE INDEX FOR ()-[r:T]-() ON (r.p)", "CREATE INDEX FOR ()-[r:T]->() ON (r.p)"):
        assert parse(text) == ast.CreateIndex(None, of_type, False, 0)
    assert parse("CREATE EDGE INDEX ON :T(p)") == ast.CreateIndex(None, of_type, False, 0)
    assert parse("DROP INDEX ON :L(p);") == ast.DropIndex(None, on, False, 0)
    assert parse("DROP INDEX i IF EXISTS") == ast.DropIndex("i", None, True, 0)
    with pytest.raises(CypherSyntaxError):
        parse("CREATE INDEX FOR (n:L) ON (m.p)")


@pytest.mark.parametrize(
    ("text", "demand", "type"),
    [
        ("FOR (n:L) REQUIRE n.p IS UNIQUE", "UNIQUENESS", ""),
        ("FOR (n:L) REQUIRE (n.p) IS NODE UNIQUE", "UNIQUENESS", ""),
        ("FOR (n:L) REQUIRE n.p IS NODE KEY", "KEY", ""),
        ("FOR (n:L) REQUIRE n.p IS NOT NULL", "EXISTENCE", ""),
        ("FOR (n:L) REQUIRE n.p IS TYPED int", "TYPE", "INTEGER"),
        (
            "FOR (n:L) REQUIRE n.p IS :: LIST<STRING NOT NULL> | local datetime",
            "TYPE",
            "LOCAL DATETIME | LIST<STRING NOT NULL>",
        ),
        ("ON (n:L) ASSERT n.p IS UNIQUE", "UNIQUENESS", ""),
        ("ON (n:L) ASSERT EXISTS (n.p)", "EXISTENCE", ""),
        ("ON (n:L) ASSERT exists(n.p)", "EXISTENCE", ""),
    ],
)
def test_constraints(text: str, demand: str, type: str) -> None:
    on = ast.SchemaPattern(True, "L", ("p",))
    expected = ast.CreateConstraint("c", on, demand, type, True, 0)
    assert parse(f"CREATE CONSTRAINT c IF NOT EXISTS {text}") == expected


def test_constraints_are_dropped() -> None:
    both = ast.SchemaPattern(True, "L", ("p", "q"))
    for properties in ("n.p, n.q", "(n.p, n.q)"):
        found = parse(f"DROP CONSTRAINT ON (n:L) ASSERT {properties} IS UNIQUE")
        assert found == ast.DropConstraint(None, both, "UNIQUENESS", False, 0)
    assert parse("DROP CONSTRAINT c IF EXISTS") == ast.DropConstraint("c", None, "", True, 0)


def test_what_follows_a_table_command_becomes_clauses() -> None:
    query = parse("SHOW all Functions YIELD name AS n ORDER BY n LIMIT 1 WHERE n > 'a' RETURN n")
    assert isinstance(query, ast.Query)
    call, limited, returned = query.parts[0].clauses
    assert isinstance(call, ast.TableCall)
    assert call.words == ("SHOW", "all", "Functions")
    assert call.yields == (ast.YieldItem("name", "n", 25),)
    assert isinstance(limited, ast.With)
    assert isinstance(returned, ast.Return)


@pytest.mark.parametrize("text", ["NOT " * 30_000 + "1", "+".join("1" * 30_000), "(" * 300, "RETURN " + "[" * 50_000])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(CypherSyntaxError):
        parse(f"RETURN {text}")


def test_long_flat_texts_are_read_fast() -> None:
    began = time.perf_counter()
    assert parse(f"RETURN [{','.join('1' * 50_000)}]")
    assert parse(f"MATCH (n) WHERE {' OR '.join(f'n.x = {i}' for i in range(9_000))} RETURN n")
    assert parse(" ".join(f"CREATE (a{i}:B {{x: 1}})" for i in range(4_500)))
    assert time.perf_counter() - began < 10  # about 0.6 s on a quiet machine

"""The shape of a text, and which of its literals become parameters."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.lexer import kinds_of, tokenise
from memgraph_py.cypher.parser import parse
from memgraph_py.cypher.shapes import Shape, shape_of, stands_for
from memgraph_py.engine.database import Database
from memgraph_py.errors import CypherError
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value

pytestmark = pytest.mark.quick


def values(text: str) -> dict[str, Value]:
    """The literals of a query that become parameters, by the parameter's name."""
    shape = shape_of(text)
    assert shape is not None
    query = parse(text)
    assert isinstance(query, ast.Query)
    return shape.values(tuple(stands_for(analyse(query, text).met.literals, shape).values()))


def test_literals_of_patterns_predicates_and_updates_become_parameters() -> None:
    assert values("MATCH (n:L {id: 42})-[r {w: 1.5}]->() WHERE n.x > 7 AND n.s STARTS WITH 'a' RETURN n") == {
        "#0": 42,
        "#1": 1.5,
        "#2": 7,
        "#3": "a",
    }
    assert values('CREATE (n:L {id: 1}) SET n.x = "y", n += {z: 2}') == {"#0": 1, "#1": "y", "#2": 2}
    assert values("UNWIND [1, 2, 3] AS x MERGE (n {id: x}) ON CREATE SET n.a = 4") == {"#0": [1, 2, 3], "#3": 4}
    assert values("MATCH (n) WHERE n.id IN ['a', 'b'] AND n.d < date('2020-01-01') RETURN n") == {
        "#0": ["a", "b"],
        "#2": "2020-01-01",
    }


def test_literals_of_projections_and_of_ranges_stay() -> None:
    assert values("MATCH (n {id: 1}) RETURN n.x + 2, 'y' AS y ORDER BY n.z + 3 SKIP 4 LIMIT 5") == {"#0": 1}
    assert values("MATCH (n {id: 1}) WITH n, 2 AS two WHERE two = 3 RETURN n") == {"#0": 1, "#2": 3}
    assert values("MATCH (n)-[*2]->() WHERE n.x = 1 RETURN n") == {"#1": 1}
    assert values("UNWIND range(1, 10) AS x CREATE ({id: 5})") == {"#2": 5}


def test_literals_of_what_where_shares_with_a_grouping_projection_stay() -> None:
    assert values("MATCH (n) WITH n.x + 1 AS y, count(*) AS c WHERE n.x + 1 > 2 AND c > 3 RETURN y, c") == {
        "#2": 2,
        "#3": 3,
    }
    assert values("MATCH (n) WITH DISTINCT n.x IN [1, 2] AS y WHERE n.x IN [1, 2] AND y <> [3] RETURN y") == {"#4": [3]}
    assert values("MATCH (n) WITH n.x + 1 AS y WHERE n.x + 1 > 2 RETURN y") == {"#1": 1, "#2": 2}


@pytest.mark.parametrize("items", ["n.x + 1 AS y, count(*) AS c", "DISTINCT n.x + 1 AS y, 1 AS c"])
def test_where_repeats_an_expression_of_a_grouping_projection(known: Database, items: str) -> None:
    texts = [f"MATCH (n) WITH {items} WHERE n.x + {number} > 9 RETURN y ORDER BY y LIMIT 3" for number in (1, 2)]
    for text in (*texts, *texts):
        assert answer(known, text) == answer(filled(), text)
    assert answer(known, texts[0]) == (("y",), "[[10], [10.5], [13]]")
    assert "not defined" in str(answer(known, texts[1]))


@pytest.mark.parametrize(
    "text", ["RETURN n1, $1, `2`, x.y2, 0x1F, 1e5, 12345678901234567890, 'it\\'s'", "MATCH (n)-[*1..3]->() RETURN n"]
)
def test_what_is_no_plain_literal_is_left(text: str) -> None:
    assert shape_of(text) == Shape(text, (), ())


@pytest.mark.parametrize("text", ["RETURN 1 // $` quoted names of parameters are ours", "RETURN '\0'"])
def test_a_text_with_marks_of_ours_has_no_shape(text: str) -> None:
    assert shape_of(text) is None


def spaced(text: str) -> str:
    shape = shape_of(text)
    assert shape is not None
    return [*shape.all_keys()][1]


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n {x: 1}) RETURN n.x",
        " MATCH (n {x: 2})\tRETURN n.x\n",
        "MATCH (n {x: 3})\r\n  RETURN n.x // request 17",
        "/* traceparent='00-4b-01' */ MATCH (n {x: 1}) RETURN n.x",
        "// don't\nMATCH/**/(n {x:/*/ 5 */1}) RETURN /* `a` \" */ // 'b'\n n.x/* // */ // /*",
    ],
)
def test_white_space_and_comments_are_one_blank(text: str) -> None:
    assert spaced(text) == "\0 MATCH (n {x: \0i}) RETURN n.x "


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("RETURN 'a\\n //b' AS x", "RETURN 'a\\n //c' AS x"),
        ('RETURN "\\" /*b*/" AS x', 'RETURN "\\" " AS x'),
        ("RETURN `a  b`", "RETURN `a b`"),
        ("RETURN $`a  b`, 1", "RETURN 1"),
        ("RETURN n", "RETURN n /*"),
        ("RETURN n /*", "RETURN n /* a"),
        ("RETURN n /", "RETURN n /*/"),
        ("RETURN n '//", "RETURN n '"),
        ("RETURN n.e + 5", "RETURN n.e+5"),
        ("RETURN a b", "RETURN ab"),
    ],
)
def test_what_is_no_white_space_and_no_comment_stays(first: str, second: str) -> None:
    shapes = [shape_of(first), shape_of(second)]
    assert None in shapes or spaced(first) != spaced(second)


def test_comments_and_quoted_names_are_not_looked_into() -> None:
    shape = shape_of("/* 'a' 1 */ RETURN `x 'b' 2` // 'c' 3\n, 'd'")
    assert shape is not None and shape.written == ("'d'",)
    assert shape_of("RETURN 1, 'a'") != shape_of('RETURN 1, "a"')
    whole, fraction = shape_of("RETURN 1"), shape_of("RETURN 1.0")
    assert whole is not None and fraction is not None and whole.key != fraction.key


pieces = st.sampled_from(
    ["1", "23", "4.5", "'a'", '"b"', "'c\\'", "`", "'", '"', "//", "/*", "*/", "\n", " ", ".", "..", "x", "-", "$", "e"]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_literals_are_those_of_the_lexer(text: str) -> None:
    shape = shape_of(text)
    if shape is None:
        return
    tokens = tokenise(text, kinds_of(()))
    read = dict(zip(tokens.starts, tokens.values, strict=True))
    for offset, written in zip(shape.offsets, shape.written, strict=True):
        if tokens.kinds[-2:-1] == ["INVALID"] and offset >= tokens.starts[-2]:
            break  # the lexer stops here, and nothing is planned
        assert read[offset] == (written[1:-1] if written[0] in "'\"" else float(written))


LITERALS = st.one_of(
    st.integers(0, 20).map(str),
    st.floats(0, 20).map(lambda number: f"{number:.2f}"),
    st.sampled_from(["a", "b", "ab", ""]).map(lambda text: f"'{text}'"),
)
QUERIES: list[Callable[[str, str], str]] = [
    lambda a, b: f"MATCH (n {{x: {a}}}) RETURN n.x, {b} AS y",
    lambda a, b: f"MATCH (n) WHERE n.x = {a} OR n.s STARTS WITH {b} RETURN n.x ORDER BY n.id",
    lambda a, b: f"MATCH (n) WHERE {a} < n.x <= {b} RETURN count(*), {a}",
    lambda a, b: f"MATCH (n) WHERE n.x IN [{a}, {b}] RETURN collect(n.id)",
    lambda a, b: f"UNWIND [{a}, [{b}]] AS x RETURN x, toString({a}) + {b}",
    lambda a, b: f"MATCH (n) WHERE n.x + {a} > {b} AND NOT n.s = {b} RETURN n.id ORDER BY n.id",
    lambda a, b: f"CREATE (m {{y: {a}, z: -{b}}}) SET m.w = [{a}, m.y] RETURN m.y, m.z, m.w",
    lambda a, b: f"MATCH (n) WITH n.x + {a} AS k, count(*) AS c WHERE c > {b} RETURN k, c ORDER BY k LIMIT 3",
    lambda a, b: f"MATCH (n) RETURN n.id ORDER BY n.id SKIP {a} LIMIT {b}",
    lambda a, b: f"MATCH (n) WITH n.x + {a} AS y, count(*) AS c WHERE n.x + {b} > {a} RETURN y, c ORDER BY y",
]


def answer(database: Database, text: str) -> object:
    """Rows or error; what was written is rolled back."""
    session = database.session()
    session.begin()
    try:
        result = session.run(text)
        return result.columns, repr(result.values())
    except CypherError as error:
        return error.code, error.text()
    finally:
        session.rollback()


@pytest.fixture(scope="module")
def known() -> Database:
    return filled()


def filled() -> Database:
    database = Database(GraphStore(), Limits())
    create = (
        "UNWIND range(0, 20) AS id CREATE ({id: id, x: CASE id % 3 WHEN 0 THEN id WHEN 1 THEN id / 2.0 END, s: 'ab'})"
    )
    database.session().run(create).values()
    return database


@given(st.integers(0, len(QUERIES) - 1), LITERALS, LITERALS)
def test_a_shared_plan_answers_as_one_of_its_own(known: Database, query: int, first: str, second: str) -> None:
    text = QUERIES[query](first, second)
    assert answer(known, text) == answer(filled(), text)

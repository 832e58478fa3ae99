"""Any text: a tree that can be analysed, or a CypherError with a place in the text. And soon."""

import contextlib
import time

from hypothesis import example, given, settings
from hypothesis import strategies as st

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.cypher.shapes import shape_of
from memgraph_py.cypher.tables import load_tables
from memgraph_py.errors import CypherError, CypherSyntaxError

TABLES = load_tables()
PIECES = st.sampled_from(
    [
        *sorted(TABLES.words),
        *sorted(TABLES.signs),
        *(
            "a",
            "b",
            "n.x",
            "$p",
            "1",
            "0",
            "2.5",
            "0x1f",
            "'s'",
            '"',
            "`q`",
            "``",
            "//",
            "/*",
            "*/",
            "\n",
            "é",
            "—",
            "\\",
            "\0",
        ),
        *(
            "(a)",
            "(a)-->(b)",
            "-[r:T*1..2]->",
            "MATCH (n)",
            "RETURN n",
            "RETURN 1 AS a",
            "WITH *",
            "ORDER BY",
            "count(*)",
        ),
        *("[x IN", "all(x IN", "reduce(a = 0,", "CASE WHEN", "EXISTS {", "COUNT {", "CALL {", "WITH 1 AS x", "n{.x}"),
    ]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=40).map(" ".join),
    st.lists(PIECES, max_size=25).map("".join),
    st.text(max_size=200),
    st.builds(lambda piece, count, rest: piece * count + rest, PIECES, st.integers(1, 400), st.text(max_size=5)),
)


def answer(text: str) -> CypherError | None:
    """The error of a text, or None when it is a statement."""
    try:
        statement = parse(text)
    except CypherSyntaxError as error:
        return error
    if isinstance(statement, ast.Query):
        try:
            analyse(statement, text)
        except CypherError as error:
            return error
    return None


@settings(max_examples=400)
@given(TEXTS)
@example("RETURN " + "+".join(["1"] * 190))
@example("RETURN " + "(" * 190 + "1" + ")" * 190)
@example("RETURN " + "NOT " * 190 + "true")
@example("MATCH (n) WHERE " + "EXISTS { MATCH (n) WHERE " * 45 + "true" + "}" * 45 + " RETURN n")
@example("CALL { " * 60 + "RETURN 1 AS x" + " } RETURN x" * 60)
@example("FOREACH (x IN [1] | " * 90 + "CREATE ()" + ")" * 90)
@example("RETURN " + "[x IN " * 190 + "[]" + "]" * 190)
@example("RETURN " + "CASE WHEN true THEN " * 190 + "1" + " END" * 190)
def test_any_text(text: str) -> None:
    error = answer(text)
    if error is not None:
        assert error.position is not None
        assert 0 <= error.position.offset <= len(text)
        assert error.detail is not None
        lines = text.split("\n")
        assert 1 <= error.position.line <= len(lines)
        assert error.position.column <= len(lines[error.position.line - 1]) + 1


@settings(max_examples=25)
@given(PIECES, PIECES, PIECES, st.sampled_from(["RETURN {} {} {} ", "{} {} {} ", "{}{}{}"]))
@example("}", "/*", "", "{} {} {} ")
@example("'", "\\", "", "{}{}{}")
@example("`", "/*", "*", "{}{}{}")
def test_long_texts_end_soon(first: str, second: str, third: str, form: str) -> None:
    """100 KB of the same again and again: much less than a second of parsing, whatever it is."""
    text = form.format(first, second, third)
    text = text * (100_000 // len(text))
    began = time.process_time()
    with contextlib.suppress(CypherError):
        shape_of(text)
        parse(text)
    assert time.process_time() - began < 3  # a machine that is busy, or measured for coverage, is slower

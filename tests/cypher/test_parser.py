"""The grammar and the parser: trees, names, errors with their places."""

from dataclasses import replace

import pytest

from memgraph_py.cypher import ast
from memgraph_py.cypher.parser import parse
from memgraph_py.cypher.tables import build_tables, grammar_text
from memgraph_py.errors import CypherSyntaxError


def test_grammar_has_no_conflict() -> None:
    """Lark resolves shift/reduce conflicts silently unless strict; ours has none at all."""
    build_tables(grammar_text())


def test_a_conflict_is_an_error() -> None:
    from lark.exceptions import GrammarError

    with pytest.raises(GrammarError):
        build_tables(
            grammar_text().replace(
                '"NOT" negation -> not_', '"NOT" negation -> not_\n | negation "AND" negation -> and_'
            )
        )


def test_stream_words_and_keywords_are_names() -> None:
    query = parse("MATCH (start {topic: 1}) RETURN start.test AS data, stop, stream, count, order")
    assert isinstance(query, ast.Query)
    match, returned = query.parts[0].clauses
    assert isinstance(match, ast.Match)
    assert isinstance(returned, ast.Return)
    assert match.pattern[0].nodes[0].variable == "start"
    assert [item.text for item in returned.projection.items] == ["data", "stop", "stream", "count", "order"]
    assert replace(returned.projection.items[0].expression, offset=0) == ast.PropertyAccess(
        ast.Variable("start", 32), "test", 0
    )


def test_two_statements_are_refused() -> None:
    with pytest.raises(CypherSyntaxError, match="only one statement") as caught:
        parse("RETURN 1; RETURN 2")
    assert caught.value.position is not None
    assert caught.value.position.offset == 10

"""Mutated queries: an answer or a CypherError, with its place in the text when it is the text that is wrong."""

import os
import random
import re
import time
from pathlib import Path

import pytest

from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.parser import parse
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.errors import CypherError, CypherSyntaxError, LimitExceeded
from memgraph_py.storage.store import GraphStore
from tests.golden import read_cases
from tests.grammar.graphs import graph_statement
from tests.grammar.mutations import Mutator
from tests.grammar.worlds import cases

SCRIPTS = Path(__file__).parent.parent / "scripts"
QUERIES = int(os.environ.get("MEMGRAPH_TESTS_FUZZ", "10000"))
PART = 500
"""Queries on one graph."""
PARAMETERS = {"p": 1, "id": 1, "x": "a", "list": [1, 2], "map": {"a": 1}}
RUN_SECONDS = 0.2
SLOWEST_SECONDS = 5.0
"""Of a text of some hundred characters, on a busy machine."""
COSTLY = re.compile(r"\d{5}|\brange\b|\bLOAD\b|\*|\bTRANSACTIONS\b", re.IGNORECASE)
"""Not run, only planned: what may give very many rows, or read files."""


def seeds() -> list[str]:
    """Right queries, nearly all of them: of the scripts, of the TCK where it is there, and generated ones."""
    texts = [
        statement.text
        for path in sorted(SCRIPTS.rglob("*.script"))
        for case in read_cases(path.read_text(encoding="utf-8"))
        for statement in case.statements()
        if not statement.text.startswith(":")
    ]
    texts += [query.text for case in cases(4_000_000, 30) for query in case.queries]
    folder = os.environ.get("MEMGRAPH_TCK")
    for path in sorted(Path(folder).rglob("*.feature")) if folder else ():
        blocks = re.findall(r'"""\n(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
        texts += [block.strip() for block in blocks]
    return texts


@pytest.mark.parametrize("part", range(max(1, QUERIES // PART)))
def test_mutated_queries(part: int, mutated_seeds: list[str]) -> None:
    chance = random.Random(part)
    mutator = Mutator(chance, mutated_seeds)
    store = GraphStore()
    session = Database(store, Limits()).session()
    session.run(graph_statement(chance)).values()
    for _ in range(PART):
        text = mutator.text()
        began = time.process_time()
        try:
            check(session, text)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error}\n{text!r}") from error
        assert time.process_time() - began < SLOWEST_SECONDS, text
    session.close()
    store.close()


def check(session: Session, text: str) -> None:
    """Prepare the text, and run it where that is cheap."""
    try:
        statement = parse(text)
    except CypherSyntaxError as error:
        assert_placed(error, text)
        return
    except LimitExceeded:
        return
    if not isinstance(statement, ast.Query):
        return
    try:
        result = session.run(text, PARAMETERS, timeout_seconds=RUN_SECONDS)
    except LimitExceeded:
        return
    except CypherError as error:
        if "ParameterMissing" not in error.code:
            assert_placed(error, text)
        return
    if COSTLY.search(text):
        return
    try:
        result.take(100)
    except CypherError:
        return


def assert_placed(error: CypherError, text: str) -> None:
    """The error says where in the text it is."""
    assert error.position is not None, error
    assert 0 <= error.position.offset <= len(text)
    assert error.position.line >= 1
    assert error.position.column >= 1


@pytest.fixture(scope="module")
def mutated_seeds() -> list[str]:
    """What is mutated."""
    return seeds()


# --- nesting ---

NESTED = {
    "parentheses": ("RETURN ", "(", "1", ")", ""),
    "lists": ("RETURN ", "[", "1", "]", ""),
    "maps": ("RETURN ", "{a: ", "1", "}", ""),
    "CASE": ("RETURN ", "CASE WHEN true THEN ", "1", " END", ""),
    "CASE of a value": ("RETURN ", "CASE ", "1", " WHEN 1 THEN 1 END", ""),
    "NOT": ("RETURN ", "NOT ", "true", "", ""),
    "minus": ("RETURN ", "- ", "1", "", ""),
    "functions": ("RETURN ", "abs(", "1", ")", ""),
    "comprehensions": ("RETURN ", "[x IN ", "[]", " | x]", ""),
    "quantifiers": ("RETURN ", "all(x IN [true] WHERE ", "true", ")", ""),
    "reduce": ("RETURN ", "reduce(t = 0, x IN [1] | ", "1", ")", ""),
    "pattern comprehensions": ("MATCH (a) RETURN ", "[(a)-->() | ", "1", "]", ""),
    "EXISTS": ("MATCH (n) WHERE ", "EXISTS { MATCH (n) WHERE ", "true", " }", " RETURN n"),
    "COUNT": ("RETURN ", "COUNT { MATCH (n) WHERE 1 < ", "1", " }", ""),
    "COLLECT": ("RETURN ", "COLLECT { RETURN ", "1", " AS x }", ""),
    "CALL": ("", "CALL { ", "RETURN 1 AS x", " RETURN 1 AS y }", " RETURN 1 AS z"),
    "FOREACH": ("", "FOREACH (x IN [1] | ", "CREATE ()", ")", ""),
    "subscripts": ("WITH [0] AS a RETURN ", "a[", "0", "]", ""),
    "properties": ("MATCH (a) RETURN a", ".b", "", "", ""),
    "path patterns": ("MATCH (a)", "-->()", "", "", " RETURN a"),
    "sums": ("RETURN 1", " + 1", "", "", ""),
    "powers": ("RETURN 1", " ^ 1", "", "", ""),
    "comparisons": ("RETURN 1", " < 2", "", "", ""),
    "conjunctions": ("MATCH (n) WHERE n.x = 1", " AND n.x = 1", "", "", " RETURN n"),
    "disjunctions": ("MATCH (n) WHERE n.x = 1", " OR n.x = 1", "", "", " RETURN n"),
    "UNION": ("RETURN 1 AS x", " UNION RETURN 1 AS x", "", "", ""),
    "clauses": ("WITH 1 AS x", " WITH x", "", "", " RETURN x"),
    "label expressions": ("MATCH (n:", "!", "A", "", ") RETURN n"),
    "bracketed labels": ("MATCH (n:", "(", "A", ")", ") RETURN n"),
    "comments": ("RETURN 1 ", "/* ", "", "*/ ", ""),
    "open parentheses": ("RETURN ", "(", "", "", ""),
    "open lists": ("RETURN ", "[", "", "", ""),
    "open patterns": ("MATCH ", "((", "", "", ""),
}
"""Before, again and again, in the middle, again and again, after."""
NESTED_SECONDS = 10.0


@pytest.mark.parametrize("levels", [300, 1_000, 10_000])
@pytest.mark.parametrize("form", NESTED)
def test_nesting_is_answered_or_refused(form: str, levels: int) -> None:
    before, opening, middle, closing, after = NESTED[form]
    text = f"{before}{opening * levels}{middle}{closing * levels}{after}"
    store = GraphStore()
    session = Database(store, Limits()).session()
    began = time.process_time()
    try:
        rows = session.run(text).values()
        assert isinstance(rows, list)
    except CypherError as error:
        if not isinstance(error, LimitExceeded):
            assert_placed(error, text)
    assert time.process_time() - began < NESTED_SECONDS
    session.close()
    store.close()

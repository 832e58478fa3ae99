"""White space and comments at any border of tokens: a text answers, tells and fails as one that is prepared anew."""

import random
from typing import Any

import pytest

from memgraph_py.config import Limits
from memgraph_py.cypher.lexer import kinds_of, tokenise
from memgraph_py.cypher.tables import load_tables
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.engine.statements import StatementCache
from memgraph_py.errors import CypherError
from memgraph_py.storage.store import GraphStore
from tests.grammar.worlds import case

CASES, QUERIES, SPACINGS = 8, 20, 4
BLANKS = (
    " ",
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n ",
    "/**/",
    " /* 'a' 1 \" */ ",
    "// x /* `\n",
    "/* // */ /* :L0 {k: 1} */",
    "\u2003",
)
KINDS = kinds_of(load_tables().words)


def spaced(chance: random.Random, text: str) -> str:
    """The text with other blanks between its tokens: where there are some, and at times where there are none."""
    tokens = tokenise(text, KINDS)
    more = chance.choice((0.0, 0.0, 0.05))
    pieces = [chance.choice(("", *BLANKS))]
    for start, end, following in zip(tokens.starts, tokens.ends, tokens.starts[1:], strict=False):
        pieces.append(text[start:end])
        if end < following or chance.random() < more:
            pieces.append(" " if chance.random() < 0.7 else chance.choice(BLANKS))
    pieces.append(chance.choice(("", *BLANKS, "// request", "; // request")))
    return "".join(pieces)


def broken(chance: random.Random, text: str) -> str:
    """At times the text without one of its tokens, or with one twice."""
    tokens = tokenise(text, KINDS)
    place = chance.randrange(len(tokens.starts))
    start, end = tokens.starts[place], tokens.ends[place]
    return text[:start] + text[end:] if chance.random() < 0.5 else f"{text[:end]} {text[start:]}"


def outcome(session: Session, text: str) -> tuple[Any, ...]:
    """Columns, rows and notifications, or the error with its place; what was written is rolled back."""
    session.begin()
    try:
        result = session.run(text)
        rows = repr(result.values())
        return result.columns, rows, result.summary().notifications
    except CypherError as error:
        return error.code, error.text(), error.position
    finally:
        session.rollback()


@pytest.mark.parametrize("seed", range(CASES))
def test_a_text_is_answered_as_one_prepared_anew(seed: int) -> None:
    chance = random.Random(7_000_000 + seed)
    made = case(chance, QUERIES)
    database = Database(GraphStore(), Limits())
    session = database.session()
    session.run(made.graph).values()
    known, view = database.core.statements, database.store.current
    shared = 0
    for query in made.queries:
        text = query.text if chance.random() < 0.7 else broken(chance, query.text)
        for other in [text, *(spaced(chance, text) for _ in range(SPACINGS))]:
            found = outcome(session, other)
            first, prepared = known.known(text, view), known.known(other, view)
            shared += other != text and first is not None and prepared is not None and prepared.plan is first.plan
            database.core.statements = StatementCache(Limits())
            assert found == outcome(session, other), other
            database.core.statements = known
    assert shared > QUERIES
    session.close()

"""Our answers beside those of a real Neo4j 5.26: each difference is explained in ``explained``.

Where Java and Maven are there the jars are fetched once, and a server is started. It takes two minutes, most of them
Neo4j's; with --endurance all expressions are compared, and generated queries for half an hour.
"""

import re
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from memgraph_py.server.app import EmbeddedServer
from tests.differences.asking import Reply, Server
from tests.differences.explained import EXPRESSIONS, QUERIES, Explanation
from tests.differences.neo4j_server import neo4j_server
from tests.differences.tables import GRAPH, entries
from tests.grammar.worlds import EVERYTHING, cases
from tests.maven import Unavailable

PART = 3
"""The inverse of the part of the expressions that are compared without --endurance."""
UPDATES = re.compile(r"\b(CREATE|MERGE|SET|DELETE|REMOVE)\b", re.IGNORECASE)
PARAMETERS: dict[str, Any] = {
    "name": "Ada",
    "list": [1, 2, 3],
    "map": {"name": "Zed", "age": 4, "nested": None},
    "label": "Person",
    "labels": ["Person", "Admin"],
    "key": "name",
    "type": "KNOWS",
    "rows": [{"id": 1, "v": "a"}, {"id": 2, "v": None}],
    "null": None,
    "n": 2,
    "skip": 1,
    "f": 1.5,
}
"""Of the written queries."""
CASES, SECONDS_IN_ENDURANCE = 12, 1800.0
"""The same cases each time, ten queries each; with --endurance as many as there is time for."""


@pytest.fixture(scope="module")
def neo4j() -> Iterator[Server]:
    """A Neo4j; the tests are skipped where there is none, with the reason."""
    running = neo4j_server()
    try:
        address = running.__enter__()
    except Unavailable as reason:
        pytest.skip(str(reason))
    server = Server(address)
    try:
        yield server
    finally:
        server.close()
        running.__exit__(None, None, None)


@pytest.fixture
def ours(server: EmbeddedServer) -> Iterator[Server]:
    """The server that is tested."""
    asked = Server(server.bolt_uri)
    yield asked
    asked.close()


class Differences:
    """Collects what no explanation holds for, and the explanations that were needed."""

    def __init__(self, explanations: tuple[Explanation, ...]) -> None:
        self.explanations = explanations
        self.used: set[Explanation] = set()
        self.unexplained: list[str] = []

    def compare(self, asked: str, names: str, neo4j: Reply, ours: Reply) -> None:
        """Notes a difference; both may fail, each in its words."""
        if neo4j.rows == ours.rows:
            return
        for explanation in self.explanations:
            if explanation.holds(asked, names, neo4j, ours):
                self.used.add(explanation)
                return
        self.unexplained.append(f"{asked}  of {names}\n  Neo4j: {neo4j}\n  ours:  {ours}")

    def check(self) -> None:
        """Fails with the first of what is not explained."""
        assert not self.unexplained, f"{len(self.unexplained)} differences:\n" + "\n".join(self.unexplained[:30])


def test_expressions(neo4j: Server, ours: Server, request: pytest.FixtureRequest) -> None:
    found = Differences(EXPRESSIONS)
    every = request.config.getoption("--endurance")
    for server in (neo4j, ours):
        server.reset(GRAPH)
    count = 0
    for entry in entries() if every else islice(entries(), 0, None, PART):
        found.compare(
            entry.expression,
            ", ".join(entry.names),
            neo4j.ask(entry.query, entry.parameters),
            ours.ask(entry.query, entry.parameters),
        )
        count += 1
    found.check()
    assert count > 5_000
    assert not every or [explanation.reason for explanation in EXPRESSIONS if explanation not in found.used] == []


def test_written_queries(neo4j: Server, ours: Server) -> None:
    """What users write, by hand: all of it is answered, and each answer is that of Neo4j."""
    found = Differences(())
    lines = Path(__file__).with_name("queries.cypher").read_text().splitlines()
    graph, *queries = [line for line in lines if not line.startswith("//")]
    for server in (neo4j, ours):
        server.reset(graph)
    for query in queries:
        ordered = "ORDER BY" in query.upper()
        then = EVERYTHING if UPDATES.search(query) else None
        theirs, own = (server.ask(query, PARAMETERS, ordered=ordered, then=then) for server in (neo4j, ours))
        assert theirs.rows is not None, f"{query}: {theirs}"
        found.compare(query, "", theirs, own)
    found.check()


def test_summaries(neo4j: Server, ours: Server) -> None:
    """The counters of a result, of each update that does less than it says, or says it twice."""
    lines = Path(__file__).with_name("summaries.cypher").read_text().splitlines()
    graph, known, *queries = [line for line in lines if not line.startswith("//")]
    for server in (neo4j, ours):
        server.reset(known)
        server.reset(graph)
    differences = []
    for query in queries:
        theirs, own = (server.counts(query, PARAMETERS) for server in (neo4j, ours))
        if theirs != own:
            differences.append(f"{query}\n  Neo4j: {theirs}\n  ours:  {own}")
    assert not differences, "\n".join(differences)


def test_generated_queries(neo4j: Server, ours: Server, request: pytest.FixtureRequest) -> None:
    found = Differences(QUERIES)
    endures = request.config.getoption("--endurance")
    deadline = time.monotonic() + SECONDS_IN_ENDURANCE
    answered = asked = 0
    for case in cases(0, 1_000_000 if endures else CASES):
        for server in (neo4j, ours):
            server.reset(case.graph)
        for query in case.queries:
            then = EVERYTHING if query.writes else None
            theirs, own = (
                server.ask(query.text, ordered=query.ordered, lists_in_order=query.lists_in_order, then=then)
                for server in (neo4j, ours)
            )
            found.compare(query.text, case.graph, theirs, own)
            asked += 1
            answered += theirs.rows is not None
        if time.monotonic() > deadline:
            break
    found.check()
    assert answered > asked * 0.8

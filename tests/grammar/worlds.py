"""Databases that generated queries are run on, and the ways to run them.

``python -m tests.grammar.worlds FIRST COUNT`` prints the answers to a number of generated queries as JSON: a process
with another environment can be asked for them too.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.engine.database import Database
from memgraph_py.engine.materialise import materialise
from memgraph_py.errors import CypherError
from memgraph_py.execution import execute
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.functions.registry import Environment
from memgraph_py.optimizer.pipeline import RULES, Rule, optimise
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.verification import verify
from memgraph_py.planner import plan_query
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.values.types import Value
from tests.grammar.answers import Answer, answer_of
from tests.grammar.graphs import INDEXES, graph_statement
from tests.grammar.queries import GeneratedQuery, query

EVERYTHING = "MATCH (n) OPTIONAL MATCH (n)-[r]->(m) RETURN n, r, m"


class FixedClock:
    """A time that stands still."""

    def now_seconds(self) -> float:
        """Always the same."""
        return 0.0


class World:
    """A graph in a store, and a transaction in which queries are run, and undone. Close it after use.

    uncommitted: the graph is made in the transaction itself, so that all of it is read from what the transaction wrote.
    """

    def __init__(
        self, graph: str, *, indexed: bool = False, uncommitted: bool = False, limits: Limits | None = None
    ) -> None:
        self.store = GraphStore()
        self.limits = limits or Limits()
        database = Database(self.store, self.limits)
        session = database.session()
        if indexed:
            for statement in INDEXES:
                session.run(statement).values()
        if not uncommitted:
            session.run(graph).values()
        session.close()
        self.transaction = self.store.begin(Access.WRITE)
        if uncommitted:
            self._rows(graph, ())

    def close(self) -> None:
        """Ends the transaction and the store."""
        self.store.rollback(self.transaction)
        self.store.close()

    def answer(self, query: GeneratedQuery, rules: tuple[Rule, ...] = RULES) -> Answer:
        """What the query gives when its plan is made with these rules; of a write also the graph that it leaves."""
        mark = self.transaction.mark()
        try:
            found = self._rows(query.text, rules)
            left = self._rows(EVERYTHING, ()) if query.writes else []
        except CypherError as error:
            return Answer(None, f"{error.code}: {error.text()}")
        finally:
            self.transaction.undo_to(mark)
        answer = answer_of(found, ordered=query.ordered, lists_in_order=query.lists_in_order)
        return Answer((*(answer.rows or ()), *(answer_of(left).rows or ())))

    def _rows(self, text: str, rules: tuple[Rule, ...]) -> list[list[Value]]:
        statement = parse(text)
        assert isinstance(statement, ast.Query)
        plan = plan_query(statement, analyse(statement, text), text)
        plan = optimise(plan, Statistics(self.transaction), rules)
        verify(plan)
        environment = Environment(self.transaction, FixedClock(), lambda: 0.5)
        context = ExecutionContext(self.transaction, environment, {}, self.limits)
        rows: list[list[Value]] = []
        for batch in list(execute(plan, context)):  # to the end first, as a write changes what is read from the rows
            rows += [[materialise(value, self.transaction) for value in record] for record in batch.records()]
        return rows


@dataclass(frozen=True, slots=True)
class Case:
    """A graph, and queries over it."""

    graph: str
    queries: tuple[GeneratedQuery, ...]


def cases(first: int, count: int, queries: int = 10) -> Iterator[Case]:
    """The cases of the seeds from ``first`` on; every fifth query writes."""
    for seed in range(first, first + count):
        yield case(random.Random(seed), queries)


def case(random: random.Random, queries: int) -> Case:
    """A case made of these random numbers."""
    graph = graph_statement(random)
    return Case(graph, tuple(query(random, writes=number % 5 == 4) for number in range(queries)))


def answers(first: int, count: int) -> list[tuple[tuple[str, ...] | None, str | None]]:
    """The rows, or the error, of all queries of the cases."""
    found = []
    for made in cases(first, count):
        world = World(made.graph)
        for generated in made.queries:
            answer = world.answer(generated)
            found.append((answer.rows, answer.error))
        world.close()
    return found


if __name__ == "__main__":
    json.dump(answers(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)

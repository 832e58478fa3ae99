"""`python -m benchmarks.plans`: what rules of the optimiser are worth, in CPU time of the thread that runs a query.

Each query is planned with all rules and with all but one, and run both ways in turns, in one process, on one graph:
100,000 users with ids, ages and cities, few of them pinned, 1,768,515 friendships among them, and 10,000 posts that
they like, some of them often; a post has a day, a like a number.
"""

import time
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.social_graph import social
from memgraph_py.columnar import Column, Kind
from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.engine.database import Database
from memgraph_py.execution import execute
from memgraph_py.execution.executor import ExecutionContext
from memgraph_py.functions.registry import Environment
from memgraph_py.optimizer.pipeline import RULES, Rule, optimise
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.operators import Operator
from memgraph_py.planner import plan_query
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access, Transaction
from memgraph_py.values.types import Value

POSTS, LIKES = 10_000, 200_000
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the rule that it is to show."""

    rule: str
    text: str
    parameters: dict[str, Value] = field(default_factory=dict)


QUESTIONS = (
    Question("count_in_store", "MATCH (n) RETURN count(*)"),
    Question("count_in_store", "MATCH (n:User) RETURN count(n)"),
    Question("count_in_store", "MATCH ()-[r]->() RETURN count(r)"),
    Question("count_in_store", "MATCH ()-[r:LIKES]->() RETURN count(*)"),
    Question(
        "answer_once",
        "MATCH (u:User) WHERE NOT EXISTS { (u)-[:FRIEND]->()-[:LIKES]->(:Post {id: 9000}) } RETURN count(u.id)",
    ),
    Question(
        "answer_once",
        "MATCH (u:User) RETURN sum(COUNT { (u)-[:FRIEND]->()-[:LIKES]->(:Post {id: 9000}) }) AS c",
    ),
    Question(
        "answer_once",
        "MATCH (u:User) WITH COLLECT { MATCH (u)-[:FRIEND]->(v)-[:LIKES]->(:Post {id: 9000}) RETURN v.age } AS ages "
        "RETURN max(size(ages))",
    ),
    Question("join_by_hash", "UNWIND range(1, 100) AS week MATCH (p:Post {week: week}) RETURN count(p.id)"),
    Question("join_by_hash", "MATCH (a:Post), (b:Post) WHERE a.week = b.week AND a.id <= 1000 RETURN count(b.id)"),
    Question(
        "limit_sorts",
        "MATCH (u:User) RETURN u.id ORDER BY u.age DESC, u.id SKIP $skip LIMIT $limit",
        {"skip": 20, "limit": 10},
    ),
    Question("use_indexes", "MATCH (u:User {id: 5}) RETURN u.age"),
    Question("use_indexes", "MATCH (u:User) WHERE 50000 <= u.id < 50100 RETURN sum(u.age)"),
    Question("use_indexes", "MATCH (u:User) WHERE u.id = 5 OR u.id > 99990 RETURN sum(u.age)"),
    Question("use_indexes", "MATCH (p:Post {day: 9, id: 374}) RETURN p.id"),
    Question("use_indexes", "MATCH (u:User {city: 9}) WHERE u.id > 99000 RETURN u.age"),
    Question("use_indexes", "MATCH (u:User) WHERE u.pinned IS NOT NULL RETURN u.age"),
    Question("order_by_index", "MATCH (u:User) RETURN u.age ORDER BY u.id DESC LIMIT 10"),
    Question("order_by_index", "MATCH (u:User) WHERE u.age > 30 RETURN u.age ORDER BY u.id LIMIT 10"),
    Question("order_expansions", "MATCH ()-[l:LIKES {number: 7}]->(p) RETURN p.id"),
    Question(
        "order_expansions",
        "MATCH (a:User {id: 5})-[:FRIEND]->()-[:FRIEND]->(m)<-[:FRIEND]-()<-[:FRIEND]-(b:User {id: 90000}) "
        "RETURN count(m.id)",
    ),
)


class Clock:
    """The time of the machine."""

    def now_seconds(self) -> float:
        """Seconds since 1970."""
        return time.time()


def main() -> None:
    """Print the table."""
    store = GraphStore()
    fill(store)
    transaction = store.begin(Access.READ)
    table = Table("rule", "query", "without it, ms", "with it, ms")
    for question in QUESTIONS:
        left_out = next(rule for rule in RULES if rule.__name__ == question.rule)
        plans = [
            planned(question.text, transaction, tuple(rule for rule in RULES if rule is not left_out)),
            planned(question.text, transaction, RULES),
        ]
        seconds = [[run(plan, question, transaction) for plan in plans] for _ in range(ROUNDS)]
        figures = (f"{min(column) * 1000:,.2f}" for column in zip(*seconds, strict=True))
        table.add_row(question.rule, Text(question.text), *figures)
    Console(width=180).print(table)
    store.rollback(transaction)
    store.close()


def fill(store: GraphStore) -> None:
    """The graph, with its indexes."""
    session = Database(store).session()
    session.run("CREATE INDEX ON :User(id)").values()
    session.run("CREATE INDEX ON :Post(id)").values()
    session.run("CREATE INDEX ON :Post(day, id)").values()
    session.run("CREATE INDEX ON :User(city, id)").values()
    session.run("CREATE INDEX ON :User(pinned)").values()
    session.run("CREATE INDEX FOR ()-[l:LIKES]-() ON (l.number)").values()
    session.close()
    graph = social()
    random = np.random.default_rng(7)
    schema = store.current.schema
    id, age = schema.keys.intern("id"), schema.keys.intern("age")
    transaction = store.begin(Access.WRITE)
    count = len(graph.ages)
    properties = {
        id: Column(Kind.INT, np.arange(1, count + 1)),
        age: Column(Kind.INT, graph.ages, graph.ages >= 0),
        schema.keys.intern("city"): Column(Kind.INT, np.arange(count) % 1000),
        schema.keys.intern("pinned"): Column(Kind.INT, np.arange(count), np.arange(count) % 500 == 0),
    }
    users = transaction.create_nodes(count, (schema.labels.intern("User"),), properties)
    numbers = np.arange(1, POSTS + 1)
    properties = {
        id: Column(Kind.INT, numbers),
        schema.keys.intern("day"): Column(Kind.INT, numbers % 365),
        schema.keys.intern("week"): Column(Kind.INT, numbers % 365),
    }
    posts = transaction.create_nodes(POSTS, (schema.labels.intern("Post"),), properties)
    friend, likes = schema.types.intern("FRIEND"), schema.types.intern("LIKES")
    transaction.create_relationships(users[graph.sources - 1], users[graph.targets - 1], friend, {})
    liked = posts[(POSTS * random.random(LIKES) ** 3).astype(np.int64)]
    properties = {schema.keys.intern("number"): Column(Kind.INT, np.arange(LIKES))}
    transaction.create_relationships(users[random.integers(0, count, LIKES)], liked, likes, properties)
    store.commit(transaction).result()


def planned(text: str, transaction: Transaction, rules: tuple[Rule, ...]) -> Operator:
    """The plan of the text, made with these rules."""
    statement = parse(text)
    assert isinstance(statement, ast.Query)
    return optimise(plan_query(statement, analyse(statement, text), text), Statistics(transaction), rules)


def run(plan: Operator, question: Question, transaction: Transaction) -> float:
    """Seconds of the processor that the plan's rows took."""
    environment = Environment(transaction, Clock(), lambda: 0.5)
    context = ExecutionContext(transaction, environment, question.parameters, Limits())
    begun = time.thread_time()
    for _ in execute(plan, context):
        pass
    return time.thread_time() - begun


if __name__ == "__main__":
    main()

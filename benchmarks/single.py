"""`python -m benchmarks.single`: CPU time of a statement of one row, in process, without a log.

Each commits by itself, or in an explicit transaction of its own: BEGIN, the statement, COMMIT. Least of several rounds
of two hundred, on 100,000 nodes with an index on their id and 50,000 relationships.
"""

import argparse
import gc
import time
from itertools import count

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from memgraph_py.bolt.packstream import Dialect
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.server.records import RecordStream, SchemaNames
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.temporal import Date
from memgraph_py.values.types import Value

NODES = 100_000
STATEMENTS = 200
LOOK_UP = "MATCH (n:P {id: $a})"
TWO = "MATCH (a:P {id: $a}), (b:P {id: $b})"
TEXTS = (
    ("CREATE (:P {id: $new, name: $text})",),
    ("CREATE (n:P {id: $new, name: $text}) RETURN n",),
    (f"{LOOK_UP} SET n.c = $new",),
    (f"{TWO} CREATE (a)-[:K]->(b)",),
    ("MERGE (n:P {id: $a}) SET n.c = $new",),
    (f"{LOOK_UP} SET n.c = n.c + 1",),
    (f"{LOOK_UP} SET n.c = n.c + 1 RETURN n.c",),
    (f"{LOOK_UP} SET n += $map RETURN n",),
    (f"{TWO} MERGE (a)-[r:K]->(b)",),
    ("MERGE (a:P {id: $a}) MERGE (b:P {id: $b}) MERGE (a)-[:K]->(b)",),
    ("MATCH (n:P {id: $gone}) DETACH DELETE n",),
    (f"{LOOK_UP} REMOVE n.name",),
    (f"{LOOK_UP} SET n:Q",),
    (f"{LOOK_UP} SET n.at = $date",),
    ("CREATE (n:P {id: $new, at: datetime()}) RETURN n",),
    ("MERGE (n:P {id: toInteger($a)}) SET n.c = $new",),
    (f"{LOOK_UP} RETURN n.c",),
    (f"{LOOK_UP} SET n.c = $new", "MATCH (n:P {id: $b}) SET n.c = $new"),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    database = new_database()
    numbers = count(NODES)
    table = Table("µs of CPU", "by itself", "in a transaction of its own")
    for texts in TEXTS:
        least = [
            min(cost(database, texts, numbers, explicit=explicit) for _ in range(rounds)) for explicit in (False, True)
        ]
        table.add_row(escape("; ".join(texts)), *(f"{microseconds:.1f}" for microseconds in least))
    Console(width=140).print(table)


def new_database() -> Database:
    """The graph."""
    database = Database(GraphStore())
    session = database.session()
    for text in (
        "CREATE INDEX ON :P(id)",
        f"UNWIND range(0, {NODES - 1}) AS i CREATE (:P {{id: i, c: 1, name: 'n' + i, at: date()}})",
        f"UNWIND range(0, {NODES - 1}, 2) AS i MATCH (a:P {{id: i}}), (b:P {{id: i + 1}}) CREATE (a)-[:K]->(b)",
    ):
        session.run(text).values()
    return database


def cost(database: Database, texts: tuple[str, ...], numbers: "count[int]", *, explicit: bool) -> float:
    """Microseconds of CPU for all of the texts."""
    session, names = database.session(), SchemaNames(database.store.schema)
    given = [parameters(next(numbers)) for _ in range(STATEMENTS)]
    gc.collect()
    gc.disable()
    started = time.thread_time()
    for values in given:
        if explicit:
            session.begin()
        for text in texts:
            take(session, names, text, values)
        if explicit:
            session.commit()
    spent = time.thread_time() - started
    gc.enable()
    return spent / STATEMENTS * 1e6


def parameters(number: int) -> dict[str, Value]:
    """New ones each time: the first half of the nodes is found, of the second half some are deleted."""
    half = NODES // 2
    return {
        "new": number,
        "a": number * 7 % half,
        "b": number * 11 % half,
        "gone": half + number % half,
        "text": "name",
        "date": Date(number % 20_000),
        "map": {"c": number, "name": "other"},
    }


def take(session: Session, names: SchemaNames, text: str, values: dict[str, Value]) -> None:
    """As a client does: all records, packed."""
    stream = RecordStream(session.run(text, values), names, Dialect(), bounded=True)
    while not stream.take(1_000, 1 << 20).finished:
        pass


if __name__ == "__main__":
    main()

"""`python -m benchmarks.imports`: CPU time a row of imports through a subquery, in process, without a log.

`UNWIND $rows AS row CALL (row) { … } IN TRANSACTIONS OF 1000 ROWS`, or FOREACH, as loaders and their users write them.
The subquery has to do for a row what it would do if the rows before it had each been a statement, so what is shown is
also how many rows the server finds to be independent of each other. Least of some rounds, at two sizes.
"""

import argparse
import gc
import time

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from memgraph_py.engine.database import Database
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value

CALL = "UNWIND $rows AS row CALL (row) {{ {} }} IN TRANSACTIONS OF 1000 ROWS"
FOREACH = "UNWIND $rows AS row FOREACH (one IN [row] | {})"
TEXTS = (
    CALL.format("MERGE (n:P {id: row.id}) SET n.name = row.name"),
    CALL.format("MERGE (n:P {id: row.id}) SET n += row.map"),
    CALL.format("MATCH (n:P {id: row.id}) SET n.count = coalesce(n.count, 0) + 1"),
    CALL.format("MERGE (a:P {id: row.id}) MERGE (b:P {id: row.to}) MERGE (a)-[:K]->(b)"),
    CALL.format(
        "MERGE (a:P {id: row.id}) ON CREATE SET a.made = 1 ON MATCH SET a.seen = 1 "
        "MERGE (b:P {id: row.to}) ON CREATE SET b.made = 1 ON MATCH SET b.seen = 1 MERGE (a)-[:K]->(b)"
    ),
    CALL.format(
        "MERGE (a:P {id: row.id}) SET a.name = row.name MERGE (b:P {id: row.to}) SET b.name = row.name "
        "MERGE (a)-[:K]->(b)"
    ),
    CALL.format(
        "MERGE (a:P {id: row.id}) SET a.name = row.name MERGE (b:Q {key: row.group}) SET b.name = row.name "
        "MERGE (a)-[:K]->(b)"
    ),
    FOREACH.format("MERGE (a:P {id: one.id}) SET a += one.map MERGE (b:Q {key: one.group}) MERGE (a)-[:K]->(b)"),
)
GROUPS = 1_000
"""Nodes `b` of those with `row.group`: each of them comes once in so many rows."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(arguments)
    table = Table("µs of CPU a row", *(f"{rows:,} rows" for rows in given.rows))
    for text in TEXTS:
        least = [min(cost(text, rows) for _ in range(given.rounds)) for rows in given.rows]
        table.add_row(escape(text), *(f"{microseconds:.1f}" for microseconds in least))
    Console(width=140).print(table)


def cost(text: str, count: int) -> float:
    """Microseconds of CPU a row, into a graph that has every second node."""
    session = Database(GraphStore()).session()
    for statement in ("CREATE INDEX FOR (n:P) ON (n.id)", "CREATE INDEX FOR (n:Q) ON (n.key)"):
        session.run(statement).values()
    session.run("UNWIND range(0, $last, 2) AS i CREATE (:P {id: i, name: 'before'})", {"last": count - 1}).values()
    rows: list[Value] = [
        {
            "id": number,
            "to": number * 7 % count,
            "group": number % GROUPS,
            "name": f"name {number}",
            "map": {"name": f"name {number}", "age": number % 90},
        }
        for number in range(count)
    ]
    gc.collect()
    started = time.process_time()
    session.run(text, {"rows": rows}).values()
    return (time.process_time() - started) / count * 1e6


if __name__ == "__main__":
    main()

"""`python -m benchmarks.embedded kuzu|ladybug FOLDER`: copies the graph of `benchmarks.social_files` into an embedded
database, in memory, and prints what that took and what the graph answers, as JSON. Used by `benchmarks.memory`.

Both install modules that do not go together in one process.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.server_cpu import resident_bytes

NAMES = {"kuzu": "Kùzu", "ladybug": "Ladybug"}
_TABLES = (
    "CREATE NODE TABLE User(id INT64, age INT64, gender STRING, completion_percentage INT64, PRIMARY KEY(id))",
    "CREATE REL TABLE Friend(FROM User TO User)",
)
_ANSWERS = (
    "MATCH (u:User) RETURN count(u), sum(u.age), sum(u.completion_percentage)",
    "MATCH (u:User {gender: 'woman'}) RETURN count(*)",
    "MATCH (:User)-[f:Friend]->(:User) RETURN count(f)",
    "MATCH (:User {id: 1})-[:Friend]-(u:User) RETURN sum(u.id)",
)


def main() -> None:
    """Copy, ask, print."""
    module = importlib.import_module(sys.argv[1])
    folder = Path(sys.argv[2])
    connection = module.Connection(module.Database(":memory:"))
    for text in _TABLES:
        connection.execute(text)
    base = resident_bytes(os.getpid())
    begun, cpu_begun = time.perf_counter(), time.process_time()
    connection.execute(f'COPY User FROM "{folder / "users.csv"}" (header=true)')
    connection.execute(f'COPY Friend FROM "{folder / "edges.csv"}" (header=true)')
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu_begun
    held = resident_bytes(os.getpid()) - base
    answers = [int(value) for text in _ANSWERS for value in _first_row(connection, text)]
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "held": held, "answers": answers}))


def _first_row(connection: Any, text: str) -> list[Any]:
    row: list[Any] = connection.execute(text).get_next()
    return row


if __name__ == "__main__":
    main()

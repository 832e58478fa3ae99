"""`python -m benchmarks.memory`: what a graph takes in memory, and how long it takes to come in, out, and back.

The graph: 100,000 users with four properties and an index on their id, and 1.77 million friendships, from two CSV files
by LOAD CSV, on a server with its log on disk. Memory is what it holds more than before the first of them, some seconds
after the last statement. Then the server is stopped, and a fresh process loads its checkpoint and writes it anew.

Embedded databases that are installed (`pip install kuzu ladybug`) copy the same files in the same run, in turns, each
in a process of its own, in memory. All must give the same counts and sums before a figure counts.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import neo4j

from benchmarks.embedded import NAMES
from benchmarks.report import REPOSITORY, Figure, add_output_arguments, publish
from benchmarks.server_cpu import process_seconds, resident_bytes, wait_until_idle
from benchmarks.serving import Server, serving
from benchmarks.social_files import SocialFiles, write_social_files

_SETTLE_SECONDS = 5.0
_STATEMENTS = (
    "CREATE INDEX FOR (u:User) ON (u.id)",
    "LOAD CSV WITH HEADERS FROM 'file:///users.csv' AS row CREATE (:User {id: toInteger(row.id), "
    "age: toInteger(row.age), gender: row.gender, completion_percentage: toInteger(row.completion_percentage)})",
    "LOAD CSV WITH HEADERS FROM 'file:///edges.csv' AS row MATCH (a:User {id: toInteger(row.src)}) "
    "MATCH (b:User {id: toInteger(row.dst)}) CREATE (a)-[:Friend]->(b)",
)
_ANSWERS = (
    "MATCH (u:User) RETURN count(u), sum(u.age), sum(u.completion_percentage)",
    "MATCH (u:User {gender: 'woman'}) RETURN count(*)",
    "MATCH (:User)-[f:Friend]->(:User) RETURN count(f)",
    "MATCH (:User {id: 1})-[:Friend]-(u:User) RETURN sum(u.id)",
)
_MEMORY_BEFORE = {"Kùzu": 23.0, "Ladybug": 37.0, "FalkorDB": 88.0, "Grafeo": 114.0, "Memgraph": 1_950.0}
_IMPORT_BEFORE = {"Kùzu": 1.28, "Ladybug": 1.56, "FalkorDB": 8.2, "Grafeo": 4.7, "Neo4j": 13.1}

Took = dict[str, Any]
"""What one round of one database took, by name of the figure: seconds, CPU seconds, bytes."""


def main() -> None:
    """Run all, print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the least of so many counts")
    parser.add_argument("--times", type=int, default=1, help="a graph so many times as large")
    parser.add_argument("--peer", action="append", choices=list(NAMES), help="without it: those that are installed")
    add_output_arguments(parser)
    arguments = parser.parse_args()
    peers = arguments.peer or [name for name in NAMES if importlib.util.find_spec(name)]
    rounds: list[Took] = []
    others: dict[str, list[Took]] = {name: [] for name in peers}
    with tempfile.TemporaryDirectory() as folder:
        files = write_social_files(Path(folder), arguments.times)
        for number in range(arguments.rounds):
            data = Path(folder, f"data-{number}")
            rounds.append({**import_files(data, files), **_ask("benchmarks.exchange", str(data))})
            for name in peers:
                took = _ask("benchmarks.embedded", name, folder)
                assert took.pop("answers") == files.answers, f"{name} has another graph"
                others[name].append(took)
    least = {name: _least(took) for name, took in others.items()}
    title = f"{files.users:,} users, {files.friendships:,} friendships; {arguments.rounds} rounds"
    publish(figures(files, _least(rounds), least), arguments, title)


def import_files(data: Path, files: SocialFiles) -> Took:
    """By LOAD CSV into an empty server, which is then stopped and started again."""
    flags = ("--import-directory", str(files.users_path.parent))
    took: Took = {}
    with serving(*flags, folder=data) as server:
        wait_until_idle(server.own_process)
        base = _measured(server, lambda session: session.run("RETURN 1").consume())["resident"]
        took |= _measured(server, _import)
        time.sleep(_SETTLE_SECONDS)
        took["held"] = resident_bytes(server.own_process) - base
        _check(server, files)
    with serving(*flags, folder=data) as server:
        loaded = _measured(server, lambda session: session.run("RETURN 1").consume())
        took["loaded"] = loaded["resident"] - base
        _check(server, files)
    return took


def figures(files: SocialFiles, ours: Took, others: Mapping[str, Took]) -> list[Figure]:
    """The lines of the table."""
    now = frozenset(NAMES[name] for name in others)
    memory = {NAMES[name]: took["held"] / files.elements for name, took in others.items()}
    imports = {NAMES[name]: took["seconds"] for name, took in others.items()}
    imports_cpu = {NAMES[name]: took["cpu_seconds"] for name, took in others.items()}
    is_usual = files.users == 100_000
    return [
        Figure(
            "memory after the import",
            "bytes a node or relationship",
            ours["held"] / files.elements,
            45.0,
            peers={**_MEMORY_BEFORE, **memory},
            now_measured=now,
        ),
        Figure("memory after a start with it", "bytes a node or relationship", ours["loaded"] / files.elements, 45.0),
        Figure(
            "import from CSV",
            "s",
            ours["seconds"],
            1.5 if is_usual else None,
            peers={**(_IMPORT_BEFORE if is_usual else {}), **imports},
            now_measured=now,
        ),
        Figure("import from CSV, CPU time", "s", ours["cpu_seconds"], peers=imports_cpu, now_measured=now),
        *(
            Figure(work, "s", ours[name], reach if is_usual else None)
            for work, name, reach in (
                ("checkpoint", "write_seconds", 0.5),
                ("checkpoint, CPU time", "write_cpu_seconds", None),
                ("load of the checkpoint", "load_seconds", 0.5),
                ("load of the checkpoint, CPU time", "load_cpu_seconds", None),
            )
        ),
        Figure("size of the checkpoint", "bytes a node or relationship", ours["file_bytes"] / files.elements),
    ]


def _import(session: neo4j.Session) -> None:
    for text in _STATEMENTS:
        session.run(text).consume()


def _check(server: Server, files: SocialFiles) -> None:
    with _driver(server) as driver, driver.session() as session:
        answers = [value for text in _ANSWERS for value in session.run(text).single(strict=True).values()]
    assert answers == files.answers, "the server has another graph"


def _measured(server: Server, work: Callable[[neo4j.Session], object]) -> Took:
    """Seconds of the work by the clock and of CPU time, and the bytes resident after it."""
    with _driver(server) as driver, driver.session() as session:
        begun, cpu_begun = time.perf_counter(), process_seconds(server.own_process)
        work(session)
        seconds, cpu_seconds = time.perf_counter() - begun, process_seconds(server.own_process) - cpu_begun
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "resident": resident_bytes(server.own_process)}


def _driver(server: Server) -> neo4j.Driver:
    return neo4j.GraphDatabase.driver(server.uri)


def _ask(module: str, *words: str) -> Took:
    """What the module says on its standard output, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True
    )
    took: Took = json.loads(done.stdout)
    return took


def _least(rounds: Sequence[Took]) -> Took:
    return {name: min(took[name] for took in rounds) for name in rounds[0]}


if __name__ == "__main__":
    main()

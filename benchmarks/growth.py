"""`python -m benchmarks.growth`: whether memory and files follow what is there, not what ever was.

Rounds of 100,000 elements, half of them nodes with a text and an indexed number, half relationships with a property:
made by two statements, deleted by a third, through the engine, with log and checkpoints on disk, beside nodes of the
same label that stay. 100 rounds are 10 million elements. Then some rounds more while a reader stays open. Time is CPU
time of the whole process, background included. Memory is resident: what came on top of what the process had before. The
live set is the most that the first ten rounds needed.
"""

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.server_cpu import resident_bytes
from memgraph_py.config import Limits
from memgraph_py.durability.checkpoint import Checkpointer
from memgraph_py.durability.commit_log import DiskCommitLog
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.recovery import recover
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.metrics import Metrics
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.values.types import Value

_CREATE_NODES = "UNWIND range(1, $half) AS i CREATE (:N {id: i, text: 'round ' + $round + ', node ' + i})"
_CREATE_RELATIONSHIPS = (
    "UNWIND range(1, $half) AS i MATCH (a:N {id: i}) MATCH (b:N {id: 1 + i * 7919 % $half}) "
    "CREATE (a)-[:R {weight: i}]->(b)"
)
_DELETE = "MATCH (n:N) WHERE n.id > 0 DETACH DELETE n"
_KEEP = "UNWIND range($start, $stop) AS i CREATE (:N {id: -i, text: 'kept, node ' + i})"
_KEPT_AT_ONCE = 50_000
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Round:
    """CPU seconds of the statements and what followed them; bytes resident before and after the deletion; bytes of all
    files after it."""

    created_seconds: float
    deleted_seconds: float
    full_bytes: int
    empty_bytes: int
    file_bytes: int


def main() -> None:
    """Run, print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--rounds-with-reader", type=int, default=20)
    parser.add_argument("--elements", type=int, default=100_000, help="of a round")
    parser.add_argument("--kept", type=int, default=500_000, help="nodes that stay all the time")
    arguments = parser.parse_args()
    half = arguments.elements // 2
    with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as graph:
        session = graph.session()
        run(session, "CREATE INDEX FOR (n:N) ON (n.id)")
        play(graph, Path(folder), half, 0)
        gc.collect()
        floor = resident_bytes(os.getpid())
        for start in range(0, arguments.kept, _KEPT_AT_ONCE):
            run(session, _KEEP, start=start, stop=min(start + _KEPT_AT_ONCE, arguments.kept) - 1)
        print(
            "       create   delete      full     empty     files   (CPU seconds; megabytes above the process before)"
        )
        rounds = [play(graph, Path(folder), half, number) for number in range(1, arguments.rounds + 1)]
        show(rounds, floor)
        reader = graph.session()
        run(session, _CREATE_NODES, half=half, round="held")
        reader.begin(Access.READ)
        run(session, _DELETE)
        print("with a reader open:")
        show([play(graph, Path(folder), half, number) for number in range(1, arguments.rounds_with_reader + 1)], floor)
        assert reader.run("MATCH (n:N) WHERE n.id > 0 RETURN count(n.text)").values() == [[half]]
        reader.rollback()
        del reader
        print("after it:")
        show([play(graph, Path(folder), half, number) for number in range(1, 5)], floor)


def play(graph: Database, folder: Path, half: int, number: int) -> Round:
    """One round."""
    session = graph.session()
    started = time.process_time()
    run(session, _CREATE_NODES, half=half, round=number)
    run(session, _CREATE_RELATIONSHIPS, half=half)
    created = time.process_time()
    full = resident_bytes(os.getpid())
    run(session, _DELETE)
    graph.store.wait_for_maintenance()
    ended = time.process_time()
    return Round(
        created - started,
        ended - created,
        full,
        resident_bytes(os.getpid()),
        sum(file.stat().st_size for file in folder.iterdir()),
    )


def run(session: Session, text: str, **parameters: Value) -> None:
    """Run the statement to its commit."""
    session.run(text, parameters).values()


@contextmanager
def database(folder: Path) -> Iterator[Database]:
    """A database on the folder, with log and checkpoints as the server has them."""
    directory, metrics, limits = DataDirectory(folder), Metrics(), Limits()
    directory.acquire()
    log = DiskCommitLog(directory, limits.log_rotate_bytes, metrics)
    store = GraphStore(log, limits)
    recovered = recover(directory, store)
    log.open(store.schema, recovered.log)
    checkpointer = Checkpointer(directory, store, log, recovered, metrics)
    checkpointer.start()
    try:
        yield Database(store, limits)
    finally:
        checkpointer.stop()
        store.close()
        directory.release()


def show(rounds: list[Round], floor: int) -> None:
    """The first and last rounds, and what all of them come to."""
    chosen = sorted({0, 1, 2, len(rounds) // 2, len(rounds) - 1} & set(range(len(rounds))))
    for number in chosen:
        one = rounds[number]
        print(
            f"{number + 1:4} {one.created_seconds:8.2f} {one.deleted_seconds:8.2f} "
            + " ".join(f"{(size - floor) / _MEGABYTE:9.1f}" for size in (one.full_bytes, one.empty_bytes))
            + f" {one.file_bytes / _MEGABYTE:9.1f}"
        )
    tenth = max(len(rounds) // 10, 1)
    seconds = [one.created_seconds + one.deleted_seconds for one in rounds]
    live = max(one.full_bytes for one in rounds[:10]) - floor
    print(
        f"     last tenth / first tenth, CPU seconds: {median(seconds[-tenth:]) / median(seconds[:tenth]):.2f}; "
        f"most resident / live set: {(max(one.full_bytes for one in rounds) - floor) / max(live, 1):.2f}; "
        f"most files: {max(one.file_bytes for one in rounds) / _MEGABYTE:.0f} MB\n"
    )


if __name__ == "__main__":
    main()

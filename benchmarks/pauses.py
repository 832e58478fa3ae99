"""`python -m benchmarks.pauses`: how long writers wait for what the store does in the background.

The graph of `benchmarks.memory`, in this process, its log on disk. One thread commits a relationship every other
millisecond; meanwhile another does nothing, packs the adjacency again and again, or writes checkpoints. Shown is how
long commits take, by the clock, without the waiting for the disk; and the same less the time in which the committing
thread was ready and other processes had the cores, which is what the background is answerable for (and still too much:
the thread that holds the lock waits for a core too).
"""

import argparse
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np

from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.social_graph import social, store_social
from memgraph_py.durability.checkpoint_file import Checkpoint, write_checkpoint
from memgraph_py.storage.exchange import export_snapshot
from memgraph_py.storage.maintenance import pack_adjacency
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access

REACH_MS = 5.0
_BETWEEN_SECONDS = 0.002
_SETTLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds of each commit; the same less those in which the thread was ready and had no core; how often the
    background did what it does."""

    milliseconds: list[float]
    ready: list[float]
    rounds: int


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pauses", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each sort of background")
    add_output_arguments(parser)
    arguments = parser.parse_args()
    store = GraphStore()
    store_social(store, social())
    figures = []
    with TemporaryDirectory() as folder:
        works: tuple[tuple[str, Callable[[], object]], ...] = (
            ("nothing", lambda: time.sleep(0.1)),
            ("packing the adjacency", lambda: _pack(store)),
            ("writing a checkpoint", lambda: _checkpoint(store, Path(folder, "checkpoint"))),
        )
        for name, work in works:
            waits = measure(store, work, arguments.seconds)
            for share, shown in ((99.0, "99 of 100"), (100.0, "all")):
                reach = REACH_MS if name != "nothing" else None
                title = f"{shown} commits, beside {name} ({waits.rounds} times)"
                figures.append(Figure(title, "ms", float(np.percentile(waits.milliseconds, share)), None))
                title += ", less waiting for a core"
                figures.append(Figure(title, "ms", float(np.percentile(waits.ready, share)), reach))
    publish(figures, arguments, "how long a commit takes, at most")


def measure(store: GraphStore, work: Callable[[], object], seconds: float) -> Waits:
    """Commits beside the work."""
    ended = threading.Event()
    rounds = 0

    def run() -> None:
        nonlocal rounds
        while not ended.is_set():
            work()
            rounds += 1

    background = threading.Thread(target=run)
    background.start()
    milliseconds, ready = [], []
    stop = time.perf_counter() + seconds
    friend = store.schema.types.intern("Friend")
    random = np.random.default_rng(1)
    while time.perf_counter() < stop:
        ends = random.integers(0, store.current.node_bound, (2, 1))
        waited, begun = _waited_for_a_core(), time.perf_counter()
        transaction = store.begin(Access.WRITE)
        transaction.create_relationships(ends[0], ends[1], friend, {})
        store.commit(transaction).result()
        milliseconds.append((time.perf_counter() - begun) * 1000)
        ready.append(milliseconds[-1] - (_waited_for_a_core() - waited) * 1000)
        time.sleep(_BETWEEN_SECONDS)
    ended.set()
    background.join()
    return Waits(milliseconds, ready, rounds)


def _waited_for_a_core() -> float:
    """Seconds that this thread was ready to run, and others had the cores."""
    return int(Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text().split()[1]) / 1e9


def _pack(store: GraphStore) -> None:
    """As the maintenance does it, which lets go of what was replaced after the commits have."""
    held = store.current.adjacency.base
    pack_adjacency(store)
    time.sleep(_SETTLE_SECONDS)
    del held


def _checkpoint(store: GraphStore, path: Path) -> None:
    data = export_snapshot(store.current)
    write_checkpoint(path, Checkpoint(UUID(int=0), data.version, data.metadata, data.arrays))


if __name__ == "__main__":
    main()

"""`python -m benchmarks.exchange FOLDER`: loads the graph of a server that was stopped, writes a checkpoint of it, and
prints what that took, by the clock and of CPU time of the whole process, as JSON. Used by `benchmarks.memory`."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from memgraph_py.durability.checkpoint_file import Checkpoint, write_checkpoint
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.recovery import recover
from memgraph_py.storage.exchange import export_snapshot
from memgraph_py.storage.store import GraphStore

ROUNDS = 3


def main() -> None:
    """Print the least of some rounds."""
    folder = Path(sys.argv[1])
    path = folder / "written-anew"
    rounds = []
    for _ in range(ROUNDS):
        store = GraphStore()
        took = _timed("load", partial(recover, DataDirectory(folder), store))
        took |= _timed("write", partial(_write, path, store))
        rounds.append({**took, "file_bytes": path.stat().st_size})
        path.unlink()
    print(json.dumps({name: min(took[name] for took in rounds) for name in rounds[0]}))


def _write(path: Path, store: GraphStore) -> None:
    data = export_snapshot(store.current)
    write_checkpoint(path, Checkpoint(UUID(int=0), data.version, data.metadata, data.arrays))


def _timed(name: str, work: Callable[[], object]) -> dict[str, float]:
    begun, cpu_begun = time.perf_counter(), time.process_time()
    work()
    return {
        f"{name}_seconds": time.perf_counter() - begun,
        f"{name}_cpu_seconds": time.process_time() - cpu_begun,
    }


if __name__ == "__main__":
    main()

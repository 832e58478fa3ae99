"""Stand-ins for what a stream's thread talks to: an Ingestion that keeps what it is given, and scripts."""

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from uuid import UUID

from memgraph_py.engine.query_runs import QueryRun
from memgraph_py.engine.turns import Turns
from memgraph_py.storage.changes import Partition, StreamPosition

MANUAL = (Path(__file__).parents[2] / "examples" / "transform.py").read_text(encoding="utf-8")
ECHO = "def stream(batch):\n    return [('RETURN $value', {'value': m.decode()}) for m in batch]\n"


class FakeIngestion:
    """Keeps batches and positions in memory. ``errors``: raised by the next calls of apply, one each. ``goes_on``: set
    unless batches are to wait until it is; ``waits`` once one does."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.batches: list[list[QueryRun]] = []
        self.positions: dict[UUID, StreamPosition] = {}
        self.errors: list[BaseException] = []
        self.late_errors: list[BaseException] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.waits = threading.Event()

    def apply(
        self,
        runs: list[QueryRun],
        stream_id: UUID,
        next_offsets: Mapping[Partition, int],
        batches_left: int | None,
    ) -> Future[int]:
        if runs and not self.goes_on.is_set():
            self.waits.set()
            self.goes_on.wait()
        if self.errors and runs:
            raise self.errors.pop(0)
        done: Future[int] = Future()
        if self.late_errors and runs:
            done.set_exception(self.late_errors.pop(0))
            return done
        known = self.positions.get(stream_id)
        offsets = {**(known.next_offsets if known else {}), **next_offsets}
        assert all(offset >= known.next_offsets.get(key, 0) for key, offset in offsets.items()) if known else True
        self.positions[stream_id] = StreamPosition(offsets, batches_left)
        if runs:
            self.batches.append(runs)
        done.set_result(len(self.batches))
        return done

    def position(self, stream_id: UUID) -> StreamPosition | None:
        return self.positions.get(stream_id)

    def stream_ids(self) -> set[UUID]:
        return set(self.positions)

    def forget(self, stream_id: UUID) -> Future[int]:
        self.positions.pop(stream_id, None)
        done: Future[int] = Future()
        done.set_result(0)
        return done

    def missing_indexes(self, texts: Iterable[str]) -> list[tuple[str, str]]:
        return [("Node", "id") for text in texts if ":Node {id:" in text]

    def values(self) -> list[object]:
        """All parameters of all queries, in order, when each query has one."""
        found: list[object] = []
        for runs in self.batches:
            for run in runs:
                for column in run.parameters.values():
                    found += column
        return found

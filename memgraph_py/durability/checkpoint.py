"""Checkpoints while the server runs, and one when it stops.

    rotate the log ─▶ take the published snapshot ─▶ temporary file, synced ─▶ rename, sync the folder ─▶ delete older

The log is rotated first: whatever the files before the new one hold is then in the snapshot, so they can go. A snapshot
does not change, so writers go on meanwhile. A crash at any point leaves the older files, the newer ones, or both.
Where the disk has no room for it none is begun: it would take the last room from the log.
"""

import logging
import threading
import time
from itertools import pairwise

from memgraph_py.durability.checkpoint_file import Checkpoint, write_checkpoint
from memgraph_py.durability.commit_log import DiskCommitLog
from memgraph_py.durability.directory import TEMPORARY_SUFFIX, DataDirectory
from memgraph_py.durability.recovery import Recovered
from memgraph_py.errors import CypherError
from memgraph_py.metrics import Metrics
from memgraph_py.storage.exchange import export_snapshot
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.store import GraphStore

logger = logging.getLogger(__name__)


class Checkpointer:
    """Writes checkpoints of a store; one at a time. ``recovered``: what the store was made from."""

    def __init__(
        self, directory: DataDirectory, store: GraphStore, log: DiskCommitLog, recovered: Recovered, metrics: Metrics
    ) -> None:
        self._directory = directory
        self._store = store
        self._log = log
        self._database_id = recovered.log.database_id
        self._newest = recovered.checkpoint_version  # a later file in the folder is damaged, and is written again
        self._metrics = metrics
        self._writing = threading.Lock()
        self._wanted = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Write a checkpoint in the background whenever the log has grown large."""
        self._log.follow(max((path.stat().st_size for _, path in self._directory.checkpoints()), default=0))
        self._log.on_large = self._wanted.set
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No more checkpoints in the background; waits for one that is being written."""
        self._stopped = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def write(self) -> int:
        """Write one now, if any commit came after the newest, or that was deleted; gives its version.

        Raises OSError or CommitFailed; then the older files are all there.
        """
        with self._writing:
            complete = self._log.rotate().result()
            snapshot = self._store.current
            assert snapshot.version >= complete, "a commit of a complete log file is not published"
            if snapshot.version > self._newest or self._is_deleted(self._newest):
                self._write(snapshot)
                self._newest = snapshot.version
            self._remove_older(self._newest)
            return snapshot.version

    def _is_deleted(self, version: int) -> bool:
        return version > 0 and not self._directory.checkpoint_path(version).exists()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopped:
                return
            try:
                self.write()
            except (OSError, CypherError) as error:  # the log goes on growing; the next full file tries again
                logger.error("a checkpoint could not be written", extra={"reason": str(error)})

    def _write(self, snapshot: Snapshot) -> None:
        started = time.perf_counter()
        data = export_snapshot(snapshot)
        self._directory.check_room(sum(array.nbytes for array in data.arrays.values()))
        path = self._directory.checkpoint_path(snapshot.version)
        temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
        written = write_checkpoint(
            temporary, Checkpoint(self._database_id, snapshot.version, data.metadata, data.arrays)
        )
        try:
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._directory.sync()
        self._log.follow(written)
        seconds = time.perf_counter() - started
        self._metrics.checkpoints.inc()
        self._metrics.checkpoint_seconds.observe(seconds)
        logger.info(
            "checkpoint written",
            extra={"path": str(path), "bytes": written, "seconds": round(seconds, 3)},
        )

    def _remove_older(self, version: int) -> None:
        """Delete checkpoints before this version, and logs that hold none after it."""
        for older, path in self._directory.checkpoints():
            if older < version:
                path.unlink(missing_ok=True)
        logs = self._directory.logs()
        for (_, path), (next_first, _) in pairwise(logs):
            if next_first <= version + 1:
                path.unlink(missing_ok=True)
        self._directory.sync()

"""From the files back to the graph: the newest checkpoint, then the log after it.

    checkpoint-…0040    log-…0031  log-…0041  log-…0053
    ───── 40 ─────▶     (older)    41 … 52    53 … 60, and what a crash tore off

Versions must follow one another without a gap. A torn frame at the very end is cut off and reported, as it was never
acknowledged. Anything else that is wrong with a file is a StartupError that names file and byte: a graph with a hole in
it is never served. A damaged checkpoint is passed over, with a warning, only where an older one or the whole log makes
up for it, which is so while the newer one's predecessors have not been deleted.
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

from memgraph_py.durability.checkpoint_file import Checkpoint, read_checkpoint
from memgraph_py.durability.commit_log import LogState
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.encoding import DamagedRecord, Watermarks, decode
from memgraph_py.durability.log_file import LogContents, read_log
from memgraph_py.errors import StartupError
from memgraph_py.storage.exchange import SnapshotData, load_snapshot
from memgraph_py.storage.store import GraphStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What ``recover`` found: where the log goes on, the checkpoint used (0: none), commits taken from logs."""

    log: LogState
    checkpoint_version: int
    commits: int


def recover(directory: DataDirectory, store: GraphStore) -> Recovered:
    """Bring the graph in the folder into the empty store. Raises StartupError, see above; changes no file."""
    logs = directory.logs()
    checkpoint = _newest_checkpoint(directory, logs)
    if checkpoint is None:
        state = LogState(uuid4(), 0, Watermarks())
    else:
        load_snapshot(store, SnapshotData(checkpoint.version, checkpoint.metadata, checkpoint.arrays))
        state = LogState(checkpoint.database_id, checkpoint.version, Watermarks.of(store.schema))
    needed = _logs_after(logs, state.version)
    database_id = None if checkpoint is None else checkpoint.database_id
    for first_version, path in needed:
        contents = read_log(path, is_last=path == needed[-1][1])
        if contents is None:
            state = _begin_anew(path, first_version, state)
            break
        database_id = _check_header(contents, first_version, database_id, state.version)
        state = _replay(contents, store, replace(state, database_id=database_id))
        _check_tail(contents, is_last=path == needed[-1][1])
    checkpoint_version = 0 if checkpoint is None else checkpoint.version
    return Recovered(state, checkpoint_version, state.version - checkpoint_version)


def _newest_checkpoint(directory: DataDirectory, logs: list[tuple[int, Path]]) -> Checkpoint | None:
    """The newest one that is whole and that the logs lead on from; None to begin with the first commit."""
    damage: StartupError | None = None
    for version, path in reversed(directory.checkpoints()):
        if damage is not None and not _leads_on(version, logs):
            break
        try:
            checkpoint = read_checkpoint(path)
        except StartupError as error:
            damage = damage or error
            logger.warning("a checkpoint cannot be used", extra={"path": str(path), "reason": error.message})
            continue
        if checkpoint.version != version:
            raise StartupError(f"the checkpoint '{path}' holds version {checkpoint.version}, not that of its name")
        return checkpoint
    if damage is not None and not _leads_on(0, logs):
        raise damage
    return None


def _leads_on(version: int, logs: list[tuple[int, Path]]) -> bool:
    """True when some log begins at the version's successor or before it."""
    return any(first_version <= version + 1 for first_version, _ in logs)


def _logs_after(logs: list[tuple[int, Path]], version: int) -> list[tuple[int, Path]]:
    """Those that hold later versions: from the last one that begins at the version's successor or before it."""
    if not logs:
        return []
    if not _leads_on(version, logs):
        raise StartupError(
            f"commits are missing: the log '{logs[0][1]}' begins with version {logs[0][0]}, and the graph before it "
            f"{'is not there' if version == 0 else f'ends with version {version}'}"
        )
    first = max(number for number, (first_version, _) in enumerate(logs) if first_version <= version + 1)
    return logs[first:]


def _begin_anew(path: Path, first_version: int, state: LogState) -> LogState:
    """The last file has no whole header, thus no commit: it will be written again under its name."""
    _check_follows(path, first_version, state.version)
    logger.warning(
        "the log ends within its header and is begun anew", extra={"path": str(path), "byte": path.stat().st_size}
    )
    return replace(state, path=None, header=None)


def _check_follows(path: Path, first_version: int, version: int) -> None:
    if first_version > version + 1:
        raise StartupError(
            f"commits are missing: the log '{path}' begins with version {first_version}, "
            f"and the files before it end with {version}"
        )


def _check_header(contents: LogContents, named_version: int, database_id: UUID | None, version: int) -> UUID:
    header, path = contents.header, contents.path
    if header.first_version != named_version:
        raise StartupError(f"the log file '{path}' begins with version {header.first_version}, not that of its name")
    if database_id is not None and header.database_id != database_id:
        raise StartupError(
            f"the log file '{path}' belongs to another database",
            hint=f"it is of database {header.database_id}, the files before it are of {database_id}",
        )
    _check_follows(path, header.first_version, version)
    return header.database_id


def _replay(contents: LogContents, store: GraphStore, state: LogState) -> LogState:
    """Apply the commits that the store does not have yet; names are interned from all of them."""
    version, known = state.version, state.known
    for record in contents.records():
        if record.version <= version:
            continue
        try:
            changes, known = decode(record.payload, store.schema, known, contents.header.format)
        except DamagedRecord as error:
            raise StartupError(f"the log file '{contents.path}' is damaged at byte {record.offset}: {error}") from error
        store.apply_recovered(record.version, changes)
        version = record.version
    return replace(state, version=version, known=known, path=contents.path, header=contents.header, end=contents.end)


def _check_tail(contents: LogContents, *, is_last: bool) -> None:
    if not contents.torn_bytes:
        return
    if not is_last:
        raise StartupError(
            f"the log file '{contents.path}' is damaged at byte {contents.end}, and a later log follows",
            hint="restore the file from a copy; nothing was changed",
        )
    logger.warning(
        "the log ends in a commit that was not finished, and is cut off there",
        extra={"path": str(contents.path), "byte": contents.end, "bytes": contents.torn_bytes},
    )

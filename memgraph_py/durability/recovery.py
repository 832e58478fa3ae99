"""From the files back to the graph: the newest checkpoint, then the log after it.

    checkpoint-…0040    log-…0031  log-…0041  log-…0053
    ───── 40 ─────▶     (older)    41 … 52    53 … 60, and what a crash tore off

Versions must follow one another without a gap. A file counts up to the version with which the next one begins: after a
failed sync the log goes on in a new file, and what is left in the old one was refused to its clients. A torn frame at
the very end is cut off and reported, as it was never acknowledged. Anything else that is wrong with a file is a
StartupError that names file and byte: a graph with a hole in it is never served. A damaged checkpoint is passed over,
with a warning, only where an older one or the whole log makes up for it, which is so while the newer one's
predecessors have not been deleted.

Where the end of the log is damaged or missing, nothing can bring back its commits but a copy. Who has none may go on
with what stands before: ``accept_lost_commits``.
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


def recover(directory: DataDirectory, store: GraphStore, *, accept_lost_commits: bool = False) -> Recovered:
    """Bring the graph in the folder into the empty store. Raises StartupError, see above, and has changed no
    file then."""
    logs = directory.logs()
    checkpoint, passed_over = _newest_checkpoint(directory, logs)
    if checkpoint is None:
        state = LogState(uuid4(), 0, Watermarks())
    else:
        load_snapshot(store, SnapshotData(checkpoint.version, checkpoint.metadata, checkpoint.arrays))
        state = LogState(checkpoint.database_id, checkpoint.version, Watermarks.of(store.schema))
    needed = _logs_after(logs, state.version)
    database_id = None if checkpoint is None else checkpoint.database_id
    lost = None
    if checkpoint is not None and not logs:
        lost = f"the log after version {checkpoint.version} is missing in '{directory.path}'"
    for number, (first_version, path) in enumerate(needed, 1):
        until = needed[number][0] if number < len(needed) else None
        contents = read_log(path)
        database_id = _check_header(contents, first_version, database_id, state.version)
        state = _replay(contents, store, replace(state, database_id=database_id), until)
        if until is None:
            lost = _look_at_end(contents, state.version)
        else:
            _check_reaches(contents, state.version, until)
    if passed_over > state.version:
        lost = lost or f"the checkpoint of version {passed_over} is damaged, and the log ends with {state.version}"
    if lost is not None:
        state = _go_on_without(lost, state, directory, accept_lost_commits)
    store.finish_recovery()
    checkpoint_version = 0 if checkpoint is None else checkpoint.version
    return Recovered(state, checkpoint_version, state.version - checkpoint_version)


def _go_on_without(lost: str, state: LogState, directory: DataDirectory, accepted: bool) -> LogState:
    """A new file takes over; what is left of the old ones stays where it is, and damaged checkpoints of lost versions
    under another name. Raises StartupError if not accepted."""
    if not accepted:
        raise StartupError(
            lost,
            hint="restore the folder from a copy; or start once with --accept-lost-commits, to go on with the graph "
            f"of version {state.version} and lose what was committed later",
        )
    logger.warning("commits are lost, as was accepted", extra={"reason": lost, "version": state.version})
    for version, path in directory.checkpoints():
        if version > state.version:
            path.rename(path.with_name(path.name + ".damaged"))
    return replace(state, path=None, header=None)


def _newest_checkpoint(directory: DataDirectory, logs: list[tuple[int, Path]]) -> tuple[Checkpoint | None, int]:
    """The newest one that is whole and that the logs lead on from; None to begin with the first commit. And the version
    of the newest one that had to be passed over, 0 if there is none."""
    damage: StartupError | None = None
    passed_over = 0
    for version, path in reversed(directory.checkpoints()):
        if damage is not None and not _leads_on(version, logs):
            break
        try:
            checkpoint = read_checkpoint(path)
        except StartupError as error:
            damage = damage or error
            passed_over = max(passed_over, version)
            logger.warning("a checkpoint cannot be used", extra={"path": str(path), "reason": error.message})
            continue
        if checkpoint.version != version:
            raise StartupError(f"the checkpoint '{path}' holds version {checkpoint.version}, not that of its name")
        return checkpoint, passed_over
    if damage is not None and not _leads_on(0, logs):
        raise damage
    return None, passed_over


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


def _replay(contents: LogContents, store: GraphStore, state: LogState, until: int | None) -> LogState:
    """Apply the commits before ``until`` that the store does not have yet."""
    version, known = state.version, state.known
    for record in contents.records(until):
        if record.version <= version:
            continue
        try:
            changes, known = decode(record.payload, store.schema, known, contents.header.format)
        except DamagedRecord as error:
            raise StartupError(f"the log file '{contents.path}' is damaged at byte {record.offset}: {error}") from error
        store.apply_recovered(record.version, changes)
        version = record.version
    return replace(state, version=version, known=known, path=contents.path, header=contents.header, end=contents.end)


def _check_reaches(contents: LogContents, version: int, until: int) -> None:
    """The file leads up to the next one."""
    if version >= until:
        raise StartupError(
            f"the log file '{contents.path}' reaches version {version}, and the next one begins with {until}"
        )
    if version < until - 1 and (contents.damage is not None or contents.torn_bytes):
        why = contents.damage or "its last record is cut off"
        raise StartupError(
            f"the log file '{contents.path}' is damaged at byte {contents.end}, and a later log follows: {why}",
            hint="restore the file from a copy; nothing was changed",
        )


def _look_at_end(contents: LogContents, version: int) -> str | None:
    """What was lost at the end of the last file, None if nothing was."""
    if contents.damage is not None:
        return f"the log file '{contents.path}' is damaged at byte {contents.end}: {contents.damage}"
    if contents.is_continued:
        return f"the log file that begins with version {version + 1} is missing: '{contents.path}' goes on there"
    if contents.torn_bytes:
        logger.warning(
            "the log ends in a commit that was not finished, and is cut off there",
            extra={"path": str(contents.path), "byte": contents.end, "bytes": contents.torn_bytes},
        )
    return None

"""Which of two transactions must give way: the one that commits second, when both wrote the same element.

A new relationship marks its end nodes: that conflicts with their deletion, in either order, and with nothing else. So
two transactions may create relationships at the same node.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from memgraph_py.errors import TransactionConflict
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships

Numbers = NDArray[np.int64]

_RECENT = 64
"""Commits that are kept as they are: most are let go before anything is compared with them."""


_WRITTEN, _DELETED, _ENDS, _RELATIONSHIPS = range(4)
_CONFLICTS = (
    (_WRITTEN, _WRITTEN, "node"),
    (_DELETED, _ENDS, "node"),
    (_ENDS, _DELETED, "node"),
    (_RELATIONSHIPS, _RELATIONSHIPS, "relationship"),
)
"""What of one transaction must be apart from what of another."""


class WriteSet:
    """What a transaction wrote, as sorted ids, made when they are first compared: nodes whose properties or labels were
    set or that were deleted, nodes that were deleted, nodes that got a relationship, relationships that were set or
    deleted."""

    __slots__ = ("_changes", "_sets", "_sorts")

    def __init__(self, changes: ChangeSet) -> None:
        self._changes: ChangeSet | None = changes
        self._sorts: list[int] | None = None
        self._sets: dict[int, Numbers] | None = None

    def check(self, earlier: "WriteSet") -> None:
        """Raises TransactionConflict when the other one, which is committed, stands in the way of this one."""
        my_sorts, their_sorts = self._present(), earlier._present()
        for mine, theirs, element in _CONFLICTS:
            if mine in my_sorts and theirs in their_sorts:
                shared = _shared(self._ids(mine), earlier._ids(theirs))
                for id in shared.tolist() if len(shared) else ():
                    if not self._has_made(id, element):
                        raise TransactionConflict(
                            f"another transaction has changed {element} {id} first",
                            hint="nothing was written, try again",
                        )

    def condense(self) -> int:
        """Keeps the ids alone and lets go of the values that were written; gives how many ids."""
        count = sum(len(self._ids(sort)) for sort in self._present())
        self._changes = None
        return count

    def _present(self) -> list[int]:
        """The sorts of which there are ids; found when something is compared, which most commits never are."""
        sorts = self._sorts
        if sorts is None:
            changes = self._changes
            assert changes is not None, "all sorts were found before the changes were let go"
            present = (
                changes.node_properties or changes.label_writes or changes.deleted_nodes,
                changes.deleted_nodes,
                changes.created_relationships,
                changes.relationship_properties or changes.deleted_relationships,
            )
            sorts = self._sorts = [sort for sort, parts in enumerate(present) if parts]
        return sorts

    def _has_made(self, id: int, element: str) -> bool:
        """True where the id is that of a new element: what the other one has deleted had the id before."""
        assert self._changes is not None, "only a committed one has let go of its changes"
        blocks: list[CreatedNodes] | list[CreatedRelationships] = (
            self._changes.created_nodes if element == "node" else self._changes.created_relationships
        )
        return any(id in block.ids for block in blocks)

    def _ids(self, sort: int) -> Numbers:
        sets = self._sets
        if sets is None:
            sets = self._sets = {}
        ids = sets.get(sort)
        if ids is None:
            assert self._changes is not None, "all sets were made before the changes were let go"
            ids = sets[sort] = distinct(np.concatenate(_parts(self._changes, sort)))
        return ids


def _parts(changes: ChangeSet, sort: int) -> list[Numbers]:
    if sort == _WRITTEN:
        parts = [write.ids for write in changes.node_properties] + [write.ids for write in changes.label_writes]
        return parts + changes.deleted_nodes
    if sort == _DELETED:
        return changes.deleted_nodes
    if sort == _ENDS:
        return [ids for block in changes.created_relationships for ids in (block.sources, block.targets)]
    return [write.ids for write in changes.relationship_properties] + changes.deleted_relationships


class History:
    """Write sets of the newest commits, for transactions that began before them. Under the commit lock.

    Bounded: an open transaction may keep so many commits, or ids that they wrote, and no more; one that is older than
    what is left cannot be checked, and is refused.
    """

    __slots__ = ("_commits_max", "_condensed", "_ids", "_rows_max", "_sets", "checked_from")

    def __init__(self, commits_max: int, rows_max: int) -> None:
        self._commits_max = commits_max
        self._rows_max = rows_max
        self._sets: deque[tuple[int, WriteSet]] = deque()
        self._condensed: deque[tuple[int, WriteSet, int]] = deque()
        """Older than those of ``_sets``, with the number of their ids."""
        self._ids = 0
        self.checked_from = 0
        """Transactions based on an older version cannot be checked."""

    def __len__(self) -> int:
        return len(self._sets) + len(self._condensed)

    def add(self, version: int, changes: ChangeSet, keep_after: int) -> None:
        """A commit; ``keep_after``: what came up to this version, no transaction will meet."""
        sets = self._sets
        sets.append((version, WriteSet(changes)))
        if self._condensed or len(sets) > _RECENT:
            self.forget(keep_after)
            self._condense()
            return
        while sets[0][0] <= keep_after:  # as ``forget``; this one is met by those to come
            sets.popleft()

    def _condense(self) -> None:
        while len(self._sets) > _RECENT:
            old, write_set = self._sets.popleft()
            self._condensed.append((old, write_set, write_set.condense()))
            self._ids += self._condensed[-1][2]
        while self._condensed and (len(self) > self._commits_max or self._ids > self._rows_max):
            self.checked_from, _, count = self._condensed.popleft()
            self._ids -= count

    def forget(self, version: int) -> None:
        """No transaction will meet the commits up to this version."""
        while self._sets and self._sets[0][0] <= version:
            self._sets.popleft()
        while self._condensed and self._condensed[0][0] <= version:
            self._ids -= self._condensed.popleft()[2]

    def check(self, based_on: int, changes: ChangeSet) -> None:
        """Raises TransactionConflict when a commit after the version stands in the way, or may do."""
        if based_on < self.checked_from:
            raise TransactionConflict(
                "the transaction was open for too long: the commits since are too many to be checked",
                hint="nothing was written, try again",
            )
        if self._sets and self._sets[-1][0] > based_on:
            mine = WriteSet(changes)
            for version, write_set, _ in self._condensed:
                if version > based_on:
                    mine.check(write_set)
            for version, write_set in self._sets:
                if version > based_on:
                    mine.check(write_set)

    def take_back(self, version: int) -> None:
        """The commits after the version have failed."""
        while self._sets and self._sets[-1][0] > version:
            self._sets.pop()
        while not self._sets and self._condensed and self._condensed[-1][0] > version:
            self._ids -= self._condensed.pop()[2]


def _shared(mine: Numbers, theirs: Numbers) -> Numbers:
    if len(mine) > len(theirs):
        mine, theirs = theirs, mine
    if len(mine) == 0:
        return mine
    places = np.searchsorted(theirs, mine)
    places[places == len(theirs)] = 0
    shared: Numbers = mine[theirs[places] == mine]
    return shared

"""Interned names, label sets and index definitions: append-only, shared by all snapshots of a store.

An id, once given, means the same name for ever, so a schema needs no versions of its own beyond ``version``, which
counts changes of indexes and is part of the statement cache's key. Names are interned under a lock; reading needs none.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgraph_py.config import Limits
from memgraph_py.errors import LimitExceeded

_NAMES_MAX = Limits().names_max


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """An index on one property of the nodes with a label."""

    name: str
    label: int
    key: int


class Names:
    """Names to ids 0, 1, 2 … in order of first use; never forgets."""

    __slots__ = ("_ids", "_lock", "_max", "_names", "_sort")

    def __init__(self, sort: str, names_max: int) -> None:
        """sort: what the names are of, in the plural."""
        self._sort = sort
        self._max = names_max
        self._ids: dict[str, int] = {}
        self._names: list[str] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._names)

    def find(self, name: str) -> int | None:
        """The id, or None for a name never used."""
        return self._ids.get(name)

    def intern(self, name: str) -> int:
        """The id; a new one for a new name. Raises LimitExceeded when there are too many."""
        id = self._ids.get(name)
        if id is not None:
            return id
        with self._lock:
            id = self._ids.get(name)
            if id is None:
                id = len(self._names)
                _check_room(id, self._max, self._sort)
                self._names.append(name)
                self._ids[name] = id
            return id

    def name(self, id: int) -> str:
        """The name of an id that was given."""
        return self._names[id]

    def all(self) -> list[str]:
        """All names, by id."""
        return list(self._names)


def _check_room(count: int, names_max: int, sort: str) -> None:
    if count >= names_max:
        raise LimitExceeded(
            f"a graph has at most {names_max} {sort}", hint="keep what varies in values of properties, not in names"
        )


class Schema:
    """Labels, relationship types, property keys, label sets, and the indexes.

    Label set 0 is the empty set. A label set is a tuple of label ids, ascending.
    """

    __slots__ = (
        "_indexes",
        "_label_members",
        "_label_set_ids",
        "_label_sets",
        "_lock",
        "_sets_max",
        "keys",
        "labels",
        "types",
        "version",
    )

    def __init__(self, names_max: int = _NAMES_MAX) -> None:
        self.labels = Names("labels", names_max)
        self.types = Names("relationship types", names_max)
        self.keys = Names("property keys", names_max)
        self._sets_max = names_max
        self.version = 0
        self._label_sets: list[tuple[int, ...]] = [()]
        self._label_set_ids: dict[tuple[int, ...], int] = {(): 0}
        self._label_members: dict[int, NDArray[np.bool_]] = {}
        self._indexes: dict[tuple[int, int], IndexDefinition] = {}
        self._lock = threading.Lock()

    def intern_label_set(self, labels: tuple[int, ...]) -> int:
        """The id of the set of these label ids, given in any order. Raises LimitExceeded when there are too many."""
        key = tuple(sorted(set(labels)))
        id = self._label_set_ids.get(key)
        if id is not None:
            return id
        with self._lock:
            id = self._label_set_ids.get(key)
            if id is None:
                id = len(self._label_sets)
                _check_room(id, self._sets_max, "sets of labels")
                self._label_sets.append(key)
                self._label_set_ids[key] = id
            return id

    def label_set(self, id: int) -> tuple[int, ...]:
        """Label ids of a label set, ascending."""
        return self._label_sets[id]

    def label_sets(self) -> list[tuple[int, ...]]:
        """All label sets, by id."""
        return list(self._label_sets)

    def label_members(self, label: int) -> NDArray[np.bool_]:
        """(label sets,) True where the set has the label; at least all sets that any snapshot of now uses."""
        members = self._label_members.get(label)
        if members is None or len(members) != len(self._label_sets):
            members = np.array([label in labels for labels in self._label_sets], dtype=np.bool_)
            self._label_members[label] = members
        return members

    def has_index(self, label: int, key: int) -> bool:
        """True when nodes with the label are indexed by the property."""
        return (label, key) in self._indexes

    def indexes(self) -> list[IndexDefinition]:
        """All definitions, in order of creation."""
        return list(self._indexes.values())

    def add_index(self, definition: IndexDefinition) -> None:
        """Called by the store, under its commit lock."""
        with self._lock:
            self._indexes[(definition.label, definition.key)] = definition
            self.version += 1

    def drop_index(self, label: int, key: int) -> None:
        """Called by the store, under its commit lock."""
        with self._lock:
            del self._indexes[(label, key)]
            self.version += 1

    def restore_indexes(self, definitions: list[IndexDefinition]) -> None:
        """Called by the store, under its commit lock, when commits that changed them have failed."""
        with self._lock:
            if definitions != list(self._indexes.values()):
                self._indexes = {(definition.label, definition.key): definition for definition in definitions}
                self.version += 1

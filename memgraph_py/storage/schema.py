"""Interned names, label sets and schema rules, shared by all snapshots of a store.

An id, once given, means the same name for ever, so a schema needs no versions of its own beyond ``version``, which
counts changes of indexes and constraints and is part of the statement cache's key. Names are interned under a lock;
reading needs none.
"""

import threading

import numpy as np
from numpy.typing import NDArray

from memgraph_py.config import Limits
from memgraph_py.errors import LimitExceeded
from memgraph_py.storage.schema_rules import (
    ConstraintDefinition,
    Entity,
    IndexDefinition,
    SchemaDescriptor,
    SchemaRules,
)

_NAMES_MAX = Limits().names_max


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
    """Labels, relationship types, property keys, label sets, indexes and constraints.

    Label set 0 is the empty set. A label set is a tuple of label ids, ascending.
    """

    __slots__ = (
        "_constraints",
        "_constraints_by_token",
        "_descriptors",
        "_indexes",
        "_label_members",
        "_label_set_ids",
        "_label_sets",
        "_lock",
        "_populated",
        "_populating",
        "_sets_max",
        "has_constraints",
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
        self._indexes: dict[SchemaDescriptor, IndexDefinition] = {}
        self._descriptors: dict[tuple[Entity, str, tuple[str, ...]], SchemaDescriptor] = {}
        """Of indexes that were sought in, by names, whose ids stay what they are."""
        self._populated: dict[SchemaDescriptor, float] = {}
        """Of each index that is being built, which share it has of what was there."""
        self._constraints: dict[str, ConstraintDefinition] = {}
        self.has_constraints = False
        """True where there is any constraint."""
        self._constraints_by_token: dict[tuple[Entity, int], list[ConstraintDefinition]] = {}
        self._lock = threading.Lock()
        self._populating = threading.Condition(self._lock)
        """Notified when an index is complete, or dropped."""

    @property
    def names_count(self) -> int:
        """How many labels, types and keys there are, all in all; it never falls."""
        return len(self.labels) + len(self.types) + len(self.keys)

    def intern_label_set(self, labels: tuple[int, ...]) -> int:
        """The id of the set of these label ids, given in any order. Raises LimitExceeded when there are too many."""
        id = self._label_set_ids.get(labels)
        if id is not None:
            return id
        key = tuple(sorted(set(labels)))
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

    def label_set_count(self) -> int:
        """How many label sets there are."""
        return len(self._label_sets)

    def label_members(self, label: int) -> NDArray[np.bool_]:
        """(label sets,) True where the set has the label; at least all sets that any snapshot of now uses."""
        members = self._label_members.get(label)
        if members is None or len(members) != len(self._label_sets):
            members = np.array([label in labels for labels in self._label_sets], dtype=np.bool_)
            self._label_members[label] = members
        return members

    def has_index(self, on: SchemaDescriptor) -> bool:
        """True when there is such an index, and it can be used: its building is over."""
        return on in self._indexes and on not in self._populated

    def descriptor(self, entity: Entity, token: str, keys: tuple[str, ...]) -> SchemaDescriptor | None:
        """By names; None where one was never used, so that there is nothing."""
        on = self._descriptors.get((entity, token, keys))
        if on is None:
            token_id = (self.labels if entity is Entity.NODE else self.types).find(token)
            key_ids = [id for id in map(self.keys.find, keys) if id is not None]
            if token_id is None or len(key_ids) < len(keys):
                return None
            on = SchemaDescriptor(entity, token_id, tuple(key_ids))
            if on in self._indexes:
                self._descriptors[entity, token, keys] = on
        return on

    def index(self, on: SchemaDescriptor) -> IndexDefinition | None:
        """The index with this descriptor, built or not."""
        return self._indexes.get(on)

    def indexes(self) -> list[IndexDefinition]:
        """All definitions, in order of creation."""
        return list(self._indexes.values())

    def populated(self, on: SchemaDescriptor) -> float:
        """Which share of what was there the index holds: less than 1 while it is being built."""
        return self._populated.get(on, 1.0)

    def set_populated(self, on: SchemaDescriptor, share: float) -> None:
        """Called by who builds the index; 1 ends the building."""
        with self._lock:
            if share < 1:
                self._populated[on] = share
            elif self._populated.pop(on, None) is not None:
                self.version += 1
                self._populating.notify_all()

    def wait_populated(self, on: SchemaDescriptor, seconds: float) -> bool:
        """Until the index is complete, or dropped; False when it is not after so many seconds."""
        with self._populating:
            return self._populating.wait_for(lambda: on not in self._populated, seconds)

    def constraints(self) -> list[ConstraintDefinition]:
        """All definitions, in order of creation."""
        return list(self._constraints.values())

    def constraints_on(self, entity: Entity, token: int) -> list[ConstraintDefinition]:
        """The constraints on a label or relationship type, in order of creation."""
        return self._constraints_by_token.get((entity, token), [])

    def rules(self) -> SchemaRules:
        """The indexes and constraints of now."""
        return SchemaRules(tuple(self._indexes.values()), tuple(self._constraints.values()))

    def set_rules(self, rules: SchemaRules) -> None:
        """Called by the store, under its commit lock."""
        with self._lock:
            if rules != self.rules():
                indexes = {index.on: index for index in rules.indexes}
                for dropped in self._indexes.keys() - indexes.keys():  # those of no rule are of constraints to come
                    self._populated.pop(dropped, None)
                self._indexes = indexes
                self._populating.notify_all()
                self._constraints = {constraint.name: constraint for constraint in rules.constraints}
                self.has_constraints = bool(self._constraints)
                by_token: dict[tuple[Entity, int], list[ConstraintDefinition]] = {}
                for constraint in rules.constraints:
                    by_token.setdefault((constraint.on.entity, constraint.on.token), []).append(constraint)
                self._constraints_by_token = by_token
                self.version += 1

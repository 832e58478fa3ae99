"""Whether a graph fulfils its constraints.

    at the end of a statement    uniqueness, of what was written since the last one
    at commit                    existence and types, and uniqueness for constraints that came meanwhile
    under the commit lock        uniqueness against what others have committed meanwhile

The first two raise ConstraintViolation. The last one raises TransactionConflict: whoever tries again sees the other's
element, which MERGE then finds. All work on columns; what a transaction did not write is not looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from memgraph_py.bounds import PIECE_VALUES, no_check
from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import ConstraintCreationFailed, ConstraintViolation, TransactionConflict
from memgraph_py.kernels.sorting import distinct
from memgraph_py.storage.changes import ChangeSet, CreatedNodes, CreatedRelationships
from memgraph_py.storage.elements import belongs, elements_of, values_of
from memgraph_py.storage.indexes import hash_columns
from memgraph_py.storage.sameness import same_rows
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import ConstraintDefinition, ConstraintKind, Entity
from memgraph_py.storage.snapshot import NO_IDS, Snapshot, sets_with
from memgraph_py.storage.view import GraphView
from memgraph_py.values.naming import quoted, shown
from memgraph_py.values.value_types import fits, read_property_type

Ids = NDArray[np.int64]

_OF_KIND = {Kind.BOOL: "BOOLEAN", Kind.INT: "INTEGER", Kind.FLOAT: "FLOAT", Kind.STRING: "STRING"}


@dataclass(slots=True)
class _Mark:
    """How many blocks of each list of a ChangeSet were looked at."""

    created: int = 0
    written: int = 0
    labels: int = 0


@dataclass(slots=True)
class Checks:
    """What a transaction was checked for so far."""

    _marks: dict[tuple[ConstraintDefinition, bool], _Mark] = field(default_factory=dict)
    """By constraint, for its uniqueness (False) and for the rest (True)."""
    _claims: dict[ConstraintDefinition, list[Ids]] = field(default_factory=dict)
    """Elements whose values must not be others' when the transaction commits."""

    def check_unique(self, view: GraphView, changes: ChangeSet) -> None:
        """What was written since this ran last, as the transaction sees it. Raises ConstraintViolation."""
        for constraint in view.schema.constraints():
            if constraint.owns_index:
                ids = self._next(constraint, False, view.schema, changes)
                if len(ids):
                    self._claims.setdefault(constraint, []).append(ids)
                    _check_unique(view, constraint, ids)

    def check_rest(self, view: GraphView, changes: ChangeSet) -> None:
        """Everything else that a commit must fulfil. Raises ConstraintViolation."""
        self.check_unique(view, changes)
        for constraint in view.schema.constraints():
            if constraint.kind is not ConstraintKind.UNIQUENESS:
                ids = self._next(constraint, True, view.schema, changes)
                violation = _violation(view, constraint, ids[belongs(view, constraint.on, ids)])
                if violation is not None:
                    raise ConstraintViolation(violation)

    def check_others(self, view: GraphView, changes: ChangeSet, tip: Snapshot) -> None:
        """What was committed since the transaction's base. Raises TransactionConflict."""
        written = None
        for constraint, claims in self._claims.items():
            if constraint not in tip.rules.constraints:
                continue
            ids = distinct(np.concatenate(claims))
            ids = ids[belongs(view, constraint.on, ids)]
            found = tip.seek(constraint.on, values_of(view, constraint.on, ids))
            others = found.ids
            if len(others):
                if written is None:
                    written = {entity: _written(changes, entity) for entity in Entity}
                others = others[~np.isin(others, written[constraint.on.entity])]
            if len(others):
                raise TransactionConflict(
                    f"another transaction has given the same values to {_element(constraint, int(others[0]))} first",
                    hint="nothing was written, try again",
                )

    def undo_to(self, changes: ChangeSet) -> None:
        """The changes were taken back to these."""
        for (constraint, _), mark in self._marks.items():
            is_node = constraint.on.entity is Entity.NODE
            mark.created = min(mark.created, len(changes.created_nodes if is_node else changes.created_relationships))
            writes = changes.node_properties if is_node else changes.relationship_properties
            mark.written = min(mark.written, len(writes))
            mark.labels = min(mark.labels, len(changes.label_writes))

    def _next(self, constraint: ConstraintDefinition, rest: bool, schema: Schema, changes: ChangeSet) -> Ids:
        """Elements that were written since the last call, and may break the constraint; each once."""
        mark = self._marks.get((constraint, rest))
        if mark is None:
            mark = self._marks[constraint, rest] = _Mark()
        on = constraint.on
        created: Sequence[CreatedNodes | CreatedRelationships]
        if on.entity is Entity.NODE:
            created, writes = changes.created_nodes, changes.node_properties
            parts = [b.ids for b in changes.created_nodes[mark.created :] if on.token in schema.label_set(b.label_set)]
            for labels in changes.label_writes[mark.labels :]:
                parts.append(labels.ids[sets_with(schema, labels.label_sets, on.token)])
            mark.labels = len(changes.label_writes)
        else:
            created, writes = changes.created_relationships, changes.relationship_properties
            parts = [b.ids for b in changes.created_relationships[mark.created :] if b.type == on.token]
        parts += [write.ids for write in writes[mark.written :] if write.key in on.keys]
        mark.created, mark.written = len(created), len(writes)
        if not parts:
            return NO_IDS
        return parts[0] if len(parts) == 1 else distinct(np.concatenate(parts))


def check_graph(snapshot: Snapshot, constraint: ConstraintDefinition, check: Callable[[], None] = no_check) -> None:
    """The whole graph. Raises ConstraintCreationFailed where it breaks the constraint, and what ``check`` raises, which
    is called between any two steps."""
    ids = elements_of(snapshot, constraint.on)
    check()
    violation = _violation(snapshot, constraint, ids)
    if violation is None and constraint.owns_index:
        check()
        pair = _equal_pair(values_of(snapshot, constraint.on, ids), check)
        if pair is not None:
            violation = _taken(snapshot, constraint, int(ids[pair[0]]), int(ids[pair[1]]))
    if violation is not None:
        raise ConstraintCreationFailed(
            f"the graph breaks the constraint '{constraint.name}': {violation}",
            hint="change what is there first, then create the constraint",
        )


def _check_unique(view: GraphView, constraint: ConstraintDefinition, ids: Ids) -> None:
    on = constraint.on
    ids = ids[belongs(view, on, ids)]
    found = view.seek(on, values_of(view, on, ids))
    clash = np.flatnonzero(found.ids != ids[found.source_rows])
    if len(clash):
        row = clash[0]
        mine, other = int(ids[found.source_rows[row]]), int(found.ids[row])
        raise ConstraintViolation(_taken(view, constraint, max(mine, other), min(mine, other)))


def _equal_pair(columns: list[Column], check: Callable[[], None]) -> tuple[int, int] | None:
    """Two rows with equal values, if there are any."""
    check()
    hashes, valid = hash_columns(columns)
    check()
    rows = np.flatnonzero(valid) if len(valid) else np.arange(len(hashes))
    rows = rows[np.argsort(hashes[rows], kind="stable")]
    step = 1
    while True:  # equal hashes stand side by side: compare neighbours, then those two apart, and so on
        left, right = rows[:-step], rows[step:]
        check()
        near = hashes[left] == hashes[right]
        left, right = left[near], right[near]
        if len(left) == 0:
            return None
        same = same_rows([column.take(left) for column in columns], [column.take(right) for column in columns])
        if same.any():
            place = int(np.flatnonzero(same)[0])
            return int(left[place]), int(right[place])
        step += 1


def _violation(view: GraphView, constraint: ConstraintDefinition, ids: Ids) -> str | None:
    """How one of the elements, which all are there, breaks what is not uniqueness; None where none does."""
    if constraint.kind is ConstraintKind.UNIQUENESS or len(ids) == 0:
        return None
    for key, values in zip(constraint.on.keys, values_of(view, constraint.on, ids), strict=True):
        name = quoted(view.schema.keys.name(key))
        held = values.validity() if constraint.demands_presence else has_type(values, constraint.property_type)
        if not held.all():
            row = int(np.flatnonzero(~held)[0])
            element = f"{_element(constraint, int(ids[row]))} with {_token(view, constraint)}"
            if constraint.demands_presence:
                return f"{element} must have the property {name}"
            return f"{element} must have the property {name} as {constraint.property_type}, not {_shown(values, row)}"
    return None


def has_type(column: Column, written: str) -> NDArray[np.bool_]:
    """(rows,) True where the value is of the type, or NULL. written: as ``ConstraintDefinition`` has it."""
    type = read_property_type(written)
    if column.kind in _OF_KIND:
        of_type = np.full(len(column), any(one.name == _OF_KIND[column.kind] for one in type))
        return of_type if column.valid is None else of_type | ~column.valid
    answer = np.empty(len(column), dtype=np.bool_)
    for start in range(0, len(column), PIECE_VALUES):
        values = column.slice(start, start + PIECE_VALUES).to_values()
        answer[start : start + len(values)] = [fits(value, type) for value in values]
    return answer


def _taken(view: GraphView, constraint: ConstraintDefinition, one: int, other: int) -> str:
    values = values_of(view, constraint.on, np.array([one], dtype=np.int64))
    pairs = [
        f"{quoted(view.schema.keys.name(key))} = {_shown(column, 0)}"
        for key, column in zip(constraint.on.keys, values, strict=True)
    ]
    plural = "property" if len(pairs) == 1 else "properties"
    return (
        f"{_element(constraint, other)} already exists with {_token(view, constraint)} and {plural} {', '.join(pairs)}"
    )


def _shown(column: Column, row: int) -> str:
    value = column.value(row)
    return shown(value) if isinstance(value, str) else shown(str(value))[1:-1]


def _element(constraint: ConstraintDefinition, id: int) -> str:
    return f"node {id}" if constraint.on.entity is Entity.NODE else f"relationship {id}"


def _token(view: GraphView, constraint: ConstraintDefinition) -> str:
    if constraint.on.entity is Entity.NODE:
        return f"label {quoted(view.schema.labels.name(constraint.on.token))}"
    return f"type {quoted(view.schema.types.name(constraint.on.token))}"


def _written(changes: ChangeSet, entity: Entity) -> Ids:
    """Elements that were there before and that the transaction has changed or deleted."""
    if entity is Entity.NODE:
        parts = [write.ids for write in changes.node_properties] + [write.ids for write in changes.label_writes]
        parts += changes.deleted_nodes
    else:
        parts = [write.ids for write in changes.relationship_properties] + changes.deleted_relationships
    return np.concatenate([NO_IDS, *parts])

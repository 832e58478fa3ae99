"""What a transaction has changed, in a form that can be read: built from its ChangeSet, and only when a read needs it.

An overlay numbers the elements that were created or written 0, 1, 2 … (``places``) and holds by place what replaces the
snapshot's: state (label set or type, -1 deleted, -2 as in the snapshot) and property values. Catching up takes in the
blocks that came since it last ran, so a transaction that alternates writes and reads stays linear. Undoing to a mark
drops the overlays; they are built again from what is left.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import DTYPES, Column, Kind
from memgraph_py.kernels.adjacency import Graph
from memgraph_py.kernels.hashing import map_find, map_insert
from memgraph_py.storage.adjacency import Delta, delta_graph
from memgraph_py.storage.changes import ChangeSet, PropertyWrite
from memgraph_py.storage.pages import Growing, StringHeap
from memgraph_py.storage.view import KeyId

Numbers = NDArray[np.int64]

UNTOUCHED, DELETED = -2, -1
_AS_BEFORE, _WRITTEN, _REMOVED = 0, 1, 2


class IdMap:
    """Ids to places 0, 1, 2 … in order of insertion."""

    __slots__ = ("_keys", "_places", "ids")

    def __init__(self) -> None:
        self._keys = np.full(64, -1, dtype=np.int64)
        self._places = np.zeros(65, dtype=np.int64)
        self.ids = Growing(np.int64)

    def find(self, ids: Numbers) -> Numbers:
        """(rows,) places, -1 for ids that are not there."""
        return map_find(self._keys, self._places, ids)

    def insert(self, ids: Numbers) -> Numbers:
        """(rows,) places, new ones for ids that were not there; the ids may repeat."""
        known = self.ids.length
        if 2 * (known + len(ids)) > len(self._keys):
            size = 1 << (4 * (known + len(ids))).bit_length()
            self._keys = np.full(size, -1, dtype=np.int64)
            self._places = np.zeros(size + 1, dtype=np.int64)
            map_insert(self._keys, self._places, cast(Numbers, self.ids.array[:known]))
        map_insert(self._keys, self._places, ids)
        places = self.find(ids)
        count = int(self._places[-1])
        if count > known:
            fresh = places >= known
            self.ids.reserve(count)[places[fresh]] = ids[fresh]
            self.ids.length = count
        return places


class OverlayColumn:
    """Values of one property by place."""

    __slots__ = ("_heap", "_kind", "_values", "_written")

    def __init__(self, heap: StringHeap) -> None:
        self._heap = heap
        self._kind: Kind | None = None
        self._values = Growing(np.int64)
        self._written = Growing(np.uint8)

    def write(self, places: Numbers, values: Column) -> None:
        """Set, or remove where NULL."""
        end = int(places.max()) + 1 if len(places) else 0
        written = self._written.reserve(end)
        self._written.length = max(self._written.length, end)
        if values.valid is not None:
            written[places[~values.valid]] = _REMOVED
            places, values = places[values.valid], values.take(values.valid)
        if len(places) == 0:
            return
        if self._kind is None:
            self._kind = values.kind
            self._values = Growing(DTYPES[values.kind])
        elif self._kind is not values.kind:
            self._make_objects()
        self._values.reserve(end)
        if self._kind is Kind.OBJECT:
            stored = Column.objects(values.to_values()).values
        elif self._kind is Kind.STRING:
            stored = self._heap.append(Column(Kind.STRING, values.values, None, values.data))
        else:
            stored = values.values
        self._values.array[places] = stored
        self._values.length = max(self._values.length, end)
        written[places] = _WRITTEN

    def over(self, column: Column, places: Numbers) -> Column:
        """The column with the values that were written at these places (-1: none) instead of its own."""
        known = np.flatnonzero((places >= 0) & (places < self._written.length))
        known = known[self._written.array[places[known]] != _AS_BEFORE]
        if len(known) == 0:
            return column
        own_places = places[known]
        valid = self._written.array[own_places] == _WRITTEN
        if self._kind is None:
            own = Column.nulls(len(known))
        else:
            own_values = self._values.reserve(self._written.length)[own_places]
            data = self._heap.data if self._kind is Kind.STRING else None
            own = Column(self._kind, own_values, None if valid.all() else valid, data)
        return own if len(known) == len(column) else _replaced(column, known, own)

    def _make_objects(self) -> None:
        if self._kind is Kind.OBJECT:
            return
        assert self._kind is not None
        length = self._values.length
        data = self._heap.data if self._kind is Kind.STRING else None
        valid = self._written.array[:length] == _WRITTEN
        objects = Column(self._kind, self._values.array[:length], valid, data).to_values()
        self._values = Growing(np.object_)
        self._values.extend(Column.objects(objects).values)
        self._kind = Kind.OBJECT


class ElementOverlay:
    """Nodes or relationships that a transaction created or wrote."""

    __slots__ = ("_columns", "_heap", "_seen", "_states", "ends", "map")

    def __init__(self) -> None:
        self.map = IdMap()
        self.ends = Growing(np.int64, columns=2)
        """By place: source and target of a created relationship, -1 for others."""
        self._heap = StringHeap()
        self._states = Growing(np.int64)
        self._columns: dict[KeyId, OverlayColumn] = {}
        self._seen = [0, 0, 0, 0]

    def catch_up_nodes(self, changes: ChangeSet) -> None:
        """Takes in what the transaction did to nodes since this ran last."""
        created, writes, labels, deleted = self._seen
        for block in changes.created_nodes[created:]:
            self._take_block(block.ids, block.label_set, block.properties)
        self._take_writes(changes.node_properties[writes:])
        for write in changes.label_writes[labels:]:
            self._set_states(self.map.insert(write.ids), write.label_sets)
        for ids in changes.deleted_nodes[deleted:]:
            self._set_states(self.map.insert(ids), DELETED)
        self._seen = [
            len(changes.created_nodes),
            len(changes.node_properties),
            len(changes.label_writes),
            len(changes.deleted_nodes),
        ]

    def catch_up_relationships(self, changes: ChangeSet) -> None:
        """Takes in what the transaction did to relationships since this ran last."""
        created, writes, _, deleted = self._seen
        for block in changes.created_relationships[created:]:
            places = self._take_block(block.ids, block.type, block.properties)
            known = self.ends.length
            ends = self.ends.reserve(self.map.ids.length)
            ends[known : self.map.ids.length] = -1
            ends[places, 0], ends[places, 1] = block.sources, block.targets
            self.ends.length = self.map.ids.length
        self._take_writes(changes.relationship_properties[writes:])
        for ids in changes.deleted_relationships[deleted:]:
            self._set_states(self.map.insert(ids), DELETED)
        self._seen = [
            len(changes.created_relationships),
            len(changes.relationship_properties),
            0,
            len(changes.deleted_relationships),
        ]

    def states(self, ids: Numbers, states: Numbers) -> Numbers:
        """``states`` of the snapshot, replaced where this transaction made, changed or deleted the element."""
        own = self._own_states(self.map.find(ids))
        return np.where(own == UNTOUCHED, states, own)

    def touched(self) -> tuple[Numbers, Numbers]:
        """Ids and states of the elements whose state is not the snapshot's."""
        states = self._own_states(np.arange(self.map.ids.length, dtype=np.int64))
        changed = states != UNTOUCHED
        return cast(Numbers, self.map.ids.array[: self.map.ids.length][changed]), states[changed]

    def values(self, ids: Numbers, key: KeyId, column: Column) -> Column:
        """``column`` of the snapshot, replaced where this transaction wrote the property."""
        own = self._columns.get(key)
        return column if own is None else own.over(column, self.map.find(ids))

    def keys(self) -> list[KeyId]:
        """Property keys that were written."""
        return list(self._columns)

    def _own_states(self, places: Numbers) -> Numbers:
        self._fill_states()
        if self._states.length == 0:
            return np.full(len(places), UNTOUCHED, dtype=np.int64)
        states = cast(Numbers, self._states.array[places])  # -1 reads the last one of the array, and is masked
        states[places < 0] = UNTOUCHED
        return states

    def _fill_states(self) -> None:
        length = self.map.ids.length
        if self._states.length < length:
            self._states.reserve(length)[self._states.length : length] = UNTOUCHED
            self._states.length = length

    def _set_states(self, places: Numbers, states: Numbers | int) -> None:
        self._fill_states()
        self._states.array[places] = states

    def _take_block(self, ids: Numbers, state: int, properties: dict[KeyId, Column]) -> Numbers:
        places = self.map.insert(ids)
        self._set_states(places, state)
        for key, values in properties.items():
            self._column(key).write(places, values)
        return places

    def _take_writes(self, writes: list[PropertyWrite]) -> None:
        for write in writes:
            self._column(write.key).write(self.map.insert(write.ids), write.values)

    def _column(self, key: KeyId) -> OverlayColumn:
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = OverlayColumn(self._heap)
        return column


class OwnAdjacency:
    """Relationships that a transaction created, by node."""

    __slots__ = ("_delta", "_seen", "_used", "ends")

    def __init__(self) -> None:
        self.ends = IdMap()
        self._delta = Delta.empty()
        self._used = 0
        self._seen = 0

    def graph(self, changes: ChangeSet) -> Graph:
        """As kernels take it, where nodes are places in ``ends``."""
        for block in changes.created_relationships[self._seen :]:
            sources, targets = self.ends.insert(block.sources), self.ends.insert(block.targets)
            types = np.full(len(block.ids), block.type, dtype=np.int64)
            new = np.stack((block.ids, block.sources, block.targets, types, sources, targets))
            self._delta = self._delta.extended(self._used, new, self.ends.ids.length)
            self._used += len(block.ids)
        self._seen = len(changes.created_relationships)
        return delta_graph(self._delta, self._used)


def _replaced(column: Column, rows: Numbers, own: Column) -> Column:
    """The column with ``own`` in these rows."""
    if own.is_all_null() or column.kind is own.kind is not Kind.STRING:
        values = column.values.copy()
        if own.kind is column.kind:
            values[rows] = own.values
        valid = column.validity().copy()
        valid[rows] = own.validity()
        return Column(column.kind, values, None if valid.all() else valid, column.data)
    valid = column.validity().copy()
    valid[rows] = False
    rest = np.flatnonzero(valid)  # what is still read of the column
    if len(rest) == 0 and own.kind is not Kind.OBJECT:
        values = np.zeros(len(column), dtype=own.values.dtype)
        values[rows] = own.values
        valid[rows] = own.validity()
        return Column(own.kind, values, None if valid.all() else valid, own.data)
    if column.kind is own.kind:
        heap = StringHeap()
        handles = np.zeros(len(column), dtype=np.int64)
        handles[rest] = heap.append(column.take(rest))
        handles[rows] = heap.append(own)
        valid[rows] = own.validity()
        return Column(Kind.STRING, handles, None if valid.all() else valid, heap.data)
    objects = column.to_values()
    for row, value in zip(rows.tolist(), own.to_values(), strict=True):
        objects[row] = value
    return Column.objects(objects)

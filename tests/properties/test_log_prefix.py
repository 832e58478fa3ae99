"""What is committed comes back from the log as it was; a log cut at any byte gives a prefix of the commits."""

from concurrent.futures import Future
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.columnar import Column, Kind
from memgraph_py.durability.commit_log import DiskCommitLog, LogState
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.encoding import Watermarks, decode, encode
from memgraph_py.durability.log_file import FRAME, FRAMES_START, LogHeader, make_frame, read_log
from memgraph_py.durability.recovery import recover
from memgraph_py.errors import StartupError
from memgraph_py.storage.changes import (
    ChangeSet,
    CreatedNodes,
    CreatedRelationships,
    LabelWrite,
    Partition,
    PropertyWrite,
    StreamPosition,
)
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import (
    ConstraintDefinition,
    ConstraintKind,
    Entity,
    IndexDefinition,
    SchemaDescriptor,
    on_nodes,
)
from memgraph_py.values.types import Point
from tests.properties.temporal import temporals

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
POINTS = st.builds(Point, st.sampled_from([7203, 4326]), st.tuples(st.floats(), st.floats()))
SCALARS = [st.booleans(), INT64, st.floats(), st.text(max_size=8)]
VALUES = st.recursive(
    st.one_of(*SCALARS, st.binary(max_size=5), POINTS, temporals),
    lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def columns(draw: st.DrawFn, rows: int) -> Column:
    """A column of any kind that a property can have, with and without NULL, at times rows out of a larger heap."""
    source = draw(st.sampled_from([*SCALARS, VALUES]))
    if draw(st.booleans()):
        source = source | st.none()
    drawn = draw(st.lists(source, min_size=rows, max_size=rows + 4))
    column = Column.from_values(drawn)
    if len(drawn) == rows:
        return column
    order = draw(st.permutations(range(len(drawn))))[:rows]
    return column.take(np.array(order, dtype=np.int64))


def ids(rows: int) -> st.SearchStrategy[np.ndarray]:
    """Ascending ids of all widths, often a run."""
    runs = st.integers(0, 1 << 40).map(lambda start: np.arange(start, start + rows, dtype=np.int64))
    spread = st.lists(st.integers(0, (1 << 31) - 2), min_size=rows, max_size=rows, unique=True)
    return runs | spread.map(lambda drawn: np.array(sorted(drawn), dtype=np.int64))


@st.composite
def change_sets(draw: st.DrawFn, schema: Schema) -> ChangeSet:
    """Any ChangeSet whose names are interned in the schema."""
    changes = ChangeSet()
    rows_of = st.integers(1, 4) | st.integers(17, 20)
    names = st.text(min_size=1, max_size=3)
    for action in draw(st.lists(st.integers(0, 8), min_size=1, max_size=4)):
        rows = draw(rows_of)
        if action == 0:
            labels = tuple(schema.labels.intern(name) for name in draw(st.lists(names, max_size=3)))
            properties = {schema.keys.intern(draw(names)): draw(columns(rows))}
            changes.created_nodes.append(CreatedNodes(draw(ids(rows)), schema.intern_label_set(labels), properties))
        elif action == 1:
            properties = {schema.keys.intern(draw(names)): draw(columns(rows))} if draw(st.booleans()) else {}
            type = schema.types.intern(draw(names))
            changes.created_relationships.append(
                CreatedRelationships(draw(ids(rows)), draw(ids(rows)), draw(ids(rows)), type, properties)
            )
        elif action == 2:
            key = schema.keys.intern(draw(names))
            changes.node_properties.append(PropertyWrite(draw(ids(rows)), key, draw(columns(rows))))
        elif action == 3:
            key = schema.keys.intern(draw(names))
            changes.relationship_properties.append(PropertyWrite(draw(ids(rows)), key, draw(columns(rows))))
        elif action == 4:
            label_set = schema.intern_label_set((schema.labels.intern(draw(names)),))
            changes.label_writes.append(LabelWrite(draw(ids(rows)), np.full(rows, label_set, dtype=np.int64)))
        elif action == 5:
            changes.deleted_nodes.append(draw(ids(rows)))
        elif action == 6:
            changes.deleted_relationships.append(draw(ids(rows)))
        elif action == 7:
            partitions = st.builds(Partition, st.text(max_size=5), st.text(max_size=5), st.integers(0, 99))
            offsets = draw(st.dictionaries(partitions, st.integers(0, 1 << 62), max_size=3))
            left = draw(st.none() | st.integers(0, 9))
            changes.positions[draw(st.uuids())] = StreamPosition(offsets, left)
            changes.reset_positions.add(draw(st.uuids()))
        else:
            label, key = schema.labels.intern(draw(names)), schema.keys.intern(draw(names))
            on = SchemaDescriptor(
                draw(st.sampled_from(Entity)), label, (key, *draw(st.lists(st.integers(0, 9), max_size=2)))
            )
            kind = draw(st.sampled_from(ConstraintKind))
            changes.created_indexes.append(IndexDefinition(draw(names), on))
            changes.dropped_indexes.append(on)
            changes.created_constraints.append(ConstraintDefinition(draw(names), kind, on, draw(names)))
            changes.dropped_constraints.append(draw(names))
    return changes


def plain(value: object) -> object:
    """A form of the value that compares by content, with NaN equal to itself and 1 unlike 1.0."""
    if isinstance(value, Column):
        assert value.values.dtype != np.object_ or value.kind is Kind.OBJECT
        return (value.kind, repr(value.to_values()))
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.tolist())
    if isinstance(value, SchemaDescriptor):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (CreatedNodes, CreatedRelationships, PropertyWrite, LabelWrite, ChangeSet)):
        return [plain(getattr(value, name)) for name in value.__slots__]
    return value


class Recorder:
    """A store that only notes what recovery gives it."""

    def __init__(self) -> None:
        self.schema = Schema()
        self.applied: list[tuple[int, object]] = []

    def apply_recovered(self, version: int, changes: ChangeSet) -> None:
        self.applied.append((version, plain(changes)))

    def finish_recovery(self) -> None:
        pass


def write_log(folder: Path, schema: Schema, commits: list[ChangeSet]) -> Path:
    """A log of the commits, one group each, as after a clean end."""
    directory = DataDirectory(folder)
    log = DiskCommitLog(directory, 1 << 30)
    log.open(schema, LogState(uuid4(), 0, Watermarks()))
    for version, changes in enumerate(commits, 1):
        outcome: Future[BaseException | None] = Future()
        log.append(version, changes, outcome.set_result)
        assert outcome.result(timeout=30) is None
    log.close()
    return directory.log_path(1)


def frame_starts(path: Path) -> list[int]:
    """Where the groups of a whole log begin, and where the last one ends."""
    contents = read_log(path)
    return sorted({contents.end for _ in contents.records()} | {contents.end})


def names_of(schema: Schema) -> tuple[object, ...]:
    """Everything that a schema interned, by id."""
    return schema.labels.all(), schema.types.all(), schema.keys.all(), schema.label_sets()


@given(st.data())
@settings(max_examples=100)
def test_changes_come_back_as_they_were(data: st.DataObject) -> None:
    schema, other = Schema(), Schema()
    known, reached = Watermarks(), Watermarks()
    for _ in range(data.draw(st.integers(1, 3))):
        changes = data.draw(change_sets(schema))
        payload, known = encode(changes, schema, known)
        decoded, reached = decode(payload, other, reached)
        assert plain(decoded) == plain(changes)
        assert names_of(other) == names_of(schema)
        assert known == reached


@given(st.data())
@settings(max_examples=60)
def test_a_log_cut_at_any_byte_gives_a_prefix(data: st.DataObject) -> None:
    schema = Schema()
    commits = [data.draw(change_sets(schema)) for _ in range(data.draw(st.integers(1, 4)))]
    expected = [(version, plain(changes)) for version, changes in enumerate(commits, 1)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = write_log(folder, schema, commits)
        whole = path.read_bytes()
        cut = data.draw(st.integers(FRAMES_START, len(whole)))
        starts = frame_starts(path)  # a header lies in one sector: it is there or is not
        reserved = (
            b"\0" * data.draw(st.integers(0, 300)) if all(not 0 < cut - start < FRAME.size for start in starts) else b""
        )
        path.write_bytes(whole[:cut] + reserved)
        store = Recorder()
        recovered = recover(DataDirectory(folder), store)
        assert store.applied == expected[: len(store.applied)]
        assert recovered.log.version == len(store.applied)
        if cut == len(whole):
            assert len(store.applied) == len(expected)


@given(st.data())
@settings(max_examples=60)
def test_a_flipped_bit_is_never_served(data: st.DataObject) -> None:
    """It is refused, and named."""
    schema = Schema()
    commits = [data.draw(change_sets(schema)) for _ in range(data.draw(st.integers(1, 3)))]
    expected = [(version, plain(changes)) for version, changes in enumerate(commits, 1)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = write_log(folder, schema, commits)
        damaged = bytearray(path.read_bytes())
        position = data.draw(st.integers(0, len(damaged) - 1))
        damaged[position] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(damaged)
        store = Recorder()
        with pytest.raises(StartupError) as raised:
            recover(DataDirectory(folder), store)
        assert str(path) in raised.value.message and "byte" in raised.value.message
        assert store.applied == expected[: len(store.applied)]


def test_every_cut_of_one_log(tmp_path: Path) -> None:
    schema = Schema()
    label_set = schema.intern_label_set((schema.labels.intern("Ä"),))
    key = schema.keys.intern("name")
    commits = [
        ChangeSet(created_nodes=[CreatedNodes(np.array([0]), label_set, {key: Column.from_values(["ä"])})]),
        ChangeSet(deleted_nodes=[np.array([0])], positions={UUID(int=1): StreamPosition({}, 3)}),
        ChangeSet(created_indexes=[IndexDefinition("i", on_nodes(0, key))]),
    ]
    path = write_log(tmp_path, schema, commits)
    whole = path.read_bytes()
    ends = frame_starts(path)[1:]
    for cut in range(FRAMES_START, len(whole) + 1):
        path.write_bytes(whole[:cut])
        store = Recorder()
        recovered = recover(DataDirectory(tmp_path), store)
        assert len(store.applied) == sum(end <= cut for end in ends)
        assert recovered.commits == len(store.applied)


@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_group_is_there_whole_or_not_at_all(tmp_path: Path, left: int) -> None:
    schema, known = Schema(), Watermarks()
    payloads = []
    for id in range(3):
        payload, known = encode(ChangeSet(deleted_nodes=[np.array([id])]), schema, known)
        payloads.append(payload)
    header = LogHeader(1, uuid4(), b"saltsalt")
    frame = make_frame(header.salt, FRAMES_START, 1, payloads)
    path = DataDirectory(tmp_path).log_path(1)
    path.write_bytes(header.to_bytes() + (frame[: FRAME.size + left * (4 + len(payloads[0]))] if left < 3 else frame))
    store = Recorder()
    recover(DataDirectory(tmp_path), store)
    assert [version for version, _ in store.applied] == ([1, 2, 3] if left == 3 else [])

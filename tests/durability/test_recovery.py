"""From graph to files and back: what recovery finds after clean ends, crashes at every step, and damage."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from memgraph_py.columnar import Column
from memgraph_py.config import Limits
from memgraph_py.durability.checkpoint import Checkpointer
from memgraph_py.durability.commit_log import DiskCommitLog
from memgraph_py.durability.directory import DataDirectory
from memgraph_py.durability.log_file import FRAMES_START
from memgraph_py.durability.recovery import Recovered, recover
from memgraph_py.errors import StartupError
from memgraph_py.metrics import Metrics
from memgraph_py.storage.changes import Partition
from memgraph_py.storage.rule_changes import creation_of, removal_of
from memgraph_py.storage.schema_rules import (
    ConstraintDefinition,
    ConstraintKind,
    IndexDefinition,
    on_nodes,
    on_relationships,
)
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.types import Point

STREAM = UUID(int=7)
PARTITION = Partition("topic", "id", 3)
TEMPORAL = [
    Date(-365_243_219_162),
    LocalTime(86_399_999_999_999),
    Time(0, -64_800),
    LocalDateTime(-1, 999_999_999),
    DateTime(1_500_000_000, 1, 7_200, "Europe/Stockholm"),
    DateTime(1_500_000_000, 1, 7_200),
    Duration(-(1 << 63), (1 << 63) - 1, -1, 999_999_999),
    [Date(1), Date(2)],
]


@dataclass
class Running:
    """A store with its log and checkpoints, as the server runs them."""

    folder: Path
    rotate_bytes: int = 1 << 30
    metrics: Metrics = field(default_factory=Metrics)
    accept_lost_commits: bool = False

    def __post_init__(self) -> None:
        self.directory = DataDirectory(self.folder)
        self.log = DiskCommitLog(self.directory, self.rotate_bytes, self.metrics)
        self.store = GraphStore(self.log, Limits())
        self.recovered: Recovered = recover(self.directory, self.store, accept_lost_commits=self.accept_lost_commits)
        self.log.open(self.store.schema, self.recovered.log)
        self.checkpointer = Checkpointer(self.directory, self.store, self.log, self.recovered, self.metrics)

    def crash(self) -> None:
        """End without a checkpoint. What was acknowledged is on disk."""
        self.store.close()
        self.log.close()

    def commit(self, label: str, **values: object) -> int:
        """Create a node with the label and the values; gives its id."""
        schema = self.store.schema
        transaction = self.store.begin(Access.WRITE)
        properties = {schema.keys.intern(key): Column.from_values([value]) for key, value in values.items()}
        (id,) = transaction.create_nodes(1, (schema.labels.intern(label),), properties).tolist()
        self.store.commit(transaction).result(10)
        return id

    def fill(self) -> None:
        """Commits of every sort."""
        store, schema = self.store, self.store.schema
        since, weight = schema.keys.intern("since"), schema.keys.intern("weight")
        knows, likes = schema.types.intern("KNOWS"), schema.types.intern("LIKES")
        people = [self.commit("Person", name=f"name {number}", number=number) for number in range(20)]
        mixed = [
            1,
            "two",
            3.5,
            True,
            None,
            [1, "x", {"a": None}],
            Point(7203, (1.0, 2.0)),
            b"\0\1",
            "Ä" * 300,
            {},
            TEMPORAL,
        ]
        for value in mixed:
            self.commit("Mixed", value=value)
        name = schema.keys.intern("name")
        for rule in (
            IndexDefinition("person_name", on_nodes(schema.labels.intern("Person"), name)),
            IndexDefinition("knows_since", on_relationships(knows, since, weight)),
            ConstraintDefinition("key", ConstraintKind.KEY, on_nodes(schema.labels.intern("Kept"), name, since)),
            ConstraintDefinition("typed", ConstraintKind.TYPE, on_relationships(likes, since), "INTEGER | FLOAT"),
            ConstraintDefinition("gone", ConstraintKind.EXISTENCE, on_relationships(likes, since)),
        ):
            store.change_rules(creation_of(rule)).result(10)
        store.change_rules(removal_of(rule)).result(10)
        transaction = store.begin(Access.WRITE)
        ends = np.array(people, dtype=np.int64)
        related = transaction.create_relationships(
            ends[:-1], ends[1:], knows, {since: Column.from_values(list(range(19)))}
        )
        transaction.create_relationships(ends[:5], ends[5:10], likes, {})
        transaction.record_position(STREAM, {PARTITION: 41}, 5)
        store.commit(transaction).result(10)
        transaction = store.begin(Access.WRITE)
        transaction.set_node_property(ends[:3], weight, Column.from_values([0.5, None, 2.5]))
        transaction.set_node_property(ends[:1], schema.keys.intern("name"), Column.nulls(1))
        transaction.set_relationship_property(related[:1], since, Column.from_values(["long ago"]))
        transaction.add_labels(ends[2:4], (schema.labels.intern("Author"),))
        transaction.remove_labels(ends[3:4], (schema.labels.intern("Person"),))
        transaction.delete_relationships(related[-1:])
        transaction.delete_nodes(ends[10:11], detach=True)
        transaction.record_position(STREAM, {PARTITION: 42}, 4)
        store.commit(transaction).result(10)
        gone = IndexDefinition("gone", on_nodes(schema.labels.intern("Mixed"), schema.keys.intern("value")))
        store.change_rules(creation_of(gone)).result(10)
        store.change_rules(removal_of(gone)).result(10)


def content(store: GraphStore) -> dict[str, object]:
    """Everything that can be read of the graph, by names."""
    graph, schema = store.current, store.schema
    nodes, relationships = graph.nodes(None), graph.relationships(None)
    sources, targets = graph.endpoints(relationships)
    return {
        "version": graph.version,
        "nodes": nodes.tolist(),
        "labels": [
            sorted(schema.labels.name(label) for label in schema.label_set(set)) for set in graph.label_sets(nodes)
        ],
        "relationships": relationships.tolist(),
        "ends": [sources.tolist(), targets.tolist()],
        "types": [schema.types.name(type) for type in graph.relationship_types(relationships)],
        "node properties": {
            name: repr(graph.node_property(nodes, key).to_values()) for key, name in enumerate(schema.keys.all())
        },
        "relationship properties": {
            name: repr(graph.relationship_property(relationships, key).to_values())
            for key, name in enumerate(schema.keys.all())
        },
        "counts": {name: graph.node_count(label) for label, name in enumerate(schema.labels.all())},
        "rules": (graph.rules, schema.rules()),
        "position": store.position(STREAM),
        "names": [schema.labels.all(), schema.types.all(), schema.keys.all(), schema.label_sets()],
    }


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    running.fill()
    yield running
    running.crash()


def reopened(folder: Path, expected: dict[str, object]) -> Running:
    """The folder opened again, after checking that it holds what is expected and takes more commits."""
    again = Running(folder)
    assert content(again.store) == expected
    return again


def test_the_log_alone_brings_everything_back(filled: Running) -> None:
    expected = content(filled.store)
    assert expected["position"].next_offsets == {PARTITION: 42} and expected["position"].batches_left == 4
    filled.crash()
    again = reopened(filled.folder, expected)
    assert again.recovered.checkpoint_version == 0
    assert again.recovered.commits == expected["version"]
    again.crash()


def test_a_log_cut_anywhere_gives_the_graph_of_some_version(tmp_path: Path) -> None:
    running = Running(tmp_path)
    store, states = running.store, {0: content(running.store)}

    def noting(commit: Callable[..., "Future[int]"]) -> Callable[..., "Future[int]"]:
        def carry_out(*arguments: object) -> "Future[int]":
            future = commit(*arguments)
            version = future.result(10)
            states[version] = content(store)
            return future

        return carry_out

    store.commit = noting(store.commit)  # type: ignore[method-assign]  # indexes are commits too
    running.fill()
    running.crash()
    path = running.directory.log_path(1)
    whole = path.read_bytes()
    reached = set()
    for cut in [*range(FRAMES_START, len(whole), 61), len(whole)]:
        path.write_bytes(whole[:cut])
        again = Running(tmp_path)
        found = content(again.store)
        reached.add(found["version"])
        assert without_names(found) == without_names(states[found["version"]])
        again.crash()
    assert reached >= {0, 5, running.log.version}


def without_names(state: dict[str, object]) -> dict[str, object]:
    """The graph's content apart from names that are interned and that nothing has."""
    graph = {name: value for name, value in state.items() if name != "names"}
    for kind in ("node properties", "relationship properties"):
        graph[kind] = {name: text for name, text in graph[kind].items() if set(text[1:-1].split(", ")) - {"None", ""}}
    graph["counts"] = {name: count for name, count in graph["counts"].items() if count}
    return graph


def test_a_checkpoint_alone_brings_everything_back(filled: Running) -> None:
    expected = content(filled.store)
    assert filled.checkpointer.write() == expected["version"]
    filled.crash()
    assert len(filled.directory.logs()) == 1 and len(filled.directory.checkpoints()) == 1
    again = reopened(filled.folder, expected)
    assert (again.recovered.checkpoint_version, again.recovered.commits) == (expected["version"], 0)
    assert again.recovered.log.database_id == filled.recovered.log.database_id
    assert again.checkpointer.write() == expected["version"], "nothing new: nothing is written"
    assert again.metrics.registry.get_sample_value("memgraph_checkpoints_total") == 0
    again.crash()


def test_a_checkpoint_and_the_log_after_it(filled: Running) -> None:
    filled.checkpointer.write()
    first = filled.commit("Later", text="new name, old file gone")
    filled.commit("Person", name="name 3")
    expected = content(filled.store)
    assert first in expected["nodes"]
    filled.crash()
    again = reopened(filled.folder, expected)
    assert again.recovered.commits == 2
    again.commit("More", fresh=1)
    expected = content(again.store)
    again.checkpointer.write()
    again.commit("Most", fresher=2)
    again.crash()
    third = Running(filled.folder)
    assert third.store.current.node_count(None) == len(expected["nodes"]) + 1
    third.crash()


def test_a_recovered_index_finds_nodes(filled: Running) -> None:
    filled.checkpointer.write()
    late = filled.commit("Person", name="late")
    filled.crash()
    again = Running(filled.folder)
    schema = again.store.schema
    person, name = schema.labels.find("Person"), schema.keys.find("name")
    found = again.store.current.seek(on_nodes(person, name), [Column.from_values(["late", "name 5", "gone"])])
    assert found.ids.tolist() == [late, 5] and found.source_rows.tolist() == [0, 1]
    again.crash()


def test_a_crash_between_rename_and_delete(filled: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filled.checkpointer, "_remove_older", lambda version: None)
    filled.checkpointer.write()
    filled.commit("After", x=1)
    filled.checkpointer.write()
    filled.commit("After", x=2)
    expected = content(filled.store)
    filled.crash()
    assert len(filled.directory.checkpoints()) == 2 and len(filled.directory.logs()) == 3
    again = reopened(filled.folder, expected)
    assert again.recovered.commits == 1
    again.checkpointer.write()
    assert len(again.directory.checkpoints()) == 1 and len(again.directory.logs()) == 1
    again.crash()


def test_a_crash_before_the_rename(filled: Running) -> None:
    expected = content(filled.store)
    filled.crash()
    unfinished = filled.folder / "checkpoint-00000000000000000099.tmp"
    unfinished.write_bytes(b"half")
    again = reopened(filled.folder, expected)
    again.directory.remove_unfinished()
    assert not unfinished.exists()
    again.crash()


def test_a_damaged_checkpoint_is_made_up_for_by_older_files(
    filled: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(filled.checkpointer, "_remove_older", lambda version: None)
    filled.checkpointer.write()
    filled.commit("After", x=1)
    filled.checkpointer.write()
    filled.commit("After", x=2)
    expected = content(filled.store)
    filled.crash()
    for count, (_, path) in enumerate(reversed(filled.directory.checkpoints()), 1):
        damaged = bytearray(path.read_bytes())
        damaged[100] ^= 1
        path.write_bytes(damaged)
        caplog.clear()
        again = reopened(filled.folder, expected)
        assert again.recovered.commits > count
        warned = [record.path for record in caplog.records if record.levelno == logging.WARNING]
        assert str(path) in warned
        again.crash()


def test_a_damaged_checkpoint_alone_is_refused(filled: Running) -> None:
    filled.checkpointer.write()
    filled.crash()
    ((_, path),) = filled.directory.checkpoints()
    damaged = bytearray(path.read_bytes())
    damaged[100] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(StartupError, match=f"the checkpoint '{path}' is damaged at byte "):
        Running(filled.folder)


def test_a_missing_checkpoint_is_noticed(filled: Running) -> None:
    filled.checkpointer.write()
    filled.commit("After", x=1)
    filled.crash()
    ((_, path),) = filled.directory.checkpoints()
    path.unlink()
    with pytest.raises(StartupError, match="commits are missing"):
        Running(filled.folder)


def test_a_missing_log_is_noticed(filled: Running) -> None:
    filled.log.rotate().result(10)
    filled.commit("After", x=1)
    filled.log.rotate().result(10)
    filled.commit("After", x=2)
    filled.crash()
    (_, first), (_, second), _ = filled.directory.logs()
    moved = second.read_bytes()
    second.unlink()
    with pytest.raises(StartupError, match="commits are missing"):
        Running(filled.folder)
    second.write_bytes(moved)
    first.unlink()
    with pytest.raises(StartupError, match="commits are missing"):
        Running(filled.folder)


def test_a_log_that_ends_early_with_another_after_it_is_refused(filled: Running) -> None:
    filled.log.rotate().result(10)
    filled.commit("After", x=1)
    filled.crash()
    (_, first), _ = filled.directory.logs()
    whole = first.read_bytes()
    first.write_bytes(whole[:-1])  # of the frame that says that another file follows
    content_before = content(filled.store)
    reopened(filled.folder, content_before).crash()
    first.write_bytes(whole[:-70])
    with pytest.raises(StartupError, match=f"the log file '{first}' is damaged at byte \\d+, and a later log follows"):
        Running(filled.folder)


def test_a_file_of_another_database_is_refused(filled: Running, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Running(tmp_path_factory.mktemp("other"))
    other.commit("A", x=1)
    other.crash()
    filled.crash()
    ((_, mine),) = filled.directory.logs()
    foreign = filled.directory.log_path(filled.log.version + 1)
    data = other.directory.log_path(1).read_bytes()
    foreign.write_bytes(data)
    with pytest.raises(StartupError, match="begins with version 1, not that of its name"):
        Running(filled.folder)
    foreign.unlink()
    mine.unlink()
    filled.directory.log_path(1).write_bytes(data)
    again = Running(filled.folder)
    assert again.store.current.node_count(None) == 1
    again.crash()


def test_a_torn_tail_is_told_and_written_over(filled: Running, caplog: pytest.LogCaptureFixture) -> None:
    last = filled.commit("Torn", text="x" * 50)
    filled.crash()
    ((_, path),) = filled.directory.logs()
    whole = path.read_bytes()
    path.write_bytes(whole[:-7] + b"\0" * 100)
    again = Running(filled.folder)
    assert last not in again.store.current.nodes(None).tolist()
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert (warning.path, warning.byte) == (str(path), again.recovered.log.end)
    assert 0 < warning.bytes <= len(whole) - 7 - warning.byte
    again.commit("Shorter", x=1)
    expected = content(again.store)
    again.crash()
    reopened(filled.folder, expected).crash()


def test_a_large_log_brings_about_a_checkpoint_while_commits_go_on(tmp_path: Path) -> None:
    running = Running(tmp_path, rotate_bytes=20_000)
    running.checkpointer.start()
    for number in range(400):
        running.commit("Person", name="x" * 200, number=number)
    running.checkpointer.stop()
    expected = content(running.store)
    running.crash()
    assert running.metrics.registry.get_sample_value("memgraph_checkpoints_total") >= 2
    assert len(running.directory.checkpoints()) == 1
    again = reopened(tmp_path, expected)
    assert again.recovered.commits < 400
    again.crash()


def test_a_checkpoint_does_not_take_the_last_room(filled: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.statvfs_result((4096, 4096, 1000, 1000, 1000, 0, 0, 0, 0, 255))
    with monkeypatch.context() as patch:
        patch.setattr(os, "statvfs", lambda path: full)
        with pytest.raises(OSError, match=r"no room for a checkpoint of \d+ bytes"):
            filled.checkpointer.write()
    assert filled.directory.checkpoints() == [] and list(filled.folder.glob("*.tmp")) == []
    expected = content(filled.store)
    filled.checkpointer.write()
    filled.crash()
    reopened(filled.folder, expected).crash()


def test_a_checkpoint_of_an_empty_graph_is_none(tmp_path: Path) -> None:
    running = Running(tmp_path)
    assert running.checkpointer.write() == 0
    running.crash()
    assert running.directory.checkpoints() == []
    again = Running(tmp_path)
    assert again.recovered.log.version == 0
    again.crash()

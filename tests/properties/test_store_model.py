"""The store against a naive model: several transactions, a log that is late or fails, snapshots held open, and what is
done in the background: merges, ids used again, arrays moved together. Replaying the log gives the same graph."""

import copy
import random
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from memgraph_py.columnar import Column
from memgraph_py.config import Limits
from memgraph_py.errors import CommitFailed, ConstraintViolation, EntityNotFound, TransactionConflict
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.compaction import move_together
from memgraph_py.storage.exchange import export_snapshot, load_snapshot
from memgraph_py.storage.maintenance import order_label, places_of, rebuild_index
from memgraph_py.storage.rule_changes import creation_of
from memgraph_py.storage.schema_rules import IndexDefinition, on_nodes
from memgraph_py.storage.store import Access, GraphStore, Transaction
from memgraph_py.storage.transaction import Mark
from memgraph_py.storage.view import GraphView
from tests.properties.graph_model import KEYS, LABELS, TYPES, VALUES, Graph, check_seeks, check_view, ids_of

STEPS = 60


@dataclass
class Writes:
    nodes: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)
    relationships: set[int] = field(default_factory=set)

    def conflicts(self, other: "Writes") -> bool:
        return bool(
            self.nodes & other.nodes
            or self.deleted & other.ends
            or self.ends & other.deleted
            or self.relationships & other.relationships
        )


@dataclass
class Open:
    transaction: Transaction
    graph: Graph
    based_on: int
    epoch: int
    writes: Writes = field(default_factory=Writes)
    plainly_deleted: set[int] = field(default_factory=set)
    deleted_relationships: set[int] = field(default_factory=set)
    marks: list[tuple[Mark, Any]] = field(default_factory=list)


class ManualLog:
    """Commits are synced, or fail, when the test says so."""

    def __init__(self) -> None:
        self.queue: list[Callable[[BaseException | None], None]] = []
        self.records: dict[int, ChangeSet] = {}

    def append(self, version: int, changes: ChangeSet, done: Callable[[BaseException | None], None]) -> None:
        assert not changes.is_empty() and version > 0
        self.records[version] = changes
        self.queue.append(done)

    def close(self) -> None: ...


def new_store(limits: Limits, log: ManualLog | None = None) -> GraphStore:
    store = GraphStore(log, limits)
    for name in "ABC":
        store.schema.labels.intern(name)
        store.schema.types.intern(name)
        store.schema.keys.intern(name)
    return store


class Walk:
    """Random steps on a store and its model."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.log = ManualLog()
        self.limits = Limits(delta_relationships_max=2, reused_ids_min=1, reclaimed_rows_min=self.random.choice((1, 3)))
        self.store = new_store(self.limits, self.log)
        self.open_max = self.random.randint(1, 3)
        self.reused = 0
        self.graphs = {0: Graph()}
        self.history: dict[int, Writes] = {}
        self.current = self.tip = 0
        self.failures: list[int] = []
        self.pending: list[Future[int]] = []
        self.open: list[Open] = []
        self.held: list[tuple[GraphView, Graph]] = []
        self.indexes: set[tuple[int, int]] = set()
        self.nodes = self.relationships = 0

    def run(self) -> None:
        write = [self.create_nodes, self.create_relationships, self.set_node_property, self.set_relationship_property,
                 self.change_labels, self.delete_relationships, self.delete_nodes]  # fmt: skip
        weights = [6, 8, 4, 2, 4, *self.random.choice(((1, 1), (3, 4), (7, 9)))]
        for _ in range(STEPS):
            step = self.random.choices(
                [
                    self.sync,
                    self.fail,
                    self.change_index,
                    self.hold,
                    self.store.wait_for_maintenance,
                    self.restart,
                    self.replay,
                    self.let_go,
                    self.reclaim,
                    None,
                ],
                [6, 0.3, 0.6, 1, 1, 0.3, 0.3, 1, 2, 20],
            )[0]
            if step is not None:
                step()
                continue
            if (len(self.open) < self.open_max and self.random.random() < 0.4) or not self.open:
                self.begin()
            one = self.random.choice(self.open)
            if self.is_lost(one):  # it can read no more, and its commit will fail
                self.random.choice([self.roll_back, self.commit])(one)
            else:
                self.random.choices(
                    [*write, self.set_mark, self.undo, self.roll_back, self.commit], [*weights, 2, 1, 1, 6]
                )[0](one)
            self.check()
        for future in list(self.pending):
            self.sync()
            assert future.done()
        self.check()
        self.store.wait_for_maintenance()
        self.check()
        self.replay()

    def some(self, ids: object, count: int) -> list[int]:
        return self.random.choices([-1, *sorted(ids)], k=self.random.randint(1, count))  # type: ignore[call-overload]  # a set or map of ids

    def values(self, count: int) -> list[Any]:
        return self.random.choices(VALUES, k=count)

    def labels(self) -> tuple[int, ...]:
        return tuple(self.random.sample(LABELS, self.random.randint(0, 2)))

    def begin(self) -> None:
        on_tip = self.random.random() < 0.4
        version = self.tip if on_tip else self.current
        transaction = self.store.begin(Access.WRITE, on_tip=on_tip)
        self.open.append(Open(transaction, copy.deepcopy(self.graphs[version]), version, len(self.failures)))

    def create_nodes(self, one: Open) -> None:
        labels, key, properties = self.labels(), self.random.choice(KEYS), self.values(self.random.randint(1, 5))
        ids = one.transaction.create_nodes(len(properties), labels, {key: Column.from_values(properties)})
        self.reused += int((ids < self.nodes).sum())
        self.nodes = max(self.nodes, int(ids.max()) + 1)
        for id, value in zip(ids.tolist(), properties, strict=True):
            one.graph.nodes[id] = (set(labels), {} if value is None else {key: value})

    def create_relationships(self, one: Open) -> None:
        type, count, value = self.random.choice(TYPES), self.random.randint(1, 4), self.values(1)[0]
        if not one.graph.nodes:
            return
        sources, targets = (self.random.choices(sorted(one.graph.nodes), k=count) for _ in range(2))
        properties = {0: Column.constant(value, count)}
        ids = one.transaction.create_relationships(ids_of(sources), ids_of(targets), type, properties)
        self.relationships = max(self.relationships, int(ids.max()) + 1)
        for id, source, target in zip(ids.tolist(), sources, targets, strict=True):
            one.graph.relationships[id] = (source, target, type, {} if value is None else {0: value})
        one.writes.ends |= {*sources, *targets}

    def set_node_property(self, one: Open) -> None:
        key, ids = self.random.choice(KEYS), self.some(one.graph.nodes, 4)
        new = self.values(len(ids))
        last = {id: value for id, value in zip(ids, new, strict=True) if id >= 0}
        there = {id: key in one.graph.nodes[id][1] for id in last}
        expected = 0
        for id, value in zip(ids, new, strict=True):  # each counts, also of a node again and again
            if id >= 0:
                expected += value is not None or there[id]
                there[id] = value is not None
        assert one.transaction.set_node_property(ids_of(ids), key, Column.from_values(new)) == expected
        for id, value in last.items():
            self.assign(one.graph.nodes[id][1], key, value)
            one.writes.nodes.add(id)

    def set_relationship_property(self, one: Open) -> None:
        key, ids = self.random.choice(KEYS), self.some(one.graph.relationships, 4)
        new = self.values(len(ids))
        one.transaction.set_relationship_property(ids_of(ids), key, Column.from_values(new))
        for id, value in zip(ids, new, strict=True):
            if id >= 0:
                self.assign(one.graph.relationships[id][3], key, value)
                one.writes.relationships.add(id)

    @staticmethod
    def assign(properties: dict[int, Any], key: int, value: Any) -> None:
        if value is None:
            properties.pop(key, None)
        else:
            properties[key] = value

    def change_labels(self, one: Open) -> None:
        labels, adds, ids = self.labels(), self.random.random() < 0.6, self.some(one.graph.nodes, 3)
        call = one.transaction.add_labels if adds else one.transaction.remove_labels
        expected = 0
        for id in set(ids) - {-1}:
            before = one.graph.nodes[id][0]
            after = before | set(labels) if adds else before - set(labels)
            if after != before:
                expected += len(after ^ before)
                one.graph.nodes[id] = (after, one.graph.nodes[id][1])
                one.writes.nodes.add(id)
        assert call(ids_of(ids), labels) == expected

    def delete_relationships(self, one: Open) -> None:
        ids = self.some(one.graph.relationships, 3)
        assert one.transaction.delete_relationships(ids_of(ids)) == len(set(ids) - {-1})
        self.forget(one, set(ids) - {-1})

    @staticmethod
    def forget(one: Open, relationships: set[int]) -> None:
        for id in relationships:
            del one.graph.relationships[id]
        one.writes.relationships |= relationships
        one.deleted_relationships |= relationships
        one.graph.deleted_relationships |= relationships

    def delete_nodes(self, one: Open) -> None:
        detach, ids = self.random.random() < 0.7, set(self.some(one.graph.nodes, 2)) - {-1}
        attached = {id for id, (a, b, _, _) in one.graph.relationships.items() if {a, b} & ids} if detach else set()
        assert one.transaction.delete_nodes(ids_of([-1, *ids]), detach=detach) == (len(ids), len(attached))
        self.forget(one, attached)
        for id in ids:
            del one.graph.nodes[id]
        one.writes.nodes |= ids
        one.writes.deleted |= ids
        one.graph.deleted_nodes |= ids
        one.plainly_deleted |= ids
        if ids:
            gone = ids_of([min(ids)])
            with pytest.raises(EntityNotFound):
                one.transaction.create_relationships(gone, gone, 0, {})
            with pytest.raises(EntityNotFound):
                one.transaction.set_node_property(gone, 0, Column.from_values([1]))

    def set_mark(self, one: Open) -> None:
        state = copy.deepcopy((one.graph, one.writes, one.plainly_deleted, one.deleted_relationships))
        one.marks.append((one.transaction.mark(), state))

    def undo(self, one: Open) -> None:
        if not one.marks:
            return
        mark, state = one.marks.pop()
        one.transaction.undo_to(mark)
        one.graph, one.writes, one.plainly_deleted, one.deleted_relationships = state

    def roll_back(self, one: Open) -> None:
        self.open.remove(one)
        self.store.rollback(one.transaction)

    def commit(self, one: Open) -> None:
        self.open.remove(one)
        changes = one.transaction.changes
        if changes.is_empty():
            assert self.store.commit(one.transaction).result() == one.based_on
            return
        error = self.expected_error(one)
        if error is not None:
            with pytest.raises(error):
                self.store.commit(one.transaction)
            return
        future = self.store.commit(one.transaction)
        merged = copy.deepcopy(self.graphs[self.tip])
        self.merge(merged, one)
        self.tip += 1
        self.graphs[self.tip] = merged
        self.history[self.tip] = one.writes
        self.pending.append(future)

    def expected_error(self, one: Open) -> type[Exception] | None:
        left = [one.plainly_deleted & {a, b} for a, b, _, _ in one.graph.relationships.values()]
        if any(left):
            return ConstraintViolation
        if self.is_lost(one):
            return CommitFailed
        after = (writes for version, writes in self.history.items() if version > one.based_on)
        base = self.graphs[one.based_on]  # what the transaction has made, nobody else knows
        known = Writes(
            one.writes.nodes & base.nodes.keys(),
            one.writes.deleted & base.nodes.keys(),
            one.writes.ends & base.nodes.keys(),
            one.writes.relationships & base.relationships.keys(),
        )
        return TransactionConflict if any(known.conflicts(writes) for writes in after) else None

    def is_lost(self, one: Open) -> bool:
        """Whether a version that the transaction is based on has failed since it began."""
        return any(one.based_on > good for good in self.failures[one.epoch :])

    def merge(self, graph: Graph, one: Open) -> None:
        graph.deleted_nodes |= one.writes.deleted
        graph.deleted_relationships |= one.deleted_relationships
        base = self.graphs[one.based_on]
        for id, node in one.graph.nodes.items():
            if id in one.writes.nodes or id not in base.nodes:
                graph.nodes[id] = copy.deepcopy(node)
        for id in one.writes.deleted:
            graph.nodes.pop(id, None)
        for id, relationship in one.graph.relationships.items():
            if id in one.writes.relationships or id not in base.relationships:
                graph.relationships[id] = copy.deepcopy(relationship)
        for id in one.deleted_relationships:
            graph.relationships.pop(id, None)

    def sync(self) -> None:
        if not self.log.queue:
            return
        self.log.queue.pop(0)(None)
        self.current += 1
        assert self.pending.pop(0).result(timeout=0) == self.current

    def fail(self) -> None:
        if not self.log.queue:
            return
        queue, self.log.queue = self.log.queue, []
        for done in queue:
            done(OSError("no space left on device"))
        for future in self.pending:
            with pytest.raises(CommitFailed):
                future.result(timeout=0)
        for version in range(self.current + 1, self.tip + 1):
            del self.graphs[version]
            self.history.pop(version, None)
        self.pending = []
        self.tip = self.current
        self.failures.append(self.current)
        self.indexes = {(index.on.token, index.on.keys[0]) for index in self.store.schema.indexes()}

    def change_index(self) -> None:
        label, key = self.random.choice(LABELS), self.random.choice(KEYS)
        if (label, key) in self.indexes:
            self.indexes.remove((label, key))
            self.pending.append(self.store.change_rules(ChangeSet(dropped_indexes=[on_nodes(label, key)])))
        else:
            self.indexes.add((label, key))
            self.pending.append(
                self.store.change_rules(creation_of(IndexDefinition(f"{label} {key}", on_nodes(label, key))))
            )
        self.tip += 1
        self.graphs[self.tip] = self.graphs[self.tip - 1]

    def hold(self) -> None:
        self.held = [*self.held[-2:], (self.store.current, copy.deepcopy(self.graphs[self.current]))]

    def let_go(self) -> None:
        self.held = self.held[1:]

    def reclaim(self) -> None:
        """What is done in the background when much has become garbage."""
        self.store.wait_for_maintenance()
        self.store.reclaim_ids()
        current = self.store.current
        for label in current.label_nodes:
            order_label(self.store, label)
        for index in list(current.indexes):
            rebuild_index(self.store, index)
        for place in self.random.sample(places_of(current), 3):
            assert move_together(self.store, place) or not place.pages(self.store.current)

    def replay(self) -> None:
        """Recovery from the log alone, and a commit after it."""
        other = new_store(self.limits)
        for labels in self.store.schema.label_sets():
            other.schema.intern_label_set(labels)
        for version in range(1, self.current + 1):
            other.apply_recovered(version, self.log.records[version])
        graph = copy.deepcopy(self.graphs[self.current])
        for _ in range(2):
            check_view(other.current, graph, self.nodes, self.relationships)
            check_seeks(other.current, graph, {(index.on.token, index.on.keys[0]) for index in other.schema.indexes()})
            transaction = other.begin(Access.WRITE)
            ids = transaction.create_nodes(3, (0,), {0: Column.from_values([1, None, "a"])})
            relationships = transaction.create_relationships(ids, ids[::-1].copy(), 1, {})
            other.commit(transaction)
            assert not set(ids.tolist()) & graph.nodes.keys()
            assert not set(relationships.tolist()) & graph.relationships.keys()
            graph.nodes |= {id: ({0}, {} if value is None else {0: value}) for id, value in
                            zip(ids.tolist(), (1, None, "a"), strict=True)}  # fmt: skip
            graph.relationships |= {
                id: (a, b, 1, {})
                for id, a, b in zip(relationships.tolist(), ids.tolist(), ids[::-1].tolist(), strict=True)
            }
        other.close()

    def restart(self) -> None:
        data = export_snapshot(self.store.current)
        other = GraphStore()
        load_snapshot(other, data)
        check_view(other.current, self.graphs[self.current], self.nodes, self.relationships)
        indexes = {(index.on.token, index.on.keys[0]) for index in other.schema.indexes()}
        check_seeks(other.current, self.graphs[self.current], indexes)

    def check(self) -> None:
        for one in self.open:
            if self.is_lost(one):
                continue
            if one.plainly_deleted and any(
                one.plainly_deleted & {a, b} for a, b, _, _ in one.graph.relationships.values()
            ):
                continue  # a relationship without an end: only the commit speaks of it
            check_view(one.transaction, one.graph, self.nodes, self.relationships)
            check_seeks(one.transaction, one.graph, self.indexes)
        for view, graph in [*self.held, (self.store.current, self.graphs[self.current])]:
            check_view(view, graph, self.nodes, self.relationships)
            check_seeks(view, graph, self.indexes)
        check_view(self.store.tip, self.graphs[self.tip], self.nodes, self.relationships)


@given(st.integers(0, 1 << 32))
@settings(max_examples=20)
def test_the_store_agrees_with_the_model(seed: int) -> None:
    Walk(seed).run()

"""Commits that fail, and merges, however many: they leave no memory taken."""

import pytest

from memgraph_py.storage.adjacency import Base
from memgraph_py.storage.maintenance import pack_adjacency
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.view import Direction
from tests.storage.test_store import FRIEND, NAME, USER, ManualLog, column, create, new_store, write


def test_commits_that_fail_again_and_again_take_no_memory() -> None:
    log = ManualLog()
    store = new_store(log)
    transaction = write(store)
    nodes = transaction.create_nodes(4, (), {})
    transaction.create_relationships(nodes[:2], nodes[1:3], FRIEND, {})
    store.commit(transaction)
    log.queue.pop()(None)
    sizes = set()
    for _ in range(200):
        failing = write(store)
        failing.create_relationships(nodes[:1], nodes[3:], FRIEND, {})
        store.commit(failing)
        log.queue.pop()(OSError("no space left on device"))
        delta = store.current.adjacency.delta
        sizes.add((delta.heads.shape, delta.pairs.shape, delta.entries.shape))
    assert len(sizes) == 1
    assert store.current.expand(nodes, Direction.OUT, None).targets.tolist() == [1, 2]


def test_texts_of_commits_that_failed_are_reclaimed() -> None:
    log = ManualLog()
    store = new_store(log, reclaimed_rows_min=10)
    transaction = write(store)
    nodes = transaction.create_nodes(2, (USER,), {NAME: column("Ada", "Grace")})
    store.commit(transaction)
    log.queue.pop()(None)
    for _ in range(100):
        failing = write(store)
        failing.create_nodes(1, (USER,), {NAME: column("x" * 1_000)})
        store.commit(failing)
        log.queue.pop()(OSError("no space left on device"))
        store.wait_for_maintenance()
    assert store.current.node_columns[NAME].heap.used < 20_000
    assert store.current.node_property(nodes, NAME).to_values() == ["Ada", "Grace"]


def test_merges_with_commits_beside_them_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store()
    nodes = create(store, *range(1_000))
    packed = Snapshot.packed

    def and_meanwhile(snapshot: Snapshot) -> Base:
        transaction = write(store)
        transaction.create_relationships(nodes[-1:], nodes[:1], FRIEND, {})
        store.commit(transaction)
        return packed(snapshot)

    monkeypatch.setattr(Snapshot, "packed", and_meanwhile)
    sizes = set()
    for merges in range(200):
        assert pack_adjacency(store)
        assert store.current.adjacency.visible == 1
        if merges > 2:
            sizes.add(store.current.adjacency.delta.heads.shape)
    assert len(sizes) == 1
    assert store.current.degrees(nodes[:1], Direction.IN, None).tolist() == [200]

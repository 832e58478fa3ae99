"""Memory follows what is there: ids, slots, strings and entries of indexes are used again, and not too early."""

import gc
import os
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.config import Limits
from memgraph_py.errors import CommitFailed, TransactionConflict
from memgraph_py.kernels.chunks import CHUNK_ROWS
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.exchange import export_snapshot, load_snapshot
from memgraph_py.storage.rule_changes import creation_of
from memgraph_py.storage.schema_rules import IndexDefinition, on_nodes
from memgraph_py.storage.store import Access, GraphStore
from memgraph_py.storage.transaction import Transaction
from memgraph_py.storage.view import Direction

USER, FRIEND, ID, NAME = 0, 0, 0, 1
ROUND = 20_000
Numbers = NDArray[np.int64]


class ManualLog:
    """Commits are synced when the test says so."""

    def __init__(self) -> None:
        self.queue: list[Callable[[BaseException | None], None]] = []

    def append(self, version: int, changes: ChangeSet, done: Callable[[BaseException | None], None]) -> None:
        self.queue.append(done)

    def close(self) -> None: ...


def new_store(log: ManualLog | None = None, **limits: int) -> GraphStore:
    store = GraphStore(log, Limits(**limits))
    store.schema.labels.intern("User")
    store.schema.types.intern("FRIEND")
    for key in ("id", "name"):
        store.schema.keys.intern(key)
    return store


def write(store: GraphStore) -> Transaction:
    return store.begin(Access.WRITE)


def create(store: GraphStore, count: int, text: str = "text") -> Numbers:
    """So many nodes, each with a number, a text, and a relationship to the next one."""
    transaction = write(store)
    texts = Column.from_values([f"{text} {number}" for number in range(count)])
    properties = {ID: Column(Kind.INT, np.arange(count)), NAME: texts}
    nodes = transaction.create_nodes(count, (USER,), properties)
    transaction.create_relationships(nodes[:-1], nodes[1:], FRIEND, {ID: Column(Kind.INT, np.arange(count - 1))})
    store.commit(transaction)
    return nodes


def delete(store: GraphStore, nodes: Numbers) -> None:
    transaction = write(store)
    transaction.delete_nodes(nodes, detach=True)
    store.commit(transaction)


def settle(store: GraphStore) -> None:
    """The background is done, also with what the last commit's own transaction held when it looked."""
    store.wait_for_maintenance()
    store.reclaim_ids()


def ids(*numbers: int) -> Numbers:
    return np.array(numbers, dtype=np.int64)


def resident_megabytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def test_a_million_elements_made_and_deleted_leave_nothing() -> None:
    store = new_store()
    store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID))))
    kept = create(store, ROUND, "kept")
    sizes: list[int] = []
    for number in range(25):  # 20,000 nodes and as many relationships each
        nodes = create(store, ROUND, f"round {number}")
        sizes.append(resident_megabytes())
        delete(store, nodes)
        settle(store)
    current = store.current
    assert current.node_count(USER) == len(kept)
    assert current.node_bound <= 4 * ROUND
    assert current.relationship_bound <= 2 * ROUND + 2 * store.limits.delta_relationships_max
    assert current.indexes[on_nodes(USER, ID)].entries <= 2 * ROUND + store.limits.reclaimed_rows_min
    assert current.label_nodes[USER].length <= 2 * ROUND + store.limits.reclaimed_rows_min
    for pages in (current.node_states, current.relationship_states, current.ends):
        assert pages.pool.used * CHUNK_ROWS <= 10 * ROUND + 2 * store.limits.delta_relationships_max
    texts = current.node_columns[NAME]
    assert texts.text_bytes == sum(len(f"kept {number}") for number in range(ROUND))
    assert texts.heap.used <= 2 * texts.text_bytes + (1 << 20)
    assert current.adjacency.visible <= store.limits.delta_relationships_max
    assert len(store._history) <= 2
    assert sizes[-1] - sizes[2] < 100, "25 rounds without reclamation would take more"
    assert current.seek(on_nodes(USER, ID), [Column.from_values([7])]).ids.tolist() == [int(kept[7])]
    assert current.node_property(kept[:2], NAME).to_values() == ["kept 0", "kept 1"]


def test_a_graph_that_shrinks_gives_its_arrays_back() -> None:
    store = new_store()
    store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID))))
    nodes = create(store, 400_000)
    delete(store, nodes[1_000:])
    settle(store)
    current = store.current
    assert len(current.node_states.buffer) <= 8 * CHUNK_ROWS
    assert len(current.ends.buffer) <= 8 * CHUNK_ROWS
    assert len(current.node_columns[NAME].pages[Kind.STRING].buffer) <= 8 * CHUNK_ROWS
    assert len(current.node_columns[NAME].heap.data) < 1 << 20
    assert len(current.indexes[on_nodes(USER, ID)].table.hashes) <= 8 * 1024
    assert current.adjacency.base.packed_out.shape == (3, 999)
    assert current.adjacency.base.offsets.shape == (2, 1_001)
    assert current.nodes(None).tolist() == current.nodes(USER).tolist() == list(range(1_000))
    assert current.node_property(nodes[998:1_001], NAME).to_values() == ["text 998", "text 999", None]
    data = export_snapshot(current)
    assert sum(array.nbytes for array in data.arrays.values()) < 200_000
    other = GraphStore()
    load_snapshot(other, data)
    assert other.current.nodes(None).tolist() == list(range(1_000))


def test_an_open_reader_holds_its_own_version_and_no_later_one() -> None:
    store = new_store()
    nodes = create(store, ROUND)
    reader = store.begin(Access.READ)
    delete(store, nodes)
    seen: list[tuple[int, int, int]] = []
    for _ in range(30):
        delete(store, create(store, ROUND))
        settle(store)
        current = store.current
        seen.append((current.node_bound, current.node_states.pool.used, len(current.node_states.pool.retired)))
    most = np.array(seen[4:]).max(axis=0)
    assert most[0] <= 4 * ROUND
    assert most[1] <= 60
    assert most[2] <= 60
    assert reader.node_property(nodes[:2], NAME).to_values() == ["text 0", "text 1"]
    assert len(reader.expand(nodes, Direction.OUT, None).targets) == ROUND - 1
    store.rollback(reader)
    del reader
    for _ in range(3):
        delete(store, create(store, ROUND))
        settle(store)
    assert not store.reclamation.deleted_nodes.has_freed()
    assert store.reclamation.nodes.free >= store.current.node_bound - 2 * ROUND


def test_single_commits_with_a_reader_open_keep_no_slot_each() -> None:
    store = new_store()
    nodes = create(store, 100)
    reader = store.begin(Access.READ)
    for value in range(2_000):
        transaction = write(store)
        transaction.set_node_property(nodes[:1], ID, Column.from_values([value]))
        store.commit(transaction)
    pool = store.current.node_columns[ID].pages[Kind.INT].pool
    assert pool.used <= 40
    assert len(pool.retired) <= 40
    assert reader.node_property(nodes[:1], ID).to_values() == [0]


def test_an_id_is_not_used_while_a_version_has_its_element() -> None:
    store = new_store(reused_ids_min=1, reclaimed_rows_min=1)
    nodes = create(store, 4)
    old = write(store)
    delete(store, nodes)
    settle(store)
    others = create(store, 4, "other")
    assert not set(others.tolist()) & set(nodes.tolist())
    old.set_node_property(nodes[:1], ID, Column.from_values([9]))
    with pytest.raises(TransactionConflict):
        store.commit(old)
    del old
    delete(store, others)
    settle(store)
    again = create(store, 8, "again")
    assert again.tolist() == list(range(8))
    assert store.current.node_property(again, ID).to_values() == list(range(8))


def test_an_id_is_not_used_before_its_deletion_is_durable() -> None:
    log = ManualLog()
    store = new_store(log, reused_ids_min=1, reclaimed_rows_min=1)
    nodes = create(store, 4)
    log.queue.pop(0)(None)
    delete(store, nodes)
    settle(store)
    others = create(store, 4)
    assert others.tolist() == [4, 5, 6, 7]
    while log.queue:
        log.queue.pop(0)(OSError("no space left on device"))
    assert store.current.nodes(None).tolist() == nodes.tolist()
    delete(store, nodes[:1])
    log.queue.pop(0)(None)
    settle(store)
    transaction = write(store)
    assert sorted(transaction.create_nodes(5, (), {}).tolist()) == [0, 4, 5, 6, 7], "those of the failed commit too"
    store.rollback(transaction)


def test_ids_of_a_transaction_that_is_rolled_back_undone_or_refused_come_back() -> None:
    store = new_store(reused_ids_min=1)
    nodes = create(store, 2)
    for end in ("roll back", "undo", "refuse"):
        transaction = write(store)
        mark = transaction.mark()
        drawn = transaction.create_nodes(3, (), {})
        assert drawn.tolist() == [2, 3, 4]
        assert transaction.create_relationships(drawn[:1], drawn[1:2], FRIEND, {}).tolist() == [1]
        if end == "undo":
            transaction.undo_to(mark)
            store.commit(transaction)
        elif end == "refuse":
            transaction.set_node_property(nodes[:1], ID, Column.from_values([1]))
            other = write(store)
            other.set_node_property(nodes[:1], ID, Column.from_values([2]))
            store.commit(other)
            with pytest.raises(TransactionConflict):
                store.commit(transaction)
        else:
            store.rollback(transaction)
    assert create(store, 3).tolist() == [2, 3, 4]


def test_a_relationships_id_waits_until_the_adjacency_is_packed() -> None:
    store = new_store(reused_ids_min=1, reclaimed_rows_min=1, delta_relationships_max=10)
    nodes = create(store, 5)
    transaction = write(store)
    transaction.delete_relationships(ids(0, 1, 2))
    store.commit(transaction)
    settle(store)
    transaction = write(store)
    made = transaction.create_relationships(nodes[[4, 4, 4]], nodes[[0, 1, 2]], FRIEND, {})
    assert made.tolist() == [4, 5, 6], "0, 1 and 2 still stand in the lists of their old ends"
    store.commit(transaction)
    transaction = write(store)
    transaction.create_relationships(nodes[[3] * 8], nodes[[0] * 8], FRIEND, {})
    store.commit(transaction)
    settle(store)
    assert store.current.adjacency.visible == 0
    store.reclaim_ids()
    transaction = write(store)
    assert transaction.create_relationships(nodes[[2] * 3], nodes[[4] * 3], FRIEND, {}).tolist() == [0, 1, 2]
    store.commit(transaction)
    assert store.current.expand(nodes[:1], Direction.OUT, None).targets.tolist() == []
    assert store.current.expand(nodes[2:3], Direction.OUT, None).targets.tolist() == [4, 4, 4]


def test_a_mostly_free_chunk_is_used_again_and_a_mostly_full_one_is_not() -> None:
    store = new_store()
    nodes = create(store, 3 * CHUNK_ROWS)
    gone = np.concatenate((nodes[: CHUNK_ROWS // 2], nodes[CHUNK_ROWS : CHUNK_ROWS + 1_000], nodes[2 * CHUNK_ROWS :]))
    delete(store, gone)
    settle(store)
    assert store.reclamation.nodes.free == len(gone)
    transaction = write(store)
    drawn = transaction.create_nodes(CHUNK_ROWS * 3 // 2 + 10, (), {})
    assert drawn[:2048].tolist() == list(range(2048))
    assert drawn[2048:6144].tolist() == nodes[2 * CHUNK_ROWS :].tolist()
    assert drawn[6144:].tolist() == list(range(3 * CHUNK_ROWS, 3 * CHUNK_ROWS + 10))
    store.rollback(transaction)


def test_a_chunk_that_was_emptied_takes_values_of_another_kind_as_they_are() -> None:
    store = new_store()
    nodes = create(store, CHUNK_ROWS)
    delete(store, nodes)
    settle(store)
    transaction = write(store)
    again = transaction.create_nodes(CHUNK_ROWS, (USER,), {ID: Column.from_values(["x"] * CHUNK_ROWS)})
    store.commit(transaction)
    assert again.tolist() == nodes.tolist()
    assert list(store.current.node_columns[ID].pages) == [Kind.STRING]
    assert NAME not in store.current.node_columns


def test_strings_that_were_replaced_leave_the_heap() -> None:
    store = new_store()
    nodes = create(store, ROUND)
    held = store.current
    for number in range(40):
        transaction = write(store)
        transaction.set_node_property(nodes, NAME, Column.from_values([f"new {number}"] * ROUND))
        store.commit(transaction)
        settle(store)
    column = store.current.node_columns[NAME]
    assert column.text_bytes == ROUND * len("new 39")
    assert column.heap.used <= 2 * column.text_bytes + 64 * store.limits.reclaimed_rows_min
    assert store.current.node_property(nodes, NAME).to_values() == ["new 39"] * ROUND
    assert held.node_property(nodes[-1:], NAME).to_values() == [f"text {ROUND - 1}"]


def test_write_sets_are_bounded_and_a_transaction_that_is_too_old_is_refused() -> None:
    store = new_store(history_commits_max=100)
    nodes = create(store, 200)
    old, reader, young = write(store), store.begin(Access.READ), None
    for number in range(199):
        if number == 150:
            young = write(store)
        transaction = write(store)
        transaction.set_node_property(nodes[number : number + 1], ID, Column.from_values([number]))
        store.commit(transaction)
    assert len(store._history) <= 100
    assert young is not None
    old.set_node_property(nodes[199:], ID, Column.from_values([1]))
    with pytest.raises(TransactionConflict, match="open for too long"):
        store.commit(old)
    young.set_node_property(nodes[199:], ID, Column.from_values([2]))
    store.commit(young).result(0)
    late = write(store)
    late.set_node_property(nodes[199:], ID, Column.from_values([3]))
    store.commit(late)
    assert reader.node_property(nodes[199:], ID).to_values() == [199]
    store.rollback(reader)


def test_readers_alone_keep_no_write_set() -> None:
    store = new_store()
    nodes = create(store, 1)
    readers = [store.begin(Access.READ) for _ in range(5)]
    for value in range(50):
        transaction = write(store)
        transaction.set_node_property(nodes, ID, Column.from_values([value]))
        store.commit(transaction)
    assert len(store._history) <= 1
    assert [reader.node_property(nodes, ID).to_values() for reader in readers] == [[0]] * 5


def test_a_failing_log_leaks_no_slot() -> None:
    log = ManualLog()
    store = new_store(log)
    nodes = create(store, 1_000)
    log.queue.pop(0)(None)
    for value in range(100):
        transaction = write(store)
        transaction.set_node_property(nodes, ID, Column.from_values([value] * 1_000))
        future = store.commit(transaction)
        create(store, 10)
        while log.queue:
            log.queue.pop(0)(OSError("no space left on device"))
        with pytest.raises(CommitFailed):
            future.result(0)
        del transaction
    gc.collect()
    current = store.current
    assert current.node_columns[ID].pages[Kind.INT].pool.used <= 4
    assert current.node_states.pool.used <= 4
    assert current.node_property(nodes[:2], ID).to_values() == [0, 1]

"""What two transactions, a failing log and a merge do to each other, case by case."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.config import Limits
from memgraph_py.errors import (
    AccessModeViolation,
    CommitFailed,
    ConstraintViolation,
    LimitExceeded,
    SchemaError,
    SchemaMissing,
    TransactionConflict,
)
from memgraph_py.storage.changes import ChangeSet
from memgraph_py.storage.rule_changes import creation_of
from memgraph_py.storage.schema_rules import IndexDefinition, on_nodes
from memgraph_py.storage.store import Access, GraphStore, Transaction
from memgraph_py.storage.view import Direction

USER, FRIEND, ID, NAME = 0, 0, 0, 1


class ManualLog:
    """A log whose commits are synced when the test says so."""

    def __init__(self) -> None:
        self.queue: list[Callable[[BaseException | None], None]] = []
        self.closed = False

    def append(self, version: int, changes: ChangeSet, done: Callable[[BaseException | None], None]) -> None:
        if self.closed:
            raise CommitFailed("the log is closed")
        self.queue.append(done)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def store() -> GraphStore:
    return new_store()


def new_store(log: ManualLog | None = None, **limits: int) -> GraphStore:
    store = GraphStore(log, Limits(**limits))
    store.schema.labels.intern("User")
    store.schema.types.intern("FRIEND")
    store.schema.keys.intern("id")
    store.schema.keys.intern("name")
    return store


def ids(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)


def column(*values: Any) -> Column:
    return Column.from_values(values)


def write(store: GraphStore) -> Transaction:
    return store.begin(Access.WRITE)


def create(store: GraphStore, *values: Any) -> NDArray[np.int64]:
    transaction = write(store)
    nodes = transaction.create_nodes(len(values), (USER,), {ID: column(*values)})
    store.commit(transaction)
    return nodes


def relate(store: GraphStore, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.int64]:
    transaction = write(store)
    relationships = transaction.create_relationships(sources, targets, FRIEND, {})
    store.commit(transaction)
    return relationships


def test_the_second_writer_of_a_node_gives_way(store: GraphStore) -> None:
    nodes = create(store, 1, 2)
    first, second, third = write(store), write(store), write(store)
    first.set_node_property(nodes[:1], ID, column(10))
    second.set_node_property(nodes[:1], NAME, column("x"))
    third.add_labels(nodes[1:], (1,))
    store.commit(first)
    with pytest.raises(TransactionConflict):
        store.commit(second)
    store.commit(third)
    assert store.current.node_property(nodes, ID).to_values() == [10, 2]
    assert store.current.node_property(nodes, NAME).to_values() == [None, None]
    with pytest.raises(AssertionError):
        store.commit(second)


def test_a_writer_that_begins_after_the_commit_does_not_conflict(store: GraphStore) -> None:
    nodes = create(store, 1)
    first = write(store)
    first.set_node_property(nodes, ID, column(2))
    store.commit(first)
    second = write(store)
    second.set_node_property(nodes, ID, column(3))
    store.commit(second)
    assert store.current.node_property(nodes, ID).to_values() == [3]


@pytest.mark.parametrize("relationship_first", [True, False])
def test_a_relationship_and_the_deletion_of_its_end_conflict_in_either_order(
    store: GraphStore, relationship_first: bool
) -> None:
    nodes = create(store, 1, 2)
    relating, deleting = write(store), write(store)
    relating.create_relationships(nodes[:1], nodes[1:], FRIEND, {})
    deleting.delete_nodes(nodes[1:], detach=True)
    first, second = (relating, deleting) if relationship_first else (deleting, relating)
    store.commit(first)
    with pytest.raises(TransactionConflict):
        store.commit(second)
    assert store.current.relationship_count(None) == int(relationship_first)
    assert store.current.node_count(USER) == 2 if relationship_first else 1


def test_two_transactions_may_relate_the_same_node(store: GraphStore) -> None:
    nodes = create(store, 1, 2, 3)
    first, second = write(store), write(store)
    first.create_relationships(nodes[:1], nodes[1:2], FRIEND, {})
    second.create_relationships(nodes[:1], nodes[2:], FRIEND, {})
    store.commit(second)
    store.commit(first)
    assert sorted(store.current.expand(nodes[:1], Direction.OUT, None).targets.tolist()) == [1, 2]


def test_a_connected_node_is_deleted_only_with_its_relationships(store: GraphStore) -> None:
    nodes = create(store, 1, 2)
    relate(store, nodes[:1], nodes[1:])
    transaction = write(store)
    transaction.delete_nodes(nodes[:1], detach=False)
    with pytest.raises(ConstraintViolation) as error:
        store.commit(transaction)
    assert error.value.message == (
        "cannot delete node 0, because it still has relationships; to delete it with them, use DETACH DELETE"
    )
    assert error.value.detail == "DeleteConnectedNode"
    transaction = write(store)
    transaction.delete_nodes(nodes[:1], detach=False)
    transaction.delete_relationships(ids(0))
    store.commit(transaction)
    assert store.current.nodes(None).tolist() == [1]


def test_readers_may_not_write(store: GraphStore) -> None:
    reader = store.begin(Access.READ)
    with pytest.raises(AccessModeViolation):
        reader.create_nodes(1, (), {})


def test_the_number_of_elements_is_bounded() -> None:
    store = new_store(elements_max=3)
    transaction = write(store)
    transaction.create_nodes(3, (), {})
    with pytest.raises(LimitExceeded):
        transaction.create_nodes(1, (), {})


def test_a_failed_log_takes_back_all_that_was_queued() -> None:
    log = ManualLog()
    store = new_store(log)
    base = write(store)
    nodes = base.create_nodes(2, (USER,), {ID: column(1, 2)})
    future = store.commit(base)
    log.queue.pop(0)(None)
    assert future.result() == 1
    queued, waiting = write(store), write(store)
    created = queued.create_nodes(1, (USER,), {ID: column("never")})
    queued.create_relationships(nodes[:1], created, FRIEND, {})
    queued.set_node_property(nodes[1:], ID, column(20))
    lost = store.commit(queued)
    on_tip = store.begin(Access.WRITE, on_tip=True)
    assert on_tip.nodes_exist(created).tolist() == [True]
    on_tip.create_nodes(1, (), {})
    assert (store.tip.version, store.current.version) == (2, 1)
    log.queue.pop(0)(OSError("no space left on device"))
    with pytest.raises(CommitFailed, match="no space left"):
        lost.result()
    assert store.tip is store.current
    with pytest.raises(CommitFailed):
        store.commit(on_tip)
    relationship = waiting.create_relationships(nodes[1:], nodes[:1], FRIEND, {})
    later = waiting.create_nodes(1, (), {})  # its id lies beyond those of the nodes that never were
    store.commit(waiting)
    log.queue.pop(0)(None)
    view = store.current
    assert view.nodes(USER).tolist() == nodes.tolist()
    assert view.nodes(None).tolist() == [*nodes.tolist(), *later.tolist()]
    assert view.nodes_exist(created).tolist() == [False]
    assert view.relationships(None).tolist() == relationship.tolist()
    assert view.node_property(nodes, ID).to_values() == [1, 2]
    assert view.expand(nodes, Direction.OUT, None).relationships.tolist() == relationship.tolist()
    assert view.expand(nodes, Direction.IN, None).targets.tolist() == nodes[1:].tolist()


def test_lists_of_a_failed_commit_do_not_mix_with_later_ones() -> None:
    log = ManualLog()
    store = new_store(log)
    transaction = write(store)
    nodes = transaction.create_nodes(4, (), {})
    transaction.create_relationships(nodes[:1], nodes[1:2], FRIEND, {})
    store.commit(transaction)
    log.queue.pop()(None)
    failing = write(store)
    failing.create_relationships(nodes[[0, 0, 0]], nodes[[1, 2, 3]], FRIEND, {})
    store.commit(failing)
    log.queue.pop()(OSError("gone"))
    transaction = write(store)
    transaction.create_relationships(nodes[[2, 3]], nodes[[3, 2]], FRIEND, {})
    store.commit(transaction)
    log.queue.pop()(None)
    assert store.current.expand(nodes, Direction.OUT, None).targets.tolist() == [1, 3, 2]
    assert store.current.degrees(nodes, Direction.IN, None).tolist() == [0, 1, 1, 1]


def test_a_closed_log_refuses_only_the_new_commit() -> None:
    log = ManualLog()
    store = new_store(log)
    first, second = write(store), write(store)
    first.create_nodes(1, (USER,), {})
    second.create_nodes(1, (USER,), {})
    future = store.commit(first)
    store.close()
    with pytest.raises(CommitFailed):
        store.commit(second)
    log.queue.pop()(None)
    assert future.result() == 1
    assert store.current.nodes(USER).tolist() == [0]
    assert store.tip.version == 1


def test_an_index_that_failed_is_gone_from_the_schema() -> None:
    log = ManualLog()
    store = new_store(log)
    future = store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID))))
    assert store.schema.index(on_nodes(USER, ID)) is not None
    log.queue.pop()(OSError("gone"))
    assert store.schema.index(on_nodes(USER, ID)) is None
    with pytest.raises(CommitFailed):
        future.result()
    with pytest.raises(KeyError):
        store.current.seek(on_nodes(USER, ID), [column(1)])


def test_indexes_are_made_and_dropped_once(store: GraphStore) -> None:
    store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID)))).result()
    with pytest.raises(SchemaError):
        store.change_rules(creation_of(IndexDefinition("other name", on_nodes(USER, ID))))
    with pytest.raises(SchemaError):
        store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, NAME))))
    store.change_rules(ChangeSet(dropped_indexes=[on_nodes(USER, ID)])).result()
    with pytest.raises(SchemaMissing):
        store.change_rules(ChangeSet(dropped_indexes=[on_nodes(USER, ID)]))


def test_a_transaction_older_than_an_index_still_seeks(store: GraphStore) -> None:
    nodes = create(store, 1, 2)
    old = write(store)
    changing = write(store)
    changing.set_node_property(nodes[:1], ID, column(3))
    store.commit(changing)
    store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID))))
    assert old.seek(on_nodes(USER, ID), [column(1, 3)]).ids.tolist() == [0]
    assert store.current.seek(on_nodes(USER, ID), [column(1, 3)]).source_rows.tolist() == [1]


def test_an_index_holds_when_its_values_are_written_over_and_over(store: GraphStore) -> None:
    store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID))))
    nodes = create(store, *range(3_000))
    held = store.current
    for round in range(1, 9):
        transaction = write(store)
        transaction.set_node_property(nodes, ID, column(*range(round, 3_000 + round)))
        store.commit(transaction)
        assert store.current.seek(on_nodes(USER, ID), [column(0, round, 3_000)]).ids.tolist() == [0, 3_000 - round]
    store.wait_for_maintenance()
    assert store.current.indexes[on_nodes(USER, ID)].entries <= 3 * 3_000 + 4_096
    assert held.seek(on_nodes(USER, ID), [column(0, 2_999, 3_000)]).ids.tolist() == [0, 2_999]
    same = write(store)
    entries = store.current.indexes[on_nodes(USER, ID)].entries
    same.set_node_property(nodes, ID, column(*range(8, 3_008)))
    store.commit(same)
    assert store.current.indexes[on_nodes(USER, ID)].entries == entries


def test_one_value_of_many_nodes_is_found_whole(store: GraphStore) -> None:
    store.change_rules(creation_of(IndexDefinition("by name", on_nodes(USER, NAME))))
    transaction = write(store)
    nodes = transaction.create_nodes(5_000, (USER,), {NAME: Column.constant("same", 5_000)})
    transaction.create_nodes(1, (), {NAME: column("same")})
    assert sorted(transaction.seek(on_nodes(USER, NAME), [column("same")]).ids.tolist()) == nodes.tolist()
    store.commit(transaction)
    assert sorted(store.current.seek(on_nodes(USER, NAME), [column("same", "other")]).ids.tolist()) == nodes.tolist()


def test_a_hub_answers_from_the_shorter_list() -> None:
    store = new_store(delta_relationships_max=1_000_000)
    nodes = create(store, *range(20_000))
    hub = np.zeros(19_999, dtype=np.int64)
    relationships = relate(store, hub, nodes[1:])
    for merged in (False, True):
        view = store.current
        assert view.degrees(nodes[:1], Direction.BOTH, None).tolist() == [19_999]
        into = view.expand_into(nodes[[0, 7, 0]], nodes[[19_999, 0, 0]], Direction.BOTH, None)
        assert into.source_rows.tolist() == [0, 1]
        assert into.relationships.tolist() == relationships[[19_998, 6]].tolist()
        ends = view.path_ends(0, Direction.OUT, ids(FRIEND), (1, 2), np.zeros(1, dtype=np.int64))
        assert ends.tolist() == nodes[1:].tolist()
        if not merged:
            store.limits = Limits(delta_relationships_max=10)
            create(store, "brings the merge about")
            store.wait_for_maintenance()
            assert store.current.adjacency.visible == 0


def test_a_chunk_may_hold_values_of_every_kind(store: GraphStore) -> None:
    values: list[Any] = [1, "zwei ✓", 3.5, True, [4, "vier"], None, {"six": 6}]
    nodes = create(store, *range(len(values)))
    held = store.current
    for node, value in zip(nodes, values, strict=True):
        transaction = write(store)
        transaction.set_node_property(ids(int(node)), ID, Column.from_values([value]))
        store.commit(transaction)
    assert store.current.node_property(nodes, ID).to_values() == values
    assert held.node_property(nodes, ID).to_values() == list(range(len(values)))
    far = create(store, *range(5_000))
    assert store.current.node_property(far[-10:], ID).to_values() == list(range(4_990, 5_000))


def test_texts_are_read_without_being_copied(store: GraphStore) -> None:
    nodes = create(store, "", "ä€😀", "x" * 1_000, None)
    read = store.current.node_property(nodes, ID)
    assert read.kind is Kind.STRING
    assert read.data is store.current.node_columns[ID].heap.data
    assert read.to_values() == ["", "ä€😀", "x" * 1_000, None]


def test_many_single_writes_become_one_block(store: GraphStore) -> None:
    log = ManualLog()
    store = new_store(log)
    transaction = write(store)
    for number in range(100):
        transaction.create_nodes(1, (USER,), {ID: column(f"node {number}")})
        assert transaction.node_count(USER) == number + 1
    store.commit(transaction)
    assert len(transaction.changes.created_nodes) == 1
    log.queue.pop()(None)
    assert store.current.node_property(ids(0, 99), ID).to_values() == ["node 0", "node 99"]
    assert transaction.node_property(ids(0, 99), ID).to_values() == ["node 0", "node 99"]


def test_bulk_set_of_many_rows_is_one_write(store: GraphStore) -> None:
    nodes = create(store, *range(20_000))
    transaction = write(store)
    twice = np.concatenate((nodes, nodes))
    values = Column(Kind.INT, np.arange(40_000))
    assert transaction.set_node_property(twice, ID, values) == 40_000
    assert transaction.node_property(nodes[:2], ID).to_values() == [20_000, 20_001]
    store.commit(transaction)
    assert store.current.node_property(nodes[-1:], ID).to_values() == [39_999]


def test_open_transactions_keep_no_write_set_after_they_end(store: GraphStore) -> None:
    nodes = create(store, 1)
    waiting = write(store)
    for value in range(10):
        transaction = write(store)
        transaction.set_node_property(nodes, ID, column(value))
        store.commit(transaction)
    assert len(store._history) == 10
    store.rollback(waiting)
    create(store, 2)
    assert len(store._history) <= 1


def test_readers_agree_with_themselves_while_others_write_and_merge() -> None:
    store = new_store(delta_relationships_max=200)
    store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID))))
    create(store, *range(50))
    wrong: list[str] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            view = store.current
            nodes = view.nodes(USER)
            found = view.expand(nodes, Direction.OUT, None)
            back = view.expand(nodes, Direction.IN, None)
            values = view.node_property(nodes, ID)
            seek = view.seek(on_nodes(USER, ID), [values])
            if not (len(found.targets) == len(back.targets) == view.relationship_count(None)):
                wrong.append(f"{len(found.targets)} out, {len(back.targets)} in, {view.relationship_count(None)}")
            if sorted(seek.ids.tolist()) != nodes.tolist():
                wrong.append(f"{len(seek.ids)} of {len(nodes)} nodes found")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    random = np.random.default_rng(7)
    for round in range(150):
        transaction = write(store)
        nodes = transaction.create_nodes(40, (USER,), {ID: column(*(f"{round} {n}" for n in range(40)))})
        targets = random.integers(0, int(nodes[-1]), 40)
        transaction.create_relationships(nodes, targets[transaction.nodes_exist(targets)][:1].repeat(40), FRIEND, {})
        store.commit(transaction)
        if round % 5 == 0:
            transaction = write(store)
            victims = random.choice(transaction.nodes(USER), 3, replace=False)
            transaction.delete_nodes(victims, detach=True)
            changed = transaction.nodes(USER)[:20]
            transaction.set_node_property(changed, ID, column(*(f"again {round} {n}" for n in range(20))))
            store.commit(transaction)
    stop.set()
    for reader in readers:
        reader.join()
    store.wait_for_maintenance()
    assert wrong == []


def test_a_transactions_own_nodes_have_no_paths_until_it_makes_some() -> None:
    store = new_store()
    old = create(store, 1)
    transaction = store.begin(Access.WRITE)
    own = transaction.create_nodes(100, (), {})
    flag = np.zeros(1, dtype=np.int64)
    assert transaction.path_ends(int(own[-1]), Direction.OUT, None, (1, 4), flag).tolist() == []
    assert transaction.shortest_path((int(old[0]), int(own[-1])), Direction.OUT, None, None, flag) is not None
    assert transaction.walk_counts(own, np.ones(100, dtype=np.int64), Direction.BOTH, None, flag)[0].tolist() == []
    assert transaction.loop_counts(own, None).tolist() == [0] * 100
    transaction.create_relationships(own[-1:], old, FRIEND, {})
    assert transaction.path_ends(int(own[-1]), Direction.OUT, None, (1, 4), flag).tolist() == old.tolist()
    assert transaction.shortest_path((int(old[0]), int(own[-1])), Direction.OUT, None, None, flag) is None
    store.rollback(transaction)
    store.close()

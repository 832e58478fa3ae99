"""Constraints between transactions, and of indexes that are built while others write. What one statement may do stands
in tests/scripts/schema/constraints.script."""

import threading
import time

import numpy as np
import pytest

from memgraph_py.columnar import Column
from memgraph_py.errors import (
    ConstraintCreationFailed,
    ConstraintViolation,
    ForbiddenInTransaction,
    SchemaError,
    TransactionConflict,
)
from memgraph_py.storage.ordering import RangeBounds
from memgraph_py.storage.rule_changes import add_creation, creation_of, removal_of
from memgraph_py.storage.schema_rules import (
    ConstraintDefinition,
    ConstraintKind,
    IndexDefinition,
    on_nodes,
    on_relationships,
)
from memgraph_py.storage.snapshot import Snapshot
from memgraph_py.storage.store import Access, GraphStore, Transaction
from tests.storage.test_store import FRIEND, ID, NAME, USER, ManualLog, new_store

UNIQUE = ConstraintDefinition("unique", ConstraintKind.UNIQUENESS, on_nodes(USER, ID))
NAMED = ConstraintDefinition("named", ConstraintKind.EXISTENCE, on_nodes(USER, NAME))


def column(*values: object) -> Column:
    return Column.from_values(list(values))  # type: ignore[arg-type]  # property values


def users(transaction: Transaction, *ids: object) -> list[int]:
    nodes: list[int] = transaction.create_nodes(len(ids), (USER,), {ID: column(*ids)}).tolist()
    return nodes


def committed(store: GraphStore, *ids: object) -> list[int]:
    transaction = store.begin(Access.WRITE)
    nodes = users(transaction, *ids)
    store.commit(transaction).result(10)
    return nodes


def wait_built(store: GraphStore, definition: IndexDefinition) -> None:
    assert store.schema.wait_populated(definition.on, 10)


@pytest.fixture
def store() -> GraphStore:
    store = new_store()
    store.change_rules(creation_of(UNIQUE)).result(10)
    return store


def test_of_two_that_take_a_value_the_second_must_try_again(store: GraphStore) -> None:
    first, second = store.begin(Access.WRITE), store.begin(Access.WRITE)
    users(first, 1, 2)
    users(second, 3, 2.0)
    second.end_statement()
    store.commit(first).result(10)
    with pytest.raises(TransactionConflict):
        store.commit(second)
    again = store.begin(Access.WRITE)
    users(again, 3, 2)
    with pytest.raises(ConstraintViolation, match="node 1 already exists with label `User` and property `id` = 2"):
        again.end_statement()


def test_a_value_that_was_given_up_meanwhile_is_free(store: GraphStore) -> None:
    (node,) = committed(store, 1)
    first = store.begin(Access.WRITE)
    first.set_node_property(np.array([node]), ID, column(5))
    store.commit(first).result(10)
    committed(store, 1)


def test_values_move_within_a_transaction(store: GraphStore) -> None:
    nodes = committed(store, 1, 2, 3)
    transaction = store.begin(Access.WRITE)
    transaction.set_node_property(np.array(nodes), ID, column(2, 3, 1))
    transaction.end_statement()
    transaction.delete_nodes(np.array(nodes[:1]), detach=True)
    users(transaction, 2)
    transaction.end_statement()
    other = store.begin(Access.WRITE)
    users(other, 7)
    store.commit(other).result(10)
    store.commit(transaction).result(10)
    assert sorted(store.current.node_property(store.current.nodes(USER), ID).to_values()) == [1, 2, 3, 7]  # type: ignore[type-var]  # numbers


def test_what_was_undone_claims_nothing(store: GraphStore) -> None:
    transaction = store.begin(Access.WRITE)
    mark = transaction.mark()
    users(transaction, 1)
    transaction.end_statement()
    transaction.undo_to(mark)
    users(transaction, 1)
    transaction.end_statement()
    transaction.undo_to(mark)
    committed(store, 1)
    users(transaction, 2)
    transaction.end_statement()
    store.commit(transaction).result(10)


def test_a_transaction_that_began_before_the_constraint_is_held_to_it() -> None:
    store = new_store()
    twins, nameless = store.begin(Access.WRITE), store.begin(Access.WRITE)
    users(twins, 1, 1)
    users(nameless, 2)
    store.change_rules(creation_of(UNIQUE)).result(10)
    store.change_rules(creation_of(NAMED)).result(10)
    with pytest.raises(ConstraintViolation, match="already exists"):
        store.commit(twins)
    with pytest.raises(ConstraintViolation, match="must have the property `name`"):
        store.commit(nameless)
    assert store.current.node_count(None) == 0


def test_a_constraint_that_cannot_be_made_leaves_no_index() -> None:
    store = new_store()
    committed(store, 1, 2, 1)
    with pytest.raises(ConstraintCreationFailed, match="already exists with label"):
        store.change_rules(creation_of(UNIQUE))
    assert store.current.indexes == {} and store.schema.rules() == store.current.rules
    transaction = store.begin(Access.WRITE)
    users(transaction, 9)
    add_creation(transaction.changes, UNIQUE)
    with pytest.raises(ForbiddenInTransaction):
        store.commit(transaction)


def test_an_index_that_a_constraint_has_begun_is_built_once() -> None:
    store = new_store()
    committed(store, *range(10_000))
    by_id = IndexDefinition("by id", on_nodes(USER, ID))
    assert store.begin_index(by_id.on)  # and now another is faster
    committed(store, 10_000)
    store.change_rules(creation_of(by_id)).result(10)
    wait_built(store, by_id)
    store.leave_index(by_id.on)
    assert store.current.indexes[by_id.on].entries == 10_001
    assert store.current.seek(by_id.on, [column(0, 9_999, 10_000)]).ids.tolist() == [0, 9_999, 10_000]
    with pytest.raises(SchemaError):
        store.change_rules(creation_of(UNIQUE))
    assert store.schema.has_index(by_id.on)


def test_a_constraint_whose_commit_fails_is_not_there() -> None:
    log = ManualLog()
    store = new_store(log)
    future = store.change_rules(creation_of(UNIQUE))
    assert store.schema.has_constraints
    log.queue.pop()(OSError("gone"))
    assert future.exception() is not None
    assert not store.schema.has_constraints and store.schema.indexes() == []
    transaction = store.begin(Access.WRITE)
    users(transaction, 1, 1)
    store.commit(transaction)
    log.queue.pop()(None)
    assert store.current.node_count(USER) == 2


def test_relationships_are_unique_by_several_properties() -> None:
    store = new_store()
    key = ConstraintDefinition("key", ConstraintKind.KEY, on_relationships(FRIEND, ID, NAME))
    store.change_rules(creation_of(key)).result(10)
    a, b = committed(store, 1, 2)

    def relate(*pairs: tuple[object, object]) -> None:
        transaction = store.begin(Access.WRITE)
        count = len(pairs)
        properties = {ID: column(*(id for id, _ in pairs)), NAME: column(*(name for _, name in pairs))}
        transaction.create_relationships(np.full(count, a), np.full(count, b), FRIEND, properties)
        store.commit(transaction).result(10)

    relate((1, "a"), (1, "b"), (2, "a"))
    with pytest.raises(ConstraintViolation, match="relationship 1 already exists with type `FRIEND`"):
        relate((3, "x"), (1, "b"))
    with pytest.raises(ConstraintViolation, match="must have the property `name`"):
        relate((4, None))
    found = store.current.seek(key.on, [column(1, 2, 2), column("b", "a", "b")])
    assert (found.source_rows.tolist(), found.ids.tolist()) == ([0, 1], [1, 2])
    store.change_rules(removal_of(key)).result(10)
    relate((1, "b"), (4, None))


def test_an_index_is_built_while_others_write() -> None:
    """Writers are never held up for long, and whatever they do the index gives what a scan would."""
    store = new_store()
    committed(store, *range(100_000))
    by_id = IndexDefinition("by id", on_nodes(USER, ID))
    pauses: list[float] = []
    is_over = threading.Event()

    def write() -> None:
        number = 0
        while not is_over.is_set():
            began = time.perf_counter()
            transaction = store.begin(Access.WRITE)
            transaction.set_node_property(np.array([number]), ID, column(-number))
            users(transaction, 200_000 + number)
            store.commit(transaction).result(10)
            pauses.append(time.perf_counter() - began)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        shares = []
        store.change_rules(creation_of(by_id)).result(10)
        old = store.current
        while not store.schema.wait_populated(by_id.on, 0.001):
            shares.append(store.schema.populated(by_id.on))
            seek = store.current.seek(by_id.on, [column(99_999)])
            assert seek.ids.tolist() == [99_999]
    finally:
        is_over.set()
        writer.join()
    assert shares == sorted(shares) and max(pauses) < 5
    assert store.schema.has_index(by_id.on)
    for view in (old, store.current):
        nodes = view.nodes(USER)
        values = view.node_property(nodes, ID)
        seek = view.seek(by_id.on, [values])
        assert (seek.source_rows == np.arange(len(nodes))).all() and (seek.ids == nodes).all()


def test_an_index_that_is_dropped_while_it_is_built_is_gone() -> None:
    store = new_store()
    committed(store, *range(50_000))
    by_id = IndexDefinition("by id", on_nodes(USER, ID))
    for _ in range(3):
        store.change_rules(creation_of(by_id)).result(10)
        store.change_rules(removal_of(by_id)).result(10)
    store.change_rules(creation_of(by_id)).result(10)
    wait_built(store, by_id)
    store.wait_for_maintenance()
    assert store.current.seek(by_id.on, [column(49_999)]).ids.tolist() == [49_999]
    assert store.current.indexes[by_id.on].entries == 50_000


def test_an_order_follows_what_is_written_and_is_made_anew() -> None:
    store = new_store()
    by_id = IndexDefinition("by id", on_nodes(USER, ID))
    store.change_rules(creation_of(by_id)).result(10)
    committed(store, *range(1_000))
    old = store.current
    assert found(old, 990) == set(range(990, 1_000))
    for round in range(5):
        committed(store, *range(1_000 * round + 1_000, 1_000 * round + 2_000))
        end = 1_000 * round + 2_000
        assert found(store.current, end - 600) == set(range(end - 600, end))
    assert found(old, 990) in (None, set(range(990, 1_000))), "an older version may have to scan"
    for round in range(10):  # nobody asks: the order is let go
        committed(store, *range(10_000 * round + 6_000, 10_000 * round + 16_000))
    assert found(old, 990) is None, "what was inserted since stands nowhere any more"
    assert found(store.current, 105_990) == set(range(105_990, 106_000))
    assert found(store.current, 0) is None, "to scan is as good"


def test_ranges_are_whole_while_others_write_and_ask() -> None:
    store = new_store()
    store.change_rules(creation_of(IndexDefinition("by id", on_nodes(USER, ID)))).result(10)
    is_over = threading.Event()
    wrong: list[int] = []
    answers: list[bool] = []

    def ask() -> None:
        while not is_over.is_set():
            view = store.current
            lower = view.node_count(USER) - 500
            got = found(view, lower)
            answers.append(got is not None)
            if got is not None and len(got) != min(500, lower + 500):
                wrong.append(len(got))

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        for round in range(150):
            committed(store, *range(200 * round, 200 * round + 200))
    finally:
        is_over.set()
        for asker in askers:
            asker.join()
    assert wrong == [] and any(answers)


def found(view: Snapshot, lower: int) -> set[int] | None:
    """Ids, which are the values here, that are at least so large."""
    seek = view.seek_range(on_nodes(USER, ID), RangeBounds(column(lower), None))
    return None if seek is None else {id for id in seek.ids.tolist() if id >= lower}

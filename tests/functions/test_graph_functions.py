"""Functions and procedures that read the graph, over columns and over mixed lists."""

import numpy as np
import pytest

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import CypherTypeError, EntityNotFound
from memgraph_py.functions.registry import FUNCTIONS, PROCEDURES, Environment
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access, Transaction
from memgraph_py.values.types import NodeReference, RelationshipReference, Value


class NoClock:
    def now_seconds(self) -> float:
        raise AssertionError("no function here reads the time")


@pytest.fixture
def transaction() -> Transaction:
    """(:A:B {x: 1, s: 'a'})-[:T {w: 2}]->(:A)-[:S]->(), ids 0, 1, 2 and 0, 1."""
    store = GraphStore()
    schema = store.schema
    a, b = schema.labels.intern("A"), schema.labels.intern("B")
    x, s, w = (schema.keys.intern(name) for name in "xsw")
    transaction = store.begin(Access.WRITE)
    transaction.create_nodes(1, (a, b), {x: Column.from_values([1]), s: Column.from_values(["a"])})
    transaction.create_nodes(1, (a,), {})
    transaction.create_nodes(1, (), {})
    ids = np.arange(3, dtype=np.int64)
    transaction.create_relationships(ids[:1], ids[1:2], schema.types.intern("T"), {w: Column.from_values([2])})
    transaction.create_relationships(ids[1:2], ids[2:], schema.types.intern("S"), {})
    return transaction


NODES = Column.from_values([NodeReference(0), None, NodeReference(1), NodeReference(2)])
RELATIONSHIPS = Column.from_values([None, RelationshipReference(0), RelationshipReference(1)])


@pytest.mark.parametrize(
    ("name", "column", "answer"),
    [
        ("labels", NODES, [["A", "B"], None, ["A"], []]),
        ("properties", NODES, [{"x": 1, "s": "a"}, None, {}, {}]),
        ("keys", NODES, [["x", "s"], None, [], []]),
        ("id", NODES, [0, None, 1, 2]),
        ("elementid", NODES, ["0", None, "1", "2"]),
        ("type", RELATIONSHIPS, [None, "T", "S"]),
        ("properties", RELATIONSHIPS, [None, {"w": 2}, {}]),
        ("keys", RELATIONSHIPS, [None, ["w"], []]),
        ("startnode", RELATIONSHIPS, [None, NodeReference(0), NodeReference(1)]),
        ("endnode", RELATIONSHIPS, [None, NodeReference(1), NodeReference(2)]),
    ],
)
def test_columns_and_mixed_values(transaction: Transaction, name: str, column: Column, answer: list[Value]) -> None:
    environment = Environment(transaction, NoClock(), lambda: 0.5, rows=len(column))
    apply = FUNCTIONS[name].apply
    assert apply(environment, [column]).to_values() == answer
    assert apply(environment, [Column.objects(column.to_values())]).to_values() == answer
    present = np.flatnonzero(column.validity())
    unmasked = Column(column.kind, column.values[present])
    assert apply(environment, [unmasked]).to_values() == [answer[row] for row in present.tolist()]
    assert apply(environment, [Column.nulls(2)]).to_values() == [None, None]


def test_maps_have_keys_and_properties_too(transaction: Transaction) -> None:
    environment = Environment(transaction, NoClock(), lambda: 0.5)
    column = Column.from_values([{"a": 1}])
    assert FUNCTIONS["keys"].apply(environment, [column]).to_values() == [["a"]]
    assert FUNCTIONS["properties"].apply(environment, [column]).to_values() == [{"a": 1}]


@pytest.mark.parametrize(
    "subject", [Column.from_values([NodeReference(0)] * 2), Column.objects([NodeReference(0)] * 2)]
)
def test_subscript_reads_properties(transaction: Transaction, subject: Column) -> None:
    environment = Environment(transaction, NoClock(), lambda: 0.5, rows=2)
    apply = FUNCTIONS["[]"].apply
    assert apply(environment, [subject, Column.constant("x", 2)]).to_values() == [1, 1]
    assert apply(environment, [subject, Column.from_values(["s", "x"])]).to_values() == ["a", 1]
    assert apply(environment, [subject, Column.constant("never", 2)]).to_values() == [None, None]
    with pytest.raises(CypherTypeError) as raised:
        apply(environment, [subject, Column.constant(1, 2)])
    assert raised.value.detail == "MapElementAccessByNonString"


def test_what_was_deleted_has_a_type_and_no_labels(transaction: Transaction) -> None:
    transaction.delete_relationships(np.array([0, 1]))
    transaction.delete_nodes(np.array([0]), detach=False)
    environment = Environment(transaction, NoClock(), lambda: 0.5)
    assert FUNCTIONS["type"].apply(environment, [RELATIONSHIPS]).to_values() == [None, "T", "S"]
    for name, column in (("labels", NODES), ("keys", NODES), ("properties", RELATIONSHIPS)):
        with pytest.raises(EntityNotFound) as raised:
            FUNCTIONS[name].apply(environment, [column])
        assert raised.value.detail == "DeletedEntityAccess"


def test_wrong_kinds(transaction: Transaction) -> None:
    environment = Environment(transaction, NoClock(), lambda: 0.5)
    for name, kind in (("labels", Kind.RELATIONSHIP), ("type", Kind.NODE), ("startnode", Kind.NODE)):
        with pytest.raises(CypherTypeError):
            FUNCTIONS[name].apply(environment, [Column(kind, np.array([0]))])


def test_procedures(transaction: Transaction) -> None:
    environment = Environment(transaction, NoClock(), lambda: 0.5)

    def rows(name: str) -> list[tuple[Value, ...]]:
        return [tuple(row) for row in PROCEDURES[name].run(environment, [])]

    assert rows("db.labels") == [("A",), ("B",)]
    assert rows("db.relationshipTypes") == [("T",), ("S",)]
    assert rows("db.propertyKeys") == [("x",), ("s",), ("w",)]
    assert rows("db.ping") == [(True,)]
    assert len(rows("dbms.components")) == 1
    names = [row[0] for row in rows("dbms.functions")]
    assert {"count", "tostring", "labels"} <= set(names)
    assert not {"+", "AND", "unary-", "IS NULL"} & set(names)
    assert ("db.ping", "db.ping() :: (success :: BOOLEAN?)", "True, when the database answers.") in rows(
        "dbms.procedures"
    )

"""What updating operators do to the graph, to their counters, and to the rows after them."""

import random
from collections.abc import Callable

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.errors import ArgumentError, CypherTypeError, EntityNotFound, SemanticError
from memgraph_py.execution.executor import ExecutionContext, execute
from memgraph_py.plan.expressions import Call, Expression, Literal, MapOf, PathOf, Property, Variable
from memgraph_py.plan.operators import (
    AllNodes,
    Argument,
    Create,
    Delete,
    Drain,
    Expand,
    ExpandInto,
    Extend,
    Filter,
    LabelScan,
    Merge,
    NodeSpec,
    Operator,
    Project,
    RelationshipSpec,
    Remove,
    RemoveLabels,
    RemoveProperty,
    Set,
    SetItem,
    SetLabels,
    SetProperties,
    SetProperty,
    Sort,
    Unit,
    Unwind,
)
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.view import Direction
from memgraph_py.values.types import Value

pytestmark = pytest.mark.quick

NewContext = Callable[..., ExecutionContext]
N = Variable("n")


def run(plan: Operator, context: ExecutionContext) -> list[tuple[Value, ...]]:
    """All rows, in the order of the columns."""
    return [row for batch in execute(plan, context) for row in batch.records()]


def rows(*values: Value) -> Operator:
    """A row per value, in column x."""
    return Unwind(Unit(), Literal(list(values)), "x")


def make(context: ExecutionContext, *maps: dict[str, Value], label: str = "N") -> None:
    """Nodes with these properties."""
    run(Drain(Create(rows(*maps), (NodeSpec("n", (label,), Variable("x")),), ())), context)


def properties(context: ExecutionContext, label: str = "N") -> list[Value]:
    """Properties of all nodes with the label, by id."""
    plan = Project(LabelScan(Unit(), "n", label), ("p",), (Call("properties", (N,)),))
    return [row[0] for row in run(plan, context)]


def merge(
    items: Operator, key: Expression, on_create: tuple[SetItem, ...] = (), on_match: tuple[SetItem, ...] = ()
) -> Merge:
    """MERGE (n:N {k: key})."""
    match = Filter(LabelScan(Argument(("x",)), "n", "N"), Call("=", (Property(N, "k"), key)))
    return Merge(items, match, (NodeSpec("n", ("N",), MapOf(("k",), (key,))),), (), on_create, on_match)


def test_create_from_maps(new_context: NewContext) -> None:
    context = new_context()
    make(context, {"a": 1}, {}, {"a": "x", "b": [1, 2]}, {"a": None})
    assert properties(context) == [{"a": 1}, {}, {"a": "x", "b": [1, 2]}, {}]
    assert (context.counters.nodes_created, context.counters.properties_set) == (4, 3)


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [[{}]]])
def test_maps_cannot_be_stored(new_context: NewContext, value: Value) -> None:
    context = new_context()
    with pytest.raises(CypherTypeError) as caught:
        make(context, {"p": value})
    assert caught.value.detail == "InvalidPropertyType"


def test_a_relationship_needs_both_ends(new_context: NewContext) -> None:
    plan = Extend(Unit(), ("a",), (Literal(None),))
    with pytest.raises(ArgumentError):
        run(Create(plan, (NodeSpec("b", (), None),), (RelationshipSpec("r", "a", "b", "T", None),)), new_context())


def test_merge_sees_what_the_rows_before_it_created(new_context: NewContext) -> None:
    context = new_context()
    make(context, {"k": 1})
    plan = merge(rows(1, 2, 1.0, 3, 2), Variable("x"))
    ids = run(Project(plan, ("x", "n"), (Variable("x"), Call("id", (N,)))), context)
    assert ids == [(1, 0), (2, 1), (1.0, 0), (3, 2), (2, 1)]
    assert context.counters.nodes_created == 3


def test_merge_counts_as_row_by_row(new_context: NewContext) -> None:
    context = new_context()
    count = Property(N, "c")
    more = SetProperty(N, "c", Call("+", (count, Literal(1))))
    run(Drain(merge(rows(1, 1, 2, 1), Variable("x"), (SetProperty(N, "c", Literal(1)),), (more,))), context)
    assert properties(context) == [{"k": 1, "c": 3}, {"k": 2, "c": 1}]
    context = new_context()  # ON CREATE changes what later rows look for
    changed = SetProperty(N, "k", Call("+", (Variable("x"), Literal(1))))
    run(Drain(merge(rows(1, 2, 2), Variable("x"), (changed,))), context)
    assert properties(context) == [{"k": 2}]


def test_merge_with_maps(new_context: NewContext) -> None:
    context = new_context()
    items = rows(
        {"k": 1, "more": {"v": 1}}, {"k": 1, "more": {"v": 2}}, {"k": 2, "more": {"k": 1}}, {"k": 1, "more": {}}
    )
    key, more = Property(Variable("x"), "k"), Property(Variable("x"), "more")
    update = SetProperties("n", more, merge=True)
    run(Drain(merge(items, key, (update,), (update,))), context)
    assert properties(context) == [{"k": 1, "v": 2}, {"k": 1}]


def test_merge_refuses_null(new_context: NewContext) -> None:
    with pytest.raises(SemanticError) as caught:
        run(merge(rows(1, None), Variable("x")), new_context())
    assert caught.value.detail == "MergeReadOwnWrites"


@pytest.mark.parametrize(("direction", "created"), [(Direction.OUT, 2), (Direction.BOTH, 1)])
def test_merge_of_relationships(new_context: NewContext, direction: Direction, created: int) -> None:
    context = new_context()
    make(context, {"k": 1}, {"k": 2})
    pairs = Filter(AllNodes(AllNodes(Unit(), "a"), "b"), Call("<>", (Variable("a"), Variable("b"))))
    match = ExpandInto(Argument(("a", "b")), "a", "r", "b", ("T",), direction)
    plan = Merge(pairs, match, (), (RelationshipSpec("r", "a", "b", "T", None),), (), ())
    assert len(run(plan, context)) == 2
    assert context.counters.relationships_created == created


def test_merge_of_a_longer_path_goes_row_by_row(new_context: NewContext) -> None:
    context = new_context()
    make(context, {"k": 1}, {"k": 2})
    match = Expand(Expand(Argument(("a",)), "a", "r", "m", ("T",), Direction.OUT), "m", "s", "o", ("T",), Direction.OUT)
    plan = Merge(
        AllNodes(AllNodes(Unit(), "a"), "again"),
        match,
        (NodeSpec("m", (), None), NodeSpec("o", (), None)),
        (RelationshipSpec("r", "a", "m", "T", None), RelationshipSpec("s", "m", "o", "T", None)),
        (),
        (),
    )
    assert len(run(plan, context)) == 4
    assert context.counters.relationships_created == 4


def test_set_counts_as_row_by_row(new_context: NewContext) -> None:
    context = new_context()
    make(context, {"c": 0}, {"c": 10})
    add = SetProperty(N, "c", Call("+", (Property(N, "c"), Variable("x"))))
    run(Drain(Set(LabelScan(rows(1, 2, 3), "n", "N"), (add,))), context)
    assert properties(context) == [{"c": 6}, {"c": 16}]
    other = SetProperty(N, "c", Property(Variable("m"), "c"))
    run(Drain(Set(Sort(AllNodes(AllNodes(Unit(), "n"), "m"), (Call("id", (N,)),), (False,)), (other,))), context)
    assert properties(context) == [{"c": 16}, {"c": 16}]


def test_set_of_maps_and_labels(new_context: NewContext) -> None:
    context = new_context()
    make(context, {"a": 1, "b": 2}, {"a": 3})
    merged = SetProperties("n", MapOf(("b", "c"), (Literal(None), Literal(5))), merge=True)
    run(Drain(Set(LabelScan(Unit(), "n", "N"), (merged, SetLabels("n", ("N", "M"))))), context)
    assert properties(context, "M") == [{"a": 1, "c": 5}, {"a": 3, "c": 5}]
    assert context.counters.labels_added == 4
    replaced = SetProperties("n", MapOf(("z",), (Literal("z"),)), merge=False)
    run(Drain(Set(LabelScan(Unit(), "n", "N"), (replaced,))), context)
    assert properties(context) == [{"z": "z"}, {"z": "z"}]
    items = (RemoveProperty(N, "z"), RemoveLabels("n", ("M", "Unknown")))
    run(Drain(Remove(LabelScan(Unit(), "n", "N"), items)), context)
    assert properties(context) == [{}, {}]
    assert context.counters.labels_removed == 2


@pytest.mark.parametrize(
    ("items", "rows_of", "expected"),
    [
        ("a.v = r.v, b.v = r.v", [(1, 2), (3, 1)], {1: 20, 2: 10, 3: 20}),  # the second of 1 is of a later row
        ("a.v = r.v, b.v = r.v", [(1, 2), (2, 3), (3, 1)], {1: 30, 2: 20, 3: 30}),
        ("a.v = r.v, b.v = r.v", [(1, 2), (1, 3)], {1: 20, 2: 10, 3: 20}),  # apart
        ("a.v = 5, b.v = 5", [(1, 2), (2, 1)], {1: 5, 2: 5, 3: None}),
        ("a.v = r.v, a += r.map", [(1, 2), (1, 2)], {1: 20, 2: None, 3: None}),  # the map of the first row alone has v
        ("a += r.map, a.v = r.v", [(1, 2), (1, 2)], {1: 20, 2: None, 3: None}),
        ("a += r.map, b += {v: r.v}", [(2, 1), (1, 3)], {1: 10, 2: 99, 3: 20}),
        ("a.v = r.v, b[r.key] = r.v", [(1, 2), (3, 1)], {1: 20, 2: 10, 3: 20}),
        ("a[r.key] = r.v, a.v = r.v", [(1, 2), (1, 3)], {1: 20, 2: None, 3: None}),
        ("a = {id: a.id, v: r.v}, b.v = r.v", [(1, 2), (2, 1)], {1: 20, 2: 20, 3: None}),
    ],
)
def test_of_two_items_that_write_one_property_the_later_row_wins(
    items: str, rows_of: list[tuple[int, int]], expected: dict[int, Value]
) -> None:
    session = Database(GraphStore()).session()
    session.run("UNWIND [1, 2, 3] AS id CREATE (:N {id: id})").values()
    given: list[Value] = [
        {"a": a, "b": b, "v": 10 + 10 * row, "key": "v", "map": {} if row else {"v": 99}}
        for row, (a, b) in enumerate(rows_of)
    ]
    session.run(f"UNWIND $rows AS r MATCH (a:N {{id: r.a}}), (b:N {{id: r.b}}) SET {items}", {"rows": given}).values()
    found = session.run("MATCH (n:N) RETURN n.id, n.v ORDER BY n.id").values()
    assert found == [[*pair] for pair in expected.items()]


def test_nothing_is_done_to_null(new_context: NewContext) -> None:
    context = new_context()
    nothing = Extend(Unit(), ("n",), (Literal(None),))
    items = (
        SetProperty(N, "a", Literal(1)),
        SetProperties("n", MapOf(("a",), (Literal(1),)), False),
        SetLabels("n", ("A",)),
    )
    removals = (RemoveProperty(N, "a"), RemoveLabels("n", ("A",)))
    assert len(run(Delete(Remove(Set(nothing, items), removals), (N,), detach=False), context)) == 1
    assert not context.counters.any()
    with pytest.raises(CypherTypeError):
        run(Set(rows(1), (SetProperty(Variable("x"), "a", Literal(1)),)), context)


def test_delete(new_context: NewContext) -> None:
    context = new_context()
    ends = (NodeSpec("a", ("N",), MapOf(("k",), (Literal(1),))), NodeSpec("b", ("N",), None))
    path = Extend(
        Create(rows(1, 2), ends, (RelationshipSpec("r", "a", "b", "T", None),)), ("p",), (PathOf(("a", "r", "b")),)
    )
    run(Drain(path), context)
    found = Expand(LabelScan(Unit(), "n", "N"), "n", "r", "m", (), Direction.OUT)
    gone = Delete(Extend(found, ("p",), (PathOf(("n", "r", "m")),)), (Variable("p"), Variable("r")), detach=False)
    assert len(run(gone, context)) == 2
    assert (context.counters.nodes_deleted, context.counters.relationships_deleted) == (4, 2)
    context = new_context()
    run(Drain(path), context)
    run(Drain(Delete(LabelScan(Unit(), "n", "N"), (N,), detach=True)), context)
    assert (context.counters.nodes_deleted, context.counters.relationships_deleted) == (4, 2)
    with pytest.raises(CypherTypeError):
        run(Delete(rows(1), (Variable("x"),), detach=False), context)


def test_what_was_deleted_cannot_be_read(new_context: NewContext) -> None:
    context = new_context()
    make(context, {"k": 1})
    gone = Delete(LabelScan(Unit(), "n", "N"), (N,), detach=False)
    with pytest.raises(EntityNotFound) as caught:
        run(Project(gone, ("k",), (Property(N, "k"),)), context)
    assert caught.value.detail == "DeletedEntityAccess"


def test_set_of_many_rows_is_that_of_one_row_after_another() -> None:
    """Of nodes and relationships, with NULL in place of some, whatever is written in whatever order."""
    draw = random.Random(7)
    subjects, keys = ("a", "b", "q", "maybe"), ("v", "w")
    values = ("r.v", "$c", "NULL", "r.t", "r.v + 1", "'x'", "b.id", "[r.v]")
    match = "MATCH (a:N {id: r.a}), (b:N {id: r.b})-[q:R]->() OPTIONAL MATCH (maybe:N {id: r.m})"
    everything = "MATCH (n:N)-[q:R]->() RETURN n.id, n.v, n.w, q.v, q.w ORDER BY n.id"
    for _ in range(100):
        written = draw.sample([f"{subject}.{key}" for subject in subjects for key in keys], draw.randrange(1, 5))
        items = ", ".join(f"{one} = {draw.choice(values)}" for one in written)
        rows: list[Value] = [
            {name: draw.randrange(most) for name, most in (("a", 4), ("b", 4), ("m", 8))}
            | {"v": row, "t": draw.choice(["t", None])}
            for row in range(draw.randrange(2, 12))
        ]
        found: list[object] = []
        for batches in ([rows], [[row] for row in rows]):
            session = Database(GraphStore()).session()
            session.run("UNWIND range(0, 3) AS id CREATE (:N {id: id, v: -id})-[:R {v: -id}]->(:M)").values()
            changed = 0
            for batch in batches:
                result = session.run(f"UNWIND $rows AS r {match} SET {items}", {"rows": batch, "c": 5})
                result.values()
                changed += result.summary().counters.properties_set
            found.append((session.run(everything).values(), changed))
        assert found[0] == found[1], (items, rows)

"""Operators over a small graph: what they give, and how much at a time."""

from collections.abc import Callable

import pytest

from memgraph_py.columnar import Batch, Column
from memgraph_py.config import Limits
from memgraph_py.errors import CypherSyntaxError, CypherTypeError, ParameterMissing, TransactionTerminated
from memgraph_py.execution.evaluation import EVALUATORS
from memgraph_py.execution.executor import RUNNERS, ExecutionContext, execute
from memgraph_py.plan.expressions import (
    Call,
    Case,
    Collect,
    Count,
    Exists,
    HasLabels,
    ListComprehension,
    ListOf,
    Literal,
    MapOf,
    Parameter,
    PathOf,
    Property,
    Quantifier,
    Reduce,
    Variable,
)
from memgraph_py.plan.operators import (
    Aggregate,
    AllNodes,
    Apply,
    Argument,
    Create,
    Distinct,
    Drain,
    Eager,
    Expand,
    ExpandInto,
    Filter,
    IndexSeek,
    LabelScan,
    Limit,
    NodeById,
    NodeSpec,
    Operator,
    Optional,
    Project,
    RelationshipSpec,
    ScanRelationships,
    Skip,
    Sort,
    Top,
    Union,
    UniqueRelationships,
    Unit,
    Unwind,
    VariableExpand,
)
from memgraph_py.plan.tree import EXPRESSION_TYPES, OPERATOR_TYPES
from memgraph_py.storage.view import Direction
from memgraph_py.values.types import PathReference, Value

pytestmark = pytest.mark.quick

NewContext = Callable[..., ExecutionContext]


def numbers(*values: Value) -> Operator:
    """A row per value, in column x."""
    return Unwind(Unit(), Literal(list(values)), "x")


def x() -> Variable:
    return Variable("x")


def run(plan: Operator, context: ExecutionContext) -> list[tuple[Value, ...]]:
    """All rows, in the order of the columns."""
    rows: list[tuple[Value, ...]] = []
    for batch in execute(plan, context):
        assert batch.rows, "no operator gives an empty batch"
        assert all(len(column) == batch.rows for column in batch.columns.values())
        rows += batch.records()
    return rows


def people(context: ExecutionContext) -> None:
    """(0:A {k: 0})-[0:T]->(1:A {k: 1})-[1:T]->(2:B {k: 2})-[2:U]->(0), and a loop (2)-[3:T]->(2)."""
    create = Create(
        Unit(),
        (
            NodeSpec("a", ("A",), MapOf(("k",), (Literal(0),))),
            NodeSpec("b", ("A",), MapOf(("k",), (Literal(1),))),
            NodeSpec("c", ("B",), MapOf(("k",), (Literal(2),))),
        ),
        (
            RelationshipSpec("r", "a", "b", "T", MapOf(("w",), (Literal(1),))),
            RelationshipSpec("s", "b", "c", "T", MapOf(("w",), (Literal(2),))),
            RelationshipSpec("t", "c", "a", "U", None),
            RelationshipSpec("u", "c", "c", "T", None),
        ),
    )
    assert run(Drain(create), context) == []
    counters = context.counters
    assert (counters.nodes_created, counters.relationships_created, counters.properties_set) == (3, 4, 5)
    assert counters.labels_added == 3


def named(*names: str) -> Callable[[Operator], Project]:
    """Only these columns; elements by their id function."""
    return lambda plan: Project(plan, names, tuple(Variable(name) for name in names))


def ids(*names: str) -> Callable[[Operator], Project]:
    """These columns as ids."""
    return lambda plan: Project(plan, names, tuple(Call("id", (Variable(name),)) for name in names))


def test_every_operator_and_expression_has_its_function() -> None:
    assert set(RUNNERS) == set(OPERATOR_TYPES)
    assert set(EVALUATORS) == set(EXPRESSION_TYPES)


def test_scans(new_context: NewContext) -> None:
    context = new_context()
    people(context)
    assert run(ids("n")(AllNodes(Unit(), "n")), context) == [(0,), (1,), (2,)]
    assert run(ids("n")(LabelScan(Unit(), "n", "B")), context) == [(2,)]
    assert run(LabelScan(Unit(), "n", "Missing"), context) == []
    both = ids("n", "m")(AllNodes(LabelScan(Unit(), "n", "A"), "m"))
    assert run(both, context) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    by_id = ids("n")(NodeById(numbers(2, 7, None, "x", 1.0), "n", x()))
    assert run(by_id, context) == [(2,), (1,)]
    many = ids("n")(NodeById(Unit(), "n", Literal([2, 0, 2]), many=True))
    assert run(many, context) == [(0,), (2,)]


def test_a_seek_without_its_index_scans(new_context: NewContext) -> None:
    context = new_context()
    people(context)
    assert run(ids("n")(IndexSeek(numbers(1, 5, None), "n", "A", ("k",), (x(),))), context) == [(1,)]
    many = IndexSeek(Unit(), "n", "A", ("k",), (Literal([1, 0, 1]),), many=True)
    assert run(ids("n")(many), context) == [(0,), (1,)]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        (Direction.OUT, [(0, 0, 1), (1, 1, 2), (2, 3, 2)]),
        (Direction.IN, [(1, 0, 0), (2, 1, 1), (2, 3, 2)]),
        (Direction.BOTH, [(0, 0, 1), (1, 0, 0), (1, 1, 2), (2, 1, 1), (2, 3, 2)]),
    ],
)
def test_expand(new_context: NewContext, direction: Direction, expected: list[tuple[Value, ...]]) -> None:
    context = new_context()
    people(context)
    plan = Expand(AllNodes(Unit(), "n"), "n", "r", "m", ("T",), direction)
    assert sorted(run(ids("n", "r", "m")(plan), context)) == expected
    into = ExpandInto(AllNodes(AllNodes(Unit(), "n"), "m"), "n", "r", "m", ("T",), direction)
    assert sorted(run(ids("n", "r", "m")(into), context)) == expected
    assert run(Expand(AllNodes(Unit(), "n"), "n", "r", "m", ("Missing",), direction), context) == []


def test_scan_relationships(new_context: NewContext) -> None:
    context = new_context()
    people(context)
    found = Expand(LabelScan(Unit(), "c", "B"), "c", "r", "d", (), Direction.OUT)
    plan = ScanRelationships(named("r", "d")(found), "r", "s", "t", (), Direction.BOTH)
    assert sorted(run(ids("r", "s", "t")(plan), context)) == [(2, 0, 2), (2, 2, 0), (3, 2, 2)]
    bound = ScanRelationships(named("r", "d")(found), "r", "s", "d", ("U",), Direction.OUT, bound_target=True)
    assert run(ids("r", "s", "d")(bound), context) == [(2, 2, 0)]


def test_variable_length(new_context: NewContext) -> None:
    context = new_context()
    people(context)
    source = LabelScan(Unit(), "n", "B")
    plan = VariableExpand(source, "n", "rs", "m", (), Direction.OUT, 0, None)
    size = Project(plan, ("size", "m"), (Call("size", (Variable("rs"),)), Call("id", (Variable("m"),))))
    # from 2: the loop 3 and the circle 2-0-1, each at most once, in either order
    assert sorted(run(size, context)) == [(0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (3, 1), (3, 2), (4, 2), (4, 2)]
    backwards = VariableExpand(source, "n", "rs", "m", ("T",), Direction.IN, 2, 2, reverse=True)
    path = Project(backwards, ("p",), (PathOf(("m", "rs", "n")),))
    assert sorted(run(path, context), key=str) == [
        (PathReference((0, 1, 2), (0, 1)),),
        (PathReference((1, 2, 2), (1, 3)),),
    ]
    into = VariableExpand(AllNodes(source, "m"), "n", "rs", "m", ("T",), Direction.BOTH, 1, 3, into=True)
    assert sorted(run(ids("m")(into), context)) == [(0,), (0,), (1,), (1,), (2,)]
    weighed = VariableExpand(
        AllNodes(Unit(), "n"), "n", "rs", "m", (), Direction.OUT, 1, None, properties=MapOf(("w",), (Literal(2),))
    )
    assert run(ids("n", "m")(weighed), context) == [(1, 2)]
    hidden = VariableExpand(source, "n", "rs", "m", ("T",), Direction.OUT, 1, 1, unused=("rs", "n"))
    assert [list(batch.columns) for batch in execute(hidden, context)] == [["m"]]


def test_unique_relationships(new_context: NewContext) -> None:
    context = new_context()
    people(context)
    one = Expand(LabelScan(Unit(), "n", "B"), "n", "r", "m", ("T",), Direction.BOTH)
    two = Expand(one, "m", "s", "o", ("T",), Direction.BOTH)
    assert sorted(run(ids("r", "s")(UniqueRelationships(two, ("r", "s"))), context)) == [(1, 0), (3, 1)]
    listed = VariableExpand(one, "m", "s", "o", ("T",), Direction.BOTH, 1, 1)
    kept = Project(UniqueRelationships(listed, ("r", "s")), ("r", "o"), tuple(Call("id", (Variable(n),)) for n in "ro"))
    assert sorted(run(kept, context)) == [(1, 0), (3, 1)]


def test_filter_takes_booleans_only(new_context: NewContext) -> None:
    context = new_context()
    kept = Filter(numbers(1, None, 3), Call(">", (x(), Literal(1))))
    assert run(kept, context) == [(3,)]
    with pytest.raises(CypherTypeError):
        run(Filter(numbers(1), x()), context)


def test_aggregates(new_context: NewContext) -> None:
    context = new_context()
    pairs = Unwind(Unit(), Literal([["a", 1], ["b", 2], ["a", 3], [None, 4], ["a", 1]]), "p")
    item = lambda index: Call("[]", (Variable("p"), Literal(index)))  # noqa: E731  # shorter than a function
    plan = Aggregate(
        pairs,
        ("key",),
        (item(0),),
        ("n", "sum", "all", "distinct"),
        (
            Call("count", ()),
            Call("sum", (item(1),)),
            Call("collect", (item(1),)),
            Call("count", (item(1),), distinct=True),
        ),
    )
    assert run(plan, context) == [("a", 3, 5, [1, 3, 1], 2), ("b", 1, 2, [2], 1), (None, 1, 4, [4], 1)]
    nothing = LabelScan(Unit(), "n", "Missing")
    total = Aggregate(nothing, (), (), ("n", "s"), (Call("count", ()), Call("sum", (Property(Variable("n"), "k"),))))
    assert run(total, context) == [(0, 0)]
    assert run(Aggregate(nothing, ("k",), (Property(Variable("n"), "k"),), ("n",), (Call("count", ()),)), context) == []


def test_distinct_sort_and_bounds(new_context: NewContext) -> None:
    context = new_context()
    mixed = numbers(3, "b", None, 1.0, 1, True, "a", [1], float("nan"), 3)
    assert [row[0] for row in run(Sort(mixed, (x(),), (False,)), context)][:7] == [[1], "a", "b", True, 1.0, 1, 3]
    assert len(run(Distinct(mixed, ("x",)), context)) == 8
    many = numbers(*(value * 7919 % 1000 for value in range(1000)))
    top = Top(many, (x(),), (True,), Literal(3))
    assert run(top, context) == [(999,), (998,), (997,)]
    assert len(run(Top(many, (x(),), (True,), Literal(1 << 64)), context)) == 1000
    assert run(Limit(Skip(Sort(many, (x(),), (False,)), Literal(5)), Literal(2)), context) == [(5,), (6,)]
    texts = numbers("b", "", "abcdefghij", "abcdefghi", None, "ä", "abcdefgh")
    ordered = ["", "abcdefgh", "abcdefghi", "abcdefghij", "b", "ä", None]
    assert [row[0] for row in run(Sort(texts, (x(),), (False,)), context)] == ordered
    assert [row[0] for row in run(Sort(texts, (x(),), (True,)), context)] == ordered[::-1]


@pytest.mark.parametrize(("count", "detail"), [(-1, "NegativeIntegerArgument"), (1.5, "InvalidArgumentType")])
def test_bounds_are_checked(new_context: NewContext, count: Value, detail: str) -> None:
    for bound in (Limit, Skip):
        with pytest.raises(CypherSyntaxError) as caught:
            run(bound(numbers(1), Literal(count)), new_context())
        assert caught.value.detail == detail


def test_limit_stops_early_but_carries_out_writes(new_context: NewContext) -> None:
    context = new_context()
    many = Unwind(Unit(), Call("range", (Literal(1), Literal(100))), "x")
    created = Create(many, (NodeSpec("n", (), None),), ())
    assert len(run(Limit(created, Literal(1)), context)) == 1
    assert context.counters.nodes_created == 100
    assert run(Limit(AllNodes(AllNodes(Unit(), "a"), "b"), Literal(1)), context)
    pairs = execute(AllNodes(AllNodes(Unit(), "a"), "b"), context)
    assert next(pairs).rows == Limits().batch_rows_min


def test_who_takes_all_rows_gets_no_small_batches(new_context: NewContext) -> None:
    context = new_context()
    run(Create(Unwind(Unit(), Call("range", (Literal(1), Literal(500))), "x"), (NodeSpec("n", (), None),), ()), context)
    nodes = AllNodes(Unit(), "n")
    assert [batch.rows for batch in context.gathering(nodes)] == [500]
    assert [batch.rows for batch in context.run(nodes)] == [16, 64, 256, 164]
    limited = Limit(nodes, Literal(20))
    assert [batch.rows for batch in context.gathering(limited)] == [16, 4]
    assert [batch.rows for batch in context.run(nodes)] == [16, 64, 256, 164]


def test_apply_and_optional(new_context: NewContext) -> None:
    context = new_context()
    people(context)
    outer = AllNodes(Unit(), "n")
    inner = Expand(Argument(("n",)), "n", "r", "m", ("U",), Direction.OUT)
    assert run(ids("n", "m")(Apply(outer, inner)), context) == [(2, 0)]
    assert run(ids("n", "m")(Optional(outer, inner, ("r", "m"))), context) == [(0, None), (1, None), (2, 0)]
    counted = Aggregate(inner, (), (), ("c",), (Call("count", ()),))
    assert [row[1:] for row in run(Apply(outer, counted), context)] == [(0,), (0,), (1,)]
    limited = Limit(Sort(AllNodes(Argument(()), "m"), (Property(Variable("m"), "k"),), (True,)), Literal(1))
    assert run(ids("n", "m")(Apply(outer, limited)), context) == [(0, 2), (1, 2), (2, 2)]
    once = Distinct(Project(AllNodes(Argument(()), "m"), ("l",), (HasLabels(Variable("m"), ("A",)),)), ("l",))
    assert [row[1] for row in run(Apply(outer, once), context)] == [True, False] * 3
    nested = Apply(outer, Apply(Argument(("n",)), Aggregate(inner, (), (), ("c",), (Call("count", ()),))))
    assert [row[1:] for row in run(nested, context)] == [(0,), (0,), (1,)]


def test_subquery_expressions(new_context: NewContext) -> None:
    context = new_context()
    people(context)
    inner = Expand(Argument(("n",)), "n", "r", "m", (), Direction.OUT)
    keys = Project(inner, ("k",), (Property(Variable("m"), "k"),))
    plan = Project(
        AllNodes(Unit(), "n"),
        ("exists", "count", "list"),
        (Exists(inner), Count(inner), Call("size", (Collect(keys, "k"),))),
    )
    assert run(plan, context) == [(True, 1, 1), (True, 1, 1), (True, 2, 2)]


def test_list_expressions(new_context: NewContext) -> None:
    context = new_context()
    even = Call("=", (Call("%", (Variable("i"), Literal(2))), Literal(0)))
    plan = Project(
        numbers([1, 2, 3], [], None, [None, 4]),
        ("kept", "any", "all", "sum"),
        (
            ListComprehension("i", x(), even, Call("*", (Variable("i"), Literal(10)))),
            Quantifier("any", "i", x(), even),
            Quantifier("all", "i", x(), even),
            Reduce("a", Literal(0), "i", x(), Call("+", (Variable("a"), Variable("i")))),
        ),
    )
    assert run(plan, context) == [
        ([20], True, False, 6),
        ([], False, True, 0),
        (None, None, None, None),
        ([40], True, None, None),
    ]


def test_case_evaluates_only_what_it_needs(new_context: NewContext) -> None:
    positive = Call(">", (x(), Literal(0)))
    plan = Project(numbers(1, 0, None), ("v",), (Case((positive,), (Call("/", (Literal(10), x())),), ListOf((x(),))),))
    assert run(plan, new_context()) == [(10,), ([0],), ([None],)]
    whole = Project(numbers(0, None, 2), ("v",), (Case((positive,), (Literal("yes"),), Literal("no")),))
    assert run(whole, new_context()) == [("no",), ("no",), ("yes",)]


def test_parameters(new_context: NewContext) -> None:
    plan = Project(Unit(), ("v",), (Parameter("p"),))
    assert run(plan, new_context({"p": [1]})) == [([1],)]
    with pytest.raises(ParameterMissing, match=r"expected parameter\(s\): p"):
        run(plan, new_context())


def test_union_eager_and_cancellation(new_context: NewContext) -> None:
    context = new_context()
    assert run(Union(numbers(1, 2), Eager(numbers("a"))), context) == [(1,), (2,), ("a",)]
    context.bounds.end()
    with pytest.raises(TransactionTerminated):
        run(numbers(1), context)


def test_parameter_rows(new_context: NewContext) -> None:
    from memgraph_py.plan.names import of_parameter
    from memgraph_py.plan.operators import ParameterRows

    rows = Batch(2, {of_parameter("id"): Column.from_values(["a", "b"])})
    context = new_context(parameter_rows=rows)
    plan = Create(ParameterRows(("id",)), (NodeSpec("n", ("N",), MapOf(("id",), (Variable(of_parameter("id")),))),), ())
    run(Drain(plan), context)
    found = Project(LabelScan(Unit(), "n", "N"), ("id",), (Property(Variable("n"), "id"),))
    assert run(found, context) == [("a",), ("b",)]

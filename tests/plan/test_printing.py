"""Plans as text and as Bolt's map; scripts show the common forms."""

import pytest

from memgraph_py.plan.expressions import Call, Expression, Literal, Parameter, Property, Variable
from memgraph_py.plan.names import own
from memgraph_py.plan.operators import AllNodes, Filter, LabelScan, Project, Union, Unit
from memgraph_py.plan.printing import describe, expression_text, lines, value_text

A, B, C = Variable("a"), Variable("b"), Variable("c")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Call("*", (Call("+", (A, B)), C)), "(a + b) * c"),
        (Call("+", (A, Call("*", (B, C)))), "a + b * c"),
        (Call("-", (A, Call("-", (B, C)))), "a - (b - c)"),
        (Call("-", (Call("-", (A, B)), C)), "a - b - c"),
        (Call("NOT", (Call("OR", (A, B)),)), "NOT (a OR b)"),
        (Call("IS NULL", (Property(A, "x"),)), "a.x IS NULL"),
        (Call("unary-", (Call("+", (A, B)),)), "-(a + b)"),
        (Call("count", (A,), distinct=True), "count(DISTINCT a)"),
        (Call("[]", (A, Parameter("i"))), "a[$i]"),
    ],
)
def test_brackets_stand_where_they_are_needed(expression: Expression, text: str) -> None:
    assert expression_text(expression) == text


def test_values_are_written_as_cypher_does() -> None:
    assert value_text({"a": [None, True, "it's", 1.5]}) == "{a: [null, true, 'it\\'s', 1.5]}"


def test_a_fork_is_drawn_with_both_branches() -> None:
    plan = Union(Project(AllNodes(Unit(), "n"), ("n",), (Variable("n"),)), LabelScan(Unit(), "n", "A"))
    assert lines(plan) == [
        "Union",
        "├─ Project n",
        "│  └─ AllNodes n",
        "│     └─ Unit",
        "└─ LabelScan n:A",
        "   └─ Unit",
    ]


def test_the_map_names_what_a_user_wrote() -> None:
    plan = Filter(LabelScan(AllNodes(Unit(), own("0")), "n", "A"), Literal(True))
    described = describe(plan, estimate=lambda operator: 3)
    assert described["operatorType"] == "Filter"
    assert described["args"] == {"Details": "true", "EstimatedRows": 3.0}
    assert described["identifiers"] == ["n"]
    children = described["children"]
    assert isinstance(children, list)
    assert len(children) == 1

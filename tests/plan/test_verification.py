"""A malformed plan is found."""

import pytest

from memgraph_py.plan.expressions import Collect, Exists, Property, Variable
from memgraph_py.plan.operators import AllNodes, Argument, Expand, Filter, Operator, Optional, Project, Union, Unit
from memgraph_py.plan.verification import verify
from memgraph_py.storage.view import Direction

NODES = AllNodes(Unit(), "n")
NAME = Property(Variable("n"), "name")


@pytest.mark.parametrize(
    "plan",
    [
        Project(Unit(), ("name",), (NAME,)),
        Filter(Project(NODES, ("name",), (NAME,)), NAME),
        AllNodes(NODES, "n"),
        Expand(NODES, "m", "r", "o", (), Direction.OUT),
        Expand(NODES, "n", "n", "o", (), Direction.OUT),
        Optional(NODES, Argument(("n",)), ("m",)),
        Optional(NODES, Argument(("m",)), ()),
        Union(NODES, Unit()),
        Filter(NODES, Exists(Filter(Argument(("n",)), Variable("x")))),
        Filter(NODES, Collect(Argument(("n",)), "x")),
    ],
)
def test_unbound_and_twice_bound_variables_are_found(plan: Operator) -> None:
    with pytest.raises(AssertionError):
        verify(plan)


def test_a_good_plan_passes() -> None:
    verify(Project(Filter(NODES, Exists(Expand(Argument(("n",)), "n", "r", "m", (), Direction.IN))), ("x",), (NAME,)))

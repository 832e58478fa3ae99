"""Variables of plans."""

import sys

from memgraph_py.plan.expressions import variable


def test_a_variable_of_a_short_name_is_one_object() -> None:
    assert variable("name") is variable("name")


def test_a_long_name_does_not_stay_in_memory() -> None:
    name = "x" * 1_000_000
    before = sys.getrefcount(name)
    assert variable(name).name == name
    assert sys.getrefcount(name) == before

"""The rules in their order, and the check that each leaves a plan whose variables are bound."""

from collections.abc import Callable

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.optimizer.use_indexes import use_indexes
from memgraph_py.plan.operators import Operator
from memgraph_py.storage.view import GraphView

RULES: tuple[Callable[[Operator, Statistics], Operator], ...] = (
    # Needs the filters where they will stay, as it takes those right above a scan.
    use_indexes,
)
"""In this order, for the reasons beside them."""


def optimise(plan: Operator, view: GraphView) -> Operator:
    """A plan with the same rows that is expected to cost less on the data of the view."""
    statistics = Statistics(view)
    for rule in RULES:
        plan = rule(plan, statistics)
    return plan

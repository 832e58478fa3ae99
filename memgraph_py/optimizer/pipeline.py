"""The rules in their order, and the check that each leaves a plan whose variables are bound."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from memgraph_py.optimizer.answer_once import answer_once
from memgraph_py.optimizer.count_in_store import count_in_store
from memgraph_py.optimizer.count_paths import count_paths
from memgraph_py.optimizer.hoist_constants import hoist_constants
from memgraph_py.optimizer.join_by_hash import join_by_hash
from memgraph_py.optimizer.limit_sorts import limit_sorts
from memgraph_py.optimizer.merge_projections import merge_projections
from memgraph_py.optimizer.order_by_index import order_by_index
from memgraph_py.optimizer.order_expansions import order_expansions
from memgraph_py.optimizer.prune_columns import prune_columns
from memgraph_py.optimizer.push_down_filters import push_down_filters
from memgraph_py.optimizer.reach_frontiers import reach_frontiers
from memgraph_py.optimizer.read_once import read_once
from memgraph_py.optimizer.simplify_expressions import simplify_expressions
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.optimizer.use_indexes import use_indexes
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.verification import verify
from memgraph_py.storage.view import GraphView

Rule: TypeAlias = Callable[[Operator, Statistics], Operator]

RULES: tuple[Rule, ...] = (
    # First: the other rules look for literals.
    simplify_expressions,
    # So that a pattern has all its filters beside it when its order is chosen.
    push_down_filters,
    # Makes patterns of their own, which the next rules put in order.
    answer_once,
    # Before the seeks: which node is sought first decides which values are known for the others.
    order_expansions,
    # Takes the filters right above a scan, so these must stand where they will stay.
    use_indexes,
    # After the seeks: what is sought by a value of another part needs no join.
    join_by_hash,
    # Wants a scan that no seek has replaced, and a pattern in its last order.
    count_in_store,
    # As above; what the store does not know is counted without listing it.
    count_paths,
    limit_sorts,
    # Knows of a sort how many of its rows are wanted.
    order_by_index,
    merge_projections,
    # Wants expansions in the order in which they will run.
    reach_frontiers,
    # Wants filters where they will stay; makes columns, so before it is known which are read.
    read_once,
    # Only now is it known what is read.
    prune_columns,
    # Last: the others look into expressions.
    hoist_constants,
)
"""In this order, for the reasons beside them."""


def optimise(plan: Operator, view: GraphView, rules: tuple[Rule, ...] = RULES) -> Operator:
    """A plan with the same rows that is expected to cost less on the data of the view.

    ``rules``: some of RULES, in their order.
    """
    statistics = Statistics(view)
    try:
        for rule in rules:
            plan = rule(plan, statistics)
    finally:
        statistics.forget()
    return plan


def trace(plan: Operator, view: GraphView) -> Iterator[tuple[str, Operator]]:
    """The plan after each rule, with the rule's name; each is verified. For tests and for finding out."""
    verify(plan)
    statistics = Statistics(view)
    for rule in RULES:
        plan = rule(plan, statistics)
        verify(plan)
        yield rule.__name__, plan

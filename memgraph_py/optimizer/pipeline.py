"""The rules in their order, and the check that each leaves a plan whose variables are bound."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from memgraph_py.optimizer.answer_once import answer_once
from memgraph_py.optimizer.count_in_store import count_in_store, counts_all
from memgraph_py.optimizer.count_paths import count_paths, counts_paths
from memgraph_py.optimizer.hoist_constants import hoist_constants
from memgraph_py.optimizer.join_by_hash import join_by_hash
from memgraph_py.optimizer.limit_sorts import limit_sorts, limits_rows
from memgraph_py.optimizer.merge_projections import merge_projections, projects_twice
from memgraph_py.optimizer.order_by_index import order_by_index, sorts_by_property
from memgraph_py.optimizer.order_expansions import order_expansions
from memgraph_py.optimizer.prune_columns import prune_columns
from memgraph_py.optimizer.push_down_filters import push_down_filters
from memgraph_py.optimizer.reach_frontiers import reach_frontiers, sees_no_duplicates
from memgraph_py.optimizer.read_once import read_once, reads_filtered
from memgraph_py.optimizer.simplify_expressions import simplify_expressions
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.optimizer.use_indexes import use_indexes
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.substitution import operators_in
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

CONCERNED: dict[Rule, Callable[[Operator], bool]] = {
    count_in_store: counts_all,
    count_paths: counts_paths,
    limit_sorts: limits_rows,
    order_by_index: sorts_by_property,
    merge_projections: projects_twice,
    reach_frontiers: sees_no_duplicates,
    read_once: reads_filtered,
}
"""Of these rules, the operators that each is about: it leaves a plan without one as it is. All operators are looked at
in less time than a rule takes to go through the plan."""


def optimise(plan: Operator, view: GraphView, rules: tuple[Rule, ...] = RULES) -> Operator:
    """A plan with the same rows that is expected to cost less on the data of the view.

    ``rules``: some of RULES, in their order.
    """
    statistics = Statistics(view)
    listed: Operator | None = None
    try:
        for rule in rules:
            concerned = CONCERNED.get(rule)
            if concerned is not None:
                if listed is not plan:
                    found, listed = operators_in(plan), plan
                if not any(map(concerned, found)):
                    continue
            plan = rule(plan, statistics)
    finally:
        statistics.forget()
    return plan


def trace(plan: Operator, view: GraphView) -> Iterator[tuple[str, Operator]]:
    """The plan after each rule, with the rule's name; each is verified. For tests and for finding out."""
    verify(plan)
    statistics = Statistics(view)
    for rule in RULES:
        before, plan = plan, rule(plan, statistics)
        is_concerned = rule not in CONCERNED or any(map(CONCERNED[rule], operators_in(before)))
        assert is_concerned or plan is before, f"{rule.__name__} is not concerned, and changes the plan"
        verify(plan)
        yield rule.__name__, plan

"""The rules in their order, and the check that each leaves a plan whose variables are bound."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from memgraph_py.optimizer.answer_once import answer_once
from memgraph_py.optimizer.count_in_store import count_in_store, counts_all
from memgraph_py.optimizer.count_paths import count_paths, counts_paths
from memgraph_py.optimizer.hoist_constants import hoist_constants
from memgraph_py.optimizer.join_by_hash import SCANS, finds_again, join_by_hash
from memgraph_py.optimizer.limit_sorts import limit_sorts, limits_rows
from memgraph_py.optimizer.merge_projections import merge_projections, projects_twice
from memgraph_py.optimizer.order_by_index import order_by_index, sorts_by_property
from memgraph_py.optimizer.order_expansions import CHOSEN, continues_pattern, order_expansions
from memgraph_py.optimizer.prune_columns import prune_columns
from memgraph_py.optimizer.push_down_filters import push_down_filters
from memgraph_py.optimizer.reach_frontiers import reach_frontiers, sees_no_duplicates
from memgraph_py.optimizer.read_once import read_once, reads_filtered
from memgraph_py.optimizer.simplify_expressions import keeps_constant, simplify_expressions
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.optimizer.use_indexes import use_indexes
from memgraph_py.plan.expressions import HAS_COMPUTED, HAS_CONSTANT, HOLDS_PLAN
from memgraph_py.plan.operators import Aggregate, Distinct, Filter, Limit, Operator, Project, Top
from memgraph_py.plan.substitution import Contents, contents_of
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
    # Almost last: the others look into expressions.
    hoist_constants,
    # Only now is it known what is read.
    prune_columns,
)
"""In this order, for the reasons beside them."""


class Concern(NamedTuple):
    """What a rule is about: operators of these ``kinds`` of which ``holds`` is true; or plans with any of the
    ``marks``."""

    kinds: frozenset[type]
    holds: Callable[[Operator], bool] | None = None
    marks: int = 0

    def meets(self, contents: Contents) -> bool:
        """False of a plan that the rule leaves as it is."""
        if contents.marks & self.marks:
            return True
        if contents.kinds.isdisjoint(self.kinds):
            return False
        if self.holds is None:
            return True
        return any(map(self.holds, [one for one in contents.operators if one.__class__ in self.kinds]))


CONCERNS: dict[Rule, Concern] = {
    simplify_expressions: Concern(frozenset((Filter,)), keeps_constant, HAS_CONSTANT),
    push_down_filters: Concern(frozenset((Filter,))),
    answer_once: Concern(frozenset(), marks=HOLDS_PLAN),
    order_expansions: Concern(frozenset(CHOSEN), continues_pattern),
    join_by_hash: Concern(frozenset(SCANS), finds_again),
    count_in_store: Concern(frozenset((Aggregate,)), counts_all),
    count_paths: Concern(frozenset((Aggregate,)), counts_paths),
    limit_sorts: Concern(frozenset((Limit,)), limits_rows),
    order_by_index: Concern(frozenset((Top,)), sorts_by_property),
    merge_projections: Concern(frozenset((Project,)), projects_twice),
    reach_frontiers: Concern(frozenset((Aggregate, Distinct)), sees_no_duplicates),
    read_once: Concern(frozenset((Aggregate, Project)), reads_filtered),
    hoist_constants: Concern(frozenset(), marks=HAS_COMPUTED),
}
"""Of the rules that most plans need not. What is in a plan is found in less time than a rule takes to go through it."""


def optimise(plan: Operator, statistics: Statistics, rules: tuple[Rule, ...] = RULES) -> Operator:
    """A plan with the same rows that is expected to cost less on the data that the statistics are of.

    ``rules``: some of RULES, in their order.
    """
    listed: Operator | None = None
    for rule in rules:
        concern = CONCERNS.get(rule)
        if concern is not None:
            if listed is not plan:
                contents, listed = contents_of(plan), plan
            if not concern.meets(contents):
                continue
        plan = rule(plan, statistics)
    return plan


def trace(plan: Operator, view: GraphView) -> Iterator[tuple[str, Operator]]:
    """The plan after each rule, with the rule's name; each is verified. For tests and for finding out."""
    verify(plan)
    statistics = Statistics(view)
    for rule in RULES:
        before, plan = plan, rule(plan, statistics)
        is_concerned = rule not in CONCERNS or CONCERNS[rule].meets(contents_of(before))
        assert is_concerned or plan is before, f"{rule.__name__} is not concerned, and changes the plan"
        verify(plan)
        yield rule.__name__, plan

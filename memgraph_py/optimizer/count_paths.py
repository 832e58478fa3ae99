"""Rule: where paths of one or two hops are counted, they are not listed.

    MATCH (a:User)-->(b)-->(c:User) RETURN count(*)

    Aggregate count(*) ← Filter c:User ← Unique @1, @3 ← Expand b → c ← Expand a → b ← LabelScan a:User
    PathCount (a)-[]->(b)-[]->(c WHERE c:User) ← LabelScan a:User

Filters may ask of each node by itself, and cannot fail: they are asked of nodes that no path may lead to. It looks at
all relationships of the nodes it begins at and comes by, so it is for patterns with more paths than there are nodes.
"""

from memgraph_py.optimizer.access import filters_above
from memgraph_py.optimizer.cost import estimate_output
from memgraph_py.optimizer.count_in_store import count_rows
from memgraph_py.optimizer.push_down_filters import cannot_fail, is_boolean
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Call, Expression, Variable
from memgraph_py.plan.operators import (
    Aggregate,
    Argument,
    Expand,
    Filter,
    Hop,
    Operator,
    ParameterRows,
    PathCount,
    Project,
    Union,
    UniqueRelationships,
    Unit,
)
from memgraph_py.plan.tree import over
from memgraph_py.plan.variables import free_variables, is_deterministic

HOPS_MAX = 2
"""Of longer paths more than neighbouring relationships may be the same."""


def count_paths(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with PathCount in place of aggregations that count paths; in subplans they are left, as they count for
    each outer row."""
    if not isinstance(plan, (Unit, Argument, ParameterRows, Union)):
        plan = over(plan, count_paths(plan.input, statistics))
    return (isinstance(plan, Aggregate) and _counted(plan, statistics)) or plan


def counts_paths(operator: Operator) -> bool:
    """True of an aggregation into one row above something that could be a path."""
    return isinstance(operator, Aggregate) and not operator.keys and isinstance(operator.input, _ON_PATHS)


_ON_PATHS = (Filter, UniqueRelationships, Expand)


def _counted(aggregate: Aggregate, statistics: Statistics) -> Operator | None:
    if aggregate.keys or not aggregate.aggregates:
        return None
    found: list[tuple[Expand, list[Expression]]] = []
    below = aggregate.input
    rivals: tuple[str, ...] = ()
    while len(found) < HOPS_MAX:
        predicates, under = filters_above(below)
        if isinstance(under, UniqueRelationships) and not found:
            rivals = under.variables
            more, under = filters_above(under.input)
            predicates += more
        if not isinstance(under, Expand) or (found and under.target != found[-1][0].source):
            break
        if not all(_asks_of(under.target, predicate) for predicate in predicates):
            break
        found.append((under, predicates))
        below = under.input
    if not found or (rivals and set(rivals) != {expansion.relationship for expansion, _ in found}):
        return None
    found.reverse()
    bound = [found[0][0].source]
    for expansion, _ in found:
        bound += [expansion.relationship, expansion.target]
    if not count_rows(aggregate.aggregates, tuple(bound), ""):
        return None
    if estimate_output(aggregate.input, statistics) < max(statistics.nodes(None), 1):
        return None
    hops = tuple(Hop(one.target, one.types, one.direction, _all_of(predicates)) for one, predicates in found)
    name = aggregate.aggregate_names[0]
    count = PathCount(below, name, bound[0], hops, bool(rivals))
    if len(aggregate.aggregate_names) == 1:
        return count
    return Project(count, aggregate.aggregate_names, (Variable(name),) * len(aggregate.aggregate_names))


def _asks_of(node: str, predicate: Expression) -> bool:
    """True when the predicate reads this node and nothing else, and may be asked of any node."""
    asks_one = free_variables(predicate) == {node}
    return asks_one and is_boolean(predicate) and cannot_fail(predicate) and is_deterministic(predicate)


def _all_of(predicates: list[Expression]) -> Expression | None:
    if not predicates:
        return None
    joined, *rest = predicates
    for predicate in rest:
        joined = Call("AND", (joined, predicate))
    return joined

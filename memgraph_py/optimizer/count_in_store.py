"""Rule: where a whole pattern is a count, the store knows it.

    MATCH (n:L) RETURN count(n)               Aggregate count(n) ← LabelScan n:L ← Unit           ⇒  NodeCount (:L)
    MATCH (n) RETURN count(n.x)               Aggregate count(n.x) ← AllNodes n ← Unit    ⇒  NodeCount () WITH x
    MATCH ()-[r:T]->() RETURN count(*)        Aggregate count(*) ← Expand r:T ← AllNodes ← Unit   ⇒  RelationshipCount

The view that the query reads counts for itself, so what its transaction has changed is in the number; of a property it
looks at every node, but makes no list. Left to a scan: patterns without a direction, which match a loop once and all
else twice; a node that must be the same, or have a label.
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Call, Expression, Literal, Property, Variable
from memgraph_py.plan.operators import (
    Aggregate,
    AllNodes,
    Argument,
    Expand,
    LabelScan,
    NodeCount,
    Operator,
    Project,
    RelationshipCount,
    Unit,
)
from memgraph_py.plan.substitution import rewrite_operators
from memgraph_py.plan.variables import columns
from memgraph_py.storage.view import Direction


def count_in_store(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with NodeCount and RelationshipCount in place of aggregations that count whole patterns."""
    return rewrite_operators(plan, _counted)


def counts_all(operator: Operator) -> bool:
    """True of an aggregation into one row, right above a scan or an expansion."""
    return isinstance(operator, Aggregate) and not operator.keys and isinstance(operator.input, _COUNTED)


_COUNTED = (AllNodes, LabelScan, Expand)


def _counted(node: Any) -> Any:
    if not counts_all(node) or not node.aggregates:
        return node
    below, name = node.input, node.aggregate_names[0]
    count: RelationshipCount | None = None
    match below:
        case AllNodes(Unit() | Argument() as leaf, variable):
            return _nodes_counted(node, leaf, variable, None) or node
        case LabelScan(Unit() | Argument() as leaf, variable, label):
            return _nodes_counted(node, leaf, variable, label) or node
        case Expand(AllNodes(Unit() | Argument() as leaf, variable), source, relationship, target):
            bound = (variable, relationship, target)
            is_whole = source == variable and below.direction is not Direction.BOTH
            if is_whole and count_rows(node.aggregates, bound, relationship):
                count = RelationshipCount(leaf, name, below.types)
    if count is None or name in columns(count.input):
        return node
    return _named(count, node.aggregate_names, [name] * len(node.aggregate_names))


def _nodes_counted(aggregate: Aggregate, leaf: Operator, variable: str, label: str | None) -> Operator | None:
    """A NodeCount for each of what is counted; None where one of the aggregates is something else."""
    counts = leaf
    by_key: dict[str | None, str] = {}
    sources = []
    for name, call in zip(aggregate.aggregate_names, aggregate.aggregates, strict=True):
        match call:
            case Call("count", (Property(Variable(subject), property),), False) if subject == variable:
                key: str | None = property
            case _ if count_rows((call,), (variable,), variable):
                key = None
            case _:
                return None
        if key not in by_key:
            if name in columns(counts):
                return None
            by_key[key] = name
            counts = NodeCount(counts, name, label, key)
        sources.append(by_key[key])
    return _named(counts, aggregate.aggregate_names, sources)


def count_rows(calls: tuple[Expression, ...], bound: tuple[str, ...], distinct: str) -> bool:
    """True when each of the calls counts all rows: values of the bound variables, which are never NULL, or different
    ones of the variable ``distinct``, which differs in each row."""
    for call in calls:
        match call:
            case Call("count", (), False):
                pass
            case Call("count", (Literal(value),), False) if value is not None:
                pass
            case Call("count", (Variable(name),), only_different):
                if name not in bound or (only_different and name != distinct):
                    return False
            case _:
                return False
    return True


def _named(counts: Operator, names: tuple[str, ...], sources: list[str]) -> Operator:
    """The counts ``sources`` under these names, and nothing else."""
    if columns(counts) == names:
        return counts
    return Project(counts, names, tuple(map(Variable, sources)))

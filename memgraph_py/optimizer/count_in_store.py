"""Rule: where a whole pattern is a count, the store knows it.

    MATCH (n:L) RETURN count(n)               Aggregate count(n) ← LabelScan n:L ← Unit           ⇒  NodeCount (:L)
    MATCH ()-[r:T]->() RETURN count(*)        Aggregate count(*) ← Expand r:T ← AllNodes ← Unit   ⇒  RelationshipCount

The view that the query reads counts for itself, so what its transaction has changed is in the number. Left to a scan:
patterns without a direction, which match a loop once and all else twice; a node that must be the same, or have a label.
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Call, Expression, Literal, Variable
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


def _counted(node: Any) -> Any:
    if not isinstance(node, Aggregate) or node.keys or not node.aggregates:
        return node
    below, name = node.input, node.aggregate_names[0]
    count: NodeCount | RelationshipCount | None = None
    match below:
        case AllNodes(Unit() | Argument() as leaf, variable):
            if count_rows(node.aggregates, (variable,), variable):
                count = NodeCount(leaf, name, None)
        case LabelScan(Unit() | Argument() as leaf, variable, label):
            if count_rows(node.aggregates, (variable,), variable):
                count = NodeCount(leaf, name, label)
        case Expand(AllNodes(Unit() | Argument() as leaf, variable), source, relationship, target):
            bound = (variable, relationship, target)
            is_whole = source == variable and below.direction is not Direction.BOTH
            if is_whole and count_rows(node.aggregates, bound, relationship):
                count = RelationshipCount(leaf, name, below.types)
    if count is None or name in columns(count.input):
        return node
    return _named(count, node.aggregate_names)


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


def _named(count: NodeCount | RelationshipCount, names: tuple[str, ...]) -> Operator:
    """The count under each of the names, and nothing else."""
    if len(names) == 1 and not columns(count.input):
        return count
    return Project(count, names, (Variable(count.variable),) * len(names))

"""Rule: filters right above a scan choose how it is done: by id, through an index, by the rarest label.

A condition with OR is sought in parts, where each part finds its own way, and the parts' nodes are put together.
"""

from typing import Any

from memgraph_py.optimizer.access import Access, filters_above, find_access, find_parts, labels_of, tests_labels
from memgraph_py.optimizer.cost import access_rows
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Expression, HasLabels, Variable
from memgraph_py.plan.operators import (
    AllNodes,
    Apply,
    Argument,
    Distinct,
    Filter,
    LabelScan,
    Operator,
    Project,
    Union,
)
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.variables import columns
from memgraph_py.storage.schema_rules import Entity


def use_indexes(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with a seek for each scan that a filter above it narrows to given values."""

    def visit(node: Any) -> Any:
        if not isinstance(node, Filter):
            return rewrite_operators_below(node, visit)
        predicates, scan = filters_above(node)
        if not isinstance(scan, (AllNodes, LabelScan)):
            return rewrite_operators_below(node, visit)
        predicates = [rewrite_operators_below(predicate, visit) for predicate in predicates]
        return _scan(scan, visit(scan.input), predicates, statistics)

    return visit(plan)  # type: ignore[no-any-return]  # an operator for an operator


def _scan(
    scan: AllNodes | LabelScan, below: Operator, predicates: list[Expression], statistics: Statistics
) -> Operator:
    variable = scan.variable
    labels = _labels(scan, predicates)
    access = find_access(variable, labels, predicates, frozenset(columns(below)), statistics.indexes(Entity.NODE))
    found: Operator
    chosen: str | None = None
    if access is not None:
        chosen = access.token
        found = access.operator(below, variable)
    else:
        parts = _seek_parts(variable, labels, predicates, below, statistics)
        if parts is None:
            chosen = min(labels, key=statistics.nodes, default=None)
            found = AllNodes(below, variable) if chosen is None else LabelScan(below, variable, chosen)
        else:
            found, chosen = parts
    others = tuple(label for label in labels if label != chosen)
    rest = [predicate for predicate in _left(predicates, access) if not tests_labels(predicate, variable)]
    if others:
        rest.insert(0, HasLabels(Variable(variable), others))
    return _filtered(found, rest)


def _labels(scan: AllNodes | LabelScan, predicates: list[Expression]) -> list[str]:
    labels = [scan.label] if isinstance(scan, LabelScan) else []
    return labels + [label for label in labels_of(scan.variable, predicates) if label not in labels]


# ------------------------------------------------------------------------------------------------------------------- OR


def _seek_parts(
    variable: str, labels: list[str], predicates: list[Expression], below: Operator, statistics: Statistics
) -> tuple[Operator, str | None] | None:
    """Nodes that fulfil any part of a predicate with OR, each once for each row of ``below``, and the label that all
    are known to have; the predicate stays."""
    outer = columns(below)
    scanned = min(map(statistics.nodes, labels), default=statistics.nodes(None))
    for predicate in predicates:
        seeks = find_parts(variable, labels, predicate, frozenset(outer), statistics.indexes(Entity.NODE))
        if seeks is None:
            continue
        scans = any(access.token is not None and not access.keys for access in seeks)
        if scans and sum(access_rows(access, statistics) for access in seeks) > scanned / 2:
            continue
        branches = [
            Project(access.operator(Argument(outer), variable), (variable,), (Variable(variable),)) for access in seeks
        ]
        joined: Operator = branches[0]
        for branch in branches[1:]:
            joined = Union(joined, branch)
        tokens = {access.token for access in seeks}
        return Apply(below, Distinct(joined, (variable,))), tokens.pop() if len(tokens) == 1 else None
    return None


def _left(predicates: list[Expression], access: Access | None) -> list[Expression]:
    """The predicates that the access does not answer."""
    answered = () if access is None else access.answered
    return [predicate for predicate in predicates if all(predicate is not one for one in answered)]


def _filtered(operator: Operator, predicates: list[Expression]) -> Operator:
    for predicate in predicates:
        operator = Filter(operator, predicate)
    return operator

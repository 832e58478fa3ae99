"""Rule: filters right above a scan choose how it is done: by id, through an index, by the rarest label."""

from typing import Any

from memgraph_py.optimizer.access import find_access, labels_of
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Expression, HasLabels, Variable
from memgraph_py.plan.operators import AllNodes, Filter, IndexSeek, LabelScan, NodeById, Operator
from memgraph_py.plan.substitution import rewrite_operators_below
from memgraph_py.plan.variables import columns


def use_indexes(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with a seek for each scan that a filter above it narrows to given values."""

    def visit(node: Any) -> Any:
        if not isinstance(node, Filter | AllNodes | LabelScan):
            return rewrite_operators_below(node, visit)
        predicates: list[Expression] = []
        below: Operator = node
        while isinstance(below, Filter):
            predicates.append(below.predicate)
            below = below.input
        predicates = [rewrite_operators_below(predicate, visit) for predicate in reversed(predicates)]
        if not isinstance(below, AllNodes | LabelScan):
            return _filtered(rewrite_operators_below(below, visit), predicates)
        return _scan(below, visit(below.input), predicates, statistics)

    return visit(plan)  # type: ignore[no-any-return]  # an operator for an operator


def _scan(
    scan: AllNodes | LabelScan, below: Operator, predicates: list[Expression], statistics: Statistics
) -> Operator:
    variable = scan.variable
    labels = [scan.label] if isinstance(scan, LabelScan) else []
    labels += [label for label in labels_of(variable, predicates) if label not in labels]
    access = find_access(variable, labels, predicates, frozenset(columns(below)), statistics.has_index)
    found: Operator
    if access is None:
        chosen = min(labels, key=statistics.nodes, default=None)
        found = AllNodes(below, variable) if chosen is None else LabelScan(below, variable, chosen)
    elif access.label is None:
        chosen = None
        found = NodeById(below, variable, access.value, access.many)
    else:
        chosen = access.label
        assert access.key is not None, "an index has a key"
        found = IndexSeek(below, variable, access.label, access.key, access.value, access.many)
    others = tuple(label for label in labels if label != chosen)
    rest = [
        predicate
        for predicate in predicates
        if (access is None or predicate is not access.predicate)
        and not (isinstance(predicate, HasLabels) and predicate.subject == Variable(variable))
    ]
    if others:
        rest.insert(0, HasLabels(Variable(variable), others))
    return _filtered(found, rest)


def _filtered(operator: Operator, predicates: list[Expression]) -> Operator:
    for predicate in predicates:
        operator = Filter(operator, predicate)
    return operator

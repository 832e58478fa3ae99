"""Advice: indexes that a plan would use if they were there."""

from memgraph_py.optimizer.access import filters_above, find_access, labels_of
from memgraph_py.plan.expressions import Call
from memgraph_py.plan.operators import Filter, HashJoin, LabelScan, Operator
from memgraph_py.plan.variables import columns


class _Every:
    """As if there were an index on each property."""

    def covers(self, token: str, key: str) -> bool:
        return True

    def is_sparse(self, token: str, key: str) -> bool:
        return False

    def composite(self, token: str) -> list[tuple[str, ...]]:
        return []


def missing_indexes(operators: list[Operator]) -> list[tuple[str, str]]:
    """(label, property key) where a scan of all nodes with a label is narrowed to given values of a property. Of the
    operators of a plan each stands before those below it."""
    found: dict[tuple[str, str], None] = {}
    lower: set[int] = set()
    for node in operators:
        if not isinstance(node, (Filter, HashJoin)) or id(node) in lower:
            continue
        if isinstance(node, HashJoin):  # an index would have made it a seek by values of the left side
            predicates, below = filters_above(node.right)
            predicates += [Call("=", sides) for sides in zip(node.right_keys, node.keys, strict=True)]
            known = frozenset(columns(node.input))
            lower.add(id(node.right))
        else:
            predicates, below = filters_above(node)
            known = frozenset[str]()
            lower.add(id(node.input))
        if not isinstance(below, LabelScan):
            continue
        labels = [below.label, *labels_of(below.variable, predicates)]
        known |= frozenset(columns(below.input))
        access = find_access(below.variable, labels, predicates, known, _Every())
        if access is not None and access.token is not None and not access.is_range:
            found[access.token, access.keys[0]] = None
    return list(found)

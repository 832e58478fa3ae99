"""Rule: a sort of which only the first rows are taken keeps no others.

Limit 10 ← Sort n.age               ⇒   Top 10 BY n.age
Limit $l ← Skip $s ← Sort n.age     ⇒   Top $l AFTER $s BY n.age
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.operators import Limit, Operator, Skip, Sort, Top
from memgraph_py.plan.substitution import rewrite_operators


def limit_sorts(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with Top in place of Sort below Limit."""
    return rewrite_operators(plan, _limited)


def limits_rows(operator: Operator) -> bool:
    """True of a Limit right above what it could be one with, or above a Skip."""
    return isinstance(operator, Limit) and isinstance(operator.input, Sort | Skip)


def _limited(node: Any) -> Any:
    match node:
        case Limit(Sort(below, keys, descending), count):
            return Top(below, keys, descending, count)
        case Limit(Skip(Sort(below, keys, descending), skipped), count):
            return Top(below, keys, descending, count, skipped)
        case _:
            return node

"""Rule: a sort of which only the first rows are taken keeps no others.

Limit 10 ← Sort n.age               ⇒   Top 10 BY n.age
Limit 10 ← Skip 5 ← Sort n.age      ⇒   Skip 5 ← Top 5 + 10 BY n.age
"""

from typing import Any

from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan.expressions import Literal
from memgraph_py.plan.operators import Limit, Operator, Skip, Sort, Top
from memgraph_py.plan.substitution import rewrite_operators


def limit_sorts(plan: Operator, statistics: Statistics) -> Operator:
    """The plan with Top in place of Sort below Limit."""
    return rewrite_operators(plan, _limited)


def _limited(node: Any) -> Any:
    match node:
        case Limit(Sort(below, keys, descending), count):
            return Top(below, keys, descending, count)
        case Limit(Skip(Sort(below, keys, descending), Literal(int() as skipped)), Literal(int() as count)):
            # Only for literals: a parameter that is out of range must be reported as what it is, not as a sum.
            return Skip(Top(below, keys, descending, Literal(skipped + count)), Literal(skipped))
        case _:
            return node

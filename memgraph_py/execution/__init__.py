"""Plan to batches: a runner for every operator, an evaluator for every expression."""

from memgraph_py.execution import (
    aggregation,
    comprehensions,
    creation,
    deletion,
    evaluation,
    expansions,
    files,
    frontiers,
    joins,
    merging,
    relational,
    scans,
    shortest_paths,
    subqueries,
    transactions,
    updates,
    variable_length,
)
from memgraph_py.execution.executor import ExecutionContext, execute

__all__ = [
    "ExecutionContext",
    "aggregation",
    "comprehensions",
    "creation",
    "deletion",
    "evaluation",
    "execute",
    "expansions",
    "files",
    "frontiers",
    "joins",
    "merging",
    "relational",
    "scans",
    "shortest_paths",
    "subqueries",
    "transactions",
    "updates",
    "variable_length",
]

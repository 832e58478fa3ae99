"""From a plan to a cheaper plan with the same rows."""

from memgraph_py.optimizer.cost import largest_rows
from memgraph_py.optimizer.missing_indexes import missing_indexes
from memgraph_py.optimizer.pipeline import optimise
from memgraph_py.optimizer.statistics import Statistics

__all__ = ["Statistics", "largest_rows", "missing_indexes", "optimise"]

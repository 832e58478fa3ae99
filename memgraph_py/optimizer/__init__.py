"""From a plan to a cheaper plan with the same rows."""

from memgraph_py.optimizer.cost import estimate_rows
from memgraph_py.optimizer.missing_indexes import missing_indexes
from memgraph_py.optimizer.pipeline import optimise

__all__ = ["estimate_rows", "missing_indexes", "optimise"]

"""From checked syntax to a plan."""

from memgraph_py.planner.planner import plan_query

__all__ = ["plan_query"]

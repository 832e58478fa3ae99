"""Everything that can be known to be wrong with a query before it runs, and the names of its columns."""

from memgraph_py.cypher.analysis.queries import Analysis, analyse

__all__ = ["Analysis", "analyse"]

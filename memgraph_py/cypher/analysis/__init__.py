"""Everything that can be known to be wrong with a query before it runs, and the names of its columns."""

from memgraph_py.cypher.analysis.queries import Analysis, analyse
from memgraph_py.cypher.analysis.scopes import Met

__all__ = ["Analysis", "Met", "analyse"]

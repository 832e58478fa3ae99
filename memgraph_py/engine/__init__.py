"""What a client can do: prepare and run statements in sessions. Importing this package registers the table commands."""

from memgraph_py.engine import tables

__all__ = ["tables"]

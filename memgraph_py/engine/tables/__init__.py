"""Table commands, by what they tell of; importing this package registers them."""

from memgraph_py.engine.tables import schema, streams

__all__ = ["schema", "streams"]

"""Table commands, by what they tell of; importing this package registers them."""

from memgraph_py.engine.tables import callables, schema, server, streams, transactions

__all__ = ["callables", "schema", "server", "streams", "transactions"]

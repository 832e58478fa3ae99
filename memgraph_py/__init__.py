"""memgraph-py: an in-memory graph database server that speaks Bolt, Cypher and Kafka. See ARCHITECTURE.md."""

__version__ = "0.1.0"

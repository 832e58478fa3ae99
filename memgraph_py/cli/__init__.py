"""The commands of `memgraph-py`."""

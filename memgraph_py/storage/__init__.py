"""The graph in memory, versioned."""

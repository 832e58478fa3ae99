"""Everything callable in an expression, by family; importing this package fills the registry."""

from memgraph_py.functions import (
    aggregates,
    arithmetic,
    collections,
    comparisons,
    conversion,
    graph,
    logic,
    numeric,
    procedures,
    spatial,
    subscripts,
    temporal_clocks,
    temporal_construction,
    temporal_durations,
    temporal_truncation,
    text,
)

__all__ = [
    "aggregates",
    "arithmetic",
    "collections",
    "comparisons",
    "conversion",
    "graph",
    "logic",
    "numeric",
    "procedures",
    "spatial",
    "subscripts",
    "temporal_clocks",
    "temporal_construction",
    "temporal_durations",
    "temporal_truncation",
    "text",
]

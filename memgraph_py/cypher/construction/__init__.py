"""One function per grammar rule: makes the node of the tree.

The parser calls it by the name of the rule, or of its alias after `->`, with the offset where the rule's text begins
and what its parts gave; an optional part that was not written gives None.
"""

from memgraph_py.cypher.construction import (
    cases,
    clauses,
    commands,
    expressions,
    labels,
    options,
    patterns,
    projections,
    schema,
    selectors,
    tables,
    value_types,
)
from memgraph_py.cypher.construction.rejection import Rejected

__all__ = ["FAMILIES", "Rejected"]

FAMILIES = (
    cases,
    clauses,
    commands,
    expressions,
    labels,
    options,
    patterns,
    projections,
    schema,
    selectors,
    tables,
    value_types,
)
"""Where the functions are."""

"""Types that a constraint may demand of a property. Source: Neo4j Cypher manual, "Property type constraints"."""

from collections.abc import Iterable

from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

SCALAR_TYPES = (
    "BOOLEAN",
    "STRING",
    "INTEGER",
    "FLOAT",
    "DATE",
    "LOCAL TIME",
    "ZONED TIME",
    "LOCAL DATETIME",
    "ZONED DATETIME",
    "DURATION",
    "POINT",
)


def property_type(alternatives: Iterable[str]) -> str:
    """The type in its one spelling: each alternative once, in the order of the manual, lists last."""
    given = set(alternatives)
    ordered = [name for scalar in SCALAR_TYPES for name in (scalar,) if name in given]
    ordered += [name for name in map(list_type, SCALAR_TYPES) if name in given]
    return " | ".join(ordered)


def list_type(scalar: str) -> str:
    """The type of lists of it: a list in a property holds no NULL."""
    return f"LIST<{scalar} NOT NULL>"


def types_of(written: str) -> frozenset[str]:
    """The alternatives of a type as ``property_type`` gives it."""
    return frozenset(written.split(" | "))


def is_of(value: Value, types: frozenset[str]) -> bool:
    """True where the value is of one of the types; NULL is of each."""
    if value is None:
        return True
    if not isinstance(value, list):
        return type_name(value) in types
    of_lists = [name for name in types if name.startswith("LIST<")]
    if not value:
        return bool(of_lists)
    inner = {type_name(item) for item in value}
    return len(inner) == 1 and list_type(inner.pop()) in of_lists

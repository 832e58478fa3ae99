"""Types as a query writes them: `INTEGER NOT NULL`, `LIST<STRING | FLOAT>`, and which values are of them.

A type has several spellings and one name. Each holds NULL but where NOT NULL says otherwise.
Source: Neo4j Cypher manual 5, "Property, structural, and constructed values", "Type predicate expressions".
"""

from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.values.naming import type_name
from memgraph_py.values.types import Value

STORABLE = (
    *("BOOLEAN", "STRING", "INTEGER", "FLOAT", "DATE", "LOCAL TIME", "ZONED TIME", "LOCAL DATETIME"),
    *("ZONED DATETIME", "DURATION", "POINT"),
)
"""Types of what a property can be, lists of these apart."""
NAMES = (*STORABLE, "NODE", "RELATIONSHIP", "PATH", "MAP", "ANY", "NULL", "NOTHING", "PROPERTY VALUE")
"""All types but lists."""
_SPELLINGS = {
    **{name: name for name in NAMES},
    "BOOL": "BOOLEAN",
    "VARCHAR": "STRING",
    "INT": "INTEGER",
    "SIGNED INTEGER": "INTEGER",
    "TIME WITHOUT TIME ZONE": "LOCAL TIME",
    "TIME WITHOUT TIMEZONE": "LOCAL TIME",
    "TIMESTAMP WITHOUT TIME ZONE": "LOCAL DATETIME",
    "TIMESTAMP WITHOUT TIMEZONE": "LOCAL DATETIME",
    "TIME WITH TIME ZONE": "ZONED TIME",
    "TIME WITH TIMEZONE": "ZONED TIME",
    "TIMESTAMP WITH TIME ZONE": "ZONED DATETIME",
    "TIMESTAMP WITH TIMEZONE": "ZONED DATETIME",
    "ANY NODE": "NODE",
    "VERTEX": "NODE",
    "ANY VERTEX": "NODE",
    "ANY RELATIONSHIP": "RELATIONSHIP",
    "EDGE": "RELATIONSHIP",
    "ANY EDGE": "RELATIONSHIP",
    "ANY MAP": "MAP",
    "ANY VALUE": "ANY",
    "ANY PROPERTY VALUE": "PROPERTY VALUE",
}


@dataclass(frozen=True, slots=True)
class Alternative:
    """A type by its name, or `LIST` with the type of its elements. ``nullable``: NULL is of it too."""

    name: str
    nullable: bool = True
    element: "ValueType | None" = None


ValueType: TypeAlias = tuple[Alternative, ...]
"""What is of one of these is of the type."""


def named(words: str) -> Alternative | None:
    """The type that is spelt like this, in any case; None where there is none."""
    name = _SPELLINGS.get(words.upper())
    return None if name is None else Alternative(name)


def fits(value: Value, type: ValueType) -> bool:
    """True when the value is of the type."""
    return any(_fits(value, alternative) for alternative in type)


def type_text(type: ValueType) -> str:
    """The type as it is written."""
    return " | ".join(map(_text, type))


def property_type(type: ValueType) -> ValueType | None:
    """The type in the one form that a constraint keeps: in the order of the manual, lists last. None where it is none
    of a property: those are what a property can be and lists of one such type NOT NULL."""
    scalars = [name for name in STORABLE if Alternative(name) in type]
    lists = [name for name in STORABLE if _list_of(name) in type]
    ordered = (*map(Alternative, scalars), *map(_list_of, lists))
    return ordered if len(ordered) == len(type) else None


def read_property_type(text: str) -> ValueType:
    """What ``type_text`` has made of such a type."""
    lists = {f"LIST<{name} NOT NULL>": _list_of(name) for name in STORABLE}
    return tuple(lists.get(part) or Alternative(part) for part in text.split(" | "))


def _list_of(name: str) -> Alternative:
    return Alternative("LIST", element=(Alternative(name, nullable=False),))


def _fits(value: Value, alternative: Alternative) -> bool:
    name = alternative.name
    if value is None:
        return alternative.nullable and name != "NOTHING"
    if alternative.element is not None:
        element = alternative.element
        return isinstance(value, list) and all(fits(item, element) for item in value)
    if name == "PROPERTY VALUE":
        return _is_storable(value)
    return name == "ANY" or type_name(value) == name


def _is_storable(value: Value) -> bool:
    if not isinstance(value, list):
        return type_name(value) in STORABLE
    kinds = {type_name(item) for item in value}
    return len(kinds) <= 1 and kinds.issubset(STORABLE)


def _text(alternative: Alternative) -> str:
    name = alternative.name if alternative.element is None else f"LIST<{type_text(alternative.element)}>"
    return name if alternative.nullable else f"{name} NOT NULL"

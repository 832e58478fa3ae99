"""`@immutable`: the parts of a query, as written (`cypher/ast`) and as planned (`plan`), what is told of it, and the
references that stand for elements in its rows.

A new text makes thousands of them. A frozen dataclass sets each field through ``object.__setattr__``, which makes it
four times as dear as one that is not; so the type checker holds these to be frozen, and no check is made at run time.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(kind: type[T]) -> type[T]:
    """A dataclass with slots, equality and a hash, whose fields are set once, when it is made."""
    return dataclass(slots=True, unsafe_hash=True)(kind)

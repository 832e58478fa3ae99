"""A history: what transactions on lists did and saw, as their clients know it.

Each value is appended once in a whole history, so a list that is read tells which transactions came before.
"""

from dataclasses import dataclass, field
from enum import Enum


class Outcome(Enum):
    """UNKNOWN: the client was not answered, or was not there to be."""

    COMMITTED = "committed"
    ABORTED = "aborted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Append:
    """``value`` at the end of the list ``key``."""

    key: int
    value: int


@dataclass(frozen=True, slots=True)
class Read:
    """The whole list ``key``."""

    key: int
    values: tuple[int, ...]


@dataclass(slots=True)
class Transaction:
    """Its operations in order. begin, end: seconds, before its first and after its last message."""

    id: int
    operations: list[Append | Read] = field(default_factory=list)
    outcome: Outcome = Outcome.UNKNOWN
    begin: float = float("-inf")
    end: float = float("inf")

    def appends(self, key: int | None = None) -> list[Append]:
        """In order; of one list, or of all."""
        return [
            operation for operation in self.operations if isinstance(operation, Append) and key in (None, operation.key)
        ]

    def first_reads(self) -> dict[int, tuple[int, ...]]:
        """What it saw of each list that it read, without its own appends."""
        seen: dict[int, tuple[int, ...]] = {}
        own: set[int] = set()
        for operation in self.operations:
            if isinstance(operation, Append):
                own.add(operation.value)
            elif operation.key not in seen:
                seen[operation.key] = tuple(value for value in operation.values if value not in own)
        return seen

"""The TCK's queries through a real server with the official driver: one server and one session for all scenarios.

A driver is told the code of an error, not the TCK's name of its detail; all else is checked as in process. Between two
scenarios the graph is emptied.
"""

from collections import Counter
from itertools import groupby
from typing import Any

import neo4j
from neo4j.exceptions import Neo4jError
from neo4j.graph import Node, Path, Relationship
from neo4j.time import Date, DateTime, Duration, Time

from memgraph_py import errors
from memgraph_py.errors import CypherError
from memgraph_py.values import temporal, types
from memgraph_py.values.types import Value
from tests.tck.runner import STATEMENT_SECONDS, Failure, State, changes

KINDS: dict[str, frozenset[str]] = {
    code: frozenset(error.tck_type for error in same)
    for code, same in groupby(
        sorted(
            (error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, CypherError)),
            key=lambda error: error.code,
        ),
        lambda error: error.code,
    )
}
"""The TCK's names of what has a code."""
ODD_OFFSETS = ("'+02:05:59'", "'-02:05:07'", "'1818-07-21T21:40:32.142[Europe/Stockholm]'")
"""In queries whose result the driver cannot hold: it keeps the minutes of an offset. The server gives it as text."""
_STATE = """
    MATCH (n) RETURN 'node' AS kind, id(n) AS id, properties(n) AS properties, labels(n) AS labels
    UNION ALL
    MATCH ()-[r]->() RETURN 'relationship' AS kind, id(r) AS id, properties(r) AS properties, [] AS labels
"""
_SECONDS = 10**9
_EPOCH_ORDINAL = 719_163


class OverBolt:
    """A session with a server whose graph is empty."""

    def __init__(self, session: neo4j.Session) -> None:
        self._session = session
        self._before: State = (Counter(), Counter(), Counter(), Counter())
        self._written = False
        """Since the mark."""
        self._is_empty = True

    def query(self, text: str, parameters: dict[str, Value]) -> tuple[tuple[str, ...], list[list[Value]]]:
        """As World."""
        if any(literal in text for literal in ODD_OFFSETS):
            text = f"CALL {{ {text} }} RETURN toString(result) AS result"
        phase = "compile time"
        try:
            result = self._session.run(neo4j.Query(text, timeout=STATEMENT_SECONDS), parameters)
            phase = "runtime"
            columns = tuple(result.keys())
            rows = [[_value(item) for item in record.values()] for record in result]
            summary = result.consume()
        except Neo4jError as error:
            assert error.code is not None
            raise Failure(KINDS.get(error.code, frozenset([error.code])), phase, None, str(error)) from error
        if summary.counters.contains_updates:
            self._written, self._is_empty = True, False
        return columns, rows

    def mark(self) -> None:
        """As World."""
        if not self._is_empty:
            self._before = self._state()
        self._written = False

    def effects(self) -> dict[str, int]:
        """As World; nothing where the server has counted nothing."""
        return changes(self._before, self._state()) if self._written else {}

    def clear(self) -> None:
        """An empty graph again."""
        if not self._is_empty:
            self.query("MATCH (n) DETACH DELETE n", {})
        self._before = (Counter(), Counter(), Counter(), Counter())
        self._written, self._is_empty = False, True

    def _state(self) -> State:
        nodes: Counter = Counter()
        relationships: Counter = Counter()
        properties: Counter = Counter()
        labels: set[str] = set()
        for kind, id, held, carried in self._session.run(_STATE):
            (nodes if kind == "node" else relationships)[id] += 1
            labels.update(carried)
            properties.update((kind, id, key, repr(value)) for key, value in held.items())
        return nodes, relationships, properties, Counter(labels)


def _value(value: Any) -> Value:
    """What the driver gave, as a value of ours."""
    match value:
        case list():
            return [_value(item) for item in value]
        case dict():
            return {key: _value(item) for key, item in value.items()}
        case Node():
            return types.Node(int(value.element_id), tuple(value.labels), _value(dict(value)))  # type: ignore[arg-type]  # a map
        case Relationship():
            start, end = value.nodes
            assert start is not None and end is not None
            ends = int(start.element_id), int(end.element_id)
            return types.Relationship(int(value.element_id), value.type, *ends, _value(dict(value)))  # type: ignore[arg-type]  # a map
        case Path():
            return types.Path(tuple(map(_value, value.nodes)), tuple(map(_value, value.relationships)))  # type: ignore[arg-type]  # elements
        case Date() | Time() | DateTime() | Duration():
            return _temporal(value)
        case _:
            return value


def _temporal(value: Date | Time | DateTime | Duration) -> Value:
    match value:
        case Duration():
            months, days, seconds, nanoseconds = value
            total = seconds * _SECONDS + nanoseconds
            return temporal.Duration(months, days, total // _SECONDS, total % _SECONDS)
        case DateTime():
            days = value.date().to_ordinal() - _EPOCH_ORDINAL
            seconds, nanoseconds = divmod(value.time().ticks, _SECONDS)
            local = days * 86_400 + seconds
            if value.tzinfo is None:
                return temporal.LocalDateTime(local, nanoseconds)
            offset = _offset(value)
            zone = getattr(value.tzinfo, "zone", None)
            zone = None if zone == "UTC" else zone  # what the driver makes of an offset of 0
            return temporal.DateTime(local - offset, nanoseconds, offset, zone)
        case Date():
            return temporal.Date(value.to_ordinal() - _EPOCH_ORDINAL)
        case Time():
            return (
                temporal.LocalTime(value.ticks) if value.tzinfo is None else temporal.Time(value.ticks, _offset(value))
            )


def _offset(value: Time | DateTime) -> int:
    offset = value.utcoffset()
    assert offset is not None
    return round(offset.total_seconds())

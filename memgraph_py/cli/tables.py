"""Values and tables as text.

+-----+----------------------+
| id  | n                    |
+-----+----------------------+
| "1" | (:Person {age: 36})  |
+-----+----------------------+
"""

import json
from collections.abc import Mapping, Sequence

from neo4j import time
from neo4j.graph import Node, Path, Relationship
from rich.cells import cell_len

from memgraph_py.values.durations import make_duration
from memgraph_py.values.temporal import Date, DateTime, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import DAY_SECONDS, SECOND
from memgraph_py.values.temporal_text import text_of

CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {9: "\\t", 10: "\\n", 13: "\\r"}
"""Control characters stay visible and never reach the terminal, as a name or a string may hold any."""

_ORDINAL_OF_1970 = 719_163


def format_value(value: object) -> str:
    """A value that the driver gave, as Cypher writes it: strings quoted, `Null`, `{key:value}`, `(:Label {p: 1})`.

    A temporal value is its ISO text, as toString() gives it.
    """
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Node):
        return _node(value)
    if isinstance(value, Relationship):
        return _relationship(value)
    if isinstance(value, Path):
        return _path(value)
    if isinstance(value, bytes | bytearray):
        return f"0x{value.hex()}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_visible(str(key))}:{format_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, time.Date | time.Time | time.DateTime | time.Duration):
        return _temporal(value)
    if isinstance(value, list | tuple) and type(value) in (list, tuple):  # a point is a tuple too
        return "[" + ", ".join(map(format_value, value)) + "]"
    return _visible(str(value))


def format_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A framed table, a line per row; as wide as its widest value, where East Asian characters count twice."""
    header = [_visible(name) for name in columns]
    return framed(header, [[format_value(value) for value in row] for row in rows])


def framed(header: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A framed table of texts."""
    widths = [max(map(cell_len, column)) for column in zip(header, *cells, strict=True)]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [rule, _line(header, widths), rule]
    lines.extend(_line(row, widths) for row in cells)
    if cells:
        lines.append(rule)
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def _node(node: Node) -> str:
    labels = "".join(f":{_visible(label)}" for label in sorted(node.labels))
    return "(" + " ".join(filter(None, [labels, _properties(node)])) + ")"


def _relationship(relationship: Relationship) -> str:
    return "[" + " ".join(filter(None, [f":{_visible(relationship.type)}", _properties(relationship)])) + "]"


def _path(path: Path) -> str:
    parts = [_node(path.nodes[0])]
    for before, relationship, after in zip(path.nodes, path.relationships, path.nodes[1:], strict=False):
        text = _relationship(relationship)
        start = relationship.start_node
        forward = start is not None and start.element_id == before.element_id
        parts.append(f"-{text}->" if forward else f"<-{text}-")
        parts.append(_node(after))
    return "".join(parts)


def _temporal(value: time.Date | time.Time | time.DateTime | time.Duration) -> str:
    if isinstance(value, time.Duration):
        return text_of(make_duration(value.months, value.days, value.seconds * SECOND + value.nanoseconds))
    if isinstance(value, time.Date):
        return text_of(Date(_days(value)))
    shift = value.utcoffset()
    offset = None if shift is None else int(shift.total_seconds())
    if isinstance(value, time.Time):
        return text_of(LocalTime(value.ticks) if offset is None else Time(value.ticks, offset))
    nanoseconds = value.time().ticks
    seconds = _days(value.date()) * DAY_SECONDS + nanoseconds // SECOND
    if offset is None:
        return text_of(LocalDateTime(seconds, nanoseconds % SECOND))
    zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "zone", None)  # zoneinfo's name, pytz's name
    zone = None if zone == "UTC" else zone  # the driver's name for no offset, too
    return text_of(DateTime(seconds - offset, nanoseconds % SECOND, offset, zone))


def _days(date: time.Date) -> int:
    return date.to_ordinal() - _ORDINAL_OF_1970


def _properties(element: Node | Relationship) -> str:
    if not len(element):
        return ""
    return "{" + ", ".join(f"{_visible(key)}: {format_value(value)}" for key, value in element.items()) + "}"


def _visible(text: str) -> str:
    return text.translate(CONTROL)

"""What a client calls the type of a value, the words of error texts and of valueType(), and a point's system; and names
as they may be written."""

from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.types import (
    Node,
    NodeReference,
    Path,
    PathReference,
    Point,
    Relationship,
    RelationshipReference,
    Value,
)

SHOWN_MAX = 40
COORDINATE_SYSTEMS = {7203: "cartesian", 9157: "cartesian-3d", 4326: "wgs-84", 4979: "wgs-84-3d"}
"""Their names, by srid."""
_NAMES: dict[type, str] = {
    type(None): "NULL",
    bool: "BOOLEAN",
    int: "INTEGER",
    float: "FLOAT",
    str: "STRING",
    bytes: "BYTES",
    list: "LIST",
    dict: "MAP",
    Point: "POINT",
    Date: "DATE",
    LocalTime: "LOCAL TIME",
    Time: "ZONED TIME",
    LocalDateTime: "LOCAL DATETIME",
    DateTime: "ZONED DATETIME",
    Duration: "DURATION",
    Node: "NODE",
    NodeReference: "NODE",
    Relationship: "RELATIONSHIP",
    RelationshipReference: "RELATIONSHIP",
    Path: "PATH",
    PathReference: "PATH",
}


def type_name(value: Value) -> str:
    """`INTEGER`, `STRING`, `LIST` …; `NULL` for NULL."""
    return _NAMES[type(value)]


def shown(text: str) -> str:
    """The text in quotes for a message, cut where it is long."""
    return f"'{text}'" if len(text) <= SHOWN_MAX else f"'{text[:SHOWN_MAX]}…'"


def quoted(name: str) -> str:
    """The name of anything as it may stand in a statement."""
    return f"`{name.replace('`', '``')}`"

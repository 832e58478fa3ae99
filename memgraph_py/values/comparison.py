"""Equality, order and grouping of Cypher values, as openCypher tells them apart.

Three relations that agree where they can. *Equality* (``equals``) and *comparability* (``compare``) are
ternary: NULL makes them unknown, and NaN is neither equal to nor less than any number. *Orderability*
(``order_key``) is total, for ORDER BY, min and max:

    maps < nodes < relationships < lists < paths < points < zoned date-times < local date-times < dates
         < zoned times < local times < durations < bytes < strings < booleans < numbers < NaN < NULL

Values with a zone are compared by their instant, then by their zone, so that values with different zones are never
equal. Durations have no comparability, as a month has no length; in the order they stand by their mean length.

*Equivalence* (``grouping_key``), for DISTINCT and grouping, is equality in which NULL equals NULL and NaN
equals NaN.
Source: openCypher 9, "Comparability, equality, orderability and equivalence".
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from memgraph_py.values.durations import mean_nanoseconds
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import SECOND
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

OrderKey: TypeAlias = tuple[object, ...]
GroupingKey: TypeAlias = object

UNORDERED: Final = 2
"""What ``compare`` gives where a NaN stands: no inequality holds, and none is unknown."""

_NUMBERS: Final = frozenset((int, float))


def equals(left: Value, right: Value) -> bool | None:
    """Whether `left = right`; None where NULL, also deep inside, makes it unknown.

    1 equals 1.0; NaN equals nothing; values of different types are not equal.
    """
    if left is None or right is None:
        return None
    kind, other = type(left), type(right)
    if kind is not other:
        if kind in _NUMBERS and other in _NUMBERS:
            return left == right
        return _element(left) == _element(right) if kind in _ELEMENTS and other in _ELEMENTS else False
    if kind is list:
        return _equal_lists(left, right)  # type: ignore[arg-type]  # kind says so
    if kind is dict:
        return _equal_maps(left, right)  # type: ignore[arg-type]  # kind says so
    if kind in _ELEMENTS:
        return _element(left) == _element(right)
    return left == right


def compare(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as left is less, equal or greater; UNORDERED where a NaN is met; None where unknown.

    Numbers, strings, booleans, points in time and lists of those compare with their like; everything else, and NULL,
    gives None. Lists compare element by element, and a list is greater than what it begins with.
    """
    kind, other = type(left), type(right)
    if kind is other:
        if kind is str or kind is int or kind is bool:
            return (left > right) - (left < right)  # type: ignore[operator]  # both are of one kind
        if kind is float:
            return _compare_numbers(left, right)  # type: ignore[arg-type]  # kind says so
        if kind is list:
            return _compare_lists(left, right)  # type: ignore[arg-type]  # kind says so
        if kind in _TEMPORAL_KEYS and kind is not Duration:
            key_of = _TEMPORAL_KEYS[kind]
            one_key, other_key = key_of(left), key_of(right)
            return (one_key > other_key) - (one_key < other_key)
        return None
    if kind in _NUMBERS and other in _NUMBERS:
        return _compare_numbers(left, right)  # type: ignore[arg-type]  # kind says so
    return None


def less_than(left: Value, right: Value) -> bool | None:
    """Whether `left < right`; None where unknown."""
    sign = compare(left, right)
    return None if sign is None else sign == -1


def less_or_equal(left: Value, right: Value) -> bool | None:
    """Whether `left <= right`; None where unknown."""
    sign = compare(left, right)
    return None if sign is None else sign == -1 or sign == 0


def order_key(value: Value) -> OrderKey:
    """A key whose order is openCypher's order over all values, NULL last; equal keys: equivalent values."""
    if value is None:
        return _NULL_KEY
    kind = type(value)
    if kind is float or kind is int:
        return _NAN_KEY if value != value else (_NUMBER, value)
    if kind is str:
        return (_STRING, value)
    if kind is bool:
        return (_BOOLEAN, value)
    if kind is list:
        return (_LIST, tuple(map(order_key, value)))  # type: ignore[arg-type]  # kind says so
    if isinstance(value, dict):
        keys = sorted(value)
        return (_MAP, len(keys), tuple(keys), tuple(order_key(value[key]) for key in keys))
    if isinstance(value, Point):
        return (_POINT, value.srid, value.coordinates)
    if isinstance(value, bytes):
        return (_BYTES, value)
    if kind in _TEMPORAL_KEYS:
        return _TEMPORAL_KEYS[kind](value)
    return _element(value)


def grouping_key(value: Value) -> GroupingKey:
    """A hashable key, equal for equivalent values: 1 and 1.0, NaN and NaN, NULL and NULL."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if kind is float:
        return _NAN_KEY if value != value else value
    if kind is bool:
        return _TRUE_KEY if value else _FALSE_KEY
    if kind is list:
        return (_LIST, *map(grouping_key, value))  # type: ignore[arg-type]  # kind says so
    if isinstance(value, dict):
        return (_MAP, frozenset((key, grouping_key(item)) for key, item in value.items()))
    if isinstance(value, Point | bytes) or kind in _TEMPORAL_KEYS:
        return value
    return _element(value)


_MAP, _NODE, _RELATIONSHIP, _LIST, _PATH, _POINT = range(6)
_DATE_TIME, _LOCAL_DATE_TIME, _DATE, _TIME, _LOCAL_TIME, _DURATION = range(6, 12)
_BYTES, _STRING, _BOOLEAN, _NUMBER, _NAN, _NULL = range(12, 18)
_NULL_KEY: Final[OrderKey] = (_NULL,)
_NAN_KEY: Final[OrderKey] = (_NAN,)
_TRUE_KEY: Final[OrderKey] = (_BOOLEAN, True)
_FALSE_KEY: Final[OrderKey] = (_BOOLEAN, False)
_ELEMENTS: Final[frozenset[type]] = frozenset(
    (NodeReference, Node, RelationshipReference, Relationship, PathReference, Path)
)

_TEMPORAL_KEYS: Final[dict[type, Callable[[Any], OrderKey]]] = {
    DateTime: lambda value: (_DATE_TIME, value.seconds, value.nanoseconds, value.offset_seconds, value.zone or ""),
    LocalDateTime: lambda value: (_LOCAL_DATE_TIME, value.seconds, value.nanoseconds),
    Date: lambda value: (_DATE, value.days),
    Time: lambda value: (_TIME, value.nanoseconds - value.offset_seconds * SECOND, value.offset_seconds),
    LocalTime: lambda value: (_LOCAL_TIME, value.nanoseconds),
    Duration: lambda value: (_DURATION, mean_nanoseconds(value), value.months, value.days),
}


def _element(value: Value) -> OrderKey:
    """What a node, relationship or path is, by kind and ids; a reference equals what it stands for."""
    if isinstance(value, NodeReference | Node):
        return (_NODE, value.id)
    if isinstance(value, RelationshipReference | Relationship):
        return (_RELATIONSHIP, value.id)
    if isinstance(value, PathReference):
        return (_PATH, value.node_ids, value.relationship_ids)
    assert isinstance(value, Path), f"no Cypher value: {type(value).__name__}"
    return (
        _PATH,
        tuple(node.id for node in value.nodes),
        tuple(relationship.id for relationship in value.relationships),
    )


def _equal_lists(left: list[Value], right: list[Value]) -> bool | None:
    if len(left) != len(right):
        return False
    answer: bool | None = True
    for one, other in zip(left, right, strict=True):
        same = equals(one, other)
        if same is False:
            return False
        if same is None:
            answer = None
    return answer


def _equal_maps(left: dict[str, Value], right: dict[str, Value]) -> bool | None:
    if left.keys() != right.keys():
        return False
    answer: bool | None = True
    for key, one in left.items():
        same = equals(one, right[key])
        if same is False:
            return False
        if same is None:
            answer = None
    return answer


def _compare_numbers(left: float, right: float) -> int:
    if left < right:
        return -1
    if left > right:
        return 1
    return 0 if left == right else UNORDERED


def _compare_lists(left: list[Value], right: list[Value]) -> int | None:
    for one, other in zip(left, right, strict=False):
        sign = compare(one, other)
        if sign is None and equals(one, other) is True:  # the same node: go on
            continue
        if sign != 0:
            return sign
    return (len(left) > len(right)) - (len(left) < len(right))

"""PackStream: values to bytes and back.

A value is a marker byte, for most kinds with a size in it or behind it, and its content; all numbers are big-endian.
Decoding gives Python objects; a structure is known by its tag. A client may send points and temporal values, and no
elements of a graph.

Source: Bolt specification, "PackStream" and "Structure semantics".
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.bolt import temporal
from memgraph_py.bolt.bulk import unpack_list
from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.columnar import Column, Parameters
from memgraph_py.errors import CypherTypeError, InvalidRequest, LimitExceeded
from memgraph_py.values.points import make_point
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.types import Node, Path, Point, Relationship, Value

NODE, RELATIONSHIP, UNBOUND_RELATIONSHIP, PATH = 0x4E, 0x52, 0x72, 0x50
POINT_2D, POINT_3D = 0x58, 0x59
POINT_SYSTEMS = {(POINT_2D, 7203), (POINT_2D, 4326), (POINT_3D, 9157), (POINT_3D, 4979)}
ELEMENT_TAGS = {NODE: "node", RELATIONSHIP: "relationship", UNBOUND_RELATIONSHIP: "relationship", PATH: "path"}
OBJECTS_MIN = 1 << 20
BYTES_PER_OBJECT = 16
"""A small message may hold any number of values. In a large one they are bounded, since an empty list is one byte on
the wire and 64 in memory: one value for 16 bytes of ``message_bytes_max`` keeps the memory within a few times that."""

BULK_BYTES_MIN, BULK_DEPTH = 256, 3
"""Parameters of fewer bytes have no long list. Below the map of parameters there are a list and its maps."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How structures are written. element_ids: elements carry text ids beside the numbers. utc: a date and time with a
    zone counts its seconds in UTC."""

    element_ids: bool = True
    utc: bool = True


CURRENT = Dialect()
"""Since Bolt 5.0."""

_float = struct.Struct(">d")
_unpack_float = _float.unpack_from


class Decoder:
    """Decodes the values of one message, in order."""

    __slots__ = ("_budget", "_data", "_depth_left", "_end", "_position", "_utc")

    def __init__(self, data: bytes, nesting_depth_max: int, objects_max: int = OBJECTS_MIN, utc: bool = True) -> None:
        self._data = data
        self._end = len(data)
        self._position = 0
        self._depth_left = nesting_depth_max
        self._budget = objects_max
        self._utc = utc

    def at_end(self) -> bool:
        """True when every byte is read."""
        return self._position >= self._end

    def structure(self) -> tuple[int, int]:
        """The head of a message: number of fields and tag. Raises ProtocolViolation when there is none."""
        data, position = self._data, self._position
        if self._end - position < 2 or data[position] & 0xF0 != 0xB0:
            raise ProtocolViolation("a message is not a structure")
        self._position = position + 2
        return data[position] & 0x0F, data[position + 1]

    def value(self) -> Value:
        """The next value.

        Raises ProtocolViolation for bytes that are no value, CypherTypeError and InvalidRequest for a structure that is
        no value a client may send, LimitExceeded for nesting and size; after an error nothing more can be read.
        """
        try:
            return self._value()
        except _UNREADABLE as error:
            raise _unreadable(error) from None

    def parameters(self) -> "Value | Parameters":
        """The next value, which is to be a map of parameters: its long lists as columns, where that can be.

        Raises as ``value`` does.
        """
        position = self._position
        if self._end - position < BULK_BYTES_MIN or self._depth_left < BULK_DEPTH:
            return self.value()
        try:
            marker = self._data[position]
            if marker & 0xF0 != 0xA0:
                return self._value()
            self._position = position + 1
            return self._parameters(marker & 0x0F)
        except _UNREADABLE as error:
            raise _unreadable(error) from None

    def _parameters(self, size: int) -> Parameters | dict[str, Value]:
        """As ``_map``."""
        self._enter(2 * size)
        values: dict[str, Value] = {}
        lists: dict[str, Column] = {}
        for _ in range(size):
            key = self._value()
            if not isinstance(key, str):
                raise ProtocolViolation("a key of a map is not a string")
            found = unpack_list(self._data, self._position, self._budget)
            values.pop(key, None)  # of a key that stands twice the last value counts
            lists.pop(key, None)
            if found is None:
                values[key] = self._value()
            else:
                lists[key], self._position, objects = found
                self._budget -= objects
        self._depth_left += 1
        return Parameters(values, lists) if lists else values

    def _value(self) -> Value:
        data, position = self._data, self._position
        marker = data[position]
        self._position = position + 1
        if marker < 0x80:
            return marker
        kind = marker & 0xF0
        if kind == 0x80:
            return self._text(marker & 0x0F)
        if kind == 0xA0:
            return self._map(marker & 0x0F)
        if kind == 0x90:
            return self._list(marker & 0x0F)
        if kind == 0xF0:
            return marker - 0x100
        if kind == 0xB0:
            return self._structure(marker & 0x0F)
        width = _WIDTHS.get(marker)
        if width is not None:
            if position + 1 + width > self._end:
                raise ProtocolViolation("a message ends within a value")
            self._position = position + 1 + width
            if marker == 0xC1:
                return _unpack_float(data, position + 1)[0]  # type: ignore[no-any-return]  # struct gives a float
            if 0xC8 <= marker <= 0xCB:
                return int.from_bytes(data[position + 1 : position + 1 + width], "big", signed=True)
            return _SIZED[marker](self, int.from_bytes(data[position + 1 : position + 1 + width], "big"))
        try:
            return _CONSTANTS[marker]
        except KeyError:
            raise ProtocolViolation(f"marker 0x{marker:02X} is unknown") from None

    def _take(self, size: int) -> bytes:
        start = self._position
        stop = start + size
        if stop > self._end:
            raise ProtocolViolation("a message ends within a value")
        self._position = stop
        return self._data[start:stop]

    def _text(self, size: int) -> str:
        return self._take(size).decode("utf-8")

    def _enter(self, objects: int) -> None:
        if objects > self._end - self._position:  # each takes a byte at least: never believe a size before it is here
            raise ProtocolViolation("a message ends within a value")
        self._depth_left -= 1
        self._budget -= objects
        if self._depth_left < 0:
            raise LimitExceeded("lists and maps are nested too deeply")
        if self._budget < 0:
            raise LimitExceeded("a message holds too many values", hint="send them in several messages")

    def _list(self, size: int) -> list[Value]:
        self._enter(size)
        value = self._value
        items: list[Value] = []
        for _ in range(size):  # no comprehension: it would be a frame more a level
            items.append(value())
        self._depth_left += 1
        return items

    def _map(self, size: int) -> dict[str, Value]:
        if not size:
            return {}
        self._enter(2 * size)
        items: dict[str, Value] = {}
        data, value = self._data, self._value
        for _ in range(size):
            position = self._position
            marker = data[position]
            if marker & 0xF0 == 0x80:
                self._position = stop = position + 1 + (marker & 0x0F)
                key = data[position + 1 : stop].decode("utf-8")  # one that is cut short fails at the next byte
            else:
                long_key = value()
                if not isinstance(long_key, str):
                    raise ProtocolViolation("a key of a map is not a string")
                key = long_key
            items[key] = value()
        self._depth_left += 1
        return items

    def _structure(self, size: int) -> Value:
        tag = self._take(1)[0]
        if tag in ELEMENT_TAGS:
            raise CypherTypeError(f"a parameter cannot be a {ELEMENT_TAGS[tag]}", hint="send its id or its properties")
        self._enter(size)
        fields = [self._value() for _ in range(size)]
        self._depth_left += 1
        if tag in temporal.NAMES:
            return temporal.from_structure(tag, fields, utc=self._utc)
        if tag in (POINT_2D, POINT_3D):
            return _point(tag, fields)
        raise InvalidRequest(f"structure 0x{tag:02X} is unknown")


def _point(tag: int, fields: list[Value]) -> Point:
    coordinates = tuple(item for item in fields[1:] if isinstance(item, float))
    size = 2 if tag == POINT_2D else 3
    if len(fields) != 1 + size or len(coordinates) != size or type(fields[0]) is not int:
        raise InvalidRequest(f"a point of {size} dimensions is an integer and {size} floats")
    if (tag, fields[0]) not in POINT_SYSTEMS:
        raise InvalidRequest(
            f"no system of coordinates with {size} dimensions has the number {fields[0]}",
            hint="use 7203 or 4326 with two dimensions, 9157 or 4979 with three",
        )
    return make_point(fields[0], coordinates)


_UNREADABLE = (IndexError, UnicodeDecodeError, RecursionError)


def _unreadable(error: Exception) -> ProtocolViolation | LimitExceeded:
    """What to tell the client of bytes at which reading came to an end so."""
    if isinstance(error, IndexError):
        return ProtocolViolation("a message ends within a value")
    if isinstance(error, UnicodeDecodeError):
        return ProtocolViolation("a string is not valid UTF-8")
    return LimitExceeded("lists and maps are nested too deeply")


_WIDTHS = {
    0xC1: 8,
    0xC8: 1,
    0xC9: 2,
    0xCA: 4,
    0xCB: 8,
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xD0: 1,
    0xD1: 2,
    0xD2: 4,
    0xD4: 1,
    0xD5: 2,
    0xD6: 4,
    0xD8: 1,
    0xD9: 2,
    0xDA: 4,
}
_SIZED: dict[int, Callable[[Decoder, int], Value]] = {
    **dict.fromkeys((0xCC, 0xCD, 0xCE), Decoder._take),
    **dict.fromkeys((0xD0, 0xD1, 0xD2), Decoder._text),
    **dict.fromkeys((0xD4, 0xD5, 0xD6), Decoder._list),
    **dict.fromkeys((0xD8, 0xD9, 0xDA), Decoder._map),
}
_CONSTANTS: dict[int, bool | None] = {0xC0: None, 0xC2: False, 0xC3: True}

# --- encoding ---------------------------------------------------------------------------------------------------------

Packer: TypeAlias = "Callable[[bytearray, Value, Dialect], None]"


def pack(value: Value, dialect: Dialect = CURRENT) -> bytes:
    """The bytes of a value. Raises as ``pack_into`` does."""
    out = bytearray()
    pack_into(out, value, dialect)
    return bytes(out)


def pack_into(out: bytearray, value: Value, dialect: Dialect = CURRENT) -> None:
    """Append the bytes of a value. Raises CypherTypeError for no value, and for an integer beyond 64 bits."""
    packer = _PACKERS.get(type(value))
    if packer is None:
        raise CypherTypeError(f"a value of type {type(value).__name__} cannot be sent")
    packer(out, value, dialect)


def list_header(size: int) -> bytes:
    """The bytes before the items of a list."""
    return _header(size, 0x90, 0xD4)


def map_header(size: int) -> bytes:
    """The bytes before the entries of a map."""
    return _header(size, 0xA0, 0xD8)


def pack_text(text: str) -> bytes:
    """The bytes of a string."""
    data = text.encode("utf-8", "replace")  # half a surrogate pair, as in a file's name, has none
    return _header(len(data), 0x80, 0xD0) + data


def pack_integer(value: int) -> bytes:
    """The bytes of an integer. Raises CypherTypeError beyond 64 bits."""
    if -16 <= value < 128:
        return _TINY[value & 0xFF]
    if -0x80 <= value < 0x80:
        return b"\xc8" + value.to_bytes(1, "big", signed=True)
    if -0x8000 <= value < 0x8000:
        return b"\xc9" + value.to_bytes(2, "big", signed=True)
    if -0x8000_0000 <= value < 0x8000_0000:
        return b"\xca" + value.to_bytes(4, "big", signed=True)
    try:
        return b"\xcb" + value.to_bytes(8, "big", signed=True)
    except OverflowError:
        raise CypherTypeError("an integer does not fit into 64 bits") from None


def _header(size: int, tiny: int, sized: int) -> bytes:
    if size < 16:
        return _TINY[tiny | size]
    if size < 0x100:
        return bytes((sized, size))
    if size < 0x1_0000:
        return bytes((sized + 1, size >> 8, size & 0xFF))
    return bytes((sized + 2,)) + size.to_bytes(4, "big")


def _pack_none(out: bytearray, value: Value, dialect: Dialect) -> None:
    out.append(0xC0)


def _pack_bool(out: bytearray, value: Value, dialect: Dialect) -> None:
    out.append(0xC3 if value else 0xC2)


def _pack_integer(out: bytearray, value: int, dialect: Dialect) -> None:
    out += pack_integer(value)


def _pack_float(out: bytearray, value: float, dialect: Dialect) -> None:
    out.append(0xC1)
    out += _float.pack(value)


def _pack_text(out: bytearray, value: str, dialect: Dialect) -> None:
    out += pack_text(value)


def _pack_bytes(out: bytearray, value: bytes, dialect: Dialect) -> None:
    size = len(value)
    if size < 0x100:
        out += bytes((0xCC, size))
    elif size < 0x1_0000:
        out += b"\xcd" + size.to_bytes(2, "big")
    else:
        out += b"\xce" + size.to_bytes(4, "big")
    out += value


def _pack_list(out: bytearray, value: list[Value], dialect: Dialect) -> None:
    out += list_header(len(value))
    for item in value:
        pack_into(out, item, dialect)


def _pack_map(out: bytearray, value: dict[str, Value], dialect: Dialect) -> None:
    out += map_header(len(value))
    for key, item in value.items():
        out += pack_text(key)
        pack_into(out, item, dialect)


def _pack_point(out: bytearray, value: Point, dialect: Dialect) -> None:
    size = len(value.coordinates)
    out += bytes((0xB1 + size, POINT_2D if size == 2 else POINT_3D))
    out += pack_integer(value.srid)
    for coordinate in value.coordinates:
        _pack_float(out, coordinate, dialect)


def _pack_temporal(out: bytearray, value: temporal.Temporal, dialect: Dialect) -> None:
    tag, fields = temporal.to_structure(value, utc=dialect.utc)
    out += bytes((0xB0 | len(fields), tag))
    for field in fields:
        out += pack_text(field) if isinstance(field, str) else pack_integer(field)


def _pack_node(out: bytearray, value: Node, dialect: Dialect) -> None:
    out += b"\xb4N" if dialect.element_ids else b"\xb3N"
    out += pack_integer(value.id)
    out += list_header(len(value.labels))
    for label in value.labels:
        out += pack_text(label)
    _pack_map(out, value.properties, dialect)
    if dialect.element_ids:
        out += pack_text(str(value.id))


def _pack_relationship(out: bytearray, value: Relationship, dialect: Dialect) -> None:
    out += b"\xb8R" if dialect.element_ids else b"\xb5R"
    for id in (value.id, value.start_id, value.end_id):
        out += pack_integer(id)
    out += pack_text(value.type)
    _pack_map(out, value.properties, dialect)
    if dialect.element_ids:
        for id in (value.id, value.start_id, value.end_id):
            out += pack_text(str(id))


def _pack_path(out: bytearray, value: Path, dialect: Dialect) -> None:
    """Distinct nodes, distinct relationships, and the walk: per step a relationship (from 1, negative against its
    direction) and the node that it leads to (from 0)."""
    nodes = {node.id: node for node in value.nodes}
    relationships = {relationship.id: relationship for relationship in value.relationships}
    node_places = {id: place for place, id in enumerate(nodes)}
    relationship_places = {id: place for place, id in enumerate(relationships, start=1)}
    walk: list[int] = []
    for relationship, before, after in zip(value.relationships, value.nodes, value.nodes[1:], strict=False):
        place = relationship_places[relationship.id]
        walk.append(place if relationship.start_id == before.id else -place)
        walk.append(node_places[after.id])
    out += b"\xb3P"
    out += list_header(len(nodes))
    for node in nodes.values():
        _pack_node(out, node, dialect)
    out += list_header(len(relationships))
    for relationship in relationships.values():
        out += b"\xb4r" if dialect.element_ids else b"\xb3r"
        out += pack_integer(relationship.id)
        out += pack_text(relationship.type)
        _pack_map(out, relationship.properties, dialect)
        if dialect.element_ids:
            out += pack_text(str(relationship.id))
    out += list_header(len(walk))
    for step in walk:
        out += pack_integer(step)


_TINY = [bytes((value,)) for value in range(256)]
_PACKERS: dict[type, Callable[..., None]] = {
    type(None): _pack_none,
    bool: _pack_bool,
    int: _pack_integer,
    float: _pack_float,
    str: _pack_text,
    bytes: _pack_bytes,
    list: _pack_list,
    tuple: _pack_list,
    dict: _pack_map,
    Point: _pack_point,
    Node: _pack_node,
    Relationship: _pack_relationship,
    Path: _pack_path,
    Date: _pack_temporal,
    LocalTime: _pack_temporal,
    Time: _pack_temporal,
    LocalDateTime: _pack_temporal,
    DateTime: _pack_temporal,
    Duration: _pack_temporal,
}

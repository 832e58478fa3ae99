"""Values to bytes and back: bytes as the specification shows them, and what is refused."""

import math

import pytest

from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.packstream import Decoder, Dialect, pack
from memgraph_py.errors import CypherError, CypherTypeError, InvalidRequest, LimitExceeded
from memgraph_py.values.types import Node, NodeReference, Path, Point, Relationship, Value


def unpack(data: bytes, depth: int = 400) -> Value:
    """The one value in the bytes."""
    decoder = Decoder(data, depth)
    value = decoder.value()
    assert decoder.at_end()
    return value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, "c0"),
        (True, "c3"),
        (False, "c2"),
        (0, "00"),
        (42, "2a"),
        (127, "7f"),
        (128, "c90080"),
        (-16, "f0"),
        (-17, "c8ef"),
        (-128, "c880"),
        (-129, "c9ff7f"),
        (32767, "c97fff"),
        (32768, "ca00008000"),
        (-(1 << 31), "ca80000000"),
        (1 << 31, "cb0000000080000000"),
        ((1 << 63) - 1, "cb7fffffffffffffff"),
        (-(1 << 63), "cb8000000000000000"),
        (1.25, "c13ff4000000000000"),
        ("", "80"),
        ("Größenmaßstäbe", "d0124772c3b6c39f656e6d61c39f7374c3a46265"),
        (b"", "cc00"),
        (b"\x01\x02", "cc020102"),
        ([], "90"),
        ([1, "a", None], "93018161c0"),
        (list(range(16)), "d410000102030405060708090a0b0c0d0e0f"),
        ({}, "a0"),
        ({"a": [True]}, "a1816191c3"),
        (Point(7203, (1.0, 2.0)), "b358c91c23c13ff0000000000000c14000000000000000"),
        (Point(4326, (-0.0, 90.0)), "b358c910e6c18000000000000000c14056800000000000"),
        (Point(9157, (0.0,) * 3), "b459c923c5" + "c10000000000000000" * 3),
        (Point(4979, (0.0,) * 3), "b459c91373" + "c10000000000000000" * 3),
    ],
)
def test_bytes_of_values(value: Value, encoded: str) -> None:
    assert pack(value).hex() == encoded
    assert unpack(bytes.fromhex(encoded)) == value


@pytest.mark.parametrize("size", [0, 15, 16, 255, 256, 65_535, 65_536])
def test_sizes_at_the_edges_of_their_markers(size: int) -> None:
    for value in ("x" * size, bytes(size), [None] * size, {str(i): 1 for i in range(size)}):
        assert unpack(pack(value)) == value


def test_floats_keep_their_bits() -> None:
    assert math.isnan(unpack(pack(math.nan)))  # type: ignore[arg-type]  # a float, or it fails
    assert math.copysign(1, unpack(pack(-0.0))) == -1  # type: ignore[arg-type]  # a float, or it fails
    assert unpack(pack(-math.inf)) == -math.inf


def test_a_node_has_its_element_id_since_version_5() -> None:
    node = Node(7, ("A",), {"p": 1})
    assert pack(node).hex() == "b44e07918141a181700181" + "37"
    assert pack(node, Dialect(element_ids=False)).hex() == "b34e07918141a1817001"


def test_a_relationship_names_its_ends_twice_since_version_5() -> None:
    relationship = Relationship(1, "T", 2, 3, {})
    assert pack(relationship).hex() == "b8520102038154a0" + "8131" + "8132" + "8133"
    assert pack(relationship, Dialect(element_ids=False)).hex() == "b5520102038154a0"


def test_a_path_walks_over_distinct_elements() -> None:
    a, b = Node(10), Node(11)
    there, back = Relationship(5, "T", 10, 11), Relationship(6, "T", 10, 11)
    path = Path((a, b, a), (there, back))
    nodes = "92" + "b34e0a90a0" + "b34e0b90a0"
    relationships = "92" + "b372058154a0" + "b372068154a0"
    assert pack(path, Dialect(element_ids=False)).hex() == "b350" + nodes + relationships + "94" + "0101" + "fe00"


def test_a_text_of_a_lone_surrogate_can_be_sent() -> None:
    assert pack("a\ud800b") == pack("a?b")


@pytest.mark.parametrize("value", [1 << 63, -(1 << 63) - 1, NodeReference(1), {1, 2}])
def test_what_is_no_value_is_refused(value: Value) -> None:
    with pytest.raises(CypherTypeError):
        pack(value)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "c1",
        "c13ff4",
        "c8",
        "c900",
        "cb00",
        "8261",
        "d0",
        "d00561",
        "d2ffffffff61",
        "91",
        "d6ffffffff01",
        "a1",
        "a18161",
        "a2816101",
        "daffffffff",
        "a10101",
        "a1c001",
        "81ff",
        "a181ff01",
        "c4",
        "df",
        "ef",
        "b0",
        "b199",
        "b258",
        "cc05",
    ],
)
def test_bytes_that_are_no_value(encoded: str) -> None:
    with pytest.raises(ProtocolViolation):
        unpack(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    "encoded",
    [
        "b0" + "99",
        "b199" + "01",
        "b2580101",
        "b358c0c0c0",
        "b358c91c23" + "01" + "02",
        "b358c3" + "c1" + "00" * 8 + "c1" + "00" * 8,
        "b35801" + "c1" + "00" * 8 + "c1" + "00" * 8,
        "b358c923c5" + "c1" + "00" * 8 + "c1" + "00" * 8,
        "b459c91c23" + ("c1" + "00" * 8) * 3,
        "b559c923c5" + ("c1" + "00" * 8) * 4,
        "b258c91c23" + "c1" + "00" * 8,
    ],
)
def test_a_structure_that_is_no_value_is_told(encoded: str) -> None:
    with pytest.raises(InvalidRequest):
        unpack(bytes.fromhex(encoded))


@pytest.mark.parametrize("value", [Node(1), Relationship(1, "T", 1, 2), Path((Node(1),), ())])
def test_elements_are_no_parameters(value: Value) -> None:
    with pytest.raises(CypherTypeError, match="cannot be a"):
        unpack(pack(value))


@pytest.mark.parametrize("head", [b"\x91", b"\xa1\x81a"])
def test_nesting_is_bounded(head: bytes) -> None:
    assert unpack(head * 400 + b"\x01") is not None
    with pytest.raises(LimitExceeded):
        unpack(head * 401 + b"\x01")
    with pytest.raises(CypherError):  # whatever the bound, never the interpreter's own
        unpack(head * 100_000 + b"\x01", depth=1_000_000)


def test_the_number_of_values_is_bounded() -> None:
    decoder = Decoder(b"\xd6" + (2_000).to_bytes(4, "big") + b"\x90" * 2_000, 400, objects_max=1_999)
    with pytest.raises(LimitExceeded):
        decoder.value()

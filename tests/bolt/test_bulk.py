"""Long lists of parameters as columns: the same values and the same errors as one value at a time."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.bolt.bulk import ROWS_MIN, unpack_alike
from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.packstream import Decoder, pack
from memgraph_py.columnar import Kind, Parameters
from memgraph_py.errors import CypherError
from memgraph_py.record_column import RecordColumn
from memgraph_py.values.types import Value

SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from((-129, -128, -17, -16, 127, 128, 32_767, 32_768, -32_769, 2**31, -(2**31) - 1, -(2**63))),
    st.floats(),
    st.text(max_size=20),
)
KINDS = (st.booleans(), st.integers(-300, 70_000), st.floats(), st.text(max_size=5), SIMPLE, SIMPLE | st.binary())
KEYS = st.lists(st.text(max_size=20), max_size=4, unique=True)


@st.composite
def rows(draw: st.DrawFn) -> list[Value]:
    """Some simple values, or maps of equal keys; now and then one among them is different."""
    count = draw(st.integers(ROWS_MIN, ROWS_MIN + 3))
    keys = draw(KEYS)
    if not keys:
        elements: list[Value] = [draw(draw(st.sampled_from(KINDS))) for _ in range(count)]
    else:
        kinds = [draw(st.sampled_from(KINDS)) for _ in keys]
        elements = [{key: draw(kind) for key, kind in zip(keys, kinds, strict=True)} for _ in range(count)]
    if draw(st.booleans()):
        elements[draw(st.integers(0, count - 1))] = draw(SIMPLE | st.dictionaries(st.text(max_size=3), SIMPLE))
    return elements


def as_told(data: bytes, objects_max: int = 10_000, *, bulk: bool) -> object:
    """The value with its kinds, or the error."""
    decoder = Decoder(data, 10, objects_max)
    try:
        value = decoder.parameters() if bulk else decoder.value()
    except (CypherError, ProtocolViolation) as error:
        return type(error), str(error)
    if isinstance(value, Parameters | dict):
        return sorted((name, repr(item)) for name, item in value.items()), decoder.at_end()
    return repr(value), decoder.at_end()


@given(rows())
def test_a_list_means_the_same_as_a_column(elements: list[Value]) -> None:
    data = pack({"a": 1, "rows": elements, "text": "x" * 256})
    assert as_told(data, bulk=True) == as_told(data, bulk=False)


@given(rows(), st.data())
def test_what_is_wrong_is_told_the_same(elements: list[Value], data: st.DataObject) -> None:
    packed = bytearray(pack({"rows": elements, "text": "x" * 256}))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(packed[: data.draw(st.integers(0, len(packed)))])
    objects_max = data.draw(st.sampled_from((10, 100, 10_000)))
    for message in (bytes(packed), cut):
        assert as_told(message, objects_max, bulk=True) == as_told(message, objects_max, bulk=False)


@pytest.mark.parametrize(
    ("value", "kind"), [(7, Kind.INT), (0.5, Kind.FLOAT), ("ö€😀", Kind.STRING), (True, Kind.BOOL)]
)
def test_maps_become_columns_of_their_entries(value: Value, kind: Kind) -> None:
    elements: list[Value] = [{"id": number, "value": value if number % 3 else None} for number in range(100)]
    found = Decoder(pack({"rows": elements}), 10).parameters()
    assert isinstance(found, Parameters)
    column = found.lists["rows"]
    assert isinstance(column, RecordColumn)
    assert isinstance(column.fields, dict)
    assert column.fields["value"].kind is kind
    assert column.fields["value"].to_values() == [row["value"] for row in elements]  # type: ignore[index,call-overload]
    assert column.slice(90, 200).to_values() == elements[90:]
    assert column.take(column.fields["id"].values[::-1]).to_values() == elements[::-1]
    assert found["rows"] == elements
    assert len(found) == 1
    assert [*found.with_values({"b": 2})] == ["rows", "b"]


def test_a_float_keeps_its_bits() -> None:
    bits = [0x7FF8_0000_0000_0001, 0x8000_0000_0000_0000, 0xFFF0_0000_0000_0000] * ROWS_MIN
    numbers: list[Value] = [struct.unpack(">d", word.to_bytes(8, "big"))[0] for word in bits]
    found = Decoder(pack({"numbers": numbers}), 10).parameters()
    assert isinstance(found, Parameters)
    assert found.lists["numbers"].values.view("uint64").tolist() == bits
    assert math.isnan(found["numbers"][0])  # type: ignore[index,call-overload,arg-type]


@given(st.lists(st.tuples(SIMPLE, SIMPLE), min_size=2, max_size=5))
def test_maps_between_the_same_bytes_are_read_together(values: list[tuple[Value, Value]]) -> None:
    maps: list[Value] = [{"a": first, "b": second} for first, second in values]
    messages = [b"head" + pack(one) + b"\xa0" for one in maps]
    columns = unpack_alike(messages, b"head", b"\xa0")
    assert columns is not None
    assert repr(RecordColumn(columns, len(maps)).to_values()) == repr(maps)
    assert unpack_alike(messages, b"heat", b"\xa0") is None
    assert unpack_alike(messages, b"head", b"\xa1") is None
    assert unpack_alike([*messages, messages[0] + b"\x00"], b"head", b"\xa0") is None
    assert unpack_alike([*messages, messages[0][:-1]], b"head", b"\xa0") is None
    assert unpack_alike([*messages, b"head" + pack({"b": 1, "a": 2}) + b"\xa0"], b"head", b"\xa0") is None

"""Records from columns are the bytes that their values give one by one."""

import numpy as np
import pytest

from memgraph_py.bolt.framing import Dechunker, frame
from memgraph_py.bolt.packstream import CURRENT, Dialect, list_header, pack, pack_text
from memgraph_py.bolt.records import (
    PIECE_BYTES,
    SMALL_ROWS,
    FieldColumn,
    NodeColumn,
    PackedNames,
    RelationshipColumn,
    encode_records,
)
from memgraph_py.columnar import STRING_LENGTH_BITS, STRING_LENGTH_MASK, Column, Kind
from memgraph_py.kernels import packing
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.types import Node, Relationship, Value

LABELS = [(), ("A",), ("Größe", "B" * 300)]
INTEGERS = [0, -16, -17, 127, 128, -128, -129, 32767, 32768, -32768, -32769, (1 << 31) - 1, 1 << 31, -(1 << 31)]
INTEGERS += [-(1 << 31) - 1, (1 << 63) - 1, -(1 << 63), 9, 10, 99, 100]
TEXTS = ["", "a", "x" * 15, "x" * 16, "é" * 127, "é" * 128, "y" * 65_535, "y" * 65_536]


def label_names() -> PackedNames:
    """Packed lists of LABELS."""
    return PackedNames(lambda id: pack(list(LABELS[id])), lambda: len(LABELS))


def one_by_one(rows: list[list[Value]], dialect: Dialect) -> bytes:
    """The records by packstream alone."""
    return b"".join(
        frame(b"\xb1\x71" + list_header(len(row)) + b"".join(pack(value, dialect) for value in row)) for row in rows
    )


def encoded(fields: list[FieldColumn], rows: int, dialect: Dialect = CURRENT) -> bytes:
    """The records by the encoder."""
    return b"".join(encode_records(fields, rows, dialect))


def cycle(values: list[Value], rows: int) -> list[Value]:
    """The values over and over."""
    return [values[row % len(values)] for row in range(rows)]


@pytest.mark.parametrize("rows", [1, SMALL_ROWS, SMALL_ROWS + 1, 40, 700])
@pytest.mark.parametrize(
    "values",
    [
        [True, False],
        [True, None],
        INTEGERS,
        [*INTEGERS, None],
        [1.5, -0.0, float("inf")],
        [None, 2.5],
        TEXTS[:6],
        ["b", None],
        [None],
        [[1, "a"], {"k": None}, 1, "x", 2.0, None],
    ],
)
def test_columns_of_values(values: list[Value], rows: int) -> None:
    column = Column.from_values(cycle(values, rows))
    expected = one_by_one([[value] for value in column.to_values()], CURRENT)
    assert encoded([column], rows) == expected


@pytest.mark.parametrize("dialect", [CURRENT, Dialect(element_ids=False, utc=False)])
@pytest.mark.parametrize("rows", [1, 7, 700])
def test_columns_of_temporal_values(rows: int, dialect: Dialect) -> None:
    values: list[Value] = [
        Date(-1),
        LocalTime(5),
        Time(5, -3600),
        LocalDateTime(1_720_000_000, 1),
        DateTime(1_720_000_000, 1, 3600),
        DateTime(1_720_000_000, 1, 7200, "Europe/Berlin"),
        Duration(1, 2, -3, 4),
        None,
        [Date(1)],
    ]
    column = Column.from_values(cycle(values, rows))
    assert encoded([column], rows, dialect) == one_by_one([[value] for value in column.to_values()], dialect)


def test_long_texts_take_several_chunks() -> None:
    column = Column.from_values(TEXTS)
    data = encoded([column], len(TEXTS))
    assert data == one_by_one([[text] for text in TEXTS], CURRENT)
    assert len(Dechunker(1 << 20).feed(data)[0]) == len(TEXTS)


def test_a_list_beyond_a_handle_is_sent_all_the_same() -> None:
    long: Value = ["z" * 8_000_000] * 3
    column = Column.from_values([long, *([[1]] * SMALL_ROWS)])
    assert encoded([column], len(column)) == one_by_one([[value] for value in column.to_values()], CURRENT)


def test_no_column_gives_empty_records() -> None:
    assert encoded([], 10) == one_by_one([[]] * 10, CURRENT)
    assert encoded([Column.from_values([])], 0) == b""


def test_pieces_are_bounded_and_whole() -> None:
    column = Column.from_values(["m" * 50_000] * 100)
    pieces = list(encode_records([column], 100, CURRENT))
    assert len(pieces) > 3
    assert all(len(piece) <= PIECE_BYTES for piece in pieces)
    assert sum(len(Dechunker(1 << 20).feed(piece)[0]) for piece in pieces) == 100


@pytest.mark.parametrize("rows", [3, 50])
@pytest.mark.parametrize("dialect", [CURRENT, Dialect(element_ids=False)])
@pytest.mark.parametrize("with_null", [True, False])
def test_nodes_and_relationships(rows: int, dialect: Dialect, with_null: bool) -> None:
    random = np.random.default_rng(1)
    ids = random.integers(0, 1 << 40, rows)
    valid = random.random(rows) < 0.5 if with_null else None
    sets = random.integers(0, len(LABELS), rows)
    properties: dict[str, list[Value]] = {
        "name": cycle([*TEXTS[:6], None], rows),
        "age": cycle([*INTEGERS, None], rows),
        "mixed": cycle([1, "a", None, [True]], rows),
    }
    columns = [(pack_text(key), Column.from_values(values)) for key, values in properties.items()]
    nodes = NodeColumn(ids, valid, sets, label_names(), columns)
    types = PackedNames(lambda id: pack_text(f"T{id}"), lambda: 3)
    relationships = RelationshipColumn(ids, valid, ids + 1, ids + 2, sets, types, columns)
    expected: list[list[Value]] = []
    for row in range(rows):
        if valid is not None and not valid[row]:
            expected.append([None, None, row])
            continue
        given = {key: values[row] for key, values in properties.items() if values[row] is not None}
        id = int(ids[row])
        node = Node(id, LABELS[sets[row]], given)
        expected.append([node, Relationship(id, f"T{sets[row]}", id + 1, id + 2, given), row])
    numbers = Column(Kind.INT, np.arange(rows))
    assert encoded([nodes, relationships, numbers], rows, dialect) == one_by_one(expected, dialect)


def test_names_that_come_later_are_found() -> None:
    names = ["a"]
    packed = PackedNames(lambda id: pack_text(names[id]), lambda: len(names))
    packed.handles(np.array([0]))
    names.append("b")
    handles, heap = packed.handles(np.array([1, 0]))
    texts = [heap[handle >> 24 :][: handle & packing.LENGTH_MASK].tobytes() for handle in handles.tolist()]
    assert texts == [pack_text("b"), pack_text("a")]


def test_handles_are_those_of_columns() -> None:
    assert (packing.LENGTH_BITS, packing.LENGTH_MASK) == (STRING_LENGTH_BITS, STRING_LENGTH_MASK)

"""LOAD CSV: its fields beside those that Python's own reader finds, and what rows become."""

import csv
import io
from collections.abc import Callable, Iterator
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from memgraph_py.columnar import Column
from memgraph_py.engine.database import Database
from memgraph_py.errors import ExternalResourceFailed
from memgraph_py.functions.registry import Installation
from memgraph_py.record_column import RecordColumn
from memgraph_py.storage.store import GraphStore

TEXTS = st.text(alphabet=st.sampled_from('ab",\\\n\r;é'), max_size=40)


def ours(pieces: list[str], terminator: str) -> list[list[str | None]] | None:
    """None where it is no CSV."""

    def read(uri: str, check: Callable[[], None]) -> Iterator[str]:
        yield from pieces

    database = Database(GraphStore())
    database.core.installation = Installation(read_file=read)
    text = f"LOAD CSV FROM 'file:///x' AS row FIELDTERMINATOR '{terminator}' RETURN row"
    try:
        rows = database.session().run(text).values()
    except ExternalResourceFailed as error:
        assert "is no CSV" in error.message
        return None
    return [row[0] for row in rows]


def theirs(text: str, terminator: str) -> list[list[str | None]] | None:
    lines = (line.replace('\\"', '""') for line in io.StringIO(text, newline="\n"))
    try:
        rows = list(csv.reader(lines, delimiter=terminator, strict=True))
    except csv.Error:
        return None
    return [[field or None for field in row] for row in rows if row]


@given(TEXTS, st.sampled_from(",;é"), st.lists(st.integers(0, 40), max_size=5))
@example('a,"b""c\\"d\n",\n\n"",x', ",", [3, 7])
@example("a\r\nb\r", ",", [2])
@example('a\\"b,"c"d', ",", [])
def test_records_are_those_of_the_standard_reader(text: str, terminator: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:stop] for start, stop in pairwise(places)]
    assert ours(pieces, terminator) == theirs(text, terminator)


def test_a_record_goes_over_many_pieces() -> None:
    long = "x" * 5_000
    text = f'1,"{long}\n{long}"\n2,y'
    pieces = [text[start : start + 100] for start in range(0, len(text), 100)]
    assert ours(pieces, ",") == [["1", f"{long}\n{long}"], ["2", "y"]]


def test_lists_and_maps_are_made_when_asked_for() -> None:
    def read(uri: str, check: Callable[[], None]) -> Iterator[str]:
        yield "name,age,name\nAda,36\nGrace,,x,more\n"

    database = Database(GraphStore())
    database.core.installation = Installation(read_file=read)
    session = database.session()
    maps = "LOAD CSV WITH HEADERS FROM 'file:///x' AS row RETURN row, row.age, row['name'], row.none, keys(row)"
    assert session.run(maps).values() == [
        [{"name": None, "age": "36"}, "36", None, None, ["name", "age"]],
        [{"name": "x", "age": None}, None, "x", None, ["name", "age"]],
    ]
    lists = "LOAD CSV FROM 'file:///x' AS row WITH row SKIP 1 RETURN row, row[0], row[-1], row[3], row[9], size(row)"
    assert session.run(lists).values() == [
        [["Ada", "36"], "Ada", "36", None, None, 2],
        [["Grace", None, "x", "more"], "Grace", "more", "more", None, 4],
    ]
    collected = "LOAD CSV WITH HEADERS FROM 'file:///x' AS row RETURN collect(row.age), collect(DISTINCT row)"
    assert session.run(collected).values() == [[["36"], [{"name": None, "age": "36"}, {"name": "x", "age": None}]]]


def test_columns_of_records_join_by_field() -> None:
    parts = [RecordColumn({"a": Column.from_values(values)}, len(values)) for values in (["x"], ["y", "z"], [None])]
    joined = Column.concatenate(parts)
    assert isinstance(joined, RecordColumn)
    assert joined.to_values() == [{"a": "x"}, {"a": "y"}, {"a": "z"}, {"a": None}]
    other = RecordColumn({"b": Column.from_values([1])}, 1)
    assert Column.concatenate([parts[0], other]).to_values() == [{"a": "x"}, {"b": 1}]

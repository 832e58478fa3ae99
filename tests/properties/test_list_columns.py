"""Lists that stand in columns are what they are as Python lists: to functions, to queries, and to a client."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py import list_column
from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.messages import RECORD
from memgraph_py.bolt.packstream import Dialect, list_header, pack_into
from memgraph_py.bolt.records import ListField, encode_records
from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Column
from memgraph_py.engine.database import Database
from memgraph_py.errors import CypherError
from memgraph_py.list_column import ListColumn
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Value
from tests.grammar.worlds import World, cases

EXPRESSIONS = (
    "size(l), isEmpty(l), head(l), last(l), tail(l), reverse(l)",
    "l[i], l[-i], l[i..], l[..i], l[i..3], l[null], l[-2..-1], l[null..2]",
    "l + m, m + l, l + i, i + l, [i] + l, l + null, l + [], l + l",
    "l = m, l = l, l <> m, l IN [l], [l] = [m], l < m",
    "i IN l, null IN l, 'a' IN l, i IN [1, 2] + l",
    "[x IN l | x], [x IN l WHERE x = i | [x, i]], reduce(s = 0, x IN l | s + 1), reverse(reverse(l)) = l",
    "all(x IN l WHERE x = i), any(x IN l WHERE x IS NULL), single(x IN tail(l) WHERE x = 1)",
    "range(i, i + 3), range(3, i), range(i, 9, 2), range(1, 3)[i], range(9, i, -3) + l, size(range(null, 1))",
    "CASE WHEN i > 1 THEN l ELSE m END, coalesce(l, m), coalesce(null, tail(l)), toString(size(l))",
    "l.x",
    "l['a']",
    "tail(i)",
)
AGGREGATES = (
    "UNWIND $rows AS r RETURN collect(r.i), collect(DISTINCT r.l), count(DISTINCT r.l), min(r.l), max(r.l)",
    "UNWIND $rows AS r WITH r.i AS i, collect(r.l) AS ls RETURN i, ls, size(ls), ls[0] ORDER BY i",
    "UNWIND $rows AS r WITH r.i AS i, collect(r.i) + r.l AS l UNWIND l AS x RETURN i, x ORDER BY i",
    "UNWIND $rows AS r WITH [x IN r.l | x] AS l ORDER BY l RETURN DISTINCT l",
    "UNWIND $rows AS r WITH r, collect(r.m) AS l OPTIONAL MATCH (n) WHERE n.x IN l RETURN l, n",
)
items = st.sampled_from([1, 2, 3, -1, 1.0, 2.5, "a", "bc", True, None])
lists = st.one_of(
    st.lists(st.integers(-3, 3), max_size=5), st.lists(st.sampled_from(["a", "bc", ""]), max_size=4), st.lists(items)
)
rows = st.lists(
    st.fixed_dictionaries({"l": st.one_of(st.none(), lists), "m": lists, "i": st.sampled_from([0, 1, 2, -4])}),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Without a node."""
    made = Database(GraphStore())
    yield made
    made.store.close()


def answers(database: Database, elements_min: int, given: list[dict[str, Value]]) -> list[object]:
    """What the expressions and aggregates come to, where so many elements make a ListColumn."""
    found: list[object] = []
    before, list_column.ELEMENTS_MIN = list_column.ELEMENTS_MIN, elements_min
    copied = "UNWIND $rows AS r WITH [x IN r.l | x] AS l, [x IN r.m | x] AS m, r.i AS i RETURN "
    texts = [copied + column for columns in EXPRESSIONS for column in _apart(columns)]
    try:
        for text in (*texts, *AGGREGATES):
            session = database.session()
            try:
                found.append(repr(session.run(text, {"rows": given}).values()))
            except CypherError as error:
                found.append((error.code, error.message))
            session.close()
    finally:
        list_column.ELEMENTS_MIN = before
    return found


def _apart(columns: str) -> list[str]:
    """Each by itself, so that one that errs leaves the others."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(columns):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(columns[start:at])
            start = at + 1
    return [*parts, columns[start:]]


@given(rows)
def test_functions_do_the_same(database: Database, given: list[dict[str, Value]]) -> None:
    assert answers(database, 0, given) == answers(database, 1 << 60, given)


def test_queries_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for made in cases(7_000_000, 20):
        world = World(made.graph)
        expected = [world.answer(query) for query in made.queries]
        with monkeypatch.context() as patched:
            patched.setattr(list_column, "ELEMENTS_MIN", 0)
            assert [world.answer(query) for query in made.queries] == expected, made.graph
        world.close()


kinds = st.sampled_from([st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=20), st.booleans()])


@given(kinds.flatmap(lambda kind: st.lists(st.one_of(st.none(), st.lists(st.one_of(st.none(), kind))), max_size=12)))
def test_a_client_is_sent_the_same(values: list[list[Value] | None]) -> None:
    elements = Column.from_values([item for value in values for item in value or ()])
    lengths = np.array([len(value or ()) for value in values], dtype=np.int64)
    valid = np.array([value is not None for value in values], dtype=np.bool_)
    field = ListField(elements, np.cumsum(lengths) - lengths, lengths, None if valid.all() else valid)
    dialect = Dialect(element_ids=True, utc=True)
    expected = b""
    for value in values:
        record = bytearray((0xB1, RECORD)) + list_header(1)
        pack_into(record, value, dialect)
        expected += frame(record)
    assert b"".join(encode_records([field], len(values), dialect)) == expected


def test_elements_in_pieces() -> None:
    numbers = Column.from_values(list(range(100)))
    lists = ListColumn(numbers, np.array([90, 0, 5, 5]), np.array([10, 0, 3, 3]), np.array([True, False, True, True]))
    assert lists.to_values() == [list(range(90, 100)), None, [5, 6, 7], [5, 6, 7]]
    pieces = list(lists.pieces(4, Bounds()))
    assert [len(part) for _, part in pieces] == [4, 4, 4, 4]
    assert [row for rows, _ in pieces for row in rows.tolist()] == [0] * 10 + [2] * 3 + [3] * 3
    assert [value for _, part in pieces for value in part.to_values()] == [*range(90, 100), 5, 6, 7, 5, 6, 7]
    assert len(lists.take(np.array([2])).without_waste().elements) == 3

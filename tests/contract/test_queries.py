"""What a script may return, and what its queries may do."""

import math

import pytest

from tests.contract.room import Room
from tests.streams.conftest import wait_until

ALLOWED = """
def stream(batch):
    values = [None, True, False, 0, -1, 2**63 - 1, -2**63, 1.5, float('inf'), float('-inf'), '', 'ünï😀',
              [], {}, [1, [2.5, {'a': [None]}]], {'': {'b': [True]}}]
    return [('RETURN $v', {'v': value}) for value in values]
"""


@pytest.fixture(scope="module")
def topic(room: Room) -> str:
    """One with one message."""
    return room.topic(b"1")


def stream(room: Room, topic: str, answer: str) -> str:
    """A stream whose script returns this."""
    return room.create(topic, room.script(f"import datetime, decimal\ndef stream(batch):\n    return {answer}"))


def test_values_that_are_allowed(room: Room, topic: str) -> None:
    rows = room.rows(f"TEST STREAM {room.create(topic, room.script(ALLOWED))}")
    values = [params["v"] for _, params in rows]
    assert values == [
        None,
        True,
        False,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        1.5,
        math.inf,
        -math.inf,
        "",
        "ünï😀",
        [],
        {},
        [1, [2.5, {"a": [None]}]],
        {"": {"b": [True]}},
    ]
    assert [type(value) for value in values[1:5]] == [bool, bool, int, int], "a bool is no int"


def test_nan_and_the_infinities_are_floats(room: Room, topic: str) -> None:
    name = stream(room, topic, "[('CREATE (:Odd {n: $n, i: $i})', {'n': float('nan'), 'i': float('inf')})]")
    room.rows(f"START STREAM {name}")
    wait_until(lambda: room.rows("MATCH (o:Odd) RETURN count(o)") == [[1]])
    ((nan, infinite),) = room.rows("MATCH (o:Odd) RETURN o.n, o.i")
    assert math.isnan(nan) and infinite == math.inf


def test_a_query_is_a_tuple_or_a_list_of_two(room: Room, topic: str) -> None:
    name = stream(room, topic, "[('RETURN 1', {}), ['RETURN 2', {'a': 1}]]")
    assert room.rows(f"TEST STREAM {name}") == [["RETURN 1", {}], ["RETURN 2", {"a": 1}]]


def test_a_batch_may_give_any_number_of_queries(room: Room) -> None:
    topic = room.topic(b"0", b"3", b"1")
    name = room.create(topic, room.script("def stream(batch): return [('RETURN 1', {})] * sum(map(int, batch))"))
    assert len(room.rows(f"TEST STREAM {name}")) == 4


def test_a_batch_without_queries_moves_the_position(room: Room) -> None:
    name = room.create(room.topic(b"1", b"2"), room.script("def stream(batch): return []"), "BATCH_SIZE 1")
    room.rows(f"START STREAM {name} LIMIT 2 BATCHES")
    room.wait_for_status(name, "stopped")
    assert room.facts(name)["partition 0 next offset"] == 2


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("b'x'", "bytes"),
        ("{1}", "set"),
        ("(1, 2)", "tuple"),
        ("decimal.Decimal(1)", "Decimal"),
        ("datetime.datetime(2020, 1, 1)", "datetime"),
        ("datetime.date(2020, 1, 1)", "date"),
        ("2**63", "64 bits"),
        ("-2**63 - 1", "64 bits"),
        ("1j", "complex"),
        ("object()", "object"),
        ("{1: 2}", "the key 1 must be a str"),
        ("{None: 2}", "the key None must be a str"),
    ],
)
def test_anything_else_is_the_runtime_error_with_its_path(room: Room, topic: str, value: str, why: str) -> None:
    name = stream(room, topic, f"[('RETURN $ids', {{'ids': [1]}})] * 3 + [('RETURN $ids', {{'ids': [{value}]}})]")
    text, _, detail = room.refusal(f"TEST STREAM {name}").partition("\n")
    assert text == "The transform script contains a runtime error!"
    assert detail.startswith("[3].params.ids[0]: ") and why in detail, detail


@pytest.mark.parametrize(
    ("value", "path"),
    [("b''", "ids"), ("[0, b'']", "ids[1]"), ("{'a': b''}", "ids.a"), ("[{'a': [[0, b'']]}]", "ids[0].a[0][1]")],
)
def test_at_any_depth(room: Room, topic: str, value: str, path: str) -> None:
    name = stream(room, topic, f"[('RETURN $ids', {{'ids': {value}}})]")
    assert f"\n[0].params.{path}: a value of type bytes" in room.refusal(f"TEST STREAM {name}")


def test_the_same_is_the_reason_of_a_running_stream(room: Room, topic: str) -> None:
    name = stream(room, topic, "[('RETURN $a', {'a': [b'x']})]")
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    assert reason.startswith("The transform script contains a runtime error!\n[0].params.a[0]: a value of type bytes")


def test_queries_may_read_and_write_the_graph(room: Room) -> None:
    """Each one sees what the ones before it did, those of its own batch included."""
    queries = [
        ("MERGE (c:Counter) ON CREATE SET c.n = 1 ON MATCH SET c.n = c.n + 1", {}),
        ("MATCH (c:Counter) WITH c.n AS n UNWIND range(1, n) AS i CREATE (:Made {n: n})", {}),
        ("MATCH (m:Made) WHERE m.n > $n DETACH DELETE m", {"n": 2}),
    ]
    name = room.create(
        room.topic(b"1", b"2", b"3"), room.script(f"def stream(batch): return {queries!r}"), "BATCH_SIZE 1"
    )
    room.rows(f"START STREAM {name} LIMIT 3 BATCHES")
    room.wait_for_status(name, "stopped")
    assert room.rows("MATCH (c:Counter) RETURN c.n") == [[3]]
    assert room.rows("MATCH (m:Made) RETURN m.n ORDER BY m.n") == [[1], [2], [2]]


@pytest.mark.parametrize(
    "query",
    [
        "CREATE INDEX ON :Node(id)",
        "DROP INDEX ON :Node(id)",
        "SHOW INDEXES",
        "CREATE STREAM s AS LOAD DATA KAFKA 'h:1' WITH TOPIC 't' WITH TRANSFORM 'http://h/t.py'",
        "DROP STREAM s",
        "SHOW STREAMS",
        "SHOW STREAM s",
        "STOP ALL STREAMS",
        "START STREAM s",
        "TEST STREAM s",
    ],
)
def test_schema_stream_and_administration_commands_fail_the_batch(room: Room, topic: str, query: str) -> None:
    name = stream(room, topic, f"[('CREATE (:Trace)', {{}}), ({query!r}, {{}})]")
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    assert "schema, stream and administration commands are not allowed in a stream's queries" in reason
    assert query in reason
    assert room.rows("MATCH (t:Trace) RETURN count(t)") == [[0]]
    room.rows(f"DROP STREAM {name}")


def test_a_query_that_is_to_be_explained_is_not_run(room: Room, topic: str) -> None:
    name = stream(room, topic, "[('EXPLAIN CREATE (:Trace)', {})]")
    room.rows(f"START STREAM {name}")
    assert "EXPLAIN is not allowed in a stream's queries" in room.error_reason(name)
    assert room.rows("MATCH (t:Trace) RETURN count(t)") == [[0]]


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("LOAD CSV FROM 'http://localhost/x.csv' AS row CREATE (:Trace)", "LOAD CSV"),
        ("LOAD CSV WITH HEADERS FROM 'file:///etc/passwd' AS row CREATE (:Trace {v: row.a})", "LOAD CSV"),
        ("CALL { CREATE (:Trace) } IN TRANSACTIONS", "IN TRANSACTIONS"),
        ("UNWIND [1] AS i CALL { WITH i CREATE (:Trace) } IN TRANSACTIONS OF 10 ROWS", "IN TRANSACTIONS"),
    ],
)
def test_load_csv_and_call_in_transactions_fail_the_batch(room: Room, topic: str, query: str, refused: str) -> None:
    name = stream(room, topic, f"[('CREATE (:Trace)', {{}}), ({query!r}, {{}})]")
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    assert query in reason and f"{refused} is not allowed in a stream's queries" in reason
    assert room.rows("MATCH (t:Trace) RETURN count(t)") == [[0]]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("RETURN 1 +", "ends too early"),
        ("RETURN unknown", "unknown"),
        ("RETURN $missing", "missing"),
        ("RETURN 1 / 0", "by zero"),
        ("", "the query is empty"),
    ],
)
def test_a_query_that_fails_is_named_with_its_reason(room: Room, topic: str, query: str, why: str) -> None:
    name = stream(room, topic, f"[({query!r}, {{}})]")
    room.rows(f"START STREAM {name}")
    reason = room.error_reason(name)
    assert why in reason and query in reason and "partition 0, offset 0" in reason

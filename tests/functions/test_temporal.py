"""Temporal functions: the three clocks, what is computed once, and that any arguments give a value or a CypherError."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.columnar import Column
from memgraph_py.config import Limits
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.errors import CypherError
from memgraph_py.functions.registry import FUNCTIONS, Environment
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.temporal import Date, DateTime, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_components import component
from memgraph_py.values.types import Value
from tests.properties.temporal import ZONES, temporals

NAMES = ("date", "localtime", "time", "localdatetime", "datetime")
TYPES = dict(zip(NAMES, (Date, LocalTime, Time, LocalDateTime, DateTime), strict=True))


class TickingClock:
    """A second later each time it is read; begins at 1970-01-01T00:00:01Z."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now_seconds(self) -> float:
        self.seconds += 1
        return self.seconds


@pytest.fixture
def session() -> Iterator[Session]:
    database = Database(GraphStore(), Limits(batch_rows_min=2, batch_rows_max=2))
    database.core.clock = TickingClock()  # type: ignore[assignment]  # a clock as well
    session = database.session()
    yield session
    session.close()
    database.store.close()


def rows(session: Session, text: str) -> list[list[Value]]:
    return session.run(text, {}).values()


def test_the_clock_of_a_statement_stands_still(session: Session) -> None:
    found = rows(session, "UNWIND range(1, 5) AS x RETURN datetime(), datetime.statement(), datetime.transaction()")
    assert found == [[DateTime(1, 0, 0)] * 3] * 5
    assert rows(session, "RETURN datetime(), timestamp()") == [[DateTime(2, 0, 0), 2_000]]


def test_the_real_clock_goes_on(session: Session) -> None:
    found = rows(session, "UNWIND range(1, 5) AS x RETURN datetime.realtime().epochSeconds")
    assert [row[0] for row in found] == [1, 2, 3, 4, 5]


def test_the_clock_of_a_transaction_stands_at_its_beginning(session: Session) -> None:
    session.begin()
    query = "RETURN datetime.transaction().epochSeconds, datetime().epochSeconds"
    assert rows(session, query) == [[1, 2]]
    assert rows(session, query) == [[1, 3]]
    session.rollback()
    assert rows(session, query) == [[4, 4]]


def test_a_kept_plan_keeps_no_time(session: Session) -> None:
    for query in ("RETURN date({timezone: 'Asia/Tokyo'}), datetime({timezone: '+01:00'}).epochSeconds",) * 2:
        seconds = rows(session, query)[0][1]
    assert seconds == 2
    assert rows(session, "RETURN datetime.truncate('second').epochSeconds") == [[3]]


@pytest.mark.parametrize("name", NAMES)
def test_every_function_takes_its_own_and_what_has_more(name: str) -> None:
    environment = Environment(None, TickingClock(), lambda: 0.5, rows=2)  # type: ignore[arg-type]  # no graph is read
    for variant in (name, f"{name}.transaction", f"{name}.statement", f"{name}.realtime"):
        values = FUNCTIONS[variant].apply(environment, []).to_values()
        assert [type(value) for value in values] == [TYPES[name]] * 2
    (now,) = FUNCTIONS["datetime"].apply(environment, []).to_values()[:1]
    assert type(FUNCTIONS[name].apply(environment, [Column.from_values([now])]).value(0)) is TYPES[name]
    in_tokyo = FUNCTIONS[f"{name}.statement"].apply(environment, [Column.from_values(["Asia/Tokyo", None])])
    assert in_tokyo.value(1) is None
    if name == "datetime":
        assert component(in_tokyo.value(0), "timezone") == "Asia/Tokyo"  # type: ignore[arg-type]  # a DateTime


FIELDS = (
    "year month day week dayOfWeek quarter dayOfQuarter ordinalDay hour minute second millisecond microsecond "
    "nanosecond date time datetime timezone epochSeconds epochMillis "
    "years months weeks days hours minutes seconds nanoseconds"
)
fields = st.sampled_from(FIELDS.split())
amounts = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-5, 60) | st.floats()
arguments = (
    st.none()
    | amounts
    | temporals
    | st.text(max_size=5)
    | st.sampled_from([*ZONES, "day", "weekYear", "millisecond", "2015-W30-2T21:40Z", "P1.5M"])
)
maps = st.dictionaries(fields, arguments, max_size=4)
TEMPORAL_FUNCTIONS = sorted(name for name in FUNCTIONS if name.split(".")[0] in (*NAMES, "duration"))


@settings(max_examples=400)
@given(st.sampled_from([*TEMPORAL_FUNCTIONS, "+", "-", "*", "/", "tostring"]), st.data())
def test_any_arguments_give_a_value_or_a_cypher_error(name: str, data: st.DataObject) -> None:
    function = FUNCTIONS[name]
    count = data.draw(st.integers(function.arguments_min, function.arguments_max or 3))
    drawn = [data.draw(arguments | maps) for _ in range(count)]
    environment = Environment(None, TickingClock(), lambda: 0.5)  # type: ignore[arg-type]  # no graph is read
    try:
        answer = function.apply(environment, [Column.from_values([value]) for value in drawn])
    except CypherError as error:
        assert error.message and error.code.startswith("Neo.ClientError.Statement.")
    else:
        assert len(answer) == 1


@given(temporals, st.sampled_from(["year", "week", "weekYear", "epochMillis", "nanoseconds", "offset", "x", "hour"]))
def test_any_component_is_a_value_of_64_bits_or_a_cypher_error(value: Value, name: str) -> None:
    try:
        found = component(value, name)  # type: ignore[arg-type]  # temporal, as generated
    except CypherError as error:
        assert error.hint
    else:
        assert Column.from_values([found]).value(0) == found

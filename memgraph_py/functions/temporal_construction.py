"""`date()`, `localtime()`, `time()`, `localdatetime()` and `datetime()`: the current value, or one from a text, a map
or another temporal value.

A text or a map without a zone is in UTC. A zone that is told beside another value that has one moves that value's
instant there; beside one that has none it is attached.
Source: openCypher CIP2015-08-06, "Creating temporal values"; Neo4j Cypher manual, "Temporal functions".
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from memgraph_py.columnar import Column
from memgraph_py.errors import ArgumentError
from memgraph_py.functions.registry import Environment, columnar, scalar
from memgraph_py.functions.rows import wrong_argument
from memgraph_py.functions.temporal_clocks import CUTS, current, date_time_now
from memgraph_py.functions.temporal_fields import DATE_FIELDS, TIME_FIELDS, Fields
from memgraph_py.values.temporal import Date, DateTime, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import (
    DAY,
    INSTANTS,
    SECOND,
    UTC,
    Instant,
    Zone,
    date_part,
    date_time_at,
    in_zone,
    make_date_time,
    make_local_date_time,
    time_part,
    zone_part,
)
from memgraph_py.values.temporal_text import (
    parse_date,
    parse_date_time,
    parse_local_date_time,
    parse_local_time,
    parse_time,
)
from memgraph_py.values.types import Value

FromFields: TypeAlias = Callable[[Fields, Environment], Instant]


@columnar("date", 0, 1, signature="date(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: DATE")
def date(environment: Environment, arguments: list[Column]) -> Column:
    """The statement's date, or the date of a text, a map of fields or another temporal value."""
    return _construct("date", environment, arguments)


@columnar("localtime", 0, 1, signature="localtime(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL TIME")
def local_time(environment: Environment, arguments: list[Column]) -> Column:
    """The statement's time of day without a zone, or that of a text, a map of fields or another temporal value."""
    return _construct("localtime", environment, arguments)


@columnar("time", 0, 1, signature="time(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED TIME")
def time(environment: Environment, arguments: list[Column]) -> Column:
    """The statement's time of day with its offset, or that of a text, a map of fields or another temporal value."""
    return _construct("time", environment, arguments)


@columnar("localdatetime", 0, 1, signature="localdatetime(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: LOCAL DATETIME")
def local_date_time(environment: Environment, arguments: list[Column]) -> Column:
    """The statement's date and time without a zone, or that of a text, a map of fields or another temporal value."""
    return _construct("localdatetime", environment, arguments)


@columnar("datetime", 0, 1, signature="datetime(input = DEFAULT_TEMPORAL_ARGUMENT :: ANY) :: ZONED DATETIME")
def date_time(environment: Environment, arguments: list[Column]) -> Column:
    """The statement's date and time with a zone, or that of a text, a map of fields or another temporal value."""
    return _construct("datetime", environment, arguments)


@scalar(
    "datetime.fromepoch",
    2,
    signature="datetime.fromEpoch(seconds :: INTEGER | FLOAT, nanoseconds :: INTEGER | FLOAT) :: ZONED DATETIME",
)
def from_epoch(seconds: Value, nanoseconds: Value) -> Value:
    """The instant so many seconds and nanoseconds after 1970-01-01T00:00Z. Raises ArgumentError beyond the calendar."""
    if type(seconds) is not int or type(nanoseconds) is not int:
        raise wrong_argument("datetime.fromEpoch", nanoseconds if type(seconds) is int else seconds, "INTEGER")
    carried, rest = divmod(nanoseconds, SECOND)
    return date_time_at(seconds + carried, rest, UTC)


@scalar(
    "datetime.fromepochmillis",
    1,
    signature="datetime.fromEpochMillis(milliseconds :: INTEGER | FLOAT) :: ZONED DATETIME",
)
def from_epoch_milliseconds(milliseconds: Value) -> Value:
    """The instant so many milliseconds after 1970-01-01T00:00Z. Raises ArgumentError beyond the calendar."""
    if type(milliseconds) is not int:
        raise wrong_argument("datetime.fromEpochMillis", milliseconds, "INTEGER")
    return date_time_at(milliseconds // 1_000, milliseconds % 1_000 * 1_000_000, UTC)


def instant_argument(function: str, value: Value) -> Instant:
    """The value, which is a date or a time. Raises CypherTypeError."""
    if isinstance(value, INSTANTS):
        return value
    raise wrong_argument(function, value, "a date or a time")


def cut(function: str, value: Instant) -> Instant:
    """What the function takes of the value. Raises CypherTypeError where the value has not enough."""
    answer = CUTS[function](value)
    if answer is None:
        raise wrong_argument(function, value, "a value with " + ("a date" if date_part(value) is None else "a time"))
    return answer


def _construct(function: str, environment: Environment, arguments: list[Column]) -> Column:
    if not arguments:
        return Column.constant(current(function, environment.statement_seconds()), environment.rows)
    values = arguments[0].to_values()
    return Column.from_values([None if value is None else _value(function, value, environment) for value in values])


def _value(function: str, value: Value, environment: Environment) -> Value:
    if isinstance(value, str):
        return _PARSERS[function](value)
    if isinstance(value, INSTANTS):
        return cut(function, value)
    if isinstance(value, dict):
        if None in value.values():
            return None
        known, build = _BUILDERS[function]
        fields = Fields(function, value, known)
        if value.keys() == {"timezone"}:
            return current(function, environment.statement_seconds(), fields.zone() or UTC)
        return build(fields, environment)
    raise wrong_argument(function, value, "a text, a map or a temporal value")


def _date(fields: Fields, environment: Environment) -> Date:
    return Date(fields.days(fields.date("date")))


def _local_time(fields: Fields, environment: Environment) -> LocalTime:
    return LocalTime(fields.nanoseconds(fields.time("time"), hour_needed=True))


def _time(fields: Fields, environment: Environment) -> Time:
    other = fields.instant("time")
    nanoseconds = fields.nanoseconds(fields.time("time"), hour_needed=True)
    own = other.offset_seconds if isinstance(other, Time | DateTime) else None
    told = fields.zone()
    if told is None:
        return Time(nanoseconds, own or 0)
    offset = offset_now(told, environment)
    return Time(nanoseconds if own is None else (nanoseconds + (offset - own) * SECOND) % DAY, offset)


def offset_now(zone: Zone, environment: Environment) -> int:
    """The offset of a time of day in the zone: by a name, that of the statement's moment."""
    if zone.offset_seconds is not None:
        return zone.offset_seconds
    return date_time_now(environment.statement_seconds(), zone).offset_seconds


def _local_date_time(fields: Fields, environment: Environment) -> LocalDateTime:
    days, nanoseconds = _day_and_time(fields)
    return make_local_date_time(days, nanoseconds)


def _date_time(fields: Fields, environment: Environment) -> DateTime:
    told = fields.zone()
    if epoch := _epoch(fields):
        days, time = date_part(epoch), time_part(epoch)
        value = make_date_time(fields.days(days), fields.nanoseconds(time, hour_needed=False), UTC)
        return value if told is None else in_zone(value, told)
    other = fields.instant("datetime") or fields.instant("time")
    own = None if other is None else zone_part(other)
    days, nanoseconds = _day_and_time(fields)
    if own is None:
        return make_date_time(days, nanoseconds, told or UTC)
    assert isinstance(other, Time | DateTime), "it has a zone"
    value = make_date_time(days, nanoseconds, own, other.offset_seconds)
    return value if told is None else in_zone(value, told)


def _day_and_time(fields: Fields) -> tuple[int, int]:
    if "datetime" in fields:
        for name in ("date", "time"):
            if name in fields:
                raise ArgumentError(f"'datetime' and '{name}' do not go together", hint="'datetime' gives both")
        days, time = fields.date("datetime"), fields.time("datetime")
    else:
        days, time = fields.date("date"), fields.time("time")
    return fields.days(days), fields.nanoseconds(time, hour_needed=False)


def _epoch(fields: Fields) -> DateTime | None:
    """The instant of `epochSeconds` or `epochMillis`."""
    if "epochSeconds" in fields:
        return date_time_at(fields.integer("epochSeconds"), 0, UTC)
    if "epochMillis" in fields:
        milliseconds = fields.integer("epochMillis")
        return date_time_at(milliseconds // 1_000, milliseconds % 1_000 * 1_000_000, UTC)
    return None


_PARSERS: Final[dict[str, Callable[[str], Instant]]] = {
    "date": parse_date,
    "localtime": parse_local_time,
    "time": parse_time,
    "localdatetime": parse_local_date_time,
    "datetime": parse_date_time,
}
_SELECTORS = ("date", "time", "datetime", "timezone")
_BUILDERS: Final[dict[str, tuple[tuple[str, ...], FromFields]]] = {
    "date": ((*DATE_FIELDS, "date", "timezone"), _date),
    "localtime": ((*TIME_FIELDS, "time", "timezone"), _local_time),
    "time": ((*TIME_FIELDS, "time", "timezone"), _time),
    "localdatetime": ((*DATE_FIELDS, *TIME_FIELDS, *_SELECTORS), _local_date_time),
    "datetime": ((*DATE_FIELDS, *TIME_FIELDS, *_SELECTORS, "epochSeconds", "epochMillis"), _date_time),
}

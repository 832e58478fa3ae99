"""What `value.name` gives of a temporal value, such as `d.year` or `d.epochMillis`.

Source: openCypher CIP2015-08-06, "Accessing components of temporal values"; Neo4j Cypher manual, "Temporal values".
"""

from collections.abc import Callable, Mapping
from typing import Final

from memgraph_py.errors import ArgumentError, ArithmeticFailure
from memgraph_py.values.calendar import date_of, day_of_week, day_of_year, days_of, week_of
from memgraph_py.values.durations import cut_quotient, nanoseconds_of
from memgraph_py.values.naming import type_name
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import SECOND, Instant, date_part, time_part
from memgraph_py.values.types import INT64_MAX, INT64_MIN
from memgraph_py.values.zones import offset_text

_MINUTE, _HOUR, _MILLISECOND, _MICROSECOND = 60 * SECOND, 3_600 * SECOND, 1_000_000, 1_000


def component(value: Instant | Duration, name: str) -> int | str:
    """The component. Raises ArgumentError where a value of this type has none of that name, ArithmeticFailure where 64
    bits do not hold it.
    """
    found = _component(value, name)
    if isinstance(found, int) and not INT64_MIN <= found <= INT64_MAX:
        raise ArithmeticFailure(f"component '{name}' is out of range", hint="an integer has 64 bits")
    return found


def _component(value: Instant | Duration, name: str) -> int | str:
    if isinstance(value, Duration):
        if (of_duration := _OF_DURATION.get(name)) is not None:
            return of_duration(value)
        raise _missing(value, name, _OF_DURATION)
    if (of_date := _OF_DATE.get(name)) is not None and (days := date_part(value)) is not None:
        return of_date(days)
    if (of_time := _OF_TIME.get(name)) is not None and (nanoseconds := time_part(value)) is not None:
        return of_time(nanoseconds)
    if isinstance(value, Time | DateTime) and (of_zone := _OF_ZONE.get(name)) is not None:
        return of_zone(value)
    if isinstance(value, DateTime) and (of_instant := _OF_INSTANT.get(name)) is not None:
        return of_instant(value)
    raise _missing(value, name, *_FAMILIES[type(value)])


def _cut_rest(value: int, unit: int) -> int:
    return value - unit * cut_quotient(value, unit)


def _day_of_quarter(days: int) -> int:
    year, month, _ = date_of(days)
    return days - days_of(year, (month - 1) // 3 * 3 + 1, 1) + 1


def _zone_name(value: Time | DateTime) -> str:
    zone = value.zone if isinstance(value, DateTime) else None
    return offset_text(value.offset_seconds) if zone is None else zone


_OF_DATE: Final[dict[str, Callable[[int], int]]] = {
    "year": lambda days: date_of(days)[0],
    "quarter": lambda days: (date_of(days)[1] + 2) // 3,
    "month": lambda days: date_of(days)[1],
    "week": lambda days: week_of(days)[1],
    "weekYear": lambda days: week_of(days)[0],
    "dayOfQuarter": _day_of_quarter,
    "quarterDay": _day_of_quarter,
    "day": lambda days: date_of(days)[2],
    "ordinalDay": day_of_year,
    "dayOfWeek": day_of_week,
    "weekDay": day_of_week,
}
_OF_TIME: Final[dict[str, Callable[[int], int]]] = {
    "hour": lambda time: time // _HOUR,
    "minute": lambda time: time // _MINUTE % 60,
    "second": lambda time: time // SECOND % 60,
    "millisecond": lambda time: time % SECOND // _MILLISECOND,
    "microsecond": lambda time: time % SECOND // _MICROSECOND,
    "nanosecond": lambda time: time % SECOND,
}
_OF_ZONE: Final[dict[str, Callable[[Time | DateTime], int | str]]] = {
    "timezone": _zone_name,
    "offset": lambda value: offset_text(value.offset_seconds),
    "offsetMinutes": lambda value: cut_quotient(value.offset_seconds, 60),
    "offsetSeconds": lambda value: value.offset_seconds,
}
_OF_INSTANT: Final[dict[str, Callable[[DateTime], int]]] = {
    "epochSeconds": lambda value: value.seconds,
    "epochMillis": lambda value: value.seconds * 1_000 + value.nanoseconds // _MILLISECOND,
}
_OF_DURATION: Final[dict[str, Callable[[Duration], int]]] = {
    "years": lambda value: cut_quotient(value.months, 12),
    "quarters": lambda value: cut_quotient(value.months, 3),
    "months": lambda value: value.months,
    "weeks": lambda value: cut_quotient(value.days, 7),
    "days": lambda value: value.days,
    "hours": lambda value: cut_quotient(value.seconds, 3_600),
    "minutes": lambda value: cut_quotient(value.seconds, 60),
    "seconds": lambda value: value.seconds,
    "milliseconds": lambda value: nanoseconds_of(value) // _MILLISECOND,
    "microseconds": lambda value: nanoseconds_of(value) // _MICROSECOND,
    "nanoseconds": nanoseconds_of,
    "quartersOfYear": lambda value: cut_quotient(_cut_rest(value.months, 12), 3),
    "monthsOfYear": lambda value: _cut_rest(value.months, 12),
    "monthsOfQuarter": lambda value: _cut_rest(value.months, 3),
    "daysOfWeek": lambda value: _cut_rest(value.days, 7),
    "minutesOfHour": lambda value: _cut_rest(cut_quotient(value.seconds, 60), 60),
    "secondsOfMinute": lambda value: _cut_rest(value.seconds, 60),
    "millisecondsOfSecond": lambda value: value.nanoseconds // _MILLISECOND,
    "microsecondsOfSecond": lambda value: value.nanoseconds // _MICROSECOND,
    "nanosecondsOfSecond": lambda value: value.nanoseconds,
}
_FAMILIES: Final[Mapping[type, tuple[Mapping[str, object], ...]]] = {
    Date: (_OF_DATE,),
    LocalTime: (_OF_TIME,),
    Time: (_OF_TIME, _OF_ZONE),
    LocalDateTime: (_OF_DATE, _OF_TIME),
    DateTime: (_OF_DATE, _OF_TIME, _OF_ZONE, _OF_INSTANT),
}


def _missing(value: Instant | Duration, name: str, *families: Mapping[str, object]) -> ArgumentError:
    names = ", ".join(known for family in families for known in family)
    return ArgumentError(f"{type_name(value)} has no component '{name}'", hint=f"it has {names}")

"""Temporal values taken apart and put together: days, nanoseconds of the day, zone.

Source: openCypher CIP2015-08-06, "Date and time".
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from memgraph_py.values.calendar import checked_days
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.zones import OFFSET, offset_at, offset_on_clock, parse_offset, zone_of

Instant: TypeAlias = Date | LocalTime | Time | LocalDateTime | DateTime
"""What is a point in time, other than a duration."""
INSTANTS = (Date, LocalTime, Time, LocalDateTime, DateTime)
TEMPORALS = (*INSTANTS, Duration)

SECOND = 1_000_000_000
DAY_SECONDS = 86_400
DAY = DAY_SECONDS * SECOND
"""In nanoseconds."""
_OFFSET = re.compile(OFFSET)


@dataclass(frozen=True, slots=True)
class Zone:
    """An offset in seconds, or a zone by name (``offset_seconds`` None: it depends on the time)."""

    offset_seconds: int | None
    name: str | None = None


UTC = Zone(0)


def zone_from(text: str) -> Zone:
    """The zone that an offset or a name of the IANA database tells. Raises ArgumentError."""
    if _OFFSET.fullmatch(text):
        return Zone(parse_offset(text))
    zone_of(text)
    return Zone(None, text)


def date_part(value: Instant) -> int | None:
    """Days since 1970-01-01 on the value's own clock, None for a time of day."""
    match value:
        case Date():
            return value.days
        case LocalDateTime():
            return value.seconds // DAY_SECONDS
        case DateTime():
            return (value.seconds + value.offset_seconds) // DAY_SECONDS
        case _:
            return None


def time_part(value: Instant) -> int | None:
    """Nanoseconds of the day on the value's own clock, None for a date."""
    match value:
        case LocalTime() | Time():
            return value.nanoseconds
        case LocalDateTime():
            return value.seconds % DAY_SECONDS * SECOND + value.nanoseconds
        case DateTime():
            return (value.seconds + value.offset_seconds) % DAY_SECONDS * SECOND + value.nanoseconds
        case _:
            return None


def zone_part(value: Instant) -> Zone | None:
    """The zone of a time or a date and time that has one."""
    match value:
        case Time():
            return Zone(value.offset_seconds)
        case DateTime():
            return Zone(value.offset_seconds if value.zone is None else None, value.zone)
        case _:
            return None


def make_local_date_time(days: int, nanoseconds: int) -> LocalDateTime:
    """The moment of a day; ``nanoseconds`` may go beyond the day. Raises ArgumentError."""
    carried, nanoseconds = divmod(nanoseconds, DAY)
    days = checked_days(days + carried)
    return LocalDateTime(days * DAY_SECONDS + nanoseconds // SECOND, nanoseconds % SECOND)


def make_date_time(days: int, nanoseconds: int, zone: Zone, preferred: int | None = None) -> DateTime:
    """The instant at which the zone's clock shows day and time; see ``offset_on_clock``. Raises ArgumentError."""
    local = make_local_date_time(days, nanoseconds)
    if zone.name is None:
        assert zone.offset_seconds is not None, "a zone has a name or an offset"
        return DateTime(local.seconds - zone.offset_seconds, local.nanoseconds, zone.offset_seconds)
    info = zone_of(zone.name)
    seconds = local.seconds - offset_on_clock(info, local.seconds, preferred)
    return DateTime(seconds, local.nanoseconds, offset_at(info, seconds), zone.name)


def date_time_at(seconds: int, nanoseconds: int, zone: Zone) -> DateTime:
    """The instant told in the zone. Raises ArgumentError where the calendar ends before."""
    offset = zone.offset_seconds
    if zone.name is not None:
        offset = offset_at(zone_of(zone.name), seconds)
    assert offset is not None, "a zone has a name or an offset"
    checked_days((seconds + offset) // DAY_SECONDS)
    return DateTime(seconds, nanoseconds, offset, zone.name)


def in_zone(value: DateTime, zone: Zone) -> DateTime:
    """The same instant, told in another zone."""
    return date_time_at(value.seconds, value.nanoseconds, zone)

"""Temporal values as the fields of their structures, and back.

A date and time with a zone has two forms: since Bolt 5.0, and in 4.3 and 4.4 for a client that asked for the patch
`utc`, its seconds count from 1970-01-01T00:00 UTC; before, from that moment on a local clock.

Source: Bolt specification, "Structure semantics".
"""

from typing import TypeAlias

from memgraph_py.errors import InvalidRequest
from memgraph_py.values.calendar import DAYS_MAX, DAYS_MIN
from memgraph_py.values.naming import shown
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import DAY_SECONDS, SECOND
from memgraph_py.values.types import INT64_MAX, INT64_MIN, Value
from memgraph_py.values.zones import OFFSET_MAX, find_zone, offset_at, offset_on_clock

DATE, TIME, LOCAL_TIME, LOCAL_DATE_TIME, DURATION = 0x44, 0x54, 0x74, 0x64, 0x45
DATE_TIME, DATE_TIME_ZONE = 0x49, 0x69
LEGACY_DATE_TIME, LEGACY_DATE_TIME_ZONE = 0x46, 0x66
NAMES = {
    DATE: "date",
    TIME: "time",
    LOCAL_TIME: "local time",
    LOCAL_DATE_TIME: "local date and time",
    DURATION: "duration",
    DATE_TIME: "date and time",
    DATE_TIME_ZONE: "date and time",
    LEGACY_DATE_TIME: "date and time",
    LEGACY_DATE_TIME_ZONE: "date and time",
}
"""Every tag that is known in some version."""


Temporal: TypeAlias = Date | LocalTime | Time | LocalDateTime | DateTime | Duration
Fields: TypeAlias = "tuple[int | str, ...]"


def to_structure(value: Temporal, *, utc: bool) -> tuple[int, Fields]:
    """Tag and fields. utc: which form a date and time with a zone takes."""
    match value:
        case Date():
            return DATE, (value.days,)
        case LocalTime():
            return LOCAL_TIME, (value.nanoseconds,)
        case Time():
            return TIME, (value.nanoseconds, value.offset_seconds)
        case LocalDateTime():
            return LOCAL_DATE_TIME, (value.seconds, value.nanoseconds)
        case DateTime():
            seconds = value.seconds if utc else value.seconds + value.offset_seconds
            if value.zone is None:
                return DATE_TIME if utc else LEGACY_DATE_TIME, (seconds, value.nanoseconds, value.offset_seconds)
            return DATE_TIME_ZONE if utc else LEGACY_DATE_TIME_ZONE, (seconds, value.nanoseconds, value.zone)
        case Duration():
            return DURATION, (value.months, value.days, value.seconds, value.nanoseconds)


def from_structure(tag: int, fields: list[Value], *, utc: bool) -> Temporal:
    """The value; ``tag`` is one of NAMES.

    Raises InvalidRequest for wrong fields, for what lies outside the years that there are, and for a form that is not
    the one agreed upon.
    """
    given = fields if bool not in map(type, fields) else []
    match tag, given:
        case 0x44, [int(days)]:
            return Date(_within(tag, "days", days, DAYS_MIN, DAYS_MAX))
        case 0x74, [int(nanoseconds)]:
            return LocalTime(_time_of_day(tag, nanoseconds))
        case 0x54, [int(nanoseconds), int(offset)]:
            return Time(_time_of_day(tag, nanoseconds), _offset(tag, offset))
        case 0x64, [int(seconds), int(nanoseconds)]:
            return LocalDateTime(_seconds(tag, seconds), _nanoseconds(tag, nanoseconds))
        case 0x45, [int(months), int(days), int(seconds), int(nanoseconds)]:
            return _duration(months, days, seconds, nanoseconds)
        case 0x49, [int(seconds), int(nanoseconds), int(offset)] if utc:
            return DateTime(_seconds(tag, seconds), _nanoseconds(tag, nanoseconds), _offset(tag, offset))
        case 0x69, [int(seconds), int(nanoseconds), str(zone)] if utc:
            seconds = _seconds(tag, seconds)
            return DateTime(seconds, _nanoseconds(tag, nanoseconds), _zone_offset(zone, seconds, local=False), zone)
        case 0x46, [int(seconds), int(nanoseconds), int(offset)] if not utc:
            offset = _offset(tag, offset)
            return DateTime(_seconds(tag, seconds - offset), _nanoseconds(tag, nanoseconds), offset)
        case 0x66, [int(seconds), int(nanoseconds), str(zone)] if not utc:
            seconds = _seconds(tag, seconds - _zone_offset(zone, _seconds(tag, seconds), local=True))
            return DateTime(seconds, _nanoseconds(tag, nanoseconds), _zone_offset(zone, seconds, local=False), zone)
    raise InvalidRequest(f"structure 0x{tag:02X} ({NAMES[tag]}) has fields of a wrong number or kind")


def _duration(months: int, days: int, seconds: int, nanoseconds: int) -> Duration:
    """Some drivers give a negative amount negative nanoseconds: they carry into the seconds."""
    seconds += nanoseconds // SECOND
    return Duration(months, days, _within(DURATION, "seconds", seconds, INT64_MIN, INT64_MAX), nanoseconds % SECOND)


def _seconds(tag: int, seconds: int) -> int:
    return _within(tag, "seconds", seconds, DAYS_MIN * DAY_SECONDS, (DAYS_MAX + 1) * DAY_SECONDS - 1)


def _nanoseconds(tag: int, nanoseconds: int) -> int:
    return _within(tag, "nanoseconds", nanoseconds, 0, SECOND - 1)


def _time_of_day(tag: int, nanoseconds: int) -> int:
    return _within(tag, "nanoseconds", nanoseconds, 0, DAY_SECONDS * SECOND - 1)


def _offset(tag: int, seconds: int) -> int:
    return _within(tag, "offset", seconds, -OFFSET_MAX, OFFSET_MAX)


def _within(tag: int, field: str, value: int, least: int, most: int) -> int:
    if least <= value <= most:
        return value
    raise InvalidRequest(
        f"{field} of a {NAMES[tag]} is {value}, which is out of range", hint=f"it lies between {least} and {most}"
    )


def _zone_offset(name: str, seconds: int, *, local: bool) -> int:
    """Seconds east of UTC in the zone at that moment, told in UTC or on the zone's own clock (``offset_on_clock``).

    Raises InvalidRequest for a zone that is not known.
    """
    zone = find_zone(name)
    if zone is None:
        raise InvalidRequest(
            f"time zone {shown(name)} is not known", hint="use a name of the IANA database, such as Europe/Berlin"
        )
    return offset_on_clock(zone, seconds) if local else offset_at(zone, seconds)

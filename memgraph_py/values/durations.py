"""Amounts of time: made of parts that may be fractions, added, multiplied, and measured between two points in time.

A part's fraction goes to the next smaller part: of a month 30.436875 days (a 400th of 146,097 days times 12), of a day
86,400 seconds. Parts are cut towards zero; the last two carry into each other:

    P1.5M  = 1 month, 15.2184375 days = 1 month, 15 days, 18,873 seconds

Source: openCypher CIP2015-08-06, "Durations"; Neo4j Cypher manual, "Temporal functions: duration".
"""

from fractions import Fraction
from typing import Final, TypeAlias

from memgraph_py.errors import ArithmeticFailure
from memgraph_py.values.calendar import DAYS_PER_CYCLE, checked_days, date_of, plus_months
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import (
    DAY,
    SECOND,
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
from memgraph_py.values.types import INT64_MAX, INT64_MIN

Exact: TypeAlias = int | Fraction
MONTH_DAYS: Final = Fraction(DAYS_PER_CYCLE, 4_800)
"""The mean length of a month."""
_MONTH_NANOSECONDS: Final = int(MONTH_DAYS * DAY)  # a whole number


def make_duration(months: int, days: int, nanoseconds: int) -> Duration:
    """The duration; ``nanoseconds`` are of seconds too. Raises ArithmeticFailure where 64 bits do not hold a part."""
    seconds, rest = divmod(nanoseconds, SECOND)
    for part in (months, days, seconds):
        if not INT64_MIN <= part <= INT64_MAX:
            raise ArithmeticFailure("a duration is out of range", hint="its months, days and seconds have 64 bits each")
    return Duration(months, days, seconds, rest)


def duration_of(months: Exact, days: Exact, nanoseconds: Exact) -> Duration:
    """The duration of parts that may be fractions. Raises ArithmeticFailure."""
    whole_months = int(months)
    if whole_months != months:
        days += (months - whole_months) * MONTH_DAYS
    whole_days = int(days)
    if whole_days != days:
        nanoseconds += (days - whole_days) * DAY
    return make_duration(whole_months, whole_days, int(nanoseconds))


def add_durations(left: Duration, right: Duration) -> Duration:
    """The sum, part by part. Raises ArithmeticFailure."""
    return make_duration(
        left.months + right.months, left.days + right.days, nanoseconds_of(left) + nanoseconds_of(right)
    )


def negate_duration(value: Duration) -> Duration:
    """The same amount backwards. Raises ArithmeticFailure."""
    return make_duration(-value.months, -value.days, -nanoseconds_of(value))


def scale_duration(value: Duration, factor: Exact) -> Duration:
    """The amount so many times. Raises ArithmeticFailure."""
    return duration_of(value.months * factor, value.days * factor, nanoseconds_of(value) * factor)


def nanoseconds_of(value: Duration) -> int:
    """Seconds and nanoseconds together."""
    return value.seconds * SECOND + value.nanoseconds


def mean_nanoseconds(value: Duration) -> int:
    """The length with months of mean length and days of 24 hours: what durations are ordered by."""
    return value.months * _MONTH_NANOSECONDS + value.days * DAY + nanoseconds_of(value)


def add_duration(value: Instant, amount: Duration) -> Instant:
    """The point in time so much later: months and days on the local clock, then seconds on the timeline.

    A date takes whole days only, a time of day no days at all, and goes round. Raises ArgumentError where the calendar
    ends before.
    """
    nanoseconds = nanoseconds_of(amount)
    match value:
        case Date():
            days = amount.days + cut_quotient(nanoseconds, DAY)
            return Date(checked_days(plus_months(value.days, amount.months) + days))
        case LocalTime():
            return LocalTime((value.nanoseconds + nanoseconds) % DAY)
        case Time():
            return Time((value.nanoseconds + nanoseconds) % DAY, value.offset_seconds)
        case LocalDateTime():
            days, time = _on_clock(value)
            return make_local_date_time(plus_months(days, amount.months) + amount.days, time + nanoseconds)
    days, time = _on_clock(value)
    zone = Zone(value.offset_seconds if value.zone is None else None, value.zone)
    if amount.months:
        value = make_date_time(plus_months(days, amount.months), time, zone, value.offset_seconds)
        days, time = _on_clock(value)  # another time where the clock of that day has a gap
    if amount.days:
        value = make_date_time(days + amount.days, time, zone, value.offset_seconds)
    carried, rest = divmod(value.nanoseconds + nanoseconds, SECOND)
    return date_time_at(value.seconds + carried, rest, zone)


def duration_between(start: Instant, stop: Instant) -> Duration:
    """From start to stop in months, then days, then seconds, on the clock of the start's zone.

    What one of both has not it takes from the other: the date, the zone; a date alone begins at midnight. Months and
    days are counted between two values that have a date. Raises ArgumentError where the calendar ends before.
    """
    first, last = _aligned(start, stop)
    months = days = 0
    if _have_dates(start, stop):
        months = _months_between(first, last)
        first = _moved(first, months, 0)
        days = _days_between(first, last)
        first = _moved(first, 0, days)
    return make_duration(months, days, _nanoseconds_between(first, last))


def months_between(start: Instant, stop: Instant) -> Duration:
    """From start to stop in whole months, none where one of both has no date."""
    return Duration(_months_between(*_aligned(start, stop)) if _have_dates(start, stop) else 0, 0, 0, 0)


def days_between(start: Instant, stop: Instant) -> Duration:
    """From start to stop in whole days, none where one of both has no date."""
    return Duration(0, _days_between(*_aligned(start, stop)) if _have_dates(start, stop) else 0, 0, 0)


def seconds_between(start: Instant, stop: Instant) -> Duration:
    """From start to stop in seconds and nanoseconds."""
    return make_duration(0, 0, _nanoseconds_between(*_aligned(start, stop)))


def cut_quotient(value: int, unit: int) -> int:
    """The quotient, cut towards zero."""
    return value // unit if value >= 0 else -(-value // unit)


def _have_dates(start: Instant, stop: Instant) -> bool:
    return date_part(start) is not None and date_part(stop) is not None


def _aligned(start: Instant, stop: Instant) -> tuple[LocalDateTime | DateTime, LocalDateTime | DateTime]:
    """Both with date and time, and both with a zone, that of the start, or neither."""
    one, other = date_part(start), date_part(stop)
    day = one if one is not None else other
    first = _completed(start, stop, day or 0)
    last = _completed(stop, start, day or 0)
    if isinstance(first, DateTime) and isinstance(last, DateTime):
        zone = zone_part(first)
        assert zone is not None, "a date and time with a zone has one"
        last = in_zone(last, zone)
    return first, last


def _completed(value: Instant, other: Instant, day: int) -> LocalDateTime | DateTime:
    if isinstance(value, DateTime):
        return value
    own_day = date_part(value)
    time = time_part(value) or 0
    zone = zone_part(value) or zone_part(other)
    days = day if own_day is None else own_day
    return make_local_date_time(days, time) if zone is None else make_date_time(days, time, zone)


def _on_clock(value: LocalDateTime | DateTime) -> tuple[int, int]:
    """Days and nanoseconds of the day on the value's own clock."""
    days, nanoseconds = date_part(value), time_part(value)
    assert days is not None and nanoseconds is not None, "a date and time has both"
    return days, nanoseconds


def _whole_days_apart(first: LocalDateTime | DateTime, last: LocalDateTime | DateTime) -> tuple[int, int]:
    """The days of both, the last one moved towards the first by the day that is not whole."""
    (start, start_time), (stop, stop_time) = _on_clock(first), _on_clock(last)
    if stop > start and stop_time < start_time:
        stop -= 1
    elif stop < start and stop_time > start_time:
        stop += 1
    return start, stop


def _months_between(first: LocalDateTime | DateTime, last: LocalDateTime | DateTime) -> int:
    start, stop = map(date_of, _whole_days_apart(first, last))
    months = (stop[0] - start[0]) * 12 + stop[1] - start[1]
    if months > 0 and stop[2] < start[2]:
        return months - 1
    return months + 1 if months < 0 and stop[2] > start[2] else months


def _days_between(first: LocalDateTime | DateTime, last: LocalDateTime | DateTime) -> int:
    start, stop = _whole_days_apart(first, last)
    return stop - start


def _moved(value: LocalDateTime | DateTime, months: int, days: int) -> LocalDateTime | DateTime:
    moved = add_duration(value, Duration(months, days, 0, 0))
    assert isinstance(moved, LocalDateTime | DateTime), "a moved value stays of its type"
    return moved


def _nanoseconds_between(first: LocalDateTime | DateTime, last: LocalDateTime | DateTime) -> int:
    return (last.seconds - first.seconds) * SECOND + last.nanoseconds - first.nanoseconds

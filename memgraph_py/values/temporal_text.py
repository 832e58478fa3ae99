"""Temporal values as ISO 8601 text, and back.

    date            2015-07-21  20150721  2015-07  201507  2015  2015-W30-2  2015W302  2015-Q3-21  2015-202  2015202
    time            21:40:32.142  214032.142  21:40  2140  21
    offset, zone    Z  +01:00  +0100  +01  [Europe/Stockholm]
    duration        P1Y2M10DT2H30M  P2.5W  PT-0.5S  P2012-02-02T14:37:21.545

A year beyond 9999 has a sign. What is printed is what Neo4j prints: a time always has its seconds, and their fraction
has no zero at its end.
Source: ISO 8601; openCypher CIP2015-08-06, "Date and time".
"""

import re
from fractions import Fraction
from typing import TypeAlias

from memgraph_py.errors import ArgumentError, CypherSyntaxError
from memgraph_py.values.calendar import checked_days, date_of, day_of_quarter, days_of, ordinal_day, week_start, within
from memgraph_py.values.durations import Exact, cut_quotient, duration_of, make_duration
from memgraph_py.values.naming import shown
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import (
    SECOND,
    Instant,
    Zone,
    date_part,
    make_date_time,
    make_local_date_time,
    time_part,
    zone_from,
)
from memgraph_py.values.zones import OFFSET, offset_text, parse_offset

Temporal: TypeAlias = Instant | Duration

_DATE = (
    r"(?:(?P<short_year>\d{4})(?:(?P<short_month>\d{2})(?P<short_day>\d{2})?|W(?P<short_week>\d{2})(?P<short_weekday>\d)?"
    r"|Q(?P<short_quarter>\d)(?P<short_quarter_day>\d{2})?|(?P<short_year_day>\d{3}))"
    r"|(?P<year>\d{4}|[+-]\d{1,9})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?|-W(?P<week>\d{1,2})(?:-(?P<weekday>\d))?"
    r"|-Q(?P<quarter>\d)(?:-(?P<quarter_day>\d{1,2}))?|-(?P<year_day>\d{3}))?)"
)
_TIME = (
    r"(?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"|(?P<short_hour>\d{2})(?P<short_minute>\d{2})(?:(?P<short_second>\d{2})(?:[.,](?P<short_fraction>\d{1,9}))?)?)"
)
_ZONE = rf"(?P<offset>{OFFSET})?(?:\[(?P<zone>[^\[\]]+)\])?"
_AMOUNT = r"[+-]?\d{1,19}(?:[.,]\d{1,18})?"
_UNITS = (
    rf"(?:(?P<years>{_AMOUNT})Y)?(?:(?P<months>{_AMOUNT})M)?(?:(?P<weeks>{_AMOUNT})W)?(?:(?P<days>{_AMOUNT})D)?"
    rf"(?P<clock>T(?:(?P<hours>{_AMOUNT})H)?(?:(?P<minutes>{_AMOUNT})M)?(?:(?P<seconds>{_AMOUNT})S)?)?"
)
_PATTERNS = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in (
        ("Date", _DATE),
        ("LocalTime", _TIME),
        ("Time", rf"{_TIME}(?P<offset>{OFFSET})?"),
        ("LocalDateTime", rf"{_DATE}(?:T{_TIME})?"),
        ("DateTime", rf"{_DATE}(?:T{_TIME})?{_ZONE}"),
    )
}
_DURATION = re.compile(rf"(?P<sign>[+-])?P{_UNITS}", re.ASCII | re.IGNORECASE)
_DURATION_OF_DATE = re.compile(
    rf"(?P<sign>[+-])?P(?P<year>\d{{4}})-?(?P<month>\d{{2}})-?(?P<day>\d{{2}})(?:T{_TIME})?", re.ASCII
)
_DATE_FIELDS = frozenset(("year", "month", "day", "week", "weekday", "quarter", "quarter_day", "year_day"))
_EXAMPLES = {
    "Date": "2015-07-21",
    "LocalTime": "21:40:32.142",
    "Time": "21:40:32.142+01:00",
    "LocalDateTime": "2015-07-21T21:40:32.142",
    "DateTime": "2015-07-21T21:40:32.142+01:00, or with [Europe/Berlin]",
    "Duration": "P1Y2M10DT2H30M",
}


def text_of(value: Temporal) -> str:
    """The ISO text."""
    match value:
        case Date():
            return _date_text(value.days)
        case LocalTime():
            return _time_text(value.nanoseconds)
        case Time():
            return _time_text(value.nanoseconds) + offset_text(value.offset_seconds)
        case Duration():
            return _duration_text(value)
    days, nanoseconds = date_part(value), time_part(value)
    assert days is not None and nanoseconds is not None, "a date and time has both"
    text = f"{_date_text(days)}T{_time_text(nanoseconds)}"
    if isinstance(value, DateTime):
        text += offset_text(value.offset_seconds)
        if value.zone is not None:
            text += f"[{value.zone}]"
    return text


def parse_date(text: str) -> Date:
    """The date. Raises CypherSyntaxError for a text that is none, ArgumentError for one that is not in the calendar."""
    return Date(_days(_match("Date", text)))


def parse_local_time(text: str) -> LocalTime:
    """The time of day. Raises CypherSyntaxError or ArgumentError."""
    return LocalTime(_nanoseconds(_match("LocalTime", text)))


def parse_time(text: str) -> Time:
    """The time of day, in UTC where the text tells no offset. Raises CypherSyntaxError or ArgumentError."""
    fields = _match("Time", text)
    return Time(_nanoseconds(fields), parse_offset(fields.get("offset", "Z")))


def parse_local_date_time(text: str) -> LocalDateTime:
    """The date and time. Raises CypherSyntaxError or ArgumentError."""
    fields = _match("LocalDateTime", text)
    return make_local_date_time(_days(fields), _nanoseconds(fields))


def parse_date_time(text: str) -> DateTime:
    """The date and time, in UTC where the text tells no zone.

    Raises CypherSyntaxError for a text that is none, ArgumentError for what is not in the calendar, a zone that is not
    known and an offset that the zone has not at that time.
    """
    fields = _match("DateTime", text)
    offset = parse_offset(fields["offset"]) if "offset" in fields else None
    zone = zone_from(fields["zone"]) if "zone" in fields else Zone(offset or 0)
    value = make_date_time(_days(fields), _nanoseconds(fields), zone, offset)
    if offset is not None and value.offset_seconds != offset:
        raise ArgumentError(
            f"time zone '{value.zone}' has not the offset {offset_text(offset)} at that time",
            hint=f"its offset is {offset_text(value.offset_seconds)} then",
        )
    return value


def parse_duration(text: str) -> Duration:
    """The amount of time. Raises CypherSyntaxError, or ArithmeticFailure where 64 bits do not hold a part."""
    if match := _DURATION_OF_DATE.fullmatch(text):
        return _duration_of_date(_told(match))
    match = _DURATION.fullmatch(text)
    if match is None or text[-1] in "PTpt":
        raise _unparsable("Duration", text)
    sign = -1 if match["sign"] == "-" else 1
    years, months, weeks, days, hours, minutes, seconds = (
        sign * _exact(match[name] or "0")
        for name in ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
    )
    return duration_of(years * 12 + months, weeks * 7 + days, (hours * 3_600 + minutes * 60 + seconds) * SECOND)


def _exact(text: str) -> Exact:
    return int(text) if text.lstrip("+-").isdecimal() else Fraction(text.replace(",", "."))


def _duration_of_date(fields: dict[str, str]) -> Duration:
    sign = -1 if fields.get("sign") == "-" else 1
    months = int(fields["year"]) * 12 + within("month", int(fields["month"]), 0, 12)
    days = within("day", int(fields["day"]), 0, 31)
    return make_duration(sign * months, sign * days, sign * _nanoseconds(fields))


def _date_text(days: int) -> str:
    year, month, day = date_of(days)
    if 0 <= year <= 9_999:
        return f"{year:04}-{month:02}-{day:02}"
    return f"{'-' if year < 0 else '+'}{abs(year):04}-{month:02}-{day:02}"


def _time_text(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, SECOND)
    text = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:09}".rstrip("0") if fraction else text


def _duration_text(value: Duration) -> str:
    years, months = _cut(value.months, 12)
    text = _amount(years, "Y") + _amount(months, "M") + _amount(value.days, "D")
    total = value.seconds * SECOND + value.nanoseconds
    if total:
        seconds, fraction = _cut(total, SECOND)
        hours, seconds = _cut(seconds, 3_600)
        minutes, seconds = _cut(seconds, 60)
        text += "T" + _amount(hours, "H") + _amount(minutes, "M")
        if fraction:
            sign = "-" if total < 0 else ""
            text += f"{sign}{abs(seconds)}." + f"{abs(fraction):09}".rstrip("0") + "S"
        else:
            text += _amount(seconds, "S")
    return f"P{text}" if text else "PT0S"


def _cut(value: int, unit: int) -> tuple[int, int]:
    """Quotient and rest, cut towards zero: both have the value's sign."""
    quotient = cut_quotient(value, unit)
    return quotient, value - quotient * unit


def _amount(value: int, unit: str) -> str:
    return f"{value}{unit}" if value else ""


def _match(type: str, text: str) -> dict[str, str]:
    match = _PATTERNS[type].fullmatch(text)
    if match is None:
        raise _unparsable(type, text)
    return _told(match)


def _told(match: re.Match[str]) -> dict[str, str]:
    """The fields that the text has; those of the short forms under the same names."""
    return {name.removeprefix("short_"): text for name, text in match.groupdict().items() if text is not None}


def _unparsable(type: str, text: str) -> CypherSyntaxError:
    return CypherSyntaxError(f"text cannot be parsed to a {type}: {shown(text)}", hint=f"write it as {_EXAMPLES[type]}")


def _days(fields: dict[str, str]) -> int:
    number = {name: int(text) for name, text in fields.items() if name in _DATE_FIELDS}
    year = number["year"]
    if "week" in number:
        days = week_start(year, number["week"]) + within("day of week", number.get("weekday", 1), 1, 7) - 1
    elif "quarter" in number:
        days = day_of_quarter(year, number["quarter"], number.get("quarter_day", 1))
    elif "year_day" in number:
        days = ordinal_day(year, number["year_day"])
    else:
        days = days_of(year, number.get("month", 1), number.get("day", 1))
    return checked_days(days)


def _nanoseconds(fields: dict[str, str]) -> int:
    hour = within("hour", int(fields.get("hour", 0)), 0, 23)
    minute = within("minute", int(fields.get("minute", 0)), 0, 59)
    second = within("second", int(fields.get("second", 0)), 0, 59)
    return ((hour * 60 + minute) * 60 + second) * SECOND + int(fields.get("fraction", "").ljust(9, "0"))

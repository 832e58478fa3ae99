"""Time zones: the offsets of the IANA database, at an instant and on a local clock.

The database is that of the package tzdata and not the machine's: a stored value, read on another machine, keeps its
offset, and old offsets differ between builds of the database.

On a local clock that is put forward some times do not exist, and where it is put back some exist twice:

    gap      01:30  02:00+01 = 03:00+02  03:30      02:30 is read with the offset before it, and becomes 03:30+02
    overlap  02:30+02  03:00+02 = 02:00+01  02:30   02:30 is the first of both, unless the other offset is asked for

Source: openCypher CIP2015-08-06, "Date and time"; java.time.ZonedDateTime.ofLocal.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from memgraph_py.errors import ArgumentError
from memgraph_py.values.calendar import DAYS_PER_CYCLE, within
from memgraph_py.values.naming import shown

OFFSET_MAX = 18 * 3600
"""Seconds, either side of UTC."""
OFFSET = r"Z|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?"
"""A regular expression for what ``parse_offset`` reads."""
_CYCLE_SECONDS = DAYS_PER_CYCLE * 86_400
_YEAR_SECONDS = _CYCLE_SECONDS // 400
_EPOCH = datetime(1970, 1, 1)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})?:?(?P<seconds>[0-9]{2})?")


def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, None for a name that the IANA database has not."""
    return _read_zone(name) if name in zone_names() else None


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All names of the IANA database."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name. Raises ArgumentError."""
    zone = find_zone(name)
    if zone is None:
        raise ArgumentError(
            f"time zone {shown(name)} is not known",
            hint="use a name of the IANA database, such as Europe/Berlin, or an offset, such as +02:00",
        )
    return zone


def offset_at(zone: ZoneInfo, seconds: int) -> int:
    """Seconds east of UTC at the instant, which is told in seconds since 1970-01-01T00:00 UTC."""
    moment = _sayable(seconds).replace(tzinfo=zone)
    return _seconds_of(zone.fromutc(moment).utcoffset())


def offset_on_clock(zone: ZoneInfo, local_seconds: int, preferred: int | None = None) -> int:
    """The offset with which seconds on the zone's clock are read: the preferred one where it is one of two, else the
    earlier of two instants, and in a gap the offset before it.
    """
    moment = _sayable(local_seconds).replace(tzinfo=zone)
    first = _seconds_of(moment.utcoffset())
    if preferred is not None and preferred != first:
        second = _seconds_of(moment.replace(fold=1).utcoffset())
        if second == preferred and second < first:  # in a gap the offset after it is the greater one
            return second
    return first


def parse_offset(text: str) -> int:
    """Seconds of `Z`, `+01`, `+0130`, `-01:30` or `+01:30:15`. Raises ArgumentError."""
    if text in ("Z", "z"):
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ArgumentError(f"{shown(text)} is no offset", hint="write it as +01:00")
    hours, minutes, seconds = (int(match[name] or 0) for name in ("hours", "minutes", "seconds"))
    within("minute of an offset", minutes, 0, 59)
    within("second of an offset", seconds, 0, 59)
    total = hours * 3600 + minutes * 60 + seconds
    if total > OFFSET_MAX:
        raise ArgumentError(f"offset '{text}' is out of range", hint="it is from -18:00 to +18:00")
    return -total if match["sign"] == "-" else total


def offset_text(offset_seconds: int) -> str:
    """`Z`, `+01:00`, `+00:53:28`."""
    if offset_seconds == 0:
        return "Z"
    minutes, seconds = divmod(abs(offset_seconds), 60)
    text = f"{'-' if offset_seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


@lru_cache(maxsize=1_000)
def _read_zone(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _sayable(seconds: int) -> datetime:
    """The moment, or for a year that datetime cannot say one of the same place in the cycle of 400 years: that is a
    whole number of weeks, so the rules of a zone give the same there.
    """
    year = 1970 + seconds // _YEAR_SECONDS
    cycles = -min(0, (year - 2) // 400) - max(0, (year - 9_500) // 400)
    return _EPOCH + timedelta(seconds=seconds + cycles * _CYCLE_SECONDS)


def _seconds_of(offset: timedelta | None) -> int:
    assert offset is not None, "a zone has an offset at any time"
    return int(offset.total_seconds())

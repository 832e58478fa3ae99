"""Temporal values: dates, times, instants and durations.

Years run from -999,999,999 to 999,999,999 in the proleptic Gregorian calendar; the smallest unit is the nanosecond.
Source: openCypher 9, "Temporal (Date/Time) values"; Bolt specification, "Structure semantics".
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Date:
    """A day; ``days`` since 1970-01-01."""

    days: int


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A time of day; ``nanoseconds`` since midnight."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day at an offset; ``nanoseconds`` since local midnight, ``offset_seconds`` east of UTC."""

    nanoseconds: int
    offset_seconds: int


@dataclass(frozen=True, slots=True)
class LocalDateTime:
    """A day and a time without a zone; ``seconds`` since 1970-01-01T00:00 on a local clock, and 0 ≤ ``nanoseconds``
    < 10**9 after them.
    """

    seconds: int
    nanoseconds: int


@dataclass(frozen=True, slots=True)
class DateTime:
    """An instant and the zone it is told in; ``seconds`` since 1970-01-01T00:00 UTC, and 0 ≤ ``nanoseconds`` < 10**9
    after them. ``zone`` is a name of the IANA database, None where only the offset is known; ``offset_seconds`` east
    of UTC holds in either case.
    """

    seconds: int
    nanoseconds: int
    offset_seconds: int
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of time in four parts that do not carry into each other but for the last two: ``months``, ``days``,
    ``seconds``, and 0 ≤ ``nanoseconds`` < 10**9.
    """

    months: int
    days: int
    seconds: int
    nanoseconds: int

"""The fields of the maps that temporal values are made of: `{year: 2015, week: 30}`, `{time: other, second: 42}`.

A date is told by one of four groups of fields; what a smaller unit needs must be told too, unless another value, as
`date`, `time` or `datetime`, gives what is missing:

    year  month       day              hour  minute  second  millisecond microsecond nanosecond
          week        dayOfWeek
          quarter     dayOfQuarter
                      ordinalDay

Source: openCypher CIP2015-08-06, "Creating temporal values from components"; java.time.LocalDate.with.
"""

from typing import Final

from memgraph_py.errors import ArgumentError
from memgraph_py.functions.rows import wrong_argument
from memgraph_py.values.calendar import (
    checked_days,
    date_of,
    day_of_quarter,
    day_of_week,
    days_of,
    ordinal_day,
    plus_months,
    week_of,
    week_start,
    weeks_of,
    within,
)
from memgraph_py.values.naming import shown
from memgraph_py.values.temporal_parts import (
    DAY_SECONDS,
    INSTANTS,
    SECOND,
    Instant,
    Zone,
    date_part,
    time_part,
    zone_from,
)
from memgraph_py.values.types import Value

GROUPS: Final = (("month", "day"), ("week", "dayOfWeek"), ("quarter", "dayOfQuarter"), ("ordinalDay",))
DATE_FIELDS: Final = ("year", *(name for group in GROUPS for name in group))
SUBSECONDS: Final = ("millisecond", "microsecond", "nanosecond")
TIME_FIELDS: Final = ("hour", "minute", "second", *SUBSECONDS)
_NEEDS: Final = {"day": "month", "dayOfWeek": "week", "dayOfQuarter": "quarter"}


class Fields:
    """A map's fields, each of them one that the function knows."""

    def __init__(self, function: str, given: dict[str, Value], known: tuple[str, ...]) -> None:
        """Raises ArgumentError for a field that is not known."""
        for name in given:
            if name not in known:
                raise ArgumentError(f"'{function}' knows no field {shown(name)}", hint=f"it knows {', '.join(known)}")
        self.function = function
        self.given = given

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def any(self, names: tuple[str, ...]) -> bool:
        """True where one of the fields is told."""
        return any(name in self.given for name in names)

    def integer(self, name: str, otherwise: int = 0) -> int:
        """The field, or what it is where it is not told. Raises CypherTypeError for what is no integer."""
        value = self.given.get(name, otherwise)
        if type(value) is not int:
            raise wrong_argument(self.function, value, f"INTEGER as '{name}'")
        return value

    def instant(self, name: str) -> Instant | None:
        """The other value that is told under the name. Raises CypherTypeError for what is none."""
        value = self.given.get(name)
        if value is None:
            return None
        if not isinstance(value, INSTANTS):
            raise wrong_argument(self.function, value, f"a temporal value as '{name}'")
        return value

    def date(self, name: str) -> int | None:
        """Days of the other value under the name. Raises CypherTypeError for a value that has no date."""
        value = self.instant(name)
        return None if value is None else self._part(value, name, date_part(value), "a date")

    def time(self, name: str) -> int | None:
        """Nanoseconds of the day of the other value. Raises CypherTypeError for a value that has no time."""
        value = self.instant(name)
        return None if value is None else self._part(value, name, time_part(value), "a time")

    def zone(self) -> Zone | None:
        """The zone that is told. Raises CypherTypeError or ArgumentError."""
        text = self.given.get("timezone")
        if text is None:
            return None
        if not isinstance(text, str):
            raise wrong_argument(self.function, text, "STRING as 'timezone'")
        return zone_from(text)

    def days(self, start: int | None) -> int:
        """The date that the fields tell, of which ``start`` gives what is missing. Raises ArgumentError."""
        told = [group for group in GROUPS if self.any(group)]
        if len(told) > 1:
            one, other = (next(name for name in group if name in self) for group in told[:2])
            raise ArgumentError(f"'{one}' and '{other}' do not go together", hint="tell a date in one way")
        return checked_days(self._new_days() if start is None else self._changed_days(start))

    def nanoseconds(self, start: int | None, *, hour_needed: bool) -> int:
        """The time of day that the fields tell, of which ``start`` gives what is missing. Raises ArgumentError."""
        if start is None:
            self._check_order(hour_needed=hour_needed)
            start = 0
        seconds, fraction = divmod(start, SECOND)
        hour = within("hour", self.integer("hour", seconds // 3_600), 0, 23)
        minute = within("minute", self.integer("minute", seconds // 60 % 60), 0, 59)
        second = within("second", self.integer("second", seconds % 60), 0, 59)
        if self.any(SUBSECONDS):
            fraction = self._fraction()
        total = ((hour * 60 + minute) * 60 + second) * SECOND + fraction
        assert total < DAY_SECONDS * SECOND, "each field is within its range"
        return total

    def _part(self, value: Instant, name: str, part: int | None, expected: str) -> int:
        if part is None:
            raise wrong_argument(self.function, value, f"a value with {expected} as '{name}'")
        return part

    def _new_days(self) -> int:
        if "year" not in self:
            raise ArgumentError(f"'{self.function}' needs the field 'year'", hint="or 'date', for another value's date")
        for smaller, larger in _NEEDS.items():
            if smaller in self and larger not in self:
                raise ArgumentError(f"'{self.function}' needs the field '{larger}' beside '{smaller}'")
        year = self.integer("year")
        if "week" in self:
            return week_start(year, self.integer("week")) + self._weekday(1) - 1
        if "quarter" in self:
            return day_of_quarter(year, self.integer("quarter"), self.integer("dayOfQuarter", 1))
        if "ordinalDay" in self:
            return ordinal_day(year, self.integer("ordinalDay"))
        return days_of(year, self.integer("month", 1), self.integer("day", 1))

    def _changed_days(self, days: int) -> int:
        """The date with its fields replaced, from the largest to the smallest; a day that a shorter month has not
        becomes its last one.
        """
        if "week" in self:
            return self._in_week(days)
        year, month, _ = date_of(days)
        if "year" in self:
            days = plus_months(days, (self.integer("year") - year) * 12)
        if "month" in self:
            days = plus_months(days, within("month", self.integer("month"), 1, 12) - month)
        if "quarter" in self:
            days = plus_months(days, (within("quarter", self.integer("quarter"), 1, 4) - (month + 2) // 3) * 3)
        year, month, day = date_of(days)
        if "ordinalDay" in self:
            return ordinal_day(year, self.integer("ordinalDay"))
        if "dayOfQuarter" in self:
            return day_of_quarter(year, (month + 2) // 3, self.integer("dayOfQuarter"))
        if "dayOfWeek" in self:
            return days + self._weekday(1) - day_of_week(days)
        return days_of(year, month, self.integer("day", day))

    def _in_week(self, days: int) -> int:
        """With a week, the year is that of weeks."""
        year = self.integer("year", week_of(days)[0])
        within("week", self.integer("week"), 1, weeks_of(year))
        return week_start(year, self.integer("week")) + self._weekday(day_of_week(days)) - 1

    def _weekday(self, otherwise: int) -> int:
        return within("day of week", self.integer("dayOfWeek", otherwise), 1, 7)

    def _check_order(self, *, hour_needed: bool) -> None:
        """Raises ArgumentError where a field is told without the next larger one."""
        if hour_needed and "hour" not in self:
            raise ArgumentError(f"'{self.function}' needs the field 'hour'", hint="or 'time', for another value's time")
        for smaller, larger in (
            ("minute", ("hour",)),
            ("second", ("minute",)),
            *((s, ("second",)) for s in SUBSECONDS),
        ):
            if smaller in self and not self.any(larger):
                raise ArgumentError(f"'{self.function}' needs the field '{larger[0]}' beside '{smaller}'")

    def _fraction(self) -> int:
        """Nanoseconds of the second: each unit tells what the larger one leaves."""
        whole = 1_000
        total = 0
        for name, unit in zip(SUBSECONDS, (1_000_000, 1_000, 1), strict=True):
            if name in self:
                total += within(name, self.integer(name), 0, whole - 1) * unit
                whole = 1
            whole *= 1_000
        return total

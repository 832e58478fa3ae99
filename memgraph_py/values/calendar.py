"""The proleptic Gregorian calendar by whole days since 1970-01-01, from year -999,999,999 to 999,999,999.

Python's own dates end at 9999, so the arithmetic is done here. Days are counted from 0000-03-01, with the leap day at
the end of a year, in cycles of 400 years (146,097 days), which repeat exactly:

    year  March … February(leap)          day of the year of a month = (153 * month + 2) // 5, months from March
          0                    365

Weeks are those of ISO 8601: they begin on Monday, and week 1 holds the year's first Thursday.
Source: ISO 8601; openCypher CIP2015-08-06, "Date and time".
"""

from memgraph_py.errors import ArgumentError

YEAR_MIN, YEAR_MAX = -999_999_999, 999_999_999
DAYS_MIN, DAYS_MAX = -365_243_219_162, 365_241_780_471
"""-999999999-01-01 and +999999999-12-31."""
DAYS_PER_CYCLE = 146_097
_DAYS_BEFORE_1970 = 719_468
"""From 0000-03-01 to 1970-01-01."""
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01. Raises ArgumentError for a date that is not in the calendar."""
    within("year", year, YEAR_MIN, YEAR_MAX)
    within("month", month, 1, 12)
    within("day", day, 1, 31)
    if day > month_days(year, month):
        raise ArgumentError(
            f"month {month} of year {year} has no day {day}", hint=f"it ends at {month_days(year, month)}"
        )
    shifted = year if month > 2 else year - 1
    cycle, year_of_cycle = divmod(shifted, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    day_of_cycle = year_of_cycle * 365 + year_of_cycle // 4 - year_of_cycle // 100 + day_of_year
    return cycle * DAYS_PER_CYCLE + day_of_cycle - _DAYS_BEFORE_1970


def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day."""
    cycle, day_of_cycle = divmod(days + _DAYS_BEFORE_1970, DAYS_PER_CYCLE)
    year = (day_of_cycle - day_of_cycle // 1_460 + day_of_cycle // 36_524 - day_of_cycle // 146_096) // 365
    day_of_year = day_of_cycle - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return cycle * 400 + year + (month <= 2), month, day


def checked_days(days: int) -> int:
    """The days. Raises ArgumentError where the calendar ends before."""
    if DAYS_MIN <= days <= DAYS_MAX:
        return days
    raise ArgumentError("a date is out of range", hint=f"years are from {YEAR_MIN} to {YEAR_MAX}")


def is_leap(year: int) -> bool:
    """True for a year of 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year: int, month: int) -> int:
    """How many days the month has."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def day_of_week(days: int) -> int:
    """1 for Monday to 7 for Sunday."""
    return (days + 3) % 7 + 1


def day_of_year(days: int) -> int:
    """1 to 366."""
    return days - days_of(date_of(days)[0], 1, 1) + 1


def ordinal_day(year: int, day: int) -> int:
    """Days of the year's day so and so, 1 to 366. Raises ArgumentError for a day that the year has not."""
    return days_of(year, 1, 1) + within("ordinal day", day, 1, 366 if is_leap(year) else 365) - 1


def day_of_quarter(year: int, quarter: int, day: int) -> int:
    """Days of the quarter's day so and so, 1 to 92. Raises ArgumentError for a day that the quarter has not."""
    first_month = within("quarter", quarter, 1, 4) * 3 - 2
    length = sum(month_days(year, month) for month in range(first_month, first_month + 3))
    return days_of(year, first_month, 1) + within("day of quarter", day, 1, length) - 1


def week_of(days: int) -> tuple[int, int]:
    """Week year and week, 1 to 53: those of the Thursday between the same two Sundays."""
    thursday = days + 4 - day_of_week(days)
    year = date_of(thursday)[0]
    return year, (thursday - _new_year(year)) // 7 + 1


def week_start(week_year: int, week: int) -> int:
    """Days of the week's Monday. Raises ArgumentError for a week that the year has not."""
    within("week", week, 1, weeks_of(within("year", week_year, YEAR_MIN, YEAR_MAX)))
    return _first_monday(week_year) + (week - 1) * 7


def weeks_of(week_year: int) -> int:
    """52 or 53."""
    return (_first_monday(week_year + 1) - _first_monday(week_year)) // 7


def plus_months(days: int, months: int) -> int:
    """The same day so many months later, or the month's last day where it has no such. Raises ArgumentError."""
    year, month, day = date_of(days)
    year, month = divmod(year * 12 + month - 1 + months, 12)
    month += 1
    within("year", year, YEAR_MIN, YEAR_MAX)
    return days_of(year, month, min(day, month_days(year, month)))


def within(name: str, value: int, least: int, most: int) -> int:
    """The value. Raises ArgumentError where it is not between both, which are allowed."""
    if least <= value <= most:
        return value
    raise ArgumentError(f"{name} is from {least} to {most}, got {value}")


def _first_monday(week_year: int) -> int:
    """The Monday of week 1, which holds January 4."""
    fourth = _new_year(week_year) + 3
    return fourth - day_of_week(fourth) + 1


def _new_year(year: int) -> int:
    """January 1, of one year beyond the calendar too."""
    cycle, year_of_cycle = divmod(year, 400)
    return cycle * DAYS_PER_CYCLE + days_of(year_of_cycle, 1, 1)

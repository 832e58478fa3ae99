"""`date.truncate()` and kin: the start of the century, week, hour … that a value lies in, with fields replaced.

Source: openCypher CIP2015-08-06, "Truncating temporal values".
"""

from typing import Final

from memgraph_py.columnar import Column
from memgraph_py.errors import ArgumentError
from memgraph_py.functions.registry import FUNCTIONS, Environment, Function
from memgraph_py.functions.rows import wrong_argument
from memgraph_py.functions.temporal_clocks import CUTS, TYPE_NAMES, current
from memgraph_py.functions.temporal_construction import instant_argument, offset_now
from memgraph_py.functions.temporal_fields import DATE_FIELDS, TIME_FIELDS, Fields
from memgraph_py.values.calendar import checked_days, date_of, day_of_week, days_of, week_of, week_start
from memgraph_py.values.naming import shown
from memgraph_py.values.temporal import Date, LocalTime, Time
from memgraph_py.values.temporal_parts import (
    DAY,
    SECOND,
    UTC,
    Instant,
    date_part,
    make_date_time,
    make_local_date_time,
    time_part,
    zone_part,
)
from memgraph_py.values.types import Value

DATE_UNITS: Final = ("millennium", "century", "decade", "year", "weekYear", "quarter", "month", "week", "day")
TIME_UNITS: Final = {
    "day": DAY,
    "hour": 3_600 * SECOND,
    "minute": 60 * SECOND,
    "second": SECOND,
    "millisecond": 1_000_000,
    "microsecond": 1_000,
}
"""In nanoseconds."""
_YEARS: Final = {"millennium": 1_000, "century": 100, "decade": 10, "year": 1}
_KNOWN: Final = {
    "date": DATE_FIELDS,
    "localtime": TIME_FIELDS,
    "time": (*TIME_FIELDS, "timezone"),
    "localdatetime": (*DATE_FIELDS, *TIME_FIELDS),
    "datetime": (*DATE_FIELDS, *TIME_FIELDS, "timezone"),
}


def _register_truncation(function: str) -> None:
    name = f"{function}.truncate"

    def apply(environment: Environment, arguments: list[Column]) -> Column:
        rows = zip(*(argument.to_values() for argument in arguments), strict=True)
        return Column.from_values([_truncated(function, row, environment) for row in rows])

    doc = "The start of the unit that the value (by default the current one) lies in, with the map's fields replaced."
    taken = "unit :: STRING, input = DEFAULT_TEMPORAL_ARGUMENT :: ANY, fields = NULL :: MAP"
    signature = f"{name}({taken}) :: {TYPE_NAMES[function]}"
    FUNCTIONS[name] = Function(name, 1, 3, apply, True, doc, "Temporal", signature=signature)


def _truncated(function: str, arguments: tuple[Value, ...], environment: Environment) -> Value:
    if any(argument is None for argument in arguments):
        return None
    name = f"{function}.truncate"
    if not isinstance(arguments[0], str):
        raise wrong_argument(name, arguments[0], "a unit as STRING")
    units = {"date": DATE_UNITS, "localtime": TIME_UNITS, "time": TIME_UNITS}.get(function, (*DATE_UNITS, *TIME_UNITS))
    wanted = arguments[0].lower()
    unit = next((known for known in units if known.lower() == wanted), None)
    if unit is None:
        raise ArgumentError(
            f"'{name}' knows no unit {shown(arguments[0])}", hint=f"it knows {', '.join(dict.fromkeys(units))}"
        )
    if len(arguments) == 1:
        value = current(function, environment.statement_seconds())
    else:
        value = instant_argument(name, arguments[1])
    given = arguments[2] if len(arguments) == 3 else {}
    if not isinstance(given, dict):
        raise wrong_argument(name, given, "MAP")
    if None in given.values():
        return None
    fields = Fields(name, _with_subseconds(given, unit, value), _KNOWN[function])
    return _start_of(function, unit, value, fields, environment)


def _start_of(function: str, unit: str, value: Instant, fields: Fields, environment: Environment) -> Instant:
    days, time = date_part(value), time_part(value)
    if days is None and function not in ("localtime", "time"):
        raise wrong_argument(fields.function, value, "a value with a date")
    if time is None and function in ("localtime", "time"):
        raise wrong_argument(fields.function, value, "a value with a time")
    time = time or 0
    time = fields.nanoseconds(time - time % TIME_UNITS[unit] if unit in TIME_UNITS else 0, hour_needed=False)
    zone = zone_part(value) or UTC
    if function == "localtime":
        return LocalTime(time)
    told = fields.zone()
    if function == "time":
        offset = getattr(value, "offset_seconds", 0)
        return Time(time, offset if told is None else offset_now(told, environment))
    assert days is not None, "asked before"
    days = fields.days(checked_days(_first_day(days, unit)))
    if function == "date":
        return Date(days)
    return make_local_date_time(days, time) if function == "localdatetime" else make_date_time(days, time, told or zone)


def _first_day(days: int, unit: str) -> int:
    year, month, _ = date_of(days)
    if unit in _YEARS:
        return days_of(year - year % _YEARS[unit], 1, 1)
    match unit:
        case "weekYear":
            return week_start(week_of(days)[0], 1)
        case "quarter":
            return days_of(year, (month - 1) // 3 * 3 + 1, 1)
        case "month":
            return days_of(year, month, 1)
        case "week":
            return days - day_of_week(days) + 1
        case _:
            return days


def _with_subseconds(given: dict[str, Value], unit: str, value: Instant) -> dict[str, Value]:
    """A field below the unit leaves the unit's own digits as they are."""
    fraction = (time_part(value) or 0) % SECOND
    if unit == "millisecond" and ("microsecond" in given or "nanosecond" in given):
        return {"millisecond": fraction // 1_000_000, **given}
    if unit == "microsecond" and "nanosecond" in given:
        return {"microsecond": fraction // 1_000, **given}
    return given


for _function in CUTS:
    _register_truncation(_function)

"""The current time as a value: `date()`, `datetime.realtime('Europe/Berlin')` and kin.

Three clocks: that of the *statement* (the default), which stands still while it runs, that of the *transaction*, which
stands since it began, and the real one. Source: openCypher CIP2015-08-06, "Clocks".
"""

from collections.abc import Callable
from typing import Final

from memgraph_py.columnar import Column
from memgraph_py.functions.registry import FUNCTIONS, Environment, Function
from memgraph_py.functions.rows import wrong_argument
from memgraph_py.values.temporal import Date, DateTime, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_parts import (
    UTC,
    Instant,
    Zone,
    date_part,
    date_time_at,
    make_local_date_time,
    time_part,
    zone_from,
)
from memgraph_py.values.types import Value


def date_time_now(now_seconds: float, zone: Zone = UTC) -> DateTime:
    """The clock's time, to the microsecond, in the zone. Raises ArgumentError beyond the calendar."""
    seconds, microseconds = divmod(round(now_seconds * 1_000_000), 1_000_000)
    return date_time_at(seconds, microseconds * 1_000, zone)


def cut_to_date(value: Instant) -> Date | None:
    """The date of a value that has one."""
    days = date_part(value)
    return None if days is None else Date(days)


def cut_to_local_time(value: Instant) -> LocalTime | None:
    """The time of day of a value that has one."""
    nanoseconds = time_part(value)
    return None if nanoseconds is None else LocalTime(nanoseconds)


def cut_to_time(value: Instant) -> Time | None:
    """The time of day and its offset, UTC for a value without a zone."""
    nanoseconds = time_part(value)
    offset = value.offset_seconds if isinstance(value, Time | DateTime) else 0
    return None if nanoseconds is None else Time(nanoseconds, offset)


def cut_to_local_date_time(value: Instant) -> LocalDateTime | None:
    """Date and time of a value that has both."""
    days, nanoseconds = date_part(value), time_part(value)
    return None if days is None or nanoseconds is None else make_local_date_time(days, nanoseconds)


def cut_to_date_time(value: Instant) -> DateTime | None:
    """The value itself, or in UTC a date and time without a zone."""
    if isinstance(value, DateTime):
        return value
    return DateTime(value.seconds, value.nanoseconds, 0) if isinstance(value, LocalDateTime) else None


CUTS: Final[dict[str, Callable[[Instant], Instant | None]]] = {
    "date": cut_to_date,
    "localtime": cut_to_local_time,
    "time": cut_to_time,
    "localdatetime": cut_to_local_date_time,
    "datetime": cut_to_date_time,
}
"""What each function takes of a value that has more; None where the value has not enough."""
TYPE_NAMES: Final = {
    "date": "DATE",
    "localtime": "LOCAL TIME",
    "time": "ZONED TIME",
    "localdatetime": "LOCAL DATETIME",
    "datetime": "ZONED DATETIME",
}
"""What each function gives."""


def current(function: str, now_seconds: float, zone: Zone = UTC) -> Instant:
    """What the function gives for the clock's time in the zone. Raises ArgumentError beyond the calendar."""
    value = CUTS[function](date_time_now(now_seconds, zone))
    assert value is not None, "a date and time with a zone has all parts"
    return value


def _register_clock(function: str, clock: str, read: Callable[[Environment], float]) -> None:
    name = f"{function}.{clock}"

    def apply(environment: Environment, arguments: list[Column]) -> Column:
        if not arguments:
            return Column.from_values([current(function, read(environment)) for _ in range(environment.rows)])
        values = arguments[0].to_values()
        return Column.from_values(
            [None if zone is None else current(function, read(environment), _zone(name, zone)) for zone in values]
        )

    doc = f"The current value by the clock of the {clock}, in UTC or in the zone that is given."
    if clock == "realtime":
        doc = "The current value by the clock when it is computed, in UTC or in the zone that is given."
    signature = f"{name}(timezone = DEFAULT_TEMPORAL_ARGUMENT :: STRING) :: {TYPE_NAMES[function]}"
    FUNCTIONS[name] = Function(name, 0, 1, apply, False, doc, "Temporal", signature=signature)


def _zone(name: str, zone: Value) -> Zone:
    if isinstance(zone, str):
        return zone_from(zone)
    raise wrong_argument(name, zone, "a time zone as STRING")


for _function in CUTS:
    _register_clock(_function, "transaction", Environment.transaction_seconds)
    _register_clock(_function, "statement", Environment.statement_seconds)
    _register_clock(_function, "realtime", lambda environment: environment.clock.now_seconds())

"""Laws of temporal values: text, calendar, zones, arithmetic, order."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from memgraph_py.errors import CypherError
from memgraph_py.values.calendar import (
    DAYS_PER_CYCLE,
    date_of,
    day_of_quarter,
    day_of_week,
    day_of_year,
    days_of,
    ordinal_day,
    plus_months,
    week_of,
    week_start,
)
from memgraph_py.values.comparison import compare, equals, grouping_key, order_key
from memgraph_py.values.durations import (
    add_duration,
    add_durations,
    duration_between,
    mean_nanoseconds,
    months_between,
    negate_duration,
    scale_duration,
    seconds_between,
)
from memgraph_py.values.temporal import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from memgraph_py.values.temporal_components import component
from memgraph_py.values.temporal_parts import INSTANTS, Instant, Zone, date_time_at, in_zone
from memgraph_py.values.temporal_text import (
    Temporal,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_local_date_time,
    parse_local_time,
    parse_time,
    text_of,
)
from memgraph_py.values.zones import (
    OFFSET_MAX,
    find_zone,
    offset_at,
    offset_on_clock,
    offset_text,
    parse_offset,
    zone_names,
)
from tests.properties import temporal as generated

PARSERS = {
    Date: parse_date,
    LocalTime: parse_local_time,
    Time: parse_time,
    LocalDateTime: parse_local_date_time,
    DateTime: parse_date_time,
    Duration: parse_duration,
}
NOTHING = Duration(0, 0, 0, 0)


def pairs(*kinds: st.SearchStrategy[Instant]) -> st.SearchStrategy[tuple[Instant, Instant]]:
    """Two values of one kind."""
    return st.one_of([st.tuples(kind, kind) for kind in kinds])


@given(generated.temporals)
def test_what_is_printed_is_read_again(value: Temporal) -> None:
    assert PARSERS[type(value)](text_of(value)) == value


@given(st.text(alphabet="0123456789-+:.,TWQPZYMDHS[]/Eu", max_size=30), st.sampled_from(list(PARSERS.values())))
def test_any_text_is_a_value_or_a_cypher_error(text: str, parse: object) -> None:
    try:
        value = parse(text)  # type: ignore[operator]  # a function out of PARSERS
    except CypherError as error:
        assert error.code.startswith("Neo.ClientError.Statement.")
    else:
        assert parse(text_of(value)) == value  # type: ignore[operator]  # as above


@given(st.integers(date.min.toordinal(), date.max.toordinal()))
def test_the_calendar_is_that_of_python(ordinal: int) -> None:
    day = date.fromordinal(ordinal)
    days = ordinal - date(1970, 1, 1).toordinal()
    assert date_of(days) == (day.year, day.month, day.day)
    assert days_of(day.year, day.month, day.day) == days
    assert (*week_of(days), day_of_week(days)) == tuple(day.isocalendar())
    assert day_of_year(days) == day.timetuple().tm_yday


@given(generated.dates)
def test_every_way_to_tell_a_date_gives_it(value: Date) -> None:
    days = value.days
    year, month, day = date_of(days)
    assert days_of(year, month, day) == days
    assert ordinal_day(year, day_of_year(days)) == days
    assert day_of_quarter(year, int(component(value, "quarter")), int(component(value, "dayOfQuarter"))) == days
    week_year, week = week_of(days)
    if -999_999_999 <= week_year <= 999_999_999:
        assert week_start(week_year, week) + day_of_week(days) - 1 == days


@given(generated.dates, st.integers(-50_000, 50_000))
def test_months_later_is_the_same_day_or_the_last(value: Date, months: int) -> None:
    try:
        later = plus_months(value.days, months)
    except CypherError:
        assume(False)
    (year, month, day), (later_year, later_month, later_day) = date_of(value.days), date_of(later)
    assert (later_year * 12 + later_month) - (year * 12 + month) == months
    assert later_day == day or (later_day < day and date_of(later + 1)[2] == 1)


@given(st.integers(-(1 << 33), 1 << 35), st.sampled_from(generated.ZONES))
def test_zones_at_an_instant_are_those_of_python(seconds: int, name: str) -> None:
    zone = find_zone(name)
    assert zone is not None
    there = (datetime(1970, 1, 1, tzinfo=find_zone("UTC")) + timedelta(seconds=seconds)).astimezone(zone)
    offset = there.utcoffset()
    assert offset is not None and offset_at(zone, seconds) == offset.total_seconds()


@given(st.integers(1 << 36, 1 << 37), st.sampled_from(generated.ZONES), st.integers(0, 2_000_000))
def test_zones_go_on_in_years_beyond_python(seconds: int, name: str, cycles: int) -> None:
    zone = find_zone(name)
    assert zone is not None
    assert offset_at(zone, seconds) == offset_at(zone, seconds + cycles * DAYS_PER_CYCLE * 86_400)


@given(generated.date_times)
def test_a_clock_and_its_offset_tell_the_instant(value: DateTime) -> None:
    if value.zone is not None:
        zone = find_zone(value.zone)
        assert zone is not None
        assert offset_on_clock(zone, value.seconds + value.offset_seconds, value.offset_seconds) == value.offset_seconds


@given(generated.date_times, generated.zones)
def test_another_zone_tells_the_same_instant(value: DateTime, zone: Zone) -> None:
    moved = in_zone(value, zone)
    assert (moved.seconds, moved.nanoseconds) == (value.seconds, value.nanoseconds)
    assert seconds_between(value, moved) == NOTHING
    back = in_zone(moved, Zone(None, value.zone) if value.zone else Zone(value.offset_seconds))
    assert back == value


@given(st.integers(-OFFSET_MAX, OFFSET_MAX))
def test_offsets_are_printed_and_read(seconds: int) -> None:
    assert parse_offset(offset_text(seconds)) == seconds


@given(pairs(generated.local_times, generated.local_date_times, generated.date_times))
def test_seconds_between_are_added_to_the_first_to_give_the_second(both: tuple[Instant, Instant]) -> None:
    start, stop = both
    moved = add_duration(start, seconds_between(start, stop))
    assert seconds_between(moved, stop) == NOTHING
    if not isinstance(start, DateTime):
        assert moved == stop


@given(pairs(generated.dates, generated.local_date_times))
def test_the_duration_between_leads_from_one_to_the_other(both: tuple[Instant, Instant]) -> None:
    start, stop = both
    amount = duration_between(start, stop)
    assert add_duration(start, amount) == stop
    assert months_between(start, stop).months == amount.months
    signs = {(part > 0) - (part < 0) for part in (amount.months, amount.days, mean_nanoseconds(amount))} - {0}
    assert len(signs) <= 1


@given(generated.date_times, generated.date_times)
def test_the_duration_between_zoned_values_leads_to_the_instant(start: DateTime, stop: DateTime) -> None:
    try:
        moved = add_duration(start, duration_between(start, stop))
    except CypherError:  # beyond the calendar in the other zone
        assume(False)
    assert isinstance(moved, DateTime)
    assert abs(moved.seconds - stop.seconds) <= 3 * 3_600  # both ways go through a gap or an overlap at most once


@given(generated.small_durations, generated.small_durations, generated.small_durations)
def test_durations_add_up(one: Duration, two: Duration, three: Duration) -> None:
    assert add_durations(one, two) == add_durations(two, one)
    assert add_durations(add_durations(one, two), three) == add_durations(one, add_durations(two, three))
    assert add_durations(one, negate_duration(one)) == NOTHING
    assert scale_duration(one, Fraction(3)) == add_durations(one, add_durations(one, one))
    assert scale_duration(scale_duration(one, Fraction(7)), Fraction(1, 7)) == one


@given(generated.instants, generated.small_durations)
def test_a_later_point_in_time_is_of_the_same_type_and_prints(value: Instant, amount: Duration) -> None:
    try:
        moved = add_duration(value, amount)
    except CypherError as error:
        assert error.code == "Neo.ClientError.Statement.ArgumentError"
    else:
        assert type(moved) is type(value)
        assert PARSERS[type(value)](text_of(moved)) == moved


@given(st.lists(generated.temporals, max_size=6))
def test_the_order_is_total_and_agrees_with_comparison(values: list[Temporal]) -> None:
    ordered = sorted(values, key=order_key)
    for one, other in pairwise(ordered):
        assert order_key(one) <= order_key(other)
        sign = compare(one, other)
        assert sign in ((-1, 0) if type(one) is type(other) and isinstance(one, INSTANTS) else (None,))
        assert (sign == 0) <= (equals(one, other) is True)
        assert (grouping_key(one) == grouping_key(other)) is equals(one, other)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "europe/berlin", "zones", "/etc/passwd"]
)
def test_what_is_no_zone(name: str) -> None:
    assert find_zone(name) is None


def test_every_zone_can_be_read() -> None:
    assert len(zone_names()) > 400
    for name in zone_names():
        assert date_time_at(0, 0, Zone(None, name)).zone == name

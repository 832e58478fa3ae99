"""Zones on a local clock: gaps and overlaps, at each side of them."""

import pytest

from memgraph_py.errors import ArgumentError
from memgraph_py.values.temporal_text import parse_date_time, text_of
from memgraph_py.values.zones import parse_offset, zone_of


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2017-03-26T01:59:59.999999999", "2017-03-26T01:59:59.999999999+01:00"),
        ("2017-03-26T02:00", "2017-03-26T03:00:00+02:00"),
        ("2017-03-26T02:59:59", "2017-03-26T03:59:59+02:00"),
        ("2017-03-26T03:00", "2017-03-26T03:00:00+02:00"),
        ("2017-10-29T01:59:59", "2017-10-29T01:59:59+02:00"),
        ("2017-10-29T02:00", "2017-10-29T02:00:00+02:00"),
        ("2017-10-29T02:00+01:00", "2017-10-29T02:00:00+01:00"),
        ("2017-10-29T02:59:59+02:00", "2017-10-29T02:59:59+02:00"),
        ("2017-10-29T03:00", "2017-10-29T03:00:00+01:00"),
        ("-0500-07-01T00:00", "-0500-07-01T00:00:00+00:53:28"),
        ("+999999999-07-01T00:00", "+999999999-07-01T00:00:00+02:00"),
    ],
)
def test_the_clock_of_stockholm(told: str, meant: str) -> None:
    assert text_of(parse_date_time(f"{told}[Europe/Stockholm]")) == f"{meant}[Europe/Stockholm]"


@pytest.mark.parametrize("told", ["2017-03-26T02:30+01:00", "2017-10-29T03:00+02:00", "2017-07-01T00:00Z"])
def test_an_offset_that_the_zone_has_not_then(told: str) -> None:
    with pytest.raises(ArgumentError, match="has not the offset"):
        parse_date_time(f"{told}[Europe/Stockholm]")


@pytest.mark.parametrize("text", ["+1", "01:00", "+18:01", "-19", "+00:60", "+00:00:61", "+aa:00", ""])
def test_what_is_no_offset(text: str) -> None:
    with pytest.raises(ArgumentError):
        parse_offset(text)


def test_a_zone_that_is_not_known() -> None:
    with pytest.raises(ArgumentError, match="time zone 'Mars/Base' is not known"):
        zone_of("Mars/Base")


def test_a_long_name_is_neither_told_nor_kept() -> None:
    with pytest.raises(ArgumentError) as caught:
        zone_of("x" * 1_000_000)
    assert len(caught.value.text()) < 200

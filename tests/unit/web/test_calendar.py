"""Which days stand in a calendar, and what takes place on one; run in node."""

import json

import pytest

from tests.unit.web.node import run


@pytest.mark.parametrize(
    ("day", "first", "count"),
    [
        ("2027, 1, 10", "2027-02-01", 28),  # begins on Monday, four weeks
        ("2026, 10, 30", "2026-10-26", 42),  # begins on Sunday
        ("2028, 1, 29", "2028-01-31", 35),  # a leap year
    ],
)
def test_a_month_stands_in_whole_weeks_from_monday_on(day: str, first: str, count: int) -> None:
    span = f"m.monthSpan(new Date({day}))"
    value = run("calendar", f"(({{first, count}}) => [m.written(first), count])({span})")
    assert value == [first, count]


def test_a_day_in_an_address_is_read_as_it_was_written() -> None:
    days = '["2027-03-01", "2027-3-1", "x", null].map(m.read)'
    assert run("calendar", f"{days}.map((day) => day && m.written(day))") == [
        "2027-03-01",
        *[None] * 3,
    ]


def test_what_goes_over_midnight_stands_on_both_days_and_what_ends_at_midnight_on_one() -> None:
    rows = json.dumps(
        [
            {"begin": "2027-03-02T00:00:00", "end": None},
            {"begin": "2027-03-01T22:00:00", "end": "2027-03-02T01:00:00"},
            {"begin": "2027-03-01T08:00:00", "end": "2027-03-02T00:00:00"},
        ]
    )
    for day, begins in (("2027, 2, 1", ["08", "22"]), ("2027, 2, 2", ["22", "00"])):
        shown = f"m.on(new Date({day}), {rows}).map((row) => row.begin.slice(11, 13))"
        assert run("calendar", shown) == begins

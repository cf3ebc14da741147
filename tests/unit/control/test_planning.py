"""When recurring conferences take place, what they take, and how numbers are read."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_api.persistence.bookings import BookedSite, Occurrence, Recurrence
from control_api.services.ledger import busiest, units_of
from control_api.services.recurrence import MOST_OCCURRENCES, begins
from control_api.soap.binding import read_duration, read_time, write_duration
from control_api.soap.control import gain_of, volume_of
from control_api.soap.faults import ResultError
from control_api.soap.numbers import format_of, number_on_wire, rate_of
from mcu_core.errors import BadInput

BERLIN = ZoneInfo("Europe/Berlin")


def days(first: datetime, rule: Recurrence) -> list[str]:
    """When it takes place, by the wall clock of its zone."""
    zone = ZoneInfo(rule.zone)
    return [
        datetime.fromtimestamp(s, zone).strftime("%m-%d %H:%M")
        for s in begins(first.timestamp(), rule)
    ]


def test_the_hour_on_the_wall_stays_across_both_changes() -> None:
    rule = Recurrence(0, count=3, zone="Europe/Berlin")
    spring = datetime(2027, 3, 27, 9, 0, tzinfo=BERLIN)
    assert days(spring, rule) == ["03-27 09:00", "03-28 09:00", "03-29 09:00"]
    times = begins(spring.timestamp(), rule)
    assert [later - earlier for earlier, later in pairwise(times)] == [23 * 3600, 24 * 3600]
    autumn = datetime(2027, 10, 30, 9, 0, tzinfo=BERLIN)
    times = begins(autumn.timestamp(), rule)
    assert times[1] - times[0] == 25 * 3600


def test_an_hour_that_the_change_leaves_out_is_moved_on() -> None:
    night = datetime(2027, 3, 27, 2, 30, tzinfo=BERLIN)
    rule = Recurrence(0, count=3, zone="Europe/Berlin")
    assert days(night, rule) == ["03-27 02:30", "03-28 03:30", "03-29 02:30"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Recurrence(0, 2, count=3), ["03-05", "03-07", "03-09"]),
        (Recurrence(0, week_days=(1,), count=3), ["03-05", "03-08", "03-09"]),
        (Recurrence(1, week_days=(0, 3), count=3), ["03-07", "03-10", "03-14"]),
        (Recurrence(1, 2, count=2), ["03-05", "03-19"]),
        (Recurrence(2, month_day=31, count=2), ["03-31", "05-31"]),
        (Recurrence(2, week_of_month=2, week_days=(1,), count=2), ["03-08", "04-12"]),
        (
            Recurrence(0, count=9, end_s=datetime(2027, 3, 6, tzinfo=UTC).timestamp()),
            ["03-05", "03-06"],
        ),
        (Recurrence(0, count=1, end_s=datetime(2027, 3, 6, tzinfo=UTC).timestamp()), ["03-05"]),
    ],
)
def test_rules(rule: Recurrence, expected: list[str]) -> None:
    """From Friday, 5 March 2027; Shanghai has no summer time."""
    first = datetime(2027, 3, 5, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert days(first, rule) == [f"{day} 09:00" for day in expected]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Recurrence(3, count=1), "frequency"),
        (Recurrence(0, 0, count=1), "interval"),
        (Recurrence(1, week_days=(7,), count=1), "weekDays"),
        (Recurrence(0), "count"),
        (Recurrence(0, count=MOST_OCCURRENCES + 1), "count"),
        (Recurrence(2, count=1), "monthDay"),
        (Recurrence(2, week_of_month=1, count=1), "weekDay"),
        (Recurrence(0, count=1, zone="No/Where"), "timeZone"),
        (Recurrence(0, count=1, zone="../../etc/passwd"), "timeZone"),
    ],
)
def test_rules_that_are_none_name_the_field(rule: Recurrence, field: str) -> None:
    with pytest.raises(BadInput) as raised:
        begins(datetime(2027, 3, 5, tzinfo=UTC).timestamp(), rule)
    assert raised.value.field == field


def taking(begin_s: float, end_s: float | None, units: int) -> Occurrence:
    return Occurrence(1, begin_s, end_s, "booked", units, ())


def test_ports_are_counted_in_the_relation_of_the_documents() -> None:
    sites = [BookedSite("a", "", video_format=number) for number in (5, 2, 1, 0)]
    assert [units_of([site]) for site in sites] == [8, 4, 2, 1]
    assert units_of([*sites, BookedSite("b", "")]) == 17


def test_what_ends_makes_room_for_what_begins() -> None:
    plan = [taking(0, 10, 3), taking(10, 20, 4), taking(5, None, 1)]
    assert busiest(plan, 0, 30) == 5
    assert busiest(plan, 0, 5) == 3
    assert busiest(plan, 20, 30) == 1


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(1, 9))))
def test_the_busiest_moment_is_that_of_a_count_second_by_second(
    plan: list[tuple[int, int, int]],
) -> None:
    rows = [taking(begin, begin + length, units) for begin, length, units in plan]
    slow = [
        sum(units for begin, length, units in plan if begin <= second < begin + length)
        for second in range(5, 30)
    ]
    assert busiest(rows, 5, 30) == max(slow)


def test_the_vendors_formats_begin_with_auto() -> None:
    assert [format_of(number, False) for number in (0, 5)] == [0, 5]
    assert [format_of(number, True) for number in (0, 1, 6, 9)] == [None, 0, 5, None]
    assert [number_on_wire(number, True) for number in (None, 0, 5)] == [0, 1, 6]
    assert number_on_wire(None, False) is None
    with pytest.raises(ResultError):
        format_of(6, False)


def test_rates() -> None:
    assert [rate_of(text) for text in ("1920k", "2M", "1K", "99M", "", None)] == [
        1920,
        2048,
        64,
        8192,
        0,
        0,
    ]
    with pytest.raises(ResultError):
        rate_of("1.5M")


@given(st.integers(0, 100))
def test_a_volume_comes_back_as_it_was_set(volume: int) -> None:
    assert volume_of(gain_of(volume)) == volume


@given(st.integers(-(10**8), 10**8))
def test_a_duration_comes_back_as_it_was_written(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert read_duration(write_duration(length)) == length


def test_times_of_real_clients() -> None:
    assert read_duration("P0Y0M0DT1H0M0.000S") == timedelta(hours=1)
    assert read_time("2026-01-02T03:04:05+08:00") == datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)
    assert read_time("2026-01-02T24:00:00Z") == datetime(2026, 1, 3, tzinfo=UTC)
    assert read_time("2026-01-02T03:04:05.123456789Z").microsecond == 123456

"""Which sums a report is made of."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_api.persistence.uses import periods


def number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


@pytest.mark.parametrize(
    ("since", "until", "spans"),
    [
        (20270101, 20271231, [(202701, 202712)]),
        (20270115, 20270120, [(20270115, 20270120)]),
        (20270201, 20270228, [(202702, 202702)]),
        (20280201, 20280228, [(20280201, 20280228)]),
        (20261231, 20270201, [(20261231, 20270100), (202701, 202701), (20270199, 20270201)]),
        (20270301, 20270228, [(20270301, 20270228)]),
    ],
)
def test_whole_months_and_the_days_beside_them(
    since: int, until: int, spans: list[tuple[int, int]]
) -> None:
    assert periods(since, until) == spans


@given(st.dates(date(1000, 1, 1), date(9990, 1, 1)), st.integers(0, 800), st.integers(-40, 840))
def test_each_day_is_counted_once_if_it_is_asked_for(first: date, length: int, off: int) -> None:
    last, day = first + timedelta(length), first + timedelta(off)
    spans = periods(number(first), number(last))
    month = number(day) // 100
    counted = sum(low <= number(day) <= high for low, high in spans)
    counted += sum(low <= month <= high for low, high in spans)
    assert counted == (first <= day <= last)

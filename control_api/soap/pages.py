"""Lists by pages, beyond the standard: registered sites, and conferences that are booked or run.

Columns have our numbers, and the vendor's where those are known (docs/soap.md). A filter asks that
the text of a column has its value in it, small or capital, or that its number or time is within
bounds.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TypeVar

from control_api.persistence.bookings import Standing
from control_api.persistence.register import RegisteredSite
from control_api.soap import beyond_messages as bm
from control_api.soap import conference_types as t
from control_api.soap import messages as m
from control_api.soap.binding import read_time
from control_api.soap.faults import Code, ResultError
from control_api.soap.operation import Call
from control_api.soap.queries import NOT_IN, registered, site_info, states, status
from control_api.soap.registering import terminal_info

T = TypeVar("T")
Column = Callable[[T], str | float]
Columns = Mapping[int, Column[T]]

MOST_ON_A_PAGE = 1000
MOST_WORDS = 16
"""Filters, and columns to sort by: each is a look at all rows, while nobody else is served."""

UPWARDS, DOWNWARDS = 0, 1

SITE_COLUMNS: Columns[RegisteredSite] = {
    0: lambda site: site.uri,
    1: lambda site: site.name,
    2: lambda site: site.type,
    3: lambda site: site.rate_kbps,
}
CONFERENCE_COLUMNS: Columns[Standing] = {
    0: lambda one: one.id,
    1: lambda one: one.name,
    2: lambda one: one.begin_s,
    8: lambda one: one.id,
    9: lambda one: one.name,
    10: lambda one: one.begin_s,
}
"""8 to 10 are the vendor's numbers."""


def checked(wanted: t.PageParam) -> tuple[int, int]:
    """Rows on a page, and which page; raises ResultError."""
    each, number = wanted.number_per_page, wanted.current_page
    if not 0 < each <= MOST_ON_A_PAGE or number < 1:
        raise ResultError(Code.OUT_OF_RANGE, "pageParam")
    return each, number


def pages_of(total: int, each: int, number: int) -> t.PagesInfo:
    """What an answer says of its page."""
    return t.PagesInfo(-(-total // each), number, total)


def page(
    rows: Sequence[T], columns: Columns[T], wanted: t.QueryConfig
) -> tuple[list[T], t.PagesInfo]:
    """The rows of the page that is wanted; raises ResultError."""
    each, number = checked(wanted.page_param)
    if len(wanted.filters) > MOST_WORDS or len(wanted.sort_items) > MOST_WORDS:
        raise ResultError(Code.OUT_OF_RANGE, f"at most {MOST_WORDS} of each")
    found = list(rows)
    for one in wanted.filters:
        column, fits = _column(columns, one.column_index), _fits(one)
        found = [row for row in found if fits(column(row))]
    for item in reversed(wanted.sort_items):
        if item.sort not in (UPWARDS, DOWNWARDS):
            raise ResultError(Code.OUT_OF_RANGE, "sort")
        found.sort(key=_column(columns, item.item_index), reverse=item.sort == DOWNWARDS)
    return found[(number - 1) * each : number * each], pages_of(len(found), each, number)


def _column(columns: Columns[T], number: int) -> Column[T]:
    if number not in columns:
        raise ResultError(Code.OUT_OF_RANGE, "no such column")
    return columns[number]


# ---------------------------------------------------------------------- filters


def _fits(one: t.Filter) -> Callable[[str | float], bool]:
    """Whether a value of the column keeps what the filter says; raises ResultError."""
    text = (one.value or "").casefold()
    low, high, same = _bounds(one)

    def fits(value: str | float) -> bool:
        if text not in str(value).casefold():
            return False
        if low is high is same is None:
            return True
        number = _number(str(value))
        return number is not None and (
            (low is None or number > low)
            and (high is None or number < high)
            and (same is None or number == same)
        )

    return fits


def _bounds(one: t.Filter) -> tuple[float | None, float | None, float | None]:
    """Lower bound, upper bound, the very value. A caller's number that it did not set is a 0
    beside the one that it did."""
    texts = (one.greater_than, one.less_than, one.equal_to)
    found = [_number(text) if text else None for text in texts]
    if any(text and value is None for text, value in zip(texts, found, strict=True)):
        raise ResultError(Code.OUT_OF_RANGE, "a bound is a number or a time")
    if any(found):
        found = [value or None for value in found]
    low, high, same = found
    return low, high, same


def _number(text: str) -> float | None:
    """A number, or the Unix seconds of a time with its zone."""
    try:
        number = float(text)
        return number if isfinite(number) else None
    except ValueError:
        pass
    try:
        moment = read_time(text)
    except (ValueError, OverflowError):
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


# ---------------------------------------------------------------------- operations


async def sites(call: Call, request: m.Query) -> m.Result:
    """Sites of the register, with their state."""
    found, info = page(await registered(call), SITE_COLUMNS, request.query_config)
    now = states(call)
    rows = tuple(site_info(site, now.get(site.uri, NOT_IN), call) for site in found)
    return m.SitesPageAnswer(0, rows, info)


async def terminals(call: Call, request: m.Query) -> m.Result:
    """Sites of the register, with what they can do."""
    found, info = page(await registered(call), SITE_COLUMNS, request.query_config)
    rows = tuple(terminal_info(site, call.vendor) for site in found)
    return bm.TerminalsPageAnswer(0, rows, info)


async def conferences(call: Call, request: m.Query) -> m.Result:
    """Conferences that are booked or run, also those that nobody booked."""
    standing = await call.bridge.bookings.standing()
    booked = {one.id for one in standing}
    others = (one for one in call.conferences() if one.id not in booked)
    rows = [one for one in standing if call.bridge.territory.sees(call.principal, one.id)]
    rows += [Standing(one.id, one.name, 0.0) for one in others]
    found, info = page(rows, CONFERENCE_COLUMNS, request.query_config)
    return m.ConferencesPageAnswer(0, tuple([await status(call, one.id) for one in found]), info)

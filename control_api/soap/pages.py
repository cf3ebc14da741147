"""Lists by pages, beyond the standard: registered sites, and conferences that are booked or run.

Columns of sites are 0 uri, 1 name, 2 type, 3 rate; of conferences 0 id, 1 name, 2 begin. A filter
asks that the text of a column has its value in it, small or capital.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from control_api.persistence.bookings import Standing
from control_api.persistence.register import RegisteredSite
from control_api.soap import conference_types as t
from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.operation import Call
from control_api.soap.queries import NOT_IN, registered, site_info, states, status

T = TypeVar("T")
Columns = Sequence[Callable[[T], str | float]]

MOST_ON_A_PAGE = 1000
MOST_WORDS = 16
"""Filters, and columns to sort by: each is a look at all rows, while nobody else is served."""

UPWARDS, DOWNWARDS = 0, 1

SITE_COLUMNS: Columns[RegisteredSite] = (
    lambda site: site.uri,
    lambda site: site.name,
    lambda site: site.type,
    lambda site: site.rate_kbps,
)
CONFERENCE_COLUMNS: Columns[Standing] = (
    lambda one: one.id,
    lambda one: one.name,
    lambda one: one.begin_s,
)


def page(
    rows: Sequence[T], columns: Columns[T], wanted: t.QueryConfig
) -> tuple[list[T], t.PagesInfo]:
    """The rows of the page that is wanted; raises ResultError."""
    each, number = wanted.page_param.number_per_page, wanted.page_param.current_page
    if not 0 < each <= MOST_ON_A_PAGE or number < 1:
        raise ResultError(Code.OUT_OF_RANGE, "pageParam")
    if len(wanted.filters) > MOST_WORDS or len(wanted.sort_items) > MOST_WORDS:
        raise ResultError(Code.OUT_OF_RANGE, f"at most {MOST_WORDS} of each")
    found = list(rows)
    for one in wanted.filters:
        column, text = _column(columns, one.column_index), (one.value or "").casefold()
        found = [row for row in found if text in str(column(row)).casefold()]
    for item in reversed(wanted.sort_items):
        if item.sort not in (UPWARDS, DOWNWARDS):
            raise ResultError(Code.OUT_OF_RANGE, "sort")
        found.sort(key=_column(columns, item.item_index), reverse=item.sort == DOWNWARDS)
    info = t.PagesInfo(-(-len(found) // each), number, len(found))
    return found[(number - 1) * each : number * each], info


def _column(columns: Columns[T], number: int) -> Callable[[T], str | float]:
    if number not in range(len(columns)):
        raise ResultError(Code.OUT_OF_RANGE, "no such column")
    return columns[number]


async def sites(call: Call, request: m.Query) -> m.Result:
    """Sites of the register."""
    found, info = page(await registered(call), SITE_COLUMNS, request.query_config)
    now = states(call)
    rows = tuple(site_info(site, now.get(site.uri, NOT_IN), call) for site in found)
    return m.SitesPageAnswer(0, rows, info)


async def conferences(call: Call, request: m.Query) -> m.Result:
    """Conferences that are booked or run, also those that nobody booked."""
    standing = await call.bridge.bookings.standing()
    booked = {one.id for one in standing}
    others = (one for one in call.conferences() if one.id not in booked)
    rows = [one for one in standing if call.bridge.territory.sees(call.principal, one.id)]
    rows += [Standing(one.id, one.name, 0.0) for one in others]
    found, info = page(rows, CONFERENCE_COLUMNS, request.query_config)
    return m.ConferencesPageAnswer(0, tuple([await status(call, one.id) for one in found]), info)

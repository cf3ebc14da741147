"""Millions of call records, and how long pages and reports of them take (bar 4)."""

from collections.abc import Awaitable, Callable
from typing import Literal

from sqlalchemy import text

from benchmarks.figures import figure
from benchmarks.report import Row
from control_api.persistence.calls import CallRows
from control_api.persistence.database import Database
from control_api.persistence.uses import Asked
from mcu_core.media.clock import NS_PER_MS, MonotonicClock

CLOCK = MonotonicClock()
AT_ONCE = 250_000
FILL_S = 40.0
"""So long records are made in one go; the next goes on where it ended."""

PER_DAY = 14_000
"""Five million are a year's."""

SITES, ORGANISATIONS = 1000, 50
FIRST_S = 1_767_225_600
"""1 January 2026, from which days are counted as month 1..12 of 31 days."""

_FILL = """WITH RECURSIVE numbers (k) AS (
    SELECT CAST(:first AS BIGINT) UNION ALL SELECT k + 1 FROM numbers WHERE k < :last
)
INSERT INTO calls (number, day, conference, conference_name, bill_code, site, site_name,
    organisation, kind, endpoint, joined_s, seen_s, left_s, reason, video_codec, width, height,
    audio_codec, packets, lost, bytes)
SELECT k + 1, 20260101 + (k / :per_day / 31) * 100 + (k / :per_day) % 31, 'c' || (k / 4), 'round',
    '', 'site-' || (k * 7919 % :sites), 'ward', 'hospital ' || (k * 7919 % :sites % :organisations),
    'webrtc', 'e', :begin + k * 6, :begin + k * 6 + 2400, :begin + k * 6 + 2400, 'left', 'H264',
    1280, 720, 'opus', 200000 + k % 1000, k % 300, 300000000
FROM numbers"""


async def fill(database: Database, count: int) -> int:
    """Make records up to that many, as far as FILL_S allows; how many there are."""
    calls = CallRows(database)
    made = await calls.next_number() - 1
    begun_ns = CLOCK.now_ns()
    while made < count and CLOCK.now_ns() - begun_ns < FILL_S * 1e9:
        upto = min(count, made + AT_ONCE)
        values = {"first": made, "last": upto - 1, "per_day": PER_DAY, "begin": FIRST_S}
        async with database.begin() as connection:
            await connection.execute(
                text(_FILL), {**values, "sites": SITES, "organisations": ORGANISATIONS}
            )
        made = upto
        await calls.sum_up(anew=made >= count)
    return made


async def rows(database: Database, asked: int) -> list[Row]:
    """Pages and reports, each asked for so often."""
    calls = CallRows(database)
    count = await calls.next_number() - 1
    year, month = Asked(20260101, 20261231), Asked(20260601, 20260631)
    middle = count // 2

    async def timed(what: str, work: Callable[[], Awaitable[object]]) -> Row:
        took = []
        for _ in range(asked):
            begun_ns = CLOCK.now_ns()
            await work()
            took.append((CLOCK.now_ns() - begun_ns) / NS_PER_MS)
        return figure(f"{count} call records, {what}, ms, worst", max(took), "2000")

    def report(span: Asked, by: Literal["day", "organisation", "site"]) -> Awaitable[object]:
        return calls.report(span, by, 1000)

    site = Asked(20260101, 20261231, site="site-7")
    odd = Asked(20260115, 20261214)
    below = Asked(20260601, 20260631, organisation="hospital 7")
    return [
        await timed("a page of 100", lambda: calls.page(year, 0, 100)),
        await timed("a page in the middle", lambda: calls.page(year, middle, 100)),
        await timed("a page of one site", lambda: calls.page(site, 0, 100)),
        await timed("report of a month by day", lambda: report(month, "day")),
        await timed("report of a month by site", lambda: report(month, "site")),
        await timed("report of a month of one organisation", lambda: report(below, "site")),
        await timed("report of the year by day", lambda: report(year, "day")),
        await timed("report of the year by organisation", lambda: report(year, "organisation")),
        await timed("report of the year by site", lambda: report(year, "site")),
        await timed("report of a year from a 15th on by site", lambda: report(odd, "site")),
    ]

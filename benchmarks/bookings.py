"""bookings: free/busy of many sites, booking, and reports, with years of them kept (bar 4).

Over the SQLite file of a folder, or over a PostgreSQL server. What is asked goes through the whole
gateway in one process - message, rights, rows, answer - but for HTTP, which is the same for all.
"""

import asyncio
import base64
import gc
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnClause, TableClause, column, insert, text

from benchmarks import call_records
from benchmarks.figures import figure
from benchmarks.report import Report, Row, percentile
from control_api.auth.digests import digest, inner_hash
from control_api.persistence.bookings import BookedSite, Booking, BookingRows, Recurrence
from control_api.persistence.database import Database
from control_api.persistence.register import RegisteredSite, RegisterRows
from control_api.services.booking import Bookings
from control_api.services.booking_request import BookingRequest
from control_api.services.bridge import Bridge
from control_api.settings import Settings
from control_api.soap.gateway import Asked, Gateway
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, MonotonicClock

CLOCK = MonotonicClock()
SITES = 10_000
SITES_EACH = 4
ASKED_SITES = 1000
MONTH = timedelta(days=30)
START = datetime(2027, 3, 1, tzinfo=UTC)
FIRST = 1001
PASSWORD = "bench-Passw0rd"
AT_ONCE = 20_000
NAMESPACE = "http://smc.huawei.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class BookingsBench:
    """What is kept, and where: a folder (empty: one that goes) and a server's URL, if any."""

    series: int
    occurrences: int
    asked: int
    folder: Path | None
    server: str
    calls: int = 0
    """Call records: with them nothing else is measured."""


def run(what: BookingsBench) -> Report:
    """Fill the database, unless it is; ask."""
    return asyncio.run(_measure(what))


async def _measure(what: BookingsBench) -> Report:
    with tempfile.TemporaryDirectory(prefix="mcu-bench-") as name:
        folder = what.folder or Path(name)
        folder.mkdir(exist_ok=True)
        if what.calls:
            return await _reports(what, folder)
        rows = [await _filled(what, folder)]
        async with _bridge(folder, what.server) as bridge:
            caller = await _Caller.logged_in(bridge)
            gc.collect()
            gc.freeze()  # as the control process does
            rows += await _free_busy(what, bridge, caller)
            rows += await _booked(what, bridge)
    kept = f"{what.series} series of {what.occurrences} times, {SITES_EACH} of {SITES} sites each"
    where = "PostgreSQL" if what.server else "SQLite"
    return Report(f"bookings over {where}", rows, notes=[kept])


async def _reports(what: BookingsBench, folder: Path) -> Report:
    database = Database(folder / "mcu.sqlite3", what.server)
    await database.open()
    try:
        made = await call_records.fill(database, what.calls)
        asked = await call_records.rows(database, what.asked) if made >= what.calls else []
    finally:
        await database.close()
    notes = [] if asked else [f"{made} of {what.calls} call records are made: run it again"]
    return Report("call records", asked, notes=notes)


# ---------------------------------------------------------------------- what is kept


async def _filled(what: BookingsBench, folder: Path) -> Row:
    begun_ns = CLOCK.now_ns()
    database = Database(folder / "mcu.sqlite3", what.server)
    await database.open()
    try:
        if await BookingRows(database).booking(FIRST) is None:
            await _fill(what, database)
    finally:
        await database.close()
    return figure("filled in, s", (CLOCK.now_ns() - begun_ns) / 1e9)


async def _fill(what: BookingsBench, database: Database) -> None:
    dice = random.Random(4)
    register = RegisterRows(database)
    for k in range(ASKED_SITES):
        await register.put(RegisteredSite(f"site-{k}", f"会场 {k}"))
    plans = [_series(what, number, dice) for number in range(what.series)]
    await _put(database, "bookings", [row for row, _ in plans])
    times = [time for _, own in plans for time in own]
    await _put(
        database,
        "occurrences",
        [time for time, _ in times],
    )
    await _put(
        database,
        "occupied",
        [taken for _, sites in times for taken in sites],
    )
    if what.server:
        async with database.begin() as connection:
            await connection.execute(text("ANALYZE"))


Values = dict[str, object]


def _series(
    what: BookingsBench, k: int, dice: random.Random
) -> tuple[Values, list[tuple[Values, list[Values]]]]:
    number = FIRST + k
    begin = START + timedelta(days=dice.randrange(7), minutes=15 * dice.randrange(32, 80))
    uris = dice.sample(range(SITES), SITES_EACH)
    sites = tuple(BookedSite(f"site-{uri}", f"会场 {uri}") for uri in uris)
    rule = Recurrence(1, count=what.occurrences)
    code = f"{10**7 + number}"
    booking = Booking(number, f"查房 {k}", begin.timestamp(), 3600, code, sites, recurrence=rule)
    record = msgspec.json.encode(booking).decode()
    times = []
    for week in range(what.occurrences):
        begin_s = (begin + timedelta(weeks=week)).timestamp()
        span: Values = {"booking": number, "begin_s": begin_s, "end_s": begin_s + 3600}
        time = {**span, "state": "booked", "units": 8, "sites": msgspec.json.encode(sites).decode()}
        times.append((time, [{**span, "uri": site.uri, "state": "busy"} for site in sites]))
    return {"id": number, "access_code": code, "record": record}, times


async def _put(database: Database, table: str, rows: list[Values]) -> None:
    columns: list[ColumnClause[Any]] = [column(name) for name in rows[0]]
    statement = insert(TableClause(table, *columns))
    for k in range(0, len(rows), AT_ONCE):
        async with database.begin() as connection:
            await connection.execute(statement, rows[k : k + AT_ONCE])


# ---------------------------------------------------------------------- what is asked


@asynccontextmanager
async def _bridge(folder: Path, server: str) -> AsyncIterator[Bridge]:
    bridge = Bridge(Settings(data=folder, database=server), wall_s=START.timestamp)
    await bridge.open()
    try:
        yield bridge
    finally:
        await bridge.close()


class _Caller:
    """A session at the gateway of a bridge, without HTTP."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._cookies = ""

    @classmethod
    async def logged_in(cls, bridge: Bridge) -> "_Caller":
        """By digest; raises Refused."""
        await bridge.digests.set("admin", PASSWORD)
        caller = cls(Gateway(bridge))
        answer = await caller.ask("LoginRequest", "<userName>admin</userName>")
        sequence = base64.b64decode(answer.partition("<randomSequence>")[2].partition("<")[0])
        secret = base64.b64encode(digest(inner_hash(PASSWORD), sequence)).decode()
        await caller.ask("Authenticate", f"<encryptPassword>{secret}</encryptPassword>")
        return caller

    async def ask(self, name: str, inner: str) -> str:
        """The answer to one message; raises Refused for any but success."""
        body = (
            f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><n:{name} xmlns:n="{NAMESPACE}">{inner}'
            f"</n:{name}></s:Body></s:Envelope>"
        )
        said = await self._gateway.answer(Asked(body.encode(), self._cookies))
        if said.session:
            self._cookies = f"JSESSIONID={said.session}"
        answer = said.data.decode()
        if "<resultCode>0<" not in answer:
            raise Refused(f"{name}: {answer[:300]}")
        return answer


async def _timed_ms(work: Callable[[], Awaitable[object]], times: int) -> list[float]:
    took = []
    for _ in range(times):
        begun_ns = CLOCK.now_ns()
        await work()
        took.append((CLOCK.now_ns() - begun_ns) / NS_PER_MS)
    return took


async def _free_busy(what: BookingsBench, bridge: Bridge, caller: _Caller) -> list[Row]:
    uris = [f"site-{k}" for k in range(ASKED_SITES)]
    since_s = START.timestamp()
    until_s = since_s + MONTH.total_seconds()
    found = await bridge.bookings.taken(uris, since_s, until_s)
    query = await _timed_ms(lambda: bridge.bookings.taken(uris, since_s, until_s), what.asked)
    inner = "".join(f"<siteUris>{uri}</siteUris>" for uri in uris)
    inner += f"<beginTime>{START:%Y-%m-%dT%H:%M:%SZ}</beginTime><duration>P{MONTH.days}D</duration>"
    answers = await _timed_ms(lambda: caller.ask("querySiteStatus", inner), what.asked)
    of = f"free/busy of {ASKED_SITES} sites over a month ({len(found)} spans)"
    return [
        figure(f"{of}, query, ms, median", percentile(query, 0.5), "100"),
        figure(f"{of}, query, ms, worst", max(query)),
        figure(f"{of}, message to message, ms, worst", max(answers), "1000"),
    ]


async def _booked(what: BookingsBench, bridge: Bridge) -> list[Row]:
    dice = random.Random(5)
    bookings: Bookings = bridge.bookings

    def request(times: int) -> BookingRequest:
        begin = START + timedelta(hours=dice.randrange(24, 24 * 300))
        sites = tuple(
            BookedSite(f"site-{uri}", "") for uri in dice.sample(range(SITES), SITES_EACH)
        )
        rule = Recurrence(1, count=times) if times > 1 else None
        return BookingRequest("bench", begin.timestamp(), 3600, sites, recurrence=rule)

    singles = await _timed_ms(lambda: bookings.book(request(1), "admin"), 20 * what.asked)
    series = await _timed_ms(lambda: bookings.book(request(what.occurrences), "admin"), what.asked)
    return [
        figure("booking one, ms, p99", percentile(singles, 0.99), "50"),
        figure(f"booking a series of {what.occurrences}, ms, worst", max(series), "50"),
    ]

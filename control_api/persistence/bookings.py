"""Rows of booked conferences, of when they take place, and of who is taken then."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from control_api.persistence.database import Database
from mcu_core.contract.definition import Encryption

State = Literal["booked", "running", "ended", "deleted"]
AT_ONCE = 500
"""Names in one statement."""

ENCRYPTIONS = tuple(Encryption)
"""By their numbers in WS/T 546 table 4."""


class BookedSite(msgspec.Struct, frozen=True):
    """A site as it was booked; of formats the numbers are the standard's (WS/T 546 table 6)."""

    uri: str
    name: str
    rate_kbps: int = 0
    video_format: int | None = None
    video_protocol: int | None = None
    type: int = 7
    origin: int = 0
    dialing_mode: int = 0


class Recurrence(msgspec.Struct, frozen=True):
    """Daily (0), weekly (1) or monthly (2); days of the week 0..6 from Sunday; end inclusive."""

    frequency: int
    interval: int = 1
    week_days: tuple[int, ...] = ()
    week_of_month: int = 0
    month_day: int = 0
    count: int = 0
    end_s: float = 0.0
    zone: str = "Asia/Shanghai"


class Booking(msgspec.Struct, frozen=True):
    """A booked conference; `length_s` 0: until it is ended. Passwords are kept as keyed hashes.

    `encryption` counts in ENCRYPTIONS. `ports`: kept for it in units of SD, at least. `code_each`:
    occurrences have codes of their own. `room`: the site whose room it is.
    `notify`: mail addresses of who is told of it, with `notice`.
    """

    id: int
    name: str
    begin_s: float
    length_s: float
    access_code: str
    sites: tuple[BookedSite, ...] = ()
    rate_kbps: int = 1920
    presence_panes: int = 0
    may_record: bool = True
    auto_record: bool = False
    may_stream: bool = False
    recorder: str = ""
    ports: int = 0
    code_each: bool = False
    room: str = ""
    notify: tuple[str, ...] = ()
    notice: str = ""
    presentation: int = 0
    encryption: int = 0
    password: str = ""
    chair_password: str = ""
    bill_code: str = ""
    owner: str = ""
    recurrence: Recurrence | None = None


class Occurrence(msgspec.Struct, frozen=True):
    """One time that a booked conference takes place, with the sites and the code of that time."""

    booking: int
    begin_s: float
    end_s: float | None
    state: State
    units: int
    sites: tuple[BookedSite, ...]
    access_code: str = ""


class Standing(msgspec.Struct, frozen=True):
    """A conference that is booked or runs, by the id that it has while it runs."""

    id: str
    name: str
    begin_s: float


class Taken(msgspec.Struct, frozen=True):
    """A site is taken from, until, by; `gone`: it was, until the conference or the site went."""

    uri: str
    begin_s: float
    end_s: float | None
    booking: int
    gone: bool
    name: str


_ENCODE = msgspec.json.Encoder().encode
_SITES = msgspec.json.Decoder(tuple[BookedSite, ...])
_BOOKING = msgspec.json.Decoder(Booking)
_OCCURRENCE = "SELECT booking, begin_s, end_s, state, units, sites, access_code FROM occurrences"
_TAKEN = (
    "SELECT uri, begin_s, end_s, booking, state FROM occupied"
    " WHERE uri IN :uris AND begin_s < :until AND (end_s IS NULL OR end_s > :since)"
    " ORDER BY uri, begin_s, booking"
)


class BookingRows:
    """Reads and writes bookings; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._longest_s: float | None = None

    async def next_id(self, first: int) -> int:
        """An id that no booking has had."""
        async with self._database.begin() as connection:
            found = (await connection.execute(text("SELECT max(id) FROM bookings"))).scalar()
        return max(first, int(found or 0) + 1)

    async def put(self, booking: Booking, occurrences: Sequence[Occurrence]) -> None:
        """Write a booking and all its occurrences, in place of those that had not begun."""
        async with self._database.begin() as connection:
            await _write_booking(connection, booking)
            known = {"booking": booking.id}
            await connection.execute(
                text(
                    "UPDATE occupied SET state = 'gone' WHERE booking = :booking AND begin_s IN"
                    " (SELECT begin_s FROM occurrences"
                    " WHERE booking = :booking AND state = 'booked')"
                ),
                known,
            )
            await connection.execute(
                text("DELETE FROM occurrences WHERE booking = :booking AND state = 'booked'"), known
            )
            await _write(connection, occurrences)
        self._note_length(occurrences)

    async def put_booking(self, booking: Booking) -> None:
        """Write a booking alone; its occurrences stay as they are."""
        async with self._database.begin() as connection:
            await _write_booking(connection, booking)

    async def put_occurrence(self, occurrence: Occurrence) -> None:
        """Write one occurrence, new or changed; its sites are taken as long as it is not over."""
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE occupied SET state = 'gone'"
                    " WHERE booking = :booking AND begin_s = :begin_s"
                ),
                {"booking": occurrence.booking, "begin_s": occurrence.begin_s},
            )
            await _write(connection, [occurrence])
        self._note_length([occurrence])

    async def booking(self, number: int) -> Booking | None:
        """The booking of that id."""
        async with self._database.begin() as connection:
            row = (
                await connection.execute(
                    text("SELECT record FROM bookings WHERE id = :id"), {"id": number}
                )
            ).first()
        return _BOOKING.decode(row.record) if row is not None else None

    async def has_access_code(self, code: str) -> bool:
        """Whether some booking, or an occurrence of one, has this access code."""
        async with self._database.begin() as connection:
            row = await connection.execute(
                text(
                    "SELECT 1 FROM bookings WHERE access_code = :code"
                    " UNION ALL SELECT 1 FROM occurrences WHERE access_code = :code"
                ),
                {"code": code},
            )
            return row.first() is not None

    async def coded(self, code: str) -> list[Occurrence]:
        """What is booked or runs with this access code, its own or that of its booking."""
        return await self._occurrences(
            "WHERE state IN ('booked', 'running') AND (access_code = :code OR access_code = ''"
            " AND booking IN (SELECT id FROM bookings WHERE access_code = :code))",
            code=code,
        )

    async def standing(self) -> list[Standing]:
        """All bookings that are not over, with when they begin, or began, first."""
        async with self._database.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT b.id, b.name, (SELECT o.begin_s FROM occurrences o"
                    " WHERE o.booking = b.id AND o.state IN ('booked', 'running')"
                    " ORDER BY o.begin_s LIMIT 1) AS begin_s FROM bookings b ORDER BY b.id"
                )
            )
            return [
                Standing(str(row.id), row.name, row.begin_s)
                for row in rows.all()
                if row.begin_s is not None
            ]

    async def occurrences(self, number: int) -> list[Occurrence]:
        """All times of a booking, in order."""
        return await self._occurrences("WHERE booking = :booking ORDER BY begin_s", booking=number)

    async def between(self, since_s: float, until_s: float) -> list[Occurrence]:
        """All that take place, or took place, in that time and were not deleted, in order."""
        longest_s = await self._longest()
        found = await self._occurrences(
            "WHERE begin_s > :earliest AND begin_s < :until AND end_s > :since"
            " AND state <> 'deleted'",
            earliest=since_s - longest_s,
            since=since_s,
            until=until_s,
        )
        found += await self._occurrences(
            "WHERE end_s IS NULL AND begin_s < :until AND state <> 'deleted'", until=until_s
        )
        return sorted(found, key=lambda one: (one.begin_s, one.booking))

    async def _longest(self) -> float:
        """How long any lasts at most: who began earlier than that before a span is over in it."""
        if self._longest_s is None:
            async with self._database.begin() as connection:
                statement = text("SELECT max(end_s - begin_s) FROM occurrences")
                self._longest_s = float((await connection.execute(statement)).scalar() or 0)
        return self._longest_s

    def _note_length(self, occurrences: Iterable[Occurrence]) -> None:
        if self._longest_s is not None:
            lengths = (one.end_s - one.begin_s for one in occurrences if one.end_s is not None)
            self._longest_s = max(self._longest_s, *lengths, 0.0)

    async def due(self, now_s: float) -> list[Occurrence]:
        """What must begin or is under way."""
        return await self._occurrences(
            "WHERE state = 'running' OR (state = 'booked' AND begin_s <= :now) ORDER BY begin_s",
            now=now_s,
        )

    async def _occurrences(self, where: str, **values: float | str) -> list[Occurrence]:
        async with self._database.begin() as connection:
            rows = await connection.execute(text(f"{_OCCURRENCE} {where}"), values)
            return [
                Occurrence(
                    row.booking,
                    row.begin_s,
                    row.end_s,
                    row.state,
                    row.units,
                    _SITES.decode(row.sites),
                    row.access_code,
                )
                for row in rows.all()
            ]

    async def bookings(self, numbers: Iterable[int]) -> dict[int, Booking]:
        """The bookings of these ids that there are."""
        return {row.id: _BOOKING.decode(row.record) for row in await self._records(numbers)}

    async def _records(self, numbers: Iterable[int]) -> list[Row[Any]]:
        wanted = list(set(numbers))
        statement = text("SELECT id, record FROM bookings WHERE id IN :ids").bindparams(
            bindparam("ids", expanding=True)
        )
        found: list[Row[Any]] = []
        async with self._database.begin() as connection:
            for k in range(0, len(wanted), AT_ONCE):
                rows = await connection.execute(statement, {"ids": wanted[k : k + AT_ONCE]})
                found += rows.all()
        return found

    async def taken(self, uris: Sequence[str], since_s: float, until_s: float) -> list[Taken]:
        """When these sites are or were taken in that time, in order of sites and times."""
        statement = text(_TAKEN).bindparams(bindparam("uris", expanding=True))
        wanted = sorted(set(uris))
        found: list[Any] = []
        async with self._database.begin() as connection:
            for k in range(0, len(wanted), AT_ONCE):
                chunk = {"uris": wanted[k : k + AT_ONCE], "since": since_s, "until": until_s}
                # Thousands of rows: all() has them at once, where a loop would ask for each.
                found += (await connection.execute(statement, chunk)).all()
        names = await self._names({booking for _, _, _, booking, _ in found})
        return [
            Taken(uri, begin_s, end_s, booking, state == "gone", names[booking])
            for uri, begin_s, end_s, booking, state in found
        ]

    async def _names(self, numbers: Iterable[int]) -> dict[int, str]:
        wanted = list(numbers)
        statement = text("SELECT id, name FROM bookings WHERE id IN :ids").bindparams(
            bindparam("ids", expanding=True)
        )
        found: list[Any] = []
        async with self._database.begin() as connection:
            for k in range(0, len(wanted), AT_ONCE):
                rows = await connection.execute(statement, {"ids": wanted[k : k + AT_ONCE]})
                found += rows.all()
        return {number: name for number, name in found}


async def _write_booking(connection: AsyncConnection, booking: Booking) -> None:
    await connection.execute(
        text(
            "INSERT INTO bookings (id, access_code, name, record)"
            " VALUES (:id, :code, :name, :record) ON CONFLICT (id)"
            " DO UPDATE SET access_code = :code, name = :name, record = :record"
        ),
        {
            "id": booking.id,
            "name": booking.name,
            "code": booking.access_code,
            "record": _ENCODE(booking).decode(),
        },
    )


async def _write(connection: AsyncConnection, occurrences: Sequence[Occurrence]) -> None:
    if not occurrences:
        return
    await connection.execute(
        text(
            "INSERT INTO occurrences (booking, begin_s, end_s, state, units, sites, access_code)"
            " VALUES (:booking, :begin_s, :end_s, :state, :units, :sites, :access_code)"
            " ON CONFLICT (booking, begin_s) DO UPDATE SET end_s = :end_s, state = :state,"
            " units = :units, sites = :sites, access_code = :access_code"
        ),
        [
            {**msgspec.structs.asdict(one), "sites": _ENCODE(one.sites).decode()}
            for one in occurrences
        ],
    )
    busy = [
        {"uri": site.uri, "begin_s": one.begin_s, "end_s": one.end_s, "booking": one.booking}
        for one in occurrences
        if one.state != "deleted"
        for site in one.sites
    ]
    if busy:
        await connection.execute(
            text(
                "INSERT INTO occupied (uri, begin_s, end_s, booking, state)"
                " VALUES (:uri, :begin_s, :end_s, :booking, 'busy')"
                " ON CONFLICT (uri, begin_s, booking) DO UPDATE SET end_s = :end_s, state = 'busy'"
            ),
            busy,
        )

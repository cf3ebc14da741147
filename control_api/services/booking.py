"""Use cases: booking conferences, changing and ending them (WS/T 546 4.5, CONF-01..06)."""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

import msgspec

from control_api.persistence.bookings import (
    BookedSite,
    Booking,
    BookingRows,
    Occurrence,
    Standing,
    Taken,
)
from control_api.services.booking_request import (
    BookingRequest,
    Conflict,
    Running,
    TooLate,
    digits,
    number_of,
    planned,
    seated,
)
from control_api.services.ledger import units_for
from control_api.services.mail import check_address
from control_api.services.names import clean_name
from control_api.services.ports import PERMANENT_S, Ports
from control_api.services.register import RATE_KBPS
from control_api.services.timetable import Timetable
from mcu_core.errors import BadInput, NotFound
from mcu_core.media.clock import wall_time_s

FIRST_ID = 1001
LONGEST_S = 366 * 86400.0
EDIT_BEFORE_S = 180.0
PRESENCE_PANES = range(25)
MOST_PORTS = 10_000
MOST_NOTIFIED = 50


CheckCode = Callable[[str, int, Sequence[Occurrence]], Awaitable[None]]


async def _any_code(code: str, number: int, times: Sequence[Occurrence]) -> None:
    pass


class Bookings:
    """Booked conferences for callers. `capacity` 0: ports are not counted."""

    def __init__(
        self,
        rows: BookingRows,
        timetable: Timetable,
        capacity: int = 0,
        prolong_s: tuple[float, float] = (60.0, 86400.0),
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self._rows = rows
        self._timetable = timetable
        self.ports = Ports(rows, capacity)
        self._prolong_s = prolong_s
        self._wall_s = wall_s
        self._lock = timetable.changing
        self.secret = b""
        self.check_code: CheckCode = _any_code
        """Raises Conflict for an access code that is another's at one of these times."""

        self.told: Callable[[Booking, list[Occurrence], bool], None] = lambda *what: None
        """Told (booking, times, gone) of what is booked, changed or deleted."""

    # ------------------------------------------------------------------ reading

    async def get(self, number: int) -> Booking:
        """A booking; raises NotFound."""
        found = await self._rows.booking(number)
        if found is None:
            raise NotFound("conference", str(number))
        return found

    async def find(self, conference: str) -> Booking | None:
        """The booking behind a conference's id; None where it was not booked."""
        number = number_of(conference)
        return await self._rows.booking(number) if number else None

    async def occurrences(self, number: int) -> list[Occurrence]:
        """When it takes place, in order; those that were deleted, too."""
        return await self._rows.occurrences(number)

    async def booked_sites(self, conference: str) -> dict[str, BookedSite]:
        """Who is booked for what runs now under that id; nobody, where it was not booked."""
        running = await self._running(conference)
        return {site.uri: site for site in running.sites} if running is not None else {}

    async def standing(self) -> list[Standing]:
        """All that are booked or run."""
        return await self._rows.standing()

    async def owners(self, conferences: Iterable[str]) -> dict[str, str]:
        """Who booked each of these conferences, of those that were booked."""
        numbers = {number_of(one) for one in conferences} - {0}
        found = await self._rows.bookings(numbers)
        return {str(number): booking.owner for number, booking in found.items()}

    async def between(self, since_s: float, until_s: float) -> list[tuple[Booking, Occurrence]]:
        """What takes place in that time."""
        found = await self._rows.between(since_s, until_s)
        bookings = await self._rows.bookings(one.booking for one in found)
        return [(bookings[one.booking], one) for one in found]

    async def taken(self, uris: Sequence[str], since_s: float, until_s: float) -> list[Taken]:
        """Free/busy: when these sites are taken in that time."""
        return await self._rows.taken(uris, since_s, until_s)

    def is_password(self, given: str, kept: str) -> bool:
        """Whether a password of a conference is right."""
        return bool(kept) and hmac.compare_digest(self._keyed(given), kept)

    # ------------------------------------------------------------------ booking

    async def book(self, request: BookingRequest, owner: str) -> Booking:
        """Book a conference; one that begins at once runs when this returns.

        Raises BadInput, or Conflict with the reason why there is no room.
        """
        async with self._lock:
            number = await self._rows.next_id(FIRST_ID)
            booking = await self._made(number, request, owner)
            occurrences = await self._coded(booking, planned(booking))
            if request.access_code and not request.room:
                await self.check_code(request.access_code, number, occurrences)
            await self.ports.check(occurrences)
            await self._rows.put(booking, occurrences)
        self.told(booking, occurrences, False)
        await self._timetable.look()
        return booking

    async def edit(self, number: int, request: BookingRequest) -> Booking:
        """Book it anew under its id; raises NotFound, Conflict, or Refused once it is too late."""
        async with self._lock:
            known = await self.get(number)
            now_s = self._wall_s()
            for one in await self._rows.occurrences(number):
                if one.state == "running" and known.recurrence is None:
                    raise Running("it is running already")
            if known.recurrence is None and known.begin_s - now_s < EDIT_BEFORE_S:
                raise TooLate("it begins within three minutes")
            kept = {
                "access_code": request.access_code or known.access_code,
                "begin_s": known.begin_s if request.begin_s is None else request.begin_s,
            }
            booking = await self._made(
                number, msgspec.structs.replace(request, **kept), known.owner
            )
            booking = msgspec.structs.replace(
                booking,
                password=booking.password or known.password,
                chair_password=booking.chair_password or known.chair_password,
            )
            if booking.begin_s <= now_s and booking.recurrence is None:
                raise BadInput("beginTime", "a time to come")
            coming = [one for one in planned(booking) if one.begin_s > now_s]
            occurrences = await self._coded(booking, coming)
            if not booking.room:
                await self.check_code(booking.access_code, number, occurrences)
            await self.ports.check(occurrences, but=number)
            await self._rows.put(booking, occurrences)
        self.told(booking, occurrences, False)
        await self._timetable.look()
        return booking

    async def edit_one(self, number: int, begin_s: float, request: BookingRequest) -> Booking:
        """Move one occurrence, or change its length and sites; raises as `edit` does."""
        async with self._lock:
            booking, now_s = await self.get(number), self._wall_s()
            (one,) = await self._going(number, begin_s)
            if one.state == "running":
                raise Running("it is running already")
            if one.begin_s - now_s < EDIT_BEFORE_S:
                raise TooLate("it begins within three minutes")
            fresh_s = one.begin_s if request.begin_s is None else request.begin_s
            if fresh_s <= now_s:
                raise BadInput("beginTime", "a time to come")
            sites = seated(request.sites) or one.sites
            end_s = fresh_s + (request.length_s or booking.length_s)
            fields = {
                "begin_s": fresh_s,
                "end_s": end_s,
                "sites": sites,
                "units": units_for(booking, sites),
            }
            changed = msgspec.structs.replace(one, **fields)
            for other in await self._going(number, None):
                apart = other.begin_s >= end_s or (other.end_s or end_s) <= fresh_s
                if other.begin_s != one.begin_s and not apart:
                    raise BadInput("duration", "occurrences that do not overlap")
            await self.ports.check([changed], but=number)
            if fresh_s != one.begin_s:
                await self._rows.put_occurrence(msgspec.structs.replace(one, state="deleted"))
            await self._rows.put_occurrence(changed)
        self.told(booking, [changed], False)
        return booking

    async def _made(self, number: int, request: BookingRequest, owner: str) -> Booking:
        now_s = self._wall_s()
        begin_s = now_s if request.begin_s is None else request.begin_s
        if begin_s < now_s:
            if request.recurrence is not None and not await self._rows.booking(number):
                raise BadInput("beginTime", "a time to come")
            begin_s = now_s if request.recurrence is None else begin_s
        if begin_s > now_s + PERMANENT_S:
            raise BadInput("beginTime", "a time within ten years")
        if not 0 <= request.length_s <= LONGEST_S:
            raise BadInput("duration", "at most a year; none: until it is ended")
        if request.recurrence is not None and not request.length_s:
            raise BadInput("duration", "how long each occurrence takes")
        if len(request.notify) > MOST_NOTIFIED:
            raise BadInput("notify", f"at most {MOST_NOTIFIED} addresses")
        for address in request.notify:
            check_address(address, "notify")
        if not 0 <= request.ports <= MOST_PORTS:
            raise BadInput("ports", f"0..{MOST_PORTS}")
        if request.presence_panes not in PRESENCE_PANES:
            raise BadInput("cpResouce", f"0..{PRESENCE_PANES[-1]} panes")
        fields = msgspec.structs.asdict(request)
        fields |= {
            "id": number,
            "owner": owner,
            "name": clean_name(request.name),
            "begin_s": begin_s,
            "sites": seated(request.sites),
            "rate_kbps": max(RATE_KBPS[0], min(RATE_KBPS[1], request.rate_kbps)),
            "access_code": digits(request.access_code, "accessCode", 1, 20)
            or await self._fresh_code(),
            "password": self.kept(digits(request.password, "password", 6, 6)),
            "chair_password": self.kept(digits(request.chair_password, "chairmanPassword", 6, 6)),
        }
        return Booking(**fields)

    async def _coded(self, booking: Booking, times: list[Occurrence]) -> list[Occurrence]:
        """Each with a code of its own, where that was asked for."""
        if not booking.code_each:
            return times
        return [msgspec.structs.replace(one, access_code=await self._fresh_code()) for one in times]

    async def _fresh_code(self) -> str:
        while True:
            code = f"{secrets.randbelow(9 * 10**7) + 10**7}"
            if await self._rows.has_access_code(code):
                continue
            with suppress(Conflict):
                await self.check_code(code, 0, ())
                return code

    def _keyed(self, password: str) -> str:
        return hmac.new(self.secret, password.encode(), hashlib.sha256).hexdigest()

    def kept(self, password: str) -> str:
        """A password as it is kept: a keyed hash; empty for none."""
        return self._keyed(password) if password else ""

    # ------------------------------------------------------------------ changing

    async def prolong(self, number: int, by_s: float, begin_s: float | None = None) -> None:
        """Let it, or one occurrence, take longer; raises NotFound, BadInput, Conflict."""
        least, most = self._prolong_s
        if not least <= by_s <= most:
            raise BadInput("prolongTime", f"{least / 60:g}..{most / 60:g} minutes")
        async with self._lock:
            begins_s = [
                one.begin_s for one in await self._rows.occurrences(number) if one.state == "booked"
            ]
            longer = []
            for one in await self._going(number, begin_s):
                if one.end_s is None:
                    continue
                end_s = one.end_s + by_s
                if any(one.begin_s < other_s < end_s for other_s in begins_s):
                    raise BadInput("duration", "occurrences that do not overlap")
                more = msgspec.structs.replace(one, begin_s=one.end_s, end_s=end_s)
                await self.ports.check([more], but=number)
                longer.append(msgspec.structs.replace(one, end_s=end_s))
            for one in longer:
                await self._rows.put_occurrence(one)
        await self._timetable.look()

    async def add_site(
        self, number: int, site: BookedSite, begin_s: float | None = None
    ) -> list[tuple[str, Occurrence]]:
        """Add a site to it, or to one occurrence: its URI, and when it takes part.

        A site that is in already stays as it is.
        """
        async with self._lock:
            changed, booking = [], await self.get(number)
            for one in await self._going(number, begin_s):
                if site.uri and any(other.uri == site.uri for other in one.sites):
                    changed.append((site.uri, one))
                    continue
                sites = seated((*one.sites, site))
                more = msgspec.structs.replace(one, sites=sites, units=units_for(booking, sites))
                await self.ports.check([more], but=number)
                await self._rows.put_occurrence(more)
                await self._timetable.seat(more, sites[-1])
                changed.append((sites[-1].uri, more))
            return changed

    async def remove_site(self, number: int, uri: str, begin_s: float | None = None) -> None:
        """Take a site out of it, or of one occurrence; raises NotFound."""
        async with self._lock:
            found, booking = False, await self.get(number)
            for one in await self._going(number, begin_s):
                sites = tuple(site for site in one.sites if site.uri != uri)
                if sites == one.sites:
                    continue
                found = True
                await self._rows.put_occurrence(
                    msgspec.structs.replace(one, sites=sites, units=units_for(booking, sites))
                )
                await self._timetable.unseat(one, uri)
            if not found:
                raise NotFound("site", uri)

    async def keep_ports(self, number: int, ports: int) -> Booking:
        """Keep so many ports (in units of SD), also while it runs; raises Conflict, NotFound."""
        if not 0 <= ports <= MOST_PORTS:
            raise BadInput("ports", f"0..{MOST_PORTS}")
        async with self._lock:
            booking = msgspec.structs.replace(await self.get(number), ports=ports)
            going = [
                msgspec.structs.replace(one, units=units_for(booking, one.sites))
                for one in await self._going(number, None)
            ]
            await self.ports.check(going, but=number)
            for one in going:
                await self._rows.put_occurrence(one)
            await self._rows.put_booking(booking)
        return booking

    async def moved(self, conference: str, to: str, uri: str) -> None:
        """A site has moved from one running conference to another: their occurrences say so."""
        async with self._lock:
            left, entered = await self._running(conference), await self._running(to)
            site = BookedSite(uri, "")
            if left is not None:
                site = next((one for one in left.sites if one.uri == uri), site)
                await self._reseat(left, tuple(one for one in left.sites if one.uri != uri))
            if entered is not None and all(one.uri != uri for one in entered.sites):
                await self._reseat(entered, (*entered.sites, site))

    async def _running(self, conference: str) -> Occurrence | None:
        number = number_of(conference)
        times = await self._rows.occurrences(number) if number else []
        return next((one for one in times if one.state == "running"), None)

    async def _reseat(self, one: Occurrence, sites: tuple[BookedSite, ...]) -> None:
        if sites != one.sites:
            units = units_for(await self.get(one.booking), sites)
            changed = msgspec.structs.replace(one, sites=sites, units=units)
            await self._rows.put_occurrence(changed)

    async def delete(self, number: int, begin_s: float | None = None) -> None:
        """Delete it, or one occurrence; what runs is ended. Raises NotFound."""
        async with self._lock:
            going = await self._going(number, begin_s)
            for one in going:
                if one.state == "running":
                    await self._timetable.end(one)
                else:
                    await self._rows.put_occurrence(msgspec.structs.replace(one, state="deleted"))
            self.told(await self.get(number), [one for one in going if one.state == "booked"], True)

    async def _going(self, number: int, begin_s: float | None) -> list[Occurrence]:
        """What is not over yet of a booking, or its one occurrence of that time."""
        await self.get(number)
        going = [
            one
            for one in await self._rows.occurrences(number)
            if one.state in {"booked", "running"}
            and (begin_s is None or abs(one.begin_s - begin_s) < 1)
        ]
        if not going:
            raise NotFound(
                "occurrence" if begin_s is not None else "booked conference", str(number)
            )
        return going

"""Booked conferences begin and end by the clock, also across restarts of ours.

What happens is decided by what the database and the wanted conferences say, so that a process that
is killed between two steps takes the missing one when it is back.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from control_api.persistence.bookings import (
    ENCRYPTIONS,
    BookedSite,
    Booking,
    BookingRows,
    Occurrence,
)
from control_api.persistence.rules import Rules
from control_api.services.conferences import Conferences
from control_api.services.own_tasks import OwnTasks
from control_api.services.register import Register
from control_api.services.sites import Sites
from control_api.services.wanted import Wanted
from mcu_core.contract.content import ContentRules
from mcu_core.contract.definition import (
    ConferenceDefinition,
    LayoutChoice,
    Pane,
    SiteDefinition,
    SiteKind,
)
from mcu_core.errors import McuError
from mcu_core.media.clock import wall_time_s

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
SINGLE_PICTURE = LayoutChoice(mode=1)


class Timetable:
    """The owner of what begins and ends by itself; `start` and `stop` are its life."""

    def __init__(
        self,
        rows: BookingRows,
        register: Register,
        wanted: Wanted,
        conferences: Conferences,
        sites: Sites,
        wall_s: Callable[[], float] = wall_time_s,
    ) -> None:
        self._rows = rows
        self._register = register
        self._wanted = wanted
        self._conferences = conferences
        self._sites = sites
        self._wall_s = wall_s
        self.changing = asyncio.Lock()
        """Held while a booking is changed, here and by callers, so that neither sees half of it."""
        self.record: Callable[[str], Awaitable[None]] = _no_recorder
        """Lets a conference be recorded as soon as its recorder can."""
        self._tasks = OwnTasks()

    def start(self) -> None:
        """Begin to look at the clock."""
        self._tasks.start(self._run(), "timetable")

    async def stop(self) -> None:
        """Stop, and wait for it; safe twice."""
        await self._tasks.stop()

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # else nothing would begin or end any more
                log.exception("looking at the timetable broke")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Begin what is due and end what is over; one that cannot begin is tried again."""
        async with self.changing:
            now_s = self._wall_s()
            try:
                due = await self._rows.due(now_s)
            except McuError as error:
                log.error("timetable cannot be read", reason=str(error))
                return
            for one in due:
                try:
                    await self._settle(one, now_s)
                except McuError as error:
                    log.error("booked conference", booking=one.booking, reason=str(error))
                except Exception:  # one that breaks must not keep the others from theirs
                    log.exception("booked conference broke", booking=one.booking)

    async def _settle(self, one: Occurrence, now_s: float) -> None:
        running = str(one.booking) in self._wanted
        over = one.end_s is not None and one.end_s <= now_s
        if one.state == "booked":
            if over:
                await self._note(one, "ended")  # nobody was there to begin it
            else:
                if not running:
                    await self._begin(one)
                await self._note(one, "running")
        elif over:
            await self.end(one)
        elif not running:
            await self._note(one, "ended", now_s)  # ended by hand

    async def _begin(self, one: Occurrence) -> None:
        booking = await self._rows.booking(one.booking)
        assert booking is not None
        sites = await self._register.definitions(one.sites, booking.rate_kbps)
        fields = {
            "name": booking.name,
            "video_bitrate_bps": booking.rate_kbps * 1000,
            "encryption": ENCRYPTIONS[booking.encryption],
            "sites": sites,
            **_picture(booking),
            "content": CONTENT_OF.get(booking.presentation, ContentRules()),
        }
        log.info("booked conference begins", booking=booking.id)
        await self._conferences.create(fields, str(booking.id), rules_of(booking, one.access_code))
        for site in sites:
            await self._call(str(booking.id), site)
        if booking.auto_record and booking.may_record:
            await self.record(str(booking.id))

    async def _call(self, conference: str, site: SiteDefinition) -> None:
        """Connect a site whose offer is registered; the others come by themselves."""
        if site.kind is not SiteKind.RTP:
            return
        registered = (await self._register.known([site.id])).get(site.id)
        if registered is None or not registered.offer_sdp:
            return
        try:
            await self._sites.attach_rtp(conference, site.id, registered.offer_sdp)
        except McuError as error:
            log.error("site not called", conference=conference, site=site.id, reason=str(error))

    async def end(self, one: Occurrence) -> None:
        """End a running occurrence; while `changing` is held."""
        conference = str(one.booking)
        if conference in self._wanted:
            log.info("booked conference ends", booking=one.booking)
            await self._conferences.end(conference)
        await self._note(one, "ended", self._wall_s())

    async def _note(self, one: Occurrence, state: str, end_s: float | None = None) -> None:
        """Keep how it stands; one that ended early frees its sites from then on."""
        if end_s is not None and (one.end_s is None or end_s < one.end_s):
            one = msgspec.structs.replace(one, end_s=max(end_s, one.begin_s))
        await self._rows.put_occurrence(msgspec.structs.replace(one, state=state))

    # ------------------------------------------------------------------ sites of what runs

    async def seat(self, one: Occurrence, site: BookedSite) -> None:
        """Let a site take part in what runs now, if it does; while `changing` is held."""
        conference = str(one.booking)
        if one.state != "running" or conference not in self._wanted:
            return
        booking = await self._rows.booking(one.booking)
        assert booking is not None
        (definition,) = await self._register.definitions([site], booking.rate_kbps)
        await self.bring(conference, definition)

    async def bring(self, conference: str, site: SiteDefinition) -> None:
        """Let a site take part, and connect it where we can."""

        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            if any(row.id == site.id for row in now.sites):
                return now
            return msgspec.structs.replace(now, sites=(*now.sites, site))

        await self._conferences.amend(conference, edit)
        await self._call(conference, site)

    async def unseat(self, one: Occurrence, uri: str) -> None:
        """Take a site out of what runs now, if it is in; while `changing` is held."""
        conference = str(one.booking)
        if one.state != "running" or conference not in self._wanted:
            return
        if any(site.id == uri for site in self._wanted[conference].definition.sites):
            await self._sites.remove(conference, uri)


def rules_of(booking: Booking, code: str = "") -> Rules:
    """Where sites were named, others come to booked anonymous places only."""
    return Rules(
        access_code=code or booking.access_code,
        password=booking.password,
        chair_password=booking.chair_password,
        anonymous=not booking.sites or bool(booking.room),
        room=booking.room,
        live=booking.may_stream,
    )


async def _no_recorder(conference: str) -> None:
    return


CONTENT_OF = {1: ContentRules(motion=True, several=True), 2: ContentRules(senders="nobody")}
"""By the booked presentation mode: 0 slides of one; 1 live pictures, several may send; 2 none."""


def _picture(booking: Booking) -> dict[str, object]:
    """Composed where panes were booked; else who speaks, in full."""
    if booking.presence_panes > 1:
        return {"layout": LayoutChoice()}
    return {"layout": SINGLE_PICTURE, "panes": (Pane("voice"),)}

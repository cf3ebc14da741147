"""Use cases: calling sites into a running conference, and hanging up (SOAP-MGR-13, 14).

Browsers are rung: their page hears the event `ring`. RTP sites are connected by the offer that they
were registered with. Files and patterns come and go with their place in the conference.
"""

from collections.abc import Awaitable, Callable, Iterable

from control_api.persistence.bookings import BookedSite
from control_api.services.booking import Bookings
from control_api.services.booking_request import number_of
from control_api.services.cameras import Cameras
from control_api.services.contents import Contents
from control_api.services.feed import Feed
from control_api.services.keeper import Keeper
from control_api.services.observed import Observed
from control_api.services.register import Register
from control_api.services.sites import Sites
from control_api.services.timetable import Timetable
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import Detach
from mcu_core.contract.definition import SiteKind
from mcu_core.errors import NotFound, Refused
from mcu_core.media.clock import NS_PER_SECOND, Clock

RINGS_NS = 45 * NS_PER_SECOND
OWN_SOURCE = {SiteKind.FILE, SiteKind.PATTERN}


class Calling:
    """Calls to sites. Where some are unknown they are passed over; where all are, NotFound."""

    def __init__(
        self,
        wanted: Wanted,
        observed: Observed,
        keeper: Keeper,
        feed: Feed,
        sites: Sites,
        register: Register,
        bookings: Bookings,
        timetable: Timetable,
        admit: Callable[[str, list[str]], Awaitable[None]],
        clock: Clock,
        contents: Contents,
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._feed = feed
        self._sites = sites
        self._register = register
        self._bookings = bookings
        self._timetable = timetable
        self._admit = admit
        self._clock = clock
        self._contents = contents
        self.cameras = Cameras(wanted, observed, keeper, self.tell)
        self._rung: dict[tuple[str, str], int] = {}

    async def connect(self, conference: str, uris: Iterable[str]) -> None:
        """Call sites; who is in, or being called, is left alone."""
        known = {site.id: site for site in self._observed.view(conference).sites}
        booked = await self._bookings.booked_sites(conference)
        named = [uri for uri in dict.fromkeys(uris) if uri in known or uri in booked]
        if not named:
            raise NotFound("site", next(iter(uris), ""))
        await self._admit(conference, named)
        for uri in named:
            if uri not in known:
                (definition,) = await self._register.definitions([booked[uri]], 0)
                await self._timetable.bring(conference, definition)
            elif known[uri].state == "away":
                await self._call(conference, uri, known[uri].kind)

    async def invite(self, conference: str, uris: Iterable[str]) -> None:
        """Let sites take part that may not be in it yet, and call all of them."""
        wanted = list(dict.fromkeys(uris))
        here = {site.id for site in self._observed.view(conference).sites}
        fresh = [BookedSite(uri, "") for uri in wanted if uri not in here]
        number = number_of(conference)
        if fresh and await self._bookings.find(conference) is not None:
            for site in fresh:
                await self._bookings.add_site(number, site)
        else:
            for definition in await self._register.definitions(fresh, 0):
                await self._timetable.bring(conference, definition)
        await self.connect(conference, wanted)

    async def _call(self, conference: str, uri: str, kind: SiteKind) -> None:
        if kind is SiteKind.WEBRTC:
            self._ring(conference, uri)
        elif kind is SiteKind.RTP:
            kept = self._wanted[conference].rtp.get(uri)
            registered = (await self._register.known([uri])).get(uri)
            offer = kept.sdp if kept else registered.offer_sdp if registered else ""
            if offer:
                await self._sites.attach_rtp(conference, uri, offer)

    def _ring(self, conference: str, site: str) -> None:
        now_ns = self._clock.now_ns()
        self._rung = {key: until for key, until in self._rung.items() if until > now_ns}
        self._rung[conference, site] = now_ns + RINGS_NS
        self.tell(conference, site, "ring", name=self._wanted[conference].definition.name)

    def rings(self, conference: str, site: str) -> bool:
        """Whether the page of a site was rung just now, and nobody has declined."""
        return self._rung.get((conference, site), 0) > self._clock.now_ns()

    def decline(self, conference: str, site: str) -> None:
        """Who is rung does not come now."""
        self._rung.pop((conference, site), None)
        self.tell(conference, site, "declined")

    def tell(self, conference: str, site: str, name: str, /, **what: object) -> None:
        """Tell the page of a site that something is wanted of it: `ring`, `share`, `camera`."""
        told = {"conference": conference, "site": site, **what}
        self._feed.publish(name, conference, told)

    async def ask_content(self, conference: str, site: str) -> None:
        """Show a site's content; a page that sends none asks its user to share. Raises Refused."""
        try:
            await self._contents.take(conference, site)
        except Refused as error:
            view = self._observed.site(conference, site)
            if view.kind is not SiteKind.WEBRTC or view.state == "away":
                raise Refused("it sends no content") from error
            self.tell(conference, site, "share", on=True)

    async def end_content(self, conference: str, site: str) -> None:
        """Show a site's content no more; its page stops sharing."""
        await self._contents.end(conference, site)
        self.tell(conference, site, "share", on=False)

    async def disconnect(self, conference: str, uris: Iterable[str]) -> None:
        """Hang up; who is not in is left alone. Places, panes and mute stay where they can."""
        known = {site.id: site for site in self._observed.view(conference).sites}
        booked = await self._bookings.booked_sites(conference)
        named = [uri for uri in dict.fromkeys(uris) if uri in known or uri in booked]
        if not named:
            raise NotFound("site", next(iter(uris), ""))
        for uri in named:
            if uri not in known:
                continue
            if known[uri].kind in OWN_SOURCE:
                await self._sites.remove(conference, uri)
                continue
            if known[uri].kind is SiteKind.WEBRTC:
                self.tell(conference, uri, "hangup")  # else its page would come back by itself
            if endpoint := self._observed.endpoint_of(conference, uri):
                engine = self._wanted[conference].engine
                await self._keeper.fleet.call(engine, Detach(conference, endpoint))

"""Use case: a site moves to another conference (CONF-09, CONF-15), as it is.

A file or pattern plays on there, an RTP site is connected by the offer and at the ports that it
had, and the page of a browser hears `moved`, comes again, and is let in: who held an invitation to
the seat holds it for the new one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from control_api.auth.roles import Principal, Role
from control_api.persistence.conferences import RtpOffer
from control_api.persistence.rules import Came, Rules
from control_api.services.changes import without_site
from control_api.services.conferences import Conferences
from control_api.services.door import mark_of
from control_api.services.feed import Feed
from control_api.services.keeper import Keeper
from control_api.services.observed import Observed
from control_api.services.sites import Sites
from control_api.services.views import SiteView
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import Detach
from mcu_core.contract.definition import (
    MAX_SITES,
    ConferenceDefinition,
    SiteDefinition,
    SiteKind,
)
from mcu_core.errors import BadInput, McuError, NotFound, Refused

NOT_LET_IN = "-"
"""The mark of no password: who moved with a seat without being let in."""

MOST_CAME = 200
"""Seats of one conference whose earlier ones are remembered; the oldest are forgotten first."""


class Moving:
    """Moves sites; `follow` turns an old seat's guest into the new one's."""

    def __init__(
        self,
        wanted: Wanted,
        observed: Observed,
        keeper: Keeper,
        conferences: Conferences,
        sites: Sites,
        feed: Feed,
        booked: Callable[[str, str, str], Awaitable[None]],
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._keeper = keeper
        self._conferences = conferences
        self._sites = sites
        self._feed = feed
        self._booked = booked

    async def move(self, conference: str, site: str, to: str) -> SiteView:
        """Move a site; it keeps its id, and volume, mute and limits. Raises BadInput, NotFound,
        or Refused where the other conference is full or has such a site in it already.
        """
        if conference == to:
            raise BadInput("to", "another conference")
        row = _row(self._wanted[conference].definition, site)
        was_there = self._observed.site(conference, site).state == "joined"
        offer = self._wanted[conference].rtp.get(site)
        self._check_free(to, row)
        await self._detach(conference, site, row.kind)
        await self._conferences.amend(to, lambda now: _with(now, row))
        left = mark_of(self._wanted[conference].rules.password)
        await self._conferences.rule(to, lambda rules: _came(rules, conference, site, left))
        told = {"conference": conference, "site": site, "to": to}
        self._feed.publish("moved", conference, told)
        await self._conferences.amend(conference, lambda now: without_site(now, site))
        if row.kind is SiteKind.RTP and offer is not None and was_there:
            await self._attach(to, site, offer)
        await self._booked(conference, to, site)
        return self._observed.site(to, site)

    def _check_free(self, to: str, row: SiteDefinition) -> None:
        for there in self._observed.view(to).sites:
            if there.id == row.id and (there.state == "joined" or there.kind is not row.kind):
                raise Refused("that site is in the other conference already")

    async def _detach(self, conference: str, site: str, kind: SiteKind) -> None:
        """End an RTP connection before its ports are used again; a page ends its own."""
        endpoint = self._observed.endpoint_of(conference, site)
        if kind is SiteKind.RTP and endpoint:
            engine = self._wanted[conference].engine
            await self._keeper.fleet.call(engine, Detach(conference, endpoint))

    async def _attach(self, conference: str, site: str, offer: RtpOffer) -> None:
        await self._keeper.keep_rtp(conference, site, offer)
        try:
            await self._sites.attach_rtp(conference, site, offer.sdp)
        except McuError:  # what it had is taken meanwhile: it has to learn of others
            await self._keeper.keep_rtp(conference, site, replace(offer, ports=(0, 0)))
            await self._sites.attach_rtp(conference, site, offer.sdp)

    def follow(self, principal: Principal) -> Principal | None:
        """The guest of a seat that moved, as guest of the seat where it is now; else None.

        Whom a conference's password let in needs none of the next one's, but of those there were
        then: a password that changes after a move is asked for, and one that changed before, too.
        """
        at, site, passed = principal.conference, principal.site, principal.passed
        seen = {at}
        while site not in self._seats(at):
            after, came = self._moved_to(at, site)
            if came is None or after in seen:
                return None
            was_in = not came.left or passed == came.left
            passed = came.found if was_in else NOT_LET_IN
            at = after
            seen.add(at)
        return Principal(Role.GUEST, Role.GUEST, at, site, passed)

    def _seats(self, conference: str) -> set[str]:
        if conference not in self._wanted:
            return set()
        return {row.id for row in self._wanted[conference].definition.sites}

    def _moved_to(self, conference: str, site: str) -> tuple[str, Came | None]:
        """Into which conference a seat moved, and what was kept of it."""
        for one in self._wanted.all():
            for came in one.rules.came:
                if (came.conference, came.site) == (conference, site):
                    return one.definition.id, came
        return "", None


def _row(definition: ConferenceDefinition, site: str) -> SiteDefinition:
    for row in definition.sites:
        if row.id == site:
            return row
    raise NotFound("site", site)


def _with(definition: ConferenceDefinition, row: SiteDefinition) -> ConferenceDefinition:
    """The conference with the site in it; whom it watched is not here."""
    moved = msgspec.structs.replace(row, watch="", view=None, source_locked=False)
    others = tuple(one for one in definition.sites if one.id != row.id)
    if len(others) >= MAX_SITES:
        raise Refused(f"a conference has at most {MAX_SITES} sites")
    return msgspec.structs.replace(definition, sites=(*others, moved))


def _came(rules: Rules, conference: str, site: str, left: str) -> Rules:
    """Let in, locked or not, and remembered."""
    seat = Came(conference, site, left, mark_of(rules.password))
    members = tuple(sorted({*rules.members, seat.site})) if rules.locked else rules.members
    came = (*(one for one in rules.came if one.site != seat.site), seat)[-MOST_CAME:]
    return msgspec.structs.replace(rules, members=members, came=came)

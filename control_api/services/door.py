"""Use cases: who comes into a conference, and what lock, access code and passwords ask of them."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from control_api.auth.roles import Action, Principal, Role, allowed
from control_api.auth.throttle import Throttle
from control_api.errors import DoorClosed, Throttled
from control_api.persistence.conferences import WantedConference
from control_api.persistence.rules import Rules
from control_api.services.conferences import Conferences
from control_api.services.observed import Observed
from control_api.services.sites import NewSite, Sites
from control_api.services.views import ConferenceView, SiteView
from control_api.services.wanted import Wanted
from mcu_core.contract.definition import ConferenceDefinition, SiteKind
from mcu_core.errors import NotFound, Refused
from mcu_core.media.clock import Clock

ANONYMOUS = "anonymous-"
WRONG_A_DAY = 300
"""From one source, which may be a whole hospital. Of a thousand rooms with codes of eight digits it
finds one in a year."""

MARK = 16
"""Letters of a password's hash by which an invitation tells which one its holder gave."""


class Knock(msgspec.Struct, frozen=True):
    """What somebody says at the door: a conference's id or access code, passwords, a name.

    `seat` is that of an invitation, which stands for the code and the name.
    """

    conference: str = ""
    code: str = ""
    password: str = ""
    chair_password: str = ""
    name: str = ""
    seat: str = ""


class Entry(msgspec.Struct, frozen=True):
    """The seat of who was let in; what an invitation to it says."""

    conference: str
    site: str
    passed: str
    chair: str


class RulesChange(msgspec.Struct, frozen=True):
    """What to change; None stays. An empty password asks for none."""

    access_code: str | None = None
    password: str | None = None
    chair_password: str | None = None
    anonymous: bool | None = None
    locked: bool | None = None
    live: bool | None = None


def mark_of(kept: str) -> str:
    """How an invitation names a password; empty where there is none."""
    return kept[:MARK]


class Door:
    """The doors of all conferences. `kept` seals a password, `is_password` compares one."""

    def __init__(
        self,
        wanted: Wanted,
        observed: Observed,
        conferences: Conferences,
        sites: Sites,
        kept: Callable[[str], str],
        is_password: Callable[[str, str], bool],
        clock: Clock,
        open_room: Callable[[str], Awaitable[tuple[str, str]]],
        open_adhoc: Callable[[str, str, str], Awaitable[str]],
        check_code: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._wanted = wanted
        self._observed = observed
        self._conferences = conferences
        self._sites = sites
        self._kept = kept
        self._is_password = is_password
        self._clock = clock
        self._open_room = open_room
        self._open_adhoc = open_adhoc
        self._check_code = check_code
        self._throttle = Throttle(free_of_day=WRONG_A_DAY)

    # ------------------------------------------------------------------ coming in

    async def knock(self, asked: Knock, source: str) -> Entry:
        """Let somebody in who says the right things; raises DoorClosed, Throttled."""
        # Who is let in without it has not guessed the chair's password any better, and whoever
        # knows one code has guessed nothing of the conference that stands beside it.
        where = f"seat {asked.conference}" if asked.seat else f"code {asked.code}"
        what = f"{'chair' if asked.chair_password else 'door'} {where}"
        wait_s = self._throttle.wait_s(what, source, self._clock.now_ns())
        if wait_s:
            raise Throttled(f"too many wrong attempts; try again in {wait_s} s", wait_s)
        self._throttle.begins(what, source, self._clock.now_ns())
        try:
            conference = self._found(asked)
        except DoorClosed:
            cid, seat = await self._opened(asked)
            if seat:
                self._throttle.was_right(what, source)
                return await self._into_room(cid, seat)
            conference = self._wanted[cid]
        rules = conference.rules
        chair = self._chairs(asked, rules)
        if not chair and rules.password and not self._is_password(asked.password, rules.password):
            raise DoorClosed("password", "the password of this conference is missing or wrong")
        self._throttle.was_right(what, source)
        cid = conference.definition.id
        site = asked.seat or await self._seat(cid, rules, asked.name, chair)
        if chair:
            await self._take_chair(cid, site)
        chaired = mark_of(rules.chair_password) if chair else ""
        return Entry(cid, site, mark_of(rules.password), chaired)

    async def _opened(self, asked: Knock) -> tuple[str, str]:
        """What begins by this code: a room's conference and seat, or one ad hoc.

        Raises DoorClosed.
        """
        code = "" if asked.seat else asked.code
        try:
            cid, seat = await self._open_room(code)
            cid = cid or await self._open_adhoc(code, asked.password, asked.chair_password)
        except Refused as error:
            raise DoorClosed("no_place", str(error)) from error
        if not cid:
            raise DoorClosed("code", "no conference that runs now has this access code")
        return cid, seat

    async def _into_room(self, cid: str, site: str) -> Entry:
        """In by the code of a site's room, to its own seat and its chair."""
        await self._take_chair(cid, site)
        rules = self._wanted[cid].rules
        return Entry(cid, site, mark_of(rules.password), mark_of(rules.chair_password))

    def _found(self, asked: Knock) -> WantedConference:
        for conference in self._wanted.all():
            if asked.seat:
                if conference.definition.id == asked.conference:
                    return conference
                continue
            code = conference.rules.access_code
            right = bool(code) and hmac.compare_digest(code.encode(), asked.code.encode())
            if right and asked.conference in ("", conference.definition.id):
                return conference
        raise DoorClosed("code", "no conference that runs now has this access code")

    def _chairs(self, asked: Knock, rules: Rules) -> bool:
        if not asked.chair_password:
            return False
        if not self._is_password(asked.chair_password, rules.chair_password):
            raise DoorClosed("chair_password", "the chair's password is wrong")
        return True

    async def _seat(self, conference: str, rules: Rules, name: str, chair: bool) -> str:
        """A free seat: that of this name, an anonymous place, or a new one where any may come."""
        if rules.locked and not chair:
            raise DoorClosed("locked", "the conference is locked")
        view = self._observed.view(conference)
        free = [one for one in view.sites if one.kind is SiteKind.WEBRTC and one.state == "away"]
        own = next((one for one in free if one.name == name), None)
        if own is not None:
            return own.id
        if place := self._anonymous(conference, free):
            await self._sites.change(conference, place.id, {"name": name})
            return place.id
        if not rules.anonymous and not chair:
            raise DoorClosed("no_place", "this conference is for the sites that were booked")
        try:
            return (await self._sites.add(conference, NewSite(name, SiteKind.WEBRTC))).id
        except Refused as error:
            raise DoorClosed("no_place", str(error)) from error

    def _anonymous(self, conference: str, free: list[SiteView]) -> SiteView | None:
        """A booked anonymous place that nobody had: who has left may come back to it."""
        been = self._observed.been(conference)
        places = [one for one in free if one.id.startswith(ANONYMOUS)]
        return next((one for one in places if one.id not in been), None)

    async def _take_chair(self, conference: str, site: str) -> None:
        def edit(now: ConferenceDefinition) -> ConferenceDefinition:
            return now if now.chair else msgspec.structs.replace(now, chair=site)

        await self._conferences.amend(conference, edit)

    def still(self, principal: Principal) -> Principal:
        """Who holds an invitation as chair is a guest once the chair's password is another."""
        if principal.role is not Role.CHAIR:
            return principal
        rules = self._wanted[principal.conference].rules
        if hmac.compare_digest(principal.chaired, mark_of(rules.chair_password)):
            return principal
        return replace(principal, name=Role.GUEST, role=Role.GUEST)

    def check(self, principal: Principal, conference: str, site: str) -> None:
        """Whether this one may connect as this site now; raises DoorClosed, NotFound."""
        rules = self._wanted[conference].rules
        if rules.locked and site not in rules.members and not allowed(principal, Action.RUN):
            raise DoorClosed("locked", "the conference is locked")
        gave = not rules.password or principal.passed == mark_of(rules.password)
        if principal.bound and not gave:
            raise DoorClosed("password", "the conference asks for its password")

    def check_free(self, principal: Principal, conference: str, site: str) -> None:
        """Raise Refused for a guest whose site's source is locked; others may choose for it."""
        if (
            not allowed(principal, Action.RUN)
            and self._observed.site(conference, site).source_locked
        ):
            raise Refused("what this site sees is locked")

    # ------------------------------------------------------------------ its rules

    async def change(self, conference: str, change: RulesChange) -> ConferenceView:
        """Change what the door asks; raises NotFound, and Refused for a code that is taken."""
        if change.access_code:
            await self._check_code(change.access_code, conference)

        def edit(rules: Rules) -> Rules:
            given = {
                name: getattr(change, name)
                for name in change.__struct_fields__
                if getattr(change, name) is not None
            }
            for name in ("password", "chair_password"):
                if given.get(name):
                    given[name] = self._kept(given[name])
            if change.locked and not rules.locked:
                given["members"] = tuple(sorted(self._observed.been(conference)))
            return msgspec.structs.replace(rules, **given)

        return await self._conferences.rule(conference, edit)

    async def admit(self, conference: str, sites: list[str]) -> None:
        """Let sites in that were called, locked or not."""

        def edit(rules: Rules) -> Rules:
            members = tuple(sorted({*rules.members, *sites}))
            return msgspec.structs.replace(rules, members=members) if rules.locked else rules

        await self._conferences.rule(conference, edit)

    async def raise_hand(self, conference: str, site: str, raised: bool) -> ConferenceView:
        """A site asks for the floor, or no more; who chairs sees them in order."""
        if all(one.id != site for one in self._wanted[conference].definition.sites):
            raise NotFound("site", site)

        def edit(rules: Rules) -> Rules:
            others = tuple(one for one in rules.hands if one != site)
            return msgspec.structs.replace(rules, hands=(*others, site) if raised else others)

        return await self._conferences.rule(conference, edit)

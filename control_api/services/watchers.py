"""Use case: watching by WebRTC (WHEP, the console), receive-only, without being a site.

Each is let in with a session, and ends when that no longer may watch. Of one account the oldest
gives way to a new one: browsers that went away without a word are noticed by engines alone.
"""

import asyncio
from dataclasses import dataclass

import structlog

from control_api.auth.roles import Action, Principal, allowed, check
from control_api.auth.sessions import Sessions
from control_api.errors import Forbidden, NotLoggedIn
from control_api.services.own_tasks import OwnTasks
from control_api.services.sites import Sites
from control_api.services.territory import Territory
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import Attached
from mcu_core.errors import McuError, NotFound, Refused

log = structlog.get_logger()

CHECK_S = 5.0
"""So often each one's right is looked at again: who loses it is cut within twice that."""

MOST_OF_ONE_ACCOUNT = 8


@dataclass(frozen=True, slots=True)
class _Watcher:
    """One connection: whose it is, and by which session it was let in."""

    conference: str
    endpoint: str
    account: str
    token: str


class Watchers:
    """All of them, oldest first; owns one task, which `start` and `stop` begin and end."""

    def __init__(
        self, sites: Sites, sessions: Sessions, wanted: Wanted, territory: Territory
    ) -> None:
        self._territory = territory
        self._sites = sites
        self._sessions = sessions
        self._wanted = wanted
        self._watchers: dict[tuple[str, str], _Watcher] = {}
        self._tasks = OwnTasks()

    def start(self) -> None:
        """Begin to look after them."""
        self._tasks.start(self._run(), "watchers")

    async def stop(self) -> None:
        """End and wait for it; safe twice. The connections go on."""
        await self._tasks.stop()

    @property
    def count(self) -> int:
        """How many there are, as far as known."""
        return len(self._watchers)

    async def watch(
        self, conference: str, principal: Principal, token: str, offer_sdp: str
    ) -> Attached:
        """Connect one more; raises NotFound, Refused, BadInput, Away."""
        self._check(conference, principal)
        attached = await self._sites.watch(conference, offer_sdp)
        one = _Watcher(conference, attached.endpoint, principal.name, token)
        self._watchers[conference, attached.endpoint] = one
        own = [other for other in self._watchers.values() if other.account == principal.name]
        for other in own[:-MOST_OF_ONE_ACCOUNT]:
            await self._end(other, "has newer ones")
        return attached

    async def leave(self, conference: str, endpoint: str, principal: Principal) -> None:
        """End one; raises NotFound, Forbidden for another account's unless one runs conferences."""
        if not allowed(principal, Action.CONTROL):  # who may end those of earlier processes, too
            one = self._watchers.get((conference, endpoint))
            if one is None:
                raise NotFound("viewer", endpoint)
            if one.account != principal.name:
                raise Forbidden("this connection is another viewer's")
        self._watchers.pop((conference, endpoint), None)
        await self._sites.detach(conference, endpoint)

    def _check(self, conference: str, principal: Principal) -> None:
        check(principal, Action.WATCH, conference)
        self._territory.check(principal, conference)
        runs = allowed(principal, Action.CONTROL)
        if not (runs or self._wanted[conference].rules.live):
            raise Refused("this conference is not shown live")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            for one in list(self._watchers.values()):
                try:
                    self._check(one.conference, await self._sessions.identify(one.token))
                except (NotLoggedIn, Forbidden, NotFound, Refused) as error:
                    await self._end(one, str(error))
                except Exception:
                    log.exception("looking after a viewer broke", endpoint=one.endpoint)

    async def _end(self, one: _Watcher, reason: str) -> None:
        log.info("a viewer ends", account=one.account, endpoint=one.endpoint, reason=reason)
        self._watchers.pop((one.conference, one.endpoint), None)
        try:
            await self._sites.detach(one.conference, one.endpoint)
        except NotFound:
            return  # its conference has ended, and everything in it
        except McuError as error:
            log.warning("a viewer is not cut yet", endpoint=one.endpoint, reason=str(error))
            self._watchers[one.conference, one.endpoint] = one  # with the next look

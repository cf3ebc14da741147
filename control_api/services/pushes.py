"""Use case: pushing a conference to platforms that take RTMP or SRT, for as long as it lasts."""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Literal

import structlog

from control_api.auth.seal import Seal
from control_api.errors import ControlError
from control_api.persistence.pushes import PushRows, WantedPush
from control_api.services.live import Live
from control_api.services.picture_views import View
from control_api.services.push_address import PushAddress, check_remote, checked, pinned
from control_api.services.push_child import LiveSplitter, PushChild
from control_api.services.wanted import Wanted
from mcu_core.errors import BadInput, McuError, NotFound, Refused
from mcu_core.media.clock import NS_PER_SECOND, Clock, wall_time_s

log = structlog.get_logger()

MOST_OF_ONE = 4
"""Pushes of a conference: each is a process."""

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 30.0)
MOST_FAILURES = 20
"""In a row; then it has failed until somebody asks again. What lasted for longer than STEADY_NS
begins to count anew."""

STEADY_NS = 60 * NS_PER_SECOND
SILENCE_S = 15.0
"""A process that sent nothing for so long is ended."""

PushState = Literal["connecting", "pushing", "waiting", "failed"]
Resolve = Callable[[str], Awaitable[list[str]]]


class PushView(View):
    """One push as callers see it; `address` is without the stream's key."""

    id: str
    address: str
    picture: Literal["main", "content"]
    state: PushState
    error: str
    restarts: int


async def addresses_of(host: str) -> list[str]:
    """What a name stands for; raises BadInput when nobody knows it."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadInput("url", f"a host that can be found, not {host!r}") from error
    return [str(one[4][0]) for one in found]


class _Push:
    """One push at work."""

    def __init__(self, wanted: WantedPush, address: PushAddress) -> None:
        self.wanted = wanted
        self.address = address
        self.state: PushState = "connecting"
        self.error = ""
        self.restarts = 0
        self.failures = 0
        self.moved = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def view(self) -> PushView:
        one = self.wanted
        picture: Literal["main", "content"] = "content" if one.picture == "content" else "main"
        return PushView(
            id=one.id,
            address=self.address.shown,
            picture=picture,
            state=self.state,
            error=self.error,
            restarts=self.restarts,
        )


class Pushes:
    """All pushes; `open` and `stop` are their life. `local`: whether this machine may be pushed to.

    `seal`: of the addresses; the bridge puts this installation's own in its place.
    """

    def __init__(
        self,
        rows: PushRows,
        wanted: Wanted,
        live: Live,
        local: bool,
        clock: Clock,
        resolve: Resolve = addresses_of,
    ) -> None:
        self.seal = Seal(secrets.token_urlsafe())
        self._rows = rows
        self._wanted = wanted
        self._live = live
        self._local = local
        self._clock = clock
        self._resolve = resolve
        self._pushes: dict[str, _Push] = {}

    async def open(self) -> None:
        """Go on with what an earlier process of ours was to push."""
        for wanted in await self._rows.load():
            try:
                self._begin(_Push(wanted, checked(self.seal.opened(wanted.address))))
            except BadInput:
                log.warning("a push cannot be read", push=wanted.id)
                await self._rows.remove(wanted.id)

    async def stop(self) -> None:
        """End all processes and wait for them; safe twice. They are to go on afterwards."""
        tasks = [one.task for one in self._pushes.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def all(self, conference: str) -> list[PushView]:
        """Those of a conference; raises NotFound."""
        _ = self._wanted[conference]
        return [one.view() for one in self._of(conference)]

    async def add(self, conference: str, url: str, picture: str) -> PushView:
        """Push it there from now on; raises NotFound, BadInput, Refused."""
        _ = self._wanted[conference]
        address = checked(url)
        await self._check_remote(address)
        _ = self._wanted[conference]  # it may have ended meanwhile
        if len(self._of(conference)) >= MOST_OF_ONE:
            raise Refused(f"a conference is pushed to {MOST_OF_ONE} places at most")
        sealed = self.seal.closed(url)
        push = WantedPush(secrets.token_hex(5), conference, sealed, picture, wall_time_s())
        made = self._pushes[push.id] = _Push(push, address)  # its place is taken before it is kept
        try:
            await self._rows.add(push)
        except BaseException:
            self._pushes.pop(push.id, None)
            raise
        if push.id not in self._pushes:  # its conference ended while it was written
            await self._rows.remove(push.id)
            raise NotFound("conference", conference)
        self._begin(made)
        return made.view()

    async def remove(self, conference: str, push: str) -> None:
        """Push it no more; raises NotFound."""
        one = self._pushes.get(push)
        if one is None or one.wanted.conference != conference:
            raise NotFound("push", push)
        await self._rows.remove(push)
        await self._end(one)

    async def before_end(self, conference: str) -> None:
        """A conference is about to end, and its pushes with it."""
        for one in self._of(conference):
            await self.remove(conference, one.wanted.id)

    def _of(self, conference: str) -> list[_Push]:
        return [one for one in self._pushes.values() if one.wanted.conference == conference]

    def _begin(self, one: _Push) -> None:
        self._pushes[one.wanted.id] = one
        one.task = asyncio.create_task(self._keep(one), name="push")

    async def _end(self, one: _Push) -> None:
        self._pushes.pop(one.wanted.id, None)
        if one.task is not None:
            one.task.cancel()
            await asyncio.gather(one.task, return_exceptions=True)

    async def _check_remote(self, address: PushAddress) -> PushAddress:
        """The address as it may be connected to; raises BadInput."""
        if self._local:
            return address
        found = await self._resolve(address.host)
        check_remote(found)
        return pinned(address, found[0])

    # ------------------------------------------------------------------ one push

    async def _keep(self, one: _Push) -> None:
        """Run it again and again, ever more seldom, until it has failed too often in a row."""
        told = {"push": one.wanted.id, "address": one.address.shown}
        while True:
            one.state, began_ns = "connecting", self._clock.now_ns()
            try:
                # A name may stand for another host by now.
                if await self._push_once(one, await self._check_remote(one.address)):
                    continue
            except (McuError, ControlError) as error:
                one.error = str(error)
            except Exception:
                log.exception("a push broke", **told)
                one.error = "an error of ours; it is in the log"
            steady = self._clock.now_ns() - began_ns > STEADY_NS
            one.failures = 1 if steady else one.failures + 1
            if one.failures >= MOST_FAILURES:
                one.state = "failed"
                log.error("a push is given up", reason=one.error, **told)
                return
            one.state = "waiting"
            log.warning("a push ended and begins again", reason=one.error, **told)
            await asyncio.sleep(PAUSES_S[min(one.failures, len(PAUSES_S)) - 1])
            one.restarts += 1

    async def _push_once(self, one: _Push, address: PushAddress) -> bool:
        """One process, from its start to its end; `error` says why it ended.

        True: it was ended because the picture goes on in another form.
        """
        renewed = asyncio.Event()
        child = PushChild(address, one.moved.set)
        await child.launch()
        viewer = None
        try:
            splitter = LiveSplitter(one.wanted.picture, child.pipes, renewed.set)
            conference = one.wanted.conference
            viewer = self._live.push(conference, f"push {one.wanted.id}", splitter)
            await self._watched(one, child, renewed, viewer.ended())
        finally:
            if viewer is not None:
                self._live.leave(one.wanted.conference, viewer)
            await child.close()
            one.error = child.error or one.error
        return renewed.is_set()

    async def _watched(
        self,
        one: _Push,
        child: PushChild,
        renewed: asyncio.Event,
        viewer_ended: Coroutine[None, None, None],
    ) -> None:
        """Until the process, the viewer or the track has ended, or nothing is sent any more."""
        ends: set[asyncio.Task[object]] = {
            asyncio.create_task(child.wait(), name="push ends"),
            asyncio.create_task(renewed.wait(), name="push has another form"),
            asyncio.create_task(viewer_ended, name="push has nothing to send"),
        }
        try:
            while True:
                one.moved.clear()
                moved: asyncio.Task[object] = asyncio.create_task(
                    one.moved.wait(), name="push moves"
                )
                try:
                    done, _ = await asyncio.wait(
                        {*ends, moved}, timeout=SILENCE_S, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    moved.cancel()
                if done & ends:
                    return
                if not done:
                    one.error = f"nothing was sent for {SILENCE_S:.0f} s"
                    return
                one.state, one.error = "pushing", ""
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

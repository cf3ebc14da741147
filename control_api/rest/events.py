"""Route: the event feed as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from control_api.auth.roles import Action, Principal
from control_api.errors import NotLoggedIn, Throttled
from control_api.rest.guard import BridgeOf, PrincipalOf, identified, may, token_of
from control_api.services.bridge import Bridge
from control_api.services.feed import LEVELS, LEVELS_PER_SECOND, FeedEvent, Reader
from control_api.services.views import public_view
from mcu_core.errors import NotFound
from mcu_core.media.clock import NS_PER_SECOND

router = APIRouter(tags=["events"])

KEEP_ALIVE_S = 15.0
GONE = "gone"
CHECK_AGAIN_NS = 30 * NS_PER_SECOND
"""A feed may run for days: so often it is asked again whether its reader is still welcome."""

NAMES = (
    "hello, alarm, conference, site, levels, lines, speaker, muted_talkers, layout, key, reduced,"
    " recording, ring, hangup, declined, share, camera, moved, rejoin, gone"
)


def sse(name: str, data: str) -> str:
    """One event; JSON has no line breaks, so one data line is enough."""
    return f"event: {name}\ndata: {data}\n\n"


@router.get(
    "/events",
    summary="What happens, as it happens",
    description=f"Server-sent events: {NAMES}. Data is JSON; `conference` carries a whole one.",
    dependencies=[Depends(may(Action.SEE_ONE))],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def events(
    request: Request,
    bridge: BridgeOf,
    principal: PrincipalOf,
    levels_hz: Annotated[
        int, Query(ge=0, le=LEVELS_PER_SECOND, description="levels of each conference per second")
    ] = LEVELS_PER_SECOND,
) -> StreamingResponse:
    """First `hello`, then every conference as it is, then what changes."""
    if bridge.feed.full(_reader_name(principal)):
        raise Throttled("too many readers of the event feed", 5)
    if principal.bound and principal.conference not in bridge.wanted:
        raise NotFound("conference", principal.conference)
    return StreamingResponse(
        _stream(bridge, principal, token_of(request), Thinner(levels_hz)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


def _reader_name(principal: Principal) -> str:
    """Guests share a name, but not a seat."""
    return f"{principal.name} {principal.conference} {principal.site}"


class Thinner:
    """Lets so many levels of each conference pass in a second, and everything else."""

    def __init__(self, levels_hz: int) -> None:
        self._apart_ns = NS_PER_SECOND // levels_hz if levels_hz else 0
        self._all = levels_hz >= LEVELS_PER_SECOND
        self._last_ns: dict[str, int] = {}

    def passes(self, event: FeedEvent, now_ns: int) -> bool:
        """Whether this one is told."""
        if event.name == GONE:
            self._last_ns.pop(event.conference, None)
        if event.name != LEVELS or self._all:
            return True
        last_ns = self._last_ns.get(event.conference)
        if not self._apart_ns or (last_ns is not None and now_ns - last_ns < self._apart_ns):
            return False
        self._last_ns[event.conference] = now_ns
        return True


async def _stream(
    bridge: Bridge, principal: Principal, token: str, thinner: Thinner
) -> AsyncIterator[str]:
    guest = principal.bound
    sees = partial(bridge.territory.sees, principal)
    reader = bridge.feed.subscribe(principal.conference, _reader_name(principal), sees)
    try:
        yield sse("hello", _json({"user": principal.name, "role": principal.role.value}))
        for view in bridge.conferences.list():
            if not guest and sees(view.id):
                yield sse("conference", _json(view.model_dump()))
            elif guest and view.id == principal.conference:
                yield sse("conference", _json(public_view(view).model_dump()))
        checked_ns = bridge.clock.now_ns()
        kept = partial(_kept_from, bridge, principal)
        passes = partial(_passes, bridge, thinner)
        async for text in _news(reader, kept, passes):
            if bridge.clock.now_ns() - checked_ns >= CHECK_AGAIN_NS:
                if await identified(bridge, token) != principal:
                    return  # other rights, organisation or seat: who comes again is told by these
                checked_ns = bridge.clock.now_ns()
            yield text
    except NotLoggedIn:
        return  # logged out, removed or expired meanwhile
    finally:
        reader.close()


def _kept_from(bridge: Bridge, principal: Principal, event: FeedEvent) -> bool:
    """Whether it is told as guests are: also of a recording that is other groups'."""
    if principal.bound:
        return True
    if event.name != "recording" or not bridge.user_groups.limits(principal):
        return False
    group = msgspec.json.decode(event.data).get("group", "")
    return not bridge.user_groups.sees(principal, group)


def _passes(bridge: Bridge, thinner: Thinner, event: FeedEvent) -> bool:
    return thinner.passes(event, bridge.clock.now_ns())


async def _news(
    reader: Reader,
    plainly: Callable[[FeedEvent], bool],
    passes: Callable[[FeedEvent], bool],
) -> AsyncIterator[str]:
    while True:
        try:
            async with asyncio.timeout(KEEP_ALIVE_S):
                event = await reader.next()
        except TimeoutError:
            yield ": still here\n\n"
            continue
        if event is None:
            return
        if passes(event):
            yield sse(event.name, event.public if plainly(event) else event.data)


def _json(data: object) -> str:
    return msgspec.json.encode(data).decode()

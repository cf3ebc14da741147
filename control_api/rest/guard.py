"""Who asks, and may he: dependencies that every route but the public ones carries."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from control_api.auth.organisations import within
from control_api.auth.roles import Action, Principal, check
from control_api.errors import Forbidden, NotLoggedIn
from control_api.services.bridge import Bridge
from mcu_core.errors import NotFound
from mcu_core.media.clock import NS_PER_SECOND

COOKIE = "mcu_session"
INVITE = "invite"


async def bridge_of(request: Request) -> Bridge:
    """The use cases behind this application. No plain function: those get a thread each time."""
    bridge = request.app.state.bridge
    assert isinstance(bridge, Bridge)
    return bridge


BridgeOf = Annotated[Bridge, Depends(bridge_of)]


def token_of(request: Request) -> str:
    """The session's or invitation's token: bearer, `invite` of the address, or cookie.

    The address is for EventSource and links, which cannot carry a header.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.query_params.get(INVITE) or request.cookies.get(COOKIE, "")


async def principal_of(request: Request, bridge: BridgeOf) -> Principal:
    """Who asks; raises NotLoggedIn."""
    principal = await identified(bridge, token_of(request))
    request.state.user = principal.name  # for the audit log
    return principal


async def identified(bridge: Bridge, token: str) -> Principal:
    """Who is behind a token; raises NotLoggedIn, also for an invitation to a seat that is gone."""
    principal = await bridge.sessions.identify(token)
    if principal.bound:
        try:
            bridge.observed.site(principal.conference, principal.site)
        except NotFound as error:
            if moved := bridge.moving.follow(principal):
                return moved
            raise NotLoggedIn("the seat of this invitation is not there any more") from error
        return bridge.door.still(principal)
    return principal


PrincipalOf = Annotated[Principal, Depends(principal_of)]


def may(action: Action) -> Callable[[Request, BridgeOf, PrincipalOf], Awaitable[None]]:
    """A dependency that lets only those pass who may do that; raises NotLoggedIn, Forbidden."""

    async def checked(request: Request, bridge: BridgeOf, principal: PrincipalOf) -> None:
        path = request.path_params
        check(principal, action, path.get("cid", principal.conference), path.get("sid", ""))
        if principal.organisation:
            await _check_theirs(bridge, principal, action, path)
        if "rid" in path:
            await check_recording(bridge, principal, path["rid"], action)

    return checked


async def check_recording(
    bridge: Bridge, principal: Principal, rid: str, action: Action = Action.PLAY
) -> None:
    """Raise NotFound for a recording that is not the principal's organisation's or groups',
    Forbidden for what the groups do not let it do with it."""
    if not principal.organisation and not bridge.user_groups.limits(principal):
        return
    recording = await bridge.recordings.library.whose(rid)
    theirs = bridge.territory.sees(principal, recording.conference)
    if not theirs or not bridge.user_groups.sees(principal, recording.group):
        raise NotFound("recording", rid)
    if not bridge.user_groups.lets(principal, recording.group, action):
        raise Forbidden(f"the recording's groups do not let you {action}")


def member_of(bridge: Bridge, principal: Principal) -> str:
    """Whose groups limit what is listed; empty: nobody's."""
    return principal.name if bridge.user_groups.limits(principal) else ""


async def _check_theirs(
    bridge: Bridge, principal: Principal, action: Action, path: Mapping[str, Any]
) -> None:
    """Raise NotFound for what is another organisation's, Forbidden for what is everybody's."""
    if action is Action.SEE_SYSTEM:
        raise Forbidden("users of an organisation may not see the whole system")
    # A booking's number is its conference's id; below a conference it is that of a group.
    conference = path.get("cid", path.get("number"))
    if conference is not None:
        bridge.territory.check(principal, str(conference))
    if "uri" in path:
        site = await bridge.register.get(path["uri"])
        if not within(site.organisation, principal.organisation):
            raise NotFound("registered site", path["uri"])


RECENT_NS = 3 * NS_PER_SECOND
"""So long a player's next request is taken to be of who asked with the same token before: the
session is a look into the database, and three hundred players ask three hundred times a second."""

LOOKING_NS = NS_PER_SECOND
"""The forty players of one account do not all look, when one of them does."""

MOST_RECENT = 2000


async def player_of(request: Request, bridge: BridgeOf) -> Principal:
    """Who asks for bytes of a recording, and may play it; raises NotLoggedIn, Forbidden, NotFound
    for another organisation's."""
    principal = await _recent_player(request, bridge)
    await check_recording(bridge, principal, request.path_params["rid"])
    return principal


async def _recent_player(request: Request, bridge: Bridge) -> Principal:
    recent: dict[str, tuple[Principal, int]] = request.app.state.recent_players
    token, now_ns = token_of(request), bridge.clock.now_ns()
    known = recent.get(token)
    if known is not None and now_ns - known[1] < RECENT_NS:
        return known[0]
    if known is not None:  # for who asks while this one looks
        recent[token] = (known[0], now_ns - RECENT_NS + LOOKING_NS)
    try:
        principal = await identified(bridge, token)
        check(principal, Action.PLAY, principal.conference)
    except BaseException:
        recent.pop(token, None)
        raise
    if len(recent) >= MOST_RECENT:
        recent.clear()
    recent[token] = (principal, now_ns)
    return principal

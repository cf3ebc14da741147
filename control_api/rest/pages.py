"""Routes: the pages for people, files of control_api/web."""

from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from control_api.auth.invitations import looks_like_invitation
from control_api.errors import NotLoggedIn
from control_api.rest.guard import BridgeOf, token_of

WEB = Path(__file__).parents[1] / "web"
STATIC = WEB / "static"

public = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False)


def _page(name: str) -> FileResponse:
    return FileResponse(WEB / name, media_type="text/html", headers={"Cache-Control": "no-store"})


async def _for_users(name: str, request: Request, bridge: BridgeOf) -> Response:
    """A page, or the way to it through the login page."""
    try:
        await bridge.sessions.identify(token_of(request))
    except NotLoggedIn:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(here, safe='')}", 303)
    return _page(name)


@public.get("/login")
async def login() -> Response:
    """The login page."""
    return _page("login.html")


@public.get("/enter")
async def enter() -> Response:
    """The page on which one comes in by access code."""
    return _page("enter.html")


@router.get("/")
async def console(request: Request, bridge: BridgeOf) -> Response:
    """The operator's console."""
    return await _for_users("index.html", request, bridge)


@router.get("/join/{cid}")
async def join(cid: str, request: Request, bridge: BridgeOf) -> Response:
    """The page on which one joins with a camera; a guest's invitation is checked by the API."""
    if looks_like_invitation(request.query_params.get("invite", "")):
        return _page("join.html")
    return await _for_users("join.html", request, bridge)


@router.get("/recordings")
async def recordings(request: Request, bridge: BridgeOf) -> Response:
    """The library."""
    return await _for_users("recordings.html", request, bridge)


@router.get("/bookings")
async def bookings(request: Request, bridge: BridgeOf) -> Response:
    """What is booked, and the form for it."""
    return await _for_users("bookings.html", request, bridge)


@router.get("/play/{rid}")
async def play(rid: str, request: Request, bridge: BridgeOf) -> Response:
    """The player."""
    return await _for_users("play.html", request, bridge)


@router.get("/check")
async def check(request: Request, bridge: BridgeOf) -> Response:
    """Devices and network against a test conference."""
    return await _for_users("check.html", request, bridge)


@router.get("/live/{cid}")
async def live(cid: str, request: Request, bridge: BridgeOf) -> Response:
    """A conference live, for people who only watch."""
    return await _for_users("live.html", request, bridge)

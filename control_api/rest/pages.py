"""Routes: the pages for people, files of control_api/web."""

from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from control_api.auth.invitations import looks_like_invitation
from control_api.errors import NotLoggedIn
from control_api.rest.guard import BridgeOf, token_of
from control_api.rest.static_files import version_of, versioned

WEB = Path(__file__).parents[1] / "web"
STATIC = WEB / "static"

public = APIRouter(include_in_schema=False)
router = APIRouter(include_in_schema=False)


def _page(name: str) -> HTMLResponse:
    """A page that names its files by what they are now."""
    text = versioned((WEB / name).read_text("utf-8"), version_of(STATIC))
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


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


USER_PAGES = {
    "/recordings": "recordings.html",  # the library
    "/users": "users.html",  # users, roles and groups; what it shows only administrators are given
    "/bookings": "bookings.html",
    "/play/{rid}": "play.html",
    "/check": "check.html",  # devices and network against a test conference
    "/live/{cid}": "live.html",  # for people who only watch
    "/health": "health.html",  # the system, and its alarms
    "/register": "register.html",  # registered sites, and limits of organisations
    "/reports": "reports.html",  # use and loss, and how consultations went
}
"""Pages for whoever has an account; what they show the API decides."""


def _add_user_page(path: str, name: str) -> None:
    @router.get(path)
    async def page(request: Request, bridge: BridgeOf) -> Response:
        return await _for_users(name, request, bridge)


for _path, _name in USER_PAGES.items():
    _add_user_page(_path, _name)

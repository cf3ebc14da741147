"""Routes: log in, log out, who am I."""

from fastapi import APIRouter, Depends, Request, Response

from control_api.auth.roles import Action
from control_api.auth.sessions import Login
from control_api.rest.guard import COOKIE, BridgeOf, PrincipalOf, may, token_of
from control_api.rest.schemas import (
    LoginBody,
    PasswordBody,
    SessionView,
)

public = APIRouter(tags=["session"])
router = APIRouter(tags=["session"])


def _let_in(login: Login, request: Request, response: Response) -> SessionView:
    request.state.user = login.principal.name  # for the audit log
    response.set_cookie(
        COOKIE,
        login.token,
        max_age=login.seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    principal = login.principal
    return SessionView(
        user=principal.name,
        role=principal.role,
        organisation=principal.organisation,
        title=principal.title,
    )


def _source(request: Request) -> str:
    return request.client.host if request.client is not None else ""


@public.post("/session", summary="Log in")
async def log_in(
    body: LoginBody, request: Request, response: Response, bridge: BridgeOf
) -> SessionView:
    """Sets the cookie `mcu_session`; its value is also taken as `Authorization: Bearer`."""
    if body.token:
        login = await bridge.sessions.login_by_link(body.token)
    else:
        login = await bridge.sessions.login(
            body.user, body.password, _source(request), body.new_password
        )
    return _let_in(login, request, response)


@router.get("/session", summary="Who is logged in")
async def who(principal: PrincipalOf) -> SessionView:
    """Guests are called guest."""
    return SessionView(
        user=principal.name,
        role=principal.role,
        organisation=principal.organisation,
        title=principal.title,
    )


@router.delete("/session", status_code=204, summary="Log out")
async def log_out(
    request: Request, response: Response, bridge: BridgeOf, _principal: PrincipalOf
) -> None:
    """Ends the session that the request came with."""
    await bridge.sessions.logout(token_of(request))
    response.delete_cookie(COOKIE)


@router.put(
    "/session/password",
    summary="Change one's own password",
    dependencies=[Depends(may(Action.OWN_ACCOUNT))],
)
async def change_password(
    body: PasswordBody,
    request: Request,
    response: Response,
    bridge: BridgeOf,
    principal: PrincipalOf,
) -> SessionView:
    """All other sessions of the user end."""
    login = await bridge.sessions.change_password(
        principal.name, body.old, body.new, _source(request)
    )
    return _let_in(login, request, response)

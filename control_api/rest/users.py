"""Routes: users, their passwords and roles; roles that are made out of rights."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StrictStr

from control_api.auth.own_roles import GRANTABLE
from control_api.auth.roles import Action
from control_api.persistence.users import User
from control_api.rest.guard import BridgeOf, may
from control_api.rest.json_body import Body
from control_api.rest.schemas import GatewayPasswordBody, UserBody
from control_api.services.picture_views import View

router = APIRouter(tags=["session"], dependencies=[Depends(may(Action.USERS))])


class UserView(View):
    """A user; `password_since`: the password is that old; `must_change`: at the next login."""

    user: str
    role: str
    organisation: str
    password_since: str | None
    must_change: bool


class UserChange(Body):
    """Another role and organisation; from the user's next request on."""

    role: Annotated[StrictStr, Field(max_length=64)]
    organisation: Annotated[StrictStr, Field(max_length=200)] = ""


class ResetBody(Body):
    """A password that the user must change at the next login."""

    password: Annotated[StrictStr, Field(max_length=1000)]


class RoleBody(Body):
    """What who has the role may do."""

    rights: Annotated[list[Annotated[StrictStr, Field(max_length=64)]], Field(max_length=64)]


class RoleView(View):
    """A role that was made, and its rights."""

    name: str
    rights: list[str]


class RightView(View):
    """A right: its name, and what it allows."""

    name: str
    allows: str


@router.get("/users", summary="All users")
async def users(bridge: BridgeOf) -> list[UserView]:
    """By name."""
    return [_view(user) for user in await bridge.sessions.users()]


@router.post("/users", status_code=201, summary="Add a user")
async def add_user(body: UserBody, bridge: BridgeOf) -> UserView:
    """Names are unique."""
    added = await bridge.sessions.add_user(
        body.name, body.password, body.role, body.organisation, body.temporary
    )
    return _view(added)


@router.put("/users/{name}", summary="Give a user another role or organisation")
async def change_user(name: str, body: UserChange, request: Request, bridge: BridgeOf) -> UserView:
    """`admin` stays an administrator; sessions at the gateway end."""
    changed = await bridge.sessions.change_user(name, body.role, body.organisation)
    request.app.state.gateway.sessions.end_of(name)
    return _view(changed)


@router.put("/users/{name}/password", status_code=204, summary="Give a user a new password")
async def reset_password(name: str, body: ResetBody, bridge: BridgeOf) -> None:
    """The user must change it at the next login; the user's sessions end."""
    await bridge.sessions.reset_password(name, body.password)


@router.delete("/users/{name}", status_code=204, summary="Remove a user")
async def remove_user(name: str, request: Request, bridge: BridgeOf) -> None:
    """The user's sessions end; `admin` stays."""
    await bridge.sessions.remove_user(name)
    await bridge.user_groups.user_gone()
    request.app.state.gateway.sessions.end_of(name)


@router.put(
    "/users/{name}/gateway-password",
    status_code=204,
    summary="Let a user log in at the SOAP gateway",
)
async def set_gateway_password(
    name: str, body: GatewayPasswordBody, request: Request, bridge: BridgeOf
) -> None:
    """A password of its own for programs, kept sealed; sessions with another one end."""
    await bridge.digests.set(name, body.password)
    request.app.state.gateway.sessions.end_of(name)


@router.get("/rights", summary="What roles can be made of")
async def rights(_bridge: BridgeOf) -> list[RightView]:
    """By name."""
    return [RightView(name=name, allows=GRANTABLE[name].value) for name in sorted(GRANTABLE)]


@router.get("/roles", summary="Roles that were made")
async def roles(bridge: BridgeOf) -> list[RoleView]:
    """By name; admin, operator and viewer are there always."""
    return [RoleView(name=name, rights=own) for name, own in bridge.sessions.roles.all().items()]


@router.put("/roles/{role}", summary="Make or change a role")
async def put_role(role: str, body: RoleBody, request: Request, bridge: BridgeOf) -> RoleView:
    """Who has it has these rights from the next request on; gateway sessions of theirs end."""
    await bridge.sessions.roles.put(role, body.rights)
    for user in await bridge.sessions.users():
        if user.role == role:
            request.app.state.gateway.sessions.end_of(user.name)
    return RoleView(name=role, rights=bridge.sessions.roles.all()[role])


@router.delete("/roles/{role}", status_code=204, summary="Forget a role")
async def remove_role(role: str, bridge: BridgeOf) -> None:
    """Not while a user has it."""
    await bridge.sessions.remove_role(role)


def _view(user: User) -> UserView:
    since = datetime.fromtimestamp(user.password_since_s, UTC) if user.password_since_s else None
    return UserView(
        user=user.name,
        role=user.role,
        organisation=user.organisation,
        password_since=since.isoformat(timespec="seconds") if since else None,
        must_change=user.must_change,
    )

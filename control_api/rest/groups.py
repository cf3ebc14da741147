"""Routes: groups of users, whose recordings are their members'."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from control_api.auth.rights import Right
from control_api.auth.roles import Action
from control_api.rest.guard import BridgeOf, may
from control_api.rest.json_body import Body
from control_api.services.groups import UserGroupView

router = APIRouter(tags=["session"], dependencies=[Depends(may(Action.USERS))])


class UserGroupBody(Body):
    """All members of a group."""

    members: Annotated[dict[str, Right], Field(max_length=1000)]


@router.get("/groups", summary="Groups of users")
async def groups(bridge: BridgeOf) -> list[UserGroupView]:
    """By name."""
    return bridge.user_groups.list()


@router.put("/groups/{group}", summary="Make or change a group")
async def put(group: str, body: UserGroupBody, bridge: BridgeOf) -> UserGroupView:
    """Recordings whose tag `group` names it are seen by its members alone, and administrators.

    Each may watch, download (and watch), or manage (and all else), as far as the role goes.
    """
    return await bridge.user_groups.put(group, body.members)


@router.delete("/groups/{group}", status_code=204, summary="Remove a group")
async def remove(group: str, bridge: BridgeOf) -> None:
    """Its recordings are everybody's again, as far as no other group has them."""
    await bridge.user_groups.remove(group)

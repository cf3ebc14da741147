"""Routes: content (辅流) that operators show."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from control_api.auth.roles import Action
from control_api.rest.bodies import IMAGE_BODY, typed_body
from control_api.rest.guard import BridgeOf, may
from control_api.services.stills import FORMATS
from control_api.services.views import ConferenceView

router = APIRouter(prefix="/conferences/{cid}", tags=["content"])

CONTROL = [Depends(may(Action.CONTROL))]
JOIN = [Depends(may(Action.JOIN))]


@router.put(
    "/content/still",
    summary="Show an image as content",
    dependencies=CONTROL,
    openapi_extra=IMAGE_BODY,
)
async def show_still(
    cid: str,
    request: Request,
    bridge: BridgeOf,
    name: Annotated[str, Query(max_length=64, description="what it is, for people")] = "",
) -> ConferenceView:
    """A PNG or JPEG file of at most 20 MB and 40 million pixels, made smaller to 1920x1200.

    Everybody sees it at once, over what a site may share, until it is withdrawn.
    """
    bridge.conferences.get(cid)
    data, kind = await typed_body(request, FORMATS)
    return await bridge.contents.show_still(cid, data, kind, name)


@router.delete("/content/still", summary="Withdraw the image", dependencies=CONTROL)
async def withdraw(cid: str, bridge: BridgeOf) -> ConferenceView:
    """A site that shared before it, and still does, is seen again."""
    return await bridge.contents.withdraw(cid)


@router.put(
    "/sites/{sid}/content", status_code=204, summary="Show a site's content", dependencies=CONTROL
)
async def take(cid: str, sid: str, bridge: BridgeOf) -> None:
    """It must be sending some; it then goes before all others, locked or not."""
    await bridge.contents.take(cid, sid)


@router.delete(
    "/sites/{sid}/content", status_code=204, summary="End a site's content", dependencies=JOIN
)
async def end(cid: str, sid: str, bridge: BridgeOf) -> None:
    """Who else sends content is seen again; the site may begin anew. Guests end their own only."""
    await bridge.contents.end(cid, sid)

"""Routes: content (辅流) that operators show."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from control_api.auth.roles import Action
from control_api.rest.bodies import IMAGE_BODY, IMAGES, typed_body
from control_api.rest.guard import BridgeOf, may
from control_api.services.documents import Part
from control_api.services.views import ConferenceView

router = APIRouter(prefix="/conferences/{cid}", tags=["content"])

RUN = [Depends(may(Action.RUN))]
SEAT = [Depends(may(Action.SEAT))]


@router.put(
    "/content/still",
    summary="Show an image as content",
    dependencies=RUN,
    openapi_extra=IMAGE_BODY,
)
async def show_still(
    cid: str,
    request: Request,
    bridge: BridgeOf,
    name: Annotated[str, Query(max_length=64, description="what it is, for people")] = "",
    page: Annotated[int, Query(ge=1, le=9999, description="page, or frame, from 1 on")] = 1,
    window_center: Annotated[
        float, Query(ge=-100_000, le=100_000, description="DICOM: the grey in the middle")
    ] = 0.0,
    window_width: Annotated[
        float,
        Query(ge=0, le=200_000, description="DICOM: from black to white; 0: as the image says"),
    ] = 0.0,
) -> ConferenceView:
    """A PNG or JPEG file, a page of a PDF file or a frame of a DICOM image, whose greys stay true.

    At most 20 MB and 40 million pixels; what is larger than 1920x1200 is made smaller.

    Everybody sees it at once, over what a site may share, until it is withdrawn.
    """
    bridge.conferences.get(cid)
    data, kind = await typed_body(request, IMAGES)
    part = Part(page, window_center, window_width)
    return await bridge.contents.show_still(cid, data, kind, name, part)


@router.delete("/content/still", summary="Withdraw the image", dependencies=RUN)
async def withdraw(cid: str, bridge: BridgeOf) -> ConferenceView:
    """A site that shared before it, and still does, is seen again."""
    return await bridge.contents.withdraw(cid)


@router.put(
    "/sites/{sid}/content", status_code=204, summary="Show a site's content", dependencies=RUN
)
async def take(cid: str, sid: str, bridge: BridgeOf) -> None:
    """It then goes before all others, locked or not; a page that sends none asks its user to."""
    await bridge.calling.ask_content(cid, sid)


@router.delete(
    "/sites/{sid}/content", status_code=204, summary="End a site's content", dependencies=SEAT
)
async def end(cid: str, sid: str, bridge: BridgeOf) -> None:
    """Who else sends content is seen again; the site may begin anew. Guests end their own only."""
    await bridge.contents.end(cid, sid)

"""Routes: moments within recordings, found by their words."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from control_api.auth.roles import Action
from control_api.persistence.moments import Asked, Hit
from control_api.rest.guard import BridgeOf, PrincipalOf, may, member_of
from control_api.rest.json_body import LARGEST_INT
from control_api.services.moments import snippet, words_of
from control_api.services.picture_views import View

router = APIRouter(tags=["recordings"], dependencies=[Depends(may(Action.PLAY))])


class MomentView(View):
    """A moment: `kind` is slide, title (also tags), or that of a mark; `text` the words around."""

    recording: str
    title: str
    started_at: str
    kind: str
    at_s: float
    text: str


class MomentsView(View):
    """Some moments, the newest recordings' first; `next` for further ones, 0: these are all."""

    moments: list[MomentView]
    next: int


class SlideView(View):
    """A slide that stood still: from when to when, and what was read on it."""

    at_s: float
    until_s: float
    text: str


@router.get("/recordings/{rid}/slides", summary="Slides of a recording")
async def slides(rid: str, bridge: BridgeOf) -> list[SlideView]:
    """As they followed each other; none before they were read, which is after the end."""
    return [
        SlideView(at_s=one.at_ms / 1000, until_s=one.until_ms / 1000, text=snippet(one.text, ""))
        for one in await bridge.moments.slides(rid)
    ]


@router.get("/moments", summary="Search within recordings")
async def moments(
    bridge: BridgeOf,
    principal: PrincipalOf,
    q: Annotated[str, Query(min_length=1, max_length=200, description="Words that all occur")],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    recording: Annotated[str, Query(max_length=64, description="Within this one only")] = "",
    before: Annotated[int, Query(ge=0, le=LARGEST_INT, description="`next` of a page")] = 0,
) -> MomentsView:
    """By what slides, marks, titles and tags say; Chinese of one sign or more. Patients never."""
    asked = Asked(words_of(q), principal.organisation, recording, member_of(bridge, principal))
    found = await bridge.moments.search(asked, limit + 1, before or LARGEST_INT)
    further = found[limit - 1].id if len(found) > limit else 0
    return MomentsView(moments=[_view(hit, q) for hit in found[:limit]], next=further)


def _view(hit: Hit, words: str) -> MomentView:
    return MomentView(
        recording=hit.recording.id,
        title=hit.recording.title,
        started_at=hit.recording.started_at,
        kind=hit.moment.kind,
        at_s=round(hit.moment.at_ms / 1000, 3),
        text=snippet(hit.moment.text, words),
    )

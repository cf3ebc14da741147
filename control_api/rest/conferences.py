"""Routes: conferences, their layout, panes and groups."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import TypeAdapter

from control_api.auth.roles import Action, Role, check
from control_api.rest.guard import BridgeOf, PrincipalOf, may
from control_api.rest.picture_bodies import GroupBody, LayoutBody, PaneBody
from control_api.rest.schemas import (
    ConferenceBody,
    ConferenceChange,
    LayoutModePane,
    LayoutModeView,
)
from control_api.rest.static_files import packed_json
from control_api.services.views import ConferenceView, public_view
from mcu_core.layouts.catalogue import MODES

router = APIRouter()

CONTROL = [Depends(may(Action.CONTROL))]
RUN = [Depends(may(Action.RUN))]
SEE = [Depends(may(Action.SEE))]
SEE_ONE = [Depends(may(Action.SEE_ONE))]


def _modes() -> list[LayoutModeView]:
    return [
        LayoutModeView(
            id=number,
            name=layout.name,
            main=layout.main,
            panes=[
                LayoutModePane(
                    x=float(pane.x), y=float(pane.y), w=float(pane.w), h=float(pane.h), z=pane.z
                )
                for pane in layout.panes
            ],
        )
        for number, layout in enumerate(MODES)
    ]


MODES_JSON = TypeAdapter(list[LayoutModeView]).dump_json(_modes())


@router.get(
    "/layouts",
    tags=["layouts"],
    summary="All 50 modes",
    dependencies=SEE_ONE,
    response_model=list[LayoutModeView],
)
async def layouts(request: Request) -> Response:
    """Mode 0 is a single picture, 1..49 those of WS/T 546 table 63; panes as fractions."""
    return packed_json(request, MODES_JSON)


@router.get("/conferences", tags=["conferences"], summary="All conferences", dependencies=SEE)
async def conferences(bridge: BridgeOf, principal: PrincipalOf) -> list[ConferenceView]:
    """Oldest first."""
    views = bridge.conferences.list()
    return [view for view in views if bridge.territory.sees(principal, view.id)]


@router.post(
    "/conferences",
    status_code=201,
    tags=["conferences"],
    summary="Make a conference",
    dependencies=CONTROL,
)
async def make(body: ConferenceBody, bridge: BridgeOf, principal: PrincipalOf) -> ConferenceView:
    """It runs at once, on the least loaded engine, and stays until it is deleted."""
    changes = body.changes()
    if body.layout is not None:
        changes["layout"] = body.layout.choice("layout.")
    made = await bridge.conferences.create(changes)
    await bridge.territory.own(principal, made.id)
    return made


@router.get(
    "/conferences/{cid}", tags=["conferences"], summary="One conference", dependencies=SEE_ONE
)
async def conference(cid: str, bridge: BridgeOf, principal: PrincipalOf) -> ConferenceView:
    """As it is wanted and as its engine shows it; guests are shown less."""
    view = bridge.conferences.get(cid)
    if not principal.bound:
        return view
    shown = public_view(view)
    return shown if principal.role is Role.GUEST else shown.model_copy(update={"rules": view.rules})


@router.patch("/conferences/{cid}", tags=["conferences"], summary="Change it", dependencies=RUN)
async def change(
    cid: str, body: ConferenceChange, bridge: BridgeOf, principal: PrincipalOf
) -> ConferenceView:
    """Only what is named changes, also within `voice`, `banner` and `caption`.

    `recorded` and `recording_rules` are for who may record, `encryption` is not for a chair.
    """
    if body.model_fields_set & {"recorded", "recording_rules"}:
        check(principal, Action.RECORD, cid)
    if "encryption" in body.model_fields_set:
        check(principal, Action.CONTROL, cid)
    return await bridge.conferences.change(cid, body.changes())


@router.delete(
    "/conferences/{cid}",
    status_code=204,
    tags=["conferences"],
    summary="End it",
    dependencies=RUN,
)
async def end(cid: str, bridge: BridgeOf) -> None:
    """All its connections end; a running recording is ended first and stays in the library."""
    await bridge.conferences.end(cid)


@router.put(
    "/conferences/{cid}/layout", tags=["layouts"], summary="Change the layout", dependencies=RUN
)
async def set_layout(cid: str, body: LayoutBody, bridge: BridgeOf) -> ConferenceView:
    """`{"mode": 12}`, `{"own": {...}}`, or `{"mode": null}`: by the number of sites."""
    return await bridge.presentation.set_layout(cid, body.choice())


@router.put(
    "/conferences/{cid}/panes", tags=["layouts"], summary="Fill all panes", dependencies=RUN
)
async def set_panes(cid: str, body: list[PaneBody], bridge: BridgeOf) -> ConferenceView:
    """Panes that the list does not reach are automatic."""
    return await bridge.presentation.set_panes(cid, [pane.pane() for pane in body])


@router.put(
    "/conferences/{cid}/panes/{k}", tags=["layouts"], summary="Fill one pane", dependencies=RUN
)
async def set_pane(
    cid: str,
    k: Annotated[int, Path(ge=0, description="from 0, in the order of the layout")],
    body: PaneBody,
    bridge: BridgeOf,
) -> ConferenceView:
    """The others keep what they hold."""
    return await bridge.presentation.set_pane(cid, k, body.pane())


@router.put(
    "/conferences/{cid}/groups/{number}",
    tags=["layouts"],
    summary="Give sites a picture of their own together",
    dependencies=RUN,
)
async def set_group(
    cid: str,
    number: Annotated[int, Path(ge=0, le=9999, description="the group's own number")],
    body: GroupBody,
    bridge: BridgeOf,
) -> ConferenceView:
    """Makes or changes the group; its sites leave the groups where they were."""
    return await bridge.presentation.set_group(cid, number, body.sites, body.view.view("view."))


@router.delete(
    "/conferences/{cid}/groups/{number}",
    tags=["layouts"],
    summary="Drop a group",
    dependencies=RUN,
)
async def drop_group(
    cid: str, number: Annotated[int, Path(ge=0, le=9999)], bridge: BridgeOf
) -> ConferenceView:
    """Its sites see the conference picture again."""
    return await bridge.presentation.drop_group(cid, number)

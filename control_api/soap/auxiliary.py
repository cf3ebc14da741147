"""Operations of a site's content (辅流), its camera, and of the live page."""

import msgspec

from control_api.services import cameras
from control_api.services.views import ConferenceView, SiteView
from control_api.soap import beyond_messages as bm
from control_api.soap import conference_types as t
from control_api.soap import messages as m
from control_api.soap.control import conference_of, conference_with
from control_api.soap.faults import Code, ResultError
from control_api.soap.operation import Call
from control_api.soap.polarity import flag, number
from mcu_core.contract.camera import STOP, CameraOrder
from mcu_core.contract.definition import SiteKind
from mcu_core.errors import BadInput, Refused

DONE = m.Result()

MOVES = tuple(cameras.MOVES)
"""camAction 0..7 begin these, 8..15 end them in the same order."""

CAMERA = {
    **dict(enumerate(MOVES)),
    **dict.fromkeys(range(8, 16), "stop"),
    16: "reset",
    17: "auto_focus",
    18: "store",
    19: "recall",
    20: "clear",
}
PRESETS, NO_PRESET = (18, 19, 20), 255
CAMERA_ACTIONS = range(24)
SELECT = 21
"""Chooses among the inputs of queryVideoOutSrcState; of 22 and 23 no site of ours knows."""


def _site(view: ConferenceView, uri: str) -> SiteView:
    return next(site for site in view.sites if site.id == uri)


# ---------------------------------------------------------------------- content


async def set_aux_stream(call: Call, request: m.AuxStream) -> m.Result:
    """4.7.3.1: the site's content is shown, or no more.

    A page that shares nothing asks its user to begin: browsers let nobody else do that.
    """
    view = conference_with(call, request.site_uri)
    site = _site(view, request.site_uri)
    if flag(request.control_code, call.polarity.start):
        return await _show_content(call, view, site)
    await call.bridge.calling.end_content(view.id, site.id)
    return DONE


async def _show_content(call: Call, view: ConferenceView, site: SiteView) -> m.Result:
    try:
        await call.bridge.calling.ask_content(view.id, site.id)
    except Refused as error:
        raise ResultError(Code.NO_TOKEN, str(error)) from error
    return DONE


def _sources(call: Call, view: ConferenceView, site: SiteView) -> tuple[t.AuxStreamInfo, ...]:
    name = call.bridge.inputs.content_of(view.id, site)
    return (t.AuxStreamInfo(1, name),) if name else ()


async def aux_sources(call: Call, request: m.Site) -> m.Result:
    """4.7.3.2: what a site can send as content; a conference has one stream of it."""
    view = conference_with(call, request.site_uri)
    return m.AuxStreamsAnswer(0, _sources(call, view, _site(view, request.site_uri)))


async def has_aux_source(call: Call, request: m.Site) -> m.Result:
    """Whether it is there and can send content."""
    view = conference_with(call, request.site_uri)
    site = _site(view, request.site_uri)
    can = site.state == "joined" and bool(_sources(call, view, site))
    return m.NumberAnswer(0, int(can))


async def sends_aux(call: Call, request: m.Site) -> m.Result:
    """Whether its content is what the conference shows."""
    shown = conference_with(call, request.site_uri).content.shown
    return m.NumberAnswer(0, int(shown is not None and shown.site == request.site_uri))


async def receives_aux(call: Call, request: m.Site) -> m.Result:
    """Whether it sees the content of another."""
    view = conference_with(call, request.site_uri)
    shown, site = view.content.shown, _site(view, request.site_uri)
    sees = shown is not None and shown.site != site.id and site.state == "joined"
    return m.NumberAnswer(0, int(sees))


# ---------------------------------------------------------------------- camera


async def control_camera(call: Call, request: m.Camera) -> m.Result:
    """4.7.4.2: told to the site's page, which moves its camera as far as that can be moved, or by
    the line that an RTP site has for it (RFC 4573)."""
    view = conference_with(call, request.site_uri)
    site = _site(view, request.site_uri)
    asked = request.camera_control
    if asked.cam_action not in CAMERA_ACTIONS or asked.cam_state not in (0, 1):
        raise ResultError(Code.CONTROL_OUT_OF_RANGE)
    preset = asked.cam_pos if asked.cam_pos is not None else NO_PRESET
    if asked.cam_action in PRESETS and not 0 <= preset < NO_PRESET:
        raise ResultError(Code.OUT_OF_RANGE, "camPos")
    if asked.cam_action == SELECT:
        return await _select(call, view, site, asked)
    if site.kind is SiteKind.RTP:
        return await _order_camera(call, view.id, site, asked)
    action = CAMERA.get(asked.cam_action)
    if action is None or site.kind is not SiteKind.WEBRTC:
        raise ResultError(Code.NOT_SUPPORTED)
    if site.state != "joined":
        raise ResultError(Code.SITE_OFFLINE)
    call.bridge.calling.tell(view.id, site.id, "camera", action=action, preset=preset)
    return DONE


async def _select(
    call: Call, view: ConferenceView, site: SiteView, asked: t.CameraControl
) -> m.Result:
    """Another camera of a site, or its content, by the number of queryVideoOutSrcState."""
    inputs = call.bridge.inputs.of(view.id, site)
    chosen = next((one for one in inputs if one.id == asked.cam_src), None)
    if site.kind is SiteKind.RTP and (chosen is None or not chosen.content):
        return await _order_camera(call, view.id, site, asked)
    if chosen is None:
        raise ResultError(Code.OUT_OF_RANGE, "camSrc")
    if site.state != "joined":
        raise ResultError(Code.SITE_OFFLINE)
    if chosen.content:
        return await _show_content(call, view, site)
    if site.kind is not SiteKind.WEBRTC:
        raise ResultError(Code.NOT_SUPPORTED)
    call.bridge.calling.tell(view.id, site.id, "camera", action="select", preset=chosen.id - 1)
    return DONE


async def choose_sources(call: Call, request: bm.SiteSources) -> m.Result:
    """Which of its inputs a site sends as its main picture; and, named, its content is shown."""
    view = conference_with(call, request.site_uri)
    site = _site(view, request.site_uri)
    inputs = {one.id: one for one in call.bridge.inputs.of(view.id, site)}
    (main, *others), aux = request.local_main_srcs, request.local_aux_src
    unknown = main not in inputs or inputs[main].content
    if others or unknown or not (aux is None or (aux in inputs and inputs[aux].content)):
        raise ResultError(Code.OUT_OF_RANGE, "one main input, and content, by their numbers")
    if site.kind is not SiteKind.WEBRTC:
        raise ResultError(Code.NOT_SUPPORTED)
    done = await _select(call, view, site, t.CameraControl(0, SELECT, cam_src=main))
    return done if aux is None else await _show_content(call, view, site)


async def _order_camera(
    call: Call, conference: str, site: SiteView, asked: t.CameraControl
) -> m.Result:
    """By the site's own line (H.281), which knows of no reset, autofocus or clearing."""
    action, number = CAMERA.get(asked.cam_action, ""), asked.cam_pos or 0
    if asked.cam_action == SELECT:
        order = CameraOrder("source", number=asked.cam_src or 0)
    elif action in ("store", "recall"):
        order = CameraOrder("store" if action == "store" else "recall", number=number)
    elif action in cameras.MOVES:
        order = cameras.MOVES[action]
    elif action == "stop":
        order = STOP
    else:
        raise ResultError(Code.NOT_SUPPORTED)
    if site.state != "joined":
        raise ResultError(Code.SITE_OFFLINE)
    try:
        await call.bridge.calling.cameras.move(conference, site.id, order)
    except BadInput as error:
        raise ResultError(Code.OUT_OF_RANGE, error.field) from error
    except Refused as error:
        raise ResultError(Code.NOT_SUPPORTED, str(error)) from error
    return DONE


# ---------------------------------------------------------------------- live page


async def _may_stream(call: Call, view: ConferenceView) -> bool:
    booked = await call.bridge.bookings.find(view.id)
    return booked is None or booked.may_stream


async def set_live(call: Call, request: m.SiteAction) -> m.Result:
    """4.6.9: the live page shows the conference of this site, or ends for all who watch."""
    start = flag(request.action, call.polarity.start)
    return await _live(call, conference_with(call, request.site_uri), start)


async def start_live(call: Call, request: m.Conf) -> m.Result:
    """The same, by the conference's id."""
    return await _live(call, conference_of(call, request.conf_id), True)


async def stop_live(call: Call, request: m.Conf) -> m.Result:
    """The same, by the conference's id."""
    return await _live(call, conference_of(call, request.conf_id), False)


async def _live(call: Call, view: ConferenceView, start: bool) -> m.Result:
    if not await _may_stream(call, view):
        raise ResultError(Code.NO_LIVE)
    await call.bridge.conferences.rule(
        view.id, lambda rules: msgspec.structs.replace(rules, live=start)
    )
    return DONE


async def broad_info(call: Call, request: m.Site) -> m.Result:
    """Whether the conference of a site can be recorded and shown live, and is."""
    view = conference_with(call, request.site_uri)
    booked = await call.bridge.bookings.find(view.id)
    can_record = (booked is None or booked.may_record) and call.bridge.recordings.up
    can_stream = await _may_stream(call, view)
    on = call.polarity.running
    live = number(call.bridge.wanted[view.id].rules.live, on) if can_stream else None
    records = number(view.recording is not None, on) if can_record else None
    info = t.BroadInfo(number(can_stream, on), number(can_record, on), live, records)
    return m.BroadAnswer(0, info)


async def has_password(call: Call, request: m.Site) -> m.Result:
    """Whether the conference of a site has a password for its chair."""
    view = conference_with(call, request.site_uri)
    return m.NumberAnswer(0, int(bool(call.bridge.wanted[view.id].rules.chair_password)))

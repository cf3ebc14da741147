"""Operations of confCtrl (WS/T 546 4.6 and beyond): what they do to a running conference.

A site's URI is its id in the conference.
"""

import re
from collections.abc import Iterable
from typing import Any

from control_api.services.views import ConferenceView
from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.operation import Call
from control_api.soap.polarity import flag
from mcu_core.contract.definition import LayoutChoice, Pane, View
from mcu_core.errors import NotFound, Refused
from mcu_core.layouts.catalogue import MODES

CONFERENCE_PICTURE = {"", "0", "(%CP)"}
MOST_SITES = 500
DEFAULT_GATE = 15
_SUB_PICTURE = re.compile(r"(?P<uri>.*?)\(%AUX(?P<stream>\d+)\)")
DONE = m.Result()


def conference_of(call: Call, conf_id: str) -> ConferenceView:
    """The running conference of that id; raises ResultError."""
    if not conf_id:
        raise ResultError(Code.CONFERENCE_ID_EMPTY)
    return call.bridge.conferences.get(conf_id)


def conference_with(call: Call, uri: str) -> ConferenceView:
    """The running conference that this site is in, rather than one where it is only expected."""
    if not uri:
        raise ResultError(Code.URI_EMPTY)
    found = [
        (site.state == "joined", view)
        for view in call.conferences()
        for site in view.sites
        if site.id == uri
    ]
    if not found:
        raise ResultError(Code.SITE_UNKNOWN)
    return max(found, key=lambda pair: pair[0])[1]


def bare(uri: str) -> str:
    """A site's URI without the parentheses that tell it from a group's number."""
    return uri[1:-1] if uri.startswith("(") and uri.endswith(")") else uri


async def _change_all(call: Call, conf_id: str, uris: Iterable[str], **changes: Any) -> m.Result:
    conference_of(call, conf_id)
    named = {uri: changes for uri in uris}
    if len(named) > MOST_SITES:
        raise ResultError(Code.OUT_OF_RANGE)
    try:
        await call.bridge.steering.change_sites(conf_id, named)
    except NotFound as error:
        raise ResultError(Code.NO_SITE if error.kind == "site" else Code.NO_CONFERENCE) from error
    return DONE


async def set_sites_mute(call: Call, request: m.SitesMute) -> m.Result:
    """闭音: the others do not hear these sites."""
    muted = flag(request.is_mute, call.polarity.mute_on)
    return await _change_all(call, request.conf_id, request.site_uris, muted=muted)


async def set_sites_quiet(call: Call, request: m.SitesQuiet) -> m.Result:
    """静音: these sites hear nothing."""
    quiet = flag(request.is_quiet, call.polarity.mute_on)
    return await _change_all(call, request.conf_id, request.site_uris, quiet=quiet)


async def show_video(call: Call, request: m.ConfSites) -> m.Result:
    """The others see these sites."""
    return await _change_all(call, request.conf_id, request.site_uris, video_off=False)


async def hide_video(call: Call, request: m.ConfSites) -> m.Result:
    """The others do not see these sites."""
    return await _change_all(call, request.conf_id, request.site_uris, video_off=True)


def gain_of(volume: int) -> float:
    """Decibels of a volume 0..100: 50 is as it comes, 0 is -40 dB, 100 is +20 dB."""
    return 0.8 * (volume - 50) if volume < 50 else 0.4 * (volume - 50)


def volume_of(gain_db: float) -> int:
    """The volume that has this gain."""
    return round(50 + gain_db / (0.8 if gain_db < 0 else 0.4))


async def set_volumes(call: Call, request: m.SiteVolumes) -> m.Result:
    """How loud the others hear each site."""
    conference_of(call, request.conf_id)
    if any(not 0 <= one.volume <= 100 for one in request.site_volumes):
        raise ResultError(Code.OUT_OF_RANGE)
    changes = {one.site_uri: {"gain_db": gain_of(one.volume)} for one in request.site_volumes}
    await call.bridge.steering.change_sites(request.conf_id, changes)
    return DONE


async def set_video_source(call: Call, request: m.VideoSource) -> m.Result:
    """选看: a site sees another in full, itself, or (no source) the conference picture."""
    conference_of(call, request.conf_id)
    source = request.video_source_uri
    wanted = "" if source in CONFERENCE_PICTURE else bare(source)
    await call.bridge.steering.watch(request.conf_id, bare(request.site_uri), wanted)
    return DONE


async def set_audio_switch(call: Call, request: m.AudioSwitch) -> m.Result:
    """声控切换: who speaks is seen in full by all who have chosen nothing else."""
    view = conference_of(call, request.conf_id)
    if not flag(request.is_switch, call.polarity.switch_on):
        await call.bridge.conferences.change(request.conf_id, {"voice": {"to": "panes"}})
        return DONE
    gate = request.switch_gate or view.voice.gate or DEFAULT_GATE
    voice = {"enabled": True, "to": "broadcast", "gate": gate}
    await call.bridge.conferences.change(request.conf_id, {"voice": voice})
    return DONE


async def set_broadcast_site(call: Call, request: m.BroadcastSite) -> m.Result:
    """广播会场: all see this site in full."""
    conference_of(call, request.conf_id)
    on = flag(request.is_broadcast, call.polarity.start)
    await call.bridge.steering.broadcast(request.conf_id, bare(request.site_uri) if on else "")
    return DONE


async def set_broadcast_presence(call: Call, request: m.BroadcastPresence) -> m.Result:
    """The conference picture for all, also for who watched something else."""
    conference_of(call, request.conf_id)
    if flag(request.is_broadcast, call.polarity.start):
        await call.bridge.steering.force_picture(request.conf_id)
    return DONE


async def lock_sources(call: Call, request: m.SiteControls) -> m.Result:
    """锁定视频源: what these sites see stays so, whoever is broadcast, lectures or speaks."""
    conference_of(call, request.conf_id)
    on = call.polarity.source_locked
    given = {
        bare(one.site_uri): {"source_locked": flag(one.opera_type_param, on)}
        for one in request.ws_ctrl_site_comm_params
    }
    if len(given) > MOST_SITES:
        raise ResultError(Code.OUT_OF_RANGE)
    try:
        await call.bridge.steering.change_sites(request.conf_id, given)
    except NotFound as error:
        raise ResultError(Code.NO_SITE if error.kind == "site" else Code.NO_CONFERENCE) from error
    return DONE


async def move_site(call: Call, request: m.MoveSite) -> m.Result:
    """A site goes on in another running conference, as it is."""
    conference_of(call, request.conf_id)
    conference_of(call, request.dest_conf_id)
    call.bridge.territory.check(call.principal, request.dest_conf_id)
    try:
        await call.bridge.moving.move(request.conf_id, bare(request.site_uri), request.dest_conf_id)
    except Refused as error:
        raise ResultError(Code.SITE_IN_CONFERENCE, str(error)) from error
    return DONE


# ---------------------------------------------------------------------- continuous presence


def panes_of(sub_pics: Iterable[str], view: ConferenceView) -> tuple[Pane, ...]:
    """Panes in their order; an empty name leaves the pane to the loudest who is not shown."""
    known = {site.id for site in view.sites}
    return tuple(_pane_of(name, known) for name in sub_pics)


def _pane_of(name: str, known: set[str]) -> Pane:
    with_stream = _SUB_PICTURE.fullmatch(name)
    if with_stream is not None:
        if int(with_stream["stream"]):
            return Pane("content")  # a conference has one: whose it is, the token says
        name = with_stream["uri"]
    uri = bare(name)
    if not uri:
        return Pane()
    if uri not in known:
        raise ResultError(Code.NOT_IN_CONFERENCE)
    return Pane("site", uri)


def _layout_of(number: int, panes: int) -> LayoutChoice:
    if not 0 <= number < len(MODES):
        raise ResultError(Code.BAD_LAYOUT)
    if panes > max(1, len(MODES[number].panes)):
        raise ResultError(Code.BAD_LAYOUT, "more sites than the layout has panes")
    return LayoutChoice(mode=number)


async def _check_booked(call: Call, conf_id: str, mode: int) -> None:
    """A booked conference has as many panes as were booked (cpResouce); below two, none."""
    booked = await call.bridge.bookings.find(conf_id)
    if booked is None or not mode:
        return
    if booked.presence_panes < 2:
        raise ResultError(Code.NO_PRESENCE)
    if mode in range(len(MODES)) and len(MODES[mode].panes) > booked.presence_panes:
        raise ResultError(Code.BAD_RESOURCE)


async def set_continuous_presence(call: Call, request: m.ContinuousPresence) -> m.Result:
    """多画面: layout and panes of the conference picture, of a group, or of one site's own."""
    view = conference_of(call, request.conf_id)
    await _check_booked(call, request.conf_id, request.presence_mode)
    layout = _layout_of(request.presence_mode, len(request.sub_pics))
    panes = panes_of(request.sub_pics, view)
    target = request.target or ""
    if target in CONFERENCE_PICTURE:
        await call.bridge.steering.present(request.conf_id, layout, panes)
        return DONE
    if any(site.id == bare(target) for site in view.sites):
        own = View(layout, panes) if request.presence_mode else None
        await call.bridge.sites.set_view(request.conf_id, bare(target), own)
        return DONE
    group = next((one for one in view.groups if str(one.id) == target), None)
    if group is None:
        numeric = target.isdecimal()
        raise ResultError(Code.NO_SUCH_GROUP if numeric else Code.NOT_IN_CONFERENCE)
    await call.bridge.presentation.set_group(
        request.conf_id, group.id, group.sites, View(layout, panes)
    )
    return DONE

"""Operations that tell how conferences and sites are (WS/T 546 4.5.7, 4.5.9 to 4.5.12)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from control_api.persistence.bookings import BookedSite, Taken
from control_api.persistence.register import RegisteredSite
from control_api.services.booking_request import number_of
from control_api.services.register import bookable
from control_api.services.views import ConferenceView, SiteView
from control_api.soap import conference_types as t
from control_api.soap import messages as m
from control_api.soap.control import conference_of, conference_with, volume_of
from control_api.soap.faults import Code, ResultError
from control_api.soap.numbers import number_on_wire, rate_text, seconds_of
from control_api.soap.operation import Call
from control_api.soap.polarity import number
from control_api.soap.scheduling import zone_of
from mcu_core.errors import NotFound
from mcu_core.layouts.catalogue import MODES

NONE_SUCH, BOOKED, RUNNING, ENDED = 1, 2, 3, 5
"""Status in ConferenceStatus; 4 is "no right to ask"."""

SITE_STATE = {"joined": 2, "away": 3, "joining": 4}
NOT_IN = 3
RINGING = 5
FREE, BUSY, NO_SITE = 0, 1, 2
INVALID, BY_URI, SIP = 0, 1, 7
LONGEST_S = 366 * 86400.0
MOST_ASKED = 1000


# ---------------------------------------------------------------------- conferences


async def conferences_status(call: Call, request: m.ConfIds) -> m.Result:
    """4.5.10; without ids those that run."""
    ids = request.conf_ids or tuple(view.id for view in call.conferences())
    if len(ids) > MOST_ASKED:
        raise ResultError(Code.OUT_OF_RANGE)
    return m.ConferencesStatusAnswer(0, tuple([await status(call, one) for one in ids]))


async def status(call: Call, conf_id: str) -> t.ConferenceStatus:
    """How a conference is, booked, running or over."""
    times = []
    if number_of(conf_id):
        times = await call.bridge.bookings.occurrences(number_of(conf_id))
    going = next((one for one in times if one.state in {"running", "booked"}), None)
    begin = end = None
    if going is not None and call.vendor:
        zone = zone_of(call)
        begin = datetime.fromtimestamp(going.begin_s, zone)
        end = datetime.fromtimestamp(going.end_s, zone) if going.end_s else None
    try:
        view = call.bridge.conferences.get(conf_id)
    except NotFound:
        if not times:
            return t.ConferenceStatus(conf_id, None, NONE_SUCH)
        booking = await call.bridge.bookings.get(times[0].booking)
        return t.ConferenceStatus(
            conf_id,
            booking.name,
            BOOKED if going is not None else ENDED,
            begin_time=begin,
            end_time=end,
        )
    switched = view.voice.enabled and view.voice.to == "broadcast"
    return t.ConferenceStatus(
        conf_id,
        view.name,
        RUNNING,
        chair=call.bridge.chairs.of(conf_id),
        broadcast=view.broadcast,
        speaking=view.speaker,
        presentation=view.content.shown.site if view.content.shown is not None else "",
        is_lock=number(view.rules.locked, call.polarity.locked),
        is_audio_switch=number(switched, call.polarity.status_switch_on),
        switch_gate=view.voice.gate,
        begin_time=begin,
        end_time=end,
    )


async def sites_status(call: Call, request: m.ConfSites) -> m.Result:
    """4.5.11; without URIs all sites of the conference."""
    view = conference_of(call, request.conf_id)
    booked = await call.bridge.bookings.booked_sites(request.conf_id)
    here = {site.id: site for site in view.sites}
    known = [*here, *(uri for uri in booked if uri not in here)]
    wanted = [uri for uri in request.site_uris if uri] or known
    known_here = await call.bridge.register.known([uri for uri in wanted if uri in here])
    found = []
    for uri in wanted:
        if uri in here:
            kind = _type_of(booked.get(uri), known_here.get(uri))
            found.append(_site_status(call, view, here[uri], kind))
        elif uri in booked:
            name = booked[uri].name or uri
            found.append(t.SiteStatus(uri, name, NOT_IN, 0, "", *_open(call), booked[uri].type))
        else:
            found.append(t.SiteStatus(uri, "", 1, 0, "", *_open(call), 0))
    return m.SitesStatusAnswer(0, tuple(found))


def _open(call: Call) -> tuple[int, int]:
    """Neither muted nor quiet."""
    return 1 - call.polarity.status_muted, 1 - call.polarity.status_muted


def _type_of(booked: BookedSite | None, known: RegisteredSite | None) -> int:
    """The type that a site was booked or registered with; SIP for one that nobody did."""
    if booked is not None and booked.type not in (INVALID, BY_URI):
        return booked.type
    if known is not None:
        return known.type
    return SIP


def _source_of(view: ConferenceView, site: SiteView) -> str:
    """Whom it sees in full; empty: a composed picture."""
    if site.source_locked:
        return _chosen(site)
    leads = [view.broadcast, view.lecturer]
    led = next((one for one in leads if one and one != site.id), "")
    by_voice = view.voice.enabled and view.voice.to == "broadcast" and view.speaker != site.id
    return led or _chosen(site) or (view.speaker if by_voice else "")


def _chosen(site: SiteView) -> str:
    alone = site.view is not None and len(site.view.panes) == 1 and site.view.layout.mode == 1
    return site.watch or (site.view.panes[0].site if alone and site.view is not None else "")


def _site_status(call: Call, view: ConferenceView, site: SiteView, kind: int) -> t.SiteStatus:
    rings = site.state == "away" and call.bridge.calling.rings(view.id, site.id)
    return t.SiteStatus(
        uri=site.id,
        name=site.name,
        status=RINGING if rings else SITE_STATE[site.state],
        volume=volume_of(site.gain_db),
        video_source=_source_of(view, site),
        is_mute=number(site.muted, call.polarity.status_muted),
        is_quiet=number(site.quiet, call.polarity.status_muted),
        type=kind,
    )


async def presence_info(call: Call, request: m.Conf) -> m.Result:
    """What layouts a conference can show, and for whom."""
    view = conference_of(call, request.conf_id)
    booked = await call.bridge.bookings.find(view.id)
    panes = booked.presence_panes if booked is not None else None
    targets = ("", *(str(group.id) for group in view.groups), *(site.id for site in view.sites))
    modes = tuple(
        number
        for number, mode in enumerate(MODES)
        if panes is None or len(mode.panes) <= max(1, panes)
    )
    return m.PresenceInfoAnswer(0, targets, panes, modes)


async def presence_param(call: Call, request: m.ConfTarget) -> m.Result:
    """What a picture shows now: its mode, and who stands in its panes."""
    view = conference_of(call, request.conf_id)
    target = (request.target or "").strip("()")
    own = next((site.view for site in view.sites if site.id == target and site.view), None)
    group = next((one.view for one in view.groups if str(one.id) == target), None)
    picture = own or group
    if picture is not None:
        names = [pane.site for pane in picture.panes]
        return m.PresenceParamAnswer(0, picture.layout.mode or 0, tuple(names))
    return m.PresenceParamAnswer(0, view.shown.mode or 0, tuple(view.shown.panes))


# ---------------------------------------------------------------------- sites


def _states(views: Iterable[ConferenceView]) -> dict[str, int]:
    """The best state of each site in the conferences that run."""
    found: dict[str, int] = {}
    for view in views:
        for site in view.sites:
            state = SITE_STATE[site.state]
            if found.get(site.id) != SITE_STATE["joined"]:
                found[site.id] = state
    return found


def states(call: Call) -> dict[str, int]:
    """The state of each site that is in some conference of the caller's."""
    return _states(call.conferences())


def site_info(site: RegisteredSite, state: int, call: Call) -> t.SiteInfo:
    """A registered site as the dialect writes it."""
    return t.SiteInfo(
        name=site.name,
        uri=site.uri,
        type=site.type,
        origin=0,
        dialing_mode=site.dialing_mode,
        rate=rate_text(site.rate_kbps),
        video_format=number_on_wire(site.video_format, call.vendor),
        video_protocol=number_on_wire(site.video_protocol, call.vendor),
        status=state,
    )


async def registered(call: Call) -> list[RegisteredSite]:
    """The sites of the register that the caller may know of."""
    found = await call.bridge.register.all()
    return [one for one in found if bookable(one, call.principal)]


async def sites(call: Call, request: m.Nothing) -> m.Result:
    """4.5.7: the register."""
    now = states(call)
    found = await registered(call)
    return m.SitesAnswer(
        0, tuple(site_info(site, now.get(site.uri, NOT_IN), call) for site in found)
    )


async def free_busy(call: Call, request: m.SitesWhen) -> m.Result:
    """4.5.9: when sites are taken in a span; free for the whole of it where they never are."""
    return await _free_busy(call, request, changes=False)


async def free_busy_changes(call: Call, request: m.SitesWhen) -> m.Result:
    """4.5.12: also what was taken and is free again, with the conference it was."""
    return await _free_busy(call, request, changes=True)


async def _free_busy(call: Call, request: m.SitesWhen, changes: bool) -> m.Result:
    since_s = seconds_of(request.begin_time, zone_of(call)) or 0.0
    span_s = request.duration.total_seconds()
    if not 0 < span_s <= LONGEST_S or len(request.site_uris) > MOST_ASKED:
        raise ResultError(Code.OUT_OF_RANGE)
    uris = list(dict.fromkeys(request.site_uris))
    taken: dict[str, list[Taken]] = {uri: [] for uri in uris}
    for one in await call.bridge.bookings.taken(uris, since_s, since_s + span_s):
        if changes or not one.gone:
            taken[one.uri].append(one)
    known = await call.bridge.register.known([uri for uri in uris if not taken[uri]])
    sees = call.bridge.territory.sees
    span = timedelta(seconds=span_s)
    zone = zone_of(call)
    start = datetime.fromtimestamp(since_s, zone)
    states = []
    for uri in uris:
        rows = tuple(
            t.FreeBusyState(
                datetime.fromtimestamp(one.begin_s, zone),
                timedelta(seconds=one.end_s - one.begin_s) if one.end_s else span,
                FREE if one.gone else BUSY,
                str(one.booking) if sees(call.principal, str(one.booking)) else None,
                one.name if sees(call.principal, str(one.booking)) else None,
            )
            for one in taken[uri]
        )
        alone = t.FreeBusyState(start, span, FREE if uri in known else NO_SITE)
        states.append(t.SiteFreeBusyStates(uri, rows or (alone,)))
    return m.FreeBusyAnswer(0, tuple(states))


async def video_sources(call: Call, request: m.Site) -> m.Result:
    """4.7.4.1: a page's cameras as it tells of them, else what pictures come from; and content."""
    view = conference_with(call, request.site_uri)
    site = next(one for one in view.sites if one.id == request.site_uri)
    inputs = call.bridge.inputs.of(view.id, site)
    rows = (t.VideoSourcesInfo(one.id, int(one.connected), one.name) for one in inputs)
    return m.VideoSourcesAnswer(0, tuple(rows))


async def main_sources(call: Call, request: m.Site) -> m.Result:
    """Of these inputs those that can be its main picture: all but content."""
    view = conference_with(call, request.site_uri)
    site = next(one for one in view.sites if one.id == request.site_uri)
    inputs = call.bridge.inputs.of(view.id, site)
    rows = (t.AuxStreamInfo(one.id, one.name) for one in inputs if not one.content)
    return m.AuxStreamsAnswer(0, tuple(rows))

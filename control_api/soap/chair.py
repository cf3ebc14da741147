"""Operations of the chair, of recording, of texts, and of calling sites."""

from typing import Any

from control_api.services.chairs import Chaired, Unchaired
from control_api.services.views import ConferenceView
from control_api.soap import messages as m
from control_api.soap.control import bare, conference_of, conference_with
from control_api.soap.faults import Code, ResultError
from control_api.soap.operation import Call
from control_api.soap.polarity import flag
from mcu_core.errors import NotFound

DONE = m.Result()
STRIPS = {0: "banner", 1: "caption"}
SHORT_MESSAGE = 2


# ---------------------------------------------------------------------- chair and floor


async def _request(call: Call, conference: str, uri: str) -> m.Result:
    try:
        await call.bridge.chairs.request(conference, bare(uri))
    except Chaired as error:
        raise ResultError(Code.CHAIR_TAKEN) from error
    return DONE


async def _release(call: Call, conference: str) -> m.Result:
    try:
        await call.bridge.chairs.release(conference)
    except Unchaired as error:
        raise ResultError(Code.NO_CHAIR) from error
    return DONE


async def request_chair(call: Call, request: m.ConfChair) -> m.Result:
    """A site takes the chair of a conference."""
    return await _request(call, conference_of(call, request.conf_id).id, request.chairman_uri)


async def release_chair(call: Call, request: m.Conf) -> m.Result:
    """Nobody holds the chair any more."""
    return await _release(call, conference_of(call, request.conf_id).id)


async def request_chair_of_site(call: Call, request: m.Site) -> m.Result:
    """The older form: the conference is the one that the site is in."""
    return await _request(call, conference_with(call, request.site_uri).id, request.site_uri)


async def release_chair_of_site(call: Call, request: m.Site) -> m.Result:
    """The older form: only who holds the chair gives it up."""
    view = conference_with(call, request.site_uri)
    if call.bridge.chairs.of(view.id) not in {"", request.site_uri}:
        raise ResultError(Code.NOT_CHAIR)
    return await _release(call, view.id)


async def set_floor(call: Call, request: m.ConfSite) -> m.Result:
    """All see and hear this site alone; ended by ending its broadcast and opening microphones."""
    view = conference_of(call, request.conf_id)
    try:
        await call.bridge.chairs.give_floor(view.id, bare(request.site_uri))
    except Unchaired as error:
        raise ResultError(Code.NO_CHAIR) from error
    return DONE


# ---------------------------------------------------------------------- content


async def _content(call: Call, conf_id: str, **rules: Any) -> m.Result:
    await call.bridge.conferences.change(conf_id, {"content": rules})
    return DONE


async def lock_content(call: Call, request: m.ConfSite) -> m.Result:
    """Only this site may send content; without a site: who sends it now keeps it."""
    view = conference_of(call, request.conf_id)
    uri = bare(request.site_uri)
    if not uri:
        return await _content(call, view.id, locked=True)
    if uri not in {site.id for site in view.sites}:
        raise ResultError(Code.NOT_IN_CONFERENCE)
    return await _content(call, view.id, senders="site", site=uri, locked=False)


async def unlock_content(call: Call, request: m.Conf) -> m.Result:
    """Anybody may send content; of what is not locked, too."""
    view = conference_of(call, request.conf_id)
    return await _content(call, view.id, senders="anybody", site="", locked=False)


# ---------------------------------------------------------------------- recording


async def _may_record(call: Call, view: ConferenceView) -> bool:
    booked = await call.bridge.bookings.find(view.id)
    return booked is None or booked.may_record


async def set_record(call: Call, request: m.SiteAction) -> m.Result:
    """4.6.8: answered at once; whether it runs is told by queryBroadInfo."""
    start = flag(request.action, call.polarity.start)
    return await _record(call, conference_with(call, request.site_uri), start)


async def start_recording(call: Call, request: m.Conf) -> m.Result:
    """The same, by the conference's id."""
    return await _record(call, conference_of(call, request.conf_id), True)


async def stop_recording(call: Call, request: m.Conf) -> m.Result:
    """The same, by the conference's id."""
    return await _record(call, conference_of(call, request.conf_id), False)


async def _record(call: Call, view: ConferenceView, start: bool) -> m.Result:
    if not await _may_record(call, view):
        raise ResultError(Code.NO_RECORDING)
    if start == (view.recording is not None):
        return DONE
    if not call.bridge.recordings.up:
        raise ResultError(Code.BUSY, "the recorder is away")
    recordings = call.bridge.recordings
    work = recordings.record(view.id) if start else recordings.stop_recording(view.id)
    call.later(work)
    return DONE


# ---------------------------------------------------------------------- texts


async def set_text(call: Call, request: m.TextControl) -> m.Result:
    """A banner (0) or a caption (1) over the picture: shown (0) or taken away (1).

    A short message (2) has no place in a picture; nor has a text that not all who are there see.
    """
    view = conference_of(call, request.conf_id)
    nested = request.ws_conf_text_param
    if nested is None:
        asked, action, content = request.text_type, request.action, request.content
    else:
        asked, action, content = nested.text_type, nested.op_type, nested.content
        here = {site.id for site in view.sites if site.state == "joined"}
        if nested.site_uri_list and not here <= {bare(uri) for uri in nested.site_uri_list}:
            raise ResultError(Code.NOT_SUPPORTED, "a text for some sites")
    if asked == SHORT_MESSAGE:
        raise ResultError(Code.NOT_SUPPORTED, "a short message")
    strip = STRIPS.get(asked)
    if strip is None:
        raise ResultError(Code.OUT_OF_RANGE)
    text = content or "" if flag(action, call.polarity.start) else ""
    await call.bridge.conferences.change(view.id, {strip: {"text": text}})
    return DONE


# ---------------------------------------------------------------------- calls


async def connect(call: Call, request: m.ConfSites) -> m.Result:
    """4.5.15: browsers are rung, RTP sites connected by their stored offer."""
    conference_of(call, request.conf_id)
    try:
        await call.bridge.calling.connect(request.conf_id, request.site_uris)
    except NotFound as error:
        raise ResultError(Code.NO_SITE) from error
    return DONE


async def disconnect(call: Call, request: m.ConfSites) -> m.Result:
    """4.5.16."""
    conference_of(call, request.conf_id)
    try:
        await call.bridge.calling.disconnect(request.conf_id, request.site_uris)
    except NotFound as error:
        raise ResultError(Code.NO_SITE) from error
    return DONE

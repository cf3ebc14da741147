"""Operations of ad hoc conferences, beyond the standard: begun by whoever gives their code."""

from datetime import datetime, timedelta

from control_api.services.booking_request import BookingRequest
from control_api.services.ledger import DEFAULT_UNITS
from control_api.soap import beyond_messages as bm
from control_api.soap import beyond_types as b
from control_api.soap import conference_types as t
from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.numbers import rate_of, rate_text, seconds_of
from control_api.soap.operation import Call
from control_api.soap.pages import Columns, page
from control_api.soap.queries import BUSY, FREE, LONGEST_S, MOST_ASKED
from control_api.soap.registering import organisation_of
from control_api.soap.scheduling import (
    addresses,
    booked_site,
    check_theirs,
    encryption,
    passwords,
    site_info,
    told,
    zone_of,
)
from mcu_core.errors import NotFound

DONE = m.Result()
COLUMNS: Columns[tuple[str, BookingRequest]] = {
    0: lambda one: one[0],
    1: lambda one: one[1].name,
    2: lambda one: one[1].access_code,
}


def _asked(call: Call, given: b.AdhocConfTemplateParam) -> BookingRequest:
    if not (given.name or "").strip():
        raise ResultError(Code.NAME_EMPTY)
    password, chair_password = passwords(call, given.password, given.chairman_password)
    notice = given.notice or b.AdhocNotice()
    return BookingRequest(
        name=given.name or "",
        length_s=max(0.0, (given.duration or timedelta()).total_seconds()),
        sites=tuple(booked_site(site, call.vendor) for site in given.sites),
        rate_kbps=rate_of(given.rate) or BookingRequest("").rate_kbps,
        presence_panes=given.cp_resource or given.cp_resouce or 0,
        may_record=given.is_recording != 0,
        may_stream=given.is_live_broadcast == 1,
        presentation=given.presentation or 0,
        encryption=encryption(given.media_encrypt_type or 0),
        access_code=given.access_code or "",
        password=password,
        chair_password=chair_password,
        bill_code=(given.bill_code or "")[:200],
        notify=addresses(notice.email),
        notice=notice.content or "",
        ports=max(0, given.max_sites_count or 0) * DEFAULT_UNITS,
    )


def _shown(call: Call, name: str, kept: BookingRequest) -> b.AdhocConfTemplateParam:
    return b.AdhocConfTemplateParam(
        adhoc_conf_template_id=name,
        name=kept.name,
        access_code=kept.access_code,
        duration=timedelta(seconds=kept.length_s),
        bill_code=kept.bill_code or None,
        cp_resource=kept.presence_panes,
        rate=rate_text(kept.rate_kbps),
        media_encrypt_type=kept.encryption,
        is_live_broadcast=int(kept.may_stream),
        is_recording=int(kept.may_record),
        presentation=kept.presentation,
        max_sites_count=kept.ports // DEFAULT_UNITS or None,
        sites=tuple(site_info(site, call) for site in kept.sites),
    )


async def add(call: Call, request: bm.AddAdhoc) -> m.Result:
    """A new one; its id is its name."""
    given = request.adhoc_conf_template
    organisation = organisation_of(call, request.org_id)
    with told():
        asked = _asked(call, given)
        if asked.name in await call.bridge.adhoc.all(call.principal):
            raise ResultError(Code.BAD_NAME, "there is one of this name")
        await check_theirs(call, asked.sites)
        await call.bridge.adhoc.keep(asked.name, asked, organisation)
    return bm.AdhocAnswer(0, asked.name)


async def edit(call: Call, request: bm.EditAdhoc) -> m.Result:
    """What it is from now on; what runs stays as it is."""
    given = request.adhoc_conf_template
    name = given.adhoc_conf_template_id or given.name or ""
    with told():
        asked = _asked(call, given)
        if name not in await call.bridge.adhoc.all(call.principal):
            raise ResultError(Code.NO_SUCH_CONFERENCE)
        await check_theirs(call, asked.sites)
        await call.bridge.adhoc.keep(name, asked)
    return DONE


async def delete(call: Call, request: bm.AdhocId) -> m.Result:
    """Its code begins nothing any more."""
    try:
        await call.bridge.adhoc.remove(request.adhoc_conf_template_id, call.principal)
    except NotFound as error:
        raise ResultError(Code.NO_SUCH_CONFERENCE) from error
    return DONE


async def templates(call: Call, request: m.Query) -> m.Result:
    """All of them, as they were asked for but for passwords."""
    rows = list((await call.bridge.adhoc.all(call.principal)).items())
    found, info = page(rows, COLUMNS, request.query_config)
    shown = tuple(_shown(call, name, kept) for name, kept in found)
    return bm.AdhocTemplatesPageAnswer(0, shown, info)


async def conferences(call: Call, request: m.Query) -> m.Result:
    """Their names and codes."""
    rows = list((await call.bridge.adhoc.all(call.principal)).items())
    found, info = page(rows, COLUMNS, request.query_config)
    shown = tuple(b.AdhocConference(kept.name, kept.access_code) for _, kept in found)
    return bm.AdhocPageAnswer(0, shown, info)


async def free_busy(call: Call, request: bm.CodesWhen) -> m.Result:
    """When conferences with these codes take place in a span."""
    span = request.duration
    if not 0 < span.total_seconds() <= LONGEST_S or len(request.conf_access_codes) > MOST_ASKED:
        raise ResultError(Code.OUT_OF_RANGE)
    zone = zone_of(call)
    since_s = seconds_of(request.begin_time, zone) or 0.0
    until_s = since_s + span.total_seconds()
    theirs = {one.access_code for one in (await call.bridge.adhoc.all(call.principal)).values()}
    rows = []
    for code in dict.fromkeys(request.conf_access_codes):
        if code not in theirs:
            raise ResultError(Code.NO_SUCH_CONFERENCE)
        busy = tuple(
            t.FreeBusyState(
                datetime.fromtimestamp(one.begin_s, zone),
                timedelta(seconds=(one.end_s or until_s) - one.begin_s),
                BUSY,
                str(one.booking),
            )
            for one in await call.bridge.codes.times(code)
            if one.begin_s < until_s and (one.end_s is None or one.end_s > since_s)
        )
        free = (t.FreeBusyState(datetime.fromtimestamp(since_s, zone), span, FREE),)
        rows.append(b.AdhocConfFreeBusyState(code, busy or free))
    return bm.CodesFreeBusyAnswer(0, tuple(rows))

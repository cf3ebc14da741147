"""Operations of confMgr that book, change and end conferences (WS/T 546 4.5)."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from control_api.persistence.bookings import (
    ENCRYPTIONS,
    BookedSite,
    Booking,
    Occurrence,
    Recurrence,
)
from control_api.services.booking_request import (
    BookingRequest,
    Conflict,
    Running,
    TooLate,
    number_of,
)
from control_api.services.ledger import DEFAULT_UNITS
from control_api.soap import conference_types as t
from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.key_agreement import opened_password
from control_api.soap.numbers import (
    format_of,
    number_on_wire,
    protocol_of,
    rate_of,
    rate_text,
    seconds_of,
)
from control_api.soap.operation import Call
from mcu_core.errors import BadInput, NotFound

BOOKED, RUNNING, ENDED = 2, 3, 4
"""Status in ConferenceInfo; ConferenceStatus has numbers of its own."""

IN_CONFERENCE = {"booked": BOOKED, "running": RUNNING, "ended": ENDED, "deleted": ENDED}
DIGITS = 6
DONE = m.Result()

_FIELDS = {
    "name": Code.BAD_NAME,
    "interval": Code.BAD_INTERVAL,
    "beginTime": Code.PAST,
    "cpResouce": Code.BAD_RESOURCE,
    "prolongTime": Code.EXTENSION,
    "sites.uri": Code.SITE_UNKNOWN,
    "count": Code.TOO_MANY_OCCURRENCES,
}


@contextmanager
def told() -> Iterator[None]:
    """Errors of booking as the codes that callers know."""
    try:
        yield
    except BadInput as error:
        overlap = error.field == "duration" and "overlap" in error.expected
        code = Code.OVERLAP if overlap else _FIELDS.get(error.field, Code.BAD_CONFERENCE_PARAMETER)
        raise ResultError(code, str(error)) from error
    except Conflict as error:
        raise ResultError(Code.BOOKING_FAILED, str(error)) from error
    except Running as error:
        raise ResultError(Code.RUNNING) from error
    except TooLate as error:
        raise ResultError(Code.STARTS_SOON) from error
    except NotFound as error:
        codes = {"occurrence": Code.NO_OCCURRENCE, "booked conference": Code.ENDED}
        known = {"site": Code.NOT_IN_CONFERENCE, **codes}
        raise ResultError(known.get(error.kind, Code.NO_SUCH_CONFERENCE)) from error


def booking_id(conf_id: str | None) -> int:
    """The number of a booked conference; raises ResultError."""
    if not conf_id:
        raise ResultError(Code.CONFERENCE_ID_EMPTY)
    number = number_of(conf_id)
    if not number:
        raise ResultError(Code.NO_SUCH_CONFERENCE)
    return number


def zone_of(call: Call) -> ZoneInfo:
    """The server's zone."""
    return ZoneInfo(call.bridge.settings.zone)


# ---------------------------------------------------------------------- what comes


def booked_site(site: t.SiteInfo, vendor: bool) -> BookedSite:
    """A site as it is kept; raises ResultError."""
    return BookedSite(
        uri=(site.uri or "").strip(),
        name=site.name or "",
        rate_kbps=rate_of(site.rate),
        video_format=format_of(site.video_format, vendor),
        video_protocol=protocol_of(site.video_protocol, vendor),
        type=7 if site.type is None else site.type,
        origin=site.origin or 0,
        dialing_mode=site.dialing_mode or 0,
    )


def encryption(number: int) -> int:
    """The number of an encryption; raises BadInput."""
    if number not in range(len(ENCRYPTIONS)):
        raise BadInput("mediaEncryptType", "0 automatic, 1 forced, 2 none")
    return number


def passwords(call: Call, *given: str | None) -> list[str]:
    """Passwords as they were sealed in this session; raises ResultError for what is none."""
    opened = [opened_password(text or "", call.key) for text in given]
    if any(text and len(text) != DIGITS for text in opened):
        raise ResultError(Code.PASSWORD_UNREADABLE)
    return opened


def _asked(call: Call, info: t.ConferenceInfo) -> BookingRequest:
    if not (info.name or "").strip():
        raise ResultError(Code.NAME_EMPTY)
    password, chair_password = passwords(call, info.password, info.chairman_password)
    length = info.duration or timedelta()
    recurring = isinstance(info, t.RecurrenceConfInfo)
    return BookingRequest(
        name=info.name or "",
        begin_s=seconds_of(info.begin_time, zone_of(call)),
        length_s=max(0.0, length.total_seconds()),
        sites=tuple(booked_site(site, call.vendor) for site in info.sites),
        rate_kbps=rate_of(info.rate) or BookingRequest("").rate_kbps,
        presence_panes=info.cp_resouce or 0,
        may_record=info.is_recording != 0,
        recorder=(info.recorder_addr or "")[:200],
        may_stream=_or_default(info.is_live_broadcast, not call.vendor),
        presentation=info.presentation or 0,
        encryption=encryption(info.media_encrypt_type or 0),
        access_code=info.access_code or "",
        password=password,
        chair_password=chair_password,
        bill_code=(info.bill_code or "")[:200],
        notify=addresses(info.conference_notice.email if info.conference_notice else None),
        notice=(info.conference_notice.content or "") if info.conference_notice else "",
        ports=max(0, info.max_sites_count or 0) * DEFAULT_UNITS,
        code_each=call.bridge.settings.series_codes and recurring and not info.access_code,
        recurrence=_rule(call, info) if recurring else None,
    )


def addresses(text: str | None) -> tuple[str, ...]:
    """Who is told by mail, parted by commas, semicolons or spaces."""
    return tuple(dict.fromkeys(one for one in re.split(r"[,;\s]+", text or "") if one))


def _or_default(number: int | None, default: bool) -> bool:
    """Live is supported by default as the standard has it, and not as the vendor's reference."""
    return default if number is None else number == 1


def _rule(call: Call, info: t.ConferenceInfo) -> Recurrence:
    assert isinstance(info, t.RecurrenceConfInfo)
    return Recurrence(
        frequency=info.frequency,
        interval=info.interval,
        week_days=info.week_days,
        week_of_month=0 if info.month_day else info.week_day or 0,
        month_day=info.month_day or 0,
        count=info.count or 0,
        end_s=seconds_of(info.end_date, zone_of(call)) or 0.0,
        zone=info.time_zone or call.bridge.settings.zone,
    )


# ---------------------------------------------------------------------- what goes


def _moment(call: Call, seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, zone_of(call))


def site_info(site: BookedSite, call: Call) -> t.SiteInfo:
    """A booked site as the dialect writes it."""
    return t.SiteInfo(
        name=site.name or None,
        uri=site.uri,
        type=site.type,
        origin=site.origin,
        dialing_mode=site.dialing_mode,
        rate=rate_text(site.rate_kbps),
        video_format=number_on_wire(site.video_format, call.vendor),
        video_protocol=number_on_wire(site.video_protocol, call.vendor),
    )


def _shown(call: Call, booking: Booking, times: list[Occurrence]) -> t.RecurrenceConfInfo:
    going = next((one for one in times if one.state in {"running", "booked"}), times[-1])
    rule = booking.recurrence or Recurrence(0)
    return t.RecurrenceConfInfo(
        conf_id=str(booking.id),
        name=booking.name,
        begin_time=_moment(call, booking.begin_s),
        duration=timedelta(seconds=booking.length_s),
        access_code=booking.access_code,
        media_encrypt_type=booking.encryption,
        cp_resouce=booking.presence_panes,
        rate=rate_text(booking.rate_kbps),
        is_recording=int(booking.may_record),
        recorder_addr=booking.recorder or None,
        is_live_broadcast=int(booking.may_stream),
        presentation=booking.presentation,
        status=IN_CONFERENCE[going.state],
        bill_code=booking.bill_code or None,
        sites=tuple(site_info(site, call) for site in going.sites),
        frequency=rule.frequency,
        interval=rule.interval,
        week_days=rule.week_days,
        week_day=rule.week_of_month or None,
        month_day=rule.month_day or None,
        count=rule.count or None,
        end_date=_moment(call, rule.end_s) if rule.end_s else None,
        site_access_infos=tuple(
            access(call, booking, site.uri, one) for one in times for site in one.sites
        ),
    )


def access(call: Call, booking: Booking, uri: str, one: Occurrence) -> t.SiteAccessInfo:
    """With what a site comes in, and when."""
    return t.SiteAccessInfo(uri, one.access_code or booking.access_code, _moment(call, one.begin_s))


async def _one(call: Call, booking: Booking) -> m.ConferenceAnswer:
    times = await call.bridge.bookings.occurrences(booking.id)
    shown = _shown(call, booking, times)
    plain = {name: getattr(shown, name) for name in t.ConferenceInfo.__struct_fields__}
    return m.ConferenceAnswer(0, t.ConferenceInfo(**plain))


async def _series(call: Call, booking: Booking) -> m.RecurrenceAnswer:
    times = await call.bridge.bookings.occurrences(booking.id)
    return m.RecurrenceAnswer(0, _shown(call, booking, times))


# ---------------------------------------------------------------------- operations


async def check_theirs(call: Call, sites: Iterable[BookedSite]) -> None:
    """Raise BadInput for a site that the caller may not book."""
    uris = [site.uri for site in sites]
    await call.bridge.register.check_theirs(uris, call.principal)


async def _booked(call: Call, asked: BookingRequest) -> Booking:
    await check_theirs(call, asked.sites)
    booked = await call.bridge.bookings.book(asked, call.principal.name)
    await call.bridge.territory.own(call.principal, str(booked.id))
    return booked


async def schedule(call: Call, request: m.ScheduleConf) -> m.Result:
    """4.5.3: at once where it has no begin, or a past one."""
    with told():
        asked = _asked(call, request.schedule_conf)
        return await _one(call, await _booked(call, asked))


async def schedule_recurrence(call: Call, request: m.ScheduleRecurrence) -> m.Result:
    """4.5.4."""
    with told():
        asked = _asked(call, request.schedule_conf)
        return await _series(call, await _booked(call, asked))


async def edit(call: Call, request: m.EditConf) -> m.Result:
    """4.5.5: booked ones only, three minutes before they begin at the latest."""
    number = booking_id(request.edit_conf.conf_id)
    with told():
        asked = _asked(call, request.edit_conf)
        await check_theirs(call, asked.sites)
        return await _one(call, await call.bridge.bookings.edit(number, asked))


async def edit_recurrence(call: Call, request: m.EditRecurrence) -> m.Result:
    """4.5.6: what has not begun yet, or the occurrence that begins then."""
    number = booking_id(request.edit_conf.conf_id)
    with told():
        asked = _asked(call, request.edit_conf)
        await check_theirs(call, asked.sites)
        begin_s = seconds_of(request.begin_time, zone_of(call))
        if begin_s is not None:
            return await _series(call, await call.bridge.bookings.edit_one(number, begin_s, asked))
        known = await call.bridge.bookings.get(number)
        length_s = asked.length_s or known.length_s
        asked = msgspec.structs.replace(asked, length_s=length_s)
        return await _series(call, await call.bridge.bookings.edit(number, asked))


async def prolong(call: Call, request: m.Prolong) -> m.Result:
    """4.5.8: the whole, or the occurrence that begins then."""
    number = booking_id(request.conf_id)
    begin_s = seconds_of(request.begin_date, zone_of(call))
    with told():
        by_s = request.prolong_time.total_seconds()
        await call.bridge.bookings.prolong(number, by_s, begin_s)
    return DONE


async def add_site(call: Call, request: m.AddSite) -> m.Result:
    """4.5.13: answers with what all sites come in."""
    number = booking_id(request.conf_id)
    begin_s = seconds_of(request.begin_time, zone_of(call))
    with told():
        site = booked_site(request.site_info, call.vendor)
        await check_theirs(call, [site])
        changed = await call.bridge.bookings.add_site(number, site, begin_s)
        booking = await call.bridge.bookings.get(number)
        return m.AccessAnswer(0, tuple(access(call, booking, uri, one) for uri, one in changed))


async def remove_site(call: Call, request: m.DelSite) -> m.Result:
    """4.5.14."""
    number = booking_id(request.conf_id)
    begin_s = seconds_of(request.begin_time, zone_of(call))
    with told():
        await call.bridge.bookings.remove_site(number, request.site_uri, begin_s)
    return DONE


async def delete(call: Call, request: m.DelConf) -> m.Result:
    """4.5.17: deletes what is booked and ends what runs, whole or single occurrences."""
    if request.conf_id and await call.bridge.bookings.find(request.conf_id) is None:
        await call.bridge.conferences.end(request.conf_id)  # one that nobody booked
        return DONE
    number = booking_id(request.conf_id)
    times = [seconds_of(moment, zone_of(call)) for moment in request.begin_time] or [None]
    with told():
        for begin_s in times:
            await call.bridge.bookings.delete(number, begin_s)
    return DONE

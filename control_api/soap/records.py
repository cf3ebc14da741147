"""Operations of what has been, beyond the standard: call records (话单), and recordings."""

from datetime import datetime

from control_api.auth.roles import Action, allowed
from control_api.persistence.calls import Call as CallRecord
from control_api.persistence.library import Search
from control_api.persistence.uses import Asked
from control_api.soap import beyond_messages as bm
from control_api.soap import beyond_types as b
from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.numbers import seconds_of
from control_api.soap.operation import Call
from control_api.soap.pages import checked, pages_of
from control_api.soap.queries import LONGEST_S, MOST_ASKED, SIP
from control_api.soap.scheduling import zone_of

TERMINAL = 0
"""participantType of all our sites."""


async def call_records(call: Call, request: bm.CallRecords) -> m.Result:
    """Who was in which conference, of those that came in within a span, the oldest first."""
    asked = request.query_config
    span_s = asked.duration.total_seconds()
    if not 0 < span_s <= LONGEST_S:
        raise ResultError(Code.OUT_OF_RANGE, "duration")
    each, number = checked(asked.page_param)
    since_s = seconds_of(asked.begin_time, zone_of(call)) or 0.0
    of = Asked(0, 0, call.principal.organisation, asked.site_uri or "")
    begun = call.bridge.calls.begun
    rows, total = await begun(of, since_s, since_s + span_s, (number - 1) * each, each)
    owners = await call.bridge.bookings.owners(one.conference for one in rows)
    known = await call.bridge.register.known(sorted({one.site for one in rows}))
    records = tuple(
        _record(call, one, owners, known[one.site].type if one.site in known else SIP)
        for one in rows
    )
    return bm.CallRecordsAnswer(0, records, pages_of(total, each, number))


def _record(call: Call, one: CallRecord, owners: dict[str, str], kind: int) -> b.MultiPointCDR:
    zone = zone_of(call)
    seconds = one.seen_s - one.joined_s
    return b.MultiPointCDR(
        site_name=one.site_name,
        site_uri=one.site,
        site_type=kind,
        participant_type=TERMINAL,
        rate=f"{round(one.bytes * 8 / 1000 / seconds) if seconds > 0 else 0}k",
        start_time=datetime.fromtimestamp(one.joined_s, zone),
        end_time=datetime.fromtimestamp(one.seen_s if one.left_s is None else one.left_s, zone),
        conference_name=one.conference_name,
        conference_id=one.conference,
        conference_creater=owners.get(one.conference, ""),
        bill_code=one.bill_code,
    )


async def record_addresses(call: Call, request: m.ConfIds) -> m.Result:
    """Where the recordings of conferences are, the newest first: as far as the caller may see."""
    if len(request.conf_ids) > MOST_ASKED:
        raise ResultError(Code.OUT_OF_RANGE)
    groups = call.bridge.user_groups
    member = call.principal.name if groups.limits(call.principal) else ""
    link = call.bridge.settings.mail_link.rstrip("/")
    patients = allowed(call.principal, Action.PATIENT)
    rows = []
    for conference in dict.fromkeys(request.conf_ids):
        search = Search((conference,), organisation=call.principal.organisation, member=member)
        views, _ = await call.bridge.recordings.find(search, patients)
        rows += [
            b.ConfRecordAddr(one.conference, f"{link}/api/v1/recordings/{one.id}/download.mp4")
            for one in views
            if one.conference == conference
        ]
    return bm.RecordAddressesAnswer(0, tuple(rows))

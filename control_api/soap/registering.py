"""Operations of the register of sites and of organisations, beyond the standard."""

import msgspec

from control_api.auth.organisations import check_organisation, within
from control_api.persistence.register import RegisteredSite
from control_api.services.ledger import UNITS
from control_api.soap import beyond_messages as bm
from control_api.soap import beyond_types as b
from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.numbers import (
    TYPES,
    format_of,
    number_on_wire,
    protocol_of,
    rate_of,
    rate_text,
)
from control_api.soap.operation import Call
from mcu_core.errors import BadInput, NotFound, Refused

DONE = m.Result()

ROOT, WHOLE = "1", "MCU"
"""How the root of the organisations is called: that of the caller, or the whole system."""


def _given(site: b.TerminalInfo, vendor: bool) -> dict[str, object]:
    if not site.uri:
        raise ResultError(Code.URI_EMPTY)
    if site.type is not None and site.type not in TYPES:
        raise ResultError(Code.OUT_OF_RANGE)
    protocol, number = _best(site, vendor)
    return {
        "name": site.name or site.uri,
        "type": 7 if site.type is None else site.type,
        "rate_kbps": rate_of(site.rate),
        "video_format": number,
        "video_protocol": protocol,
        "dialing_mode": site.dialing_mode or 0,
    }


def _best(site: b.TerminalInfo, vendor: bool) -> tuple[int | None, int | None]:
    """Protocol and format that a site is kept with: of what it can do, what takes most ports."""
    able = [(protocol_of(site.video_protocol, vendor), format_of(site.video_format, vendor))]
    able += [
        (protocol_of(item.video_protocol, vendor), format_of(number, vendor))
        for item in site.video_capbility
        for number in item.video_format
    ]
    return max(able, key=lambda one: -1 if one[1] is None else UNITS[one[1]])


def terminal_info(site: RegisteredSite, vendor: bool) -> b.TerminalInfo:
    """A registered site with what it can do. Who registered with whom is told nobody."""
    protocol, number = (
        number_on_wire(one, vendor) for one in (site.video_protocol, site.video_format)
    )
    known = site.video_format is not None and number is not None
    able = (b.VideoCapbilityItem(protocol or 0, (number or 0,)),) if known else ()
    return b.TerminalInfo(site.name, site.uri, site.type, rate_text(site.rate_kbps), able)


def organisation_of(call: Call, given: str | None) -> str:
    """The path behind an orgId: the root's is the caller's own. Raises ResultError."""
    own = call.principal.organisation
    path = own if given in (None, "", ROOT) else str(given)
    try:
        check_organisation(path)
    except BadInput as error:
        raise ResultError(Code.OUT_OF_RANGE, str(error)) from error
    if not within(path, own):
        raise ResultError(Code.NO_RIGHT)
    return path


async def organisations(call: Call, request: m.Nothing) -> m.Result:
    """The caller's organisation, or the whole, and all below it."""
    own = call.principal.organisation
    paths = await call.bridge.organisations.within(own)
    rows = [b.OrganizationItem(ROOT, own.rpartition("/")[2] or WHOLE)]
    rows += [b.OrganizationItem(path, path.rpartition("/")[2]) for path in paths if path != own]
    return bm.OrganisationsAnswer(0, tuple(rows))


async def _theirs(call: Call, uri: str) -> RegisteredSite:
    """The site, unless it is another organisation's; raises NotFound."""
    known = await call.bridge.register.get(uri)
    if not within(known.organisation, call.principal.organisation):
        raise NotFound("registered site", uri)
    return known


async def add(call: Call, request: bm.AddTerminal) -> m.Result:
    """A new site, that joins by browser until an administrator says otherwise."""
    fields = _given(request.site_info, call.vendor)
    fields["organisation"] = organisation_of(call, request.org_id)
    site = RegisteredSite(uri=request.site_info.uri or "", **fields)  # type: ignore[arg-type] # as above
    try:
        await call.bridge.register.add(site)
    except BadInput as error:
        raise ResultError(Code.OUT_OF_RANGE, str(error)) from error
    except Refused as error:
        raise ResultError(Code.SITE_THERE, str(error)) from error
    return DONE


async def edit(call: Call, request: bm.EditTerminal) -> m.Result:
    """What is given changes; how it joins stays."""
    fields = _given(request.site_info, call.vendor)
    try:
        known = await _theirs(call, request.site_info.uri or "")
    except NotFound as error:
        raise ResultError(Code.NO_REGISTERED_SITE) from error
    await call.bridge.register.change(msgspec.structs.replace(known, **fields))
    return DONE


async def delete(call: Call, request: m.SiteUris) -> m.Result:
    """Unknown ones among known ones are passed over."""
    gone = 0
    for uri in request.site_uris:
        try:
            await _theirs(call, uri)
            await call.bridge.register.remove(uri)
            gone += 1
        except NotFound:
            continue
    if not gone:
        raise ResultError(Code.NO_REGISTERED_SITE)
    return DONE

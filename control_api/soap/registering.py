"""Operations of the register of sites, beyond the standard: add, edit, delete."""

import msgspec

from control_api.auth.organisations import within
from control_api.persistence.register import RegisteredSite
from control_api.soap import conference_types as t
from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.numbers import TYPES, format_of, protocol_of, rate_of
from control_api.soap.operation import Call
from mcu_core.errors import BadInput, NotFound, Refused

DONE = m.Result()


def _given(call: Call, site: t.SiteInfo) -> dict[str, object]:
    if not site.uri:
        raise ResultError(Code.URI_EMPTY)
    if site.type is not None and site.type not in TYPES:
        raise ResultError(Code.OUT_OF_RANGE)
    fields = {
        "name": site.name or site.uri,
        "type": 7 if site.type is None else site.type,
        "rate_kbps": rate_of(site.rate),
        "video_format": format_of(site.video_format, call.vendor),
        "video_protocol": protocol_of(site.video_protocol, call.vendor),
        "dialing_mode": site.dialing_mode or 0,
    }
    return fields


async def _theirs(call: Call, uri: str) -> RegisteredSite:
    """The site, unless it is another organisation's; raises NotFound."""
    known = await call.bridge.register.get(uri)
    if not within(known.organisation, call.principal.organisation):
        raise NotFound("registered site", uri)
    return known


async def add(call: Call, request: m.RegisterSite) -> m.Result:
    """A new site, that joins by browser until an administrator says otherwise."""
    fields = _given(call, request.site_info)
    fields["organisation"] = call.principal.organisation
    site = RegisteredSite(uri=request.site_info.uri or "", **fields)  # type: ignore[arg-type] # as above
    try:
        await call.bridge.register.add(site)
    except BadInput as error:
        raise ResultError(Code.OUT_OF_RANGE, str(error)) from error
    except Refused as error:
        raise ResultError(Code.SITE_THERE, str(error)) from error
    return DONE


async def edit(call: Call, request: m.RegisterSite) -> m.Result:
    """What is given changes; how it joins stays."""
    fields = _given(call, request.site_info)
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

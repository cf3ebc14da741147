"""Operations of engines beyond the standard: which there are, whom they carry, what will be free.

An engine's number is its place among the names of all, from 1.
"""

from datetime import datetime, timedelta

from control_api.errors import Forbidden
from control_api.soap import beyond_messages as bm
from control_api.soap import beyond_types as b
from control_api.soap import messages as m
from control_api.soap.control import conference_of
from control_api.soap.faults import Code, ResultError
from control_api.soap.numbers import seconds_of
from control_api.soap.operation import Call
from control_api.soap.pages import Columns, page
from control_api.soap.queries import LONGEST_S
from control_api.soap.scheduling import zone_of

MEDIA_ENGINE = 0
"""MCUInfo.type: we have one kind."""

PORTS = 0
"""MCUResourceItem.resourceType: ports in units of SD (docs/soap.md)."""

NAME = 6
"""The column of an MCU's name in the vendor's numbering of all columns."""

COLUMNS: Columns[b.MCUInfo] = {
    0: lambda one: one.id,
    1: lambda one: one.name,
    NAME: lambda one: one.name,
}


def _numbers(call: Call) -> dict[str, int]:
    return {name: k for k, name in enumerate(sorted(call.bridge.keeper.fleet.members), 1)}


async def engines(call: Call, request: m.Query) -> m.Result:
    """All engines; not for users of an organisation, as the system is nobody's."""
    if call.principal.organisation:
        raise Forbidden("users of an organisation may not see the whole system")
    members = call.bridge.keeper.fleet.members
    rows = [
        b.MCUInfo(number, name, MEDIA_ENGINE, stutas=int(members[name].link.up))
        for name, number in _numbers(call).items()
    ]
    found, info = page(rows, COLUMNS, request.query_config)
    return bm.MCUsPageAnswer(0, tuple(found), info)


async def engines_of_sites(call: Call, request: bm.SitesThen) -> m.Result:
    """Which engine carries each site of a running conference; all are on one."""
    view = conference_of(call, request.conf_id)
    wanted = set(request.site_uris)
    number = _numbers(call).get(view.engine, 0)
    rows = (b.SiteMCU(site.id, number) for site in view.sites if not wanted or site.id in wanted)
    return bm.SiteMCUsAnswer(0, tuple(rows))


async def future_resource(call: Call, request: bm.MCUsWhen) -> m.Result:
    """What bookings leave free; the ports of all engines are one pool, which each is told."""
    ports = call.bridge.bookings.ports
    span_s = request.duration.total_seconds()
    if not set(request.mcus) <= set(_numbers(call).values()) or not 0 < span_s <= LONGEST_S:
        raise ResultError(Code.OUT_OF_RANGE)
    if not ports.capacity:
        raise ResultError(Code.NOT_SUPPORTED, "ports are not counted here")
    zone = zone_of(call)
    since_s = seconds_of(request.begin_time, zone) or 0.0
    status = tuple(
        b.ResourceOccupiedStatus(
            max(0, ports.capacity - one.taken),
            ports.capacity,
            datetime.fromtimestamp(one.begin_s, zone),
            timedelta(seconds=one.end_s - one.begin_s),
        )
        for one in await ports.taken(since_s, since_s + span_s)
    )
    items = (b.MCUResourceItem(PORTS, status),)
    return bm.MCUResourcesAnswer(0, tuple(b.MCUResource(mcu, items) for mcu in request.mcus))

"""Another offer within a call: the seat, and all that it leaves as it was, go on."""

from mcu_core.contract.commands import Attached, Reoffer
from mcu_core.endpoints.rtp_call import RtpCall
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.engine.conference import Conference
from mcu_core.errors import NotFound


async def reoffer(conference: Conference, command: Reoffer) -> Attached:
    """Let a site's connection answer it; raises NotFound, BadInput, Refused."""
    endpoint = _of_site(conference, command.endpoint)
    before = endpoint.content
    answer = await endpoint.reoffer(command.offer_sdp)
    if before is not None and endpoint.content is not before:
        conference.views.leave(before)
    conference.listen(endpoint)
    conference.look_again()
    ports = endpoint.ports if isinstance(endpoint, RtpSession) else (0, 0)
    return Attached(endpoint.id, answer, ports)


def _of_site(conference: Conference, name: str) -> RtpCall:
    for site in conference.definition.sites:
        endpoint = conference.seat(site.id).endpoint
        if isinstance(endpoint, RtpCall) and endpoint.id == name:
            return endpoint
    raise NotFound("endpoint", name)

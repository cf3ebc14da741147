"""What becomes of calls when a conference begins to insist on encryption."""

from mcu_core.contract.definition import Encryption
from mcu_core.endpoints.rtp_call import RtpCall
from mcu_core.engine.conference import Conference

REASON = "this conference is encrypted from now on, and the site was not"


async def end_open_calls(conference: Conference) -> None:
    """End the connections that others could read where that must not be."""
    if conference.definition.encryption is not Encryption.FORCED:
        return
    for site in conference.definition.sites:
        endpoint = conference.seat(site.id).endpoint
        if isinstance(endpoint, RtpCall) and not endpoint.encrypted:
            await conference.disconnect(endpoint.id, REASON)

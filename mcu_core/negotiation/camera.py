"""The line of far-end camera control in offers and answers (RFC 4573). Pure."""

from mcu_core.contract.definition import Encryption
from mcu_core.negotiation.agreement import CameraAgreement
from mcu_core.negotiation.capabilities import LocalAddress
from mcu_core.negotiation.encryption import PROTOCOLS, keys_of
from mcu_core.protocol.h224 import CLOCK, ENCODING
from mcu_core.protocol.sdp import (
    Attribute,
    Direction,
    MediaDescription,
    SessionDescription,
)

KIND = "application"


def camera_type_of(media: MediaDescription) -> int | None:
    """The payload type of H.224 in a section; None where it has none."""
    if media.kind != KIND:
        return None
    for number, rtpmap in media.rtpmaps.items():
        told = str(number) in media.formats
        if told and rtpmap.name.lower() == ENCODING and rtpmap.clock == CLOCK:
            return number
    return None


def answer_camera(
    offer: SessionDescription, theirs: MediaDescription, local: LocalAddress, policy: Encryption
) -> tuple[MediaDescription, CameraAgreement] | None:
    """Our section and what it settles; None where it is no such section, or names no address.

    Raises Declined where its encryption and the policy cannot meet.
    """
    number, connection = camera_type_of(theirs), offer.connection_of(theirs)
    port = local.camera_port
    if number is None or connection is None or not theirs.port or not port:
        return None
    if theirs.proto not in PROTOCOLS:
        return None
    keys, key_lines = keys_of(theirs, policy, local.camera_key)
    direction = offer.direction_of(theirs)
    send = direction.receives and not connection.held
    agreed = CameraAgreement(number, connection.address, theirs.port, send, direction.sends, keys)
    lines: list[Attribute] = [(Direction.of(send, direction.sends).value, None), *key_lines]
    if theirs.has("rtcp-mux"):
        lines.append(("rtcp-mux", None))
    lines += (("mid", mid) for mid in theirs.values("mid"))
    lines.append(("rtpmap", f"{number} H224/{CLOCK}"))
    ours = MediaDescription(KIND, port, theirs.proto, (str(number),), attributes=tuple(lines))
    return ours, agreed

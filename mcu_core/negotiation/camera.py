"""The line of far-end camera control in offers and answers (RFC 4573). Pure."""

from mcu_core.contract.definition import Encryption
from mcu_core.negotiation.agreement import CameraAgreement
from mcu_core.negotiation.capabilities import LocalAddress
from mcu_core.negotiation.described import LABELS, label_line
from mcu_core.negotiation.encryption import (
    PROTOCOLS,
    answered_keys,
    keys_of,
    offered_lines,
    offered_profile,
)
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


def offer_camera(number: int, local: LocalAddress, policy: Encryption) -> MediaDescription:
    """Our own section, both ways, under that payload type."""
    lines: list[Attribute] = [
        (Direction.SENDRECV.value, None),
        ("rtcp-mux", None),
        *offered_lines(policy, local.camera_key),
        ("label", LABELS[KIND]),
        _coding(number),
    ]
    proto = offered_profile(policy)
    return MediaDescription(KIND, local.camera_port, proto, (str(number),), attributes=tuple(lines))


def read_camera(
    ours: MediaDescription,
    answered: SessionDescription,
    theirs: MediaDescription,
    policy: Encryption,
) -> CameraAgreement | None:
    """What the answer to our own section settles; None where it does not take it.

    Raises Declined where it is not encrypted as it must be.
    """
    number, connection = camera_type_of(theirs), answered.connection_of(theirs)
    if number is None or connection is None or not theirs.port or theirs.proto not in PROTOCOLS:
        return None
    keys = answered_keys(ours, theirs, policy)
    direction = answered.direction_of(theirs)
    send = direction.receives and not connection.held
    return CameraAgreement(number, connection.address, theirs.port, send, direction.sends, keys)


def _coding(number: int) -> Attribute:
    return "rtpmap", f"{number} H224/{CLOCK}"


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
    if theirs.has("label"):
        lines.append(label_line(theirs))
    lines.append(_coding(number))
    ours = MediaDescription(KIND, port, theirs.proto, (str(number),), attributes=tuple(lines))
    return ours, agreed

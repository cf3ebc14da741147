"""Our own offers to plain RTP sites, and what their answers settle (RFC 3264). Pure."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from mcu_core.errors import MalformedInput, Refused
from mcu_core.media.codec import H264, OPUS, VP8, Codec, Kind
from mcu_core.negotiation.agreement import (
    Agreement,
    CameraAgreement,
    MediaAgreement,
    Protection,
)
from mcu_core.negotiation.camera import camera_type_of, offer_camera, read_camera
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.described import MAIN, SLIDES, is_content, label_line, sizes_line
from mcu_core.negotiation.encryption import (
    PROTOCOLS,
    answered_keys,
    offered_lines,
    offered_profile,
)
from mcu_core.negotiation.formats import (
    FEEDBACK,
    UNOFFERED,
    Format,
    attributes,
    event_lines,
    formats,
    offer_parameters,
)
from mcu_core.negotiation.legal_sizes import own_sizes
from mcu_core.negotiation.protection import protection_lines, protection_numbers
from mcu_core.negotiation.rtp_session import (
    addressed,
    bandwidth,
    connection_of,
    session_of,
    transport_lines,
)
from mcu_core.negotiation.sections import Declined, agree, choose, protected
from mcu_core.protocol.sdp import (
    Attribute,
    Direction,
    MediaDescription,
    SessionDescription,
)

FIRST_DYNAMIC = 96
REPAIRED = (H264, VP8, OPUS)
"""What is sent again, or with the frame before it, where the other side takes that."""

EVENT_CLOCKS = (8_000, 48_000)
"""Of telephone events: the clock is that of the sound which they come with (RFC 4733 2.5)."""


def offer(caps: Capabilities, local: LocalAddress) -> SessionDescription:
    """Our offer: a section per kind that `local` has a port for, one for slides, one for cameras.

    All codecs in our order, but those for slides, which are what all speak; what is UNOFFERED is
    left to those who ask for it. Packets come again by RTX for what we send most, sound in RED;
    pictures may be mended by ULPFEC, bare or in RED.
    """
    sections: list[MediaDescription] = []
    dynamic = count(FIRST_DYNAMIC)
    for kind in (Kind.AUDIO, Kind.VIDEO):
        codecs = [one for one in caps.codecs if one.kind is kind and one not in UNOFFERED]
        direction = Direction.of(kind in caps.send, kind in caps.receive)
        if codecs and local.ports.get(kind) and direction is not Direction.INACTIVE:
            section = _offer_media(kind, codecs, direction, caps, local, dynamic)
            sections.append(_named(section, MAIN if kind is Kind.VIDEO else ""))
    slides = [one for one in caps.codecs if one in REPAIRED and one.kind is Kind.VIDEO]
    direction = Direction.of(Kind.VIDEO in caps.send, caps.takes_content)
    if local.content_port and slides and direction is not Direction.INACTIVE:
        here = local.for_content()
        taken = caps.for_content()
        section = _offer_media(Kind.VIDEO, slides, direction, taken, here, dynamic)
        sections.append(_named(section, SLIDES))
    if local.camera_port and sections:
        sections.append(offer_camera(next(dynamic), local, caps.encryption))
    return session_of(tuple(sections), local)


def _named(section: MediaDescription, content: str) -> MediaDescription:
    """The same with what it shows (RFC 4796), if anything, and what it is called (RFC 4574)."""
    shows: list[Attribute] = [("content", content)] if content else []
    section = replace(section, attributes=(*section.attributes, *shows))
    return replace(section, attributes=(*section.attributes, label_line(section)))


def read_answer(
    offered: SessionDescription, answered: SessionDescription, caps: Capabilities
) -> Agreement:
    """What an answer to our own offer settles; `description` is the answer.

    Raises MalformedInput where it does not fit the offer, and Refused where it takes nothing.
    """
    if len(answered.media) != len(offered.media):
        raise MalformedInput("sdp.media", f"{len(offered.media)} sections, as in the offer")
    taken: dict[Kind, MediaAgreement] = {}
    slides: MediaAgreement | None = None
    camera: CameraAgreement | None = None
    refusals: list[str] = []
    for ours, theirs in zip(offered.media, answered.media, strict=True):
        if theirs.kind != ours.kind:
            raise MalformedInput("sdp.m", f"{ours.kind}, as in the offer")
        try:
            if camera_type_of(ours) is not None:
                camera = read_camera(ours, answered, theirs, caps.encryption)
                continue
            agreed = _read_media(offered, ours, answered, theirs, caps)
            if is_content(ours):
                slides = replace(agreed, content=True)
            else:
                taken[Kind(ours.kind)] = agreed
        except Declined as reason:
            refusals.append(f"{theirs.kind}: {reason}")
    if not taken:
        raise Refused("; ".join(refusals))
    video, audio = taken.get(Kind.VIDEO), taken.get(Kind.AUDIO)
    return Agreement(answered, video, audio, tuple(refusals), slides, camera)


def _offer_media(
    kind: Kind,
    codecs: list[Codec],
    direction: Direction,
    caps: Capabilities,
    local: LocalAddress,
    dynamic: Iterator[int],
) -> MediaDescription:
    lines: list[Attribute] = []
    numbers: list[str] = []
    repaired: list[Format] = []
    feedback = FEEDBACK if kind is Kind.VIDEO else ()
    for codec in codecs:
        payload_type = codec.static_payload_type
        if payload_type is None:
            payload_type = next(dynamic)
        numbers.append(str(payload_type))
        lines += attributes(codec, payload_type, offer_parameters(codec, caps), feedback)
        if kind is Kind.VIDEO and not own_sizes(codec):
            lines.append(sizes_line(payload_type, caps))
        if codec in REPAIRED:
            repaired.append(Format(payload_type, codec, {}))
    for one in repaired:
        repair = next(dynamic)
        agreed = Protection(rtx=repair) if kind is Kind.VIDEO else Protection(red=repair)
        numbers.append(str(repair))
        lines += protection_lines(agreed, one)
    if kind is Kind.VIDEO and repaired:
        mending = Protection(red=next(dynamic), ulpfec=next(dynamic))
        numbers += map(str, protection_numbers(mending))
        lines += protection_lines(mending, repaired[0])
    for clock in EVENT_CLOCKS if kind is Kind.AUDIO else ():
        events = next(dynamic)
        numbers.append(str(events))
        lines += event_lines(events, clock)
    return MediaDescription(
        kind=kind,
        port=local.ports[kind],
        proto=offered_profile(caps.encryption),
        formats=tuple(numbers),
        bandwidth=bandwidth(kind, caps),
        attributes=(
            *transport_lines(kind, direction, True, local),
            *offered_lines(caps.encryption, local.keys.get(kind, b"")),
            *(line for line in lines if line[0] != "ptime"),
            *([("ptime", "20")] if kind is Kind.AUDIO else []),
        ),
    )


def _read_media(
    offered: SessionDescription,
    ours: MediaDescription,
    answered: SessionDescription,
    theirs: MediaDescription,
    caps: Capabilities,
) -> MediaAgreement:
    if not theirs.port:
        raise Declined("the other side does not want it")
    if theirs.proto not in PROTOCOLS:
        raise Declined(f"{theirs.proto} is not {ours.proto}, as in the offer")
    keys = answered_keys(ours, theirs, caps.encryption)
    chosen = choose(theirs, caps)
    own = {one.codec: one for one in formats(ours)}
    if chosen.codec not in own:
        raise Declined(f"{chosen.codec.name} was not offered")
    connection = connection_of(answered, theirs)
    kind = Kind(ours.kind)
    mine, direction = offered.direction_of(ours), answered.direction_of(theirs)
    send = mine.sends and direction.receives and kind in caps.send and not connection.held
    send = send and chosen.codec in caps.sendable
    receive = mine.receives and direction.sends
    agreed = protected(agree(answered, theirs, chosen, send=send, receive=receive), theirs)
    mux = ours.has("rtcp-mux") and theirs.has("rtcp-mux")
    agreed = addressed(agreed, theirs, connection, mux)
    return replace(agreed, payload_type_in=own[chosen.codec].payload_type, keys=keys)

"""One media section of an offer or answer: what both sides make of it, whatever carries it. Pure.

The doors add what is theirs: addresses and ports (`rtp_session`), ICE and DTLS (`webrtc`).
"""

from dataclasses import replace
from types import MappingProxyType

from mcu_core.media.codec import Kind
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities
from mcu_core.negotiation.described import (
    SLIDES,
    SOUND_LEVEL,
    bitrate_of,
    events_type_of,
    feedback_of,
    is_content,
    largest_picture_of,
    level_id_of,
    names_sizes,
    sizes_line,
    transport_id_of,
    transport_lines,
)
from mcu_core.negotiation.formats import (
    Format,
    Parameters,
    answer_parameters,
    attributes,
    event_lines,
    formats,
    is_plainest,
    rank,
    refusal,
)
from mcu_core.negotiation.protection import (
    protection_lines,
    protection_numbers,
    protection_of,
)
from mcu_core.protocol.sdp import Attribute, Direction, MediaDescription, SessionDescription

NO_PARAMETERS: Parameters = MappingProxyType({})


class Declined(Exception):
    """A media section that is not taken; the message is the reason, for people."""


def kind_of(media: MediaDescription) -> Kind:
    """The kind of a section; Declined where it is none of ours."""
    if media.kind not in (Kind.VIDEO, Kind.AUDIO):
        raise Declined("this kind of media is not supported")
    return Kind(media.kind)


def choose(media: MediaDescription, caps: Capabilities, *, plainest: bool = False) -> Format:
    """The format that we like best of those that can be taken; else Declined.

    Of several kinds of H.264 the first that is offered; `plainest`: Constrained Baseline, if it is.
    """
    known = [one for one in formats(media) if one.codec in caps.codecs]
    if not known:
        raise Declined("it has no codec that we speak")
    good = [one for one in known if not refusal(one)]
    if not good:
        raise Declined(refusal(known[0]))
    return min(good, key=lambda one: (rank(one, caps), plainest and not is_plainest(one)))


def ways(
    direction: Direction,
    theirs: MediaDescription,
    chosen: Format,
    caps: Capabilities,
    *,
    held: bool = False,
) -> tuple[bool, bool]:
    """Whether we send, and receive, where they want `direction`; Declined where neither is left of
    what they wanted. `held`: they take nothing for now, whatever they say."""
    kind = chosen.codec.kind
    send = direction.receives and kind in caps.send and chosen.codec in caps.sendable and not held
    receive = direction.sends and kind in caps.receive
    receive = receive and (caps.takes_content or not is_content(theirs))
    if not (send or receive or held) and direction is not Direction.INACTIVE:
        raise Declined(f"nothing could be sent either way ({direction.value})")
    return send, receive


def agree(
    session: SessionDescription,
    theirs: MediaDescription,
    chosen: Format,
    *,
    send: bool,
    receive: bool,
) -> MediaAgreement:
    """What a section says of the format that was chosen of it; addresses are the door's."""
    width, height = largest_picture_of(theirs, chosen.payload_type)
    heard = chosen.codec.kind is Kind.AUDIO and receive
    sound = chosen.codec.kind is Kind.AUDIO
    return MediaAgreement(
        codec=chosen.codec,
        payload_type_out=chosen.payload_type,
        payload_type_in=chosen.payload_type,
        remote_host="",
        remote_port=0,
        remote_rtcp_port=0,
        send=send,
        receive=receive,
        rtcp_mux=True,
        fmtp=dict(chosen.fmtp),
        max_bitrate_bps=bitrate_of(session, theirs),
        feedback=feedback_of(theirs, chosen.payload_type),
        max_width=width,
        max_height=height,
        level_id=level_id_of(session, theirs) if heard else 0,
        events_type=events_type_of(theirs, chosen.codec.rtp_clock) if heard else 0,
        content=is_content(theirs),
        transport_id=0 if sound else transport_id_of(session, theirs, chosen.payload_type),
    )


def protected(agreed: MediaAgreement, theirs: MediaDescription) -> MediaAgreement:
    """The same with what an offer has against lost packets."""
    chosen = Format(agreed.payload_type_in, agreed.codec, agreed.fmtp)
    return replace(agreed, protection=protection_of(theirs, chosen))


def answered(
    agreed: MediaAgreement,
    chosen: Format,
    theirs: MediaDescription,
    caps: Capabilities,
    more: Parameters = NO_PARAMETERS,
) -> tuple[tuple[str, ...], list[Attribute]]:
    """The payload types and attribute lines that answer with what was agreed on, and `more` format
    parameters of the codec."""
    taken = caps.for_content() if agreed.content else caps
    parameters = {**answer_parameters(chosen, taken), **more}
    lines = attributes(chosen.codec, chosen.payload_type, parameters, agreed.feedback)
    if agreed.content:
        lines.append(("content", SLIDES))
    if agreed.receive and names_sizes(theirs, chosen.payload_type):
        lines.append(sizes_line(chosen.payload_type, taken))
    if agreed.level_id:
        lines.append(("extmap", f"{agreed.level_id} {SOUND_LEVEL}"))
    lines += transport_lines(agreed.transport_id, chosen.payload_type)
    lines += protection_lines(agreed.protection, chosen)
    numbers = [chosen.payload_type, *protection_numbers(agreed.protection)]
    if agreed.events_type:
        numbers.append(agreed.events_type)
        lines += event_lines(agreed.events_type, theirs.rtpmaps[agreed.events_type].clock)
    return tuple(map(str, numbers)), lines

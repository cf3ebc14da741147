"""Offer and answer (RFC 3264) for plain RTP sites: RTP/AVP and RTP/AVPF, without encryption or ICE.

Everything here is pure: values in, values out, the arguments are never changed.

How directions resolve
    Whatever an offer's section says is said from the offerer's side. ``sendonly``: we only receive
    and answer ``recvonly``. ``recvonly``: we only send and answer ``sendonly``. ``sendrecv`` or
    nothing at all (RFC 8866 6.7, and so every description that FFmpeg writes): both ways, as far as
    `Capabilities.send` and `.receive` allow. What remains with neither is ``inactive``. The address
    0.0.0.0 means: do not send to me (RFC 3264 8.4).

Where media goes
    An offer's address and port say where the *offerer* wants to receive. The description that
    ``ffmpeg -f rtp rtp://host:port -sdp_file`` writes has there what was given as the destination:
    it is a good offer when that is also where a player listens, or with ``a=sendonly`` added,
    which makes the address meaningless. Our answer says where we receive.

For players that only listen
    ``ffmpeg -i answer.sdp`` and GStreamer's sdpdemux open the port of the m-line as *their* port.
    For a ``recvonly`` offer our answer is written so that they can take it as it is: no RTP comes
    to us there, so the m-line repeats the offerer's port, and ``a=rtcp`` names the port where we
    take RTCP (RFC 3605), which is all that the offerer needs to know; rtcp-mux, which would tie the
    two together, is declined there. For answers both ways, `listening` gives the same view.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from mcu_core.errors import MalformedInput, Refused
from mcu_core.media.codec import Codec, Kind
from mcu_core.negotiation.agreement import Agreement, MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.described import (
    SLIDES,
    SOUND_LEVEL,
    bitrate_of,
    events_type_of,
    feedback_of,
    is_content,
    largest_picture_of,
    level_id_of,
    transport_id_of,
    transport_lines,
)
from mcu_core.negotiation.formats import (
    FEEDBACK,
    UNOFFERED,
    Format,
    answer_parameters,
    attributes,
    event_lines,
    formats,
    offer_parameters,
    rank,
    refusal,
)
from mcu_core.negotiation.protection import (
    protection_lines,
    protection_numbers,
    protection_of,
)
from mcu_core.protocol.sdp import (
    Attribute,
    Connection,
    Direction,
    MediaDescription,
    Origin,
    SessionDescription,
)

PROTOCOLS = ("RTP/AVP", "RTP/AVPF")
FIRST_DYNAMIC = 96
SESSION_NAME = "conference"


class _Declined(Exception):
    """A media section that is answered with port 0; the message is the reason, for people."""


def answer(offer: SessionDescription, caps: Capabilities, local: LocalAddress) -> Agreement:
    """Answer an offer section by section, in its order.

    The first section of each kind that can be taken is taken, with one codec: the one that stands
    first in `caps.codecs`. All others get port 0. Raises Refused, with all reasons, where no
    section can be taken.
    """
    taken: dict[Kind, MediaAgreement] = {}
    slides: dict[Kind, MediaAgreement] = {}
    sections: list[MediaDescription] = []
    refusals: list[str] = []
    for theirs in offer.media:
        content = is_content(theirs)
        here = local.for_content() if content else local
        among = slides if content else taken
        try:
            ours, agreed, kind = _answer_media(offer, theirs, caps, here, among)
        except _Declined as reason:
            refusals.append(f"{theirs.kind}: {reason}")
            sections.append(MediaDescription(theirs.kind, 0, theirs.proto, theirs.formats))
            continue
        among[kind] = agreed
        sections.append(ours)
    if not taken and not slides:
        raise Refused("; ".join(refusals) or "the description has no media section")
    return Agreement(
        _session(tuple(sections), local),
        taken.get(Kind.VIDEO),
        taken.get(Kind.AUDIO),
        tuple(refusals),
        slides.get(Kind.VIDEO),
    )


def offer(caps: Capabilities, local: LocalAddress) -> SessionDescription:
    """Our offer: one section per kind that `local` has a port for, all codecs in our order.

    What is UNOFFERED is left to those who ask for it.
    """
    sections: list[MediaDescription] = []
    dynamic = count(FIRST_DYNAMIC)
    for kind in (Kind.AUDIO, Kind.VIDEO):
        codecs = [one for one in caps.codecs if one.kind is kind and one not in UNOFFERED]
        direction = Direction.of(kind in caps.send, kind in caps.receive)
        if codecs and local.ports.get(kind) and direction is not Direction.INACTIVE:
            sections.append(_offer_media(kind, codecs, direction, caps, local, dynamic))
    return _session(tuple(sections), local)


def read_answer(
    offered: SessionDescription, answered: SessionDescription, caps: Capabilities
) -> Agreement:
    """What an answer to our own offer settles; `description` is the answer.

    Raises MalformedInput where it does not fit the offer, and Refused where it takes nothing.
    """
    if len(answered.media) != len(offered.media):
        raise MalformedInput("sdp.media", f"{len(offered.media)} sections, as in the offer")
    taken: dict[Kind, MediaAgreement] = {}
    refusals: list[str] = []
    for ours, theirs in zip(offered.media, answered.media, strict=True):
        if theirs.kind != ours.kind:
            raise MalformedInput("sdp.m", f"{ours.kind}, as in the offer")
        try:
            taken[Kind(ours.kind)] = _read_answer_media(offered, ours, answered, theirs, caps)
        except _Declined as reason:
            refusals.append(f"{theirs.kind}: {reason}")
    if not taken:
        raise Refused("; ".join(refusals))
    return Agreement(answered, taken.get(Kind.VIDEO), taken.get(Kind.AUDIO), tuple(refusals))


def listening(agreement: Agreement) -> SessionDescription:
    """Our answer as a file for a player on the other side: "listen on these ports".

    Its m-lines have the ports that we send to; sections that we do not send are left out.
    """
    agreed = {Kind.VIDEO: agreement.video, Kind.AUDIO: agreement.audio}
    sections: list[MediaDescription] = []
    for media in agreement.description.media:
        one = agreed.get(Kind(media.kind)) if media.port and media.kind in agreed else None
        if is_content(media):
            one = agreement.content
        if one is None or not one.send:
            continue
        kept = tuple(line for line in media.attributes if line[0] not in _NOT_FOR_PLAYERS)
        sections.append(
            replace(media, port=one.remote_port, attributes=(("recvonly", None), *kept))
        )
    return replace(agreement.description, media=tuple(sections))


_NOT_FOR_PLAYERS = frozenset((*Direction, "rtcp", "rtcp-mux"))


# ------------------------------------------------------------------------------------------ answer


def _answer_media(
    offer: SessionDescription,
    theirs: MediaDescription,
    caps: Capabilities,
    local: LocalAddress,
    taken: dict[Kind, MediaAgreement],
) -> tuple[MediaDescription, MediaAgreement, Kind]:
    kind = _kind(theirs, local)
    if kind in taken:
        raise _Declined("a second section of this kind is not taken")
    chosen = _choose(theirs, caps)
    connection = _connection(offer, theirs)
    direction = offer.direction_of(theirs)
    send = direction.receives and kind in caps.send and not connection.held
    send = send and chosen.codec in caps.sendable
    receive = direction.sends and kind in caps.receive
    content = is_content(theirs)
    receive = receive and (caps.takes_content or not content)
    if not (send or receive or connection.held) and direction is not Direction.INACTIVE:
        raise _Declined(f"nothing could be sent either way ({direction.value})")
    mux = theirs.has("rtcp-mux") and receive
    agreed = replace(
        _agreement(offer, chosen, theirs, connection, send=send, receive=receive, mux=mux),
        protection=protection_of(theirs, chosen),
    )
    parameters = answer_parameters(chosen, caps)
    lines = attributes(chosen.codec, chosen.payload_type, parameters, agreed.feedback)
    if content:
        lines.append(("content", SLIDES))
    if agreed.level_id:
        lines.append(("extmap", f"{agreed.level_id} {SOUND_LEVEL}"))
    lines += transport_lines(agreed.transport_id, chosen.payload_type)
    lines += protection_lines(agreed.protection, chosen)
    numbers = [chosen.payload_type, *protection_numbers(agreed.protection)]
    if agreed.events_type:
        numbers.append(agreed.events_type)
        lines += event_lines(agreed.events_type, theirs.rtpmaps[agreed.events_type].clock)
    ours = MediaDescription(
        kind=kind,
        port=local.ports[kind] if receive or not send else theirs.port,
        proto=theirs.proto,
        formats=tuple(map(str, numbers)),
        bandwidth=_bandwidth(kind, caps) if receive else (),
        attributes=(
            *_transport_lines(kind, Direction.of(send, receive), mux, local),
            *(("mid", mid) for mid in theirs.values("mid")),
            *lines,
        ),
    )
    return ours, agreed, kind


def _kind(media: MediaDescription, local: LocalAddress) -> Kind:
    """The kind of a section that can be taken as far as its m-line goes; else _Declined."""
    if media.kind not in (Kind.VIDEO, Kind.AUDIO):
        raise _Declined("this kind of media is not supported")
    if media.proto not in PROTOCOLS:
        raise _Declined(f"{media.proto} is not RTP/AVP or RTP/AVPF")
    if not media.port:
        raise _Declined("its port is 0")
    kind = Kind(media.kind)
    if not local.ports.get(kind):
        raise _Declined("there is no port for it here")
    return kind


def _choose(media: MediaDescription, caps: Capabilities) -> Format:
    """The format that we like best of those that can be taken; else _Declined."""
    known = [one for one in formats(media) if one.codec in caps.codecs]
    if not known:
        raise _Declined("it has no codec that we speak")
    good = [one for one in known if not refusal(one)]
    if not good:
        raise _Declined(refusal(known[0]))
    return min(good, key=lambda one: rank(one, caps))


def _connection(session: SessionDescription, media: MediaDescription) -> Connection:
    connection = session.connection_of(media)
    if connection is None:
        raise _Declined("it names no address (c=)")
    return connection


def _agreement(
    session: SessionDescription,
    chosen: Format,
    theirs: MediaDescription,
    connection: Connection,
    *,
    send: bool,
    receive: bool,
    mux: bool,
) -> MediaAgreement:
    rtcp_port, rtcp_connection = theirs.rtcp
    width, height = largest_picture_of(theirs, chosen.payload_type)
    sound = chosen.codec.kind is Kind.AUDIO
    return MediaAgreement(
        codec=chosen.codec,
        payload_type_out=chosen.payload_type,
        payload_type_in=chosen.payload_type,
        remote_host=connection.address,
        remote_port=theirs.port,
        remote_rtcp_port=theirs.port if mux else min(rtcp_port, 65_535),
        send=send,
        receive=receive,
        rtcp_mux=mux,
        fmtp=dict(chosen.fmtp),
        max_bitrate_bps=bitrate_of(session, theirs),
        remote_rtcp_host=(rtcp_connection or connection).address if not mux else connection.address,
        feedback=feedback_of(theirs, chosen.payload_type),
        max_width=width,
        max_height=height,
        level_id=level_id_of(session, theirs) if sound and receive else 0,
        events_type=events_type_of(theirs, chosen.codec.rtp_clock) if sound and receive else 0,
        content=is_content(theirs),
        transport_id=0 if sound else transport_id_of(session, theirs, chosen.payload_type),
    )


# ----------------------------------------------------------------------------------- our own lines


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
    feedback = FEEDBACK if kind is Kind.VIDEO else ()
    for codec in codecs:
        payload_type = codec.static_payload_type
        if payload_type is None:
            payload_type = next(dynamic)
        numbers.append(str(payload_type))
        lines += attributes(codec, payload_type, offer_parameters(codec, caps), feedback)
    return MediaDescription(
        kind=kind,
        port=local.ports[kind],
        proto=PROTOCOLS[0],
        formats=tuple(numbers),
        bandwidth=_bandwidth(kind, caps),
        attributes=(
            *_transport_lines(kind, direction, True, local),
            *(line for line in lines if line[0] != "ptime"),
            *([("ptime", "20")] if kind is Kind.AUDIO else []),
        ),
    )


def _transport_lines(
    kind: Kind, direction: Direction, mux: bool, local: LocalAddress
) -> list[Attribute]:
    lines: list[Attribute] = [(direction.value, None)]
    if mux:
        lines.append(("rtcp-mux", None))
    rtcp_port = local.rtcp_port(kind)
    if rtcp_port != local.ports[kind] + 1 or direction is Direction.SENDONLY:
        lines.append(("rtcp", f"{rtcp_port} {Connection.to(local.host).serialize()}"))
    return lines


def _bandwidth(kind: Kind, caps: Capabilities) -> tuple[tuple[str, int], ...]:
    """How much video we take, in both units that are in use; sound needs no limit."""
    if kind is Kind.AUDIO:
        return ()
    return ("AS", -(-caps.max_bitrate_bps // 1000)), ("TIAS", caps.max_bitrate_bps)


def _session(media: tuple[MediaDescription, ...], local: LocalAddress) -> SessionDescription:
    connection = Connection.to(local.host)
    return SessionDescription(
        media=media,
        origin=Origin("-", str(local.session_id), str(local.version), connection),
        name=SESSION_NAME,
        connection=connection,
    )


# ------------------------------------------------------------------------------------- their answer


def _read_answer_media(
    offered: SessionDescription,
    ours: MediaDescription,
    answered: SessionDescription,
    theirs: MediaDescription,
    caps: Capabilities,
) -> MediaAgreement:
    if not theirs.port:
        raise _Declined("the other side does not want it")
    if theirs.proto not in PROTOCOLS:
        raise _Declined(f"{theirs.proto} is not RTP/AVP or RTP/AVPF")
    chosen = _choose(theirs, caps)
    own = {one.codec: one for one in formats(ours)}
    if chosen.codec not in own:
        raise _Declined(f"{chosen.codec.name} was not offered")
    connection = _connection(answered, theirs)
    kind = Kind(ours.kind)
    mine, direction = offered.direction_of(ours), answered.direction_of(theirs)
    send = mine.sends and direction.receives and kind in caps.send and not connection.held
    send = send and chosen.codec in caps.sendable
    agreed = _agreement(
        answered,
        chosen,
        theirs,
        connection,
        send=send,
        receive=mine.receives and direction.sends,
        mux=ours.has("rtcp-mux") and theirs.has("rtcp-mux"),
    )
    return replace(agreed, payload_type_in=own[chosen.codec].payload_type)

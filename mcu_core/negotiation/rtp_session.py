"""Answers (RFC 3264) to plain RTP sites: RTP/AVP(F) and, with keys in the description, RTP/SAVP(F).

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

from dataclasses import replace

from mcu_core.errors import Refused
from mcu_core.media.codec import Kind
from mcu_core.negotiation.agreement import Agreement, CameraAgreement, MediaAgreement
from mcu_core.negotiation.camera import answer_camera
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.described import is_content, label_line
from mcu_core.negotiation.encryption import PROTOCOLS, is_encrypted, keys_of
from mcu_core.negotiation.sections import (
    Declined,
    agree,
    answered,
    choose,
    kind_of,
    protected,
    ways,
)
from mcu_core.protocol.sdp import (
    Attribute,
    Connection,
    Direction,
    MediaDescription,
    Origin,
    SessionDescription,
)

SESSION_NAME = "conference"


def answer(offer: SessionDescription, caps: Capabilities, local: LocalAddress) -> Agreement:
    """Answer an offer section by section, in its order.

    The first section of each kind that can be taken is taken, encrypted ones before others, with
    one codec: the one that stands first in `caps.codecs`. All others get port 0. Raises Refused,
    with all reasons, where no section can be taken.
    """
    taken: dict[Kind, MediaAgreement] = {}
    slides: dict[Kind, MediaAgreement] = {}
    camera: CameraAgreement | None = None
    sections = [MediaDescription(one.kind, 0, one.proto, one.formats) for one in offer.media]
    refusals: list[str] = []
    for index in sorted(range(len(sections)), key=lambda n: not is_encrypted(offer.media[n])):
        theirs = offer.media[index]
        content = is_content(theirs)
        here, among = (local.for_content(), slides) if content else (local, taken)
        try:
            moving = answer_camera(offer, theirs, local, caps.encryption)
            if moving and camera is None:
                sections[index], camera = moving
                continue
            ours, agreed, kind = _answer_media(offer, theirs, caps, here, among)
        except Declined as reason:
            refusals.append(f"{theirs.kind}: {reason}")
            continue
        among[kind] = agreed
        sections[index] = ours
    if not taken and not slides:
        raise Refused("; ".join(refusals) or "the description has no media section")
    return Agreement(
        session_of(tuple(sections), local),
        taken.get(Kind.VIDEO),
        taken.get(Kind.AUDIO),
        tuple(refusals),
        slides.get(Kind.VIDEO),
        camera,
    )


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


def _answer_media(
    offer: SessionDescription,
    theirs: MediaDescription,
    caps: Capabilities,
    local: LocalAddress,
    taken: dict[Kind, MediaAgreement],
) -> tuple[MediaDescription, MediaAgreement, Kind]:
    kind = carried(theirs, local)
    if kind in taken:
        raise Declined("a second section of this kind is not taken")
    keys, key_lines = keys_of(theirs, caps.encryption, local.keys.get(kind, b""))
    chosen = choose(theirs, caps)
    connection = connection_of(offer, theirs)
    direction = offer.direction_of(theirs)
    send, receive = ways(direction, theirs, chosen, caps, held=connection.held)
    mux = theirs.has("rtcp-mux") and receive
    agreed = protected(agree(offer, theirs, chosen, send=send, receive=receive), theirs)
    agreed = replace(addressed(agreed, theirs, connection, mux), keys=keys)
    numbers, lines = answered(agreed, chosen, theirs, caps)
    labels = [label_line(theirs)] if theirs.has("label") else []
    ours = MediaDescription(
        kind=kind,
        port=local.ports[kind] if receive or not send else theirs.port,
        proto=theirs.proto,
        formats=numbers,
        bandwidth=bandwidth(kind, caps) if receive else (),
        attributes=(
            *transport_lines(kind, Direction.of(send, receive), mux, local),
            *key_lines,
            *(("mid", mid) for mid in theirs.values("mid")),
            *labels,
            *lines,
        ),
    )
    return ours, agreed, kind


def carried(media: MediaDescription, local: LocalAddress) -> Kind:
    """The kind of a section that can be carried as far as its m-line goes; else Declined."""
    kind = kind_of(media)
    if media.proto not in PROTOCOLS:
        raise Declined(f"{media.proto} is not RTP/AVP, RTP/AVPF, RTP/SAVP or RTP/SAVPF")
    if not media.port:
        raise Declined("its port is 0")
    if not local.ports.get(kind):
        raise Declined("there is no port for it here")
    return kind


def connection_of(session: SessionDescription, media: MediaDescription) -> Connection:
    """The address that a section names; else Declined."""
    connection = session.connection_of(media)
    if connection is None:
        raise Declined("it names no address (c=)")
    return connection


def addressed(
    agreed: MediaAgreement, theirs: MediaDescription, connection: Connection, mux: bool
) -> MediaAgreement:
    """The same with where our packets go."""
    rtcp_port, rtcp_connection = theirs.rtcp
    elsewhere = connection if mux else rtcp_connection or connection
    return replace(
        agreed,
        remote_host=connection.address,
        remote_port=theirs.port,
        remote_rtcp_host=elsewhere.address,
        remote_rtcp_port=theirs.port if mux else min(rtcp_port, 65_535),
        rtcp_mux=mux,
    )


# ----------------------------------------------------------------------------------- our own lines


def transport_lines(
    kind: Kind, direction: Direction, mux: bool, local: LocalAddress
) -> list[Attribute]:
    """Direction, and where our RTCP is."""
    lines: list[Attribute] = [(direction.value, None)]
    if mux:
        lines.append(("rtcp-mux", None))
    rtcp_port = local.rtcp_port(kind)
    if rtcp_port != local.ports[kind] + 1 or direction is Direction.SENDONLY:
        lines.append(("rtcp", f"{rtcp_port} {Connection.to(local.host).serialize()}"))
    return lines


def bandwidth(kind: Kind, caps: Capabilities) -> tuple[tuple[str, int], ...]:
    """How much video we take, in both units that are in use; sound needs no limit."""
    if kind is Kind.AUDIO:
        return ()
    return ("AS", -(-caps.max_bitrate_bps // 1000)), ("TIAS", caps.max_bitrate_bps)


def session_of(media: tuple[MediaDescription, ...], local: LocalAddress) -> SessionDescription:
    """Our description with these sections."""
    connection = Connection.to(local.host)
    return SessionDescription(
        media=media,
        origin=Origin("-", str(local.session_id), str(local.version), connection),
        name=SESSION_NAME,
        connection=connection,
    )

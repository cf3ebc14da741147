"""WebRTC peer: a browser, a WHIP publisher or a WHEP viewer. The only file that imports aiortc.

aiortc negotiates (its RTCPeerConnection reads offers and writes answers) and brings ICE and DTLS.
Media never enters its senders, receivers, jitter buffers and decoder threads: `WebRtcLink` takes
packets at the socket and `RtpStream` is the same as behind plain RTP.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs import CODECS
from aiortc.exceptions import OperationError
from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile
from aiortc.rtcpeerconnection import filter_preferred_codecs, find_common_codecs
from aiortc.rtcrtpparameters import RTCRtpCodecCapability, RTCRtpCodecParameters
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from aiortc.sdp import SessionDescription
from OpenSSL import SSL

from mcu_core.endpoints.rtp_call import CallTerms, RtpCall
from mcu_core.endpoints.rtp_stream import StreamGroup
from mcu_core.endpoints.webrtc_link import WebRtcLink
from mcu_core.endpoints.webrtc_offer import Section, added, read_offer
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import H264, OPUS, VP8, Kind, codec_named
from mcu_core.media.units import VideoForm
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.described import (
    bitrate_of,
    feedback_of,
    is_content,
    largest_picture_of,
    level_id_of,
    sources_of,
    transport_id_of,
)
from mcu_core.negotiation.formats import Format
from mcu_core.negotiation.protection import protection_of
from mcu_core.protocol import sdp

CONNECT_WITHIN_S = 20.0
LOOK_EVERY_NS = NS_PER_SECOND // 5
"""How often it is asked whether the other side is still there."""

SILENT_AFTER_NS = 7 * NS_PER_SECOND
"""No datagram at all for that long: gone. Browsers check the path every 2.5 to 6 s (RFC 7675)."""

CIPHERS = (
    b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    b"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
)
"""aiortc's own list has no RSA: a peer with an RSA certificate (GStreamer's) could not connect."""

START_BITRATE = "x-google-start-bitrate"
START_KBPS = "1500"
"""Chromium's own format parameter: without it a camera begins small, at 300 kbit/s."""

UNREADABLE = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    StopIteration,
)
"""What aiortc's SDP parser raises on bad text."""

H264_PROFILES = ("42e01f", "42001f")
"""Constrained baseline is asked for first: what the engine's encoder writes."""

BROWSERS_CAN = {
    H264: {"profile-level-id": "42e034"},
    OPUS: {"stereo": "1"},
}
"""Browsers take every H.264 level of the profile that they negotiate, and two channels, though they
say less."""


class _Certificate(RTCCertificate):
    """aiortc's certificate, with ciphers for peers of either kind of key."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context


class _Negotiation(RTCPeerConnection):
    """aiortc's peer connection, which negotiates and gathers but connects nothing by itself.

    Its own connecting runs in a task that nobody can wait for and starts a decoder thread per
    receiver; here the peer connects its link in a task of its own.
    """

    def __init__(self) -> None:
        super().__init__(RTCConfiguration(iceServers=[]))
        self._RTCPeerConnection__certificates = [_Certificate.generateCertificate()]

    async def _RTCPeerConnection__connect(self) -> None:  # the name that the base class calls
        return

    def _RTCPeerConnection__updateConnectionState(self) -> None:  # as above
        return

    def remote(self, transceiver: RTCRtpTransceiver) -> tuple[Any, Any]:
        """The other side's ICE and DTLS parameters."""
        inner: Any = self
        return (
            inner._RTCPeerConnection__remoteIce[transceiver],
            inner._RTCPeerConnection__remoteDtls[transceiver],
        )


def _video_choices(wanted: VideoForm | None) -> list[RTCRtpCodecCapability]:
    first = wanted.codec if wanted is not None else H264
    h264 = [
        RTCRtpCodecCapability(
            mimeType="video/H264",
            clockRate=90_000,
            parameters={
                "level-asymmetry-allowed": "1",
                "packetization-mode": "1",
                "profile-level-id": profile,
            },
        )
        for profile in H264_PROFILES
    ]
    vp8 = [RTCRtpCodecCapability(mimeType="video/VP8", clockRate=90_000)]
    return vp8 + h264 if first is VP8 else h264 + vp8


def _audio_choices() -> list[RTCRtpCodecCapability]:
    return [
        RTCRtpCodecCapability(
            mimeType=codec.mimeType,
            clockRate=codec.clockRate,
            channels=codec.channels,
            parameters=codec.parameters,
        )
        for codec in CODECS["audio"]
    ]


def _chosen(
    kind: str, offered: list[RTCRtpCodecParameters], choices: Sequence[RTCRtpCodecCapability]
) -> RTCRtpCodecCapability | None:
    """The first of our choices that is offered: answers name one codec, so there is no doubt."""
    common = find_common_codecs(CODECS[kind], offered)
    for choice in choices:
        if filter_preferred_codecs(common, [choice]):
            return choice
    return None


def _direction(send: bool, receive: bool) -> str:
    return ("inactive", "recvonly", "sendonly", "sendrecv")[2 * send + receive]


class WebRtcPeer(RtpCall):
    """One browser or publisher. `accept` answers its offer; the connection then comes up by itself.

    The negotiated codecs replace those of the terms in `video_out` and `audio_out`. Tells `joined`
    when the transport stands, `away` with a reason when it is lost or never came.
    """

    def __init__(self, terms: CallTerms) -> None:
        super().__init__(terms)
        self._negotiation: _Negotiation | None = None
        self._links: list[tuple[WebRtcLink, Any, Any]] = []
        self._streams = StreamGroup(self.stats)
        self._connecting: asyncio.Task[None] | None = None
        self._heard = (0, 0)
        self._look_ns = 0

    # ------------------------------------------------------------------------------ negotiation

    async def accept(self, offer_sdp: str) -> str:
        """Answer an offer with complete candidates, and connect in the background.

        Raises BadInput("sdp") for what is no usable offer, Refused where nothing is in common or
        no port is free; nothing stays open then.
        """
        if self._negotiation is not None:
            raise Refused("this connection has been negotiated already")
        try:
            answer = await self._negotiate(offer_sdp)
        except BaseException:
            await self.stop()
            raise
        self._connecting = asyncio.create_task(self._connect(), name=f"webrtc {self.id}")
        return answer

    async def _negotiate(self, offer_sdp: str) -> str:
        offer = read_offer(offer_sdp)
        carried = offer.carried()
        choices = self._choices(offer.only(carried))
        indices = tuple(
            index for index, choice in zip(carried, choices, strict=True) if choice is not None
        )
        if not indices:
            raise Refused(
                "no codec in common: the offer has none of H264, VP8, opus, G722, PCMU, PCMA"
            )
        negotiation = self._negotiation = _Negotiation()
        for index, choice in zip(carried, choices, strict=True):
            if choice is not None:
                self._add(negotiation, offer.sections[index], choice)
        try:
            await negotiation.setRemoteDescription(
                RTCSessionDescription(offer.only(indices), "offer")
            )
        except (*UNREADABLE, OperationError) as error:
            raise BadInput("sdp", f"a usable WebRTC offer ({error})") from error
        for transceiver in negotiation.getTransceivers():
            if transceiver.kind == "video":
                transceiver._codecs[0].parameters[START_BITRATE] = START_KBPS
        self._link_up(negotiation)
        await negotiation.setLocalDescription()
        offered = sdp.parse(offer_sdp)
        agreements = _agreements(negotiation, offered, indices)
        sources = [sources_of(offered.media[index]) for index in indices]
        self._open_streams(negotiation, agreements, sources)
        streams = self._streams.streams
        more = {
            index: added(agreed, stream.ssrc, stream.repair_ssrc)
            for index, agreed, stream in zip(indices, agreements, streams, strict=True)
        }
        return offer.complete(negotiation.localDescription.sdp, indices, more)

    def _choices(self, text: str) -> list[RTCRtpCodecCapability | None]:
        try:
            parsed = SessionDescription.parse(text)
        except UNREADABLE as error:
            raise BadInput("sdp", f"a readable session description ({error})") from error
        choices = {"video": _video_choices(self._terms.video), "audio": _audio_choices()}
        return [
            _chosen(media.kind, media.rtp.codecs, choices[media.kind]) for media in parsed.media
        ]

    def _add(
        self, negotiation: _Negotiation, section: Section, choice: RTCRtpCodecCapability
    ) -> None:
        one = Kind(section.kind)
        takes = self._wants_content() if section.is_content else self._wants_to_receive(one)
        direction = _direction(self._wants_to_send(one), takes)
        transceiver = negotiation.addTransceiver(section.kind, direction)
        transceiver.setCodecPreferences([choice])

    def _link_up(self, negotiation: _Negotiation) -> None:
        """Take over each transport (one, where the lines are bundled) before it opens a port."""
        for transceiver in negotiation.getTransceivers():
            dtls = transceiver.receiver.transport
            if all(link.dtls is not dtls for link, _, _ in self._links):
                link = WebRtcLink(dtls, self._terms.network, self._clock, self.stats)
                link.on_rtp = self._streams.rtp_received
                link.on_rtcp = self._streams.rtcp_received
                link.usual = self._streams.usual
                self._links.append((link, *negotiation.remote(transceiver)))

    def _open_streams(
        self,
        negotiation: _Negotiation,
        agreements: list[MediaAgreement],
        sources: list[list[int]],
    ) -> None:
        lines = zip(negotiation.getTransceivers(), agreements, sources, strict=True)
        for transceiver, agreed, theirs in lines:
            dtls = transceiver.receiver.transport
            link = next(link for link, _, _ in self._links if link.dtls is dtls)
            ssrc = transceiver.sender._ssrc
            stream = self._carry(agreed, ssrc, link.send_rtp, link.send_rtcp)
            self._streams.add(stream, theirs)

    # ---------------------------------------------------------------------------------- connection

    async def start(self) -> None:
        """Nothing left to open after `accept`; raises Refused before it."""
        if self._connecting is None:
            raise Refused("this connection has not been negotiated")
        if self._open:  # before anybody listened
            self.feedback.state_changed("joined", "")

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await asyncio.gather(*(link.connect(ice, dtls) for link, ice, dtls in self._links))
        except TimeoutError:
            self.feedback.state_changed("away", "no network path to the other side within 20 s")
        except ConnectionError as error:
            self.feedback.state_changed("away", str(error))
        except Exception as error:  # noqa: BLE001 - the task's outermost line: told, and logged
            self._broke(error)
        else:
            self._open = True
            self._heard = (self._signs_of_life(), self._clock.now_ns())
            self._begin()
            self.feedback.state_changed("joined", "")
            for one in (self, self.content):
                if one is not None:  # what was encoded before the transport stood is lost
                    one.feedback.keyframe_wanted()

    def _beat(self, now_ns: int) -> None:
        super()._beat(now_ns)
        if now_ns < self._look_ns:
            return
        self._look_ns = now_ns + LOOK_EVERY_NS
        reason = self._why_lost(now_ns)
        if reason:
            self._open = False
            self._end()
            self.feedback.state_changed("away", reason)

    def _why_lost(self, now_ns: int) -> str:
        """Why the transport is gone; empty while it stands."""
        signs, (before, since_ns) = self._signs_of_life(), self._heard
        if signs != before:
            self._heard = (signs, now_ns)
        elif now_ns - since_ns > SILENT_AFTER_NS:
            return "connection lost"
        return next((reason for link, _, _ in self._links if (reason := link.lost_reason())), "")

    def _signs_of_life(self) -> int:
        return sum(link.heard for link, _, _ in self._links)

    async def stop(self) -> None:
        """Close transports and sockets and wait for them; safe twice."""
        self._open = False
        self._end()
        connecting, self._connecting = self._connecting, None
        if connecting is not None and connecting is not asyncio.current_task():
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
        for link, _, _ in self._links:
            await link.close()
        if self._negotiation is not None:
            await self._negotiation.close()


def _agreements(
    negotiation: _Negotiation, offered: sdp.SessionDescription, indices: tuple[int, ...]
) -> list[MediaAgreement]:
    """One per accepted line of the offer, in their order."""
    lines = zip(negotiation.getTransceivers(), indices, strict=True)
    return [_agreed(transceiver, offered, offered.media[index]) for transceiver, index in lines]


def _agreed(
    transceiver: RTCRtpTransceiver, session: sdp.SessionDescription, theirs: sdp.MediaDescription
) -> MediaAgreement:
    """What a line of the offer has become; where its packets go is the link's affair."""
    chosen = transceiver._codecs[0]
    payload_type = chosen.payloadType
    assert payload_type is not None  # set by the negotiation
    codec = codec_named(chosen.name)
    direction = transceiver.currentDirection
    receive = direction in ("recvonly", "sendrecv")
    width, height = largest_picture_of(theirs, payload_type)
    sound = codec.kind is Kind.AUDIO
    # A browser that sends pictures numbers them, too, where we do; and slows down, told nothing.
    return MediaAgreement(
        codec=codec,
        payload_type_out=payload_type,
        payload_type_in=payload_type,
        remote_host="",
        remote_port=0,
        remote_rtcp_port=0,
        send=direction in ("sendonly", "sendrecv"),
        receive=receive,
        rtcp_mux=True,
        fmtp={**theirs.fmtp(payload_type), **BROWSERS_CAN.get(codec, {})},
        max_bitrate_bps=bitrate_of(session, theirs),
        feedback=feedback_of(theirs, payload_type),
        max_width=width,
        max_height=height,
        level_id=level_id_of(session, theirs) if receive and sound else 0,
        content=is_content(theirs),
        transport_id=0 if sound or receive else transport_id_of(session, theirs, payload_type),
        protection=protection_of(theirs, Format(payload_type, codec, {})),
    )

"""WebRTC peer: a browser, a WHIP publisher or a WHEP viewer. The only file that imports aiortc.

aiortc negotiates (its RTCPeerConnection reads offers and writes answers) and brings ICE and DTLS.
Media never enters its senders, receivers, jitter buffers and decoder threads: `WebRtcLink` takes
packets at the socket and `RtpStream` is the same as behind plain RTP.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs import CODECS
from aiortc.exceptions import OperationError
from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile
from aiortc.rtcpeerconnection import filter_preferred_codecs, find_common_codecs
from aiortc.rtcrtpparameters import RTCRtpCodecCapability, RTCRtpCodecParameters
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from aiortc.sdp import SessionDescription
from OpenSSL import SSL

from mcu_core.endpoints.endpoint import Abilities, EndpointStats, Feedback, Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_stream import RtpStream, StreamGroup
from mcu_core.endpoints.webrtc_link import WebRtcLink
from mcu_core.endpoints.webrtc_offer import read_offer
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.codec import H264, VP8, Kind, codec_named
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm

log = structlog.get_logger()

CONNECT_WITHIN_S = 20.0
TICK_S = 0.02
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

BROWSERS_H264 = bytes.fromhex("42e034")
"""Browsers keep to the profile that they negotiate, but take every level of it."""
"""Constrained baseline is asked for first: what the engine's encoder writes."""


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


class WebRtcPeer:
    """One browser or publisher. `accept` answers its offer; the connection then comes up by itself.

    `video` and `audio` are the forms that the conference would send it, None to send none; the
    negotiated codec replaces theirs in `video_out` and `audio_out`. Tells `joined` when the
    transport stands, `away` with a reason when it is lost or never came.
    """

    def __init__(
        self,
        id: str,  # the Endpoint protocol's name
        intake: Intake,
        network: NetworkOptions,
        clock: Clock,
        video: VideoForm | None,
        audio: AudioForm | None,
    ) -> None:
        self.id = id
        self.feedback = Feedback()
        self.stats = EndpointStats()
        self.abilities = Abilities(True, True, BROWSERS_H264)
        self.video_out: VideoForm | None = None
        self.audio_out: AudioForm | None = None
        self._intake = intake
        self._network = network
        self._clock = clock
        self._video = video
        self._audio = audio
        self._negotiation: _Negotiation | None = None
        self._links: list[tuple[WebRtcLink, Any, Any]] = []
        self._streams = StreamGroup(clock, self.stats)
        self._running: asyncio.Task[None] | None = None
        self._connected = False

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
        self._running = asyncio.create_task(self._run(), name=f"webrtc {self.id}")
        self._running.add_done_callback(self._ended)
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
                self._add(negotiation, offer.sections[index].kind, choice)
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
        self._open_streams(negotiation)
        return offer.complete(negotiation.localDescription.sdp, indices)

    def _choices(self, text: str) -> list[RTCRtpCodecCapability | None]:
        try:
            parsed = SessionDescription.parse(text)
        except UNREADABLE as error:
            raise BadInput("sdp", f"a readable session description ({error})") from error
        choices = {"video": _video_choices(self._video), "audio": _audio_choices()}
        return [
            _chosen(media.kind, media.rtp.codecs, choices[media.kind]) for media in parsed.media
        ]

    def _add(self, negotiation: _Negotiation, kind: str, choice: RTCRtpCodecCapability) -> None:
        if kind == "video":
            direction = _direction(self._video is not None, self._intake.video is not None)
        else:
            direction = _direction(self._audio is not None, self._intake.audio is not None)
        transceiver = negotiation.addTransceiver(kind, direction)
        transceiver.setCodecPreferences([choice])

    def _link_up(self, negotiation: _Negotiation) -> None:
        """Take over each transport (one, where the lines are bundled) before it opens a port."""
        for transceiver in negotiation.getTransceivers():
            dtls = transceiver.receiver.transport
            if all(link.dtls is not dtls for link, _, _ in self._links):
                link = WebRtcLink(dtls, self._network, self.stats)
                link.on_rtp = self._streams.rtp_received
                link.on_rtcp = self._streams.rtcp_received
                self._links.append((link, *negotiation.remote(transceiver)))

    def _open_streams(self, negotiation: _Negotiation) -> None:
        for transceiver in negotiation.getTransceivers():
            dtls = transceiver.receiver.transport
            link = next(link for link, _, _ in self._links if link.dtls is dtls)
            parameters = transceiver._codecs[0]
            payload_type = parameters.payloadType
            assert payload_type is not None  # set by the negotiation
            stream = RtpStream(
                codec_named(parameters.name),
                (payload_type, payload_type),
                transceiver.sender._ssrc,
                self._clock,
                link.send_rtp,
                link.send_rtcp,
            )
            stream.feedback = self.feedback
            direction = transceiver.currentDirection
            if direction in ("sendonly", "sendrecv"):
                self._open_out(stream)
            if direction in ("recvonly", "sendrecv"):
                stream.receive_into(self._intake)
            self._streams.add(stream)

    def _open_out(self, stream: RtpStream) -> None:
        stream.sends = True
        codec = stream.codec
        if codec.kind is Kind.VIDEO and self._video is not None:
            self.video_out = replace(self._video, codec=codec)
        elif codec.kind is Kind.AUDIO and self._audio is not None:
            channels = min(self._audio.channels, codec.channels)
            self.audio_out = replace(self._audio, codec=codec, channels=channels)
            stream.lossy_changed = self._lossy_changed

    def _lossy_changed(self, lossy: bool) -> None:
        if self.audio_out is not None:
            self.audio_out = replace(self.audio_out, lossy=lossy)

    # ---------------------------------------------------------------------------------- connection

    async def start(self) -> None:
        """Nothing left to open after `accept`; raises Refused before it."""
        if self._running is None:
            raise Refused("this connection has not been negotiated")
        if self._connected:  # before anybody listened
            self.feedback.state_changed("joined", "")

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await asyncio.gather(*(link.connect(ice, dtls) for link, ice, dtls in self._links))
        except TimeoutError:
            self.feedback.state_changed("away", "no network path to the other side within 20 s")
            return
        except ConnectionError as error:
            self.feedback.state_changed("away", str(error))
            return
        self._connected = True
        self.feedback.state_changed("joined", "")
        self.feedback.keyframe_wanted()  # what was encoded before the transport stood is lost
        reason = await self._watch()
        self._connected = False
        self.feedback.state_changed("away", reason)

    async def _watch(self) -> str:
        """Tick the streams until a transport is gone; why."""
        heard, heard_ns = self._heard(), self._clock.now_ns()
        while True:
            await asyncio.sleep(TICK_S)
            now_ns = self._clock.now_ns()
            self._streams.tick(now_ns)
            if self._heard() != heard:
                heard, heard_ns = self._heard(), now_ns
            elif now_ns - heard_ns > SILENT_AFTER_NS:
                return "connection lost"
            for link, _, _ in self._links:
                if link.lost_reason():
                    return link.lost_reason()

    def _ended(self, running: asyncio.Task[None]) -> None:
        error = None if running.cancelled() else running.exception()
        if error is not None:
            log.error("connection failed", endpoint=self.id, exc_info=error)
            self._connected = False
            self.feedback.state_changed("away", "internal error")

    def _heard(self) -> int:
        return sum(link.heard for link, _, _ in self._links)

    async def stop(self) -> None:
        """Close transports and sockets and wait for them; safe twice."""
        self._connected = False
        running, self._running = self._running, None
        if running is not None and running is not asyncio.current_task():
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        for link, _, _ in self._links:
            await link.close()
        if self._negotiation is not None:
            await self._negotiation.close()

    # --------------------------------------------------------------------------------------- media

    def send_video(self, unit: EncodedUnit) -> None:
        """Send one coded picture of form `video_out`; dropped until the transport stands."""
        self._send(Kind.VIDEO, unit)

    def send_audio(self, unit: EncodedUnit) -> None:
        """Send 20 ms of coded sound of form `audio_out`; dropped until the transport stands."""
        self._send(Kind.AUDIO, unit)

    def _send(self, kind: Kind, unit: EncodedUnit) -> None:
        stream = self._streams.of(kind)
        if self._connected and stream is not None:
            stream.send(unit)

    def ask_keyframe(self) -> None:
        """Send a PLI to its sender; nothing where no video comes in."""
        stream = self._streams.of(Kind.VIDEO)
        if self._connected and stream is not None:
            stream.ask_keyframe()

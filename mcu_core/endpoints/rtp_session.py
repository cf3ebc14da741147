"""Plain RTP session: a room system, an encoder, FFmpeg or GStreamer, described by SDP."""

import asyncio
import random
from dataclasses import dataclass, replace

import structlog

from mcu_core.endpoints.endpoint import Abilities, EndpointStats, Feedback, Intake
from mcu_core.endpoints.network import ANY_ADDRESSES, NetworkOptions, open_udp_pair
from mcu_core.endpoints.refresh import Refresh
from mcu_core.endpoints.remote import is_media_port, media_address
from mcu_core.endpoints.rtp_stream import RtpStream, StreamGroup
from mcu_core.endpoints.udp import RtpPort, SourcePin
from mcu_core.errors import Refused
from mcu_core.media.clock import Clock
from mcu_core.media.codec import H264, OPUS, RTP_CODECS, Kind
from mcu_core.media.units import AudioForm, EncodedUnit, VideoForm
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.formats import h264_limit
from mcu_core.negotiation.rtp_session import answer
from mcu_core.protocol import sdp

log = structlog.get_logger()

TICK_S = 0.02
CALL_SOUND = AudioForm(OPUS, 2, 64_000)
KINDS = (Kind.VIDEO, Kind.AUDIO)

CAN_ASK = frozenset({"nack pli", "ccm fir"})
"""A receiver that understands one of these asks for keyframes itself."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One kind of media: its ports (RTP, and RTCP where it is not multiplexed) and its stream."""

    pin: SourcePin
    group: StreamGroup
    rtp: RtpPort
    rtcp: RtpPort
    number: int


class RtpSession:
    """One sender and receiver of plain RTP. `accept` answers its offer.

    Told nothing by the network about connections, it is joined from `start` to `stop`; a source
    that falls silent leaves its last picture, and its successor is taken (see `udp`).
    """

    def __init__(
        self,
        id: str,  # the Endpoint protocol's name
        intake: Intake,
        network: NetworkOptions,
        clock: Clock,
        video: VideoForm | None,
        audio: AudioForm | None = CALL_SOUND,
    ) -> None:
        self.id = id
        self.feedback = Feedback()
        self.stats = EndpointStats()
        self.abilities = Abilities(sends_video=False)
        self.video_out: VideoForm | None = None
        self.audio_out: AudioForm | None = None
        self._intake = intake
        self._network = network
        self._clock = clock
        self._video = video
        self._audio = audio
        self._lines: dict[Kind, _Line] = {}
        self._ticking: asyncio.Task[None] | None = None
        self._can_ask = True

    @property
    def ports(self) -> tuple[int, int]:
        """Local RTP ports (video, audio), 0 where there is none."""
        video, audio = (self._lines.get(kind) for kind in KINDS)
        return (video.number if video else 0, audio.number if audio else 0)

    # ------------------------------------------------------------------------------ negotiation

    async def accept(self, offer_sdp: str, ports: tuple[int, int] = (0, 0)) -> str:
        """Answer an offer and listen. `ports`: local RTP ports (video, audio) to have if free.

        Raises BadInput for what is no usable offer, Refused where nothing is in common or no port
        is free; nothing stays open then.
        """
        if self._lines:
            raise Refused("this session has been negotiated already")
        offered = sdp.parse(offer_sdp)
        kinds = {media.kind for media in offered.media}
        try:
            for kind, wanted in zip(KINDS, ports, strict=True):
                if kind in kinds:
                    self._lines[kind] = await self._open(wanted)
            agreement = answer(offered, self._capabilities(), self._local())
            for kind, agreed in ((Kind.VIDEO, agreement.video), (Kind.AUDIO, agreement.audio)):
                if agreed is not None:
                    await self._begin(kind, agreed)
                elif kind in self._lines:
                    await self._close(self._lines.pop(kind))
        except BaseException:
            await self.stop()
            raise
        return agreement.description.serialize()

    async def _open(self, wanted: int) -> _Line:
        first, second = open_udp_pair(self._network, wanted)
        pin, group = SourcePin(), StreamGroup(self._clock, self.stats)
        handlers = (pin, self._clock, self.stats, group.rtp_received, group.rtcp_received)
        rtp, rtcp = RtpPort(*handlers), RtpPort(*handlers)
        line = _Line(pin, group, rtp, rtcp, first.getsockname()[1])
        await rtp.open(first)
        await rtcp.open(second)
        return line

    def _capabilities(self) -> Capabilities:
        first = self._video.codec if self._video is not None else RTP_CODECS[0]
        codecs = (first, *(codec for codec in RTP_CODECS if codec is not first))
        wanted = {Kind.VIDEO: self._video, Kind.AUDIO: self._audio}
        taken = {Kind.VIDEO: self._intake.video, Kind.AUDIO: self._intake.audio}
        return Capabilities(
            codecs=codecs,
            send=frozenset(kind for kind, form in wanted.items() if form is not None),
            receive=frozenset(kind for kind, ingress in taken.items() if ingress is not None),
        )

    def _local(self) -> LocalAddress:
        numbers = {kind: line.number for kind, line in self._lines.items()}
        return LocalAddress(self._network.told(), numbers, session_id=random.getrandbits(32))

    async def _begin(self, kind: Kind, agreed: MediaAgreement) -> None:
        line = self._lines[kind]
        line.pin.named = agreed.remote_host
        if agreed.send:
            line.rtp.destination = self._to(agreed.remote_host, agreed.remote_port)
        control = line.rtp if agreed.rtcp_mux else line.rtcp
        if agreed.rtcp_mux:
            await line.rtcp.close()
        elif agreed.remote_rtcp_host not in ANY_ADDRESSES and is_media_port(
            agreed.remote_rtcp_port  # by default the one after a port that may mean nothing
        ):
            control.destination = self._to(agreed.remote_rtcp_host, agreed.remote_rtcp_port)
        stream = RtpStream(
            agreed.codec,
            (agreed.payload_type_in, agreed.payload_type_out),
            random.getrandbits(32),
            self._clock,
            line.rtp.send,
            control.send,
        )
        stream.nack = "nack" in agreed.feedback
        stream.remb = "goog-remb" in agreed.feedback
        stream.feedback = self.feedback
        stream.goodbye = line.pin.release
        if agreed.send:
            self._open_out(stream, agreed)
        if agreed.receive:
            stream.receive_into(self._intake, agreed.fmtp)
            if kind is Kind.VIDEO:
                asked = not CAN_ASK.isdisjoint(agreed.feedback)
                self.abilities = replace(
                    self.abilities, keyframes_on_request=asked, sends_video=True
                )
        line.group.add(stream)

    def _to(self, host: str, port: int) -> tuple[str, int]:
        return media_address(host, port, self._network.bind)

    def _open_out(self, stream: RtpStream, agreed: MediaAgreement) -> None:
        stream.sends = True
        codec = agreed.codec
        if codec.kind is Kind.VIDEO and self._video is not None:
            rate = min(self._video.bitrate_bps, agreed.max_bitrate_bps or self._video.bitrate_bps)
            self.video_out = replace(self._video, codec=codec, bitrate_bps=rate)
            self._can_ask = not CAN_ASK.isdisjoint(agreed.feedback)
            limit = h264_limit(agreed.fmtp) if codec is H264 else b""
            self.abilities = replace(self.abilities, takes_streams=self._can_ask, h264_limit=limit)
        elif codec.kind is Kind.AUDIO and self._audio is not None:
            channels = 2 if agreed.stereo else 1
            self.audio_out = replace(self._audio, codec=codec, channels=channels, dtx=agreed.dtx)
            if agreed.in_band_fec:
                stream.lossy_changed = self._lossy_changed

    def _lossy_changed(self, lossy: bool) -> None:
        if self.audio_out is not None:
            self.audio_out = replace(self.audio_out, lossy=lossy)

    # ---------------------------------------------------------------------------------- connection

    async def start(self) -> None:
        """Begin reports and feedback; raises Refused before `accept`."""
        if not self._lines:
            raise Refused("this session has not been negotiated")
        self._ticking = asyncio.create_task(self._tick(), name=f"rtp {self.id}")
        self._ticking.add_done_callback(self._ended)
        self.feedback.state_changed("joined", "")

    async def _tick(self) -> None:
        refresh = Refresh(self._clock.now_ns())
        while True:
            now_ns = self._clock.now_ns()
            if not self._can_ask and refresh.due(now_ns):
                self.feedback.keyframe_wanted()
            for line in self._lines.values():
                line.group.tick(now_ns)
            await asyncio.sleep(TICK_S)

    def _ended(self, ticking: asyncio.Task[None]) -> None:
        error = None if ticking.cancelled() else ticking.exception()
        if error is not None:
            log.error("session failed", endpoint=self.id, exc_info=error)
            self.feedback.state_changed("away", "internal error")

    async def stop(self) -> None:
        """Close the ports and wait for them; safe twice."""
        ticking, self._ticking = self._ticking, None
        if ticking is not None:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
        while self._lines:
            _, line = self._lines.popitem()
            await self._close(line)

    async def _close(self, line: _Line) -> None:
        await line.rtp.close()
        await line.rtcp.close()

    # --------------------------------------------------------------------------------------- media

    def send_video(self, unit: EncodedUnit) -> None:
        """Send one coded picture of form `video_out`."""
        self._send(Kind.VIDEO, unit)

    def send_audio(self, unit: EncodedUnit) -> None:
        """Send 20 ms of coded sound of form `audio_out`."""
        self._send(Kind.AUDIO, unit)

    def _send(self, kind: Kind, unit: EncodedUnit) -> None:
        line = self._lines.get(kind)
        if line is not None:
            for stream in line.group.streams:
                stream.send(unit)

    def ask_keyframe(self) -> None:
        """Send a PLI to its sender; nothing where no video comes in."""
        line = self._lines.get(Kind.VIDEO)
        if line is not None:
            for stream in line.group.streams:
                stream.ask_keyframe()

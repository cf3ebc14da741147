"""Plain RTP session: a room system, an encoder, FFmpeg or GStreamer, described by SDP."""

import random
from dataclasses import dataclass

from mcu_core.endpoints.network import ANY_ADDRESSES, open_udp_pair
from mcu_core.endpoints.remote import is_media_port, media_address
from mcu_core.endpoints.rtp_call import CallTerms, RtpCall
from mcu_core.endpoints.rtp_stream import StreamGroup
from mcu_core.endpoints.udp import RtpPort, SourcePin
from mcu_core.errors import Refused
from mcu_core.media.codec import Kind
from mcu_core.media.codec_table import receivable_codecs, sendable_codecs
from mcu_core.negotiation.agreement import MediaAgreement
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.described import is_content
from mcu_core.negotiation.rtp_session import answer
from mcu_core.protocol import sdp

KINDS = (Kind.VIDEO, Kind.AUDIO)
CONTENT = "content"
"""The line of slides, beside those of KINDS."""
CONTENT_AFTER_VIDEO = 2
"""Its port is this much after video's where that is free: it is the same again after a restart."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of media: its ports (RTP, and RTCP where it is not multiplexed) and its stream."""

    pin: SourcePin
    group: StreamGroup
    rtp: RtpPort
    rtcp: RtpPort
    number: int


class RtpSession(RtpCall):
    """One sender and receiver of plain RTP. `accept` answers its offer.

    Told nothing by the network about connections, it is joined from `start` to `stop`; a source
    that falls silent leaves its last picture, and its successor is taken (see `udp`).
    """

    def __init__(self, terms: CallTerms) -> None:
        super().__init__(terms)
        self._network = terms.network
        self._lines: dict[str, _Line] = {}

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
                    self._lines[kind] = self._listen(wanted)
            if any(is_content(media) for media in offered.media):
                self._lines[CONTENT] = self._listen(self.ports[0] + CONTENT_AFTER_VIDEO)
            agreement = answer(offered, self._capabilities(), self._local())
            for name, agreed in (
                (Kind.VIDEO, agreement.video),
                (Kind.AUDIO, agreement.audio),
                (CONTENT, agreement.content),
            ):
                if agreed is not None:
                    self._connect(name, agreed)
                elif name in self._lines:
                    self._close(self._lines.pop(name))
        except BaseException:
            await self.stop()
            raise
        self._open = True
        return agreement.description.serialize()

    def _listen(self, wanted: int) -> _Line:
        first, second = open_udp_pair(self._network, wanted)
        pin, group = SourcePin(), StreamGroup(self.stats)
        handlers = (pin, self._clock, self.stats, group.rtp_received, group.rtcp_received)
        rtp, rtcp = RtpPort(*handlers, group.usual), RtpPort(*handlers)
        line = _Line(pin, group, rtp, rtcp, first.getsockname()[1])
        rtp.open(first)
        rtcp.open(second)
        return line

    def _capabilities(self) -> Capabilities:
        video = self._terms.video
        known = receivable_codecs()
        first = video.codec if video is not None else known[0]
        codecs = (first, *(codec for codec in known if codec is not first))
        return Capabilities(
            codecs=codecs,
            sendable=sendable_codecs(),
            send=frozenset(kind for kind in KINDS if self._wants_to_send(kind)),
            receive=frozenset(kind for kind in KINDS if self._wants_to_receive(kind)),
            takes_content=self._wants_content(),
        )

    def _local(self) -> LocalAddress:
        numbers = {kind: self._lines[kind].number for kind in KINDS if kind in self._lines}
        content = self._lines.get(CONTENT)
        return LocalAddress(
            self._network.told(),
            numbers,
            session_id=random.getrandbits(32),
            content_port=content.number if content is not None else 0,
        )

    def _connect(self, name: str, agreed: MediaAgreement) -> None:
        line = self._lines[name]
        line.pin.named = agreed.remote_host
        if agreed.send:
            line.rtp.destination = self._to(agreed.remote_host, agreed.remote_port)
        control = line.rtp if agreed.rtcp_mux else line.rtcp
        if agreed.rtcp_mux:
            line.rtcp.close()
        elif agreed.remote_rtcp_host not in ANY_ADDRESSES and is_media_port(
            agreed.remote_rtcp_port  # by default the one after a port that may mean nothing
        ):
            control.destination = self._to(agreed.remote_rtcp_host, agreed.remote_rtcp_port)
        ssrc = random.getrandbits(32)
        stream = self._carry(agreed, ssrc, line.rtp.send, control.send_control)
        stream.goodbye = line.pin.release
        line.group.add(stream)

    def _to(self, host: str, port: int) -> tuple[str, int]:
        return media_address(host, port, self._network.bind)

    # ---------------------------------------------------------------------------------- connection

    async def start(self) -> None:
        """Begin reports and feedback; raises Refused before `accept`."""
        if not self._lines:
            raise Refused("this session has not been negotiated")
        self._begin()
        self.feedback.state_changed("joined", "")

    async def stop(self) -> None:
        """Close the ports and wait for them; safe twice."""
        self._open = False
        self._end()
        while self._lines:
            _, line = self._lines.popitem()
            self._close(line)

    def _close(self, line: _Line) -> None:
        line.rtp.close()
        line.rtcp.close()

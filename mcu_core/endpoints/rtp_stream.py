"""One m-line's packets, both ways: the same over SRTP and over plain UDP.

Everything here runs on the event loop; the decode threads behind the ingress and the encode threads
before `send` have their own bounded queues.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from mcu_core.adaptation.allowance import Allowance
from mcu_core.adaptation.sent_packets import SentPackets
from mcu_core.adaptation.sound_loss import SoundLoss
from mcu_core.egress.history import History
from mcu_core.egress.redundant import Redundancy
from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.endpoint import EndpointStats, Feedback, Intake
from mcu_core.endpoints.way_out import WayOut
from mcu_core.errors import MalformedInput
from mcu_core.ingress.receiver import ReceptionCounters, RtpAudioReceiver, RtpVideoReceiver
from mcu_core.ingress.redundant import RedundantSound
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock, time_of_day_ns
from mcu_core.media.codec import Codec, Kind
from mcu_core.media.units import EncodedUnit
from mcu_core.negotiation.agreement import NO_PROTECTION, Protection
from mcu_core.protocol import rtcp, rtp, rtx
from mcu_core.protocol.ntp import middle_bits, ntp_time, round_trip_ns, short_from_ns
from mcu_core.protocol.payload.events import KeyPresses

Transmit = Callable[[rtp.Burst], None]
Tell = Callable[[bytes], None]

NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})

REPORT_EVERY_NS = NS_PER_SECOND
KEYFRAME_REQUEST_EVERY_NS = 200 * NS_PER_MS
"""A request is not repeated sooner: its answer needs a round trip and an encode."""

SOURCE_CHANGE_NS = 200 * NS_PER_MS

EVENTS_PER_SECOND = 100
"""Packets about keys: one in 20 ms while one is held, and the end thrice."""

DEFAULT_RECEIVE_BPS = 2_500_000
"""Asked of senders by REMB. Without any such word Chromium stays at its 300 kbit/s start."""


class RtpStream:
    """The media of one m-line.

    `payload_types`: (incoming, outgoing). `ssrc`: ours, for media and for reports. `sends` is False
    where the other side takes nothing. `nack` and `remb`: whether the other side understands them.
    `events_type`: the payload type of telephone events, 0 for none.
    `way`: by which pictures leave, as far as their path bears.
    `lossy_changed` is called when a receiver of sound begins to lose packets, or no longer does.
    """

    def __init__(
        self,
        codec: Codec,
        payload_types: tuple[int, int],
        ssrc: int,
        clock: Clock,
        send_rtp: Transmit,
        send_rtcp: Tell,
    ) -> None:
        self.codec = codec
        self._shown = codec.kind is Kind.VIDEO
        self.payload_type_in, self._payload_type_out = payload_types
        self.ssrc = ssrc
        self.repair_ssrc = secrets.randbits(32)
        """Of what we send again in a stream of its own, where that was agreed on."""
        self.protection = NO_PROTECTION
        self.sends = False
        self.nack = True
        self.remb = True
        self.events_type = 0
        self.receive_bps = DEFAULT_RECEIVE_BPS
        self.feedback = Feedback()
        self._clock = clock
        self._send_rtcp = send_rtcp
        self.way = WayOut(send_rtp, clock.now_ns)
        self.way.overrun = lambda: self.feedback.keyframe_wanted()
        self.way.fell = self._fell
        leave = self.way.send if self._shown else send_rtp
        self._sender = RtpSender(ssrc, self._payload_type_out, codec, clock, leave)
        self._sent = False
        self._loss = SoundLoss()
        self.lossy_changed: Callable[[bool], None] = lambda lossy: None
        self._receiver: RtpVideoReceiver | RtpAudioReceiver | None = None
        self._pictures: RtpVideoReceiver | None = None
        self._restart: Callable[[], None] = lambda: None
        self._keys = KeyPresses()
        self._keys_allowed = Allowance(EVENTS_PER_SECOND)
        self._remote_ssrc: int | None = None
        self._heard_ns = 0
        self._newcomer: rtp.RtpPacket | None = None
        self.goodbye: Callable[[], None] = lambda: None
        self._last_report = (0, 0)
        self._report_due_ns = 0
        self._keyframe_asked_ns = 0

    def protect(self, agreed: Protection) -> None:
        """Use what was agreed on against loss; before the stream joins a group."""
        self.protection = agreed
        if agreed.rtx:
            self._sender.resend_by(agreed.rtx, self.repair_ssrc)
        if agreed.red and not self._shown:
            self._sender.redundancy = Redundancy(agreed.red, self._payload_type_out)

    def receive_into(
        self, intake: Intake, fmtp: Mapping[str, str] = NO_PARAMETERS, level_id: int = 0
    ) -> None:
        """Hand on what arrives; a sender that was there before is forgotten.

        `fmtp`: the sender's format parameters, which may hold what its packets leave out.
        `level_id`: the header extension that tells how loud they are (RFC 6464), 0 for none.
        """
        if self.codec.kind is Kind.VIDEO and intake.video is not None:
            self._receiver = self._pictures = RtpVideoReceiver(
                self.codec, self._clock, intake.video, own_ssrc=self.ssrc, fmtp=fmtp
            )
            self._pictures.repairs = self.nack
            self._restart = intake.video.restart
        elif self.codec.kind is Kind.AUDIO and intake.audio is not None:
            self._receiver = RtpAudioReceiver(
                self.codec, self._clock, intake.audio, fmtp=fmtp, level_id=level_id
            )
            if self.protection.red:
                red = self.protection.red
                self._receiver.redundancy = RedundantSound(red, self.payload_type_in)
            self._restart = intake.audio.reset
        self._restart()

    # ------------------------------------------------------------------------------------ outgoing

    def send(self, unit: EncodedUnit) -> None:
        """Send one unit of this codec; nothing where the other side takes none."""
        if self.sends:
            self._sent = True
            self._sender.send(unit)

    def _fell(self) -> None:
        """What was lost because the path became narrow has no place on it afterwards."""
        self._sender.history = History()

    # ------------------------------------------------------------------------------------ incoming

    def packet_received(self, packet: rtp.RtpPacket, now_ns: int) -> bool:
        """Take one packet of this stream; False when it is not wanted."""
        if self._receiver is None:
            return False
        if self.events_type and packet.payload_type == self.events_type:
            return self._event_received(packet, now_ns)
        if self.protection.rtx and packet.payload_type == self.protection.rtx:
            return self._repair_received(packet, now_ns)
        if packet.ssrc != self._remote_ssrc:
            if self._remote_ssrc is not None:
                return self._another_source(packet, now_ns)
            self._remote_ssrc = packet.ssrc
        self._heard_ns = now_ns
        self._receiver.push(packet, now_ns)
        return True

    def _repair_received(self, packet: rtp.RtpPacket, now_ns: int) -> bool:
        """A packet that we asked for again. What it holds is not counted as having come: reports
        tell how the path is, not how well it was mended."""
        pictures, source = self._pictures, self._remote_ssrc
        if pictures is None or source is None:
            return False
        try:
            found = rtx.unwrapped(packet, self.payload_type_in, source)
        except MalformedInput:
            return False
        self._heard_ns = now_ns
        if found is not None:
            pictures.restore(found, now_ns)
        return True

    def _event_received(self, packet: rtp.RtpPacket, now_ns: int) -> bool:
        """A key pressed there; it counts on the sound's own sequence (RFC 4733 2.2)."""
        sound = self._receiver
        known = self._remote_ssrc in (None, packet.ssrc)
        if not known or not isinstance(sound, RtpAudioReceiver):
            return False
        sound.note(packet, now_ns)
        if not self._keys_allowed.take(now_ns):
            return False
        key = self._keys.push(packet.payload, packet.timestamp)
        if key:
            self.feedback.key_pressed(key)
        return True

    def _another_source(self, packet: rtp.RtpPacket, now_ns: int) -> bool:
        """A packet of an SSRC that is not the stream's: a sender that began anew, or garbage.

        It takes two packets in sequence (RFC 3550 A.1) after a silence of the old source to become
        the stream, so that garbage does not restart decoders.
        """
        first, self._newcomer = self._newcomer, packet
        if (
            first is None
            or self._receiver is None
            or packet.ssrc != first.ssrc
            or packet.sequence != (first.sequence + 1) & 0xFFFF
            or now_ns - max(self._heard_ns, self._receiver.heard_ns) < SOURCE_CHANGE_NS
        ):
            return False
        self._remote_ssrc, self._newcomer = packet.ssrc, None
        self._restart()
        self._heard_ns = now_ns
        self._receiver.push(first, now_ns)
        self._receiver.push(packet, now_ns)
        return True

    def report_received(self, report: rtcp.RtcpPacket, now_ns: int) -> None:
        """Take one RTCP packet of the transport; those about other streams are passed over."""
        match report:
            case rtcp.Nack(media_ssrc=ssrc, lost=lost) if ssrc == self.ssrc:
                self._sender.resend(lost)
            case rtcp.PictureLoss(media_ssrc=ssrc) if ssrc == self.ssrc:
                self.feedback.keyframe_wanted()
            case rtcp.FullIntra(entries=entries) if any(ssrc == self.ssrc for ssrc, _ in entries):
                self.feedback.keyframe_wanted()
            case rtcp.Remb() | rtcp.RateRequest() | rtcp.TransportFeedback() if self._shown:
                answers = self.way.rate_told(report, self.ssrc, now_ns)
                if answers:
                    self._tell(answers)
            case rtcp.SenderReport(ssrc=ssrc, ntp_time=theirs) if ssrc == self._remote_ssrc:
                self._last_report = (middle_bits(theirs), now_ns)
                if self._receiver is not None:
                    self._receiver.sender_report(report)
            case rtcp.Bye(sources=sources) if self._remote_ssrc in sources:
                self.goodbye()
            case _:
                pass
        if isinstance(report, rtcp.SenderReport | rtcp.ReceiverReport):
            self._note_reports(report.reports, now_ns)

    def _note_reports(self, blocks: Sequence[rtcp.ReportBlock], now_ns: int) -> None:
        """What is said about our own stream: what got lost, and how long an answer takes."""
        for block in blocks:
            if block.ssrc == self.ssrc:
                self._note_report(block, now_ns)

    def _note_report(self, block: rtcp.ReportBlock, now_ns: int) -> None:
        if self.codec.kind is Kind.AUDIO:
            if self._sender.redundancy is not None:
                self._sender.redundancy.reported(block.fraction_lost, now_ns)
            if self._loss.heard(block.fraction_lost, now_ns):
                self.lossy_changed(self._loss.lossy)
            return
        now_ntp = ntp_time(time_of_day_ns(now_ns))
        round_trip = round_trip_ns(block, now_ntp)
        if round_trip is not None and self._pictures is not None:
            self._pictures.rtt_ns = round_trip
        self.way.reported(block.fraction_lost / 256, round_trip, now_ns)

    def ask_keyframe(self) -> None:
        """Send a PLI, at most five a second; nothing before the sender is known."""
        now_ns = self._clock.now_ns()
        if (
            self._remote_ssrc is None
            or now_ns < self._keyframe_asked_ns + KEYFRAME_REQUEST_EVERY_NS
        ):
            return
        self._keyframe_asked_ns = now_ns
        if self._pictures is not None:
            self._pictures.keyframes_asked += 1
        self._tell([rtcp.PictureLoss(self.ssrc, self._remote_ssrc)])

    @property
    def receiver(self) -> RtpVideoReceiver | RtpAudioReceiver | None:
        """What takes what comes; None where nothing is to."""
        return self._receiver

    def reception(self) -> ReceptionCounters:
        """What became of the packets that came in so far; from any thread."""
        return self._receiver.counters() if self._receiver is not None else ReceptionCounters()

    # --------------------------------------------------------------------------------------- time

    def tick(self, now_ns: int) -> None:
        """Send what is due: requests for lost packets at once, reports once per second."""
        if self._shown:
            self.way.tick(now_ns)
        if self._pictures is not None and self._pictures.waits:
            wanted = self._pictures.poll(now_ns)
            if wanted:
                self._tell(wanted)
        if now_ns < self._report_due_ns:
            return
        if self._sent or self._remote_ssrc is not None:
            self._report_due_ns = now_ns + REPORT_EVERY_NS
            self._report(now_ns)

    def _report(self, now_ns: int) -> None:
        packets: list[rtcp.RtcpPacket] = [self._own_report(now_ns)]
        packets.append(rtcp.SourceDescription.named(self.ssrc, CNAME))
        if self.remb and self.codec.kind is Kind.VIDEO and self._remote_ssrc is not None:
            packets.append(rtcp.Remb(self.ssrc, self.receive_bps, (self._remote_ssrc,)))
        self._tell(packets)

    def _own_report(self, now_ns: int) -> rtcp.SenderReport | rtcp.ReceiverReport:
        blocks = self._blocks(now_ns)
        if self._sent:
            return replace(self._sender.sender_report(now_ns), reports=blocks)
        return rtcp.ReceiverReport(self.ssrc, blocks)

    def _blocks(self, now_ns: int) -> tuple[rtcp.ReportBlock, ...]:
        block = self._receiver.report_block() if self._receiver is not None else None
        if block is None:
            return ()
        middle, heard_ns = self._last_report
        delay = short_from_ns(now_ns - heard_ns) if heard_ns else 0
        return (replace(block, last_report=middle, delay=delay),)

    def _tell(self, packets: Sequence[rtcp.RtcpPacket]) -> None:
        self._send_rtcp(rtcp.compound(packets))


CNAME = "mcu"
"""One name for all our streams: receivers may play them in step (RFC 3550 6.5.1)."""


CONTROL_PER_SECOND = 500
"""RTCP packets looked at per transport: a browser on a bad path sends some fifty."""


SSRC_END = 12
"""Where the SSRC of a packet ends (RFC 3550 5.1)."""


class StreamGroup:
    """The streams that share a transport: sorts what arrives."""

    def __init__(self, stats: EndpointStats) -> None:
        self.streams: list[RtpStream] = []
        self._by_payload_type: dict[int, RtpStream] = {}
        self._by_source: dict[int, RtpStream] = {}
        self._stats = stats
        self._control = Allowance(CONTROL_PER_SECOND)
        self._numbers = SentPackets()

    def add(self, stream: RtpStream, sources: Iterable[int] = ()) -> None:
        """One more stream. Its mark is its incoming payload type, unless an earlier one has that:
        then the SSRCs that its description names."""
        self.streams.append(stream)
        stream.way.numbers = self._numbers
        self._by_payload_type.setdefault(stream.payload_type_in, stream)
        self._by_source.update(dict.fromkeys(sources, stream))
        for beside in (stream.events_type, stream.protection.rtx, stream.protection.red):
            if beside:
                self._by_payload_type.setdefault(beside, stream)

    def usual(self) -> Sequence[RtpVideoReceiver | RtpAudioReceiver]:
        """What takes the streams that come."""
        return [stream.receiver for stream in self.streams if stream.receiver is not None]

    def rtp_received(self, data: bytes, now_ns: int) -> bool:
        """One RTP packet; False when it is malformed, of no known payload type, or not wanted."""
        stream = self._by_payload_type.get(data[1] & 0x7F)
        if self._by_source and len(data) >= SSRC_END:
            source = int.from_bytes(data[SSRC_END - 4 : SSRC_END], "big")
            stream = self._by_source.get(source, stream)
        if stream is not None:
            try:
                packet = rtp.parse(data)
            except MalformedInput:
                stream = None
        if stream is None or not stream.packet_received(packet, now_ns):
            self._stats.packets_dropped += 1
            return False
        return True

    def rtcp_received(self, data: bytes, now_ns: int) -> bool:
        """One compound RTCP packet; False when it is malformed, or more than anybody needs."""
        try:
            reports = rtcp.parse(data) if self._control.take(now_ns) else None
        except MalformedInput:
            reports = None
        if reports is None:
            self._stats.packets_dropped += 1
            return False
        for report in reports:
            for stream in self.streams:
                stream.report_received(report, now_ns)
        return True

"""One m-line's packets, both ways: the same over SRTP and over plain UDP.

Everything here runs on the event loop; the decode threads behind the ingress and the encode threads
before `send` have their own bounded queues.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from mcu_core.adaptation.allowance import Allowance
from mcu_core.adaptation.path_rate import UNLIMITED_BPS
from mcu_core.adaptation.repair_share import RepairShare
from mcu_core.adaptation.sound_loss import SoundLoss
from mcu_core.egress.parity import Parity
from mcu_core.egress.redundant import Redundancy
from mcu_core.egress.sender import RtpSender
from mcu_core.endpoints.endpoint import Feedback, Intake
from mcu_core.endpoints.inbound import Inbound
from mcu_core.endpoints.receive_rate import ReceiveRate
from mcu_core.endpoints.way_out import WayOut
from mcu_core.ingress.arrived import Arrived
from mcu_core.ingress.layer_sort import LayerSort
from mcu_core.ingress.layers import Layer, LayerSwitch, PictureSink
from mcu_core.ingress.protected import ProtectedPictures
from mcu_core.ingress.receiver import RtpAudioReceiver, RtpVideoReceiver
from mcu_core.ingress.reception_counters import ReceptionCounters, together
from mcu_core.ingress.redundant import RedundantSound
from mcu_core.media.clock import NS_PER_SECOND, Clock, time_of_day_ns
from mcu_core.media.codec import Codec, Kind
from mcu_core.media.units import EncodedUnit
from mcu_core.negotiation.agreement import NO_PROTECTION, Protection
from mcu_core.protocol import rtcp, rtp
from mcu_core.protocol.ntp import ntp_time, round_trip_ns
from mcu_core.protocol.payload.events import KeyPresses

Transmit = Callable[[rtp.Burst], None]
Tell = Callable[[bytes], None]

NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})

REPORT_EVERY_NS = NS_PER_SECOND
TIME_EVERY_NS = NS_PER_SECOND // 4
"""Of a narrow path reports tell the time that often: the next report of the other side is to tell
how long packets wait now, and a full queue loses some of ours (RFC 4585 3.4: 3 kbit/s)."""

HEALING_NS = 4 * NS_PER_SECOND
"""So long pictures that are refreshed are given to heal before there is a keyframe after all: two
rounds of it."""

EVENTS_PER_SECOND = 100
"""Packets about keys: one in 20 ms while one is held, and the end thrice."""


class RtpStream:
    """The media of one m-line.

    `payload_types`: (incoming, outgoing). `ssrc`: ours, for media and for reports. `sends` is False
    where the other side takes nothing. `nack`: whether the other side understands it. `rate`: what
    it is let send. `events_type`: the payload type of telephone events, 0 for none.
    `way`: by which pictures leave, as far as their path bears. `sort`: tells layers apart where
    several sizes come in at once, and `layers` chooses among them.
    `lossy_changed` is called when a receiver of sound, or one of pictures that asks for no packets
    again, begins to lose some, or no longer does.
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
        self.events_type = 0
        self.rate = ReceiveRate()
        self.feedback = Feedback()
        self._clock = clock
        self._send_rtcp = send_rtcp
        self.way = WayOut(send_rtp, clock.now_ns)
        self.way.overrun = lambda: self.feedback.keyframe_wanted()
        leave = self.way.send if self._shown else send_rtp
        self._sender = RtpSender(ssrc, self._payload_type_out, codec, clock, leave)
        # What was lost because the path became narrow has no place on it afterwards.
        self.way.fell = self._sender.forsake
        if self._shown:
            self._sender.transmit_again = self.way.send_again
        self.arrived = Arrived()
        self._sent = False
        self._loss = SoundLoss()
        self._repair_share = RepairShare(asks=True)
        self.lossy_changed: Callable[[bool], None] = lambda lossy: None
        self.sort: LayerSort | None = None
        self.layers: LayerSwitch | None = None
        self._inbound: tuple[Inbound, ...] = ()
        """One, or one per layer in their order; none where nothing is taken."""
        self._restart: Callable[[], None] = lambda: None
        self._keys = KeyPresses()
        self._keys_allowed = Allowance(EVENTS_PER_SECOND)
        self.goodbye: Callable[[], None] = lambda: None
        self._report_due_ns = 0
        self._told_time_ns = 0
        self._last_report = 0
        """Which of our reports theirs answered last."""
        self._keyframe_ns = -HEALING_NS

    def protect(self, agreed: Protection) -> None:
        """Use what was agreed on against loss; before the stream joins a group."""
        self.protection = agreed
        if agreed.rtx:
            self._sender.resend_by(agreed.rtx, self.repair_ssrc)
        if agreed.red and not self._shown:
            self._sender.redundancy = Redundancy(agreed.red, self._payload_type_out)
        if agreed.ulpfec and self._shown:
            self._sender.parity = Parity(agreed.ulpfec, agreed.red)
            self._repair_share = RepairShare(asks=self.nack)

    @property
    def overhead(self) -> float:
        """What is sent of pictures beside them, as a share of them."""
        return self._repair_share.share if self._sender.parity is not None else 0.0

    def note_by(self, arrived: Arrived) -> None:
        """Note what comes with all streams of the transport."""
        self.arrived = arrived
        for pictures in self._pictures:
            pictures.arrived = arrived

    def receive_into(
        self, intake: Intake, fmtp: Mapping[str, str] = NO_PARAMETERS, level_id: int = 0
    ) -> None:
        """Hand on what arrives; a sender that was there before is forgotten.

        `fmtp`: the sender's format parameters, which may hold what its packets leave out.
        `level_id`: the header extension that tells how loud they are (RFC 6464), 0 for none.
        """
        self._inbound, self.layers, self._restart = (), None, lambda: None
        if self.codec.kind is Kind.VIDEO and intake.video is not None:
            self._restart = intake.video.restart
            if self.sort is None:
                self._inbound = (self._take_pictures(intake.video, fmtp, self._restart),)
            else:
                self.layers = LayerSwitch(self.sort.rids, intake.video, self._clock)
                self._inbound = tuple(
                    self._take_pictures(layer, fmtp, layer.restart) for layer in self.layers.layers
                )
        elif self.codec.kind is Kind.AUDIO and intake.audio is not None:
            self._restart = intake.audio.reset
            receiver = RtpAudioReceiver(
                self.codec, self._clock, intake.audio, fmtp=fmtp, level_id=level_id
            )
            if self.protection.red:
                red = self.protection.red
                receiver.redundancy = RedundantSound(red, self.payload_type_in)
            self._inbound = (Inbound(receiver, self.ssrc, self._restart),)
        self._restart()

    def _take_pictures(
        self, sink: PictureSink, fmtp: Mapping[str, str], restart: Callable[[], None]
    ) -> Inbound:
        pictures = RtpVideoReceiver(self.codec, self._clock, sink, own_ssrc=self.ssrc, fmtp=fmtp)
        pictures.repairs, pictures.arrived = self.nack, self.arrived
        agreed = self.protection
        if agreed.ulpfec:
            kinds = (self.payload_type_in, agreed.ulpfec, agreed.red)
            pictures.protected = ProtectedPictures(*kinds, agreed.moving)
        return Inbound(pictures, self.ssrc, restart)

    @property
    def _pictures(self) -> list[RtpVideoReceiver]:
        return [one.pictures for one in self._inbound if one.pictures is not None]

    @property
    def _sources(self) -> tuple[int, ...]:
        """The SSRCs that come in."""
        return tuple(one.ssrc for one in self._inbound if one.ssrc is not None)

    def receive_nothing(self) -> None:
        """Hand on nothing more; what came is forgotten."""
        self._inbound, self.layers = (), None
        self._restart()

    # ------------------------------------------------------------------------------------ outgoing

    def send(self, unit: EncodedUnit) -> None:
        """Send one unit of this codec; nothing where the other side takes none."""
        if self.sends:
            self._sent = True
            self._sender.send(unit)

    # ------------------------------------------------------------------------------------ incoming

    def packet_received(self, packet: rtp.RtpPacket, now_ns: int, data: bytes = b"") -> bool:
        """Take one packet of this stream, `data` in all; False when it is not wanted."""
        if self.arrived.extension:
            self.arrived.note(packet.extensions.get(self.arrived.extension), now_ns)
        inbound = self._inbound_of(packet)
        if inbound is None:
            return False
        if self.events_type and packet.payload_type == self.events_type:
            return self._event_received(inbound, packet, now_ns)
        if self.protection.rtx and packet.payload_type == self.protection.rtx:
            return inbound.repair(packet, self.payload_type_in, now_ns)
        return inbound.push(packet, now_ns, data)

    def _inbound_of(self, packet: rtp.RtpPacket) -> Inbound | None:
        if not self._inbound:
            return None
        place = self.sort.place(packet) if self.sort is not None else 0
        return self._inbound[place] if place is not None else None

    def _event_received(self, inbound: Inbound, packet: rtp.RtpPacket, now_ns: int) -> bool:
        """A key pressed there; it counts on the sound's own sequence (RFC 4733 2.2)."""
        sound = inbound.receiver
        known = inbound.ssrc in (None, packet.ssrc)
        if not known or not isinstance(sound, RtpAudioReceiver):
            return False
        sound.note(packet, now_ns)
        if not self._keys_allowed.take(now_ns):
            return False
        key = self._keys.push(packet.payload, packet.timestamp)
        if key:
            self.feedback.key_pressed(key)
        return True

    def report_received(self, report: rtcp.RtcpPacket, now_ns: int) -> None:
        """Take one RTCP packet of the transport; those about other streams are passed over."""
        match report:
            case rtcp.Nack(media_ssrc=ssrc, lost=lost) if ssrc == self.ssrc:
                self._asked_again(lost, now_ns)
            case rtcp.PictureLoss(media_ssrc=ssrc) if ssrc == self.ssrc:
                self._keyframe_wanted(now_ns)
            case rtcp.FullIntra(entries=entries) if any(ssrc == self.ssrc for ssrc, _ in entries):
                self._keyframe_wanted(now_ns)
            case rtcp.Remb() | rtcp.RateRequest() | rtcp.TransportFeedback() if self._shown:
                answers = self.way.rate_told(report, self.ssrc, now_ns)
                if answers:
                    self._tell(answers)
            case rtcp.SenderReport():
                for inbound in self._inbound:
                    inbound.sender_report(report, now_ns)
            case rtcp.Bye(sources=sources) if self._sources and set(self._sources) <= set(sources):
                self.goodbye()
            case _:
                pass
        if isinstance(report, rtcp.SenderReport | rtcp.ReceiverReport):
            self._note_reports(report.reports, now_ns)

    def _keyframe_wanted(self, now_ns: int) -> None:
        """Their decoder asks for one. Who is sent pictures that heal by themselves gets few."""
        heals = self._loss.lossy and now_ns < self._keyframe_ns + HEALING_NS
        if not heals:
            self._keyframe_ns = now_ns
            self.feedback.keyframe_wanted()

    def _asked_again(self, lost: Sequence[int], now_ns: int) -> None:
        if self._shown:
            self.way.missed(map(self._sender.number_of, lost), now_ns)
        self._sender.history.narrow = self._narrow
        if self._sender.resend(lost):
            self.feedback.keyframe_wanted()

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
        if block.last_report == self._last_report:
            round_trip = None  # was told before: none of our reports has come since
        self._last_report = block.last_report
        if round_trip is not None:
            self._sender.history.round_trip_ns = round_trip
            for pictures in self._pictures:
                pictures.rtt_ns = round_trip
        # Packets sent again as they were make jitter of their own, most of all on a full path.
        told = block.jitter if self.protection.rtx else 0
        jitter_ns = told * NS_PER_SECOND // self.codec.rtp_clock
        self.way.reported(block.fraction_lost / 256, round_trip, now_ns, jitter_ns)
        self._protect_pictures(block.fraction_lost, round_trip, now_ns)
        if not self.nack and self._loss.heard(block.fraction_lost, now_ns):
            self.lossy_changed(self._loss.lossy)

    def _protect_pictures(self, lost: int, round_trip: int | None, now_ns: int) -> None:
        parity = self._sender.parity
        if parity is not None and self._repair_share.reported(lost, round_trip, now_ns):
            parity.share, parity.extension = self._repair_share.share, self.way.extension

    def ask_keyframe(self) -> None:
        """Send a PLI, at most five a second; nothing before the sender is known."""
        self._ask_keyframes(self.layers.needed() if self.layers is not None else None)

    def _ask_keyframes(self, layers: Sequence[Layer] | None) -> None:
        """Of these layers, None where there are none."""
        asked: list[rtcp.RtcpPacket] = []
        for place, inbound in enumerate(self._inbound):
            if layers is None or self.layers is None or self.layers.layers[place] in layers:
                asked += inbound.ask_keyframe(self._clock.now_ns())
        if asked:
            self._tell(asked)

    def ask_rate(self, bitrate_bps: int) -> None:
        """Let its sender send at most so much; told at once."""
        if self.rate.bound(bitrate_bps):
            self._report_due_ns = 0

    @property
    def receivers(self) -> list[RtpVideoReceiver | RtpAudioReceiver]:
        """What takes what comes; none where nothing is to."""
        return [one.receiver for one in self._inbound]

    def reception(self) -> ReceptionCounters:
        """What became of the packets that came in so far; from any thread."""
        return together([one.receiver.counters() for one in self._inbound])

    # --------------------------------------------------------------------------------------- time

    def tick(self, now_ns: int) -> None:
        """Send what is due: requests for lost packets at once, reports once per second."""
        if self._shown:
            self.way.tick(now_ns)
        sources = self._sources
        if self._shown and self.arrived.extension and sources:
            told = self.arrived.told(self.ssrc, sources[0], now_ns)
            if told is not None:
                self._send_rtcp(told.serialize())
        if self.layers is not None:
            for layer, one in zip(self.layers.layers, self._inbound, strict=True):
                layer.heard(one.heard_ns)
            self._ask_keyframes(self.layers.tick(now_ns))
        self._ask_again(now_ns)
        if (self._sent or sources) and now_ns >= self._report_due_ns:
            self._report_due_ns = now_ns + REPORT_EVERY_NS
            self._report(now_ns)
        elif self._narrow and self._sent and now_ns >= self._told_time_ns + TIME_EVERY_NS:
            self._tell([self._timed(now_ns)])

    def _ask_again(self, now_ns: int) -> None:
        for one in self._inbound:
            wanted = one.owed(now_ns)
            if one.pictures is not None and one.pictures.waits:
                wanted += one.pictures.poll(now_ns)
            if wanted:
                self._tell(wanted)

    @property
    def _narrow(self) -> bool:
        """Whether the path of its pictures is known to bear little."""
        return self._shown and self.way.path.limit_bps < UNLIMITED_BPS

    def _timed(self, now_ns: int) -> rtcp.SenderReport:
        self._told_time_ns = now_ns
        return self._sender.sender_report(now_ns)

    def _report(self, now_ns: int) -> None:
        packets: list[rtcp.RtcpPacket] = [self._own_report(now_ns)]
        packets.append(rtcp.SourceDescription.named(self.ssrc, CNAME))
        if self._shown and self._sources:
            packets += self.rate.words(self.ssrc, self._sources)
        self._tell(packets)

    def _own_report(self, now_ns: int) -> rtcp.SenderReport | rtcp.ReceiverReport:
        told = (one.block(now_ns) for one in self._inbound)
        blocks = tuple(block for block in told if block is not None)
        if self._sent:
            return replace(self._timed(now_ns), reports=blocks)
        return rtcp.ReceiverReport(self.ssrc, blocks)

    def _tell(self, packets: Sequence[rtcp.RtcpPacket]) -> None:
        self._send_rtcp(rtcp.compound(packets))


CNAME = "mcu"
"""One name for all our streams: receivers may play them in step (RFC 3550 6.5.1)."""

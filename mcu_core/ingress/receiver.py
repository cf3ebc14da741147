"""From packets to coded units: what WebRTC and plain RTP have in common behind their sockets."""

from collections.abc import Mapping
from types import MappingProxyType

from mcu_core.errors import MalformedInput
from mcu_core.ingress.arrived import Arrived
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.layers import PictureSink
from mcu_core.ingress.protected import ProtectedPictures
from mcu_core.ingress.quick_pictures import QuickPictures
from mcu_core.ingress.reception import Reception
from mcu_core.ingress.reception_counters import ReceptionCounters
from mcu_core.ingress.redundant import RedundantSound
from mcu_core.ingress.stillness import Stillness
from mcu_core.kernels.rows import (
    HEARD_NS,
    HIGHEST,
    LEVEL_ID,
    PAYLOAD_TYPE,
    TIMESTAMP,
    UNTOLD,
    Row,
)
from mcu_core.media.clock import NS_PER_SECOND, Clock
from mcu_core.media.codec import Codec
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.loss import REORDER_NS, NackSchedule
from mcu_core.protocol.ntp import unix_ns
from mcu_core.protocol.payload.base import Depayloader, Frame, depayloader, sound_timer
from mcu_core.protocol.payload.frame import VideoAssembly
from mcu_core.protocol.reorder import ReorderBuffer
from mcu_core.protocol.rtcp import Nack
from mcu_core.protocol.rtcp_reports import ReportBlock, SenderReport
from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.sequence import Unwrapper, sequence_delta

_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


class RtpVideoReceiver:
    """One sender's pictures: puts packets in order, asks for lost ones, hands on whole units.

    `rtt_ns`: round trip to the sender, 0 while unknown; may be changed at any time, as may
    `repairs`: whether lost packets are worth waiting for, that is, whether NACKs are understood.
    A packet of another SSRC begins a new stream. Everything is called on the event loop, but
    `counters` from any thread.
    """

    def __init__(
        self,
        codec: Codec,
        clock: Clock,
        ingress: PictureSink,
        *,
        own_ssrc: int = 0,
        fmtp: Mapping[str, str] = _NO_PARAMETERS,
    ) -> None:
        self.rtt_ns = 0
        self.repairs = True
        self.protected: ProtectedPictures | None = None
        """Set where repair packets were agreed on."""
        self.arrived = Arrived()
        """When the packets of its path came; all streams of one have the same."""
        self.keyframes_asked = 0
        self._codec = codec
        self._clock = clock
        self._ingress = ingress
        self._own_ssrc = own_ssrc
        self._fmtp = fmtp
        self.waits = False
        """Whether something is missing, or held up: `poll` has something to do."""
        self._stamp_ns = 0
        self._broken = 0
        self._quick: QuickPictures | None = None
        self._before = ReceptionCounters()
        self._begin(0)

    def _begin(self, ssrc: int) -> None:
        if self._quick is not None:
            self._quick.open(False)
            self._quick = None
        self._ssrc = ssrc
        self._reception: Reception | None = None
        self._order = ReorderBuffer(REORDER_NS)
        self._nacks = NackSchedule()
        self._depayloader: Depayloader = depayloader(self._codec, self._fmtp)
        self._last_sequence: int | None = None
        self._timestamps = Unwrapper(32)

    def counters(self) -> ReceptionCounters:
        """What became of the packets so far."""
        before, reception, order, nacks = (
            self._before,
            self._reception,
            self._order,
            self._nacks,
        )
        return ReceptionCounters(
            received=before.received + (reception.received if reception else 0),
            bytes=before.bytes + (reception.bytes if reception else 0),
            lost=before.lost + order.lost,
            asked=before.asked + nacks.asked,
            repaired=before.repaired + nacks.recovered,
            late=before.late + order.late,
            duplicates=before.duplicates + order.duplicate,
            malformed=before.malformed + self._depayloader.malformed,
            made=self.protected.recovery.made if self.protected else 0,
            broken=self._broken,
            keyframes_asked=self.keyframes_asked,
            jitter_ns=reception.jitter_ns if reception else 0,
            rtt_ns=self.rtt_ns,
        )

    def push(self, packet: RtpPacket, now_ns: int, data: bytes = b"") -> None:
        """Take one packet as it arrives; `data`: all of it, for mending others."""
        made: list[RtpPacket] = []
        if self.protected is not None:
            packet, made = self.protected.take(packet, data, now_ns)
        reception = self._reception
        if reception is None or packet.ssrc != self._ssrc:
            self._before = self.counters()
            self._begin(packet.ssrc)
            reception = self._reception = Reception(packet.ssrc, self._codec.rtp_clock)
            if QuickPictures.knows(self._codec):
                wrapped = self.protected.wrapped if self.protected is not None else 0
                row, kind = reception.row, packet.payload_type
                self._quick = QuickPictures(self._codec, row, kind, wrapped)
                self.arrived.follow(row)
        self._catch_up(now_ns)
        reception.push(packet.sequence, packet.timestamp, len(packet.payload), now_ns)
        self._sort(packet, now_ns)
        for one in made:
            self._nacks.mended(one.sequence)
            self._sort(one, now_ns)

    def restore(self, packet: RtpPacket, now_ns: int) -> None:
        """Take a packet of the present stream that came by another way than its own."""
        if self._reception is not None and packet.ssrc == self._ssrc:
            self._catch_up(now_ns)
            self._sort(packet, now_ns)

    def _sort(self, packet: RtpPacket, now_ns: int) -> None:
        self._nacks.push(packet.sequence, now_ns)
        restarts = self._order.restarts
        if self._order.passes(packet.sequence, packet.timestamp):
            self._last_sequence = packet.sequence
            self._unpack(packet, False, now_ns)
        elif self._order.push(packet, now_ns):
            self._hand_on(now_ns)
        if self._order.restarts != restarts:
            self._nacks.reset()
            self._nacks.go_on(packet.sequence)
        self.waits = len(self._order) > 0 or len(self._nacks) > 0
        if self._quick is not None:
            mends = self.protected is not None and self.protected.recovery.runs(now_ns)
            self._quick.open(not mends and self._settled())

    @property
    def row(self) -> Row | None:
        """What is counted of the present sender's packets (kernels/rows.py); None before it is
        known, and of codecs whose pictures are put together here alone. Who puts one together
        there hands it to `take`; everything else of the stream comes to `push`."""
        return self._quick.row if self._quick is not None else None

    @property
    def heard_ns(self) -> int:
        """When a packet was last counted in `row` by others."""
        return self._reception.row[HEARD_NS] if self._reception is not None else 0

    def take(self, data: bytes, timestamp: int, level: int = UNTOLD) -> None:
        """A whole picture, no keyframe, whose packets have been counted."""
        self._deliver(Frame(data, timestamp, False), self.heard_ns)

    def _settled(self) -> bool:
        """Whether there is nothing that the next packet in sequence could be about but the next
        picture. What is missed yet comes out of sequence, if it does."""
        return (
            self._reception is not None
            and self._last_sequence == self._reception.row[HIGHEST]
            and not len(self._order)
            and isinstance(self._depayloader, VideoAssembly)
            and self._depayloader.idle
        )

    def _catch_up(self, now_ns: int) -> None:
        """Go on after packets that did not come through `push`."""
        if self._quick is None or not self._quick.news:
            return
        self._last_sequence = self._quick.row[HIGHEST]
        self._order.go_on(self._last_sequence, self._quick.row[TIMESTAMP])
        self._nacks.go_on(self._last_sequence)
        for packet in self._quick.give_back():
            self._unpack(packet, False, now_ns)

    def poll(self, now_ns: int) -> list[Nack]:
        """Give up what is overdue, and the requests to send now; call it every 20 ms or so."""
        if len(self._order):
            self._hand_on(now_ns)
        if self._reception is not None:
            self._nacks.jitter_ns = self._reception.jitter_ns
        missing = self._nacks.due(now_ns, self.rtt_ns) if self.repairs else []
        self.waits = len(self._order) > 0 or len(self._nacks) > 0
        late_ns = self._nacks.repairs_take_ns(now_ns, self.rtt_ns)
        if late_ns:
            self._ingress.expect_repairs(late_ns, now_ns)
        return [Nack(self._own_ssrc, self._ssrc, tuple(missing))] if missing else []

    def report_block(self) -> ReportBlock | None:
        """What to report of this stream now; None before its first packet."""
        return self._reception.report_block(self._clock.now_ns()) if self._reception else None

    def _hand_on(self, now_ns: int) -> None:
        self._order.wait_ns = self._nacks.patience_ns(now_ns, self.rtt_ns, self.repairs)
        for packet in self._order.pop(now_ns):
            last, self._last_sequence = self._last_sequence, packet.sequence
            lost_before = last is not None and sequence_delta(packet.sequence, last) != 1
            self._unpack(packet, lost_before, now_ns)

    def _unpack(self, packet: RtpPacket, lost_before: bool, now_ns: int) -> None:
        for frame in self._depayloader.push(packet, lost_before):
            self._deliver(frame, now_ns)

    def _deliver(self, frame: Frame, now_ns: int) -> None:
        # Two pictures of one moment (a burst after a repair) still have an order.
        self._stamp_ns = max(now_ns, self._stamp_ns + 1)
        self._broken += frame.broken
        self._ingress.push(
            AccessUnit(
                self._codec,
                frame.data,
                self._stamp_ns,
                frame.keyframe,
                frame.broken,
                media_ns=self._media_ns(frame.rtp_timestamp),
            )
        )

    def _media_ns(self, timestamp: int) -> int:
        return self._timestamps.unwrap(timestamp) * NS_PER_SECOND // self._codec.rtp_clock

    def sender_report(self, report: SenderReport) -> None:
        """The sender tells the time of day of a moment of its stream."""
        if report.ssrc == self._ssrc:
            told_ns = unix_ns(report.ntp_time)
            self._ingress.wall_less_media_ns = told_ns - self._media_ns(report.rtp_timestamp)


class RtpAudioReceiver:
    """One sender's sound. The ingress orders frames by their stamps, so none is held up here.

    `level_id`: the header extension that tells how loud each frame is (RFC 6464), 0 for none.
    """

    def __init__(
        self,
        codec: Codec,
        clock: Clock,
        ingress: AudioIngress,
        *,
        fmtp: Mapping[str, str] = _NO_PARAMETERS,
        level_id: int = 0,
    ) -> None:
        self._codec = codec
        self._clock = clock
        self._ingress = ingress
        self._fmtp = fmtp
        self._level_id = level_id
        self.redundancy: RedundantSound | None = None
        """Set where packets of several frames were agreed on."""
        self._ticks = sound_timer(codec)
        self._stillness = Stillness(codec)
        self._before = ReceptionCounters()
        self._begin(0)

    def _begin(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._reception: Reception | None = None
        self._depayloader: Depayloader = depayloader(self._codec, self._fmtp)

    def counters(self) -> ReceptionCounters:
        """What became of the packets so far; which were late, the jitter buffer knows."""
        before, reception = self._before, self._reception
        return ReceptionCounters(
            received=before.received + (reception.received if reception else 0),
            bytes=before.bytes + (reception.bytes if reception else 0),
            lost=before.lost + (max(0, reception.lost) if reception else 0),
            malformed=before.malformed + self._depayloader.malformed,
            jitter_ns=reception.jitter_ns if reception else 0,
        )

    def push(self, packet: RtpPacket, now_ns: int) -> None:
        """Take one packet as it arrives."""
        redundancy = self.redundancy
        if redundancy is None or packet.payload_type != redundancy.payload_type:
            self._take(packet, now_ns)
            return
        try:
            newest, *older = redundancy.unpack(packet)
        except MalformedInput:
            self._depayloader.malformed += 1
            return
        reception = self._take(newest, now_ns)
        for one in older:
            self._play(one, reception)

    def _take(self, packet: RtpPacket, now_ns: int) -> Reception:
        reception = self._reception
        if reception is None or packet.ssrc != self._ssrc:
            self._before = self.counters()
            self._begin(packet.ssrc)
            reception = self._reception = Reception(packet.ssrc, self._codec.rtp_clock)
            reception.row[PAYLOAD_TYPE] = packet.payload_type
            reception.row[LEVEL_ID] = self._level_id
        reception.push(packet.sequence, packet.timestamp, len(packet.payload), now_ns)
        self._play(packet, reception)
        return reception

    def _play(self, packet: RtpPacket, reception: Reception) -> None:
        level = self._level_of(packet) if packet.extensions else None
        for frame in self._depayloader.push(packet, lost_before=False):
            stamp_ns = self._media_ns(reception, frame.rtp_timestamp)
            told = self._stillness.level_dbov(frame.data) if level is None else level
            self._ingress.push(
                AccessUnit(self._codec, frame.data, stamp_ns, True, frame.broken, 0, told)
            )

    def note(self, packet: RtpPacket, now_ns: int) -> None:
        """Count a packet of what goes beside the sound, on its sequence: telephone events."""
        if self._reception is not None and packet.ssrc == self._ssrc:
            size = len(packet.payload)
            self._reception.push(packet.sequence, packet.timestamp, size, now_ns)

    @property
    def row(self) -> Row | None:
        """What is counted of the present sender's packets (kernels/rows.py); None before it is
        known, and where a packet need not be a frame. Who counts a usual packet there hands its
        payload to `take`."""
        if self._reception is None or self._ticks is None:
            return None
        return self._reception.row

    @property
    def heard_ns(self) -> int:
        """When a packet was last counted in `row` by others."""
        return self._reception.row[HEARD_NS] if self._reception is not None else 0

    def take(self, payload: bytes, media_ns: int, level: int = UNTOLD) -> None:
        """The payload of a packet that has been counted; `level` dB below full scale."""
        if self._ticks is not None and self._ticks(payload):
            still = self._stillness.level_dbov(payload) if level == UNTOLD else None
            told = still if level == UNTOLD else -float(level)
            self._ingress.push(AccessUnit(self._codec, payload, media_ns, True, False, 0, told))
        else:
            self._depayloader.malformed += 1

    def _media_ns(self, reception: Reception, timestamp: int) -> int:
        return reception.unwrap(timestamp) * NS_PER_SECOND // self._codec.rtp_clock

    def sender_report(self, report: SenderReport) -> None:
        """The sender tells the time of day of a moment of its stream."""
        if self._reception is not None and report.ssrc == self._ssrc:
            told_ns = unix_ns(report.ntp_time)
            media_ns = self._media_ns(self._reception, report.rtp_timestamp)
            self._ingress.wall_less_media_ns = told_ns - media_ns

    def _level_of(self, packet: RtpPacket) -> float | None:
        """One octet: whether it is speech, and how far below full scale (RFC 6464 3)."""
        told = packet.extensions.get(self._level_id)
        return -float(told[0] & 0x7F) if told else None

    def report_block(self) -> ReportBlock | None:
        """What to report of this stream now; None before its first packet."""
        return self._reception.report_block(self._clock.now_ns()) if self._reception else None

"""RtpSender: one receiver's RTP stream out of units that were made for many."""

import secrets
from collections.abc import Callable, Iterable

from mcu_core.egress.history import History, Sent
from mcu_core.egress.parity import Parity
from mcu_core.egress.redundant import Redundancy
from mcu_core.egress.timestamps import TIMESTAMPS, StreamClock
from mcu_core.media.clock import Clock, time_of_day_ns
from mcu_core.media.codec import Codec, Kind
from mcu_core.media.units import EncodedUnit
from mcu_core.protocol import rtx
from mcu_core.protocol.ntp import ntp_time
from mcu_core.protocol.rtcp_reports import SenderReport
from mcu_core.protocol.rtp import Burst
from mcu_core.protocol.sequence import SEQUENCE_MASK, timestamp_delta

NO_PACKET = -1


class RtpSender:
    """Numbers units that many receivers share, and keeps its stream continuous.

    Timestamps follow the units' stamps on the conference clock, whichever encoder made them, so a
    change of group, of mix or of codec size is no break for the receiver; sequence numbers count
    on. `packets`, `octets` (payloads only) and `resent` count. What is kept to be sent again is the
    units themselves, of pictures only: late sound is of no use. It is sent again as it was, or
    where that was agreed on, in a stream of its own (`resend_by`). Called on the event loop.
    """

    def __init__(
        self,
        ssrc: int,
        payload_type: int,
        codec: Codec,
        clock: Clock,
        transmit: Callable[[Burst], None],
    ) -> None:
        self.packets = 0
        self.octets = 0
        self.resent = 0
        self._ssrc = ssrc
        self._payload_type = payload_type
        self._video = codec.kind is Kind.VIDEO
        self._marks_last = self._video or codec.marks_frames
        self._clock = clock
        self._transmit = transmit
        # RFC 3550 5.1; low for SRTP's sake. It counts on beyond 16 bits here.
        self._first = secrets.randbelow(SEQUENCE_MASK // 2)
        self._stream_clock = StreamClock(codec.rtp_clock)
        self._timestamp: int | None = None
        self._spurt = True
        self.history = History()
        self.redundancy: Redundancy | None = None
        """Set where several frames of sound in a packet were agreed on."""
        self.parity: Parity | None = None
        """Set where repair packets for pictures were agreed on."""
        self._keyframe = self._forsaken = 0
        """Numbers of the first packet of the last keyframe; and of the first that is sent again."""
        self._repair: tuple[int, int] | None = None
        self.transmit_again: Callable[[Burst], bool] | None = None
        """By which packets are sent again, False where there is no room for one; else as others."""
        self._repairs = secrets.randbelow(SEQUENCE_MASK // 2)

    def resend_by(self, payload_type: int, ssrc: int) -> None:
        """Send again by packets of that type and source from now on (RFC 4588)."""
        self._repair = payload_type, ssrc

    def send(self, unit: EncodedUnit) -> None:
        """Send the packets of one unit of this stream's codec; never waits.

        A unit of sound without packets is silence that need not be sent (DTX).
        """
        payloads, step, octets = unit.payloads, unit.payload_ticks, unit.octets
        timestamp = self._timestamp_of(unit.stamp_ns)
        # Sound marks the begin of a talk spurt, pictures and AAC their last packet (RFC 3551 4.1,
        # 5; RFC 3640 3.1, RFC 6416 6.1).
        marked = len(payloads) - 1 if self._marks_last else (0 if self._spurt else NO_PACKET)
        self._spurt = not payloads
        self._timestamp = (timestamp + step * max(0, len(payloads) - 1)) % TIMESTAMPS
        if not payloads:
            return
        if self._video:
            now_ns = self._clock.now_ns()
            if unit.keyframe:
                self._keyframe = self.packets
            self.history.remember(Sent(self.packets, timestamp, marked, payloads, now_ns, octets))
        sequence = (self._first + self.packets) & SEQUENCE_MASK
        self.packets += len(payloads)
        number, ssrc = self._payload_type, self._ssrc
        if self.redundancy is not None and len(payloads) == 1:
            wrapped = self.redundancy.wrapped(timestamp, payloads[0])
            if wrapped is not None:
                number, payloads, octets = self.redundancy.payload_type, (wrapped,), len(wrapped)
        burst = Burst(number, marked, sequence, timestamp, ssrc, step, payloads, octets)
        if self.parity is not None and self.parity.share:
            self._send_protected(burst, self.parity)
            return
        self.octets += octets
        self._transmit(burst)

    def _send_protected(self, burst: Burst, parity: Parity) -> None:
        """Send a picture, and repair packets behind it, which are numbered on. Where one of those
        is asked for again, a packet without payload fills its place: then it is no use any more."""
        wrapped = parity.wrapped(burst)
        self.octets += wrapped.octets
        self._transmit(wrapped)
        repairs = parity.after(burst)
        if not repairs:
            return
        now_ns, moment, count = self._clock.now_ns(), burst.timestamp, len(repairs)
        self.history.remember(Sent(self.packets, moment, NO_PACKET, (b"",) * count, now_ns, 0))
        sequence = (self._first + self.packets) & SEQUENCE_MASK
        self.packets += count
        octets = sum(map(len, repairs))
        self.octets += octets
        kind = parity.repair_type
        self._transmit(Burst(kind, NO_PACKET, sequence, moment, self._ssrc, 0, repairs, octets))

    def _timestamp_of(self, stamp_ns: int) -> int:
        """Where `stamp_ns` stands on the stream's clock; always later than the unit before."""
        timestamp = self._stream_clock.at(stamp_ns)
        if self._timestamp is not None and timestamp_delta(timestamp, self._timestamp) <= 0:
            return (self._timestamp + 1) % TIMESTAMPS
        return timestamp

    def forsake(self) -> None:
        """Send nothing again of what was sent so far."""
        self._forsaken = self.packets
        self.history = History(self.history.round_trip_ns)

    def resend(self, sequences: Iterable[int]) -> bool:
        """Send packets again that a receiver misses, as far as `History` allows.

        Without `resend_by` they are the very same packets: behind SRTP the sender must allow that.
        True where one is missed that was forsaken, and no keyframe since makes it needless.
        """
        now_ns = self._clock.now_ns()
        waits_in_vain = False
        for sequence in sequences:
            number = self.number_of(sequence)
            waits_in_vain |= self._keyframe < self._forsaken > number >= 0
            found = self.history.resend(number, now_ns)
            if found is None:
                continue
            payload_type, ssrc, payload = self._payload_type, self._ssrc, found.payload
            if self._repair is not None:
                payload_type, ssrc = self._repair
                payload = rtx.wrapped(sequence, payload)
                sequence = self._repairs = (self._repairs + 1) & SEQUENCE_MASK
            marked = 0 if found.marked else NO_PACKET
            moment, size = found.timestamp, len(payload)
            burst = Burst(payload_type, marked, sequence, moment, ssrc, 0, (payload,), size)
            self.resent += self._sent_again(burst)
        return waits_in_vain

    def _sent_again(self, burst: Burst) -> bool:
        if self.transmit_again is not None:
            return self.transmit_again(burst)
        self._transmit(burst)
        return True

    def number_of(self, sequence: int) -> int:
        """Which packet of the stream, from 0 on, the newest one of that sequence number is."""
        last = self._first + self.packets - 1
        return self.packets - 1 - ((last - sequence) & SEQUENCE_MASK)

    def sender_report(self, now_ns: int) -> SenderReport:
        """The report of that instant: wall clock and stream clock side by side (RFC 3550 6.4.1)."""
        return SenderReport(
            ssrc=self._ssrc,
            ntp_time=ntp_time(time_of_day_ns(now_ns)),
            rtp_timestamp=self._stream_clock.at(now_ns),
            packet_count=self.packets,
            octet_count=self.octets,
        )

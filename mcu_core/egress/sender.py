"""RtpSender: one receiver's RTP stream out of units that were made for many."""

import secrets
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mcu_core.adaptation.allowance import Allowance
from mcu_core.egress.timestamps import TIMESTAMPS, StreamClock
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock, wall_time_s
from mcu_core.media.codec import Codec, Kind
from mcu_core.media.units import EncodedUnit
from mcu_core.protocol.ntp import ntp_time
from mcu_core.protocol.rtcp_reports import SenderReport
from mcu_core.protocol.rtp import Burst
from mcu_core.protocol.sequence import SEQUENCE_MASK, timestamp_delta

HISTORY_PACKETS = 1024
"""What can be sent again: two to five seconds of picture; all receivers share the payloads."""

RESENDS_PER_SECOND = 512
"""Packets sent again per second at most: about as much as a stream itself has. Who asks for more
has no path for it, or wants us to flood somebody."""

RESEND_EVERY_NS = 10 * NS_PER_MS
"""A packet asked for again within this time is on its way already."""

NO_PACKET = -1


class _Sent(NamedTuple):
    """A unit that was sent. `number` counts all packets of the stream, up to its first one."""

    number: int
    timestamp: int
    marked: int
    payloads: tuple[bytes, ...]


class RtpSender:
    """Numbers units that many receivers share, and keeps its stream continuous.

    Timestamps follow the units' stamps on the conference clock, whichever encoder made them, so a
    change of group, of mix or of codec size is no break for the receiver; sequence numbers count
    on. `packets`, `octets` (payloads only) and `resent` count. What is kept to be sent again is the
    units themselves, of pictures only: late sound is of no use. Called on the event loop.
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
        self._history: deque[_Sent] = deque()
        self._resent_ns: dict[int, int] = {}
        self._resends = Allowance(RESENDS_PER_SECOND)

    def send(self, unit: EncodedUnit) -> None:
        """Send the packets of one unit of this stream's codec; never waits.

        A unit of sound without packets is silence that need not be sent (DTX).
        """
        payloads, step = unit.payloads, unit.payload_ticks
        timestamp = self._timestamp_of(unit.stamp_ns)
        # Sound marks the begin of a talk spurt, pictures and AAC their last packet (RFC 3551 4.1,
        # 5; RFC 3640 3.1, RFC 6416 6.1).
        marked = len(payloads) - 1 if self._marks_last else (0 if self._spurt else NO_PACKET)
        self._spurt = not payloads
        self._timestamp = (timestamp + step * max(0, len(payloads) - 1)) % TIMESTAMPS
        if not payloads:
            return
        if self._video:
            self._remember(_Sent(self.packets, timestamp, marked, payloads))
        sequence = (self._first + self.packets) & SEQUENCE_MASK
        self.packets += len(payloads)
        self.octets += sum(map(len, payloads))
        self._transmit(
            Burst(self._payload_type, marked, sequence, timestamp, self._ssrc, step, payloads)
        )

    def _timestamp_of(self, stamp_ns: int) -> int:
        """Where `stamp_ns` stands on the stream's clock; always later than the unit before."""
        timestamp = self._stream_clock.at(stamp_ns)
        if self._timestamp is not None and timestamp_delta(timestamp, self._timestamp) <= 0:
            return (self._timestamp + 1) % TIMESTAMPS
        return timestamp

    def _remember(self, sent: _Sent) -> None:
        history = self._history
        history.append(sent)
        oldest = sent.number + len(sent.payloads) - HISTORY_PACKETS
        while len(history) > 1 and history[1].number <= oldest:
            history.popleft()

    def resend(self, sequences: Iterable[int]) -> None:
        """Send packets again that a receiver misses; those too old, or just sent, or more than
        RESENDS_PER_SECOND, are passed over.

        They are the very same packets: behind SRTP the sender must allow that.
        """
        now_ns = self._clock.now_ns()
        for sequence in sequences:
            number = self._number_of(sequence)
            burst = self._packet(number) if now_ns >= self._resendable_ns(number) else None
            if burst is None:
                continue
            if not self._resends.take(now_ns):
                return
            self._note_resent(number, now_ns)
            self._transmit(burst)

    def _number_of(self, sequence: int) -> int:
        """Which packet of the stream the newest one of that sequence number is."""
        last = self._first + self.packets - 1
        return self.packets - 1 - ((last - sequence) & SEQUENCE_MASK)

    def _packet(self, number: int) -> Burst | None:
        """A packet as it was sent; None where it is not kept."""
        if number <= self.packets - 1 - HISTORY_PACKETS:
            return None
        at = bisect_right(self._history, number, key=lambda sent: sent.number) - 1
        if at < 0:
            return None
        sent = self._history[at]
        index = number - sent.number
        if index >= len(sent.payloads):
            return None
        marked = 0 if index == sent.marked else NO_PACKET
        sequence, payload = (self._first + number) & SEQUENCE_MASK, sent.payloads[index]
        return Burst(
            self._payload_type, marked, sequence, sent.timestamp, self._ssrc, 0, (payload,)
        )

    def _resendable_ns(self, number: int) -> int:
        return self._resent_ns.get(number, -RESEND_EVERY_NS) + RESEND_EVERY_NS

    def _note_resent(self, number: int, now_ns: int) -> None:
        self.resent += 1
        self._resent_ns[number] = now_ns
        if len(self._resent_ns) > HISTORY_PACKETS:
            del self._resent_ns[next(iter(self._resent_ns))]

    def sender_report(self, now_ns: int) -> SenderReport:
        """The report of this instant: wall clock and stream clock side by side (RFC 3550 6.4.1)."""
        return SenderReport(
            ssrc=self._ssrc,
            ntp_time=ntp_time(int(wall_time_s() * NS_PER_SECOND)),
            rtp_timestamp=self._stream_clock.at(now_ns),
            packet_count=self.packets,
            octet_count=self.octets,
        )

"""RtpSender: one receiver's RTP stream out of units that were made for many."""

import secrets
from collections.abc import Callable, Iterable

from mcu_core.adaptation.allowance import Allowance
from mcu_core.egress.timestamps import TIMESTAMPS, StreamClock
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, Clock, wall_time_s
from mcu_core.media.codec import Codec, Kind
from mcu_core.media.units import EncodedUnit
from mcu_core.protocol.ntp import ntp_time
from mcu_core.protocol.rtcp_reports import SenderReport
from mcu_core.protocol.rtp import header
from mcu_core.protocol.sequence import SEQUENCE_MASK, timestamp_delta

HISTORY_PACKETS = 1024
"""What can be sent again: two to five seconds of picture; all receivers share the payloads."""

RESENDS_PER_SECOND = 512
"""Packets sent again per second at most: about as much as a stream itself has. Who asks for more
has no path for it, or wants us to flood somebody."""

RESEND_EVERY_NS = 10 * NS_PER_MS
"""A packet asked for again within this time is on its way already."""


class RtpSender:
    """Writes headers in front of shared payloads and keeps its stream continuous.

    Timestamps follow the units' stamps on the conference clock, whichever encoder made them, so a
    change of group, of mix or of codec size is no break for the receiver; sequence numbers count
    on. `packets`, `octets` (payloads only) and `resent` count. Called on the event loop.
    """

    def __init__(
        self,
        ssrc: int,
        payload_type: int,
        codec: Codec,
        clock: Clock,
        transmit: Callable[[bytes], None],
    ) -> None:
        self.packets = 0
        self.octets = 0
        self.resent = 0
        self._ssrc = ssrc
        self._payload_type = payload_type
        self._codec = codec
        self._clock = clock
        self._transmit = transmit
        self._sequence = secrets.randbelow(SEQUENCE_MASK // 2)  # RFC 3550 5.1; low for SRTP's sake
        self._stream_clock = StreamClock(codec.rtp_clock)
        self._timestamp: int | None = None
        self._silent = True
        self._history: dict[int, tuple[bytes, bytes, int]] = {}
        self._resends = Allowance(RESENDS_PER_SECOND)

    def send(self, unit: EncodedUnit) -> None:
        """Send the packets of one unit of this stream's codec; never waits."""
        timestamp = self._timestamp_of(unit.stamp_ns)
        video = self._codec.kind is Kind.VIDEO
        # Sound marks the begin of a talk spurt, pictures their last packet (RFC 3551 4.1, 5).
        marked = len(unit.payloads) - 1 if video else (0 if self._silent else -1)
        self._silent = not unit.payloads
        for index, payload in enumerate(unit.payloads):
            sequence = self._sequence
            self._timestamp = at = (timestamp + index * unit.payload_ticks) % TIMESTAMPS
            head = header(self._payload_type, index == marked, sequence, at, self._ssrc)
            self._sequence = (sequence + 1) & SEQUENCE_MASK
            self._remember(sequence, head, payload)
            self.packets += 1
            self.octets += len(payload)
            self._transmit(head + payload)

    def _timestamp_of(self, stamp_ns: int) -> int:
        """Where `stamp_ns` stands on the stream's clock; always later than the unit before."""
        timestamp = self._stream_clock.at(stamp_ns)
        if self._timestamp is not None and timestamp_delta(timestamp, self._timestamp) <= 0:
            return (self._timestamp + 1) % TIMESTAMPS
        return timestamp

    def _remember(self, sequence: int, head: bytes, payload: bytes) -> None:
        self._history[sequence] = (head, payload, 0)
        self._history.pop((sequence - HISTORY_PACKETS) & SEQUENCE_MASK, None)

    def resend(self, sequences: Iterable[int]) -> None:
        """Send packets again that a receiver misses; those too old, or just sent, or more than
        RESENDS_PER_SECOND, are passed over.

        They are the very same packets: behind SRTP the sender must allow that.
        """
        now_ns = self._clock.now_ns()
        for sequence in sequences:
            entry = self._history.get(sequence)
            if entry is None:
                continue
            head, payload, resent_ns = entry
            if resent_ns and now_ns - resent_ns < RESEND_EVERY_NS:
                continue
            if not self._resends.take(now_ns):
                return
            self._history[sequence] = (head, payload, now_ns)
            self.resent += 1
            self._transmit(head + payload)

    def sender_report(self, now_ns: int) -> SenderReport:
        """The report of this instant: wall clock and stream clock side by side (RFC 3550 6.4.1)."""
        return SenderReport(
            ssrc=self._ssrc,
            ntp_time=ntp_time(int(wall_time_s() * NS_PER_SECOND)),
            rtp_timestamp=self._stream_clock.at(now_ns),
            packet_count=self.packets,
            octet_count=self.octets,
        )

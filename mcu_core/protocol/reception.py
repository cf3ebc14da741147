"""What a receiver reports of one stream: loss and jitter (RFC 3550 A.1, A.3, A.8)."""

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol.ntp import middle_bits, short_from_ns
from mcu_core.protocol.reorder import MAX_JUMP
from mcu_core.protocol.rtcp_reports import ReportBlock, SenderReport
from mcu_core.protocol.sequence import SEQUENCE_MASK, sequence_delta, timestamp_delta


class Reception:
    """Counts one source's packets as they arrive, before they are put in order.

    `clock_rate`: Hz of the RTP clock. `received` and `bytes` count everything that came, sent twice
    or not.
    """

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.received = 0
        self.bytes = 0
        self._base = 0
        self._highest: int | None = None
        self._cycles = 0
        self._suspect: int | None = None
        self._counted = 0
        self._expected_before = 0
        self._counted_before = 0
        self._last_arrival = 0
        self._last_timestamp: int | None = None
        self._jitter_16 = 0
        self._last_report = 0
        self._last_report_ns = 0

    @property
    def jitter(self) -> int:
        """Interarrival jitter in RTP ticks (A.8)."""
        return self._jitter_16 >> 4

    @property
    def jitter_ns(self) -> int:
        """Interarrival jitter in nanoseconds."""
        return self.jitter * NS_PER_SECOND // self.clock_rate

    @property
    def expected(self) -> int:
        """Packets that should have come since the stream began."""
        if self._highest is None:
            return 0
        return (self._cycles | self._highest) - self._base + 1

    @property
    def lost(self) -> int:
        """Packets that did not come; negative where some came twice (A.3)."""
        return self.expected - self._counted

    def push(self, sequence: int, timestamp: int, size: int, now_ns: int) -> None:
        """Note one packet's arrival; `size` bytes of payload."""
        self.received += 1
        self.bytes += size
        if self._highest is not None and sequence == self._highest + 1:
            self._highest = sequence
            self._suspect = None
        elif not self._follow(sequence):
            return
        self._counted += 1
        # Packets of one picture share a timestamp and leave one after the other: measuring all of
        # them would report the sender's pacing as jitter. The first of each is measured.
        if timestamp != self._last_timestamp:
            self._measure(timestamp, now_ns)

    def sender_report(self, report: SenderReport, now_ns: int) -> None:
        """Note the source's own report, whose time our next one repeats."""
        self._last_report = middle_bits(report.ntp_time)
        self._last_report_ns = now_ns

    def report_block(self, now_ns: int) -> ReportBlock:
        """What to tell the source now; the fraction lost is since the last such call (A.3)."""
        expected = self.expected
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._counted - self._counted_before)
        self._expected_before = expected
        self._counted_before = self._counted
        fraction = min(255, (lost_now << 8) // expected_now) if lost_now > 0 < expected_now else 0
        delay = short_from_ns(now_ns - self._last_report_ns) if self._last_report else 0
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=fraction,
            packets_lost=self.lost,
            highest_sequence=(self._cycles | (self._highest or 0)) & 0xFFFF_FFFF,
            jitter=self.jitter,
            last_report=self._last_report,
            delay=delay,
        )

    def _follow(self, sequence: int) -> bool:
        """Move on the highest number (A.1); False for a stray that is not counted."""
        if self._highest is None:
            self._base = self._highest = sequence
            return True
        ahead = sequence_delta(sequence, self._highest)
        if not -MAX_JUMP <= ahead <= MAX_JUMP:
            return self._doubt(sequence)
        self._suspect = None
        if ahead > 0:
            if sequence < self._highest:
                self._cycles += SEQUENCE_MASK + 1
            self._highest = sequence
        return True

    def _doubt(self, sequence: int) -> bool:
        """Far off: believed when a second one follows on, and then counting starts again."""
        suspect = self._suspect
        self._suspect = sequence
        if suspect is None or sequence_delta(sequence, suspect) != 1:
            return False
        self._suspect = None
        self._base = suspect
        self._highest = sequence
        self._cycles = 0
        self._counted = 1  # the suspect; this one is counted by the caller
        self._expected_before = 0
        self._counted_before = 0
        return True

    def _measure(self, timestamp: int, now_ns: int) -> None:
        """Jitter (A.8), kept times sixteen to round as the RFC's own code does."""
        arrival = now_ns * self.clock_rate // NS_PER_SECOND
        if self._last_timestamp is not None:
            sent = timestamp_delta(timestamp, self._last_timestamp)
            deviation = abs(arrival - self._last_arrival - sent)
            self._jitter_16 += deviation - ((self._jitter_16 + 8) >> 4)
        self._last_timestamp = timestamp
        self._last_arrival = arrival

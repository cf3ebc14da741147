"""What a receiver reports of one stream: loss and jitter (RFC 3550 A.1, A.3, A.8)."""

from mcu_core.kernels.rows import (
    ARRIVAL,
    BYTES,
    CLOCK_RATE,
    COUNTED,
    FARTHEST,
    HIGHEST,
    JITTER_16,
    NEVER,
    NONE,
    RECEIVED,
    SSRC,
    SUSPECT,
    TIMESTAMP,
    UNWRAPPED,
    new_row,
)
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.protocol.ntp import middle_bits, short_from_ns
from mcu_core.protocol.reorder import MAX_JUMP, RESTARTED, of_another_time
from mcu_core.protocol.rtcp_reports import ReportBlock, SenderReport
from mcu_core.protocol.sequence import (
    SEQUENCE_MASK,
    TIMESTAMP_MASK,
    sequence_delta,
    timestamp_delta,
)


class Reception:
    """Counts one source's packets as they arrive, before they are put in order.

    `clock_rate`: Hz of the RTP clock. `received` and `bytes` count everything that came, sent twice
    or not. What each packet changes is in `row` (kernels/rows.py), so that usual packets can be
    counted without Python.
    """

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.row = new_row()
        self.row[SSRC], self.row[CLOCK_RATE] = ssrc, clock_rate
        self.row[HIGHEST] = self.row[TIMESTAMP] = self.row[SUSPECT] = NONE
        self.row[UNWRAPPED] = NEVER
        self._base = 0
        self._cycles = 0
        self._expected_before = 0
        self._counted_before = 0
        self._last_report = 0
        self._last_report_ns = 0
        self._late_run = 0
        self._late_after = (NONE, NONE, 0)
        """Of a run of late packets that follow each other: the highest number, the last one, and
        the timestamp before the run."""

    @property
    def received(self) -> int:
        """Packets that came."""
        return self.row[RECEIVED]

    @property
    def bytes(self) -> int:
        """Bytes of their payloads."""
        return self.row[BYTES]

    @property
    def jitter(self) -> int:
        """Interarrival jitter in RTP ticks (A.8)."""
        return self.row[JITTER_16] >> 4

    @property
    def jitter_ns(self) -> int:
        """Interarrival jitter in nanoseconds."""
        return self.jitter * NS_PER_SECOND // self.clock_rate

    @property
    def expected(self) -> int:
        """Packets that should have come since the stream began."""
        highest = self.row[HIGHEST]
        return (self._cycles | highest) - self._base + 1 if highest != NONE else 0

    @property
    def lost(self) -> int:
        """Packets that did not come; negative where some came twice (A.3)."""
        return self.expected - self.row[COUNTED]

    def push(self, sequence: int, timestamp: int, size: int, now_ns: int) -> None:
        """Note one packet's arrival; `size` bytes of payload."""
        row = self.row
        row[RECEIVED] += 1
        row[BYTES] += size
        if sequence == row[HIGHEST] + 1 and sequence:  # not the first one, which may be 0
            row[HIGHEST] = sequence
            row[SUSPECT] = NONE
        elif not self._follow(sequence, timestamp):
            return
        row[COUNTED] += 1
        # Packets of one picture share a timestamp and leave one after the other: measuring all of
        # them would report the sender's pacing as jitter. The first of each is measured.
        if timestamp != row[TIMESTAMP]:
            self._measure(timestamp, now_ns)

    def unwrap(self, timestamp: int) -> int:
        """That timestamp as a number that does not wrap; the nearest to the one before."""
        last = self.row[UNWRAPPED]
        if abs(last) < FARTHEST:  # nor NEVER
            timestamp = last + timestamp_delta(timestamp, last & TIMESTAMP_MASK)
        self.row[UNWRAPPED] = timestamp
        return timestamp

    def sender_report(self, report: SenderReport, now_ns: int) -> None:
        """Note the source's own report, whose time our next one repeats."""
        self._last_report = middle_bits(report.ntp_time)
        self._last_report_ns = now_ns

    def report_block(self, now_ns: int) -> ReportBlock:
        """What to tell the source now; the fraction lost is since the last such call (A.3)."""
        expected = self.expected
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.row[COUNTED] - self._counted_before)
        self._expected_before = expected
        self._counted_before = self.row[COUNTED]
        fraction = min(255, (lost_now << 8) // expected_now) if lost_now > 0 < expected_now else 0
        delay = short_from_ns(now_ns - self._last_report_ns) if self._last_report else 0
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=fraction,
            packets_lost=self.lost,
            highest_sequence=(self._cycles | max(0, self.row[HIGHEST])) & 0xFFFF_FFFF,
            jitter=self.jitter,
            last_report=self._last_report,
            delay=delay,
        )

    def _follow(self, sequence: int, timestamp: int) -> bool:
        """Move on the highest number (A.1); False for a stray that is not counted."""
        row, highest = self.row, self.row[HIGHEST]
        if highest == NONE:
            self._base = row[HIGHEST] = sequence
            return True
        ahead = sequence_delta(sequence, highest)
        if not -MAX_JUMP <= ahead <= MAX_JUMP:
            return self._doubt(sequence)
        row[SUSPECT] = NONE
        if ahead > 0:
            if sequence < highest:
                self._cycles += SEQUENCE_MASK + 1
            row[HIGHEST] = sequence
        elif ahead < 0:
            self._note_late(sequence, timestamp, highest)
        return True

    def _note_late(self, sequence: int, timestamp: int, highest: int) -> None:
        """RESTARTED late packets of another time, one after the other and nothing between them:
        counting starts again."""
        before_highest, before, newest = self._late_after
        if (before_highest, before) != (highest, (sequence - 1) & SEQUENCE_MASK):
            newest, self._late_run = self.row[TIMESTAMP], 0
        self._late_after = highest, sequence, newest
        self._late_run = self._late_run + 1 if of_another_time(timestamp, newest) else 0
        if self._late_run == RESTARTED:
            self._begin_anew((sequence - RESTARTED + 1) & SEQUENCE_MASK, sequence, RESTARTED)

    def _begin_anew(self, base: int, highest: int, came: int) -> None:
        """Count from `base` on; so many came, with the one that the caller is about to count."""
        row = self.row
        row[SUSPECT] = NONE
        self._base, row[HIGHEST] = base, highest
        self._cycles = SEQUENCE_MASK + 1 if highest < base else 0
        row[COUNTED] = came - 1
        self._expected_before = self._counted_before = 0

    def _doubt(self, sequence: int) -> bool:
        """Far off: believed when a second one follows on, and then counting starts again."""
        row, suspect = self.row, self.row[SUSPECT]
        row[SUSPECT] = sequence
        if suspect == NONE or sequence_delta(sequence, suspect) != 1:
            return False
        self._begin_anew(suspect, sequence, 2)
        return True

    def _measure(self, timestamp: int, now_ns: int) -> None:
        """Jitter (A.8), kept times sixteen to round as the RFC's own code does."""
        row = self.row
        arrival = now_ns * self.clock_rate // NS_PER_SECOND
        if row[TIMESTAMP] != NONE:
            sent = timestamp_delta(timestamp, row[TIMESTAMP])
            deviation = abs(arrival - row[ARRIVAL] - sent)
            row[JITTER_16] += deviation - ((row[JITTER_16] + 8) >> 4)
        row[TIMESTAMP] = timestamp
        row[ARRIVAL] = arrival

"""Packets in order: a short wait for those that come late, by time and not by number."""

from mcu_core.protocol.rtp import RtpPacket
from mcu_core.protocol.sequence import SEQUENCE_MASK, sequence_delta, timestamp_delta

MAX_JUMP = 3000
"""Beyond this a sequence number is another stream's (MAX_DROPOUT, RFC 3550 A.1)."""

RESTARTED = 8
"""So many late packets of another time, one after the other and nothing between them, are those of
a sender that started again a little earlier than it was."""

SAME_TIME_TICKS = 3 * 90_000
"""What is sent again is no older than that, whatever the clock."""

DEFAULT_LIMIT = 2048
"""Packets held at most; at 1200 bytes about two seconds of 10 Mbit/s."""


def of_another_time(timestamp: int, newest: int) -> bool:
    """Whether a late packet's timestamp is too far from the newest one for a packet that was held
    up, or is sent again."""
    return abs(timestamp_delta(timestamp, newest)) > SAME_TIME_TICKS


class ReorderBuffer:
    """One stream's packets, put in order; a gap is given up `wait_ns` after it was first seen.

    Packets in order pass at once and cost next to nothing. A packet that comes after its gap was
    given up is dropped as `late`. A sender that starts again with other numbers is believed at its
    second packet in a row (RFC 3550 A.1), and at the RESTARTED one where its numbers are those of
    late packets, but its time is not; none of them is lost then. With more than `limit` packets
    waiting, the oldest gap is given up early. `lost` counts the packets that were given up.
    """

    def __init__(self, wait_ns: int, limit: int = DEFAULT_LIMIT) -> None:
        if wait_ns < 0 or not 1 <= limit <= MAX_JUMP:
            raise ValueError(f"no reorder buffer of {wait_ns} ns and {limit} packets")
        self.wait_ns = wait_ns
        """May be changed at any time, for instance with the round trip time."""
        self.late = 0
        self.duplicate = 0
        self.lost = 0
        self.restarts = 0
        self._limit = limit
        self._next: int | None = None
        self._ready: list[RtpPacket] = []
        self._waiting: dict[int, tuple[RtpPacket, int]] = {}
        self._suspect: RtpPacket | None = None
        self._late_run: list[RtpPacket] = []
        self._newest = 0
        """The timestamp of the last packet that was taken."""

    def passes(self, sequence: int, timestamp: int) -> bool:
        """Whether a packet of that number is the next one while none waits: it needs no buffer.

        True counts it as handed on; the caller has it, and does not push it.
        """
        if sequence != self._next or self._waiting or self._ready:
            return False
        self.go_on(sequence, timestamp)
        return True

    def go_on(self, last: int, timestamp: int) -> None:
        """All packets up to that one have passed elsewhere; called while none waits."""
        self._next = (last + 1) & SEQUENCE_MASK
        self._suspect = None
        self._newest = timestamp
        if self._late_run:
            self._late_run.clear()

    def push(self, packet: RtpPacket, now_ns: int) -> bool:
        """Take a packet as it arrives; False if it was late, a duplicate, or not believed yet."""
        sequence = packet.sequence
        if sequence == self._next or self._next is None:
            self._suspect = None
            self._late_run.clear()
            self._newest = packet.timestamp
            self._ready.append(packet)
            self._next = (sequence + 1) & SEQUENCE_MASK
            if self._waiting:
                self._release()
            return True
        ahead = sequence_delta(sequence, self._next)
        if not -MAX_JUMP <= ahead <= MAX_JUMP:
            return self._doubt(packet)
        self._suspect = None
        if ahead < 0:
            return self._came_late(packet)
        self._late_run.clear()
        self._newest = packet.timestamp
        if sequence in self._waiting:
            self.duplicate += 1
            return False
        self._waiting[sequence] = (packet, now_ns)
        if len(self._waiting) > self._limit:
            self._skip_gap()
        return True

    def pop(self, now_ns: int) -> list[RtpPacket]:
        """The packets that are due, in order. Where numbers are missing, they were given up."""
        while self._waiting:
            due_ns = self._gap_since() + self.wait_ns
            if now_ns < due_ns:
                break
            self._skip_gap()
        ready = self._ready
        if ready:
            self._ready = []
        return ready

    def next_due_ns(self) -> int | None:
        """When pop() gives up the oldest gap; None where nothing waits."""
        return self._gap_since() + self.wait_ns if self._waiting else None

    def __len__(self) -> int:
        return len(self._waiting) + len(self._ready)

    def _gap_since(self) -> int:
        # A dict keeps the order of arrival: its first entry is what showed the gap.
        return next(iter(self._waiting.values()))[1]

    def _release(self) -> None:
        """Move what follows on from `_next` to the ready ones."""
        while (entry := self._waiting.pop(self._next or 0, None)) is not None:
            self._ready.append(entry[0])
            self._next = (entry[0].sequence + 1) & SEQUENCE_MASK

    def _skip_gap(self) -> None:
        """Give up the oldest gap: go on with the nearest packet that waits."""
        start = self._next or 0
        nearest = min(self._waiting, key=lambda sequence: (sequence - start) & SEQUENCE_MASK)
        self.lost += (nearest - start) & SEQUENCE_MASK
        self._next = nearest
        self._release()

    def _came_late(self, packet: RtpPacket) -> bool:
        """A number that is over: too late, or one of a sender that started again."""
        self.late += 1
        run = self._late_run
        if run and sequence_delta(packet.sequence, run[-1].sequence) != 1:
            run.clear()
        if not of_another_time(packet.timestamp, self._newest):
            run.clear()
            return False
        run.append(packet)
        if len(run) < RESTARTED:
            return False
        self.late -= len(run)
        self._begin_anew(run)
        self._late_run = []
        return True

    def _begin_anew(self, packets: list[RtpPacket]) -> None:
        """Go on with these, which follow each other."""
        self.restarts += 1
        while self._waiting:
            self._skip_gap()
        self._suspect = None
        self._ready += packets
        self._newest = packets[-1].timestamp
        self._next = (packets[-1].sequence + 1) & SEQUENCE_MASK

    def _doubt(self, packet: RtpPacket) -> bool:
        """A number far off: a stray, or the second one of a sender that started again."""
        suspect = self._suspect
        self._suspect = packet
        if suspect is None or sequence_delta(packet.sequence, suspect.sequence) != 1:
            return False
        self._begin_anew([suspect, packet])
        return True

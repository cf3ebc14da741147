"""What one receiver's path bears, out of all that the receiver reports: a pure decision.

A receiver cannot tell of more than it is sent. While a picture stands still and costs a few kbit/s,
its advice is a few kbit/s too; taken at its word, the next movement would find an encoder that has
been starved by its own thrift. So a report counts as a limit only where it says that less arrives
than is sent: then the path is full. A limit is lifted by time, as long as nothing is reported.
"""

from collections import deque

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

UNLIMITED_BPS = 1_000_000_000
COMPLAINT = 0.95
"""An advice below this share of what was sent means congestion."""

KEPT = 0.9
"""So much of what arrived is asked for: the rest empties the path's queue."""

GUESSED = 0.75
"""So much of what requests let guess that arrives: they tell of few packets, and of no sound."""

SETTLING_NS = 1_200 * NS_PER_MS
"""So long after a fall a report tells of losses from before it."""

HOLD_NS = 2 * NS_PER_SECOND
GROWTH_PER_S = 1.35
"""How fast a limit is lifted after nothing has been reported for HOLD_NS. Rungs are climbed one by
one, so what is really tried at once is little."""


MEASURE_NS = NS_PER_SECOND // 2

STEP = 0.85
"""Packets that wait on a path that is known to be narrow let its limit fall back to what it bore
before they did; where that is what is sent already, by this."""

KNOWN, CAREFUL_GROWTH_PER_S = 1.6, 1.15
"""Up to this many times what the path bore when it was full last, a limit is lifted more slowly:
the queue is to be seen growing before it is full, by reports that come once a second."""

QUEUE_NS = 40 * NS_PER_MS
"""A round trip that has grown by so much tells that packets wait: then loss is congestion."""

WILD_NS = 100 * NS_PER_MS
"""Arrivals that jitter by so much tell nothing of queues, and what is late there counts as lost. A
full queue of a narrow path spreads pictures by some ten milliseconds."""

YOUNG_NS = 5 * NS_PER_SECOND
"""A browser's estimate begins low and climbs: so long it says little of the path."""

LEAST_BPS = 100_000
"""No guess goes below: at so little, a report that errs would lead to less and less."""

PROOF_LOSS, PROOF_NS = 0.02, 3 * NS_PER_SECOND
"""A receiver that is short of time takes its own delay for the path's, and one that is sent little
raises its advice slowly. So an advice counts only where packets were lost or waited lately, too."""

EXCUSED_NS = 3 * NS_PER_SECOND // 2
"""So long after packets were let go of on this side what is missed says nothing of the path."""

LOSS, HEAVY_LOSS, COLLAPSE = 0.1, 0.35, 0.6
"""Losses of paths without a queue are the network's own; so many are congestion all the same, the
former in several reports one after the other: bursts alone make one now and then."""

HEAVY_REPORTS, HEAVY_UNQUEUED, POLICED = 2, 4, 0.5
"""So many; and so many where round trips tell that nothing waits, unless each lost half: with a
fifth lost in bursts of five two over HEAVY_LOSS follow each other once in two minutes, two of half
of all once in an hour."""


class PathRate:
    """Limit of one receiver, bit/s of what is counted by `sent`. All times in ns."""

    def __init__(self) -> None:
        self._limit = float(UNLIMITED_BPS)
        self._ordered_bps = UNLIMITED_BPS
        self._grown_ns: int | None = None
        self._sent_bytes = 0
        self._sent_bps = 0.0
        self._measured_ns: int | None = None
        self._began_ns: int | None = None
        self._complaints = 0
        self._losses: deque[float] = deque(maxlen=HEAVY_UNQUEUED)
        """Of the latest reports."""
        self._least_round_trip_ns: int | None = None
        self._queued = False
        """Whether the latest report told that packets wait."""
        self._unqueued = False
        """Whether the latest round trip that was told shows that none does; a report without one,
        as where ours get lost, changes nothing."""
        self._borne_bps = self._full_bps = 0.0
        """What was sent when the latest report told that none does; what it bore when it was full.
        """
        self._settled_ns = 0
        self._before_guess: tuple[float, int | None] | None = None
        """Limit and moment of its growth before a guess by requests, until the next report."""
        self._proved_until_ns = self._excused_until_ns = 0

    @property
    def limit_bps(self) -> int:
        """What may be sent at most; UNLIMITED_BPS while nothing speaks against more."""
        return min(int(self._limit), self._ordered_bps)

    @property
    def sent_bps(self) -> int:
        """What was sent lately."""
        return int(self._sent_bps)

    def sent(self, count: int) -> None:
        """So many bytes were sent."""
        self._sent_bytes += count

    def advised(self, bitrate_bps: int, now_ns: int) -> None:
        """The receiver's own estimate (REMB)."""
        self.tick(now_ns)
        young = self._began_ns is None or now_ns - self._began_ns < YOUNG_NS
        if young or bitrate_bps >= COMPLAINT * self._sent_bps:
            self._complaints = 0
            return
        self._complaints += 1
        # One alone may have met a keyframe.
        if self._complaints > 1 and now_ns < self._proved_until_ns:
            self.congested(bitrate_bps, now_ns)

    def ordered(self, bitrate_bps: int) -> None:
        """The receiver bounds the rate itself, until it says something else (TMMBR)."""
        self._ordered_bps = max(1, bitrate_bps)

    def reported(
        self, lost: float, round_trip_ns: int | None, now_ns: int, jitter_ns: int = 0
    ) -> None:
        """A share 0..1 of what was sent got lost, a packet's way there and back took so long, and
        arrivals jitter by so much (receiver reports)."""
        self.tick(now_ns)
        queued = False
        if round_trip_ns is not None:
            least = min(round_trip_ns, self._least_round_trip_ns or round_trip_ns)
            self._least_round_trip_ns = least
            queued = round_trip_ns - least > QUEUE_NS and jitter_ns < WILD_NS
            self._unqueued = not queued
        if self._before_guess is not None and jitter_ns >= WILD_NS:
            self._limit, self._grown_ns = self._before_guess  # what was missed was only late
        self._before_guess = None
        if now_ns < self._excused_until_ns:
            return
        if queued or lost >= PROOF_LOSS:
            self._proved_until_ns = now_ns + PROOF_NS
        self._losses.append(lost)
        if queued and self._grown_ns is not None:
            self._crowded(lost, now_ns)
        elif not queued and lost < PROOF_LOSS:
            self._borne_bps = self._sent_bps
        self._queued = queued
        heavy = self._lost_lately(HEAVY_LOSS, HEAVY_UNQUEUED if self._unqueued else HEAVY_REPORTS)
        heavy = heavy or self._lost_lately(POLICED, HEAVY_REPORTS)
        if now_ns < self._settled_ns:
            return
        if heavy or lost >= COLLAPSE or (lost >= LOSS and queued):
            self.congested(int(KEPT * (1 - lost) * self._sent_bps), now_ns)

    def _crowded(self, lost: float, now_ns: int) -> None:
        """Packets wait on a path that is known to be narrow: no more is tried for now, and where
        some were lost or others waited before, there is to be less."""
        self._grown_ns = max(self._grown_ns or 0, now_ns + HOLD_NS)
        if now_ns < self._settled_ns:
            return
        if lost >= PROOF_LOSS or self._queued:
            bore = max(self._borne_bps, self._full_bps)
            self.congested(int(bore if bore < self._limit else STEP * self._limit), now_ns)

    def _lost_lately(self, least: float, reports: int) -> bool:
        """Whether each of so many latest reports told of as much."""
        latest = list(self._losses)[-reports:]
        return len(latest) == reports and min(latest) >= least

    def collapsed(self, lost: float, now_ns: int) -> None:
        """A share of what is sent gets lost that no network loses but a full one."""
        if now_ns >= self._excused_until_ns:
            self._before_guess = self._limit, self._grown_ns
            self.congested(int(GUESSED * (1 - lost) * self._sent_bps), now_ns)
            self._settled_ns = now_ns + SETTLING_NS

    def excuse(self, now_ns: int) -> None:
        """Packets that were numbered are not sent: they will be missed."""
        self._excused_until_ns = now_ns + EXCUSED_NS

    def congested(self, bitrate_bps: int, now_ns: int) -> None:
        """The path is full and bears so much."""
        self._limit = self._full_bps = min(self._limit, max(float(LEAST_BPS), bitrate_bps))
        self._grown_ns = now_ns + HOLD_NS

    def tick(self, now_ns: int) -> None:
        """Let time pass: measure, and lift the limit; several times a second."""
        self._measure(now_ns)
        if self._grown_ns is not None and now_ns > self._grown_ns:
            known = self._limit < KNOWN * self._full_bps
            growth = CAREFUL_GROWTH_PER_S if known else GROWTH_PER_S
            self._limit *= growth ** ((now_ns - self._grown_ns) / NS_PER_SECOND)
            self._grown_ns = now_ns
            if self._limit > UNLIMITED_BPS:
                self._limit, self._grown_ns = float(UNLIMITED_BPS), None

    def _measure(self, now_ns: int) -> None:
        if self._measured_ns is None:
            self._measured_ns = self._began_ns = now_ns
            self._sent_bytes = 0
        elif now_ns - self._measured_ns >= MEASURE_NS:
            seconds = (now_ns - self._measured_ns) / NS_PER_SECOND
            self._sent_bps = self._sent_bytes * 8 / seconds
            self._measured_ns, self._sent_bytes = now_ns, 0

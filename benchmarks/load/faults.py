"""What a bad network does to packets: pure, decided for each packet by a seed; time comes in."""

import random
from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

OVERTAKEN_MS = 20.0
"""How long a packet is held back that others are to overtake."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What one way does. Shares are 0..1 of the packets; times are milliseconds.

    `loss`: one by one. `bursts`: in bursts of `mean_burst` packets on average (Gilbert: while it
    lasts, nothing passes). `jitter_ms`: each packet is up to that much later than `delay_ms`, all
    values alike, and packets overtake each other by it unless the way is `in_order`.
    `duplicates`: come twice. `overtaken`: are OVERTAKEN_MS later than the others. `rate_bps`: what
    passes, 0 for anything; what would wait longer than `queue_ms` for it is dropped.
    """

    loss: float = 0.0
    bursts: float = 0.0
    mean_burst: float = 5.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    in_order: bool = False
    duplicates: float = 0.0
    overtaken: float = 0.0
    rate_bps: int = 0
    queue_ms: float = 100.0

    def __post_init__(self) -> None:
        shares = (self.loss, self.bursts, self.duplicates, self.overtaken)
        times = (self.delay_ms, self.jitter_ms, self.queue_ms, self.rate_bps)
        if not all(0 <= share <= 1 for share in shares) or self.bursts == 1:
            raise ValueError(f"{self} has shares that are none")
        if self.mean_burst < 1 or min(times) < 0:
            raise ValueError(f"{self} has bursts or times that are none")


class FaultyWay:
    """One direction. `faults` may be replaced at any time; the dice fall the same all the same,
    since each packet takes as many of them whatever becomes of it.

    Counters, packets: `passed`, `lost`, `overflowed` the queue, `doubled`.
    """

    def __init__(self, faults: Faults, seed: int = 1) -> None:
        self.faults = faults
        self.passed = 0
        self.lost = 0
        self.overflowed = 0
        self.doubled = 0
        self._dice = random.Random(seed)
        self._in_burst = False
        self._free_ns = 0
        self._latest_ns = 0

    def carry(self, size: int, now_ns: int) -> tuple[int, ...]:
        """When a packet of `size` bytes that leaves now arrives: never, once or twice."""
        loss, burst, jitter, double, later, overtaken = (self._dice.random() for _ in range(6))
        faults = self.faults
        sent_ns = self._through_queue(size, now_ns)
        if sent_ns is None:
            self.overflowed += 1
            return ()
        if self._burst_takes(burst) or loss < faults.loss:
            self.lost += 1
            return ()
        self.passed += 1
        held_ms = OVERTAKEN_MS if overtaken < faults.overtaken else 0.0
        arrival_ns = self._arrival(sent_ns, jitter, held_ms)
        if double >= faults.duplicates:
            return (arrival_ns,)
        self.doubled += 1
        return (arrival_ns, self._arrival(sent_ns, later, 0.0))

    def _through_queue(self, size: int, now_ns: int) -> int | None:
        """When the packet has left a queue of limited rate; None where there is no room."""
        rate = self.faults.rate_bps
        if not rate:
            return now_ns
        begin_ns = max(now_ns, self._free_ns)
        if begin_ns - now_ns > self.faults.queue_ms * NS_PER_MS:
            return None
        self._free_ns = begin_ns + size * 8 * NS_PER_SECOND // rate
        return self._free_ns

    def _burst_takes(self, chance: float) -> bool:
        share, leave = self.faults.bursts, 1 / self.faults.mean_burst
        if self._in_burst:
            self._in_burst = share > 0 and chance >= leave
        else:
            self._in_burst = chance < leave * share / (1 - share)
        return self._in_burst

    def _arrival(self, sent_ns: int, jitter: float, held_ms: float) -> int:
        faults = self.faults
        late_ms = faults.delay_ms + faults.jitter_ms * jitter + held_ms
        arrival_ns = sent_ns + int(late_ms * NS_PER_MS)
        if faults.in_order:
            arrival_ns = max(arrival_ns, self._latest_ns)
        self._latest_ns = arrival_ns
        return arrival_ns

"""The way out of a stream of pictures: what its path bears, and packets that keep to it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from mcu_core.adaptation.missed_share import MissedShare
from mcu_core.adaptation.path_rate import UNLIMITED_BPS, WILD_NS, PathRate
from mcu_core.adaptation.sent_packets import SentPackets
from mcu_core.egress.pacer import WIRE_BYTES, Pacer
from mcu_core.media.clock import NS_PER_MS
from mcu_core.protocol import rtcp
from mcu_core.protocol.rtp import Burst

FALL = 0.7
"""A limit so far below what it was: what was sent before is on its way to nobody."""

DRAIN_NS = 150 * NS_PER_MS
"""So long nothing leaves then: what comes into a queue that is still full is lost, and it would be
the keyframe by which the picture goes on."""

RateReport = rtcp.Remb | rtcp.RateRequest | rtcp.TransportFeedback


class WayOut:
    """Counts, paces and numbers what leaves, and takes what is said of it.

    `path` may be shared by streams of one path, `numbers` must be by those of one transport.
    `extension`: the header extension that numbers packets, 0 where the other side knows of none.
    `told` is called when something was said of the path, `overrun` when more was sent than could
    leave: what waited is gone; `fell` when the path has become narrow. Runs on the event loop.
    """

    def __init__(self, transmit: Callable[[Burst], None], now_ns: Callable[[], int]) -> None:
        self.path = PathRate()
        self.numbers = SentPackets()
        self.extension = 0
        self.told: Callable[[], None] = lambda: None
        self.overrun: Callable[[], None] = lambda: None
        self.fell: Callable[[], None] = lambda: None
        self._transmit = transmit
        self._now_ns = now_ns
        self._pacer = Pacer(self._leave, self._leave_again)
        self._missed = MissedShare()
        self._wild = False
        """Whether what is asked for again may only be late."""

    def send(self, burst: Burst) -> None:
        """Let packets leave, at once or in their turn."""
        now_ns = self._now_ns()
        if not self._pacer.send(burst, now_ns):
            self.path.excuse(now_ns)
            self.overrun()

    def send_again(self, burst: Burst) -> bool:
        """Let packets that were lost leave before all others; False where the path has no room."""
        return self._pacer.send_again(burst, self._now_ns())

    def tick(self, now_ns: int) -> None:
        """Send what may leave by now."""
        limit = self.path.limit_bps
        pace = limit if limit < UNLIMITED_BPS else 0
        fell = pace > 0 and pace < FALL * (self._pacer.bitrate_bps or self.path.sent_bps)
        self._pacer.bitrate_bps = pace
        if fell:
            if self._pacer.waits:
                self._pacer.clear()  # of a rate that the path does not bear any more
                self.path.excuse(now_ns)
            self._pacer.rest(DRAIN_NS, now_ns)
            self.fell()
        if self._pacer.waits:
            self._pacer.tick(now_ns)

    def _leave(self, burst: Burst, now_ns: int) -> None:
        self.path.sent(burst.octets + WIRE_BYTES * len(burst.payloads))
        self._leave_again(burst, now_ns)

    def _leave_again(self, burst: Burst, now_ns: int) -> None:
        """What is sent once more counts not as sent: the shares that get lost are told without."""
        if self.extension:
            sizes = [len(payload) + WIRE_BYTES for payload in burst.payloads]
            number = self.numbers.number(sizes, now_ns)
            burst = burst._replace(extension=self.extension, number=number)
        self._transmit(burst)

    # ----------------------------------------------------------------------------- what they report

    def rate_told(
        self, report: RateReport, ssrc: int, now_ns: int
    ) -> Sequence[rtcp.RateNotification]:
        """What their side says of the path of our stream `ssrc`; what is to be answered."""
        match report:
            case rtcp.Remb(bitrate_bps=bitrate_bps, ssrcs=ssrcs):
                if ssrc not in ssrcs or self.extension:
                    return ()
                self.path.advised(bitrate_bps, now_ns)
            case rtcp.RateRequest(sender_ssrc=asking, bounds=bounds):
                mine = [bound for bound in bounds if bound.ssrc == ssrc]
                for bound in mine:
                    self.path.ordered(bound.bitrate_bps)
                self._tell(now_ns)
                return [
                    rtcp.RateNotification(ssrc, (replace(bound, ssrc=asking),)) for bound in mine
                ]
            case rtcp.TransportFeedback():
                bears = self.numbers.told(report, now_ns) if self.extension else None
                if bears is None:
                    return ()
                self.path.tick(now_ns)
                self.path.congested(bears, now_ns)
        self._tell(now_ns)
        return ()

    def reported(
        self, lost: float, round_trip_ns: int | None, now_ns: int, jitter_ns: int = 0
    ) -> None:
        """A receiver report: where each packet is told of, it says nothing new."""
        self._wild = jitter_ns >= WILD_NS
        if not self.extension:
            self.path.reported(lost, round_trip_ns, now_ns, jitter_ns)
            self._tell(now_ns)

    def missed(self, numbers: Iterable[int], now_ns: int) -> None:
        """These packets are asked for again: where most of all are, the path is full."""
        lost = self._missed.asked(numbers)
        if lost and not self.extension and not self._wild:
            self.path.tick(now_ns)
            self.path.collapsed(lost, now_ns)
            self._tell(now_ns)

    def _tell(self, now_ns: int) -> None:
        self.tick(now_ns)
        self.told()

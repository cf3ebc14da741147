"""On which rung of the ladder one receiver stands: a pure decision, time comes in.

Down at once, as far as it takes. Up one rung after the other, each after a while of quiet; where a
rung up was too much, the next try comes after twice the time, so that a receiver between two rungs
does not swing.
"""

from mcu_core.adaptation.ladder import next_up, rung
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.units import VideoForm

UP_AFTER_NS = 1200 * NS_PER_MS
"""From 300 kbit/s to 2 Mbit/s are seven rungs: they are climbed in ten seconds."""

FALL_NS = 2 * NS_PER_SECOND
"""After a fall nothing is tried for so long: queues of the path drain first."""

FAILED_WITHIN_NS = 6 * NS_PER_SECOND
LONGEST_PATIENCE = 32

TOLERANCE = 1.03
"""A rung is left only for a limit so much below it: advice sways."""


class Climber:
    """Follows one receiver. `limit_bps` is what its path bears of pictures, as last told."""

    def __init__(self) -> None:
        self._now: VideoForm | None = None
        self._full: VideoForm | None = None
        self._may_rise_ns = 0
        self._rose_ns: int | None = None
        self._patience = 1

    @property
    def form(self) -> VideoForm | None:
        """What was settled on last."""
        return self._now

    def settle(self, full: VideoForm, limit_bps: int, now_ns: int) -> VideoForm:
        """The form to be sent: of what the receiver takes at all, `full`, a rung of the ladder."""
        current = self._now
        if current is None or full != self._full:
            held = (
                current is not None and self._full is not None and current != self._top(self._full)
            )
            bound = min(limit_bps, current.bitrate_bps) if held and current else limit_bps
            self._full, current = full, rung(full, bound)
        if self._rose_ns is not None and now_ns - self._rose_ns > FAILED_WITHIN_NS:
            self._rose_ns, self._patience = None, 1
        if limit_bps * TOLERANCE < current.bitrate_bps:
            current = self._fall(full, limit_bps, now_ns)
        elif now_ns >= self._may_rise_ns and current.bitrate_bps < full.bitrate_bps:
            above = next_up(current, full)
            if above.bitrate_bps <= limit_bps:
                current = above
                self._rose_ns = now_ns
                self._may_rise_ns = now_ns + UP_AFTER_NS
        self._now = current
        return current

    @staticmethod
    def _top(full: VideoForm) -> VideoForm:
        return rung(full, full.bitrate_bps)

    def _fall(self, full: VideoForm, limit_bps: int, now_ns: int) -> VideoForm:
        if self._rose_ns is not None:
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
            self._rose_ns = None
        self._may_rise_ns = now_ns + FALL_NS * self._patience
        return rung(full, limit_bps)

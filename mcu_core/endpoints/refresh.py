"""When a receiver that cannot ask for a keyframe is given one: a pure schedule.

Who negotiated neither PLI nor FIR (ffmpeg, many recorders, old terminals) has no other way to begin
late or to recover. It is given several soon after it joins, for it may not listen yet, then few.
"""

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

AFTER_JOIN_NS = (500 * NS_PER_MS, 1_500 * NS_PER_MS, 3 * NS_PER_SECOND, 6 * NS_PER_SECOND)
EVERY_NS = 10 * NS_PER_SECOND


class Refresh:
    """Says when the next keyframe is due for one receiver that joined at `joined_ns`."""

    def __init__(self, joined_ns: int) -> None:
        self._joined_ns = joined_ns
        self._given = 0

    def due(self, now_ns: int) -> bool:
        """True once for each moment of the schedule that has passed."""
        if now_ns - self._joined_ns < self._next_ns():
            return False
        self._given += 1
        return True

    def _next_ns(self) -> int:
        if self._given < len(AFTER_JOIN_NS):
            return AFTER_JOIN_NS[self._given]
        return AFTER_JOIN_NS[-1] + (self._given - len(AFTER_JOIN_NS) + 1) * EVERY_NS

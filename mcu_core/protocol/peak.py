"""The largest of the latest values, forgotten little by little. Pure, time comes in."""

from mcu_core.media.clock import NS_PER_SECOND

FORGOTTEN_NS = 5 * NS_PER_SECOND


class Peak:
    """A value that was seen counts for less and less, and for nothing after FORGOTTEN_NS."""

    __slots__ = ("_seen_ns", "_value")

    def __init__(self) -> None:
        self._value = 0
        self._seen_ns = 0

    def note(self, value: int, now_ns: int) -> None:
        """A value that was seen now."""
        if value >= self.at(now_ns):
            self._value, self._seen_ns = value, now_ns

    def at(self, now_ns: int) -> int:
        """What to reckon with now."""
        left_ns = self._seen_ns + FORGOTTEN_NS - now_ns
        return self._value * max(0, min(left_ns, FORGOTTEN_NS)) // FORGOTTEN_NS

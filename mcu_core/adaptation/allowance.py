"""How much of something that others ask for is done: a pure rate limit."""

from mcu_core.media.clock import NS_PER_SECOND


class Allowance:
    """So many per second, up to a second's worth at once; what was not used is not saved up."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._filled_ns: int | None = None

    def take(self, now_ns: int) -> bool:
        """Whether one more may be done now; it counts then."""
        if self._filled_ns is not None:
            grown = (now_ns - self._filled_ns) * self._per_second / NS_PER_SECOND
            self._left = min(float(self._per_second), self._left + grown)
        self._filled_ns = now_ns
        if self._left < 1:
            return False
        self._left -= 1
        return True

"""How soon a conference that broke is made anew: at once, and ever later if it breaks again."""

from typing import NamedTuple

from mcu_core.media.clock import NS_PER_SECOND

FIRST_REST_S = 1.0
LONGEST_REST_S = 60.0

HELD_NS = 60 * NS_PER_SECOND
"""Who ran so long since the last time has mended: it counts anew."""


class _Break(NamedTuple):
    at_ns: int
    rest_s: float


class Rests:
    """Remembers how often conferences broke; what makes one break once may make it break at once
    again, and to make it costs all others time."""

    def __init__(self) -> None:
        self._last: dict[str, _Break] = {}

    def broke(self, name: str, now_ns: int) -> float:
        """A conference broke; for how many seconds it rests: 0, then 1, 2, 4 .. LONGEST_REST_S."""
        self._last = {
            other: last
            for other, last in self._last.items()
            if now_ns - last.at_ns < last.rest_s * NS_PER_SECOND + HELD_NS
        }
        last = self._last.get(name)
        rest_s = 0.0 if last is None else min(max(FIRST_REST_S, 2 * last.rest_s), LONGEST_REST_S)
        self._last[name] = _Break(now_ns, rest_s)
        return rest_s

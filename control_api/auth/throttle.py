"""How often a login may be wrong: pure.

Counted per user *and* source, so that a stranger who guesses cannot lock the user out elsewhere.
"""

from collections import OrderedDict, deque

from mcu_core.media.clock import NS_PER_SECOND

FREE_ATTEMPTS = 5
WINDOW_NS = 300 * NS_PER_SECOND
MOST_KEPT = 10_000
"""Pairs of user and source that are remembered; the longest untouched goes first."""


class Throttle:
    """Remembers wrong attempts of the last five minutes."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()

    def wait_s(self, user: str, source: str, now_ns: int) -> int:
        """Seconds to wait before the next attempt is looked at; 0 when it is welcome."""
        stamps = self._wrong.get((user, source))
        if stamps is None:
            return 0
        while stamps and now_ns - stamps[0] >= WINDOW_NS:
            stamps.popleft()
        if len(stamps) < FREE_ATTEMPTS:
            return 0
        return -((now_ns - stamps[0] - WINDOW_NS) // NS_PER_SECOND)

    def was_wrong(self, user: str, source: str, now_ns: int) -> None:
        """An attempt failed."""
        stamps = self._wrong.setdefault((user, source), deque(maxlen=FREE_ATTEMPTS))
        stamps.append(now_ns)
        self._wrong.move_to_end((user, source))
        while len(self._wrong) > MOST_KEPT:
            self._wrong.popitem(last=False)

    def was_right(self, user: str, source: str) -> None:
        """An attempt succeeded: earlier ones are forgiven."""
        self._wrong.pop((user, source), None)

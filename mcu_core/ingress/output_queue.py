"""Which picture of a source an output tick shows.

A sender and the output have clocks of their own. Where a sender's pictures come just at the tick, a
little jitter puts none of them into one interval and two into the next. Showing always the newest
would then lose every second one of those; so the older of two is shown, and the newer one
waits for the next tick. That costs an interval of delay, so it is done only where the newer one
came just before the tick: a source with more room catches up by leaving one picture out.
"""

import threading

from mcu_core.media.picture import Picture

LONGEST_WAIT = 1.5
"""In output intervals: a picture that is older is overtaken, so that delay does not build up."""

JUST_BEFORE = 0.25
"""In output intervals: a picture that comes later than this before its tick may miss it."""

READY_BEFORE_NS = 4_000_000
"""And so may one that has been decoded later than this: workers are busy now and then."""

CLOSEST = 0.55
"""In output intervals: pictures that are closer come from a faster source: some must go."""


def both_are_shown(
    older_ns: int, newer_ns: int, spare_ns: int, now_ns: int, interval_ns: int
) -> bool:
    """Whether the older of two waiting pictures is worth showing before the newer one, which had
    been decoded `spare_ns` before the tick."""
    return (
        (now_ns - newer_ns <= JUST_BEFORE * interval_ns or spare_ns <= READY_BEFORE_NS)
        and newer_ns - older_ns >= CLOSEST * interval_ns
        and now_ns - older_ns <= LONGEST_WAIT * interval_ns
    )


SHORTEST_INTERVAL_NS = 15_000_000
"""Of pictures that are held: 60 a second and a little more."""


class OutputQueue:
    """Pictures on their way to the output; filled by one thread, emptied by another.

    `hold_ns`: how long a picture waits at least from its stamp on; `ahead_ns`: how far ahead of now
    stamps may be. Two wait at most, and those that are held. `overtaken` counts pictures that were
    never shown because newer ones came.
    """

    def __init__(self) -> None:
        self.overtaken = 0
        self.hold_ns = 0
        self.ahead_ns = 0
        self._lock = threading.Lock()
        self._waiting: list[tuple[Picture, int]] = []
        self._shown: Picture | None = None

    def push(self, picture: Picture, ready_ns: int = 0) -> None:
        """A new picture; the oldest goes when too many wait.

        `ready_ns`: when it had been decoded, which takes longer now and then; 0: when it came.
        """
        with self._lock:
            if len(self._waiting) >= 2 + (self.hold_ns + self.ahead_ns) // SHORTEST_INTERVAL_NS:
                self._drop_oldest()
            self._waiting.append((picture, ready_ns))

    def take(self, now_ns: int, interval_ns: int) -> Picture | None:
        """The picture to show at `now_ns`: the next one, or the last one again; None before any.

        The first one waits for nothing: it stands a little longer then, instead of an empty pane.
        """
        with self._lock:
            seen_ns = now_ns - self.hold_ns
            due = sum(picture.stamp_ns <= seen_ns for picture, _ in self._waiting)
            while due > 2:
                self._drop_oldest()
                due -= 1
            if due == 2:
                (older, _), (newer, ready_ns) = self._waiting[:2]
                if not both_are_shown(
                    older.stamp_ns, newer.stamp_ns, now_ns - ready_ns, seen_ns, interval_ns
                ):
                    self._drop_oldest()
            if due or (self._shown is None and self._waiting):
                self._shown, _ = self._waiting.pop(0)
            return self._shown

    def clear(self) -> None:
        """Forget all pictures: another sender begins."""
        with self._lock:
            self._waiting.clear()
            self._shown = None

    def _drop_oldest(self) -> None:
        del self._waiting[0]
        self.overtaken += 1

"""When a picture is shown that came late, or whose successors will: pure, time comes in.

On a good network each is shown when it comes. Where pictures come late one after the other - some
of their packets had to be asked for again, or the way jitters - all of them are shown as late as
most of them are, so that they move evenly.
"""

from bisect import bisect_left, insort
from collections import deque

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

CALM_NS = 40 * NS_PER_MS
"""Lateness that nobody sees: an output tick more or less."""

MOST_NS = 1_100 * NS_PER_MS
WINDOW_NS = 4 * NS_PER_SECOND
MOST_NOTED = 240
ON_TIME_SHARE = 0.98
"""Of the pictures, while they are not late enough to be taken for a freeze; then it is all of them.
"""

ONCE_MORE = 3
"""So many in the window are: one pause of the network is nothing to be led by."""

FREEZE_NS = 170 * NS_PER_MS
"""With the picture before it, that makes a pause of 200 ms."""

CALM_AFTER_NS = 1_500 * NS_PER_MS
"""Not one late picture for so long: the way is calm again."""

GIVEN_BACK = 0.6
"""Seconds of delay per second that are given back then: pictures are left out meanwhile."""

EXPECTED_NS = 2 * NS_PER_SECOND
TAKEN = 0.25
"""Seconds of delay per second that are taken for repairs before a picture has had to wait for them:
pictures move that much more slowly meanwhile."""

ANEW_NS = 2 * NS_PER_SECOND
"""A picture so far off the others' time is of another timeline."""

STALL_NS = 10 * NS_PER_MS
"""What comes so soon after the one before it, and is less late, has waited for the same thing."""


class PicturePace:
    """One stream's pictures: when each is due, by its sender's time.

    Transit is arrival less media time. A picture is due when the transit that is `_shown` has gone
    by: that of the latest pictures where they differ, any where they do not.
    """

    def __init__(self) -> None:
        self.delay_ns = 0
        """By how much pictures are shown later than the quickest came lately, 0 for at once."""
        self._shown: int | None = None
        self._led_ns = 0
        self._repairs = (0, 0)
        """How late pictures come that wait for repairs, and until when that is to be expected."""
        self._forget()

    def _forget(self) -> None:
        self._noted: deque[tuple[int, int, bool]] = deque()
        """Of each picture in the window: moment, transit, and whether it was late by itself."""
        self._ordered: list[int] = []
        """Their transits in order of size."""
        self._own: list[int] = []
        """Transits, in order, of those alone that were late by themselves."""
        self._last: tuple[int, int] | None = None
        self._calm_since: tuple[int, int] | None = None

    def expect(self, late_ns: int, now_ns: int) -> None:
        """Packets are asked for again: for a while pictures will come that late."""
        self._repairs = late_ns, now_ns + EXPECTED_NS

    def due_ns(self, media_ns: int, now_ns: int) -> int:
        """When to show a picture of that media time that has just come; not before now."""
        transit = now_ns - media_ns
        if self._last is not None and abs(transit - self._last[1]) > ANEW_NS:
            self._forget()
            self._shown = None
        self._note(transit, now_ns)
        shown = self._lead(transit, now_ns)
        self.delay_ns = max(0, shown - self._ordered[0])
        if self.delay_ns <= CALM_NS:
            self.delay_ns = 0
        return max(now_ns, media_ns + shown) if self.delay_ns else now_ns

    def _note(self, transit: int, now_ns: int) -> None:
        last, self._last = self._last, (now_ns, transit)
        if self._calm_since is None or abs(transit - self._calm_since[1]) > CALM_NS:
            self._calm_since = now_ns, transit
        own = last is None or now_ns - last[0] >= STALL_NS or transit >= last[1]
        self._noted.append((now_ns, transit, own))
        insort(self._ordered, transit)
        if own:
            insort(self._own, transit)
        while len(self._noted) > MOST_NOTED or self._noted[0][0] < now_ns - WINDOW_NS:
            _, gone, was_own = self._noted.popleft()
            del self._ordered[bisect_left(self._ordered, gone)]
            if was_own:
                del self._own[bisect_left(self._own, gone)]

    def _lead(self, transit: int, now_ns: int) -> int:
        """The transit shown: up to that of the latest picture, which has stopped the show already,
        and down to that of most of them, softly."""
        wanted = min(self._wanted(transit, now_ns), self._ordered[0] + MOST_NS)
        passed_ns, self._led_ns = now_ns - self._led_ns, now_ns
        late_ns, until_ns = self._repairs
        expected = self._ordered[0] + late_ns if now_ns < until_ns else wanted
        shown = self._shown if self._shown is not None else transit
        if max(wanted, expected) < shown:
            shown = max(wanted, expected, shown - int(passed_ns * GIVEN_BACK))
        else:
            softly = min(expected, shown + int(passed_ns * TAKEN))
            shown = max(shown, min(wanted, transit), softly)
        self._shown = shown
        return shown

    def _wanted(self, transit: int, now_ns: int) -> int:
        assert self._calm_since is not None  # noted just before
        if now_ns - self._calm_since[0] >= CALM_AFTER_NS:
            return transit
        own = self._own
        if len(own) >= ONCE_MORE and own[-ONCE_MORE] - self._ordered[0] > FREEZE_NS:
            return own[-1]
        usual = own[int(ON_TIME_SHARE * (len(own) - 1))] if own else transit
        return min(usual, self._ordered[0] + FREEZE_NS)

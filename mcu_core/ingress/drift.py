"""How much faster a sender's clock runs than ours, out of the quickest arrivals: pure."""

from collections import deque
from itertools import islice
from statistics import median

STRETCH_S = 4
"""The quickest of some two hundred packets is hardly later than the network can be."""

WINDOW = 30
ENOUGH = 8
"""Stretches: half a minute for a first word, two minutes to tell clocks apart to 10 ppm."""

MOST_PPM = 400.0
"""Quartz is within 100 ppm. What seems to be more is no clock but a queue that fills."""

STEP_NS = 10_000_000
"""Stretches so far apart, twice: another way through the network, or a sender anew."""

Point = tuple[int, int]
"""A second, and the quickest transit in it (arrival less media time, ns)."""


class Drift:
    """Takes the quickest transit of each second.

    The slope is the median of slopes over half the window (Theil and Sen), less its own scatter:
    a few bad seconds do not move it, and a wild network tells nothing.
    """

    def __init__(self) -> None:
        self.ppm = 0.0
        """By how many millionths the sender is faster than we; kept where there is nothing new."""
        self._quickest: deque[Point] = deque(maxlen=WINDOW)
        self._suspect: Point | None = None
        self._stretch: list[Point] = []

    def note_second(self, second: int, transit_ns: int) -> None:
        """The quickest transit of a second that is over."""
        self._stretch.append((second, transit_ns))
        if len(self._stretch) == STRETCH_S:
            self._note(min(self._stretch, key=lambda point: point[1]))
            self._stretch.clear()

    def _note(self, point: Point) -> None:
        suspect, self._suspect = self._suspect, None
        if self._quickest and _apart(point, self._quickest[-1]):
            if suspect is None or _apart(point, suspect):
                self._suspect = point
                return
            self._quickest.clear()
            self._quickest.append(suspect)
        self._quickest.append(point)
        if len(self._quickest) >= ENOUGH:
            self._judge()

    def _judge(self) -> None:
        later = islice(self._quickest, len(self._quickest) // 2, None)
        slopes = [
            (b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(self._quickest, later, strict=False)
        ]
        slope = median(slopes)
        scatter = median(abs(one - slope) for one in slopes) / len(slopes) ** 0.5
        ppm = max(0.0, min(MOST_PPM, (abs(slope) - scatter) / 1000))
        self.ppm = ppm if slope < 0 else -ppm


def _apart(one: Point, other: Point) -> bool:
    return abs(one[1] - other[1]) > STEP_NS

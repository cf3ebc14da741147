"""Lips and sound together: how long pictures or sound of a site wait for each other. Pure.

Both are compared where they leave for the mix, by the moment at which they were captured. Sender
reports tell that moment on one clock for both streams (RFC 3550 6.4.1); without them what arrives
together is taken as captured together.
"""

from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND

SOUND_LATE_NS = 32 * NS_PER_MS
SOUND_EARLY_NS = 25 * NS_PER_MS
"""What is left as it is: delay costs more than that. The room between is wider than an interval of
30 pictures a second, so that there is always a tick that suits."""

SPARE_NS = 15 * NS_PER_MS
"""Nearer than this what waits is let go again."""

MOST_PICTURE_NS = 400 * NS_PER_MS
MOST_SOUND_NS = 120 * NS_PER_MS
"""Talking suffers from late sound more than from early sound."""

LEAST_RATE = 0.02
"""How fast holds change: seconds per second, and faster where much is missing, so that most of it
is there after a second. It is a picture more or less now and then."""

BELIEVABLE_NS = NS_PER_SECOND
"""Reports that put picture and sound farther apart are of two clocks."""

_LONGEST_STEP_NS = 100 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class Lag:
    """How late a stream is in the mix.

    `arrival_ns`: after its quickest arrival. `capture_ns`: its moment in the mix less that of its
    capture by the sender's clock, which is good for comparing only; None without a report.
    """

    arrival_ns: int
    capture_ns: int | None = None


class LipSync:
    """The holds of one site, led by what is measured at each tick."""

    def __init__(self) -> None:
        self.picture_ns = 0
        self.sound_ns = 0
        self._updated_ns = 0

    def update(self, sound: Lag, picture: Lag, now_ns: int, interval_ns: int) -> None:
        """Adapt the holds to lags that were measured with them; at each tick of `interval_ns`."""
        step_ns = self._step_ns(now_ns)
        late_ns = sound_late_ns(sound, picture)
        change = int(step_ns * max(LEAST_RATE, (abs(late_ns) - SPARE_NS) / NS_PER_SECOND))
        if late_ns > -SPARE_NS and self.sound_ns:
            self.sound_ns = max(0, self.sound_ns - change)
        elif late_ns > max(SOUND_LATE_NS, interval_ns - SPARE_NS):
            self.picture_ns = min(MOST_PICTURE_NS, self.picture_ns + change)
        elif late_ns < -SPARE_NS and self.picture_ns:
            self.picture_ns = max(0, self.picture_ns - change)
        elif late_ns < -SOUND_EARLY_NS:
            self.sound_ns = min(MOST_SOUND_NS, self.sound_ns + change)

    def rest(self, now_ns: int) -> None:
        """The site is silent: its picture need not wait, at each tick a little less."""
        self.picture_ns = max(0, self.picture_ns - int(self._step_ns(now_ns) * LEAST_RATE))

    def _step_ns(self, now_ns: int) -> int:
        step_ns = min(now_ns - self._updated_ns, _LONGEST_STEP_NS)
        self._updated_ns = now_ns
        return step_ns


def sound_late_ns(sound: Lag, picture: Lag) -> int:
    """How much later sound of a moment is mixed than its picture is shown; negative if earlier."""
    if sound.capture_ns is not None and picture.capture_ns is not None:
        late_ns = sound.capture_ns - picture.capture_ns
        if abs(late_ns) <= BELIEVABLE_NS:
            return late_ns
    return sound.arrival_ns - picture.arrival_ns


class PictureLag:
    """Measures the lag of a stream of pictures: how they come, and how long they wait here."""

    def __init__(self) -> None:
        self._transit_ns: float | None = None
        self._came_ns = 0.0
        self._quickest_ns = 0.0
        self._wait_ns: float | None = None

    def arrived(self, media_ns: int, now_ns: int, due_ns: int) -> None:
        """A picture of that media time has come, and is to be shown from `due_ns` on."""
        came, transit = float(now_ns - media_ns), float(due_ns - media_ns)
        if self._transit_ns is None or abs(transit - self._transit_ns) > _ANEW_NS:
            self._transit_ns, self._came_ns, self._quickest_ns = transit, came, came
            return
        self._transit_ns += _SHARE * (transit - self._transit_ns)
        self._came_ns += _SHARE * (came - self._came_ns)
        # The quickest is forgotten slowly, so that clocks that drift are followed.
        self._quickest_ns += _FORGET * (self._came_ns - self._quickest_ns)
        self._quickest_ns = min(self._quickest_ns, came)

    def shown(self, waited_ns: int) -> None:
        """A picture is shown for the first time, so long after it was due."""
        if self._wait_ns is None:
            self._wait_ns = float(waited_ns)
        self._wait_ns += _SHARE * (waited_ns - self._wait_ns)

    def lag(self, wall_less_media_ns: int | None) -> Lag | None:
        """The lag now; None before a picture was shown."""
        return None if self._wait_ns is None else self._lag(self._wait_ns, wall_less_media_ns)

    def arrival(self, wall_less_media_ns: int | None) -> Lag | None:
        """The lag where pictures are passed on as they come; None before one has."""
        return self._lag(0.0, wall_less_media_ns)

    def _lag(self, wait_ns: float, wall_less_media_ns: int | None) -> Lag | None:
        if self._transit_ns is None:
            return None
        arrival_ns = int(wait_ns + self._transit_ns - self._quickest_ns)
        if wall_less_media_ns is None:
            return Lag(arrival_ns)
        return Lag(arrival_ns, int(wait_ns + self._transit_ns) - wall_less_media_ns)


_SHARE = 1 / 16
_FORGET = 1 / 500
_ANEW_NS = 2 * NS_PER_SECOND

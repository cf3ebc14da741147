"""What a sender is asked for: no more than the largest tile that shows it has use for. Pure.

Up at once, since a picture that has become large is looked at; down only after a while, since
layouts and speakers change, and a browser needs seconds to climb again. It is a bound beside what
the path bears, never a wish for more than that.
"""

from bisect import bisect_left

from mcu_core.media.clock import NS_PER_SECOND

UNBOUNDED_BPS = 1 << 62
"""The sender may send as it likes."""

BPS_PER_PIXEL = 3.0
"""0.1 bit for each pixel of 30 pictures a second: a tile is to look as well as its source can."""

STEPS = (300_000, 512_000, 768_000, 1_024_000, 1_536_000, 2_048_000)
"""What is asked for, bit/s: few values, so that small changes of a layout ask for nothing. Not less
for the smallest, or for who is not seen: they may be large in a moment, and climbing takes time."""

LEAST_OF_LAYERS_BPS = 1_024_000
"""Of who sends several sizes at once: so that the one above the smallest comes all the time, and
who becomes large is sharp at the next keyframe."""

HOLD_NS = 5 * NS_PER_SECOND


def rate_of(pixels: float | None) -> int:
    """Bits a second for a tile of so many pixels, 0 if none; None: as it is, whatever the size."""
    if pixels is None:
        return UNBOUNDED_BPS
    at = bisect_left(STEPS, pixels * BPS_PER_PIXEL)
    return STEPS[at] if at < len(STEPS) else UNBOUNDED_BPS


def rate_of_layers(largest_bps: int) -> int:
    """Bits a second for all sizes of one picture, given those of the largest: each of the others
    has a quarter of the pixels of the one above it."""
    return max(largest_bps * 4 // 3, LEAST_OF_LAYERS_BPS)


class SenderRate:
    """Follows one connection's main pictures; `now_ns` never goes back."""

    def __init__(self) -> None:
        self._asked = self._most = UNBOUNDED_BPS
        self._since_ns: int | None = None

    def want(self, pixels: float | None, now_ns: int) -> int:
        """What it is to be asked for now, given the largest tile that shows it (see `rate_of`)."""
        wanted = rate_of(pixels)
        if wanted >= self._asked:
            self._asked, self._since_ns = wanted, None
        elif self._since_ns is None:
            self._since_ns, self._most = now_ns, wanted
        else:
            self._most = max(self._most, wanted)
            if now_ns - self._since_ns >= HOLD_NS:
                self._asked, self._since_ns = self._most, None
        return self._asked

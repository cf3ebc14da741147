"""Which of the sizes that a sender sends of one picture at once (RFC 8853) is decoded. Pure.

The smallest that serves the largest tile: what is decoded beyond that is scaled away. Up at once;
down for a smaller tile only after a while, since each change costs the sender a keyframe; down at
once where a layer is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mcu_core.adaptation.sender_rate import HOLD_NS
from mcu_core.media.clock import NS_PER_MS

ENOUGH = 0.75
"""Of a tile's pixels: one seventh less to each side is not seen, four times the decoding is."""

GONE_NS = 500 * NS_PER_MS
"""A layer is gone when others have gone on without a picture of it for so long. Where all stop,
none is gone: the sender is silent, or its path."""

SILENT_NS = 200 * NS_PER_MS
"""And sooner where not even a packet of it comes: of one that is being mended some do."""

STEADY_NS = 300 * NS_PER_MS
"""So long a layer has to come before it takes the place of another."""


@dataclass(frozen=True, slots=True)
class LayerSeen:
    """A layer as it comes: `pixels` of its pictures, 0 while unknown; since when it has come
    without a pause, and when it came last, None before it has; when its latest packet did."""

    pixels: int = 0
    since_ns: int = 0
    came_ns: int | None = None
    heard_ns: int = 0


def smallest_serving(sizes: Sequence[int], pixels: float | None) -> int | None:
    """The place of the smallest of `sizes` (pixels, 0 for none) that serves a tile of so many
    pixels, else of the largest; None for `pixels`: the largest. None where there is no size."""
    known = sorted((size, k) for k, size in enumerate(sizes) if size)
    if not known:
        return None
    serving = (k for size, k in known if pixels is not None and size >= ENOUGH * pixels)
    return next(serving, known[-1][1])


def present(layers: Sequence[LayerSeen]) -> list[bool]:
    """Which of them come now."""
    newest = max((one.came_ns for one in layers if one.came_ns is not None), default=0)
    return [
        one.came_ns is not None
        and newest - one.came_ns < GONE_NS
        and newest - max(one.came_ns, one.heard_ns) < SILENT_NS
        for one in layers
    ]


class LayerChoice:
    """Follows one sender; `now_ns` never goes back. `chosen`: a layer's place, None while no size
    is known."""

    def __init__(self) -> None:
        self.chosen: int | None = None
        self._smaller_since_ns: int | None = None
        self._most: float | None = 0.0

    def look(self, layers: Sequence[LayerSeen], pixels: float | None, now_ns: int) -> int | None:
        """What is to be decoded now, given the largest tile in pixels (see `smallest_serving`)."""
        here = present(layers)
        sizes = [one.pixels if there else 0 for one, there in zip(layers, here, strict=True)]
        before = self.chosen
        if before is None or not sizes[before]:
            return self._choose(smallest_serving(sizes, pixels))
        for k, one in enumerate(layers):
            if k != before and now_ns - one.since_ns < STEADY_NS:
                sizes[k] = 0
        found = smallest_serving(sizes, pixels)
        if found is None or sizes[found] >= sizes[before]:
            return self._choose(found)
        return self._go_down_later(sizes, pixels, now_ns)

    def _go_down_later(self, sizes: Sequence[int], pixels: float | None, now_ns: int) -> int | None:
        if self._smaller_since_ns is None:
            self._smaller_since_ns, self._most = now_ns, pixels
        elif self._most is not None:
            self._most = None if pixels is None else max(self._most, pixels)
        if now_ns - self._smaller_since_ns >= HOLD_NS:
            return self._choose(smallest_serving(sizes, self._most))
        return self.chosen

    def _choose(self, found: int | None) -> int | None:
        self.chosen, self._smaller_since_ns = found, None
        return found

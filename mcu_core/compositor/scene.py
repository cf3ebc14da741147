"""What stands where on a canvas, in pixels: pure decisions, no picture is touched.

All rectangles that are drawn are even in place and size, because chroma has half the resolution.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.layouts.model import Layout
from mcu_core.media.picture import Picture, Plane

PaneState = Literal["live", "stalled", "no-video", "camera-off", "audio-only", "empty"]
"""live: the picture; stalled: the last one, greyed; no-video: none has come; camera-off: switched
off, by the site or by an operator; audio-only: it never sends one; empty: nobody there."""

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]

FILL_BELOW = Fraction(115, 100)
"""PaneFit.AUTO stretches where the aspects differ by less than this ratio (design 6)."""

SMALL_RATIOS = ((2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (3, 2), (4, 3), (8, 3))
"""Source samples to tile samples: what is scaled several times as quickly as by other ratios
(kernels/ratios.py)."""

MOST_LEFT_OUT = Fraction(1, 300)
"""Of a side, for the sake of these: a third of 1280 is no whole number of columns."""


@dataclass(frozen=True, slots=True)
class PaneView:
    """What one pane shows: a source's picture, how it fits, its name, and its state."""

    source_id: str
    picture: Picture | None
    fit: PaneFit = PaneFit.AUTO
    label: str = ""
    speaking: bool = False
    state: PaneState = "live"


@dataclass(frozen=True, slots=True)
class LogoPicture:
    """A logo as `logo.read_logo` read it; two are equal if they look alike.

    `rgba` has shape (h, w, 4), uint8, alpha not multiplied in; `size` is its height as a share of
    the canvas's.
    """

    digest: str
    corner: Corner
    size: float
    rgba: Plane = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Scene:
    """A layout, what stands in its panes, and what lies over all of them.

    Panes without a view are empty. Texts that move count from `texts_since_ns`, on the clock of the
    stamps: the moment when they were set, so that they begin at their beginning.
    """

    layout: Layout
    panes: tuple[PaneView, ...]
    banner: TextStrip | None = None
    caption: TextStrip | None = None
    logo: LogoPicture | None = None
    texts_since_ns: int = 0


class PixelRect(NamedTuple):
    """A rectangle in luma samples; origin at the upper left."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """The column after the last."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The row after the last."""
        return self.y + self.h

    def overlaps(self, other: "PixelRect") -> bool:
        """True if the two share a sample."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def shared(self, other: "PixelRect") -> "PixelRect":
        """What lies in both; of two that do not overlap, nothing that may be drawn."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return PixelRect(x, y, min(self.right, other.right) - x, min(self.bottom, other.bottom) - y)


@dataclass(frozen=True, slots=True)
class Placement:
    """How a source meets its pane.

    `crop` is the part of the source that is used, as it lies in memory (before turning), its corner
    even; `turns` the quarter turns clockwise after that; `tile` where it goes on the canvas; `bars`
    the rest of the pane.
    """

    crop: PixelRect
    turns: int
    tile: PixelRect
    bars: tuple[PixelRect, ...]


def plan(layout: Layout, canvas_w: int, canvas_h: int) -> tuple[PixelRect, ...]:
    """The panes in pixels, in the layout's order.

    An edge that two panes share is one number in the layout and so one number here: no gap, no
    overlap but the layout's own. On a tiny canvas a pane may come out empty (w or h 0).
    """
    rects = []
    for pane in layout.panes:
        left, right = (_even_edge(edge, canvas_w) for edge in (pane.x, pane.right))
        top, bottom = (_even_edge(edge, canvas_h) for edge in (pane.y, pane.bottom))
        rects.append(PixelRect(left, top, right - left, bottom - top))
    return tuple(rects)


def place(
    src_w: int, src_h: int, pixel_aspect: Fraction, rotation: int, rect: PixelRect, fit: PaneFit
) -> Placement:
    """Where a source of `src_w` x `src_h` samples goes in the pane `rect`.

    `pixel_aspect` is a sample's width over its height (0 means unknown, taken as square),
    `rotation` what a viewer must turn the picture clockwise, in degrees. Any size from 1 x 1 on is
    right; `rect` must not be empty.
    """
    # Hashing a fraction takes longer than all the rest of a look-up.
    aspect = pixel_aspect.numerator, pixel_aspect.denominator
    return _placed(src_w, src_h, aspect, rotation // 90 % 4, rect, fit)


@lru_cache(4096)
def _placed(
    src_w: int, src_h: int, aspect: tuple[int, int], turns: int, rect: PixelRect, fit: PaneFit
) -> Placement:
    shape = Fraction(src_w, src_h) * (Fraction(*aspect) if aspect[0] > 0 else 1)
    if turns % 2:
        shape = 1 / shape
    pane = Fraction(rect.w, rect.h)
    whole = PixelRect(0, 0, src_w, src_h)
    match _settled(fit, shape / pane):
        case PaneFit.CROP:
            # Turned by a quarter, what is too wide on the canvas is too high in memory.
            share = pane / shape if turns % 2 == 0 else shape / pane
            return Placement(_cropped(src_w, src_h, share), turns, rect, ())
        case PaneFit.FIT:
            tile = _fitted(rect, shape)
            return Placement(whole, turns, tile, _bars(rect, tile))
        case _:
            across, down = (rect.h, rect.w) if turns % 2 else (rect.w, rect.h)
            nearly = _by_small_ratio(src_w, src_h, across, down) if fit is PaneFit.AUTO else whole
            return Placement(nearly, turns, rect, ())


def _even_edge(edge: Fraction, size: int) -> int:
    return 2 * int(edge * size / 2 + Fraction(1, 2))


def _settled(fit: PaneFit, ratio: Fraction) -> PaneFit:
    if fit is not PaneFit.AUTO:
        return fit
    return PaneFit.FILL if 1 / FILL_BELOW < ratio < FILL_BELOW else PaneFit.FIT


def _fitted(rect: PixelRect, shape: Fraction) -> PixelRect:
    """The largest even rectangle of that shape in the middle of `rect`."""
    w = min(rect.w, _even_size(rect.h * shape))
    h = min(rect.h, _even_size(rect.w / shape))
    x = rect.x + (rect.w - w) // 4 * 2
    y = rect.y + (rect.h - h) // 4 * 2
    return PixelRect(x, y, w, h)


def _even_size(size: Fraction) -> int:
    return max(2, 2 * int(size / 2 + Fraction(1, 2)))


def _bars(rect: PixelRect, tile: PixelRect) -> tuple[PixelRect, ...]:
    around = (
        PixelRect(rect.x, rect.y, rect.w, tile.y - rect.y),
        PixelRect(rect.x, tile.bottom, rect.w, rect.bottom - tile.bottom),
        PixelRect(rect.x, tile.y, tile.x - rect.x, tile.h),
        PixelRect(tile.right, tile.y, rect.right - tile.right, tile.h),
    )
    return tuple(bar for bar in around if bar.w and bar.h)


def _cropped(src_w: int, src_h: int, share: Fraction) -> PixelRect:
    """The middle of the source: `share` of its width if below 1, else 1 / share of its height."""
    w = max(1, round(src_w * min(share, Fraction(1))))
    h = max(1, round(src_h * min(1 / share, Fraction(1))))
    return PixelRect((src_w - w) // 4 * 2, (src_h - h) // 4 * 2, w, h)


def _by_small_ratio(src_w: int, src_h: int, w: int, h: int) -> PixelRect:
    """The source, but for the few columns and rows that keep it from going into a tile of that size
    by one of SMALL_RATIOS."""
    for p, q in SMALL_RATIOS:
        spare_w, spare_h = src_w - Fraction(w * p, q), src_h - Fraction(h * p, q)
        if w * p % q == h * p % q == 0 and (
            0 <= spare_w <= MOST_LEFT_OUT * src_w and 0 <= spare_h <= MOST_LEFT_OUT * src_h
        ):
            x, y = (int(spare) // 4 * 2 for spare in (spare_w, spare_h))
            return PixelRect(x, y, w * p // q, h * p // q)
    return PixelRect(0, 0, src_w, src_h)


def on_pixels(scene: Scene, pixel_aspect: Fraction) -> Scene:
    """The scene for a canvas whose pixels are that much wider than high; pictures keep shape."""
    if pixel_aspect == 1:
        return scene
    panes = (
        replace(
            pane,
            picture=replace(
                pane.picture, pixel_aspect=(pane.picture.pixel_aspect or 1) / pixel_aspect
            ),
        )
        if pane.picture is not None
        else pane
        for pane in scene.panes
    )
    return replace(scene, panes=tuple(panes))

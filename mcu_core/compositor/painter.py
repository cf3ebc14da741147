"""Drawing one pane on a canvas: picture, bars, placeholder, name, border."""

from collections.abc import Callable

from mcu_core.compositor.colors import web_color
from mcu_core.compositor.labels import even, label, margin
from mcu_core.compositor.overlay import Overlay
from mcu_core.compositor.placeholder import GROUND, placeholder
from mcu_core.compositor.scene import PaneView, PixelRect, Placement, place
from mcu_core.compositor.tiles import Planes
from mcu_core.kernels import planes

TileDrawer = Callable[[Planes, PaneView, Placement], None]

BLACK = (16, 128, 128)
GROUND_YUV = web_color(GROUND)
SPEAKER_YUV = web_color("#35c07f")

BORDER_SHARE = 0.011
"""The speaker's border is this share of the pane's height, at least two samples."""


def paint_pane(canvas: Planes, rect: PixelRect, view: PaneView, draw_tile: TileDrawer) -> None:
    """Everything inside `rect`, all of which is written."""
    if view.state == "empty":
        fill(canvas, rect, BLACK)
        return
    if shows_picture(view) and view.picture is not None:
        source = view.picture
        placement = place(
            source.width, source.height, source.pixel_aspect, source.rotation, rect, view.fit
        )
        for bar in placement.bars:
            fill(canvas, bar, BLACK)
        draw_tile(part(canvas, placement.tile), view, placement)
        _lay_name(canvas, rect, view.label)
    else:
        fill(canvas, rect, GROUND_YUV)
        _lay_placeholder(canvas, rect, view.label)
    if view.speaking:
        _draw_border(canvas, rect)


def shows_picture(view: PaneView) -> bool:
    """True if the pane shows its source's picture, live or stalled."""
    return view.picture is not None and view.state in ("live", "stalled")


def part(canvas: Planes, rect: PixelRect) -> Planes:
    """Views on the planes under an even rectangle."""
    y, u, v = canvas
    rows, columns = slice(rect.y, rect.bottom), slice(rect.x, rect.right)
    half = (
        slice(rect.y // 2, rect.bottom // 2),
        slice(rect.x // 2, rect.right // 2),
    )
    return y[rows, columns], u[half], v[half]


def fill(canvas: Planes, rect: PixelRect, color: tuple[int, int, int]) -> None:
    """One colour over a rectangle."""
    for plane, value in zip(part(canvas, rect), color, strict=True):
        planes.fill(plane, value)


def copy(canvas: Planes, source: Planes, rect: PixelRect) -> None:
    """The same rectangle of another canvas of the same size."""
    for plane, other in zip(part(canvas, rect), part(source, rect), strict=True):
        planes.copy(plane, other)


def _lay(canvas: Planes, paint: Overlay, x: int, y: int) -> None:
    luma, blue, red = part(canvas, PixelRect(x, y, paint.width, paint.height))
    planes.blend(luma, paint.y, paint.alpha)
    planes.blend(blue, paint.u, paint.alpha_half)
    planes.blend(red, paint.v, paint.alpha_half)


def _lay_name(canvas: Planes, rect: PixelRect, text: str) -> None:
    plate = label(text, rect.w, rect.h)
    if plate is not None:
        edge = margin(rect.h)
        _lay(canvas, plate, rect.x + edge, rect.bottom - edge - plate.height)


def _lay_placeholder(canvas: Planes, rect: PixelRect, text: str) -> None:
    card = placeholder(text, rect.w, rect.h)
    if card is not None:
        x = rect.x + (rect.w - card.width) // 4 * 2
        y = rect.y + (rect.h - card.height) // 4 * 2
        _lay(canvas, card, x, y)


def _draw_border(canvas: Planes, rect: PixelRect) -> None:
    width = max(2, even(round(rect.h * BORDER_SHARE)))
    if rect.w < 4 * width or rect.h < 4 * width:
        return
    inner = rect.h - 2 * width
    for bar in (
        PixelRect(rect.x, rect.y, rect.w, width),
        PixelRect(rect.x, rect.bottom - width, rect.w, width),
        PixelRect(rect.x, rect.y + width, width, inner),
        PixelRect(rect.right - width, rect.y + width, width, inner),
    ):
        fill(canvas, bar, SPEAKER_YUV)

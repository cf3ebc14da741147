"""All modes on one sheet: as a drawing for people, as plain values for programs."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from mcu_core.layouts.catalogue import MODES
from mcu_core.layouts.model import Layout, PaneRect

COLUMNS = 10
THUMB = (256, 144)
GAP = 28
CAPTION = 34
MARGIN = 48
HEAD = 110

PAPER = "#f6f7f9"
INK = "#1f2933"
QUIET_INK = "#7b8794"
CANVAS = "#10161d"
PANE = "#d5dde6"
PANE_EDGE = "#8fa0b3"
MAIN = "#1f9d74"
MAIN_EDGE = "#147d5b"
MAIN_INK = "#ffffff"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Box = tuple[int, int, int, int]


def as_json() -> dict[str, object]:
    """Every mode with its panes in fractions of the canvas, as numbers (`mcu layouts --json`)."""
    return {"modes": [_plain(layout) for layout in MODES]}


def draw(path: str | Path) -> None:
    """Write a PNG with every mode, its panes numbered in filling order, the main one coloured."""
    rows = -(-len(MODES) // COLUMNS)
    step_x, step_y = THUMB[0] + GAP, THUMB[1] + CAPTION + GAP
    size = (2 * MARGIN + COLUMNS * step_x - GAP, MARGIN + HEAD + rows * step_y)
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN - 8), "Layouts 0 to 49", INK, ImageFont.load_default(36))
    hint = "WS/T 546 table 63. Panes in filling order: 1 is panes[0]. The main pane is green."
    pen.text((MARGIN, MARGIN + 42), hint, QUIET_INK, ImageFont.load_default(20))
    for k, layout in enumerate(MODES):
        left = MARGIN + (k % COLUMNS) * step_x
        top = MARGIN + HEAD - GAP + (k // COLUMNS) * step_y
        pen.text((left, top), str(layout.id), INK, ImageFont.load_default(20))
        pen.text((left + 34, top), layout.name, QUIET_INK, ImageFont.load_default(20))
        _draw_layout(pen, layout, left, top + CAPTION)
    sheet.save(path, "PNG", optimize=True)


def _plain(layout: Layout) -> dict[str, object]:
    panes = [
        {"x": float(p.x), "y": float(p.y), "w": float(p.w), "h": float(p.h), "z": p.z}
        for p in layout.panes
    ]
    return {
        "id": layout.id,
        "name": layout.name,
        "kind": layout.kind,
        "main": layout.main,
        "panes": panes,
    }


def _draw_layout(pen: ImageDraw.ImageDraw, layout: Layout, left: int, top: int) -> None:
    width, height = THUMB
    pen.rectangle((left - 2, top - 2, left + width + 1, top + height + 1), fill=CANVAS)
    for k, pane in sorted(enumerate(layout.panes), key=lambda item: item[1].z):
        main = k == layout.main
        box = _box(pane, left, top)
        pen.rectangle(
            box, fill=MAIN if main else PANE, outline=MAIN_EDGE if main else PANE_EDGE, width=1
        )
        # The number stands where no floating pane covers it.
        covered = layout.kind == "pip" and pane.z == 0
        middle = top + height // 3 if covered else (box[1] + box[3]) // 2
        font = _number_font(box)
        ink = MAIN_INK if main else INK
        pen.text(((box[0] + box[2]) // 2, middle), str(k + 1), ink, font, anchor="mm")


def _box(pane: PaneRect, left: int, top: int) -> Box:
    """Inclusive corners, one pixel inside the pane so that neighbours are told apart."""
    width, height = THUMB
    return (
        left + round(pane.x * width) + 1,
        top + round(pane.y * height) + 1,
        left + round(pane.right * width) - 2,
        top + round(pane.bottom * height) - 2,
    )


def _number_font(box: Box) -> Font:
    return ImageFont.load_default(max(11, min(40, (box[3] - box[1]) // 2)))

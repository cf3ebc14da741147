"""Logos: what is read, what is refused, where they stand."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcu_core.compositor.canvas import Canvas, PaneView, Scene
from mcu_core.compositor.logo import MOST_BYTES, read_logo
from mcu_core.compositor.scene import Corner, LogoPicture
from mcu_core.contract.definition import PaneFit, TextStrip
from mcu_core.errors import BadInput
from mcu_core.layouts.catalogue import mode
from mcu_core.media.picture import Picture
from tests.unit.compositor.flat import color_at, color_of, equal, flat

RED = (255, 0, 0, 255)
RED_YUV = (63, 102, 240)


def png(folder: Path, width: int = 40, height: int = 20, color: tuple[int, ...] = RED) -> Path:
    path = folder / f"{width}x{height}-{len(list(folder.iterdir()))}.png"
    Image.new("RGBA", (width, height), color).save(path)
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claimed(width: int, height: int, *more: bytes) -> bytes:
    """A PNG whose header promises a size, with next to nothing behind it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + pixels + chunk(b"IEND", b"")


def scene(
    logo: LogoPicture | None, banner: TextStrip | None = None, caption: TextStrip | None = None
) -> Scene:
    view = PaneView("s", flat(64, 36, color_of(0)), PaneFit.FILL, "县医院")
    return Scene(mode(1), (view,), banner, caption, logo)


def red_box(picture: Picture) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(picture.v > 200)
    return 2 * columns.min(), 2 * rows.min(), 2 * columns.max() + 2, 2 * rows.max() + 2


def test_it_is_no_larger_than_the_canvas_needs(tmp_path: Path) -> None:
    logo = read_logo(png(tmp_path, 1000, 500), 720)
    assert logo.rgba.shape == (58, 116, 4)
    assert read_logo(png(tmp_path, 40, 20), 720).rgba.shape == (20, 40, 4)
    assert not logo.rgba.flags.writeable


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (352, 288), (176, 144)])
@pytest.mark.parametrize("corner", ["top-left", "top-right", "bottom-left", "bottom-right"])
def test_it_stands_in_its_corner(tmp_path: Path, corner: Corner, size: tuple[int, int]) -> None:
    logo = read_logo(png(tmp_path), 1080, corner)
    picture = Canvas(*size).compose(scene(logo))
    left, top, right, bottom = red_box(picture)
    width, height = size
    assert abs((bottom - top) - 0.08 * height) <= 2
    assert abs((right - left) - 2 * (bottom - top)) <= 4
    beside = left if corner.endswith("left") else width - right
    above = top if corner.startswith("top") else height - bottom
    assert 4 <= beside <= 0.03 * height + 4
    assert 4 <= above <= 0.03 * height + 4
    middle = color_at(picture, (left + right) // 2, (top + bottom) // 2)
    assert np.abs(np.subtract(middle, RED_YUV)).max() <= 1


def test_it_stands_inside_of_the_strips_and_above_nothing(tmp_path: Path) -> None:
    texts = TextStrip("会诊"), TextStrip("会诊", "bottom")
    for corner in ("top-left", "bottom-right"):
        logo = read_logo(png(tmp_path), 720, corner)
        _, top, _, bottom = red_box(Canvas(1280, 720).compose(scene(logo, *texts)))
        assert 44 < top < bottom < 720 - 44


def test_a_name_stands_above_the_logo_that_would_hide_it(tmp_path: Path) -> None:
    logo = read_logo(png(tmp_path), 720, "bottom-left")
    picture = Canvas(1280, 720).compose(scene(logo))
    _, top, _, _ = red_box(picture)
    plain = Canvas(1280, 720).compose(Scene(mode(1), scene(None).panes))
    elsewhere = picture.y[: top - 2] != plain.y[: top - 2]
    assert elsewhere.any(), "the name is above it"
    other = read_logo(png(tmp_path), 720, "bottom-right")
    beside = Canvas(1280, 720).compose(scene(other))
    assert (beside.y[:, :400] == plain.y[:, :400]).all(), "the name is where it always is"


def test_transparency_shows_the_picture_below(tmp_path: Path) -> None:
    logo = read_logo(png(tmp_path, color=(255, 0, 0, 128)), 720)
    picture = Canvas(1280, 720).compose(scene(logo))
    left, top, right, bottom = 1170, 14, 1270, 72
    seen = color_at(picture, (left + right) // 2, (top + bottom) // 2)
    half = np.add(np.multiply(RED_YUV, 128), np.multiply(color_of(0), 127)) / 255
    assert np.abs(seen - half).max() <= 1
    clear = read_logo(png(tmp_path, color=(255, 0, 0, 0)), 720)
    assert equal(Canvas(1280, 720).compose(scene(clear)), Canvas(1280, 720).compose(scene(None)))


def test_a_wide_one_is_made_smaller(tmp_path: Path) -> None:
    picture = Canvas(1280, 720).compose(scene(read_logo(png(tmp_path, 2000, 40), 720)))
    left, _, right, _ = red_box(picture)
    assert right - left <= 0.4 * 1280


def test_the_same_again_costs_nothing(tmp_path: Path) -> None:
    canvas, path = Canvas(1280, 720), png(tmp_path)
    shown = scene(read_logo(path, 720))
    first = canvas.compose(shown)
    again = Scene(shown.layout, shown.panes, logo=read_logo(path, 720))
    assert canvas.compose(again) is first


BAD: dict[str, bytes] = {
    "empty": b"",
    "text": b"this is no picture",
    "signature alone": b"\x89PNG\r\n\x1a\n",
    "bomb": claimed(60000, 60000),
    "long": claimed(9000, 1),
    "no pixels": claimed(0, 5),
    "cut": claimed(64, 64),
    "text bomb": claimed(8, 8, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 80_000_000, 9))),
    "profile": claimed(8, 8, chunk(b"iCCP", b"p\0\0" + b"broken")),
    "large file": b"\x89PNG\r\n\x1a\n" + b"\0" * MOST_BYTES,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_sane_png_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(BAD[name])
    with pytest.raises(BadInput) as refused:
        read_logo(path, 720)
    assert refused.value.field == "logo.path"


def test_other_formats_are_refused(tmp_path: Path) -> None:
    for kind in ("JPEG", "GIF", "BMP", "WEBP", "TIFF"):
        path = tmp_path / "logo.png"
        Image.new("RGB", (8, 8)).save(path, kind)
        with pytest.raises(BadInput, match=r"logo\.path"):
            read_logo(path, 720)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "none.png", tmp_path / "pipe", Path("a\0b")):
        with pytest.raises(BadInput, match=r"logo\.path"):
            read_logo(path, 720)


@pytest.mark.parametrize("size", [0.0, -1.0, 0.31, float("nan"), float("inf")])
def test_a_size_out_of_range_is_refused(tmp_path: Path, size: float) -> None:
    with pytest.raises(BadInput, match=r"logo\.size"):
        read_logo(png(tmp_path), 720, size=size)


def test_any_damage_is_refused_or_harmless(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    rng = np.random.default_rng(7)
    Image.fromarray(rng.integers(0, 256, (24, 24, 4), dtype=np.uint8)).save(buffer, "PNG")
    good = buffer.getvalue()
    refused = 0
    for _ in range(300):
        data = bytearray(good)
        for at in rng.integers(0, len(data), rng.integers(1, 6)):
            data[at] = rng.integers(0, 256)
        path = tmp_path / "logo.png"
        path.write_bytes(data[: rng.integers(1, len(data) + 1)])
        try:
            read_logo(path, 720)
        except BadInput:
            refused += 1
    assert refused > 200

"""Images that callers push: what becomes of them, and what is refused."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from control_api.errors import TooLarge
from control_api.services.stills import FORMATS, LARGEST_FILE, prepared
from mcu_core.errors import BadInput


def coded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["PNG"])


def announced(width: int, height: int) -> bytes:
    """A PNG file that says it is that large and brings next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def test_a_small_image_stays_as_it_is() -> None:
    noise = Image.effect_noise((640, 480), 90)
    assert np.array_equal(
        np.asarray(opened(prepared(coded(noise), "image/png"))), np.asarray(noise)
    )


def test_a_large_one_fits_a_screen_in_its_own_shape() -> None:
    tall = opened(prepared(coded(Image.new("RGB", (2400, 4800), "red"), "JPEG"), "image/jpeg"))
    assert (tall.size, tall.mode) == ((600, 1200), "RGB")
    wide = opened(prepared(coded(Image.new("L", (3840, 2160))), "image/png"))
    assert (wide.size, wide.mode) == ((1920, 1080), "L")


def test_a_photograph_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    photo = coded(Image.new("RGB", (64, 32)), "JPEG", exif=exif.tobytes())
    assert opened(prepared(photo, "image/jpeg")).size == (32, 64)


@pytest.mark.parametrize("tag", [0x0100, 0x010E, 0x011A, 0x8769])
@pytest.mark.parametrize("kind", [1, 2, 7, 11, 15])
def test_a_photograph_stands_upright_whatever_else_is_noted_of_it(tag: int, kind: int) -> None:
    """Notes of kinds that are not theirs: Pillow reads them, and breaks on writing them anew."""
    notes = [(0x0112, 3, 1, b"\x06\0\0\0"), (tag, kind, 1, b"\x01\x02\x03\x04")]
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(notes))
    exif += b"".join(struct.pack("<HHI4s", *note) for note in notes) + bytes(4)
    photo = coded(Image.new("RGB", (64, 32)), "JPEG", exif=exif)
    assert opened(prepared(photo, "image/jpeg")).size == (32, 64)


def test_sixteen_bits_of_grey_keep_their_range() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    got = np.asarray(opened(prepared(coded(Image.fromarray(ramp)), "image/png")))
    assert got.dtype == np.uint8
    assert np.abs(got[0].astype(int) - np.arange(256)).max() <= 1


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert opened(prepared(coded(clear), "image/png")).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(60_000, 60_000), (17_000, 10), (8000, 8000)])
def test_bombs_are_refused_before_they_are_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge):
        prepared(announced(*size), "image/png")


def test_what_is_too_long_or_no_image_is_refused() -> None:
    with pytest.raises(TooLarge):
        prepared(bytes(LARGEST_FILE + 1), "image/png")
    png = coded(Image.effect_noise((200, 200), 50))
    for data, kind in ((png[:500], "image/png"), (png, "image/jpeg"), (b"", "image/png")):
        with pytest.raises(BadInput):
            prepared(data, kind)


GOOD = coded(Image.effect_noise((24, 16), 60)), coded(Image.new("RGB", (24, 16)), "JPEG")


@given(st.sampled_from(range(2)), st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255))))
def test_any_bytes_give_an_image_or_an_error_of_ours(k: int, edits: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD[k])
    for place, value in edits:
        data[place % len(data)] = value
    with contextlib.suppress(BadInput, TooLarge):
        opened(prepared(bytes(data), list(FORMATS)[k])).load()

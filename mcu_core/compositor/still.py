"""A still image as content: a PNG file, read off the tick, as the picture that canvases show."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from mcu_core.compositor.colors import paint
from mcu_core.contract.content import LARGEST_STILL
from mcu_core.errors import BadInput
from mcu_core.media.picture import Picture

MOST_BYTES = 16_000_000
"""Of the file: more than 1920 x 1200 pixels of noise take."""
ROWS = 64
"""So many rows at a time become luma and chroma: more would only cost memory."""


def read_still(path: Path, stamp_ns: int, field: str) -> Picture:
    """Read a PNG file of at most LARGEST_STILL, grey or colour; takes tens of milliseconds.

    Odd sizes lose their last row or column. Raises BadInput naming `field` for a file that is
    missing, too large, broken or no PNG.
    """
    rgb = np.asarray(_unpacked(_bytes_of(path, field), field))
    height, width = (size - size % 2 for size in rgb.shape[:2])
    if not height or not width:
        raise BadInput(field, "a picture of at least 2 x 2 pixels")
    y = np.empty((height, width), np.uint8)
    u = np.empty((height // 2, width // 2), np.uint8)
    v = np.empty_like(u)
    for top in range(0, height, ROWS):
        rows = slice(top, min(top + ROWS, height))
        codes = paint(rgb[rows, :width].astype(np.float64) / 255)
        y[rows] = np.round(codes[..., 0])
        # Chroma lies in the middle of four luma samples' average.
        quads = codes[..., 1:].reshape(codes.shape[0] // 2, 2, width // 2, 2, 2).mean(axis=(1, 3))
        half = slice(top // 2, rows.stop // 2)
        u[half], v[half] = np.round(quads[..., 0]), np.round(quads[..., 1])
    for plane in (y, u, v):
        plane.flags.writeable = False
    return Picture(y, u, v, stamp_ns=stamp_ns, serial=1)


def _bytes_of(path: Path, field: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(field, "a file that can be read") from error
    if len(data) > MOST_BYTES:
        raise BadInput(field, f"a file of at most {MOST_BYTES // 1_000_000} MB")
    return data


def _unpacked(data: bytes, field: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Our own bound is lower and comes before unpacking.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["PNG"])
        if image.width > LARGEST_STILL[0] or image.height > LARGEST_STILL[1]:
            raise BadInput(field, f"a picture of at most {LARGEST_STILL[0]}x{LARGEST_STILL[1]}")
        return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(field, "a PNG picture that is whole") from error

"""A still image as content: a PNG file, read off the tick, as the picture that canvases show."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from mcu_core.compositor.colors import paint
from mcu_core.contract.content import LARGEST_STILL
from mcu_core.errors import BadInput
from mcu_core.media.picture import Picture, Plane

MOST_BYTES = 16_000_000
"""Of the file: more than 1920 x 1200 pixels of noise take."""
BITS = 16
"""Of the fractions that luma's three parts are summed in."""


def read_still(path: Path, stamp_ns: int, field: str) -> Picture:
    """Read a PNG file of at most LARGEST_STILL, grey or colour; takes tens of milliseconds.

    Odd sizes lose their last row or column. Raises BadInput naming `field` for a file that is
    missing, too large, broken or no PNG.
    """
    rgb = np.asarray(_unpacked(_bytes_of(path, field), field))
    height, width = (size - size % 2 for size in rgb.shape[:2])
    if not height or not width:
        raise BadInput(field, "a picture of at least 2 x 2 pixels")
    even = rgb[:height, :width]
    y = _luma(even)
    # Chroma lies in the middle of four luma samples' average.
    quads = even[0::2, 0::2].astype(np.uint16)
    for row, column in ((0, 1), (1, 0), (1, 1)):
        quads += even[row::2, column::2]
    chroma = np.round(paint(quads / np.float32(4 * 255))[..., 1:]).astype(np.uint8)
    u, v = (np.ascontiguousarray(chroma[..., k]) for k in range(2))
    for plane in (y, u, v):
        plane.flags.writeable = False
    return Picture(y, u, v, stamp_ns=stamp_ns, serial=1)


def _luma(rgb: Plane) -> Plane:
    """Out of tables, which takes a third of the time that multiplying all samples does."""
    levels = np.arange(256)[:, None, None] / 255 * np.eye(3)  # level, channel, and the rest 0
    zero = float(paint(np.zeros(3))[0])
    tables = np.round((paint(levels)[..., 0] - zero) * 2**BITS).astype(np.int32)
    total = np.take(tables[:, 0], rgb[..., 0])
    total += np.take(tables[:, 1], rgb[..., 1])
    total += np.take(tables[:, 2], rgb[..., 2])
    total += round((zero + 0.5) * 2**BITS)
    luma: Plane = (total >> BITS).astype(np.uint8)
    return luma


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

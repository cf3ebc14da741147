"""A logo in a corner: a PNG file, read off the tick, drawn once for each canvas."""

import hashlib
import io
import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from mcu_core.compositor.overlay import Overlay, from_rgba
from mcu_core.compositor.scene import Corner, LogoPicture
from mcu_core.contract.check import LOGO_SIZE
from mcu_core.contract.ranges import between
from mcu_core.errors import BadInput

MOST_BYTES = 4_000_000
"""Of the file."""
MOST_PIXELS = 16_000_000
"""Of the picture in it: 4096 x 4096 would be more. Looked at before anything is unpacked."""
LONGEST_SIDE = 8192
WIDEST = 0.4
"""The logo's width as a share of the canvas width at most: a wider one becomes smaller."""


def read_logo(
    path: Path, canvas_height: int, corner: Corner = "top-right", size: float = 0.08
) -> LogoPicture:
    """Read a PNG file; takes a while, so not in a tick.

    `canvas_height` is that of the largest canvas that will show it. Raises BadInput naming
    `logo.path` for a file that is missing, too large, broken or no PNG, `logo.size` for a share
    out of LOGO_SIZE.
    """
    between("logo.size", size, *LOGO_SIZE)
    image = _unpacked(_bytes_of(path))
    height = max(2, round(size * canvas_height))
    if image.height > height:
        width = max(1, round(image.width * height / image.height))
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    rgba = np.ascontiguousarray(image)
    rgba.flags.writeable = False
    digest = hashlib.sha256(rgba.tobytes() + repr(rgba.shape).encode()).hexdigest()
    return LogoPicture(digest, corner, size, rgba)


@lru_cache(16)
def drawn(logo: LogoPicture, width: int, height: int) -> Overlay | None:
    """The logo for a canvas of that size; None where it would be too small to see."""
    rows, columns = logo.rgba.shape[:2]
    high = min(logo.size * height, WIDEST * width * rows / columns)
    fitted = 2 * round(columns * high / rows / 2), 2 * round(high / 2)
    if min(fitted) < 2:
        return None
    image = Image.fromarray(logo.rgba).resize(fitted, Image.Resampling.LANCZOS)
    return from_rgba(np.asarray(image))


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise BadInput("logo.path", "a file that exists")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput("logo.path", "a file that can be read") from error
    if len(data) > MOST_BYTES:
        raise BadInput("logo.path", f"a file of at most {MOST_BYTES // 1_000_000} MB")
    return data


def _unpacked(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Our own bound is lower and comes before unpacking.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["PNG"])
        width, height = image.size
        if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
            raise BadInput("logo.path", f"a picture of at most {MOST_PIXELS // 1_000_000} MP")
        return image.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput("logo.path", "a PNG picture that is whole") from error

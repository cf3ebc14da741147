"""Images that callers push as content: checked, made as small as a screen, turned into PNG."""

import io
import warnings

from PIL import Image, ImageOps

from control_api.errors import TooLarge
from mcu_core.contract.content import LARGEST_STILL
from mcu_core.errors import BadInput

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
"""Media types of images and what Pillow calls them."""

LARGEST_FILE = 20_000_000
"""Bytes of what is pushed."""
MOST_PIXELS = 40_000_000
"""Looked at before anything is unpacked: a few hundred bytes can announce gigabytes."""
LONGEST_SIDE = 16_384

TOO_MANY = f"an image has at most {MOST_PIXELS // 1_000_000} million pixels"

FIELD = "body"


def prepared(data: bytes, media_type: str) -> bytes:
    """A PNG file of at most LARGEST_STILL, grey if the image is grey, upright, on white.

    Takes up to a second. Raises BadInput for what is no such image, TooLarge.
    """
    if len(data) > LARGEST_FILE:
        raise TooLarge(f"an image has at most {LARGEST_FILE // 1_000_000} MB")
    try:
        with warnings.catch_warnings():
            # Our own bound is lower and comes before unpacking.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=[FORMATS[media_type]])
            _check_size(image)
            return png_of(_flat(ImageOps.exif_transpose(image)))
    except Image.DecompressionBombError as error:
        raise TooLarge(TOO_MANY) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise BadInput(FIELD, f"a whole image of type {media_type}") from error


def png_of(image: Image.Image) -> bytes:
    """An image of mode L or RGB as a PNG file, made smaller where it is larger than a screen."""
    largest = LARGEST_STILL
    if image.width > largest[0] or image.height > largest[1]:
        image = ImageOps.contain(image, largest, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _check_size(image: Image.Image) -> None:
    if max(image.size) > LONGEST_SIDE or image.width * image.height > MOST_PIXELS:
        raise TooLarge(TOO_MANY)
    if min(image.size) < 2:
        raise BadInput(FIELD, "an image of at least 2 x 2 pixels")


def _flat(image: Image.Image) -> Image.Image:
    """Eight bits of grey or colour, what is transparent on white."""
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits of grey
        return image.convert("I").point(lambda value: value / 257).convert("L")
    if "A" in image.mode or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB")

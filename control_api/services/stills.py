"""Images that callers push as content: checked, made as small as a screen, turned into PNG."""

import io
import warnings

from PIL import ExifTags, Image, ImageOps

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

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes an image upright, by its orientation (CIPA DC-008 4.6.4)."""

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
            # Of sizes, for which our own bound is lower and comes before unpacking, and of notes
            # within files that cannot be read: strangers fill no log with them.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=[FORMATS[media_type]])
            _check_size(image)
            return png_of(_flat(_upright(image)))
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


def _upright(image: Image.Image) -> Image.Image:
    """As the camera was held. Pillow's own way writes all other notes anew, which breaks where they
    are not as they should be."""
    turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if turn is None else image.transpose(turn)


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

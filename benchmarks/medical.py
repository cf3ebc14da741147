"""Medical pictures as a doctor shows them: an ultrasound loop, a CT slice whose window is moved.

They come with pydicom (PyPI), as its test files: `examples_ybr_color.dcm`, thirty pictures of
ultrasound in colour, and `693_J2KI.dcm`, a CT slice of 14 bits.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mcu_core.errors import Refused
from mcu_core.media.picture import Plane

LOOP_FPS = 15
PART_S = 6
"""Ultrasound and CT take turns."""

CENTER, WIDTH = 40.0, 350.0
"""Of the window in Hounsfield units that shows soft tissue."""
DRAG = 160.0
"""How far the window's centre is moved, up and down again in each part."""


def medical_pictures(width: int, height: int, seconds: int, fps: int) -> Iterator[Plane]:
    """Pictures as red, green, blue, shape (height, width, 3); raises Refused without pydicom."""
    ultrasound, slice_ = _read("examples_ybr_color.dcm"), _read("693_J2KI.dcm")
    loop = [_fitted(Image.fromarray(picture), width, height) for picture in ultrasound]
    for number in range(seconds * fps):
        part, time_s = divmod(number / fps, PART_S)
        if part % 2 == 0:
            step = int(time_s * LOOP_FPS) % (2 * len(loop) - 2)
            yield loop[min(step, 2 * len(loop) - 2 - step)]
        else:
            center = CENTER + DRAG * np.sin(2 * np.pi * time_s / PART_S)
            yield _fitted(Image.fromarray(_windowed(slice_, center)), width, height)


def _read(name: str) -> NDArray[Any]:
    try:
        from pydicom import dcmread
        from pydicom.data import get_testdata_file
    except ImportError as error:
        raise Refused("medical pictures need pydicom: pip install pydicom") from error
    path = get_testdata_file(name, download=False)
    if path is None:
        raise Refused(f"pydicom has no test file {name}")
    data: NDArray[Any] = dcmread(str(path)).pixel_array
    return data


def _windowed(slice_: NDArray[Any], center: float) -> Plane:
    grey = (slice_.astype(np.float32) - center) / WIDTH + 0.5
    picture: Plane = (np.clip(grey, 0, 1) * 255).astype(np.uint8)
    return picture


def _fitted(image: Image.Image, width: int, height: int) -> Plane:
    """All of it in the middle, black around."""
    scale = min(width / image.width, height / image.height)
    size = round(image.width * scale), round(image.height * scale)
    canvas = Image.new("RGB", (width, height))
    scaled = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    canvas.paste(scaled, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(canvas)

"""Pictures whose colours and geometry a test can check after a codec, and streams made of them."""

from dataclasses import replace

import numpy as np

from mcu_core.media.codec import Codec
from mcu_core.media.picture import Picture, blank_picture
from mcu_core.media.units import AccessUnit, EncodedUnit, VideoForm

FRAME_NS = 1_000_000_000 // 30

# Quarters of the picture, clockwise from the top left, as (y, u, v) codes that no codec confuses.
QUARTERS = ((60, 200, 90), (180, 60, 160), (120, 90, 220), (220, 128, 128))


def quartered(width: int, height: int, serial: int = 1) -> Picture:
    """Four flat quarters with a bright bar that moves with `serial` along the upper edge."""
    picture = blank_picture(width, height)
    for index, (y, u, v) in enumerate(QUARTERS):
        right, lower = index in (1, 2), index in (2, 3)
        for plane, code in ((picture.y, y), (picture.u, u), (picture.v, v)):
            rows, columns = plane.shape[0] // 2, plane.shape[1] // 2
            plane[rows * lower : rows * (lower + 1), columns * right : columns * (right + 1)] = code
    left = serial * 8 % (width - 16)
    picture.y[: height // 16, left : left + 16] = 235
    return replace(picture, serial=serial, stamp_ns=serial * FRAME_NS)


def noisy(width: int, height: int, serial: int) -> Picture:
    """A picture that costs bits: structure that moves, and new noise each time."""
    rng = np.random.default_rng(serial)
    blocks = np.random.default_rng(7).integers(30, 220, (height // 8, width // 8), np.uint8)
    luma = np.roll(blocks.repeat(8, 0).repeat(8, 1), serial * 3, 1)
    picture = blank_picture(width, height)
    picture.y[: luma.shape[0], : luma.shape[1]] = luma
    picture.y[:] += rng.integers(0, 12, picture.y.shape, np.uint8)
    return replace(picture, serial=serial, stamp_ns=serial * FRAME_NS)


def quarter_means(picture: Picture) -> list[tuple[float, float, float]]:
    """Mean codes of the inner part of each quarter, in the order of QUARTERS."""
    means = []
    for index in range(4):
        right, lower = index in (1, 2), index in (2, 3)
        codes = []
        for plane in (picture.y, picture.u, picture.v):
            rows, columns = plane.shape[0] // 2, plane.shape[1] // 2
            top, left = rows * lower, columns * right
            inner = plane[top + rows // 4 : top + rows, left + columns // 4 : left + columns]
            codes.append(float(inner[: rows // 2, : columns // 2].mean()))
        means.append((codes[0], codes[1], codes[2]))
    return means


def form_of(codec: Codec, width: int = 320, height: int = 180, bps: int = 500_000) -> VideoForm:
    """A form at 30 pictures per second."""
    return VideoForm(codec, width, height, 30, bps)


def access_unit(unit: EncodedUnit, rotation: int = 0) -> AccessUnit:
    """The unit as it would arrive at the other side without a loss."""
    return AccessUnit(unit.codec, unit.data, unit.stamp_ns, unit.keyframe, rotation=rotation)

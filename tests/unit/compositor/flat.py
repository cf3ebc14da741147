"""Pictures of one colour, and reading colours from a composed picture."""

import numpy as np

from mcu_core.media.picture import Picture

Color = tuple[int, int, int]

BLACK: Color = (16, 128, 128)


def color_of(k: int) -> Color:
    """One of 125 colours, well apart and none of them black."""
    return (60 + 30 * (k % 5), 60 + 30 * (k // 5 % 5), 60 + 30 * (k // 25 % 5))


def flat(width: int, height: int, color: Color, serial: int = 0) -> Picture:
    """A picture of one colour; odd sizes are right."""
    half = ((height + 1) // 2, (width + 1) // 2)
    return Picture(
        np.full((height, width), color[0], np.uint8),
        np.full(half, color[1], np.uint8),
        np.full(half, color[2], np.uint8),
        serial=serial,
    )


def noise(width: int, height: int, seed: int) -> Picture:
    """A picture of random samples; its serial is the seed."""
    rng = np.random.default_rng(seed)
    half = ((height + 1) // 2, (width + 1) // 2)
    y, u, v = (rng.integers(0, 256, size, dtype=np.uint8) for size in ((height, width), half, half))
    return Picture(y, u, v, serial=seed)


def color_at(picture: Picture, x: int, y: int) -> Color:
    """The sample at a place of the canvas."""
    half = y // 2, x // 2
    return int(picture.y[y, x]), int(picture.u[half]), int(picture.v[half])


def equal(one: Picture, other: Picture) -> bool:
    """True if all samples are equal."""
    return all(
        np.array_equal(a, b) for a, b in ((one.y, other.y), (one.u, other.u), (one.v, other.v))
    )

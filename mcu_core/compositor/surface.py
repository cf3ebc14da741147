"""Places on the planes of a canvas: even rectangles, seen, filled, copied."""

from mcu_core.compositor.scene import PixelRect
from mcu_core.kernels import planes
from mcu_core.media.picture import Plane

Planes = tuple[Plane, Plane, Plane]

BLACK = (16, 128, 128)


def part(canvas: Planes, rect: PixelRect) -> Planes:
    """Views on the planes under an even rectangle."""
    y, u, v = canvas
    rows, columns = slice(rect.y, rect.bottom), slice(rect.x, rect.right)
    half = (
        slice(rect.y // 2, rect.bottom // 2),
        slice(rect.x // 2, rect.right // 2),
    )
    return y[rows, columns], u[half], v[half]


def fill(canvas: Planes, rect: PixelRect, color: tuple[int, int, int]) -> None:
    """One colour over a rectangle."""
    for plane, value in zip(part(canvas, rect), color, strict=True):
        planes.fill(plane, value)


def copy(target: Planes, source: Planes) -> None:
    """Planes of equal sizes."""
    for plane, other in zip(target, source, strict=True):
        planes.copy(plane, other)

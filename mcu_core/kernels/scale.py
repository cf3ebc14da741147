"""Scaling of a picture's planes: by a compiled ratio where there is one, else by tables."""

from typing import Any

from mcu_core.kernels.ratios import compiled
from mcu_core.kernels.resample import resample
from mcu_core.kernels.weights import chroma_axis, luma_axis

Size = tuple[int, int]
"""Height and width, samples."""


def scale_luma(target: Any, source: Any) -> None:
    """All of `source` into all of `target`, edges on edges: uint8, column stride 1."""
    scale = compiled(source.shape, target.shape)
    if scale is not None:
        scale(target, source, False)
        return
    (height, width), (to_height, to_width) = source.shape, target.shape
    resample(target, source, *luma_axis(width, to_width), *luma_axis(height, to_height))


def scale_chroma(target: Any, source: Any, luma: Size, to_luma: Size) -> None:
    """A chroma plane beside luma of size `luma`, scaled to `to_luma`; both planes half of that."""
    even = not any(size % 2 for size in (*luma, *to_luma))
    scale = compiled(source.shape, target.shape) if even else None
    if scale is not None:
        scale(target, source, True)
        return
    across = chroma_axis(luma[1], to_luma[1], True)
    resample(target, source, *across, *chroma_axis(luma[0], to_luma[0], False))


def by_ratio(luma: Size, to_luma: Size) -> bool:
    """Whether there are compiled ratios for all planes of a picture of size `luma`."""
    if any(size % 2 for size in (*luma, *to_luma)):
        return False
    chroma, to_chroma = (tuple(size // 2 for size in one) for one in (luma, to_luma))
    return compiled(luma, to_luma) is not None and compiled(chroma, to_chroma) is not None

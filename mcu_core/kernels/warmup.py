"""Readiness: every kernel compiled, or loaded from the disk cache, before the first picture."""

import numpy as np

import mcu_core.kernels.sound  # noqa: F401  # importing it compiles or loads its kernels
from mcu_core.kernels.planes import blend, copy, fill, turn
from mcu_core.kernels.recolor import recolor
from mcu_core.kernels.resample import resample
from mcu_core.kernels.text import write
from mcu_core.kernels.weights import luma_axis


def warm_up() -> None:
    """Import has compiled or loaded them; one small call each links them."""
    big = np.zeros((80, 80), np.uint8)
    small = np.zeros((40, 40), np.uint8)
    resample(small, big, *luma_axis(80, 40), *luma_axis(80, 40))
    fill(big, 16)
    copy(small, big[:40, :40])
    blend(small, small, small)
    turn(small, small, 1)
    write(small, big[:40, :41], 0, 235, 16, 128)
    recolor(big, small, small.copy(), np.zeros(10, np.int64))

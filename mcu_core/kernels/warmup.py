"""Readiness: every kernel compiled, or loaded from the disk cache, before the first picture."""

import numpy as np

import mcu_core.kernels.blocks
import mcu_core.kernels.gate  # importing it compiles or loads its kernels
import mcu_core.kernels.ratio
import mcu_core.kernels.sound
import mcu_core.kernels.voice  # noqa: F401
from mcu_core.kernels.deinterlace import deinterlace
from mcu_core.kernels.planes import blend, copy, fill, turn
from mcu_core.kernels.ratios import RATIOS, least_width
from mcu_core.kernels.recolor import recolor
from mcu_core.kernels.resample import resample
from mcu_core.kernels.text import write
from mcu_core.kernels.weights import luma_axis


def warm_up() -> None:
    """Import has compiled or loaded them; one small call each links them."""
    big = np.zeros((80, 80), np.uint8)
    small = np.zeros((40, 40), np.uint8)
    resample(small, big, *luma_axis(80, 40), *luma_axis(80, 40))
    for (p, q), scale in RATIOS.items():
        width = least_width(p, q)
        for cosited in (False, True):
            scale(np.zeros((q, width), np.uint8), np.zeros((p, width // q * p), np.uint8), cosited)
    fill(big, 16)
    copy(small, big[:40, :40])
    deinterlace(small, big[:40, :40])
    blend(small, small, small)
    turn(small, small, 1)
    write(small, big[:40, :41], 0, 235, 16, 128)
    recolor(big, small, small.copy(), np.zeros(10, np.int64))

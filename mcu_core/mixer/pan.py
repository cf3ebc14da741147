"""Where a site's sound stands between the loudspeakers: mono is placed, stereo stays as it came."""

import math

from mcu_core.kernels.sound import Gains, side_share
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS, Block

CENTRE: Gains = (1.0, 1.0)

_STEP = BLOCK_NS / NS_PER_SECOND
"""From the left edge to the right in two seconds."""

_STEREO_SHARE = 1e-4
_STEREO_KEPT_NS = 30 * NS_PER_SECOND
"""A stereo sound may be all in the middle for a while: it does not wander because of that."""


class Pan:
    """The place of one site, which moves smoothly."""

    def __init__(self) -> None:
        self._at = 0.0
        self._stereo_until_ns = 0

    def gains(self, wanted: float, block: Block, now_ns: int) -> Gains:
        """Left and right gain for `block`; `wanted` -1 (left) .. 1 (right), 0 changes nothing.

        Constant power: both channels together carry as much at the edge (+3 dB on one) as in the
        middle.
        """
        if wanted == 0.0 and self._at == 0.0:
            return CENTRE
        if side_share(block) > _STEREO_SHARE:
            self._stereo_until_ns = now_ns + _STEREO_KEPT_NS
        aim = 0.0 if now_ns < self._stereo_until_ns else max(-1.0, min(1.0, wanted))
        self._at += max(-_STEP, min(_STEP, aim - self._at))
        if self._at == 0.0:
            return CENTRE
        angle = (1 + self._at) * math.pi / 4
        return math.sqrt(2) * math.cos(angle), math.sqrt(2) * math.sin(angle)

"""G.726 encoding by spandsp (ITU-T G.726, packed as RFC 3551 4.5.4 says)."""

import weakref

import numpy as np
from numpy.typing import NDArray

from mcu_core.errors import CodecFailure
from mcu_core.media.libraries import library

_LINEAR_SAMPLES = 0
_FROM_THE_LOWEST_BIT = 2  # G726_PACKING_RIGHT


class G726Encoder:
    """One encoder; not thread-safe. `bitrate_bps`: 16, 24 or 32 kbit/s.

    Raises CodecFailure where spandsp is not installed.
    """

    def __init__(self, bitrate_bps: int) -> None:
        found = library("spandsp")
        state = found and found.g726_init(None, bitrate_bps, _LINEAR_SAMPLES, _FROM_THE_LOWEST_BIT)
        if found is None or not state:
            raise CodecFailure(f"no encoder for G.726 at {bitrate_bps} bit/s")
        self._spandsp, self._state = found, state
        weakref.finalize(self, found.g726_free, state)

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """Code samples of 8 kHz; a multiple of eight, so that whole bytes come out."""
        sound = np.ascontiguousarray(samples, np.int16).reshape(-1)
        coded = np.empty(len(sound), np.uint8)
        count = self._spandsp.g726_encode(
            self._state, coded.ctypes.data, sound.ctypes.data, len(sound)
        )
        return coded[:count].tobytes()

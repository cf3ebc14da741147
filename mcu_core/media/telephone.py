"""Encoders of telephone codecs that PyAV's wheel lacks, by libraries of the system.

All take samples of 8 kHz and release the interpreter's lock; one belongs to one thread. Each raises
CodecFailure where its library is not installed.
"""

import ctypes
import weakref

import numpy as np
from numpy.typing import NDArray

from mcu_core.errors import CodecFailure
from mcu_core.media.libraries import library

Samples = NDArray[np.int16]

_LINEAR_SAMPLES = 0
_FROM_THE_LOWEST_BIT = 2  # G726_PACKING_RIGHT


class G726Encoder:
    """ITU-T G.726 by spandsp, packed as RFC 3551 4.5.4 says. `bitrate_bps`: 16, 24 or 32 kbit/s."""

    def __init__(self, bitrate_bps: int) -> None:
        spandsp = _needed("spandsp", "G.726")
        self._state = spandsp.g726_init(None, bitrate_bps, _LINEAR_SAMPLES, _FROM_THE_LOWEST_BIT)
        if not self._state:
            raise CodecFailure(f"no encoder for G.726 at {bitrate_bps} bit/s")
        self._spandsp = spandsp
        weakref.finalize(self, spandsp.g726_free, self._state)

    def encode(self, samples: Samples) -> bytes:
        """Code a multiple of eight samples, so that whole bytes come out."""
        sound = _laid_out(samples)
        coded = np.empty(len(sound), np.uint8)
        count = self._spandsp.g726_encode(
            self._state, coded.ctypes.data, sound.ctypes.data, len(sound)
        )
        return coded[:count].tobytes()


class G729Encoder:
    """ITU-T G.729 A by bcg729, without the silence of annex B."""

    FRAME_SAMPLES, FRAME_BYTES = 80, 10

    def __init__(self) -> None:
        self._bcg729 = _needed("bcg729", "G.729")
        self._state = self._bcg729.initBcg729EncoderChannel(0)
        weakref.finalize(self, self._bcg729.closeBcg729EncoderChannel, self._state)

    def encode(self, samples: Samples) -> bytes:
        """Code a multiple of 80 samples: 10 bytes of each."""
        sound = _laid_out(samples)
        frames = len(sound) // self.FRAME_SAMPLES
        coded = np.empty((frames, self.FRAME_BYTES), np.uint8)
        length = ctypes.c_uint8()
        for frame in range(frames):
            self._bcg729.bcg729Encoder(
                self._state,
                sound[frame * self.FRAME_SAMPLES :].ctypes.data,
                coded[frame].ctypes.data,
                ctypes.byref(length),
            )
        return coded.tobytes()


class GsmEncoder:
    """GSM 06.10 full rate by libgsm, packed as RFC 3551 4.5.8 says."""

    FRAME_SAMPLES, FRAME_BYTES = 160, 33

    def __init__(self) -> None:
        self._gsm = _needed("gsm", "GSM")
        self._state = self._gsm.gsm_create()
        weakref.finalize(self, self._gsm.gsm_destroy, self._state)

    def encode(self, samples: Samples) -> bytes:
        """Code 160 samples: 33 bytes."""
        sound = _laid_out(samples)
        coded = np.empty(self.FRAME_BYTES, np.uint8)
        self._gsm.gsm_encode(self._state, sound.ctypes.data, coded.ctypes.data)
        return coded.tobytes()


def _needed(name: str, codec: str) -> ctypes.CDLL:
    found = library(name)
    if found is None:
        raise CodecFailure(f"no encoder for {codec}: no {name}")
    return found


def _laid_out(samples: Samples) -> Samples:
    return np.ascontiguousarray(samples, np.int16).reshape(-1)

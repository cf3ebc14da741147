"""Mixed blocks at the rate of a codec."""

from typing import Protocol

import av
import numpy as np

from mcu_core.egress.sound_coders import CODEC_ERRORS, LAYOUTS
from mcu_core.errors import CodecFailure
from mcu_core.kernels.blocks import folded
from mcu_core.kernels.ratio import DELAYS, LOW_PASSES, lower_rate, past_of_higher
from mcu_core.media.codec import Codec
from mcu_core.media.sound import SAMPLE_RATE, Block


class Lowering(Protocol):
    """From blocks of shape (960, 2) to sound of shape (n, channels); not thread-safe.

    `delay_samples`: how much later a sound comes out, in samples of the codec's rate, where every
    block comes out whole.
    """

    delay_samples: int

    def lower(self, block: Block) -> Block:
        """The next block; raises CodecFailure."""


def lowering(codec: Codec, channels: int) -> Lowering:
    """What brings blocks to the rate and the channels (1 or 2) of a codec."""
    if codec.sample_rate == SAMPLE_RATE:
        return Unchanged(channels)
    if channels == 1 and codec.sample_rate in DIVIDED:
        return Divided(codec)
    return Resampled(codec, channels)


DIVIDED = {SAMPLE_RATE // ratio: ratio for ratio in LOW_PASSES}
"""Rates that are whole parts of ours, and which."""


class Unchanged:
    """At our own rate."""

    delay_samples = 0

    def __init__(self, channels: int) -> None:
        self._channels = channels

    def lower(self, block: Block) -> Block:
        """See Lowering."""
        if self._channels > 1:
            return block
        return folded(block)


class Divided:
    """One channel at 8 or 16 kHz, by our own filter."""

    def __init__(self, codec: Codec) -> None:
        self._ratio = DIVIDED[codec.sample_rate]
        self._past = past_of_higher(self._ratio)
        self.delay_samples = DELAYS[self._ratio]

    def lower(self, block: Block) -> Block:
        """See Lowering."""
        out = np.empty(len(block) // self._ratio, np.float32)
        lower_rate(np.ascontiguousarray(block), self._past, LOW_PASSES[self._ratio], out)
        return out[:, None]


class Resampled:
    """Any rate, by FFmpeg's resampler, which keeps a few samples of the first block for good."""

    delay_samples = 0

    def __init__(self, codec: Codec, channels: int) -> None:
        self._name = codec.name
        self._channels = channels
        self._resampler = av.AudioResampler("flt", LAYOUTS[channels], codec.sample_rate)

    def lower(self, block: Block) -> Block:
        """See Lowering."""
        sound = Unchanged(self._channels).lower(block)
        try:
            whole = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound).reshape(1, -1), "flt", LAYOUTS[self._channels]
            )
            whole.sample_rate = SAMPLE_RATE
            parts = [part.to_ndarray() for part in self._resampler.resample(whole)]
        except CODEC_ERRORS as error:
            raise CodecFailure(f"resampling for {self._name}: {error}") from error
        resampled = np.concatenate(parts, axis=1).reshape(-1, self._channels)
        return resampled.astype(np.float32, copy=False)

"""What is heard where nothing came: made by the codec where it can, else out of what was heard."""

from typing import Protocol

import numpy as np

from mcu_core.errors import CodecFailure
from mcu_core.ingress.audio_decoder import AudioDecoder
from mcu_core.ingress.waveform import MATCHED, Continuation
from mcu_core.media.sound import CHANNELS, SAMPLE_RATE, Block

FADE_BEGIN = 6 * SAMPLE_RATE // 100
FADE_END = 12 * SAMPLE_RATE // 100
"""A codec knows pitch and timbre, so it is believed longer than a wave that repeats."""

LONGEST_MADE = SAMPLE_RATE // 50
"""Made up at a time, as in a stream whose frames get lost one by one."""

SETTLING = SAMPLE_RATE // 400
"""Samples after a gap in which a resampler still has in it what was before: 2.5 ms."""


class Concealment(Protocol):
    """Sound that is made up from the moment of a loss on, and gone over from when real sound comes.

    A frame may be shorter than that takes: `resume` is called with the next ones too until they are
    `joined`. What is lost meanwhile is another loss.
    """

    @property
    def over(self) -> bool:
        """Whether nothing but silence follows, unless real sound comes."""

    @property
    def resumed(self) -> bool:
        """Whether real sound has come."""

    @property
    def joined(self) -> bool:
        """Whether real sound alone follows."""

    def take(self, count: int) -> Block:
        """The next `count` samples, shape (count, 2)."""

    def resume(self, sound: Block) -> Block:
        """The real `sound` that comes next, joined to what was made up."""


class _Rise:
    """How much of the real sound is heard: from nothing to all of it in 5 ms."""

    def __init__(self, settling: int = 0) -> None:
        self._position = -settling
        self.begun = False

    @property
    def over(self) -> bool:
        return self._position >= MATCHED

    def take(self, count: int) -> Block:
        """The next `count` weights, shape (count, 1)."""
        self.begun = True
        positions = self._position + 1 + np.arange(count, dtype=np.float32)
        self._position += count
        weights: Block = np.clip(positions / (MATCHED + 1), 0, 1)[:, None].astype(np.float32)
        return weights


class CarriedOn:
    """The last period of what was heard, again and again (see Continuation)."""

    def __init__(self, history: Block) -> None:
        self._continuation = Continuation(history)
        self._rise = _Rise(SETTLING)

    @property
    def over(self) -> bool:
        return self._continuation.over

    @property
    def resumed(self) -> bool:
        return self._rise.begun

    @property
    def joined(self) -> bool:
        return self._rise.over

    def take(self, count: int) -> Block:
        return self._continuation.take(count)

    def resume(self, sound: Block) -> Block:
        weights = self._rise.take(len(sound))
        joined: Block = self._continuation.take(len(sound)) * (1 - weights) + sound * weights
        return joined


class MadeByCodec:
    """What the decoder thinks would have followed; its next frame goes on from there by itself."""

    def __init__(self, decoder: AudioDecoder) -> None:
        self._decoder = decoder
        self._position = 0
        self._rest = np.empty((0, CHANNELS), np.float32)
        self._rise = _Rise()

    @property
    def over(self) -> bool:
        return self._position >= FADE_END

    @property
    def resumed(self) -> bool:
        return self._rise.begun

    @property
    def joined(self) -> bool:
        return self._rise.over

    def take(self, count: int) -> Block:
        step = self._decoder.conceals
        while len(self._rest) < count:
            steps = -(-(count - len(self._rest)) // step)
            more = self._made(min(steps * step, LONGEST_MADE))
            self._rest = np.concatenate((self._rest, more))
        sound, self._rest = self._rest[:count], self._rest[count:]
        return self._faded(sound)

    def _made(self, count: int) -> Block:
        try:
            return self._decoder.conceal(count)
        except CodecFailure:  # then there is silence: nothing that came can say what follows
            return np.zeros((count, CHANNELS), np.float32)

    def _faded(self, sound: Block) -> Block:
        faded: Block = sound * _loudness(self._position, len(sound))
        self._position += len(sound)
        return faded

    def resume(self, sound: Block) -> Block:
        rest = self._faded(self._rest)
        self._rest = self._rest[:0]
        reached = float(_loudness(self._position, 1)[0, 0])
        weights = self._rise.take(len(sound))
        raised: Block = sound * (reached + (1 - reached) * weights)
        return np.concatenate((rest, raised))


def _loudness(position: int, count: int) -> Block:
    """How loud each of `count` samples from `position` on is, shape (count, 1)."""
    left = np.arange(FADE_END - position, FADE_END - position - count, -1, dtype=np.float32)
    loudness: Block = np.clip(left / np.float32(FADE_END - FADE_BEGIN), 0, 1)[:, None]
    return loudness


class Silence:
    """Nothing was heard: real sound comes up out of it."""

    over = True

    def __init__(self) -> None:
        self._rise = _Rise()

    @property
    def resumed(self) -> bool:
        return self._rise.begun

    @property
    def joined(self) -> bool:
        return self._rise.over

    def take(self, count: int) -> Block:
        return np.zeros((count, CHANNELS), np.float32)

    def resume(self, sound: Block) -> Block:
        raised: Block = sound * self._rise.take(len(sound))
        return raised


def concealment(decoder: AudioDecoder | None, history: Block) -> Concealment:
    """What to make up with after `history`, the sound heard last, shape (HISTORY, 2)."""
    if decoder is not None and decoder.conceals:
        return MadeByCodec(decoder)
    return CarriedOn(history)

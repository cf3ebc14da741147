"""What is heard where nothing came: made by the codec where it can, else out of what was heard."""

from typing import Protocol

import numpy as np

from mcu_core.errors import CodecFailure
from mcu_core.ingress.audio_decoder import AudioDecoder
from mcu_core.ingress.waveform import MATCHED, Continuation, join
from mcu_core.media.libopus import CONCEALED_STEP
from mcu_core.media.sound import CHANNELS, SAMPLE_RATE, Block

FADE_BEGIN = 6 * SAMPLE_RATE // 100
FADE_END = 12 * SAMPLE_RATE // 100
"""A codec knows pitch and timbre, so it is believed longer than a wave that repeats."""

LONGEST_MADE = SAMPLE_RATE // 50
"""Made up at a time, as in a stream whose frames get lost one by one."""

_RAMP = ((np.arange(MATCHED, dtype=np.float32) + 1) / (MATCHED + 1))[:, None]


class Concealment(Protocol):
    """Sound that is made up from the moment of a loss on."""

    @property
    def over(self) -> bool:
        """Whether nothing but silence follows."""

    def take(self, count: int) -> Block:
        """The next `count` samples, shape (count, 2)."""

    def resume(self, sound: Block) -> Block:
        """The real `sound` that comes next, joined to what was made up; ends this concealment."""


class CarriedOn:
    """The last period of what was heard, again and again (see Continuation)."""

    def __init__(self, history: Block) -> None:
        self._continuation = Continuation(history)

    @property
    def over(self) -> bool:
        return self._continuation.over

    def take(self, count: int) -> Block:
        return self._continuation.take(count)

    def resume(self, sound: Block) -> Block:
        return join(self._continuation.take(MATCHED), sound)


class MadeByCodec:
    """What the decoder thinks would have followed; its next frame goes on from there by itself."""

    def __init__(self, decoder: AudioDecoder) -> None:
        self._decoder = decoder
        self._position = 0
        self._rest = np.empty((0, CHANNELS), np.float32)

    @property
    def over(self) -> bool:
        return self._position >= FADE_END

    def take(self, count: int) -> Block:
        while len(self._rest) < count:
            steps = -(-(count - len(self._rest)) // CONCEALED_STEP)
            more = self._made(min(steps * CONCEALED_STEP, LONGEST_MADE))
            self._rest = np.concatenate((self._rest, more))
        sound, self._rest = self._rest[:count], self._rest[count:]
        return self._faded(sound)

    def _made(self, count: int) -> Block:
        try:
            return self._decoder.conceal(count)
        except CodecFailure:  # then there is silence: nothing that came can say what follows
            return np.zeros((count, CHANNELS), np.float32)

    def _faded(self, sound: Block) -> Block:
        positions = self._position + np.arange(len(sound))
        self._position += len(sound)
        if self._position <= FADE_BEGIN:
            return sound
        loudness = np.clip((FADE_END - positions) / (FADE_END - FADE_BEGIN), 0, 1)[:, None]
        faded: Block = (sound * loudness).astype(np.float32)
        return faded

    def resume(self, sound: Block) -> Block:
        rest = self._faded(self._rest)
        reached = (FADE_END - self._position) / (FADE_END - FADE_BEGIN)
        if reached >= 1.0:
            return np.concatenate((rest, sound))
        raised = np.array(sound)
        count = min(MATCHED, len(sound))
        raised[:count] *= max(0.0, reached) * (1 - _RAMP[:count]) + _RAMP[:count]
        return np.concatenate((rest, raised))


def concealment(decoder: AudioDecoder | None, history: Block) -> Concealment:
    """What to make up with after `history`, the sound heard last, shape (HISTORY, 2)."""
    if decoder is not None and decoder.conceals:
        return MadeByCodec(decoder)
    return CarriedOn(history)

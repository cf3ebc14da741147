"""How those in a conference learn that it is recorded: a line in the picture, and two tones."""

from dataclasses import dataclass

import numpy as np

from mcu_core.contract.definition import ConferenceDefinition, TextStrip
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_SAMPLES, CHANNELS, SAMPLE_RATE, Block

LINES = {
    "en": "This conference is being recorded",
    "zh": "本次会议正在录制",
    "both": "本次会议正在录制  This conference is being recorded",
}

TONE_HZ = (660.0, 880.0)
TONE_S, APART_S = 0.16, 0.08
TONE_PEAK = 0.1
RAMP_S = 0.01


@dataclass(frozen=True, slots=True)
class Notice:
    """The line, and until when it stands; None: there is none."""

    strip: TextStrip | None = None
    until_ns: int = 0

    def at(self, now_ns: int) -> TextStrip | None:
        """The line that is to be seen now."""
        return self.strip if now_ns < self.until_ns else None


NO_NOTICE = Notice()


def notice_of(
    definition: ConferenceDefinition,
    before: ConferenceDefinition | None,
    notice: Notice,
    now_ns: int,
) -> Notice:
    """What is to be said now that this definition takes the place of the one `before`."""
    if not definition.recording_runs or not definition.recording.notice_s:
        return NO_NOTICE
    if before is not None and before.recording_runs:
        return notice
    strip = TextStrip(LINES[definition.recording.language], background="#b00020d0")
    return Notice(strip, now_ns + round(definition.recording.notice_s * NS_PER_SECOND))


def tones() -> tuple[Block, ...]:
    """The two tones, block by block, one higher than the other, in both ears."""
    ramp = np.minimum(1.0, np.arange(round(TONE_S * SAMPLE_RATE)) / (RAMP_S * SAMPLE_RATE))
    shape = TONE_PEAK * np.minimum(ramp, ramp[::-1])
    time_s = np.arange(len(shape)) / SAMPLE_RATE
    rest = np.zeros(round(APART_S * SAMPLE_RATE))
    parts = [part for hz in TONE_HZ for part in (shape * np.sin(2 * np.pi * hz * time_s), rest)]
    samples = np.concatenate(parts).astype(np.float32)
    blocks = -(-len(samples) // BLOCK_SAMPLES)
    padded = np.zeros(blocks * BLOCK_SAMPLES, np.float32)
    padded[: len(samples)] = samples
    both = np.repeat(padded[:, None], CHANNELS, axis=1)
    return tuple(np.ascontiguousarray(block) for block in np.split(both, blocks))

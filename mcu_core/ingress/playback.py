"""One stream's coded frames as sound without a gap, in the sender's own time."""

from collections import deque

import numpy as np
import structlog

from mcu_core.errors import CodecFailure
from mcu_core.ingress.audio_decoder import AudioDecoder, audio_decoder
from mcu_core.ingress.audio_stats import AudioStats
from mcu_core.ingress.concealment import CarriedOn, Concealment, Silence, concealment
from mcu_core.ingress.sound_queue import SoundQueue
from mcu_core.ingress.waveform import HISTORY, MATCHED
from mcu_core.kernels.blocks import joined
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, CHANNELS, SAMPLE_RATE, Block
from mcu_core.media.units import AccessUnit
from mcu_core.protocol.payload.base import sound_ticks
from mcu_core.protocol.payload.opus import carries_frame_before

log = structlog.get_logger()

LONGEST_GAP_NS = 120 * NS_PER_MS
"""Frames that far apart are a pause of the sender (DTX, mute), not a loss."""

REPAIRING_NS = 10 * NS_PER_SECOND
"""How long after a repaired loss another is waited for."""

PRIMING_FRAMES = 6
"""After a stretch that was passed over, a decoder is led in by that many frames before: Opus's
prediction of loudness from frame to frame is within 1.5 dB then, and ADPCM has settled."""

SAME_NS = 2_500_000
"""Stamps that near are the same instant: resamplers and millisecond stamps round."""


class Playback:
    """Decodes, and fills what is missing; belongs to the mixer's thread.

    `next_ns`: media time of the first sample that `more` gives next. While it is not `playing`,
    `begin` waits for a first frame. Frames that were passed over lead the decoder in.
    """

    def __init__(self, queue: SoundQueue, stats: AudioStats, name: str) -> None:
        self.next_ns = 0
        self.playing = False
        self._queue = queue
        self._stats = stats
        self._name = name
        self._decoder: AudioDecoder | None = None
        self._history = np.zeros((HISTORY, CHANNELS), np.float32)
        self._made_up: Concealment | None = None
        self._frame_ns = BLOCK_NS
        self._repairs_until_ns: int | None = None
        self._passed: deque[AccessUnit] = deque(maxlen=PRIMING_FRAMES)

    @property
    def repairs(self) -> bool:
        """Whether frames that were lost lately could be had from their successors."""
        until_ns = self._repairs_until_ns
        return until_ns is not None and self.next_ns < until_ns

    @property
    def clean(self) -> bool:
        """Whether what comes is real sound that goes on from real sound: it may be shortened."""
        return self.playing and self._made_up is None

    @property
    def sounding(self) -> bool:
        """Whether something was heard lately that must not end at once."""
        return bool(self._history[-MATCHED:].any())

    def forget(self) -> None:
        """Another sender begins: what was heard fades out, and nothing else is kept of it."""
        self._decoder = None
        self._passed.clear()
        self._repairs_until_ns = None
        self.stop()

    def stop(self) -> None:
        """Play no more frames; what was heard fades out."""
        if self.playing:
            self.playing = False
            self._lose()

    def silence(self) -> Block:
        """End at once, but for one block in which what was heard goes."""
        going = np.linspace(1, 0, BLOCK_SAMPLES, dtype=np.float32)[:, None]
        sound: Block = CarriedOn(self._history).take(BLOCK_SAMPLES) * going
        self.playing = False
        self._made_up = None
        self._history = np.zeros((HISTORY, CHANNELS), np.float32)
        return sound

    # ------------------------------------------------------------------ where it is silent

    def pass_over(self, before_ns: int) -> int:
        """Leave out the frames that end before that media time, undecoded; how many."""
        count = 0
        while (unit := self._queue.first()) is not None:
            if unit.stamp_ns >= before_ns or unit.stamp_ns + self._length_ns(unit) > before_ns:
                break
            self._queue.take(unit)
            self._passed.append(unit)
            count += 1
        return count

    def begin(self, at_ns: int, room: int) -> Block | None:
        """Begin to play at that media time, or go on fading out; None when there is no sound.

        Nothing begins where no frame does within `room` samples. A pause before the frame is part
        of the sound. A first frame is not cut, though it be late, so that no onset is lost; one
        that goes on from frames passed over is.
        """
        self._stats.dropped += self.pass_over(at_ns)
        unit = self._queue.first()
        if unit is None or samples(unit.stamp_ns - at_ns) >= room:
            return self._fade_out(room)
        self._queue.take(unit)
        past_ns = at_ns - unit.stamp_ns if self._lead_in(unit) else 0
        pause = self._pause(samples(unit.stamp_ns - at_ns))
        self.playing = True
        self._made_up = CarriedOn(self._history) if self.sounding else Silence()
        return np.concatenate((pause, self._heard(self._decode(unit, past_ns))))

    def _pause(self, count: int) -> Block:
        if count <= 0:
            return np.empty((0, CHANNELS), np.float32)
        if self._made_up is not None:
            return self._heard(self._made_up.take(count))
        return self._heard(np.zeros((count, CHANNELS), np.float32))

    def _fade_out(self, count: int) -> Block | None:
        if self._made_up is not None and self._made_up.over:
            self._made_up = None
        return self._make_up(count) if self._made_up is not None else None

    def _lead_in(self, unit: AccessUnit) -> bool:
        """Decode what was passed over right before `unit`; False if there is nothing of it."""
        lead = [unit]
        while self._passed and lead[-1].stamp_ns - self._passed[-1].stamp_ns <= LONGEST_GAP_NS:
            lead.append(self._passed.pop())
        self._passed.clear()
        if len(lead) == 1:
            return False
        self._decoder = None
        for earlier in reversed(lead[1:]):
            try:
                self._decoder_for(earlier).decode(earlier.data)
            except CodecFailure:
                self._stats.broken += 1
        return True

    # ------------------------------------------------------------------ where it sounds

    def more(self, missing: int, grows: bool) -> Block | None:
        """What comes next, real or made up; None when the sound has ended.

        `missing`: samples needed at once. `grows`: time stands still while nothing has come, so
        that the delay grows; else what comes later is late.
        """
        unit = self._next_unit()
        if unit is None:
            return self._bridge(missing, grows)
        gap_ns = unit.stamp_ns - self.next_ns
        if gap_ns <= SAME_NS:
            self._queue.take(unit)
            return self._heard(self._decode(unit, -gap_ns))
        if gap_ns > LONGEST_GAP_NS:
            self.stop()
            return self._fade_out(missing)
        return self._fill(unit, gap_ns)

    def hold(self, missing: int) -> Block:
        """Let time stand still, though there may be sound: what comes next is to wait longer."""
        return self._bridge(missing, grows=True)

    def waits(self) -> bool:
        """Whether the frame that comes next is there."""
        unit = self._next_unit()
        return unit is not None and unit.stamp_ns - self.next_ns <= SAME_NS

    def jump(self, over_ns: int) -> None:
        """Leave out frames for about that long, and go over into what follows them."""
        keep_ns = self.next_ns + over_ns
        skipped = 0
        while (unit := self._queue.first()) is not None:
            if len(self._queue) == 1 or unit.stamp_ns + self._frame_ns > keep_ns:
                break
            self._queue.take(unit)
            skipped += 1
        if unit is not None and skipped:
            self.next_ns = unit.stamp_ns
            self._made_up = CarriedOn(self._history)
        self._stats.dropped += skipped

    def _next_unit(self) -> AccessUnit | None:
        """The frame to play next, still in the queue; those wholly in the past are dropped."""
        over_ns = self.next_ns - self._frame_ns + SAME_NS
        while (unit := self._queue.first()) is not None and unit.stamp_ns <= over_ns:
            self._queue.take(unit)
            self._stats.late += 1
        return unit

    def _bridge(self, missing: int, grows: bool) -> Block:
        if not grows:
            self.next_ns += missing * NS_PER_SECOND // SAMPLE_RATE
        sound = self._make_up(missing)
        if self._made_up is not None and self._made_up.over:
            self.stop()
        return sound

    def _fill(self, unit: AccessUnit, gap_ns: int) -> Block:
        """A piece of the gap before `unit`, at most a frame: its last one may be in `unit`."""
        if gap_ns > self._frame_ns + SAME_NS:
            self.next_ns += self._frame_ns
            return self._make_up(samples(self._frame_ns))
        self.next_ns = unit.stamp_ns
        decoder = self._decoder
        if (
            decoder is None
            or not decoder.conceals
            or decoder.codec != unit.codec
            or not carries_frame_before(unit.data)
        ):
            return self._make_up(samples(gap_ns))
        self._repairs_until_ns = unit.stamp_ns + REPAIRING_NS
        try:
            sound = decoder.recover(unit.data, samples(self._frame_ns))
        except CodecFailure:  # it will be told of when the unit itself is decoded
            return self._make_up(samples(gap_ns))
        self._stats.recovered_ms += gap_ns / NS_PER_MS
        return self._heard(self._joined(sound, self._frame_ns - gap_ns))

    def _decode(self, unit: AccessUnit, past_ns: int) -> Block:
        """The sound of a frame without its first `past_ns`, joined to what was heard before."""
        try:
            sound, length_ns = self._decoder_for(unit).decode(unit.data)
        except CodecFailure as error:
            log.debug("sound not decoded", stream=self._name, reason=str(error))
            self._stats.broken += 1
            self.next_ns = unit.stamp_ns + self._frame_ns
            return self._made(samples(self._frame_ns))
        self._frame_ns = length_ns
        self.next_ns = unit.stamp_ns + length_ns
        return self._joined(sound, past_ns)

    def _joined(self, sound: Block, past_ns: int) -> Block:
        """Real sound without its first `past_ns`, gone over into from what was made up."""
        if past_ns > SAME_NS:
            sound = sound[samples(past_ns) :]
            if self._made_up is not None:  # the decoder goes on from the beginning, not from here
                self._made_up = CarriedOn(self._history)
        if self._made_up is None:
            return sound
        joined = self._made_up.resume(sound)
        if self._made_up.joined:
            self._made_up = None
        return joined

    def _decoder_for(self, unit: AccessUnit) -> AudioDecoder:
        if self._decoder is None or self._decoder.codec != unit.codec:
            self._decoder = audio_decoder(unit.codec)
        return self._decoder

    def _length_ns(self, unit: AccessUnit) -> int:
        ticks = sound_ticks(unit.codec, unit.data)
        return ticks * NS_PER_SECOND // unit.codec.rtp_clock if ticks else self._frame_ns

    def _make_up(self, count: int) -> Block:
        return self._heard(self._made(count))

    def _made(self, count: int) -> Block:
        self._stats.concealed_ms += count * 1000 / SAMPLE_RATE
        return self._lose().take(count)

    def _lose(self) -> Concealment:
        """What is made up from now on, or since the last real sound."""
        if self._made_up is None:
            self._made_up = concealment(self._decoder, self._history)
        elif self._made_up.resumed:  # real sound was not yet heard as the decoder gave it
            self._made_up = CarriedOn(self._history)
        return self._made_up

    def _heard(self, sound: Block) -> Block:
        kept = self._history[len(sound) :] if len(sound) < HISTORY else self._history[:0]
        self._history = joined(kept, sound[-HISTORY:])
        return sound


def samples(length_ns: int) -> int:
    """How many samples at 48 kHz last that long; towards the past."""
    return length_ns * SAMPLE_RATE // NS_PER_SECOND

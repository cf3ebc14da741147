"""From mixed blocks to coded sound, packetised once for all receivers."""

from collections import deque

import numpy as np

from mcu_core.egress.lowering import lowering
from mcu_core.egress.sound_coders import LAYOUTS, SoundCoder, sound_coder
from mcu_core.egress.timestamps import StreamClock
from mcu_core.errors import BadInput, CodecFailure
from mcu_core.kernels.blocks import joined
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import AAC, OPUS
from mcu_core.media.libopus import DTX_BYTES
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE, Block
from mcu_core.media.units import AudioForm, EncodedUnit
from mcu_core.protocol.payload.base import payloader, sound_ticks


class AudioEncoder:
    """One encoder of one form; not thread-safe.

    Codecs with frames of 20 ms give one unit per block, AAC 15 for 16. A unit's `stamp_ns` is when
    the first sample that comes out of the decoder was mixed, what resampler and codec delay taken
    into account; the frame of nothing that AAC begins with is left out. A unit of silence that need
    not be sent (DTX) has no payloads. Raises BadInput for a form that cannot be coded, CodecFailure
    when the library gives up.
    """

    def __init__(self, form: AudioForm) -> None:
        if form.channels not in LAYOUTS:
            raise BadInput("channels", f"1 or 2, not {form.channels}")
        self.form = form
        self._codec = form.codec
        self._channels = min(form.channels, form.codec.channels)
        self._coder: SoundCoder | None = sound_coder(form, self._channels)
        self._frame_samples = self._coder.frame_samples
        self._late_samples = self._coder.priming + self._coder.delay_samples
        self._priming = self._coder.priming
        self._config = self._coder.config() if form.codec == AAC else b""
        self._payloader = None if form.codec == AAC else payloader(form.codec)
        self._stream_clock = StreamClock(form.codec.rtp_clock)
        self._lowering = lowering(form.codec, self._channels)
        self._late_samples += self._lowering.delay_samples
        self._waiting: Block | None = None
        self._taken = 0
        self._made = 0
        self._starts: deque[tuple[int, int]] = deque(maxlen=8)
        """First sample and stamp of the last blocks taken."""

    def config(self) -> bytes:
        """AAC's AudioSpecificConfig (ISO 14496-3 1.6.2.1); empty for the others."""
        return self._config

    def encode(self, block: Block, stamp_ns: int) -> EncodedUnit | None:
        """Code one block, shape (960, 2); None while AAC's longer frame fills."""
        if self._coder is None:
            raise CodecFailure("the encoder is closed")
        self._starts.append((self._taken, stamp_ns))
        self._taken += BLOCK_SAMPLES * self._codec.sample_rate // SAMPLE_RATE
        sound = self._next_frame(self._lowering.lower(block))
        data = self._coder.code(sound) if sound is not None else b""
        return self._unit(data) if data else None

    def _next_frame(self, sound: Block) -> Block | None:
        size = self._frame_samples
        if self._waiting is None:
            # A resampler may keep a few samples back for good; with as much silence in front each
            # block makes a frame. AAC must wait for its first frame in any case.
            missing = size - len(sound) if self._codec.sample_rate != SAMPLE_RATE else 0
            self._waiting = np.zeros((missing, self._channels), np.float32)
            self._late_samples += missing
        if not len(self._waiting) and len(sound) == size:
            return sound
        self._waiting = joined(self._waiting, sound)
        if len(self._waiting) < size:
            return None
        frame, self._waiting = self._waiting[:size], self._waiting[size:]
        return frame

    def _unit(self, data: bytes) -> EncodedUnit | None:
        first_sample = self._made * self._frame_samples
        self._made += 1
        if first_sample < self._priming:
            return None
        stamp_ns = self._stamp_of(first_sample - self._late_samples)
        codec = self._codec
        payloads = self._payloads(data)
        return EncodedUnit(
            codec=codec,
            data=data,
            stamp_ns=stamp_ns,
            rtp_timestamp=self._stream_clock.at(stamp_ns),
            keyframe=True,
            payloads=payloads,
            duration_ns=self._frame_samples * NS_PER_SECOND // codec.sample_rate,
            payload_ticks=sound_ticks(codec, payloads[0]) if len(payloads) > 1 else 0,
        )

    def _payloads(self, data: bytes) -> tuple[bytes, ...]:
        unsent = self.form.dtx and self._codec == OPUS and len(data) <= DTX_BYTES
        if self._payloader is None or unsent:
            return ()
        return self._payloader.payloads(data, True)

    def _stamp_of(self, sample: int) -> int:
        """When that sample was mixed: the stamp of its block, and where in the block it stands.

        One from before the first block was mixed as long before that.
        """
        start, stamp_ns = next(
            (start for start in reversed(self._starts) if start[0] <= sample), self._starts[0]
        )
        return stamp_ns + (sample - start) * NS_PER_SECOND // self._codec.sample_rate

    def close(self) -> None:
        """Let the library's encoder go; safe twice."""
        self._coder = None

"""From mixed blocks to coded sound, packetised once for all receivers."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from mcu_core.egress.timestamps import StreamClock
from mcu_core.errors import BadInput, CodecFailure
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import AAC, G722, OPUS, PCMA, PCMU
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE, Block
from mcu_core.media.units import AudioForm, EncodedUnit
from mcu_core.protocol.payload.base import payloader

AAC_CONFIG_BYTES = 2
"""AudioSpecificConfig of AAC-LC; FFmpeg goes on with an extension that says "no SBR"."""

_CODEC_ERRORS = (av.FFmpegError, ValueError, OverflowError, MemoryError)
_LAYOUTS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a codec is run.

    `frame_samples` at its own rate; `priming`: samples of nothing that the encoder puts in front.
    """

    sample_format: str
    frame_samples: int
    options: Mapping[str, str] = field(default_factory=dict)
    has_bitrate: bool = False
    priming: int = 0


_SETTINGS: Mapping[str, _Setting] = {
    # In-band FEC for 5 % of loss (RFC 6716 2.1.7): speech is then coded with a copy of the frame
    # before, while Opus still leaves music and tones to its transform coder (40 dB of SINAD).
    OPUS.name: _Setting(
        "flt",
        960,
        {"application": "voip", "fec": "1", "packet_loss": "5", "frame_duration": "20"},
        has_bitrate=True,
    ),
    G722.name: _Setting("s16", 320),
    PCMA.name: _Setting("s16", 160),
    PCMU.name: _Setting("s16", 160),
    AAC.name: _Setting("fltp", 1024, has_bitrate=True, priming=1024),
}


class AudioEncoder:
    """One encoder of one form; not thread-safe.

    Codecs with frames of 20 ms give one unit per block, AAC 15 for 16. A unit's `stamp_ns` is
    exactly when its first sample was mixed; the frame of nothing that AAC begins with is left out.
    Delays inside (resampler to 8 or 16 kHz 2 ms, Opus 6.5 ms) are not told. Raises BadInput for a
    form that cannot be coded, CodecFailure when the library gives up.
    """

    def __init__(self, form: AudioForm) -> None:
        if form.codec.name not in _SETTINGS:
            raise BadInput("codec", f"one of {', '.join(_SETTINGS)}, not {form.codec.name}")
        if form.channels not in _LAYOUTS:
            raise BadInput("channels", f"1 or 2, not {form.channels}")
        self.form = form
        self._codec = form.codec
        self._setting = _SETTINGS[form.codec.name]
        self._channels = min(form.channels, form.codec.channels)
        self._payloader = None if form.codec is AAC else payloader(form.codec)
        self._stream_clock = StreamClock(form.codec.rtp_clock)
        self._context: AudioCodecContext | None = self._open()
        self._resampler = (
            av.AudioResampler("flt", "mono", self._codec.sample_rate)
            if self._codec.sample_rate != SAMPLE_RATE
            else None
        )
        self._waiting: Block | None = None
        self._taken = 0
        self._made = 0
        self._starts: deque[tuple[int, int]] = deque(maxlen=8)
        """First sample and stamp of the last blocks taken."""

    def _open(self) -> AudioCodecContext:
        try:
            context = av.CodecContext.create(self._codec.encoder, "w")
            assert isinstance(context, AudioCodecContext)
            context.sample_rate = self._codec.sample_rate
            context.layout = _LAYOUTS[self._channels]
            context.format = self._setting.sample_format
            context.time_base = Fraction(1, self._codec.sample_rate)
            if self._setting.has_bitrate:
                context.bit_rate = self.form.bitrate_bps
            context.options = dict(self._setting.options)
            context.open()
        except _CODEC_ERRORS as error:
            raise CodecFailure(f"no encoder for {self.form}: {error}") from error
        return context

    def config(self) -> bytes:
        """AAC's AudioSpecificConfig (ISO 14496-3 1.6.2.1); empty for the others."""
        if self._codec is not AAC or self._context is None:
            return b""
        return (self._context.extradata or b"")[:AAC_CONFIG_BYTES]

    def encode(self, block: Block, stamp_ns: int) -> EncodedUnit | None:
        """Code one block, shape (960, 2); None while AAC's longer frame fills."""
        if self._context is None:
            raise CodecFailure("the encoder is closed")
        self._starts.append((self._taken, stamp_ns))
        self._taken += BLOCK_SAMPLES * self._codec.sample_rate // SAMPLE_RATE
        try:
            frame = self._next_frame(self._at_codec_rate(block))
            if frame is None:
                return None
            data = b"".join(map(bytes, self._context.encode(frame)))
        except _CODEC_ERRORS as error:
            raise CodecFailure(f"{self._codec.name} encoder: {error}") from error
        return self._unit(data) if data else None

    def _at_codec_rate(self, block: Block) -> Block:
        """Samples at the codec's rate, shape (n, channels)."""
        sound = block if self._channels > 1 else block.mean(axis=1, keepdims=True)
        if self._resampler is None:
            return sound
        whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "flt", "mono")
        whole.sample_rate = SAMPLE_RATE
        parts = [part.to_ndarray().reshape(-1, 1) for part in self._resampler.resample(whole)]
        return np.concatenate(parts).astype(np.float32, copy=False)

    def _next_frame(self, sound: Block) -> av.AudioFrame | None:
        size = self._setting.frame_samples
        if self._waiting is None:
            # The resampler keeps a few samples back for good; with as much silence in front each
            # block makes a frame. AAC must wait for its first frame in any case.
            missing = size - len(sound) if self._resampler is not None else 0
            self._waiting = np.zeros((missing, self._channels), np.float32)
        self._waiting = np.concatenate((self._waiting, sound))
        if len(self._waiting) < size:
            return None
        frame = self._as_frame(self._waiting[:size])
        self._waiting = self._waiting[size:]
        return frame

    def _as_frame(self, sound: Block) -> av.AudioFrame:
        name = self._setting.sample_format
        samples: NDArray[np.float32] | NDArray[np.int16]
        if name == "s16":
            samples = np.rint(np.clip(sound, -1.0, 1.0) * 32767.0).astype(np.int16).reshape(1, -1)
        elif name == "fltp":
            samples = np.ascontiguousarray(sound.T)
        else:
            samples = np.ascontiguousarray(sound).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, name, _LAYOUTS[self._channels])
        frame.sample_rate = self._codec.sample_rate
        return frame

    def _unit(self, data: bytes) -> EncodedUnit | None:
        first_sample = self._made * self._setting.frame_samples - self._setting.priming
        self._made += 1
        if first_sample < 0:
            return None
        stamp_ns = self._stamp_of(first_sample)
        codec = self._codec
        return EncodedUnit(
            codec=codec,
            data=data,
            stamp_ns=stamp_ns,
            rtp_timestamp=self._stream_clock.at(stamp_ns),
            keyframe=True,
            payloads=self._payloader.payloads(data, True) if self._payloader is not None else (),
            duration_ns=self._setting.frame_samples * NS_PER_SECOND // codec.sample_rate,
        )

    def _stamp_of(self, sample: int) -> int:
        """When that sample was mixed: the stamp of its block, and where in the block it stands."""
        start, stamp_ns = next(
            (start for start in reversed(self._starts) if start[0] <= sample), self._starts[0]
        )
        return stamp_ns + (sample - start) * NS_PER_SECOND // self._codec.sample_rate

    def close(self) -> None:
        """Let the library's encoder go; safe twice."""
        self._context = None

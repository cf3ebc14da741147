"""From coded sound frames to blocks at 48 kHz, stereo."""

from typing import Protocol

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from mcu_core.errors import CodecFailure
from mcu_core.kernels.ratio import LOW_PASSES, past_of_lower, raise_rate
from mcu_core.media import g711, libopus
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import G726_FORMS, L16_FORMS, OPUS, PCMA, PCMU, Codec
from mcu_core.media.libopus import CONCEALED_STEP, SILK_CONCEALED_STEP, OpusDecoder
from mcu_core.media.sound import CHANNELS, SAMPLE_RATE, Block
from mcu_core.protocol.payload import opus

LONGEST_FRAME_S = 0.6
"""Opus has at most 120 ms per packet, FFmpeg sends 512 ms of G.726 at 16 kbit/s; more is none."""

RAISED = frozenset(SAMPLE_RATE // ratio for ratio in LOW_PASSES)
"""Sample rates that we raise ourselves."""

_NOT_OF_THIS_CODEC = "this codec has no way over a gap of its own"
_CODEC_ERRORS = (av.FFmpegError, ValueError, OverflowError, MemoryError)
_LAYOUTS = {1: "mono", 2: "stereo"}
_OPTIONS = {
    codec: {"bits_per_coded_sample": str(codec.bitrate_bps // codec.sample_rate)}
    for codec in G726_FORMS
}
"""What FFmpeg's decoders cannot read from the stream."""


class AudioDecoder(Protocol):
    """One decoder of one stream; not thread-safe. All its errors are CodecFailure.

    `conceals`: in steps of how many samples the codec itself makes up what is missing; 0: it does
    not, and `recover` and `conceal` may not be called.
    """

    codec: Codec
    conceals: int

    def decode(self, data: bytes) -> tuple[Block, int]:
        """Sound of one frame, shape (n, 2), and its own length in ns. Mono is on both channels."""

    def recover(self, data: bytes, samples: int) -> Block:
        """The `samples` (2.5 to 120 ms) before the frame `data`, which is decoded next."""

    def conceal(self, samples: int) -> Block:
        """The `samples`, a multiple of `conceals`, that may have followed what was decoded."""


def audio_decoder(codec: Codec) -> AudioDecoder:
    """A decoder of that codec; raises CodecFailure where there is none."""
    if codec is OPUS and libopus.library() is not None:
        return OpusFrames()
    if codec in L16_FORMS and codec.sample_rate == SAMPLE_RATE:
        return L16Frames(codec)
    if codec in (PCMA, PCMU):
        return G711Frames(codec)
    return FfmpegFrames(codec)


class OpusFrames:
    """Opus, with the codec's own ways over a gap."""

    codec = OPUS

    def __init__(self) -> None:
        self._decoder = OpusDecoder(CHANNELS)
        self.conceals = CONCEALED_STEP

    def decode(self, data: bytes) -> tuple[Block, int]:
        sound = self._decoder.decode(data)
        self.conceals = SILK_CONCEALED_STEP if opus.has_silk(data) else CONCEALED_STEP
        return sound, len(sound) * NS_PER_SECOND // SAMPLE_RATE

    def recover(self, data: bytes, samples: int) -> Block:
        return self._decoder.recover(data, samples // CONCEALED_STEP * CONCEALED_STEP)

    def conceal(self, samples: int) -> Block:
        return self._decoder.conceal(samples)


class L16Frames:
    """Samples as they are, at our own rate."""

    conceals = 0

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def decode(self, data: bytes) -> tuple[Block, int]:
        samples, rest = divmod(len(data), 2 * self.codec.channels)
        if rest or not 0 < samples <= LONGEST_FRAME_S * SAMPLE_RATE:
            raise CodecFailure(f"{len(data)} bytes are no sound frame of {self.codec.name}")
        sound = np.frombuffer(data, ">i2").astype(np.float32) * np.float32(1 / 32768)
        block = _two_channels(sound.reshape(samples, self.codec.channels), self.codec.channels)
        return block, samples * NS_PER_SECOND // SAMPLE_RATE

    def recover(self, data: bytes, samples: int) -> Block:
        raise CodecFailure(_NOT_OF_THIS_CODEC)

    def conceal(self, samples: int) -> Block:
        raise CodecFailure(_NOT_OF_THIS_CODEC)


class Raised:
    """One channel at 8 or 16 kHz, raised to a block; not thread-safe.

    Each frame comes out as long as it is; the filter makes its sound 1.75 or 1.1 ms later.
    """

    def __init__(self, sample_rate: int) -> None:
        self._ratio = SAMPLE_RATE // sample_rate
        self._past = past_of_lower(self._ratio)

    def block(self, samples: NDArray[np.float32]) -> Block:
        """All samples of the next frame, on both channels."""
        out = np.empty((len(samples) * self._ratio, CHANNELS), np.float32)
        raise_rate(samples, self._past, LOW_PASSES[self._ratio], out)
        return out


class G711Frames:
    """Either law, without the library: a table and a filter of our own."""

    conceals = 0

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self._raised = Raised(codec.sample_rate)

    def decode(self, data: bytes) -> tuple[Block, int]:
        if not 0 < len(data) <= LONGEST_FRAME_S * self.codec.sample_rate:
            raise CodecFailure(f"{len(data)} bytes are no sound frame of {self.codec.name}")
        sound = self._raised.block(g711.expand(self.codec.name, data))
        return sound, len(data) * NS_PER_SECOND // self.codec.sample_rate

    def recover(self, data: bytes, samples: int) -> Block:
        raise CodecFailure(_NOT_OF_THIS_CODEC)

    def conceal(self, samples: int) -> Block:
        raise CodecFailure(_NOT_OF_THIS_CODEC)


class FfmpegFrames:
    """Any codec of FFmpeg's."""

    conceals = 0

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        try:
            context = av.CodecContext.create(codec.decoder, "r")
            assert isinstance(context, AudioCodecContext)
            context.thread_count = 1
            context.sample_rate = codec.sample_rate
            context.layout = _LAYOUTS[codec.channels]
            context.options = _OPTIONS.get(codec, {})
        except _CODEC_ERRORS as error:
            raise CodecFailure(f"no decoder for {codec.name}: {error}") from error
        self._context = context
        self._resampler: av.AudioResampler | None = None
        self._resampled: tuple[int, int] = (0, 0)
        self._raised: Raised | None = None
        self._raised_from = 0

    def decode(self, data: bytes) -> tuple[Block, int]:
        """See AudioDecoder. The first frame of a stream at an odd rate comes out some milliseconds
        shorter than it is: the resampler keeps them."""
        if not data:
            raise CodecFailure("an empty sound frame")
        try:
            frames = self._context.decode(av.Packet(data))
            length_s = sum(frame.samples / frame.sample_rate for frame in frames)
            if not 0 < length_s <= LONGEST_FRAME_S:
                raise CodecFailure(f"a sound frame of {length_s} s")
            parts = [self._stereo(frame) for frame in frames]
        except (*_CODEC_ERRORS, ZeroDivisionError) as error:
            raise CodecFailure(f"{self.codec.name} sound: {error}") from error
        sound = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return sound, round(length_s * NS_PER_SECOND)

    def recover(self, data: bytes, samples: int) -> Block:
        raise CodecFailure(_NOT_OF_THIS_CODEC)

    def conceal(self, samples: int) -> Block:
        raise CodecFailure(_NOT_OF_THIS_CODEC)

    def _stereo(self, frame: av.AudioFrame) -> Block:
        channels = min(len(frame.layout.channels), CHANNELS)
        if frame.sample_rate == SAMPLE_RATE and len(frame.layout.channels) == channels:
            return _two_channels(_floats(frame), channels)
        if channels == 1 and frame.sample_rate in RAISED:
            if self._raised is None or self._raised_from != frame.sample_rate:
                self._raised, self._raised_from = Raised(frame.sample_rate), frame.sample_rate
            return self._raised.block(_floats(frame)[:, 0])
        if self._resampler is None or self._resampled != (frame.sample_rate, channels):
            self._resampler = av.AudioResampler("flt", _LAYOUTS[channels], SAMPLE_RATE)
            self._resampled = (frame.sample_rate, channels)
        frame.pts = None
        parts = [_floats(part) for part in self._resampler.resample(frame)]
        if not parts:
            return np.empty((0, CHANNELS), np.float32)
        return _two_channels(np.concatenate(parts), channels)


def _floats(frame: av.AudioFrame) -> NDArray[np.float32]:
    """Samples of shape (n, channels), full scale -1..1."""
    raw = frame.to_ndarray()
    channels = len(frame.layout.channels)
    samples = raw.T if frame.format.is_planar else raw.reshape(-1, channels)
    if samples.dtype == np.int16:
        return samples.astype(np.float32) * np.float32(1 / 32768)
    return samples.astype(np.float32, copy=False)


def _two_channels(samples: NDArray[np.float32], channels: int) -> Block:
    return np.repeat(samples, 2, axis=1) if channels == 1 else np.ascontiguousarray(samples)

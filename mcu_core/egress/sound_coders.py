"""Sound coders by codec: whole frames of samples at the codec's rate in, coded frames out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Protocol

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from mcu_core.errors import BadInput, CodecFailure
from mcu_core.media import g711, libopus
from mcu_core.media.codec import (
    AAC,
    AAC_GENERIC_FORMS,
    AAC_LATM_FORMS,
    G722,
    G723,
    G726_FORMS,
    G729,
    GSM,
    L16_FORMS,
    OPUS,
    PCMA,
    PCMU,
    Codec,
)
from mcu_core.media.libopus import LOOKAHEAD_SAMPLES, OpusEncoder
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE, Block
from mcu_core.media.telephone import G726Encoder, G729Encoder, GsmEncoder
from mcu_core.media.units import AudioForm

AAC_CONFIG_BYTES = 2
"""AudioSpecificConfig of AAC-LC; FFmpeg goes on with an extension that says "no SBR"."""

OPUS_COMPLEXITY = 7
"""The lowest that still tells music from speech. Less noise above the masking threshold than 10 by
0.1 dB in one sound and more in another, 0.86 times its cost (1.6.1, stereo speech at 64 kbit/s)."""

LOSSY_PERCENT = 10
"""What in-band FEC is tuned for on a path that loses packets. On others there is none: stereo at
64 kbit/s then goes to Opus's transform coder, for a quarter of the cost and less noise."""

CODEC_ERRORS = (av.FFmpegError, ValueError, OverflowError, MemoryError)
LAYOUTS = {1: "mono", 2: "stereo"}


class SoundCoder(Protocol):
    """One encoder; not thread-safe. All its errors are CodecFailure.

    At the codec's own rate: `frame_samples`; `priming`: samples of nothing that it puts in front;
    `delay_samples`: how much later a sound comes out of the decoder, priming apart.
    """

    frame_samples: int
    priming: int
    delay_samples: int

    def code(self, sound: Block) -> bytes:
        """The coded frame of `frame_samples` samples, shape (n, channels); AAC's first is empty."""

    def config(self) -> bytes:
        """What a decoder must be told before; mostly nothing."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """How FFmpeg's encoder of a codec is run."""

    sample_format: str
    frame_samples: int
    options: Mapping[str, str] = field(default_factory=dict)
    has_bitrate: bool = False
    priming: int = 0
    delay_samples: int = 0


_SETTINGS: Mapping[str, _Setting] = {
    OPUS.name: _Setting(
        "flt",
        960,
        {
            "application": "voip",
            "frame_duration": "20",
            "compression_level": str(OPUS_COMPLEXITY),
        },
        has_bitrate=True,
        delay_samples=LOOKAHEAD_SAMPLES,
    ),
    G722.name: _Setting("s16", 320, delay_samples=22),  # of its filter bank (G.722 figure 1)
    G723.name: _Setting("s16", 240, has_bitrate=True, delay_samples=60),  # look-ahead
    **dict.fromkeys(
        (AAC.name, AAC_GENERIC_FORMS[0].name, AAC_LATM_FORMS[0].name),
        _Setting("fltp", 1024, has_bitrate=True, priming=1024),
    ),
}


def sound_coder(form: AudioForm, channels: int) -> SoundCoder:
    """An encoder of that form; raises BadInput for a codec without one, or CodecFailure."""
    if form.codec in L16_FORMS:
        return L16Coder(form)
    if form.codec in _TELEPHONE:
        return TelephoneCoder(form)
    if form.codec in (PCMA, PCMU):
        return G711Coder(form)
    if form.codec.name not in _SETTINGS:
        raise BadInput("codec", f"L16 or one of {', '.join(_SETTINGS)}, not {form.codec.name}")
    if form.codec == OPUS and libopus.library() is not None:
        return OpusCoder(form, channels)
    return FfmpegCoder(form, channels)


class OpusCoder:
    """Opus by libopus itself: with DTX where asked for, in-band FEC on paths that lose packets."""

    frame_samples = 960
    priming = 0
    delay_samples = LOOKAHEAD_SAMPLES

    def __init__(self, form: AudioForm, channels: int) -> None:
        self._encoder = OpusEncoder(channels, form.bitrate_bps, OPUS_COMPLEXITY, form.dtx)
        self._encoder.expect_loss(LOSSY_PERCENT if form.lossy else 0)

    def code(self, sound: Block) -> bytes:
        return self._encoder.encode(sound)

    def config(self) -> bytes:
        return b""


class L16Coder:
    """Samples as they are, in frames of 20 ms."""

    priming = 0
    delay_samples = 0

    def __init__(self, form: AudioForm) -> None:
        self.frame_samples = form.codec.sample_rate * BLOCK_SAMPLES // SAMPLE_RATE

    def code(self, sound: Block) -> bytes:
        scaled: Block = np.rint(sound * np.float32(32768))
        return scaled.clip(-32768, 32767).astype(">i2").tobytes()

    def config(self) -> bytes:
        return b""


class G711Coder:
    """Either law, by a table, in frames of 20 ms."""

    priming = 0
    delay_samples = 0

    def __init__(self, form: AudioForm) -> None:
        self._codec = form.codec.name
        self.frame_samples = form.codec.sample_rate * BLOCK_SAMPLES // SAMPLE_RATE

    def code(self, sound: Block) -> bytes:
        return g711.compress(self._codec, sound[:, 0])

    def config(self) -> bytes:
        return b""


class Telephone(Protocol):
    """An encoder of `media/telephone.py`."""

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """Code samples of 8 kHz."""


_TELEPHONE: Mapping[Codec, tuple[Callable[[], Telephone], int]] = {
    **{codec: (partial(G726Encoder, codec.bitrate_bps), 0) for codec in G726_FORMS},
    G729: (G729Encoder, 40),
    GSM: (GsmEncoder, 0),
}
"""The encoder, and how much later a sound comes out of the decoder, in samples."""


class TelephoneCoder:
    """A codec of 8 kHz by a library of the system, in frames of 20 ms."""

    frame_samples = 160
    priming = 0

    def __init__(self, form: AudioForm) -> None:
        make, self.delay_samples = _TELEPHONE[form.codec]
        self._encoder = make()

    def code(self, sound: Block) -> bytes:
        return self._encoder.encode(_whole_numbers(sound))

    def config(self) -> bytes:
        return b""


FULL_BAND_AAC = frozenset((*AAC_GENERIC_FORMS, *AAC_LATM_FORMS))
FULL_BAND_HZ = 20_000
FULL_BAND_BPS = 64_000
"""Per channel: with less FFmpeg's AAC had better leave the highest out."""


def _bitrate(form: AudioForm, channels: int) -> int:
    """What the codec itself has, or the form's; for AAC enough for its whole band."""
    if form.codec in FULL_BAND_AAC:
        return max(form.bitrate_bps, channels * FULL_BAND_BPS)
    return form.codec.bitrate_bps or form.bitrate_bps


class FfmpegCoder:
    """Any codec of FFmpeg's. Opus without the library has neither DTX nor FEC."""

    def __init__(self, form: AudioForm, channels: int) -> None:
        codec = form.codec
        setting = self._setting = _SETTINGS[codec.name]
        self.frame_samples, self.priming = setting.frame_samples, setting.priming
        self.delay_samples = setting.delay_samples
        self._layout = LAYOUTS[channels]
        try:
            context = av.CodecContext.create(codec.encoder, "w")
            assert isinstance(context, AudioCodecContext)
            context.sample_rate = codec.sample_rate
            context.layout = self._layout
            context.format = setting.sample_format
            context.time_base = Fraction(1, codec.sample_rate)
            if setting.has_bitrate:
                context.bit_rate = _bitrate(form, channels)
            context.options = dict(setting.options)
            if codec in FULL_BAND_AAC:
                context.options = {"cutoff": str(min(FULL_BAND_HZ, codec.sample_rate // 2))}
            context.open()
        except CODEC_ERRORS as error:
            raise CodecFailure(f"no encoder for {form}: {error}") from error
        self._context = context

    def code(self, sound: Block) -> bytes:
        try:
            return b"".join(map(bytes, self._context.encode(self._as_frame(sound))))
        except CODEC_ERRORS as error:
            raise CodecFailure(f"{self._context.name} encoder: {error}") from error

    def config(self) -> bytes:
        """AAC's AudioSpecificConfig (ISO 14496-3 1.6.2.1); empty for the others."""
        return (self._context.extradata or b"")[:AAC_CONFIG_BYTES]

    def _as_frame(self, sound: Block) -> av.AudioFrame:
        name = self._setting.sample_format
        samples: NDArray[np.float32] | NDArray[np.int16]
        if name == "s16":
            samples = _whole_numbers(sound).reshape(1, -1)
        elif name == "fltp":
            samples = np.ascontiguousarray(sound.T)
        else:
            samples = np.ascontiguousarray(sound).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, name, self._layout)
        frame.sample_rate = self._context.sample_rate
        return frame


def _whole_numbers(sound: Block) -> NDArray[np.int16]:
    whole: NDArray[np.int16] = np.rint(np.clip(sound, -1.0, 1.0) * 32767.0).astype(np.int16)
    return whole

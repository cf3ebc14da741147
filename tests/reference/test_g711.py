"""G.711's tables beside FFmpeg's coders."""

from fractions import Fraction

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.media import g711
from mcu_core.media.codec import PCMA, PCMU, Codec

LAWS = pytest.mark.parametrize("codec", [PCMA, PCMU], ids=["A", "mu"])
EVERY_BYTE = bytes(range(256))


def ffmpeg_expanded(codec: Codec, data: bytes) -> NDArray[np.int16]:
    context = av.CodecContext.create(codec.decoder, "r")
    context.sample_rate, context.layout = 8000, "mono"  # type: ignore[attr-defined]
    frames = context.decode(av.Packet(data))  # type: ignore[attr-defined]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


def ffmpeg_compressed(codec: Codec, levels: NDArray[np.int16]) -> bytes:
    context = av.CodecContext.create(codec.encoder, "w")
    context.sample_rate, context.layout = 8000, "mono"  # type: ignore[attr-defined]
    context.format, context.time_base = "s16", Fraction(1, 8000)  # type: ignore[attr-defined]
    frame = av.AudioFrame.from_ndarray(levels.reshape(1, -1), "s16", "mono")
    frame.sample_rate = 8000
    return b"".join(map(bytes, context.encode(frame)))  # type: ignore[attr-defined]


@LAWS
def test_every_byte_stands_for_what_ffmpeg_says(codec: Codec) -> None:
    found = g711.expand(codec.name, EVERY_BYTE) * 32768
    assert np.array_equal(found, ffmpeg_expanded(codec, EVERY_BYTE))


@LAWS
def test_every_level_becomes_the_nearest_byte(codec: Codec) -> None:
    levels = np.arange(-32768, 32768).astype(np.int16)
    samples = (levels / 32768).astype(np.float32)
    ours = g711.expand(codec.name, g711.compress(codec.name, samples)) - samples
    theirs = ffmpeg_expanded(codec, ffmpeg_compressed(codec, levels)) / np.float32(32768) - samples
    assert (np.abs(ours) <= np.abs(theirs)).all()


@LAWS
def test_what_is_over_full_scale_becomes_full_scale(codec: Codec) -> None:
    samples = np.array([2.0, -2.0], np.float32)
    back = g711.expand(codec.name, g711.compress(codec.name, samples))
    assert back[0] == -back[1] > 0.97


def test_silence_is_the_idle_code() -> None:
    silence = np.zeros(3, np.float32)
    assert g711.compress(PCMA.name, silence) == b"\xd5\xd5\xd5"
    assert not g711.expand(PCMU.name, g711.compress(PCMU.name, silence)).any()

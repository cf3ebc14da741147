"""Tapes for the load: real pictures with a counter in them, and sound, coded before the run.

Picture n of a tape shows the counter n; the first picture of each second is a keyframe. Sound of
`chirps` begins a chirp where picture 0, fps, 2 fps, ... is captured.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.load.tape import Tape
from benchmarks.slides import slides
from control_api.cli.demo_clips import prepare
from mcu_core.endpoints.pattern import TONE_AMPLITUDE, PatternSound
from mcu_core.media import marker
from mcu_core.media.codec import H264, OPUS, Codec
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.protocol.payload.base import payloader

FPS = 30
BLOCKS_PER_S = SAMPLE_RATE // BLOCK_SAMPLES
LOOP_S = 8
VERSION = 1
"""Tapes kept by another version are made anew."""

SIZES = {
    "360p": (640, 360),
    "4cif": (704, 576),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
}
BITRATES = {"360p": 800_000, "4cif": 1_000_000, "720p": 2_000_000, "1080p": 4_000_000}
RATES_IN = (0.5, 0.75, 1.0, 1.5, 1.0)
"""Of the usual bit rate: terminals do not agree on one."""

SLIDES = 4
"""The source number of the slides; the clips of the demo go before them."""

Blocks = Callable[[int], NDArray[np.float32]]
"""Makes 20 ms of one channel of sound, by number."""


@dataclass(frozen=True, slots=True)
class VideoKind:
    """What a video tape is made from: size by name, pictures a second, bit rate, and `source`.

    That is the marker's number; its footage is clip number source modulo five.
    """

    source: int
    size: str = "720p"
    fps: int = FPS
    bitrate_bps: int = 2_000_000

    @property
    def name(self) -> str:
        """Names its file."""
        return f"v{VERSION}-{self.source}-{self.size}-{self.fps}-{self.bitrate_bps}-{LOOP_S}s"


def video_kinds(size: str, fps: int = FPS) -> list[VideoKind]:
    """Five kinds of pictures of one size at different bit rates: heads, things, people, film,
    slides."""
    usual = BITRATES[size] * (2 if fps > FPS else 1)
    return [VideoKind(k, size, fps, int(usual * rate)) for k, rate in enumerate(RATES_IN)]


@lru_cache(maxsize=64)
def video_tape(kind: VideoKind, clips: Path) -> Tape:
    """The tape of that kind; made once and kept in a folder beside the clips."""
    path = clips / "tapes" / f"{kind.name}.npz"
    if path.exists():
        return Tape.load(path)
    h264 = payloader(H264)
    units = [h264.payloads(data, keyframe) for data, keyframe in _coded(kind, clips)]
    tape = Tape.of(H264, kind.fps, units)
    tape.save(path)
    return tape


def _pictures(kind: VideoKind, clips: Path) -> Iterator[av.VideoFrame]:
    footage = kind.source % (SLIDES + 1)
    if footage == SLIDES:
        yield from slides(*SIZES[kind.size], LOOP_S, kind.fps)
        return
    paths = [Path(clip["path"]) for clip in prepare(clips)]
    with av.open(str(paths[footage]), "r") as container:
        for decoded in container.decode(video=0):
            yield decoded.reformat(*SIZES[kind.size], "yuv420p", threads=1)


def _coded(kind: VideoKind, clips: Path) -> Iterator[tuple[bytes, bool]]:
    encoder: Any = av.CodecContext.create("libx264", "w")
    (encoder.width, encoder.height), encoder.pix_fmt = SIZES[kind.size], "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, kind.fps), Fraction(kind.fps)
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = kind.bitrate_bps, kind.fps, 1
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "sc_threshold": "0",
    }
    for number, frame in enumerate(islice(_pictures(kind, clips), LOOP_S * kind.fps)):
        marker.draw(_planes(frame), number, kind.source)
        frame.pts, frame.time_base = number, Fraction(1, kind.fps)
        frame.pict_type = av.video.frame.PictureType.NONE
        for packet in encoder.encode(frame):
            yield bytes(packet), packet.is_keyframe


def _planes(frame: av.VideoFrame) -> Any:
    """The planes y, u, v of a frame, in its own memory."""
    sizes = (
        (frame.height, frame.width),
        *[((frame.height + 1) // 2, (frame.width + 1) // 2)] * 2,
    )
    return tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:height, :width]
        for plane, (height, width) in zip(frame.planes, sizes, strict=True)
    )


# ------------------------------------------------------------------ sound


def silent(number: int) -> NDArray[np.float32]:
    """Nothing at all."""
    return np.zeros(BLOCK_SAMPLES, np.float32)


def chirps(tone_amplitude: float = 0.0) -> Blocks:
    """A chirp at the beginning of each second, and a tone of 440 Hz where an amplitude is given."""
    return PatternSound(tone_hz=440.0, tone_amplitude=tone_amplitude).block


def tone(hertz: float, amplitude: float = TONE_AMPLITUDE) -> Blocks:
    """A tone; of whole cycles in a loop it goes on without a step."""

    def block(number: int) -> NDArray[np.float32]:
        time = (number * BLOCK_SAMPLES + np.arange(BLOCK_SAMPLES)) / SAMPLE_RATE
        wave: NDArray[np.float32] = (amplitude * np.sin(2 * np.pi * hertz * time)).astype(
            np.float32
        )
        return wave

    return block


def sound_tape(codec: Codec, blocks: Blocks) -> Tape:
    """One loop of sound in a codec of the engine's."""
    sound = [blocks(number) for number in range(LOOP_S * BLOCKS_PER_S)]
    coded = _linear(sound, codec) if codec.name == "L16" else _coded_sound(sound, codec)
    return Tape.of(codec, BLOCKS_PER_S, [(payload,) for payload in coded])


def _linear(sound: list[NDArray[np.float32]], codec: Codec) -> Iterator[bytes]:
    """L16 as RFC 3551 4.5.11 has it: big-endian, channels interleaved."""
    if codec.sample_rate != SAMPLE_RATE:
        raise ValueError(f"L16 at {codec.sample_rate} Hz is not made here")
    for block in sound:
        whole = np.clip(np.round(block * 32767), -32768, 32767).astype(">i2")
        yield whole.repeat(codec.channels).tobytes()


def _coded_sound(sound: list[NDArray[np.float32]], codec: Codec) -> Iterator[bytes]:
    encoder: Any = av.CodecContext.create(codec.encoder, "w")
    encoder.sample_rate, encoder.layout = codec.sample_rate, "mono"
    encoder.format = "flt" if codec is OPUS else "s16"
    encoder.time_base = Fraction(1, codec.sample_rate)
    if codec is OPUS:
        encoder.bit_rate = 96_000
        encoder.options = {"frame_duration": "20", "application": "lowdelay"}
    resampler = av.AudioResampler(encoder.format.name, "mono", codec.sample_rate)
    each = codec.sample_rate // BLOCKS_PER_S
    fifo: Any = av.AudioFifo()
    made = 0
    for number, block in enumerate([*sound, *sound[:4]]):  # the loop's begin fills up its end
        frame = av.AudioFrame.from_ndarray(block[None, :], "flt", "mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, number * BLOCK_SAMPLES
        for resampled in resampler.resample(frame):
            resampled.pts = None
            fifo.write(resampled)
        while made < len(sound) and (part := fifo.read(each)) is not None:
            part.pts = made * each
            made += 1
            yield b"".join(bytes(packet) for packet in encoder.encode(part))

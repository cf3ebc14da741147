"""The test pattern: pictures and sound that a machine can recognise, drawn, encoded and stamped.

Picture n shows the frame counter n as a marker (media/marker.py), its site's id, and a bar that
moves through the lower third; all the rest, centre and edges included, has the site's colour. The
sound is a tone, with a chirp at the beginning of each second of it: picture k * fps and chirp k
belong together.
"""

import threading
import zlib
from collections.abc import Generator
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mcu_core.contract.definition import PatternSource
from mcu_core.errors import BadInput, CodecFailure
from mcu_core.media import marker
from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.codec import H264, OPUS
from mcu_core.media.picture import Picture, Plane, blank_picture
from mcu_core.media.sound import BLOCK_NS, BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.media.units import AccessUnit

MIN_SIZE, MAX_WIDTH, MAX_HEIGHT, MAX_FPS = (128, 96), 1920, 1080, 60

KEYFRAME_EACH_S = 2
_BITS_PER_PIXEL = 0.06
_SOUND_BITRATE = 64_000
TONE_AMPLITUDE, _CHIRP_AMPLITUDE = 0.1, 0.3
_CHIRP_S, _CHIRP_FROM_HZ, _CHIRP_TO_HZ = 0.04, 1_000.0, 4_000.0

_BAR_LUMA = 200
_BAR_TOP, _BAR_HEIGHT, _BAR_WIDTH, _BAR_MARGIN = 0.75, 0.08, 0.06, 0.1
_NAME_TOP, _NAME_HEIGHT = 0.57, 0.1

# BT.709 (ITU-R BT.709-6 item 3.2): weights of red and blue in luma.
_KR, _KB = 0.2126, 0.0722


def limited_yuv(color: str) -> tuple[int, int, int]:
    """Luma and chroma codes (BT.709 limited) of a colour like #206080; raises BadInput."""
    digits = color.removeprefix("#")
    try:
        red, green, blue = (value / 255 for value in bytes.fromhex(digits))
    except ValueError as error:
        raise BadInput("pattern.color", f"a colour like #206080, not {color!r}") from error
    luma = _KR * red + (1 - _KR - _KB) * green + _KB * blue
    cb, cr = (blue - luma) / (2 - 2 * _KB), (red - luma) / (2 - 2 * _KR)
    return round(16 + 219 * luma), round(128 + 224 * cb), round(128 + 224 * cr)


def check(source: PatternSource) -> None:
    """Raises BadInput naming the field of a pattern that cannot be made."""
    width, height = source.width, source.height
    if width % 2 or not MIN_SIZE[0] <= width <= MAX_WIDTH:
        raise BadInput("pattern.width", f"an even number {MIN_SIZE[0]}..{MAX_WIDTH}, not {width}")
    if height % 2 or not MIN_SIZE[1] <= height <= MAX_HEIGHT:
        expected = f"an even number {MIN_SIZE[1]}..{MAX_HEIGHT}, not {height}"
        raise BadInput("pattern.height", expected)
    if not 1 <= source.fps <= MAX_FPS:
        raise BadInput("pattern.fps", f"1..{MAX_FPS}, not {source.fps}")
    if not 20 <= source.tone_hz <= SAMPLE_RATE / 2:
        raise BadInput("pattern.tone_hz", f"20..{SAMPLE_RATE // 2}, not {source.tone_hz:g}")
    limited_yuv(source.color)


class PatternPicture:
    """Draws picture after picture into one canvas of its own; only what changes is drawn."""

    def __init__(self, source: PatternSource, name: str, number: int) -> None:
        self._number = number
        self._fps = source.fps
        self._luma, cb, cr = limited_yuv(source.color)
        self.picture: Picture = blank_picture(source.width, source.height, self._luma)
        self.picture.u[:], self.picture.v[:] = cb, cr
        _write_name(self.picture.y, name)
        self._bar: tuple[slice, slice] = (slice(0), slice(0))

    def draw(self, counter: int) -> Picture:
        """The picture of that counter; its memory is the one of the picture before."""
        luma = self.picture.y
        luma[self._bar] = self._luma
        self._bar = self._bar_at(counter)
        luma[self._bar] = _BAR_LUMA
        marker.draw((luma, self.picture.u, self.picture.v), counter, self._number)
        return self.picture

    def _bar_at(self, counter: int) -> tuple[slice, slice]:
        height, width = self.picture.y.shape
        sweep = 1 - 2 * _BAR_MARGIN - _BAR_WIDTH
        phase = (counter / self._fps / 2) % 2
        left = int(width * (_BAR_MARGIN + sweep * min(phase, 2 - phase)))
        top = int(height * _BAR_TOP)
        return slice(top, top + int(height * _BAR_HEIGHT)), slice(left, left + int(width * 0.06))


def _write_name(luma: Plane, name: str) -> None:
    height, width = luma.shape
    image = Image.new("L", (width, height), int(luma[0, 0]))
    font = ImageFont.load_default(height * _NAME_HEIGHT)
    middle = (width / 2, height * _NAME_TOP)
    bright = 235 if luma[0, 0] < 128 else 16
    ImageDraw.Draw(image).text(middle, name, fill=bright, font=font, anchor="mt")
    luma[:] = np.asarray(image)


def chirp() -> NDArray[np.float64]:
    """The chirp that begins each second of a pattern's sound, 40 ms at 48 kHz."""
    time = np.arange(int(_CHIRP_S * SAMPLE_RATE)) / SAMPLE_RATE
    rise = (_CHIRP_TO_HZ - _CHIRP_FROM_HZ) / _CHIRP_S
    phase = 2 * np.pi * (_CHIRP_FROM_HZ + rise * time / 2) * time
    swell: NDArray[np.float64] = np.sin(np.pi * time / _CHIRP_S)
    return _CHIRP_AMPLITUDE * swell * np.sin(phase)


class PatternSound:
    """The tone and the chirps, block by block, without a step between blocks."""

    def __init__(self, tone_hz: float, tone_amplitude: float = TONE_AMPLITUDE) -> None:
        self._tone_hz = tone_hz
        self._tone_amplitude = tone_amplitude
        self._second = np.zeros(SAMPLE_RATE)
        self._second[: len(chirp())] = chirp()

    def block(self, number: int) -> NDArray[np.float32]:
        """Samples of block `number`, shape (960,), both channels alike."""
        samples = number * BLOCK_SAMPLES + np.arange(BLOCK_SAMPLES)
        tone = np.sin(2 * np.pi * self._tone_hz * (samples / SAMPLE_RATE)) * self._tone_amplitude
        return (tone + self._second[samples % SAMPLE_RATE]).astype(np.float32)


class _Encoders:
    """Its own H.264 and Opus encoders: small, cheap, one thread."""

    def __init__(self, source: PatternSource) -> None:
        video = av.CodecContext.create(H264.encoder, "w")
        audio = av.CodecContext.create(OPUS.encoder, "w")
        assert isinstance(video, av.VideoCodecContext)
        assert isinstance(audio, av.AudioCodecContext)
        video.width, video.height, video.pix_fmt = source.width, source.height, "yuv420p"
        video.time_base, video.framerate = Fraction(1, source.fps), Fraction(source.fps)
        video.bit_rate = int(source.width * source.height * source.fps * _BITS_PER_PIXEL)
        video.gop_size, video.thread_count = source.fps * KEYFRAME_EACH_S, 1
        video.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "forced-idr": "1",
            "colorspace": "bt709",
            "color_range": "tv",
        }
        audio.sample_rate, audio.layout, audio.format = SAMPLE_RATE, "mono", "flt"
        audio.bit_rate, audio.time_base = _SOUND_BITRATE, Fraction(1, SAMPLE_RATE)
        audio.options = {"frame_duration": "20", "application": "lowdelay"}
        self._video, self._audio = video, audio

    def picture(self, picture: Picture, number: int, keyframe: bool) -> AccessUnit:
        """The coded picture; its stamp is where it stands, `number` pictures from the start."""
        frame = av.VideoFrame(picture.width, picture.height, "yuv420p")
        for plane, pixels in zip(frame.planes, (picture.y, picture.u, picture.v), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[:, : pixels.shape[1]] = pixels
        frame.pts = number
        if keyframe:
            frame.pict_type = av.video.frame.PictureType.I
        packets = _encoded(self._video, frame)
        stamp_ns = number * NS_PER_SECOND // int(self._video.framerate)
        return AccessUnit(
            H264, b"".join(map(bytes, packets)), stamp_ns, any(p.is_keyframe for p in packets)
        )

    def sound(self, block: NDArray[np.float32], number: int) -> AccessUnit:
        """The coded 20 ms of sound, `number` blocks from the start."""
        frame = av.AudioFrame.from_ndarray(block[None, :], "flt", "mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, number * BLOCK_SAMPLES
        packets = _encoded(self._audio, frame)
        return AccessUnit(OPUS, b"".join(map(bytes, packets)), number * BLOCK_NS, keyframe=True)


def _encoded(
    encoder: av.VideoCodecContext | av.AudioCodecContext, frame: Any
) -> "list[av.Packet[Any]]":
    try:
        return encoder.encode(frame)
    except av.error.FFmpegError as error:
        raise CodecFailure(f"{encoder.name}: {error}") from error


class PatternUnits:
    """The pattern as coded units, made when they are asked for; a UnitSource."""

    def __init__(self, source: PatternSource, name: str, number: int) -> None:
        self._source = source
        self._name = name
        self._number = number
        self._keyframe = threading.Event()

    def ask_keyframe(self) -> None:
        """Make the next picture a keyframe; any thread."""
        self._keyframe.set()

    def units(self) -> Generator[AccessUnit, None, None]:
        """Pictures and sound without end, by their stamps; raises CodecFailure."""
        encoders = _Encoders(self._source)
        pictures = PatternPicture(self._source, self._name, self._number)
        sound = PatternSound(self._source.tone_hz)
        frames = blocks = 0
        while True:
            if frames * NS_PER_SECOND <= blocks * BLOCK_NS * self._source.fps:
                wanted = self._keyframe.is_set()
                self._keyframe.clear()
                yield encoders.picture(pictures.draw(frames), frames, wanted)
                frames += 1
            else:
                yield encoders.sound(sound.block(blocks), blocks)
                blocks += 1


def marker_source(id: str) -> int:
    """The marker's source number of a site, 0..255, the same in every run."""
    return zlib.crc32(id.encode()) % marker.SOURCES

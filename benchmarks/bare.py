"""The codecs of an offline mix and nothing else, as a program of its own.

    python -m benchmarks.bare ORDER CANVASES SOUND WIDTHxHEIGHT FPS PRESET BITRATE OUTPUT INPUT...

Every input is read once and decoded, pictures and sound, one thread a decoder. One canvas out of a
raw file, and sound as long, are encoded as `mcu mix` does it, to a file. ORDER "turns" does that
picture by picture, as a mixer must; "files" decodes one whole file after another and encodes then,
which is easier on caches than any mixer can be. Prints JSON: CPU seconds between opening the first
input and closing the output; starting Python and reading the canvases ahead are not in it.
"""

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import typer
from numpy.typing import NDArray

from mcu_core.media.clock import cpu_time_s
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.offline.writer import SOUND_RUN, FileForm, add_streams

PIECE = SOUND_RUN * BLOCK_SAMPLES


class Output:
    """The file, its canvases forth and back, its sound again and again."""

    def __init__(self, path: str, form: FileForm, canvases: Path, sound: Path) -> None:
        shape = (-1, form.height * 3 // 2, form.width)
        self._canvases: NDArray[np.uint8] = np.fromfile(canvases, np.uint8).reshape(shape)
        samples: NDArray[np.float32] = np.fromfile(sound, np.float32)
        whole = len(samples) // (2 * PIECE) * 2 * PIECE
        self._pieces = samples[:whole].reshape(-1, 1, 2 * PIECE)
        self._form = form
        self._path = path
        self._frames = self._sounded = 0

    def open(self) -> None:
        self._container: Any = av.open(self._path, "w")
        self._video, self._audio = add_streams(self._container, self._form)
        self._container.start_encoding()

    def write(self) -> None:
        """The next picture, and the sound up to its end."""
        last = len(self._canvases) - 1
        step = self._frames % max(1, 2 * last)
        picture = self._canvases[min(step, 2 * last - step)]
        frame: Any = av.VideoFrame.from_numpy_buffer(picture, "yuv420p")
        frame.pts, frame.time_base = self._frames, Fraction(1, self._form.fps)
        self._frames += 1
        self._container.mux(self._video.encode(frame))
        while self._sounded * self._form.fps < self._frames * SAMPLE_RATE:
            piece = self._pieces[self._sounded // PIECE % len(self._pieces)]
            sound = av.AudioFrame.from_ndarray(piece, "flt", "stereo")
            sound.sample_rate, sound.pts = SAMPLE_RATE, self._sounded
            self._sounded += PIECE
            self._container.mux(self._audio.encode(sound))

    def close(self) -> None:
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))
        self._container.close()


def decoded(path: str) -> Iterator[None]:
    """Reads and decodes a file, and stops at each picture."""
    with av.open(path, "r") as container:
        video = container.streams.video[0]
        video.codec_context.thread_count = 1
        for packet in container.demux():
            frames = packet.decode()
            if packet.stream is video:
                for frame in frames:
                    del frame
                    yield


def main(arguments: list[str]) -> None:
    order, canvases, sound, size, fps, preset, bitrate, path, *inputs = arguments
    width, height = (int(side) for side in size.split("x"))
    form = FileForm(width, height, int(fps), preset, bitrate_bps=int(bitrate))
    output = Output(path, form, Path(canvases), Path(sound))
    began_s = cpu_time_s()
    output.open()
    pictures = 0
    if order == "files":
        for source in inputs:
            pictures = max(pictures, sum(1 for _ in decoded(source)))
        for _ in range(pictures):
            output.write()
    else:
        sources = [decoded(source) for source in inputs]
        while sources:
            sources = [source for source in sources if next(source, True) is None]
            if sources:
                pictures += 1
                output.write()
    output.close()
    told = {"cpu_s": cpu_time_s() - began_s, "pictures": pictures}
    typer.echo(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])

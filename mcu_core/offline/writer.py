"""Writer: composed pictures and mixed sound into a file, each coded in a thread of its own."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from mcu_core.errors import BadInput, CodecFailure, McuError
from mcu_core.media.picture import Picture
from mcu_core.media.sound import SAMPLE_RATE, Block

FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
)  # fmt: skip
KEYFRAME_EACH_S = 2
SOUND_BITRATE = 128_000
AHEAD = 2
"""Pictures that may wait for the encoder: fewer than a Canvas has memory for."""
SOUND_RUN = 25
"""Blocks encoded in one go: half a second."""

_WRITE_ERRORS = (av.error.FFmpegError, OSError, ValueError)
_BT709, _LIMITED = 1, 1  # ITU-T H.273 tables 2 to 4, and FFmpeg's AVCOL_RANGE_MPEG


@dataclass(frozen=True, slots=True)
class FileForm:
    """How the file is coded. `bitrate_bps` wins over `crf` (0 best .. 51); `sound`: has a track."""

    width: int
    height: int
    fps: int
    preset: str = "veryfast"
    crf: int = 23
    bitrate_bps: int | None = None
    sound: bool = True


Moment = tuple[Picture | None, Sequence[Block]]


def add_streams(container: Any, form: FileForm) -> tuple[Any, Any]:
    """The encoders of a file: pictures, and sound where the form has it, else None."""
    video = container.add_stream("libx264", rate=form.fps)
    context = video.codec_context
    video.width, video.height, video.pix_fmt = form.width, form.height, "yuv420p"
    context.max_b_frames, context.gop_size = 0, form.fps * KEYFRAME_EACH_S
    context.color_range = _LIMITED
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    options = {"preset": form.preset, "profile": "main"}
    if form.bitrate_bps is None:
        options["crf"] = str(form.crf)
    else:
        video.bit_rate = form.bitrate_bps
    video.options = options
    if not form.sound:
        return video, None
    audio = container.add_stream("aac", rate=SAMPLE_RATE)
    audio.layout, audio.bit_rate = "stereo", SOUND_BITRATE
    return video, audio


class Writer:
    """Writes one file. The file has its name only when it is whole: until then it ends in .part.

    Raises BadInput (field output) when the file cannot be made; what breaks later comes out of
    `write` or `finish` as McuError.
    """

    def __init__(self, path: Path, form: FileForm) -> None:
        if path.suffix.lower() not in FORMATS:
            raise BadInput("output", f"a name that ends in {', '.join(FORMATS)}, not {path.name}")
        self._path = path
        self._partial = path.with_name(f"{path.name}.part")
        self._form = form
        self._moments: queue.Queue[Moment | None] = queue.Queue(AHEAD)
        self._error: Exception | None = None
        self._abandoned = False
        self._frames = self._samples = 0
        self._frame_time = Fraction(1, form.fps)
        self._sound: list[Block] = []
        self._sounding: Future[list[Any]] | None = None
        try:
            kind = FORMATS[path.suffix.lower()]
            self._container: Any = av.open(str(self._partial), "w", format=kind)
            self._video, self._audio = add_streams(self._container, form)
            self._container.start_encoding()
        except _WRITE_ERRORS as error:
            self._partial.unlink(missing_ok=True)
            raise BadInput("output", f"a file that can be written ({error})") from error
        self._sound_thread = ThreadPoolExecutor(1, "encode sound")
        self._thread = threading.Thread(target=self._run, name="encode file")
        self._thread.start()

    def write(self, picture: Picture | None, blocks: Sequence[Block]) -> None:
        """Add the next picture (None: no more) and the sound since the last one; waits its turn.

        The picture's memory must stay as it is for AHEAD + 2 more pictures.
        """
        self._raise_error()
        self._moments.put((picture, blocks))

    def finish(self) -> int:
        """Complete the file, wait for it, and give it its name; its size in bytes."""
        self._moments.put(None)
        self._thread.join()
        self._raise_error()
        self._partial.replace(self._path)
        return self._path.stat().st_size

    def abandon(self) -> None:
        """Stop, wait, and leave no file behind; safe after `finish`."""
        self._abandoned = True
        if self._thread.is_alive():
            self._moments.put(None)
            self._thread.join()
        self._partial.unlink(missing_ok=True)

    def _raise_error(self) -> None:
        if self._error is not None:
            raise McuError(f"cannot write {self._path}: {self._error}") from self._error

    def _run(self) -> None:
        try:
            self._encode_all()
        except _WRITE_ERRORS as error:
            self._error = error
            # Whoever writes must not wait for ever for a thread that has given up.
            while self._moments.get() is not None:
                pass
        finally:
            self._close()

    def _encode_all(self) -> None:
        while (moment := self._moments.get()) is not None:
            picture, blocks = moment
            if picture is not None:
                self._container.mux(self._video.encode(self._frame(picture)))
            self._sound += blocks
            if len(self._sound) >= SOUND_RUN:
                self._encode_sound()
        if self._abandoned:
            return
        self._encode_sound()
        self._mux_sound()
        for stream in (self._video, self._audio):
            if stream is not None:
                self._container.mux(stream.encode(None))

    def _encode_sound(self) -> None:
        """Have it coded beside the next pictures, which wait for nothing else so long."""
        self._mux_sound()
        if self._audio is not None and self._sound:
            samples = np.concatenate(self._sound).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, "flt", "stereo")
            frame.sample_rate, frame.pts = SAMPLE_RATE, self._samples
            self._samples += frame.samples
            self._sounding = self._sound_thread.submit(self._audio.encode, frame)
        self._sound.clear()

    def _mux_sound(self) -> None:
        if self._sounding is not None:
            self._container.mux(self._sounding.result())
            self._sounding = None

    def _close(self) -> None:
        self._sound_thread.shutdown()
        try:
            self._container.close()
        except _WRITE_ERRORS as error:
            self._error = self._error or CodecFailure(str(error))

    def _frame(self, picture: Picture) -> av.VideoFrame:
        frame = av.VideoFrame.from_dlpack((picture.y, picture.u, picture.v), "yuv420p")
        frame.pts, frame.time_base = self._frames, self._frame_time
        self._frames += 1
        return frame

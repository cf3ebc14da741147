"""Command lines that make one mosaic of files: `mcu mix`, ffmpeg, GStreamer, the bare codecs.

The same rows and columns, the same x264 preset, bit rate, keyframe distance and no B-frames, one
thread a decoder, stereo AAC.
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from mcu_core.offline.writer import KEYFRAME_EACH_S, SOUND_BITRATE, FileForm

MCU = "import sys; from control_api.cli.main import main; sys.argv[0] = 'mcu'; main()"
SAME_SOUND = "audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved"


@dataclass(frozen=True, slots=True)
class Mosaic:
    """What all are to make: `columns` x `columns` panes in layout `mode`, coded as `form`."""

    inputs: tuple[Path, ...]
    form: FileForm
    columns: int
    mode: int

    @property
    def pane(self) -> tuple[int, int]:
        """Width and height of each pane but the last of a row, even."""
        form = self.form
        return form.width // self.columns // 2 * 2, form.height // self.columns // 2 * 2

    def place(self, k: int) -> tuple[int, int]:
        """Left and top of pane k."""
        return k % self.columns * self.pane[0], k // self.columns * self.pane[1]


def mcu(mosaic: Mosaic, output: Path) -> list[str]:
    """`mcu mix`."""
    form = mosaic.form
    return [
        *(sys.executable, "-c", MCU, "mix", "--json", "--layout", str(mosaic.mode)),
        *("--size", f"{form.width}x{form.height}", "--fps", str(form.fps)),
        *("--preset", form.preset, "--bitrate", str(form.bitrate_bps)),
        *map(str, mosaic.inputs),
        *("-o", str(output)),
    ]


def bare(mosaic: Mosaic, order: str, canvases: Path, sound: Path, output: Path) -> list[str]:
    """The codecs alone (benchmarks/bare.py)."""
    form = mosaic.form
    return [
        *(sys.executable, "-m", "benchmarks.bare", order, str(canvases), str(sound)),
        *(f"{form.width}x{form.height}", str(form.fps), form.preset, str(form.bitrate_bps)),
        *(str(output), *map(str, mosaic.inputs)),
    ]


def ffmpeg(mosaic: Mosaic, output: Path) -> list[str] | None:
    """Its scale, xstack and amix; None where it is not installed."""
    if shutil.which("ffmpeg") is None:
        return None
    form, count = mosaic.form, len(mosaic.inputs)
    width, height = mosaic.pane
    scaled = "".join(f"[{k}:v]scale={width}:{height}[v{k}];" for k in range(count))
    places = "|".join("_".join(map(str, mosaic.place(k))) for k in range(count))
    graph = (
        scaled
        + "".join(f"[v{k}]" for k in range(count))
        + f"xstack=inputs={count}:layout={places},pad={form.width}:{form.height}[v];"
        + "".join(f"[{k}:a]" for k in range(count))
        + f"amix=inputs={count}:normalize=0[a]"
    )
    video = ["-c:v", "libx264", "-preset", form.preset, "-profile:v", "main", "-bf", "0"]
    video += ["-b:v", str(form.bitrate_bps), "-g", str(KEYFRAME_EACH_S * form.fps)]
    video += ["-r", str(form.fps), "-pix_fmt", "yuv420p"]
    audio = ["-c:a", "aac", "-b:a", str(SOUND_BITRATE), "-ar", "48000", "-ac", "2"]
    return [
        *("ffmpeg", "-hide_banner", "-loglevel", "error", "-y"),
        *(word for path in mosaic.inputs for word in ("-threads", "1", "-i", str(path))),
        *("-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
        *(*video, *audio, str(output)),
    ]


def gstreamer(mosaic: Mosaic, output: Path) -> list[str] | None:
    """Its compositor and audiomixer; None where it is not installed."""
    if shutil.which("gst-launch-1.0") is None:
        return None
    form = mosaic.form
    width, height = mosaic.pane
    pads = [
        f"sink_{k}::{name}={value}"
        for k in range(len(mosaic.inputs))
        for name, value in zip(
            ("xpos", "ypos", "width", "height"), (*mosaic.place(k), width, height), strict=True
        )
    ]
    raw = f"video/x-raw,format=I420,width={form.width},height={form.height}"
    words = [
        *("gst-launch-1.0", "-q", "compositor", "name=mosaic", "background=black", *pads, "!"),
        *(f"{raw},framerate={form.fps}/1", "!", "queue", "!"),
        *("x264enc", f"speed-preset={form.preset}", f"bitrate={(form.bitrate_bps or 0) // 1000}"),
        *(f"key-int-max={KEYFRAME_EACH_S * form.fps}", "bframes=0", "!"),
        *("video/x-h264,profile=main", "!", "h264parse", "!", "queue", "!", "file."),
        *("audiomixer", "name=sum", "!", SAME_SOUND, "!", "queue", "!", "avenc_aac"),
        *(f"bitrate={SOUND_BITRATE}", "!", "aacparse", "!", "queue", "!", "file."),
        *("mp4mux", "name=file", "!", "filesink", f"location={output}"),
    ]
    for k, path in enumerate(mosaic.inputs):
        words += [
            *("filesrc", f"location={path}", "!", "qtdemux", f"name=input{k}"),
            *(f"input{k}.video_0", "!", "queue", "!", "h264parse", "!"),
            *("avdec_h264", "max-threads=1", "!", "queue", "!", f"mosaic.sink_{k}"),
            *(f"input{k}.audio_0", "!", "queue", "!", "opusparse", "!", "opusdec", "!"),
            *("audioconvert", "!", "audioresample", "!", SAME_SOUND, "!", "queue", "!", "sum."),
        ]
    return words

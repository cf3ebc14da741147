"""mix: `mcu mix` beside ffmpeg's own mosaic (scale, xstack, amix), on the same files, in one run.

Both are whole processes, from start to the last byte, with the same x264 settings. "core" is CPU
seconds per second of media: below 1, one core does it in real time.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import av

from benchmarks.report import Report, Row
from benchmarks.stalls import StallWatch
from control_api.cli.demo_clips import prepare
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock

PARTIES, COLUMNS = 9, 3
LAYOUT = 35  # three by three
CANVAS = (1280, 720)
FPS, BITRATE, PRESET = 30, 2_000_000, "superfast"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of one program took."""

    wall_s: float
    cpu_s: float
    output_bytes: int


def run(seconds: int, repetitions: int, clips: Path) -> Report:
    """Nine parties on one 720p30 mosaic: with pictures of 360p, and of 720p."""
    demo = {Path(clip["path"]).name: Path(clip["path"]) for clip in prepare(clips)}
    small = [demo[name] for name in ("ambulance.mp4", "pharmacy.mp4", "campus.mp4")]
    cases = {"9 x 360p": small * 3, "9 x 720p": [demo["teaching.mp4"]] * 9}
    rows: list[Row] = []
    notes: list[str] = []
    if shutil.which("ffmpeg") is None:
        notes.append("ffmpeg is not installed, so there is nothing to compare with")
    with StallWatch() as watch, tempfile.TemporaryDirectory() as folder:
        for case, files in cases.items():
            inputs = [
                cut(path, seconds, Path(folder) / f"{case}-{k}.mp4") for k, path in enumerate(files)
            ]
            rows += _compare(case, inputs, seconds, repetitions, Path(folder))
    return Report("mix", rows, watch.result, notes)


def _compare(
    case: str, inputs: Sequence[Path], seconds: int, repetitions: int, folder: Path
) -> list[Row]:
    programs = {"mcu mix": _mcu(inputs, folder / "mcu.mp4")}
    if shutil.which("ffmpeg"):
        programs["ffmpeg"] = _ffmpeg(inputs, folder / "ffmpeg.mp4")
    costs: dict[str, list[Cost]] = {program: [] for program in programs}
    for _ in range(repetitions):  # in turns, so that both see the same machine
        for program, command in programs.items():
            costs[program].append(measure(command, Path(command[-1])))
    rows: list[Row] = []
    for program, runs in costs.items():
        core = median(run.cpu_s for run in runs) / seconds
        rows.append(
            {
                "case": f"{case}, {program}",
                "core": round(core, 3),
                "worst core": round(max(run.cpu_s for run in runs) / seconds, 3),
                "times real time": round(seconds / median(run.wall_s for run in runs), 2),
                "kbit/s": round(runs[0].output_bytes * 8 / seconds / 1000),
            }
        )
    if len(rows) == 2:
        rows[0]["of ffmpeg's CPU"] = round(float(rows[0]["core"]) / float(rows[1]["core"]), 2)
    return rows


def _mcu(inputs: Sequence[Path], output: Path) -> list[str]:
    program = "import sys; from control_api.cli.main import main; sys.argv[0] = 'mcu'; main()"
    options = (
        ["--layout", str(LAYOUT), "--size", f"{CANVAS[0]}x{CANVAS[1]}", "--fps", str(FPS)]
        + ["--bitrate", str(BITRATE), "--preset", PRESET]
        + [str(path) for path in inputs]
    )
    return [sys.executable, "-c", program, "mix", *options, "-o", str(output)]


def _ffmpeg(inputs: Sequence[Path], output: Path) -> list[str]:
    width, height = CANVAS[0] // COLUMNS // 2 * 2, CANVAS[1] // COLUMNS // 2 * 2
    count = len(inputs)
    scaled = "".join(f"[{k}:v]scale={width}:{height}[v{k}];" for k in range(count))
    places = "|".join(f"{k % COLUMNS * width}_{k // COLUMNS * height}" for k in range(count))
    graph = (
        scaled
        + "".join(f"[v{k}]" for k in range(count))
        + f"xstack=inputs={count}:layout={places},pad={CANVAS[0]}:{CANVAS[1]}[v];"
        + "".join(f"[{k}:a]" for k in range(count))
        + f"amix=inputs={count}:normalize=0[a]"
    )
    files = [argument for path in inputs for argument in ("-i", str(path))]
    video = ["-c:v", "libx264", "-preset", PRESET, "-profile:v", "main", "-bf", "0"]
    video += ["-b:v", str(BITRATE), "-g", str(2 * FPS), "-r", str(FPS), "-pix_fmt", "yuv420p"]
    audio = ["-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2"]
    head = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y"]
    return [*head, *files, "-filter_complex", graph, "-map", "[v]", "-map", "[a]", *video, *audio,
            str(output)]  # fmt: skip


def measure(command: Sequence[str], output: Path) -> Cost:
    """Run a program to its end; raises McuError when it fails."""
    clock = MonotonicClock()
    with tempfile.TemporaryFile() as errors:
        began_ns = clock.now_ns()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = (clock.now_ns() - began_ns) / NS_PER_SECOND
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise McuError(
                f"{command[0]} failed: {errors.read()[-500:].decode('utf-8', 'replace')}"
            )
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, output.stat().st_size)


def cut(source: Path, seconds: int, target: Path) -> Path:
    """The first seconds of a file, coded as it was."""
    with av.open(str(source), "r") as whole, av.open(str(target), "w") as part:
        streams = {s.index: part.add_stream_from_template(s) for s in whole.streams}
        for packet in whole.demux():
            if packet.dts is not None and packet.dts * packet.time_base < seconds:
                packet.stream = streams[packet.stream_index]
                part.mux(packet)
    return target

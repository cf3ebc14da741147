"""mix: `mcu mix` beside its bare codecs, ffmpeg's xstack and GStreamer's compositor (bar 2).

All are whole processes on the same files, one after another, again and again in turns. A ratio is
taken within each turn, so that what the machine did meanwhile is in both of its sides.
"""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import av
import numpy as np
import typer

from benchmarks import rivals
from benchmarks.footage import make_inputs, repeat
from benchmarks.report import Report, Row
from benchmarks.stalls import StallWatch
from mcu_core.contract.choosing import choose_mode
from mcu_core.errors import McuError
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from mcu_core.media.sound import BLOCK_SAMPLES
from mcu_core.offline.job import MixJob
from mcu_core.offline.mix import mix
from mcu_core.offline.wanted import Change, Wanted, conference_of
from mcu_core.offline.writer import FileForm

MODES = {2: 11, 3: 35}
"""Layouts of two by two and three by three panes."""
CANVASES_S = 8
"""So many seconds of the mosaic are encoded by the bare codecs, forth and back."""

FORM = FileForm(1280, 720, 30, "superfast", bitrate_bps=2_000_000)

MINE = "mcu mix"
BARE, BARE_FILES = "bare codecs", "bare codecs, file after file"
OTHERS = {"ffmpeg": rivals.ffmpeg, "GStreamer": rivals.gstreamer}
BARS = {
    (BARE, "360p"): 1.15,
    (BARE, "720p"): 1.10,
    ("ffmpeg", "360p"): 0.85,
    ("ffmpeg", "720p"): 0.85,
    ("GStreamer", "360p"): 0.65,
    ("GStreamer", "720p"): 0.65,
}
"""At most this share of the other's CPU."""


@dataclass(frozen=True, slots=True)
class MixBench:
    """What is measured: `frames` output pictures from inputs of each size, in `turns`.

    `columns` x `columns` inputs. `under` is a command that each program is started by, such as
    `flock FILE` or `taskset -c 0`.
    """

    frames: int = 720
    turns: int = 3
    sizes: tuple[str, ...] = ("360p", "720p")
    columns: int = 3
    form: FileForm = FORM
    under: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of one program took."""

    wall_s: float
    cpu_s: float
    output_bytes: int


def run(bench: MixBench, clips: Path) -> Report:
    """A row for each program and size of the inputs."""
    report = Report(f"mix, {bench.columns**2} inputs, {bench.frames} pictures", [])
    report.series_unit = "CPU of mcu mix, as a share of the other's"
    with StallWatch() as watch:
        for size in bench.sizes:
            with tempfile.TemporaryDirectory() as folder:
                _measure(size, bench, clips, Path(folder), report)
    report.stalls = watch.result
    return report


def _measure(size: str, bench: MixBench, clips: Path, folder: Path, report: Report) -> None:
    seconds, count = bench.frames / bench.form.fps, bench.columns**2
    inputs, notes = make_inputs(size, count, seconds, clips, folder)
    mosaic = rivals.Mosaic(tuple(inputs), bench.form, bench.columns, MODES[bench.columns])
    programs, absent = _programs(mosaic, _canvases(mosaic, folder), folder)
    costs = _in_turns(size, programs, bench)
    report.rows += _rows(size, costs, bench)
    for other in costs:
        if other != MINE:
            report.series[f"{other}, {size}"] = _ratios(costs, other)
    for note in (*notes, *(f"{name} is not installed" for name in absent)):
        if note not in report.notes:
            report.notes.append(note)


# ------------------------------------------------------------------ what is run


@dataclass(frozen=True, slots=True)
class Program:
    """A command line, the file that it writes, and whether it tells its CPU time itself."""

    line: Sequence[str]
    output: Path
    tells: bool = False


def _programs(
    mosaic: rivals.Mosaic, raw: tuple[Path, Path], folder: Path
) -> tuple[dict[str, Program], list[str]]:
    """By name; and the names of those that are not installed."""
    programs: dict[str, Program] = {}
    for name, order in ((BARE, "turns"), (BARE_FILES, "files")):
        output = folder / f"bare-{order}.mp4"
        programs[name] = Program(rivals.bare(mosaic, order, *raw, output), output, tells=True)
    programs[MINE] = Program(rivals.mcu(mosaic, folder / "mcu.mp4"), folder / "mcu.mp4")
    absent = []
    for name, words in OTHERS.items():
        output = folder / f"{name}.mp4"
        line = words(mosaic, output)
        if line is None:
            absent.append(name)
        else:
            programs[name] = Program(line, output)
    return programs, absent


def _canvases(mosaic: rivals.Mosaic, folder: Path) -> tuple[Path, Path]:
    """The mosaic's first seconds for the bare codecs: raw pictures, and sound as floats."""
    near = replace(mosaic.form, preset="ultrafast", bitrate_bps=None, crf=1)
    short, coded = folder / "short", folder / "canvases.mkv"
    short.mkdir()
    cut = [repeat(path, CANVASES_S, short / path.name) for path in mosaic.inputs]
    conference = conference_of(cut, layout=choose_mode(mosaic.mode))
    mix(MixJob(tuple(cut), coded, near, (Change(0, Wanted(conference)),)))
    canvases, sound = folder / "canvases.yuv", folder / "sound.f32"
    with av.open(str(coded), "r") as made, canvases.open("wb") as file:
        for frame in made.decode(video=0):
            frame.to_ndarray().tofile(file)
    with av.open(str(coded), "r") as made:
        planes = [frame.to_ndarray() for frame in made.decode(audio=0)]
    samples = np.concatenate(planes, axis=1).T.astype(np.float32)
    whole = len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES
    np.ascontiguousarray(samples[:whole]).tofile(sound)
    return canvases, sound


# ------------------------------------------------------------------ measuring


def _in_turns(size: str, programs: Mapping[str, Program], bench: MixBench) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    for turn in range(bench.turns):
        for name, program in programs.items():
            cost = measure(program, shlex.split(bench.under))
            costs[name].append(cost)
            told = f"{size}, turn {turn + 1}, {name}: {cost.cpu_s:.2f} s of CPU"
            typer.echo(f"{told} in {cost.wall_s:.1f} s", err=True)
    return costs


def measure(program: Program, under: Sequence[str] = ()) -> Cost:
    """Run a program to its end; raises McuError when it fails."""
    clock = MonotonicClock()
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as errors:
        began_ns = clock.now_ns()
        process = subprocess.Popen([*under, *program.line], stdout=told, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = (clock.now_ns() - began_ns) / NS_PER_SECOND
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            reason = errors.read()[-500:].decode("utf-8", "replace")
            raise McuError(f"{program.line[0]} failed: {reason}")
        cpu_s = usage.ru_utime + usage.ru_stime
        if program.tells:
            told.seek(0)
            cpu_s = float(json.load(told)["cpu_s"])
    return Cost(wall_s, cpu_s, program.output.stat().st_size)


def _ratios(costs: Mapping[str, Sequence[Cost]], other: str) -> list[float]:
    """Of each turn."""
    return [mine.cpu_s / its.cpu_s for mine, its in zip(costs[MINE], costs[other], strict=True)]


def _rows(size: str, costs: Mapping[str, Sequence[Cost]], bench: MixBench) -> list[Row]:
    seconds = bench.frames / bench.form.fps
    rows: list[Row] = []
    for name, runs in costs.items():
        row: Row = {
            "case": f"{size}, {name}",
            "core": median(run.cpu_s for run in runs) / seconds,
            "times real time": seconds / median(run.wall_s for run in runs),
            "kbit/s": round(runs[0].output_bytes * 8 / seconds / 1000),
        }
        if name != MINE:
            ratios = _ratios(costs, name)
            low, middle, high = min(ratios), median(ratios), max(ratios)
            row |= {"mcu mix takes": middle, "least": low, "most": high}
            row["bar"] = BARS.get((name, size), "")
        rows.append(row)
    return rows

"""`mcu mix`: files in, one composed file out, as a conference would show and sound."""

import dataclasses
import gc
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from control_api.cli.mix_progress import MixProgress
from mcu_core.contract.choosing import choose_mode, choose_own
from mcu_core.contract.definition import LayoutChoice, PaneFit
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock, cpu_time_s
from mcu_core.offline.events import EVENT_WORDS, read_events
from mcu_core.offline.job import MixJob, MixStats
from mcu_core.offline.mix import mix
from mcu_core.offline.wanted import conference_of
from mcu_core.offline.writer import FileForm

RATE = re.compile(r"(\d+(?:\.\d+)?)([kKmM]?)")
RATE_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


def mix_files(
    inputs: Annotated[list[Path], typer.Argument(help="Files with pictures, sound or both")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="OUT.mp4, .mov or .mkv")
    ] = None,
    layout: Annotated[
        str, typer.Option(help="Layout number 0..49 (see mcu layouts), or auto")
    ] = "auto",
    layout_file: Annotated[
        Path | None, typer.Option(help="Own layout as JSON: panes with x, y, w, h in 0..1")
    ] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT, even")] = "1280x720",
    fps: Annotated[int, typer.Option(help="Pictures a second, 1..60")] = 30,
    names: Annotated[
        str, typer.Option(help="Labels of the inputs, separated by commas: Ward,Theatre")
    ] = "",
    fit: Annotated[PaneFit, typer.Option(help="How a picture meets its pane")] = PaneFit.AUTO,
    bitrate: Annotated[
        str, typer.Option(help="Rate of the pictures: 2M, 800k; wins over crf")
    ] = "",
    crf: Annotated[int, typer.Option(help="Quality: 0 best .. 51")] = 23,
    preset: Annotated[str, typer.Option(help="x264's effort: ultrafast .. veryslow")] = "veryfast",
    events: Annotated[
        Path | None,
        typer.Option(
            help='Timed commands, one JSON object a line: {"t": 2.5, "layout": 11}, '
            '{"t": 4, "mute": 1}, {"t": 8, "panes": [2, "auto", "voice"]}; inputs are numbered '
            f"from 1. Words: {', '.join(EVENT_WORDS)}; their values: docs of "
            "mcu_core/offline/events.py"
        ),
    ] = None,
    hashed: Annotated[
        bool,
        typer.Option(
            "--hash",
            help="Print a SHA-256 over pictures, sound and decisions; -o may be left out",
        ),
    ] = False,
    decisions: Annotated[
        Path | None,
        typer.Option(help="Write who speaks and who is seen where, when, as JSON lines"),
    ] = None,
    seen_by: Annotated[
        int,
        typer.Option(
            help="Make what this input gets, its group's picture or its own, without its own "
            "sound; 0: what viewers get"
        ),
    ] = 0,
    threads: Annotated[int, typer.Option(help="Threads that decode; 0: as many as cores")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON")] = False,
) -> None:
    """Compose and mix files into one, faster than real time and the same in every run."""
    if output is None and not hashed:
        raise BadInput("--output", "a file to write, or --hash alone")
    width, height = read_size(size)
    rate = read_rate(bitrate) if bitrate else None
    form = FileForm(width, height, fps, preset, crf, rate)
    labels = [name.strip() for name in names.split(",")] if names else []
    if len(labels) > len(inputs):
        raise BadInput("--names", f"at most one name for each of {len(inputs)} inputs")
    conference = conference_of(inputs, labels, chosen_layout(layout, layout_file))
    log = _text(events, "--events") if events else ""
    job = MixJob(
        inputs=tuple(inputs),
        output=output,
        form=form,
        changes=read_events(log, conference),
        fit=fit,
        decisions=decisions,
        hashed=hashed,
        threads=threads,
        seen_by=seen_by,
    )
    wall = MonotonicClock()
    began_ns, began_cpu = wall.now_ns(), cpu_time_s()
    gc.freeze()  # what has been loaded stays: not to be looked through again and again
    _give_way()
    with MixProgress(fps, wall) as progress:
        stats = mix(job, progress.report)
    took_s = (wall.now_ns() - began_ns) / NS_PER_SECOND
    _tell(job, stats, took_s, cpu_time_s() - began_cpu, as_json)


def _give_way() -> None:
    """Run behind calls on this machine, and longer at a time, which is easier on caches."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def read_size(text: str) -> tuple[int, int]:
    """Width and height of WIDTHxHEIGHT; raises BadInput."""
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text)
    if found is None:
        raise BadInput("--size", f"WIDTHxHEIGHT such as 1280x720, not {text!r}")
    return int(found[1]), int(found[2])


def read_rate(text: str) -> int:
    """Bits a second of 2M, 800k or 64000; raises BadInput."""
    found = RATE.fullmatch(text)
    if found is None:
        raise BadInput("--bitrate", f"a rate such as 2M or 800k, not {text!r}")
    return round(float(found[1]) * RATE_UNITS[found[2].lower()])


def chosen_layout(number: str, own: Path | None) -> LayoutChoice:
    """The layout asked for; raises BadInput."""
    if own is not None:
        if number != "auto":
            raise BadInput("--layout-file", "no --layout beside it")
        try:
            return choose_own(json.loads(_text(own, "--layout-file")), "layout")
        except (ValueError, RecursionError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadInput("--layout-file", f"JSON ({error})") from error
    if number == "auto":
        return LayoutChoice()
    if not re.fullmatch(r"\d{1,4}", number):
        raise BadInput("--layout", f"a layout number 0..49 or auto, not {number!r}")
    try:
        return choose_mode(int(number))
    except BadInput as error:
        raise BadInput("--layout", f"{error.expected} or auto, not {number}") from error


def _text(path: Path, option: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(option, f"a text file ({error})") from error


def _tell(job: MixJob, stats: MixStats, took_s: float, cpu_s: float, as_json: bool) -> None:
    speed = stats.seconds / took_s if took_s else 0.0
    if as_json:
        values = {
            "output": str(job.output) if job.output else None,
            **dataclasses.asdict(stats),
            "took_s": round(took_s, 3),
            "cpu_s": round(cpu_s, 3),
            "times_real_time": round(speed, 2),
        }
        typer.echo(json.dumps(values, ensure_ascii=False))
        return
    where = f" -> {job.output} ({stats.output_bytes / 1e6:.1f} MB)" if job.output else ""
    typer.echo(
        f"{stats.frames} pictures, {stats.seconds:.1f} s{where} "
        f"in {took_s:.1f} s: {speed:.1f} times real time, {cpu_s:.1f} s of CPU"
    )
    for number in stats.damaged:
        typer.secho(
            f"input {number} is damaged and was used as far as it goes", fg="yellow", err=True
        )
    if stats.sha256_all:
        typer.echo(f"sha256 {stats.sha256_all}")
        typer.echo(f"  pictures  {stats.sha256_pictures}")
        typer.echo(f"  sound     {stats.sha256_sound}")
        typer.echo(f"  decisions {stats.sha256_decisions}")

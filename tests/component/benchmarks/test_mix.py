"""The bench of the offline mixer: every program makes the same mosaic, and all are measured."""

import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from benchmarks import mix as bench
from benchmarks.mix import BARE, BARE_FILES, MINE, OTHERS, MixBench, Program, measure, run
from mcu_core.errors import McuError
from mcu_core.media.sound import BLOCK_SAMPLES, SAMPLE_RATE
from mcu_core.offline.writer import FileForm

FORM = FileForm(320, 180, 30, "ultrafast", bitrate_bps=300_000)
FRAMES = 30
INSTALLED = [
    name
    for name, program in (("ffmpeg", "ffmpeg"), ("GStreamer", "gst-launch-1.0"))
    if shutil.which(program)
]


def write_input(path: Path, luma: int) -> Path:
    """A second of grey and a tone, as the bench's inputs are coded."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        video.options = {"preset": "ultrafast", "profile": "baseline", "tune": "zerolatency"}
        audio: Any = container.add_stream("libopus", rate=SAMPLE_RATE)
        audio.layout = "mono"
        picture = np.full((135, 160), 128, np.uint8)
        picture[:90] = luma
        tone = np.sin(np.arange(BLOCK_SAMPLES) / 20).astype(np.float32)[None, :] * 0.1
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(video.encode(frame))
        for number in range(50):
            sound = av.AudioFrame.from_ndarray(tone, "flt", "mono")
            sound.sample_rate, sound.pts = SAMPLE_RATE, number * BLOCK_SAMPLES
            container.mux(audio.encode(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


@pytest.mark.timeout(120)
def test_all_programs_make_the_mosaic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, list[int]] = {}

    def inputs(
        size: str, count: int, seconds: float, clips: Path, folder: Path
    ) -> tuple[list[Path], list[str]]:
        made = [write_input(folder / f"{k}.mp4", 60 + 40 * k) for k in range(count)]
        return made, [f"no {size}"]

    def looked_at(program: Program, under: Any = ()) -> bench.Cost:
        cost = measure(program, under)
        with av.open(str(program.output), "r") as made:
            lumas = [frame.to_ndarray() for frame in made.decode(video=0)]
        kept[program.output.stem] = [len(lumas), *lumas[-1][45:180:90, 80:320:160].flat]
        return cost

    monkeypatch.setattr(bench, "make_inputs", inputs)
    monkeypatch.setattr(bench, "measure", looked_at)
    report = run(MixBench(FRAMES, 2, ("360p",), 2, FORM, "env"), tmp_path)
    names = [BARE, BARE_FILES, MINE, *INSTALLED]
    assert [row["case"] for row in report.rows] == [f"360p, {name}" for name in names]
    assert all(float(row["core"]) > 0 for row in report.rows)
    assert set(report.series) == {f"{name}, 360p" for name in names if name != MINE}
    assert all(len(ratios) == 2 for ratios in report.series.values())
    absent = [f"{name} is not installed" for name in OTHERS if name not in INSTALLED]
    assert report.notes == ["no 360p", *absent]
    for pictures, *panes in kept.values():
        assert abs(pictures - FRAMES) <= 1
        assert panes == pytest.approx([60, 100, 140, 180], abs=4)


def test_a_program_that_fails_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(McuError, match="no such input"):
        measure(Program(["sh", "-c", "echo no such input >&2; exit 3"], tmp_path / "none"))

"""The offline mixer with real files: right pictures in right panes at right moments, repeatable."""

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from control_api.cli.mix import mix_files
from mcu_core.contract.choosing import choose_mode
from mcu_core.contract.definition import Pane
from mcu_core.errors import BadInput, McuError
from mcu_core.media import marker
from mcu_core.media.picture import Plane
from mcu_core.media.sound import SAMPLE_RATE
from mcu_core.offline.events import read_events
from mcu_core.offline.job import MixJob
from mcu_core.offline.mix import mix
from mcu_core.offline.wanted import conference_of
from mcu_core.offline.writer import FileForm, Writer

FORM = FileForm(640, 360, 30, preset="ultrafast")
LUMAS = (60, 120, 180, 200)
TONES = (300.0, 500.0, 700.0, 900.0)


def write_input(path: Path, source: int, seconds: float, *, sound: bool = True) -> Path:
    """A file whose pictures carry markers and a flat grey, with a tone of its own."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.options = {"preset": "ultrafast", "crf": "20"}
        audio: Any = None
        if sound:
            audio = container.add_stream("aac", rate=SAMPLE_RATE)
            audio.layout = "stereo"
        for number in range(round(seconds * 30)):
            planes = np.full((270, 320), 128, np.uint8)
            planes[:180] = LUMAS[source]
            chroma = np.full((90, 160), 128, np.uint8)
            marker.draw((planes[:180], chroma, chroma), number, source)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            write_tone(container, audio, TONES[source], seconds)
    return path


def write_tone(container: Any, audio: Any, hertz: float, seconds: float) -> None:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = (0.2 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    for start in range(0, len(tone), 1024):
        part = tone[start : start + 1024]
        frame = av.AudioFrame.from_ndarray(np.stack([part, part]), "fltp", "stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE, start
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))


def job_of(
    inputs: tuple[Path, ...],
    output: Path | None,
    form: FileForm = FORM,
    *,
    mode: int | None = None,
    panes: tuple[Pane, ...] = (),
    names: str = "",
    log: str = "",
    hashed: bool = False,
) -> MixJob:
    conference = conference_of(inputs, names, choose_mode(mode), panes)
    return MixJob(inputs, output, form, read_events(log, conference), hashed=hashed)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("inputs")
    seconds = (1.5, 1.5, 0.7)
    return tuple(write_input(folder / f"{k}.mp4", k, s) for k, s in enumerate(seconds))


def lumas(path: Path) -> Iterator[Plane]:
    with av.open(str(path), "r") as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray()[: frame.height].astype(np.uint8)


def sound(path: Path) -> NDArray[np.float32]:
    with av.open(str(path), "r") as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.float32)


def amplitude(samples: NDArray[np.float32], hertz: float) -> float:
    time = np.arange(len(samples)) / SAMPLE_RATE
    return float(2 * np.abs(np.mean(samples * np.exp(-2j * np.pi * hertz * time))))


def test_every_pane_shows_the_right_picture_of_its_input(
    inputs: tuple[Path, ...], tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    stats = mix(job_of(inputs, output, mode=11))
    assert (stats.frames, stats.seconds, stats.decoded) == (45, 1.5, 45 + 45 + 21)
    pictures = list(lumas(output))
    assert len(pictures) == 45
    for number, luma in enumerate(pictures[:21]):
        panes = [marker.read(luma, (320 * (k % 2), 180 * (k // 2), 320, 180)) for k in range(3)]
        assert panes == [marker.Marker(number, k) for k in range(3)]
        assert [int(luma[90, 40]), int(luma[90, 360]), int(luma[270, 40])] == pytest.approx(
            LUMAS[:3], abs=4
        )
        assert int(luma[270, 480]) == pytest.approx(16, abs=2)
    # The third input's sound ends with its pictures; it leaves, and its pane is empty.
    assert int(pictures[-1][270, 40]) == pytest.approx(16, abs=2)
    assert marker.read(pictures[-1], (0, 0, 320, 180)) == marker.Marker(44, 0)


def test_sound_is_the_sum_and_muting_takes_one_out(
    inputs: tuple[Path, ...], tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    mix(job_of(inputs, output, mode=11, log='{"t": 0.8, "mute": 2}'))
    heard = sound(output)
    before, after = heard[9600:28800], heard[45000:64200]
    assert [amplitude(before, tone) for tone in TONES] == pytest.approx([0.2] * 3 + [0], abs=0.02)
    assert [amplitude(after, tone) for tone in TONES] == pytest.approx([0.2, 0, 0, 0], abs=0.02)


def test_a_layout_event_is_complete_in_one_picture(
    inputs: tuple[Path, ...], tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    mix(job_of(inputs, output, mode=11, panes=(Pane("site", "1"),), log='{"t": 0.5, "layout": 0}'))
    pictures = list(lumas(output))
    assert marker.read(pictures[14], (0, 0, 320, 180)) == marker.Marker(14, 0)
    assert marker.read(pictures[14]) is None
    assert marker.read(pictures[15]) == marker.Marker(15, 0)


def test_another_rate_takes_the_picture_of_each_moment(
    inputs: tuple[Path, ...], tmp_path: Path
) -> None:
    output = tmp_path / "out.mkv"
    stats = mix(job_of(inputs[:1], output, replace(FORM, fps=15), mode=0))
    assert stats.frames == 23
    found = [marker.read(luma) for luma in lumas(output)]
    assert found[:20] == [marker.Marker(2 * n, 0) for n in range(20)]


def test_a_picture_stays_until_the_next_one_comes(inputs: tuple[Path, ...], tmp_path: Path) -> None:
    """Twice the rate, under a text that moves: each picture is seen two times, and whole."""
    output = tmp_path / "out.mkv"
    log = '{"t": 0, "banner": {"text": "a text that is longer than the canvas is wide, so moves"}}'
    stats = mix(job_of(inputs[:2], output, replace(FORM, fps=60), mode=11, log=log))
    assert stats.frames == 90
    assert stats.scaled < 100  # a border may come around who speaks
    pictures = list(lumas(output))
    for k in range(2):
        found = [marker.read(luma, (320 * k, 0, 320, 180)) for luma in pictures]
        assert found == [marker.Marker(number // 2, k) for number in range(90)]


def test_a_silent_input_gives_a_file_without_sound(tmp_path: Path) -> None:
    silent = write_input(tmp_path / "silent.mp4", 3, 0.5, sound=False)
    output = tmp_path / "out.mp4"
    assert mix(MixJob((silent,), output, FORM)).frames == 15
    with av.open(str(output), "r") as container:
        assert not container.streams.audio


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"inputs": ()}, "inputs"),
        ({"form": replace(FORM, width=641)}, "size.width"),
        ({"form": replace(FORM, height=9000)}, "size.height"),
        ({"form": replace(FORM, fps=0)}, "fps"),
        ({"form": replace(FORM, preset="slow and good")}, "preset"),
        ({"form": replace(FORM, crf=99)}, "crf"),
        ({"form": replace(FORM, bitrate_bps=1)}, "bitrate"),
        ({"threads": 1000}, "threads"),
        ({"decisions": Path("/nowhere/at/all.jsonl")}, "decisions"),
        ({"output": Path("/nowhere/at/all.mp4")}, "output"),
        ({"output": Path("out.avi")}, "output"),
    ],
)
def test_a_wrong_job_is_refused_by_field(
    inputs: tuple[Path, ...], change: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        mix(replace(MixJob(inputs, None, FORM), **change))
    assert caught.value.field == field


@pytest.mark.parametrize("content", [None, b"", b"just words\n" * 500])
def test_an_input_that_is_no_media_file_is_named(
    inputs: tuple[Path, ...], tmp_path: Path, content: bytes | None
) -> None:
    wrong = tmp_path / "wrong.mp4"
    if content is not None:
        wrong.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        mix(MixJob((*inputs, wrong), tmp_path / "out.mp4", FORM))
    assert caught.value.field == "inputs[3]"
    assert not list(tmp_path.glob("out*"))


def test_an_input_is_never_overwritten(inputs: tuple[Path, ...]) -> None:
    with pytest.raises(BadInput, match="another file"):
        mix(MixJob(inputs, inputs[0], FORM))


def test_a_mix_that_breaks_leaves_no_file(
    inputs: tuple[Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Writer, picture: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Writer, "_frame", full)
    with pytest.raises(McuError, match="No space left"):
        mix(MixJob(inputs, tmp_path / "out.mp4", FORM))
    assert not list(tmp_path.iterdir())


def test_a_cut_input_is_used_as_far_as_it_goes(inputs: tuple[Path, ...], tmp_path: Path) -> None:
    cut = tmp_path / "cut.ts"
    with av.open(str(inputs[0]), "r") as whole, av.open(str(cut), "w") as container:
        source = whole.streams.video[0]
        stream = container.add_stream_from_template(source)
        for packet in whole.demux(source):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    assert 5 <= mix(MixJob((cut,), tmp_path / "out.mp4", FORM)).frames <= 40


def run_cli(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(mix_files)
    return CliRunner().invoke(app, arguments)


def test_the_command_mixes_and_says_so_in_json(inputs: tuple[Path, ...], tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text('{"panes": [{"x": 0, "y": 0, "w": 1, "h": 1}]}')
    output = tmp_path / "out.mp4"
    done = run_cli(
        *map(str, inputs), "-o", str(output), "--layout-file", str(own), "--size", "320x180",
        "--names", "甲,乙,丙", "--bitrate", "300k", "--preset", "ultrafast", "--hash", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["frames"] == 45
    assert told["output_bytes"] == output.stat().st_size
    assert len(told["sha256_all"]) == 64


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--layout", "50"), "--layout"),
        (("--layout", "big"), "--layout"),
        (("--size", "big"), "--size"),
        (("--bitrate", "much"), "--bitrate"),
        (("--layout-file", "/nowhere.json"), "--layout-file"),
        (("--layout-file", "{not_json}"), "--layout-file"),
        (("--events", "/nowhere.jsonl"), "--events"),
        (("--names", "a,b"), "--names"),
    ],
)
def test_a_wrong_option_is_named(
    inputs: tuple[Path, ...], tmp_path: Path, arguments: tuple[str, ...], field: str
) -> None:
    not_json = tmp_path / "own.json"
    not_json.write_text("{")
    done = run_cli(str(inputs[0]), "--hash", *(a.format(not_json=not_json) for a in arguments))
    assert isinstance(done.exception, BadInput)
    assert done.exception.field == field

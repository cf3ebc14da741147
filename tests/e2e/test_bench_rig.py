"""The benchmarks' rig on a real engine process: what they would say is there and makes sense."""

from pathlib import Path

import pytest

from benchmarks import conference, latency
from benchmarks.report import Report
from control_api.cli import demo_clips

SECONDS, SITES = 2, 2


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_clips, "LENGTH_S", 8)
        demo_clips.prepare(folder)
    return folder


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_clips, "LENGTH_S", 8)
    monkeypatch.setattr(conference, "WARM_UP_S", 1.0)
    monkeypatch.setattr(latency, "WARM_UP_S", 1.0)
    monkeypatch.setattr(conference, "SIZE", (640, 360))


def figures(report: Report) -> dict[str, float]:
    return {str(row["figure"]): float(row["value"]) for row in report.rows}


def test_a_conference_is_measured(clips: Path) -> None:
    told = figures(conference.run(SECONDS, SITES, clips))
    assert told["pictures a second"] > 5
    assert told["counters read"] > 0.5
    assert told["video encoders"] == 1
    assert told["decoders"] == SITES
    assert told["quietest other in own sound, dB"] > -6
    assert told["own voice in own sound, dB"] < -30
    assert 0 < told["engine, cores"] < 2


def test_delay_is_measured(clips: Path) -> None:
    rows = {str(row["added delay, ms"]): row for row in latency.run(SECONDS, SITES, clips).rows}
    for pane in ("picture of site 0", "picture of site 1", "picture, all sites"):
        assert int(rows[pane]["measured"]) > 5
        assert 1 < float(rows[pane]["p50"]) < 2000
    assert 1 < float(rows["sound"]["p50"]) < 2000

"""The benchmarks' rig on a real engine process: what they would say is there and makes sense."""

from pathlib import Path

import pytest

from benchmarks import floor, latency, live, tapes
from benchmarks.report import Report
from benchmarks.room import Room
from benchmarks.room import run as run_room
from control_api.cli import demo_clips

SECONDS, SITES = 2, 2


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_clips, "LENGTH_S", 4)
        demo_clips.prepare(folder)
    return folder


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_clips, "LENGTH_S", 4)
    monkeypatch.setattr(tapes, "LOOP_S", 2)
    monkeypatch.setattr(tapes, "RATES_IN", (0.5, 1.0))
    monkeypatch.setattr(live, "WARM_UP_S", 1.0)
    monkeypatch.setattr(floor, "PICTURES", 20)


def figures(report: Report) -> dict[str, float]:
    return {str(row["figure"]): float(row["value"]) for row in report.rows}


def test_a_room_is_measured_beside_the_bare_codecs(clips: Path) -> None:
    told = figures(run_room(SECONDS, Room(SITES, "360p"), clips))
    assert told["receivers of pictures"] == SITES
    assert told["pictures a second, worst receiver"] > 5
    assert told["counters read"] > 0.5
    assert told["video encoders"] == 1
    assert told["decoders"] == SITES
    assert told["the other in own sound, dB"] > -6
    assert told["own voice in own sound, dB"] < -30
    assert 0 < told["engine, cores"] < 2
    assert 0 < told["load apart, cores"] < 1
    assert 0 < told["bare: decoding, ms a picture"] < 20
    assert 0 < told["bare: encoding, ms a picture"] < 50


def test_delay_is_measured(clips: Path) -> None:
    report = latency.run(SECONDS, SITES, "360p", "opus", False, clips)
    rows = {str(row["added delay, ms"]): row for row in report.rows}
    for pane in ("picture of site 0", "picture of site 1", "picture, all sites"):
        assert int(rows[pane]["measured"]) > 5
        assert 1 < float(rows[pane]["p50"]) < 2000
    assert 1 < float(rows["sound"]["p50"]) < 2000
    assert int(rows["lips: sound after picture, signed"]["measured"]) >= 1

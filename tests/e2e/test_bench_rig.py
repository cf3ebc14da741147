"""The benchmarks' rig on a real engine process: what they would say is there and makes sense.

How quick the machine is has no say in it: that is what the benchmarks are for.
"""

import shutil
from pathlib import Path

import pytest

from benchmarks import (
    audio,
    churn,
    fanout,
    fault,
    floor,
    janus,
    keyframes,
    latency,
    live,
    own,
    room,
    tapes,
    tenants,
)
from benchmarks.report import Report
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
    monkeypatch.setattr(keyframes, "SETTLE_S", 1.0)
    monkeypatch.setattr(fault, "SETTLE_S", 0.5)
    monkeypatch.setattr(churn, "LEAVE_S", 2.0)
    monkeypatch.setattr(floor, "PICTURES", 20)


def figures(report: Report) -> dict[str, float]:
    return {str(row["figure"]): float(row["value"]) for row in report.rows}


def test_a_room_is_measured_beside_the_bare_codecs(clips: Path) -> None:
    told = figures(room.run(SECONDS, room.Room(SITES, "360p"), clips))
    assert told["receivers of pictures"] == SITES
    assert told["pictures a second, worst receiver"] > 0
    assert told["counters read"] > 0.5
    assert told["video encoders"] == 1
    assert told["decoders"] == SITES
    assert told["the other in own sound, dB"] > -6
    assert told["own voice in own sound, dB"] < -30
    for cost in ("engine, cores", "load apart, cores"):
        assert told[cost] > 0
    for cost in ("bare: decoding, ms a picture", "bare: encoding, ms a picture"):
        assert told[cost] > 0


def test_delay_is_measured(clips: Path) -> None:
    report = latency.run(SECONDS, SITES, "360p", "opus", False, clips)
    rows = {str(row["added delay, ms"]): row for row in report.rows}
    for pane in ("picture of site 0", "picture of site 1", "picture, all sites"):
        assert int(rows[pane]["measured"]) > 0
        assert float(rows[pane]["p50"]) > 1
    assert float(rows["sound"]["p50"]) > 1
    assert int(rows["lips: sound after picture, signed"]["measured"]) >= 1


def test_every_site_has_its_own_mosaic(clips: Path) -> None:
    told = figures(own.run(SECONDS, 3, "360p", "ultrafast", clips))
    assert told["video encoders"] == 3
    assert told["pictures a second, worst receiver"] > 0
    assert told["bare: encoding, cores"] > told["bare: decoding, cores"] > 0


def test_receivers_share_what_is_sent(clips: Path) -> None:
    told = figures(fanout.run(SECONDS, 6, clips))
    assert told["receivers of pictures"] == 6
    assert told["pictures a second, worst receiver"] > 0
    assert told["packets to receivers a second"] > 6 * told["pictures a second, worst receiver"]


def test_keyframes_are_counted_phase_by_phase(clips: Path) -> None:
    rows = {str(row["keyframes"]): row for row in keyframes.run(SECONDS, 4, clips).rows}
    assert len(rows) == 2 * 4
    asked = rows["all ask, each once a second, class 1"]
    assert 1 <= int(asked["came"]) <= float(asked["seconds"]) + 1
    assert int(rows["nothing happens, class 1"]["came"]) < int(asked["came"])


def test_a_room_of_sound_alone(clips: Path) -> None:
    told = figures(audio.run(SECONDS, 6, 2, 0.0, "opus", clips))
    assert told["sound packets a second, worst receiver"] > 0
    assert told["packets sent to the engine a second"] == pytest.approx(300, rel=0.5)
    assert told["sound encoders"] >= 1


def test_a_dead_line_is_seen_and_others_go_on(clips: Path) -> None:
    told = figures(fault.run(SECONDS, 3, "360p", clips))
    bad = told["line dead: new pictures a second, pane of the bad line"]
    assert bad < told["line dead: new pictures a second, slowest healthy pane"]
    assert told["line dead: sound packets a second, worst healthy site"] > 0


def test_churn_leaves_no_stale_pane_and_no_encoder(clips: Path) -> None:
    told = figures(churn.run(20, 10, 12, clips))
    assert sum(told[name] for name in told if name.startswith("events: ")) == 20
    assert told["panes that showed another site than said"] == 0
    assert told["encoders more than at first"] == 0


def test_conferences_beside_a_flooded_and_a_killed_one_go_on(clips: Path) -> None:
    told = figures(tenants.run(SECONDS, 4, "360p", clips))
    for phase in ("nothing happens", "one is flooded", "one is killed"):
        assert told[f"{phase}: pictures a second, worst of the others"] > 0
        assert told[f"{phase}: sound packets a second, worst of the others"] > 0


def test_janus_plays_in_the_same_room(clips: Path) -> None:
    if shutil.which(janus.PROGRAM) is None:
        pytest.skip("Debian's janus is not installed")
    (row,) = janus.run(SECONDS, [3], 1, clips).rows
    assert float(row["sound packets a second, worst receiver"]) > 0
    assert float(row["cores"]) > 0

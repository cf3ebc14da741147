"""kill -9 of each process in turn: what goes on, and what comes back by itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from tests.e2e.system import System, running_system, until
from tests.fakes.rtp_viewer import RtpViewer, rtp_viewer

SDP = {"Content-Type": "application/sdp"}
CLOCK = MonotonicClock()
BACK_S = 3.0
"""From a killed engine to the first picture of the next one, on a machine that has time for it."""


def bare_start_s() -> float:
    """How long an engine's imports and kernels alone take on this machine, as busy as it is now."""
    began_ns = CLOCK.now_ns()
    code = "import mcu_core.engine.process as engine; engine.warm_up()"
    subprocess.run([sys.executable, "-c", code], check=True)
    return (CLOCK.now_ns() - began_ns) / NS_PER_SECOND


def longest_gap_ns(viewer: RtpViewer, since: int) -> int:
    """The longest time without a picture, from that one on."""
    return max(b - a for a, b in pairwise(viewer.arrivals_ns[since - 1 :]))


def watched_conference(system: System, viewer: RtpViewer) -> str:
    """A conference with a pattern site and a viewer that gets its picture."""
    conference = system.conference("Restarts")
    system.site(conference, "pattern", "pattern")
    site = system.site(conference, "viewer", "rtp")
    system.request(
        "POST",
        f"/conferences/{conference}/sites/{site}/rtp",
        content=viewer.offer(),
        headers=SDP,
    )
    system.joined(conference, 1)
    assert viewer.wait_pictures(10)
    return conference


@pytest.mark.timeout(120)
def test_control_dies_and_nobody_notices(own_system: System) -> None:
    with rtp_viewer() as viewer:
        conference = watched_conference(own_system, viewer)
        before = own_system.running(conference)
        start, killed_ns = len(viewer.arrivals_ns), CLOCK.now_ns()
        own_system.kill("control_api")
        own_system.wait_ready()
        away_ns = CLOCK.now_ns() - killed_ns
        assert viewer.wait_pictures(10)
        after = until(lambda: own_system.running(conference), what="control found the conference")
        assert longest_gap_ns(viewer, start) < away_ns / 2, "pictures went on without control"
        assert after["revision"] == before["revision"]
        assert [site["endpoint"] for site in after["sites"]] == [
            site["endpoint"] for site in before["sites"]
        ], "no connection was made anew"
        # And it can be controlled again.
        own_system.request("PUT", f"/conferences/{conference}/layout", json={"mode": 12})
        until(lambda: own_system.running(conference)["mode"] == 12, what="the layout changed")


@pytest.mark.timeout(120)
def test_an_engine_dies_and_the_conference_comes_back(
    own_system: System, record_property: Callable[[str, object], None]
) -> None:
    with rtp_viewer() as viewer:
        conference = watched_conference(own_system, viewer)
        own_system.request("PUT", f"/conferences/{conference}/layout", json={"mode": 4})
        start_s = bare_start_s()
        first = own_system.kill("mcu_core.engine")
        killed_ns = viewer.arrivals_ns[-1]
        until(
            lambda: (
                own_system.running(conference).get("mode") == 4
                and own_system.engines()[0]["pid"] != first
            ),
            what="a new engine has the conference with its layout",
        )
        # The viewer was told nothing: its stored SDP was attached again, to the same port.
        assert viewer.wait_pictures(10, 60)
        back_ns = next(at for at in viewer.arrivals_ns if at > killed_ns + 100_000_000)
        record_property("first_picture_s", (back_ns - killed_ns) / 1e9)
        assert (back_ns - killed_ns) / 1e9 < max(BACK_S, 2 * max(start_s, bare_start_s()))
        own_system.joined(conference, 1)


@pytest.mark.timeout(120)
def test_engines_share_conferences_and_die_alone(tmp_path: Path) -> None:
    with running_system(tmp_path / "data", "--no-demo", "--engines", "2") as system:
        until(lambda: len(system.engines()) == 2, what="two engines")
        with rtp_viewer() as one, rtp_viewer() as other:
            first, second = watched_conference(system, one), watched_conference(system, other)
            by_engine = {
                running["id"]: engine
                for engine in system.engines()
                for running in engine["conferences"]
            }
            assert by_engine[first]["name"] != by_engine[second]["name"]
            starts = len(one.arrivals_ns), len(other.arrivals_ns)
            os.kill(by_engine[first]["pid"], signal.SIGKILL)
            assert one.wait_pictures(10, 60)
            away_ns = longest_gap_ns(one, starts[0])
            assert longest_gap_ns(other, starts[1]) < away_ns / 2, "it went on"


@pytest.mark.timeout(120)
def test_the_recorder_dies_and_the_recording_goes_on(own_system: System) -> None:
    conference = own_system.conference("Recorder dies")
    own_system.site(conference, "pattern", "pattern")
    own_system.joined(conference, 1)
    recording = own_system.request(
        "POST", f"/conferences/{conference}/recording", json={"title": "查房"}
    )["id"]

    def stored_s() -> float:
        return float(own_system.request("GET", f"/recordings/{recording}")["duration_s"])

    until(lambda: stored_s() > 1, what="a second is stored")
    os.kill(own_system.pid_of("recorder"), signal.SIGKILL)
    before = stored_s()
    until(lambda: stored_s() > before + 2, what="the recording goes on")
    own_system.request("DELETE", f"/conferences/{conference}/recording")
    manifest = own_system.request("GET", f"/recordings/{recording}/manifest")
    main = next(track for track in manifest["tracks"] if track["name"] == "main")
    starts = [(fragment[2], fragment[3]) for fragment in main["fragments"]]
    holes = [later - (start + length) for (start, length), (later, _) in pairwise(starts)]
    assert max(holes) <= 1000, "at most one second of picture is lost"

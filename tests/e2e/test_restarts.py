"""kill -9 of each process in turn: what goes on, and what comes back by itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from mcu_core.media.clock import NS_PER_SECOND, MonotonicClock
from tests.e2e.system import System, running_system, until
from tests.fakes.rtp_viewer import RtpViewer, rtp_viewer

SDP = {"Content-Type": "application/sdp"}
CLOCK = MonotonicClock()
BACK_S = 3.0
"""From a killed engine to the first picture of the next one, on a machine that has time for it."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of two engines that each test leaves as whole as it was."""
    folder = tmp_path_factory.mktemp("killed")
    with running_system(folder, "--no-demo", "--engines", "2") as running:
        yield running


def carrier(system: System, conference: str) -> dict[str, Any]:
    """The engine that has the conference; empty where none has."""
    for engine in system.engines():
        if any(running["id"] == conference for running in engine["conferences"]):
            return engine
    return {}


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
    until(lambda: len(system.engines()) == 2, what="both engines are there")
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
def test_control_dies_and_nobody_notices(system: System) -> None:
    with rtp_viewer() as viewer:
        conference = watched_conference(system, viewer)
        before = system.running(conference)
        start, killed_ns = len(viewer.arrivals_ns), CLOCK.now_ns()
        system.kill("control_api")
        system.wait_ready()
        away_ns = CLOCK.now_ns() - killed_ns
        assert viewer.wait_pictures(10)
        after = until(lambda: system.running(conference), what="control found the conference")
        assert longest_gap_ns(viewer, start) < away_ns / 2, "pictures went on without control"
        assert after["revision"] == before["revision"]
        assert [site["endpoint"] for site in after["sites"]] == [
            site["endpoint"] for site in before["sites"]
        ], "no connection was made anew"
        # And it can be controlled again.
        system.request("PUT", f"/conferences/{conference}/layout", json={"mode": 12})
        until(lambda: system.running(conference)["mode"] == 12, what="the layout changed")
    system.request("DELETE", f"/conferences/{conference}")


@pytest.mark.timeout(120)
def test_an_engine_dies_and_the_conference_comes_back(
    system: System, record_property: Callable[[str, object], None]
) -> None:
    with rtp_viewer() as viewer:
        conference = watched_conference(system, viewer)
        system.request("PUT", f"/conferences/{conference}/layout", json={"mode": 4})
        first = carrier(system, conference)["pid"]
        start = len(viewer.arrivals_ns)
        os.kill(first, signal.SIGKILL)
        until(
            lambda: (
                system.running(conference).get("mode") == 4
                and carrier(system, conference).get("pid", first) != first
            ),
            what="a new engine has the conference with its layout",
        )
        # The viewer was told nothing: its stored SDP was attached again, to the same port.
        assert viewer.wait_pictures(10, 60)
        away_s = longest_gap_ns(viewer, start) / NS_PER_SECOND
        record_property("first_picture_s", away_s)
        assert away_s < BACK_S or away_s < 3 * bare_start_s()
        system.joined(conference, 1)
    system.request("DELETE", f"/conferences/{conference}")


@pytest.mark.timeout(120)
def test_engines_share_conferences_and_die_alone(system: System) -> None:
    with rtp_viewer() as one, rtp_viewer() as other:
        first, second = watched_conference(system, one), watched_conference(system, other)
        dies = carrier(system, first)
        assert dies["name"] != carrier(system, second)["name"]
        starts = len(one.arrivals_ns), len(other.arrivals_ns)
        os.kill(dies["pid"], signal.SIGKILL)
        until(
            lambda: carrier(system, first).get("pid", dies["pid"]) != dies["pid"],
            what="it has an engine again",
        )
        assert one.wait_pictures(10, 60)
        away_ns = longest_gap_ns(one, starts[0])
        assert longest_gap_ns(other, starts[1]) < away_ns / 2, "it went on"
    for conference in (first, second):
        system.request("DELETE", f"/conferences/{conference}")


@pytest.mark.timeout(120)
def test_the_recorder_dies_and_the_recording_goes_on(system: System) -> None:
    conference = system.conference("Recorder dies")
    system.site(conference, "pattern", "pattern")
    system.joined(conference, 1)
    recording = system.request(
        "POST", f"/conferences/{conference}/recording", json={"title": "查房"}
    )["id"]

    def stored_s() -> float:
        return float(system.request("GET", f"/recordings/{recording}")["duration_s"])

    until(lambda: stored_s() > 1, what="a second is stored")
    os.kill(system.pid_of("recorder"), signal.SIGKILL)
    before = stored_s()
    until(lambda: stored_s() > before + 2, what="the recording goes on")
    system.request("DELETE", f"/conferences/{conference}/recording")
    manifest = system.request("GET", f"/recordings/{recording}/manifest")
    main = next(track for track in manifest["tracks"] if track["name"] == "main")
    starts = [(fragment[2], fragment[3]) for fragment in main["fragments"]]
    holes = [later - (start + length) for (start, length), (later, _) in pairwise(starts)]
    assert max(holes) <= 1000, "at most one second of picture is lost"
    system.request("DELETE", f"/conferences/{conference}")

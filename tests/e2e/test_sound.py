"""What a site hears: everybody else, not itself (own voice at most -60 dB); mute and quiet."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu_core.media.sound import SAMPLE_RATE
from tests.e2e.system import System, until
from tests.e2e.test_rtp_sites import attach, process
from tests.fakes.rtp_viewer import RtpViewer, rtp_viewer

OWN_HZ, OTHER_HZ = 997.0, 350.0
OWN_VOICE_DB = -60.0


def tone_sender(audio: int) -> list[str]:
    """ffmpeg speaking with one voice: a tone at half of full scale."""
    return [
        *("ffmpeg", "-hide_banner", "-loglevel", "warning", "-re", "-f", "lavfi"),
        *("-i", f"sine=frequency={OWN_HZ}:sample_rate=48000", "-af", "volume=4"),
        *("-ac", "2", "-c:a", "libopus", "-b:a", "96k", "-payload_type", "97"),
        *("-f", "rtp", f"rtp://127.0.0.1:{audio}"),
    ]


def strength(sound: NDArray[np.float32], hz: float) -> float:
    """Amplitude of one frequency in the last second; 0 before there was one."""
    second = sound[-SAMPLE_RATE:]
    if len(second) < SAMPLE_RATE:
        return 0.0
    turns = np.exp(-2j * np.pi * hz * np.arange(len(second)) / SAMPLE_RATE)
    window = np.hanning(len(second))
    return float(abs(np.sum(second * window * turns)) / np.sum(window) * 2)


def decibel(ratio: float) -> float:
    return 20 * math.log10(max(ratio, 1e-9))


def listen(viewer: RtpViewer, seconds: float) -> NDArray[np.float32]:
    """What comes in the next seconds."""
    have = len(viewer.sound())
    wanted = have + int(seconds * SAMPLE_RATE)
    until(lambda: len(viewer.sound()) >= wanted, 20 + seconds, "more sound")
    return viewer.sound()[have:]


@pytest.mark.timeout(120)
def test_everybody_hears_the_others_and_not_itself(
    system: System, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    conference = system.conference("N-1", layout={"mode": 2})
    other = system.site(
        conference, "other", "pattern", pattern={"tone_hz": OTHER_HZ, "width": 320, "height": 180}
    )
    with rtp_viewer(direction="sendrecv") as own, rtp_viewer() as audience:
        speaker = system.site(conference, "speaker", "rtp")
        listener = system.site(conference, "listener", "rtp")
        answer = attach(system, conference, speaker, own.offer())
        attach(system, conference, listener, audience.offer())
        port = int(answer.split("m=audio ")[1].split()[0])
        with process(tone_sender(port), tmp_path / "ffmpeg.log"):
            until(lambda: strength(audience.sound(), OWN_HZ) > 0.05, what="the speaker is heard")
            listen(own, 2)  # Opus needs a moment to settle on a tone
            heard = strength(listen(audience, 1.5), OWN_HZ)
            leaked = strength(listen(own, 1.5), OWN_HZ)
            record_property("own_voice_db", decibel(leaked / heard))
            assert decibel(leaked / heard) <= OWN_VOICE_DB
            assert strength(listen(own, 1.5), OTHER_HZ) > 0.02, "but the other is heard"

            # Who is only heard has a pane; who only listens has none.
            assert set(system.running(conference)["panes"]) == {other, speaker}

            # 闭音: the others do not hear it. 静音: it hears nothing.
            path = f"/conferences/{conference}/sites"
            system.request("PATCH", f"{path}/{speaker}", json={"muted": True})
            listen(audience, 0.5)
            assert decibel(strength(listen(audience, 1.5), OWN_HZ) / heard) <= OWN_VOICE_DB
            system.request("PATCH", f"{path}/{listener}", json={"quiet": True})
            listen(audience, 0.5)
            assert float(np.abs(listen(audience, 1.5)[-SAMPLE_RATE:]).max()) < 1e-3
            system.request("PATCH", f"{path}/{other}", json={"muted": True})
    system.request("DELETE", f"/conferences/{conference}")

"""ffmpeg and GStreamer as RTP sites: SDP in, SDP out, pictures and sound both ways."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from mcu_core.media.sound import SAMPLE_RATE
from tests.e2e.system import System, until
from tests.fakes.ports import free_udp_pair
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.rtp_viewer import rtp_viewer

SDP = {"Content-Type": "application/sdp"}
SOUNDS = {
    "opus": (97, "opus/48000/2"),
    "PCMA": (8, "PCMA/8000"),
    "G722": (9, "G722/8000"),
    "L16": (98, "L16/48000"),
}


def ports(answer: str) -> tuple[int, int]:
    """The video and audio port of an SDP answer."""
    video = re.search(r"m=video (\d+)", answer)
    audio = re.search(r"m=audio (\d+)", answer)
    assert video is not None, answer
    assert audio is not None, answer
    return int(video[1]), int(audio[1])


def described(
    video: int, audio: int, picture: str = "H264", sound: str = "opus/48000/2", number: int = 97
) -> str:
    """An offer to send and receive both on these ports."""
    return rtp_offer(
        media_line("video", video, 96, f"{picture}/90000"),
        media_line("audio", audio, number, sound),
    )


@contextmanager
def process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs for as long as the block does."""
    with log.open("wb") as output:
        running = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            yield running
        finally:
            running.kill()
            running.wait()


def attach(system: System, conference: str, site: str, offer: str) -> str:
    """Our answer to an offer."""
    path = f"/conferences/{conference}/sites/{site}/rtp"
    return str(system.request("POST", path, content=offer, headers=SDP))


def ffmpeg_sender(video: int, audio: int, codec: str, sound: str) -> list[str]:
    """ffmpeg pushing a test film and a 440 Hz tone."""
    encoder = {
        "H264": ["libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"]
        + ["-profile:v", "baseline"],
        "VP8": ["libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "30"],
    }[codec]
    voice = {"opus": ["libopus", "-ar", "48000", "-ac", "2"], "PCMA": ["pcm_alaw", "-ar", "8000"]}
    voice |= {"G722": ["g722", "-ar", "16000"], "L16": ["pcm_s16be", "-ar", "48000"]}
    return [
        *("ffmpeg", "-hide_banner", "-loglevel", "warning", "-re"),
        *("-f", "lavfi", "-i", "testsrc=size=640x360:rate=25"),
        *("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"),
        *("-map", "0:v", "-pix_fmt", "yuv420p", "-c:v", *encoder, "-b:v", "800k"),
        *("-payload_type", "96", "-f", "rtp", f"rtp://127.0.0.1:{video}?pkt_size=1200"),
        *("-map", "1:a", "-ac", "1", "-c:a", *voice[sound]),
        *("-payload_type", str(SOUNDS[sound][0])),
        *("-f", "rtp", f"rtp://127.0.0.1:{audio}"),
    ]


@pytest.mark.parametrize(
    ("codec", "sound"), [("H264", "opus"), ("H264", "PCMA"), ("VP8", "G722"), ("H264", "L16")]
)
def test_ffmpeg_sends_and_a_viewer_sees_and_hears(
    system: System, tmp_path: Path, codec: str, sound: str
) -> None:
    conference = system.conference(f"ffmpeg {codec} {sound}", layout={"mode": 1})
    sender = system.site(conference, "ffmpeg 发送", "rtp")
    number, rate = SOUNDS[sound]
    offer = described(free_udp_pair(), free_udp_pair(), codec, rate, number)
    video, audio = ports(attach(system, conference, sender, offer))
    command = ffmpeg_sender(video, audio, codec, sound)
    with process(command, tmp_path / "ffmpeg.log"), rtp_viewer() as viewer:
        watcher = system.site(conference, "watcher", "rtp")
        attach(system, conference, watcher, viewer.offer())
        system.joined(conference, 1)

        def seen() -> bool:
            """testsrc has the whole range of luma; a placeholder is nearly flat."""
            picture = viewer.picture
            return picture is not None and int(np.ptp(picture[0][50:300, 50:600])) > 150

        def heard() -> bool:
            second = viewer.sound()[-SAMPLE_RATE:]
            return len(second) == SAMPLE_RATE and loudest_hz(second) == pytest.approx(440, abs=4)

        until(seen, what="the test film")
        until(heard, what="a second of its tone")
    system.request("DELETE", f"/conferences/{conference}")


def loudest_hz(sound: np.ndarray, rate: int = SAMPLE_RATE) -> float:
    """The strongest frequency of a sound."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * rate / len(sound))


def test_ffmpeg_receives_the_composed_picture(system: System, tmp_path: Path) -> None:
    size = {"width": 1280, "height": 720}
    conference = system.conference("ffmpeg receives", layout={"mode": 1}, **size)
    system.site(conference, "pattern", "pattern")
    site = system.site(conference, "ffmpeg", "rtp")
    offer = described(free_udp_pair(), free_udp_pair())
    description = tmp_path / "offer.sdp"
    description.write_text(offer)
    film = tmp_path / "seen.mkv"
    command = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-y"]
    command += ["-protocol_whitelist", "file,udp,rtp", "-i", str(description)]
    command += ["-c", "copy", "-t", "3", str(film)]
    with process(command, tmp_path / "ffmpeg.log") as receiver:
        attach(system, conference, site, offer)
        receiver.wait(40)
    log = (tmp_path / "ffmpeg.log").read_text()
    assert film.exists(), log
    facts = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_entries"]
        + ["stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0", str(film)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    by_codec = {line.split(",")[0]: line.split(",")[1:] for line in facts}
    assert by_codec["h264"][:2] == ["1280", "720"]
    assert int(by_codec["h264"][2]) > 5, "pictures give way on a busy machine"
    assert "opus" in by_codec
    system.request("DELETE", f"/conferences/{conference}")


@pytest.mark.skipif(shutil.which("gst-launch-1.0") is None, reason="GStreamer is not installed")
def test_gstreamer_sends_and_receives(system: System, tmp_path: Path) -> None:
    conference = system.conference("GStreamer", layout={"mode": 1})
    site = system.site(conference, "GStreamer", "rtp")
    own_video, own_audio = free_udp_pair(), free_udp_pair()
    offer = described(own_video, own_audio)
    seen = tmp_path / "seen.raw"
    receiver = (
        f"udpsrc port={own_video} caps=application/x-rtp,media=video,clock-rate=90000,"
        "encoding-name=H264,payload=96 ! rtpjitterbuffer latency=50 ! rtph264depay ! avdec_h264 "
        f"! video/x-raw,format=I420 ! filesink location={seen} sync=false"
    )
    with process(["gst-launch-1.0", "-q", *receiver.split()], tmp_path / "receiver.log"):
        video, audio = ports(attach(system, conference, site, offer))
        sender = (
            "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,"
            "framerate=30/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 "
            "! video/x-h264,profile=constrained-baseline ! rtph264pay pt=96 config-interval=1 "
            f"! udpsink host=127.0.0.1 port={video} "
            "audiotestsrc is-live=true freq=600 ! audioconvert ! audioresample ! opusenc "
            f"! rtpopuspay pt=97 ! udpsink host=127.0.0.1 port={audio}"
        )
        with process(["gst-launch-1.0", "-q", *sender.split()], tmp_path / "sender.log"):
            system.joined(conference, 1)
            until(
                lambda: seen.exists() and seen.stat().st_size > 30 * 640 * 360 * 3 // 2,
                what="thirty pictures",
            )

            def level_dbov() -> float:
                return float(system.running(conference)["sites"][0]["level_dbov"])

            until(lambda: level_dbov() > -40, what="its tone")
    system.request("DELETE", f"/conferences/{conference}")

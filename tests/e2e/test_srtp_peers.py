"""FFmpeg (AES-CM) and GStreamer (AES-GCM) as the other sides of encrypted RTP, both ways."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from mcu_core.contract.definition import Encryption
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.picture import blank_picture
from mcu_core.media.units import VideoForm
from mcu_core.protocol import sdp
from mcu_core.protocol.sdes import AES_128_GCM, AES_256_GCM, AES_CM_32, AES_CM_80, Suite
from tests.fakes.ports import free_udp_pair
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.srtp_peer import key_line
from tests.fakes.waiting import DEADLINE_S, until

FFMPEG, GSTREAMER = shutil.which("ffmpeg"), shutil.which("gst-launch-1.0")
FORM = VideoForm(H264, 320, 240, 25, 500_000)
CLOCK = MonotonicClock()
THEIRS = bytes(range(44))
CIPHERS = {AES_128_GCM: "aes-128-gcm", AES_256_GCM: "aes-256-gcm"}

needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="no FFmpeg on this machine")
needs_gstreamer = pytest.mark.skipif(GSTREAMER is None, reason="no GStreamer on this machine")


@asynccontextmanager
async def running(
    program: str | None, *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program, ended with the block."""
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def session(intake: Intake) -> AsyncIterator[RtpSession]:
    one = RtpSession(
        CallTerms("s", intake, NetworkOptions(), CLOCK, FORM, encryption=Encryption.FORCED)
    )
    try:
        yield one
    finally:
        await one.stop()


def offer(suite: Suite, port: int, direction: str) -> str:
    lines = (direction, "fmtp:96 packetization-mode=1", key_line(suite, THEIRS))
    line = media_line("video", port, 96, "H264/90000", *lines)
    return rtp_offer(line).replace("RTP/AVP", "RTP/SAVP")


@asynccontextmanager
async def receiving(suite: Suite) -> AsyncIterator[tuple[RtpSession, VideoIngress]]:
    """A session that takes encrypted pictures, and where they go."""
    video = VideoIngress(CLOCK, "peer")
    video.start()
    try:
        async with session(Intake(video, None)) as one:
            await one.accept(offer(suite, 9, "sendonly"))
            await one.start()
            yield one, video
        assert video.stats.broken == 0
    finally:
        await video.stop()


async def show_until_over(one: RtpSession, player: asyncio.subprocess.Process) -> None:
    """Send pictures until the player has what it wants."""
    encoder = VideoEncoder(FORM)
    async with asyncio.timeout(DEADLINE_S):
        for number in count():
            picture = blank_picture(FORM.width, FORM.height, 60 + number % 100)
            picture = replace(picture, stamp_ns=CLOCK.now_ns())
            one.send_video(encoder.encode(picture, keyframe=number % 10 == 0))
            await asyncio.sleep(1 / FORM.fps)
            if player.returncode is not None:
                break
    encoder.close()


@needs_ffmpeg
async def test_ffmpeg_pushes_encrypted() -> None:
    key = base64.b64encode(THEIRS[: AES_CM_80.material_bytes]).decode()
    source = ("-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25")
    coded = ("-c:v", "libx264", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25")
    secret = ("-srtp_out_suite", AES_CM_80.name, "-srtp_out_params", key)
    async with receiving(AES_CM_80) as (one, video):
        to = f"srtp://127.0.0.1:{one.ports[0]}"
        process = running(
            FFMPEG, "-loglevel", "error", "-nostdin", *source, *coded, "-payload_type", "96",
            "-f", "rtp", *secret, to,
        )  # fmt: skip
        async with process:
            await until(lambda: video.stats.frames > 10)


@needs_ffmpeg
@pytest.mark.parametrize("suite", [AES_CM_80, AES_CM_32], ids=lambda suite: suite.name)
async def test_ffmpeg_plays_what_was_encrypted(tmp_path: Path, suite: Suite) -> None:
    described, picture = tmp_path / "answer.sdp", tmp_path / "seen.png"
    async with session(Intake(None, None)) as one:
        described.write_text(await one.accept(offer(suite, free_udp_pair(), "recvonly")))
        await one.start()
        play = ("-protocol_whitelist", "file,udp,rtp,srtp,crypto", "-i", str(described))
        wanted = ("-frames:v", "3", "-update", "1", "-y", str(picture))
        async with running(FFMPEG, "-loglevel", "error", "-nostdin", *play, *wanted) as player:
            await show_until_over(one, player)
    assert player.returncode == 0
    assert picture.stat().st_size > 0


@needs_gstreamer
@pytest.mark.parametrize("suite", list(CIPHERS), ids=lambda suite: suite.name)
async def test_gstreamer_pushes_encrypted(suite: Suite) -> None:
    key, cipher = THEIRS[: suite.material_bytes].hex(), CIPHERS[suite]
    async with receiving(suite) as (one, video):
        pipeline = (
            "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1"
            " ! x264enc tune=zerolatency key-int-max=25 ! video/x-h264,profile=main"
            " ! rtph264pay pt=96 config-interval=-1"
            f" ! srtpenc key={key} rtp-cipher={cipher} rtp-auth=null rtcp-cipher={cipher}"
            f" rtcp-auth=null ! udpsink host=127.0.0.1 port={one.ports[0]}"
        )
        async with running(GSTREAMER, "-q", *pipeline.split()):
            await until(lambda: video.stats.frames > 10)


@needs_gstreamer
async def test_gstreamer_plays_what_was_encrypted() -> None:
    suite, port = AES_256_GCM, free_udp_pair()
    async with session(Intake(None, None)) as one:
        (section,) = sdp.parse(await one.accept(offer(suite, port, "recvonly"))).media
        await one.start()
        assert one._video is not None
        key = base64.b64decode(next(section.values("crypto")).split("inline:")[1]).hex()
        caps = (
            "application/x-srtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
            f"ssrc=(uint){one._video.ssrc},"
            f"srtp-key=(buffer){key},srtp-cipher={CIPHERS[suite]},srtp-auth=null,"
            f"srtcp-cipher={CIPHERS[suite]},srtcp-auth=null"
        )
        pipeline = (
            f"udpsrc address=127.0.0.1 port={port} caps={caps} ! srtpdec ! rtph264depay"
            " ! avdec_h264 ! identity eos-after=10 ! fakesink"
        )
        async with running(GSTREAMER, "-q", *pipeline.split()) as player:
            await show_until_over(one, player)
    assert player.returncode == 0

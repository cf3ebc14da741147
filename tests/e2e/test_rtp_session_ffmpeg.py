"""FFmpeg as the other side of an RTP session: it pushes to us, and plays what we send."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.ingress.audio import AudioIngress
from mcu_core.ingress.video import VideoIngress
from mcu_core.media.clock import MonotonicClock
from mcu_core.media.codec import H264
from mcu_core.media.picture import blank_picture
from mcu_core.media.units import VideoForm
from tests.fakes.ports import free_udp_pair
from tests.fakes.rtp_offers import media_line, rtp_offer
from tests.fakes.waiting import DEADLINE_S, until

FFMPEG = shutil.which("ffmpeg")
FORM = VideoForm(H264, 320, 240, 25, 500_000)
CLOCK = MonotonicClock()
SOUNDS = {
    "opus": ("m=audio 9 RTP/AVP 97\na=rtpmap:97 opus/48000/2\n", ("libopus", "48000", "97")),
    "PCMU": ("m=audio 9 RTP/AVP 0\n", ("pcm_mulaw", "8000", "0")),
}

pytestmark = pytest.mark.skipif(FFMPEG is None, reason="no FFmpeg on this machine")


@asynccontextmanager
async def ffmpeg(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """FFmpeg, ended with the block."""
    assert FFMPEG is not None
    process = await asyncio.create_subprocess_exec(
        FFMPEG, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def session(intake: Intake) -> AsyncIterator[RtpSession]:
    one = RtpSession(CallTerms("ffmpeg", intake, NetworkOptions(), CLOCK, FORM))
    try:
        yield one
    finally:
        await one.stop()


@pytest.mark.parametrize("sound", sorted(SOUNDS))
async def test_ffmpeg_pushes_picture_and_sound(sound: str) -> None:
    line, (encoder, rate, payload_type) = SOUNDS[sound]
    film = media_line("video", 9, 96, "H264/90000", "sendonly")
    offer = rtp_offer(film, line + "a=sendonly\n")
    video, audio = VideoIngress(CLOCK, "ffmpeg"), AudioIngress(CLOCK, "ffmpeg")
    video.start()
    async with session(Intake(video, audio)) as one:
        await one.accept(offer)
        await one.start()
        assert one.video_out is None
        to = tuple(f"rtp://127.0.0.1:{port}" for port in one.ports)
        source = ("-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25")
        tone = ("-re", "-f", "lavfi", "-i", "sine=frequency=440")
        as_h264 = ("-map", "0", "-c:v", "libx264", "-tune", "zerolatency", "-pix_fmt", "yuv420p")
        as_sound = ("-map", "1", "-c:a", encoder, "-ar", rate, "-payload_type", payload_type)
        pictures = (*as_h264, "-g", "25", "-payload_type", "96", "-f", "rtp", to[0])
        async with ffmpeg(*source, *tone, *pictures, *as_sound, "-f", "rtp", to[1]):
            await until(lambda: video.stats.frames > 10)
            await until(lambda: audio.pull(CLOCK.now_ns()) is not None)
    picture = video.latest()
    assert picture is not None
    assert (picture.width, picture.height) == (320, 240)
    assert video.stats.broken == 0
    await video.stop()
    audio.close()


async def test_ffmpeg_plays_what_it_is_sent(tmp_path: Path) -> None:
    attributes = ("recvonly", "fmtp:96 packetization-mode=1")
    offer = rtp_offer(media_line("video", free_udp_pair(), 96, "H264/90000", *attributes))
    described, seen = tmp_path / "answer.sdp", tmp_path / "seen.png"
    async with session(Intake(None, None)) as one:
        described.write_text(await one.accept(offer))
        await one.start()
        play = ("-protocol_whitelist", "file,udp,rtp", "-i", str(described), "-frames:v", "3")
        async with ffmpeg(*play, "-update", "1", str(seen)) as player:
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
    assert player.returncode == 0
    assert seen.stat().st_size > 0

"""A WebRTC call on loopback: our peer, and aiortc as the other side with a camera and a tone."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack

from mcu_core.endpoints.endpoint import Intake
from mcu_core.endpoints.network import NetworkOptions
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.webrtc_peer import WebRtcPeer
from mcu_core.media.clock import Clock
from mcu_core.media.codec import H264, OPUS, Codec
from mcu_core.media.units import AudioForm, VideoForm
from tests.fakes.brightening import Brightening
from tests.fakes.site import CLOCK, Site
from tests.fakes.waiting import until

WIDTH, HEIGHT = 320, 180
FORM = VideoForm(H264, WIDTH, HEIGHT, 30, 500_000)
SOUND = AudioForm(OPUS, 2, 64_000)


class Camera(VideoStreamTrack):
    """Noise that moves, so that pictures take more than one packet."""

    async def recv(self) -> av.VideoFrame:
        """The next picture, when it is due."""
        pts, base = await self.next_timestamp()
        noise = np.random.default_rng(pts).integers(0, 255, (HEIGHT * 3 // 2, WIDTH), np.uint8)
        frame = av.VideoFrame.from_ndarray(noise, "yuv420p")
        frame.pts, frame.time_base = pts, base
        return frame


class Tone(AudioStreamTrack):
    """440 Hz at half of full scale."""

    async def recv(self) -> av.AudioFrame:
        """The next 20 ms, when they are due."""
        frame = await super().recv()
        assert isinstance(frame, av.AudioFrame)
        phase = 2 * np.pi * 440 * (np.arange(frame.samples) + (frame.pts or 0)) / frame.sample_rate
        tone = (np.sin(phase) * 16_000).astype(np.int16).reshape(1, -1)
        sounding = av.AudioFrame.from_ndarray(tone, "s16", "mono")
        sounding.pts, sounding.time_base = frame.pts, Fraction(1, frame.sample_rate)
        sounding.sample_rate = frame.sample_rate
        return sounding


@asynccontextmanager
async def remote(*kinds: str | MediaStreamTrack, direction: str = "sendrecv") -> AsyncIterator[Any]:
    """An aiortc peer connection with a transceiver per kind or track."""
    with pytest.MonkeyPatch.context() as patch:  # aioice leaves 127.0.0.1 out; here is nothing else
        patch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for kind in kinds:
            connection.addTransceiver(kind, direction)
        try:
            yield connection
        finally:
            await connection.close()


def peer_of(site: Site, intake: Intake | None = None, clock: Clock = CLOCK) -> WebRtcPeer:
    """Our side for a site; it gives what comes to `intake` if that is named."""
    peer = WebRtcPeer(CallTerms("p", intake or site.intake, NetworkOptions(), clock, FORM, SOUND))
    site.listen(peer)
    site.ask_through(peer)
    return peer


async def connect(peer: WebRtcPeer, connection: Any) -> None:
    """Offer, answer, start."""
    await connection.setLocalDescription(await connection.createOffer())
    answer = await peer.accept(connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await peer.start()


@asynccontextmanager
async def call(
    site: Site,
    *kinds: str | MediaStreamTrack,
    direction: str = "sendrecv",
    codec: Codec = H264,
    repeats: bool = False,
    **options: Any,
) -> AsyncIterator[tuple[WebRtcPeer, Any]]:
    """A connected pair (peer, remote connection), taken down after the test. `repeats`: pictures'
    packets that get lost come again in a stream of their own (RTX)."""
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(remote(*kinds, direction=direction))
        _prefer(connection, codec.name, *(["rtx"] if repeats else []))
        peer = peer_of(site, **options)
        stack.push_async_callback(peer.stop)
        await connect(peer, connection)
        await until(lambda: site.joined)
        yield peer, connection


def _prefer(connection: Any, *names: str) -> None:
    wanted_types = [f"video/{name}" for name in names]
    for transceiver in connection.getTransceivers():
        if transceiver.kind == "video":
            offered = RTCRtpSender.getCapabilities("video").codecs
            wanted = [one for one in offered if one.mimeType in wanted_types]
            transceiver.setCodecPreferences(wanted)


def camera_of(peer: WebRtcPeer) -> closing[Brightening]:
    """Pictures for what the peer sends, all keyframes: a receiver may begin with any."""
    assert peer.video_out is not None
    return closing(Brightening(peer.send_video, peer.video_out, keyframes_only=True))
